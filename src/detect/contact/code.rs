//! Codes that open somebody's door: `portkod 1937`, `nøkkelboks 3382`, `kode inngang 7B`.

use std::ops::Range;

use super::around::{line_after, words_before};
use super::words::Words;

/// Digits of a code, and words between the label and it.
const DIGITS: std::ops::RangeInclusive<usize> = 1..=8;
const BETWEEN: usize = 3;

/// The code that begins with `digits`, when a label names it.
pub fn read(text: &str, digits: &Range<usize>, words: &Words) -> Option<Range<usize>> {
    if !DIGITS.contains(&digits.len()) {
        return None;
    }
    let before = words_before(text, digits.start);
    let near = before.get(..before.len().min(BETWEEN.saturating_add(1)))?;
    // A number in between has used the label up.
    let label = near
        .iter()
        .take_while(|w| !w.starts_with(|c: char| c.is_ascii_digit()))
        .position(|w| words.door_codes.contains(w))?;
    let weak = near.get(label).is_some_and(|w| words.door_codes_weak.contains(w));
    let door = before
        .iter()
        .take(BETWEEN.saturating_mul(2))
        .any(|w| words.doors.contains(w) || words.door_codes.contains(w) && !words.door_codes_weak.contains(w));
    let rest = line_after(text, digits.end);
    let letters = rest.chars().take_while(|c| c.is_ascii_uppercase() || *c == '#').count();
    let long = digits.len().saturating_add(letters) >= if weak { 2 } else { 3 };
    let free = !rest.get(letters..).is_some_and(|r| r.starts_with(|c: char| c.is_alphanumeric()));
    (free && long && letters <= 2 && (!weak || door)).then(|| digits.start..digits.end.saturating_add(letters))
}
