//! Properties of Outlook items (MS-OXPROPS), as `.msg` files and TNEF hold them: which are text for people,
//! and where a person finds it.

use super::extract::condensed;
use super::little_endian::{before_nul, by_codepage, runs, utf_16};
use super::lzfu;
use super::{Extract, Inner, Limits};

/// Types of values (MS-OXCDATA section 2.11.1).
pub(super) mod kind {
    pub const TEXT_8: u16 = 0x001E;
    pub const TEXT: u16 = 0x001F;
    pub const BINARY: u16 = 0x0102;
    pub const OBJECT: u16 = 0x000D;
    pub const MANY: u16 = 0x1000;
}

/// Properties that something is made of.
pub(super) mod id {
    pub const SUBJECT: u16 = 0x0037;
    pub const BODY: u16 = 0x1000;
    pub const RTF: u16 = 0x1009;
    pub const HTML: u16 = 0x1013;
    pub const NAME: u16 = 0x3001;
    pub const DATA: u16 = 0x3701;
    pub const SHORT_FILE_NAME: u16 = 0x3704;
    pub const FILE_NAME: u16 = 0x3707;
    pub const TRANSPORT_NAME: u16 = 0x370C;
    pub const MEDIA_TYPE: u16 = 0x370E;
    pub const CODEPAGE: u16 = 0x3FFD;
    pub const NAMED: u16 = 0x8000;
}

/// Texts with a place of their own; those of all others are `properties`.
const PLACES: [(u16, Option<&str>); 13] = [
    (id::SUBJECT, Some("subject")),
    (id::BODY, None),
    (id::HTML, Some("body")),
    (0x007D, Some("header")),
    (0x0C1A, Some("sender")),
    (0x0C1F, Some("sender")),
    (0x0042, Some("sender")),
    (0x0065, Some("sender")),
    (0x5D01, Some("sender")),
    (0x5D02, Some("sender")),
    (0x0E02, Some("recipients")),
    (0x0E03, Some("recipients")),
    (0x0E04, Some("recipients")),
];

/// The subject without `SV:`.
const SUBJECTS: [u16; 2] = [0x0070, 0x0E1D];

/// Texts for machines: classes, kinds of addresses, content types, languages, identifiers.
const MACHINE: [u16; 16] = [
    0x001A,
    0x3002,
    0x0C1E,
    0x0064,
    0x0066,
    0x0068,
    0x0075,
    0x0077,
    id::MEDIA_TYPE,
    0x3703,
    0x36DE,
    0x1035,
    0x1039,
    0x1042,
    0x3712,
    0x4022,
];

/// Reads an item's properties one after the other.
#[derive(Default)]
pub(super) struct Item {
    /// Where all of its texts are, if that is one place.
    place: Option<&'static str>,
    codepage: u32,
    known: Vec<String>,
    /// Names of an attachment, the better the further down.
    names: [Option<String>; 4],
    /// The attachment is what a signed mail was made of, header and all (MS-OXOSMIME section 2.1.3).
    mail: bool,
}

impl Item {
    pub fn new(place: Option<&'static str>, codepage: u32) -> Self {
        Item { place, codepage, ..Item::default() }
    }

    pub fn set_codepage(&mut self, codepage: u32) {
        self.codepage = codepage;
    }

    /// One value of a property. `kind` is without the mark of several values.
    pub fn property(&mut self, id: u16, kind: u16, value: &[u8], limits: &mut Limits, out: &mut Extract) {
        let text = match kind {
            kind::TEXT => utf_16(value),
            kind::TEXT_8 => by_codepage(value, self.codepage),
            kind::BINARY => {
                self.binary(id, value, limits, out);
                return;
            }
            _ => return,
        };
        let text = text.trim_end_matches('\0').replace('\0', " ");
        let name = match id {
            id::NAME => Some(0),
            id::TRANSPORT_NAME => Some(1),
            id::SHORT_FILE_NAME => Some(2),
            id::FILE_NAME => Some(3),
            _ => None,
        };
        if let Some(slot) = name.and_then(|name| self.names.get_mut(name)) {
            *slot = Some(text.clone());
        }
        self.mail |= id == id::MEDIA_TYPE && text.get(..10).is_some_and(|kind| kind.eq_ignore_ascii_case("multipart/"));
        if id == id::HTML {
            html(text.into_bytes(), out);
            return;
        }
        let bare = condensed(&text);
        // The subject stands in several forms, a name in many properties.
        let subject = |known: &String| SUBJECTS.contains(&id) && known.ends_with(&bare);
        if MACHINE.contains(&id) || self.known.contains(&bare) || self.known.first().is_some_and(subject) {
            return;
        }
        match id {
            id::SUBJECT => self.known.insert(0, bare),
            _ if bare.len() < 1_000 && self.known.len() < 1_000 => self.known.push(bare),
            _ => {}
        }
        let known = PLACES.iter().find(|(known, _)| *known == id).map(|(_, place)| *place);
        out.add(self.place.or(known.unwrap_or(Some("properties"))), text);
    }

    /// The body in one of its forms; in properties of forms and calendars, whatever text there is.
    fn binary(&mut self, id: u16, value: &[u8], limits: &mut Limits, out: &mut Extract) {
        match id {
            id::HTML => html(value.to_vec(), out),
            id::RTF => {
                let (bytes, reason) = lzfu::decompress(value, limits);
                reason.into_iter().for_each(|reason| out.note(reason));
                if !bytes.is_empty() {
                    out.files.push(Inner { name: "body.rtf".to_owned(), place: Some("body".to_owned()), bytes });
                }
            }
            id if id >= id::NAMED => out.add(Some("properties"), runs(value)),
            _ => {}
        }
    }

    /// The name of the attachment that the properties describe: one that is a mail is named so.
    pub fn file_name(&self) -> String {
        let name = self.names.iter().rev().flatten().find(|name| !name.trim().is_empty());
        let name = name.map(|name| before_nul(name)).unwrap_or_default();
        if self.mail { format!("{name}.eml") } else { name.to_owned() }
    }
}

fn html(bytes: Vec<u8>, out: &mut Extract) {
    if !bytes.trim_ascii().is_empty() {
        out.files.push(Inner { name: "body.html".to_owned(), place: Some("body".to_owned()), bytes });
    }
}
