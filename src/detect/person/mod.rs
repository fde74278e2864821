//! Persons a text speaks of: names, initials, roles, kin, ages, pronouns.
//!
//! All findings have the category `name`. How good an anchor each kind is:
//!
//! | kind | what | strength |
//! |---|---|---|
//! | `name.full` | given name and surname, initial or unlisted surname | strong: both listed; medium: one of them; weak: only the surname is listed |
//! | `name.surname` | surname behind `herr`, `fru`, `familien` | strong, or medium when no list has it |
//! | `name.given` | given name alone | medium; weak when it is an ordinary word too |
//! | `name.initials` | `K.N.`, `AB` behind a role | medium |
//! | `person.role` | `brukeren`, `flickan`, `mor` | medium: one definite person; weak: `bruker`, `mor` |
//! | `person.kin` | `mor til`, `mamma till` | medium |
//! | `person.relative` | `mor di`, `din mamma`: the reader's | medium |
//! | `person.age` | `8 år gammel`, `åtte år gammel`, `åtteåring`, `Ola (8)`, `f. 58` | medium: says somebody, not who |
//! | `person.described` | `enken i det gule huset`, `vår eneste kokk` | medium: only one is so; weak: a place alone tells |
//! | `person.pronoun` | `hun`, `hans` | weak: points to a name or role before it |
//! | `name.colleague` | writer, reader, colleague, profession beside it | weak: no anchor; the reason tells why |
//!
//! A name in a greeting or a closing, alone on the last lines, known from the header or beside the
//! word for a profession is a colleague's. It is still reported, because an employee's sick leave is
//! a circumstance too: a colleague by `profession` may become an anchor for matters of work.
//!
//! Streets, companies, schools and places named after persons are none. Signatures, disclaimers and
//! footers hold no persons; of the fields of a forwarded mail's head only the subject does. A full name keeps
//! itself, lower-case, as identity; a given name alone takes the identity of the full name it was
//! part of earlier in the view.
//!
//! Limits: [`MAX_FINDINGS`] findings a kind in one view.

#![warn(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod age;
mod colleague;
mod described;
mod endings;
mod initials;
mod key;
mod name;
mod names;
mod own;
mod stream;
#[cfg(test)]
mod tests;
mod words;

use std::cell::OnceCell;
use std::collections::HashSet;
use std::hash::BuildHasherDefault;
use std::ops::Range;

pub use names::{Names, NamesError};
pub use own::OwnNames;

use super::Context;
use super::category::{Category, Strength};
use super::draft::Draft;
use super::finding::Finding;
use super::fnv;
use super::identifier::surroundings::slice_before;
use crate::text::{View, Zone, ZoneSpan};
use colleague::Own;
use name::{Before, Name};
use names::Class;
use stream::Stream;
use words::Word;

/// Bytes of the longest word that makes kin the reader's.
const LONGEST_YOURS: usize = 5;
/// Lines at the start of a text among which a greeting stands, and words of one.
const GREETING_LINES: usize = 6;
const GREETING_WORDS: usize = 7;
/// Bytes of a sentence in front of a word that are looked through for how it begins.
const SENTENCE_BEFORE: usize = 120;
/// Findings of one kind in one view.
pub const MAX_FINDINGS: usize = 200;

const KINDS: [&str; 11] = [
    "name.full",
    "name.surname",
    "name.given",
    "name.initials",
    "name.colleague",
    "person.role",
    "person.kin",
    "person.relative",
    "person.age",
    "person.pronoun",
    "person.described",
];

/// Finds persons in one view and appends them to `out`. True when a limit was reached and there are
/// more.
pub fn find(view: &View, index: usize, ctx: &Context, names: &Names, out: &mut Vec<Finding>) -> bool {
    let mut reader = Reader {
        view,
        text: view.normal(),
        index,
        names,
        ctx,
        own: OnceCell::new(),
        to_many: OnceCell::new(),
        found: [0; KINDS.len()],
        known: fnv::Table::default(),
        colleagues: HashSet::default(),
        official_end: usize::MAX,
        truncated: false,
        zone: ZoneSpan { span: 0..0, zone: Zone::New },
        out,
    };
    reader.read();
    reader.truncated
}

