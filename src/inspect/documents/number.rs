//! Numbers of cells as their number format shows them (ECMA-376 part 1, sections 18.8.30 and 18.8.31).
//!
//! Only what changes how a person reads digits is followed: dates, and zeros put before a number. The
//! rest (separators of thousands, percent, colours) is left out: the plain number is read better.

use std::ops::Range;

/// Days from 30 December 1899 to 1 January 1904, where the other calendar of workbooks begins.
const FROM_1904: f64 = 1_462.0;
/// The last day that a workbook knows, 31 December 9999.
const LAST_DAY: f64 = 2_958_465.0;

/// Characters of a format; Excel takes 255.
const MAX_CODE: usize = 1_000;

/// How cells of one style show numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Plain,
    Date,
    /// Digits at set places: `000000\ 00000`.
    Digits(Vec<Mark>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// A digit, or zero.
    Zero,
    /// A digit, or nothing.
    Digit,
    Literal(char),
}

impl Format {
    /// A format by its number, among those that every workbook knows.
    pub fn known(id: u32) -> Format {
        match id {
            14..=22 | 27..=36 | 45..=47 | 50..=58 => Format::Date,
            _ => Format::Plain,
        }
    }

    pub fn read(code: &str) -> Format {
        let (mut marks, mut date, mut plain) = (Vec::new(), false, false);
        let mut rest = code.chars().take(MAX_CODE);
        while let Some(c) = rest.next() {
            match c {
                // Formats of negative numbers and of zero follow.
                ';' => break,
                '"' => marks.extend(rest.by_ref().take_while(|c| *c != '"').map(Mark::Literal)),
                '\\' => marks.extend(rest.next().map(Mark::Literal)),
                '_' => marks.extend(rest.next().map(|_| Mark::Literal(' '))),
                '*' => drop(rest.next()),
                '[' => {
                    let word: String = rest.by_ref().take_while(|c| *c != ']').collect();
                    date |= !word.is_empty() && word.chars().all(|c| matches!(c, 'h' | 'H' | 'm' | 'M' | 's' | 'S'));
                }
                '0' => marks.push(Mark::Zero),
                '#' | '?' => marks.push(Mark::Digit),
                'd' | 'D' | 'm' | 'M' | 'y' | 'Y' | 'h' | 'H' | 's' | 'S' => date = true,
                ' ' | '-' | '/' | '(' | ')' | ':' | '+' => marks.push(Mark::Literal(c)),
                // Decimals, thousands, percent, exponents, text, `General`.
                _ => plain = true,
            }
        }
        let zeros = marks.iter().filter(|mark| **mark == Mark::Zero).count();
        let literals = marks.iter().any(|mark| matches!(mark, Mark::Literal(_)));
        match () {
            () if date => Format::Date,
            () if plain || !(zeros > 1 || (literals && zeros > 0)) => Format::Plain,
            () => Format::Digits(marks),
        }
    }

    /// The number in a cell as it is shown, and as it was before zeros at its start were lost.
    pub fn show(&self, value: &str, from_1904: bool) -> String {
        if *self == Format::Plain && value.bytes().all(|b| b.is_ascii_digit()) {
            return match padded(value) {
                Some(padded) => format!("{value}\t{padded}"),
                None => value.to_owned(),
            };
        }
        let number = value.trim().parse::<f64>().ok().filter(|number| number.is_finite());
        let whole = number.and_then(|number| digits(value.trim(), number));
        match (self, number, whole) {
            (Format::Date, Some(number), _) => {
                let days = if from_1904 { number + FROM_1904 } else { number };
                date(days).unwrap_or_else(|| value.to_owned())
            }
            (_, _, Some(whole)) => {
                let shown = match self {
                    Format::Digits(marks) => placed(marks, &whole),
                    _ => whole.clone(),
                };
                let of_shown: String = shown.chars().filter(char::is_ascii_digit).collect();
                match padded(&whole).filter(|padded| !of_shown.contains(padded.as_str())) {
                    Some(padded) => format!("{shown}\t{padded}"),
                    None => shown,
                }
            }
            _ => value.to_owned(),
        }
    }
}

/// The digits of a whole number without sign, `1.819012365E9` too.
fn digits(value: &str, number: f64) -> Option<String> {
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        return Some(value.to_owned());
    }
    // Below 2^53 every whole number is itself.
    let whole = (0.0..9_007_199_254_740_992.0).contains(&number) && number.fract() == 0.0;
    whole.then(|| format!("{number:.0}"))
}

/// Digits at their places, from the right; what is left over stands before the first.
fn placed(marks: &[Mark], digits: &str) -> String {
    let mut digits: Vec<char> = digits.chars().collect();
    let mut shown = Vec::new();
    let first = marks.iter().position(|mark| !matches!(mark, Mark::Literal(_)));
    for (at, mark) in marks.iter().enumerate().rev() {
        match (mark, digits.pop()) {
            (Mark::Literal(c), digit) => {
                digits.extend(digit);
                shown.push(*c);
            }
            (Mark::Zero, digit) => shown.push(digit.unwrap_or('0')),
            (Mark::Digit, digit) => shown.extend(digit),
        }
        if Some(at) == first {
            shown.extend(digits.drain(..).rev());
        }
    }
    shown.into_iter().rev().collect()
}

