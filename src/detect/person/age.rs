//! Ages and years of birth: `8 år`, `åtta år gammal`, `åtteåring`, `12-åring`, `Ola (8)`, `a boy of seven`, `f. 58`,
//! `född -58`, `aged 7`.

use std::ops::Range;

use super::names::{Class, Names};
use super::words::{self, Word};

/// Oldest age, in years; also the most months an age is given in.
const OLDEST: u32 = 110;
/// Shortest word that is an age without digits (`toåring`).
const SHORTEST: usize = 7;

/// A word that ends like an age (`åtteåring`); with digits and a hyphen in front the number belongs to it.
pub fn by_ending(text: &str, word: &Word, names: &Names) -> Option<Range<usize>> {
    let written = text.get(word.start..word.end)?;
    if !names.ends_like_age(written) {
        return None;
    }
    let before = text.get(..word.start)?;
    let number = before.trim_end_matches(['-', ' ', '\t']);
    let digits = number.len().saturating_sub(number.trim_end_matches(|c: char| c.is_ascii_digit()).len());
    let joined = before.len().saturating_sub(number.len()) <= 1;
    let start = if digits > 0 && digits <= 3 && joined { number.len().saturating_sub(digits) } else { word.start };
    (start < word.start || written.chars().count() >= SHORTEST).then_some(start..word.end)
}

/// `år`, `years`, `mnd` behind a number: an age when `gammel` or the like follows, or when the number
/// stands where an age does: in brackets, between commas, behind `på`.
pub fn by_years(text: &str, word: &Word, names: &Names) -> Option<Range<usize>> {
    let before = text.get(..word.start)?;
    let head = before.trim_end_matches([' ', '\t', '-']);
    let gap = before.len().saturating_sub(head.len());
    let digits = head.len().saturating_sub(head.trim_end_matches(|c: char| c.is_ascii_digit()).len());
    if gap > 1 || digits > 3 {
        return None;
    }
    let in_words = || head.split([' ', '\n', '(', ',']).next_back().filter(|number| names.is_number(number));
    let start = head.len().saturating_sub(if digits == 0 { in_words()?.len() } else { digits });
    if digits > 0 && !head.get(start..).is_some_and(is_years) {
        return None;
    }
    // `year-old` says it all.
    if text.get(word.start..word.end)?.contains('-') {
        return Some(start..word.end);
    }
    let next = words::next(text.as_bytes(), word.end);
    let behind = next.filter(|n| matches!(text.get(word.end..n.start), Some(" " | "-")));
    if let Some(old) = behind
        && names.class(text, &old).has(Class::OLD)
    {
        return Some(start..old.end);
    }
    let lead = head.get(..start)?;
    let tail = text.get(word.end..)?.chars().next();
    // `på fire år` is how long it takes, more often than how old somebody is.
    let opened = lead.ends_with("(") || lead.ends_with(", ") || digits > 0 && lead.ends_with("på ");
    let closed = matches!(tail, None | Some(')' | ',' | '.' | '\n' | ';'));
    (opened && closed).then_some(start..word.end)
}

/// `Ola (8)`, `flicka, 14`: a number and no more behind a word for a person; and behind one that is no name,
/// `a boy of seven`, `en jente på 8`.
pub fn behind(text: &str, end: usize, linked: bool, names: &Names) -> Option<Range<usize>> {
    let rest = text.get(end..)?;
    let link = rest.strip_prefix(' ').and_then(|rest| rest.split_once(' '));
    let link = link.filter(|(link, _)| linked && names.look_up(link).has(Class::AGE_LINK));
    let bracket = rest.strip_prefix(" (");
    let lead = bracket.or_else(|| rest.strip_prefix(", ")).or(link.map(|(_, lead)| lead))?;
    let length = lead.find(|c: char| !c.is_alphanumeric() && c != '-').unwrap_or(lead.len());
    let (number, tail) = lead.split_at_checked(length)?;
    let age = is_years(number) || link.is_some() && names.is_number(number);
    let mut marks = tail.chars();
    let closed = match marks.next() {
        Some(')') => true,
        _ if bracket.is_some() => false,
        None | Some('\n' | ';' | ',') => true,
        // `14. mai`, `14.30`
        Some('.') => {
            !marks.as_str().trim_start_matches(' ').starts_with(|c: char| c.is_ascii_digit() || c.is_lowercase())
        }
        Some(_) => false,
    };
    let start = end.saturating_add(rest.len().saturating_sub(lead.len()));
    (age && closed).then(|| start..start.saturating_add(length))
}

/// Digits that may be an age.
fn is_years(digits: &str) -> bool {
    digits.bytes().all(|b| b.is_ascii_digit()) && digits.parse::<u32>().is_ok_and(|years| years <= OLDEST)
}

/// `f. 58`, `född -58`, `født i 1958`: a year of birth and no more.
pub fn by_birth_year(text: &str, word: &Word) -> Option<Range<usize>> {
    let rest = text.get(word.end..)?;
    let lead = rest.trim_start_matches(['.', ' ', '\t', ':', '-', '\'', '(']);
    let skipped = rest.len().saturating_sub(lead.len());
    let (lead, skipped) =
        match lead.strip_prefix("i ").or_else(|| lead.strip_prefix("år ")).or_else(|| lead.strip_prefix("in ")) {
            Some(after) => (after, skipped.saturating_add(lead.len().saturating_sub(after.len()))),
            None => (lead, skipped),
        };
    let digits = lead.bytes().take_while(u8::is_ascii_digit).count();
    let after = lead.as_bytes().get(digits);
    let ends = !matches!(after, Some(b'.' | b'-' | b'/'))
        || !lead.as_bytes().get(digits.saturating_add(1)).is_some_and(u8::is_ascii_digit);
    let year = match digits {
        2 => true,
        4 => matches!(lead.get(..2), Some("18" | "19" | "20")),
        _ => false,
    };
    let near = (1..=6).contains(&skipped);
    (year && ends && near).then(|| word.start..word.end.saturating_add(skipped).saturating_add(digits))
}

/// `alder 7`, `aged 82`.
pub fn after_word(text: &str, word: &Word) -> Option<Range<usize>> {
    let rest = text.get(word.end..)?;
    let lead = rest.trim_start_matches([':', ' ', '\t']);
    let skipped = rest.len().saturating_sub(lead.len());
    let digits = lead.bytes().take_while(u8::is_ascii_digit).count();
    let number: u32 = lead.get(..digits)?.parse().ok()?;
    ((1..=3).contains(&skipped) && number <= OLDEST)
        .then(|| word.start..word.end.saturating_add(skipped).saturating_add(digits))
}
