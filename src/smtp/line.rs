//! Cuts a client's bytes into command lines.
//!
//! A line ends at CRLF and nowhere else. A bare CR, a bare LF or a NUL makes the position in the
//! stream uncertain and is fatal to the connection. A line over the limit is skipped to its CRLF and
//! reported once. Nothing is copied: a line is a range of the caller's buffer.

use std::ops::Range;

/// Octets of a command line with its CRLF; RFC 5321 section 4.5.3.1.4 says 512, parameters need more.
pub const MAX_LINE: usize = 1_024;

/// What the bytes at the start of the buffer are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// No whole line yet. The first `consumed` bytes belong to an over-long line and can be dropped.
    Incomplete { consumed: usize },
    /// One line; `line` is without its CRLF, `consumed` counts it.
    Line { line: Range<usize>, consumed: usize },
    /// The end of an over-long line.
    TooLong { consumed: usize },
}

/// A bare CR, a bare LF or a NUL in a command line. The client is at fault; nothing after it may be
/// read as a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("bare CR, bare LF or NUL in a command line")]
pub struct BareLineEnd;

/// Remembers what of the buffer has been looked at; the buffer stays with the caller, who drops the
/// `consumed` bytes before the next call.
#[derive(Debug, Default)]
pub struct LineReader {
    /// Bytes at the start of the buffer that hold no line end.
    scanned: usize,
    /// Inside a line that is already too long.
    skipping: bool,
}

impl LineReader {
    pub fn new() -> Self {
        Self::default()
    }

    /// Looks for one line at the start of `buffer`.
    pub fn next(&mut self, buffer: &[u8]) -> Result<Step, BareLineEnd> {
        let unseen = buffer.get(self.scanned..).unwrap_or_default();
        let Some(at) = memchr::memchr3(b'\r', b'\n', 0, unseen) else {
            return Ok(self.incomplete(buffer.len()));
        };
        let end = self.scanned.saturating_add(at);
        match (buffer.get(end), buffer.get(end.saturating_add(1))) {
            (Some(b'\r'), Some(b'\n')) => {}
            (Some(b'\r'), None) => return Ok(self.incomplete(end)),
            _ => return Err(BareLineEnd),
        }
        let consumed = end.saturating_add(2);
        let too_long = self.skipping || consumed > MAX_LINE;
        *self = LineReader::new();
        Ok(if too_long { Step::TooLong { consumed } } else { Step::Line { line: 0..end, consumed } })
    }

    /// `seen` bytes hold no line end. Those of a line that is too long are not kept.
    fn incomplete(&mut self, seen: usize) -> Step {
        if self.skipping || seen > MAX_LINE {
            *self = LineReader { scanned: 0, skipping: true };
            Step::Incomplete { consumed: seen }
        } else {
            self.scanned = seen;
            Step::Incomplete { consumed: 0 }
        }
    }
}

#[cfg(test)]
#[path = "line_tests.rs"]
mod tests;
