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
    let codepage = item(store, Store::ROOT, None, 1252, limits, out).1;
    for (storage, name) in store.storages_in(Store::ROOT) {
        if name.starts_with(RECIPIENT) {
            item(store, &storage, Some("recipients"), codepage, limits, out);
            store.finish(&storage);
        } else if name.starts_with(ATTACHMENT) {
            attachment(store, &storage, codepage, limits, out);
            store.finish(&storage);
        }
    }
    store.finish(NAMES);
}

/// Reads the properties of a mail, a recipient or an attachment, whose texts are in the code page of the mail
/// unless they name one. Gives them back with their code page.
fn item(
    store: &mut Store<'_>,
    storage: &str,
    place: Option<&'static str>,
    mut codepage: u32,
    limits: &mut Limits,
    out: &mut Extract,
) -> (Item, u32) {
    let list = store.stream(storage, PROPERTIES, limits, out).unwrap_or_default();
    // What stands before the properties differs in length (section 2.4.1). The rest of it, counts of recipients
    // and attachments, looks like properties without a number.
    let properties = list.get(list.len() % PROPERTY..).unwrap_or_default();
    let mut wanted = Vec::new();
    for property in properties.chunks_exact(PROPERTY) {
        let (Some(kind), Some(id)) = (u16_at(property, 0), u16_at(property, 2).filter(|id| *id > 0)) else { continue };
        match kind & !kind::MANY {
            // Some writers leave out streams of empty values, whose length counts a NUL.
            kind::TEXT | kind::TEXT_8 | kind::BINARY if u32_at(property, 8) > Some(2) => wanted.push((id, kind)),
            kind::OBJECT if id == id::DATA => wanted.push((id, kind)),
            _ if id == id::CODEPAGE => codepage = u32_at(property, 8).unwrap_or(codepage),
            _ => {}
        }
    }
    let mut item = Item::new(place, codepage);
    let mut streams = Vec::new();
    for (number, name) in store.streams(storage) {
        let Some((id, kind, value)) = tag(&name) else { continue };
        wanted.retain(|known| *known != (id, kind));
        streams.push((id, kind, number, value));
    }
    for (_, name) in store.storages_in(storage) {
        wanted.retain(|known| tag(&name).is_none_or(|(id, kind, _)| *known != (id, kind)));
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

/// Number and type of the property that a stream or storage holds, and whether it is one of several values.
fn tag(name: &str) -> Option<(u16, u16, bool)> {
    let tag = name.strip_prefix(LONG)?;
    let code = |range: std::ops::Range<usize>| u16::from_str_radix(tag.get(range)?, 16).ok();
    Some((code(0..4)?, code(4..8)?, tag.len() > 8))
}

/// Whether a binary property is text for people.
fn is_read(id: u16) -> bool {
    id == id::RTF || id == id::HTML || id >= id::NAMED
}

fn attachment(store: &mut Store<'_>, storage: &str, codepage: u32, limits: &mut Limits, out: &mut Extract) {
    let name = item(store, storage, Some("attachment"), codepage, limits, out).0.file_name();
    let place = Some("attachment".to_owned());
    let data = format!("{LONG}{:04X}{:04X}", id::DATA, kind::BINARY);
    if let Some(bytes) = store.stream(storage, &data, limits, out) {
        out.files.push(Inner { name, place, bytes });
        return;
    }
    let inner = format!("{LONG}{:04X}{:04X}", id::DATA, kind::OBJECT);
    let inner = store.storages_in(storage).into_iter().find(|(_, name)| name.eq_ignore_ascii_case(&inner));
    let Some((inner, _)) = inner else { return };
    // A mail needs the names of properties, which are kept once for all mails in each other; an object has none.
    let beside = store.find(&inner, PROPERTIES).map(|_| NAMES);
    if let Some(bytes) = store.rebuild(&inner, beside, limits, out) {
        out.files.push(Inner { name, place, bytes });
    }
}
