//! Running text of office documents: paragraphs, table rows, text boxes, notes, tracked changes.
//!
//! One walk for all of WordprocessingML, DrawingML, VML and OpenDocument. Runs of a paragraph are one
//! text, however often it is split. The cells of a row stand on one line with tabs between them. What
//! stands beside the text (boxes, notes, comments) is a piece of its own. Deleted text is a piece of its
//! own too, with the rest of the word it was deleted from, so that neither reading of a changed number is
//! lost.

mod characters;

use std::collections::{HashMap, HashSet};

use super::cells::Cells;
use super::extract::{clipped, joined};
use super::frame::{Frame, Gap, words_around};
use super::little_endian::runs;
use super::number::Format;
use super::words::{Role, Vocabulary};
use super::xml::{self, Element, Node};
use super::{Extract, Inner, Limits};
use crate::inspect::magic::looks_like_text;
use crate::inspect::{charset, transfer};

/// How a part is read.
pub(super) struct Manner {
    pub words: Vocabulary,
    /// Paragraphs and tables are named by their numbers.
    pub numbered: bool,
    /// Tables are sheets, their cells named.
    pub sheets: bool,
    /// What pages are called that are elements, `slide`; their text stands in boxes.
    pub pages: Option<&'static str>,
}

impl Manner {
    /// Text without places of its own.
    pub fn of(words: Vocabulary) -> Self {
        Manner { words, numbered: false, sheets: false, pages: None }
    }
}

/// Parts and relationships that a text names, and where.
pub(super) type References = HashMap<String, Option<String>>;

/// Reads an XML part; its own text is at `place`, other texts at that and what they are.
pub(super) fn read(
    bytes: &[u8],
    manner: &Manner,
    place: Option<&str>,
    limits: &Limits,
    out: &mut Extract,
) -> References {
    let mut flow = Flow::new(manner, place, out);
    xml::read(bytes, limits, out, &mut |node, out| flow.node(node, out));
    flow.finish(out)
}

/// Numbers of what the text stands in.
#[derive(Default)]
struct Numbers {
    paragraph: usize,
    table: usize,
    row: usize,
    /// Page breaks as the program last saw them.
    page: usize,
    /// Where the current paragraph began.
    page_of_line: usize,
    /// Pages that are elements.
    leaf: usize,
}

struct Flow<'m> {
    manner: &'m Manner,
    frames: Vec<Frame>,
    roles: Vec<Role>,
    numbers: Numbers,
    cells: Cells,
    deleted: usize,
    inserted: usize,
    measures: usize,
    /// Of alternates: where their first form begins and ends in the pieces.
    alternates: Vec<(usize, usize)>,
    /// Texts of attributes that were given, with their places.
    given: HashSet<String>,
    references: References,
    /// Name of the style that is being read, and those that hide pages and sheets.
    style: String,
    hiding: HashSet<String>,
    /// What was deleted, by the name of the change; true once it was put in its place.
    changes: HashMap<String, (String, bool)>,
    change: String,
    /// What changes did to the text, by their names.
    kinds: HashMap<String, Role>,
    format: Option<Format>,
    collected: String,
}

impl<'m> Flow<'m> {
    fn new(manner: &'m Manner, place: Option<&str>, out: &Extract) -> Self {
        let mut frame = Frame::new(place.map(clipped), out);
        frame.numbered = manner.numbered;
        Flow {
            manner,
            frames: vec![frame],
            roles: Vec::new(),
            numbers: Numbers::default(),
            cells: Cells::default(),
            deleted: 0,
            inserted: 0,
            measures: 0,
            alternates: Vec::new(),
            given: HashSet::new(),
            references: HashMap::new(),
            style: String::new(),
            hiding: HashSet::new(),
            changes: HashMap::new(),
            change: String::new(),
            kinds: HashMap::new(),
            format: None,
            collected: String::new(),
        }
    }

    fn node(&mut self, node: Node<'_>, out: &mut Extract) {
        match node {
            Node::Start(element) => self.start(element, out),
            Node::Text(text) => self.text(&text),
            Node::End(_) => self.end(out),
        }
    }

