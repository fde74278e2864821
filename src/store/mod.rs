//! Durable state behind one trait: held messages, audit events, outbox, daily totals.
//!
//! The store never knows the meaning of sealed bytes. A [`StoreReceipt`] exists only when the
//! transaction that stored a sealed message has committed durably.

pub mod receipt;

pub use receipt::StoreReceipt;
