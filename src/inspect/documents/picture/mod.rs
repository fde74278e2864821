//! Pictures: what is written beside them. The pixels are read elsewhere ([`crate::inspect::pictures`]).
//!
//! JPEG (ISO/IEC 10918-1 annex B: comments, EXIF, XMP, Photoshop's IPTC), PNG (ISO/IEC 15948 section 11.3.4:
//! texts, EXIF), WebP (RFC 9649: EXIF, XMP), TIFF and HEIC (EXIF). Everything is at the place `properties`.
//! Damage that hides a caption is `Malformed`; a broken picture is not, for its captions are not in it.

mod captions;

use std::io::{Cursor, Read};

use flate2::Crc;
use flate2::bufread::ZlibDecoder;

use super::{Document, Extract, Limits, Reason};
use captions::{exif, iptc, xmp};

/// Where a person finds it in a viewer of pictures.
const PLACE: Option<&str> = Some("properties");
/// Chunks or segments of one picture that are looked at.
const MAX_CHUNKS: usize = 100_000;

pub(super) struct Picture;

impl Document for Picture {
    fn fits(&self, bytes: &[u8]) -> bool {
        is_jpeg(bytes) || is_png(bytes) || is_webp(bytes) || is_tiff(bytes) || is_heif(bytes)
    }

    fn read(&self, bytes: &[u8], limits: &mut Limits, out: &mut Extract) {
        if is_jpeg(bytes) {
            jpeg(bytes, limits, out);
        } else if is_png(bytes) {
            png(bytes, limits, out);
        } else if is_webp(bytes) {
            webp(bytes, limits, out);
        } else {
            // Nothing to be found is no error; a picture cut off is found out by whoever reads the pixels.
            let read = exif::Reader::new().continue_on_error(true).read_from_container(&mut Cursor::new(bytes));
            captions::exif_of(read, limits, out);
        }
    }
}

fn is_jpeg(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\xFF\xD8\xFF")
}

fn is_png(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x89PNG\r\n\x1A\n")
}

fn is_webp(bytes: &[u8]) -> bool {
    bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP")
}

fn is_tiff(bytes: &[u8]) -> bool {
    bytes.starts_with(b"II*\0") || bytes.starts_with(b"MM\0*")
}

fn is_heif(bytes: &[u8]) -> bool {
    let brands = [b"heic", b"heix", b"mif1", b"msf1", b"avif"];
    bytes.get(4..8) == Some(b"ftyp") && bytes.get(8..12).is_some_and(|of| brands.iter().any(|brand| *brand == of))
}

/// Adds a text that is a person's; at most what may come out.
fn add(text: &str, limits: &mut Limits, out: &mut Extract) {
    let text = text.trim_matches(|c: char| c == '\0' || c.is_whitespace());
    if text.is_empty() {
        return;
    }
    if limits.take_bytes(text.len()) {
        out.add(PLACE, text);
    } else {
        out.note(Reason::OverLimit);
    }
}

fn two(bytes: &[u8]) -> Option<usize> {
    Some(usize::from(u16::from_be_bytes(bytes.get(..2)?.try_into().ok()?)))
}

/// Segments up to the pixels.
fn jpeg(bytes: &[u8], limits: &mut Limits, out: &mut Extract) {
    const COMMENT: u8 = 0xFE;
    const APP1: u8 = 0xE1;
    const APP13: u8 = 0xED;
    const SCAN: u8 = 0xDA;
    const END: u8 = 0xD9;
    const EXIF: &[u8] = b"Exif\0\0";
    const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
    const EXTENDED_XMP: &[u8] = b"http://ns.adobe.com/xmp/extension/\0";
    const PHOTOSHOP: &[u8] = b"Photoshop 3.0\0";
    let mut rest = bytes.get(2..).unwrap_or_default();
    // Both may be spread over several segments.
    let (mut photoshop, mut extended) = (Vec::new(), Vec::new());
    for _ in 0..MAX_CHUNKS {
        // Any number of fill bytes may stand before a marker.
        let Some((&0xFF, after)) = rest.split_first() else {
            out.note(Reason::Malformed);
            break;
        };
        let filled = after.iter().position(|byte| *byte != 0xFF).unwrap_or(after.len());
        let Some((&marker, after)) = after.get(filled..).and_then(<[u8]>::split_first) else {
            out.note(Reason::Malformed);
            break;
        };
        if matches!(marker, SCAN | END) {
            break;
        }
        // Marks without content.
        if matches!(marker, 0x01 | 0xD0..=0xD8) {
            rest = after;
            continue;
        }
        let segment = two(after).and_then(|len| Some((after.get(2..len)?, after.get(len..)?)));
        let Some((content, after)) = segment else {
            out.note(Reason::Malformed);
            break;
        };
        rest = after;
        match marker {
            COMMENT => add(&captions::text(content), limits, out),
            APP1 => {
                if let Some(content) = content.strip_prefix(EXIF) {
                    exif(content, limits, out);
                } else if let Some(content) = content.strip_prefix(XMP) {
                    xmp(content, limits, out);
                } else if let Some(content) = content.strip_prefix(EXTENDED_XMP) {
                    // Digest, length and offset stand before each piece (XMP part 3 section 1.1.3.1).
                    extended.extend_from_slice(content.get(40..).unwrap_or_default());
                }
            }
            APP13 => photoshop.extend_from_slice(content.strip_prefix(PHOTOSHOP).unwrap_or_default()),
            _ => {}
        }
    }
    iptc(&photoshop, limits, out);
    if !extended.is_empty() {
        xmp(&extended, limits, out);
    }
}

