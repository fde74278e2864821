//! The name lists and the words around persons, ready for one look-up a word.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use serde::Deserialize;

use super::described::Described;
use super::endings::{Endings, Tails};
use super::key::{Filter, Key, Set, Table};
use super::own::OwnNames;
use super::words::{Word, as_title, is_capital, is_shouted, lowered, lowered_end, without_marks};

const GIVEN: [&str; 2] =
    [include_str!("../../../patterns/names/given_no.txt"), include_str!("../../../patterns/names/given_se.txt")];
const SURNAMES: &str = include_str!("../../../patterns/names/surnames.txt");
const AMBIGUOUS: &str = include_str!("../../../patterns/names/ambiguous.txt");
const ENDINGS: &str = include_str!("../../../patterns/names/surname_endings.txt");
const WORDS: &str = include_str!("../../../patterns/names/words.toml");

/// Bits of the filters that most words stop at: of all words, and of those that tell a person without a capital.
const FILTER_BITS: u32 = 19;
const TELLING_BITS: u32 = 17;
const TITLE_BITS: u32 = 12;
/// Shortest word taken for a surname by its ending.
const SHORTEST_BY_ENDING: usize = 5;
/// Shortest given name that is recognised without its capital.
const SHORTEST_LOWER: usize = 3;
/// Shortest institution and street looked for at the end of a compound: shorter ones end surnames too.
const SHORTEST_INSTITUTION: usize = 6;
const SHORTEST_STREET: usize = 3;
const SHORTEST_PROFESSION: usize = 4;
/// What makes the noun for a profession one of a certain person's.
const DEFINITE: [&str; 2] = ["n", "en"];

/// What a word may be; several at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Class(u64);

impl Class {
    pub const GIVEN: Class = Class(1);
    pub const SURNAME: Class = Class(1 << 1);
    /// A given name that is an ordinary word too.
    pub const AMBIGUOUS: Class = Class(1 << 2);
    pub const ROLE_DEFINITE: Class = Class(1 << 3);
    pub const ROLE_INDEFINITE: Class = Class(1 << 4);
    pub const KIN: Class = Class(1 << 5);
    pub const KIN_LINK: Class = Class(1 << 6);
    pub const PRONOUN: Class = Class(1 << 7);
    pub const HONORIFIC: Class = Class(1 << 8);
    pub const FAMILY: Class = Class(1 << 9);
    pub const INSTITUTION: Class = Class(1 << 10);
    pub const STREET: Class = Class(1 << 11);
    pub const PLACE: Class = Class(1 << 12);
    pub const GREETING: Class = Class(1 << 13);
    pub const CLOSING: Class = Class(1 << 14);
    pub const SUBJECT: Class = Class(1 << 15);
    /// First of two words that are one role (`den unge`).
    pub const PHRASE: Class = Class(1 << 16);
    /// Second of them.
    pub const PHRASE_END: Class = Class(1 << 36);
    pub const YEARS: Class = Class(1 << 17);
    /// A number in words.
    pub const NUMBER: Class = Class(1 << 37);
    /// One word for somebody of an age.
    pub const AGED: Class = Class(1 << 38);
    /// Between a person and an age.
    pub const AGE_LINK: Class = Class(1 << 39);
    /// Makes kin the reader's: `din`, `your`.
    pub const YOURS: Class = Class(1 << 40);
    /// `du`, `you`.
    pub const YOU: Class = Class(1 << 43);
    /// Readers who are many, in a greeting: `foreldre`.
    pub const MANY: Class = Class(1 << 41);
    /// What a sentence about whoever it fits begins with: `dersom`, `if`.
    pub const CONDITION: Class = Class(1 << 42);
    pub const OLD: Class = Class(1 << 18);
    pub const AGE: Class = Class(1 << 19);
    pub const BORN: Class = Class(1 << 20);
    /// Between a greeting and its name.
    pub const GREETING_FILLER: Class = Class(1 << 22);
    /// Between a profession and its name.
    pub const PROFESSION_LINK: Class = Class(1 << 23);
    /// Capitals that are no initials.
    pub const ABBREVIATION: Class = Class(1 << 24);
    /// A given name written without its capital; none of those that are ordinary words.
    pub const LOWER_GIVEN: Class = Class(1 << 27);
    /// The first word of a closing.
    pub const CLOSING_HEAD: Class = Class(1 << 26);
    pub const PROFESSION: Class = Class(1 << 25);
    /// A noun for one person that a place or a house may tell from others.
    pub const HEAD: Class = Class(1 << 28);
    /// The same without its article.
    pub const OPEN_HEAD: Class = Class(1 << 29);
    /// Somebody at work of whom a place has one.
    pub const STAFF: Class = Class(1 << 30);
    pub const ONLY: Class = Class(1 << 31);
    /// In front of a surname that stands alone: `hos`, `til`.
    pub const LEADS_TO: Class = Class(1 << 33);
    /// `Namn:`: what stands behind the colon is one, listed or not.
    pub const NAMED: Class = Class(1 << 35);
    /// What a line of names of an office begins with: `Frågor:`, `Fackliga:`.
    pub const DESK: Class = Class(1 << 34);
    /// `hun`, in front of `som bor`.
    pub const SOMEBODY: Class = Class(1 << 32);
    /// Inside a surname: `von`, `al`.
    pub const PARTICLE: Class = Class(1 << 21);
    /// All that a word without a capital tells somebody by.
    pub const TELLING: Class = Class::PRONOUN
        .and(Class::ROLE_DEFINITE)
        .and(Class::ROLE_INDEFINITE)
        .and(Class::KIN)
        .and(Class::PHRASE)
        .and(Class::YEARS)
        .and(Class::AGE)
        .and(Class::AGED)
        .and(Class::BORN)
        .and(Class::LOWER_GIVEN)
        .and(Class::DESCRIBED);
    /// In front of a surname.
    pub const TITLE: Class = Class::HONORIFIC.and(Class::FAMILY);
    pub const LISTED: Class = Class::GIVEN.and(Class::SURNAME);
    /// What a description may begin with.
    pub const DESCRIBED: Class =
        Class::HEAD.and(Class::OPEN_HEAD).and(Class::STAFF).and(Class::ONLY).and(Class::SOMEBODY);

