//! Values as what they were asked for; each has its fault when it is something else.

use std::fmt::Display;
use std::ops::RangeInclusive;

use super::{Item, Source, nearest};

impl<'t> Source<'t> {
    /// A text that is not empty.
    pub fn string(&mut self, item: &Item<'t>) -> Option<&'t str> {
        match item.value.as_str().filter(|s| !s.trim().is_empty()) {
            Some(text) => Some(text),
            None => {
                self.fault(item, "a text in quotes, not empty");
                None
            }
        }
    }

    pub fn boolean(&mut self, item: &Item<'t>) -> Option<bool> {
        let value = item.value.as_bool();
        if value.is_none() {
            self.fault(item, "true or false");
        }
        value
    }

    pub fn integer(&mut self, item: &Item<'t>, allowed: RangeInclusive<u64>) -> Option<u64> {
        let number = item.value.as_integer().and_then(|i| u64::from_str_radix(i.as_str(), i.radix()).ok());
        let number = number.filter(|n| allowed.contains(n));
        if number.is_none() {
            self.fault(item, format!("a whole number from {} to {}", allowed.start(), allowed.end()));
        }
        number
    }

    pub fn date(&mut self, item: &Item<'t>) -> Option<jiff::civil::Date> {
        let date = item.value.as_datetime().filter(|d| d.time.is_none() && d.offset.is_none()).and_then(|d| d.date);
        let date = date.and_then(|d| {
            let (year, month, day) =
                (i16::try_from(d.year).ok()?, i8::try_from(d.month).ok()?, i8::try_from(d.day).ok()?);
            jiff::civil::Date::new(year, month, day).ok()
        });
        if date.is_none() {
            self.fault(item, "a date without quotes, as in 2027-06-30");
        }
        date
    }

    /// A text that `read` understands; its error says what is allowed.
    pub fn parsed<T, E: Display>(&mut self, item: &Item<'t>, read: impl FnOnce(&str) -> Result<T, E>) -> Option<T> {
        let text = self.string(item)?;
        read(text).map_err(|allowed| self.fault(item, allowed)).ok()
    }

    /// One of a few words; with the nearest one when it is another.
    pub fn word<T: Copy>(&mut self, item: &Item<'t>, all: &[T], as_str: fn(T) -> &'static str) -> Option<T> {
        let text = self.string(item)?;
        let word = all.iter().copied().find(|v| as_str(*v) == text);
        if word.is_none() {
            self.no_such_word(item, &all.iter().map(|v| as_str(*v)).collect::<Vec<_>>());
        }
        word
    }

    /// A fault at a word that is none of those; names the one that was probably meant.
    pub fn no_such_word(&mut self, item: &Item<'_>, words: &[&str]) {
        let near = nearest(words, item.text().unwrap_or_default());
        let hint = near.map_or_else(String::new, |near| format!("; did you mean {near:?}?"));
        let allowed = if words.is_empty() { "none is defined".to_owned() } else { words.join(", ") };
        self.fault(item, format!("{allowed}{hint}"));
    }

    /// The members of an array.
    pub fn members(&mut self, item: &Item<'t>) -> Vec<Item<'t>> {
        if item.value.as_array().is_none() {
            self.fault(item, r#"a list in brackets, as in ["…", "…"]"#);
        }
        item.list()
    }

    /// The texts of an array that `read` understands, each with its place.
    pub fn list<T, E: Display>(&mut self, item: &Item<'t>, read: impl Fn(&str) -> Result<T, E>) -> Vec<(Item<'t>, T)> {
        let members = self.members(item);
        members.into_iter().filter_map(|m| self.parsed(&m, &read).map(|value| (m, value))).collect()
    }
}
