//! Excel workbooks up to 2003 (MS-XLS, BIFF8) and of Excel 5 and 95 (BIFF5).
//!
//! A cell is a piece, its place names it; the cells of a row stand on one line. Hidden sheets are read like
//! all others. Own, because the crate at hand (`calamine`) gives numbers without their formats, so that
//! zeros at their start are lost, and no comments, boxes, headers and names.

use std::collections::HashMap;

use super::super::extract::{Cell, joined};
use super::super::little_endian::{by_codepage, f64_at, size_at, slice, u8_at, u16_at, u32_at};
use super::super::number::Format;
use super::super::sheet::{column_name, edge_text};
use super::super::{Extract, Limits, Piece};
use super::art;
use super::excel_formula::{self as formula, Value};
use super::excel_text::{Reader, Record, Records, Version};
use super::store::Store;
use crate::inspect::{Lock, Reason};

/// Kinds of records (MS-XLS section 2.3.1).
mod kind {
    pub const FORMULA: u16 = 0x0006;
    pub const EOF: u16 = 0x000A;
    pub const HEADER: u16 = 0x0014;
    pub const FOOTER: u16 = 0x0015;
    pub const NAME: u16 = 0x0018;
    pub const NOTE: u16 = 0x001C;
    pub const OTHER_CELLS: u16 = 0x005A;
    pub const DATE_MODE: u16 = 0x0022;
    pub const FILE_PASS: u16 = 0x002F;
    pub const CODEPAGE: u16 = 0x0042;
    pub const OBJECT: u16 = 0x005D;
    pub const WRITER: u16 = 0x005C;
    pub const PICTURE: u16 = 0x007F;
    pub const SHEET: u16 = 0x0085;
    pub const SCENARIO: u16 = 0x00AF;
    pub const MANY_NUMBERS: u16 = 0x00BD;
    pub const PIVOT_NUMBER: u16 = 0x00C9;
    pub const PIVOT_TEXT: u16 = 0x00CD;
    pub const RICH_TEXT: u16 = 0x00D6;
    pub const XF: u16 = 0x00E0;
    pub const DRAWING_GROUP: u16 = 0x00EB;
    pub const DRAWING: u16 = 0x00EC;
    pub const STRINGS: u16 = 0x00FC;
    pub const STRING_CELL: u16 = 0x00FD;
    pub const OTHER_BOOK: u16 = 0x01AE;
    pub const BOX: u16 = 0x01B6;
    pub const LINK: u16 = 0x01B8;
    pub const VALIDATION: u16 = 0x01BE;
    pub const NUMBER: u16 = 0x0203;
    pub const LABEL: u16 = 0x0204;
    pub const RESULT: u16 = 0x0207;
    pub const ARRAY: u16 = 0x0221;
    pub const TABLE: u16 = 0x0236;
    pub const RK: u16 = 0x027E;
    pub const FORMAT: u16 = 0x041E;
    pub const SHARED_FORMULA: u16 = 0x04BC;
    pub const BOF: u16 = 0x0809;
    pub const TOOLTIP: u16 = 0x0800;
    pub const HEADER_FOOTER: u16 = 0x089C;
    pub const SERIES_TEXT: u16 = 0x100D;
}

/// Cells between two looks at the clock.
const STEP: usize = 1 << 12;

/// Where pivot tables keep what they were made from.
const PIVOT_CACHE: &str = "_SX_DB_CUR";
/// The sheet of what is remembered of other workbooks.
const OTHER: &str = "other workbook";

pub(super) fn read(store: &mut Store<'_>, limits: &mut Limits, out: &mut Extract) {
    for name in ["Workbook", "Book"] {
        let Some(bytes) = store.stream(Store::ROOT, name, limits, out) else { continue };
        let mut book = Book::new();
        book.read(&bytes, limits, out);
        if book.locked {
            out.note(Reason::Encrypted(Lock::Office));
            for storage in store.storages() {
                store.finish(&storage);
            }
        }
    }
    for (storage, _) in store.storages_in(Store::ROOT).into_iter().filter(|(_, name)| name == PIVOT_CACHE) {
        for (number, _) in store.streams(&storage) {
            let Some(bytes) = store.take(number, limits, out) else { continue };
            pivot(&bytes, limits, out);
        }
    }
}

