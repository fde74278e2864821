//! Word documents up to 2003 (MS-DOC), those of Word 6 and 95 too.
//!
//! The text stands in pieces anywhere in the file; their table says in which order. Body, notes, headers,
//! comments and boxes follow each other in it. Own, because the crate at hand (`undoc`) gives only the
//! body, and deleted text in it as if it stood there.

use encoding_rs::WINDOWS_1252;

use super::super::little_endian::{u8_at, u16_at};
use super::super::story::{Change, Story};
use super::super::{Extract, Limits};
use super::art;
use super::store::Store;
use super::word_fib::{self as fib, Fib, Span};
use super::word_fields::form_fields;
use super::word_properties::{self as properties, End, Stretches};
use crate::inspect::{Lock, Reason};

/// Characters between two looks at the clock.
const STEP: usize = 1 << 16;

pub(super) fn read(store: &mut Store<'_>, limits: &mut Limits, out: &mut Extract) {
    let Some(word) = store.stream(Store::ROOT, "WordDocument", limits, out) else { return };
    let Some(fib) = Fib::read(&word) else {
        out.note(Reason::Unsupported);
        out.add(None, super::runs(&word));
        return;
    };
    if fib.encrypted {
        out.note(Reason::Encrypted(Lock::Office));
        for name in ["0Table", "1Table", "Data"] {
            if let Some(number) = store.find(Store::ROOT, name) {
                store.skip(number);
            }
        }
        return;
    }
    let tables = if fib.old { None } else { store.stream(Store::ROOT, fib.table, limits, out) };
    let tables = tables.as_deref().unwrap_or(&word);
    if body(&fib, &word, tables, None, limits, out).is_none() {
        out.note(Reason::Malformed);
        out.add(Some("damaged text"), super::runs(&word));
        return;
    }
    // Building blocks of a template are a document of their own, in the same streams.
    if let Some(blocks) = fib.blocks(&word)
        && body(&blocks, &word, tables, Some("autotext"), limits, out).is_none()
    {
        out.note(Reason::Malformed);
    }
    let data = store.stream(Store::ROOT, "Data", limits, out).unwrap_or_default();
    form_fields(&data, limits, out);
    art::texts(tables, None, limits, out);
    art::texts(&data, None, limits, out);
    art::pictures(&data, None, limits, out);
    art::pictures(&word, None, limits, out);
    if fib.old {
        art::bare_metafiles(&word, limits, out);
    }
}

/// Reads one document of the file. None when it does not say where its text stands.
fn body(
    fib: &Fib<'_>,
    word: &[u8],
    tables: &[u8],
    place: Option<&str>,
    limits: &mut Limits,
    out: &mut Extract,
) -> Option<()> {
    let (spans, lengths) = (fib::pieces(fib, tables)?, fib.lengths()?);
    let table = |number| if fib.old { Some(&[][..]) } else { fib.table(tables, number) };
    let changes = table(fib::CHARACTERS).map(|table| properties::changes(word, table));
    let ends = table(fib::PARAGRAPHS).map(|table| properties::ends(word, table));
    let headers = table(fib::HEADERS).map(fib::positions);
    if changes.is_none() || ends.is_none() || headers.is_none() {
        out.note(Reason::Malformed);
    }
    let mut text = Text {
        lengths: lengths.to_vec(),
        headers: headers.unwrap_or_default(),
        header: 0,
        story: 0,
        at: 0,
        current: Story::new(place),
        fields: Vec::new(),
        guess: table(fib::PARAGRAPHS).unwrap_or_default().is_empty(),
        cell_ended: false,
        high: None,
    };
    let (changes, ends) = (changes.unwrap_or_default(), ends.unwrap_or_default());
    for span in &spans {
        text.span(word, *span, &changes, &ends, limits, out);
    }
    text.finish(out);
    if !fib.old {
        beside(fib, tables, out);
    }
    Some(())
}

/// Names and variables that stand in tables of their own.
fn beside(fib: &Fib<'_>, tables: &[u8], out: &mut Extract) {
    for (number, place) in [
        (fib::COMMENT_AUTHORS, "author"),
        (fib::CHANGE_AUTHORS, "author"),
        (fib::SAVED_BY, "saved by"),
        (fib::BOOKMARKS, "bookmark"),
        (fib::VARIABLES, "variable"),
        (fib::BLOCKS, "autotext"),
    ] {
        match fib.table(tables, number) {
            Some(table) => {
                let texts: Vec<String> =
                    fib::strings(table).into_iter().filter(|text| !text.starts_with('_')).collect();
                out.add(Some(place), texts.join("\n"));
            }
            None => out.note(Reason::Malformed),
        }
    }
}

/// The text while it is put together.
struct Text {
    lengths: Vec<usize>,
    /// Where headers and footers begin in their story, and the next of them.
    headers: Vec<usize>,
    header: usize,
    /// The story that is being read, and the character in it.
    story: usize,
    at: usize,
    current: Story,
    /// Of open fields, whether their code is being read.
    fields: Vec<bool>,
    /// Nothing says which cells end a row.
    guess: bool,
    cell_ended: bool,
    /// The first half of a character of two units.
    high: Option<u16>,
}

