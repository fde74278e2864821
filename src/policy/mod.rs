//! The decision: (assessment, channels, unit, rules) to a verdict. Pure: no files, no network, no
//! clock. What depends on the day, the evidence of a channel, comes resolved.
//!
//! ```text
//! unit      who sends            -> which law and which rules
//! profile   disclosure, law      -> counts or not, how grave
//! rules     what the organisation has decided
//! decide    all of it            -> Outcome
//! ```

pub mod decide;
pub mod profile;
pub mod recipients;
pub mod rules;
pub mod unit;
pub mod verdict;
mod words;

pub use decide::{Input, Judged, Lifted, Way, decide};
pub use profile::{Profile, ProfileError, Profiles};
pub use recipients::{Addressed, Mistake, mistakes};
pub use rules::{
    Internal, Judge, MinimumEvidence, Mode, OnConfidential, OnFilterError, RecipientRules, Rules, Treatment,
    UninspectableRules,
};
pub use unit::{Sender, Unit, Units};
pub use verdict::{Outcome, Verdict};
pub(crate) use words::words;
