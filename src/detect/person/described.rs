//! Persons who are told apart without a name: `enken i det gule huset`, `vår eneste kokk`.
//!
//! A definite noun for one person (or `our` and a noun), and behind it what only one has:
//!
//! | strength | what |
//! |---|---|
//! | medium | a house, door, class or street with its number; a house told from others; a place of work; an aid or a coloured garment; `only` |
//! | weak | a place with a capital alone; a class behind a noun without article (`en elev i 4B`) |
//!
//! `kvinnen i studien`, `barnet i Norge`, `mannen i en artikkel` are nobody. The words are data
//! (`patterns/names/described.toml`).

use std::borrow::Cow;
use std::ops::Range;

use serde::Deserialize;

use super::key::Set;
use super::names::{Class, Names, NamesError};
use super::words::{self, Word};
use crate::detect::category::Strength;
use crate::detect::identifier::surroundings::{slice_after, slice_before};

const FILE: &str = include_str!("../../../patterns/names/described.toml");

/// Bytes looked at behind the noun and in front of it.
const BEHIND: usize = 72;
const BEFORE: usize = 16;
/// Words between the preposition and what tells.
const WORDS: usize = 7;
/// Words of a class or room behind initials.
const UNIT_WORDS: usize = 3;
/// Digits of a house, a door or a class.
const DIGITS: std::ops::RangeInclusive<usize> = 1..=3;

/// The file as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    heads: String,
    open_heads: String,
    staff: String,
    ours: String,
    the: String,
    only: String,
    places: String,
    with: String,
    relatives: String,
    dwells: String,
    persons: String,
    rooms: String,
    houses: String,
    workplaces: String,
    aids: String,
    colours: String,
    beside: String,
    wide: String,
    any: String,
}

/// The words around a noun for a person.
pub struct Described {
    ours: Set,
    the: Set,
    places: Set,
    with: Set,
    relatives: Set,
    dwells: Set,
    rooms: Set,
    houses: Set,
    workplaces: Set,
    aids: Set,
    colours: Set,
    beside: Set,
    wide: Set,
    any: Set,
    /// What a description goes on with behind the noun: `places`, `with` and `relatives`.
    leads: Set,
}

impl Described {
    /// The built-in words; the nouns are handed to `add` with their class.
    pub fn builtin(mut add: impl FnMut(&str, Class)) -> Result<Self, NamesError> {
        let file: File = toml::from_str(FILE).map_err(Box::new)?;
        if file.version == 0 {
            return Err(NamesError::Version);
        }
        for (list, class) in [
            (&file.heads, Class::HEAD),
            (&file.open_heads, Class::OPEN_HEAD),
            (&file.staff, Class::STAFF),
            (&file.only, Class::ONLY),
            (&file.persons, Class::SOMEBODY),
        ] {
            list.split_whitespace().for_each(|word| add(word, class));
        }
        Ok(Described {
            ours: Set::of(&file.ours),
            the: Set::of(&file.the),
            places: Set::of(&file.places),
            with: Set::of(&file.with),
            relatives: Set::of(&file.relatives),
            dwells: Set::of(&file.dwells),
            rooms: Set::of(&file.rooms),
            houses: Set::of(&file.houses),
            workplaces: Set::of(&file.workplaces),
            aids: Set::of(&file.aids),
            colours: Set::of(&file.colours),
            beside: Set::of(&file.beside),
            wide: Set::of(&file.wide),
            any: Set::of(&file.any),
            leads: Set::of(&[file.places, file.with, file.relatives].join(" ")),
        })
    }

    /// ` i klass 7A`, ` på rom 12` behind initials.
    pub fn has_unit_behind(&self, text: &str, from: usize) -> bool {
        if !self.places.contains(&first_behind(text, from)) {
            return false;
        }
        let tokens = Tokens::behind(text, from);
        (1..=UNIT_WORDS).any(|at| {
            let before = at.checked_sub(1).and_then(|b| tokens.get(b)).unwrap_or_default();
            self.number(&tokens, at, before).is_some()
        })
    }

    /// A preposition of place.
    pub fn is_place(&self, word: &str) -> bool {
        self.places.contains(word)
    }

