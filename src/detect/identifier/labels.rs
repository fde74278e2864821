//! Label words around a number: what is written beside it says what it is.
//!
//! The words are data (`patterns/labels/*.toml`), compiled in. Matching is done on a folded copy of
//! a bounded piece of text: lower-case ASCII letters, digits, single spaces and line ends.

use std::collections::HashSet;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use serde::Deserialize;

use super::fold::fold;

const FILES: [(&str, &str); 2] = [
    ("identity.toml", include_str!("../../../patterns/labels/identity.toml")),
    ("other-numbers.toml", include_str!("../../../patterns/labels/other-numbers.toml")),
];

/// What a label says the number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// A person's number of any register.
    Identity,
    /// The last digits of one, the date being told apart.
    LastDigits,
    /// `dnr`: Norwegian D-number, in Swedish the number of a case.
    DNumber,
    Duf,
    HelpNumber,
    Reserve,
    Cpr,
    Hetu,
    Kennitala,
    Account,
    Reference,
    /// A reference of the writer's or the reader's.
    Mark,
    Giro,
    Invoice,
    Order,
    /// The number of a customer or member, which often is the person's own.
    Customer,
    Phone,
    Organisation,
    Case,
    Tracking,
    Serial,
    Time,
    Amount,
}

impl Role {
    /// A label of a person's number.
    pub fn is_identity(self) -> bool {
        matches!(
            self,
            Role::Identity
                | Role::LastDigits
                | Role::DNumber
                | Role::Duf
                | Role::HelpNumber
                | Role::Reserve
                | Role::Cpr
                | Role::Hetu
                | Role::Kennitala
        )
    }

    /// Whether numbers behind the label look like a person's number with right check digits. A case is
    /// numbered by year, and a customer is often known by the person's own number.
    pub fn has_such_numbers(self) -> bool {
        !matches!(self, Role::Case | Role::DNumber | Role::Customer)
    }

    /// Every number behind the label passes one of a person's checks: accounts and payment references.
    pub fn shares_the_check(self) -> bool {
        matches!(self, Role::Account | Role::Reference)
    }

    /// The word among a finding's reasons when the label speaks against it.
    pub fn against(self) -> &'static str {
        match self {
            Role::Account => "near-account",
            Role::Reference | Role::Mark => "near-reference",
            Role::Giro => "near-giro",
            Role::Invoice => "near-invoice",
            Role::Order => "near-order",
            Role::Customer => "near-customer",
            Role::Phone => "near-phone",
            Role::Organisation => "near-organisation",
            Role::Case | Role::DNumber => "near-case",
            Role::Tracking => "near-tracking",
            Role::Serial => "near-serial",
            Role::Time => "near-time",
            Role::Amount => "near-amount",
            Role::Identity
            | Role::LastDigits
            | Role::Duf
            | Role::HelpNumber
            | Role::Reserve
            | Role::Cpr
            | Role::Hetu
            | Role::Kennitala => "other-register",
        }
    }
}

/// A label in a folded text.
#[derive(Clone, Copy, Debug)]
pub struct Hit {
    pub role: Role,
    /// Counts only with nothing but punctuation between it and the number.
    pub adjacent: bool,
    /// In the folded text.
    pub start: usize,
    pub end: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    label: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    role: Role,
    #[serde(default)]
    words: Vec<String>,
    #[serde(default)]
    adjacent: Vec<String>,
}

#[derive(Clone, Copy)]
struct Word {
    role: Role,
    adjacent: bool,
    any_start: bool,
    any_end: bool,
}

