//! Excel workbooks (ECMA-376 part 1, section 18).
//!
//! A row is one piece, its cells with tabs between them, so that a name and a number of one row stand
//! together; its place names the cells: `Sheet1!B2`, or `Sheet1!A2:C2`. Hidden sheets, rows and columns
//! are read like all others. Comments, headers and boxes follow their sheet.

use std::collections::{HashMap, HashSet};

use super::extract::joined;
use super::number::Format;
use super::ooxml::Ooxml;
use super::xml::{self, Element, Node};
use super::{Extract, Limits};
use crate::inspect::Reason;

/// What all sheets share.
#[derive(Default)]
struct Workbook {
    strings: Vec<String>,
    used: Vec<bool>,
    /// By the number of a cell's style.
    formats: Vec<Format>,
    from_1904: bool,
}

/// Reads what a workbook has of its own.
pub(super) fn read(office: &mut Ooxml<'_, '_>, limits: &mut Limits, out: &mut Extract) {
    let mut book = Workbook::default();
    for number in office.numbers(|part| part.kind.ends_with("sharedstrings+xml")) {
        if let Some(bytes) = office.take(number, limits, out) {
            shared_strings(&bytes, &mut book.strings, limits, out);
        }
    }
    book.used = vec![false; book.strings.len()];
    for number in office.numbers(|part| part.kind.ends_with("spreadsheetml.styles+xml")) {
        if let Some(bytes) = office.take(number, limits, out) {
            book.formats = styles(&bytes, limits, out);
        }
    }
    let mut sheets = Vec::new();
    for number in office.numbers(|part| part.kind.contains("main") && part.kind.ends_with("xml")) {
        let name = office.parts.get(number).map(|part| part.name.clone()).unwrap_or_default();
        let Some(bytes) = office.take(number, limits, out) else { continue };
        let (named, from_1904) = workbook(&bytes, limits, out);
        book.from_1904 |= from_1904;
        for (sheet, id) in named {
            let target = office.relationships(&name).iter().find(|relationship| relationship.id == id);
            match target.and_then(|relationship| office.number(&relationship.target)) {
                Some(part) => sheets.push((sheet, part)),
                None => out.note(Reason::Malformed),
            }
        }
    }
    // Sheets that the workbook does not list.
    for part in office.numbers(|part| part.kind.ends_with("sheet+xml")) {
        if !sheets.iter().any(|(_, known)| *known == part) {
            let name = office.parts.get(part).map(|part| part.name.clone()).unwrap_or_default();
            sheets.push((name, part));
        }
    }
    let names: Vec<&str> = sheets.iter().map(|(name, _)| name.as_str()).collect();
    out.add(Some("sheet names"), names.join("\n"));
    for (sheet, number) in sheets {
        let name = office.parts.get(number).map(|part| part.name.clone()).unwrap_or_default();
        if let Some(bytes) = office.take(number, limits, out) {
            Sheet::read(&sheet, &bytes, &mut book, limits, out);
        }
        beside(office, &sheet, &name, limits, out);
    }
    let unused = book.strings.iter().zip(&book.used).filter(|(_, used)| !**used).map(|(text, _)| text.as_str());
    let unused: Vec<&str> = unused.collect();
    out.add(Some("strings of no cell"), unused.join("\n"));
}

/// Comments and drawings of a sheet.
fn beside(office: &mut Ooxml<'_, '_>, sheet: &str, name: &str, limits: &mut Limits, out: &mut Extract) {
    let mut targets: Vec<(String, Option<usize>)> = office
        .relationships(name)
        .iter()
        .map(|relationship| (relationship.kind.to_ascii_lowercase(), office.number(&relationship.target)))
        .collect();
    // Threaded comments first: the others repeat them for older programs.
    targets.sort_by_key(|(kind, _)| kind != "threadedcomment");
    let mut threads = HashMap::new();
    for (kind, number) in targets {
        let Some(number) = number else { continue };
        match kind.as_str() {
            "threadedcomment" | "comments" => {
                if let Some(bytes) = office.take(number, limits, out) {
                    comments(sheet, &bytes, &mut threads, limits, out);
                }
            }
            "drawing" => office.flow(number, Some(&joined(Some(sheet), "drawing")), limits, out),
            _ => {}
        }
    }
}

/// Sheets of a workbook, as name and relationship, and whether its dates begin in 1904.
fn workbook(bytes: &[u8], limits: &Limits, out: &mut Extract) -> (Vec<(String, String)>, bool) {
    let (mut sheets, mut from_1904, mut defined) = (Vec::new(), false, None);
    xml::read(bytes, limits, out, &mut |node, out| match node {
        Node::Start(element) => match element.name() {
            "sheet" => {
                let value = |name| element.attribute(name).unwrap_or_default().into_owned();
                sheets.push((value("name"), value("id")));
            }
            "workbookPr" => from_1904 |= element.says("date1904", &["1", "true"]),
            "definedName" => {
                defined = Some((element.attribute("name").unwrap_or_default().into_owned(), String::new()))
            }
            _ => {}
        },
        Node::Text(text) => {
            if let Some((_, value)) = &mut defined {
                value.push_str(&text);
            }
        }
        Node::End("definedName") => {
            if let Some((name, value)) = defined.take() {
                out.add(Some("defined name"), format!("{name} = {value}"));
            }
        }
        Node::End(_) => {}
    });
    (sheets, from_1904)
}

