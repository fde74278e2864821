//! The next hop: connections, TLS, the pool, the hand-off, and what its replies mean.
//!
//! A [`HandoffReceipt`] exists only when the next hop's complete 2xx reply to its dot was read. It
//! is one of the two things from which our own 250 can be built. An unknown outcome is an error,
//! and errors become 451: a duplicate is better than a loss.

pub mod receipt;

pub use receipt::HandoffReceipt;