impl Text {
    fn span(
        &mut self,
        word: &[u8],
        span: Span,
        changes: &Stretches<Change>,
        ends: &Stretches<End>,
        limits: &mut Limits,
        out: &mut Extract,
    ) {
        let width = if span.wide { 2 } else { 1 };
        let wanted = span.characters.saturating_mul(width);
        let from = word.get(span.at..).unwrap_or_default();
        let bytes = from.get(..wanted).unwrap_or(from);
        if bytes.len() < wanted {
            out.note(Reason::Malformed);
        }
        // Pieces may name the same bytes again and again.
        if !limits.take_bytes(bytes.len()) {
            out.note(Reason::OverLimit);
            return;
        }
        let (mut changes, mut ends) = (changes.from(span.at), ends.from(span.at));
        for number in 0..bytes.len().checked_div(width).unwrap_or_default() {
            if number.is_multiple_of(STEP) && !limits.in_time() {
                out.note(Reason::TimedOut);
                return;
            }
            let offset = number.saturating_mul(width);
            let unit = if span.wide { u16_at(bytes, offset) } else { u8_at(bytes, offset).map(from_1252) };
            let Some(unit) = unit else { break };
            let place = span.at.saturating_add(offset);
            self.unit(unit, changes.at(place).unwrap_or(Change::None), ends.at(place), out);
        }
    }

    fn unit(&mut self, unit: u16, change: Change, end: Option<End>, out: &mut Extract) {
        while self.lengths.get(self.story).is_some_and(|length| self.at >= *length) {
            self.next_story(out);
        }
        if self.story == HEADER_STORY && self.headers.get(self.header).is_some_and(|at| *at <= self.at) {
            self.turn(out);
        }
        self.at = self.at.saturating_add(1);
        let pair = match self.high.take() {
            Some(high) => char::decode_utf16([high, unit]).next().and_then(Result::ok),
            None => None,
        };
        if (0xD800..0xDC00).contains(&unit) {
            self.high = Some(unit);
            return;
        }
        match pair.or_else(|| char::from_u32(u32::from(unit))) {
            Some(c) => self.character(c, change, end),
            None => self.character(char::REPLACEMENT_CHARACTER, change, end),
        }
    }

    /// Section 2.4.1: characters that are not what they look like.
    fn character(&mut self, c: char, change: Change, end: Option<End>) {
        let cell_ended = std::mem::take(&mut self.cell_ended);
        match c {
            '\u{13}' => {
                self.fields.push(true);
                self.current.begin_code();
            }
            '\u{14}' => {
                if let Some(code) = self.fields.last_mut() {
                    *code = false;
                }
            }
            '\u{15}' => drop(self.fields.pop()),
            _ if self.fields.contains(&true) => match c {
                '\r' | '\u{B}' | '\u{C}' | '\u{7}' => self.current.begin_code(),
                c if c.is_control() && c != '\t' => {}
                c => self.current.push_code(c),
            },
            // In a table in a table.
            '\r' if end == Some(End::Cell) => self.current.end_cell(),
            '\r' | '\u{C}' | '\u{E}' => self.current.end_line(),
            '\u{7}' if end == Some(End::Row) => self.current.end_line(),
            // The last mark of a row stands behind that of its last cell.
            '\u{7}' if cell_ended && (self.guess || end == Some(End::Elsewhere)) => self.current.end_line(),
            '\u{7}' => {
                self.cell_ended = true;
                self.current.end_cell();
            }
            '\u{B}' => self.current.push('\n', change),
            '\u{1E}' => self.current.push('-', change),
            '\u{1F}' => self.current.push('\u{AD}', change),
            '\t' => self.current.push('\t', change),
            c if c.is_control() => {}
            c => self.current.push(c, change),
        }
    }

    fn next_story(&mut self, out: &mut Extract) {
        self.story = self.story.saturating_add(1);
        self.at = 0;
        let place = fib::STORIES.get(self.story).copied().unwrap_or(Some("further text"));
        self.begin(place, out);
    }

    /// Another header or footer begins: after six separators of notes, for each section three pairs
    /// (section 2.3.3).
    fn turn(&mut self, out: &mut Extract) {
        while self.headers.get(self.header).is_some_and(|at| *at <= self.at) {
            self.header = self.header.saturating_add(1);
        }
        let place = match self.header.checked_sub(7).map(|number| number % 6) {
            None => "separator of notes",
            Some(2 | 3 | 5) => "footer",
            Some(_) => "header",
        };
        self.begin(Some(place), out);
    }

    fn begin(&mut self, place: Option<&str>, out: &mut Extract) {
        std::mem::replace(&mut self.current, Story::new(place)).finish(out);
        self.fields.clear();
        self.cell_ended = false;
        self.high = None;
    }

    fn finish(mut self, out: &mut Extract) {
        self.begin(None, out);
        let missing = |length: &usize| *length > 0;
        let left = self.lengths.iter().skip(self.story.saturating_add(1)).any(missing);
        if left || self.lengths.get(self.story).is_some_and(|length| self.at < *length) {
            out.note(Reason::Malformed);
        }
    }
}

/// The number of the story of headers and footers.
const HEADER_STORY: usize = 2;

fn from_1252(byte: u8) -> u16 {
    match byte {
        0x80..=0x9F => {
            let text = WINDOWS_1252.decode_without_bom_handling(&[byte]).0.chars().next();
            text.and_then(|c| u16::try_from(u32::from(c)).ok()).unwrap_or(u16::from(byte))
        }
        _ => u16::from(byte),
    }
}
