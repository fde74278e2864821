//! One finding: what kind, how sure, where. Never the value.

use std::ops::{Deref, Range};
use std::sync::Arc;

use super::category::{Category, Strength};
use crate::text::{Origin, OriginKind, Zone};

/// Where a person would look for it. The order is the order of precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Where {
    Filename,
    Attachment,
    Subject,
    Header,
    Quote,
    Html,
    Body,
}

impl Where {
    /// The first that fits: name, attachment, subject, header, quote, only in HTML, body.
    pub fn of(origin: &Origin, zone: Zone) -> Self {
        match origin.kind {
            OriginKind::Filename => Where::Filename,
            OriginKind::Attachment => Where::Attachment,
            OriginKind::Subject => Where::Subject,
            OriginKind::Header => Where::Header,
            _ if matches!(zone, Zone::Quote | Zone::Forward) => Where::Quote,
            OriginKind::Html => Where::Html,
            OriginKind::Body | OriginKind::Gap => Where::Body,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Where::Filename => "filename",
            Where::Attachment => "attachment",
            Where::Subject => "subject",
            Where::Header => "header",
            Where::Quote => "quote",
            Where::Html => "html",
            Where::Body => "body",
        }
    }
}

/// Name of a kind or a rule: the program's own, or of a list that was loaded. Costs nothing to hand on.
#[derive(Clone, Debug)]
pub enum Label {
    Own(&'static str),
    Loaded(Arc<str>),
}

impl Deref for Label {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Label::Own(name) => name,
            Label::Loaded(name) => name,
        }
    }
}

impl std::fmt::Display for Label {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self)
    }
}

#[derive(Clone, Debug)]
pub struct Finding {
    pub category: Category,
    /// Identifiers: the name used by the vectors (`fodselsnummer` …). Otherwise the lexicon's
    /// sub-list (`health.mental`).
    pub kind: Label,
    pub strength: Strength,
    /// Number of the view it was found in.
    pub view: usize,
    pub origin: Origin,
    pub zone: Zone,
    pub place_of_find: Where,
    /// In `normal` of the block of the view that it was found in, half-open; for linking.
    pub normal: Range<usize>,
    /// In the text that `check --text` prints for the part, half-open bytes.
    pub span: Range<usize>,
    /// Among its neighbours; for linking.
    pub spot: Spot,
    /// Identifiers: the first two digits, every other letter or digit `•`. Otherwise all `•`.
    pub masked: String,
    /// Id of the rule that fired.
    pub rule: Label,
    /// What raised or lowered the strength, as short words (`label`, `checksum`, `near-account`).
    pub reasons: Vec<&'static str>,
    /// What the audit and "same value again" use: a digest input that never leaves this process
    /// unkeyed. Empty for findings without a value of their own.
    pub identity: Identity,
}

/// What stands around a finding, told when all of its block has been read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spot {
    /// Numbers of the sentence and the paragraph in the block.
    pub sentence: usize,
    pub paragraph: usize,
    /// It is part of a term: `Lex Maria`, `Aspergers syndrom`.
    pub of_term: bool,
    /// A title stands at it: `rektor Anne Berg`.
    pub official: bool,
}

/// The normalised value of an identifier, kept only to be digested under a key or compared.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Identity(pub String);

/// Prints nothing of the value.
impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Identity({} bytes)", self.0.len())
    }
}
