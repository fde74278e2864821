//! Comma-, semicolon- and tab-separated tables.
//!
//! The text is printed as it is. A second reading puts the heading of its column before every cell.

use std::ops::Range;

use super::plain::inside;
use super::{Aside, Content, Format};
use crate::inspect::charset;
use crate::inspect::heading::{add_cell, heading};
use crate::inspect::page::{Page, unix_lines};
use crate::text::Normal;

/// Columns and rows that are labelled; the rest is read as plain text only.
const MAX_COLUMNS: usize = 200;
const MAX_ROWS: usize = 100_000;

pub(super) struct Csv;

impl Format for Csv {
    fn fits(&self, content: &Content<'_>) -> bool {
        let types = ["text/csv", "application/csv", "text/comma-separated-values", "text/tab-separated-values"];
        content.is(&types, &["csv", "tsv", "tab"])
    }

    fn read(&self, content: &Content<'_>, page: &mut Page) -> Aside {
        let text = charset::decode(content.bytes, content.charset);
        let text = unix_lines(&text);
        let span = page.add(&text);
        if let Some(normal) = labelled(&text, span.start) {
            page.read_made(span, normal);
        }
        inside(content.bytes)
    }
}

/// The table with its headings repeated; None when the first row is no row of headings.
fn labelled(text: &str, base: usize) -> Option<Normal> {
    let mut rows = text.split_inclusive('\n').scan(0_usize, |at, row| {
        let start = *at;
        *at = at.saturating_add(row.len());
        Some((start, row.trim_end_matches('\n')))
    });
    let (_, first) = rows.next()?;
    let separator = [';', '\t', ',', '|'].into_iter().find(|separator| first.contains(*separator))?;
    let headings = cells(first, separator).map(|cell| heading(first.get(cell).unwrap_or_default()));
    let headings: Vec<String> = headings.take(MAX_COLUMNS).collect::<Option<_>>()?;
    let mut normal = Normal::default();
    for (start, row) in rows.take(MAX_ROWS) {
        for (cell, heading) in cells(row, separator).zip(&headings) {
            let at = start.saturating_add(cell.start);
            add_cell(&mut normal, heading, row.get(cell).unwrap_or_default(), base.saturating_add(at));
        }
        normal.text.push('\n');
    }
    (!normal.text.is_empty()).then_some(normal)
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