struct Reader<'a> {
    view: &'a View,
    /// Its matching text.
    text: &'a str,
    index: usize,
    names: &'a Names,
    ctx: &'a Context,
    /// Made when the first name is met.
    own: OnceCell<Own<'a>>,
    /// Whether the text greets many.
    to_many: OnceCell<bool>,
    found: [usize; KINDS.len()],
    /// Given names of full names seen so far, with the full name.
    known: fnv::Table<String>,
    /// Given names of colleagues named in full so far.
    colleagues: HashSet<Box<str>, BuildHasherDefault<fnv::Fnv>>,
    /// Where the last colleague by profession ends.
    official_end: usize,
    truncated: bool,
    /// The zone asked for last.
    zone: ZoneSpan,
    out: &'a mut Vec<Finding>,
}

impl<'a> Reader<'a> {
    fn read(&mut self) {
        let text = self.text;
        let bytes = text.as_bytes();
        let mut stream = Stream::of(bytes);
        let mut at = 0_usize;
        let mut before = Word::default();
        while let Some(word) = stream.next(at) {
            at = word.end;
            if words::is_capital_at(text, word.start) {
                at = self.capital(&word, &before).max(word.end);
            } else if let Some(class) = self.names.telling(text, &word) {
                at = self.word(&word, class).max(word.end);
            } else if word.accented {
                at = self.age(&word).unwrap_or(word.end);
            }
            before = word;
        }
    }

    /// Handles a word that begins with a capital; returns where to go on.
    fn capital(&mut self, word: &Word, before: &Word) -> usize {
        let text = self.text;
        let class = self.names.class(text, word);
        if initials::may_be(text, word)
            && let Some((span, strength)) = initials::read(text, word, &self.before(before, word), self.names)
        {
            self.push("name.initials", strength, span.clone(), "initials");
            return span.end;
        }
        let titled = || self.names.may_be_title(before);
        if let Some(class) = name::may_begin(text, word, class, self.names, titled)
            && let Some(mut name) = name::read(text, word, class, &self.before(before, word), self.names)
        {
            name::next_cell(text, &mut name, self.names);
            return self.name(name);
        }
        match class.has(Class::TELLING) {
            true => self.word(word, class),
            false => self.age(word).unwrap_or(word.end),
        }
    }

    /// Handles a word that tells somebody without a name; returns where to go on.
    #[inline(never)]
    fn word(&mut self, word: &Word, class: Class) -> usize {
        let text = self.text;
        self.described(word, class);
        if class.has(Class::LOWER_GIVEN)
            && let Some(name) = name::read_lower(text, word, self.names)
        {
            return self.name(name);
        }
        if let Some(end) = self.person_word(word, class) {
            return end;
        }
        self.age(word).unwrap_or(word.end)
    }

    fn age(&mut self, word: &Word) -> Option<usize> {
        if !word.accented {
            return None;
        }
        let span = age::by_ending(self.text, word, self.names)?;
        Some(self.push("person.age", Strength::Medium, span, "age"))
    }

