//! Release: the one place where we owe delivery, or a notice.
//!
//! Every recipient has its own durable state `pending | accepted | refused` and its own SMTP transaction,
//! recorded before the next one begins. A crash between a next hop's 250 and our record sends to that
//! one recipient twice; nothing is ever lost. Only `pending` recipients are tried again, after 1 minute,
//! doubling up to 1 hour. All accepted: `released`. Some refused, or 24 h over: back to `held`, and notices
//! to sender and reviewers name who was reached and who was not. The content is deleted only after the
//! final state is durable.

use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::open::{OpenedContent, QuarantineError, subject};
use super::{Quarantine, sealed_notice};
use crate::audit::{Actor, Event, Subject};
use crate::message::{Envelope, MessageId, RawMessage, Recipient};
use crate::notice::facts::{NoticeFacts, NoticeKind};
use crate::relay::{ConnectionSecurity, Dialog, Hop, HopError, SendError};
use crate::smtp::Reply;
use crate::store::{Claim, Conflict, Entry, NewNotice, RecipientRow, RecipientState, State, StoreError};
use crate::telemetry::failpoint;

/// How long a claim lasts without a sign of life, and how often there is one.
const LEASE: Duration = Duration::from_secs(120);
const RENEW: Duration = Duration::from_secs(30);
/// Pause before the second attempt; doubles up to the longest.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_mins(1);
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(1);
/// A release that has not ended after this time has failed.
const OVER_AFTER: SignedDuration = SignedDuration::from_hours(24);
/// A message whose release failed is kept at least so long, for a person to act.
const KEPT_AFTER_FAILURE: SignedDuration = SignedDuration::from_hours(24);
/// What a next hop has said is worth waiting for a locked or full store to write it down.
const RECORD_TRIES: u32 = 60;
const RECORD_PAUSE: Duration = Duration::from_secs(1);

/// Where a released message goes, by today's configuration.
pub trait Routes: Send + Sync {
    /// The hop for this recipient; `None` when there is none now.
    fn hop(&self, recipient: &Recipient) -> Option<Arc<Hop>>;

    /// Header lines to put on top (`Received`, stamp, the hop's own), CRLF ended, and what follows of the
    /// message. The envelope is that of this one transaction.
    fn dress<'m>(&self, hop: &Hop, envelope: &Envelope, message: &'m RawMessage) -> (Vec<u8>, Vec<&'m [u8]>);

    /// Whether a connection that is protected like this may carry mail to the recipient.
    fn admits(&self, recipient: &Recipient, security: ConnectionSecurity) -> bool;
}

/// How many recipients are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub accepted: usize,
    pub refused: usize,
    pub pending: usize,
}

impl Tally {
    pub fn of(recipients: &[RecipientRow]) -> Self {
        let count = |state| recipients.iter().filter(|r| r.state == state).count();
        Tally {
            accepted: count(RecipientState::Accepted),
            refused: count(RecipientState::Refused),
            pending: count(RecipientState::Pending),
        }
    }
}

/// What one attempt came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Every recipient has accepted.
    Released(Tally),
    /// Some are pending; the next attempt is due then.
    Pending { tally: Tally, next: Timestamp },
    /// Back to held.
    Failed(Tally),
}

impl Quarantine {
    /// held → releasing, and the first attempt.
    pub async fn release(
        &self,
        id: MessageId,
        actor: &Actor,
        reason: Option<String>,
    ) -> Result<Progress, QuarantineError> {
        let message = self.message(id).await?;
        self.routes()?;
        if message.state != State::Held {
            return Err(Conflict::State(message.state).into());
        }
        // Before the state changes: a message that cannot be opened here stays where it is.
        let content = self.unseal_content(id).await?;
        let entry = Event::ReleaseStarted { subject: subject(&message), reason }.entry(actor, self.now());
        let claim = self.store.start_release(id, &self.owner, LEASE, &entry).await?;
        let result = self.attempt(&claim, &content).await;
        self.set_aside_after(&claim, result).await
    }

    /// Takes over a release that waits for its next attempt, or whose process has died.
    pub async fn resume(&self, id: MessageId) -> Result<Progress, QuarantineError> {
        self.routes()?;
        let claim = self.store.resume_release(id, &self.owner, LEASE).await?;
        let result = match self.unseal_content(id).await {
            Ok(content) => self.attempt(&claim, &content).await,
            Err(error) => Err(error),
        };
        self.set_aside_after(&claim, result).await
    }

