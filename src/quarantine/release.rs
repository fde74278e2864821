//! Release: the one place where we owe delivery, or a notice.
//!
//! Every recipient has its own durable state `pending | accepted | refused | withheld` and its own SMTP transaction,
//! recorded before the next one begins. A crash between a next hop's 250 and our record sends to that
//! one recipient twice; nothing is ever lost. Only `pending` recipients are tried again, after 1 minute,
//! doubling up to 1 hour. All accepted: `released`. Some refused, or 24 h over: back to `held`, and notices
//! to sender and reviewers name who was reached and who was not. The content is deleted only after the
//! final state is durable.
//!
//! A release takes one of three routes, which is part of its state: whoever goes on with it takes the same one. To the
//! mailboxes with two factors only, the others are `withheld`; when all that may get it have it, it is held again, for
//! somebody to decide about the others, and the sender is told. `released` always means: everybody has it.
//!
//! What the policy wants two persons for, one asks for and another one agrees to, within [`REQUEST_LAPSES`].

use std::collections::BTreeSet;
use std::pin::pin;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::Quarantine;
use super::open::{OpenedContent, QuarantineError, subject};
use crate::audit::{Actor, Event, Subject};
use crate::message::{MessageId, Recipient};
use crate::notice::facts::NoticeKind;
use crate::store::{
    Agreement, Claim, Conflict, Entry, HeldMessage, NewNotice, NewRelease, NewRequest, RecipientRow, RecipientState,
    Route, SealedAddress, State, StoreError,
};
use crate::telemetry::failpoint;

mod hand_over;
mod routes;
mod told;

pub(super) use hand_over::{Answer, codes, hand_over};
pub use routes::{Leaving, RouteError, Routes};

/// How long a claim lasts without a sign of life, and how often there is one.
pub(super) const LEASE: Duration = Duration::from_secs(120);
const RENEW: Duration = Duration::from_secs(30);
/// Pause before the second attempt; doubles up to the longest.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_mins(1);
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(1);
/// A release that has not ended after this time has failed.
const OVER_AFTER: SignedDuration = SignedDuration::from_hours(24);
/// A message whose release did not reach everybody, or was asked for, is kept at least so long, for a person to act.
const KEPT_AFTER_RELEASE: SignedDuration = SignedDuration::from_hours(24);
/// Whoever is asked to agree to a release has so long; then it has to be asked for again.
const REQUEST_LAPSES: SignedDuration = SignedDuration::from_hours(24);
/// What a next hop has said is worth waiting for a locked or full store to write it down.
const RECORD_TRIES: u32 = 60;
const RECORD_PAUSE: Duration = Duration::from_secs(1);

/// How many recipients are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub accepted: usize,
    pub refused: usize,
    pub pending: usize,
    /// Whom the release is not for.
    pub withheld: usize,
}

impl Tally {
    pub fn of(recipients: &[RecipientRow]) -> Self {
        let count = |state| recipients.iter().filter(|r| r.state == state).count();
        Tally {
            accepted: count(RecipientState::Accepted),
            refused: count(RecipientState::Refused),
            pending: count(RecipientState::Pending),
            withheld: count(RecipientState::Withheld),
        }
    }
}

/// What one attempt came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Nothing was sent: a second person has to agree.
    Requested,
    /// Every recipient has accepted.
    Released(Tally),
    /// All whom the release was for have accepted; held again for the others.
    InPart(Tally),
    /// Some are pending; the next attempt is due then.
    Pending { tally: Tally, next: Timestamp },
    /// Back to held.
    Failed(Tally),
}

