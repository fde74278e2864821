//! Held mail: seal, hold, release, retention.
//!
//! A held message is three records in one transaction: the queue record in clear (nothing
//! personal), the evidence and the content, each sealed on its own. Release is the one place where we
//! owe delivery: see [`release`]. What [`Quarantine`] does to a message it does through one
//! compare-and-set of the store, with its audit event in the same transaction.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::{ArcSwap, ArcSwapOption};
use jiff::Timestamp;
use tokio::sync::Semaphore;

use crate::message::Keys;
use crate::store::Store;

pub mod disclose;
pub mod hold;
mod open;
pub mod records;
pub mod release;
pub mod retention;
pub mod seal;
pub mod secret;
mod worker;

#[cfg(test)]
mod tests;

pub use disclose::Disclosure;
pub use hold::{Hold, HoldError, Tell, sealed_notice};
pub use open::{OpenedContent, QuarantineError};
pub use records::{Evidence, MaskedFinding, UnreadPart};
pub use release::{Progress, Routes, Tally};
pub use seal::{Identities, SealError, Sealer};

/// Messages that are sealed and written at the same time: each is in memory a second time, sealed.
const HOLDS_AT_ONCE: usize = 4;
/// How long a message waits for its turn; the client waits ten minutes (RFC 5321 section 4.5.3.2.6).
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// What a quarantine is made of.
pub struct Settings {
    pub sealer: Sealer,
    /// `[quarantine] keep_decision`: what an expiry rests on.
    pub keep_decision: Option<String>,
    /// Only where messages are opened or released.
    pub identities: Option<Identities>,
    /// Only where messages are released.
    pub routes: Option<Arc<dyn Routes>>,
}

/// Held mail of one store.
pub struct Quarantine {
    store: Arc<dyn Store>,
    keys: Arc<Keys>,
    sealer: ArcSwap<Sealer>,
    identities: Option<Arc<Identities>>,
    routes: Option<Arc<dyn Routes>>,
    keep_decision: ArcSwapOption<String>,
    /// Name of this process in leases.
    owner: String,
    holds: Semaphore,
    /// [`LONGEST_WAIT`] but in tests.
    longest_wait: Duration,
    clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

impl Quarantine {
    pub fn new(store: Arc<dyn Store>, keys: Arc<Keys>, settings: Settings) -> Self {
        Quarantine {
            store,
            keys,
            sealer: ArcSwap::from_pointee(settings.sealer),
            identities: settings.identities.map(Arc::new),
            routes: settings.routes,
            keep_decision: ArcSwapOption::from_pointee(settings.keep_decision),
            owner: format!("{}:{}", std::process::id(), crate::message::MessageId::random()),
            holds: Semaphore::new(HOLDS_AT_ONCE),
            longest_wait: LONGEST_WAIT,
            clock: Arc::new(Timestamp::now),
        }
    }

    /// Seals to these from now on, and rests what expires on this decision. What is sealed stays as it is.
    pub fn replace(&self, sealer: Sealer, keep_decision: Option<String>) {
        self.sealer.store(Arc::new(sealer));
        self.keep_decision.store(keep_decision.map(Arc::new));
    }

    /// Runs by another clock: a test moves days.
    #[cfg(test)]
    fn with_clock(mut self, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Public halves of the identities that are read here; none where nothing is opened.
    pub fn opens_for(&self) -> Vec<String> {
        self.identities.as_deref().map(Identities::recipients).unwrap_or_default()
    }

    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    fn now(&self) -> Timestamp {
        (self.clock)()
    }
}