    pub fn has(self, other: Class) -> bool {
        self.0 & other.0 != 0
    }

    pub fn any_of(self, others: &[Class]) -> bool {
        others.iter().any(|other| self.has(*other))
    }

    fn only(self, others: Class) -> Class {
        Class(self.0 & others.0)
    }

    pub const fn and(self, other: Class) -> Class {
        Class(self.0 | other.0)
    }
}

/// Why the lists were refused.
#[derive(Debug, thiserror::Error)]
pub enum NamesError {
    #[error("words.toml: {0}")]
    Syntax(#[from] Box<toml::de::Error>),
    #[error("words.toml: versions count from 1")]
    Version,
}

/// Bytes of the longest word for the reader.
const LONGEST_YOU: usize = 5;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    role_definite: String,
    role_indefinite: String,
    kin: String,
    kin_links: String,
    yours: String,
    you: String,
    many: String,
    conditions: String,
    pronouns: String,
    honorifics: String,
    family: String,
    professions: String,
    greetings: String,
    greeting_fillers: String,
    closings: String,
    institutions: String,
    streets: String,
    places: String,
    subject_fields: String,
    not_initials: String,
    age_years: String,
    age_tens: String,
    age_ones: String,
    age_joined: String,
    age_links: String,
    age_old: String,
    age_before: String,
    born: String,
    openers: String,
    opener_endings: String,
    surname_heads: String,
    particles: String,
    age_endings: String,
    company_forms: String,
    profession_links: String,
    parties: String,
    abbreviations: String,
    ands: String,
    patronymics: String,
    telling_endings: String,
    leads_to: String,
    desks: String,
    name_labels: String,
}

/// Names and the words around persons.
pub struct Names {
    filter: Filter<FILTER_BITS>,
    telling: Filter<TELLING_BITS>,
    titles: Filter<TITLE_BITS>,
    words: Table<Class>,
    endings: Endings,
    /// What the end of a longer word may be: a profession, a street, an institution.
    compounds: Endings,
    not_initials: Vec<Box<str>>,
    age_endings: Tails,
    parties: Vec<Box<str>>,
    ands: Set,
    openers: Set,
    opener_endings: Tails,
    surname_heads: Set,
    patronymics: Vec<Box<str>>,
    telling_endings: Vec<Box<str>>,
    described: Described,
    colleagues: HashSet<String>,
    no_names: HashMap<String, Vec<String>>,
}

impl Names {
    /// The built-in lists.
    pub fn builtin() -> Result<Self, NamesError> {
        Names::with(&OwnNames::default())
    }

