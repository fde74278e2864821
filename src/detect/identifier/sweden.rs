//! Swedish numbers: personnummer, samordningsnummer, interim, TF and reserve numbers.
//!
//! Sources: folkbokföringslagen § 18 and Skatteverket (date, birth number 001-999, Luhn without the
//! century; samordningsnummer: day + 60, month 00 and day 60 where the date is not established),
//! IVO and Omniway (T and TF), Inera's list of local reserve numbers.

use super::checks::{four, is_date, luhn, two};
use super::kind::{Kind, Reading};

/// From this year on a date is none, but that of a national reserve identity.
const FIRST_NATIONAL_RESERVE: u16 = 2100;

/// Ten digits without the century. `plus` is the separator of those who turn 100.
pub fn read_ten(digits: &[u8; 10], today: (i16, u8, u8), plus: bool) -> Option<Reading> {
    let [y1, y2, ..] = *digits;
    let short = u16::from(two(y1, y2));
    let centuries: &[u16] = if plus { &[1800, 1900] } else { &[2000, 1900] };
    centuries.iter().find_map(|&century| read_born(digits, century.saturating_add(short), today))
}

/// Twelve digits, century first.
pub fn read_twelve(digits: &[u8; 12], today: (i16, u8, u8)) -> Option<Reading> {
    let [c1, c2, ten @ ..] = *digits;
    let [y1, y2, ..] = ten;
    let year = four([c1, c2, y1, y2]);
    match year {
        1800..=2099 => read_born(&ten, year, today).or_else(|| inera(&ten, year)),
        9900..=9999 => stockholm(digits, today),
        _ => None,
    }
}

/// Ten digits of somebody born in `year`.
fn read_born(digits: &[u8; 10], year: u16, today: (i16, u8, u8)) -> Option<Reading> {
    let [_, _, m1, m2, d1, d2, n1, n2, n3, _] = *digits;
    let (month, day) = (two(m1, m2), two(d1, d2));
    if four([0, n1, n2, n3]) == 0 || !luhn(digits) {
        return None;
    }
    let (kind, day) = match day {
        60..=91 => (Kind::Samordningsnummer, day.saturating_sub(60)),
        _ => (Kind::Personnummer, day),
    };
    let date = match kind {
        // Parts of the birth date that are not established are zero.
        Kind::Samordningsnummer => is_date(day.max(1), month.max(1), year),
        _ => is_date(day, month, year),
    };
    (date && !is_future(year, month, day, today)).then(|| Reading::checked(kind))
}

/// True for a day after today. Without a known today nothing lies in the future.
pub fn is_future(year: u16, month: u8, day: u8, today: (i16, u8, u8)) -> bool {
    let (this_year, this_month, this_day) = today;
    match u16::try_from(this_year) {
        Ok(0) | Err(_) => false,
        Ok(this_year) => (year, month, day) > (this_year, this_month, this_day),
    }
}

/// Region Stockholm: `99`, year of issue, running number, Luhn from the fifth digit.
fn stockholm(digits: &[u8; 12], today: (i16, u8, u8)) -> Option<Reading> {
    let [9, 9, y1, y2, y3, y4, ..] = *digits else { return None };
    let year = four([y1, y2, y3, y4]);
    let [_, _, _, _, checked @ ..] = *digits;
    ((1900..=2099).contains(&year) && !is_future(year, 1, 1, today) && luhn(&checked))
        .then(|| Reading::checked(Kind::Reservnummer))
}

/// Inera's reserve numbers: a day from 32 to 59. Any serial number of twelve digits may look so.
fn inera(digits: &[u8; 10], year: u16) -> Option<Reading> {
    let [_, _, m1, m2, d1, d2, ..] = *digits;
    let shape = year >= 1900 && (1..=12).contains(&two(m1, m2)) && (32..=59).contains(&two(d1, d2));
    (shape && luhn(digits)).then(|| Reading::needs_support(Kind::Reservnummer, "checksum"))
}

