//! What stands before and behind a number on its line, folded once.

use super::words::{Sense, Words};
use crate::detect::identifier::fold::fold;
use crate::detect::identifier::surroundings::{slice_after, slice_before};

/// Bytes and words looked at.
const WINDOW: usize = 48;
pub const NEAR: usize = 6;

/// The line up to a place, as written and folded, and what its nearest words say.
pub struct Before<'a> {
    pub written: &'a str,
    folded: String,
    /// Of the nearest words, the nearest first; a number says nothing.
    senses: [Sense; NEAR],
}

impl<'a> Before<'a> {
    pub fn of(text: &'a str, at: usize, words: &Words) -> Self {
        let written = line_before(text, at);
        let folded = fold(written);
        let mut senses = [Sense::default(); NEAR];
        for (sense, word) in senses.iter_mut().zip(nearest(&folded)) {
            *sense = words.sense(word);
        }
        Before { written, folded, senses }
    }

    /// The words, the nearest first.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        nearest(&self.folded)
    }

    /// What the nearest words say.
    pub fn senses(&self) -> &[Sense; NEAR] {
        &self.senses
    }

    /// Whether the nearest word has this sense.
    pub fn is(&self, sense: Sense) -> bool {
        self.senses.first().is_some_and(|s| s.has(sense))
    }

    /// The whole of it, folded.
    pub fn folded(&self) -> &str {
        &self.folded
    }
}

fn nearest(folded: &str) -> impl Iterator<Item = &str> {
    folded.split_ascii_whitespace().rev()
}

/// The rest of the line from `at` on, bounded.
pub fn line_after(text: &str, at: usize) -> &str {
    slice_after(text, at, WINDOW).split('\n').next().unwrap_or_default()
}

/// The line up to `at`, bounded.
pub fn line_before(text: &str, at: usize) -> &str {
    slice_before(text, at, WINDOW).rsplit('\n').next().unwrap_or_default()
}

/// The word that ends at `at`, letters and hyphens, as written, and where it begins.
pub fn word_ending_at(text: &str, at: usize) -> (usize, &str) {
    let head = slice_before(text, at, WINDOW);
    let word = head.trim_end_matches(|c: char| c.is_alphabetic() || c == '-');
    let start = at.saturating_sub(head.len().saturating_sub(word.len()));
    (start, text.get(start..at).unwrap_or_default())
}