    /// An attempt that broke off is tried again like any other, and ends like any other when its time is
    /// over.
    async fn set_aside_after(
        &self,
        claim: &Claim,
        result: Result<Progress, QuarantineError>,
    ) -> Result<Progress, QuarantineError> {
        if result.is_err() {
            let set_aside = match self.retry_at(claim) {
                Some(next) => self.store.postpone_release(claim, next).await,
                None => self.fail(claim).await,
            };
            if let Err(error) = set_aside {
                // Its lease runs out by itself, and whoever finds it then goes on.
                tracing::warn!(id = %claim.id, %error, "a release that broke off is not set aside");
            }
        }
        result
    }

    /// When the next attempt is due; `None` when the time is over.
    fn retry_at(&self, claim: &Claim) -> Option<Timestamp> {
        let now = self.now();
        let over = claim.started.saturating_add(OVER_AFTER).unwrap_or(Timestamp::MAX);
        (now < over).then(|| now.saturating_add(pause(claim.attempts)).unwrap_or(over).min(over))
    }

    fn routes(&self) -> Result<&dyn Routes, QuarantineError> {
        self.routes.as_deref().ok_or(QuarantineError::NoRoutes)
    }

    /// One round over the pending recipients, with the lease kept alive.
    async fn attempt(&self, claim: &Claim, content: &OpenedContent) -> Result<Progress, QuarantineError> {
        let mut work = pin!(async {
            self.hand_over_pending(claim, content).await?;
            self.settle(claim).await
        });
        loop {
            match tokio::time::timeout(RENEW, &mut work).await {
                Ok(progress) => return progress,
                Err(_) => {
                    if let Err(error) = self.store.renew(claim, LEASE).await {
                        // Not yet lost: the next record will tell.
                        tracing::warn!(id = %claim.id, %error, "lease not renewed");
                    }
                }
            }
        }
    }

    async fn hand_over_pending(&self, claim: &Claim, content: &OpenedContent) -> Result<(), QuarantineError> {
        let routes = self.routes()?;
        let mut down = BTreeSet::new();
        for row in self.store.recipients(claim.id).await? {
            if row.state != RecipientState::Pending {
                continue;
            }
            let recipient = content.envelope.recipients.get(row.position).ok_or(QuarantineError::Damaged)?;
            let Some(hop) = routes.hop(recipient).filter(|hop| !down.contains(hop.name())) else { continue };
            // First, for what cannot be recorded is not handed over.
            let disclosed = self.seal_recipient(&claim.unit, recipient.path.0.raw())?;
            failpoint::hit("release:before-handoff");
            let answer = hand_over(&hop, routes, recipient, content).await;
            failpoint::hit("release:before-record");
            if matches!(answer, Answer::Down) {
                // The other recipients of this hop would only wait for the same.
                down.insert(hop.name().to_owned());
                continue;
            }
            self.record(claim, (row.position, &disclosed), hop.name(), &answer).await?;
            failpoint::hit("release:after-record");
        }
        Ok(())
    }

    /// Writes down what the hop said about one recipient; when it accepted, with `disclosed`: who that is, sealed.
    async fn record(
        &self,
        claim: &Claim,
        (position, disclosed): (usize, &[u8]),
        hop: &str,
        answer: &Answer,
    ) -> Result<(), StoreError> {
        let subject = claimed(claim);
        let hop = hop.to_owned();
        let (state, reply, event) = match answer {
            Answer::Accepted(reply) => {
                (RecipientState::Accepted, reply, Some(Event::RecipientAccepted { subject, position, hop }))
            }
            Answer::Refused(reply) => {
                let reply_code = codes(reply);
                let event = Event::RecipientRefused { subject, position, hop, reply: reply_code };
                (RecipientState::Refused, reply, Some(event))
            }
            Answer::Later(reply) => (RecipientState::Pending, reply, None),
            Answer::Unknown | Answer::Down => return Ok(()),
        };
        let row = RecipientRow { position, state, reply: Some(codes(reply)) };
        let entry: Option<Entry> = event.map(|event| event.entry(&Actor::System, self.now()));
        let mut tries = 0;
        loop {
            tries += 1;
            let recorded = match (&entry, state) {
                (Some(entry), RecipientState::Accepted) => {
                    self.store.record_accepted(claim, &row, disclosed, entry).await
                }
                _ => self.store.record_recipient(claim, &row, entry.as_ref()).await,
            };
            match recorded {
                Err(StoreError::Busy | StoreError::Full | StoreError::Unavailable(_)) if tries < RECORD_TRIES => {
                    tokio::time::sleep(RECORD_PAUSE).await;
                }
                other => return other,
            }
        }
    }

