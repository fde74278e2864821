//! Fields of forms, whose texts and choices stand beside the document's text (MS-DOC section 2.9.78).

use super::super::little_endian::{size_at, slice, u16_at, u32_at, utf_16};
use super::super::{Extract, Limits};
use super::word_fib::strings;
use crate::inspect::Reason;

/// Length of what stands before a field's data, and where in it that length stands (section 2.9.158).
const HEAD: u16 = 0x44;
const HEAD_AT: usize = 4;
/// How the data begin.
const VERSION: u32 = 0xFFFF_FFFF;
/// Kinds of fields: the one of a text, and the one of a list to choose from.
const TEXT: u16 = 0;
const LIST: u16 = 2;
/// Nothing was chosen; what is chosen from the start counts.
const NO_RESULT: usize = 25;

/// Texts of all fields in the stream of data. What was chosen from a list stands nowhere else. Fields may lie in each
/// other, so that what they give is counted.
pub(super) fn form_fields(data: &[u8], limits: &mut Limits, out: &mut Extract) {
    for found in memchr::memmem::find_iter(data, &HEAD.to_le_bytes()) {
        // What only looks like a field is none.
        let Some(texts) = found.checked_sub(HEAD_AT).and_then(|at| field(data, at)) else { continue };
        let text = texts.join("\n");
        if !limits.take_bytes(text.len()) {
            out.note(Reason::OverLimit);
            return;
        }
        if !limits.in_time() {
            out.note(Reason::TimedOut);
            return;
        }
        out.add(Some("form"), text);
    }
}

/// Its name with what was chosen, and the other texts.
fn field(data: &[u8], at: usize) -> Option<Vec<String>> {
    let data = slice(data, at, size_at(data, at)?)?.get(usize::from(HEAD)..)?;
    if u32_at(data, 0)? != VERSION {
        return None;
    }
    let flags = u16_at(data, 4)?;
    let (kind, result) = (flags & 3, usize::from(flags >> 2 & 0x1F));
    let mut at = 10;
    let mut found = vec![text(data, &mut at)?];
    let mut chosen = result;
    if kind == TEXT {
        found.push(text(data, &mut at)?);
    } else {
        let default = usize::from(u16_at(data, at)?);
        chosen = if result == NO_RESULT { default } else { result };
        at = at.checked_add(2)?;
    }
    // A format, two texts that help, two names of macros.
    for number in 0..5 {
        let text = text(data, &mut at)?;
        found.extend((number == 1 || number == 2).then_some(text));
    }
    if kind == LIST {
        let choices = strings(data.get(at..)?);
        if let (Some(name), Some(choice)) = (found.first_mut(), choices.get(chosen)) {
            *name = format!("{name}: {choice}");
        }
        found.extend(choices);
    }
    found.retain(|text| !text.trim().is_empty());
    Some(found)
}

/// A text with its length before it and a zero behind it.
fn text(data: &[u8], at: &mut usize) -> Option<String> {
    let len = usize::from(u16_at(data, *at)?).checked_mul(2)?;
    let text = utf_16(slice(data, at.checked_add(2)?, len)?);
    *at = at.checked_add(len)?.checked_add(4)?;
    Some(text)
}
