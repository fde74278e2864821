//! Drawings as a list of commands: EMF (MS-EMF) and WMF (MS-WMF), as office documents embed them.
//!
//! What is written in them is text; bitmaps in them are pictures of their own. Lines and colours say nothing. Text
//! that only EMF+ (MS-EMFPLUS) draws, or that is given as glyphs of a font, is a picture that nobody has read.

use super::little_endian::{by_codepage, size_at, slice, u16_at, u32_at, utf_16};
use super::{Document, Extract, Inner, Limits};
use crate::inspect::Reason;

/// Mark of an EMF, and where it stands.
const EMF: &[u8] = b" EMF";
const EMF_AT: usize = 40;
/// Mark of a WMF with a size, and the length of what stands before its own header.
const PLACEABLE: &[u8] = b"\xD7\xCD\xC6\x9A";
const PLACEABLE_LEN: usize = 22;
const WMF_HEAD: usize = 18;
/// Commands of one drawing.
const MAX_RECORDS: usize = 1_000_000;

/// A drawing that is a file of its own.
pub(super) struct Metafile;

impl Document for Metafile {
    fn fits(&self, bytes: &[u8]) -> bool {
        const HEADER: u32 = 1;
        // Versions of WMF (MS-WMF section 2.1.1.19).
        const VERSIONS: [u16; 2] = [0x0100, 0x0300];
        (is_enhanced(bytes) && u32_at(bytes, 0) == Some(HEADER))
            || bytes.starts_with(PLACEABLE)
            || (is_windows(bytes) && u16_at(bytes, 4).is_some_and(|version| VERSIONS.contains(&version)))
    }

    fn read(&self, bytes: &[u8], limits: &mut Limits, out: &mut Extract) {
        read(bytes, None, limits, out);
    }
}

fn is_enhanced(bytes: &[u8]) -> bool {
    slice(bytes, EMF_AT, EMF.len()) == Some(EMF)
}

fn is_windows(bytes: &[u8]) -> bool {
    bytes.starts_with(PLACEABLE) || (matches!(u16_at(bytes, 0), Some(1 | 2)) && u16_at(bytes, 2) == Some(9))
}

/// Reads a drawing of either kind.
pub(super) fn read(bytes: &[u8], place: Option<&str>, limits: &mut Limits, out: &mut Extract) {
    let mut lines = Lines::default();
    let whole = if is_enhanced(bytes) {
        enhanced(bytes, place, &mut lines, limits, out)
    } else if is_windows(bytes) {
        windows(bytes, place, &mut lines, limits, out)
    } else {
        out.note(Reason::Unsupported);
        return;
    };
    if whole.is_none() {
        out.note(Reason::Malformed);
    }
    out.add(Some(&super::extract::joined(place, "drawing")), lines.text);
}

/// Texts in the order they are drawn: those at one height on one line, single characters together.
#[derive(Default)]
struct Lines {
    text: String,
    height: Option<u32>,
    single: bool,
}

impl Lines {
    fn add(&mut self, text: &str, height: Option<u32>) {
        let single = text.chars().count() == 1;
        let same_word = self.height == height && self.single && single;
        if !(self.text.is_empty() || same_word) {
            self.text.push(if self.height == height { ' ' } else { '\n' });
        }
        self.text.push_str(text);
        (self.height, self.single) = (height, single);
    }
}

fn enhanced(
    bytes: &[u8],
    place: Option<&str>,
    lines: &mut Lines,
    limits: &mut Limits,
    out: &mut Extract,
) -> Option<()> {
    const END: u32 = 14;
    /// Characters by their number in the font.
    const GLYPHS: u32 = 0x10;
    let mut at = 0_usize;
    for _ in 0..MAX_RECORDS {
        let (kind, len) = (u32_at(bytes, at)?, size_at(bytes, at.checked_add(4)?)?);
        let record = slice(bytes, at, len.max(8))?;
        at = at.checked_add(len.max(8))?;
        match kind {
            END => return Some(()),
            // EMR_EXTTEXTOUTA and EMR_EXTTEXTOUTW (sections 2.3.5.7 and 2.3.5.8).
            83 | 84 => {
                let (count, from, options) = (size_at(record, 44)?, size_at(record, 48)?, u32_at(record, 52)?);
                if options & GLYPHS != 0 && count > 0 {
                    out.note(Reason::ImageOnly);
                    continue;
                }
                let text = match kind {
                    83 => by_codepage(slice(record, from, count)?, 1252),
                    _ => utf_16(slice(record, from, count.checked_mul(2)?)?),
                };
                lines.add(&text, u32_at(record, 40));
            }
            // EMR_SMALLTEXTOUT (section 2.3.5.37).
            108 => {
                let (count, options) = (size_at(record, 16)?, u32_at(record, 20)?);
                let from = if options & 0x100 == 0 { 52 } else { 36 };
                let text = match options & 0x200 {
                    0 => utf_16(slice(record, from, count.checked_mul(2)?)?),
                    _ => by_codepage(slice(record, from, count)?, 1252),
                };
                lines.add(&text, u32_at(record, 12));
            }
            // EMR_COMMENT_EMFPLUS (section 2.3.3.2).
            70 if begins_plus_alone(record) => out.note(Reason::ImageOnly),
            // EMR_BITBLT, EMR_STRETCHBLT, EMR_SETDIBITSTODEVICE, EMR_STRETCHDIBITS (section 2.3.1).
            76 | 77 | 80 | 81 => {
                let table = if kind < 80 { 84 } else { 48 };
                let part = |at: usize| slice(record, size_at(record, at)?, size_at(record, at.checked_add(4)?)?);
                let (head, bits) = (part(table)?, part(table.checked_add(8)?)?);
                if !bits.is_empty() {
                    bitmap(&[head, bits].concat(), place, limits, out);
                }
            }
            _ => {}
        }
    }
    None
}

