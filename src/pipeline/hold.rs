//! The verdict that keeps the mail: everything the quarantine seals, and the one notice of it.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::Zoned;

use super::file::place_of;
use super::judge::Judgement;
use super::transaction::Transaction;
use super::{Accepted, Refusal, notify, prefix};
use crate::detect::Finding;
use crate::message::{Header, RawMessage};
use crate::notice::local_addresses;
use crate::policy::register::Refusal as Refused;
use crate::policy::{Mode, private};
use crate::quarantine::{Hold, MaskedFinding, UnreadPart};
use crate::telemetry::Sensitive;

/// Seals and stores. `Ok` only after the commit; else 452, and the client keeps the mail.
pub(super) async fn hold(
    transaction: &Transaction,
    message: Arc<RawMessage>,
    judgement: &Judgement,
    now: &Zoned,
) -> Result<Accepted, Refusal> {
    let Some(quarantine) = &transaction.pipeline.quarantine else {
        tracing::error!(id = transaction.id(), "the verdict is to hold, but there is no quarantine");
        return Err(Refusal::StoreUnavailable);
    };
    let hold = everything(transaction, message, judgement, now);
    let topics: Vec<String> = hold.tell.iter().flat_map(|tell| tell.plan.topics.clone()).collect();
    match quarantine.hold(hold).await {
        Ok(receipt) => Ok(receipt.into()),
        Err(error) => {
            transaction.pipeline.told.forget_all(&topics);
            tracing::error!(id = transaction.id(), %error, "a mail could not be held");
            Err(Refusal::StoreUnavailable)
        }
    }
}

fn everything(transaction: &Transaction, message: Arc<RawMessage>, judgement: &Judgement, now: &Zoned) -> Hold {
    let settings = &transaction.in_force.settings;
    let outcome = &judgement.outcome;
    let header = Header::of(message.bytes());
    let names = prefix::stripped(&transaction.in_force);
    let kept = header.ranges_without(&names);
    let subject = judgement.inspection.subject().map(str::to_owned);
    let (keep_days, keep_decision) = notify::kept(transaction, judgement);
    let notice = notify::held(transaction, judgement, now);
    let below = outcome.insecure.iter().filter_map(|&i| judgement.addresses.get(i));
    Hold {
        at: now.timestamp(),
        unit: judgement.unit.id.clone(),
        categories: outcome.categories.iter().map(|c| c.as_str().to_owned()).collect(),
        severity: outcome.severity.as_str().to_owned(),
        patterns: judgement.edition.to_string(),
        config: transaction.in_force.config().to_string(),
        channels: below.map(|a| a.class.level.as_str().to_owned()).collect(),
        mode: Mode::Enforce.as_str().to_owned(),
        urgent: judgement.assessment.urgent,
        keep_days,
        keep_decision: keep_decision.map(str::to_owned),
        private: settings.private.mark(subject.as_deref(), judgement.inspection.facts.fields.of(private::FIELD)),
        four_eyes: four_eyes(judgement),
        envelope: transaction.envelope.clone(),
        message_id: judgement.inspection.facts.message_id.clone(),
        subject,
        findings: masked(judgement),
        uninspectable: judgement
            .inspection
            .uninspectable
            .iter()
            .map(|u| UnreadPart {
                part: u.part.clone(),
                name: judgement.file_of(&u.part),
                reason: u.reason.as_str().to_owned(),
            })
            .collect(),
        values: judgement
            .assessment
            .findings
            .iter()
            .filter(|f| !f.identity.0.is_empty())
            .map(|f| Sensitive::new(f.identity.0.clone()))
            .collect(),
        trace: transaction.received(now).into_bytes(),
        kept,
        tell: notify::of_hold(transaction, judgement, &notice, now),
        notice,
        reviewers: local_addresses(notify::reviewers(transaction, judgement), &settings.local_domains),
        // The judgement on another thread has given its share back; if not, the copy costs memory only.
        message: Arc::try_unwrap(message).unwrap_or_else(|shared| RawMessage::uncounted(shared.bytes().to_vec())),
    }
}

/// So grave that a second person has to agree to its release: by the unit's rules, or by those of a code that was
/// claimed for it.
fn four_eyes(judgement: &Judgement) -> bool {
    judgement.unit.rules.four_eyes_from.is_some_and(|from| judgement.outcome.severity >= from)
        || judgement.lifted.refused.contains(&Refused::FourEyes)
}

fn masked(judgement: &Judgement) -> Vec<MaskedFinding> {
    let assessment = &judgement.assessment;
    let counted: HashSet<usize> = assessment.disclosures.iter().flat_map(|d| d.findings.iter().copied()).collect();
    let findings = assessment.findings.iter().enumerate();
    findings.map(|(index, finding)| masked_one(finding, counted.contains(&index), judgement)).collect()
}

fn masked_one(finding: &Finding, counted: bool, judgement: &Judgement) -> MaskedFinding {
    MaskedFinding {
        category: finding.category.as_str().to_owned(),
        kind: finding.kind.to_string(),
        strength: finding.strength.as_str().to_owned(),
        place_of_find: finding.place_of_find.as_str().to_owned(),
        zone: finding.zone.as_str().to_owned(),
        part: finding.origin.part.to_string(),
        name: judgement.file_of(&finding.origin.part),
        place: place_of(finding),
        start: finding.span.start,
        end: finding.span.end,
        masked: finding.masked.clone(),
        rule: finding.rule.to_string(),
        counted,
    }
}
