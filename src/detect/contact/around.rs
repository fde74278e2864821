//! What stands before and behind a number on its line. Most numbers are told by the word right before them, so
//! words are folded one by one, from the number backwards.

use memchr::{memchr, memrchr};

use super::words::{Sense, Words};
use crate::detect::identifier::fold::{ascii, behind, fold};
use crate::detect::identifier::surroundings::{slice_after, slice_before};

/// Bytes and words looked at.
const WINDOW: usize = 48;
pub const NEAR: usize = 6;
/// More letters than any word has that says something.
const LETTERS: usize = 32;

/// The line up to a place, and what its nearest words say.
pub struct Before<'a> {
    pub written: &'a str,
    words: &'a Words,
    nearest: Near,
}

/// A word in front of a number.
#[derive(Clone, Copy, Debug, Default)]
pub struct Near {
    pub sense: Sense,
    /// A number itself.
    pub number: bool,
}

impl<'a> Before<'a> {
    pub fn of(text: &'a str, at: usize, words: &'a Words) -> Self {
        let written = line_before(text, at);
        let nearest = Backwards::of(written, words).next().unwrap_or_default();
        Before { written, words, nearest }
    }

    /// The nearest words, the nearest first.
    pub fn near(&self) -> impl Iterator<Item = Near> {
        Backwards::of(self.written, self.words).take(NEAR)
    }

    /// Whether the nearest word has this sense.
    pub fn is(&self, sense: Sense) -> bool {
        self.nearest.sense.has(sense)
    }

    /// The whole of it, folded.
    pub fn folded(&self) -> String {
        fold(self.written)
    }
}

/// The words of a line as they are when folded, from `end` on backwards.
struct Backwards<'a> {
    line: &'a str,
    end: usize,
    words: &'a Words,
}

impl<'a> Backwards<'a> {
    fn of(line: &'a str, words: &'a Words) -> Self {
        Backwards { line, end: line.len(), words }
    }

    /// The character that ends at `end`, folded, and how many bytes it takes.
    fn folded(&self) -> Option<(u8, usize)> {
        let byte = *self.line.as_bytes().get(self.end.checked_sub(1)?)?;
        if byte.is_ascii() {
            return Some((ascii(byte), 1));
        }
        let mut letters = self.line.get(..self.end)?.chars();
        let last = letters.next_back()?;
        Some((behind(letters.next_back(), last), last.len_utf8()))
    }
}

impl Iterator for Backwards<'_> {
    type Item = Near;

    fn next(&mut self) -> Option<Near> {
        let mut letters = [0_u8; LETTERS];
        let mut at = LETTERS;
        let mut too_long = false;
        let mut number = None;
        while let Some((c, width)) = self.folded() {
            let digit = c.is_ascii_digit();
            if digit || c.is_ascii_lowercase() {
                // Letters and digits are apart, as in a folded text.
                if *number.get_or_insert(digit) != digit {
                    break;
                }
                at = at.saturating_sub(1);
                match letters.get_mut(at) {
                    Some(slot) if at > 0 => *slot = c,
                    _ => too_long = true,
                }
            } else if number.is_some() {
                break;
            }
            self.end = self.end.saturating_sub(width);
        }
        let number = number?;
        let word = letters.get(at..).filter(|_| !number && !too_long);
        Some(Near { sense: word.map(|word| self.words.sense_of(word)).unwrap_or_default(), number })
    }
}

/// The rest of the line from `at` on, bounded.
pub fn line_after(text: &str, at: usize) -> &str {
    let window = slice_after(text, at, WINDOW);
    memchr(b'\n', window.as_bytes()).and_then(|end| window.get(..end)).unwrap_or(window)
}

/// The line up to `at`, bounded.
pub fn line_before(text: &str, at: usize) -> &str {
    let window = slice_before(text, at, WINDOW);
    memrchr(b'\n', window.as_bytes()).and_then(|end| window.get(end.saturating_add(1)..)).unwrap_or(window)
}

/// The word that ends at `at`, letters and hyphens, as written, and where it begins.
pub fn word_ending_at(text: &str, at: usize) -> (usize, &str) {
    let head = slice_before(text, at, WINDOW);
    let word = head.trim_end_matches(|c: char| c.is_alphabetic() || c == '-');
    let start = at.saturating_sub(head.len().saturating_sub(word.len()));
    (start, text.get(start..at).unwrap_or_default())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::sync::LazyLock;

    static WORDS: LazyLock<Words> = LazyLock::new(|| Words::builtin().unwrap());

    proptest! {
        #[test]
        fn words_are_those_of_the_folded_line(line in "((født|PORTKOD|kode|lgh|dør|Ã¸|å|bor|[0-9]{1,3}|x)[ .,:-]{0,2}){0,6}") {
            let folded = fold(&line);
            let expected: Vec<(Sense, bool)> = folded
                .split_ascii_whitespace()
                .rev()
                .take(NEAR)
                .map(|word| (WORDS.sense(word), word.starts_with(|c: char| c.is_ascii_digit())))
                .collect();
            let before = Before { written: &line, words: &WORDS, nearest: Near::default() };
            let found: Vec<(Sense, bool)> = before.near().map(|word| (word.sense, word.number)).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