    fn start(&mut self, element: &Element<'_>, out: &mut Extract) {
        let role = match self.manner.words.role(element) {
            Role::Side("text box") if self.manner.pages.is_some() => Role::Plain,
            role => role,
        };
        self.roles.push(role);
        match role {
            Role::Measure => self.measures = self.measures.saturating_add(1),
            _ if self.measures > 0 => return,
            Role::Deleted => self.deleted = self.deleted.saturating_add(1),
            Role::Inserted => self.inserted = self.inserted.saturating_add(1),
            Role::Side(what) => {
                let place = self.beside(what);
                self.open(Some(place), out);
            }
            Role::Fallback => {
                let place = self.beside("older form");
                self.open(Some(place), out);
            }
            Role::Page => self.start_page(element, out),
            Role::Change => {
                self.change = element.attribute("id").unwrap_or_default().into_owned();
                self.open(None, out);
            }
            Role::Alternates => self.alternates.push((out.pieces.len(), out.pieces.len())),
            Role::Paragraph => {
                // A paragraph in a paragraph begins a line; what stood before it is a line too.
                self.line(out);
                self.numbers.page_of_line = self.numbers.page;
                if let Some(frame) = self.frames.last_mut() {
                    frame.paragraphs = frame.paragraphs.saturating_add(1);
                }
            }
            Role::Table => self.start_table(element, out),
            Role::Row => self.start_row(element),
            Role::Cell if self.manner.sheets => {
                if let Some(place) = self.cells.start_cell(element) {
                    self.open(Some(place), out);
                }
            }
            Role::NumberFormat | Role::Binary | Role::FieldData => self.collected.clear(),
            Role::Plain | Role::Text | Role::DeletedText | Role::Code | Role::Cell | Role::Choice | Role::Value => {}
        }
        self.characters(element, out);
        self.attributes(element, out);
    }

    fn start_page(&mut self, element: &Element<'_>, out: &mut Extract) {
        self.numbers.leaf = self.numbers.leaf.saturating_add(1);
        let hidden = element.attribute("style-name").is_some_and(|style| self.hiding.contains(style.as_ref()));
        let page = self.manner.pages.unwrap_or("page");
        let place = format!("{page} {}{}", self.numbers.leaf, if hidden { " (hidden)" } else { "" });
        self.open(Some(place), out);
    }

    fn start_table(&mut self, element: &Element<'_>, out: &mut Extract) {
        self.line(out);
        if self.manner.sheets {
            let hidden = element.attribute("style-name").is_some_and(|style| self.hiding.contains(style.as_ref()));
            self.cells.start_table(element, hidden);
        }
        let Some(frame) = self.frames.last_mut() else { return };
        if frame.numbered && frame.tables == 0 {
            self.numbers.table = self.numbers.table.saturating_add(1);
            self.numbers.row = 0;
        }
        frame.tables = frame.tables.saturating_add(1);
    }

    fn start_row(&mut self, element: &Element<'_>) {
        if self.manner.sheets {
            self.cells.start_row(element);
        }
        let Some(frame) = self.frames.last_mut() else { return };
        if frame.numbered && frame.rows == 0 {
            self.numbers.row = self.numbers.row.saturating_add(1);
        }
        frame.rows = frame.rows.saturating_add(1);
    }

    fn end(&mut self, out: &mut Extract) {
        let role = self.roles.pop().unwrap_or(Role::Plain);
        if role == Role::Measure {
            self.measures = self.measures.saturating_sub(1);
            return;
        }
        if self.measures > 0 {
            return;
        }
        match role {
            Role::Deleted => self.deleted = self.deleted.saturating_sub(1),
            Role::Inserted => self.inserted = self.inserted.saturating_sub(1),
            Role::Side("author") => self.close_once(out),
            Role::Side(_) | Role::Page => self.close(out),
            Role::Change => self.end_change(out),
            Role::Fallback => {
                self.close(out);
                if let Some((start, end)) = self.alternates.last().copied() {
                    let line = self.frames.last().map(|frame| frame.now.clone()).unwrap_or_default();
                    out.drop_repeated(start..end, &line);
                }
            }
            Role::Choice => {
                if let Some((_, end)) = self.alternates.last_mut() {
                    *end = out.pieces.len();
                }
            }
            Role::Alternates => drop(self.alternates.pop()),
            Role::Paragraph => {
                self.line(out);
                if let Some(frame) = self.frames.last_mut() {
                    frame.paragraphs = frame.paragraphs.saturating_sub(1);
                }
            }
            Role::Cell if self.manner.sheets => self.end_cell(out),
            Role::Cell => self.gap(Gap::Tab, out),
            Role::Row => {
                self.gap(Gap::Line, out);
                if self.manner.sheets {
                    self.cells.end_row(out);
                }
                let here = self.here();
                let Some(frame) = self.frames.last_mut() else { return };
                frame.rows = frame.rows.saturating_sub(1);
                if frame.numbered && frame.rows == 0 {
                    frame.flush(here, out);
                }
            }
            Role::Table => {
                if self.manner.sheets {
                    self.cells.end_table();
                }
                if let Some(frame) = self.frames.last_mut() {
                    frame.tables = frame.tables.saturating_sub(1);
                }
            }
            Role::NumberFormat => self.format = Some(Format::read(&self.collected)),
            Role::Binary => {
                let bytes = transfer::base64(self.collected.as_bytes()).bytes;
                let place = self.here();
                out.files.push(Inner { name: String::new(), place, bytes });
                self.collected.clear();
            }
            Role::FieldData => {
                let bytes = transfer::base64(self.collected.as_bytes()).bytes;
                let text =
                    if looks_like_text(&bytes) { charset::decode(&bytes, None).into_owned() } else { runs(&bytes) };
                out.add(Some(&self.beside("field")), text);
                self.collected.clear();
            }
            Role::Plain | Role::Text | Role::DeletedText | Role::Code | Role::Value | Role::Measure => {
                if self.frames.last().is_some_and(|frame| frame.paragraphs == 0) {
                    self.line(out);
                }
            }
        }
    }

