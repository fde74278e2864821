//! Norwegian numbers: fødselsnummer, D-, H-, FH- and DUF-number, Nav's own, test numbers, fillers.
//!
//! Sources: folkeregisterforskriften § 2-2 (ranges), Skatteetaten's documentation of the 2032 change
//! and of the D-number series of 2021, Statistics Norway's KOSTRA controls (DUF, fillers).
//! Today's rule and the 2032 rule are read side by side: from 2032 the first check digit leaves a
//! rest of 0 to 3 and the individual number no longer tells the century.

use super::checks::{four, is_date_of_some_century, two, weighted};
use super::kind::{Kind, Reading};

const K1: [u8; 9] = [3, 7, 6, 1, 8, 9, 4, 5, 2];
const K2: [u8; 11] = [5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1];
const DUF: [u8; 10] = [4, 6, 3, 2, 4, 6, 3, 2, 7, 5];
/// The asylum register began around here.
const DUF_FIRST_YEAR: u16 = 1980;

/// Eleven digits.
pub fn read(digits: &[u8; 11]) -> Option<Reading> {
    let [d1, d2, m1, m2, y1, y2, ..] = *digits;
    let (day, month) = (two(d1, d2), two(m1, m2));
    let (help_day, base_day) = if day > 40 { (true, day.saturating_sub(40)) } else { (false, day) };
    let (series, base_month) = Series::of(month);
    let dated = is_date_of_some_century(base_day, base_month, two(y1, y2));
    let maybe_fh = matches!(d1, 8 | 9);
    if !dated && !maybe_fh {
        return None;
    }
    let rest = first_rest(digits);
    let checks = rest.is_some_and(|r| r <= 3) && weighted(digits, &K2).is_multiple_of(11);
    if !dated {
        return (rest == Some(0) && checks).then(|| Reading::needs_support(Kind::FhNummer, "checksum"));
    }
    if !checks {
        return filler(digits, series);
    }
    let kind = match (series, help_day) {
        (Series::Ordinary, false) => Kind::Fodselsnummer,
        (Series::Ordinary, true) => Kind::DNummer,
        (Series::Help, _) => Kind::HNummer,
        (Series::Nav, _) => Kind::Npid,
        (Series::Synthetic, _) => Kind::Synthetic,
    };
    let today = rest == Some(0) && century_exists(digits, help_day);
    Some(Reading { reason: if today { "checksum" } else { "checksum-2032" }, ..Reading::checked(kind) })
}

/// Twelve digits: year of application, running number, two digits of weighted sum mod 11.
pub fn read_duf(digits: &[u8; 12], today: (i16, u8, u8)) -> Option<Reading> {
    let [y1, y2, y3, y4, .., c1, c2] = *digits;
    let year = four([y1, y2, y3, y4]);
    let last = u16::try_from(today.0).ok().filter(|&y| y > 0).unwrap_or(u16::MAX);
    let right = weighted(digits, &DUF) % 11 == u32::from(two(c1, c2));
    (right && (DUF_FIRST_YEAR..=last).contains(&year)).then(|| Reading::needs_support(Kind::DufNummer, "checksum"))
}

/// The rest that the first check digit leaves; none when there are not eleven digits.
fn first_rest(digits: &[u8; 11]) -> Option<u32> {
    let k1 = digits.get(9).copied()?;
    let sum = weighted(digits, &K1).checked_add(u32::from(k1))?;
    Some(sum % 11)
}

/// What was added to the month.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Series {
    Ordinary,
    /// + 20
    Nav,
    /// + 40: local help number, and Nav's test numbers of the same shape
    Help,
    /// + 65 (Norsk helsenett) or + 80 (Skatteetaten)
    Synthetic,
}

impl Series {
    fn of(month: u8) -> (Self, u8) {
        let (series, added) = match month {
            21..=32 => (Series::Nav, 20),
            41..=52 => (Series::Help, 40),
            66..=77 => (Series::Synthetic, 65),
            81..=92 => (Series::Synthetic, 80),
            _ => (Series::Ordinary, 0),
        };
        (series, month.saturating_sub(added))
    }
}

/// Whether the individual number is in use for the year today (before 2032).
fn century_exists(digits: &[u8; 11], d_number: bool) -> bool {
    let [_, _, _, _, y1, y2, i1, i2, i3, ..] = *digits;
    let individual = four([0, i1, i2, i3]);
    match (two(y1, y2), individual) {
        // D-numbers have had a table of their own since 16 November 2021.
        (_, 0..=199) if d_number => true,
        (0..=39, 200..=999) if d_number => true,
        (40..=99, 200..=999) if d_number => true,
        (_, 0..=499) => true,
        (0..=39, 500..=999) => true,
        (40..=99, 900..=999) => true,
        (54..=99, 500..=749) => true,
        _ => false,
    }
}

/// A birth date with a filler where the number should be: KOSTRA reports 00100, 00200 and 99999, some
/// barnevern systems 55555, Nav's payment files 00000. They fail mod 11 and yet stand for a person.
fn filler(digits: &[u8; 11], series: Series) -> Option<Reading> {
    let [_, _, _, _, _, _, n1, n2, n3, n4, n5] = *digits;
    let kind = match ([n1, n2, n3, n4, n5], series) {
        ([0, 0, 1, 0, 0] | [0, 0, 2, 0, 0] | [9, 9, 9, 9, 9] | [5, 5, 5, 5, 5] | [0, 0, 0, 0, 0], Series::Ordinary) => {
            Kind::Placeholder
        }
        ([0, 0, 0, 0, 0], Series::Nav) => Kind::Npid,
        _ => return None,
    };
    Some(Reading::needs_support(kind, "filler"))
}
