//! One transaction, one verdict, one reply: composes inspect, detect, channel, policy and act.

pub mod outcome;
pub mod transaction;

pub use outcome::{Accepted, Refusal};
pub use transaction::{ClientFacts, Pipeline, TlsFacts, Transaction};
