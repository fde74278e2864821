//! Telephone numbers, Norwegian and Swedish, in all the ways they are written.
//!
//! Norway: eight digits, the first 2 to 9, grouped 2.2.2.2, 3.2.3 or not at all; `+47` or `0047` in
//! front. Sweden: an area code with a leading zero (`08`, `070`, `0455`), then five to eight digits;
//! abroad `+46` or `0046` without the zero. Some writings (`9914 2087`, `0455 319244`, `4799142087`) are those of other
//! numbers too and take a label. Sources: Nkom and PTS numbering plans.

use std::ops::Range;

use crate::detect::category::Strength;

/// Digits of a Swedish number with its zero.
const SWEDISH: std::ops::RangeInclusive<usize> = 8..=10;
const NORWEGIAN: usize = 8;
/// Without the zero.
const SWEDISH_MOBILE: usize = 9;
/// Digits of any number, `0046` and a zero behind it included.
const SHORTEST: usize = 8;
const LONGEST: usize = 14;
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
    /// From the writing alone; none when other numbers are written so too and a label has to tell.
    pub strength: Option<Strength>,
}

/// Reads the number that begins at `start`, a digit with no digit before it.
pub fn read(text: &[u8], start: usize) -> Option<Phone> {
    let plus = matches!(text.get(..start), Some([.., b'+']));
    let from = if plus { start.saturating_sub(1) } else { start };
    // Part of something longer: a word, a decimal, a date, a row with other marks.
    if !plus
        && matches!(text.get(..start), Some([.., b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'.' | b'/' | b'_' | b':' | b'=']))
    {
        return None;
    }
    let groups = Groups::read(text, start);
    (1..=groups.as_slice().len()).rev().find_map(|n| {
        let taken = groups.as_slice().get(..n)?;
        let number = Number::of(text, taken)?;
        let end = taken.last()?.end;
        if matches!(
            text.get(end..),
            Some([b'a'..=b'z' | b'A'..=b'Z' | b'%', ..] | [b'.' | b',' | b'/' | b'-' | b':', b'0'..=b'9', ..])
        ) {
            return None;
        }
        let (value, strength) = judge(number.digits(), number.sizes(), plus, hyphen_after_first(text, taken))?;
        // Addresses of machines and versions have dots too.
        let dotted = taken.iter().skip(1).any(|g| matches!(text.get(..g.start), Some([.., b'.'])));
        let strength = strength.map(|strength| if dotted { Strength::Weak } else { strength });
        Some(Phone { span: from..end, value, strength })
    })
}

fn judge(digits: &[u8], sizes: &[usize], plus: bool, hyphen: bool) -> Option<(String, Option<Strength>)> {
    let (country, national, international) = match digits {
        [b'4', b'7', rest @ ..] if plus => ("47", rest, true),
        [b'0', b'0', b'4', b'7', rest @ ..] => ("47", rest, true),
        [b'4', b'6', rest @ ..] if plus => ("46", rest, true),
        [b'0', b'0', b'4', b'6', rest @ ..] => ("46", rest, true),
        _ if plus => return None,
        [b'4', b'7', rest @ ..] if rest.len() == NORWEGIAN => return without_plus("47", rest, sizes, hyphen),
        [b'4', b'6', rest @ ..] if rest.len() == SWEDISH_MOBILE && rest.starts_with(b"7") => {
            return without_plus("46", rest, sizes, hyphen);
        }
        [b'0', rest @ ..] => ("46", rest, false),
        rest => ("47", rest, false),
    };
    let value = || format!("+{country}{}", String::from_utf8_lossy(national));
    let by = |strength| Some((value(), strength));
    match (country, international) {
        ("47", true) => (national.len() == NORWEGIAN && matches!(national, [b'2'..=b'9', ..]))
            .then(|| (value(), Some(Strength::Medium))),
        ("46", true) => {
            let national = national.strip_prefix(b"0").unwrap_or(national);
            let right = SWEDISH.contains(&national.len().saturating_add(1)) && matches!(national, [b'1'..=b'9', ..]);
            right.then(|| (format!("+46{}", String::from_utf8_lossy(national)), Some(Strength::Medium)))
        }
        ("46", false) => {
            let total = national.len().saturating_add(1);
            // Stockholm alone has an area code of two digits.
            let area = sizes.first().copied().filter(|&n| n != 2 || matches!(national, [b'8', ..])).unwrap_or(0);
            let mobile = matches!(national, [b'7', b'0' | b'2' | b'3' | b'6' | b'9', ..]) && total == 10;
            let right = SWEDISH.contains(&total) && matches!(national, [b'1'..=b'9', ..]);
            match (right, hyphen && (2..=4).contains(&area), sizes.len()) {
                (true, true, _) => by(Some(Strength::Medium)),
                (true, false, 1) if mobile => by(Some(Strength::Medium)),
                (true, false, 1) => by(Some(Strength::Weak)),
                (true, false, 2) if (2..=4).contains(&area) => by(None),
                (true, false, 3..) if (2..=4).contains(&area) => by(Some(Strength::Medium)),
                _ => None,
            }
        }
        _ => {
            let right = national.len() == NORWEGIAN && matches!(national, [b'2'..=b'9', ..]);
            match (right && !hyphen, sizes) {
                (true, [8]) => by(Some(Strength::Weak)),
                (true, [2, 2, 2, 2] | [3, 2, 3]) => by(Some(Strength::Medium)),
                (true, [4, 4]) if matches!(national, [b'4' | b'9', ..]) => by(None),
                _ => None,
            }
        }
    }
}

