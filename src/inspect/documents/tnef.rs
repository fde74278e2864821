//! TNEF, the `winmail.dat` of Outlook (MS-OXTNEF): a mail's properties and attachments in one part.
//!
//! Own: the crate there is (`tnef`) is from 2019 and knows no properties. Every length is a claim: what
//! reaches past the end ends the reading as malformed, with all that came before it. Nothing tells that the
//! last attributes are missing when the file ends between two.

use super::little_endian::{by_codepage, size_at, slice, u16_at, u32_at, utf_16};
use super::mapi::{Item, id, kind};
use super::{Document, Extract, Inner, Limits};
use crate::inspect::Reason;

const MARK: &[u8] = b"\x78\x9F\x3E\x22";
/// Mark and key.
const HEAD: usize = 6;
/// Values of one property.
const MAX_VALUES: usize = 10_000;

/// Numbers of attributes that hold text, files or how to read them (section 2.1.3.3). The other half of what names an
/// attribute is the type of its value, which the number tells already.
mod attribute {
    pub const OWNER: u16 = 0x0000;
    pub const SENT_FOR: u16 = 0x0001;
    pub const FROM: u16 = 0x8000;
    pub const SUBJECT: u16 = 0x8004;
    pub const BODY: u16 = 0x800C;
    pub const DATA: u16 = 0x800F;
    pub const TITLE: u16 = 0x8010;
    pub const TRANSPORT_NAME: u16 = 0x9001;
    pub const RENDERING: u16 = 0x9002;
    pub const PROPERTIES: u16 = 0x9003;
    pub const RECIPIENTS: u16 = 0x9004;
    pub const ATTACHMENT: u16 = 0x9005;
    pub const CODEPAGE: u16 = 0x9007;
    /// Times, classes, identifiers, the icon of an attachment.
    pub const MACHINE: [u16; 19] = [
        0x0002, 0x0006, 0x0007, 0x0008, 0x0009, 0x8005, 0x8006, 0x8007, 0x8008, 0x8009, 0x800A, 0x800B, 0x800D, 0x8011,
        0x8012, 0x8013, 0x8020, 0x9006, 0x9008,
    ];
}

pub(super) struct Tnef;

impl Document for Tnef {
    fn fits(&self, bytes: &[u8]) -> bool {
        bytes.starts_with(MARK)
    }

    fn read(&self, bytes: &[u8], limits: &mut Limits, out: &mut Extract) {
        let mut reader = Reader { item: Item::new(None, 1252), told: false, codepage: 1252, attachment: None };
        let mut at = HEAD;
        while at < bytes.len() {
            if !limits.in_time() {
                out.note(Reason::TimedOut);
                break;
            }
            let Some((attribute, content, sum)) = next(bytes, at) else {
                // What follows the last attribute: line ends of the mail around.
                let rest = bytes.get(at..).unwrap_or_default();
                if rest.iter().any(|byte| !matches!(byte, 0 | b'\r' | b'\n')) {
                    out.note(Reason::Malformed);
                }
                break;
            };
            if sum != content.iter().fold(0_u16, |sum, byte| sum.wrapping_add(u16::from(*byte))) {
                out.note(Reason::Malformed);
            }
            if !limits.take_bytes(content.len()) {
                out.note(Reason::OverLimit);
                break;
            }
            at = at.saturating_add(content.len()).saturating_add(11);
            if reader.attribute(attribute, content, limits, out).is_none() {
                out.note(Reason::Malformed);
            }
        }
        // Nothing marks the end; a file that tells neither of the mail nor of an attachment was cut off.
        if !reader.told {
            out.note(Reason::Malformed);
        }
        reader.end_attachment(out);
    }
}

/// Level, number, type, length, content, checksum (section 2.1.3.1).
fn next(bytes: &[u8], at: usize) -> Option<(u16, &[u8], u16)> {
    if !matches!(bytes.get(at), Some(1 | 2)) {
        return None;
    }
    let attribute = u16_at(bytes, at.checked_add(1)?)?;
    let len = size_at(bytes, at.checked_add(5)?)?;
    let content = slice(bytes, at.checked_add(9)?, len)?;
    Some((attribute, content, u16_at(bytes, at.checked_add(9)?.checked_add(len)?)?))
}

#[derive(Default)]
struct Attachment {
    title: String,
    item: Item,
    content: Option<Vec<u8>>,
    embedded: Option<Vec<u8>>,
    /// Its properties were there, which stand last and say that it is whole.
    described: bool,
}

struct Reader {
    item: Item,
    /// A body, properties or an attachment were there.
    told: bool,
    codepage: u32,
    attachment: Option<Attachment>,
}

