//! Logs, metrics, health, redaction. Nothing of a message's content, subject, names, addresses or
//! numbers passes through here.

pub mod failpoint;
pub mod health;
pub mod logging;
pub mod metrics;
pub mod redaction;

pub use health::Health;
pub use redaction::Sensitive;