/// The table of strings; how they are pronounced is text of its own.
fn shared_strings(bytes: &[u8], strings: &mut Vec<String>, limits: &Limits, out: &mut Extract) {
    let (mut string, mut spoken, mut in_text, mut in_spoken) = (String::new(), String::new(), false, false);
    xml::read(bytes, limits, out, &mut |node, out| match node {
        Node::Start(element) => match element.name() {
            "si" => string.clear(),
            "t" => in_text = true,
            "rPh" => in_spoken = true,
            _ => {}
        },
        Node::Text(text) if in_text && in_spoken => spoken.push_str(&text),
        Node::Text(text) if in_text => string.push_str(&text),
        Node::Text(_) => {}
        Node::End("t") => in_text = false,
        Node::End("rPh") => {
            in_spoken = false;
            out.add(Some("phonetic guide"), std::mem::take(&mut spoken));
        }
        Node::End("si") => strings.push(unescaped(&string)),
        Node::End(_) => {}
    });
}

/// The number formats of the cell styles.
fn styles(bytes: &[u8], limits: &Limits, out: &mut Extract) -> Vec<Format> {
    let (mut own, mut formats, mut in_cells) = (HashMap::new(), Vec::new(), false);
    xml::read(bytes, limits, out, &mut |node, _| match node {
        Node::Start(element) => {
            let id = element.attribute("numFmtId").and_then(|id| id.parse::<u32>().ok()).unwrap_or_default();
            match element.name() {
                "numFmt" => {
                    let code = element.attribute("formatCode").unwrap_or_default();
                    own.insert(id, Format::read(&code));
                }
                "cellXfs" => in_cells = true,
                "xf" if in_cells => formats.push(own.get(&id).cloned().unwrap_or_else(|| Format::known(id))),
                _ => {}
            }
        }
        Node::End("cellXfs") => in_cells = false,
        _ => {}
    });
    formats
}

/// A sheet that is being read.
struct Sheet<'b> {
    name: &'b str,
    book: &'b mut Workbook,
    row: Vec<String>,
    /// First and last cell of the row that has text.
    span: Option<(String, String)>,
    cell: String,
    kind: String,
    style: Option<usize>,
    value: String,
    formula: String,
    text: Option<Text>,
    /// Texts of cells, which links show again.
    shown: HashSet<String>,
}

/// What the text of an element is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Text {
    Value,
    Formula,
    Edge,
    Other,
}

impl<'b> Sheet<'b> {
    fn read(name: &'b str, bytes: &[u8], book: &'b mut Workbook, limits: &mut Limits, out: &mut Extract) {
        let mut sheet = Sheet {
            name,
            book,
            row: Vec::new(),
            span: None,
            cell: String::new(),
            kind: String::new(),
            style: None,
            value: String::new(),
            formula: String::new(),
            text: None,
            shown: HashSet::new(),
        };
        let mut left = Limits { ..*limits };
        xml::read(bytes, limits, out, &mut |node, out| match node {
            Node::Start(element) => sheet.start(element, out),
            Node::Text(text) => match sheet.text {
                Some(Text::Formula) => sheet.formula.push_str(&text),
                Some(_) => sheet.value.push_str(&text),
                None => {}
            },
            Node::End(name) => sheet.end(name, &mut left, out),
        });
        sheet.end_row(out);
        limits.bytes = left.bytes;
    }

    fn start(&mut self, element: &Element<'_>, out: &mut Extract) {
        let value = |name| element.attribute(name).unwrap_or_default().into_owned();
        match element.name() {
            "c" => {
                (self.cell, self.kind) = (value("r"), value("t"));
                self.style = element.attribute("s").and_then(|style| style.parse().ok());
                self.value.clear();
                self.formula.clear();
            }
            "v" | "t" => self.text = Some(Text::Value),
            "f" => self.text = Some(Text::Formula),
            "oddHeader" | "evenHeader" | "firstHeader" | "oddFooter" | "evenFooter" | "firstFooter" => {
                self.value.clear();
                self.text = Some(Text::Edge);
            }
            "formula" | "formula1" | "formula2" => {
                self.value.clear();
                self.text = Some(Text::Other);
            }
            "hyperlink" => {
                let place = format!("{}!{}", self.name, value("ref"));
                out.add_link(Some(&place), &value("tooltip"));
                out.add_link(Some(&place), &value("location"));
                let display = value("display");
                if !self.shown.contains(&display) {
                    out.add_link(Some(&place), &display);
                }
            }
            "dataValidation" => {
                let place = format!("{}!{} input help", self.name, value("sqref"));
                for name in ["promptTitle", "prompt", "errorTitle", "error"] {
                    out.add(Some(&place), unescaped(&value(name)));
                }
            }
            _ => {}
        }
    }