/// `47 991 42 087`: the country's code with neither a plus nor zeros in front.
fn without_plus(country: &str, national: &[u8], sizes: &[usize], hyphen: bool) -> Option<(String, Option<Strength>)> {
    let strength = match sizes {
        [_] => None,
        [2, 8] => Some(Strength::Weak),
        [2, 2, 2, 2, 2] | [2, 3, 2, 3] | [2, 2, 3, 2, 2] => Some(Strength::Medium),
        _ => return None,
    };
    let right = !hyphen && matches!(national, [b'2'..=b'9', ..]);
    right.then(|| (format!("+{country}{}", String::from_utf8_lossy(national)), strength))
}

fn hyphen_after_first(text: &[u8], groups: &[Range<usize>]) -> bool {
    let mark = |g: &Range<usize>| text.get(g.end..).unwrap_or_default().trim_ascii_start().first().copied();
    groups.first().is_some_and(|g| matches!(mark(g), Some(b'-' | b')' | b'/'))) && groups.len() > 1
}

/// The digits of some groups, and of each how many.
struct Number {
    digits: [u8; LONGEST],
    sizes: [usize; MAX_GROUPS],
    length: usize,
    groups: usize,
}

impl Number {
    /// None when no telephone has as many.
    fn of(text: &[u8], groups: &[Range<usize>]) -> Option<Number> {
        let length = groups.iter().fold(0_usize, |length, group| length.saturating_add(group.len()));
        if !(SHORTEST..=LONGEST).contains(&length) {
            return None;
        }
        let mut number = Number { digits: [0; LONGEST], sizes: [0; MAX_GROUPS], length, groups: groups.len() };
        let written = groups.iter().filter_map(|group| text.get(group.clone())).flatten();
        number.digits.iter_mut().zip(written).for_each(|(to, from)| *to = *from);
        number.sizes.iter_mut().zip(groups).for_each(|(to, group)| *to = group.len());
        Some(number)
    }

    fn digits(&self) -> &[u8] {
        self.digits.get(..self.length).unwrap_or_default()
    }

    fn sizes(&self) -> &[usize] {
        self.sizes.get(..self.groups).unwrap_or_default()
    }
}

/// Groups of digits with a space or one hyphen in between; `(0)` after a country code is passed over.
#[derive(Default)]
struct Groups {
    groups: [Range<usize>; MAX_GROUPS],
    count: usize,
}

impl Groups {
    /// None where no digit stands at `start`, or too many.
    fn read(text: &[u8], start: usize) -> Self {
        let mut groups = Groups::default();
        while groups.push_next(text, start).is_some() {}
        groups
    }

    fn as_slice(&self) -> &[Range<usize>] {
        self.groups.get(..self.count).unwrap_or_default()
    }

    /// One group more of the number that begins at `start`.
    fn push_next(&mut self, text: &[u8], start: usize) -> Option<()> {
        let at = match self.as_slice().last() {
            Some(last) => next_group(text, start, self.count, last)?,
            None => start,
        };
        let digits = text.get(at..)?.iter().take(MAX_DIGITS + 1).take_while(|b| b.is_ascii_digit()).count();
        let group = self.groups.get_mut(self.count).filter(|_| (1..=MAX_DIGITS).contains(&digits))?;
        *group = at..at.saturating_add(digits);
        self.count = self.count.saturating_add(1);
        Some(())
    }
}

/// Where the group after `last`, the one numbered `count` from 1, may begin.
fn next_group(text: &[u8], start: usize, count: usize, last: &Range<usize>) -> Option<usize> {
    let rest = text.get(last.end..)?;
    let rest = rest.strip_prefix(b" (0)").or_else(|| rest.strip_prefix(b"(0)")).unwrap_or(rest);
    // `(08) 678 55 00`, `0455/31 92 44`
    let area = count == 1 && last.len() <= LONGEST_AREA && text.get(start) == Some(&b'0');
    let bracket = area && matches!(text.get(..start), Some([.., b'(']));
    let rest = match rest {
        [b')', after @ ..] if bracket => after,
        [b'/', after @ ..] if area => after,
        _ => rest,
    };
    let skipped = text.len().saturating_sub(last.end).saturating_sub(rest.len());
    let dot = usize::from(matches!(rest, [b'.', b'0'..=b'9', ..]));
    let marks = dot.max(rest.iter().take(MAX_GAP).take_while(|b| matches!(b, b' ' | b'-')).count());
    let hyphens = rest.iter().take(marks).filter(|b| **b == b'-').count();
    let hyphen_too_late = hyphens > 0 && count > 2;
    let apart = marks > 0 || skipped > 0;
    (apart && hyphens <= 1 && !hyphen_too_late).then(|| last.end.saturating_add(skipped).saturating_add(marks))
}
