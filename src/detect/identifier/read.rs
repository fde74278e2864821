//! From groups of digits to a number of a register: every length and grouping that is in use.

use std::ops::Range;

use super::kind::{Kind, Proof, Reading};
use super::labels::Role;
use super::shape::{self, Grouping};
use super::written::{Gap, Group, Groups, MAX_DIGITS, Written};
use super::{denmark, finland, iceland, norway, sweden};

/// Digits of the shortest and the longest number without letters.
const DIGITS: std::ops::RangeInclusive<usize> = 9..=MAX_DIGITS;

/// A passing number with all the ways it can be read, the likeliest first.
#[derive(Debug)]
pub struct Candidate {
    pub span: Range<usize>,
    /// The digits (and letters) without separators, as compared.
    pub value: String,
    pub readings: Vec<Reading>,
    pub writing: Writing,
}

impl Candidate {
    /// `158272 97337`, `871220-2384`: date and number apart.
    pub fn is_written_as_a_persons(&self) -> bool {
        self.writing.dated || (self.writing.parted && matches!(self.writing.digits, 10 | 12))
    }

    /// Eleven digits in a row that no country of ours has: not `46 70 …`, and no zero in front.
    pub fn is_no_phone(&self) -> bool {
        self.writing.digits == 11 && !self.value.starts_with(['0', '4'])
    }
}

/// How it is written, as far as that matters for its strength.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Writing {
    /// One run of digits.
    pub solid: bool,
    /// A hyphen or plus between date and number, which few other numbers have.
    pub parted: bool,
    pub digits: usize,
    /// Date and number apart, as no account is written.
    pub dated: bool,
    /// Why the writing asks for a label or casework.
    pub doubt: Option<&'static str>,
    /// 4.2.5.
    pub account: bool,
    /// Groups with spaces that could be part of a longer row.
    pub pairs: bool,
    /// The label that stands inside the writing itself.
    pub label: Option<Role>,
}

/// The number that begins at `start`, a digit with no digit before it.
pub fn at(text: &str, start: usize, groups: &Groups, today: (i16, u8, u8)) -> Option<Candidate> {
    let bytes = text.as_bytes();
    let all = groups.as_slice();
    let run = all.first().map_or(0, Group::len);
    if matches!(run, 6 | 8)
        && let Some(lettered) = lettered(bytes, start..start.saturating_add(run), today)
    {
        return Some(lettered);
    }
    let mut unproved = None;
    let mut digits = 0_usize;
    for n in 1..=all.len() {
        digits = digits.saturating_add(n.checked_sub(1).and_then(|last| all.get(last)).map_or(0, |group| group.len()));
        let Some(groups) = all.get(..n).filter(|groups| DIGITS.contains(&digits) && shape::fits(bytes, groups, digits))
        else {
            continue;
        };
        let Some(number) = Written::of(bytes, groups) else { break };
        // A form's row of boxes is one number, whatever its first ten say.
        let boxes_go_on = all.get(n).is_some_and(|next| next.len() == 1 && next.before == Some(Gap::Space));
        if number.is_boxed() && n > 1 && boxes_go_on {
            continue;
        }
        match numeric(&number, bytes, today) {
            Some(candidate) if candidate.readings.iter().any(|r| r.proof > Proof::LabelOnly) => return Some(candidate),
            candidate => unproved = unproved.or(candidate),
        }
    }
    unproved
}

fn numeric(number: &Written, text: &[u8], today: (i16, u8, u8)) -> Option<Candidate> {
    let solid = number.cuts.is_solid();
    let readings = match number.len {
        9 if solid => lost_zero_of_ten(number, today).into_iter().collect(),
        10 if shape::ten(number) => ten(number, today),
        11 => norway::read(&number.exactly::<11>()?).into_iter().collect(),
        12 => twelve(number, text, today),
        13 if number.cuts.has(8) && number.cuts.are_among(&[2, 4, 8]) => full_date(number).into_iter().collect(),
        14 => personal_account(number, today).into_iter().collect(),
        _ => Vec::new(),
    };
    if readings.is_empty() {
        return None;
    }
    let grouping = (number.len == 11).then(|| shape::eleven(number));
    let odd = (grouping == Some(Grouping::Odd)).then_some("odd-grouping");
    let writing = Writing {
        solid,
        parted: number.has_sign(),
        digits: number.len,
        doubt: odd.or_else(|| shape::doubt(number, today)),
        account: grouping == Some(Grouping::Account),
        pairs: grouping == Some(Grouping::Pairs) || number.len == 12 && number.cuts.has(4),
        dated: grouping == Some(Grouping::DateApart),
        label: None,
    };
    Some(Candidate { span: number.start..number.end, value: value(number, &readings), readings, writing })
}

