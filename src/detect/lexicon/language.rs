//! The languages of the lexicons.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use crate::detect::fnv;

/// Language of a term. `Int` terms (names, INN, brands) belong to all four.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Language {
    Sv,
    Nb,
    Nn,
    En,
    Int,
}

impl Language {
    pub fn as_str(self) -> &'static str {
        match self {
            Language::Sv => "sv",
            Language::Nb => "nb",
            Language::Nn => "nn",
            Language::En => "en",
            Language::Int => "int",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        [Language::Sv, Language::Nb, Language::Nn, Language::En, Language::Int].into_iter().find(|l| l.as_str() == word)
    }
}

/// Which languages a paragraph may be in. Bokmål and nynorsk are one group: they mix freely.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LanguageSet {
    pub swedish: bool,
    pub norwegian: bool,
    pub english: bool,
}

impl LanguageSet {
    pub const ALL: LanguageSet = LanguageSet { swedish: true, norwegian: true, english: true };

    /// That of a text in one language; `int` is a text in any.
    pub fn of(language: Language) -> LanguageSet {
        let all = language == Language::Int;
        LanguageSet {
            swedish: all || language == Language::Sv,
            norwegian: all || matches!(language, Language::Nb | Language::Nn),
            english: all || language == Language::En,
        }
    }

    pub fn holds(self, language: Language) -> bool {
        match language {
            Language::Sv => self.swedish,
            Language::Nb | Language::Nn => self.norwegian,
            Language::En => self.english,
            Language::Int => true,
        }
    }
}

/// Folded bytes of the longest common word.
pub const LONGEST_COMMON_WORD: usize = 16;

/// Words by which a language is told, in one table.
pub struct CommonWords {
    /// Most words of a text are none of these, and stop here: a bit for every hash.
    filter: [u64; 64],
    words: HashMap<u128, Votes, BuildHasherDefault<fnv::Fnv>>,
}

/// How often each language is spoken for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Votes {
    pub swedish: u16,
    pub norwegian: u16,
    pub english: u16,
}

impl Default for CommonWords {
    fn default() -> Self {
        CommonWords { filter: [0; 64], words: HashMap::default() }
    }
}

impl Votes {
    pub fn add(&mut self, other: Votes) {
        self.swedish = self.swedish.saturating_add(other.swedish);
        self.norwegian = self.norwegian.saturating_add(other.norwegian);
        self.english = self.english.saturating_add(other.english);
    }

    fn of(language: Language) -> Votes {
        let mut votes = Votes::default();
        match language {
            Language::Sv => votes.swedish = 1,
            Language::Nb | Language::Nn => votes.norwegian = 1,
            Language::En => votes.english = 1,
            Language::Int => {}
        }
        votes
    }
}

impl CommonWords {
    /// Adds a folded word; false when it is too long.
    pub fn add(&mut self, word: &[u8], language: Language) -> bool {
        if word.is_empty() || word.len() > LONGEST_COMMON_WORD {
            return false;
        }
        let word = packed(word, word.len());
        let (place, bit) = filter_bit(mixed(word));
        if let Some(bits) = self.filter.get_mut(place) {
            *bits |= bit;
        }
        self.words.entry(word).or_default().add(Votes::of(language));
        true
    }

    /// What a word says, given as a number.
    pub fn votes(&self, word: u128) -> Option<Votes> {
        let (place, bit) = filter_bit(mixed(word));
        if self.filter.get(place)? & bit == 0 {
            return None;
        }
        self.words.get(&word).copied()
    }
}

fn mixed(word: u128) -> u64 {
    (word as u64 ^ (word >> 64) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// Word and bit of a mixed word in the filter.
fn filter_bit(mixed: u64) -> (usize, u64) {
    ((mixed >> 58) as usize, 1 << (mixed >> 52 & 63))
}

/// The first `length` bytes, at most [`LONGEST_COMMON_WORD`], as a number, so that comparing words compares
/// numbers.
pub fn packed(rest: &[u8], length: usize) -> u128 {
    let whole = match rest.first_chunk::<16>() {
        Some(bytes) => u128::from_le_bytes(*bytes),
        None => rest.iter().rev().fold(0, |packed, &b| packed << 8 | u128::from(b)),
    };
    whole & FIRST.get(length).copied().unwrap_or(u128::MAX)
}

/// The first so many bytes of a number.
static FIRST: [u128; LONGEST_COMMON_WORD] = first_bytes();

#[allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)] // bounded by the table
const fn first_bytes() -> [u128; LONGEST_COMMON_WORD] {
    let mut table = [0; LONGEST_COMMON_WORD];
    let mut length = 1;
    while length < LONGEST_COMMON_WORD {
        table[length] = table[length - 1] << 8 | 0xFF;
        length += 1;
    }
    table
}
