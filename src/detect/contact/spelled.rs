//! Birth dates in words: `född den trettonde mars femtioåtta`, `born March 13, 1958`, `født i mars 1958`.
//!
//! Only behind a word for birth; dates in figures with the day first are `birth.rs`'s.

use std::collections::HashMap;
use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};

use super::around::{line_after, line_before};
use super::words::WordsError;
use crate::detect::category::Strength;
use crate::detect::identifier::fold::fold;

/// Words between the word for birth and the end of the date.
const WORDS: usize = 9;

/// The words of dates, folded.
pub struct Spelled {
    born: AhoCorasick,
    /// Ordinals: day of the month.
    days: HashMap<String, u8>,
    /// Tens and ones of a year, `femtio`, `åtta`.
    tens: HashMap<String, u16>,
    ones: HashMap<String, u16>,
    /// What stands in front of them: `nittonhundra`.
    centuries: Vec<String>,
    /// Between the word for birth and the date.
    fillers: Vec<String>,
    months: HashMap<String, u8>,
}

/// The tables of the file.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    born: String,
    fillers: String,
    centuries: String,
    ones: HashMap<String, u16>,
    tens: HashMap<String, u16>,
    days: HashMap<String, u8>,
}

impl Spelled {
    pub fn of(file: &File, months: &HashMap<String, u8>) -> Result<Self, WordsError> {
        let list = |words: &str| words.split_whitespace().map(fold).collect::<Vec<_>>();
        let born = file.born.split_whitespace().flat_map(|w| [w.to_owned(), w.to_uppercase(), capitalised(w)]);
        let mut centuries = list(&file.centuries);
        centuries.sort_by_key(|word| std::cmp::Reverse(word.len()));
        Ok(Spelled {
            born: AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(born)?,
            days: file.days.iter().map(|(word, day)| (fold(word), *day)).collect(),
            tens: file.tens.iter().map(|(word, value)| (fold(word), *value)).collect(),
            ones: file.ones.iter().map(|(word, value)| (fold(word), *value)).collect(),
            centuries,
            fillers: list(&file.fillers),
            months: months.clone(),
        })
    }

    /// The dates in words of a text, with how sure each is: medium with its day and year.
    pub fn dates<'a>(&'a self, text: &'a str) -> impl Iterator<Item = (Range<usize>, Strength)> + 'a {
        self.born.find_iter(text).filter_map(|found| {
            let letter = |c: char| c.is_alphanumeric();
            if line_before(text, found.start()).ends_with(letter) || line_after(text, found.end()).starts_with(letter) {
                return None;
            }
            self.date(line_after(text, found.end())).map(|(used, strength)| {
                let end = found.end().saturating_add(used);
                (found.start()..end, strength)
            })
        })
    }

    /// The date at the start of what follows the word for birth: the bytes it takes.
    fn date(&self, rest: &str) -> Option<(usize, Strength)> {
        let mut tokens = tokens(rest).take(WORDS).skip_while(|(word, _)| self.fillers.contains(word)).peekable();
        let (first, _) = tokens.next()?;
        let by_month = self.months.contains_key(&first);
        let spelled = self.day(&first);
        if !by_month && !spelled {
            return None;
        }
        let (second, mut end) = tokens.next()?;
        let day_behind = by_month && numeral(&second).is_some_and(|(value, digits)| digits <= 2 && value <= 31);
        match (by_month, day_behind) {
            // `i mars 1958`
            (true, false) => return is_year(&second).then_some((end, Strength::Weak)),
            (false, _) if !self.months.contains_key(&second) => return None,
            _ => {}
        }
        let mut strength = Strength::Weak;
        let mut year = String::new();
        for (word, at) in tokens {
            if is_year(&word) || self.is_spelled_year(&format!("{year}{word}")) {
                return Some((at, Strength::Medium));
            }
            // `nitten hundre og åttifem`
            if !self.begins_year(&format!("{year}{word}")) {
                break;
            }
            year.push_str(&word);
            (end, strength) = (at, Strength::Weak);
        }
        Some((end, strength))
    }

    fn day(&self, word: &str) -> bool {
        self.days.contains_key(word)
    }

    /// `femtioåtta`, `nittonhundrafemtioåtta`, `fiftyeight`.
    fn is_spelled_year(&self, word: &str) -> bool {
        let short = self.centuries.iter().find_map(|c| word.strip_prefix(c.as_str())).unwrap_or(word);
        let tens = |w: &str| self.tens.contains_key(w);
        let both = || {
            (1..short.len()).any(|at| {
                let (head, tail) = (short.get(..at), short.get(at..));
                head.is_some_and(tens) && tail.is_some_and(|t| self.ones.contains_key(t))
            })
        };
        tens(short) || both()
    }

    fn begins_year(&self, word: &str) -> bool {
        self.centuries.iter().any(|c| c.starts_with(word)) || self.tens.contains_key(word)
    }
}

/// Words and numbers, folded, with where they end; hyphens join.
fn tokens(rest: &str) -> impl Iterator<Item = (String, usize)> + '_ {
    let mut at = 0_usize;
    rest.split(['.', '!', '?', ';', ')']).flat_map(|part| part.split([' ', ',', ':'])).filter_map(move |word| {
        let end = at.saturating_add(word.len());
        at = end.saturating_add(1);
        let folded = fold(word).replace(' ', "");
        (!folded.is_empty()).then_some((folded, end))
    })
}

/// A number in figures and how many there are; `13th` counts.
fn numeral(word: &str) -> Option<(u32, usize)> {
    let digits = word.bytes().take_while(u8::is_ascii_digit).count();
    let ordinal = matches!(word.get(digits..), Some("" | "st" | "nd" | "rd" | "th"));
    Some((word.get(..digits)?.parse().ok().filter(|_| ordinal)?, digits))
}

fn is_year(word: &str) -> bool {
    matches!(numeral(word), Some((1_880..=2_100, 4) | (_, 2)))
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}
