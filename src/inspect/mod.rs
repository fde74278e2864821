//! Bytes to views of text, and what could not be read.
//!
//! Promise: every byte of the message is either in a view, or decoded into one, or named in
//! [`Inspection::uninspectable`]. Unreadable is never clean. All limits are counted before memory is
//! taken; hitting one is an outcome.

pub mod budget;
pub mod reason;

pub use budget::Budget;
pub use reason::{Reason, Uninspectable};

use crate::message::HeaderFacts;
use crate::text::View;

/// One part of the mail as the administrator sees it in `check --explain`.
#[derive(Clone, Debug)]
pub struct PartSummary {
    /// MIME path as in IMAP.
    pub part: String,
    /// Declared media type, lower case.
    pub media_type: String,
    /// True for anything with a file name or `Content-Disposition: attachment`.
    pub attachment: bool,
    /// Decoded size in bytes.
    pub size: usize,
}

/// What inspection found. The order of views is the order of the mail.
#[derive(Debug, Default)]
pub struct Inspection {
    pub facts: HeaderFacts,
    pub views: Vec<View>,
    pub parts: Vec<PartSummary>,
    pub uninspectable: Vec<Uninspectable>,
    /// `message/partial` or `message/external-body`: inspection would be defeated (RFC 2046 section 5.2.2).
    pub fragmented: bool,
}
mod scaffold;
pub use scaffold::inspect;
