//! Who did what: a closed set of events in one hash chain per writer, each event written in the transaction of what
//! it records, or before it happens. A decision without a record did not happen.
//!
//! ```text
//! event, entry   what happened, and how it becomes an entry of the chain (`crate::store::Entry`)
//! anchor         heads in the log and in other writers' chains
//! checkpoint     retention: where a chain begins after old links were deleted, with proof
//! verify         the chains against their hashes, heads, checkpoints and anchors
//! export         the chains as rows
//! disclosure     what the entries about one message say of who got it
//! process        which processes ran, and whether what they counted comes out even
//! ```
//!
//! The head of a chain goes to the log after every commit (target `sluss::audit`), outside the reach of whoever can
//! change the database.

pub mod anchor;
pub mod checkpoint;
pub mod disclosure;
mod entry;
pub mod event;
pub mod export;
mod facts;
pub mod process;
pub mod verify;

#[cfg(test)]
mod tests;

pub use anchor::{Anchor, anchor};
pub use checkpoint::{Pruned, prune};
pub use disclosure::{Disclosed, disclosed};
pub use event::{Actor, Event, Subject};
pub use export::{Choice, export};
pub use process::{End, Figures, Process, processes};
pub use verify::{Fault, FaultKind, Report, verify};
