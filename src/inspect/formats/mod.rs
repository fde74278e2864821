//! Readers of text-like formats: a file each, behind one trait, chosen from one table.
//!
//! What arrives here has been found to be text by its bytes. How the text is built is told by how it begins or by
//! its label; a wrong one costs a worse reading, never the text.

mod calendar;
mod csv;
mod json;
mod markup;
mod plain;

use super::declared::{Declared, Flowed};
use super::magic::Magic;
use super::page::Page;

/// A decoded part that holds text.
pub(super) struct Content<'a> {
    pub bytes: &'a [u8],
    pub magic: Magic,
    pub media_type: &'a str,
    /// Of all its file names, lower case, without the dot.
    pub extensions: Vec<String>,
    pub charset: Option<&'a str>,
    pub flowed: Option<Flowed>,
    /// A file: what it is is told by its content as well as by its label.
    pub file: bool,
}

impl<'a> Content<'a> {
    /// The content read by one of the declared character sets.
    pub fn new(bytes: &'a [u8], magic: Magic, declared: &'a Declared, charset: Option<&'a str>) -> Self {
        Content {
            bytes,
            magic,
            media_type: &declared.media_type,
            extensions: declared.extensions(),
            charset,
            flowed: declared.flowed,
            file: declared.attachment,
        }
    }

    /// Whether a file begins with one of these, white space and a byte order mark aside; case does not matter.
    fn begins(&self, marks: &[&str]) -> bool {
        let start = self.bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(self.bytes).trim_ascii_start();
        let marked = |mark: &&str| start.get(..mark.len()).is_some_and(|s| s.eq_ignore_ascii_case(mark.as_bytes()));
        self.file && marks.iter().any(marked)
    }

    fn is(&self, media_types: &[&str], extensions: &[&str]) -> bool {
        media_types.contains(&self.media_type) || self.extensions.iter().any(|own| extensions.contains(&own.as_str()))
    }
}

/// What reading a part brought to light besides its text.
#[derive(Debug, Default)]
pub(super) struct Aside {
    /// Files inside the text: name and content.
    pub files: Vec<(String, Vec<u8>)>,
    /// An encrypted block in the text.
    pub encrypted: bool,
    /// An encoding we do not read (yEnc, BinHex), or a text that was cut off.
    pub unread: bool,
    /// More files inside the text than are decoded.
    pub over_limit: bool,
}

impl Aside {
    pub fn add(&mut self, other: Aside) {
        self.files.extend(other.files);
        self.encrypted |= other.encrypted;
        self.unread |= other.unread;
        self.over_limit |= other.over_limit;
    }
}

/// One format.
pub(super) trait Format: Sync {
    /// Whether the content is built like this format.
    fn fits(&self, content: &Content<'_>) -> bool;
    /// Prints the text of the content and reads it.
    fn read(&self, content: &Content<'_>, page: &mut Page) -> Aside;
}

/// First that fits; the last fits everything.
const FORMATS: [&dyn Format; 5] = [&markup::Markup, &calendar::Calendar, &csv::Csv, &json::Json, &plain::Plain];

/// Reads a part that holds text.
pub(super) fn read(content: &Content<'_>, page: &mut Page) -> Aside {
    let format = FORMATS.iter().find(|format| format.fits(content));
    format.map(|format| format.read(content, page)).unwrap_or_default()
}
