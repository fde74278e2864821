//! One transaction, one verdict, one reply: composes inspect, detect, channel, policy and act.
//!
//! ```text
//! in_force      settings, next hops and knowledge of one configuration; a transaction keeps the set it began with
//! transaction   MAIL and RCPT: channel -> next hop, the hop's own answers
//! judge         bytes -> inspection -> assessment -> channels -> Outcome; acts on nothing
//! act           at the dot: refuse early, judge, carry the verdict out
//! hold          the verdict that keeps the mail: three records, one notice
//! prefix        the header fields we put on top
//! notify        what the sender or the reviewers are told
//! mailboxes     what is known of single mailboxes of the house
//! familiar      pictures that a unit sends again and again
//! record        what was decided without holding the mail, in the audit chain before it is carried out
//! faults        what to do with a mail that our own inspection fails on
//! edition       by which patterns a verdict was made
//! bypass        for a while, mail is relayed whatever was judged
//! reminders     somebody is told of evidence that ends
//! totals        daily figures, content-free
//! figures       what the process took in its life
//! outcome       the reply, from a receipt or a refusal
//! ```

mod absolute;
mod act;
mod bypass;
pub mod edition;
pub mod familiar;
pub mod faults;
pub mod figures;
mod file;
mod hold;
mod in_force;
pub mod judge;
mod mailboxes;
mod notify;
pub mod outcome;
mod prefix;
mod record;
pub mod registered;
mod reminders;
mod routes;
pub mod totals;
pub mod transaction;

use std::collections::HashMap;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use tokio::sync::Semaphore;

pub use bypass::Bypassing;
pub use edition::Edition;
pub use file::place_of;
pub use in_force::InForce;
pub use judge::{Fault, Judgement, Knowledge};
pub use mailboxes::Mailboxes;
pub use outcome::{Accepted, Refusal};
pub use registered::Register;
pub use routes::ReleaseRoutes;
pub use transaction::{ClientFacts, TlsFacts, Transaction};

use crate::message::{Keys, MemoryCap};
use crate::notice::facts::Language;
use crate::policy::{Keeping, PrivateMarks};
use crate::quarantine::Quarantine;
use crate::smtp::{Extensions, Parameter, ReversePath};
use crate::store::Store;
use crate::telemetry::Health;
use faults::Faults;
use figures::Figures;
use totals::Totals;

/// Name of the next hop that must always be there.
pub const DEFAULT_HOP: &str = "default";

/// `[gateway] mixed_next_hops`: recipients of one transaction that are bound to different next hops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MixedNextHops {
    /// `452 4.5.3` for all but those of the first; the sender splits.
    Defer,
    /// All go through the default hop.
    Default,
}

/// Plain values from the configuration.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Our own name, in `Received`.
    pub hostname: String,
    pub mixed_next_hops: MixedNextHops,
    /// Bytes.
    pub max_message_size: usize,
    /// Field that the tenant's servers set, and its value; mail without it is refused.
    pub require_header: Option<(String, String)>,
    /// Domains that may get a notice.
    pub local_domains: Vec<String>,
    /// Mailboxes of the house that are not simply one person's, and languages.
    pub mailboxes: Mailboxes,
    /// How long a held message is kept.
    pub keeping: Keeping,
    /// What marks a private mail.
    pub private: PrivateMarks,
    pub units: HashMap<String, UnitFacts>,
}

/// What notices need to know of a unit.
#[derive(Clone, Debug)]
pub struct UnitFacts {
    pub language: Language,
    pub reviewers: Vec<String>,
    /// Who is told, once a day, of mail that machines send.
    pub service_owner: Option<String>,
}

/// All rooms a message passes, composed. One for the process.
pub struct Pipeline {
    in_force: ArcSwap<InForce>,
    quarantine: Option<Arc<Quarantine>>,
    store: Option<Arc<dyn Store>>,
    keys: Option<Arc<Keys>>,
    memory: MemoryCap,
    told: notify::Told,
    faults: Mutex<Faults>,
    /// Turns at inspecting large messages, one for each core: more at once would only make each of them slow,
    /// up to its deadline, and hold the text of all of them in memory.
    inspections: Arc<Semaphore>,
    /// Turns at reading pictures, which takes seconds: whoever waits for one holds no other turn and no thread.
    pictures: Arc<Semaphore>,
    /// Mails that wait for such a turn, or have it.
    queue: Arc<AtomicUsize>,
    totals: Totals,
    figures: Figures,
    bypass: bypass::Bypass,
    health: Health,
}

/// What a pipeline is made of.
pub struct Parts {
    pub in_force: InForce,
    /// Absent: nothing can be held; what must be held is answered 452.
    pub quarantine: Option<Arc<Quarantine>>,
    /// Absent: no notices after the fact, no daily figures.
    pub store: Option<Arc<dyn Store>>,
    pub keys: Option<Arc<Keys>>,
    pub memory: MemoryCap,
    pub health: Health,
}

impl Pipeline {
    pub fn new(parts: Parts) -> Arc<Self> {
        let pictures = Arc::new(Semaphore::new(parts.in_force.knowledge.pictures.at_once().max(1)));
        Arc::new(Pipeline {
            in_force: ArcSwap::from_pointee(parts.in_force),
            quarantine: parts.quarantine,
            store: parts.store,
            keys: parts.keys,
            memory: parts.memory,
            told: notify::Told::default(),
            faults: Mutex::default(),
            inspections: Arc::new(Semaphore::new(std::thread::available_parallelism().map_or(1, usize::from))),
            pictures,
            queue: Arc::default(),
            totals: Totals::default(),
            figures: Figures::default(),
            bypass: bypass::Bypass::default(),
            health: parts.health,
        })
    }

    /// What EHLO offers now: SMTPUTF8 while the default hop shows it, DSN while every hop does, the
    /// smaller SIZE. STARTTLS is the gateway's own matter.
    pub fn extensions(&self) -> Extensions {
        let in_force = self.in_force.load();
        let default = in_force.default_hop().extensions();
        let own = u64::try_from(in_force.settings.max_message_size).unwrap_or(u64::MAX);
        let hop_size = default.as_ref().and_then(|e| e.size).filter(|&size| size > 0);
        Extensions {
            pipelining: true,
            enhanced_status_codes: true,
            eight_bit_mime: true,
            smtputf8: default.as_ref().is_some_and(|e| e.smtputf8),
            dsn: in_force.hops().values().all(|hop| hop.extensions().is_some_and(|e| e.dsn)),
            size: Some(hop_size.map_or(own, |size| size.min(own))),
            ..Extensions::default()
        }
    }

    /// The cap that all messages in flight share.
    pub fn memory(&self) -> &MemoryCap {
        &self.memory
    }

    /// Figures that have not been written to the store yet.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// What was taken since the process began.
    pub fn figures(&self) -> &Figures {
        &self.figures
    }

    /// What transactions that begin now go by.
    pub fn in_force(&self) -> Arc<InForce> {
        self.in_force.load_full()
    }

    /// Puts another set in force for every transaction that begins from now on; those under way keep theirs.
    pub fn replace(&self, in_force: InForce) {
        self.in_force.store(Arc::new(in_force));
    }

    /// A new transaction under the set in force now; nothing is sent before the first recipient.
    pub fn begin(
        self: &Arc<Self>,
        client: ClientFacts,
        reverse_path: ReversePath,
        parameters: Vec<Parameter>,
    ) -> Transaction {
        Transaction::new(self.clone(), client, reverse_path, parameters)
    }

    fn faults(&self) -> std::sync::MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
