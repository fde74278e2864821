//! Private mail: the words by which its sender marks it, as data in `patterns/private.toml`, and the field
//! `Sensitivity` (RFC 2156 section 4.10.4).
//!
//! A mark says nothing about the verdict. It says who may look: nobody but the sender.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::Deserialize;

const FILE: &str = "builtin:private.toml";
const TEXT: &str = include_str!("../../patterns/private.toml");
const VERSION: u32 = 1;
/// The field that mail programs write, and its values that mean a private mail.
pub const FIELD: &str = "sensitivity";
const VALUES: [&str; 2] = ["private", "personal"];
const LANGUAGES: [&str; 4] = ["sv", "nb", "nn", "en"];
/// What mail programs put in front of the subject of an answer or a forwarded mail.
const PREFIXES: [&str; 9] = ["re", "fw", "fwd", "sv", "vs", "vb", "svar", "videresendt", "vidaresend"];
const BRACKETS: [(char, char); 3] = [('[', ']'), ('(', ')'), ('{', '}')];

/// The author of a file of words is at fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {reason}")]
pub struct PrivateMarksError {
    file: String,
    reason: String,
}

/// The words, in lower case, one space between two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivateMarks(BTreeSet<String>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: u32,
    words: BTreeMap<String, Vec<String>>,
    examples: Examples,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Examples {
    #[serde(rename = "match")]
    marked: Vec<String>,
    no_match: Vec<String>,
}

static SHIPPED: LazyLock<Result<PrivateMarks, PrivateMarksError>> =
    LazyLock::new(|| PrivateMarks(BTreeSet::new()).with(FILE, TEXT));

impl PrivateMarks {
    /// Those compiled in.
    pub fn builtin() -> Self {
        // The file is part of the binary, and a test parses it.
        match &*SHIPPED {
            Ok(marks) => marks.clone(),
            Err(error) => unreachable!("{error}"),
        }
    }

    /// Adds the words of a file, and holds them against its examples. `file` is its name, for errors.
    pub fn with(mut self, file: &str, text: &str) -> Result<Self, PrivateMarksError> {
        let fault = |reason: String| PrivateMarksError { file: file.to_owned(), reason };
        let written: Written = toml::from_str(text).map_err(|error| fault(error.to_string().trim_end().to_owned()))?;
        if written.version != VERSION {
            return Err(fault(format!("version: found {}; allowed: {VERSION}", written.version)));
        }
        for (language, words) in &written.words {
            if !LANGUAGES.contains(&language.as_str()) {
                return Err(fault(format!("words: found {language:?}; allowed: {}", LANGUAGES.join(", "))));
            }
            for word in words {
                let plain = spaced(word);
                if plain.is_empty() || !plain.chars().all(|c| c.is_alphanumeric() || " -".contains(c)) {
                    return Err(fault(format!(
                        "words.{language}: {word:?} is no word; allowed: letters, digits, - and spaces"
                    )));
                }
                self.0.insert(plain);
            }
        }
        let Examples { marked, no_match } = &written.examples;
        for (examples, expected, says) in [(marked, true, "is not marked"), (no_match, false, "is marked")] {
            if let Some(example) = examples.iter().find(|subject| self.is_in(subject) != expected) {
                return Err(fault(format!("examples: {example:?} {says}")));
            }
        }
        Ok(self)
    }

