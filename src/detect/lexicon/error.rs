//! What can be wrong with pattern files. The fault is always the file's author's; each names file, line
//! and reason, and the whole set is refused.

use std::fmt;

use super::purpose::Use;
use crate::detect::Category;

/// Faults that are told at once; after these many the rest is left unread.
pub const MAX_FAULTS: usize = 20;
/// Characters of a word that a message repeats.
const MAX_SHOWN: usize = 60;
/// A word is near another when no more than this share of it differs.
const NEAR: f64 = 0.6;

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{}{fault}", Line(*line))]
pub struct PatternError {
    /// As given to the loader; `builtin:` before a compiled-in one.
    pub file: String,
    /// 1-based; 0 when the file as a whole is meant.
    pub line: usize,
    pub fault: Fault,
}

/// `4: `, or a blank for the file as a whole.
struct Line(usize);

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str(" "),
            line => write!(f, "{line}: "),
        }
    }
}

/// All that is wrong with a set: at least one fault.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults(pub Vec<PatternError>);

impl Faults {
    /// Whether there is no use in reading on.
    pub fn enough(&self) -> bool {
        self.0.len() >= MAX_FAULTS
    }

    pub fn add(&mut self, file: &str, line: usize, fault: Fault) {
        self.0.push(PatternError { file: file.to_owned(), line, fault });
    }

    /// `Ok` when there are none.
    pub fn none_or(self) -> Result<(), Faults> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl std::error::Error for Faults {}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, fault) in self.0.iter().take(MAX_FAULTS).enumerate() {
            let apart = if number == 0 { "" } else { "\n" };
            write!(f, "{apart}{fault}")?;
        }
        if self.enough() {
            f.write_str("\nthere may be more: the rest was not read")?;
        }
        Ok(())
    }
}

/// Something that is no fault, but that the author of a file may not have meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    pub file: String,
    /// 1-based; 0 when the file as a whole is meant.
    pub line: usize,
    pub text: String,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}{}", self.file, Line(self.line), self.text)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    Unreadable(String),
    /// A device, a pipe, a socket.
    NotAFile,
    NotUtf8 {
        byte: u8,
    },
    Utf16,
    /// A character that nobody sees, or that no text file has.
    Invisible(char),
    FileTooLarge {
        limit: usize,
    },
    SetTooLarge {
        limit: usize,
    },
    TooManyFiles {
        limit: usize,
    },
    TooDeep {
        limit: usize,
    },
    /// A link leads back to a folder above it.
    Loop,
    UnknownFolder {
        word: String,
        near: Option<String>,
    },
    UnknownFile {
        word: String,
        near: Option<String>,
        allowed: &'static str,
    },
    TooManyTerms {
        limit: usize,
    },
    MissingHeader(&'static str),
    RepeatedHeader(&'static str),
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
    /// What a term of this purpose must be.
    BadTerm {
        term: String,
        must: &'static str,
    },
    DuplicateTerm(String),
    DuplicateList(String),
    BadRegex {
        id: String,
        reason: String,
    },
    DuplicateRegex(String),
    TooManyRegexes {
        limit: usize,
    },
    BadAmbiguity,
    /// Regular expressions and `amb` lines belong to the lexicon alone.
    NotHere(&'static str),
    /// `extends` names no list of terms.
    UnknownList {
        id: String,
        near: Option<String>,
    },
    /// A list that extends the one it would replace.
    ExtendsItself,
    /// `remove` without `extends`.
    RemovesFromNothing,
    /// The list that is extended is for something else.
    OtherPurpose {
        id: String,
    },
    /// Nothing to remove.
    NoSuchTerm {
        term: String,
        list: String,
        near: Option<String>,
    },
    /// A `match` example in which the list finds nothing.
    ExampleNotMatched,
    /// A `no_match` example in which the list finds something.
    ExampleMatched {
        term: String,
    },
    /// A term that an extended list's own `no_match` example forbids.
    ForbiddenByExample {
        term: String,
        list: String,
        line: usize,
    },
    /// A table that is not TOML, or not of its shape.
    BadTable(String),
    /// The tables could not be built.
    Unbuildable(String),
}

/// A word as a message repeats it.
fn shown(word: &str) -> String {
    let mut short: String = word.chars().take(MAX_SHOWN).map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect();
    if short.len() < word.len() {
        short.push('…');
    }
    short
}

/// The known word that one was meant to be.
pub fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let word: String = word.chars().take(MAX_SHOWN).collect::<String>().to_lowercase();
    let likeness = |k: &&str| strsim::normalized_damerau_levenshtein(&word, &k.to_lowercase());
    known
        .into_iter()
        .map(|k| (likeness(&k), k))
        .filter(|(likeness, _)| *likeness >= NEAR)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, k)| k)
}

