//! A sheet of a workbook (ECMA-376 part 1, section 18.3): a piece a cell, the cells of a row on one line.
//!
//! What is said of cells (links, rules, help, filters,
//! headers) follows them. Hidden rows and columns are read like all others.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::extract::{Cell, clipped, joined};
use super::ooxml::Relationship;
use super::workbook::{Workbook, unescaped};
use super::xml::{self, Element, Node};
use super::{Extract, Limits, Piece};
use crate::inspect::Reason;

/// Columns of a sheet (ECMA-376 part 1, section 18.3.1.73); what lies beyond is named by the last one.
const MAX_COLUMN: usize = 16_384;

/// Digits from which on a number in a formula is read; rows have fewer.
const LONG: usize = 8;

/// Reads a sheet, or what a workbook remembers of a sheet of another. `links` are what its part points to.
pub(super) fn read(
    name: &str,
    bytes: &[u8],
    book: &mut Workbook,
    links: &mut [Relationship],
    limits: &mut Limits,
    out: &mut Extract,
) {
    let first = out.pieces.len();
    let outside = links.iter().enumerate().filter(|(_, link)| link.external && !link.id.is_empty());
    let by_id = outside.map(|(number, link)| (link.id.clone(), number)).collect();
    let mut sheet = Sheet {
        name,
        book,
        links,
        by_id,
        in_row: false,
        beside: Vec::new(),
        row: 0,
        column: 0,
        cell: String::new(),
        kind: Kind::Number,
        style: None,
        in_cell: false,
        value: String::new(),
        formula: String::new(),
        text: None,
        spoken: false,
        displayed: Vec::new(),
    };
    let mut left = Limits { ..*limits };
    xml::read(bytes, limits, out, &mut |node, out| match node {
        Node::Start(element) => sheet.start(element, out),
        Node::Text(text) => match sheet.text {
            Some(Text::Formula) => sheet.formula.push_str(&text),
            Some(_) if sheet.spoken => {
                let place = sheet.place(Some(&sheet.cell), "phonetic guide");
                sheet.beside.push(Piece { place: Some(place), text: text.into_owned() });
            }
            Some(_) => sheet.value.push_str(&text),
            None => {}
        },
        Node::End(name) => sheet.end(name, &mut left, out),
    });
    sheet.end_row(out);
    limits.bytes = left.bytes;
    let displayed = std::mem::take(&mut sheet.displayed);
    if !displayed.is_empty() {
        let cells: HashSet<String> = out.pieces.iter().skip(first).map(|p| p.text.trim().to_owned()).collect();
        for (place, text) in displayed {
            if !cells.contains(text.trim()) {
                out.add_link(Some(&place), &text);
            }
        }
    }
}

struct Sheet<'b> {
    name: &'b str,
    book: &'b mut Workbook,
    links: &'b mut [Relationship],
    /// Those that lead outside, of which a sheet may have 65,530.
    by_id: HashMap<String, usize>,
    /// The current row has a cell already.
    in_row: bool,
    /// What stands beside its cells.
    beside: Vec<Piece>,
    row: usize,
    column: usize,
    /// `B2`
    cell: String,
    kind: Kind,
    style: Option<usize>,
    in_cell: bool,
    value: String,
    formula: String,
    text: Option<Text>,
    /// Inside a phonetic guide.
    spoken: bool,
    /// What links show, with their place.
    displayed: Vec<(String, String)>,
}

/// What the text of an element is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Text {
    Value,
    Formula,
    Edge,
    Other,
}

/// Type of a cell (section 18.18.11).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Shared,
    String,
    Other,
}

