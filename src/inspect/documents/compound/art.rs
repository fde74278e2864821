//! Drawings of Office (MS-ODRAW): pictures as files, texts of shapes that are no text boxes.
//!
//! Pictures are found by the head of their record, of which four bytes are fixed, so that one reader serves
//! the streams of Word, Excel and PowerPoint, whatever the records around say.

use std::io::Read;

use flate2::read::ZlibDecoder;

use super::super::little_endian::{before_nul, size_at, slice, u16_at, u32_at, utf_16};
use super::super::metafile;
use super::super::{Extract, Inner, Limits};
use crate::inspect::Reason;

/// Heads of picture records with one identifier (section 2.2.23 to 2.2.31); those with two have the next
/// instance. The rest says what the picture is.
const HEADS: [(u16, u16, Kind); 10] = [
    (0x3D4, 0xF01A, Kind::Metafile),
    (0x216, 0xF01B, Kind::Metafile),
    (0x542, 0xF01C, Kind::Metafile),
    (0x46A, 0xF01D, Kind::File),
    (0x6E2, 0xF01D, Kind::File),
    (0x6E0, 0xF01E, Kind::File),
    (0x7A8, 0xF01F, Kind::Bitmap),
    (0x6E4, 0xF029, Kind::File),
    (0x46A, 0xF02A, Kind::File),
    (0x6E2, 0xF02A, Kind::File),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    File,
    Bitmap,
    Metafile,
}

/// Bytes of a picture's identifier, and of what stands before a metafile.
const IDENTIFIER: usize = 16;
const METAFILE_HEAD: usize = 34;

/// Properties that hold text for people (sections 2.3.4.2 ff.): words drawn as a shape, description, tooltip.
const TEXTS: [(u16, &str); 3] = [(0x00C0, "text box"), (0x0381, "alt text"), (0x038D, "alt text")];

/// Hands on all pictures in a stream.
pub(super) fn pictures(bytes: &[u8], place: Option<&str>, limits: &mut Limits, out: &mut Extract) {
    let mut from = 3_usize;
    while let Some(found) = bytes.get(from..).and_then(|rest| memchr::memchr(0xF0, rest)) {
        let end = from.saturating_add(found).saturating_add(1);
        from = end;
        let Some((kind, content)) = picture(bytes, end.saturating_sub(4)) else { continue };
        if !limits.in_time() {
            out.note(Reason::TimedOut);
            return;
        }
        from = end.saturating_add(content.len());
        if !limits.take_bytes(content.len()) {
            out.note(Reason::OverLimit);
            return;
        }
        match kind {
            Kind::File => {
                out.files.push(Inner { place: place.map(str::to_owned), bytes: content.to_vec(), ..Inner::default() })
            }
            Kind::Bitmap => metafile::bitmap(content, place, limits, out),
            Kind::Metafile => drawn(content, place, limits, out),
        }
    }
}

/// The content of the picture whose record begins here.
fn picture(bytes: &[u8], at: usize) -> Option<(Kind, &[u8])> {
    let (head, record) = (u16_at(bytes, at)?, u16_at(bytes, at.checked_add(2)?)?);
    let instance = head >> 4;
    let fits = |(first, kind, _): &&(u16, u16, Kind)| *kind == record && instance & !1 == first & !1;
    let (_, _, kind) = HEADS.iter().find(fits).filter(|_| head & 0xF == 0)?;
    let content = slice(bytes, at.checked_add(8)?, size_at(bytes, at.checked_add(4)?)?)?;
    let identifiers = if instance & 1 == 0 { IDENTIFIER } else { IDENTIFIER.checked_mul(2)? };
    let skip = if *kind == Kind::Metafile { identifiers } else { identifiers.checked_add(1)? };
    Some((*kind, content.get(skip..)?))
}

