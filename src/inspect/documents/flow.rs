//! Running text of office documents: paragraphs, table rows, text boxes, notes, tracked changes.
//!
//! One walk for all of WordprocessingML, DrawingML, VML and OpenDocument (ECMA-376 part 1, sections 17
//! and 21; OpenDocument 1.3 part 3). Runs of a paragraph are one text, however often it is split. The
//! cells of a row stand on one line with tabs between them. What stands beside the text (boxes, notes,
//! comments) is a piece of its own. Deleted text is a piece of its own too, with the rest of the word it
//! was deleted from, so that neither reading of a changed number is lost.

use std::ops::Range;

use super::extract::{condensed, joined};
use super::xml::{self, Element, Node};
use super::{Extract, Limits};

/// Which elements mean what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Vocabulary {
    /// WordprocessingML, DrawingML, VML: text stands in `t`.
    OfficeOpen,
    /// Text stands in the paragraph.
    OpenDocument,
}

/// What an element does to the text in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// Nothing: its text is a line, or goes with the paragraph it is in.
    Plain,
    Text,
    DeletedText,
    /// Code of a field: `HYPERLINK "mailto:…"`.
    Code,
    Paragraph,
    Cell,
    Row,
    Deleted,
    Inserted,
    /// A text of its own.
    Side(&'static str),
    /// One text in several forms, of which programs show one.
    Alternates,
    Choice,
    Fallback,
    /// Measures and settings, no text.
    Measure,
}

/// Attributes that hold text for people: element, attribute, and what it is.
const ATTRIBUTES: [(&str, &str, &str); 31] = [
    ("docPr", "descr", "alt text"),
    ("docPr", "title", "alt text"),
    ("cNvPr", "descr", "alt text"),
    ("cNvPr", "title", "alt text"),
    ("shape", "alt", "alt text"),
    ("rect", "alt", "alt text"),
    ("tblCaption", "val", "alt text"),
    ("tblDescription", "val", "alt text"),
    ("tblPr", "descr", "alt text"),
    ("textpath", "string", "text box"),
    ("fldSimple", "instr", "field"),
    ("hyperlink", "tooltip", "link"),
    ("hyperlink", "anchor", "link"),
    ("hlinkClick", "tooltip", "link"),
    ("docVar", "val", "variable"),
    ("alias", "val", "form"),
    ("tag", "val", "form"),
    ("listItem", "displayText", "form"),
    ("listItem", "value", "form"),
    ("listEntry", "val", "form"),
    ("default", "val", "form"),
    ("helpText", "val", "form"),
    ("statusText", "val", "form"),
    ("lvlText", "val", "numbering"),
    ("bookmarkStart", "name", "bookmark"),
    ("person", "author", "author"),
    ("comment", "author", "author"),
    ("person", "displayName", "author"),
    ("tableColumn", "totalsRowLabel", "table"),
    ("dbPr", "connection", "connection"),
    ("dbPr", "command", "connection"),
];

/// Reads an XML part; its own text is at `place`, other texts at that and what they are.
pub(super) fn read(bytes: &[u8], words: Vocabulary, place: Option<&str>, limits: &Limits, out: &mut Extract) {
    let mut flow = Flow::new(words, place, out);
    xml::read(bytes, limits, out, &mut |node, out| flow.node(node, out));
    flow.finish(out);
}

/// Where the next text of a frame goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gap {
    None,
    Tab,
    Line,
}

/// A text that is being read: the document's own, or one beside it.
struct Frame {
    place: Option<String>,
    /// Where its piece goes, before the pieces inside it.
    at: usize,
    done: String,
    gap: Gap,
    paragraphs: usize,
    /// The current line with all changes made.
    now: String,
    /// And without them, with what was deleted.
    before: String,
    deleted: Vec<Range<usize>>,
    code: String,
}

struct Flow {
    words: Vocabulary,
    frames: Vec<Frame>,
    roles: Vec<Role>,
    deleted: usize,
    inserted: usize,
    measures: usize,
    /// Of alternates: where their first form begins and ends in the pieces.
    alternates: Vec<(usize, usize)>,
}

