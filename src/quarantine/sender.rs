//! What a sender asks for by the link of a notice. To take the mail back is [`Quarantine::withdraw`].

use super::open::subject;
use super::release::days_between;
use super::{Quarantine, QuarantineError, sealed_notice};
use crate::audit::{Actor, Event};
use crate::notice::facts::{Language, NoticeFacts, NoticeKind};
use crate::store::{HeldMessage, State};

impl Quarantine {
    /// Notes on those of a mail's copies that are held that their sender asks for a review, and tells `reviewers` of
    /// the first. False when that had been asked for before, or none is held.
    pub async fn ask_review(
        &self,
        copies: &[HeldMessage],
        actor: &Actor,
        language: Language,
        reviewers: &[String],
    ) -> Result<bool, QuarantineError> {
        let now = self.now();
        let asked: Vec<_> = copies
            .iter()
            .filter(|copy| copy.state == State::Held)
            .map(|copy| (copy.id, Event::ReviewAsked(subject(copy)).entry(actor, now)))
            .collect();
        let Some(first) = copies.first().filter(|_| !asked.is_empty()) else { return Ok(false) };
        let notice = match reviewers {
            [] => None,
            _ => {
                let facts = NoticeFacts {
                    reference: Some(first.reference.as_str().to_owned()),
                    urgent: copies.iter().any(|copy| copy.record.urgent),
                    at: first.record.held_at.to_string(),
                    days: days_between(now, first.record.expires_at),
                    ..NoticeFacts::of_service(
                        NoticeKind::ReviewerAsked,
                        language,
                        reviewers.to_vec(),
                        &first.record.unit,
                        now,
                    )
                };
                Some(sealed_notice(&self.keys, &facts, Some(&first.reference), now)?)
            }
        };
        let noted = self.store.ask_review(&asked, notice.as_ref()).await?;
        if noted > 0 {
            metrics::counter!("sluss_quarantine_total", "event" => "review-asked").increment(1);
        }
        Ok(noted > 0)
    }
}