    fn text(&mut self, text: &str) {
        let role = self.roles.last().copied().unwrap_or(Role::Plain);
        let Some(frame) = self.frames.last_mut() else { return };
        match (self.manner.words, role) {
            _ if self.measures > 0 => {}
            (_, Role::Text) => self.push(text, false),
            (_, Role::DeletedText) => self.push(text, true),
            (_, Role::Code) => frame.code.push_str(text),
            (_, Role::NumberFormat | Role::Binary | Role::FieldData) => self.collected.push_str(text),
            (_, Role::Value) if !text.trim().is_empty() => {
                let shown = self.format.as_ref().unwrap_or(&Format::Plain).show(text, false);
                self.push(&shown, false);
            }
            (Vocabulary::OpenDocument, _) if frame.paragraphs > 0 => self.push_spaced(text),
            _ if text.trim().is_empty() => {}
            (Vocabulary::OpenDocument, _) => self.push_spaced(text),
            _ => self.push(text, false),
        }
    }

    /// Line ends and indents of the XML are single spaces (OpenDocument 1.3 part 3, section 6.1.2).
    fn push_spaced(&mut self, text: &str) {
        let spaces = [' ', '\t', '\r', '\n'];
        if !text.contains(['\t', '\r', '\n']) && !text.contains("  ") {
            return self.push(text, false);
        }
        let mut spaced = String::with_capacity(text.len());
        for c in text.chars() {
            match spaces.contains(&c) {
                true if spaced.ends_with(' ') => {}
                true => spaced.push(' '),
                false => spaced.push(c),
            }
        }
        self.push(&spaced, false);
    }

    /// Adds text to the current line.
    fn push(&mut self, text: &str, deleted: bool) {
        let deleted = deleted || self.deleted > 0;
        let inserted = self.inserted > 0;
        let Some(frame) = self.frames.last_mut() else { return };
        if deleted {
            let start = frame.before.len();
            frame.before.push_str(text);
            frame.deleted.push(start..frame.before.len());
        } else {
            frame.now.push_str(text);
            if !inserted {
                frame.before.push_str(text);
            }
        }
    }

    fn attributes(&mut self, element: &Element<'_>, out: &mut Extract) {
        let name = element.name();
        for attribute in self.manner.words.references(name) {
            if let Some(id) = element.attribute(attribute) {
                if self.manner.words == Vocabulary::OpenDocument && id.contains(':') {
                    out.add_link(self.here().as_deref(), &id);
                }
                let here = self.here();
                self.references.entry(id.into_owned()).or_insert(here);
            }
        }
        for (attribute, what) in self.manner.words.attributes(name) {
            let Some(value) = element.attribute(attribute).filter(|value| !value.trim().is_empty()) else { continue };
            // Names that programs give.
            if (*what == "bookmark" && value.starts_with('_')) || (*what == "name" && is_numbered(&value)) {
                continue;
            }
            let here = if *what == "author" { None } else { self.here() };
            // One picture is named on several levels.
            if !self.given.insert(format!("{}\0{what}\0{value}", here.as_deref().unwrap_or_default())) {
                continue;
            }
            match *what {
                "link" => out.add_link(here.as_deref(), &value),
                what => out.add(Some(&self.beside(what)), value),
            }
        }
    }

    /// The place of the text that is being read.
    fn here(&self) -> Option<String> {
        let frame = self.frames.last()?;
        if !frame.numbered {
            let sheet = self.cells.sheet().filter(|_| frame.place.is_none());
            return sheet.map(str::to_owned).or_else(|| frame.place.clone());
        }
        let numbers = &self.numbers;
        let place = match frame.rows {
            0 => format!("paragraph {}", numbers.paragraph.saturating_add(1)),
            _ => format!("table {} row {}", numbers.table, numbers.row),
        };
        Some(match numbers.page_of_line {
            0 => place,
            breaks => format!("page {} {place}", breaks.saturating_add(1)),
        })
    }