    /// A description that begins at or right before `word`.
    pub fn read(&self, text: &str, word: &Word, class: Class, names: &Names) -> Option<(Range<usize>, Strength)> {
        // Behind almost every noun nothing of the kind follows.
        let led = || self.leads.contains(&first_behind(text, word.end));
        if !class.any_of(&[Class::ONLY, Class::STAFF]) && !led() {
            return None;
        }
        let before = slice_before(text, word.start, BEFORE).trim_end_matches(' ');
        let before = before.rsplit([' ', '\n', '"', '(']).next().unwrap_or_default();
        let lower = words::lowered(before);
        let led_by = |set: &Set| set.contains(&lower);
        let from = |led: bool| if led { word.start.saturating_sub(before.len().saturating_add(1)) } else { word.start };
        let ours = led_by(&self.ours);
        if class.has(Class::ONLY) {
            return self.only(text, word, ours, names).map(|end| (from(true)..end, Strength::Medium));
        }
        let tokens = Tokens::behind(text, word.end);
        if class.has(Class::STAFF) {
            let own = ours || tokens.get(0).is_some_and(|t| self.ours.contains(t));
            let end = if ours { word.end } else { tokens.end(0) };
            return own.then_some((from(ours)..end, Strength::Medium));
        }
        let english = led_by(&self.the);
        let definite = class.has(Class::HEAD) || (class.has(Class::OPEN_HEAD) && (ours || english));
        let (strength, end) = self.told(&tokens, class, definite)?;
        Some((from(ours || english)..end, strength))
    }

    /// `vår eneste kokk`: a noun for a person behind `only`.
    fn only(&self, text: &str, word: &Word, ours: bool, names: &Names) -> Option<usize> {
        let next = words::next(text.as_bytes(), word.end)?;
        let noun = text.get(next.start..next.end).filter(|_| text.get(word.end..next.start) == Some(" "))?;
        let class = names.look_up(noun);
        let person = class.has(Class::OPEN_HEAD)
            || class.has(Class::ROLE_INDEFINITE)
            || class.has(Class::STAFF)
            || names.is_profession(noun);
        if !person {
            return None;
        }
        let tokens = Tokens::behind(text, next.end);
        if ours {
            return Some(next.end);
        }
        self.told(&tokens, class, true).map(|(_, end)| end)
    }

    /// What stands behind the noun, and how well it tells who.
    fn told(&self, tokens: &Tokens, class: Class, definite: bool) -> Option<(Strength, usize)> {
        let word = |at: usize| tokens.get(at).unwrap_or_default();
        let relative = self.relatives.contains(word(0)) && self.dwells.contains(word(1));
        let (at, with) = match (relative, self.with.contains(word(0))) {
            (true, _) if self.places.contains(word(2)) => (3, false),
            (false, true) if definite => (1, true),
            (false, false) if self.places.contains(word(0)) && !class.has(Class::SOMEBODY) => (1, false),
            _ => return None,
        };
        self.specific(tokens, at, with, definite || relative, relative)
    }

    fn specific(
        &self,
        tokens: &Tokens,
        from: usize,
        with: bool,
        definite: bool,
        relative: bool,
    ) -> Option<(Strength, usize)> {
        let mut place = None;
        for at in from..from.saturating_add(WORDS) {
            let Some(word) = tokens.get(at) else { break };
            let before = at.checked_sub(1).and_then(|b| tokens.get(b)).unwrap_or_default();
            if self.any.contains(word) {
                break;
            }
            if let Some(end) = self.number(tokens, at, before) {
                return Some((if definite { Strength::Medium } else { Strength::Weak }, end));
            }
            let next = tokens.get(at.saturating_add(1)).unwrap_or_default();
            let found = match with {
                true => self.colours.contains(word) && !next.is_empty(),
                false => definite && (self.workplaces.contains(word) || self.is_told_house(tokens, from, at)),
            };
            if found || definite && self.aids.contains(word) {
                let end = tokens.end(if with { at.saturating_add(1) } else { at });
                return Some((Strength::Medium, end));
            }
            let capital = definite && tokens.is_capital(at) && !self.wide.contains(word) && word.len() > 2;
            if capital && place.is_none() && !with {
                place = Some((if relative { Strength::Medium } else { Strength::Weak }, tokens.end(at)));
            }
        }
        place
    }

