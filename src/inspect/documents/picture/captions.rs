//! What people, and cameras, write beside a picture: EXIF (CIPA DC-008), XMP (ISO 16684-1), IPTC (IIM 4.2).

use std::borrow::Cow;

use exif::{Context, Exif, In, Rational, Tag, Value};

use super::super::xml::{self, Node};
use super::super::{Extract, Limits, Reason};
use super::add;
use crate::inspect::charset;

/// Fields of EXIF with words: those of the standard, and those of Windows, which are UTF-16.
const WORDS: [(Context, u16); 12] = [
    (Context::Tiff, 0x010D), // DocumentName
    (Context::Tiff, 0x010E), // ImageDescription
    (Context::Tiff, 0x011D), // PageName
    (Context::Tiff, 0x013B), // Artist
    (Context::Tiff, 0x8298), // Copyright
    (Context::Exif, 0x9286), // UserComment
    (Context::Exif, 0xA430), // CameraOwnerName
    (Context::Tiff, 0x9C9B), // XPTitle
    (Context::Tiff, 0x9C9C), // XPComment
    (Context::Tiff, 0x9C9D), // XPAuthor
    (Context::Tiff, 0x9C9E), // XPKeywords
    (Context::Tiff, 0x9C9F), // XPSubject
];
/// Packets of others inside a TIFF.
const XMP: Tag = Tag(Context::Tiff, 0x02BC);
const IPTC: Tag = Tag(Context::Tiff, 0x83BB);
/// Elements and attributes of XMP with words; the rest is what programs tell each other.
const XMP_WORDS: [&str; 27] = [
    "title",
    "description",
    "subject",
    "creator",
    "rights",
    "Headline",
    "City",
    "State",
    "Country",
    "Location",
    "Sublocation",
    "LocationName",
    "CaptionWriter",
    "Credit",
    "Source",
    "Instructions",
    "PersonInImage",
    "Name",
    "PersonDisplayName",
    "UserComment",
    "ImageDescription",
    "Comment",
    "Label",
    "Nickname",
    "hierarchicalSubject",
    "TagsList",
    "LastKeywordXMP",
];

/// Bytes in UTF-8, or else in Windows-1252.
pub(super) fn text(bytes: &[u8]) -> Cow<'_, str> {
    let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last.saturating_add(1));
    charset::decode(bytes.get(..end).unwrap_or_default(), Some("utf-8"))
}

/// A block of EXIF.
pub(super) fn exif(bytes: &[u8], limits: &mut Limits, out: &mut Extract) {
    let read = exif::Reader::new().continue_on_error(true).read_raw(bytes.to_vec());
    exif_of(read, limits, out);
}

pub(super) fn exif_of(read: Result<Exif, exif::Error>, limits: &mut Limits, out: &mut Extract) {
    let exif = match read {
        Ok(exif) => exif,
        Err(exif::Error::PartialResult(part)) => {
            let (exif, _) = part.into_inner();
            if lacks_words(exif.buf()).unwrap_or(true) {
                out.note(Reason::Malformed);
            }
            exif
        }
        // A container of a kind in which it is not looked for, or without any.
        Err(exif::Error::NotFound(_) | exif::Error::NotSupported(_) | exif::Error::BlankValue(_)) => return,
        Err(_) => return out.note(Reason::Malformed),
    };
    for field in exif.fields().filter(|field| field.ifd_num == In::PRIMARY) {
        let Tag(context, number) = field.tag;
        if WORDS.contains(&(context, number)) {
            words(number, &field.value, limits, out);
        } else if field.tag == XMP {
            xmp(&bytes_of(&field.value), limits, out);
        } else if field.tag == IPTC {
            datasets(&bytes_of(&field.value), limits, out);
        }
    }
    if let Some(position) = position(&exif) {
        add(&position, limits, out);
    }
}