impl Quarantine {
    /// held → releasing, and the first attempt; or the request for a second person's agreement, where the policy wants
    /// one.
    pub async fn release(
        &self,
        id: MessageId,
        actor: &Actor,
        route: Route,
        reason: Option<String>,
    ) -> Result<Progress, QuarantineError> {
        let message = self.message(id).await?;
        self.check_route(&message, &route)?;
        // Before the state changes: a message that cannot be opened here stays where it is.
        let content = self.unseal_content(id).await?;
        let withheld = self.withheld(&message, &route, &content).await?;
        if message.record.four_eyes {
            let event = Event::ReleaseRequested { subject: subject(&message), route: route.clone(), reason };
            let request = NewRequest { route, not_before: self.lapsed(), keep_until: self.kept_after_release() };
            self.store.request_release(id, &request, &event.entry(actor, self.now())).await?;
            metrics::counter!("sluss_quarantine_total", "event" => "release-requested").increment(1);
            self.tell_second(&message).await;
            return Ok(Progress::Requested);
        }
        let start = NewRelease { route, withheld, agreement: None, review: None };
        self.begin(&message, &content, start, None, actor, reason).await
    }

    /// A second person agrees to a release that somebody else has asked for: held → releasing by the route that was
    /// asked for, and the first attempt.
    pub async fn approve(
        &self,
        id: MessageId,
        actor: &Actor,
        reason: Option<String>,
    ) -> Result<Progress, QuarantineError> {
        let message = self.message(id).await?;
        let request = message.request.clone();
        self.check_route(&message, request.as_ref().map_or(&Route::Ordinary, |request| &request.route))?;
        let request = request.ok_or(Conflict::NoRequest)?;
        let content = self.unseal_content(id).await?;
        let withheld = self.withheld(&message, &request.route, &content).await?;
        let agreement = Some(Agreement { requested_at: request.at, not_before: self.lapsed() });
        let start = NewRelease { route: request.route, withheld, agreement, review: None };
        self.begin(&message, &content, start, Some(request.by), actor, reason).await
    }

    pub(super) async fn begin(
        &self,
        message: &HeldMessage,
        content: &OpenedContent,
        start: NewRelease,
        requested_by: Option<String>,
        actor: &Actor,
        reason: Option<String>,
    ) -> Result<Progress, QuarantineError> {
        let event =
            Event::ReleaseStarted { subject: subject(message), route: start.route.clone(), requested_by, reason };
        let entry = event.entry(actor, self.now());
        let claim = self.store.start_release(message.id, &self.owner, LEASE, &start, &entry).await?;
        let result = self.attempt(&claim, &leaving(message, &start.route, content), content).await;
        self.set_aside_after(&claim, result).await
    }

    /// Takes over a release that waits for its next attempt, or whose process has died.
    pub async fn resume(&self, id: MessageId) -> Result<Progress, QuarantineError> {
        self.routes()?;
        let claim = self.store.resume_release(id, &self.owner, LEASE).await?;
        let result = async {
            let message = self.message(id).await?;
            let content = self.unseal_content(id).await?;
            self.attempt(&claim, &leaving(&message, &message.route, &content), &content).await
        }
        .await;
        self.set_aside_after(&claim, result).await
    }

    /// What can be said before anything is opened.
    pub(super) fn check_route(&self, message: &HeldMessage, route: &Route) -> Result<(), QuarantineError> {
        self.routes()?;
        if message.state != State::Held {
            return Err(Conflict::State(message.state).into());
        }
        if message.record.private && !matches!(route, Route::Way(_)) {
            return Err(QuarantineError::Private);
        }
        Ok(())
    }

    /// Positions of those who do not have it and do not get it by this route.
    pub(super) async fn withheld(
        &self,
        message: &HeldMessage,
        route: &Route,
        content: &OpenedContent,
    ) -> Result<Vec<usize>, QuarantineError> {
        let rows = self.store.recipients(message.id).await?;
        let waiting: Vec<usize> =
            rows.iter().filter(|row| row.state != RecipientState::Accepted).map(|row| row.position).collect();
        let recipients: Vec<&Recipient> =
            waiting.iter().filter_map(|&position| content.envelope.recipients.get(position)).collect();
        if recipients.len() != waiting.len() {
            return Err(QuarantineError::Damaged);
        }
        let reached = self.routes()?.reach(&leaving(message, route, content), &recipients)?;
        Ok(waiting.into_iter().zip(reached).filter(|(_, reached)| !reached).map(|(position, _)| position).collect())
    }

