//! The next hop: connections, TLS, the pool, the hand-off, and what its replies mean.
//!
//! ```text
//! Hop::new        settings checked, TLS prepared; nothing is connected yet
//! Dialog::start   a pooled or new connection, MAIL and the first RCPT, the hop's answer to it
//! .recipient      further recipients, one by one
//! .send           DATA, the stuffed content, the dot, its reply  -> HandoffReceipt
//! .abandon        RSET; either way the connection goes back to the pool
//! ```
//!
//! A [`HandoffReceipt`] exists only when the next hop's complete 2xx reply to its dot was read. It
//! is one of the two things from which our own 250 can be built. An unknown outcome is an error,
//! and errors become 451: a duplicate is better than a loss.
//!
//! Every step has a deadline (`deadlines`). Nothing a next hop says is trusted beyond its meaning:
//! replies are bounded, unexpected ones end the connection, and TLS is never weakened to get through.
//! A hop that could not be reached is tried again by one client in five seconds; the others are told at
//! once, so that a flood of clients does not wait for one connect timeout each (`health`).
//!
//! Metrics, all with the label `hop`: `sluss_hop_connections_total{result}` (`ok` or the kind of
//! failure), `sluss_hop_replaced_total`, `sluss_handoffs_total{outcome}` (`accepted`, `refused`, `lost`,
//! `unknown`).

mod auth;
mod client;
mod deadlines;
mod dialog;
mod error;
mod handoff;
mod health;
mod hop;
mod mapping;
mod pool;
pub mod receipt;
mod settings;
mod stream;
mod tls;

pub use dialog::{Dialog, RecipientReply};
pub use error::{Cause, HopError, SendError, Step};
pub use hop::Hop;
pub use receipt::HandoffReceipt;
pub use settings::{ClientIdentity, ConnectionSecurity, Credentials, Settings, SetupError, TlsMode};

#[cfg(test)]
mod tests;
