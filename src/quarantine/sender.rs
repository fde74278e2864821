//! What a sender asks for by the link of a notice. To take the mail back is [`Quarantine::withdraw`].

use super::open::subject;
use super::own::facts_of_request;
use super::{Quarantine, QuarantineError, SealError, sealed_notice};
use crate::audit::{Actor, Event};
use crate::notice::facts::{Language, NoticeKind};
use crate::store::{HeldMessage, NewNotice, State};

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
        let notice = self.notice_asked(first, copies, language, reviewers, NoticeKind::ReviewerAsked)?;
        let noted = self.store.ask_review(&asked, notice.as_ref()).await?;
        if noted > 0 {
            metrics::counter!("sluss_quarantine_total", "event" => "review-asked").increment(1);
        }
        Ok(noted > 0)
    }

    /// Tells the reviewers what is asked of them; `None` where there are none.
    pub(super) fn notice_asked(
        &self,
        first: &HeldMessage,
        copies: &[HeldMessage],
        language: Language,
        reviewers: &[String],
        kind: NoticeKind,
    ) -> Result<Option<NewNotice>, SealError> {
        if reviewers.is_empty() {
            return Ok(None);
        }
        let now = self.now();
        let facts = facts_of_request(kind, first, copies, language, reviewers, now);
        sealed_notice(&self.keys, &facts, Some(&first.reference), now).map(Some)
    }
}