    /// The place of a text beside that.
    fn beside(&self, what: &str) -> String {
        match self.here() {
            // A box in the frame that draws it.
            Some(place) if place.ends_with(what) => place,
            _ if matches!(what, "properties" | "author" | "table name") => what.to_owned(),
            // Of all pages alike, wherever they are defined.
            _ if matches!(what, "header" | "footer") => what.to_owned(),
            place => joined(place.as_deref(), what),
        }
    }

    /// Ends the current line.
    fn line(&mut self, out: &mut Extract) {
        let here = self.frames.last().filter(|frame| !frame.is_still()).and_then(|_| self.here());
        let Some(frame) = self.frames.last_mut() else { return };
        if !frame.deleted.is_empty() {
            let place = joined(here.as_deref(), "deleted text");
            out.add(Some(&place), words_around(&frame.before, &frame.deleted));
            frame.deleted.clear();
        }
        if !frame.code.is_empty() {
            out.add_link_code(here.as_deref(), &std::mem::take(&mut frame.code));
        }
        frame.before.clear();
        if frame.now.trim().is_empty() {
            frame.now.clear();
            return;
        }
        if !frame.done.is_empty() {
            match frame.gap {
                Gap::None => {}
                Gap::Tab => frame.done.push('\t'),
                Gap::Line => frame.done.push('\n'),
            }
        }
        frame.done.push_str(&frame.now);
        frame.now.clear();
        frame.gap = Gap::Line;
        if frame.numbered && frame.rows == 0 {
            frame.flush(here, out);
            self.numbers.paragraph = self.numbers.paragraph.saturating_add(1);
            self.numbers.page_of_line = self.numbers.page;
        }
    }

    fn gap(&mut self, gap: Gap, out: &mut Extract) {
        self.line(out);
        if let Some(frame) = self.frames.last_mut() {
            frame.gap = gap;
        }
    }

    fn open(&mut self, place: Option<String>, out: &Extract) {
        self.frames.push(Frame::new(place, out));
    }

    fn close(&mut self, out: &mut Extract) {
        self.line(out);
        if let Some(mut frame) = self.frames.pop() {
            let place = frame.place.take();
            frame.flush(place, out);
        }
    }

    /// Ends a text that is given once, however often it stands there.
    fn close_once(&mut self, out: &mut Extract) {
        self.line(out);
        if let Some(mut frame) = self.frames.pop()
            && self.given.insert(format!("{}\0{}", frame.place.as_deref().unwrap_or_default(), frame.done))
        {
            let place = frame.place.take();
            frame.flush(place, out);
        }
    }

    fn end_cell(&mut self, out: &mut Extract) {
        if !self.cells.leave_cell() {
            return self.gap(Gap::Tab, out);
        }
        self.line(out);
        if let Some(frame) = self.frames.pop() {
            self.cells.end_cell(&frame.done, frame.at, out);
        }
    }

    /// Keeps what a change deleted for the place where it stood.
    fn end_change(&mut self, out: &mut Extract) {
        self.line(out);
        if let Some(frame) = self.frames.pop()
            && !frame.done.is_empty()
        {
            self.changes.insert(std::mem::take(&mut self.change), (frame.done, false));
        }
    }

    /// Ends all texts, those of XML that was cut off too.
    fn finish(mut self, out: &mut Extract) -> References {
        while !self.frames.is_empty() {
            if self.manner.sheets && self.frames.len() > 1 {
                self.end_cell(out);
            }
            self.close(out);
        }
        self.cells.end_row(out);
        let mut left: Vec<String> =
            self.changes.into_values().filter(|(_, told)| !told).map(|(text, _)| text).collect();
        left.sort();
        out.add(Some("deleted text"), left.join("\n"));
        self.references
    }
}

/// Whether a name ends in a small number, `Picture 3`.
fn is_numbered(name: &str) -> bool {
    let number = name.rsplit_once(' ').map(|(_, number)| number);
    number.is_some_and(|number| number.len() < 5 && number.bytes().all(|byte| byte.is_ascii_digit()))
}

impl Extract {
    /// Adds codes of fields; links in them as a person reads them.
    pub(super) fn add_link_code(&mut self, place: Option<&str>, code: &str) {
        let readable = crate::inspect::transfer::percent(code.as_bytes());
        let readable = String::from_utf8(readable).unwrap_or_else(|_| code.to_owned());
        self.add(Some(&joined(place, "field")), readable.trim());
    }
}
