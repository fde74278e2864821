//! Birth dates behind a word that says so, and numbers of persons with their last digits hidden.

use std::ops::Range;

use super::around::{Before, line_after};
use super::words::{Sense, Words};
use crate::detect::identifier::checks::is_date;
use crate::detect::identifier::fold::fold;
use crate::detect::identifier::sweden::is_future;

/// Nobody mailed about is older.
const EARLIEST: u16 = 1880;
/// Words between a word for birth and its date.
const BETWEEN: usize = 5;
/// Characters that hide the rest of a number.
const HIDING: [char; 6] = ['*', 'X', 'x', '•', '#', '_'];

/// The date that begins with the digits at `start`, when a word for birth stands before it.
pub fn labelled(
    text: &str,
    start: usize,
    before: &Before,
    words: &Words,
    today: (i16, u8, u8),
) -> Option<Range<usize>> {
    let named = if before.is(Sense::BIRTH) { is_label(before, words) } else { is_in_front(text, start, before, words) };
    if named { date_at(text, start, words, today) } else { None }
}

/// The date in a table's cell that holds nothing else.
pub fn in_cell(text: &str, digits: &Range<usize>, words: &Words, today: (i16, u8, u8)) -> Option<Range<usize>> {
    // Commas are prose's as well, and a date alone on its line stands in no table.
    let divides = |b: Option<&u8>| matches!(b, Some(b'\t' | b';' | b'|'));
    let edge = |b: Option<&u8>| divides(b) || matches!(b, None | Some(b'\n'));
    let before = text.as_bytes().get(..digits.start)?.iter().rev().find(|b| **b != b' ');
    if digits.len() > 8 || !edge(before) {
        return None;
    }
    let span = date_at(text, digits.start, words, today)?;
    let behind = text.as_bytes().get(span.end..)?.iter().find(|b| **b != b' ');
    (edge(behind) && (divides(before) || divides(behind))).then_some(span)
}

/// Whether the line before ends with a whole label for birth.
fn is_label(before: &Before, words: &Words) -> bool {
    let folded = before.folded();
    let free = |head: &str| !head.ends_with(|c: char| c.is_ascii_alphanumeric());
    words.birth.iter().any(|label| folded.strip_suffix(label.as_str()).is_some_and(free))
}

/// `født i Bergen 12.03.1958`, `fødselsdato for Kari Berg: 12.03.1958`: names and small words between the two.
fn is_in_front(text: &str, start: usize, before: &Before, words: &Words) -> bool {
    let date = text.as_bytes().get(start..).unwrap_or_default();
    let figures = matches!(
        date,
        [_, b'.' | b'/' | b'-', b'0'..=b'9', ..]
            | [_, _, b'.' | b'/' | b'-', b'0'..=b'9', ..]
            | [_, _, _, _, b'-', b'0'..=b'9', ..]
    );
    if !figures {
        return false;
    }
    let cell = before.written.rsplit(['\t', ';', '|']).next().unwrap_or_default();
    let mut words_before = cell.split([' ', ',', ':', '(']).rev().filter(|word| !word.is_empty()).take(BETWEEN);
    let named = |word: &str| word.starts_with(char::is_uppercase);
    let last = words_before.find(|word| is_born(word, words) || !named(word) && !is_filler(word, words));
    last.is_some_and(|word| is_born(word, words))
}

fn is_filler(word: &str, words: &Words) -> bool {
    words.birth_fillers.contains(&fold(word))
}

/// A word for birth of its own, not a letter that stands for one.
fn is_born(word: &str, words: &Words) -> bool {
    let folded = fold(word);
    folded.len() > 2 && words.sense(&folded).has(Sense::BIRTH)
}

/// The date of somebody's birth at `start`.
fn date_at(text: &str, start: usize, words: &Words, today: (i16, u8, u8)) -> Option<Range<usize>> {
    let rest = line_after(text, start);
    let (date, used) = written_date(rest, words)?;
    let (year, month, day) = date;
    let born = year >= EARLIEST && is_date(day, month, year) && !is_future(year, month, day, today);
    let joined = rest.get(used..).is_some_and(|r| r.starts_with(|c: char| c.is_ascii_digit()));
    (born && !joined).then_some(start..start.saturating_add(used))
}

/// `010190*****`, `19900101-XXXX`: a birth date, and it is known whose number it is.
pub fn hidden(text: &str, digits: &Range<usize>) -> Option<Range<usize>> {
    if !matches!(digits.len(), 6 | 8) {
        return None;
    }
    let after = text.as_bytes().get(digits.end..)?;
    let marks = after.strip_prefix(b"-").or(after.strip_prefix(b" ")).or(after.strip_prefix(b"+")).unwrap_or(after);
    if !marks.first().is_some_and(|b| !b.is_ascii() || HIDING.contains(&char::from(*b))) {
        return None;
    }
    let number = text.get(digits.clone())?;
    let rest = line_after(text, digits.end);
    let gap = usize::from(rest.starts_with(['-', ' ', '+']));
    let hiding: usize = rest.get(gap..)?.chars().take_while(|c| HIDING.contains(c)).map(char::len_utf8).sum();
    let count = rest.get(gap..gap.saturating_add(hiding))?.chars().count();
    let after = rest.get(gap.saturating_add(hiding)..)?.chars().next();
    let ends = !after.is_some_and(char::is_alphanumeric);
    let dated = match number.len() {
        6 => plausible(number, &[(4, 2, 0), (0, 2, 4)]),
        8 => plausible(number.get(2..)?, &[(0, 2, 4)]) && (number.starts_with("19") || number.starts_with("20")),
        _ => false,
    };
    (matches!(count, 4 | 5) && ends && dated)
        .then(|| digits.start..digits.end.saturating_add(gap).saturating_add(hiding))
}

