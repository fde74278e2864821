//! The reviewers' queue: held messages of some units, filtered, in an order, a page after the other; and what turned
//! out to be no secret.

use jiff::Timestamp;

use super::{Answer, Entry, HeldMessage, State};
use crate::message::{MessageId, Reference};

/// Which messages of the queue are asked for. An empty or absent condition asks for nothing.
#[derive(Clone, Debug, Default)]
pub struct QueueFilter {
    /// One of these; none: no message at all.
    pub states: Vec<State>,
    /// One of these; none: no message at all.
    pub units: Vec<String>,
    pub reference: Option<Reference>,
    /// Words, of letters and `-` alone.
    pub category: Option<String>,
    pub channel: Option<String>,
    pub severity: Option<String>,
    pub urgent: bool,
    /// Its sender asks for a review, or for an exception.
    pub asked: bool,
    pub held_before: Option<Timestamp>,
    pub held_since: Option<Timestamp>,
    /// By when a message had to be held to be overdue now: an urgent one, and any other.
    pub overdue: Option<(Timestamp, Timestamp)>,
}

/// In which order. Within equal ones the oldest comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// What must be reported first, then the oldest.
    #[default]
    Urgency,
    Oldest,
    Newest,
    /// What is deleted first.
    Expiry,
    /// The gravest first.
    Severity,
    Unit,
    Reference,
}

impl Order {
    pub const ALL: [Order; 7] =
        [Order::Urgency, Order::Oldest, Order::Newest, Order::Expiry, Order::Severity, Order::Unit, Order::Reference];

    /// The word in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Order::Urgency => "urgency",
            Order::Oldest => "oldest",
            Order::Newest => "newest",
            Order::Expiry => "expiry",
            Order::Severity => "severity",
            Order::Unit => "unit",
            Order::Reference => "reference",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Order::ALL.into_iter().find(|order| order.as_str() == word)
    }
}

/// A page of the queue. `after`: the last message of the page before, which need not be there any more.
#[derive(Clone, Debug, Default)]
pub struct QueuePage {
    pub order: Order,
    pub after: Option<HeldMessage>,
    pub rows: usize,
}

/// What there is in a queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueCount {
    pub messages: u64,
    pub urgent: u64,
    pub overdue: u64,
    /// When the last of them was held.
    pub newest: Option<Timestamp>,
}

/// One finding of a mail that a reviewer has called a false alarm: no letter and no digit of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FalseFinding {
    pub rule: String,
    pub category: String,
    pub kind: String,
    pub strength: String,
    pub place: String,
    pub zone: String,
    pub shape: String,
}

/// How often a rule was called a false alarm, in a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FalseAlarmRow {
    pub unit: String,
    pub finding: FalseFinding,
    pub times: u64,
    pub last: Timestamp,
}

/// The queue in a store.
pub trait QueueStore: Send + Sync {
    fn queue<'a>(&'a self, filter: &'a QueueFilter, page: &'a QueuePage) -> Answer<'a, Vec<HeldMessage>>;

    /// `overdue` of the filter says what counts as such here; it chooses nothing.
    fn queue_count<'a>(&'a self, filter: &'a QueueFilter) -> Answer<'a, QueueCount>;

    /// Keeps what was found in a message that somebody has called a false alarm; once, and false when it had been
    /// called so before.
    fn add_false_alarm<'a>(
        &'a self,
        id: MessageId,
        unit: &'a str,
        findings: &'a [FalseFinding],
        entry: &'a Entry,
    ) -> Answer<'a, bool>;

    /// By rule and shape, the most frequent first, at most [`super::LIST_PAGE`].
    fn false_alarms<'a>(&'a self, units: &'a [String]) -> Answer<'a, Vec<FalseAlarmRow>>;
}
