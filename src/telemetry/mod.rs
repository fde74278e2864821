//! Logs, metrics, health, redaction. Nothing of a message's content, subject, names, addresses or
//! numbers passes through here.

pub mod failpoint;
pub mod redaction;

pub use redaction::Sensitive;
