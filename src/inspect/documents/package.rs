//! Zip archives, and the office formats that are kept in them.
//!
//! Entries are read one at a time, counted and bounded by what really comes out of them. An archive
//! whose two lists of entries differ, whose entries overlap or bear one name twice, that has something
//! before, between or behind them, or that was cut off, is `Malformed`: another program may see other
//! files in it (`APPNOTE.TXT` 6.3.10, sections 4.3 and 4.4).

use std::collections::HashSet;
use std::io::{Cursor, Read};

use zip::ZipArchive;
use zip::result::ZipError;

use super::extract::joined;
use super::little_endian::by_codepage;
use super::ooxml::Ooxml;
use super::opendocument::OpenDocument;
use super::{Document, Extract, Inner, Limits};
use crate::inspect::{Lock, Reason};

/// Bytes that an entry may give for each of its own beyond [`SMALL`]; large ordinary XML gives less than 100,
/// the sheets of forms, cell after cell alike, up to 200.
const MAX_RATIO: usize = 250;
/// What an entry may give whatever its ratio.
const SMALL: usize = 16 * 1024 * 1024;
/// Bytes read at a time.
const CHUNK: u64 = 64 * 1024;
/// Signatures: a local header, the end of the central directory, and its 64-bit form.
const ENTRY: &[u8] = b"PK\x03\x04";
const END: &[u8] = b"PK\x05\x06";
const END_64: &[u8] = b"PK\x06\x06";
/// Length of a central header without its three variable fields, and where their lengths stand.
const CENTRAL_HEADER: usize = 46;
const CENTRAL_LENGTHS: [usize; 3] = [28, 30, 32];
/// Length of the record at the end without its comment, and where the comment's length stands.
const END_RECORD: usize = 22;
const COMMENT_LENGTH: usize = 20;

/// A zip archive of any content.
pub(super) struct Zip;

impl Document for Zip {
    fn fits(&self, bytes: &[u8]) -> bool {
        [ENTRY, END, b"PK\x07\x08"].iter().any(|mark| bytes.starts_with(mark))
    }

    fn read(&self, bytes: &[u8], limits: &mut Limits, out: &mut Extract) {
        let Some(mut package) = Package::open(bytes, limits, out) else { return };
        if Ooxml::fits(&package) {
            Ooxml::read(&mut package, limits, out);
        } else if OpenDocument::fits(&package) {
            OpenDocument::read(&mut package, limits, out);
        } else {
            package.unpack(limits, out);
        }
    }
}

/// An opened archive.
pub(super) struct Package<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    names: Vec<String>,
}

impl<'a> Package<'a> {
    /// Opens the archive and says what is wrong with it; None when there is no list of entries, or
    /// one that is too long.
    pub fn open(bytes: &'a [u8], limits: &Limits, out: &mut Extract) -> Option<Self> {
        let Ok(mut archive) = ZipArchive::new(Cursor::new(bytes)) else {
            out.note(Reason::Malformed);
            return None;
        };
        if archive.len() > limits.entries {
            out.note(Reason::OverLimit);
            return None;
        }
        let sound = archive.offset() == 0
            && archive.validate_header_consistency().is_ok()
            && closed(bytes, &archive).unwrap_or(false);
        let mut names = Vec::with_capacity(archive.len());
        let mut folded = HashSet::new();
        let mut twice = false;
        for raw in archive.file_names_raw() {
            let name = name_of(raw).replace('\\', "/");
            // Office programs compare names without case (ECMA-376 part 2, section 6.2.2.3).
            twice |= !folded.insert(name.to_ascii_lowercase());
            names.push(name);
        }
        if !sound || twice {
            out.note(Reason::Malformed);
        }
        out.add(Some("archive comment"), String::from_utf8_lossy(archive.comment()));
        Some(Package { archive, names })
    }

