//! Held mail: seal, hold, release, retention, rotation of keys.
//!
//! A held message is three records in one transaction: the queue record in clear (nothing
//! personal), the evidence and the content, each sealed on its own. Release is the one place where we
//! owe delivery: see [`release`]. What [`Quarantine`] does to a message it does through one
//! compare-and-set of the store, with its audit event in the same transaction.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use jiff::Timestamp;
use tokio::sync::Semaphore;

use crate::message::Keys;
use crate::notice::facts::Language;
use crate::store::Store;

pub mod disclose;
mod false_alarm;
pub mod hold;
mod keep;
mod open;
pub mod own;
pub mod records;
pub mod release;
mod remind;
pub mod retention;
pub mod returning;
pub mod rotate;
pub mod seal;
pub mod secret;
mod sender;
mod worker;

#[cfg(test)]
mod tests;

pub use disclose::Disclosure;
pub use hold::{Hold, HoldError, Tell, sealed_notice};
pub use open::{OpenedContent, QuarantineError};
pub use own::{Asked, AtOnce};
pub use records::{Evidence, MaskedFinding, UnreadPart};
pub use release::{Leaving, Progress, RouteError, Routes, Tally};
pub use returning::Return;
pub use rotate::{Due, Resealing, Rotated};
pub use seal::{Identities, SealError, Sealer, key_name};

/// Messages that are sealed and written at the same time, by the bytes they have: each is in memory a second time,
/// sealed. Many small ones share one commit of the store.
const KIB_HELD_AT_ONCE: u32 = 256 * 1024;
/// How long a message waits for its turn; the client waits ten minutes (RFC 5321 section 4.5.3.2.6).
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// `[quarantine]`: what time does to a held message.
#[derive(Clone, Debug, Default)]
pub struct Times {
    /// What an expiry rests on, of a message that was held without a decision of its own.
    pub keep_decision: Option<String>,
    /// The sender is told so many days before it expires; 0: never.
    pub warn_days: u32,
    /// Days that a returned message stays for its sender.
    pub return_days: u32,
}

/// Who reviews a unit's mail.
#[derive(Clone, Debug)]
pub struct UnitDesk {
    pub language: Language,
    /// Local addresses.
    pub reviewers: Vec<String>,
}

/// What a quarantine is made of.
pub struct Settings {
    pub sealer: Sealer,
    pub times: Times,
    /// By the unit's id.
    pub desks: HashMap<String, UnitDesk>,
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
    times: ArcSwap<Times>,
    desks: ArcSwap<HashMap<String, UnitDesk>>,
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
            times: ArcSwap::from_pointee(settings.times),
            desks: ArcSwap::from_pointee(settings.desks),
            owner: format!("{}:{}", std::process::id(), crate::message::MessageId::random()),
            holds: Semaphore::new(KIB_HELD_AT_ONCE as usize),
            longest_wait: LONGEST_WAIT,
            clock: Arc::new(Timestamp::now),
        }
    }

    /// Seals to these, goes by these times and tells these reviewers from now on. What is sealed stays as it is, and what is held keeps the
    /// day of its expiry.
    pub fn replace(&self, sealer: Sealer, times: Times, desks: HashMap<String, UnitDesk>) {
        self.sealer.store(Arc::new(sealer));
        self.times.store(Arc::new(times));
        self.desks.store(Arc::new(desks));
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
