//! Replies: RFC 5321 section 4.2, enhanced codes RFC 3463 and RFC 2034.

use std::fmt;

/// `class.subject.detail`; the class must agree with the reply's first digit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EnhancedCode(pub u8, pub u16, pub u16);

/// One reply, ours or the next hop's.
#[derive(Clone, Debug, PartialEq, Eq)]
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
}

impl fmt::Display for EnhancedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}
