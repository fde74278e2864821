//! The wire grammar of SMTP, pure: no sockets, no clock, no policy.
//!
//! Bytes go in, values come out. Every reader here is incremental and gives the same answer however
//! the bytes were split. Nothing in this room panics on outside data.
//!
//! ```text
//! line          bytes -> command lines            command       line -> Command
//! data          bytes -> message, end of data     data_writer   message -> bytes, dot-stuffed
//! reply         our replies -> bytes              reply_parser  bytes -> a next hop's replies
//! address/path  the paths of the envelope         parameter     ESMTP parameters of MAIL and RCPT
//! extensions    the keywords of EHLO
//! ```
//!
//! A line ends at CRLF and nowhere else. A bare CR, a bare LF or a NUL is an error in every reader
//! here, because two programs that disagree about where a line ends disagree about where a message
//! ends.

#![warn(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

pub mod address;
pub mod command;
pub mod data;
pub mod data_writer;
pub mod extensions;
pub mod line;
pub mod parameter;
mod path;
pub mod reply;
mod reply_parser;

pub use address::{ForwardPath, Mailbox, PathError, ReversePath};
pub use command::{Command, CommandError};
pub use extensions::Extensions;
pub use parameter::{Parameter, from_xtext};
pub use reply::{EnhancedCode, Reply, ReplyError, ReplyParser};
