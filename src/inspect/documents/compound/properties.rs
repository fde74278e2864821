//! Property sets (MS-OLEPS): title, author, keywords, and those of the organisation's own.

use std::collections::HashMap;

use super::super::little_endian::{before_nul, by_codepage, f64_at, runs, size_at, slice, u16_at, u32_at, utf_16};
use super::super::{Extract, Limits};
use super::store::Store;
use crate::inspect::Reason;

/// How names of streams of property sets begin, and those with names that all programs know (MS-OLEPS
/// sections 2.24 to 2.26).
const BEGIN: char = '\u{5}';
const SUMMARY_STREAM: &str = "\u{5}SummaryInformation";
const DOCUMENT_STREAM: &str = "\u{5}DocumentSummaryInformation";
/// Properties of one set, and values of one vector.
const MAX_VALUES: usize = 10_000;
/// Where the first set's offset stands, and bytes to the next one's.
const FIRST_SET: usize = 44;
const NEXT_SET: usize = 20;
/// The code page of all texts of a set, and the names of its own properties.
const CODEPAGE: u32 = 1;
const DICTIONARY: u32 = 0;
/// How often a document was saved, as text.
const REVISION: u32 = 9;
/// The first section is of Microsoft's making, the second of the user's.
const USER_SECTION: usize = 1;

/// Names by number (MS-OLEPS section 2.25.1).
const SUMMARY: [(u32, &str); 8] = [
    (2, "title"),
    (3, "subject"),
    (4, "creator"),
    (5, "keywords"),
    (6, "description"),
    (7, "template"),
    (8, "lastModifiedBy"),
    (18, "application"),
];

/// Reads the property sets of a storage as text.
pub(super) fn read(store: &mut Store<'_>, storage: &str, limits: &mut Limits, out: &mut Extract) {
    for (number, name) in store.streams(storage) {
        if !name.starts_with(BEGIN) {
            continue;
        }
        let Some(bytes) = store.take(number, limits, out) else { continue };
        let mut lines = Vec::new();
        let known = name == SUMMARY_STREAM || name == DOCUMENT_STREAM;
        if !known {
            lines.push(runs(&bytes));
        } else if bytes.len() > FIRST_SET
            && let Err(reason) = stream(&bytes, name == SUMMARY_STREAM, limits, &mut lines)
        {
            out.note(reason);
        }
        out.add(Some("properties"), lines.join("\n"));
    }
}

fn stream(bytes: &[u8], summary: bool, limits: &mut Limits, lines: &mut Vec<String>) -> Result<(), Reason> {
    let sets = size_at(bytes, 24).ok_or(Reason::Malformed)?.min(2);
    for number in 0..sets {
        let at = FIRST_SET.saturating_add(number.saturating_mul(NEXT_SET));
        let set = size_at(bytes, at).and_then(|start| bytes.get(start..)).ok_or(Reason::Malformed)?;
        let mut room = true;
        let whole = section(set, summary, number == USER_SECTION, &mut |line| {
            // Properties may name the same value again and again.
            room = limits.take_bytes(line.len());
            lines.extend(room.then_some(line));
            room.then_some(())
        });
        match (whole, room) {
            (Some(()), _) => {}
            (None, true) => return Err(Reason::Malformed),
            (None, false) => return Err(Reason::OverLimit),
        }
    }
    Ok(())
}

/// One set; offsets in it count from its start. Stops when a line is not taken.
fn section(set: &[u8], summary: bool, own: bool, give: &mut dyn FnMut(String) -> Option<()>) -> Option<()> {
    let count = size_at(set, 4)?;
    let mut properties = Vec::new();
    for number in 0..count.min(MAX_VALUES) {
        let at = number.checked_mul(8)?.checked_add(8)?;
        properties.push((u32_at(set, at)?, size_at(set, at.checked_add(4)?)?));
    }
    let find = |wanted: u32| properties.iter().find(|(id, _)| *id == wanted).map(|(_, at)| *at);
    let codepage = find(CODEPAGE).and_then(|at| u16_at(set, at.checked_add(4)?)).map_or(1252, u32::from);
    let mut names = HashMap::new();
    if own && let Some(at) = find(DICTIONARY) {
        dictionary(set.get(at..)?, codepage, &mut names)?;
    }
    for (id, at) in properties {
        if id == CODEPAGE || (own && id == DICTIONARY) || (summary && id == REVISION) {
            continue;
        }
        let known = SUMMARY.iter().find(|(known, _)| summary && *known == id).map(|(_, name)| *name);
        let name = names.get(&id).map(String::as_str).or(known);
        let bytes = set.get(at..)?;
        // Texts of a vector are padded by the letter; programs leave them unpadded.
        for value in values(bytes, codepage, own, false).or_else(|| values(bytes, codepage, own, true))? {
            let value = before_nul(&value).trim();
            match name {
                _ if value.is_empty() => {}
                Some(name) => give(format!("{name}: {value}"))?,
                None => give(value.to_owned())?,
            }
        }
    }
    Some(())
}

