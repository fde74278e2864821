//! Excel workbooks (ECMA-376 part 1, section 18).
//!
//! Sheets in the order of the workbook, hidden ones too (`Ark (hidden)!B2`); comments, drawings and
//! charts follow their sheet. Then what nobody sees and the file still holds: values that pivot tables
//! and links to other workbooks remember, strings of cells that were deleted.

use std::collections::HashMap;

use super::extract::clipped;
use super::ooxml::Ooxml;
use super::workbook::{Workbook, unescaped};
use super::xml::{self, Node};
use super::{Extract, Limits, pivot, sheet};
use crate::inspect::Reason;

/// Reads what a workbook has of its own.
pub(super) fn read(office: &mut Ooxml<'_, '_>, limits: &mut Limits, out: &mut Extract) {
    let mut book = Workbook::default();
    for number in office.numbers(|part| part.kind.ends_with("sharedstrings+xml")) {
        if let Some(bytes) = office.take(number, limits, out) {
            book.read_strings(&bytes, limits, out);
        }
    }
    for number in office.numbers(|part| part.kind.ends_with("spreadsheetml.styles+xml")) {
        if let Some(bytes) = office.take(number, limits, out) {
            book.read_styles(&bytes, limits, out);
        }
    }
    let sheets = sheets(office, &mut book, limits, out);
    let names: Vec<&str> = sheets.iter().map(|(name, _)| name.as_str()).collect();
    out.add(Some("sheet names"), names.join("\n"));
    for (sheet, number) in sheets {
        let (sheet, name) = (clipped(&sheet), office.name(number));
        let mut links = office.take_relationships(&name);
        if let Some(bytes) = office.take(number, limits, out) {
            sheet::read(&sheet, &bytes, &mut book, &mut links, limits, out);
        }
        // Threaded comments first: the others repeat them for older programs.
        links.sort_by_key(|link| link.kind != "threadedcomment");
        let mut threads = HashMap::new();
        for link in links.iter().filter(|link| matches!(link.kind.as_str(), "threadedcomment" | "comments")) {
            if let Some(bytes) = office.number(&link.target).and_then(|number| office.take(number, limits, out)) {
                comments(&sheet, &bytes, &mut threads, limits, out);
            }
        }
        office.follow(links, Some(&sheet), limits, out);
    }
    pivot::read(office, &book, limits, out);
    for number in office.numbers(|part| part.kind.ends_with("externallink+xml")) {
        let mut links = office.take_relationships(&office.name(number));
        if let Some(bytes) = office.take(number, limits, out) {
            sheet::read("other workbook", &bytes, &mut book, &mut links, limits, out);
        }
        office.follow(links, Some("other workbook"), limits, out);
    }
    out.add(Some("strings of no cell"), book.unused());
}

/// The parts of the sheets with their names.
fn sheets(
    office: &mut Ooxml<'_, '_>,
    book: &mut Workbook,
    limits: &mut Limits,
    out: &mut Extract,
) -> Vec<(String, usize)> {
    let mut sheets: Vec<(String, usize)> = Vec::new();
    for number in office.numbers(|part| part.kind.contains("main") && part.kind.ends_with("xml")) {
        let name = office.name(number);
        let Some(bytes) = office.take(number, limits, out) else { continue };
        for (sheet, id) in workbook(&bytes, book, limits, out) {
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
            sheets.push((office.name(part), part));
        }
    }
    sheets
}

/// Sheets of a workbook, as name and relationship.
fn workbook(bytes: &[u8], book: &mut Workbook, limits: &Limits, out: &mut Extract) -> Vec<(String, String)> {
    let (mut sheets, mut defined) = (Vec::new(), None);
    xml::read(bytes, limits, out, &mut |node, out| match node {
        Node::Start(element) => {
            let value = |name| element.attribute(name).unwrap_or_default().into_owned();
            match element.name() {
                "sheet" => {
                    let hidden = element.says("state", &["hidden", "veryHidden"]);
                    sheets.push((value("name") + if hidden { " (hidden)" } else { "" }, value("id")));
                }
                "workbookPr" => book.from_1904 |= element.says("date1904", &["1", "true"]),
                "definedName" => {
                    out.add(Some("defined name"), value("comment"));
                    defined = Some((value("name"), String::new()));
                }
                "customWorkbookView" => out.add(Some("view"), value("name")),
                "fileSharing" => out.add(Some("author"), value("userName")),
                _ => {}
            }
        }
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
    sheets
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
            let mut shown = unescaped(&std::mem::take(&mut text)).into_owned();
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
