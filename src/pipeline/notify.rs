//! What the sender or the unit's reviewers are told. Only facts go in; the notice room writes the text.
//!
//! Nobody is told twice about copies of one mail: the store groups what is held, a small memory here
//! groups what is warned about or rejected.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Zoned};

use super::judge::{Judgement, plain};
use super::transaction::Transaction;
use crate::detect::Where;
use crate::inspect::Inspection;
use crate::notice::facts::{Language, Machine, NoticeFacts, NoticeKind, Obstacle, PlaceWord};
use crate::notice::{House, Origin, Plan, Rhythm, local_addresses, recipients_of_notice};
use crate::quarantine::Tell;

/// Copies of one mail arrive within seconds; a sender who sends again an hour later wants an answer.
const COPIES_WITHIN: Duration = Duration::from_secs(15 * 60);
/// Mails remembered.
const REMEMBERED: usize = 10_000;

/// Keyed digests of mails whose sender has been told, and what was told lately.
#[derive(Debug, Default)]
pub(super) struct Told(Mutex<VecDeque<(String, Instant)>>, Mutex<Rhythm>);

impl Told {
    fn rhythm(&self) -> MutexGuard<'_, Rhythm> {
        self.1.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// These were not stored after all.
    pub(super) fn forget_all(&self, tell: &[String]) {
        tell.iter().for_each(|topic| self.rhythm().forget(topic));
    }

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
    // Of those under each secret always the same one, whichever secret is present.
    let digest = message_id.and_then(|message_id| keys.copy_digests(sender, message_id).into_iter().min());
    if digest.as_ref().is_some_and(|digest| !pipeline.told.first(digest, Instant::now())) {
        return;
    }
    let tell = planned(transaction, facts, now);
    let Ok(notice) = tell.sealed(keys, now.timestamp()) else { return };
    if let Err(error) = store.outbox_add(&notice).await {
        tracing::error!(id = transaction.id(), %error, "a notice could not be stored");
        // The next copy tries again.
        if let Some(digest) = digest {
            pipeline.told.forget(&digest);
        }
        pipeline.told.forget_all(&tell.plan.topics);
    }
}

/// When it goes: the same again waits for others like it.
fn planned(transaction: &Transaction, facts: NoticeFacts, now: &Zoned) -> Tell {
    let (pipeline, at) = (&transaction.pipeline, now.timestamp());
    let Some(keys) = &pipeline.keys else { return Tell { plan: Plan::at_once(at), facts } };
    let plan = Plan::of(&facts, keys, at, now.time_zone());
    Tell { plan: pipeline.told.rhythm().fit(plan, at), facts }
}