    /// The built-in lists and own names.
    pub fn with(own: &OwnNames) -> Result<Self, NamesError> {
        let file: File = toml::from_str(WORDS).map_err(Box::new)?;
        if file.version == 0 {
            return Err(NamesError::Version);
        }
        let mut nouns = Vec::new();
        let described = Described::builtin(|word, class| nouns.push((word.to_owned(), class)))?;
        let mut names = Names {
            described,
            filter: Filter::default(),
            telling: Filter::default(),
            titles: Filter::default(),
            words: Table::default(),
            endings: Endings::default(),
            compounds: Endings::default(),
            not_initials: file.not_initials.split_whitespace().map(Box::from).collect(),
            age_endings: Tails::of(&file.age_endings),
            parties: file.parties.split_whitespace().map(Box::from).collect(),
            ands: Set::of(&file.ands),
            openers: Set::of(&file.openers),
            opener_endings: Tails::of(&file.opener_endings),
            surname_heads: Set::of(&file.surname_heads),
            patronymics: file.patronymics.split_whitespace().map(Box::from).collect(),
            telling_endings: file.telling_endings.split_whitespace().map(Box::from).collect(),
            colleagues: own.colleagues.clone(),
            no_names: own.no_names.clone(),
        };
        own.endings.iter().for_each(|ending| names.endings.add(ending, Class::SURNAME));
        for (list, class) in
            [(&own.given, Class::GIVEN), (&own.surnames, Class::SURNAME), (&own.ambiguous, Class::AMBIGUOUS)]
        {
            list.iter().for_each(|name| names.add(name, class));
        }
        own.streets.iter().for_each(|word| names.add_word(&word.to_lowercase(), Class::STREET));
        entries(ENDINGS).for_each(|ending| names.endings.add(ending, Class::SURNAME));
        for list in GIVEN {
            entries(list).for_each(|name| names.add(name, Class::GIVEN));
        }
        entries(SURNAMES).for_each(|name| names.add(name, Class::SURNAME));
        entries(AMBIGUOUS).for_each(|name| names.add(name, Class::AMBIGUOUS));
        let given = GIVEN.into_iter().flat_map(entries).chain(own.given.iter().map(String::as_str));
        for name in given.filter(|n| n.chars().count() >= SHORTEST_LOWER) {
            if !names.look_up(name).has(Class::AMBIGUOUS) {
                names.add(&name.to_lowercase(), Class::LOWER_GIVEN);
            }
        }
        for (list, class) in [
            (&file.role_definite, Class::ROLE_DEFINITE),
            (&file.role_indefinite, Class::ROLE_INDEFINITE),
            (&file.kin, Class::KIN),
            (&file.kin_links, Class::KIN_LINK),
            (&file.yours, Class::YOURS),
            (&file.you, Class::YOU),
            (&file.many, Class::MANY),
            (&file.conditions, Class::CONDITION),
            (&file.pronouns, Class::PRONOUN),
            (&file.honorifics, Class::HONORIFIC),
            (&file.family, Class::FAMILY),
            (&file.institutions, Class::INSTITUTION),
            (&file.streets, Class::STREET),
            (&file.places, Class::PLACE),
            (&file.greetings, Class::GREETING),
            (&file.greeting_fillers, Class::GREETING_FILLER),
            (&file.closings, Class::CLOSING),
            (&file.subject_fields, Class::SUBJECT),
            (&file.age_years, Class::YEARS),
            (&file.age_tens, Class::NUMBER),
            (&file.age_ones, Class::NUMBER),
            (&file.age_links, Class::AGE_LINK),
            (&file.age_old, Class::OLD),
            (&file.age_before, Class::AGE),
            (&file.born, Class::BORN),
            (&file.particles, Class::PARTICLE),
            (&file.profession_links, Class::PROFESSION_LINK),
            (&file.leads_to, Class::LEADS_TO),
            (&file.desks, Class::DESK),
            (&file.name_labels, Class::NAMED),
        ] {
            for word in list.split_whitespace() {
                names.add_word(word, class);
            }
        }
        for (word, class) in &nouns {
            names.add_word(word, *class);
        }
        for joined in file.age_joined.split_whitespace() {
            for number in file.age_ones.split_whitespace().chain(file.age_tens.split_whitespace()) {
                names.add_word(&format!("{number}{joined}"), Class::AGED);
            }
        }
        for form in file.company_forms.split_whitespace() {
            names.add(form, Class::INSTITUTION);
        }
        for word in file.abbreviations.split_whitespace() {
            names.add(word, Class::ABBREVIATION);
        }
        for word in file.professions.split_whitespace() {
            let profession = word.trim_start_matches('*');
            names.add_word(profession, Class::PROFESSION);
            if word.starts_with('*') && profession.chars().count() >= SHORTEST_PROFESSION {
                names.end_with(profession, Class::PROFESSION);
            }
        }
        for (list, class, shortest) in [
            (&file.institutions, Class::INSTITUTION, SHORTEST_INSTITUTION),
            (&file.streets, Class::STREET, SHORTEST_STREET),
        ] {
            for word in list.split_whitespace().filter(|w| w.chars().count() >= shortest) {
                names.end_with(word, class);
            }
        }
        Ok(names)
    }

