//! Where the cells of an OpenDocument spreadsheet stand (OpenDocument 1.3 part 3, section 9).
//!
//! A cell or row that is repeated is one cell with a place that says so, `Sheet1!B2:C9`: nothing is
//! written out a million times.

use super::extract::{Cell, clipped};
use super::number::Format;
use super::sheet::{column_name, constants};
use super::xml::Element;
use super::{Extract, Piece};

/// Digits of a number from which on it is given beside what its cell shows.
const LONG: usize = 6;

#[derive(Default)]
pub(super) struct Cells {
    sheet: String,
    tables: usize,
    row: usize,
    rows: usize,
    column: usize,
    /// The row has a cell already.
    begun: bool,
    /// Of cells inside each other, the outermost is read as one.
    depth: usize,
    name: String,
    value: String,
    formula: String,
    beside: Vec<Piece>,
}

impl Cells {
    pub fn start_table(&mut self, element: &Element<'_>, hidden: bool) {
        if self.tables == 0 {
            self.sheet = clipped(&element.attribute("name").unwrap_or_default());
            if hidden {
                self.sheet.push_str(" (hidden)");
            }
            (self.row, self.rows) = (0, 1);
        }
        self.tables = self.tables.saturating_add(1);
    }

    pub fn end_table(&mut self) {
        self.tables = self.tables.saturating_sub(1);
    }

    /// The sheet that is being read.
    pub fn sheet(&self) -> Option<&str> {
        (self.tables > 0).then_some(self.sheet.as_str())
    }

    pub fn start_row(&mut self, element: &Element<'_>) {
        if self.tables == 1 {
            self.row = self.row.saturating_add(self.rows);
            self.rows = repeated(element, "number-rows-repeated");
            (self.column, self.begun) = (0, false);
        }
    }

    pub fn end_row(&mut self, out: &mut Extract) {
        if self.tables <= 1 {
            out.pieces.append(&mut self.beside);
        }
    }

    /// The place of the cell that begins; None inside another cell.
    pub fn start_cell(&mut self, element: &Element<'_>) -> Option<String> {
        self.depth = self.depth.saturating_add(1);
        if self.depth > 1 || self.tables == 0 {
            return None;
        }
        let (first, row) = (self.column.saturating_add(1), self.row.max(1));
        self.column = self.column.saturating_add(repeated(element, "number-columns-repeated"));
        let last_row = row.saturating_add(self.rows.saturating_sub(1));
        self.name = format!("{}{row}", column_name(first));
        if self.column > first || last_row > row {
            self.name.push_str(&format!(":{}{last_row}", column_name(self.column)));
        }
        self.value.clear();
        self.formula.clear();
        element.each(|name, value| match name {
            "value" | "string-value" | "date-value" | "time-value" => self.value.push_str(&value),
            "formula" => self.formula.push_str(&value),
            _ => {}
        });
        Some(Cell { sheet: &self.sheet, name: &self.name }.place())
    }

    /// Ends a cell that shows `text`; what was added from `from` on stands beside it. True when it was
    /// a cell of the sheet, not one inside another.
    pub fn end_cell(&mut self, text: &str, from: usize, out: &mut Extract) {
        let beside = out.pieces.split_off(from.min(out.pieces.len()));
        let shown = with_value(text.trim(), &self.value);
        let constants = constants(&self.formula, &shown);
        if !constants.is_empty() {
            let place = format!("{}!{} formula", self.sheet, self.name);
            self.beside.push(Piece { place: Some(place), text: constants });
        }
        if !shown.trim().is_empty() {
            out.add_cell(!self.begun, Cell { sheet: &self.sheet, name: &self.name }, &shown);
            self.begun = true;
        }
        self.beside.extend(beside);
    }

    /// Whether the cell that ends is one of the sheet.
    pub fn leave_cell(&mut self) -> bool {
        self.depth = self.depth.saturating_sub(1);
        self.depth == 0 && self.tables > 0
    }
}

/// What a cell shows, and its value where that is a long number that is shown in another way: rounded,
/// with points between thousands, without the zero it began with.
fn with_value(text: &str, value: &str) -> String {
    if text.is_empty() {
        return Format::Plain.show(value, false);
    }
    if text == value {
        return Format::Plain.show(value, false);
    }
    let long =
        value.len() >= LONG && value.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'E' | b'+' | b'-'));
    let plain = if long { Format::Plain.show(value, false) } else { String::new() };
    let whole = plain.len() >= LONG && plain.bytes().all(|b| b.is_ascii_digit() || b == b'\t');
    if whole && !text.contains(plain.split('\t').next_back().unwrap_or_default()) && !text.contains(value) {
        return format!("{text}\t{plain}");
    }
    text.to_owned()
}

fn repeated(element: &Element<'_>, name: &str) -> usize {
    element.attribute(name).and_then(|number| number.parse().ok()).filter(|number| *number > 0).unwrap_or(1)
}