/// Texts and numbers that a pivot table remembers.
fn pivot(bytes: &[u8], limits: &Limits, out: &mut Extract) {
    let version = Version { wide: true, codepage: 1252 };
    let mut lines = Vec::new();
    for record in Records::new(bytes) {
        if !limits.in_time() {
            out.note(Reason::TimedOut);
            break;
        }
        match record.kind {
            kind::PIVOT_TEXT => lines.extend(Reader::new(&record, 0).text(version, false)),
            kind::PIVOT_NUMBER => {
                lines.extend(f64_at(record.head(), 0).map(|number| Format::Plain.show(&number.to_string(), false)));
            }
            _ => {}
        }
    }
    out.add(Some("pivot table"), lines.join("\n"));
}

/// A workbook that is being read.
struct Book {
    version: Version,
    strings: Vec<String>,
    used: Vec<bool>,
    from_1904: bool,
    locked: bool,
    own_formats: HashMap<u16, Format>,
    /// By the number of a cell's style.
    formats: Vec<u16>,
    /// Names of sheets by where they begin.
    sheets: HashMap<usize, String>,
    drawings: Vec<u8>,
    /// Substreams in each other: a chart in a sheet.
    open: Vec<Option<String>>,
    sheet: Sheet,
}

/// What of the current sheet waits for more.
#[derive(Default)]
struct Sheet {
    name: Option<String>,
    /// Row of the last cell, and the number of pieces up to it.
    row: Option<(u16, usize)>,
    /// What stands beside the cells of that row, and is given after it.
    beside: Vec<Piece>,
    /// Cell of the last formula, whose text follows.
    formula: Option<(u16, u16, Vec<u8>)>,
    object: Option<u16>,
    /// Texts of boxes by their object.
    boxes: Vec<(Option<u16>, String)>,
    notes: HashMap<u16, (u16, u16)>,
    note: Option<(u16, u16)>,
}

impl Book {
    fn new() -> Self {
        Book {
            version: Version { wide: true, codepage: 1252 },
            strings: Vec::new(),
            used: Vec::new(),
            from_1904: false,
            locked: false,
            own_formats: HashMap::new(),
            formats: Vec::new(),
            sheets: HashMap::new(),
            drawings: Vec::new(),
            open: Vec::new(),
            sheet: Sheet::default(),
        }
    }

    fn read(&mut self, bytes: &[u8], limits: &mut Limits, out: &mut Extract) {
        let mut records = Records::new(bytes);
        let mut seen = 0_usize;
        for record in records.by_ref() {
            seen = seen.saturating_add(1);
            if seen.is_multiple_of(STEP) && !limits.in_time() {
                out.note(Reason::TimedOut);
                break;
            }
            if self.record(&record, limits, out).is_none() {
                out.note(Reason::Malformed);
            }
            if self.locked {
                return;
            }
        }
        // Workbooks of Excel 4 and before, or none.
        let begins = u16_at(bytes, 0) == Some(kind::BOF);
        if records.cut || !self.open.is_empty() || !begins {
            out.note(Reason::Malformed);
            self.end_sheet(out);
        }
        // A sheet that the workbook lists and that is not there.
        if !self.sheets.is_empty() {
            out.note(Reason::Malformed);
        }
        let unused = self.strings.iter().zip(&self.used).filter(|(_, used)| !**used).map(|(text, _)| text.as_str());
        out.add(Some("strings of no cell"), unused.collect::<Vec<_>>().join("\n"));
        art::texts(&self.drawings, None, limits, out);
        art::pictures(&self.drawings, None, limits, out);
    }