/// Everything that a hold tells: its sender, or who answers for it; the reviewers, of the mail and, while it
/// still waits, before it is deleted.
pub(super) fn of_hold(
    transaction: &Transaction,
    judgement: &Judgement,
    notice: &NoticeFacts,
    now: &Zoned,
) -> Vec<Tell> {
    let settings = &transaction.in_force.settings;
    let mut tell = Vec::new();
    if !notice.to.is_empty() {
        tell.push(planned(transaction, notice.clone(), now));
    }
    let to = local_addresses(reviewers(transaction, judgement), &settings.local_domains);
    let Some(keys) = transaction.pipeline.keys.as_ref().filter(|_| !to.is_empty()) else { return tell };
    let unit = settings.units.get(&judgement.unit.id);
    let untold = matches!(notice.kind, NoticeKind::ReviewerHeld | NoticeKind::ServiceDigest) || notice.to.is_empty();
    let facts = |kind| NoticeFacts {
        urgent: notice.urgent,
        untold,
        days: notice.days,
        ..NoticeFacts::of_service(
            kind,
            language(transaction, unit, &to),
            to.clone(),
            &judgement.unit.id,
            now.timestamp(),
        )
    };
    if notice.kind != NoticeKind::ReviewerHeld {
        tell.push(planned(transaction, facts(NoticeKind::ReviewerHeld), now));
    }
    let (held, expiring) = (now.timestamp(), facts(NoticeKind::ReviewerExpiring));
    let expires = held.saturating_add(SignedDuration::from_hours(24 * i64::from(notice.days))).unwrap_or(held);
    let plan = Plan::of_warning(&expiring, keys, held, expires, now.time_zone());
    tell.push(Tell { facts: expiring, plan });
    tell
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
    let settings = &transaction.in_force.settings;
    let unit = settings.units.get(&judgement.unit.id);
    let reverse_path = &transaction.envelope.reverse_path;
    let sender = reverse_path.mailbox().map(plain);
    let machine = sender.as_deref().is_some_and(|sender| settings.mailboxes.is_machine(sender));
    let origin = Origin { reverse_path, automatic: judgement.inspection.facts.auto_submitted, machine };
    let house = House {
        local_domains: &settings.local_domains,
        reviewers: reviewers(transaction, judgement),
        service_owner: unit.and_then(|unit| unit.service_owner.as_deref()),
    };
    let (told, to) = recipients_of_notice(kind, origin, house)?;
    let language = language(transaction, unit, &to);
    let facts = NoticeFacts { kind: told, language, to, ..gather(transaction, judgement, kind, now) };
    Some(match told {
        NoticeKind::ReviewerHeld => NoticeFacts { recipients: Vec::new(), untold: true, ..facts },
        NoticeKind::ServiceDigest => {
            let machine = Machine { sender: sender.filter(|_| machine), outcome: kind };
            // Whom a system writes to is not its owner's business.
            NoticeFacts { recipients: Vec::new(), others: true, machine: Some(machine), ..facts }
        }
        // Colleagues read it too: no word of what it was about.
        _ if sender.as_deref().is_some_and(|sender| settings.mailboxes.is_shared(sender)) => {
            NoticeFacts { categories: Vec::new(), places: Vec::new(), provisions: Vec::new(), ..facts }
        }
        _ => facts,
    })
}

/// That of a single recipient, if it is listed; else the unit's.
fn language(transaction: &Transaction, unit: Option<&super::UnitFacts>, to: &[String]) -> Language {
    let listed = match to {
        [one] => transaction.in_force.settings.mailboxes.language(one),
        _ => None,
    };
    listed.or(unit.map(|unit| unit.language)).unwrap_or(Language::En)
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
    let language = language(transaction, unit, &[]);
    NoticeFacts {
        recipients: transaction.envelope.recipients.iter().map(|r| plain(&r.path.0)).collect(),
        others: judgement.addresses.iter().any(|a| !a.envelope),
        categories: counted.iter().map(|c| c.as_str().to_owned()).collect(),
        places: places(judgement),
        obstacle,
        unreadable: unreadable.into_iter().map(str::to_owned).collect(),
        urgent: judgement.assessment.urgent,
        days: kept(transaction, judgement).0,
        secure_tag: judgement.secure_tag.clone().filter(|_| by_the_way),
        secure_way: judgement.secure_way && by_the_way,
        urgent_phone: judgement.lifted.urgent_phone.as_deref().map(str::to_owned),
        provisions: provisions(transaction, judgement, language),
        ..NoticeFacts::of_service(kind, language, Vec::new(), &judgement.unit.id, now.timestamp())
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

/// How the law is cited that the unit's profile names for what decided, the gravest first.
fn provisions(transaction: &Transaction, judgement: &Judgement, language: Language) -> Vec<String> {
    let outcome = &judgement.outcome;
    let known = transaction.in_force.knowledge.detector.provisions();
    let counted = judgement.assessment.disclosures.iter().filter(|d| outcome.categories.contains(&d.category));
    let mut weighed: Vec<_> = counted.filter_map(|disclosure| judgement.unit.profile.weigh(disclosure)).collect();
    weighed.sort_by_key(|weighed| std::cmp::Reverse(weighed.severity));
    let mut cited: Vec<String> = Vec::new();
    for provision in weighed.iter().filter_map(|weighed| known.get(weighed.provision)) {
        let cite = provision.cite.in_language(language.as_str());
        if !cite.is_empty() && !cited.iter().any(|known| known == cite) {
            cited.push(cite.to_owned());
        }
    }
    cited
}

/// Days until the mail expires when it is held, and what its deletion rests on then.
pub(super) fn kept<'a>(transaction: &'a Transaction, judgement: &Judgement) -> (u32, Option<&'a str>) {
    let outcome = &judgement.outcome;
    transaction.in_force.settings.keeping.of(&judgement.unit.id, &outcome.categories, outcome.severity)
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
