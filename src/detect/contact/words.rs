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

/// Words around contact data and birth dates.
pub struct Words {
    senses: Table<Sense>,
    pub street_endings: Vec<String>,
    pub weak_endings: Vec<String>,
    /// With their dot.
    pub short_endings: Vec<String>,
    /// As written.
    pub care_of: Vec<String>,
    /// One or more words each, separated by spaces.
    pub birth: Vec<String>,
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
        let months = file.months.iter().map(|(name, number)| (fold(name), *number)).collect();
        Ok(Words {
            spelled: Spelled::of(&file.spelled, &months)?,
            senses,
            street_endings: list(&file.street_endings),
            weak_endings: list(&file.weak_endings),
            short_endings: file.short_endings.split_whitespace().map(str::to_owned).collect(),
            care_of: file.care_of.split_whitespace().map(str::to_owned).collect(),
            birth,
            months,
            consumer_domains: file.consumer.domains.split_whitespace().map(str::to_owned).collect(),
            own: Own::default(),
        })
    }

    /// A word of their own that makes an address together with a number.
    pub fn add_street(&mut self, word: &str) {
        let known = self.senses.entry(fold(word).into()).or_default();
        *known = Sense(known.0 | Sense::STREET.0);
    }

    /// What a folded word says.
    pub fn sense(&self, word: &str) -> Sense {
        self.senses.get(word).copied().unwrap_or_default()
    }
}
