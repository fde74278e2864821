//! Figures: daily totals, and the count that must always come out even.

/// One cell of the daily totals, to be added to what is there.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Total {
    /// Local day, `YYYY-MM-DD`.
    pub day: String,
    pub unit: String,
    pub outcome: String,
    pub category: String,
    pub channel: String,
    pub count: u64,
}

/// Every message ever held, and where each is now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reconciliation {
    /// `held` events in the audit chains.
    pub held: u64,
    /// In state held or releasing.
    pub still_held: u64,
    pub released: u64,
    pub returned: u64,
    pub discarded: u64,
    pub expired: u64,
}

impl Reconciliation {
    /// held = released + returned + discarded + expired + still held.
    pub fn holds(&self) -> bool {
        self.held == self.accounted()
    }

    /// Messages in any state.
    pub fn accounted(&self) -> u64 {
        self.still_held + self.released + self.returned + self.discarded + self.expired
    }
}
