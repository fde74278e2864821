//! What the way a number is written says for or against it, before any label is read.

use super::checks::{four, is_date, is_date_of_some_century, two};
use super::sweden::is_future;
use super::written::{Cuts, Gap, Group, Written};

/// A date followed by a clock time is a time stamp when it lies this many years back or less.
const RECENT_YEARS: i16 = 2;
/// In a file name it is the time of a scan when it lies this many years back or less.
const SCANNED_YEARS: i16 = 10;
/// Nobody alive was born before: an archive's date.
const OLDEST_PERSON: u16 = 1905;
const SECONDS_A_YEAR: i64 = 31_556_952;

/// How eleven digits are grouped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grouping {
    /// One run, or single digits as in the boxes of a form.
    Solid,
    /// Date and number apart, maybe their parts too.
    DateApart,
    /// 4.2.5, as a bank account is written.
    Account,
    /// Pairs and triples with spaces, as telephone numbers are written too.
    Pairs,
    /// Anything else.
    Odd,
}

/// Whether groups of so many digits in all can be a number of any kind. A quick look, before the digits are read;
/// what fits may still be grouped as no number is.
pub fn fits(text: &[u8], groups: &[Group], digits: usize) -> bool {
    let cuts = Cuts::of(groups);
    let in_a_row = cuts.is_solid() || groups.len() == digits;
    match digits {
        9 => cuts.is_solid(),
        10 => in_a_row || cuts.is_exactly(&[6]) || cuts.is_exactly(&[2, 4, 6]),
        12 => {
            // A VAT number ends in 01 and may be grouped in any way.
            let vat = || groups.last().and_then(|last| text.get(last.end.checked_sub(1)?)) == Some(&b'1');
            in_a_row || cuts.has(8) && cuts.are_among(&[2, 4, 6, 8]) || cuts.are_among(&[4, 10]) || vat()
        }
        13 => cuts.has(8) && cuts.are_among(&[2, 4, 8]),
        14 => cuts.are_among(&[4, 10]),
        _ => true,
    }
}

pub fn eleven(number: &Written) -> Grouping {
    let cuts = number.cuts;
    if cuts.is_solid() || number.is_boxed() {
        Grouping::Solid
    } else if cuts.is_exactly(&[4, 6]) {
        Grouping::Account
    } else if cuts.has(6) && cuts.are_among(&[6, 8, 9]) {
        Grouping::DateApart
    } else if cuts.has(6) && cuts.are_among(&[2, 4, 6, 8, 9]) && date_joined(number) {
        if number.gaps_are(0, &[Gap::Space]) { Grouping::Pairs } else { Grouping::DateApart }
    } else {
        Grouping::Odd
    }
}

/// The gaps inside the date are those people put there.
fn date_joined(number: &Written) -> bool {
    [2, 4].iter().all(|&at| {
        !number.cuts.has(at) || matches!(number.gap_at(at), Some(Gap::Dot | Gap::Space | Gap::Hyphen | Gap::Slash))
    })
}

/// Ten digits of a birth date and four more: solid, or with a gap where one belongs.
pub fn ten(number: &Written) -> bool {
    number.cuts.is_solid()
        || number.is_boxed()
        || number.cuts.is_exactly(&[6])
        || (number.cuts.is_exactly(&[2, 4, 6]) && date_joined(number))
}

/// Twelve digits, the century first.
pub fn twelve(number: &Written) -> bool {
    number.cuts.is_solid()
        || number.is_boxed()
        || (number.cuts.has(8)
            && number.cuts.are_among(&[2, 4, 6, 8])
            && number.gaps_are(8, &[Gap::Dot, Gap::Space, Gap::Hyphen, Gap::Slash]))
}