impl Flow {
    fn new(words: Vocabulary, place: Option<&str>, out: &Extract) -> Self {
        Flow {
            words,
            frames: vec![Frame::new(place.map(str::to_owned), out)],
            roles: Vec::new(),
            deleted: 0,
            inserted: 0,
            measures: 0,
            alternates: Vec::new(),
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
        let name = element.name();
        let role = match self.words {
            Vocabulary::OfficeOpen => office_open(name),
            Vocabulary::OpenDocument => open_document(element),
        };
        self.roles.push(role);
        match role {
            Role::Measure => self.measures = self.measures.saturating_add(1),
            _ if self.measures > 0 => return,
            Role::Deleted => self.deleted = self.deleted.saturating_add(1),
            Role::Inserted => self.inserted = self.inserted.saturating_add(1),
            Role::Side(what) => self.open(what, out),
            Role::Fallback => self.open("older form", out),
            Role::Alternates => self.alternates.push((out.pieces.len(), out.pieces.len())),
            Role::Paragraph => {
                // A paragraph in a paragraph begins a line; what stood before it is a line too.
                self.line(out);
                if let Some(frame) = self.frames.last_mut() {
                    frame.paragraphs = frame.paragraphs.saturating_add(1);
                }
            }
            Role::Plain | Role::Text | Role::DeletedText | Role::Code | Role::Cell | Role::Row | Role::Choice => {}
        }
        self.characters(element);
        self.attributes(element, out);
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
            Role::Side(_) => self.close(out),
            Role::Fallback => {
                self.close(out);
                self.drop_known(out);
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
            Role::Cell | Role::Row => {
                self.line(out);
                if let Some(frame) = self.frames.last_mut() {
                    frame.gap = if role == Role::Cell { Gap::Tab } else { Gap::Line };
                }
            }
            Role::Plain | Role::Text | Role::DeletedText | Role::Code | Role::Measure => {
                if self.frames.last().is_some_and(|frame| frame.paragraphs == 0) {
                    self.line(out);
                }
            }
        }
    }

    fn text(&mut self, text: &str) {
        let role = self.roles.last().copied().unwrap_or(Role::Plain);
        let blank = text.trim().is_empty();
        let Some(frame) = self.frames.last_mut() else { return };
        let counts = match (self.words, role) {
            _ if self.measures > 0 => false,
            (_, Role::Text | Role::DeletedText) => true,
            (_, Role::Code) => {
                frame.code.push_str(text);
                false
            }
            (Vocabulary::OpenDocument, _) if frame.paragraphs > 0 => true,
            _ => !blank,
        };
        if !counts {
            return;
        }
        match self.words {
            Vocabulary::OfficeOpen => self.push(text, role == Role::DeletedText),
            // Line ends and indents of the XML are single spaces (OpenDocument 1.3 part 3, section 6.1.2).
            Vocabulary::OpenDocument => {
                let spaced = text.split([' ', '\t', '\r', '\n']).fold(String::new(), |mut spaced, word| {
                    if !spaced.is_empty() || !word.is_empty() {
                        spaced.push_str(word);
                    }
                    if !spaced.ends_with(' ') {
                        spaced.push(' ');
                    }
                    spaced
                });
                let ends_in_space = text.ends_with([' ', '\t', '\r', '\n']);
                self.push(if ends_in_space { &spaced } else { spaced.trim_end_matches(' ') }, false);
            }
        }
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

    /// Elements that stand for characters.
    fn characters(&mut self, element: &Element<'_>) {
        match element.name() {
            "tab" | "ptab" => self.push("\t", false),
            "br" | "cr" | "line-break" => self.push("\n", false),
            "noBreakHyphen" => self.push("-", false),
            "softHyphen" => self.push("\u{AD}", false),
            // Several spaces (OpenDocument); more than one tells nothing.
            "s" if self.words == Vocabulary::OpenDocument => self.push(" ", false),
            // A value that a pivot table remembers (ECMA-376 part 1, 18.10.1).
            "s" | "n" | "d" if self.words == Vocabulary::OfficeOpen => {
                if let Some(value) = element.attribute("v") {
                    self.push(&value, false);
                }
            }
            // A character of a symbol font, which has them from U+F000 on (ECMA-376 part 1, 17.3.3.30).
            "sym" => {
                let code = element.attribute("char").and_then(|code| u32::from_str_radix(&code, 16).ok());
                let code = code.map(|code| if (0xF020..=0xF0FF).contains(&code) { code & 0xFF } else { code });
                if let Some(character) = code.and_then(char::from_u32) {
                    self.push(character.encode_utf8(&mut [0; 4]), false);
                }
            }
            "fldChar" if element.says("fldCharType", &["begin"]) => {
                if let Some(frame) = self.frames.last_mut().filter(|frame| !frame.code.is_empty()) {
                    frame.code.push('\n');
                }
            }
            _ => {}
        }
    }

    fn attributes(&mut self, element: &Element<'_>, out: &mut Extract) {
        let place = self.frames.last().and_then(|frame| frame.place.clone());
        let place = place.as_deref();
        for (_, attribute, what) in ATTRIBUTES.iter().filter(|(name, ..)| *name == element.name()) {
            let Some(value) = element.attribute(attribute) else { continue };
            let own_name = *what == "bookmark" && value.starts_with('_');
            let known = || {
                let place = joined(place, what);
                // One picture is named on several levels.
                out.pieces.iter().rev().take(4).any(|p| p.place.as_ref() == Some(&place) && p.text == value.as_ref())
            };
            if own_name || known() {
                continue;
            }
            match *what {
                "link" => out.add_link(place, &value),
                what => out.add(Some(&joined(place, what)), value),
            }
        }
    }

    /// Ends the current line.
    fn line(&mut self, out: &mut Extract) {
        let Some(frame) = self.frames.last_mut() else { return };
        if !frame.deleted.is_empty() {
            let place = joined(frame.place.as_deref(), "deleted text");
            out.add(Some(&place), words_around(&frame.before, &frame.deleted));
            frame.deleted.clear();
        }
        if !frame.code.is_empty() {
            out.add_link_code(frame.place.as_deref(), &std::mem::take(&mut frame.code));
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
    }

    fn open(&mut self, what: &str, out: &Extract) {
        let place = self.frames.last().and_then(|frame| frame.place.clone());
        let place = match place {
            // A box in the frame that draws it.
            Some(place) if place.ends_with(what) => place,
            place => joined(place.as_deref(), what),
        };
        self.frames.push(Frame::new(Some(place), out));
    }

    fn close(&mut self, out: &mut Extract) {
        self.line(out);
        if let Some(frame) = self.frames.pop() {
            out.insert(frame.at, frame.place.as_deref(), frame.done);
        }
    }

    /// Drops what an older form only repeats.
    fn drop_known(&self, out: &mut Extract) {
        let Some((start, end)) = self.alternates.last().copied() else { return };
        let shown = out.pieces.get(start..end).unwrap_or_default().iter().map(|piece| condensed(&piece.text));
        let line = self.frames.last().map(|frame| condensed(&frame.now)).unwrap_or_default();
        let shown: Vec<String> = shown.chain([line]).collect();
        let mut at = 0_usize;
        out.pieces.retain(|piece| {
            let older = at >= end;
            at = at.saturating_add(1);
            !older || !shown.iter().any(|known| known.contains(&condensed(&piece.text)))
        });
    }

    /// Ends all texts, those of XML that was cut off too.
    fn finish(mut self, out: &mut Extract) {
        while !self.frames.is_empty() {
            self.close(out);
        }
    }
}

impl Frame {
    fn new(place: Option<String>, out: &Extract) -> Self {
        Frame {
            place,
            at: out.pieces.len(),
            done: String::new(),
            gap: Gap::None,
            paragraphs: 0,
            now: String::new(),
            before: String::new(),
            deleted: Vec::new(),
            code: String::new(),
        }
    }
}

impl Extract {
    /// Adds codes of fields; links in them as a person reads them.
    pub(super) fn add_link_code(&mut self, place: Option<&str>, code: &str) {
        let readable = crate::inspect::transfer::percent(code.as_bytes());
        let readable = String::from_utf8(readable).unwrap_or_else(|_| code.to_owned());
        self.add(Some(&joined(place, "field")), readable.trim());
    }
}

/// The deleted stretches of a line, a line each, with the rest of the words they were deleted from.
pub(super) fn words_around(before: &str, deleted: &[Range<usize>]) -> String {
    let mut words: Vec<Range<usize>> = Vec::new();
    for span in deleted {
        let text = before.get(span.clone()).unwrap_or_default();
        let in_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let (mut start, mut end) = (span.start, span.end);
        if in_word(text.chars().next()) {
            let head = before.get(..start).unwrap_or_default();
            start = head.trim_end_matches(char::is_alphanumeric).len();
        }
        if in_word(text.chars().next_back()) {
            let tail = before.get(end..).unwrap_or_default();
            let rest = tail.trim_start_matches(char::is_alphanumeric).len();
            end = before.len().saturating_sub(rest);
        }
        match words.last_mut().filter(|last| last.end >= start) {
            Some(last) => last.end = last.end.max(end),
            None => words.push(start..end),
        }
    }
    let words: Vec<&str> = words.into_iter().filter_map(|word| before.get(word)).collect();
    words.join("\n")
}

fn office_open(name: &str) -> Role {
    match name {
        "t" => Role::Text,
        "delText" => Role::DeletedText,
        "instrText" | "delInstrText" => Role::Code,
        "p" => Role::Paragraph,
        "tc" => Role::Cell,
        "tr" => Role::Row,
        "del" | "moveFrom" => Role::Deleted,
        "ins" | "moveTo" => Role::Inserted,
        "txbxContent" | "textbox" => Role::Side("text box"),
        "footnote" => Role::Side("footnote"),
        "endnote" => Role::Side("endnote"),
        "comment" | "cm" => Role::Side("comment"),
        "AlternateContent" => Role::Alternates,
        "Choice" => Role::Choice,
        "Fallback" => Role::Fallback,
        "tabs" | "tabLst" | "ClientData" => Role::Measure,
        "align" | "posOffset" | "pctWidth" | "pctHeight" | "pctPosHOffset" | "pctPosVOffset" => Role::Measure,
        _ => Role::Plain,
    }
}

fn open_document(element: &Element<'_>) -> Role {
    match element.name() {
        "p" | "h" => Role::Paragraph,
        "table-cell" | "covered-table-cell" => Role::Cell,
        "table-row" => Role::Row,
        "note" if element.says("note-class", &["endnote"]) => Role::Side("endnote"),
        "note" => Role::Side("footnote"),
        "annotation" => Role::Side("comment"),
        "deletion" => Role::Side("deleted text"),
        "text-box" => Role::Side("text box"),
        "title" | "desc" => Role::Side("alt text"),
        "note-citation" => Role::Measure,
        _ => Role::Plain,
    }
}
