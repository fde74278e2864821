//! Retention: what was not decided within its time is deleted, with an event and a notice. Some days before, its
//! sender is told once. Time never sends anything.

use jiff::SignedDuration;

use super::open::subject;
use super::release::days_between;
use super::{Quarantine, QuarantineError, SealError, sealed_notice};
use crate::audit::{Actor, Event};
use crate::notice::facts::{NoticeFacts, NoticeKind};
use crate::store::{Conflict, HeldMessage, NewNotice, StoreError, Swept};

/// The notice needs the sender's address, which only an identity opens. A process without one leaves
/// expiry to those that have one for so long, and one that cannot read the store tries again for so long;
/// then it is deleted without a notice: nothing is kept because nobody is there to tell of it.
const GRACE_WITHOUT_NOTICE: SignedDuration = SignedDuration::from_hours(24);

/// Longer than any session lasts.
const SESSIONS_KEPT: SignedDuration = SignedDuration::from_hours(24);

/// A warning is given so much early, so that the whole days that it names are those of the configuration: it is looked
/// for once a minute.
const BETWEEN_LOOKS: SignedDuration = SignedDuration::from_mins(1);

impl Quarantine {
    /// Deletes every held message whose time is over; returns how many.
    pub async fn expire(&self) -> Result<u64, StoreError> {
        let due = match self.identities {
            Some(_) => self.now(),
            None => self.now().saturating_sub(GRACE_WITHOUT_NOTICE).unwrap_or(jiff::Timestamp::MIN),
        };
        let mut expired = 0;
        for message in self.store.expired(due).await? {
            let notice = match self.expiry_notice(&message).await {
                Ok(notice) => notice,
                Err(error) if must_wait(&error, self.now().duration_since(message.record.expires_at)) => {
                    tracing::warn!(id = %message.id, %error, "not expired yet: its notice cannot be made");
                    match error {
                        QuarantineError::Store(error) if !matches!(error, StoreError::Unavailable(_)) => {
                            return Err(error);
                        }
                        // Of this row alone, perhaps.
                        _ => continue,
                    }
                }
                Err(error) => {
                    tracing::warn!(id = %message.id, %error, "expires without a notice");
                    None
                }
            };
            let general = || self.times.load().keep_decision.clone();
            let decision = message.record.keep_decision.clone().or_else(general);
            let event = Event::Expired { subject: subject(&message), decision };
            let entry = event.entry(&Actor::System, self.now());
            match self.store.expire(message.id, notice.as_ref(), &entry).await {
                Ok(()) => {
                    metrics::counter!("sluss_quarantine_total", "event" => "expired").increment(1);
                    expired += 1;
                }
                // Somebody else was quicker, or it is being released or kept now.
                Err(StoreError::Conflict(Conflict::State(_) | Conflict::Kept)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(expired)
    }

    /// Tells the sender of every held message whose time is over within `warn_days`, once; returns of how many. A process without an
    /// identity, or without the right one, leaves it to those that have it.
    pub async fn warn(&self) -> Result<u64, StoreError> {
        let days = self.times.load().warn_days;
        if days == 0 || self.identities.is_none() {
            return Ok(0);
        }
        let before = SignedDuration::from_hours(24 * i64::from(days)) + BETWEEN_LOOKS;
        let mut warned = 0;
        for message in self.store.to_warn(self.now(), before).await? {
            let notice = match self.warning(&message).await {
                Ok(notice) => notice,
                Err(error) => {
                    tracing::debug!(id = %message.id, %error, "of its expiry somebody else has to warn");
                    continue;
                }
            };
            let entry = Event::ExpiryWarned(subject(&message)).entry(&Actor::System, self.now());
            match self.store.warn(message.id, notice.as_ref(), &entry).await {
                Ok(()) => warned += 1,
                // Somebody else was quicker, or there is nothing to warn of any more.
                Err(StoreError::Conflict(Conflict::State(_) | Conflict::Kept | Conflict::Warned)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(warned)
    }

    /// `None` when there is no sender to tell. The reviewers are warned by what the hold has put into the outbox.
    async fn warning(&self, message: &HeldMessage) -> Result<Option<NewNotice>, QuarantineError> {
        let evidence = self.unseal_evidence(message.id).await?;
        let to = evidence.sender_to_tell().to_vec();
        if to.is_empty() {
            return Ok(None);
        }
        let (reached, not_reached) = evidence.reached(&self.store.recipients(message.id).await?);
        let facts = NoticeFacts {
            kind: NoticeKind::Expiring,
            to,
            recipients: if reached.is_empty() { evidence.notice.recipients } else { not_reached },
            reached,
            reference: Some(message.reference.as_str().to_owned()),
            days: days_between(self.now(), message.record.expires_at),
            ..evidence.notice
        };
        Ok(Some(sealed_notice(&self.keys, &facts, Some(&message.reference), self.now())?))
    }

    /// Deletes what ended messages no longer need.
    pub async fn sweep(&self) -> Result<Swept, StoreError> {
        let sessions = self.now().saturating_sub(SESSIONS_KEPT).unwrap_or(jiff::Timestamp::MIN);
        self.store.sweep_accounts(self.now(), sessions).await?;
        self.store.sweep(self.now()).await
    }

    async fn expiry_notice(&self, message: &HeldMessage) -> Result<Option<NewNotice>, QuarantineError> {
        let evidence = self.unseal_evidence(message.id).await?;
        if evidence.notice.to.is_empty() {
            return Ok(None);
        }
        let reference = &message.reference;
        // A release that failed may have reached some.
        let (reached, not_reached) = evidence.reached(&self.store.recipients(message.id).await?);
        let facts = NoticeFacts {
            recipients: if reached.is_empty() { evidence.notice.recipients.clone() } else { not_reached },
            reached,
            reference: Some(reference.as_str().to_owned()),
            days: 0,
            ..evidence.notice.later(NoticeKind::Expired)
        };
        Ok(Some(sealed_notice(&self.keys, &facts, Some(reference), self.now())?))
    }
}

/// The notice could not be made this time, or not here, but a later try or another unit's host may do it.
fn must_wait(error: &QuarantineError, over_for: SignedDuration) -> bool {
    let temporary = matches!(
        error,
        QuarantineError::Store(
            StoreError::Busy | StoreError::Full | StoreError::Broken(_) | StoreError::Unavailable(_)
        ) | QuarantineError::Seal(SealError::NotForUs)
    );
    temporary && over_for < GRACE_WITHOUT_NOTICE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_of_the_store_costs_time_and_not_the_notice() {
        let day = SignedDuration::from_hours(24);
        let just_over = SignedDuration::ZERO;
        for (error, over_for, waits) in [
            (StoreError::Busy.into(), just_over, true),
            (StoreError::Unavailable("driver error".into()).into(), day - SignedDuration::from_secs(1), true),
            (StoreError::Busy.into(), day, false),
            (Conflict::NotFound.into(), just_over, false),
            (QuarantineError::Gone, just_over, false),
            (QuarantineError::NoIdentity, just_over, false),
            (QuarantineError::Seal(SealError::NotForUs), just_over, true),
            (QuarantineError::Seal(SealError::NotForUs), day, false),
            (QuarantineError::Seal(SealError::Damaged), just_over, false),
        ] {
            assert_eq!(must_wait(&error, over_for), waits, "{error} {over_for}");
        }
    }
}
