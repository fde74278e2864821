//! The worker: retries of releases, warnings, expiry, sweeps.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};

use super::Quarantine;
use crate::message::MessageId;

/// How often due releases are looked for.
const LOOK: Duration = Duration::from_secs(5);
/// How often messages expire and space is given back.
const SWEEP: Duration = Duration::from_secs(60);
/// Further apart the machine's clock and the database's must not be for anything to expire here.
const CLOCKS_APART: SignedDuration = SignedDuration::from_mins(5);
/// Releases that run at the same time.
const AT_ONCE: usize = 4;
/// How long a release that no identity here opens is left to others, from when it was due. Then it is taken all the
/// same, and ends as one that nobody can open.
const OTHERS_FIRST: SignedDuration = SignedDuration::from_hours(1);
/// How long a running release may take after shutdown began; then its lease runs out and another process
/// takes over.
const SHUTDOWN_WAIT: Duration = Duration::from_secs(30);

impl Quarantine {
    /// Runs until `shutdown`. Releases are retried only where identities and routes are configured.
    pub async fn run(self: Arc<Self>, shutdown: impl Future<Output = ()>) {
        let mut shutdown = std::pin::pin!(shutdown);
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut releases = JoinSet::new();
        let mut next_sweep = Instant::now();
        loop {
            tokio::select! {
                () = &mut shutdown => break,
                Some(_) = releases.join_next() => {}
                _ = look.tick() => {
                    self.start_due(&mut releases).await;
                    if Instant::now() >= next_sweep {
                        self.clean().await;
                        next_sweep = Instant::now() + SWEEP;
                    }
                }
            }
        }
        // Dropped at the end of the wait, if need be: what was recorded is recorded.
        let _ = tokio::time::timeout(SHUTDOWN_WAIT, async { while releases.join_next().await.is_some() {} }).await;
    }

    async fn start_due(self: &Arc<Self>, releases: &mut JoinSet<()>) {
        if self.identities.is_none() || self.routes.is_none() {
            return;
        }
        match self.due().await {
            Ok(due) => {
                for id in due.into_iter().take(AT_ONCE.saturating_sub(releases.len())) {
                    let quarantine = Arc::clone(self);
                    releases.spawn(async move {
                        if !quarantine.is_for_others(id).await {
                            quarantine.resume_due(id).await;
                        }
                    });
                }
            }
            Err(error) => tracing::warn!(%error, "due releases cannot be read"),
        }
    }

    /// Another unit's, with a host of its own that has its identity.
    pub(super) async fn is_for_others(&self, id: MessageId) -> bool {
        let Ok(Some(message)) = self.store.message(id).await else { return false };
        let due_for = message.next_attempt.map(|at| self.now().duration_since(at));
        due_for.is_none_or(|time| time < OTHERS_FIRST) && matches!(self.is_ours(id).await, Ok(false))
    }

    async fn clean(&self) {
        // What is deleted too early is lost: both clocks must say that its time is over.
        match self.store.clock().await {
            Ok(clock) if apart(clock, self.now()) > CLOCKS_APART => {
                tracing::error!(
                    seconds = self.now().duration_since(clock).as_secs(),
                    "nothing expires here: the clock of this machine is not that of the database"
                );
                return;
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, "the database's clock cannot be read");
                return;
            }
        }
        if let Err(error) = self.warn().await {
            tracing::warn!(%error, "nobody could be warned of what expires");
        }
        if let Err(error) = self.remind().await {
            tracing::warn!(%error, "nobody could be reminded of looks that are overdue");
        }
        if let Err(error) = self.expire().await {
            tracing::warn!(%error, "expiry failed");
        }
        if let Err(error) = self.sweep().await {
            tracing::warn!(%error, "sweep failed");
        }
    }
}

fn apart(one: Timestamp, other: Timestamp) -> SignedDuration {
    one.duration_since(other).abs()
}
