//! Paths of the envelope: RFC 5321 section 4.1.2, RFC 6531 section 3.3.
//!
//! The raw text between the angle brackets is kept verbatim for the next hop; the parsed halves are
//! for comparison only. Source routes, control bytes and over-long parts are refused here.

use std::fmt;

/// A mailbox, `local-part@domain`, as given and as compared.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Mailbox {
    raw: String,
    local: String,
    domain: String,
}

impl Mailbox {
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

/// `RCPT TO:<…>`; bare `<postmaster>` is a mailbox with an empty domain.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ForwardPath(pub Mailbox);