/// A number that may have lost zeros of its date of birth: ten digits of a Norwegian identity number,
/// eight or nine of a Swedish one, with a day and a month where they belong.
fn padded(digits: &str) -> Option<String> {
    // Where day and month stand, and what is added to them: to months of synthetic persons 40, 65 or 80,
    // to days of coordination numbers 60.
    let (len, day, days, months): (usize, Range<usize>, &[u8], &[u8]) = match digits.len() {
        10 => (11, 0..2, &[0], &[0, 40, 65, 80]),
        8 | 9 => (10, 4..6, &[0, 60], &[0]),
        _ => return None,
    };
    let mut padded = [b'0'; 11];
    padded.get_mut(len.saturating_sub(digits.len())..len)?.copy_from_slice(digits.as_bytes());
    let padded = std::str::from_utf8(padded.get(..len)?).ok()?;
    let within = |range: Range<usize>, added: &[u8], most: u8| {
        let part = padded.get(range).and_then(|part| part.parse::<u8>().ok());
        part.is_some_and(|part| added.iter().any(|added| part > *added && part <= added.saturating_add(most)))
    };
    (within(day, days, 31) && within(2..4, months, 12)).then(|| padded.to_owned())
}

/// A day of the Gregorian calendar, and the time of day when there is one: `21.11.2026 13:45`.
/// `days` counts from 30 December 1899. After Howard Hinnant, "chrono-compatible low-level date algorithms".
fn date(days: f64) -> Option<String> {
    if !(0.0..=LAST_DAY).contains(&days) {
        return None;
    }
    let whole = days.trunc();
    let minutes = ((days - whole) * 1_440.0).round();
    let clock = format!("{:02.0}:{:02.0}", (minutes / 60.0).trunc(), minutes % 60.0);
    if whole == 0.0 {
        return Some(clock);
    }
    // Days from 1 March of year 0, in eras of 400 years.
    let from_march = whole + 693_899.0;
    let era = (from_march / 146_097.0).floor();
    let day_of_era = from_march - era * 146_097.0;
    let year_of_era = ((day_of_era - (day_of_era / 1_460.0).floor() + (day_of_era / 36_524.0).floor()
        - (day_of_era / 146_096.0).floor())
        / 365.0)
        .floor();
    let day_of_year = day_of_era - (365.0 * year_of_era + (year_of_era / 4.0).floor() - (year_of_era / 100.0).floor());
    let shifted = ((5.0 * day_of_year + 2.0) / 153.0).floor();
    let day = day_of_year - ((153.0 * shifted + 2.0) / 5.0).floor() + 1.0;
    let month = if shifted < 10.0 { shifted + 3.0 } else { shifted - 9.0 };
    let year = year_of_era + era * 400.0 + if month <= 2.0 { 1.0 } else { 0.0 };
    let date = format!("{day:02.0}.{month:02.0}.{year:.0}");
    Some(if minutes > 0.0 { format!("{date} {clock}") } else { date })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_as_their_format_says() {
        let table = [
            ("00000000000", "1819012365", "01819012365"),
            ("000000\\ 00000", "1819012365", "018190 12365"),
            ("000000\" \"00000", "1.819012365E9", "018190 12365"),
            ("00000000\\-0000", "199001011234", "19900101-1234"),
            ("0000", "855", "0855"),
            ("\"fnr \"00000000000;[Red]-0", "1819012365", "fnr 01819012365"),
            ("000", "12345", "12345"),
            ("##00", "7", "07"),
            ("#,##0.00", "1234567.5", "1234567.5"),
            ("General", "12", "12"),
            ("0", "12", "12"),
            // Zeros lost without a format that says so.
            ("General", "1819012365", "1819012365\t01819012365"),
            ("0", "101011234", "101011234\t0101011234"),
            ("0_)", "1819012365", "1819012365 \t01819012365"),
            ("0\" stk\"", "1819012365", "1819012365 stk\t01819012365"),
            ("0", "91234567", "91234567"),
            ("0", "9952345678", "9952345678"),
            ("@", "1.81901234E10", "18190123400"),
            ("dd.mm.yyyy", "46347", "21.11.2026"),
            ("yyyy\\-mm\\-dd\\ hh:mm", "46347.5", "21.11.2026 12:00"),
            ("[h]:mm", "0.25", "06:00"),
            ("d/m/yy", "36585", "29.02.2000"),
            ("d/m/yy", "61", "01.03.1900"),
        ];
        for (code, value, shown) in table {
            assert_eq!(Format::read(code).show(value, false), shown, "{code} {value}");
        }
        assert_eq!(Format::known(14).show("44885", true), "21.11.2026");
        assert_eq!(Format::known(0).show("tekst", false), "tekst");
    }
}
