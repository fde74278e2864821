//! Legal hold: while somebody has asked for a message (a record request, a dispute), nothing of it is deleted, by
//! decision or by time. What else may happen to it may happen: a release sends it, and the content stays.

use jiff::{SignedDuration, Timestamp};

use super::Quarantine;
use super::open::{QuarantineError, subject};
use crate::audit::{Actor, Event};
use crate::message::MessageId;

/// What has waited for the end of a legal hold waits so long again, at least, for somebody to decide.
const KEPT_AFTER: SignedDuration = SignedDuration::from_hours(24);

impl Quarantine {
    /// From now on nothing of it is deleted. `decision`: reference of what asks for it.
    pub async fn keep(
        &self,
        id: MessageId,
        actor: &Actor,
        decision: String,
        reason: String,
    ) -> Result<(), QuarantineError> {
        let message = self.message(id).await?;
        let event = Event::Kept { subject: subject(&message), decision: decision.clone(), reason };
        self.store.keep(id, &decision, &event.entry(actor, self.now())).await?;
        metrics::counter!("sluss_quarantine_total", "event" => "kept").increment(1);
        Ok(())
    }

    /// Its time runs again, and sender and reviewers are warned again before it is over.
    pub async fn unkeep(&self, id: MessageId, actor: &Actor, reason: String) -> Result<(), QuarantineError> {
        let message = self.message(id).await?;
        let days = SignedDuration::from_hours(24 * i64::from(self.times.load().warn_days));
        let until = self.now().saturating_add(days.max(KEPT_AFTER)).unwrap_or(Timestamp::MAX);
        let entry = Event::Unkept { subject: subject(&message), reason }.entry(actor, self.now());
        self.store.unkeep(id, until, &entry).await?;
        metrics::counter!("sluss_quarantine_total", "event" => "unkept").increment(1);
        Ok(())
    }
}
