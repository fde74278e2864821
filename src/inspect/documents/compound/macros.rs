//! Source of macros (MS-OVBA), and the texts of their forms.

use super::super::little_endian::{by_codepage, u16_at};
use super::super::{Extract, Limits};
use super::runs;
use super::store::Store;
use crate::inspect::Reason;

/// Storages of macros, by their path.
const STORAGES: [&str; 4] = ["/VBA/", "/Macros/", "/_VBA_PROJECT_CUR/", "/VBA_PROJECT_CUR/"];
/// How the source of every module begins (section 2.3.4.3), compressed: the copies in it begin later.
const BEGIN: &[u8] = b"\0Attribut";
/// Mark of compressed bytes, and the length of a chunk's head, before that.
const MARK: u8 = 1;
const BEFORE: usize = 3;
/// Bytes of a chunk when it is not compressed.
const CHUNK: usize = 4096;

/// Whether the file is nothing but macros.
pub(super) fn fits(store: &Store<'_>) -> bool {
    store.storages_in(Store::ROOT).iter().any(|(_, name)| name == "VBA")
}

/// Reads all that is in storages of macros. What programs made from the source is left out.
pub(super) fn read(store: &mut Store<'_>, limits: &mut Limits, out: &mut Extract) {
    let bare = fits(store);
    for (number, path) in store.unread() {
        let name = path.rsplit('/').next().unwrap_or_default();
        let project = bare && path.matches('/').count() == 1 && name.starts_with("PROJECT");
        if !project && !STORAGES.iter().any(|storage| path.contains(storage)) {
            continue;
        }
        let Some(bytes) = store.take(number, limits, out) else { continue };
        let source = memchr::memmem::find(&bytes, BEGIN).and_then(|at| bytes.get(at.checked_sub(BEFORE)?..));
        let text = match (name, source) {
            (_, Some(source)) => match decompressed(source, limits) {
                Ok(source) => by_codepage(&source, 1252),
                Err(reason) => {
                    out.note(reason);
                    runs(&bytes)
                }
            },
            // Texts of forms, and the list of modules.
            ("f" | "o" | "\u{3}VBFrame" | "PROJECT", None) => runs(&bytes),
            _ => continue,
        };
        out.add(Some("macro"), text);
    }
}

/// Undoes the compression of section 2.4.1.
fn decompressed(bytes: &[u8], limits: &mut Limits) -> Result<Vec<u8>, Reason> {
    let mut out = Vec::new();
    let mut rest = bytes.strip_prefix(&[MARK]).ok_or(Reason::Malformed)?;
    while let Some(head) = u16_at(rest, 0) {
        let len = usize::from(head & 0x0FFF).saturating_add(3);
        let chunk = rest.get(2..len.min(rest.len())).unwrap_or_default();
        rest = rest.get(len..).unwrap_or_default();
        if head & 0x7000 != 0x3000 {
            break;
        }
        if !limits.take_bytes(CHUNK) {
            return Err(Reason::OverLimit);
        }
        if head & 0x8000 == 0 {
            out.extend_from_slice(chunk);
        } else {
            expand(chunk, &mut out).ok_or(Reason::Malformed)?;
        }
    }
    Ok(out)
}

/// One chunk: eight literals or copies after each byte of flags.
fn expand(mut chunk: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let start = out.len();
    while let Some((&flags, tokens)) = chunk.split_first() {
        chunk = tokens;
        for bit in 0..8 {
            if flags >> bit & 1 == 0 {
                let Some((&byte, after)) = chunk.split_first() else { return Some(()) };
                out.push(byte);
                chunk = after;
                continue;
            }
            let Some(token) = u16_at(chunk, 0) else { return Some(()) };
            chunk = chunk.get(2..)?;
            let done = out.len().checked_sub(start)?;
            // Bits of the offset: as many as it takes to reach the chunk's start, at least four.
            let bits = usize::BITS.checked_sub(done.checked_sub(1)?.leading_zeros())?.clamp(4, 12);
            let mask = u16::MAX >> bits;
            let len = usize::from(token & mask).checked_add(3)?;
            let back = usize::from((token & !mask) >> 16_u32.checked_sub(bits)?).checked_add(1)?;
            for _ in 0..len {
                let byte = *out.get(out.len().checked_sub(back)?)?;
                out.push(byte);
            }
            if out.len().checked_sub(start)? > CHUNK {
                return None;
            }
        }
    }
    Some(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
mod tests {
    use super::*;

    const ROOM: Limits = Limits { bytes: 1 << 20, entries: 10, until: None };

    /// MS-OVBA sections 3.2.1 to 3.2.3.
    #[test]
    fn the_examples_of_the_specification_come_out() {
        let none = b"\x01\x19\xB0\0abcdefgh\0ijklmnop\0qrstuv.";
        let normal =
            b"\x01\x2F\xB0\0#aaabcde\x82f\0paghij\x01\x38\x08akl\x000mnop\x06q\x02p\x04\x10rstuv\x10wxyz\0\x3C";
        let most = b"\x01\x03\xB0\x02a\x45\0";
        let plain = |bytes: &[u8]| String::from_utf8(decompressed(bytes, &mut ROOM.clone()).unwrap()).unwrap();
        assert_eq!(plain(none), "abcdefghijklmnopqrstuv.");
        assert_eq!(plain(normal), "#aaabcdefaaaaghijaaaaaklaaamnopqaaaaaaaaaaaarstuvwxyzaaa");
        assert_eq!(plain(most), "a".repeat(73));
    }

    #[test]
    fn copies_from_before_the_start_are_malformed() {
        assert_eq!(decompressed(b"\x01\x03\xB0\x01\x45\0", &mut ROOM.clone()), Err(Reason::Malformed));
        assert_eq!(decompressed(b"\x01\x03\xB0\x02a\x45\0", &mut Limits { bytes: 9, ..ROOM }), Err(Reason::OverLimit));
    }
}