/// The first record of EMF+ says whether the records around it draw the same (MS-EMFPLUS section 2.3.3.3).
fn begins_plus_alone(record: &[u8]) -> bool {
    const HEADER: u16 = 0x4001;
    slice(record, 12, 4) == Some(&b"EMF+"[..])
        && u16_at(record, 16) == Some(HEADER)
        && u16_at(record, 18).is_some_and(|flags| flags & 1 == 0)
}

fn windows(bytes: &[u8], place: Option<&str>, lines: &mut Lines, limits: &mut Limits, out: &mut Extract) -> Option<()> {
    let start = if bytes.starts_with(PLACEABLE) { PLACEABLE_LEN } else { 0 };
    let mut at = start.checked_add(WMF_HEAD)?;
    for _ in 0..MAX_RECORDS {
        let words = size_at(bytes, at)?;
        let len = words.checked_mul(2)?.max(6);
        let record = slice(bytes, at, len)?;
        let function = u16_at(record, 4)?;
        at = at.checked_add(len)?;
        match function {
            0 => return Some(()),
            // META_TEXTOUT (section 2.3.3.20).
            0x0521 => {
                let count = usize::from(u16_at(record, 6)?);
                let height = u16_at(record, count.next_multiple_of(2).checked_add(8)?).map(u32::from);
                lines.add(&by_codepage(slice(record, 8, count)?, 1252), height);
            }
            // META_EXTTEXTOUT (section 2.3.3.5).
            0x0A32 => {
                let (count, options) = (usize::from(u16_at(record, 10)?), u16_at(record, 12)?);
                let from = if options & 6 == 0 { 14 } else { 22 };
                lines.add(&by_codepage(slice(record, from, count)?, 1252), u16_at(record, 6).map(u32::from));
            }
            // Bitmaps (section 2.3.1), which stand behind what is said of their places.
            0x0F43 | 0x0B41 | 0x0940 | 0x0D33 => {
                let from = match function {
                    0x0F43 => 28,
                    0x0B41 => 26,
                    0x0940 => 22,
                    _ => 24,
                };
                if let Some(content) = record.get(from..).filter(|content| size_at(content, 0) == Some(40)) {
                    bitmap(content, place, limits, out);
                }
            }
            _ => {}
        }
    }
    None
}

/// Hands on a bitmap without the head of its file (MS-WMF section 2.2.2.9).
pub(super) fn bitmap(content: &[u8], place: Option<&str>, limits: &mut Limits, out: &mut Extract) {
    const FILE_HEAD: usize = 14;
    let head = size_at(content, 0).unwrap_or_default();
    let depth = u16_at(content, 14).unwrap_or_default();
    let masks = if head == 40 && u32_at(content, 16) == Some(3) { 12 } else { 0 };
    let used = size_at(content, 32).unwrap_or_default();
    let colours = match (used, depth) {
        (0, 1..=8) => 1_usize.wrapping_shl(u32::from(depth)),
        (used, 1..=8) => used.min(256),
        _ => 0,
    };
    let from = [head, masks, colours.saturating_mul(4)].iter().fold(FILE_HEAD, |sum, len| sum.saturating_add(*len));
    let len = content.len().saturating_add(FILE_HEAD);
    if from >= len {
        out.note(Reason::Malformed);
        return;
    }
    if !limits.take_bytes(len) {
        out.note(Reason::OverLimit);
        return;
    }
    let word = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes();
    let bytes = [b"BM", word(len).as_slice(), &[0; 4], &word(from), content].concat();
    out.files.push(Inner { place: place.map(str::to_owned), bytes, ..Inner::default() });
}