/// A date (six digits, or eight with the century) and four characters of which one or more is a
/// letter, upper case ASCII.
pub fn read_lettered(date: &[u8], tail: [u8; 4], today: (i16, u8, u8)) -> Option<Reading> {
    let (year, [m1, m2, d1, d2]) = match *date {
        [_, _, m1, m2, d1, d2] => (None, [m1, m2, d1, d2]),
        [y1, y2, y3, y4, m1, m2, d1, d2] => (Some(four([y1, y2, y3, y4])), [m1, m2, d1, d2]),
        _ => return None,
    };
    let (month, day) = (two(m1, m2), two(d1, d2));
    let year = match (year, date) {
        (Some(year), _) => year,
        (None, [y1, y2, ..]) => past_century(two(*y1, *y2), month, day, today),
        _ => return None,
    };
    if date.len() == 8 && year >= FIRST_NATIONAL_RESERVE {
        return national_reserve(year, month, day, tail);
    }
    if !(1850..=2099).contains(&year) || is_future(year, month, day, today) {
        return None;
    }
    let with_century = date.len() == 8;
    let born = is_date(day, month, year) || is_date(day.saturating_sub(60), month, year);
    let short = date.get(date.len().saturating_sub(6)..)?;
    if !born {
        return None;
    }
    let [letter, n1, n2, n3] = tail;
    let numeric = [n1, n2, n3].iter().all(u8::is_ascii_digit);
    let passes = |value: u8| numeric && luhn_with(short, [value, digit(n1), digit(n2), digit(n3)]);
    Some(match tail {
        // Interim: the letter counts as 1.
        [b'T' | b'R' | b'S' | b'U' | b'W' | b'X' | b'J' | b'K' | b'L' | b'M' | b'N', ..] if passes(1) => {
            Reading::checked(Kind::Interim)
        }
        // Västra Götaland: the letter tells the sex and counts in Luhn.
        [b'K' | b'M' | b'X', ..] if with_century && passes(regional_value(letter)) => {
            Reading::checked(Kind::Reservnummer)
        }
        // Municipal reporting, without check digit: TF and two digits, or T and three.
        [b'T', b'F', ..] if n2.is_ascii_digit() && n3.is_ascii_digit() => {
            if with_century {
                Reading { reason: "shape", ..Reading::checked(Kind::TfNummer) }
            } else {
                Reading::needs_support(Kind::TfNummer, "shape")
            }
        }
        [b'T', ..] if numeric => Reading::label_only(Kind::TfNummer, "shape"),
        // Värmland: S, a letter for the place, a digit, a letter.
        [b'S', b'F' | b'U' | b'X' | b'P' | b'L', ..]
            if with_century && n2.is_ascii_digit() && n3.is_ascii_uppercase() =>
        {
            Reading { reason: "shape", ..Reading::checked(Kind::Reservnummer) }
        }
        // Skåne and others: one letter or more, no check we could make.
        _ if with_century => Reading::label_only(Kind::Reservnummer, "shape"),
        _ => return None,
    })
}

/// National reserve identity: the century raised by 3 or 6 (22 for 19xx, 23 for 20xx), two letters, the
/// sex, a check character. Source: Inera's NRID specification.
fn national_reserve(year: u16, month: u8, day: u8, tail: [u8; 4]) -> Option<Reading> {
    let letter = |b: u8| b.is_ascii_uppercase() && !matches!(b, b'I' | b'O' | b'Q' | b'V' | b'W');
    let [n1, n2, sex, check] = tail;
    let born = [300, 600].iter().any(|added| {
        let born = year.saturating_sub(*added);
        (1800..=2099).contains(&born) && is_date(day, month, born)
    });
    let written = letter(n1) && letter(n2) && sex.is_ascii_digit() && check.is_ascii_alphanumeric();
    (born && written).then(|| Reading::label_only(Kind::Reservnummer, "shape"))
}

/// What the letter of a reserve number of Västra Götaland counts in Luhn.
fn regional_value(letter: u8) -> u8 {
    match letter {
        b'K' => 5,
        b'M' => 7,
        _ => 8,
    }
}

/// The year of the nearest day in the past; a samordningsnummer's day counts without its 60.
fn past_century(short: u8, month: u8, day: u8, today: (i16, u8, u8)) -> u16 {
    let recent = u16::from(short).saturating_add(2000);
    let day = if day > 60 { day.saturating_sub(60) } else { day };
    if is_future(recent, month, day, today) { recent.saturating_sub(100) } else { recent }
}

fn digit(ascii: u8) -> u8 {
    ascii.saturating_sub(b'0')
}

fn luhn_with(date: &[u8], tail: [u8; 4]) -> bool {
    let mut all = [0_u8; 10];
    let joined = date.iter().copied().chain(tail);
    all.iter_mut().zip(joined).for_each(|(to, from)| *to = from);
    date.len() == 6 && luhn(&all)
}