/// Why a label file was refused.
#[derive(Debug, thiserror::Error)]
pub enum LabelError {
    #[error("{file}: {source}")]
    Syntax { file: &'static str, source: Box<toml::de::Error> },
    #[error("{file}: versions count from 1")]
    Version { file: &'static str },
    #[error("{file}: an empty label")]
    Empty { file: &'static str },
    #[error("the labels do not fit one automaton: {0}")]
    Automaton(#[from] aho_corasick::BuildError),
}

/// The label words, ready to be looked for.
pub struct Labels {
    automaton: AhoCorasick,
    words: Vec<Word>,
    longest: Longest,
}

/// How far labels reach: what need not be read because no label is as long.
#[derive(Clone, Copy, Debug, Default)]
pub struct Longest {
    pub words: usize,
    /// Digits before the first letter of a label, and behind the last.
    pub digits_before: usize,
    pub digits_behind: usize,
}

impl Longest {
    fn with(self, folded: &str) -> Longest {
        let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).count();
        let letter = |c: char| c.is_ascii_lowercase();
        // A label of digits alone may stand anywhere in a row of them.
        let [before, behind] = match (folded.split_once(letter), folded.rsplit_once(letter)) {
            (Some((before, _)), Some((_, behind))) => [before, behind].map(digits),
            _ => [usize::MAX; 2],
        };
        Longest {
            words: self.words.max(folded.split([' ', '\n']).count()),
            digits_before: self.digits_before.max(before),
            digits_behind: self.digits_behind.max(behind),
        }
    }
}

impl Labels {
    /// The built-in words.
    pub fn builtin() -> Result<Self, LabelError> {
        Labels::with(&[])
    }

    /// The built-in words and own ones: role, word, and whether it counts only right beside the number. An own
    /// word takes the place of a built-in one that is spelled the same.
    pub fn with(own: &[(Role, String, bool)]) -> Result<Self, LabelError> {
        let mut built = Built::default();
        for (role, word, adjacent) in own {
            built.add("own labels", *role, word, *adjacent)?;
        }
        let own: HashSet<String> = built.patterns.iter().cloned().collect();
        for (file, text) in FILES {
            let parsed: File =
                toml::from_str(text).map_err(|source| LabelError::Syntax { file, source: Box::new(source) })?;
            if parsed.version == 0 {
                return Err(LabelError::Version { file });
            }
            for entry in parsed.label {
                let wide = entry.words.iter().map(|w| (w, false));
                for (word, adjacent) in wide.chain(entry.adjacent.iter().map(|w| (w, true))) {
                    if !own.contains(&fold(word.trim_matches('*'))) {
                        built.add(file, entry.role, word, adjacent)?;
                    }
                }
            }
        }
        let longest = built.patterns.iter().fold(Longest::default(), |longest, label| longest.with(label));
        // A megabyte, of which a text touches little, for a third of the steps.
        let automaton = AhoCorasick::builder().kind(Some(AhoCorasickKind::DFA)).build(&built.patterns)?;
        Ok(Labels { automaton, words: built.words, longest })
    }

    /// What the longest label in a folded text says.
    pub fn longest_in(&self, folded: &str) -> Option<Role> {
        self.hits(folded).max_by_key(|hit| (hit.end.saturating_sub(hit.start), hit.end)).map(|hit| hit.role)
    }

    pub fn longest(&self) -> Longest {
        self.longest
    }

    /// Every label in a folded text, in the order of their ends.
    pub fn hits<'a>(&'a self, folded: &'a str) -> impl Iterator<Item = Hit> + 'a {
        self.automaton.find_overlapping_iter(folded).filter_map(move |found| {
            let word = self.words.get(found.pattern().as_usize())?;
            let before = folded.as_bytes().get(..found.start())?.last();
            let after = folded.as_bytes().get(found.end());
            let starts = word.any_start || !before.is_some_and(u8::is_ascii_lowercase);
            let ends = word.any_end || !after.is_some_and(u8::is_ascii_lowercase);
            let end = match word.any_end {
                true => found.end().saturating_add(letters(folded, found.end())),
                false => found.end(),
            };
            (starts && ends).then_some(Hit { role: word.role, adjacent: word.adjacent, start: found.start(), end })
        })
    }
}

/// Spellings, and the word behind each.
#[derive(Default)]
struct Built {
    patterns: Vec<String>,
    words: Vec<Word>,
}

impl Built {
    fn add(&mut self, file: &'static str, role: Role, word: &str, adjacent: bool) -> Result<(), LabelError> {
        let any_start = word.starts_with('*');
        let any_end = word.ends_with('*');
        for spelling in spellings(word.trim_matches('*')) {
            if spelling.is_empty() {
                return Err(LabelError::Empty { file });
            }
            self.patterns.push(spelling);
            self.words.push(Word { role, adjacent, any_start, any_end });
        }
        Ok(())
    }
}

fn letters(folded: &str, from: usize) -> usize {
    folded.as_bytes().get(from..).unwrap_or_default().iter().take_while(|b| b.is_ascii_lowercase()).count()
}

/// The ways a label is met: folded; with `å ä æ ö ø` as two letters; with them lost to `?`.
fn spellings(word: &str) -> Vec<String> {
    let single = fold(word);
    let double: String = word
        .chars()
        .map(|c| match c {
            'å' => "aa".to_owned(),
            'ä' | 'æ' => "ae".to_owned(),
            'ö' | 'ø' => "oe".to_owned(),
            c => c.to_string(),
        })
        .collect();
    let lost: String = word.chars().map(|c| if matches!(c, 'å' | 'ä' | 'æ' | 'ö' | 'ø') { '?' } else { c }).collect();
    let mut all = vec![single, fold(&double), fold(&lost)];
    all.dedup();
    all
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn roles(text: &str) -> Vec<Role> {
        let labels = Labels::builtin().unwrap();
        let folded = fold(text);
        let mut found: Vec<Role> = labels.hits(&folded).map(|h| h.role).collect();
        found.dedup();
        found
    }

    #[test]
    fn labels_as_people_write_them() {
        for (text, role) in [
            ("Fødselsnr.: ", Role::Identity),
            ("fodselsnummer ", Role::Identity),
            ("foedselsnummeret ", Role::Identity),
            ("f?dselsnummer ", Role::Identity),
            ("fÃ¸dselsnummer ", Role::Identity),
            ("f\u{fffd}dselsnummer ", Role::Identity),
            ("F.nr. ", Role::Identity),
            ("Barnpersonnummer:", Role::Identity),
            ("Pnr:", Role::Identity),
            ("fnr=", Role::Identity),
            ("DUF-nr ", Role::Duf),
            ("D-nr ", Role::DNumber),
            ("Kontonr ", Role::Account),
            ("KID: ", Role::Reference),
            ("OCR ", Role::Reference),
            ("Tlf. ", Role::Phone),
            ("Bankgironr ", Role::Giro),
            ("spårningsnummer ", Role::Tracking),
        ] {
            assert!(roles(text).contains(&role), "{text:?}: {:?}", roles(text));
        }
    }

    #[test]
    fn labels_are_whole_words() {
        for text in ["kidnappning ", "telt ", "macaroni ", "pnrs ", "kollidert ", "confnr "] {
            assert_eq!(roles(text), [], "{text:?}");
        }
    }
}