/// Chunks to the end: texts may stand behind the pixels.
fn png(bytes: &[u8], limits: &mut Limits, out: &mut Extract) {
    const SIGNATURE: usize = 8;
    /// What made it; no person's words.
    const SOFTWARE: &[u8] = b"Software";
    let mut rest = bytes.get(SIGNATURE..).unwrap_or_default();
    for _ in 0..MAX_CHUNKS {
        let chunk = rest.get(..4).and_then(|len| Some(u32::from_be_bytes(len.try_into().ok()?))).and_then(|len| {
            let end = usize::try_from(len).ok()?.checked_add(8)?;
            Some((rest.get(4..8)?, rest.get(8..end)?, rest.get(end..end.checked_add(4)?)?, end.checked_add(4)?))
        });
        let Some((kind, content, check, end)) = chunk else {
            // Cut off, or something else behind: texts may have stood there.
            out.note(Reason::Malformed);
            return;
        };
        // A text may hide behind another kind's name; what is damaged in the pixels hides none.
        if kind != b"IDAT" {
            let mut crc = Crc::new();
            crc.update(kind);
            crc.update(content);
            if crc.sum().to_be_bytes() != check {
                out.note(Reason::Malformed);
            }
        }
        match kind {
            b"tEXt" => {
                if let Some((_, text)) = parted(content).filter(|(keyword, _)| *keyword != SOFTWARE) {
                    add(&captions::text(text), limits, out);
                }
            }
            b"zTXt" => {
                // The method is always 0.
                let text = parted(content).and_then(|(_, rest)| inflate(rest.get(1..)?, limits, out));
                add(&captions::text(&text.unwrap_or_default()), limits, out);
            }
            b"iTXt" => international(content, limits, out),
            b"eXIf" => exif(content, limits, out),
            b"IEND" => return,
            _ => {}
        }
        rest = rest.get(end..).unwrap_or_default();
    }
    out.note(Reason::OverLimit);
}

/// `keyword 0 compressed method language 0 translated 0 text`, UTF-8.
fn international(content: &[u8], limits: &mut Limits, out: &mut Extract) {
    let read = || {
        let (keyword, rest) = parted(content)?;
        let (compressed, rest) = (rest.first()? == &1, rest.get(2..)?);
        let (_language, rest) = parted(rest)?;
        let (_translated, text) = parted(rest)?;
        Some((keyword, compressed, text))
    };
    let Some((keyword, compressed, text)) = read() else { return out.note(Reason::Malformed) };
    let inflated = if compressed { inflate(text, limits, out) } else { None };
    let text = inflated.as_deref().unwrap_or(if compressed { b"" } else { text });
    if keyword == b"XML:com.adobe.xmp" {
        xmp(text, limits, out);
    } else {
        add(&captions::text(text), limits, out);
    }
}

fn parted(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = bytes.iter().position(|byte| *byte == 0)?;
    Some((bytes.get(..at)?, bytes.get(at.checked_add(1)?..)?))
}

/// What a compressed text holds, as far as the limits allow.
fn inflate(bytes: &[u8], limits: &mut Limits, out: &mut Extract) -> Option<Vec<u8>> {
    let most = u64::try_from(limits.bytes).unwrap_or(u64::MAX);
    let mut text = Vec::new();
    let mut decoder = ZlibDecoder::new(bytes).take(most.saturating_add(1));
    if decoder.read_to_end(&mut text).is_err() {
        out.note(Reason::Malformed);
    }
    if u64::try_from(text.len()).is_ok_and(|len| len > most) {
        out.note(Reason::OverLimit);
        return None;
    }
    Some(text)
}

/// Chunks of a RIFF file.
fn webp(bytes: &[u8], limits: &mut Limits, out: &mut Extract) {
    const HEADER: usize = 12;
    // What the head says is there (RFC 9649 section 2.7.1).
    const EXIF: u8 = 0x08;
    const XMP: u8 = 0x04;
    let (mut missing, mut unknown) = (0, false);
    let mut rest = bytes.get(HEADER..).unwrap_or_default();
    for _ in 0..MAX_CHUNKS {
        // Line ends of a gateway, or what fills up a block, may stand behind.
        if rest.iter().all(|byte| matches!(byte, 0 | b'\r' | b'\n' | b' ')) {
            // Programs that take captions out may leave the head as it was; then there is no chunk of another name.
            if missing != 0 && unknown {
                out.note(Reason::Malformed);
            }
            return;
        }
        let chunk = rest.get(4..8).and_then(|len| Some(u32::from_le_bytes(len.try_into().ok()?))).and_then(|len| {
            let end = usize::try_from(len).ok()?.checked_add(8)?;
            // An odd one is followed by a byte of nothing.
            Some((rest.get(..4)?, rest.get(8..end)?, end.checked_next_multiple_of(2)?))
        });
        let Some((kind, content, end)) = chunk else { return out.note(Reason::Malformed) };
        match kind {
            b"VP8X" => missing = content.first().copied().unwrap_or_default() & (EXIF | XMP),
            b"EXIF" => {
                missing &= !EXIF;
                exif(content.strip_prefix(b"Exif\0\0").unwrap_or(content), limits, out);
            }
            b"XMP " => {
                missing &= !XMP;
                xmp(content, limits, out);
            }
            b"VP8 " | b"VP8L" | b"ALPH" | b"ANIM" | b"ANMF" | b"ICCP" => {}
            _ => unknown = true,
        }
        rest = rest.get(end..).unwrap_or_default();
    }
    out.note(Reason::OverLimit);
}
