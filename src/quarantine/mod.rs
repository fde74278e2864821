//! Held mail: seal, hold, release, retention.
//!
//! A held message is three records in one transaction: the queue record in clear (nothing
//! personal), the evidence and the content, each sealed on its own.
mod scaffold;
pub use scaffold::Quarantine;
