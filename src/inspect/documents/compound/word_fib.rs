//! Where a Word document keeps what: the file information block and the piece table
//! (MS-DOC sections 2.5 and 2.9.38; Word 6 and 95 had the same in other places).

use super::super::little_endian::{size_at, slice, u16_at, u32_at, utf_16};

/// Signs of the first version with today's layout, and of the last one before.
const WORD_97: u16 = 0xC0;
const WORD_6: u16 = 101;
/// Pieces of one document.
const MAX_PIECES: usize = 1_000_000;

/// Numbers of tables (section 2.5.6).
pub(super) const BLOCKS: usize = 9;
pub(super) const HEADERS: usize = 11;
pub(super) const CHARACTERS: usize = 12;
pub(super) const PARAGRAPHS: usize = 13;
pub(super) const BOOKMARKS: usize = 21;
pub(super) const PIECES: usize = 33;
pub(super) const COMMENT_AUTHORS: usize = 36;
pub(super) const CHANGE_AUTHORS: usize = 51;
pub(super) const VARIABLES: usize = 60;
pub(super) const SAVED_BY: usize = 71;

/// Parts of the text, in the order of its characters.
pub(super) const STORIES: [Option<&str>; 8] = [
    None,
    Some("footnote"),
    Some("header"),
    Some("macro"),
    Some("comment"),
    Some("endnote"),
    Some("text box"),
    Some("header text box"),
];

pub(super) struct Fib<'a> {
    word: &'a [u8],
    /// Of Word 6 or 95.
    pub old: bool,
    /// Saved fast; before Word 97 only such documents use their piece table.
    fast: bool,
    pub encrypted: bool,
    /// The stream of tables, by its name.
    pub table: &'static str,
}

impl<'a> Fib<'a> {
    /// None for what no reader knows.
    pub fn read(word: &'a [u8]) -> Option<Self> {
        let version = u16_at(word, 2)?;
        let flags = u16_at(word, 0x0A)?;
        if !(WORD_6..=WORD_6.saturating_add(4)).contains(&version) && version < WORD_97 {
            return None;
        }
        let table = if flags & 0x0200 == 0 { "0Table" } else { "1Table" };
        let fast = flags & 4 != 0;
        Some(Fib { word, old: version < WORD_97, fast, encrypted: flags & 0x0100 != 0, table })
    }

    /// The document of building blocks (AutoText) that a template has, at a page of 512 bytes (section 2.5.2).
    pub fn blocks(&self, word: &'a [u8]) -> Option<Self> {
        let page = u16_at(self.word, 8).filter(|page| *page > 0 && !self.old)?;
        let word = word.get(usize::from(page).checked_mul(512)?..)?;
        Fib::read(word).filter(|blocks| u16_at(word, 0) == u16_at(self.word, 0) && !blocks.old)
    }

    /// Lengths of the stories in characters.
    pub fn lengths(&self) -> Option<[usize; 8]> {
        let first: usize = if self.old { 0x34 } else { 0x4C };
        let mut lengths = [0; 8];
        for (number, length) in lengths.iter_mut().enumerate() {
            *length = size_at(self.word, first.checked_add(number.checked_mul(4)?)?)?;
        }
        Some(lengths)
    }

    /// A table by its number; empty when the document has none.
    pub fn table<'t>(&self, tables: &'t [u8], number: usize) -> Option<&'t [u8]> {
        let at = match (self.old, number) {
            (false, _) => number.checked_mul(8)?.checked_add(0x9A)?,
            (true, PIECES) => 0x160,
            (true, _) => return Some(&[]),
        };
        let (start, len) = (size_at(self.word, at)?, size_at(self.word, at.checked_add(4)?)?);
        if len == 0 { Some(&[]) } else { slice(tables, start, len) }
    }
}

/// A stretch of characters that stand together in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub characters: usize,
    /// Offset of its first byte.
    pub at: usize,
    pub wide: bool,
}

/// The piece table: in a document saved fast the pieces stand in any order.
pub(super) fn pieces(fib: &Fib<'_>, tables: &[u8]) -> Option<Vec<Span>> {
    let clx = fib.table(tables, PIECES)?;
    if fib.old && (clx.is_empty() || !fib.fast) {
        let (start, end) = (size_at(fib.word, 0x18)?, size_at(fib.word, 0x1C)?);
        return Some(vec![Span { characters: end.checked_sub(start)?, at: start, wide: false }]);
    }
    let mut rest = clx;
    // Properties of pieces come first.
    while rest.first() == Some(&1) {
        let len = usize::from(u16_at(rest, 1)?);
        rest = rest.get(len.checked_add(3)?..)?;
    }
    if rest.first() != Some(&2) {
        return None;
    }
    let plc = slice(rest, 5, size_at(rest, 1)?)?;
    let count = plc.len().checked_sub(4)?.checked_div(12)?.min(MAX_PIECES);
    let mut spans = Vec::with_capacity(count);
    for number in 0..count {
        let position = number.checked_mul(4)?;
        let (start, end) = (size_at(plc, position)?, size_at(plc, position.checked_add(4)?)?);
        let descriptor = count.checked_add(1)?.checked_mul(4)?.checked_add(number.checked_mul(8)?)?;
        let place = u32_at(plc, descriptor.checked_add(2)?)?;
        let (wide, place) = match (fib.old, place & 0x4000_0000 != 0) {
            (true, _) => (false, place),
            (false, true) => (false, (place & 0x3FFF_FFFF) / 2),
            (false, false) => (true, place & 0x3FFF_FFFF),
        };
        spans.push(Span { characters: end.checked_sub(start)?, at: usize::try_from(place).ok()?, wide });
    }
    Some(spans)
}

/// Ends of the stories among headers and footers, in characters (section 2.8.23).
pub(super) fn positions(plc: &[u8]) -> Vec<usize> {
    plc.as_chunks::<4>().0.iter().filter_map(|at| usize::try_from(u32::from_le_bytes(*at)).ok()).collect()
}

/// Texts of a string table (section 2.2.4), or of a bare list of them.
pub(super) fn strings(table: &[u8]) -> Vec<String> {
    let (mut at, mut counted, extra) = match (u16_at(table, 0), u16_at(table, 2), u16_at(table, 4)) {
        (Some(0xFFFF), Some(count), Some(extra)) => (6_usize, count, usize::from(extra)),
        _ => (0, 0, 0),
    };
    let mut found = Vec::new();
    while let Some(units) = u16_at(table, at) {
        let len = usize::from(units).saturating_mul(2);
        let Some(text) = slice(table, at.saturating_add(2), len) else { break };
        found.push(utf_16(text));
        at = at.saturating_add(len).saturating_add(2);
        // Values of variables follow their names, in a bare list.
        if let Some(left) = counted.checked_sub(1) {
            counted = left;
            at = at.saturating_add(extra);
        }
    }
    found
}