    /// What a word without a capital is, of [`Class::TELLING`]. Almost every word is nothing, and stops at a filter.
    #[inline]
    pub fn telling(&self, text: &str, word: &Word) -> Option<Class> {
        self.telling.passes(word.hash).then(|| self.class(text, word)).filter(|class| class.has(Class::TELLING))
    }

    /// Almost no word passes that is no title.
    pub fn may_be_title(&self, word: &Word) -> bool {
        self.titles.passes(word.hash)
    }

    /// What a word is.
    pub fn class(&self, text: &str, word: &Word) -> Class {
        if !self.filter.passes(word.hash) {
            return Class::default();
        }
        text.get(word.start..word.end).and_then(|written| self.words.get(written)).copied().unwrap_or_default()
    }

    /// What a written word is as a name: capitals, hyphens and a genitive `s` allowed for.
    pub fn class_of_name(&self, written: &str) -> Class {
        let title;
        let name = if is_shouted(written) {
            title = as_title(written);
            title.as_str()
        } else {
            written
        };
        let whole = self.look_up(name);
        if whole.has(Class::GIVEN) || whole.has(Class::SURNAME) {
            return whole;
        }
        let hyphenated = name.bytes().any(|b| b == b'-');
        if hyphenated && let Some((first, last)) = name.rsplit_once('-') {
            let (first, last) = (self.look_up(first), self.look_up(last));
            let given = first.has(Class::GIVEN) && last.has(Class::GIVEN);
            return if given { Class::GIVEN } else { last };
        }
        if let Some((head, tail)) = name.split_once('\'')
            && self.is_before_apostrophe(head)
            && is_capital(tail)
        {
            return Class::SURNAME;
        }
        let base = name.strip_suffix('s').filter(|base| base.chars().count() > 2);
        match base.map(|base| self.look_up(base)) {
            Some(class) if class != Class::default() => class,
            _ if whole != Class::default() => whole,
            // `Łukasz`, where the list has `Lukasz`.
            _ => without_marks(name).map_or(whole, |plain| self.look_up(&plain).only(Class::LISTED)),
        }
    }

    /// A word that a sentence begins with in front of a name.
    pub fn is_opener(&self, written: &str) -> bool {
        let lower = written.to_lowercase();
        self.openers.contains(&lower) || self.opener_endings.ends(&lower)
    }

    /// `O`, `D`: with an apostrophe the head of a surname.
    pub fn is_before_apostrophe(&self, written: &str) -> bool {
        self.surname_heads.contains(written)
    }

    /// A number in words up to a hundred.
    pub fn is_number(&self, written: &str) -> bool {
        let number = |word: &str| self.look_up(word).has(Class::NUMBER);
        number(written)
            || written.char_indices().skip(1).any(|(at, _)| {
                written
                    .split_at_checked(at)
                    .is_some_and(|(tens, ones)| number(tens) && number(ones.strip_prefix('-').unwrap_or(ones)))
            })
    }

    /// Listed, or with the ending of a surname.
    pub fn is_surname(&self, written: &str) -> bool {
        if self.class_of_name(written).has(Class::SURNAME) {
            return true;
        }
        let lower = lowered_end(written);
        let last = if lower.contains('-') { lower.rsplit('-').next().unwrap_or(&lower) } else { &lower };
        last.chars().count() >= SHORTEST_BY_ENDING && self.endings.of(last) != Class::default()
    }

    /// `Jørgensen`, `Svensson`: the child of somebody.
    pub fn is_patronymic(&self, written: &str) -> bool {
        self.patronymics.iter().any(|ending| written.ends_with(&**ending)) && self.is_surname(written)
    }

    /// An ending that hardly any other word has (`-gren`, `-ström`).
    pub fn has_telling_ending(&self, lower: &str) -> bool {
        self.telling_endings.iter().any(|ending| lower.ends_with(&**ending))
    }

    /// Whether the word makes what stands beside it the reader's: `din`, `your`.
    pub fn is_yours(&self, word: &str) -> bool {
        !word.is_empty() && self.look_up(&lowered(word)).has(Class::YOURS)
    }