/// Whether a field with words or with the place, or the way to one, is damaged. Cameras and programs leave much else
/// behind that leads nowhere: their own notes, thumbnails, further pictures. None when the first list is not there.
fn lacks_words(tiff: &[u8]) -> Option<bool> {
    const EXIF: u16 = 0x8769;
    const GPS: u16 = 0x8825;
    const ENTRY: usize = 12;
    let little = tiff.starts_with(b"II");
    let two = |at: usize| {
        let bytes = tiff.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    };
    let four = |at: usize| {
        let bytes = tiff.get(at..at.checked_add(4)?)?.try_into().ok()?;
        usize::try_from(if little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) }).ok()
    };
    let mut lists = vec![(Context::Tiff, four(4)?)];
    while let Some((context, list)) = lists.pop() {
        for number in 0..usize::from(two(list)?) {
            let entry = list.checked_add(2)?.checked_add(number.checked_mul(ENTRY)?)?;
            let (tag, kind, count, value) =
                (two(entry)?, two(entry.checked_add(2)?)?, entry.checked_add(4)?, entry.checked_add(8)?);
            let (count, value) = (four(count)?, four(value)?);
            match (context, tag) {
                (Context::Tiff, EXIF) => lists.push((Context::Exif, value)),
                (Context::Tiff, GPS) => lists.push((Context::Gps, value)),
                (Context::Gps, 1..=4) => {}
                (Context::Tiff, _) if Tag(context, tag) == XMP || Tag(context, tag) == IPTC => {}
                _ if WORDS.contains(&(context, tag)) => {}
                _ => continue,
            }
            // Bytes of a value of each kind (TIFF 6.0 section 2); short ones stand in the entry.
            let unit = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4].get(usize::from(kind)).copied().unwrap_or(0_usize);
            let size = unit.checked_mul(count)?;
            if size > 4 && tiff.get(value..value.checked_add(size)?).is_none() {
                return Some(true);
            }
        }
    }
    Some(false)
}

fn bytes_of(value: &Value) -> Vec<u8> {
    match value {
        Value::Byte(bytes) | Value::Undefined(bytes, _) => bytes.clone(),
        // Some programs write longs.
        Value::Long(numbers) => numbers.iter().flat_map(|number| number.to_be_bytes()).collect(),
        _ => Vec::new(),
    }
}

fn words(number: u16, value: &Value, limits: &mut Limits, out: &mut Extract) {
    const WINDOWS: std::ops::RangeInclusive<u16> = 0x9C9B..=0x9C9F;
    match value {
        Value::Ascii(lines) => {
            for line in lines {
                add(&text(line), limits, out);
            }
        }
        Value::Byte(bytes) if WINDOWS.contains(&number) => add(&utf_16(bytes, false), limits, out),
        // A comment begins with its character set, in eight bytes; text that does not is text all the same.
        Value::Undefined(bytes, _) => {
            let (set, rest) = bytes.split_at_checked(8).unwrap_or((&[], bytes));
            let words = match set {
                b"ASCII\0\0\0" | b"\0\0\0\0\0\0\0\0" => text(rest).into_owned(),
                b"UNICODE\0" => utf_16(rest, true),
                b"JIS\0\0\0\0\0" => charset::decode(rest, Some("iso-2022-jp")).into_owned(),
                _ => text(bytes).into_owned(),
            };
            add(&words, limits, out);
        }
        _ => {}
    }
}

/// UTF-16 in an order that nobody names: the one with more letters of Latin.
fn utf_16(bytes: &[u8], either: bool) -> String {
    let units = |read: fn([u8; 2]) -> u16| {
        let pairs = bytes.chunks_exact(2).filter_map(|pair| pair.try_into().ok());
        pairs.map(read).take_while(|unit| *unit != 0).collect::<Vec<u16>>()
    };
    let latin = |units: &[u16]| units.iter().filter(|unit| **unit < 0x250).count();
    let (little, big) = (units(u16::from_le_bytes), units(u16::from_be_bytes));
    let units = if either && latin(&big) > latin(&little) { big } else { little };
    String::from_utf16_lossy(&units).trim_start_matches('\u{FEFF}').to_owned()
}

/// `GPS 59.9139 N 10.7522 E`: where the camera was.
fn position(exif: &Exif) -> Option<String> {
    let part = |value: Tag, side: Tag| {
        let degrees = match &exif.get_field(value, In::PRIMARY)?.value {
            Value::Rational(parts) => degrees(parts)?,
            _ => return None,
        };
        let side = match &exif.get_field(side, In::PRIMARY)?.value {
            Value::Ascii(lines) => char::from(*lines.first()?.first()?).to_ascii_uppercase(),
            _ => return None,
        };
        matches!(side, 'N' | 'S' | 'E' | 'W').then(|| format!("{degrees:.4} {side}"))
    };
    let latitude = part(Tag::GPSLatitude, Tag::GPSLatitudeRef)?;
    let longitude = part(Tag::GPSLongitude, Tag::GPSLongitudeRef)?;
    Some(format!("GPS {latitude} {longitude}"))
}

