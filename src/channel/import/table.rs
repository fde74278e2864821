//! A table as text (CSV with any usual separator) to rows of cells.

use csv::{ReaderBuilder, StringRecord};

use super::cell::{Cell, Cells};
use super::refusal::{Reason, Why};
use super::words::{self, Column};

/// Separators of cells, the Nordic one first: on a tie of recognised columns the first is taken.
const SEPARATORS: [u8; 4] = [b';', b',', b'\t', b'|'];
/// Lines that one row may span; names with a line end in them have two or three.
const MAX_ROW_LINES: usize = 16;

/// Rows by line, or why a row was passed over.
pub(super) type Rows = Vec<(usize, Result<Cells, Reason>)>;

/// The separator, the columns that are there, the rows.
pub(super) struct Table {
    pub separator: char,
    pub columns: Vec<Column>,
    pub rows: Rows,
}

pub(super) fn read(text: &str) -> Result<Table, Why> {
    let (body, skipped_lines) = without_preamble(text);
    let mut best: Option<(u8, Vec<Option<Column>>, usize)> = None;
    for separator in SEPARATORS {
        let columns: Vec<Option<Column>> = first_row(body, separator).iter().map(words::column).collect();
        let known = columns.iter().flatten().count();
        if known > best.as_ref().map_or(0, |(_, _, most)| *most) {
            best = Some((separator, columns, known));
        }
    }
    let Some((separator, columns, _)) = best else { return Err(Why::Unrecognised) };
    let mut rows = Rows::new();
    let mut reader = reader(body, separator);
    let mut record = StringRecord::new();
    let (mut line, mut counted) = (skipped_lines.saturating_add(1), 0usize);
    let mut header = true;
    // The text is UTF-8 and rows may have any length, so that reading cannot fail; were it to, the rest is missing.
    while matches!(reader.read_record(&mut record), Ok(true)) {
        // The reader's own count of lines begins before the empty ones that it passes over.
        let from = offset(record.position().map_or(0, csv::Position::byte));
        let empty = body.as_bytes().get(from..).unwrap_or_default().iter().take_while(|b| b"\r\n".contains(b)).count();
        let (from, to) = (from.saturating_add(empty), offset(reader.position().byte()));
        line = line.saturating_add(lines(body, counted, from));
        counted = from;
        if std::mem::take(&mut header) || record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let open = lines(body, from, to) > MAX_ROW_LINES;
        rows.push((line, if open { Err(Reason::OpenQuote) } else { cells(&record, &columns) }));
    }
    Ok(Table { separator: char::from(separator), columns: columns.into_iter().flatten().collect(), rows })
}

fn offset(byte: u64) -> usize {
    usize::try_from(byte).unwrap_or(usize::MAX)
}

/// Ends of lines between two places.
fn lines(text: &str, from: usize, to: usize) -> usize {
    memchr::memchr_iter(b'\n', text.as_bytes().get(from..to).unwrap_or_default()).count()
}

fn cells(record: &StringRecord, columns: &[Option<Column>]) -> Result<Cells, Reason> {
    if record.iter().skip(columns.len()).any(|cell| !cell.trim().is_empty()) {
        return Err(Reason::Long);
    }
    let mut cells = Cells::default();
    for (number, column) in columns.iter().enumerate() {
        let Some(column) = column else { continue };
        // Spreadsheets leave out empty cells at the end.
        let Some(cell) = record.get(number) else { return Err(Reason::Short) };
        cells.add(*column, Cell::Text(cell.trim().to_owned()));
    }
    Ok(cells)
}

/// What stands before the headings: Excel's `sep=;`, PowerShell's `#TYPE …`, empty lines. Gives the number of lines.
fn without_preamble(text: &str) -> (&str, usize) {
    let mut rest = text.trim_start_matches('\u{feff}');
    let mut lines = 0usize;
    loop {
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        let plain = line.trim().trim_matches('"').to_ascii_lowercase();
        if after.is_empty() || !(plain.is_empty() || plain.starts_with("sep=") || plain.starts_with("#type")) {
            return (rest, lines);
        }
        rest = after;
        lines = lines.saturating_add(1);
    }
}

fn first_row(text: &str, separator: u8) -> StringRecord {
    let mut record = StringRecord::new();
    match reader(text, separator).read_record(&mut record) {
        Ok(true) => record,
        _ => StringRecord::new(),
    }
}

fn reader(text: &str, separator: u8) -> csv::Reader<&[u8]> {
    ReaderBuilder::new().delimiter(separator).has_headers(false).flexible(true).from_reader(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_the_lines_of_the_file() {
        let text = "sep=;\r\nUserPrincipalName;Name;IsMfaCapable\r\n\r\na@x.example;\"Nan\r\n\"\"Ann\"\"\";Sann\r\n;;\r\nb@x.example;B;Usann\r\nc@x.example;C\r\nd@x.example;D;Ja;x\r\n";
        let table = read(text).unwrap();
        assert_eq!((table.separator, table.columns), (';', vec![Column::User, Column::Capable]));
        let rows: Vec<_> = table.rows.iter().map(|(line, row)| (*line, row.as_ref().err().copied())).collect();
        assert_eq!(rows, [(4, None), (7, None), (8, Some(Reason::Short)), (9, Some(Reason::Long))]);
    }

    #[test]
    fn the_separator_is_the_one_that_gives_headings() {
        for (text, separator) in [
            ("upn,mail\na,b", ','),
            ("upn;mail\na;b", ';'),
            ("upn\tmail\na\tb", '\t'),
            ("upn|mail\na|b", '|'),
            ("\"upn\";\"mail, work\"\na;b", ';'),
            ("#TYPE System.Object\n\"upn\",\"mail\"\n\"a\",\"b\"", ','),
        ] {
            assert_eq!(read(text).unwrap().separator, separator, "{text}");
        }
        assert!(matches!(read("name;place\na;b"), Err(Why::Unrecognised)));
    }

    #[test]
    fn a_quote_that_is_not_closed_is_told() {
        let text = format!("upn;mail\n\"a;b\n{}", "x@x.example;y\n".repeat(40));
        let table = read(&text).unwrap();
        assert_eq!(table.rows.len(), 1);
        assert_eq!(table.rows[0].1.as_ref().err(), Some(&Reason::OpenQuote));
    }
}