    fn kept_after_release(&self) -> Timestamp {
        self.now().saturating_add(KEPT_AFTER_RELEASE).unwrap_or(Timestamp::MAX)
    }

    /// Requests from before have lapsed.
    fn lapsed(&self) -> Timestamp {
        self.now().saturating_sub(REQUEST_LAPSES).unwrap_or(Timestamp::MIN)
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
    pub(super) fn retry_at(&self, claim: &Claim) -> Option<Timestamp> {
        let now = self.now();
        let over = claim.started.saturating_add(OVER_AFTER).unwrap_or(Timestamp::MAX);
        (now < over).then(|| now.saturating_add(pause(claim.attempts)).unwrap_or(over).min(over))
    }

    fn routes(&self) -> Result<&dyn Routes, QuarantineError> {
        self.routes.as_deref().ok_or(QuarantineError::NoRoutes)
    }

    /// One round over the pending recipients, with the lease kept alive.
    async fn attempt(
        &self,
        claim: &Claim,
        leaving: &Leaving<'_>,
        content: &OpenedContent,
    ) -> Result<Progress, QuarantineError> {
        let mut work = pin!(async {
            self.hand_over_pending(claim, leaving, content).await?;
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

    async fn hand_over_pending(
        &self,
        claim: &Claim,
        leaving: &Leaving<'_>,
        content: &OpenedContent,
    ) -> Result<(), QuarantineError> {
        let routes = self.routes()?;
        let mut down = BTreeSet::new();
        for row in self.store.recipients(claim.id).await? {
            if row.state != RecipientState::Pending {
                continue;
            }
            let recipient = content.envelope.recipients.get(row.position).ok_or(QuarantineError::Damaged)?;
            let Some(hop) = routes.hop(leaving, recipient).filter(|hop| !down.contains(hop.name())) else { continue };
            // First, for what cannot be recorded is not handed over.
            let disclosed = self.seal_recipient(&claim.unit, recipient.path.0.raw())?;
            // A whole lease is left when it begins, and at the dot: who was stopped meanwhile, and overtaken, sends none.
            self.store.renew(claim, LEASE).await?;
            let still = async { self.store.renew(claim, LEASE).await.is_ok() };
            failpoint::hit("release:before-handoff");
            let answer = hand_over(&hop, routes, leaving, (recipient, content), still).await;
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
        (position, disclosed): (usize, &SealedAddress),
        hop: &str,
        answer: &Answer,
    ) -> Result<(), StoreError> {
        let (subject, name) = (claimed(claim), hop.to_owned());
        let (state, reply, event) = match answer {
            Answer::Accepted(reply) => {
                (RecipientState::Accepted, reply, Some(Event::RecipientAccepted { subject, position, hop: name }))
            }
            Answer::Refused(reply) => {
                let reply_code = codes(reply);
                let event = Event::RecipientRefused { subject, position, hop: name, reply: reply_code };
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
                // Overtaken between dot and reply. Whoever took over does not know that this one has it.
                Err(StoreError::Conflict(Conflict::LeaseLost)) if state == RecipientState::Accepted => {
                    let (subject, hop) = (claimed(claim), hop.to_owned());
                    let event = Event::PossibleDuplicate { subject, position, hop };
                    self.store.append(&event.entry(&Actor::System, self.now())).await?;
                    return Err(Conflict::LeaseLost.into());
                }
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
        if tally.withheld > 0 {
            self.end_in_part(claim, tally).await?;
            return Ok(Progress::InPart(tally));
        }
        let entry = Event::Released(claimed(claim)).entry(&Actor::System, self.now());
        let answer = self.answer(&self.message(claim.id).await?, NoticeKind::Released).await;
        self.store.finish_release(claim, answer.as_ref(), &entry).await?;
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
        let keep_until = self.kept_after_release();
        let recipients = self.store.recipients(claim.id).await?;
        let notices = made(claim, self.failure_notices(claim, keep_until, &recipients).await)?;
        let tally = Tally::of(&recipients);
        let event = Event::ReleaseFailed {
            subject: claimed(claim),
            accepted: tally.accepted,
            refused: tally.refused,
            pending: tally.pending,
            withheld: tally.withheld,
        };
        self.store.fail_release(claim, keep_until, &notices, &event.entry(&Actor::System, now)).await?;
        metrics::counter!("sluss_quarantine_total", "event" => "release-failed").increment(1);
        Ok(())
    }

    /// releasing → held, for those whom the release was not for.
    async fn end_in_part(&self, claim: &Claim, tally: Tally) -> Result<(), StoreError> {
        let now = self.now();
        let keep_until = self.kept_after_release();
        let recipients = self.store.recipients(claim.id).await?;
        let notices = made(claim, self.part_notices(claim, keep_until, &recipients).await)?;
        let event =
            Event::ReleasedInPart { subject: claimed(claim), accepted: tally.accepted, withheld: tally.withheld };
        self.store.end_in_part(claim, keep_until, &notices, &event.entry(&Actor::System, now)).await?;
        metrics::counter!("sluss_quarantine_total", "event" => "released-in-part").increment(1);
        Ok(())
    }

    /// Releases, and returns to be mailed back, that are due and that nobody else is at.
    pub(super) async fn due(&self) -> Result<Vec<MessageId>, StoreError> {
        self.store.due_releases(self.now()).await
    }

    /// Goes on with one of them, for the worker, which logs instead of returning.
    pub(super) async fn resume_due(&self, id: MessageId) {
        let result = match self.store.message(id).await {
            Ok(Some(message)) if message.state == State::Returned => self.resume_return(id).await.map(|()| None),
            Ok(_) => self.resume(id).await.map(Some),
            Err(error) => Err(error.into()),
        };
        match result {
            Ok(progress) => tracing::info!(%id, ?progress, "release or return continued"),
            // Somebody else was quicker.
            Err(QuarantineError::Store(StoreError::Conflict(Conflict::Leased | Conflict::State(_)))) => {}
            Err(error) => tracing::warn!(%id, %error, "release or return not continued"),
        }
    }
}

fn claimed(claim: &Claim) -> Subject {
    Subject { id: claim.id, reference: Some(claim.reference.clone()), unit: claim.unit.clone() }
}

/// The notices of an end, or none where even the evidence does not open. The store's fault is no reason to tell nobody:
/// what is not written now is written later.
fn made(claim: &Claim, notices: Result<Vec<NewNotice>, QuarantineError>) -> Result<Vec<NewNotice>, StoreError> {
    match notices {
        Err(QuarantineError::Store(error)) => Err(error),
        Err(error) => {
            tracing::error!(id = %claim.id, %error, "a release has ended, and nobody can be told");
            Ok(Vec::new())
        }
        Ok(notices) => Ok(notices),
    }
}

pub(super) fn leaving<'a>(message: &'a HeldMessage, route: &'a Route, content: &OpenedContent) -> Leaving<'a> {
    let record = &message.record;
    Leaving { route, unit: &record.unit, categories: &record.categories, bytes: content.message.len() }
}

/// Whole days that are left, so that a notice never promises more time than there is.
pub(super) fn days_between(now: Timestamp, then: Timestamp) -> u32 {
    u32::try_from(then.duration_since(now).as_hours() / 24).unwrap_or(0)
}

/// 1, 2, 4 … minutes, at most an hour.
fn pause(attempts: u32) -> SignedDuration {
    1i32.checked_shl(attempts.min(30))
        .and_then(|factor| FIRST_PAUSE.checked_mul(factor))
        .map_or(LONGEST_PAUSE, |pause| pause.min(LONGEST_PAUSE))
}
