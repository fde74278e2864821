//! Home addresses: street and number, postcode and place, flats, boxes, property numbers.
//!
//! Endings and words are data. Norway: street, space, number, letter (`Storgata 20B`), unit
//! `H0304` (Kartverket, Adresseveileder chapter 12). Sweden: SS 63 70 03, `lgh 1101`.

use std::ops::Range;

use super::around::{Before, line_after, line_before, word_ending_at};
use super::words::{Sense, Words};
use crate::detect::category::Strength;
use crate::detect::identifier::business::is_bruksenhetsnummer;
use crate::detect::identifier::fold::fold;

/// Digits of a house number.
const HOUSE: std::ops::RangeInclusive<usize> = 1..=3;
/// Words behind a house number that may tell the floor.
const FLOOR_WORDS: usize = 4;
/// Capitalised words in front of a street that is a word of its own.
const FIRST_NAMES: usize = 3;

/// A piece of an address.
#[derive(Debug)]
pub struct Piece {
    pub kind: &'static str,
    pub span: Range<usize>,
    pub strength: Strength,
    pub reason: &'static str,
}

/// Reads what the digits at `digits` are the number of.
pub fn read(text: &str, digits: &Range<usize>, before: &Before, words: &Words) -> Option<Piece> {
    unit(text, digits)
        .or_else(|| flat(text, digits, before))
        .or_else(|| street(text, digits, before, words))
        .or_else(|| post_box(text, digits, before))
        .or_else(|| property(digits, before))
        .or_else(|| postcode(text, digits))
}

/// `H0101`.
fn unit(text: &str, digits: &Range<usize>) -> Option<Piece> {
    if digits.len() != 4 {
        return None;
    }
    let start = digits.start.checked_sub(1)?;
    text.get(start..digits.end).filter(|unit| is_bruksenhetsnummer(unit))?;
    let free = !line_before(text, start).ends_with(|c: char| c.is_alphanumeric());
    let ends = !line_after(text, digits.end).starts_with(|c: char| c.is_alphanumeric());
    (free && ends).then_some(Piece {
        kind: "bruksenhetsnummer",
        span: start..digits.end,
        strength: Strength::Medium,
        reason: "unit",
    })
}

/// `lgh 1001`, `leilighet 304`. A Swedish flat has four digits; others are the house owner's own.
fn flat(text: &str, digits: &Range<usize>, before: &Before) -> Option<Piece> {
    if !matches!(digits.len(), 3 | 4) || !before.is(Sense::FLAT) {
        return None;
    }
    let gap = before.written.len().saturating_sub(before.written.trim_end_matches([' ', '.', ':']).len());
    let (start, _) = word_ending_at(text, digits.start.saturating_sub(gap));
    Some(Piece { kind: "lagenhetsnummer", span: start..digits.end, strength: Strength::Medium, reason: "flat" })
}

fn street(text: &str, digits: &Range<usize>, before: &Before, words: &Words) -> Option<Piece> {
    let number = text.get(digits.clone())?;
    if !HOUSE.contains(&digits.len()) || number.starts_with('0') {
        return None;
    }
    // A word and one space, as a street is written.
    let [.., last, b' '] = text.as_bytes().get(..digits.start)? else { return None };
    if last.is_ascii() && !last.is_ascii_alphabetic() && !matches!(last, b'.' | b'-') {
        return None;
    }
    let end = house_end(text, digits.end)?;
    let at = digits.start.saturating_sub(1);
    let short = text.get(..at)?.ends_with('.');
    let (start, word) = word_ending_at(text, if short { at.saturating_sub(1) } else { at });
    let capital = word.chars().next().is_some_and(char::is_uppercase);
    if !(capital || short || before.is(Sense::STREET) || word.contains('-')) {
        return None;
    }
    let folded = fold(word);
    let (start, sure) = if short {
        let dotted = format!("{}.", word.to_lowercase());
        let known = words
            .short_endings
            .iter()
            .any(|e| dotted.len() > e.len().saturating_add(1) && dotted.ends_with(e.as_str()));
        // `Kongens gt. 4`
        let alone = words.short_endings.contains(&dotted) && folded.len() > 1;
        match capitalised_before(text, start).filter(|_| alone) {
            Some(from) => (from, false),
            None if known && capital => (start, false),
            None => return None,
        }
    } else if words.sense(&folded).has(Sense::STREET) {
        match capitalised_before(text, start) {
            Some(from) if !capital || from < start => (from, true),
            _ if capital => (start, true),
            _ => return None,
        }
    } else if capital && words.street_endings.fit(&folded) {
        (capitalised_before(text, start).filter(|_| compass(text, start)).unwrap_or(start), true)
    } else if capital && words.weak_endings.fit(&folded) {
        (start, false)
    } else {
        return None;
    };
    let living = Before::of(text, start, words).near().any(|word| word.sense.has(Sense::LIVING));
    let place = postcode_behind(text, end);
    let end = floor_end(text, end, words).unwrap_or(end);
    let (strength, reason) = match (place, living, sure) {
        (Some(_), _, _) => (Strength::Strong, "postcode"),
        (None, true, _) => (Strength::Strong, "living"),
        (None, false, true) => (Strength::Medium, "street"),
        (None, false, false) if short => (Strength::Weak, "street"),
        (None, false, false) => return None,
    };
    Some(Piece { kind: "street-address", span: start..place.unwrap_or(end), strength, reason })
}