    fn end(&mut self, name: &str, limits: &mut Limits, out: &mut Extract) {
        match name {
            "v" | "t" | "f" => self.text = None,
            "c" => self.end_cell(limits, out),
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
        let raw = std::mem::take(&mut self.value);
        let text = match self.kind.as_str() {
            "s" => {
                let number = raw.trim().parse::<usize>().ok();
                let used = number.and_then(|number| self.book.used.get_mut(number));
                match (used, number.and_then(|number| self.book.strings.get(number))) {
                    (Some(used), Some(string)) => {
                        *used = true;
                        string.clone()
                    }
                    _ => {
                        // A string that is not there.
                        out.note(Reason::Malformed);
                        String::new()
                    }
                }
            }
            "str" | "inlineStr" => unescaped(&raw),
            "b" | "e" | "d" => raw,
            _ => {
                let format = self.style.and_then(|style| self.book.formats.get(style));
                format.unwrap_or(&Format::Plain).show(&raw, self.book.from_1904)
            }
        };
        // One string may stand in a million cells.
        if !limits.take_bytes(if self.kind == "s" { text.len() } else { 0 }) {
            out.note(Reason::OverLimit);
            return;
        }
        let formula = std::mem::take(&mut self.formula);
        let constants = formula.split('"').skip(1).step_by(2).filter(|constant| !text.contains(constant));
        let constants: Vec<&str> = constants.collect();
        if !constants.is_empty() {
            out.add(Some(&format!("{}!{} formula", self.name, self.cell)), constants.join("\n"));
        }
        let text = text.replace(['\r', '\n'], " ");
        if text.trim().is_empty() {
            return;
        }
        self.shown.insert(text.clone());
        let cell = std::mem::take(&mut self.cell);
        let first = self.span.take().map_or_else(|| cell.clone(), |(first, _)| first);
        self.span = Some((first, cell));
        self.row.push(text);
    }

    fn end_row(&mut self, out: &mut Extract) {
        let Some((first, last)) = self.span.take() else { return };
        let cells = if first == last { first } else { format!("{first}:{last}") };
        out.add(Some(&format!("{}!{cells}", self.name)), std::mem::take(&mut self.row).join("\t"));
    }
}

/// Comments of either kind; `threads` are the texts of threaded ones by their cell.
fn comments(sheet: &str, bytes: &[u8], threads: &mut HashMap<String, Vec<String>>, limits: &Limits, out: &mut Extract) {
    let (mut cell, mut text, mut in_text) = (String::new(), String::new(), 0_usize);
    xml::read(bytes, limits, out, &mut |node, out| match node {
        Node::Start(element) => match element.name() {
            "comment" | "threadedComment" => {
                cell = element.attribute("ref").unwrap_or_default().into_owned();
                text.clear();
            }
            "t" | "text" | "author" => in_text = in_text.saturating_add(1),
            _ => {}
        },
        Node::Text(part) if in_text > 0 && !(part.trim().is_empty() && text.is_empty()) => text.push_str(&part),
        Node::Text(_) => {}
        Node::End(name @ ("t" | "text" | "author")) => {
            in_text = in_text.saturating_sub(1);
            if name == "author" && !text.starts_with("tc=") {
                out.add(Some("author"), std::mem::take(&mut text));
            }
        }
        Node::End(name @ ("comment" | "threadedComment")) => {
            let mut shown = unescaped(&std::mem::take(&mut text));
            let thread = threads.entry(cell.clone()).or_default();
            if name == "threadedComment" {
                thread.push(shown.clone());
            } else if let Some(first) = thread.first()
                && shown.contains(first)
            {
                shown = thread.iter().fold(shown, |shown, known| shown.replacen(known.as_str(), "", 1));
            }
            out.add(Some(&format!("{sheet}!{cell} comment")), shown.trim());
        }
        Node::End(_) => {}
    });
}

/// `_x0031_` as the character it stands for (ECMA-376 part 1, section 22.9.2.19).
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("_x") {
        out.push_str(before);
        let code = after.get(..4).filter(|_| after.get(4..5) == Some("_"));
        let character = code.and_then(|code| u32::from_str_radix(code, 16).ok()).and_then(char::from_u32);
        match character {
            Some(character) => {
                out.push(character);
                rest = after.get(5..).unwrap_or_default();
            }
            None => {
                out.push_str("_x");
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
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
