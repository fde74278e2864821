//! Tables with the heading of its column before every cell.
//!
//! A number two hundred rows below `fnr` is labelled by it for the person who opens the file, so a second
//! reading says it in every row. What a table's reader has to give are cells and where they stand.

use std::collections::HashMap;
use std::ops::Range;

use super::documents::Piece;
use crate::text::{Normal, normalise};

/// Characters of a heading that are repeated.
const MAX_HEADING: usize = 40;
/// Digits of a heading; rows with more are no headings.
const MAX_DIGITS: usize = 4;
/// Cells of sheets that are labelled; the rest is read as it stands only.
const MAX_CELLS: usize = 500_000;

/// What may be said before a cell; None when a row that holds it is no row of headings.
pub(super) fn heading(cell: &str) -> Option<String> {
    let digits = cell.chars().filter(char::is_ascii_digit).count();
    (digits <= MAX_DIGITS).then(|| cell.trim().chars().take(MAX_HEADING).collect())
}

/// Adds a cell that stands at `at` of the text, after its heading.
pub(super) fn add_cell(normal: &mut Normal, heading: &str, content: &str, at: usize) {
    add_words(normal, heading, at);
    let Normal { text, map } = normalise(content, at, &[]);
    let shift = normal.text.len();
    normal.map.extend(map.into_iter().map(|(n, t)| (n.saturating_add(shift), t)));
    normal.text.push_str(&text);
    add_words(normal, ";", at);
}

/// Adds words that stand nowhere in the text; each of their bytes maps to `at`.
fn add_words(normal: &mut Normal, words: &str, at: usize) {
    let words = normalise(words, 0, &[]).text;
    let start = normal.text.len();
    normal.text.push_str(&words);
    normal.text.push(' ');
    normal.map.extend((start..normal.text.len()).map(|n| (n, at)));
}

/// The cells of a workbook under the headings of their sheets: the first row of each that holds words only.
/// None when there is none.
pub(super) fn sheets(pieces: &[Piece], spans: &[Range<usize>]) -> Option<Normal> {
    let mut normal = Normal::default();
    let mut sheet = "";
    let mut headings: HashMap<&str, String> = HashMap::new();
    let (mut first, mut last) = ("", "");
    for (piece, span) in pieces.iter().zip(spans).take(MAX_CELLS) {
        let Some((name, column, row)) = piece.place.as_deref().and_then(cell) else { continue };
        if name != sheet {
            (sheet, first) = (name, row);
            headings.clear();
        }
        if row == first {
            let said = heading(&piece.text).map(|said| headings.insert(column, said));
            if said.is_none() {
                // No headings here; those below may be some.
                headings.clear();
                first = "";
            }
            continue;
        }
        if first.is_empty() {
            first = row;
            headings.extend(heading(&piece.text).map(|said| (column, said)));
            continue;
        }
        if let Some(heading) = headings.get(column).filter(|_| !piece.text.trim().is_empty()) {
            if row != last && !normal.text.is_empty() {
                normal.text.push('\n');
            }
            last = row;
            add_cell(&mut normal, heading, piece.text.trim_end_matches('\t'), span.start);
        }
    }
    (!normal.text.is_empty()).then_some(normal)
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

    fn read(cells: &[(&str, &str)]) -> Option<String> {
        let pieces: Vec<Piece> = cells
            .iter()
            .map(|(place, text)| Piece { place: Some((*place).to_owned()), text: format!("{text}\t") })
            .collect();
        let mut at = 0;
        let spans: Vec<_> = pieces
            .iter()
            .map(|piece| {
                at += piece.text.len();
                at - piece.text.len()..at
            })
            .collect();
        sheets(&pieces, &spans).map(|normal| normal.text)
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
        assert_eq!(read(&people).as_deref(), Some(expected));
    }

    #[test]
    fn a_row_of_numbers_is_no_heading() {
        assert_eq!(read(&[("Ark1!A1", "01819012365"), ("Ark1!A2", "02819012345")]), None);
        let below = [("Ark1!A1", "12345678"), ("Ark1!A2", "fnr"), ("Ark1!A3", "01819012365")];
        assert_eq!(read(&below).as_deref(), Some("fnr 01819012365; "));
        assert_eq!(read(&[("side 1", "fnr"), ("Ark1!B comment", "x"), ("Ark1!2", "y")]), None);
    }
}