/// Names of the set's own properties (section 2.17).
fn dictionary(bytes: &[u8], codepage: u32, names: &mut HashMap<u32, String>) -> Option<()> {
    let count = size_at(bytes, 0)?;
    let mut at = 4_usize;
    for _ in 0..count.min(MAX_VALUES) {
        let id = u32_at(bytes, at)?;
        let units = size_at(bytes, at.checked_add(4)?)?;
        at = at.checked_add(8)?;
        let len = if codepage == 1200 { units.checked_mul(2)? } else { units };
        let text = by_codepage(slice(bytes, at, len)?, codepage);
        names.insert(id, before_nul(&text).to_owned());
        at = at.checked_add(len)?;
        if codepage == 1200 {
            at = at.checked_next_multiple_of(4)?;
        }
    }
    Some(())
}

/// The texts of a typed value (section 2.15); numbers only where `own`, those of programs are statistics.
fn values(bytes: &[u8], codepage: u32, own: bool, padded: bool) -> Option<Vec<String>> {
    const VECTOR: u16 = 0x1000;
    let kind = u16_at(bytes, 0)?;
    let (count, mut at) = if kind & VECTOR == 0 { (1, 4_usize) } else { (size_at(bytes, 4)?, 8) };
    let mut found = Vec::new();
    for _ in 0..count.min(MAX_VALUES) {
        let mut inner = kind & !VECTOR;
        // Values of any type, each with its own.
        if inner == 0x0C && kind & VECTOR != 0 {
            inner = u16_at(bytes, at)?;
            at = at.checked_add(4)?;
        }
        match inner {
            // Text in the code page, and binary text of Automation.
            0x1E | 0x08 => {
                let len = size_at(bytes, at)?;
                at = at.checked_add(4)?;
                let text = slice(bytes, at, len)?;
                found.push(by_codepage(text, codepage));
                at = at.checked_add(len)?;
                if padded || codepage == 1200 {
                    at = at.checked_next_multiple_of(4)?;
                }
            }
            0x1F => {
                let len = size_at(bytes, at)?.checked_mul(2)?;
                at = at.checked_add(4)?;
                found.push(utf_16(slice(bytes, at, len)?));
                at = at.checked_add(len)?.checked_next_multiple_of(4)?;
            }
            0x03 | 0x13 | 0x16 | 0x17 => {
                let number = u32_at(bytes, at)?;
                if own && kind & VECTOR == 0 {
                    found.push(number.to_string());
                }
                at = at.checked_add(4)?;
            }
            0x05 => {
                let number = f64_at(bytes, at)?;
                if own {
                    found.push(number.to_string());
                }
                at = at.checked_add(8)?;
            }
            0x02 | 0x04 | 0x0A | 0x0B | 0x12 => at = at.checked_add(4)?,
            0x06 | 0x07 | 0x14 | 0x15 | 0x40 => {
                if own && matches!(inner, 0x14 | 0x15) {
                    let low = u64::from(u32_at(bytes, at)?);
                    let high = u64::from(u32_at(bytes, at.checked_add(4)?)?);
                    found.push((high.wrapping_shl(32) | low).to_string());
                }
                at = at.checked_add(8)?;
            }
            // Links of the document, as a program keeps them.
            0x41 => {
                let len = size_at(bytes, at)?;
                at = at.checked_add(4)?;
                if own {
                    found.extend(runs(slice(bytes, at, len)?).lines().map(str::to_owned));
                }
                at = at.checked_add(len)?;
            }
            // Thumbnails and what else is no text.
            _ => break,
        }
    }
    Some(found)
}