    /// `4B`, `2 A`, `rom 12`, `Solbakken 4`: where the number at `at` ends.
    fn number(&self, tokens: &Tokens, at: usize, before: &str) -> Option<usize> {
        let word = tokens.get(at)?;
        let digits = word.bytes().take_while(u8::is_ascii_digit).count();
        let letter = word.get(digits..)?;
        if !DIGITS.contains(&digits) || letter.len() > 1 || !letter.bytes().all(|b| b.is_ascii_alphabetic()) {
            return None;
        }
        let next = at.saturating_add(1);
        let apart = tokens.get(next).is_some_and(|n| n.len() == 1) && tokens.is_capital(next);
        let named = self.rooms.contains(before) || at.checked_sub(1).is_some_and(|b| tokens.is_capital(b));
        match (letter.is_empty(), apart, named) {
            (false, _, _) => Some(tokens.end(at)),
            (true, true, _) => Some(tokens.end(next)),
            (true, false, true) => Some(tokens.end(at)),
            (true, false, false) => None,
        }
    }

    /// `det gule huset`, `huset ved kirka`.
    fn is_told_house(&self, tokens: &Tokens, from: usize, at: usize) -> bool {
        if !tokens.get(at).is_some_and(|word| self.houses.contains(word)) {
            return false;
        }
        let article = at.checked_sub(2).filter(|a| *a >= from).and_then(|a| tokens.get(a));
        let next = tokens.get(at.saturating_add(1)).is_some_and(|word| self.beside.contains(word));
        let further = tokens.get(at.saturating_add(2)).is_some_and(|word| !self.any.contains(word));
        article.is_some_and(|word| self.the.contains(word)) || next && further
    }
}

/// The words behind a noun up to the end of the clause, in lower case, with where they end.
struct Tokens<'a>(Vec<(Cow<'a, str>, bool, usize)>);

impl<'a> Tokens<'a> {
    fn behind(text: &'a str, from: usize) -> Self {
        let words = behind(text, from).take(WORDS.saturating_add(4));
        Tokens(words.map(|(word, end)| (words::lowered(word), words::is_capital(word), end)).collect())
    }

    fn get(&self, at: usize) -> Option<&str> {
        self.0.get(at).map(|(word, _, _)| &**word)
    }

    fn is_capital(&self, at: usize) -> bool {
        self.0.get(at).is_some_and(|(_, capital, _)| *capital)
    }

    /// Where the word ends in the text; of a word too many, where the last one does.
    fn end(&self, at: usize) -> usize {
        self.0.get(at).or(self.0.last()).map_or(0, |(_, _, end)| *end)
    }
}

/// The first of them.
fn first_behind(text: &str, from: usize) -> Cow<'_, str> {
    behind(text, from).next().map_or(Cow::Borrowed(""), |(word, _)| words::lowered(word))
}

/// Ends a word here.
fn is_mark(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'>' | b'.' | b',' | b'!' | b'?' | b';' | b':' | b')' | b'(' | b'"')
}

/// The words behind a place up to the end of the clause, each with where it ends. A line may be wrapped; a blank
/// one ends all.
fn behind(text: &str, from: usize) -> impl Iterator<Item = (&str, usize)> {
    let window = slice_after(text, from, BEHIND);
    let mut rest = window.as_bytes();
    if !matches!(rest.first(), Some(b' ' | b'\n')) {
        rest = &[];
    }
    let mut at = from;
    std::iter::from_fn(move || {
        let apart = rest.iter().position(|b| !matches!(b, b' ' | b'>' | b'\n')).unwrap_or(rest.len());
        let (gap, ahead) = rest.split_at_checked(apart)?;
        let length = ahead.iter().position(|b| is_mark(*b)).unwrap_or(ahead.len());
        let (_, behind) = ahead.split_at_checked(length)?;
        if length == 0 || gap.windows(2).any(|two| two == b"\n\n") {
            return None;
        }
        let start = at.saturating_add(apart);
        at = start.saturating_add(length);
        rest = behind;
        Some((text.get(start..at)?, at))
    })
}
