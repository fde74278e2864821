//! Column headings: a heading cell says what its whole column is.

use std::ops::Range;
use std::sync::Arc;

use memchr::{memchr, memrchr};

use super::fold::fold;
use crate::detect::seek;

/// Heading rows, columns and bytes of a row that are remembered.
const MAX_ROWS: usize = 32;
const MAX_COLUMNS: usize = 128;
const MAX_ROW_BYTES: usize = 4_096;
/// Words of a heading's cell, and digits of the whole row.
const MAX_WORDS: usize = 5;
const MAX_DIGITS: usize = 8;
const DELIMITERS: [u8; 4] = *b"\t;|,";

struct Row<T> {
    /// Where the row ends in the text.
    end: usize,
    delimiter: u8,
    cells: usize,
    roles: Vec<(usize, T)>,
}

/// The heading rows of one text, and what their cells say.
pub struct Headings<T>(Vec<Row<T>>);

/// The headings of the text read last: its blocks and readings have them in common.
pub struct Columns<T>(Option<(Arc<str>, Headings<T>)>);

impl<T> Default for Columns<T> {
    fn default() -> Self {
        Columns(None)
    }
}

impl<T: Copy> Columns<T> {
    /// The headings of a text with a cell, folded, of which `meaning` knows something.
    pub fn of(&mut self, text: &Arc<str>, meaning: impl Fn(&str) -> Option<T>) -> &Headings<T> {
        if !self.0.as_ref().is_some_and(|(known, _)| Arc::ptr_eq(known, text)) {
            self.0 = None;
        }
        &self.0.get_or_insert_with(|| (Arc::clone(text), Headings::of(text, meaning))).1
    }
}

impl<T: Copy> Headings<T> {
    fn of(text: &str, meaning: impl Fn(&str) -> Option<T>) -> Self {
        let bytes = text.as_bytes();
        let mut rows = Vec::new();
        let mut at = 0_usize;
        while rows.len() < MAX_ROWS {
            let rest = bytes.get(at..).unwrap_or_default();
            let Some(found) = seek::position(rest, is_delimiter) else { break };
            let (before, behind) = rest.split_at_checked(found).unwrap_or_default();
            let start = at.saturating_add(memrchr(b'\n', before).map_or(0, |line_end| line_end.saturating_add(1)));
            let width = memchr(b'\n', behind).map_or(behind.len(), |line_end| line_end.saturating_add(1));
            at = at.saturating_add(found).saturating_add(width);
            let line = text.get(start..at).filter(|line| line.len() <= MAX_ROW_BYTES);
            rows.extend(line.and_then(|line| row(line, at, &meaning)));
        }
        Headings(rows)
    }

    /// What the heading says of the column that the number at `span` stands in.
    pub fn of_column(&self, text: &str, span: &Range<usize>) -> Option<T> {
        let above = self.0.partition_point(|row| row.end <= span.start);
        let row = above.checked_sub(1).and_then(|i| self.0.get(i))?;
        let head = text.get(..span.start)?;
        let from = span.start.saturating_sub(MAX_ROW_BYTES);
        let line = head.as_bytes().get(from..)?;
        let delimiters = |line: &mut dyn Iterator<Item = &u8>| {
            line.take_while(|&&b| b != b'\n').filter(|&&b| b == row.delimiter).count()
        };
        let column = delimiters(&mut line.iter().rev());
        let rest = text.as_bytes().get(span.end..)?;
        let cells = column.saturating_add(delimiters(&mut rest.iter().take(MAX_ROW_BYTES))).saturating_add(1);
        // Prose has commas too: there a row must have exactly the heading's cells.
        if row.delimiter == b',' && cells != row.cells {
            return None;
        }
        row.roles.iter().find(|(of, _)| *of == column).map(|&(_, role)| role)
    }
}

/// A row with cells of few words, one or more of them a heading.
fn row<T>(line: &str, end: usize, meaning: &impl Fn(&str) -> Option<T>) -> Option<Row<T>> {
    let delimiter = DELIMITERS.into_iter().find(|d| memchr(*d, line.as_bytes()).is_some())?;
    // A row of values has numbers in it.
    if !has_few_words(line, delimiter) || line.bytes().filter(u8::is_ascii_digit).count() > MAX_DIGITS {
        return None;
    }
    let mut roles = Vec::new();
    let mut cells = 0_usize;
    for cell in line.split(char::from(delimiter)).take(MAX_COLUMNS) {
        let folded = fold(cell);
        if folded.split(' ').filter(|w| !w.is_empty()).count() > MAX_WORDS {
            return None;
        }
        roles.extend(meaning(&folded).map(|meaning| (cells, meaning)));
        cells = cells.saturating_add(1);
    }
    (!roles.is_empty()).then_some(Row { end, delimiter, cells, roles })
}

/// Without a branch, so that many are looked at together.
fn is_delimiter(b: u8) -> bool {
    DELIMITERS.iter().fold(false, |any, delimiter| any | (b == *delimiter))
}

/// A quick look: no cell has more words than a heading's, as far as spaces tell.
fn has_few_words(line: &str, delimiter: u8) -> bool {
    let (mut words, mut cells, mut before) = (0_usize, 0_usize, 0_u8);
    line.bytes().all(|b| {
        let opens = before == b' ' && b.is_ascii_alphanumeric();
        words = if b == delimiter { 0 } else { words.saturating_add(usize::from(opens)) };
        cells = cells.saturating_add(usize::from(b == delimiter));
        before = b;
        words <= MAX_WORDS || cells >= MAX_COLUMNS
    })
}
