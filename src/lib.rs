//! Sluss: an outbound SMTP relay that keeps confidential information from leaving to mailboxes
//! that do not open with two-factor login.
//!
//! A message's way, one room after the other:
//!
//! ```text
//! gateway    connect, EHLO, STARTTLS, MAIL, RCPT (opens the next hop), DATA ... dot
//! inspect    bytes -> views of text + what could not be read
//! detect     views -> findings -> assessment (categories, severity, who it is about)
//! channel    each recipient -> channel class with evidence, today
//! policy     (assessment, channels, unit, rules, now) -> Verdict          pure
//!            Relay | Warn | Reroute | Quarantine | Reject
//! pipeline   carries the verdict out: relay (next hop) or quarantine (sealed, in the store)
//! reply      built in one place from `pipeline::Accepted` or `pipeline::Refusal`
//! ```
//!
//! There is no mail queue. The sending server keeps responsibility until it reads our 250, and that
//! 250 can only be built from a [`relay::HandoffReceipt`] (the next hop's 2xx to its dot was read) or
//! a [`store::StoreReceipt`] (the sealed message is durably committed). Everything else is 4xx or 5xx.
//!
//! Who may know whom is checked by `tests/layering.rs`.

pub mod account;
pub mod audit;
pub mod channel;
pub mod cli;
pub mod config;
pub mod console;
pub mod detect;
pub mod gateway;
pub mod inspect;
pub mod message;
pub mod notice;
pub mod pipeline;
pub mod policy;
pub mod quarantine;
pub mod relay;
pub mod report;
pub mod smtp;
pub mod store;
pub mod telemetry;
pub mod text;
