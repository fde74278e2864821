//! The bypass as a row: from when to when, why, by whom, and what went through meanwhile.

use jiff::Timestamp;

/// While one is on, mail is relayed whatever was judged. At most one is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bypass {
    /// Never used again for another one.
    pub id: i64,
    pub since: Timestamp,
    /// Over from then on, whoever has noticed.
    pub until: Timestamp,
    /// As it was typed.
    pub reason: String,
    /// As in the audit: `operator:NAME`.
    pub actor: String,
    /// Set once its end has been recorded.
    pub ended: Option<Timestamp>,
}

impl Bypass {
    pub fn is_on(&self, now: Timestamp) -> bool {
        self.ended.is_none() && now < self.until
    }
}

/// What a person asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewBypass {
    pub since: Timestamp,
    pub until: Timestamp,
    pub reason: String,
    pub actor: String,
}

/// Mail of one unit that went through while a bypass was on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BypassCount {
    pub unit: String,
    pub mails: u64,
    /// Of these, mail that had been judged otherwise.
    pub bypassed: u64,
}