/// Whether six digits are a date in one of these orders of (year, month, day) places.
fn plausible(six: &str, orders: &[(usize, usize, usize)]) -> bool {
    let pair = |at: usize| six.get(at..at.saturating_add(2)).and_then(|p| p.parse::<u8>().ok());
    orders.iter().any(|&(year, month, day)| {
        let read = (pair(year), pair(month), pair(day));
        matches!(read, (Some(y), Some(m), Some(d)) if is_date(d, m, u16::from(y).saturating_add(2000)))
    })
}

type Date = (u16, u8, u8);

/// A date in figures or words at the start of `text`, and the bytes it takes.
fn written_date(text: &str, words: &Words) -> Option<(Date, usize)> {
    let mut reader = Reader { text, at: 0 };
    let first = reader.number()?;
    match first.digits {
        8 => Some((eight(first.value)?, reader.at)),
        6 => Some((six(first.value)?, reader.at)),
        4 => {
            reader.mark(&['-', '.', '/'])?;
            let month = reader.number()?;
            reader.mark(&['-', '.', '/'])?;
            let day = reader.number()?;
            Some(((u16::try_from(first.value).ok()?, small(month.value)?, small(day.value)?), reader.at))
        }
        1 | 2 => {
            let day = small(first.value)?;
            reader.skip(&['.', ' ', '-', '/', ':']);
            let month = match reader.number() {
                Some(number) => small(number.value)?,
                None => words.months.get(&fold(reader.word()?)).copied()?,
            };
            reader.skip(&['.', ' ', '-', '/', ',']);
            let year = reader.number()?;
            // `03/13/1958`: the month first.
            let (month, day) = if month > 12 { (day, month) } else { (month, day) };
            Some(((full_year(&year)?, month, day), reader.at))
        }
        _ => None,
    }
}

struct Number {
    value: u32,
    digits: usize,
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn number(&mut self) -> Option<Number> {
        let rest = self.text.get(self.at..)?;
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let value = rest.get(..digits)?.parse().ok()?;
        self.at = self.at.saturating_add(digits);
        Some(Number { value, digits })
    }

    fn word(&mut self) -> Option<&'a str> {
        let rest = self.text.get(self.at..)?;
        let width: usize = rest.chars().take_while(|c| c.is_alphabetic()).map(char::len_utf8).sum();
        self.at = self.at.saturating_add(width);
        rest.get(..width).filter(|w| !w.is_empty())
    }

    fn mark(&mut self, marks: &[char]) -> Option<()> {
        let c = self.text.get(self.at..)?.chars().next().filter(|c| marks.contains(c))?;
        self.at = self.at.saturating_add(c.len_utf8());
        Some(())
    }

    fn skip(&mut self, marks: &[char]) {
        let mut left = 2_u8;
        while left > 0 && self.mark(marks).is_some() {
            left = left.saturating_sub(1);
        }
    }
}

fn small(value: u32) -> Option<u8> {
    u8::try_from(value).ok()
}

/// Two digits are the nearest past century's; the caller refuses the future.
fn full_year(year: &Number) -> Option<u16> {
    let value = u16::try_from(year.value).ok()?;
    match year.digits {
        4 => Some(value),
        2 if value <= 29 => value.checked_add(2000),
        2 => value.checked_add(1900),
        _ => None,
    }
}

/// `19580312` or `12031958`.
fn eight(value: u32) -> Option<Date> {
    let (head, middle, tail) = (value / 10_000, value / 100 % 100, value % 100);
    let swedish = (u16::try_from(head).ok()?, small(middle)?, small(tail)?);
    let norwegian = (u16::try_from(value % 10_000).ok()?, small(value / 10_000 % 100)?, small(value / 1_000_000)?);
    [swedish, norwegian].into_iter().find(|&(y, m, d)| y >= EARLIEST && is_date(d, m, y))
}

/// `580312` or `120358`.
fn six(value: u32) -> Option<Date> {
    let year = |short: u32| full_year(&Number { value: short, digits: 2 });
    let swedish = (year(value / 10_000)?, small(value / 100 % 100)?, small(value % 100)?);
    let norwegian = (year(value % 100)?, small(value / 100 % 100)?, small(value / 10_000)?);
    [swedish, norwegian].into_iter().find(|&(y, m, d)| is_date(d, m, y))
}
