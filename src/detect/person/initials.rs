//! Initials that stand for a person: `K.N.`, `A. B.`, `KL` behind a role, `MK i klass 7A`.

use std::ops::Range;

use super::name::Before;
use super::names::{Class, Names};
use super::words::{self, Word};
use crate::detect::category::Strength;

/// Bytes of the longest word that is initials.
const LONGEST: usize = 6;
/// Letters of a person's initials.
const LETTERS: std::ops::RangeInclusive<usize> = 2..=4;

/// Short, and not ending like an ordinary word with a capital.
pub fn may_be(text: &str, word: &Word) -> bool {
    let last = word.end.checked_sub(1).and_then(|last| text.as_bytes().get(last));
    word.end.saturating_sub(word.start) <= LONGEST && !last.is_some_and(u8::is_ascii_lowercase)
}

/// Initials that begin at `word`, which is capitalised. `before` is the word before it.
pub fn read(text: &str, word: &Word, before: &Before, names: &Names) -> Option<(Range<usize>, Strength)> {
    dotted(text, word, names).or_else(|| plain(text, word, before, names))
}

/// One capital, a dot, another capital and a dot, with or without a space.
fn dotted(text: &str, word: &Word, names: &Names) -> Option<(Range<usize>, Strength)> {
    let is_single = |w: &Word| text.get(w.start..w.end).is_some_and(|s| s.chars().count() == 1 && words::is_capital(s));
    if !is_single(word) {
        return None;
    }
    let mut end = word.end;
    let mut count = 1_usize;
    while let Some(next) = words::next(text.as_bytes(), end) {
        let between = text.get(end..next.start)?;
        if !is_single(&next) || !matches!(between, "." | ". ") {
            // Initials in front of a surname are read with it.
            let surname = matches!(between, "." | ". " | " ")
                && text.get(next.start..next.end).is_some_and(|w| words::is_capital(w) && names.is_surname(w));
            if surname {
                return None;
            }
            break;
        }
        end = next.end;
        count = count.saturating_add(1);
    }
    let dotted = text.as_bytes().get(end) == Some(&b'.');
    if !LETTERS.contains(&count) {
        return None;
    }
    let span = word.start..end.saturating_add(usize::from(dotted));
    let told = dotted || names.described().has_unit_behind(text, end);
    (told && !names.is_abbreviation(text.get(span.clone())?)).then_some((span, Strength::Medium))
}

/// Two or three capitals right behind a word for a person, in front of an age or of a class, ward or room. `Sønn AS` is a
/// company.
fn plain(text: &str, word: &Word, before: &Before, names: &Names) -> Option<(Range<usize>, Strength)> {
    let written = text.get(word.start..word.end)?;
    if !written.chars().all(char::is_uppercase) || !matches!(written.chars().count(), 2 | 3) {
        return None;
    }
    let role = before.class.has(Class::ROLE_DEFINITE) || before.class.has(Class::ROLE_INDEFINITE);
    let class = names.look_up(written);
    let company = class.has(Class::INSTITUTION) && words::is_capital(before.word);
    let person = role || is_aged(text, word.end, names) || names.described().has_unit_behind(text, word.end);
    (person && !company && !class.has(Class::ABBREVIATION)).then_some((word.start..word.end, Strength::Medium))
}

/// `, 8 år` or ` (8 år` behind the letters.
fn is_aged(text: &str, end: usize, names: &Names) -> bool {
    let aged = || {
        let rest = text.get(end..)?;
        let rest = rest.strip_prefix(", ").or_else(|| rest.strip_prefix(" ("))?;
        let number = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let digits = rest.len().saturating_sub(number.len());
        let unit = number.trim_start_matches([' ', '-']);
        let unit = unit.split(|c: char| !c.is_alphabetic() && c != '-').next()?;
        Some((1..=3).contains(&digits) && names.look_up(unit).has(Class::YEARS))
    };
    aged() == Some(true)
}
