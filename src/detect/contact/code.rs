//! Codes that open somebody's door: `portkod 1937`, `nøkkelboks 3382`, `kode inngang 7B`.

use std::ops::Range;

use super::around::{Before, line_after};
use super::words::Words;

/// Digits of a code, and words between the label and it.
const DIGITS: std::ops::RangeInclusive<usize> = 1..=8;
const BETWEEN: usize = 3;

/// The code that begins with `digits`, when a label names it.
pub fn read(text: &str, digits: &Range<usize>, before: &Before, words: &Words) -> Option<Range<usize>> {
    if !DIGITS.contains(&digits.len()) {
        return None;
    }
    // A number in between has used the label up.
    let mut near =
        before.words().take(BETWEEN.saturating_add(1)).take_while(|w| !w.starts_with(|c: char| c.is_ascii_digit()));
    let label = near.find(|w| words.door_codes.contains(*w))?;
    let weak = words.door_codes_weak.contains(label);
    let names_door =
        |w: &str| words.doors.contains(w) || words.door_codes.contains(w) && !words.door_codes_weak.contains(w);
    let door = !weak || before.words().take(BETWEEN.saturating_mul(2)).any(names_door);
    let rest = line_after(text, digits.end);
    let letters = rest.chars().take_while(|c| c.is_ascii_uppercase() || *c == '#').count();
    let long = digits.len().saturating_add(letters) >= if weak { 2 } else { 3 };
    let free = !rest.get(letters..).is_some_and(|r| r.starts_with(|c: char| c.is_alphanumeric()));
    (free && long && letters <= 2 && door).then(|| digits.start..digits.end.saturating_add(letters))
}