    /// None when the record is shorter than what it has to hold.
    fn record(&mut self, record: &Record<'_>, limits: &mut Limits, out: &mut Extract) -> Option<()> {
        let head = record.head();
        let of_formula = [kind::RESULT, kind::ARRAY, kind::TABLE, kind::SHARED_FORMULA].contains(&record.kind);
        if !of_formula && let Some((row, column, code)) = self.sheet.formula.take() {
            self.code(row, column, &code, "");
        }
        match record.kind {
            kind::BOF => self.begin(record, head)?,
            kind::EOF => {
                if let Some(outer) = self.open.pop() {
                    match &outer {
                        // Back in the sheet around.
                        Some(_) => (self.sheet.name, self.sheet.row) = (outer, None),
                        None => self.end_sheet(out),
                    }
                }
            }
            kind::FILE_PASS => self.locked = true,
            kind::CODEPAGE => {
                // Excel's own number for that of Macintosh; its other one, for 1252, is what nobody knows.
                const MACINTOSH: u16 = 0x8000;
                let codepage = u16_at(head, 0)?;
                self.version.codepage = if codepage == MACINTOSH { 10_000 } else { u32::from(codepage) };
            }
            kind::DATE_MODE => self.from_1904 = u16_at(head, 0)? == 1,
            kind::FORMAT => {
                let code = Reader::new(record, 2).text(self.version, !self.version.wide)?;
                self.own_formats.insert(u16_at(head, 0)?, Format::read(&code));
            }
            kind::XF => self.formats.push(u16_at(head, 2)?),
            kind::SHEET => {
                let mut name = Reader::new(record, 6).text(self.version, true)?;
                if u8_at(head, 4)? & 3 != 0 {
                    name.push_str(" (hidden)");
                }
                out.add(Some("sheet names"), name.as_str());
                self.sheets.insert(size_at(head, 0)?, name);
            }
            kind::STRINGS => self.strings(record, limits, out)?,
            kind::NAME => self.name(record, out)?,
            kind::WRITER => {
                let name = Reader::new(record, 0).text(self.version, !self.version.wide).unwrap_or_default();
                out.add(Some("author"), name.trim());
            }
            kind::DRAWING_GROUP | kind::DRAWING => record.parts.iter().for_each(|part| self.drawings.extend(*part)),
            kind::PICTURE if !self.version.wide => picture(record, limits, out),
            kind::OTHER_BOOK => {
                let texts = formula::other_book(record, self.version);
                out.add(Some(OTHER), texts.join("\n"));
            }
            kind::OTHER_CELLS => self.other_cells(record, limits, out)?,
            _ => self.in_sheet(record, limits, out)?,
        }
        Some(())
    }

    fn begin(&mut self, record: &Record<'_>, head: &[u8]) -> Option<()> {
        const BIFF_8: u16 = 0x0600;
        self.version.wide = u16_at(head, 0)? >= BIFF_8;
        self.sheet.row = None;
        if self.open.is_empty() {
            self.sheet = Sheet { name: self.sheets.remove(&record.at), ..Sheet::default() };
            self.open.push(None);
        } else {
            let inner = joined(self.sheet.name.as_deref(), "chart");
            let outer = self.sheet.name.replace(inner).unwrap_or_default();
            self.open.push(Some(outer));
        }
        Some(())
    }

    /// The table of strings. They are in memory once, however often they are shown.
    fn strings(&mut self, record: &Record<'_>, limits: &mut Limits, out: &mut Extract) -> Option<()> {
        let count = size_at(record.head(), 4)?;
        let mut reader = Reader::new(record, 8);
        for number in 0..count {
            if number.is_multiple_of(STEP) && !limits.in_time() {
                out.note(Reason::TimedOut);
                return Some(());
            }
            // More are announced than there are: a cell that needs one says so.
            if reader.is_done() {
                break;
            }
            self.strings.push(reader.text(self.version, false)?);
            self.used.push(false);
        }
        Some(())
    }

    /// A defined name, and texts in what it stands for (section 2.4.150).
    fn name(&mut self, record: &Record<'_>, out: &mut Extract) -> Option<()> {
        const BUILT_IN: u16 = 0x20;
        let head = record.head();
        let (flags, count, code) = (u16_at(head, 0)?, usize::from(u8_at(head, 3)?), usize::from(u16_at(head, 4)?));
        let mut reader = Reader::new(record, 14);
        let name = reader.characters(count, self.version)?;
        let wide = self.version.wide && head.get(14).is_some_and(|flags| flags & 1 == 1);
        let start = 14_usize.checked_add(usize::from(self.version.wide))?;
        let start = start.checked_add(if wide { count.checked_mul(2)? } else { count })?;
        let constants = formula::texts(head.get(start..).unwrap_or_default(), code, self.version);
        let shown = if flags & BUILT_IN == 0 { name } else { String::new() };
        let value = constants.join("\n");
        let text = if value.is_empty() || shown.is_empty() { shown + &value } else { format!("{shown} = {value}") };
        out.add(Some("defined name"), text);
        Some(())
    }