/// A metafile, which is mostly compressed (section 2.2.31).
fn drawn(content: &[u8], place: Option<&str>, limits: &mut Limits, out: &mut Extract) {
    const PLAIN: u8 = 0xFE;
    let Some((head, body)) = content.split_at_checked(METAFILE_HEAD) else {
        out.note(Reason::Malformed);
        return;
    };
    if head.get(32) == Some(&PLAIN) {
        metafile::read(body, place, limits, out);
        return;
    }
    match inflate(body, limits) {
        Ok(drawing) => metafile::read(&drawing, place, limits, out),
        Err(reason) => out.note(reason),
    }
}

/// Reads the metafiles that stand bare among other bytes, as documents of 1995 hold their pictures: a header of nine
/// words, and in it the length of the whole in words (MS-WMF section 2.3.2.2).
pub(super) fn bare_metafiles(bytes: &[u8], limits: &mut Limits, out: &mut Extract) {
    const HEAD: &[u8] = b"\x01\0\x09\0\0\x03";
    let mut from = 0_usize;
    while let Some(found) = bytes.get(from..).and_then(|rest| memchr::memmem::find(rest, HEAD)) {
        let at = from.saturating_add(found);
        let len = size_at(bytes, at.saturating_add(HEAD.len())).and_then(|words| words.checked_mul(2));
        from = at.saturating_add(HEAD.len());
        // What only looks like one is none.
        if let Some(drawing) = len.and_then(|len| slice(bytes, at, len)) {
            metafile::read(drawing, None, limits, out);
            from = at.saturating_add(drawing.len()).max(from);
        }
    }
}

/// Undoes zlib within the limits.
pub(super) fn inflate(bytes: &[u8], limits: &mut Limits) -> Result<Vec<u8>, Reason> {
    const STEP: usize = 64 * 1024;
    let (mut decoder, mut step, mut whole) = (ZlibDecoder::new(bytes), vec![0; STEP], Vec::new());
    loop {
        let read = decoder.read(&mut step).map_err(|_| Reason::Malformed)?;
        if read == 0 {
            return Ok(whole);
        }
        if !limits.in_time() {
            return Err(Reason::TimedOut);
        }
        if !limits.take_bytes(read) {
            return Err(Reason::OverLimit);
        }
        whole.extend_from_slice(step.get(..read).unwrap_or_default());
    }
}

/// Texts in properties of shapes (section 2.2.9), of all tables of them in these bytes. Tables may lie in each other,
/// so that what they give is counted.
pub(super) fn texts(bytes: &[u8], place: Option<&str>, limits: &mut Limits, out: &mut Extract) {
    for mark in [b"\x0B\xF0", b"\x21\xF1", b"\x22\xF1"] {
        for found in memchr::memmem::find_iter(bytes, mark) {
            if !limits.in_time() {
                out.note(Reason::TimedOut);
                return;
            }
            // What only looks like a table is none.
            let _ = found.checked_sub(2).and_then(|at| table(bytes, at, place, limits, out));
        }
    }
}

fn table(bytes: &[u8], at: usize, place: Option<&str>, limits: &mut Limits, out: &mut Extract) -> Option<()> {
    let head = u16_at(bytes, at)?;
    let content = slice(bytes, at.checked_add(8)?, size_at(bytes, at.checked_add(4)?)?)?;
    if head & 0xF != 3 {
        return None;
    }
    let count = usize::from(head >> 4);
    // Long values follow the table in its order.
    let mut value_at = count.checked_mul(6)?;
    for number in 0..count {
        let at = number.checked_mul(6)?;
        let (id, len) = (u16_at(content, at)?, u32_at(content, at.checked_add(2)?)?);
        if id & 0x8000 == 0 {
            continue;
        }
        let len = usize::try_from(len).ok()?;
        let value = slice(content, value_at, len)?;
        value_at = value_at.checked_add(len)?;
        if let Some((_, what)) = TEXTS.iter().find(|(known, _)| *known == id & 0x3FFF) {
            if !limits.take_bytes(len) {
                out.note(Reason::OverLimit);
                return None;
            }
            let text = utf_16(value);
            out.add(Some(&super::super::extract::joined(place, what)), before_nul(&text));
        }
    }
    Some(())
}
