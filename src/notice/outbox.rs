//! Delivers what waits in the outbox, until it is delivered.
//!
//! A notice is stored, encrypted, in the transaction of what it tells of. Here it is claimed with a
//! lease, with those that say the same, opened, written and sent; only then is its payload erased. What
//! fails is tried again after 1 minute, 2, 4 … up to an hour, and given up after five days with a logged
//! event. What was of use only while a mail waited is not sent any more when it does not. A crash between
//! the next hop's 2xx and our record sends a notice twice, under the same Message-ID.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use data_encoding::HEXLOWER;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use super::compose::{ComposeError, Composer};
use super::facts::NoticeFacts;
use super::gather;
use super::mailer::{Failure, Mailer};
use super::pace::Pace;
use crate::message::Keys;
use crate::store::{Conflict, Filter, HeldMessage, NoticeId, OutboxItem, State, Store, StoreError};
use crate::telemetry::failpoint;

/// How often an empty outbox is looked into.
const LOOK: Duration = Duration::from_secs(2);
/// Pause after the store has failed.
const STORE_PAUSE: Duration = Duration::from_secs(30);
/// First pause after a failed attempt; doubled each time.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_mins(1);
/// Longest pause.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(1);
/// After this a notice is of no more use.
const GIVE_UP: SignedDuration = SignedDuration::from_hours(5 * 24);
/// What would be due so soon goes with what is due now, when both say the same.
const GATHER_AHEAD: SignedDuration = gather::REVIEWERS_AFTER;

/// What became of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attempt {
    /// At least one recipient has it and nobody waits.
    Delivered,
    /// No recipient's mailbox takes mail.
    Refused,
    /// Of no use any more: what it was about has been decided.
    Moot,
    /// Somebody still waits for it.
    Again(Trouble),
}

/// Why somebody still waits. Content-free, for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    NextHop(Failure),
    /// The address has had enough notices for this hour.
    Paced,
    /// Stored under another secret, or damaged.
    Unreadable,
    Composing,
}

/// Recipients of one notice that need no further attempt.
#[derive(Debug, Default)]
struct Progress {
    delivered: BTreeSet<usize>,
    refused: BTreeSet<usize>,
}

/// How notices are written and where they go.
pub struct Voice {
    pub composer: Composer,
    pub mailer: Mailer,
}

pub struct Outbox {
    store: Arc<dyn Store>,
    keys: Arc<Keys>,
    voice: Arc<ArcSwapOption<Voice>>,
    /// Only for notices with several recipients of which some still wait: a restart forgets it, and
    /// the others then get theirs again.
    progress: HashMap<NoticeId, Progress>,
    pace: Pace,
}

impl Outbox {
    /// Every attempt takes the `voice` of its moment; without one, notices wait.
    pub fn new(store: Arc<dyn Store>, keys: Arc<Keys>, voice: Arc<ArcSwapOption<Voice>>) -> Self {
        Outbox { store, keys, voice, progress: HashMap::new(), pace: Pace::default() }
    }

    /// Works until `shutdown` turns true or its sender is gone. An attempt that has begun is finished:
    /// its own deadlines bound it.
    pub async fn run(mut self, mut shutdown: watch::Receiver<bool>) {
        while !*shutdown.borrow() {
            let pause = match self.step(Timestamp::now()).await {
                Ok(true) => continue,
                Ok(false) => {
                    self.count_waiting().await;
                    LOOK
                }
                Err(error) => {
                    tracing::warn!(%error, "the outbox cannot be used");
                    STORE_PAUSE
                }
            };
            tokio::select! {
                _ = tokio::time::sleep(pause) => {}
                _ = shutdown.wait_for(|&stop| stop) => break,
            }
        }
    }

    /// One attempt at the notice that has been due longest; false when none is due.
    async fn step(&mut self, now: Timestamp) -> Result<bool, StoreError> {
        let Some(voice) = self.voice.load_full() else { return Ok(false) };
        let Some(first) = self.store.outbox_claim(now).await? else { return Ok(false) };
        let until = now.saturating_add(GATHER_AHEAD).unwrap_or(now);
        let with = self.store.outbox_claim_like(&first, until).await?;
        let items: Vec<OutboxItem> = std::iter::once(first).chain(with).collect();
        let (kind, attempt) = match self.gathered(&items, now).await? {
            Ok(Some(mut facts)) => {
                facts.service.bypass = facts.kind.is_to_reviewers() && self.bypass_is_on(now).await;
                (facts.kind.as_str(), self.attempt(&voice, &items, &facts, now).await)
            }
            Ok(None) => ("settled", Attempt::Moot),
            Err(trouble) => ("unknown", Attempt::Again(trouble)),
        };
        failpoint::hit("notice:before-record");
        let mut result = "";
        for item in &items {
            result = match self.settle(item, kind, attempt, now).await {
                // Its lease ran out meanwhile. Whoever has it now does not know that it went.
                Err(StoreError::Conflict(Conflict::NoticeTaken)) => {
                    let reference = item.reference.as_deref().unwrap_or("none");
                    tracing::warn!(kind, reference, ?attempt, "another process has taken the notice over");
                    "overtaken"
                }
                settled => settled?,
            };
        }
        failpoint::hit("notice:after-record");
        if result != "deferred" {
            for item in &items {
                self.progress.remove(&item.id);
            }
        }
        metrics::counter!("sluss_notices_total", "kind" => kind, "result" => result).increment(1);
        Ok(true)
    }

