//! What stands before and behind a number on its line, folded once.

use crate::detect::identifier::fold::fold;
use crate::detect::identifier::surroundings::{slice_after, slice_before};

/// Bytes looked at.
const WINDOW: usize = 64;

/// The line up to a place, as written and folded.
pub struct Before<'a> {
    pub written: &'a str,
    folded: String,
}

impl<'a> Before<'a> {
    pub fn of(text: &'a str, at: usize) -> Self {
        let written = line_before(text, at);
        Before { written, folded: fold(written) }
    }

    /// The words, the nearest first.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.folded.split(' ').rev().filter(|w| !w.is_empty())
    }

    /// The whole of it, folded.
    pub fn folded(&self) -> &str {
        &self.folded
    }
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
