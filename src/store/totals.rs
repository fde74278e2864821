//! Figures: daily totals, and the count that must always come out even.

use super::prune::Removed;

/// One cell of the daily totals, to be added to what is there. A mail is counted once with an empty category,
/// and once in the cell of each of its categories.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Total {
    /// Local day, `YYYY-MM-DD`.
    pub day: String,
    pub unit: String,
    /// `relayed warned rerouted held rejected deferred refused`, or of a unit that observes
    /// `observed-warned observed-rerouted observed-held observed-rejected`.
    pub outcome: String,
    /// Empty: all mails of the cell.
    pub category: String,
    /// Evidence level of the weakest recipient.
    pub channel: String,
    pub count: u64,
}

/// Every message ever held, and where each is now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reconciliation {
    /// `held` events in the audit chains, those among deleted links included.
    pub held: u64,
    /// In state held or releasing.
    pub still_held: u64,
    pub released: u64,
    pub returned: u64,
    pub discarded: u64,
    pub expired: u64,
    /// Those of the ended ones above whose records were deleted by decision.
    pub removed: Removed,
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