    fn before(&self, before: &Word, word: &Word) -> Before<'a> {
        let between = self.text.as_bytes().get(before.end..word.start).unwrap_or_default();
        let written = self.text.get(before.start..before.end).unwrap_or_default();
        if between.is_empty() || !between.iter().all(|b| matches!(b, b' ' | b':' | b'.')) {
            return Before { word: written, class: Class::default(), joined: false };
        }
        let class = self.names.class(self.text, before);
        // A dot belongs to `Mr.`; behind `family` it ends the sentence.
        match class.has(Class::HONORIFIC) || !between.contains(&b'.') {
            true => Before { word: written, class, joined: true },
            false => Before { word: written, class: Class::default(), joined: false },
        }
    }

    /// Somebody told apart without a name; the noun is read on as what it is besides.
    fn described(&mut self, word: &Word, class: Class) {
        if class.has(Class::DESCRIBED)
            && let Some((span, strength)) = self.names.described().read(self.text, word, class, self.names)
        {
            self.push("person.described", strength, span, "described");
        }
    }

    fn person_word(&mut self, word: &Word, class: Class) -> Option<usize> {
        let text = self.text;
        if class.has(Class::YEARS)
            && let Some(span) = age::by_years(text, word, self.names)
        {
            return Some(self.push("person.age", Strength::Medium, span, "age"));
        }
        if class.has(Class::AGE)
            && let Some(span) = age::after_word(text, word)
        {
            return Some(self.push("person.age", Strength::Medium, span, "age"));
        }
        if class.has(Class::AGED) {
            return Some(self.push("person.age", Strength::Medium, word.start..word.end, "age"));
        }
        if class.has(Class::BORN)
            && let Some(span) = age::by_birth_year(text, word)
        {
            return Some(self.push("person.age", Strength::Medium, span, "birth-year"));
        }
        let next = || words::joined(text.as_bytes(), word.end);
        if class.has(Class::KIN)
            && let Some(link) = next()
            && self.names.class(text, &link).has(Class::KIN_LINK)
        {
            return Some(self.push("person.kin", Strength::Medium, word.start..link.end, "kin"));
        }
        if class.has(Class::KIN)
            && let Some(span) = self.beside_yours(word)
        {
            if self.is_meant(&span) {
                return Some(self.push("person.relative", Strength::Medium, span, "of-reader"));
            }
            return Some(span.end);
        }
        if class.has(Class::PHRASE)
            && let Some(second) = next()
            && let (Some(a), Some(b)) = (text.get(word.start..word.end), text.get(second.start..second.end))
            && (self.names.class(text, &second).has(Class::PHRASE_END) || words::is_capital(b))
            && self.names.phrase(&[a, b]).has(Class::ROLE_DEFINITE)
        {
            self.described(&second, self.names.class(text, &second));
            return Some(self.push("person.role", Strength::Medium, word.start..second.end, "role"));
        }
        if class.any_of(&[Class::ROLE_DEFINITE, Class::ROLE_INDEFINITE]) {
            let strength = if class.has(Class::ROLE_DEFINITE) { Strength::Medium } else { Strength::Weak };
            self.push("person.role", strength, word.start..word.end, "role");
            return Some(self.age_behind(word.end, true));
        }
        if class.has(Class::PRONOUN) {
            return Some(self.push("person.pronoun", Strength::Weak, word.start..word.end, "pronoun"));
        }
        None
    }

    /// Whoever reads of his own kin knows who is meant, unless many read it (`Hei foreldre`) or it is whoever it fits
    /// (`Hvis barnet ditt`).
    fn is_meant(&self, kin: &Range<usize>) -> bool {
        !self.is_conditional(kin.start) && !*self.to_many.get_or_init(|| self.greets_many())
    }

    fn greets_many(&self) -> bool {
        let lines = self.text.lines().map(|line| line.trim_start_matches(['>', ' '])).filter(|line| !line.is_empty());
        lines.take(GREETING_LINES).any(|line| {
            let mut words = line.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
            let class = |word: &str| self.names.look_up(&words::lowered(word));
            words.next().is_some_and(|first| class(first).any_of(&[Class::GREETING, Class::KIN_LINK]))
                && words.take(GREETING_WORDS).any(|word| class(word).has(Class::MANY))
        })
    }

    fn is_conditional(&self, at: usize) -> bool {
        let before = slice_before(self.text, at, SENTENCE_BEFORE);
        let sentence = before.rsplit(['.', '!', '?', '\n', ':']).next().unwrap_or_default().trim_start();
        let first = sentence.split(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
        self.names.look_up(&words::lowered(first)).has(Class::CONDITION)
    }

    /// The reader's own kin: `mor di`, `din mamma`.
    fn beside_yours(&self, word: &Word) -> Option<Range<usize>> {
        let text = self.text;
        if let Some(next) = words::joined(text.as_bytes(), word.end)
            && self.names.class(text, &next).has(Class::YOURS)
        {
            return Some(word.start..next.end);
        }
        let before = slice_before(text, word.start, LONGEST_YOURS.saturating_add(2)).strip_suffix(' ')?;
        let own = before.rsplit(|c: char| !c.is_alphabetic()).next()?;
        let yours = self.names.look_up(&words::lowered(own)).has(Class::YOURS);
        yours.then(|| word.start.saturating_sub(own.len().saturating_add(1))..word.end)
    }

    fn name(&mut self, name: Name) -> usize {
        let end = name.span.end;
        let text = self.text;
        if !self.counts(&name.span) || self.names.is_no_name(text, &name.span) {
            return end;
        }
        if self.is_full(name.kind) && self.is_full("name.colleague") {
            self.truncated = true;
            return end;
        }
        // `Samtalsledare är Kicki Boman och Anders Rehn`: both.
        let and = text.get(self.official_end..name.span.start).is_some_and(|between| {
            between == ", "
                || between.strip_prefix(' ').and_then(|b| b.strip_suffix(' ')).is_some_and(|w| self.names.is_and(w))
        });
        let own = self.own.get_or_init(|| Own::of(self.ctx));
        let reason = colleague::reason(self.view, &name.span, own, self.names).or(and.then_some("profession"));
        let lower = text.get(name.span.clone()).unwrap_or_default().to_lowercase();
        let given = lower.split(' ').next().unwrap_or_default();
        // `Agneta Kroon, demenssamordnare, … Agneta säger`: the same one, unless a client has the name.
        let again = name.kind == "name.given" && self.colleagues.contains(given) && !self.known.contains_key(given);
        let reason = reason.or(again.then_some("named-before"));
        if let Some(reason) = reason {
            if name.kind == "name.full" && self.colleagues.len() < MAX_FINDINGS {
                self.colleagues.insert(given.into());
            }
            self.official_end = if reason == "profession" { end } else { usize::MAX };
            self.push("name.colleague", Strength::Weak, name.span, reason);
            return end;
        }
        let identity = match name.kind {
            "name.full" => {
                if self.known.len() < MAX_FINDINGS && !self.known.contains_key(given) {
                    self.known.insert(given.into(), lower.clone());
                }
                lower
            }
            _ => self.known.get(given).cloned().unwrap_or(lower),
        };
        self.push_value(name.kind, name.strength, name.span, name.reason, identity);
        self.age_behind(end, false)
    }

    /// Takes an age right behind a word for a person along; `linked`, also behind `of` and the like. Returns where to go on.
    fn age_behind(&mut self, end: usize, linked: bool) -> usize {
        match age::behind(self.text, end, linked, self.names) {
            Some(age) => self.push("person.age", Strength::Medium, age, "age"),
            None => end,
        }
    }

    fn is_full(&self, kind: &str) -> bool {
        let count = KINDS.iter().position(|k| *k == kind).and_then(|i| self.found.get(i));
        count.is_some_and(|n| *n >= MAX_FINDINGS)
    }

    fn push(&mut self, kind: &'static str, strength: Strength, span: Range<usize>, reason: &'static str) -> usize {
        let end = span.end;
        self.push_value(kind, strength, span, reason, String::new());
        end
    }

    fn push_value(
        &mut self,
        kind: &'static str,
        strength: Strength,
        span: Range<usize>,
        reason: &'static str,
        identity: String,
    ) {
        if !self.counts(&span) {
            return;
        }
        let Some(count) = KINDS.iter().position(|k| *k == kind).and_then(|i| self.found.get_mut(i)) else { return };
        if *count >= MAX_FINDINGS {
            self.truncated = true;
            return;
        }
        *count = count.saturating_add(1);
        let draft =
            Draft { category: Category::Name, kind, strength, span, rule: kind, reasons: vec![reason], identity };
        self.out.push(draft.into_finding(self.view, self.index));
    }

    /// The zone at a place; the places asked for seldom leave one.
    fn zone_at(&mut self, at: usize) -> Zone {
        if !self.zone.span.contains(&at) {
            let zone = self.view.zone_span_at(at).cloned();
            self.zone = zone.unwrap_or(ZoneSpan { span: 0..0, zone: Zone::New });
        }
        self.zone.zone
    }

    /// Whether persons of this zone count at all.
    fn counts(&mut self, span: &Range<usize>) -> bool {
        match self.zone_at(span.start) {
            Zone::New | Zone::Quote => true,
            Zone::Signature | Zone::Disclaimer | Zone::Footer => false,
            Zone::Forward => {
                let text = self.text;
                let (start, end) = words::line(text.as_bytes(), span.start);
                let line = text.get(start..end).unwrap_or_default().trim_start_matches(['>', ' ', '*']);
                match line.split_once(':') {
                    Some((field, _)) if field.split(' ').count() <= 2 => {
                        self.names.look_up(field.trim_matches(['*', ' '])).has(Class::SUBJECT)
                    }
                    // The mark for the head may reach into the text; a list of addresses is no text.
                    _ => !line.contains(['@', ';', '<']),
                }
            }
        }
    }
}