/// Degrees, minutes and seconds in one; None for what no place on earth has.
fn degrees(parts: &[Rational]) -> Option<f64> {
    let mut parts = parts.iter().map(Rational::to_f64);
    let (degrees, minutes, seconds) = (parts.next()?, parts.next().unwrap_or(0.0), parts.next().unwrap_or(0.0));
    let all = degrees + minutes / 60.0 + if seconds.is_finite() { seconds / 3600.0 } else { 0.0 };
    (all.is_finite() && (0.0..=180.0).contains(&all)).then_some(all)
}

/// A packet of XMP: the words in it.
pub(super) fn xmp(packet: &[u8], limits: &mut Limits, out: &mut Extract) {
    let end = packet.iter().rposition(|byte| *byte != 0).map_or(0, |last| last.saturating_add(1));
    let mut inside: usize = 0;
    let mut words = String::new();
    let mut found = Vec::new();
    let bounds = *limits;
    xml::read(packet.get(..end).unwrap_or_default(), &bounds, out, &mut |node, _| match node {
        Node::Start(element) => {
            let named = XMP_WORDS.contains(&element.name());
            if inside > 0 || named {
                inside = inside.saturating_add(1);
            }
            found.extend(XMP_WORDS.iter().filter_map(|name| Some(element.attribute(name)?.into_owned())));
        }
        Node::Text(text) if inside > 0 => words.push_str(&text),
        Node::Text(_) => {}
        Node::End(_) => {
            if inside > 0 {
                inside = inside.saturating_sub(1);
                // Items of a list are texts of their own.
                found.push(std::mem::take(&mut words));
            }
        }
    });
    found.push(words);
    for text in found {
        add(&text, limits, out);
    }
}

/// IPTC among Photoshop's resources (Photoshop File Formats, "Image Resource Blocks").
pub(super) fn iptc(photoshop: &[u8], limits: &mut Limits, out: &mut Extract) {
    const MARK: &[u8] = b"8BIM";
    const IPTC: &[u8] = b"\x04\x04";
    let mut rest = photoshop;
    while let Some(after) = rest.strip_prefix(MARK) {
        let block = || {
            // A name with its length before it, filled up to an even number of bytes.
            let name = usize::from(*after.get(2)?).checked_add(1)?.checked_next_multiple_of(2)?.checked_add(2)?;
            let len = after.get(name..name.checked_add(4)?)?.try_into().ok()?;
            let len = usize::try_from(u32::from_be_bytes(len)).ok()?;
            let start = name.checked_add(4)?;
            let end = start.checked_add(len)?;
            Some((after.get(..2)?, after.get(start..end)?, end.checked_next_multiple_of(2)?))
        };
        let Some((id, content, end)) = block() else { return out.note(Reason::Malformed) };
        if id == IPTC {
            datasets(content, limits, out);
        }
        rest = after.get(end..).unwrap_or_default();
    }
}

/// Datasets of IPTC: a mark, a record, a number, a length, a value (IIM section 1.5).
fn datasets(bytes: &[u8], limits: &mut Limits, out: &mut Extract) {
    const MARK: u8 = 0x1C;
    const APPLICATION: u8 = 2;
    /// Dates, times, versions, programs and other codes.
    const CODES: [u8; 22] = [0, 3, 4, 7, 8, 10, 12, 30, 35, 37, 38, 42, 45, 47, 50, 55, 60, 62, 63, 65, 70, 75];
    let mut rest = bytes;
    while let Some((&MARK, after)) = rest.split_first() {
        let dataset = || {
            let len = super::two(after.get(2..)?)?;
            // Longer ones say how long their length is; no text is.
            let end = (len < 0x8000).then(|| len.checked_add(4)).flatten()?;
            Some((*after.first()?, *after.get(1)?, after.get(4..end)?, after.get(end..)?))
        };
        let Some((record, number, value, behind)) = dataset() else { return out.note(Reason::Malformed) };
        if record == APPLICATION && !CODES.contains(&number) {
            add(&text(value), limits, out);
        }
        rest = behind;
    }
}
