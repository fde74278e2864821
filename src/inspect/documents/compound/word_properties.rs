//! Properties of characters and paragraphs that change how text is read: tracked changes, and where cells and rows
//! of tables end (MS-DOC sections 2.8.5, 2.8.6 and 2.9.32 ff.).

use std::ops::Range;

use super::super::little_endian::{slice, u8_at, u16_at};
use super::super::story::Change;
use super::word_fib::positions;

/// Bytes of a page of properties.
const PAGE: usize = 512;
/// Stretches of one document that have a property.
const MAX_STRETCHES: usize = 1_000_000;
/// Bytes that a page has for each of its stretches besides their bounds.
const CHARACTERS: usize = 1;
const PARAGRAPHS: usize = 13;

/// What a paragraph mark ends besides its paragraph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// A cell of a table that stands in another one.
    Cell,
    Row,
    /// Whether it does stands in another stream.
    Elsewhere,
}

/// Stretches of the file, by the offsets of their first byte and of the one behind, in order.
pub(super) struct Stretches<T>(Vec<(Range<usize>, T)>);

impl<T> Default for Stretches<T> {
    fn default() -> Self {
        Stretches(Vec::new())
    }
}

impl<T: Copy> Stretches<T> {
    /// To be asked for one place after the other, from this one on.
    pub fn from(&self, place: usize) -> Forward<'_, T> {
        let passed = self.0.partition_point(|(range, _)| range.end <= place);
        Forward(self.0.get(passed..).unwrap_or_default())
    }
}

pub(super) struct Forward<'s, T>(&'s [(Range<usize>, T)]);

impl<T: Copy> Forward<'_, T> {
    pub fn at(&mut self, place: usize) -> Option<T> {
        while let Some(((range, _), rest)) = self.0.split_first()
            && range.end <= place
        {
            self.0 = rest;
        }
        self.0.first().filter(|(range, _)| range.start <= place).map(|(_, what)| *what)
    }
}

/// Characters that were inserted or deleted.
pub(super) fn changes(word: &[u8], table: &[u8]) -> Stretches<Change> {
    stretches(word, table, CHARACTERS, |page, at| {
        let len = u8_at(page, at)?;
        change(slice(page, at.checked_add(1)?, usize::from(len))?)
    })
}

/// Paragraphs that end a row, or a cell inside a cell.
pub(super) fn ends(word: &[u8], table: &[u8]) -> Stretches<End> {
    stretches(word, table, PARAGRAPHS, |page, at| {
        // The length counts pairs: one byte less than so many, or in a byte of its own all of them.
        let (from, len) = match usize::from(u8_at(page, at)?) {
            0 => (at.checked_add(2)?, usize::from(u8_at(page, at.checked_add(1)?)?).checked_mul(2)?),
            pairs => (at.checked_add(1)?, pairs.checked_mul(2)?.checked_sub(1)?),
        };
        // The number of a style comes first.
        end(slice(page, from, len)?.get(2..)?)
    })
}

/// Reads the pages that a table names: bounds of stretches, then for each where its properties stand, in pairs of
/// bytes from the page's start.
fn stretches<T>(word: &[u8], table: &[u8], width: usize, read: impl Fn(&[u8], usize) -> Option<T>) -> Stretches<T> {
    let pages = table.len().saturating_sub(4) / 8;
    let numbers = table.get(pages.saturating_add(1).saturating_mul(4)..).unwrap_or_default();
    let mut found = Vec::new();
    for number in numbers.as_chunks::<4>().0 {
        let number = usize::try_from(u32::from_le_bytes(*number) & 0x003F_FFFF).unwrap_or_default();
        let Some(page) = slice(word, number.saturating_mul(PAGE), PAGE) else { continue };
        let runs = usize::from(page.last().copied().unwrap_or_default());
        let after = runs.saturating_add(1).saturating_mul(4);
        let bounds = positions(page.get(..after).unwrap_or_default());
        for (run, range) in bounds.windows(2).enumerate() {
            let at = after.saturating_add(run.saturating_mul(width));
            let at = usize::from(u8_at(page, at).unwrap_or_default()).saturating_mul(2);
            if let ([start, end], true) = (range, at > 0 && found.len() < MAX_STRETCHES)
                && start < end
                && let Some(what) = read(page, at)
            {
                found.push((*start..*end, what));
            }
        }
    }
    found.sort_by_key(|(range, _)| range.start);
    Stretches(found)
}

/// What the properties of a run say of tracked changes (section 2.6.1).
fn change(properties: &[u8]) -> Option<Change> {
    const DELETED: u16 = 0x0800;
    const INSERTED: u16 = 0x0801;
    let set = |wanted| each(properties).any(|(code, value)| code == wanted && value & 1 == 1);
    match set(DELETED) {
        true => Some(Change::Deleted),
        false => set(INSERTED).then_some(Change::Inserted),
    }
}

/// What the properties of a paragraph say of tables (section 2.6.2).
fn end(properties: &[u8]) -> Option<End> {
    const ROW: [u16; 2] = [0x2417, 0x244C];
    const CELL: u16 = 0x244B;
    const ELSEWHERE: [u16; 2] = [0x6645, 0x6646];
    let has = |wanted: &[u16]| each(properties).any(|(code, value)| wanted.contains(&code) && value & 1 == 1);
    if has(&ROW) {
        return Some(End::Row);
    }
    if each(properties).any(|(code, _)| ELSEWHERE.contains(&code)) {
        return Some(End::Elsewhere);
    }
    has(&[CELL]).then_some(End::Cell)
}

/// Properties one after the other, each with the first byte of its value; how long that is says its code
/// (section 2.2.5.1).
fn each(mut properties: &[u8]) -> impl Iterator<Item = (u16, u8)> {
    /// A definition of a table, whose length takes two bytes and counts one of them.
    const TABLE: u16 = 0xD608;
    std::iter::from_fn(move || {
        let (code, value) = (u16_at(properties, 0)?, u8_at(properties, 2)?);
        let len = match code >> 13 {
            _ if code == TABLE => usize::from(u16_at(properties, 2)?).saturating_add(1),
            0 | 1 => 1,
            2 | 4 | 5 => 2,
            3 => 4,
            7 => 3,
            _ => usize::from(value).saturating_add(1),
        };
        properties = properties.get(len.saturating_add(2)..).unwrap_or_default();
        Some((code, value))
    })
}