    /// Ends the attempt: released, to be tried again, or failed.
    async fn settle(&self, claim: &Claim) -> Result<Progress, QuarantineError> {
        let tally = Tally::of(&self.store.recipients(claim.id).await?);
        if tally.pending > 0
            && let Some(next) = self.retry_at(claim)
        {
            self.store.postpone_release(claim, next).await?;
            return Ok(Progress::Pending { tally, next });
        }
        if tally.pending > 0 || tally.refused > 0 {
            self.fail(claim).await?;
            return Ok(Progress::Failed(tally));
        }
        let entry = Event::Released(claimed(claim)).entry(&Actor::System, self.now());
        self.store.finish_release(claim, &entry).await?;
        metrics::counter!("sluss_quarantine_total", "event" => "released").increment(1);
        failpoint::hit("release:before-content-delete");
        if let Err(error) = self.store.delete_content(claim.id).await {
            // The sweep will come back to it.
            tracing::warn!(id = %claim.id, %error, "content of a released message not deleted yet");
        }
        failpoint::hit("release:after-content-delete");
        Ok(Progress::Released(tally))
    }

    /// releasing → held, with the notices that tell of it. They need the evidence alone; where even that
    /// does not open here, the event, the mark in the queue and the log have to do.
    async fn fail(&self, claim: &Claim) -> Result<(), StoreError> {
        let now = self.now();
        let keep_until = now.saturating_add(KEPT_AFTER_FAILURE).unwrap_or(Timestamp::MAX);
        let recipients = self.store.recipients(claim.id).await?;
        let notices = match self.failure_notices(claim, keep_until, &recipients).await {
            Ok(notices) => notices,
            // The store's fault is no reason to tell nobody: what is not written now is written later.
            Err(QuarantineError::Store(error)) => return Err(error),
            Err(error) => {
                tracing::error!(id = %claim.id, %error, "a release has failed, and nobody can be told");
                Vec::new()
            }
        };
        let tally = Tally::of(&recipients);
        let event = Event::ReleaseFailed {
            subject: claimed(claim),
            accepted: tally.accepted,
            refused: tally.refused,
            pending: tally.pending,
        };
        self.store.fail_release(claim, keep_until, &notices, &event.entry(&Actor::System, now)).await?;
        metrics::counter!("sluss_quarantine_total", "event" => "release-failed").increment(1);
        Ok(())
    }

    /// To the sender, unless it was the null path, and to the reviewers.
    async fn failure_notices(
        &self,
        claim: &Claim,
        keep_until: Timestamp,
        recipients: &[RecipientRow],
    ) -> Result<Vec<NewNotice>, QuarantineError> {
        let evidence = self.unseal_evidence(claim.id).await?;
        let expires = self.message(claim.id).await?.record.expires_at.max(keep_until);
        let (reached, not_reached) = evidence.reached(recipients);
        let facts = NoticeFacts {
            recipients: not_reached,
            reached,
            reference: Some(claim.reference.as_str().to_owned()),
            days: days_between(self.now(), expires),
            ..evidence.notice
        };
        // Where the sender could not be told the reviewers were, and are told once.
        let to_sender = Some(facts.clone()).filter(|facts| !facts.kind.is_to_reviewers());
        let to_reviewers =
            NoticeFacts { kind: NoticeKind::ReviewerReleaseFailed, to: evidence.reviewers, machine: None, ..facts };
        let mut notices = Vec::new();
        for facts in to_sender.map(|facts| facts.later(NoticeKind::ReleaseFailed)).into_iter().chain([to_reviewers]) {
            if !facts.to.is_empty() {
                notices.push(sealed_notice(&self.keys, &facts, Some(&claim.reference), self.now())?);
            }
        }
        Ok(notices)
    }