impl Reader {
    /// None when the content is shorter than it has to be.
    fn attribute(&mut self, attribute: u16, content: &[u8], limits: &mut Limits, out: &mut Extract) -> Option<()> {
        let text = |kind: u16, item: &mut Item, limits: &mut Limits, out: &mut Extract| {
            item.property(kind, kind::TEXT_8, content, limits, out);
        };
        self.told |= matches!(attribute, attribute::BODY | attribute::PROPERTIES | attribute::RENDERING);
        match attribute {
            attribute::CODEPAGE => {
                self.codepage = u32_at(content, 0)?;
                self.item.set_codepage(self.codepage);
            }
            attribute::SUBJECT => text(id::SUBJECT, &mut self.item, limits, out),
            attribute::BODY => text(id::BODY, &mut self.item, limits, out),
            attribute::FROM => {
                let names = by_codepage(content.get(8..)?, self.codepage);
                let names = names.split('\0').filter(|name| !name.trim().is_empty());
                out.add(Some("sender"), names.collect::<Vec<_>>().join("\n"));
            }
            attribute::PROPERTIES => {
                let item = &mut self.item;
                properties(content, &mut 0, &mut |id, kind, value| item.property(id, kind, value, limits, out))?;
            }
            attribute::RECIPIENTS => {
                let mut at = 4_usize;
                for _ in 0..u32_at(content, 0)? {
                    let mut item = Item::new(Some("recipients"), self.codepage);
                    properties(content, &mut at, &mut |id, kind, value| item.property(id, kind, value, limits, out))?;
                }
            }
            attribute::RENDERING => {
                self.end_attachment(out);
                self.attachment();
            }
            attribute::TITLE | attribute::TRANSPORT_NAME => {
                let title = by_codepage(content, self.codepage).trim_end_matches('\0').to_owned();
                let attachment = self.attachment();
                if attachment.title.is_empty() || attribute == attribute::TITLE {
                    attachment.title = title;
                }
            }
            attribute::DATA => self.attachment().content = Some(content.to_vec()),
            attribute::ATTACHMENT => {
                let Attachment { item, embedded, described, .. } = self.attachment();
                *described = true;
                properties(content, &mut 0, &mut |id, kind, value| match (id, kind) {
                    // A mail or a compound file, behind the identifier of what it is.
                    (id::DATA, kind::OBJECT) => *embedded = value.get(16..).map(<[u8]>::to_vec),
                    (id::DATA, kind::BINARY) => *embedded = Some(value.to_vec()),
                    _ => item.property(id, kind, value, limits, out),
                })?;
            }
            attribute::OWNER | attribute::SENT_FOR => {
                let mut at = 0_usize;
                while let Some(len) = u16_at(content, at) {
                    let name = slice(content, at.checked_add(2)?, usize::from(len))?;
                    out.add(Some("sender"), by_codepage(name, self.codepage).trim_end_matches('\0'));
                    at = at.checked_add(usize::from(len))?.checked_add(2)?;
                }
            }
            // One that the specification does not know.
            attribute if !attribute::MACHINE.contains(&attribute) => return None,
            _ => {}
        }
        Some(())
    }

    fn attachment(&mut self) -> &mut Attachment {
        let codepage = self.codepage;
        self.attachment.get_or_insert_with(|| Attachment {
            item: Item::new(Some("attachment"), codepage),
            ..Attachment::default()
        })
    }

    fn end_attachment(&mut self, out: &mut Extract) {
        let Some(attachment) = self.attachment.take() else { return };
        let long = attachment.item.file_name();
        let name = if long.is_empty() { attachment.title } else { long };
        // The data of an embedded mail is a placeholder.
        let bytes = attachment.embedded.or(attachment.content);
        // One that is only linked to has properties, an empty one has data.
        if bytes.is_none() && !attachment.described {
            out.note(Reason::Malformed);
        }
        if !(bytes.is_none() && name.is_empty()) {
            let bytes = bytes.unwrap_or_default();
            out.files.push(Inner { name, place: Some("attachment".to_owned()), bytes });
        }
    }
}

/// Reads a list of properties from `at` on (section 2.1.3.4.2), each value on its own.
fn properties(bytes: &[u8], at: &mut usize, give: &mut dyn FnMut(u16, u16, &[u8])) -> Option<()> {
    let count = u32_at(bytes, *at)?;
    *at = at.checked_add(4)?;
    for _ in 0..count {
        let (kind, id) = (u16_at(bytes, *at)?, u16_at(bytes, at.checked_add(2)?)?);
        *at = at.checked_add(4)?;
        if id >= id::NAMED {
            name(bytes, at, give)?;
        }
        let plain = kind & !kind::MANY;
        let long = matches!(plain, kind::TEXT | kind::TEXT_8 | kind::BINARY | kind::OBJECT);
        let values = if long || kind != plain { size_at(bytes, take(at, 4)?)? } else { 1 };
        for number in 0..values {
            if number > MAX_VALUES {
                return None;
            }
            let len = match plain {
                _ if long => size_at(bytes, take(at, 4)?)?,
                0x0002 | 0x0003 | 0x0004 | 0x000A | 0x000B => 4,
                0x0005..=0x0007 | 0x0014 | 0x0040 => 8,
                0x0048 => 16,
                _ => return None,
            };
            let value = slice(bytes, *at, len)?;
            give(id, plain, value);
            *at = at.checked_add(len)?.checked_next_multiple_of(4)?;
        }
    }
    Some(())
}

/// The name of a property that has no number of its own.
fn name(bytes: &[u8], at: &mut usize, give: &mut dyn FnMut(u16, u16, &[u8])) -> Option<()> {
    const BY_NAME: u32 = 1;
    let sort = u32_at(bytes, at.checked_add(16)?)?;
    *at = at.checked_add(20)?;
    if sort != BY_NAME {
        *at = at.checked_add(4)?;
        return Some(());
    }
    let len = size_at(bytes, take(at, 4)?)?;
    let text = slice(bytes, *at, len)?;
    // Names that programs gave begin with a letter; one that holds digits is worth a look.
    if utf_16(text).chars().filter(char::is_ascii_digit).count() > 5 {
        give(id::NAMED, kind::TEXT, text);
    }
    *at = at.checked_add(len)?.checked_next_multiple_of(4)?;
    Some(())
}

/// Moves a place forward, and gives the one before.
fn take(at: &mut usize, len: usize) -> Option<usize> {
    let before = *at;
    *at = at.checked_add(len)?;
    Some(before)
}
