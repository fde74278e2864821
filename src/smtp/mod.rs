//! The wire grammar of SMTP, pure: no sockets, no clock, no policy.
//!
//! Bytes go in, values come out. Every reader here is incremental and gives the same answer however
//! the bytes were split. Nothing in this room panics on outside data.

pub mod address;
pub mod parameter;
pub mod reply;

pub use address::{ForwardPath, Mailbox, ReversePath};
pub use parameter::{Extensions, Parameter};
pub use reply::{EnhancedCode, Reply};
