//! The decision: (assessment, channels, unit, rules, now) to a verdict. Pure; time is an argument.

pub mod verdict;

pub use verdict::{Outcome, Verdict};
