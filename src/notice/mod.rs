//! Notices to senders and reviewers: templates in four languages, and a durable outbox.
//!
//! A notice carries no header and no value of the original. It goes from `<>`, only to local
//! domains, and is kept until it is delivered.

pub mod facts;

pub use facts::NoticeFacts;
