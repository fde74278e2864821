//! Replies: RFC 5321 section 4.2, enhanced codes RFC 3463 and RFC 2034.
//!
//! Our replies become bytes here, through one escaping function; a next hop's replies are read by
//! [`ReplyParser`].

use std::fmt;

pub use super::reply_parser::{ReplyError, ReplyParser};

/// Octets of a reply line with its CRLF, RFC 5321 section 4.5.3.1.5.
const MAX_LINE: usize = 512;

/// `class.subject.detail`; the class must agree with the reply's first digit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EnhancedCode(pub u8, pub u16, pub u16);

/// One reply, ours or the next hop's.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    /// 200 to 599.
    pub code: u16,
    pub enhanced: Option<EnhancedCode>,
    /// Text of each line, printable, without code and enhanced code. At least one.
    pub lines: Vec<String>,
}

impl Reply {
    pub fn new(code: u16, enhanced: Option<EnhancedCode>, text: impl Into<String>) -> Self {
        Reply { code, enhanced, lines: vec![text.into()] }
    }

    pub fn is_positive(&self) -> bool {
        self.code / 100 == 2
    }

    pub fn is_transient(&self) -> bool {
        self.code / 100 == 4
    }

    pub fn is_permanent(&self) -> bool {
        self.code / 100 == 5
    }

    /// Gives the reply an enhanced code when it has none and may have one: `fallback` if its class
    /// agrees with the reply's, else `class.0.0` (RFC 3463 section 3.1, "other undefined").
    #[must_use]
    pub fn or_enhanced(mut self, fallback: EnhancedCode) -> Self {
        let class = u8::try_from(self.code / 100).unwrap_or_default();
        if self.enhanced.is_none() && matches!(class, 2 | 4 | 5) {
            self.enhanced = Some(if fallback.0 == class { fallback } else { EnhancedCode(class, 0, 0) });
        }
        self
    }

    /// Appends the reply as bytes, every line with code and enhanced code, cut at 512 octets.
    pub fn write_to(&self, out: &mut Vec<u8>) {
        let mut lines = self.lines.iter().peekable();
        let enhanced = self.enhanced.map(|code| format!("{code} ")).unwrap_or_default();
        loop {
            let text = lines.next().map_or("", String::as_str);
            let last = lines.peek().is_none();
            let mut line = format!("{}{}{enhanced}", self.code, if last { ' ' } else { '-' });
            line.push_str(&printable(text.as_bytes()));
            // printable() leaves ASCII only, so any cut is on a character
            line.truncate(MAX_LINE.saturating_sub(2));
            out.extend_from_slice(line.trim_end().as_bytes());
            out.extend_from_slice(b"\r\n");
            if last {
                return;
            }
        }
    }

    pub fn to_wire(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64);
        self.write_to(&mut out);
        out
    }
}

/// The one place where foreign text is made fit for a reply: printable ASCII stays, each other byte
/// becomes `?`, so that nothing of it can end a line or drive a terminal.
pub fn printable(text: &[u8]) -> String {
    text.iter().map(|&byte| if matches!(byte, b' '..=b'~') { char::from(byte) } else { '?' }).collect()
}

/// Prints codes, not the text: next hops quote addresses in it.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reply({}", self.code)?;
        if let Some(enhanced) = self.enhanced {
            write!(f, " {enhanced}")?;
        }
        write!(f, ", {} lines)", self.lines.len())
    }
}

impl fmt::Display for EnhancedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

#[cfg(test)]
#[path = "reply_tests.rs"]
mod tests;
