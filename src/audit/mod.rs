//! Who did what to a held message: a closed set of events in one hash chain per writer, each event
//! written in the transaction of what it records. A decision without a record did not happen.
//!
//! An [`Event`] becomes an [`crate::store::Entry`], and the store links it to its chain. The head after
//! every commit goes to the log (target `sluss::audit`), outside the reach of whoever can change the
//! database: [`verify`] compares chains with their heads and, where given, with those of the log.

pub mod event;
pub mod export;
pub mod verify;

#[cfg(test)]
mod tests;

pub use event::{Actor, Event, Subject};
pub use export::export;
pub use verify::{Anchor, Fault, FaultKind, Report, verify};

/// Writes the head of a chain to the log, as `audit verify --head` takes it.
pub fn log_head(head: &crate::store::Head) {
    let hash = data_encoding::HEXLOWER.encode(&head.hash);
    tracing::info!(target: "sluss::audit", head = %format_args!("{}:{}:{hash}", head.writer, head.sequence), "head");
}
