//! Files embedded as objects: a package by name, or the object as its program stored it.

use super::super::little_endian::{before_nul, by_codepage, runs, size_at, slice, u16_at, u32_at};
use super::super::metafile;
use super::super::{Extract, Inner, Limits};
use super::store::Store;
use crate::inspect::Reason;
use crate::inspect::magic::{Magic, magic};

/// Streams that are a file; the last is LibreOffice's own.
const FILES: [&str; 4] = ["Package", "CONTENTS", "EmbeddedOdf", "package_stream"];

/// Streams of how an object looks, and the format of those that are bitmaps.
const PRESENTATION: &str = "\u{2}OlePres";
const BITMAP: u32 = 8;
/// The stream that only controls have, and that of their words: with these small letters no other object's.
const CONTROL: &str = "\u{3}OCXNAME";
const WORDS: &str = "contents";

/// Hands on what a storage embeds. False when it embeds nothing in these ways.
pub(super) fn read(
    store: &mut Store<'_>,
    storage: &str,
    place: Option<&str>,
    limits: &mut Limits,
    out: &mut Extract,
) -> bool {
    let mut found = false;
    if let Some(bytes) = store.stream(storage, "\u{1}Ole10Native", limits, out) {
        found = true;
        let Some(content) = size_at(&bytes, 0).and_then(|len| slice(&bytes, 4, len)) else {
            out.note(Reason::Malformed);
            out.files.push(file(String::new(), place, bytes.get(4..).unwrap_or_default()));
            return true;
        };
        native(content, place, out);
    }
    // Fields and buttons of a form: their words, and the rest of what they look like.
    if store.streams(storage).iter().any(|(_, name)| name == CONTROL || name == WORDS) {
        for (number, _) in store.streams(storage) {
            let bytes = store.take(number, limits, out).unwrap_or_default();
            out.add(Some("form control"), runs(&bytes));
            out.files.extend(pictures(&bytes).map(|bytes| file(String::new(), place, bytes)));
        }
        return true;
    }
    for name in FILES {
        // `Contents` is the text of other programs' own.
        let exact = store.streams(storage).into_iter().find(|(_, found)| found == name);
        let bytes = exact.and_then(|(number, _)| store.take(number, limits, out));
        if let Some(bytes) = bytes.filter(|bytes| !bytes.is_empty()) {
            found = true;
            out.files.push(Inner { name: String::new(), place: place.map(str::to_owned), bytes });
        }
    }
    found
}

/// Pictures of a control: a mark, a length and a file (MS-OFORMS section 2.4.13).
fn pictures(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    const MARK: &[u8] = b"lt\0\0";
    let mut from = 0_usize;
    std::iter::from_fn(move || {
        loop {
            let found = memchr::memmem::find(bytes.get(from..)?, MARK)?;
            let at = from.checked_add(found)?.checked_add(MARK.len())?;
            from = at;
            // What only looks like one is none.
            let content = size_at(bytes, at).and_then(|len| slice(bytes, at.checked_add(4)?, len));
            if let Some(content) = content.filter(|content| magic(content) == Magic::Image) {
                from = at.checked_add(content.len())?;
                return Some(content);
            }
        }
    })
}

/// Reads how objects look that no reader opens: their last pictures (MS-OLEDS section 2.3.4).
pub(super) fn presentations(store: &mut Store<'_>, limits: &mut Limits, out: &mut Extract) {
    for (number, name) in store.streams(Store::ROOT) {
        if !name.starts_with(PRESENTATION) {
            continue;
        }
        let Some(bytes) = store.take(number, limits, out) else { continue };
        if let Some((format, content)) = presentation(&bytes).filter(|(_, content)| !content.is_empty()) {
            match format {
                BITMAP => metafile::bitmap(content, None, limits, out),
                _ => metafile::read(content, None, limits, out),
            }
        }
    }
}

/// Format of the clipboard, device, four measures and flags, width, height, length and content.
fn presentation(bytes: &[u8]) -> Option<(u32, &[u8])> {
    if !matches!(u32_at(bytes, 0)?, 0xFFFF_FFFF | 0xFFFF_FFFE) {
        return None;
    }
    let at = size_at(bytes, 8)?.max(4).checked_add(8)?;
    let content = slice(bytes, at.checked_add(28)?, size_at(bytes, at.checked_add(24)?)?)?;
    Some((u32_at(bytes, 4)?, content))
}

/// The content of `\x01Ole10Native`, and of an OLE 1.0 object of the class `Package`: a file with its name and
/// where it came from, or bare data (MS-OLEDS section 2.3.6; the packager's own layout is not published).
pub(in super::super) fn native(content: &[u8], place: Option<&str>, out: &mut Extract) {
    match packaged(content) {
        Some((name, origins, bytes)) => {
            out.add(Some("origin of a file"), origins);
            out.files.push(file(name, place, bytes));
        }
        None => out.files.push(file(String::new(), place, content)),
    }
}

fn file(name: String, place: Option<&str>, bytes: &[u8]) -> Inner {
    Inner { name, place: place.map(str::to_owned), bytes: bytes.to_vec() }
}

/// `0002`, label, path, `00000003`, length and temporary path, length and data.
fn packaged(content: &[u8]) -> Option<(String, String, &[u8])> {
    if u16_at(content, 0)? != 2 {
        return None;
    }
    let text = |at: usize| {
        let bytes = content.get(at..)?;
        let len = memchr::memchr(0, bytes)?;
        Some((by_codepage(bytes.get(..len)?, 1252), at.checked_add(len)?.checked_add(1)?))
    };
    let (name, at) = text(2)?;
    let (path, at) = text(at)?;
    let len = size_at(content, at.checked_add(4)?)?;
    let at = at.checked_add(8)?;
    let temporary = by_codepage(slice(content, at, len)?, 1252);
    let at = at.checked_add(len)?;
    let bytes = slice(content, at.checked_add(4)?, size_at(content, at)?)?;
    let mut origins: Vec<&str> = vec![&path, before_nul(&temporary)];
    origins.dedup();
    Some((name, origins.join("\n"), bytes))
}
