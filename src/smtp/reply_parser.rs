//! Reads a next hop's replies, bounded, from any split of the bytes.
//!
//! Everything a server must not do is an error, and every error means the same to the caller: this
//! connection makes no sense any more, nothing that was asked on it has a known answer.

use super::reply::printable;
use super::{EnhancedCode, Reply};

/// Octets of a line with its CRLF. RFC 5321 section 4.5.3.1.5 says 512; servers do send more.
const MAX_LINE: usize = 2_048;
/// Lines of one reply. The longest EHLO replies in the field have about 25.
const MAX_LINES: usize = 100;

/// What a server sent is not a reply. The next hop is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplyError {
    #[error("reply line longer than {MAX_LINE} octets")]
    LineTooLong,
    #[error("reply of more than {MAX_LINES} lines")]
    TooManyLines,
    #[error("bare CR, bare LF or NUL in a reply")]
    BareLineEnd,
    #[error("reply does not start with a code from 200 to 599")]
    Code,
    #[error("reply codes differ between the lines of one reply")]
    CodesDiffer,
}

/// One reply at a time; ready for the next after each that it gave.
#[derive(Debug, Default)]
pub struct ReplyParser {
    /// The line so far, without its CRLF unless only the LF is missing.
    line: Vec<u8>,
    /// Lines of this reply that are complete.
    reply: Option<Reply>,
}

impl ReplyParser {
    pub fn new() -> Self {
        Self::default()
    }

    /// True between two replies: nothing of a next one has been seen.
    pub fn is_idle(&self) -> bool {
        self.line.is_empty() && self.reply.is_none()
    }

    /// Takes bytes in the order they came. Gives the reply and how many of *these* bytes belong to
    /// it, or `None` when all were taken and more are needed. After an error the parser is of no
    /// further use.
    pub fn push(&mut self, input: &[u8]) -> Result<Option<(Reply, usize)>, ReplyError> {
        let mut consumed = 0usize;
        while let Some(rest) = input.get(consumed..).filter(|rest| !rest.is_empty()) {
            let end = memchr::memchr(b'\n', rest);
            let taken = end.map_or(rest.len(), |at| at.saturating_add(1));
            self.line.extend_from_slice(rest.get(..taken).unwrap_or_default());
            consumed = consumed.saturating_add(taken);
            if self.line.len() > MAX_LINE {
                return Err(ReplyError::LineTooLong);
            }
            if end.is_none() {
                break;
            }
            let line = std::mem::take(&mut self.line);
            if let Some(reply) = self.line(&line)? {
                return Ok(Some((reply, consumed)));
            }
        }
        Ok(None)
    }

    /// Takes one line with its LF; the whole reply when it was the last.
    fn line(&mut self, line: &[u8]) -> Result<Option<Reply>, ReplyError> {
        let line = line.strip_suffix(b"\r\n").ok_or(ReplyError::BareLineEnd)?;
        if memchr::memchr2(b'\r', 0, line).is_some() {
            return Err(ReplyError::BareLineEnd);
        }
        let (code, rest) = code(line)?;
        let (last, text) = match rest.split_first() {
            None => (true, rest),
            Some((b' ', text)) => (true, text),
            Some((b'-', text)) => (false, text),
            Some(_) => return Err(ReplyError::Code),
        };
        let (enhanced, text) = enhanced(code, text);
        let reply = match self.reply.take() {
            None => Reply { code, enhanced, lines: vec![printable(text)] },
            Some(so_far) if so_far.code != code => return Err(ReplyError::CodesDiffer),
            Some(so_far) if so_far.lines.len() >= MAX_LINES => return Err(ReplyError::TooManyLines),
            Some(mut so_far) => {
                so_far.lines.push(printable(text));
                so_far.enhanced = so_far.enhanced.or(enhanced);
                so_far
            }
        };
        if last {
            return Ok(Some(reply));
        }
        self.reply = Some(reply);
        Ok(None)
    }
}

/// Three digits, 200 to 599. 1xx is not used in SMTP (RFC 5321 section 4.2.1).
fn code(line: &[u8]) -> Result<(u16, &[u8]), ReplyError> {
    let (digits, rest) = line.split_at_checked(3).ok_or(ReplyError::Code)?;
    let text = std::str::from_utf8(digits).map_err(|_| ReplyError::Code)?;
    let code = text.parse::<u16>().map_err(|_| ReplyError::Code)?;
    if digits.iter().all(u8::is_ascii_digit) && (200..600).contains(&code) {
        Ok((code, rest))
    } else {
        Err(ReplyError::Code)
    }
}

/// Splits off an enhanced code (RFC 2034 section 4). One whose class contradicts the reply is text.
fn enhanced(code: u16, text: &[u8]) -> (Option<EnhancedCode>, &[u8]) {
    let end = memchr::memchr(b' ', text).unwrap_or(text.len());
    let (word, rest) = text.split_at_checked(end).unwrap_or((text, &[]));
    let parsed = std::str::from_utf8(word).ok().and_then(parse_enhanced);
    match parsed {
        Some(enhanced) if u16::from(enhanced.0) == code / 100 => {
            (Some(enhanced), rest.strip_prefix(b" ").unwrap_or(rest))
        }
        _ => (None, text),
    }
}

fn parse_enhanced(word: &str) -> Option<EnhancedCode> {
    let mut numbers = word.split('.').map(|digits| {
        let shape = (1..=3).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        if shape { digits.parse::<u16>().ok() } else { None }
    });
    let class = u8::try_from(numbers.next()??).ok().filter(|class| matches!(class, 2 | 4 | 5))?;
    let code = EnhancedCode(class, numbers.next()??, numbers.next()??);
    if numbers.next().is_none() { Some(code) } else { None }
}