/// `, 3. etasje`, ` 2 tr ö g`, `, vån 3` behind the house number: where it ends.
fn floor_end(text: &str, end: usize, words: &Words) -> Option<usize> {
    let rest = line_after(text, end);
    let tokens: Vec<&str> = rest.split(' ').take(FLOOR_WORDS).collect();
    let skip = usize::from(matches!(tokens.first(), Some(&("" | ","))));
    let word = |at: usize| tokens.get(at).map(|w| w.trim_matches([',', '.'])).unwrap_or_default();
    let number = |at: usize| (1..=2).contains(&word(at).len()) && word(at).bytes().all(|b| b.is_ascii_digit());
    let floor = |at: usize| words.sense(&fold(word(at))).has(Sense::FLOOR);
    let pair = number(skip) && floor(skip.saturating_add(1)) || floor(skip) && number(skip.saturating_add(1));
    let last = skip.saturating_add(1);
    let width: usize = tokens.iter().take(last.saturating_add(1)).map(|w| w.len().saturating_add(1)).sum();
    let written = rest.get(..width.saturating_sub(1))?;
    pair.then(|| end.saturating_add(written.trim_end_matches([',', '.', ';']).len()))
}

/// The end of a house number with its letter: `20B`, `5 B`; none when it counts something else.
fn house_end(text: &str, end: usize) -> Option<usize> {
    let rest = text.get(end..)?;
    let mut next = rest.chars();
    match (next.next(), next.next(), next.next()) {
        (Some(l), after, _) if l.is_ascii_alphabetic() && !after.is_some_and(char::is_alphanumeric) => {
            Some(end.saturating_add(1))
        }
        (Some(l), _, _) if l.is_alphanumeric() || matches!(l, '%' | ':' | '§') => None,
        (Some('.'), Some(d), _) if d.is_ascii_digit() => None,
        (Some(' '), Some(l), after) if l.is_ascii_uppercase() && !after.is_some_and(char::is_alphanumeric) => {
            Some(end.saturating_add(2))
        }
        _ => Some(end),
    }
}

/// Where the capitalised words (and initials) in front of `start` begin.
fn capitalised_before(text: &str, start: usize) -> Option<usize> {
    let mut from = start;
    for _ in 0..FIRST_NAMES {
        let before = text.get(..from).unwrap_or_default();
        let Some(head) = before.strip_suffix(' ').or(before.ends_with('.').then_some(before)) else { break };
        let head = head.strip_suffix('.').unwrap_or(head);
        let (begin, word) = word_ending_at(text, head.len());
        if word.is_empty() || !word.chars().next().is_some_and(char::is_uppercase) {
            break;
        }
        from = begin;
    }
    (from < start).then_some(from)
}

/// `Norra Kyrkogatan`, `Nordre Ringvei`: the word in front belongs to the street when it ends in `-a` or `-e`.
fn compass(text: &str, start: usize) -> bool {
    let (_, word) = word_ending_at(text, start.saturating_sub(1));
    word.ends_with(['a', 'e'])
}

/// `, 831 21 Östersund` behind the number: where it ends. A flat or floor may stand in between.
fn postcode_behind(text: &str, end: usize) -> Option<usize> {
    let rest = line_after(text, end);
    let code = rest.char_indices().find_map(|(at, c)| {
        let free = at == 0 || !rest.get(..at).is_some_and(|h| h.ends_with(|c: char| c.is_alphanumeric()));
        (c.is_ascii_digit() && free).then(|| code_and_place(rest, at)).flatten()
    })?;
    Some(end.saturating_add(code.end))
}