    /// Cells of another workbook that formulas here refer to, as they were last seen (section 2.4.64).
    fn other_cells(&mut self, record: &Record<'_>, limits: &mut Limits, out: &mut Extract) -> Option<()> {
        let mut reader = Reader::new(record, 0);
        let (last, first, row) = (reader.u8()?, reader.u8()?, reader.u16()?);
        let own = self.sheet.name.replace(OTHER.to_owned());
        let mut read = || {
            for column in first..=last {
                let text = match formula::value(&mut reader, self.version)? {
                    Value::Text(text) => text,
                    Value::Number(number) => Format::Plain.show(&number.to_string(), false),
                    Value::None => continue,
                };
                self.cell(row, u16::from(column), &text, limits, out);
            }
            Some(())
        };
        let whole = read();
        self.sheet.name = own;
        whole
    }

    fn in_sheet(&mut self, record: &Record<'_>, limits: &mut Limits, out: &mut Extract) -> Option<()> {
        let head = record.head();
        match record.kind {
            kind::STRING_CELL => {
                let number = size_at(head, 6)?;
                *self.used.get_mut(number)? = true;
                let text = std::mem::take(self.strings.get_mut(number)?);
                self.cell(u16_at(head, 0)?, u16_at(head, 2)?, &text, limits, out);
                *self.strings.get_mut(number)? = text;
            }
            kind::LABEL | kind::RICH_TEXT => {
                let text = Reader::new(record, 6).text(self.version, false)?;
                self.cell(u16_at(head, 0)?, u16_at(head, 2)?, &text, limits, out);
            }
            kind::NUMBER => {
                let text = self.shown(u16_at(head, 4)?, f64_at(head, 6)?);
                self.cell(u16_at(head, 0)?, u16_at(head, 2)?, &text, limits, out);
            }
            kind::RK => {
                let text = self.shown(u16_at(head, 4)?, short_number(u32_at(head, 6)?));
                self.cell(u16_at(head, 0)?, u16_at(head, 2)?, &text, limits, out);
            }
            kind::MANY_NUMBERS => {
                let (row, first) = (u16_at(head, 0)?, u16_at(head, 2)?);
                let cells = head.len().saturating_sub(6) / 6;
                for number in 0..cells {
                    let at = number.checked_mul(6)?.checked_add(4)?;
                    let text = self.shown(u16_at(head, at)?, short_number(u32_at(head, at.checked_add(2)?)?));
                    self.cell(row, first.wrapping_add(u16::try_from(number).ok()?), &text, limits, out);
                }
            }
            kind::FORMULA => self.formula(head, limits, out)?,
            kind::RESULT => {
                if let Some((row, column, code)) = self.sheet.formula.take() {
                    let text = Reader::new(record, 0).text(self.version, false)?;
                    self.cell(row, column, &text, limits, out);
                    self.code(row, column, &code, &text);
                }
            }
            // A formula of many cells stands with the first of them (sections 2.4.277 and 2.4.4).
            kind::SHARED_FORMULA | kind::ARRAY => {
                let at = if record.kind == kind::ARRAY { 12 } else { 8 };
                let code = head.get(at..)?;
                self.code(u16_at(head, 0)?, u16::from(u8_at(head, 4)?), code, "");
            }
            kind::HEADER | kind::FOOTER if !head.is_empty() => {
                let text = Reader::new(record, 0).text(self.version, !self.version.wide)?;
                let what = if record.kind == kind::HEADER { "header" } else { "footer" };
                out.add(Some(&self.beside(what)), edge_text(&text));
            }
            // Of even and first pages (section 2.4.137).
            kind::HEADER_FOOTER if head.len() > 38 => {
                let mut reader = Reader::new(record, 38);
                for (number, what) in ["header", "footer", "header", "footer"].into_iter().enumerate() {
                    let at = number.checked_mul(2)?.checked_add(30)?;
                    if u16_at(head, at)? > 0 {
                        let text = reader.text(self.version, false)?;
                        out.add(Some(&self.beside(what)), edge_text(&text));
                    }
                }
            }
            kind::OBJECT => {
                // Type and number of the object (section 2.5.143).
                self.sheet.object = u16_at(head, 6);
                self.drawings_of(record.parts.get(1..));
                if !self.version.wide {
                    out.add(Some(&self.beside("object")), super::runs(head));
                }
            }
            kind::BOX => self.text_box(record)?,
            kind::NOTE => self.note(record, out)?,
            kind::LINK => {
                let place = self.place(u16_at(head, 0)?, u16_at(head, 4)?);
                out.add_link(Some(&place), &super::runs(head.get(8..)?));
            }
            kind::TOOLTIP => out.add(Some(&self.beside("link")), super::runs(head.get(10..).unwrap_or_default())),
            kind::VALIDATION => {
                let mut reader = Reader::new(record, 4);
                let mut texts: Vec<String> = (0..4).map_while(|_| reader.text(self.version, false)).collect();
                texts.extend(formula::list(&mut reader, self.version));
                let lines = texts.iter().map(|text| text.trim_matches('\0')).filter(|text| !text.is_empty());
                out.add(Some(&self.beside("input help")), lines.collect::<Vec<_>>().join("\n"));
            }
            kind::SCENARIO => out.add(Some(&self.beside("scenario")), super::runs(head)),
            kind::SERIES_TEXT => {
                let text = Reader::new(record, 2).text(self.version, true)?;
                out.add(Some(&self.beside("text")), text);
            }
            _ => {}
        }
        Some(())
    }

