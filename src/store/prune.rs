//! Retention of audit links and of the records of ended messages: what is deleted, and what is known of it afterwards.

use jiff::Timestamp;

use super::state::State;

/// Most links of one chain that one step deletes, so that holds and releases wait for no step long.
pub const PRUNE_LINKS: u64 = 5_000;
/// Most ended messages, and disclosures, that one step deletes.
pub const PRUNE_MESSAGES: u64 = 500;

/// Where a chain begins now: every link up to this one was deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    pub writer: String,
    /// Sequence and hash of the last link that is gone.
    pub sequence: i64,
    pub hash: Vec<u8>,
    /// Events `held` among all links of this chain that are gone.
    pub held: u64,
}

/// Ended messages whose records are gone, by the state they ended in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    pub released: u64,
    pub returned: u64,
    pub discarded: u64,
    pub expired: u64,
}

impl Removed {
    pub fn all(&self) -> u64 {
        self.released + self.returned + self.discarded + self.expired
    }

    /// The count of this state; `None` for one that is not final.
    pub fn of(&mut self, state: State) -> Option<&mut u64> {
        match state {
            State::Held | State::Releasing => None,
            State::Released => Some(&mut self.released),
            State::Returned => Some(&mut self.returned),
            State::Discarded => Some(&mut self.discarded),
            State::Expired => Some(&mut self.expired),
        }
    }
}

/// One step of retention: what the store is like after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pruning {
    pub before: Timestamp,
    /// Of every chain that does not begin with its first link then, those that this step leaves as they are included.
    pub cuts: Vec<Cut>,
    /// All that is gone then, not by this step alone.
    pub removed: Removed,
    /// What this step itself deletes; nothing is left to do when all are 0.
    pub links: u64,
    pub messages: u64,
    /// Of mails that were never held.
    pub disclosures: u64,
}
