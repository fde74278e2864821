//! Telephone numbers, Norwegian and Swedish, in all the ways they are written.
//!
//! Norway: eight digits, the first 2 to 9, grouped 2.2.2.2, 3.2.3 or not at all; `+47` or `0047` in
//! front. Sweden: an area code with a leading zero (`08`, `070`, `0455`), then five to eight digits;
//! abroad `+46` or `0046` without the zero. Sources: Nkom and PTS numbering plans.

use std::ops::Range;

use crate::detect::category::Strength;

/// Digits of a Swedish number with its zero.
const SWEDISH: std::ops::RangeInclusive<usize> = 8..=10;
const NORWEGIAN: usize = 8;
/// Groups and bytes of the longest writing.
const MAX_GROUPS: usize = 6;
const MAX_GAP: usize = 3;
/// Digits of the longest group, `0046` and the number in one, and of the longest Swedish area code.
const MAX_DIGITS: usize = 13;
const LONGEST_AREA: usize = 4;

/// A telephone number as written.
#[derive(Debug)]
pub struct Phone {
    pub span: Range<usize>,
    /// Without prefix or zero, country code first: for comparison.
    pub value: String,
    /// From the writing alone.
    pub strength: Strength,
}

/// Reads the number that begins at `start`, a digit with no digit before it.
pub fn read(text: &[u8], start: usize) -> Option<Phone> {
    let groups = Groups::read(text, start)?;
    let plus = matches!(text.get(..start), Some([.., b'+']));
    let from = if plus { start.saturating_sub(1) } else { start };
    // Part of something longer: a word, a decimal, a date, a row with other marks.
    if !plus
        && matches!(text.get(..start), Some([.., b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'.' | b'/' | b'_' | b':' | b'=']))
    {
        return None;
    }
    (1..=groups.0.len()).rev().find_map(|n| {
        let taken = groups.0.get(..n)?;
        let end = taken.last()?.end;
        if matches!(
            text.get(end..),
            Some([b'a'..=b'z' | b'A'..=b'Z' | b'%', ..] | [b'.' | b',' | b'/' | b'-' | b':', b'0'..=b'9', ..])
        ) {
            return None;
        }
        let digits: Vec<u8> = taken.iter().flat_map(|g| text.get(g.clone()).unwrap_or_default()).copied().collect();
        let sizes: Vec<usize> = taken.iter().map(|g| g.len()).collect();
        let (value, strength) = judge(&digits, &sizes, plus, hyphen_after_first(text, taken))?;
        // Addresses of machines and versions have dots too.
        let dotted = taken.iter().skip(1).any(|g| matches!(text.get(..g.start), Some([.., b'.'])));
        let strength = if dotted { Strength::Weak } else { strength };
        Some(Phone { span: from..end, value, strength })
    })
}

fn judge(digits: &[u8], sizes: &[usize], plus: bool, hyphen: bool) -> Option<(String, Strength)> {
    let (country, national, international) = match digits {
        [b'4', b'7', rest @ ..] if plus => ("47", rest, true),
        [b'0', b'0', b'4', b'7', rest @ ..] => ("47", rest, true),
        [b'4', b'6', rest @ ..] if plus => ("46", rest, true),
        [b'0', b'0', b'4', b'6', rest @ ..] => ("46", rest, true),
        _ if plus => return None,
        [b'0', rest @ ..] => ("46", rest, false),
        rest => ("47", rest, false),
    };
    let value = || format!("+{country}{}", String::from_utf8_lossy(national));
    match (country, international) {
        ("47", true) => {
            (national.len() == NORWEGIAN && matches!(national, [b'2'..=b'9', ..])).then(|| (value(), Strength::Medium))
        }
        ("46", true) => {
            let national = national.strip_prefix(b"0").unwrap_or(national);
            let right = SWEDISH.contains(&national.len().saturating_add(1)) && matches!(national, [b'1'..=b'9', ..]);
            right.then(|| (format!("+46{}", String::from_utf8_lossy(national)), Strength::Medium))
        }
        ("46", false) => {
            let total = national.len().saturating_add(1);
            // Stockholm alone has an area code of two digits.
            let area = sizes.first().copied().filter(|&n| n != 2 || matches!(national, [b'8', ..])).unwrap_or(0);
            let mobile = matches!(national, [b'7', b'0' | b'2' | b'3' | b'6' | b'9', ..]) && total == 10;
            let right = SWEDISH.contains(&total) && matches!(national, [b'1'..=b'9', ..]);
            match (right, hyphen && (2..=4).contains(&area), sizes.len()) {
                (true, true, _) => Some((value(), Strength::Medium)),
                (true, false, 1) if mobile => Some((value(), Strength::Medium)),
                (true, false, 1) => Some((value(), Strength::Weak)),
                (true, false, 3..) if (2..=4).contains(&area) => Some((value(), Strength::Medium)),
                _ => None,
            }
        }
        _ => {
            let right = national.len() == NORWEGIAN && matches!(national, [b'2'..=b'9', ..]);
            match (right && !hyphen, sizes) {
                (true, [8]) => Some((value(), Strength::Weak)),
                (true, [2, 2, 2, 2] | [3, 2, 3]) => Some((value(), Strength::Medium)),
                _ => None,
            }
        }
    }
}

fn hyphen_after_first(text: &[u8], groups: &[Range<usize>]) -> bool {
    let mark = |g: &Range<usize>| text.get(g.end..).unwrap_or_default().trim_ascii_start().first().copied();
    groups.first().is_some_and(|g| matches!(mark(g), Some(b'-' | b')' | b'/'))) && groups.len() > 1
}

/// Groups of digits with a space or one hyphen in between; `(0)` after a country code is passed over.
struct Groups(Vec<Range<usize>>);

impl Groups {
    fn read(text: &[u8], start: usize) -> Option<Self> {
        let mut groups = Vec::new();
        let mut at = start;
        while groups.len() < MAX_GROUPS {
            let digits = text.get(at..)?.iter().take(MAX_DIGITS + 1).take_while(|b| b.is_ascii_digit()).count();
            if digits == 0 || digits > MAX_DIGITS {
                break;
            }
            let end = at.saturating_add(digits);
            groups.push(at..end);
            let rest = text.get(end..)?;
            let rest = rest.strip_prefix(b" (0)").or_else(|| rest.strip_prefix(b"(0)")).unwrap_or(rest);
            // `(08) 678 55 00`, `0455/31 92 44`
            let area = groups.len() == 1 && digits <= LONGEST_AREA && text.get(start) == Some(&b'0');
            let bracket = area && matches!(text.get(..start), Some([.., b'(']));
            let rest = match rest {
                [b')', after @ ..] if bracket => after,
                [b'/', after @ ..] if area => after,
                _ => rest,
            };
            let skipped = text.len().saturating_sub(end).saturating_sub(rest.len());
            let dot = usize::from(matches!(rest, [b'.', b'0'..=b'9', ..]));
            let marks = dot.max(rest.iter().take(MAX_GAP).take_while(|b| matches!(b, b' ' | b'-')).count());
            let hyphens = rest.iter().take(marks).filter(|b| **b == b'-').count();
            let hyphen_too_late = hyphens > 0 && groups.len() > 2;
            if marks == 0 && skipped == 0 || hyphens > 1 || hyphen_too_late {
                break;
            }
            at = end.saturating_add(skipped).saturating_add(marks);
        }
        (!groups.is_empty()).then_some(Groups(groups))
    }
}
