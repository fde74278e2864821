//! What a reviewer calls a false alarm: the rules that fired and the shape of what they found are kept, for who looks
//! after the patterns. No letter and no digit of the mail is among them, and nothing is released by it.

use super::open::{QuarantineError, subject};
use super::{MaskedFinding, Quarantine};
use crate::audit::{Actor, Event};
use crate::message::MessageId;
use crate::store::{Conflict, FalseFinding, State};

/// Findings of one mail that are kept, and characters of a shape.
const KEPT: usize = 200;
const SHAPE: usize = 80;

impl Quarantine {
    /// False when it had been called so before. The event is durable with what is kept.
    pub async fn call_false_alarm(
        &self,
        id: MessageId,
        actor: &Actor,
        reason: String,
    ) -> Result<bool, QuarantineError> {
        let message = self.message(id).await?;
        if message.record.private {
            return Err(QuarantineError::Private);
        }
        if message.state != State::Held {
            return Err(Conflict::State(message.state).into());
        }
        let evidence = self.unseal_evidence(id).await?;
        let findings: Vec<FalseFinding> = evidence.findings.iter().take(KEPT).map(shape).collect();
        let event = Event::FalseAlarm { subject: subject(&message), findings: findings.len(), reason };
        let entry = event.entry(actor, self.now());
        let kept = self.store.add_false_alarm(id, &message.record.unit, &findings, &entry).await?;
        if kept {
            metrics::counter!("sluss_quarantine_total", "event" => "false-alarm").increment(1);
        }
        Ok(kept)
    }
}

fn shape(finding: &MaskedFinding) -> FalseFinding {
    FalseFinding {
        rule: finding.rule.clone(),
        category: finding.category.clone(),
        kind: finding.kind.clone(),
        strength: finding.strength.clone(),
        place: finding.place_of_find.clone(),
        zone: finding.zone.clone(),
        shape: finding.masked.chars().take(SHAPE).map(|c| if c.is_alphanumeric() { '•' } else { c }).collect(),
    }
}
