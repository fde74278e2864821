//! What can be wrong with a pattern file. The fault is always the file's author's; the message names
//! file, line and reason, and the whole set is refused.

use std::fmt;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {fault}")]
pub struct PatternError {
    /// As given to the loader; `builtin:` before a compiled-in one.
    pub file: String,
    /// 1-based; 0 when the file as a whole is meant.
    pub line: usize,
    pub fault: Fault,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    Unreadable(String),
    NotUtf8,
    FileTooLarge {
        limit: usize,
    },
    TooManyFiles {
        limit: usize,
    },
    TooManyTerms {
        limit: usize,
    },
    MissingHeader(&'static str),
    UnknownDirective(String),
    UnknownCategory(String),
    UnknownPurpose(String),
    UnknownLanguage(String),
    BadVersion(String),
    BadListId(String),
    BadSwitch(String),
    EmptyTerm,
    TermTooShort(String),
    TermTooLong {
        limit: usize,
    },
    TooManySpellings {
        term: String,
        limit: usize,
    },
    DuplicateTerm(String),
    DuplicateList(String),
    BadRegex {
        id: String,
        reason: String,
    },
    DuplicateRegex(String),
    BadAmbiguity,
    /// A `match` example in which the list finds nothing.
    ExampleNotMatched,
    /// A `no_match` example in which the list finds something.
    ExampleMatched {
        term: String,
    },
    /// The tables could not be built.
    Unbuildable(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Unreadable(reason) => write!(f, "cannot be read: {reason}"),
            Fault::NotUtf8 => f.write_str("is not UTF-8"),
            Fault::FileTooLarge { limit } => write!(f, "is larger than {limit} bytes"),
            Fault::TooManyFiles { limit } => write!(f, "the folder holds more than {limit} pattern files"),
            Fault::TooManyTerms { limit } => write!(f, "the set holds more than {limit} terms"),
            Fault::MissingHeader(what) => write!(f, "`{what}` must come before the first term"),
            Fault::UnknownDirective(word) => write!(
                f,
                "`{word}` is not known; allowed are list, version, category, purpose, compounds, match, no_match, regex, amb \
                 and the languages sv: nb: nn: en: int:"
            ),
            Fault::UnknownCategory(word) => write!(f, "`{word}` is not a category"),
            Fault::UnknownPurpose(word) => write!(f, "`{word}` is not a purpose"),
            Fault::UnknownLanguage(word) => {
                write!(f, "`{word}` is not a language; allowed are sv, nb, nn, en, int")
            }
            Fault::BadVersion(word) => write!(f, "version `{word}` is not a whole number above 0"),
            Fault::BadListId(word) => {
                write!(f, "list id `{word}` must be lower-case words joined by dots, like health.mental")
            }
            Fault::BadSwitch(word) => write!(f, "`{word}` is neither on nor off"),
            Fault::EmptyTerm => f.write_str("an empty term"),
            Fault::TermTooShort(term) => write!(f, "term `{term}` is too short to be matched"),
            Fault::TermTooLong { limit } => write!(f, "a term is longer than {limit} characters"),
            Fault::TooManySpellings { term, limit } => {
                write!(f, "term `{term}` has more than {limit} spellings")
            }
            Fault::DuplicateTerm(term) => write!(f, "term `{term}` stands twice in this list and language"),
            Fault::DuplicateList(id) => write!(f, "list id `{id}` is used by another file of the set"),
            Fault::BadRegex { id, reason } => write!(f, "regex `{id}`: {reason}"),
            Fault::DuplicateRegex(id) => write!(f, "regex id `{id}` stands twice in this list"),
            Fault::BadAmbiguity => {
                f.write_str("expected `amb <language>: word | sense | innocent cues | personal cues`")
            }
            Fault::ExampleNotMatched => f.write_str("the list finds nothing in this `match` example"),
            Fault::ExampleMatched { term } => {
                write!(f, "the list finds `{term}` in this `no_match` example")
            }
            Fault::Unbuildable(reason) => write!(f, "the set cannot be compiled: {reason}"),
        }
    }
}