    /// Whether the text speaks to its reader.
    pub fn speaks_to_reader(&self, text: &str) -> bool {
        let to = |word: &str| {
            let class = self.look_up(&lowered(word));
            class.has(Class::YOU) || class.has(Class::YOURS)
        };
        text.split(|c: char| !c.is_alphabetic()).any(|word| (2..=LONGEST_YOU).contains(&word.len()) && to(word))
    }

    /// An office or profession, compounds included (`demenssamordnare`).
    pub fn is_profession(&self, word: &str) -> bool {
        let is = |word: &str| self.look_up(word).has(Class::PROFESSION) || self.compound(word).has(Class::PROFESSION);
        // `revisorn`, `inspektøren`, `barnmorskan`
        is(word) || DEFINITE.iter().filter_map(|ending| word.strip_suffix(ending)).any(is)
    }

    /// What the last element of a compound names: a street (`Storgata`), an institution
    /// (`Lillskogsskolan`), a profession.
    pub fn compound(&self, word: &str) -> Class {
        self.compounds.of(&lowered_end(word))
    }

    /// The class of a word in lower case or with a capital.
    pub fn look_up(&self, word: &str) -> Class {
        let key = Key::of(word.as_bytes());
        if !self.filter.passes(key.hash) {
            return Class::default();
        }
        self.words.get_by(&key, word).copied().unwrap_or_default()
    }

    /// The class of the first word of a line.
    pub fn class_of_first(&self, line: &str) -> Class {
        self.look_up(line.trim_start_matches(['>', ' ']).split(' ').next().unwrap_or_default())
    }

    /// The class of up to three words joined by hyphens (`med-vennlig-hilsen`).
    pub fn phrase(&self, words: &[&str]) -> Class {
        self.look_up(&words.join("-").to_lowercase())
    }

    /// The words that tell somebody apart without a name.
    pub fn described(&self) -> &Described {
        &self.described
    }

    /// Joins two names.
    pub fn is_and(&self, word: &str) -> bool {
        self.ands.contains(word)
    }

    /// Letters of a political party, as they stand in brackets behind a name.
    pub fn is_party(&self, letters: &str) -> bool {
        self.parties.iter().any(|party| **party == *letters)
    }

    /// One word for somebody of an age.
    pub fn ends_like_age(&self, word: &str) -> bool {
        self.age_endings.ends(word)
    }

    /// `f.eks`, `m.m` and the like.
    pub fn is_abbreviation(&self, dotted: &str) -> bool {
        let lower = dotted.to_lowercase();
        self.not_initials.iter().any(|known| **known == *lower.trim_end_matches('.'))
    }

    /// A name that one of the organisation's own mailboxes is of; a middle name does not matter.
    pub fn is_colleague(&self, name: &str) -> bool {
        !self.colleagues.is_empty() && OwnNames::orders(name).any(|order| self.colleagues.contains(&order))
    }

    /// Whether the words from `span` on are called like a person and are none: `Anna Lindhs plats`.
    pub fn is_no_name(&self, text: &str, span: &Range<usize>) -> bool {
        !self.no_names.is_empty() && OwnNames::covers(&self.no_names, text, span)
    }

    fn add_word(&mut self, word: &str, class: Class) {
        self.add(word, class);
        self.add(&capitalised(word), class);
        match class {
            Class::ROLE_DEFINITE if word.contains('-') => {
                self.add_head(word, Class::PHRASE);
                self.add(word.rsplit('-').next().unwrap_or_default(), Class::PHRASE_END);
            }
            Class::CLOSING => self.add_head(word, Class::CLOSING_HEAD),
            _ => {}
        }
    }

    /// The first words of phrases are marked, so that a phrase is only put together where one may begin.
    fn add_head(&mut self, phrase: &str, class: Class) {
        let head = phrase.split('-').next().unwrap_or_default();
        self.add(head, class);
        self.add(&capitalised(head), class);
    }

    fn end_with(&mut self, word: &str, class: Class) {
        self.compounds.add(word, class);
    }

    fn add(&mut self, word: &str, class: Class) {
        let hash = Key::of(word.as_bytes()).hash;
        self.filter.add(hash);
        if class.has(Class::TELLING) {
            self.telling.add(hash);
        }
        if class.has(Class::TITLE) {
            self.titles.add(hash);
        }
        let entry = self.words.entry(word);
        *entry = entry.and(class);
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

fn entries(list: &str) -> impl Iterator<Item = &str> {
    list.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}
