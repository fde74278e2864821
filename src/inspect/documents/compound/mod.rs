//! Compound files (MS-CFB): older Word, Excel and PowerPoint, Outlook items, embedded objects.
//!
//! Which format it is, the names of the streams at its root say. Every stream is read by its format's reader,
//! or belongs to the machinery, or is looked at in the end: as a file if its content is one, else for
//! whatever text it has. Objects in storages of their own are files in the file.
//!
//! ```text
//! store        streams and storages within the limits
//! properties   property sets: title, author, those of the organisation's own
//! object       embedded files: Ole10Native, Package
//! word         .doc
//! excel        .xls
//! slides       .ppt
//! message      .msg
//! art          pictures and texts of drawings, for the three above
//! macros       source of macros
//! ```

mod art;
mod excel;
mod excel_formula;
mod excel_text;
mod macros;
mod message;
pub(super) mod object;
mod properties;
mod slides;
mod store;
mod word;
mod word_fib;
mod word_fields;
mod word_properties;

use store::Store;

use super::little_endian::{runs, u16_at};
use super::{Document, Extract, Inner, Limits};
use crate::inspect::magic::{Magic, magic};
use crate::inspect::{Lock, Reason};

pub(super) const MARK: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";

/// Where the size of sectors stands, as a power of two (MS-CFB section 2.2).
const SECTOR_SHIFT: usize = 0x1E;

/// Streams that tell programs about an object, and hold no text for people. Presentations are pictures of
/// what an object holds.
const MACHINE: [&str; 20] = [
    "\u{1}CompObj",
    "\u{1}Ole",
    "\u{1}CompObjInfo",
    "\u{2}OlePres000",
    "\u{2}OlePres001",
    "\u{2}OlePres002",
    "\u{3}ObjInfo",
    "\u{3}LinkInfo",
    "\u{3}EPRINT",
    "\u{3}PRINT",
    "\u{3}META",
    "\u{3}OCXNAME",
    "\u{3}AccessObjSiteData",
    "Current User",
    "_signatures",
    "properties_stream",
    "0Table",
    "1Table",
    "Data",
    "Pictures",
];

/// A formula of mathematics. What people see of it is a picture, in the object or in the document around it.
const EQUATION: &str = "Equation Native";

/// Streams whose text is all that people see of them: controls of a sheet, names of those who share it.
const WORDS: [&str; 3] = ["Ctls", "User Names", EQUATION];

/// Streams whose presence makes a storage a file of a known format.
const MAIN: [&str; 13] = [
    "WordDocument",
    "Workbook",
    "Book",
    "PowerPoint Document",
    "PP40",
    "__properties_version1.0",
    "EncryptedPackage",
    "\u{1}Ole10Native",
    "Package",
    "CONTENTS",
    "EmbeddedOdf",
    "package_stream",
    "\u{3}OCXNAME",
];

pub(super) struct Compound;

impl Document for Compound {
    fn fits(&self, bytes: &[u8]) -> bool {
        bytes.starts_with(MARK)
    }

    fn read(&self, bytes: &[u8], limits: &mut Limits, out: &mut Extract) {
        if let Some(mut store) = Store::open(bytes, out) {
            read(&mut store, limits, out);
            return;
        }
        out.note(Reason::Malformed);
        if !limits.take_bytes(bytes.len()) {
            out.note(Reason::OverLimit);
            return;
        }
        // One that ends inside its last sector.
        let shift = u16_at(bytes, SECTOR_SHIFT).map_or(9, |shift| u32::from(shift).clamp(9, 12));
        let sector = 1_usize.wrapping_shl(shift);
        let mut whole = bytes.to_vec();
        whole.resize(bytes.len().next_multiple_of(sector), 0);
        match Store::open(&whole, out) {
            Some(mut store) => read(&mut store, limits, out),
            None => out.add(Some("damaged file"), runs(bytes)),
        }
    }
}

fn read(store: &mut Store<'_>, limits: &mut Limits, out: &mut Extract) {
    let root = Store::ROOT;
    let has = |store: &Store<'_>, name| store.find(root, name).is_some();
    // MS-OFFCRYPTO section 2.3.4.3 (passwords) and 2.2 (rights management).
    if has(store, "EncryptedPackage") || has(store, "\u{9}DRMContent") {
        out.note(Reason::Encrypted(Lock::Office));
        properties::read(store, root, limits, out);
        return;
    }
    let mut known = true;
    if has(store, "WordDocument") {
        word::read(store, limits, out);
    } else if has(store, "Workbook") || has(store, "Book") {
        excel::read(store, limits, out);
    } else if has(store, "PowerPoint Document") {
        slides::read(store, limits, out);
    } else if has(store, "__properties_version1.0") {
        message::read(store, limits, out);
    } else {
        known = object::read(store, root, None, limits, out) || macros::fits(store);
        if !known {
            object::presentations(store, limits, out);
            // Objects without content: their names begin with a control character.
            known =
                store.unread().iter().all(|(_, path)| path.get(1..).is_none_or(|name| name < " " || name == EQUATION));
        }
    }
    if !known {
        out.note(Reason::Unsupported);
    }
    properties::read(store, root, limits, out);
    objects(store, limits, out);
    macros::read(store, limits, out);
    rest(store, known, limits, out);
}

/// Objects in storages of their own: a file each.
fn objects(store: &mut Store<'_>, limits: &mut Limits, out: &mut Extract) {
    for storage in store.storages() {
        if !MAIN.iter().any(|name| store.has_unread(&storage, name)) {
            continue;
        }
        let place = Some("embedded object");
        if !object::read(store, &storage, place, limits, out)
            && let Some(bytes) = store.rebuild(&storage, None, limits, out)
        {
            out.files.push(Inner { name: String::new(), place: place.map(str::to_owned), bytes });
        }
        store.finish(&storage);
    }
}

/// Everything that the format's own reader left.
fn rest(store: &mut Store<'_>, known: bool, limits: &mut Limits, out: &mut Extract) {
    for (number, path) in store.unread() {
        let name = path.rsplit('/').next().unwrap_or_default();
        if known && MACHINE.contains(&name) {
            continue;
        }
        let Some(bytes) = store.take(number, limits, out) else { continue };
        let shown: String = name.chars().filter(|c| !c.is_control()).collect();
        match magic(&bytes) {
            _ if bytes.is_empty() => {}
            Magic::Unknown | Magic::AudioVideo | Magic::Program => {
                let text = runs(&bytes);
                if known && !text.is_empty() && !WORDS.contains(&name) {
                    out.note(Reason::Unsupported);
                }
                out.add(Some(&shown), text);
            }
            _ => out.files.push(Inner { name: String::new(), place: Some(shown), bytes }),
        }
    }
}