/// A postcode at `at` with its place behind it.
fn code_and_place(line: &str, at: usize) -> Option<Range<usize>> {
    let rest = line.get(at..)?.as_bytes();
    let width = match rest {
        [a, b, c, b' ' | b'\t', d, e, b' ' | b'\t', ..]
            if [a, b, c, d, e].iter().all(|x| x.is_ascii_digit()) && *a != b'0' =>
        {
            6
        }
        [a, b, c, d, e, b' ' | b'\t', ..] if [a, b, c, d, e].iter().all(|x| x.is_ascii_digit()) && *a != b'0' => 5,
        [a, b, c, d, b' ' | b'\t', ..] if [a, b, c, d].iter().all(|x| x.is_ascii_digit()) => 4,
        _ => return None,
    };
    let place_at = at.saturating_add(width).saturating_add(1);
    let place = line.get(place_at..)?;
    let letters: usize = place.chars().take_while(|c| c.is_alphabetic() || *c == '-').map(char::len_utf8).sum();
    let name = place.get(..letters)?;
    let right = name.chars().next().is_some_and(char::is_uppercase) && name.chars().count() >= 2;
    right.then_some(at..place_at.saturating_add(letters))
}

/// A postcode and a place alone. A year reads the same.
fn postcode(text: &str, digits: &Range<usize>) -> Option<Piece> {
    let spaced = matches!(text.as_bytes().get(digits.end), Some(b' ' | b'\t'));
    if !spaced || !matches!(digits.len(), 3..=5) {
        return None;
    }
    let before = line_before(text, digits.start);
    if before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '/' | '+'))
        || matches!(before.as_bytes(), [.., d, b' '] if d.is_ascii_digit())
    {
        return None;
    }
    let found = code_and_place(line_after(text, digits.start), 0)?;
    let prefix = ["SE-", "S-", "NO-", "N-"].into_iter().find(|p| before.ends_with(p)).map_or(0, str::len);
    let year = found.end > 4
        && matches!(text.get(digits.clone()), Some(d) if d.len() == 4 && (d.starts_with("19") || d.starts_with("20")));
    if before.ends_with('-') && prefix == 0 || (year && !before.trim_end().ends_with(',')) {
        return None;
    }
    let start = digits.start.saturating_sub(prefix);
    Some(Piece {
        kind: "postcode",
        span: start..digits.start.saturating_add(found.end),
        strength: Strength::Weak,
        reason: "postcode",
    })
}

/// `Postboks 123`, `Box 123`: an office's as often as a person's.
fn post_box(text: &str, digits: &Range<usize>, before: &Before) -> Option<Piece> {
    if digits.len() > 4 || !before.is(Sense::BOX) {
        return None;
    }
    let at = digits.start.checked_sub(1).filter(|_| before.written.ends_with(' '))?;
    let (start, word) = word_ending_at(text, at);
    let end = postcode_behind(text, digits.end).unwrap_or(digits.end);
    let piece = Piece { kind: "street-address", span: start..end, strength: Strength::Weak, reason: "box" };
    word.chars().next().is_some_and(char::is_uppercase).then_some(piece)
}

/// `gnr. 12 bnr. 34`: building matters are public, so this says little alone.
fn property(digits: &Range<usize>, before: &Before) -> Option<Piece> {
    if !before.is(Sense::PLOT) {
        return None;
    }
    let mut words = before.near().skip(1);
    let farm = words.next()?.number && words.next()?.sense.has(Sense::FARM);
    farm.then(|| Piece { kind: "property", span: digits.clone(), strength: Strength::Weak, reason: "farm-and-plot" })
}

/// `c/o` at `at`, `width` bytes wide, and the name behind it.
pub fn care_of(text: &str, at: usize, width: usize) -> Option<Range<usize>> {
    let free = !line_before(text, at).ends_with(|c: char| c.is_alphanumeric());
    let name_at = at.saturating_add(width);
    let rest = line_after(text, name_at);
    let name = rest.trim_start();
    let skipped = rest.len().saturating_sub(name.len());
    let capital = name.chars().next().is_some_and(char::is_uppercase);
    let width: usize =
        name.chars().take_while(|c| c.is_alphabetic() || matches!(c, ' ' | '-')).map(char::len_utf8).sum();
    (free && capital).then(|| at..name_at.saturating_add(skipped).saturating_add(width))
}
