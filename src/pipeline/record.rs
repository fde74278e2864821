//! In the audit chain, before it is carried out: what was decided about a mail that is not held.

use jiff::{SignedDuration, Timestamp, Zoned};

use super::judge::Judgement;
use super::transaction::Transaction;
use crate::audit::{Actor, Event};
use crate::policy::Need;
use crate::quarantine::{Disclosure, HoldError};
use crate::telemetry::Sensitive;

/// That a mail is rejected, goes another way, or goes with a warning. Nothing of the mail is kept.
pub(super) async fn record_decision(
    transaction: &Transaction,
    judgement: &Judgement,
    now: &Zoned,
) -> Result<(), HoldError> {
    let Some(store) = &transaction.pipeline.store else { return Ok(()) };
    let event = Event::Decided {
        verdict: judgement.outcome.verdict.as_str(),
        unit: judgement.unit.id.clone(),
        transaction: transaction.id().to_owned(),
        patterns: judgement.edition.to_string(),
        config: transaction.in_force.config().to_string(),
    };
    Ok(store.append(&event.entry(&Actor::System, now.timestamp())).await?)
}

/// What opened secrecy or channel for a confidential mail that goes on, and, where mail can be sealed, to whom it
/// goes: for the person it is about, who may ask.
pub(super) async fn record_exception(
    transaction: &Transaction,
    judgement: &Judgement,
    now: &Zoned,
) -> Result<(), HoldError> {
    let lifted = &judgement.lifted;
    let Some(store) = &transaction.pipeline.store else { return Ok(()) };
    if !judgement.outcome.confidential || lifted.by.is_empty() {
        return Ok(());
    }
    let by: Vec<String> = lifted.by.iter().map(ToString::to_string).collect();
    let event = |disclosure| Event::ExceptionUsed {
        disclosure,
        unit: judgement.unit.id.clone(),
        transaction: transaction.id().to_owned(),
        by: by.join(","),
        verdict: judgement.outcome.verdict.as_str(),
        reason: judgement.claim.as_ref().and_then(|claim| claim.documented.get(Need::Reason)).map(str::to_owned),
        review_within_hours: lifted.review_within_hours,
    };
    let Some(quarantine) = &transaction.pipeline.quarantine else {
        return Ok(store.append(&event(None).entry(&Actor::System, now.timestamp())).await?);
    };
    let identities = judgement.assessment.findings.iter().map(|finding| &finding.identity.0);
    let due = lifted.review_within_hours.map(|hours| SignedDuration::from_hours(i64::from(hours)));
    let due = due.map(|within| now.timestamp().saturating_add(within).unwrap_or(Timestamp::MAX));
    let disclosure = Disclosure {
        review: due.map(|due| (by.join(","), due)),
        at: now.timestamp(),
        unit: judgement.unit.id.clone(),
        sender: transaction.envelope.reverse_path.mailbox().map_or_else(String::new, |m| m.raw().to_owned()),
        recipients: transaction.envelope.recipients.iter().map(|r| r.path.0.raw().to_owned()).collect(),
        values: identities.filter(|identity| !identity.is_empty()).map(|id| Sensitive::new(id.clone())).collect(),
    };
    quarantine.disclose(disclosure, |id| event(Some(id))).await
}
