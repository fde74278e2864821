//! The five verdicts, and the decision with everything that explains it.

use std::collections::BTreeSet;

use crate::channel::Demand;
use crate::detect::{Category, Severity};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    Relay,
    Warn,
    Reroute,
    Quarantine,
    Reject,
}

impl Verdict {
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Relay => "relay",
            Verdict::Warn => "warn",
            Verdict::Reroute => "reroute",
            Verdict::Quarantine => "quarantine",
            Verdict::Reject => "reject",
        }
    }
}

/// What was decided, and why. Content-free.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What is to be done. In observe mode this is `Relay`.
    pub verdict: Verdict,
    /// What would have been done in enforce mode.
    pub judged: Verdict,
    /// The content reaches `hold_from` under the unit's profile, whoever the recipient is.
    pub confidential: bool,
    pub severity: Severity,
    /// Those that made it confidential; empty when it is not.
    pub categories: BTreeSet<Category>,
    /// Categories from `warn_from` up, for the warning's text.
    pub warned: BTreeSet<Category>,
    /// Short words for log, record and reviewer (`channel-below-minimum`, `uninspectable`).
    pub reasons: Vec<String>,
    /// Indices of the judged addresses whose channel does not meet the minimum.
    pub insecure: Vec<usize>,
    /// Next hop of a reroute.
    pub reroute_to: Option<String>,
    /// Id of the channel that is the way round, when the recipients' own channels are not the reason.
    pub way: Option<String>,
    /// The sender asked for the way it takes.
    pub requested: bool,
    /// How the connection to the hop must be protected.
    pub tls: Option<Demand>,
}