impl Sheet<'_> {
    fn start(&mut self, element: &Element<'_>, out: &mut Extract) {
        match element.name() {
            // Those of other workbooks, as they were last seen, are a `cell`.
            "c" | "cell" => self.start_cell(element),
            // Around the text of nearly every other cell.
            "is" => {}
            "row" => {
                let row = element.attribute("r").and_then(|row| row.parse().ok());
                (self.row, self.column) = (row.unwrap_or(self.row.saturating_add(1)), 0);
            }
            "v" | "t" => self.text = Some(Text::Value),
            "rPh" => self.spoken = true,
            "f" if self.in_cell => self.text = Some(Text::Formula),
            "oddHeader" | "evenHeader" | "firstHeader" | "oddFooter" | "evenFooter" | "firstFooter" => {
                self.value.clear();
                self.text = Some(Text::Edge);
            }
            "f" | "formula" | "formula1" | "formula2" => {
                self.value.clear();
                self.text = Some(Text::Other);
            }
            "hyperlink" => self.hyperlink(element, out),
            "dataValidation" => {
                let place = self.place(element.attribute("sqref").as_deref(), "input help");
                for name in ["promptTitle", "prompt", "errorTitle", "error"] {
                    out.add(Some(&place), unescaped(&element.attribute(name).unwrap_or_default()));
                }
            }
            "filter" | "customFilter" => self.said(element, "val", "filter", out),
            "cfRule" => self.said(element, "text", "rule", out),
            "protectedRange" => self.said(element, "name", "range", out),
            "scenario" => {
                self.said(element, "name", "scenario", out);
                self.said(element, "comment", "scenario", out);
            }
            // Names of sheets in other workbooks.
            "sheetName" => self.said(element, "val", "name", out),
            "inputCells" => self.said(element, "val", "scenario", out),
            _ => {}
        }
    }

    fn start_cell(&mut self, element: &Element<'_>) {
        self.in_cell = true;
        self.value.clear();
        self.formula.clear();
        self.cell.clear();
        (self.kind, self.style) = (Kind::Number, None);
        element.each_plain(|name, value| match name {
            "r" => self.cell.push_str(value),
            "s" => self.style = value.parse().ok(),
            "t" => {
                self.kind = match value {
                    "s" => Kind::Shared,
                    "str" | "inlineStr" => Kind::String,
                    "n" => Kind::Number,
                    _ => Kind::Other,
                }
            }
            _ => {}
        });
        if self.cell.is_empty() {
            self.column = self.column.saturating_add(1);
            self.cell = format!("{}{}", column_name(self.column), self.row);
        } else {
            self.column = column_number(&self.cell);
        }
    }

    /// `Sheet1!B2 input help`
    fn place(&self, cells: Option<&str>, what: &str) -> String {
        match cells {
            // Rules may be for thousands of ranges.
            Some(cells) => format!("{}!{} {what}", self.name, clipped(cells)),
            None => format!("{} {what}", self.name),
        }
    }

    /// Adds an attribute that may hold what stands in cells.
    fn said(&self, element: &Element<'_>, attribute: &str, what: &str, out: &mut Extract) {
        if let Some(value) = element.attribute(attribute) {
            out.add(Some(&joined(Some(self.name), what)), unescaped(&value));
        }
    }

    fn hyperlink(&mut self, element: &Element<'_>, out: &mut Extract) {
        let value = |name| element.attribute(name).unwrap_or_default();
        let place = format!("{}!{}", self.name, value("ref"));
        out.add_link(Some(&place), &value("tooltip"));
        out.add_link(Some(&place), &value("location"));
        let link = self.by_id.get(value("id").as_ref()).and_then(|number| self.links.get_mut(*number));
        if let Some(link) = link {
            out.add_link(Some(&place), &link.target);
            link.read = true;
        }
        let display = value("display");
        if !display.trim().is_empty() {
            self.displayed.push((place, display.into_owned()));
        }
    }

    fn end(&mut self, name: &str, limits: &mut Limits, out: &mut Extract) {
        match name {
            "v" | "t" => self.text = None,
            "f" if self.in_cell => self.text = None,
            "rPh" => self.spoken = false,
            "c" | "cell" => self.end_cell(limits, out),
            "row" => self.end_row(out),
            _ if self.text == Some(Text::Edge) => {
                let edge = if name.ends_with("Footer") { "footer" } else { "header" };
                out.add(Some(&joined(Some(self.name), edge)), edge_text(&std::mem::take(&mut self.value)));
                self.text = None;
            }
            _ if self.text == Some(Text::Other) => {
                out.add(Some(&joined(Some(self.name), "rule")), std::mem::take(&mut self.value));
                self.text = None;
            }
            _ => {}
        }
    }

    fn end_cell(&mut self, limits: &mut Limits, out: &mut Extract) {
        self.in_cell = false;
        let made;
        let text = match self.kind {
            // A cell without a value shows nothing, whatever kind it says that it is of.
            Kind::Shared if self.value.trim().is_empty() => "",
            Kind::Shared => {
                let number = self.value.trim().parse::<usize>().unwrap_or(usize::MAX);
                self.book.note_use(number);
                match self.book.string(number) {
                    // One string may stand in a million cells.
                    Some(string) if limits.take_bytes(string.len()) => string,
                    Some(_) => return out.note(Reason::OverLimit),
                    // A string that is not there.
                    None => return out.note(Reason::Malformed),
                }
            }
            Kind::String => {
                made = unescaped(&self.value);
                &made
            }
            Kind::Number if !self.value.is_empty() => {
                made = Cow::Owned(self.book.shown(self.style, &self.value));
                &made
            }
            Kind::Number | Kind::Other => &self.value,
        };
        if !self.formula.is_empty() {
            let constants = constants(&self.formula, text);
            if !constants.is_empty() {
                let place = self.place(Some(&self.cell), "formula");
                self.beside.push(Piece { place: Some(place), text: constants });
            }
        }
        if !text.trim().is_empty() {
            out.add_cell(!self.in_row, Cell { sheet: self.name, name: &self.cell }, text);
            self.in_row = true;
        }
    }

    fn end_row(&mut self, out: &mut Extract) {
        self.in_row = false;
        out.pieces.append(&mut self.beside);
    }
}

