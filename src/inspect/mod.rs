//! Bytes to views of text, and what could not be read.
//!
//! Promise: every byte of the message is either in a view, or decoded into one, or named in
//! [`Inspection::uninspectable`]; only what machines write to each other in headers and style sheets
//! is left out. Unreadable is never clean. All limits are counted before memory is taken; hitting one
//! is an outcome. Nothing here recurses on what a sender wrote, and all of it is linear in its size.
//!
//! ```text
//! structure   raw bytes -> parts and gaps      (pre-scan and reading in one pass)
//! declared    a part's header -> what it says of itself
//! transfer    base64, quoted-printable, uuencode -> bytes
//! magic       bytes -> what they are, whatever they are called
//! formats     text-like content -> a page      (charset, html, csv, calendar ...)
//! documents   everything else -> text and files, in a process of its own (helper)
//! heading     tables -> a second reading, each cell under the heading of its column
//! page        printed text -> views
//! pictures    text in pictures, after everything else, by a process of its own (helper::tesseract)
//! walk        all of the above, part by part
//! ```
//!
//! The structure is read by our own scan: measured against `mail-parser`, the differences a sender can
//! use (duplicate fields, boundaries, odd encodings, gaps, depth) have to be seen, not resolved. A test
//! holds it against that crate on ordinary mail.

#![warn(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

pub mod attachments;
pub mod budget;
mod charset;
mod cms;
mod cursor;
mod declared;
pub mod documents;
mod encoded_word;
mod entity;
mod fields;
mod formats;
mod heading;
pub mod helper;
mod html;
mod magic;
mod page;
mod parameter;
pub mod pictures;
pub mod reason;
mod structure;
mod transfer;
mod utf7;
mod walk;

pub use attachments::Attachments;
pub use budget::Budget;
pub use reason::{Lock, Reason, Uninspectable};

use std::collections::BTreeMap;
use std::time::Duration;

use crate::message::{HeaderFacts, RawMessage};
use crate::text::{OriginKind, View};
use structure::Root;
use walk::Walk;

/// Reads a message but for what is not text, which is [`Reason::Unsupported`] or [`Reason::ImageOnly`].
pub fn inspect(message: &RawMessage) -> Inspection {
    inspect_with(message, &attachments::Closed)
}

/// Reads a message but for text in pictures.
pub fn inspect_with(message: &RawMessage, attachments: &dyn Attachments) -> Inspection {
    let mut inspection = begin(message, attachments);
    inspection.read_pictures(&pictures::Blind);
    inspection
}

/// Reads a message; its pictures wait for [`Inspection::read_pictures`]. Blocking, bounded by a [`Budget`] of
/// its own; to be run off the async threads and inside `catch_unwind`, a panic being a fault of ours.
/// `attachments` is asked for nothing while all that a message holds is text.
pub fn begin(message: &RawMessage, attachments: &dyn Attachments) -> Inspection {
    let budget = Budget::for_message(message.len());
    let mut walk = Walk { inspection: Inspection::default(), budget, attachments };
    walk.message(message.bytes(), &Root::default());
    walk.inspection.left = walk.budget.time_left();
    walk.inspection
}

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
    /// The file names of parts and of files inside them, by path; several of one part a line each.
    pub names: BTreeMap<String, String>,
    pub uninspectable: Vec<Uninspectable>,
    /// A piece of a mail that is spread over several, or kept elsewhere (`message/partial`,
    /// `message/external-body`): to be refused with `554 5.6.1`.
    pub fragmented: bool,
    /// Its pictures but for decoration.
    pub album: pictures::Album,
    /// What is left of [`budget::MAX_TIME`] for reading its pictures and assessing it.
    pub left: Duration,
}

impl Inspection {
    /// Names a part once for each reason; what lies inside an encrypted part is not named again.
    fn note(&mut self, part: &str, reason: Reason) {
        let covers = |known: &Uninspectable| {
            known.reason == reason
                && (known.part == part
                    || (matches!(reason, Reason::Encrypted(_)) && part.starts_with(known.part.as_str())))
        };
        if !self.uninspectable.iter().any(covers) {
            self.uninspectable.push(Uninspectable { part: part.to_owned(), reason });
        }
    }

    /// The subject as mail programs show it.
    pub fn subject(&self) -> Option<&str> {
        // Not the second reading of one whose characters run backwards.
        let of_mail =
            |view: &&View| view.origin.kind == OriginKind::Subject && view.origin.nested == 0 && !view.alternative;
        let view = self.views.iter().find(of_mail)?;
        view.text().get(view.to_text(0..view.normal().len()))
    }
}

#[cfg(test)]
mod tests;
