//! Entries of the registers: consents, orders of secrecy, cooperation teams. Content-free: whom an entry is about is
//! a keyed digest, and every text and address is in `sealed`, which the caller encrypts under the entry's id.
//!
//! Entries are never deleted by a change: a withdrawn consent stays as withdrawn.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::message::MessageId;

/// Made as a [`MessageId`] is, written as 32 lower-case hex digits; what is sealed is bound to them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RegisterId(pub [u8; 16]);

impl RegisterId {
    pub fn random() -> Self {
        RegisterId(MessageId::random().0)
    }
}

impl fmt::Display for RegisterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        MessageId(self.0).fmt(f)
    }
}

impl fmt::Debug for RegisterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for RegisterId {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<MessageId>()
            .map(|id| RegisterId(id.0))
            .map_err(|()| "an id is 32 hex digits, as the list shows it")
    }
}

/// Somebody's consent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentRow {
    pub id: RegisterId,
    /// Keyed digest of a person's number or of a case reference.
    pub person: String,
    /// Words, sorted.
    pub categories: Vec<String>,
    pub given: Date,
    /// The last day.
    pub expires: Date,
    /// Stored in whole milliseconds.
    pub created_at: Timestamp,
    pub withdrawn_at: Option<Timestamp>,
    pub sealed: Vec<u8>,
}

/// An order of secrecy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderRow {
    pub id: RegisterId,
    pub person: String,
    pub from: Date,
    /// The last day; `None`: until it is ended.
    pub until: Option<Date>,
    pub created_at: Timestamp,
    pub sealed: Vec<u8>,
}

/// A cooperation team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamRow {
    pub id: RegisterId,
    pub person: String,
    /// A word: what sort of team.
    pub kind: String,
    /// The consent without which it does not work.
    pub consent: Option<RegisterId>,
    /// The last day.
    pub expires: Date,
    pub created_at: Timestamp,
    pub opted_out_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub sealed: Vec<u8>,
}

/// All entries, as they were at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registered {
    /// How many changes there had been: another number, other entries.
    pub changes: u64,
    /// In the order in which they were made.
    pub consents: Vec<ConsentRow>,
    pub orders: Vec<OrderRow>,
    pub teams: Vec<TeamRow>,
}
