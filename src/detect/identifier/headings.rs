//! Column headings: a heading cell counts as the label of its whole column.

use std::ops::Range;
use std::sync::Arc;

use memchr::memchr;

use super::fold::fold;
use super::labels::{Labels, Role};

/// Heading rows, columns and bytes of a row that are remembered.
const MAX_ROWS: usize = 32;
const MAX_COLUMNS: usize = 128;
const MAX_ROW_BYTES: usize = 4_096;
/// Words of a heading's cell, and digits of the whole row.
const MAX_WORDS: usize = 5;
const MAX_DIGITS: usize = 8;
const DELIMITERS: [u8; 4] = *b"\t;|,";

struct Row {
    /// Where the row ends in the text.
    end: usize,
    delimiter: u8,
    cells: usize,
    roles: Vec<(usize, Role)>,
}

/// The heading rows of one text.
pub struct Headings(Vec<Row>);

/// The headings of the text read last: its blocks and readings have them in common.
#[derive(Default)]
pub struct Columns(Option<(Arc<str>, Headings)>);

impl Columns {
    /// The headings of a text.
    pub fn of(&mut self, text: &Arc<str>, labels: &Labels) -> &Headings {
        if !self.0.as_ref().is_some_and(|(known, _)| Arc::ptr_eq(known, text)) {
            self.0 = None;
        }
        &self.0.get_or_insert_with(|| (Arc::clone(text), Headings::of(text, labels))).1
    }
}

impl Headings {
    pub fn of(text: &str, labels: &Labels) -> Self {
        let mut rows = Vec::new();
        let mut start = 0_usize;
        for line in text.split_inclusive('\n') {
            let end = start.saturating_add(line.len());
            start = end;
            if rows.len() == MAX_ROWS {
                break;
            }
            if line.len() <= MAX_ROW_BYTES
                && let Some(row) = row(line, end, labels)
            {
                rows.push(row);
            }
        }
        Headings(rows)
    }

    /// The role of the column that the number at `span` stands in.
    pub fn role(&self, text: &str, span: &Range<usize>) -> Option<Role> {
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

/// A row with cells of few words, one or more of them a label.
fn row(line: &str, end: usize, labels: &Labels) -> Option<Row> {
    let delimiter = DELIMITERS.into_iter().find(|d| memchr(*d, line.as_bytes()).is_some())?;
    // A row of values has numbers in it.
    if line.bytes().filter(u8::is_ascii_digit).count() > MAX_DIGITS {
        return None;
    }
    let mut roles = Vec::new();
    let mut cells = 0_usize;
    for cell in line.split(char::from(delimiter)).take(MAX_COLUMNS) {
        let folded = fold(cell);
        if folded.split(' ').filter(|w| !w.is_empty()).count() > MAX_WORDS {
            return None;
        }
        if let Some(hit) = labels.hits(&folded).max_by_key(|h| (h.end.saturating_sub(h.start), h.end)) {
            roles.push((cells, hit.role));
        }
        cells = cells.saturating_add(1);
    }
    (!roles.is_empty()).then_some(Row { end, delimiter, cells, roles })
}
