//! One transaction, one verdict, one reply: composes inspect, detect, channel, policy and act.

pub mod outcome;

pub use outcome::{Accepted, Refusal};
