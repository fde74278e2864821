//! CPR-nummer: `DDMMYY-SSSS`. Mod 11 has not been guaranteed since 1 October 2007, so far for birth
//! dates of 1 January only. Replacement numbers have day + 60. Source: CPR-kontoret.

use super::checks::{is_date, two, weighted};
use super::kind::{Kind, Reading};

const WEIGHTS: [u8; 10] = [4, 3, 2, 7, 6, 5, 4, 3, 2, 1];

pub fn read(digits: &[u8; 10]) -> Option<Reading> {
    let [d1, d2, m1, m2, y1, y2, seventh, ..] = *digits;
    let (day, month) = (two(d1, d2), two(m1, m2));
    let (replacement, day) = if day > 60 { (true, day.saturating_sub(60)) } else { (false, day) };
    if !is_date(day, month, birth_year(two(y1, y2), seventh)) {
        return None;
    }
    let checks = weighted(digits, &WEIGHTS).is_multiple_of(11);
    Some(match (replacement, checks) {
        (true, true) => Reading::checked(Kind::Erstatningspersonnummer),
        // Made for people without a number; day + 60 is also a Swedish day, so a label has to tell.
        (true, false) => Reading::label_only(Kind::Erstatningspersonnummer, "shape"),
        (false, true) => Reading::checked(Kind::Cpr),
        (false, false) if (day, month) == (1, 1) => Reading::needs_support(Kind::Cpr, "first-of-january"),
        (false, false) => Reading::label_only(Kind::Cpr, "no-checksum"),
    })
}

/// The seventh digit and the year together tell the century.
fn birth_year(short: u8, seventh: u8) -> u16 {
    let century = match (seventh, short) {
        (0..=3, _) | (4 | 9, 37..=99) => 1900,
        (4 | 9, _) | (5..=8, 0..=57) => 2000,
        _ => 1800,
    };
    u16::from(short).saturating_add(century)
}