    /// Whether a mail with this decoded subject, and these values of [`FIELD`], is private.
    pub fn mark<'v>(&self, subject: Option<&str>, mut values: impl Iterator<Item = &'v str>) -> bool {
        subject.is_some_and(|subject| self.is_in(subject))
            || values.any(|value| VALUES.iter().any(|word| value.trim().eq_ignore_ascii_case(word)))
    }

    fn is_in(&self, subject: &str) -> bool {
        let subject = spaced(subject);
        let head = without_prefixes(&subject).trim_start_matches(|c: char| !c.is_alphanumeric());
        let leads = |word: &String| {
            head.strip_prefix(word.as_str()).is_some_and(|rest| {
                let mut rest = rest.chars();
                match rest.next() {
                    None => true,
                    // A space says nothing; what comes behind it does: `Privat - middag`, `Privat klinik`.
                    Some(' ') => rest.next().is_none_or(|c| !c.is_alphanumeric() && !BRACKETS.iter().any(|b| b.0 == c)),
                    // `private.txt` is a name, `Privat. Middag` is not.
                    Some('.') => rest.next().is_none_or(|c| !c.is_alphanumeric()),
                    Some('-' | '_' | '/' | '@') => false,
                    Some(c) => !c.is_alphanumeric(),
                }
            })
        };
        let enclosed = |word: &String| {
            BRACKETS.iter().any(|(open, close)| {
                subject
                    .split(*open)
                    .skip(1)
                    .any(|rest| rest.split(*close).next().is_some_and(|inside| inside.trim() == word))
            })
        };
        self.0.iter().any(|word| leads(word) || enclosed(word))
    }
}

/// In lower case, with single spaces.
fn spaced(text: &str) -> String {
    text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The subject behind every `re:`, `re[2]:`, `sv:`.
fn without_prefixes(subject: &str) -> &str {
    let mut rest = subject;
    while let Some((before, after)) = rest.split_once(':') {
        let word = before.split(['[', '(']).next().unwrap_or(before).trim();
        let counted = before.trim()[word.len()..].chars().all(|c| c.is_ascii_digit() || "[]() ".contains(c));
        if !(PREFIXES.contains(&word) && counted) {
            break;
        }
        rest = after.trim_start();
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(subject: &str) -> bool {
        PrivateMarks::builtin().mark(Some(subject), std::iter::empty())
    }

    #[test]
    fn the_words_compiled_in_prove_themselves() {
        assert!(PrivateMarks(BTreeSet::new()).with(FILE, TEXT).is_ok());
    }

    #[test]
    fn a_mark_stands_at_the_head_or_in_brackets() {
        for (subject, expected) in [
            ("privat", true),
            ("SV: Re: privat, till dig", true),
            ("Privat – middag", true),
            ("möte (privat)", true),
            ("möte ( Privat )", true),
            ("Privat (barn)", false),
            ("möte (privat klinik)", false),
            ("Privatskola: ansökan", false),
            ("privat@post.example", false),
            ("Om privat: regler", false),
            ("re privat", false),
            (":", false),
            ("[", false),
            ("Re[: privat", true),
        ] {
            assert_eq!(marked(subject), expected, "{subject:?}");
        }
    }

    #[test]
    fn the_field_counts_by_its_value() {
        let by = |value: &str| PrivateMarks::builtin().mark(None, std::iter::once(value));
        for (value, expected) in
            [("Private", true), (" personal ", true), ("Company-Confidential", false), ("normal", false), ("", false)]
        {
            assert_eq!(by(value), expected, "{value:?}");
        }
    }

    #[test]
    fn a_file_adds_words_and_its_faults_are_named() {
        let file = |words: &str, examples: &str| format!("version = 1\n[words]\n{words}\n[examples]\n{examples}\n");
        let none = "match = []\nno_match = []";
        let own = PrivateMarks::builtin()
            .with("own", &file("sv = [\"Eget ärende\"]", "match = [\"Eget ärende: x\"]\nno_match = []"));
        assert!(own.unwrap().mark(Some("eget  ärende"), std::iter::empty()));
        for (text, expected) in [
            (file("da = [\"x\"]", none), "found \"da\""),
            (file("sv = [\"a:b\"]", none), "is no word"),
            (file("sv = [\" \"]", none), "is no word"),
            (file("sv = []", "match = [\"x\"]\nno_match = []"), "\"x\" is not marked"),
            (file("sv = []", "match = []\nno_match = [\"privat\"]"), "\"privat\" is marked"),
            (file("sv = []", none).replace("= 1", "= 2"), "version: found 2"),
            ("words = 1".to_owned(), "own: "),
        ] {
            let error = PrivateMarks::builtin().with("own", &text).unwrap_err().to_string();
            assert!(error.contains(expected), "{expected} not in {error}");
        }
    }
}
