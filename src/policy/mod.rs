//! The decision: (assessment, channels, unit, rules) to a verdict. Pure: no files, no network, no
//! clock. What depends on the day, the evidence of a channel, comes resolved.
//!
//! ```text
//! unit      who sends            -> which law and which rules
//! profile   disclosure, law      -> counts or not, how grave
//! rules     what the organisation has decided
//! exception codes of the law     -> what opens secrecy, and for whom
//! register  consents, orders …   -> what is lifted for one mail
//! disclosing  the urgent path of a mail that is held
//! decide    all of it            -> Outcome
//! ```

pub mod decide;
pub mod disclosing;
pub mod due;
pub mod exception;
pub mod keeping;
pub mod private;
pub mod profile;
pub mod recipients;
pub mod register;
pub mod rules;
pub mod unit;
pub mod verdict;
mod words;

pub use decide::{Content, Input, Judged, Way, decide};
pub use disclosing::{Disclosures, Urgent, within_a_working_day};
pub use exception::{Documented, Exception, ExceptionError, Exceptions, Need, Opens, Role};
pub use keeping::{Keeping, KeptClass};
pub use private::{PrivateMarks, PrivateMarksError};
pub use profile::{Profile, ProfileError, Profiles};
pub use recipients::{Addressed, Mistake, mistakes};
pub use register::{Case, Claim, Lifted, PersonDigest, Registers, Route, Whom};
pub use rules::{
    Internal, Judge, MinimumEvidence, Mode, OnConfidential, OnFilterError, RecipientRules, Rules, Treatment,
    UninspectableRules,
};
pub use unit::{Sender, Unit, Units};
pub use verdict::{Outcome, Verdict};
pub(crate) use words::words;
