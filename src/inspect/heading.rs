//! Tables with the heading of its column before every cell.
//!
//! A number two hundred rows below `fnr` is labelled by it for the person who opens the file, so a second
//! reading says it in every row. What a table's reader has to give are cells and where they stand.

use std::collections::HashMap;

use crate::text::{Normal, Places, normalise, normalise_onto};

/// Characters of a heading that are repeated.
const MAX_HEADING: usize = 40;
/// Digits of a heading; rows with more are no headings.
const MAX_DIGITS: usize = 4;
/// Cells of sheets that are labelled; the rest is read as it stands only.
const MAX_CELLS: usize = 500_000;

/// What may be said before a cell, as matched; None when a row that holds it is no row of headings.
pub(super) fn heading(cell: &str) -> Option<String> {
    let digits = cell.chars().filter(char::is_ascii_digit).count();
    let said: String = cell.trim().chars().take(MAX_HEADING).collect();
    (digits <= MAX_DIGITS).then(|| normalise(&said, 0, &[]).text)
}

/// Adds a cell that stands at `at` of the text, after its heading, which stands nowhere in the text: what
/// begins in it is said to begin where the cell does.
pub(super) fn add_cell(normal: &mut Normal, heading: &str, content: &str, at: usize) {
    normal.map.push((normal.text.len(), at));
    normal.text.push_str(heading);
    normal.text.push(' ');
    normalise_onto(normal, content, at);
    normal.text.push_str("; ");
}

/// Whether a text has cells of a workbook in it.
pub(super) fn has_cells(places: impl IntoIterator<Item = Option<impl AsRef<str>>>) -> bool {
    places.into_iter().flatten().any(|place| cell(place.as_ref()).is_some())
}

/// The cells of a workbook's text, which begins at `base`, under the headings of their sheets: the first row of
/// each that holds words only.
pub(super) fn sheets(text: &str, base: usize, places: &Places) -> Normal {
    let mut normal = Normal::default();
    let mut sheet = "";
    let mut headings: HashMap<&str, String> = HashMap::new();
    let (mut first, mut last) = ("", "");
    let end = base.saturating_add(text.len());
    for (place, span) in places.stretches(end).take(MAX_CELLS) {
        let Some((name, column, row)) = place.and_then(cell) else { continue };
        let within = span.start.saturating_sub(base)..span.end.saturating_sub(base);
        let content = text.get(within).unwrap_or_default().trim_end_matches(['\t', '\n']);
        if name != sheet {
            (sheet, first) = (name, row);
            headings.clear();
        }
        if row == first {
            let said = heading(content).map(|said| headings.insert(column, said));
            if said.is_none() {
                // No headings here; those below may be some.
                headings.clear();
                first = "";
            }
            continue;
        }
        if first.is_empty() {
            first = row;
            headings.extend(heading(content).map(|said| (column, said)));
            continue;
        }
        if let Some(heading) = headings.get(column).filter(|_| !content.trim().is_empty()) {
            if row != last && !normal.text.is_empty() {
                normal.text.push('\n');
            }
            last = row;
            add_cell(&mut normal, heading, content, span.start);
        }
    }
    normal
}

/// `Sheet1!B2` as sheet, column and row.
fn cell(place: &str) -> Option<(&str, &str, &str)> {
    let (sheet, cell) = place.rsplit_once('!')?;
    let letters = cell.bytes().take_while(u8::is_ascii_uppercase).count();
    let (column, row) = cell.split_at_checked(letters)?;
    (!column.is_empty() && !row.is_empty() && row.bytes().all(|b| b.is_ascii_digit())).then_some((sheet, column, row))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
mod tests {
    use super::*;

    /// With each cell on what may be a line of its own, as it is printed.
    fn read(cells: &[(&str, &str)]) -> Option<Normal> {
        let (mut text, mut places) = ("Ark1\n".to_owned(), Places::default());
        let base = text.len();
        for (place, content) in cells {
            places.begin(text.len(), Some(place));
            text.push_str(content);
            text.push('\t');
        }
        let normal = sheets(&text[base..], base, &places);
        (!normal.text.is_empty()).then_some(normal)
    }

    fn words(cells: &[(&str, &str)]) -> Option<String> {
        read(cells).map(|normal| normal.text)
    }

    #[test]
    fn every_cell_stands_under_the_heading_of_its_column() {
        let people = [
            ("Ark1!A1", "navn"),
            ("Ark1!B1", "fnr"),
            ("Ark1!A2", "Kari"),
            ("Ark1!B2", "01819012365"),
            ("Ark1!B3", "02819012345"),
            ("Ark1!C3", "uten"),
            ("Ark2!B1", "konto"),
            ("Ark2!B2", "12345678903"),
        ];
        let expected = "navn Kari; fnr 01819012365; \nfnr 02819012345; \nkonto 12345678903; ";
        assert_eq!(words(&people).as_deref(), Some(expected));
    }

    #[test]
    fn a_row_of_numbers_is_no_heading() {
        assert_eq!(words(&[("Ark1!A1", "01819012365"), ("Ark1!A2", "02819012345")]), None);
        let below = [("Ark1!A1", "12345678"), ("Ark1!A2", "fnr"), ("Ark1!A3", "01819012365")];
        assert_eq!(words(&below).as_deref(), Some("fnr 01819012365; "));
        assert_eq!(words(&[("side 1", "fnr"), ("Ark1!B comment", "x"), ("Ark1!2", "y")]), None);
    }
}
