//! The words of `patterns/contact/words.toml`, folded.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;

use crate::detect::identifier::fold::fold;

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
    #[error("words.toml: version {0} is not known, 1 is")]
    Version(u32),
}

/// Words around contact data and birth dates.
pub struct Words {
    pub street_endings: Vec<String>,
    pub weak_endings: Vec<String>,
    pub streets: HashSet<String>,
    /// With their dot.
    pub short_endings: Vec<String>,
    pub living: HashSet<String>,
    pub boxes: HashSet<String>,
    /// As written.
    pub care_of: Vec<String>,
    pub door_codes: HashSet<String>,
    pub door_codes_weak: HashSet<String>,
    pub doors: HashSet<String>,
    pub flats: HashSet<String>,
    pub farm: HashSet<String>,
    pub plot: HashSet<String>,
    /// One or more words each, separated by spaces.
    pub birth: Vec<String>,
    /// The last words of those.
    pub birth_last: HashSet<String>,
    pub months: HashMap<String, u8>,
    pub consumer_domains: HashSet<String>,
}

impl Words {
    /// The built-in words.
    pub fn builtin() -> Result<Self, WordsError> {
        let file: File = toml::from_str(WORDS).map_err(Box::new)?;
        if file.version != 1 {
            return Err(WordsError::Version(file.version));
        }
        let set = |list: &str| list.split_whitespace().map(fold).collect::<HashSet<_>>();
        let list = |list: &str| list.split_whitespace().map(fold).collect::<Vec<_>>();
        let birth = list(&file.birth);
        let birth_last = birth.iter().filter_map(|b| b.rsplit(' ').next()).map(str::to_owned).collect();
        Ok(Words {
            street_endings: list(&file.street_endings),
            weak_endings: list(&file.weak_endings),
            streets: set(&file.streets),
            short_endings: file.short_endings.split_whitespace().map(str::to_owned).collect(),
            living: set(&file.living),
            boxes: set(&file.boxes),
            care_of: file.care_of.split_whitespace().map(str::to_owned).collect(),
            door_codes: set(&file.door_codes),
            door_codes_weak: set(&file.door_codes_weak),
            doors: set(&file.doors),
            flats: set(&file.flats),
            farm: set(&file.farm),
            plot: set(&file.plot),
            birth,
            birth_last,
            months: file.months.iter().map(|(name, number)| (fold(name), *number)).collect(),
            consumer_domains: file.consumer.domains.split_whitespace().map(str::to_owned).collect(),
        })
    }
}
