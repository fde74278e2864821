//! Reads a message after `354` and finds its end. Nothing else decides where a message ends.
//!
//! The end is CRLF `.` CRLF, or `.` CRLF right after the 354, because the CRLF that ended the DATA
//! line counts as the first (RFC 5321 section 4.1.1.4). Any bare CR, bare LF or NUL is fatal: a next
//! hop or a mailbox that reads it as a line end could see a second message where we saw text
//! (CVE-2023-51764 and its kin), and the bytes after it must never be read as commands. A dot at the
//! start of a line is taken off (section 4.5.2); all other bytes come out as they went in.
//!
//! A message that is too large is read to its real end and dropped; stopping early would turn the
//! rest of its text into commands.

use memchr::memchr3;

/// Octets of one line with its CRLF. RFC 5321 section 4.5.3.1.6 says 1,000; real senders send more.
pub const MAX_LINE: usize = 65_536;
/// Octets that are read and dropped of a message that will be refused, before giving up on it.
pub const MAX_DISCARDED: u64 = 256 * 1024 * 1024;

/// Why a message was read to its end without being kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discard {
    /// Over the limit on size.
    TooLarge,
    /// A line over [`MAX_LINE`].
    LineTooLong,
    /// The caller has no memory for it.
    NoMemory,
}

/// The bytes are not the text of a message. The client is at fault, and the place in the stream is
/// no longer certain: answer and close.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DataError {
    #[error("bare CR, bare LF or NUL in the message")]
    BareLineEnd,
    #[error("message goes on far beyond every limit")]
    Endless,
}

/// How far the input has brought us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// All input is taken; the end has not been seen.
    More,
    /// The end was seen after `consumed` bytes of this input. With `discarded` the message was not
    /// kept.
    End { consumed: usize, discarded: Option<Discard> },
}

/// Where in the grammar of lines the next byte stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// First byte of a line.
    Start,
    /// After a dot that opened a line.
    Dot,
    /// After CR that followed that dot.
    DotCr,
    /// Inside a line.
    Middle,
    /// After CR inside a line.
    Cr,
}

/// The state of one message. Give it every byte after 354, in any pieces.
#[derive(Debug)]
pub struct DataReader {
    place: Place,
    limit: usize,
    /// Octets of the line so far.
    line: usize,
    discard: Option<Discard>,
    discarded: u64,
}

impl DataReader {
    /// `limit`: largest message in octets, after the dots are taken off.
    pub fn new(limit: usize) -> Self {
        DataReader { place: Place::Start, limit, line: 0, discard: None, discarded: 0 }
    }

    /// From here on nothing is kept; the end is still looked for. The first reason stays.
    pub fn discard(&mut self, reason: Discard) {
        self.discard.get_or_insert(reason);
    }

    pub fn is_discarding(&self) -> bool {
        self.discard.is_some()
    }

    /// Takes bytes and appends the text of the message to `out`; never more bytes than `input` has.
    /// When the message will be refused, `out` is emptied.
    pub fn push(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<Progress, DataError> {
        if self.discard.is_some() {
            self.discarded = self.discarded.saturating_add(u64::try_from(input.len()).unwrap_or(u64::MAX));
            if self.discarded > MAX_DISCARDED {
                return Err(DataError::Endless);
            }
        }
        let mut at = 0usize;
        // Text goes to `out` in runs as long as possible; a run ends only where a dot is left out.
        let mut run = 0usize;
        while let Some(&byte) = input.get(at) {
            match self.place {
                Place::Start if byte == b'.' => {
                    self.keep(input.get(run..at), out);
                    at = at.saturating_add(1);
                    run = at;
                    self.place = Place::Dot;
                }
                Place::Start => self.place = Place::Middle,
                Place::Dot if byte == b'\r' => {
                    at = at.saturating_add(1);
                    self.place = Place::DotCr;
                }
                Place::Dot => self.place = Place::Middle,
                Place::DotCr if byte == b'\n' => {
                    let discarded = self.discard;
                    return Ok(Progress::End { consumed: at.saturating_add(1), discarded });
                }
                Place::Cr if byte == b'\n' => {
                    at = at.saturating_add(1);
                    self.end_line();
                }
                Place::DotCr | Place::Cr => return Err(DataError::BareLineEnd),
                Place::Middle => at = self.middle(input, at)?,
            }
        }
        // After a dot and its CR, no byte of this input belongs to the text.
        let text_end = if self.place == Place::DotCr { run } else { input.len() };
        self.keep(input.get(run..text_end), out);
        Ok(Progress::More)
    }

    /// Goes on inside a line to its end or to that of the input; gives the new position.
    fn middle(&mut self, input: &[u8], at: usize) -> Result<usize, DataError> {
        let rest = input.get(at..).unwrap_or_default();
        let Some(length) = memchr3(b'\r', b'\n', 0, rest) else {
            self.grow_line(rest.len());
            return Ok(input.len());
        };
        self.grow_line(length.saturating_add(2));
        match (rest.get(length), rest.get(length.saturating_add(1))) {
            (Some(b'\r'), Some(b'\n')) => self.end_line(),
            (Some(b'\r'), None) => {
                self.place = Place::Cr;
                return Ok(input.len());
            }
            _ => return Err(DataError::BareLineEnd),
        }
        Ok(at.saturating_add(length).saturating_add(2))
    }

    fn end_line(&mut self) {
        self.place = Place::Start;
        self.line = 0;
    }

    fn grow_line(&mut self, more: usize) {
        self.line = self.line.saturating_add(more);
        if self.line > MAX_LINE {
            self.discard(Discard::LineTooLong);
        }
    }

    fn keep(&mut self, run: Option<&[u8]>, out: &mut Vec<u8>) {
        let run = run.unwrap_or_default();
        if out.len().saturating_add(run.len()) > self.limit {
            self.discard(Discard::TooLarge);
        }
        if self.discard.is_none() {
            out.extend_from_slice(run);
        } else if out.capacity() > 0 {
            *out = Vec::new();
        }
    }
}

#[cfg(test)]
#[path = "data_tests.rs"]
mod tests;