    /// A formula's result; a text follows in a record of its own (section 2.4.127).
    fn formula(&mut self, head: &[u8], limits: &mut Limits, out: &mut Extract) -> Option<()> {
        let (row, column, style) = (u16_at(head, 0)?, u16_at(head, 2)?, u16_at(head, 4)?);
        let result = slice(head, 6, 8)?;
        let code = head.get(20..)?;
        if u16_at(result, 6) != Some(0xFFFF) {
            let text = self.shown(style, f64_at(result, 0)?);
            self.cell(row, column, &text, limits, out);
            self.code(row, column, code, &text);
        } else if result.first() == Some(&0) {
            self.sheet.formula = Some((row, column, code.to_vec()));
        } else {
            self.code(row, column, code, "");
        }
        Some(())
    }

    /// Texts in a formula that its result does not show. `code` begins with its length.
    fn code(&mut self, row: u16, column: u16, code: &[u8], result: &str) {
        let Some((len, code)) = u16_at(code, 0).zip(code.get(2..)) else { return };
        let mut hidden = formula::texts(code, usize::from(len), self.version);
        hidden.retain(|text| !result.contains(text.as_str()));
        if !hidden.is_empty() {
            let place = format!("{} formula", self.place(row, column));
            self.sheet.beside.push(Piece { place: Some(place), text: hidden.join("\n") });
        }
    }

    fn shown(&self, style: u16, number: f64) -> String {
        let id = self.formats.get(usize::from(style)).copied().unwrap_or_default();
        let known = Format::known(u32::from(id));
        self.own_formats.get(&id).unwrap_or(&known).show(&number.to_string(), self.from_1904)
    }

    /// A place of the sheet that is no cell.
    fn beside(&self, what: &str) -> String {
        joined(self.sheet.name.as_deref(), what)
    }

    fn place(&self, row: u16, column: u16) -> String {
        let cell = cell_name(row, column);
        self.sheet.name.as_deref().map_or_else(|| cell.clone(), |sheet| format!("{sheet}!{cell}"))
    }

    fn cell(&mut self, row: u16, column: u16, text: &str, limits: &mut Limits, out: &mut Extract) {
        if text.trim().is_empty() {
            return;
        }
        // A row that other text came into goes on in a line of its own.
        let first = self.sheet.row != Some((row, out.pieces.len()));
        if first {
            out.pieces.append(&mut self.sheet.beside);
        }
        let sheet = self.sheet.name.as_deref().unwrap_or("sheet");
        let name = cell_name(row, column);
        // One string may stand in a million cells.
        if !limits.take_bytes(text.len().saturating_add(sheet.len()).saturating_add(name.len())) {
            out.note(Reason::OverLimit);
            return;
        }
        let cell = Cell { sheet, name: &name };
        match text.contains('\t') {
            true => out.add_cell(first, cell, &text.replace('\t', " ")),
            false => out.add_cell(first, cell, text),
        }
        self.sheet.row = Some((row, out.pieces.len()));
    }

