//! What the sender or the unit's reviewers are told. Only facts go in; the notice room writes the text.
//!
//! Nobody is told twice about copies of one mail: the store groups what is held, a small memory here
//! groups what is warned about or rejected.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Zoned;

use super::judge::{Judgement, plain};
use super::transaction::Transaction;
use crate::detect::Where;
use crate::inspect::Inspection;
use crate::notice::facts::{Language, NoticeFacts, NoticeKind, Obstacle, PlaceWord, Service};
use crate::notice::recipients_of_notice;
use crate::quarantine::sealed_notice;

/// Copies of one mail arrive within seconds; a sender who sends again an hour later wants an answer.
const COPIES_WITHIN: Duration = Duration::from_secs(15 * 60);
/// Mails remembered.
const REMEMBERED: usize = 10_000;

/// Keyed digests of mails whose sender has been told.
#[derive(Debug, Default)]
pub(super) struct Told(Mutex<VecDeque<(String, Instant)>>);

impl Told {
    /// True the first time within [`COPIES_WITHIN`].
    fn first(&self, digest: &str, now: Instant) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while told.front().is_some_and(|(_, at)| now.saturating_duration_since(*at) > COPIES_WITHIN)
            || told.len() > REMEMBERED
        {
            told.pop_front();
        }
        if told.iter().any(|(known, _)| known == digest) {
            return false;
        }
        told.push_back((digest.to_owned(), now));
        true
    }

    /// The sender was not told after all.
    fn forget(&self, digest: &str) {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.retain(|(known, _)| known != digest);
    }
}

/// Tells the sender that a mail went out which had better gone another way.
pub(super) async fn warned(transaction: &Transaction, judgement: &Judgement, now: &Zoned) {
    tell(transaction, judgement, NoticeKind::Warned, now).await;
}

/// Tells the sender that a mail was refused.
pub(super) async fn rejected(transaction: &Transaction, judgement: &Judgement, now: &Zoned) {
    tell(transaction, judgement, NoticeKind::Rejected, now).await;
}

/// Tells the sender that a mail went by a secure channel instead.
pub(super) async fn rerouted(transaction: &Transaction, judgement: &Judgement, now: &Zoned) {
    tell(transaction, judgement, NoticeKind::Rerouted, now).await;
}

async fn tell(transaction: &Transaction, judgement: &Judgement, kind: NoticeKind, now: &Zoned) {
    let pipeline = &transaction.pipeline;
    let (Some(store), Some(keys)) = (&pipeline.store, &pipeline.keys) else { return };
    let Some(facts) = facts(transaction, judgement, kind, now) else { return };
    let sender = transaction.envelope.reverse_path.mailbox().map_or("", |mailbox| mailbox.raw());
    let message_id = judgement.inspection.facts.message_id.as_deref();
    let digest = message_id.map(|message_id| keys.copy_digest(sender, message_id));
    if digest.as_ref().is_some_and(|digest| !pipeline.told.first(digest, Instant::now())) {
        return;
    }
    let Ok(notice) = sealed_notice(keys, &facts, None, now.timestamp()) else { return };
    if let Err(error) = store.outbox_add(&notice).await {
        tracing::error!(id = transaction.id(), %error, "a notice could not be stored");
        // The next copy tries again.
        if let Some(digest) = digest {
            pipeline.told.forget(&digest);
        }
    }
}

/// The notice for a mail that is held: to its sender, or to the reviewers when there is none to answer.
/// Without anybody in `to` it is not sent, but later notices are made from it.
pub(super) fn held(transaction: &Transaction, judgement: &Judgement, now: &Zoned) -> NoticeFacts {
    let kind = match (judgement.unprotected, judgement.outcome.confidential) {
        (true, _) => NoticeKind::HeldUnprotected,
        (false, true) => NoticeKind::Held,
        (false, false) => NoticeKind::HeldUnreadable,
    };
    facts(transaction, judgement, kind, now).unwrap_or_else(|| gather(transaction, judgement, kind, now))
}

/// `None` when nobody may be told.
fn facts(transaction: &Transaction, judgement: &Judgement, kind: NoticeKind, now: &Zoned) -> Option<NoticeFacts> {
    let (kind, to) = recipients_of_notice(
        kind,
        &transaction.envelope.reverse_path,
        judgement.inspection.facts.auto_submitted,
        &transaction.in_force.settings.local_domains,
        reviewers(transaction, judgement),
    )?;
    let facts = NoticeFacts { to, ..gather(transaction, judgement, kind, now) };
    Some(match kind {
        NoticeKind::ReviewerHeld => NoticeFacts { recipients: Vec::new(), ..facts },
        _ => facts,
    })
}

/// Of the sending unit.
pub(super) fn reviewers<'a>(transaction: &'a Transaction, judgement: &Judgement) -> &'a [String] {
    let unit = transaction.in_force.settings.units.get(&judgement.unit.id);
    unit.map_or(&[], |unit| unit.reviewers.as_slice())
}

