//! The words of `patterns/contact/words.toml`, folded.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;

use super::spelled::{self, Spelled};
use crate::detect::fnv::Table;
use crate::detect::identifier::fold::fold;
use crate::detect::patterns::Own;

const WORDS: &str = include_str!("../../../patterns/contact/words.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    street_endings: String,
    weak_endings: String,
    streets: String,
    short_endings: String,
    living: String,
    boxes: String,
    care_of: String,
    door_codes: String,
    door_codes_weak: String,
    doors: String,
    flats: String,
    farm: String,
    plot: String,
    birth: String,
    birth_fillers: String,
    months: HashMap<String, u8>,
    consumer: Consumer,
    spelled: spelled::File,
    floors: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Consumer {
    domains: String,
}

const SHORTEST_HEADING: usize = 3;

/// Why the words were refused.
#[derive(Debug, thiserror::Error)]
pub enum WordsError {
    #[error("words.toml: {0}")]
    Syntax(#[from] Box<toml::de::Error>),
    #[error("words.toml: versions count from 1")]
    Version,
    #[error("words.toml: the words for birth do not fit one automaton: {0}")]
    Automaton(#[from] aho_corasick::BuildError),
}

/// What a word in front of a number says of it; several at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sense(u16);

impl Sense {
    pub const STREET: Sense = Sense(1);
    pub const LIVING: Sense = Sense(1 << 1);
    pub const BOX: Sense = Sense(1 << 2);
    pub const DOOR_CODE: Sense = Sense(1 << 3);
    /// A word for other codes too.
    pub const ANY_CODE: Sense = Sense(1 << 4);
    pub const DOOR: Sense = Sense(1 << 5);
    pub const FLAT: Sense = Sense(1 << 6);
    pub const FARM: Sense = Sense(1 << 7);
    pub const PLOT: Sense = Sense(1 << 8);
    /// The last word of a label for birth.
    pub const BIRTH: Sense = Sense(1 << 9);

    /// `etasje`, `tr`: a floor, behind or in front of its number.
    pub const FLOOR: Sense = Sense(1 << 10);

    pub fn has(self, other: Sense) -> bool {
        self.0 & other.0 != 0
    }
}

/// The words that mean something, by what a quick look tells: first letter, last letter, length.
#[derive(Default)]
struct Looks {
    /// For every last letter the first letters there are, and the lengths.
    firsts: [u32; 32],
    lengths: [u32; 32],
}

impl Looks {
    fn bits(word: &[u8]) -> Option<(usize, u32, u32)> {
        let bit = |n: u32| 1_u32.checked_shl(n).unwrap_or(1 << 31);
        let length = bit(u32::try_from(word.len()).unwrap_or(u32::MAX));
        Some((usize::from(word.last()? & 31), bit(u32::from(word.first()? & 31)), length))
    }

    fn add(&mut self, word: &str) {
        let Some((last, first, length)) = Looks::bits(word.as_bytes()) else { return };
        if let (Some(firsts), Some(lengths)) = (self.firsts.get_mut(last), self.lengths.get_mut(last)) {
            *firsts |= first;
            *lengths |= length;
        }
    }

    fn may_hold(&self, word: &[u8]) -> bool {
        Looks::bits(word).is_some_and(|(last, first, length)| {
            let has = |all: &[u32; 32], bit: u32| all.get(last).is_some_and(|bits| bits & bit != 0);
            has(&self.firsts, first) && has(&self.lengths, length)
        })
    }
}

/// Endings of words.
pub struct Endings {
    endings: Vec<String>,
    /// For every last letter those that stand before it.
    pairs: [u32; 32],
}

impl Endings {
    fn of(endings: Vec<String>) -> Endings {
        let mut pairs = [0_u32; 32];
        for ending in &endings {
            let (last, before) = Endings::pair(ending.as_bytes());
            if let Some(befores) = pairs.get_mut(last) {
                *befores |= before;
            }
        }
        Endings { endings, pairs }
    }

    /// The last letter, and those that may stand before it as bits.
    fn pair(word: &[u8]) -> (usize, u32) {
        match word {
            [.., before, last] => (usize::from(last & 31), 1_u32.wrapping_shl(u32::from(before & 31))),
            [last] => (usize::from(last & 31), u32::MAX),
            [] => (0, 0),
        }
    }

    /// Whether a folded word ends so.
    pub fn fit(&self, word: &str) -> bool {
        let (last, before) = Endings::pair(word.as_bytes());
        self.pairs.get(last).is_some_and(|befores| befores & before != 0)
            && self.endings.iter().any(|ending| word.ends_with(ending.as_str()))
    }
}

/// Words around contact data and birth dates.
pub struct Words {
    senses: Table<Sense>,
    looks: Looks,
    pub street_endings: Endings,
    pub weak_endings: Endings,
    /// With their dot.
    pub short_endings: Vec<String>,
    /// As written.
    pub care_of: Vec<String>,
    /// One or more words each, separated by spaces.
    pub birth: Vec<String>,
    /// What may stand between a word for birth and its date, other than names.
    pub birth_fillers: Vec<String>,
    pub months: HashMap<String, u8>,
    pub consumer_domains: HashSet<String>,
    pub spelled: Spelled,
    /// What is no client's.
    pub own: Own,
}

impl Words {
    /// The built-in words.
    pub fn builtin() -> Result<Self, WordsError> {
        let file: File = toml::from_str(WORDS).map_err(Box::new)?;
        if file.version == 0 {
            return Err(WordsError::Version);
        }
        let list = |list: &str| list.split_whitespace().map(fold).collect::<Vec<_>>();
        let birth = list(&file.birth);
        let mut senses = Table::<Sense>::default();
        for (words, sense) in [
            (list(&file.streets), Sense::STREET),
            (list(&file.living), Sense::LIVING),
            (list(&file.boxes), Sense::BOX),
            (list(&file.door_codes), Sense::DOOR_CODE),
            (list(&file.door_codes_weak), Sense::ANY_CODE),
            (list(&file.doors), Sense::DOOR),
            (list(&file.flats), Sense::FLAT),
            (list(&file.farm), Sense::FARM),
            (list(&file.plot), Sense::PLOT),
            (birth.clone(), Sense::BIRTH),
            (list(&file.floors), Sense::FLOOR),
        ] {
            for word in words.iter().filter_map(|w| w.rsplit(' ').next()) {
                let known = senses.entry(word.into()).or_default();
                *known = Sense(known.0 | sense.0);
            }
        }
        let mut looks = Looks::default();
        senses.keys().for_each(|word| looks.add(word));
        let months = file.months.iter().map(|(name, number)| (fold(name), *number)).collect();
        Ok(Words {
            spelled: Spelled::of(&file.spelled, &months)?,
            senses,
            looks,
            street_endings: Endings::of(list(&file.street_endings)),
            weak_endings: Endings::of(list(&file.weak_endings)),
            short_endings: file.short_endings.split_whitespace().map(str::to_owned).collect(),
            care_of: file.care_of.split_whitespace().map(str::to_owned).collect(),
            birth,
            birth_fillers: list(&file.birth_fillers),
            months,
            consumer_domains: file.consumer.domains.split_whitespace().map(str::to_owned).collect(),
            own: Own::default(),
        })
    }

    /// A word of their own that makes an address together with a number.
    pub fn add_street(&mut self, word: &str) {
        let folded = fold(word);
        self.looks.add(&folded);
        let known = self.senses.entry(folded.into()).or_default();
        *known = Sense(known.0 | Sense::STREET.0);
    }

    /// Whether a folded heading is that of a column of birth dates. A letter or two may be anything.
    pub fn heads_births(&self, heading: &str) -> bool {
        let opens = |label: &String| {
            heading.strip_prefix(label.as_str()).is_some_and(|rest| matches!(rest.as_bytes(), [] | [b' ' | b'\n', ..]))
        };
        self.birth.iter().any(|label| label.len() >= SHORTEST_HEADING && opens(label))
    }

    /// What a folded word says.
    pub fn sense(&self, word: &str) -> Sense {
        self.senses.get(word).copied().unwrap_or_default()
    }

    /// The same for the bytes of one.
    pub fn sense_of(&self, word: &[u8]) -> Sense {
        if !self.looks.may_hold(word) {
            return Sense::default();
        }
        std::str::from_utf8(word).map(|word| self.sense(word)).unwrap_or_default()
    }
}