    /// Names of all entries, folders included, with `/` between folders.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    pub fn position(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known.eq_ignore_ascii_case(name))
    }

    /// The content of an entry; what of it could be read when it is broken or too large. None for
    /// folders and for what cannot be read at all.
    pub fn content(&mut self, index: usize, limits: &mut Limits, out: &mut Extract) -> Option<Vec<u8>> {
        if !limits.in_time() {
            out.note(Reason::TimedOut);
            return None;
        }
        if !limits.take_entry() {
            out.note(Reason::OverLimit);
            return None;
        }
        let mut entry = match self.archive.by_index(index) {
            Ok(entry) => entry,
            Err(ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED)) => {
                out.note(Reason::Encrypted(Lock::Archive));
                return None;
            }
            Err(ZipError::UnsupportedArchive(_) | ZipError::CompressionMethodNotSupported(_)) => {
                out.note(Reason::Unsupported);
                return None;
            }
            Err(_) => {
                out.note(Reason::Malformed);
                return None;
            }
        };
        if entry.is_dir() && entry.compressed_size() == 0 {
            return None;
        }
        let packed = usize::try_from(entry.compressed_size()).unwrap_or(usize::MAX);
        let most = packed.saturating_mul(MAX_RATIO).max(SMALL);
        let mut content = Vec::new();
        // What it says of its size is a wish, granted as far as the limits go.
        let size = usize::try_from(entry.size()).unwrap_or(usize::MAX).min(most).min(limits.bytes);
        if content.try_reserve_exact(size.saturating_add(1)).is_err() {
            out.note(Reason::OverLimit);
            return None;
        }
        loop {
            let before = content.len();
            match entry.by_ref().take(CHUNK).read_to_end(&mut content) {
                Ok(0) => break,
                Ok(n) if limits.take_bytes(n) && content.len() <= most => {}
                Ok(_) => {
                    content.truncate(before);
                    out.note(Reason::OverLimit);
                    break;
                }
                Err(_) => {
                    out.note(Reason::Malformed);
                    break;
                }
            }
            if !limits.in_time() {
                out.note(Reason::TimedOut);
                break;
            }
        }
        Some(content)
    }

    /// Gives every entry as a file.
    fn unpack(&mut self, limits: &mut Limits, out: &mut Extract) {
        for index in 0..self.names.len() {
            if !(limits.in_time() && limits.entries > 0 && limits.bytes > 0) {
                out.note(if limits.in_time() { Reason::OverLimit } else { Reason::TimedOut });
                return;
            }
            let name = self.names.get(index).cloned().unwrap_or_default();
            self.hand_on(index, name, limits, out);
        }
    }

    /// Gives one entry as a file; the name of a folder as text.
    pub fn hand_on(&mut self, index: usize, name: String, limits: &mut Limits, out: &mut Extract) {
        let comment = self.archive.by_index_data(index).map(|entry| entry.comment().to_owned()).unwrap_or_default();
        out.add(Some(&joined(Some(&name), "comment")), comment);
        match self.content(index, limits, out) {
            Some(bytes) => out.files.push(Inner { name, bytes, ..Inner::default() }),
            None => out.add(Some("entry name"), name),
        }
    }
}

/// A name in UTF-8, which the Finder writes without saying so; otherwise in the code page that Windows and DOS
/// have for Western Europe, not in the American one of section D.1 that has no `ø`.
fn name_of(raw: &[u8]) -> String {
    match std::str::from_utf8(raw) {
        Ok(name) => name.to_owned(),
        Err(_) => by_codepage(raw, 850),
    }
}

/// Whether the list of entries ends where its last record says, and the archive with its comment.
fn closed(bytes: &[u8], archive: &ZipArchive<Cursor<&[u8]>>) -> Option<bool> {
    let length = |at: usize| -> Option<usize> {
        let field = bytes.get(at..at.checked_add(2)?)?;
        Some(usize::from(u16::from_le_bytes(field.try_into().ok()?)))
    };
    let mut at = usize::try_from(archive.central_directory_start()).ok()?;
    for _ in 0..archive.len() {
        let fixed = at.checked_add(CENTRAL_HEADER)?;
        at = CENTRAL_LENGTHS.iter().try_fold(fixed, |end, field| end.checked_add(length(at.checked_add(*field)?)?))?;
    }
    let rest = bytes.get(at..)?;
    let end = if rest.starts_with(END_64) { at.checked_add(memchr::memmem::find(rest, END)?)? } else { at };
    let comment = length(end.checked_add(COMMENT_LENGTH)?)?;
    let after = bytes.get(end.checked_add(END_RECORD)?.checked_add(comment)?..)?;
    // Mail gateways add line ends behind attachments.
    Some(bytes.get(end..)?.starts_with(END) && after.iter().all(|b| matches!(b, b'\r' | b'\n' | 0)))
}