/// The nearest known word, as the end of a sentence.
fn perhaps(near: Option<&str>) -> String {
    near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default()
}

/// The same, and what is allowed behind it.
fn perhaps_of(near: Option<&str>, allowed: &str) -> String {
    match near {
        Some(near) => format!("; did you mean `{near}`? Allowed: {allowed}"),
        None => format!("; allowed: {allowed}"),
    }
}

const FOLDERS: &str = "lexicon, casework, general, ambiguous, labels, names, own, business, profiles, notices";
const DIRECTIVES: [&str; 10] =
    ["list", "version", "category", "purpose", "extends", "compounds", "remove", "match", "no_match", "regex"];

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Unreadable(reason) => write!(f, "cannot be read: {reason}"),
            Fault::NotAFile => f.write_str("is neither a file nor a folder"),
            Fault::NotUtf8 { byte } => {
                write!(f, "is not UTF-8: byte {byte:#04x} (å ä ö æ ø in an old encoding?); save the file as UTF-8")
            }
            Fault::Utf16 => f.write_str("is UTF-16; save the file as UTF-8"),
            Fault::Invisible(c) => write!(
                f,
                "holds the invisible character U+{:04X}; write the line anew instead of pasting it",
                u32::from(*c)
            ),
            Fault::FileTooLarge { limit } => write!(f, "is larger than {limit} bytes"),
            Fault::SetTooLarge { limit } => write!(f, "the files of the folder are larger than {limit} bytes together"),
            Fault::TooManyFiles { limit } => write!(f, "the folder holds more than {limit} pattern files"),
            Fault::TooDeep { limit } => write!(f, "folders lie more than {limit} deep in each other"),
            Fault::Loop => f.write_str("is a link that leads back to a folder above it"),
            Fault::UnknownFolder { word, near } => {
                write!(f, "`{}` is not a folder of patterns{}", shown(word), perhaps_of(near.as_deref(), FOLDERS))
            }
            Fault::UnknownFile { word, near, allowed } => {
                write!(f, "`{}` is not read{}", shown(word), perhaps_of(near.as_deref(), allowed))
            }
            Fault::TooManyTerms { limit } => write!(f, "the set holds more than {limit} terms"),
            Fault::MissingHeader(what) => write!(f, "{what} must come before the first term"),
            Fault::RepeatedHeader(what) => write!(f, "`{what}` stands twice; a file holds one list"),
            Fault::UnknownDirective(word) => write!(
                f,
                "a line cannot begin with `{}`{}",
                shown(word),
                perhaps_of(
                    nearest(word, DIRECTIVES),
                    &format!("{}, amb, # and the languages sv: nb: nn: en: int:", DIRECTIVES.join(", "))
                )
            ),
            Fault::UnknownCategory(word) => {
                let known: Vec<&str> =
                    Category::ALL.into_iter().filter(|c| c.is_circumstance()).map(Category::as_str).collect();
                let near = nearest(word, known.iter().copied());
                write!(f, "`{}` is not a category{}", shown(word), perhaps_of(near, &known.join(", ")))
            }
            Fault::UnknownPurpose(word) => {
                let known: Vec<&str> = Use::words().collect();
                let near = nearest(word, known.iter().copied());
                write!(f, "`{}` is not a purpose{}", shown(word), perhaps_of(near, &known.join(", ")))
            }
            Fault::UnknownLanguage(word) => {
                write!(f, "`{}` is not a language; allowed are sv, nb, nn, en, int", shown(word))
            }
            Fault::BadVersion(word) => write!(f, "version `{}` is not a whole number above 0", shown(word)),
            Fault::BadListId(word) => write!(
                f,
                "`{}` is no name for a list; allowed are lower-case letters a-z, digits, _ and -, in words joined by dots, \
                 like health.mental",
                shown(word)
            ),
            Fault::BadSwitch(word) => write!(f, "`{}` is neither on nor off", shown(word)),
            Fault::EmptyTerm => f.write_str("an empty term: nothing between two `;`"),
            Fault::TermTooShort(term) => write!(f, "term `{}` is too short to be matched", shown(term)),
            Fault::TermTooLong { limit } => write!(f, "a term is longer than {limit} characters"),
            Fault::TooManySpellings { term, limit } => {
                write!(f, "term `{}` has more than {limit} spellings", shown(term))
            }
            Fault::BadTerm { term, must } => write!(f, "`{}` must be {must}", shown(term)),
            Fault::DuplicateTerm(term) => write!(f, "term `{}` stands twice in this list and language", shown(term)),
            Fault::DuplicateList(id) => write!(f, "the name `{}` is used by another file of the folder", shown(id)),
            Fault::BadRegex { id, reason } => write!(f, "regex `{}`: {reason}", shown(id)),
            Fault::DuplicateRegex(id) => write!(f, "regex `{}` stands twice in this list", shown(id)),
            Fault::TooManyRegexes { limit } => {
                write!(
                    f,
                    "the set holds more than {limit} regular expressions; each is looked for by itself in every text"
                )
            }
            Fault::BadAmbiguity => {
                f.write_str("expected `amb <language>: word | sense | innocent cues | personal cues`")
            }
            Fault::NotHere(word) => write!(f, "`{word}` has no place in a list of this purpose"),
            Fault::UnknownList { id, near } => {
                write!(f, "there is no list of terms `{}` to extend{}", shown(id), perhaps(near.as_deref()))
            }
            Fault::ExtendsItself => f.write_str(
                "a list cannot extend itself: give it a name of its own, one of the same name would replace the other",
            ),
            Fault::RemovesFromNothing => f.write_str("`remove` needs a line `extends` above it, with the list's name"),
            Fault::OtherPurpose { id } => write!(
                f,
                "the list `{}` is of another category or purpose; leave the line out, it follows the list",
                shown(id)
            ),
            Fault::NoSuchTerm { term, list, near } => {
                write!(f, "`{}` does not stand in `{}`{}", shown(term), shown(list), perhaps(near.as_deref()))
            }
            Fault::ExampleNotMatched => f.write_str("the list finds nothing in this `match` example"),
            Fault::ExampleMatched { term } => {
                write!(f, "the list finds `{}` in this `no_match` example", shown(term))
            }
            Fault::ForbiddenByExample { term, list, line } => write!(
                f,
                "`{}` is found in what `{}` must not find: its `no_match` example on line {line}",
                shown(term),
                shown(list)
            ),
            Fault::BadTable(reason) => f.write_str(reason),
            Fault::Unbuildable(reason) => write!(f, "the set cannot be compiled: {reason}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_known_word_is_offered() {
        for (word, near) in [("lexikon", Some("lexicon")), ("Casework", Some("casework")), ("xyz", None)] {
            assert_eq!(nearest(word, ["lexicon", "casework", "labels"]), near, "{word}");
        }
    }

    #[test]
    fn a_long_or_broken_word_is_repeated_in_part() {
        let text = Fault::UnknownDirective(format!("a\u{1b}{}", "b".repeat(1000))).to_string();
        assert!(text.len() < 400 && !text.contains('\u{1b}'), "{text}");
    }
}
