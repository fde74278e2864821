//! What the organisation has decided: `[policy]`, as meant, with a unit's own words laid over it.

use std::collections::BTreeMap;

use super::verdict::Verdict;
use super::words::words;
use crate::channel::Level;
use crate::detect::{Category, Severity};
use crate::inspect::Reason;

words! {
    pub enum Mode {
        /// Carry the verdict out.
        Enforce = "enforce",
        /// Record the verdict and relay.
        Observe = "observe",
    }
}

words! {
    /// Towards recipients below the minimum.
    pub enum OnConfidential {
        Quarantine = "quarantine",
        Reject = "reject",
    }
}

words! {
    /// A fault of ours that keeps a mail from being judged.
    pub enum OnFilterError {
        Tempfail = "tempfail",
        Hold = "hold",
        Pass = "pass",
    }
}

words! {
    /// Whose channels count for the verdict.
    pub enum Judge {
        /// Envelope recipients and the addresses in `To` and `Cc`.
        Named = "named",
        Envelope = "envelope",
    }
}

words! {
    /// What happens to mail that cannot be read, towards recipients below the minimum.
    pub enum Unreadable {
        Relay = "relay",
        Warn = "warn",
        Quarantine = "quarantine",
        Reject = "reject",
    }
}

impl Unreadable {
    pub fn verdict(self) -> Verdict {
        match self {
            Unreadable::Relay => Verdict::Relay,
            Unreadable::Warn => Verdict::Warn,
            Unreadable::Quarantine => Verdict::Quarantine,
            Unreadable::Reject => Verdict::Reject,
        }
    }
}

/// Evidence a recipient's channel needs, by category.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MinimumEvidence {
    /// For categories without a word of their own, and for mail that cannot be read.
    pub default: Level,
    pub by_category: BTreeMap<Category, Level>,
}

impl MinimumEvidence {
    pub fn of(&self, category: Category) -> Level {
        self.by_category.get(&category).copied().unwrap_or(self.default)
    }
}

impl Default for MinimumEvidence {
    fn default() -> Self {
        MinimumEvidence { default: Level::Contract, by_category: BTreeMap::from([(Category::Protected, Level::Eid)]) }
    }
}

/// `[policy.uninspectable]`: every reason has its rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UninspectableRules(BTreeMap<Reason, Unreadable>);

impl UninspectableRules {
    pub fn of(&self, reason: Reason) -> Unreadable {
        // What has no rule is never let through.
        self.0.get(&reason).copied().unwrap_or(Unreadable::Quarantine)
    }

    pub fn set(&mut self, reason: Reason, rule: Unreadable) {
        self.0.insert(reason, rule);
    }
}

impl Default for UninspectableRules {
    fn default() -> Self {
        UninspectableRules(BTreeMap::from([(Reason::ImageOnly, Unreadable::Warn)]))
    }
}

/// The rules of one unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    pub mode: Mode,
    pub on_confidential: OnConfidential,
    pub on_filter_error: OnFilterError,
    pub judge: Judge,
    /// Content of at least this severity is confidential.
    pub hold_from: Severity,
    /// Content of at least this severity is worth a word to the sender.
    pub warn_from: Severity,
    pub minimum: MinimumEvidence,
    pub uninspectable: UninspectableRules,
}

impl Rules {
    /// The rules of design and `check` without a configuration, in this mode.
    pub fn new(mode: Mode) -> Self {
        Rules {
            mode,
            on_confidential: OnConfidential::Quarantine,
            on_filter_error: OnFilterError::Tempfail,
            judge: Judge::Named,
            hold_from: Severity::Medium,
            warn_from: Severity::Low,
            minimum: MinimumEvidence::default(),
            uninspectable: UninspectableRules::default(),
        }
    }

    /// Whether any rule can put a message into quarantine; in observe mode as well, so that the
    /// switch to enforce is one word.
    pub fn may_hold(&self) -> bool {
        self.on_confidential == OnConfidential::Quarantine
            || self.on_filter_error == OnFilterError::Hold
            || Reason::ALL.into_iter().any(|reason| self.uninspectable.of(reason) == Unreadable::Quarantine)
    }
}