    /// A text box, which goes on in two records: its text, and how it was formatted (section 2.4.329).
    fn text_box(&mut self, record: &Record<'_>) -> Option<()> {
        let (count, runs) = (u16_at(record.head(), 10)?, u16_at(record.head(), 12)?);
        let mut read = 1;
        if count > 0 {
            let text = Record { kind: record.kind, at: record.at, parts: record.parts.get(1..)?.to_vec() };
            let mut reader = Reader::new(&text, 0);
            let shown = reader.characters(usize::from(count), self.version)?;
            self.sheet.boxes.push((self.sheet.object.take(), shown));
            reader.skip(usize::from(runs))?;
            read = reader.parts_read().checked_add(1)?;
        }
        self.drawings_of(record.parts.get(read..));
        Some(())
    }

    /// A drawing that goes on behind an object or a box goes on in records without a name.
    fn drawings_of(&mut self, parts: Option<&[&[u8]]>) {
        parts.unwrap_or_default().iter().for_each(|part| self.drawings.extend(*part));
    }

    /// A comment: its cell, and the object whose box has its text; before Excel 97 the text itself (section 2.4.179).
    fn note(&mut self, record: &Record<'_>, out: &mut Extract) -> Option<()> {
        let head = record.head();
        let (row, column) = (u16_at(head, 0)?, u16_at(head, 2)?);
        if self.version.wide {
            self.sheet.notes.insert(u16_at(head, 6)?, (row, column));
            if let Some(author) = Reader::new(record, 8).text(self.version, false) {
                out.add(Some("author"), author);
            }
            return Some(());
        }
        let text = by_codepage(head.get(6..)?, self.version.codepage);
        let cell = if row == 0xFFFF { self.sheet.note? } else { (row, column) };
        self.sheet.note = Some(cell);
        let place = format!("{} comment", self.place(cell.0, cell.1));
        match out.pieces.last_mut().filter(|piece| row == 0xFFFF && piece.place.as_ref() == Some(&place)) {
            Some(before) => before.text.push_str(&text),
            None => out.add(Some(&place), text),
        }
        Some(())
    }

    fn end_sheet(&mut self, out: &mut Extract) {
        let mut sheet = std::mem::take(&mut self.sheet);
        out.pieces.append(&mut sheet.beside);
        for (object, text) in sheet.boxes {
            let note = object.and_then(|object| sheet.notes.get(&object));
            let place = match (note, sheet.name.as_deref()) {
                (Some((row, column)), Some(name)) => format!("{name}!{} comment", cell_name(*row, *column)),
                (Some((row, column)), None) => format!("{} comment", cell_name(*row, *column)),
                (None, name) => joined(name, "text box"),
            };
            out.add(Some(&place), text);
        }
    }
}

/// A picture of Excel 5 or 95: the format of the clipboard that it has, where it was made, its length, and itself.
fn picture(record: &Record<'_>, limits: &mut Limits, out: &mut Extract) {
    const METAFILE: u16 = 2;
    let bytes = record.parts.concat();
    match u16_at(&bytes, 0) {
        Some(METAFILE) => art::bare_metafiles(&bytes, limits, out),
        _ => out.note(Reason::ImageOnly),
    }
}

/// `B2`, from row and column counted from 0.
fn cell_name(row: u16, column: u16) -> String {
    let letters = column_name(usize::from(column).saturating_add(1));
    format!("{letters}{}", u32::from(row).saturating_add(1))
}

/// A number in 30 bits, whole or the first half of a floating one, as it is or a hundredth (section 2.5.217).
fn short_number(code: u32) -> f64 {
    let number = match code & 2 {
        0 => f64::from_bits(u64::from(code & 0xFFFF_FFFC).wrapping_shl(32)),
        _ => f64::from(code.cast_signed() >> 2),
    };
    if code & 1 == 0 { number } else { number / 100.0 }
}
