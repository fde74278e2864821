//! Right numbers of every register.

use super::super::checks::{days_in, luhn};
use super::{Dice, text_of};

/// Born in these years, today being in 2026.
const YEARS: (u64, u64) = (1921, 2026);

/// How a register's numbers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Eleven digits.
    Norwegian,
    /// Twelve digits, century first, that may go.
    Swedish,
    /// Date, separator and four: one string.
    Fixed,
    /// Counts behind its label alone.
    Labelled(&'static str),
}

pub struct Number {
    pub kind: &'static str,
    pub shape: Shape,
    /// Digits without separators, of a fixed shape as written.
    pub value: String,
    /// Ends the identity of the finding, however it is written.
    pub tail: String,
}

type Make = fn(&mut Dice) -> Option<String>;

const KINDS: [(&str, Shape, Make); 19] = [
    ("fodselsnummer", Shape::Norwegian, |d| norwegian(d, 0, 0, 0)),
    ("fodselsnummer of 2032", Shape::Norwegian, |d| {
        let rest = d.from(1, 3);
        norwegian(d, 0, 0, rest)
    }),
    ("d-nummer", Shape::Norwegian, |d| norwegian(d, 40, 0, 0)),
    ("h-nummer", Shape::Norwegian, |d| norwegian(d, 0, 40, 0)),
    ("synthetic +80", Shape::Norwegian, |d| norwegian(d, 0, 80, 0)),
    ("synthetic +65", Shape::Norwegian, |d| norwegian(d, 0, 65, 0)),
    ("synthetic d-nummer", Shape::Norwegian, |d| norwegian(d, 40, 80, 0)),
    ("npid", Shape::Norwegian, |d| norwegian(d, 0, 20, 0)),
    ("personnummer", Shape::Swedish, |d| swedish(d, 0, false)),
    ("samordningsnummer", Shape::Swedish, |d| swedish(d, 60, false)),
    ("samordningsnummer without date", Shape::Swedish, |d| swedish(d, 60, true)),
    ("interim", Shape::Fixed, interim),
    ("reservnummer of Stockholm", Shape::Fixed, stockholm),
    ("cpr", Shape::Fixed, danish),
    ("henkilotunnus", Shape::Fixed, finnish),
    ("kennitala", Shape::Fixed, icelandic),
    ("fh-nummer", Shape::Labelled("Felles hjelpenummer "), fh),
    ("duf-nummer", Shape::Labelled("DUF-nr "), duf),
    ("tf-nummer", Shape::Labelled("TF-nummer "), tf),
];

/// One number of every kind.
pub fn of_every_kind(dice: &mut Dice) -> Vec<Number> {
    KINDS
        .iter()
        .map(|&(kind, shape, make)| {
            let value = (0..1_000).find_map(|_| make(dice)).unwrap();
            let digits = value.replace(['-', '+'], "");
            let tail = match shape {
                Shape::Swedish => digits[2..].to_owned(),
                _ => digits[digits.len() - 4..].to_uppercase(),
            };
            Number { kind, shape, value, tail }
        })
        .collect()
}

/// A day of birth: year, month, day.
pub fn birthday(dice: &mut Dice) -> (u64, u64, u64) {
    let (year, month) = (dice.from(YEARS.0, YEARS.1), dice.from(1, 12));
    let days = days_in(u8::try_from(month).unwrap(), u16::try_from(year).unwrap());
    let day = dice.from(1, days.into());
    if year == YEARS.1 { (year, month.min(10), day.min(28)) } else { (year, month, day) }
}

fn weighted(digits: &[u8], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(d, w)| u32::from(*d) * w).sum()
}

fn digits_of(text: &str) -> Vec<u8> {
    text.bytes().map(|b| b - b'0').collect()
}

/// Both check digits; the first leaves `rest`.
fn norwegian(dice: &mut Dice, on_day: u64, on_month: u64, rest: u64) -> Option<String> {
    let (year, month, day) = birthday(dice);
    let individual = match (year, on_day) {
        (2000.., 0) => dice.from(500, 999),
        (2000.., _) => dice.from(200, 999),
        (..1940, 40) => dice.from(0, 199),
        _ => dice.from(0, 499),
    };
    let mut all = digits_of(&format!("{:02}{:02}{:02}{individual:03}", day + on_day, month + on_month, year % 100));
    norwegian_checks(&mut all, u32::try_from(rest).unwrap())?;
    Some(text_of(&all))
}