/// Why the digits read as something else at least as well, and so need a label or casework.
pub fn doubt(number: &Written, today: (i16, u8, u8)) -> Option<&'static str> {
    match number.len {
        10 => {
            let digits = number.exactly::<10>()?;
            let [d1, d2, d3, d4, d5, d6, h1, h2, m1, m2] = digits;
            let date = [d1, d2, d3, d4, d5, d6];
            let clock = is_clock([h1, h2, m1, m2]);
            let plain = number.cuts.is_solid();
            if plain && [d1, d2, d3] == [0, 7, 0] {
                return Some("shape-of-phone");
            }
            if plain && is_unix_seconds(&digits, today) {
                return Some("shape-of-unix-time");
            }
            let dated = is_recent(yymmdd(date), today) || is_recent(ddmmyy(date), today);
            (clock && dated && number.gap_at(6) != Some(Gap::Hyphen)).then_some("shape-of-clock-time")
        }
        12 => {
            let [y1, y2, y3, y4, m1, m2, d1, d2, clock @ ..] = number.exactly::<12>()?;
            let date = (four([y1, y2, y3, y4]), two(m1, m2), two(d1, d2));
            (is_clock(clock) && is_recent(Some(date), today)).then_some("shape-of-clock-time")
        }
        _ => None,
    }
}

/// `20260411-1015`: a Swedish number in a file name whose last digits are a clock time is the scanner's,
/// unless its date is one that people alive were born on.
pub fn clock_in_filename(number: &str, today: (i16, u8, u8)) -> Option<&'static str> {
    let digits: Vec<u8> = number.bytes().filter(u8::is_ascii_digit).map(|b| b.saturating_sub(b'0')).collect();
    let (date, clock) = digits.split_last_chunk::<4>()?;
    let year = match *date {
        [c1, c2, y1, y2, _, _, _, _] => four([c1, c2, y1, y2]),
        [y1, y2, m1, m2, d1, d2] => {
            let year = four([2, 0, y1, y2]);
            if is_future(year, two(m1, m2), two(d1, d2), today) { year.saturating_sub(100) } else { year }
        }
        _ => return None,
    };
    let newest = i32::from(today.0.saturating_sub(SCANNED_YEARS));
    let lifetime = year >= OLDEST_PERSON && i32::from(year) < newest;
    (is_clock(*clock) && !lifetime).then_some("shape-of-clock-time")
}

pub fn is_clock([h1, h2, m1, m2]: [u8; 4]) -> bool {
    two(h1, h2) < 24 && two(m1, m2) < 60
}

fn yymmdd([y1, y2, m1, m2, d1, d2]: [u8; 6]) -> Option<(u16, u8, u8)> {
    date_of(two(y1, y2), two(m1, m2), two(d1, d2))
}

fn ddmmyy([d1, d2, m1, m2, y1, y2]: [u8; 6]) -> Option<(u16, u8, u8)> {
    date_of(two(y1, y2), two(m1, m2), two(d1, d2))
}

fn date_of(short: u8, month: u8, day: u8) -> Option<(u16, u8, u8)> {
    is_date_of_some_century(day, month, short).then(|| (u16::from(short).saturating_add(2000), month, day))
}

/// Within the last years up to today.
fn is_recent(date: Option<(u16, u8, u8)>, today: (i16, u8, u8)) -> bool {
    let Some((year, month, day)) = date.filter(|&(year, month, day)| is_date(day, month, year)) else { return false };
    let oldest = today.0.saturating_sub(RECENT_YEARS);
    today.0 > 0 && !is_future(year, month, day, today) && i32::from(year) >= i32::from(oldest)
}

/// Ten digits that read as seconds since 1970 within the last years.
fn is_unix_seconds(digits: &[u8; 10], today: (i16, u8, u8)) -> bool {
    let value = digits.iter().fold(0_i64, |n, &d| n.saturating_mul(10).saturating_add(i64::from(d)));
    let year = value.checked_div(SECONDS_A_YEAR).unwrap_or(0).saturating_add(1970);
    let this = i64::from(today.0);
    this > 0 && year <= this && year >= this.saturating_sub(i64::from(RECENT_YEARS))
}
