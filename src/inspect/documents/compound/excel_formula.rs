//! Texts in formulas of workbooks, and in what they refer to (MS-XLS section 2.5.198).

use super::super::extract::condensed;
use super::super::little_endian::{by_codepage, runs, slice, u8_at};
use super::excel_text::{Reader, Record, Version};

/// The mark of a text in the code of a formula (section 2.5.198.89).
const TEXT: u8 = 0x17;

/// Texts in a formula: those in its code, and those in arrays, which stand behind it.
pub(super) fn texts(formula: &[u8], code: usize, version: Version) -> Vec<String> {
    let (code, behind) = formula.split_at_checked(code).unwrap_or((formula, &[]));
    let mut found = constants(code, version);
    found.extend(runs(behind).lines().map(str::to_owned));
    found
}

/// Texts in the code of a formula: a mark, a length, and characters in one byte or two. What only looks like one is
/// mostly no text.
fn constants(code: &[u8], version: Version) -> Vec<String> {
    let mut found = Vec::new();
    let mut at = 0_usize;
    while let Some(mark) = code.get(at..).and_then(|rest| memchr::memchr(TEXT, rest)) {
        at = at.saturating_add(mark).saturating_add(1);
        let text = Some(at).and_then(|at| {
            let count = usize::from(u8_at(code, at)?);
            let flags = if version.wide { u8_at(code, at.checked_add(1)?)? } else { 0 };
            let start = at.checked_add(if version.wide { 2 } else { 1 })?;
            let len = if flags == 1 { count.checked_mul(2)? } else { count };
            let bytes = slice(code, start, len)?;
            let text = match flags {
                0 if version.wide => bytes.iter().map(|byte| char::from(*byte)).collect(),
                0 => by_codepage(bytes, version.codepage),
                1 => by_codepage(bytes, 1200),
                _ => return None,
            };
            (!condensed(&text).is_empty() && !text.contains(|c: char| c.is_control()))
                .then_some((text, start.checked_add(len)?))
        });
        if let Some((text, end)) = text {
            found.push(text);
            at = end;
        }
    }
    found
}

/// The items of a list to choose from (section 2.4.89), if the formula that follows is one.
pub(super) fn list(reader: &mut Reader<'_, '_>, version: Version) -> Option<String> {
    let len = reader.u16()?;
    reader.skip(2)?;
    let text = if len > 0 && reader.u8()? == TEXT { reader.text(version, true) } else { None };
    text.map(|text| text.replace('\0', "\n"))
}

/// What is remembered of a cell in another workbook (section 2.5.198.1 ff.).
pub(super) enum Value {
    None,
    Number(f64),
    Text(String),
}

pub(super) fn value(reader: &mut Reader<'_, '_>, version: Version) -> Option<Value> {
    Some(match reader.u8()? {
        1 => {
            let mut bytes = [0; 8];
            for byte in &mut bytes {
                *byte = reader.u8()?;
            }
            Value::Number(f64::from_le_bytes(bytes))
        }
        2 => Value::Text(reader.text(version, !version.wide)?),
        // Nothing, yes or no, errors.
        0 | 4 | 0x10 => {
            reader.skip(8)?;
            Value::None
        }
        _ => return None,
    })
}

/// Where another workbook is, and its sheets (section 2.4.271); nothing for this workbook itself and for programs.
pub(super) fn other_book(record: &Record<'_>, version: Version) -> Vec<String> {
    const ITSELF: u16 = 0x0401;
    const PROGRAM: u16 = 0x3A01;
    let mut reader = Reader::new(record, 0);
    let mut found = Vec::new();
    if let Some((sheets, len)) = reader.u16().zip(reader.u16()).filter(|(_, len)| ![ITSELF, PROGRAM].contains(len)) {
        // In the path, control characters stand for drives and folders.
        let path = reader.characters(usize::from(len), version);
        found.extend(path.map(|path| path.replace(|c: char| c.is_control(), "/")));
        found.extend((0..sheets).map_while(|_| reader.text(version, false)));
    }
    found
}