fn norwegian_checks(all: &mut Vec<u8>, rest: u32) -> Option<()> {
    let first = (11 + rest - weighted(all, &[3, 7, 6, 1, 8, 9, 4, 5, 2]) % 11) % 11;
    all.push(u8::try_from(first).ok().filter(|k| *k < 10)?);
    let second = (11 - weighted(all, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11;
    all.push(u8::try_from(second).ok().filter(|k| *k < 10)?);
    Some(())
}

fn with_luhn(mut digits: Vec<u8>) -> Vec<u8> {
    digits.push(0);
    let last = digits.len() - 1;
    let check = (0..10).find(|c| {
        digits[last] = *c;
        luhn(&digits)
    });
    digits[last] = check.unwrap();
    digits
}

fn swedish(dice: &mut Dice, on_day: u64, unknown: bool) -> Option<String> {
    let (year, month, day) = birthday(dice);
    let (month, day) = match (unknown, dice.below(2)) {
        (false, _) => (month, day + on_day),
        (true, 0) => (0, day.min(28) + on_day),
        (true, _) => (month, on_day),
    };
    let nine = format!("{:02}{month:02}{day:02}{:03}", year % 100, dice.from(1, 999));
    Some(format!("{}{}", year / 100, text_of(&with_luhn(digits_of(&nine)))))
}

fn interim(dice: &mut Dice) -> Option<String> {
    let (year, month, day) = birthday(dice);
    let date = format!("{:02}{month:02}{day:02}", year % 100);
    let two = dice.below(100);
    let whole = with_luhn(digits_of(&format!("{date}1{two:02}")));
    Some(format!("{date}-{}{two:02}{}", dice.pick(&['T', 'R', 'S', 'U', 'W', 'X', 'J', 'K', 'L', 'M', 'N']), whole[9]))
}

fn stockholm(dice: &mut Dice) -> Option<String> {
    let eight = format!("{}{:05}", dice.from(1995, 2026), dice.below(100_000));
    let checked = with_luhn(digits_of(&eight)[2..].to_vec());
    let mut all = vec![9, 9];
    all.extend(&digits_of(&eight)[..2]);
    all.extend(checked);
    // Luhn runs from the fifth digit on.
    let eight_checked = with_luhn(all[4..11].to_vec());
    all.truncate(4);
    all.extend(eight_checked);
    Some(text_of(&all))
}

fn danish(dice: &mut Dice) -> Option<String> {
    let (year, month, day) = birthday(dice);
    let seventh = if year < 2000 { dice.from(0, 3) } else { 4 };
    let year = if year < 2000 || year < 2037 { year } else { 2000 };
    let nine = format!("{day:02}{month:02}{:02}{seventh}{:02}", year % 100, dice.below(100));
    let check = (11 - weighted(&digits_of(&nine), &[4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11;
    (check < 10).then(|| format!("{}-{}{check}", &nine[..6], &nine[6..]))
}

fn finnish(dice: &mut Dice) -> Option<String> {
    let (year, month, day) = birthday(dice);
    let date = format!("{day:02}{month:02}{:02}", year % 100);
    let separator = if year < 2000 { dice.pick(&['-', 'Y', 'X', 'W', 'V', 'U']) } else { dice.pick(&['A', 'B', 'F']) };
    let individual = format!("{:03}", dice.from(2, 999));
    let value: usize = format!("{date}{individual}").parse().unwrap();
    let check = char::from(b"0123456789ABCDEFHJKLMNPRSTUVWXY"[value % 31]);
    Some(format!("{date}{separator}{individual}{check}"))
}

fn icelandic(dice: &mut Dice) -> Option<String> {
    let (year, month, day) = birthday(dice);
    let eight = format!("{day:02}{month:02}{:02}{:02}", year % 100, dice.from(20, 99));
    let check = (11 - weighted(&digits_of(&eight), &[3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11;
    (check < 10).then(|| format!("{}-{}{check}{}", &eight[..6], &eight[6..], if year < 2000 { 9 } else { 0 }))
}

fn fh(dice: &mut Dice) -> Option<String> {
    let mut all = vec![u8::try_from(dice.from(8, 9)).unwrap()];
    all.extend(dice.digits(8));
    norwegian_checks(&mut all, 0)?;
    Some(text_of(&all))
}

fn duf(dice: &mut Dice) -> Option<String> {
    let ten = format!("{}{:06}", dice.from(1995, 2025), dice.below(1_000_000));
    let sum = weighted(&digits_of(&ten), &[4, 6, 3, 2, 4, 6, 3, 2, 7, 5]) % 11;
    Some(format!("{ten}{sum:02}"))
}

fn tf(dice: &mut Dice) -> Option<String> {
    let (year, month, day) = birthday(dice);
    Some(format!("{year}{month:02}{day:02}-TF{:02}", dice.below(100)))
}