fn ten(number: &Written, today: (i16, u8, u8)) -> Vec<Reading> {
    let Some(digits) = number.exactly::<10>() else { return Vec::new() };
    let gap = number.gap_at(6);
    let mut readings = Vec::new();
    readings.extend(sweden::read_ten(&digits, today, gap == Some(Gap::Plus)));
    if gap != Some(Gap::Plus) {
        readings.extend(denmark::read(&digits));
        readings.extend(iceland::read(&digits));
    }
    let [d1, d2, m1, m2, y1, y2, i1, i2, i3, check] = digits;
    if matches!(gap, Some(Gap::Hyphen | Gap::Plus)) && number.cuts.is_exactly(&[6]) {
        let separator = if gap == Some(Gap::Plus) { b'+' } else { b'-' };
        readings.extend(finland::read([d1, d2, m1, m2, y1, y2], separator, [i1, i2, i3], check.saturating_add(b'0')));
    }
    if number.cuts.is_solid() {
        readings.extend(lost_zero_of_eleven(&digits));
    }
    // Stable: of equal proof the nearest neighbour comes first.
    readings.sort_by_key(|r| std::cmp::Reverse(r.proof));
    // A line end between two numbers of a list joins what does not belong together.
    if gap == Some(Gap::Line) || gap == Some(Gap::Tab) {
        for reading in &mut readings {
            reading.proof = reading.proof.min(Proof::NeedsSupport);
        }
    }
    readings
}

/// Ten digits of a Norwegian number whose leading zero a spreadsheet dropped.
fn lost_zero_of_eleven(digits: &[u8; 10]) -> Option<Reading> {
    let [d1, d2, d3, d4, d5, d6, d7, d8, d9, d10] = *digits;
    let reading = norway::read(&[0, d1, d2, d3, d4, d5, d6, d7, d8, d9, d10])?;
    (reading.proof == Proof::Checked).then(|| Reading::label_only(reading.kind, "leading-zero"))
}

/// Nine digits of a Swedish number of somebody born from 2000 to 2009.
fn lost_zero_of_ten(number: &Written, today: (i16, u8, u8)) -> Option<Reading> {
    let [d1, d2, d3, d4, d5, d6, d7, d8, d9] = number.exactly::<9>()?;
    let reading = sweden::read_ten(&[0, d1, d2, d3, d4, d5, d6, d7, d8, d9], today, false)?;
    Some(Reading::label_only(reading.kind, "leading-zero"))
}

fn twelve(number: &Written, text: &[u8], today: (i16, u8, u8)) -> Vec<Reading> {
    let Some(digits) = number.exactly::<12>() else { return Vec::new() };
    let mut readings = Vec::new();
    readings.extend(vat(number, text, today));
    if shape::twelve(number) {
        readings.extend(sweden::read_twelve(&digits, today));
    }
    if number.cuts.is_solid() || number.cuts.are_among(&[4, 10]) {
        readings.extend(norway::read_duf(&digits, today));
    }
    readings.sort_by_key(|r| std::cmp::Reverse(r.proof));
    readings
}

/// `13.10.1972 48022`: a birth date with its century, and the five digits after it.
fn full_date(number: &Written) -> Option<Reading> {
    let [d1, d2, m1, m2, c1, c2, y1, y2, n @ ..] = number.exactly::<13>()?;
    if !matches!([c1, c2], [1, 8 | 9] | [2, 0]) {
        return None;
    }
    let [n1, n2, n3, n4, n5] = n;
    norway::read(&[d1, d2, m1, m2, y1, y2, n1, n2, n3, n4, n5])
}

/// A sole trader's VAT number: `SE`, the owner's ten digits, `01`.
fn vat(number: &Written, text: &[u8], today: (i16, u8, u8)) -> Option<Reading> {
    let [ten @ .., 0, 1] = number.exactly::<12>()? else { return None };
    let prefix = text.get(..number.start)?.trim_ascii_end();
    if !matches!(prefix, [.., b'S' | b's', b'E' | b'e']) {
        return None;
    }
    sweden::read_ten(&ten, today, false).map(|r| Reading { reason: "sole-trader", ..r })
}