    /// Records what became of one row; the word in the figures.
    async fn settle(
        &self,
        item: &OutboxItem,
        kind: &'static str,
        attempt: Attempt,
        now: Timestamp,
    ) -> Result<&'static str, StoreError> {
        let reference = item.reference.as_deref().unwrap_or("none");
        match attempt {
            Attempt::Delivered => {
                tracing::info!(kind, reference, attempts = item.attempts, "notice delivered");
                self.store.outbox_done(item).await?;
                Ok("delivered")
            }
            Attempt::Moot => {
                tracing::info!(kind, reference, "notice not sent: what it was about is decided");
                self.store.outbox_done(item).await?;
                Ok("moot")
            }
            Attempt::Refused => {
                tracing::error!(kind, reference, "notice given up: no recipient takes mail");
                self.store.outbox_failed(item).await?;
                Ok("refused")
            }
            Attempt::Again(trouble) if now.duration_since(item.created_at) >= GIVE_UP => {
                tracing::error!(kind, reference, ?trouble, attempts = item.attempts, "notice given up: too old");
                self.store.outbox_failed(item).await?;
                Ok("given-up")
            }
            Attempt::Again(trouble) => {
                tracing::warn!(kind, reference, ?trouble, attempts = item.attempts, "notice not delivered yet");
                let at = now.checked_add(pause(item.attempts)).unwrap_or(now);
                self.store.outbox_retry(item, at).await?;
                Ok("deferred")
            }
        }
    }

    /// One notice of all the items; `None` when every one of them is settled.
    async fn gathered(
        &self,
        items: &[OutboxItem],
        now: Timestamp,
    ) -> Result<Result<Option<NoticeFacts>, Trouble>, StoreError> {
        let mut all = Vec::with_capacity(items.len());
        for item in items {
            let Some(mut facts) = self.open(item) else { return Ok(Err(Trouble::Unreadable)) };
            if facts.kind.is_of_waiting() {
                let Some(waiting) = self.waiting(&facts).await? else { continue };
                facts.days = days_until(waiting.record.expires_at, now);
            }
            all.push(facts);
        }
        Ok(Ok(gather::together(all)))
    }

    /// The mail of this reference that still waits for a decision, of its copies the one that expires first.
    async fn waiting(&self, facts: &NoticeFacts) -> Result<Option<HeldMessage>, StoreError> {
        let Some(reference) = facts.reference.as_deref().and_then(|reference| reference.parse().ok()) else {
            return Ok(None);
        };
        let filter = Filter { reference: Some(reference), state: Some(State::Held), ..Filter::default() };
        Ok(self.store.list(&filter).await?.into_iter().min_by_key(|message| message.record.expires_at))
    }

    /// What cannot be told now is not said.
    async fn bypass_is_on(&self, now: Timestamp) -> bool {
        self.store.bypass().await.is_ok_and(|bypass| bypass.is_some_and(|bypass| bypass.is_on(now)))
    }

    async fn count_waiting(&self) {
        if let Ok(waiting) = self.store.outbox_due(Timestamp::now()).await {
            // Far below the integers that an f64 holds exactly.
            metrics::gauge!("sluss_notices_waiting").set(waiting as f64);
        }
    }

    fn open(&self, item: &OutboxItem) -> Option<NoticeFacts> {
        let plain = self.keys.open_outbox(&item.id.0, &item.payload).ok()?;
        let mut facts: NoticeFacts = serde_json::from_slice(&plain).ok()?;
        // The store settles the reference when the mail is held, after the payload was sealed.
        facts.reference = item.reference.clone().or(facts.reference);
        Some(facts)
    }

    async fn attempt(&mut self, voice: &Voice, items: &[OutboxItem], facts: &NoticeFacts, now: Timestamp) -> Attempt {
        // The oldest names the mail: it is the same at every attempt.
        let Some(item) = items.iter().min_by_key(|item| (item.created_at, item.id.0)) else { return Attempt::Moot };
        let mail = match voice.composer.compose(facts, &HEXLOWER.encode(&item.id.0), now) {
            Ok(mail) => mail,
            Err(ComposeError::NoRecipient) => return Attempt::Refused,
            Err(error) => {
                tracing::error!(kind = facts.kind.as_str(), %error, "notice cannot be written");
                return Attempt::Again(Trouble::Composing);
            }
        };
        let progress = self.progress.entry(item.id).or_default();
        let mut trouble = None;
        for (number, to) in mail.to.iter().enumerate() {
            if progress.delivered.contains(&number) || progress.refused.contains(&number) {
                continue;
            }
            if !self.pace.allows(to.as_ref(), now) {
                trouble = Some(Trouble::Paced);
                continue;
            }
            failpoint::hit("notice:before-handoff");
            match voice.mailer.send(to, &mail.bytes).await {
                Ok(()) => {
                    self.pace.note(to.as_ref(), now);
                    progress.delivered.insert(number);
                }
                Err(Failure::Refused(code)) => {
                    tracing::warn!(kind = facts.kind.as_str(), code, "a recipient of a notice takes no mail");
                    progress.refused.insert(number);
                }
                Err(failure) => trouble = Some(Trouble::NextHop(failure)),
            }
        }
        match trouble {
            Some(trouble) => Attempt::Again(trouble),
            None if progress.delivered.is_empty() => Attempt::Refused,
            None => Attempt::Delivered,
        }
    }
}

/// Days that are left, to the nearest.
fn days_until(expires: Timestamp, now: Timestamp) -> u32 {
    u32::try_from(expires.duration_since(now).as_hours().saturating_add(12) / 24).unwrap_or(0)
}

/// Pause after the attempt with this number, from 1.
fn pause(attempts: u32) -> SignedDuration {
    let doublings = attempts.saturating_sub(1).min(16);
    FIRST_PAUSE.checked_mul(1 << doublings).map_or(LONGEST_PAUSE, |pause| pause.min(LONGEST_PAUSE))
}

#[cfg(test)]
mod tests;
