//! What pivot tables remember of the rows they were made from, whether the sheet is still there or not
//! (ECMA-376 part 1, section 18.10.1).

use super::extract::Cell;
use super::ooxml::Ooxml;
use super::sheet::column_name;
use super::workbook::{Workbook, format_of, unescaped};
use super::xml::{self, Element, Node};
use super::{Extract, Limits};
use crate::inspect::Reason;

/// A column of the rows.
#[derive(Default)]
struct Field {
    name: String,
    format: u32,
    /// Values that rows name by their number.
    items: Vec<String>,
    used: bool,
}

/// Reads all caches, a sheet each: `pivot cache!B2`.
pub(super) fn read(office: &mut Ooxml<'_, '_>, book: &Workbook, limits: &mut Limits, out: &mut Extract) {
    for (at, number) in office.numbers(|part| part.kind.ends_with("pivotcachedefinition+xml")).into_iter().enumerate() {
        let sheet = if at == 0 { "pivot cache".to_owned() } else { format!("pivot cache {}", at.saturating_add(1)) };
        let links = office.take_relationships(&office.name(number));
        let Some(bytes) = office.take(number, limits, out) else { continue };
        let mut fields = definition(&bytes, book, &sheet, limits, out);
        let mut table = Table { sheet: &sheet, column: 0, row: 1, empty: true };
        for field in &fields {
            table.cell(&field.name, out);
        }
        for link in links.iter().filter(|link| link.kind == "pivotcacherecords") {
            if let Some(bytes) = office.number(&link.target).and_then(|number| office.take(number, limits, out)) {
                records(&bytes, book, &mut fields, &mut table, limits, out);
            }
        }
        let unused = fields.iter().filter(|field| !field.used).flat_map(|field| &field.items);
        let unused: Vec<&str> = unused.map(String::as_str).collect();
        out.add(Some(&sheet), unused.join("\n"));
        office.follow(links, Some(&sheet), limits, out);
    }
}

struct Table<'a> {
    sheet: &'a str,
    column: usize,
    row: usize,
    empty: bool,
}

impl Table<'_> {
    fn cell(&mut self, text: &str, out: &mut Extract) {
        self.column = self.column.saturating_add(1);
        if !text.trim().is_empty() {
            let name = format!("{}{}", column_name(self.column), self.row);
            out.add_cell(self.empty, Cell { sheet: self.sheet, name: &name }, text);
            self.empty = false;
        }
    }

    fn next_row(&mut self) {
        (self.column, self.empty) = (0, true);
        self.row = self.row.saturating_add(1);
    }
}

fn definition(bytes: &[u8], book: &Workbook, sheet: &str, limits: &Limits, out: &mut Extract) -> Vec<Field> {
    let (mut fields, mut shared) = (Vec::<Field>::new(), false);
    xml::read(bytes, limits, out, &mut |node, out| match node {
        Node::Start(element) => match element.name() {
            "cacheField" => {
                let name = element.attribute("name").unwrap_or_default().into_owned();
                fields.push(Field { name, format: format_of(element), ..Field::default() });
            }
            "sharedItems" => shared = true,
            _ => {
                let Some(field) = fields.last_mut() else { return };
                match value(element, field.format, book) {
                    Some(value) if shared => field.items.push(value),
                    // Names of groups.
                    Some(value) => out.add(Some(sheet), value),
                    None => {}
                }
            }
        },
        Node::End("sharedItems") => shared = false,
        _ => {}
    });
    fields
}

fn records(
    bytes: &[u8],
    book: &Workbook,
    fields: &mut [Field],
    table: &mut Table<'_>,
    limits: &mut Limits,
    out: &mut Extract,
) {
    let mut left = Limits { ..*limits };
    xml::read(bytes, limits, out, &mut |node, out| {
        let Node::Start(element) = node else { return };
        if element.name() == "r" {
            return table.next_row();
        }
        let field = fields.get_mut(table.column);
        if element.name() == "x" {
            let item = element.attribute("v").and_then(|number| number.parse::<usize>().ok());
            match field.and_then(|field| {
                field.used = true;
                field.items.get(item?)
            }) {
                // One value may stand in every row.
                Some(value) if left.take_bytes(value.len()) => table.cell(value, out),
                Some(_) => out.note(Reason::OverLimit),
                None => out.note(Reason::Malformed),
            }
        } else if let Some(value) = value(element, field.map_or(0, |field| field.format), book) {
            table.cell(&value, out);
        }
    });
    limits.bytes = left.bytes;
}

/// A value of any type; what is missing is empty.
fn value(element: &Element<'_>, format: u32, book: &Workbook) -> Option<String> {
    let value = || element.attribute("v").unwrap_or_default();
    match element.name() {
        "n" => Some(book.shown_as(format, &value())),
        "s" | "d" | "b" | "e" => Some(unescaped(&value()).into_owned()),
        "m" => Some(String::new()),
        _ => None,
    }
}