/// Nordea's personal accounts: clearing number 3300 and the holder's ten digits.
fn personal_account(number: &Written, today: (i16, u8, u8)) -> Option<Reading> {
    let [3, 3, 0, 0, ten @ ..] = number.exactly::<14>()? else { return None };
    if !number.cuts.are_among(&[4, 10]) {
        return None;
    }
    sweden::read_ten(&ten, today, false).map(|r| Reading { reason: "personal-account", ..r })
}

/// The value as compared: Swedish numbers without their century, so that both forms are the same.
fn value(number: &Written, readings: &[Reading]) -> String {
    let digits = number.digits.get(..number.len).unwrap_or_default();
    let first = readings.first();
    let swedish = first.is_some_and(|r| matches!(r.kind, Kind::Personnummer | Kind::Samordningsnummer));
    let chosen: Vec<u8> = match (number.len, digits) {
        (12, [ten @ .., _, _]) if first.is_some_and(|r| r.reason == "sole-trader") => ten.to_vec(),
        (12, [_, _, ten @ ..]) if swedish => ten.to_vec(),
        (13, [day1, day2, month1, month2, _, _, rest @ ..]) => {
            [*day1, *day2, *month1, *month2].into_iter().chain(rest.iter().copied()).collect()
        }
        (14, [_, _, _, _, ten @ ..]) => ten.to_vec(),
        _ if first.is_some_and(|r| r.reason == "leading-zero") => [&[0], digits].concat(),
        _ => digits.to_vec(),
    };
    chosen.iter().map(|&d| char::from(d.saturating_add(b'0'))).collect()
}

/// A date of six or eight digits and a tail with letters: Swedish interim and reserve numbers, Finnish numbers.
fn lettered(text: &[u8], date: Range<usize>, today: (i16, u8, u8)) -> Option<Candidate> {
    let after = text.get(date.end..)?;
    if date.len() == 6
        && let Some((reading, used, value)) = finnish(text.get(date.clone())?, after)
    {
        let span = date.start..date.end.saturating_add(used);
        return Some(Candidate { span, value, readings: vec![reading], writing: Writing::default() });
    }
    let (skip, tail) = match after {
        [b'-' | b'+' | b' ', rest @ ..] => (1_usize, rest),
        rest => (0, rest),
    };
    let (tail, rest) = tail.split_first_chunk::<4>()?;
    let lettered = tail.iter().all(u8::is_ascii_alphanumeric)
        && tail.iter().any(u8::is_ascii_alphabetic)
        && tail.iter().any(u8::is_ascii_digit);
    if !lettered || rest.first().is_some_and(u8::is_ascii_alphanumeric) {
        return None;
    }
    let digits: Vec<u8> = text.get(date.clone())?.iter().map(|b| b.saturating_sub(b'0')).collect();
    let reading = sweden::read_lettered(&digits, tail.map(|b| b.to_ascii_uppercase()), today)?;
    let value = text.get(date.clone())?.iter().chain(tail).map(|b| char::from(b.to_ascii_uppercase())).collect();
    let span = date.start..date.end.saturating_add(skip).saturating_add(4);
    Some(Candidate { span, value, readings: vec![reading], writing: Writing::default() })
}

/// What follows six digits of a date: separator, three digits, check character.
fn finnish(date: &[u8], after: &[u8]) -> Option<(Reading, usize, String)> {
    let (tail, rest) = after.split_first_chunk::<5>()?;
    let [separator, i1, i2, i3, check] = tail.map(|b| b.to_ascii_uppercase());
    let ends = !rest.first().is_some_and(u8::is_ascii_alphanumeric);
    // All digits is read with the other ten-digit numbers.
    if !ends
        || check.is_ascii_digit() && matches!(separator, b'-' | b'+')
        || ![i1, i2, i3].iter().all(u8::is_ascii_digit)
    {
        return None;
    }
    let value = |b: u8| b.saturating_sub(b'0');
    let [d1, d2, m1, m2, y1, y2] = *date.first_chunk::<6>()?;
    let born = [d1, d2, m1, m2, y1, y2].map(value);
    let reading = finland::read(born, separator, [value(i1), value(i2), value(i3)], check)?;
    let text = date.iter().copied().chain([separator, i1, i2, i3, check]).map(char::from).collect();
    Some((reading, 5, text))
}
