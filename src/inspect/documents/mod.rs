//! Readers of binary formats: a file each, behind one trait, chosen from one table.
//!
//! What runs here has the sender's bytes in its hands, so in the relay it runs in a process of its own
//! ([`super::helper`]) that can reach nothing. A reader may crash, hang or lie; what it gives is text and files,
//! nothing that is acted on. Every path that drops text adds a [`Reason`].
//!
//! ```text
//! package   a zip archive: its entries within the limits, or its office reader
//! ooxml     docx, xlsx (sheet, workbook, pivot) and pptx: parts, content types, relationships, properties
//! opendocument  odt, ods, odp, odg, and their flat forms
//! gzip      one file inside
//! pdf       pages, and what else a PDF says
//! streams   bzip2, xz, zstd: the same
//! sevenz    7z archives
//! tape      tar archives
//! finder    what macOS leaves beside files
//! picture   captions, places and comments of pictures
//! metafile  drawings of Windows: EMF, WMF
//! number    numbers of cells as their format shows them
//! flow      paragraphs, table rows, cells, text boxes, tracked changes -> pieces
//! frame     one of the texts it reads side by side
//! words     what elements mean to it
//! tokens    what stands next in an XML text, as it is written
//! xml       XML to elements and text: nothing external, no entities
//! extract   what readers do with an [`Extract`]
//! ```

mod cells;
mod compound;
mod docx;
mod extract;
mod finder;
mod flow;
mod frame;
mod gzip;
mod little_endian;
mod lzfu;
mod mapi;
mod metafile;
mod number;
mod ooxml;
mod opendocument;
mod package;
mod pdf;
mod picture;
mod pivot;
mod pptx;
mod rtf;
mod sevenz;
mod sheet;
mod story;
mod streams;
mod tape;
mod tnef;
mod tokens;
mod words;
mod workbook;
mod xlsx;
mod xml;

use std::time::Instant;

use super::reason::Reason;

/// What one file gave. Text only; nothing here is trusted by the relay beyond its bounds.
#[derive(Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Extract {
    /// Text in reading order, each piece with where a person finds it (`Sheet1!B2`, `slide 3`, `comment`, `properties`).
    pub pieces: Vec<Piece>,
    /// Files inside, to be read in turn by the relay.
    pub files: Vec<Inner>,
    /// What could not be read.
    pub reasons: Vec<Reason>,
}

/// A piece of text. The next one begins a line of its own, unless this one ends with a tab: cells of a row are
/// a piece each, so that each has its place, and still stand on one line.
#[derive(Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Piece {
    pub place: Option<String>,
    pub text: String,
}

/// A file inside a file: an entry of an archive, an embedded object, the picture of a page.
#[derive(Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Inner {
    /// Its name, with its folders; empty when it has none of its own.
    pub name: String,
    /// Where a person finds it (`slide 3`, `page 2`); the name says it for entries of archives.
    pub place: Option<String>,
    pub bytes: Vec<u8>,
}

/// Bounds of one reading: bytes that may come out, entries of archives, and a moment to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub bytes: usize,
    pub entries: usize,
    pub until: Option<Instant>,
}

impl Limits {
    /// Takes `n` bytes of what may come out. What is more than is left leaves nothing.
    #[must_use]
    pub fn take_bytes(&mut self, n: usize) -> bool {
        let left = self.bytes.checked_sub(n);
        self.bytes = left.unwrap_or(0);
        left.is_some()
    }

    /// Takes one entry of an archive.
    #[must_use]
    pub fn take_entry(&mut self) -> bool {
        let left = self.entries.checked_sub(1);
        self.entries = left.unwrap_or(0);
        left.is_some()
    }

    #[must_use]
    pub fn in_time(&self) -> bool {
        self.until.is_none_or(|until| Instant::now() < until)
    }
}

/// One binary format.
trait Document: Sync {
    /// Whether the bytes are this format, by content (never by name or label).
    fn fits(&self, bytes: &[u8]) -> bool;
    /// Reads it. What could not be read is a reason, never silence.
    fn read(&self, bytes: &[u8], limits: &mut Limits, out: &mut Extract);
}

/// First that fits.
const DOCUMENTS: [&dyn Document; 15] = [
    &package::Zip,
    &pdf::Portable,
    &compound::Compound,
    &rtf::Rtf,
    &tnef::Tnef,
    &picture::Picture,
    &opendocument::Flat,
    &gzip::Gzip,
    &streams::BZIP2,
    &streams::XZ,
    &streams::ZSTD,
    &sevenz::SevenZip,
    &finder::Finder,
    &tape::Tar,
    &metafile::Metafile,
];

/// Reads a file by the first reader that knows its format; None when none does.
pub fn read(bytes: &[u8], limits: &mut Limits) -> Option<Extract> {
    let document = DOCUMENTS.iter().find(|document| document.fits(bytes))?;
    let mut out = Extract::default();
    document.read(bytes, limits, &mut out);
    Some(out)
}

#[cfg(test)]
mod tests;