fn gather(transaction: &Transaction, judgement: &Judgement, kind: NoticeKind, now: &Zoned) -> NoticeFacts {
    let unit = transaction.in_force.settings.units.get(&judgement.unit.id);
    let outcome = &judgement.outcome;
    let counted = if outcome.confidential { &outcome.categories } else { &outcome.warned };
    let obstacle = obstacle(&outcome.reasons);
    // The way round opens neither another unit nor what is to be kept secret.
    let by_the_way = !matches!(obstacle, Obstacle::OtherUnit | Obstacle::SecrecyOrder);
    let unreadable: BTreeSet<_> = judgement.inspection.uninspectable.iter().map(|u| u.reason.as_str()).collect();
    NoticeFacts {
        kind,
        language: unit.map_or(Language::En, |unit| unit.language),
        to: Vec::new(),
        recipients: transaction.envelope.recipients.iter().map(|r| plain(&r.path.0)).collect(),
        reached: Vec::new(),
        others: judgement.addresses.iter().any(|a| !a.envelope),
        categories: counted.iter().map(|c| c.as_str().to_owned()).collect(),
        places: places(judgement),
        obstacle,
        unreadable: unreadable.into_iter().map(str::to_owned).collect(),
        reference: None,
        urgent: judgement.assessment.urgent,
        unit: judgement.unit.id.clone(),
        at: now.timestamp().to_string(),
        days: transaction.in_force.settings.keep_days,
        secure_tag: judgement.secure_tag.clone().filter(|_| by_the_way),
        urgent_phone: judgement.lifted.urgent_phone.as_deref().map(str::to_owned),
        link_token: None,
        service: Service::default(),
    }
}

/// What the sender is told stands against the mail, of all the reasons of its verdict.
fn obstacle(reasons: &[String]) -> Obstacle {
    let table = [
        ("secrecy-order", Obstacle::SecrecyOrder),
        ("channel-below-minimum", Obstacle::Channel),
        ("other-unit", Obstacle::OtherUnit),
        ("recipients:look-alike", Obstacle::LookAlike),
        ("recipients:webmail-among-official", Obstacle::WebmailAmongOfficial),
        ("recipients:reply-to-many", Obstacle::ReplyToMany),
    ];
    let found = table.into_iter().find(|(word, _)| reasons.iter().any(|reason| reason.starts_with(word)));
    found.map(|(_, obstacle)| obstacle).unwrap_or_default()
}

/// Where the details that decided stand, each place once, in the order a reader would look.
fn places(judgement: &Judgement) -> Vec<PlaceWord> {
    let outcome = &judgement.outcome;
    let counted = if outcome.confidential { &outcome.categories } else { &outcome.warned };
    let mut places: Vec<PlaceWord> = Vec::new();
    for disclosure in judgement.assessment.disclosures.iter().filter(|d| counted.contains(&d.category)) {
        for finding in disclosure.findings.iter().filter_map(|&i| judgement.assessment.findings.get(i)) {
            let place = match finding.place_of_find {
                Where::Subject | Where::Header => PlaceWord::Subject,
                Where::Quote => PlaceWord::Quote,
                Where::Body | Where::Html => PlaceWord::Body,
                Where::Filename => {
                    PlaceWord::Filename { number: attachment(&judgement.inspection, &finding.origin.part).0 }
                }
                Where::Attachment => {
                    let (number, kind) = attachment(&judgement.inspection, &finding.origin.part);
                    PlaceWord::Attachment { kind, number }
                }
            };
            if !places.contains(&place) {
                places.push(place);
            }
        }
    }
    places.sort_by_key(|place| match place {
        PlaceWord::Subject => (0, 0),
        PlaceWord::Body => (1, 0),
        PlaceWord::Quote => (2, 0),
        PlaceWord::Attachment { number, .. } => (3, *number),
        PlaceWord::Filename { number } => (4, *number),
    });
    places
}

/// Number of the attachment that holds the part, from 1, and a word for its kind.
fn attachment(inspection: &Inspection, part: &str) -> (usize, String) {
    let inside =
        |outer: &str| part.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '/']));
    let mut number = 0;
    for summary in inspection.parts.iter().filter(|p| p.attachment) {
        number += 1;
        if inside(&summary.part) {
            return (number, kind_word(&summary.media_type).to_owned());
        }
    }
    (number.max(1), "file".to_owned())
}

/// A word a sender knows the file by; never its name.
fn kind_word(media_type: &str) -> &'static str {
    match media_type {
        "application/pdf" => "PDF",
        "text/csv" => "CSV",
        "text/html" => "HTML",
        "text/calendar" => "calendar",
        "message/rfc822" => "mail",
        t if t.starts_with("text/") => "text",
        t if t.starts_with("image/") => "image",
        t if t.contains("word") || t.contains("opendocument.text") => "Word",
        t if t.contains("excel") || t.contains("spreadsheet") => "Excel",
        t if t.contains("powerpoint") || t.contains("presentation") => "PowerPoint",
        _ => "file",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_told_once_and_memory_is_bounded() {
        let told = Told::default();
        let now = Instant::now();
        assert!(told.first("a", now));
        assert!(!told.first("a", now + Duration::from_secs(60)));
        assert!(told.first("b", now));
        told.forget("b");
        assert!(told.first("b", now), "what could not be stored is tried again");
        assert!(told.first("a", now + COPIES_WITHIN + Duration::from_secs(1)));
        for i in 0..REMEMBERED + 10 {
            told.first(&i.to_string(), now + COPIES_WITHIN + Duration::from_secs(2));
        }
        assert!(told.0.lock().unwrap().len() <= REMEMBERED + 1);
    }
}