    /// Releases that are due and that nobody else is at.
    pub(super) async fn due(&self) -> Result<Vec<MessageId>, StoreError> {
        self.store.due_releases(self.now()).await
    }

    /// [`Quarantine::resume`] for the worker, which logs instead of returning.
    pub(super) async fn resume_due(&self, id: MessageId) {
        match self.resume(id).await {
            Ok(progress) => tracing::info!(%id, ?progress, "release continued"),
            // Somebody else was quicker.
            Err(QuarantineError::Store(StoreError::Conflict(Conflict::Leased | Conflict::State(_)))) => {}
            Err(error) => tracing::warn!(%id, %error, "release not continued"),
        }
    }
}

/// What one transaction told us about its recipient.
enum Answer {
    /// The complete 2xx to the dot was read.
    Accepted(Reply),
    /// 5xx to MAIL, RCPT, DATA or the dot.
    Refused(Reply),
    /// 4xx.
    Later(Reply),
    /// The connection was lost; after the dot it may have it. Stays pending: twice is better than never.
    Unknown,
    /// The hop cannot be reached at all.
    Down,
}

/// One transaction for one recipient.
async fn hand_over(hop: &Arc<Hop>, routes: &dyn Routes, recipient: &Recipient, content: &OpenedContent) -> Answer {
    let refusal = |reply: Reply| if reply.is_permanent() { Answer::Refused(reply) } else { Answer::Later(reply) };
    let envelope = &content.envelope;
    let dialog = match Dialog::start(hop, &envelope.reverse_path, &envelope.parameters, recipient).await {
        Ok((dialog, Ok(_))) if routes.admits(recipient, dialog.security()) => dialog,
        Ok((dialog, Ok(_))) => {
            tracing::warn!(hop = hop.name(), "the connection has less protection than the channel demands");
            dialog.abandon().await;
            return Answer::Down;
        }
        Ok((dialog, Err(reply))) => {
            dialog.abandon().await;
            return refusal(reply);
        }
        Err(HopError::Refused(reply)) => return refusal(reply),
        Err(HopError::LacksSmtputf8) => return Answer::Refused(lacks(553, 7, "the next hop does not take SMTPUTF8")),
        Err(HopError::LacksEightBit) => {
            return Answer::Refused(lacks(554, 3, "the next hop does not take 8-bit content"));
        }
        Err(HopError::LacksDsn) => return Answer::Unknown,
        Err(HopError::NoCapacity | HopError::Unavailable(_)) => return Answer::Down,
    };
    let own = Envelope {
        reverse_path: envelope.reverse_path.clone(),
        parameters: envelope.parameters.clone(),
        recipients: vec![recipient.clone()],
    };
    let (prefix, rest) = routes.dress(hop, &own, &content.message);
    let mut slices = vec![prefix.as_slice()];
    slices.extend(rest);
    match dialog.send(&slices).await {
        Ok(receipt) => Answer::Accepted(receipt.reply().clone()),
        Err(SendError::Refused(reply)) => refusal(reply),
        Err(SendError::Lost | SendError::Unknown) => Answer::Unknown,
    }
}

/// The reply we would give a client for a parameter that the hop lacks.
fn lacks(code: u16, detail: u16, text: &str) -> Reply {
    Reply::new(code, Some(crate::smtp::EnhancedCode(5, 6, detail)), text)
}

/// Code and enhanced code; the text may name the recipient.
fn codes(reply: &Reply) -> String {
    match reply.enhanced {
        Some(enhanced) => format!("{} {enhanced}", reply.code),
        None => reply.code.to_string(),
    }
}

fn claimed(claim: &Claim) -> Subject {
    Subject { id: claim.id, reference: Some(claim.reference.clone()), unit: claim.unit.clone() }
}

/// Whole days that are left, so that a notice never promises more time than there is.
fn days_between(now: Timestamp, then: Timestamp) -> u32 {
    u32::try_from(then.duration_since(now).as_hours() / 24).unwrap_or(0)
}

/// 1, 2, 4 … minutes, at most an hour.
fn pause(attempts: u32) -> SignedDuration {
    1i32.checked_shl(attempts.min(30))
        .and_then(|factor| FIRST_PAUSE.checked_mul(factor))
        .map_or(LONGEST_PAUSE, |pause| pause.min(LONGEST_PAUSE))
}