/// What a formula says of its own and its cell does not show: texts, and numbers that may be a person's; a line each.
pub(super) fn constants(formula: &str, shown: &str) -> String {
    let parts = formula.split('"').enumerate().flat_map(|(at, part)| {
        let is_text = at % 2 == 1;
        let text = is_text.then_some(part);
        let code = if is_text { "" } else { part };
        let numbers = code.split(|c: char| !c.is_ascii_alphanumeric());
        let numbers = numbers.filter(|word| word.len() >= LONG && word.bytes().all(|b| b.is_ascii_digit()));
        text.into_iter().chain(numbers)
    });
    Vec::from_iter(parts.filter(|part| !shown.contains(part))).join("\n")
}

/// `AB` for 28.
pub(super) fn column_name(number: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = number.clamp(1, MAX_COLUMN);
    while rest > 0 {
        rest = rest.saturating_sub(1);
        letters.push(u8::try_from(rest % 26).map_or('A', |letter| char::from(b'A'.saturating_add(letter))));
        rest /= 26;
    }
    letters.into_iter().rev().collect()
}

/// 28 for `AB2`.
fn column_number(cell: &str) -> usize {
    let letters = cell.bytes().take_while(u8::is_ascii_alphabetic);
    letters.fold(0_usize, |number, letter| {
        let value = usize::from(letter.to_ascii_uppercase().saturating_sub(b'A')).saturating_add(1);
        number.saturating_mul(26).saturating_add(value).min(MAX_COLUMN)
    })
}

/// A header or footer without its codes (ECMA-376 part 1, section 18.3.1.46): sections on lines of their own.
pub(super) fn edge_text(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if c != '&' {
            out.push(c);
            continue;
        }
        match rest.next() {
            Some('&') => out.push('&'),
            Some('L' | 'C' | 'R') => out.push('\n'),
            Some('"') => drop(rest.by_ref().find(|c| *c == '"')),
            Some('K') => drop(rest.by_ref().take(6).count()),
            // A size of up to three digits; text that begins with one has a space before it.
            Some(c) if c.is_ascii_digit() => {
                for _ in 0..2 {
                    rest.next_if(char::is_ascii_digit);
                }
            }
            _ => {}
        }
    }
    out.trim().to_owned()
}
