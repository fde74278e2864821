//! Comma-, semicolon- and tab-separated tables.
//!
//! The text is printed as it is. A second reading puts the heading of its column before every cell.

use std::ops::Range;
use std::sync::Arc;

use super::plain::inside;
use super::{Aside, Content, Format};
use crate::inspect::charset;
use crate::inspect::heading::{add_cell, heading};
use crate::inspect::page::{Page, unix_lines};
use crate::text::Normal;

/// Columns and rows that are labelled; the rest is read as plain text only.
const MAX_COLUMNS: usize = 200;
const MAX_ROWS: usize = 100_000;
/// What stands between cells, the surest first; all are one byte.
const SEPARATORS: [char; 4] = [';', '\t', '|', ','];
/// Rows at the start that show whether a text is a table.
const SAMPLE_ROWS: usize = 3;

pub(super) struct Csv;

impl Format for Csv {
    fn fits(&self, content: &Content<'_>) -> bool {
        let types = ["text/csv", "application/csv", "text/comma-separated-values", "text/tab-separated-values"];
        content.is(&types, &["csv", "tsv", "tab"]) || (content.file && is_table(content.bytes))
    }

    fn read(&self, content: &Content<'_>, page: &mut Page) -> Aside {
        let text = charset::decode(content.bytes, content.charset);
        let text = unix_lines(&text);
        let span = page.add(&text);
        if let Some(headings) = Headings::of(&text) {
            page.read_made(span, Arc::new(move |text, base, _| headings.repeated(text, base)));
        }
        inside(content.bytes)
    }
}

/// Whether the first rows have the same number of separators; commas and bars stand in prose as well, so one of
/// them in a row does not make a table.
fn is_table(bytes: &[u8]) -> bool {
    SEPARATORS.iter().any(|separator| {
        let rows = bytes.split(|&b| b == b'\n').take(SAMPLE_ROWS);
        let counts: Vec<usize> = rows.map(|row| memchr::memchr_iter(*separator as u8, row).count()).collect();
        let least = if matches!(separator, ';' | '\t') { 1 } else { 2 };
        counts.len() == SAMPLE_ROWS && counts.iter().all(|n| n == counts.first().unwrap_or(&0) && *n >= least)
    })
}

/// The first row of a table.
struct Headings {
    separator: char,
    said: Vec<String>,
}

impl Headings {
    /// None when the first row is no row of headings, or the only one.
    fn of(text: &str) -> Option<Headings> {
        let (first, _) = text.split_once('\n').filter(|(_, rest)| !rest.is_empty())?;
        let separator = SEPARATORS.into_iter().find(|separator| first.contains(*separator))?;
        let said = cells(first, separator).map(|cell| heading(first.get(cell).unwrap_or_default()));
        Some(Headings { separator, said: said.take(MAX_COLUMNS).collect::<Option<_>>()? })
    }

    /// The table, whose text begins at `base`, with a heading before each cell.
    fn repeated(&self, text: &str, base: usize) -> Normal {
        let mut normal = Normal::default();
        let mut start = base;
        for (number, row) in text.split_inclusive('\n').take(MAX_ROWS.saturating_add(1)).enumerate() {
            if number > 0 {
                for (cell, heading) in cells(row.trim_end_matches('\n'), self.separator).zip(&self.said) {
                    let at = start.saturating_add(cell.start);
                    add_cell(&mut normal, heading, row.get(cell).unwrap_or_default(), at);
                }
                normal.text.push('\n');
            }
            start = start.saturating_add(row.len());
        }
        normal
    }
}

/// The cells of a row, quotes and Excel's `="…"` left out.
fn cells(row: &str, separator: char) -> impl Iterator<Item = Range<usize>> {
    let mut at = Some(0_usize);
    std::iter::from_fn(move || {
        let start = at?;
        let rest = row.get(start..)?;
        let mut quoted = false;
        let end = rest
            .char_indices()
            .find(|(_, c)| {
                quoted ^= *c == '"';
                *c == separator && !quoted
            })
            .map(|(offset, _)| start.saturating_add(offset));
        at = end.map(|end| end.saturating_add(separator.len_utf8()));
        let cell = row.get(start..end.unwrap_or(row.len()))?;
        let outer = |c: char| matches!(c, '"' | '=' | '\'' | ' ');
        let lead = cell.len().saturating_sub(cell.trim_start_matches(outer).len());
        let content = cell.trim_matches(outer);
        let start = start.saturating_add(lead);
        Some(start..start.saturating_add(content.len()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_known_by_its_rows() {
        for (text, table) in [
            ("navn;fnr\nKari;01819012365\nOla;02819012345\n", true),
            ("navn\tfnr\r\nKari\t1\r\nOla\t2\r\n", true),
            ("a,b,c\n1,2,3\n4,5,6\n", true),
            ("Hei, du.\nJo, takk.\nFint, da.\n", false),
            ("navn;fnr\nKari;1\nOla;2;3\n", false),
            ("navn;fnr\n", false),
            ("", false),
        ] {
            assert_eq!(is_table(text.as_bytes()), table, "{text}");
        }
    }
}
