//! The words around a place, one by one, on its line.

use crate::detect::identifier::fold::fold;
use crate::detect::identifier::surroundings::{slice_after, slice_before};

/// Bytes looked at.
const WINDOW: usize = 64;

/// The words before `at`, the nearest first, folded.
pub fn words_before(text: &str, at: usize) -> Vec<String> {
    let line = slice_before(text, at, WINDOW).rsplit('\n').next().unwrap_or_default();
    let folded = fold(line);
    folded.split(' ').filter(|w| !w.is_empty()).rev().map(str::to_owned).collect()
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
