//! Outlook items (MS-OXMSG): mails, appointments, contacts.
//!
//! Each property that is long is a stream named by its number and type; attachments and recipients are
//! storages. A mail that is attached is handed on as a file of its own.

use super::super::little_endian::{u16_at, u32_at};
use super::super::mapi::{Item, id, kind};
use super::super::{Extract, Inner, Limits};
use super::store::Store;
use crate::inspect::Reason;

const PROPERTIES: &str = "__properties_version1.0";
const LONG: &str = "__substg1.0_";
const NAMES: &str = "/__nameid_version1.0";
const RECIPIENT: &str = "__recip_version1.0_";
const ATTACHMENT: &str = "__attach_version1.0_";
/// Bytes of one property in the list of them.
const PROPERTY: usize = 16;

pub(super) fn read(store: &mut Store<'_>, limits: &mut Limits, out: &mut Extract) {
    let codepage = item(store, Store::ROOT, Item::new(None, 1252), limits, out).1;
    for (storage, name) in store.storages_in(Store::ROOT) {
        if name.starts_with(RECIPIENT) {
            item(store, &storage, Item::new(Some("recipients"), codepage), limits, out);
            store.finish(&storage);
        } else if name.starts_with(ATTACHMENT) {
            attachment(store, &storage, codepage, limits, out);
            store.finish(&storage);
        }
    }
    store.finish(NAMES);
}

/// Reads the properties of a mail, a recipient or an attachment. Gives them back with the code page of the mail.
fn item(store: &mut Store<'_>, storage: &str, mut item: Item, limits: &mut Limits, out: &mut Extract) -> (Item, u32) {
    let list = store.stream(storage, PROPERTIES, limits, out).unwrap_or_default();
    // What stands before the properties differs in length, and is told by it (section 2.4.1).
    let properties = list.get(list.len() % PROPERTY..).unwrap_or_default();
    let mut codepage = 1252;
    let mut wanted = Vec::new();
    for property in properties.chunks_exact(PROPERTY) {
        let (Some(kind), Some(id)) = (u16_at(property, 0), u16_at(property, 2)) else { continue };
        match kind & !kind::MANY {
            // Some writers leave out streams of empty values, whose length counts a NUL.
            kind::TEXT | kind::TEXT_8 | kind::BINARY if u32_at(property, 8) > Some(2) => wanted.push((id, kind)),
            _ if id == id::CODEPAGE => codepage = u32_at(property, 8).unwrap_or(codepage),
            _ => {}
        }
    }
    item.set_codepage(codepage);
    let mut streams = Vec::new();
    for (number, name) in store.streams(storage) {
        let Some(tag) = name.strip_prefix(LONG) else { continue };
        let code = |range: std::ops::Range<usize>| tag.get(range).and_then(|hex| u16::from_str_radix(hex, 16).ok());
        let (Some(id), Some(kind)) = (code(0..4), code(4..8)) else { continue };
        wanted.retain(|known| *known != (id, kind));
        streams.push((id, kind, number, tag.len() > 8));
    }
    // One that the list names and that is not there.
    if !wanted.is_empty() {
        out.note(Reason::Malformed);
    }
    // The subject first, then by number.
    streams.sort_by_key(|(id, ..)| (*id != id::SUBJECT, *id));
    for (id, kind, number, value) in streams {
        let plain = kind & !kind::MANY;
        // Of several values the first stream holds the lengths.
        let lengths = kind != plain && !value;
        if id == id::DATA {
            continue;
        }
        if plain == kind::BINARY && !is_read(id) {
            store.skip(number);
            continue;
        }
        let Some(bytes) = store.take(number, limits, out) else { continue };
        if !lengths {
            item.property(id, plain, &bytes, limits, out);
        }
    }
    (item, codepage)
}

/// Whether a binary property is text for people.
fn is_read(id: u16) -> bool {
    id == id::RTF || id == id::HTML || id >= id::NAMED
}

fn attachment(store: &mut Store<'_>, storage: &str, codepage: u32, limits: &mut Limits, out: &mut Extract) {
    let mut described = Item::new(Some("attachment"), codepage);
    described = item(store, storage, described, limits, out).0;
    let name = described.file_name();
    let place = Some("attachment".to_owned());
    let data = format!("{LONG}{:04X}{:04X}", id::DATA, kind::BINARY);
    if let Some(bytes) = store.stream(storage, &data, limits, out) {
        out.files.push(Inner { name, place, bytes });
        return;
    }
    let inner = format!("{LONG}{:04X}{:04X}", id::DATA, kind::OBJECT);
    let inner = store.storages_in(storage).into_iter().find(|(_, name)| name.eq_ignore_ascii_case(&inner));
    if let Some((inner, _)) = inner
        && let Some(bytes) = store.rebuild(&inner, Some(NAMES), limits, out)
    {
        out.files.push(Inner { name, place, bytes });
    }
}
