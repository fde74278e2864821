//! Paths of the envelope: RFC 5321 section 4.1.2, RFC 6531 section 3.3.
//!
//! The raw text between the angle brackets is kept verbatim for the next hop; the parsed halves are
//! for comparison only. Source routes, control bytes and over-long parts are refused here. The
//! grammar itself is in `path.rs`.

use std::fmt;

use super::path;

/// A mailbox, `local-part@domain`, as given and as compared.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Mailbox {
    raw: String,
    local: String,
    domain: String,
}

/// Why a text is not a path. The client is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    #[error("angle brackets missing or not closed")]
    Brackets,
    #[error("control character, space or other character that must be quoted")]
    Character,
    #[error("no local part")]
    Local,
    #[error("domain missing or malformed")]
    Domain,
    #[error("address too long")]
    TooLong,
    #[error("source routes are not accepted")]
    SourceRoute,
}

impl Mailbox {
    /// Parses `local-part@domain` without angle brackets.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        path::mailbox(text)
    }

    /// Builds a mailbox from halves that the grammar has already checked.
    ///
    /// `raw` is the text as given, `local` the unquoted local part in its own case, `domain` in lower
    /// case and as A-labels (or an address literal with its brackets; empty for bare `postmaster`).
    pub(crate) fn from_checked(raw: String, local: String, domain: String) -> Self {
        Mailbox { raw, local, domain }
    }

    /// The text between the angle brackets, verbatim.
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// Local part without quoting, in the case it was written in.
    pub fn local(&self) -> &str {
        &self.local
    }

    /// Domain in lower case A-labels; empty for `<postmaster>`.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// False when the address can only travel with SMTPUTF8.
    pub fn is_ascii(&self) -> bool {
        self.raw.is_ascii()
    }
}

/// Prints nothing of the address: it may name a person.
impl fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mailbox({} bytes)", self.raw.len())
    }
}

/// `MAIL FROM:<…>`; the null path is that of notices, bounces and calendar replies.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ReversePath {
    Null,
    Mailbox(Mailbox),
}

impl ReversePath {
    /// Parses `<…>` at the start of `text`; also gives what follows the closing bracket.
    pub fn parse(text: &str) -> Result<(Self, &str), PathError> {
        let (inner, rest) = path::bracketed(text)?;
        let parsed = if inner.is_empty() { ReversePath::Null } else { ReversePath::Mailbox(path::mailbox(inner)?) };
        Ok((parsed, rest))
    }

    pub fn mailbox(&self) -> Option<&Mailbox> {
        match self {
            ReversePath::Null => None,
            ReversePath::Mailbox(mailbox) => Some(mailbox),
        }
    }

    /// With its angle brackets, byte for byte as it came.
    pub fn to_wire(&self) -> String {
        format!("<{}>", self.mailbox().map_or("", Mailbox::raw))
    }

    /// False when the path can only travel with SMTPUTF8.
    pub fn is_ascii(&self) -> bool {
        self.mailbox().is_none_or(Mailbox::is_ascii)
    }
}

/// `RCPT TO:<…>`; bare `<postmaster>` is a mailbox with an empty domain.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ForwardPath(pub Mailbox);

impl ForwardPath {
    /// Parses `<…>` at the start of `text`; also gives what follows the closing bracket.
    pub fn parse(text: &str) -> Result<(Self, &str), PathError> {
        let (inner, rest) = path::bracketed(text)?;
        Ok((ForwardPath(path::recipient(inner)?), rest))
    }

    /// With its angle brackets, byte for byte as it came.
    pub fn to_wire(&self) -> String {
        format!("<{}>", self.0.raw())
    }

    /// The same with `suffix` (`.secure.example`) behind the domain, as gateways ask for it.
    ///
    /// # Errors
    /// When that is no path: bare `postmaster`, an address literal, one that is too long by it.
    pub fn with_suffix(&self, suffix: &str) -> Result<ForwardPath, PathError> {
        if self.0.domain().is_empty() || self.0.domain().starts_with('[') {
            return Err(PathError::Domain);
        }
        path::mailbox(&format!("{}{suffix}", self.0.raw())).map(ForwardPath)
    }

    /// False when the path can only travel with SMTPUTF8.
    pub fn is_ascii(&self) -> bool {
        self.0.is_ascii()
    }
}

#[cfg(test)]
#[path = "address_tests.rs"]
mod tests;
