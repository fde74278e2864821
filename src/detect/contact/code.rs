//! Codes that open somebody's door: `portkod 1937`, `nøkkelboks 3382`, `kode inngang 7B`.

use std::ops::Range;

use super::around::{Before, line_after};
use super::words::Sense;

/// Digits of a code, and words between the label and it.
const DIGITS: std::ops::RangeInclusive<usize> = 1..=8;
const BETWEEN: usize = 3;

/// The code that begins with `digits`, when a label names it.
pub fn read(text: &str, digits: &Range<usize>, before: &Before) -> Option<Range<usize>> {
    if !DIGITS.contains(&digits.len()) {
        return None;
    }
    // A number in between has used the label up.
    let mut free = before.near().take(BETWEEN.saturating_add(1)).take_while(|word| !word.number);
    let label = free.find(|word| word.sense.has(Sense::DOOR_CODE))?.sense;
    let weak = label.has(Sense::ANY_CODE);
    let names_door = |s: Sense| s.has(Sense::DOOR) || (s.has(Sense::DOOR_CODE) && !s.has(Sense::ANY_CODE));
    let door = !weak || before.near().any(|word| names_door(word.sense));
    let rest = line_after(text, digits.end);
    let letters = rest.chars().take_while(|c| c.is_ascii_uppercase() || *c == '#').count();
    let long = digits.len().saturating_add(letters) >= if weak { 2 } else { 3 };
    let free = !rest.get(letters..).is_some_and(|r| r.starts_with(|c: char| c.is_alphanumeric()));
    (free && long && letters <= 2 && door).then(|| digits.start..digits.end.saturating_add(letters))
}
