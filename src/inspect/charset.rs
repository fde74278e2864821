//! Bytes to text, in every character set that Nordic mail comes in.
//!
//! A label is a claim. A byte order mark wins over it, valid UTF-8 wins over any label whose own bytes
//! would not be UTF-8 by accident, and where UTF-8 is claimed (or nothing) but not so, windows-1252 is read: it gives every byte a
//! character, and digits and most letters come out right.

use std::borrow::Cow;

use encoding_rs::{Encoding, ISO_2022_JP, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use mail_parser::decoders::charsets::map::charset_decoder;

use super::utf7;

/// Bytes at the start of a text in which a guess is made and a `<meta charset>` is looked for.
const HEAD: usize = 4096;

/// CP865, the DOS code page of Norway and Denmark, from 0x80; CP437 but for Ø, ø and ¤.
const CP865: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø₧ƒáíóúñÑªº¿⌐¬½¼¡«¤░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{A0}";

/// The text of `bytes`, read by `label` as far as the bytes agree with it.
pub(super) fn decode<'a>(bytes: &'a [u8], label: Option<&str>) -> Cow<'a, str> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(bytes.get(mark..).unwrap_or_default()).0;
    }
    if let Some(encoding) = utf_16_by_zeros(bytes) {
        return encoding.decode_without_bom_handling(bytes).0;
    }
    let label = label.map(|label| label.trim().to_ascii_lowercase()).unwrap_or_default();
    match Encoding::for_label(label.as_bytes()) {
        Some(encoding) if encoding == REPLACEMENT => unlabelled(bytes),
        Some(encoding) if encoding == UTF_8 => unlabelled(bytes),
        // Its letters hide in ASCII.
        Some(encoding) if encoding == ISO_2022_JP => encoding.decode_without_bom_handling(bytes).0,
        Some(encoding) => utf_8(bytes).map_or_else(|| encoding.decode_without_bom_handling(bytes).0, Cow::Borrowed),
        None => other(bytes, &label),
    }
}

/// The labels to read a text by, each giving another text: all that are declared, and none where UTF-7
/// is, since a reader that does not know it shows the bytes.
pub(super) fn readings<'a>(labels: &'a [String], bytes: &[u8]) -> Vec<Option<&'a str>> {
    let mut readings: Vec<Option<&str>> = Vec::new();
    let bare = labels.iter().any(|label| is_utf_7(label));
    if labels.len() < 2 && !bare {
        return vec![labels.first().map(String::as_str)];
    }
    for label in labels.iter().map(|label| Some(label.as_str())).chain(bare.then_some(None)) {
        let text = decode(bytes, label);
        if !readings.iter().any(|known| decode(bytes, *known) == text) {
            readings.push(label);
        }
    }
    readings
}

/// Whether a text in one of the sets that nobody reads any more (HZ, ISO-2022-KR) makes use of it: its
/// letters hide in ASCII. Other unknown sets are read as far as they look like text.
pub(super) fn is_shifted(label: &str, bytes: &[u8]) -> bool {
    let label = label.trim().to_ascii_lowercase();
    Encoding::for_label(label.as_bytes()) == Some(REPLACEMENT)
        && (memchr::memchr2(0x0E, 0x1B, bytes).is_some() || memchr::memmem::find(bytes, b"~{").is_some())
}

/// The character set that an HTML text claims for itself in a `<meta>`.
pub(super) fn meta_label(html: &[u8]) -> Option<String> {
    let head = html.get(..HEAD).unwrap_or(html).to_ascii_lowercase();
    let at = memchr::memmem::find(&head, b"charset")?;
    let rest = head.get(at..)?.strip_prefix(b"charset")?.trim_ascii_start().strip_prefix(b"=")?;
    let rest = rest.trim_ascii_start();
    let rest = rest.strip_prefix(b"\"").or_else(|| rest.strip_prefix(b"'")).unwrap_or(rest);
    let label = rest.split(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b':' | b'.'))).next()?;
    (!label.is_empty()).then(|| String::from_utf8_lossy(label).into_owned())
}

/// UTF-8 if it is, else windows-1252.
fn unlabelled(bytes: &[u8]) -> Cow<'_, str> {
    utf_8(bytes).map_or_else(|| WINDOWS_1252.decode_without_bom_handling(bytes).0, Cow::Borrowed)
}

fn utf_8(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

/// Labels that the web does not know: UTF-7, DOS code pages, other spellings.
fn other<'a>(bytes: &'a [u8], label: &str) -> Cow<'a, str> {
    if is_cp865(label) {
        return Cow::Owned(bytes.iter().map(|&b| from_cp865(b)).collect());
    }
    if is_utf_7(label) {
        return Cow::Owned(utf7::decode(bytes));
    }
    // Whatever the label, plain UTF-8 is no accident.
    match charset_decoder(label.as_bytes()).filter(|_| !label.is_empty()) {
        Some(decoder) if utf_8(bytes).is_none() => Cow::Owned(decoder(bytes)),
        _ => unlabelled(bytes),
    }
}

/// Whether a label names UTF-7, which hides ASCII in ASCII.
pub(super) fn is_utf_7(label: &str) -> bool {
    let label = label.trim();
    ["utf-7", "utf7", "unicode-1-1-utf-7", "csutf7"].iter().any(|name| label.eq_ignore_ascii_case(name))
}

fn is_cp865(label: &str) -> bool {
    matches!(label, "cp865" | "ibm865" | "865" | "csibm865" | "cp-865")
}

fn from_cp865(byte: u8) -> char {
    match byte.checked_sub(0x80) {
        None => char::from(byte),
        Some(high) => CP865.chars().nth(usize::from(high)).unwrap_or(char::REPLACEMENT_CHARACTER),
    }
}

/// Whether bytes without a mark are UTF-16.
pub(super) fn is_utf_16(bytes: &[u8]) -> bool {
    utf_16_by_zeros(bytes).is_some()
}

/// UTF-16 without a mark: every other byte of Latin text is zero.
fn utf_16_by_zeros(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.get(..HEAD).unwrap_or(bytes);
    memchr::memchr(0, head)?;
    let pairs = head.chunks_exact(2);
    let (mut first, mut second, mut all) = (0_usize, 0_usize, 0_usize);
    for pair in pairs {
        let [high, low] = pair else { continue };
        all = all.saturating_add(1);
        first = first.saturating_add(usize::from(*high == 0 && *low != 0));
        second = second.saturating_add(usize::from(*low == 0 && *high != 0));
    }
    let most = |count: usize| count.saturating_mul(10) > all.saturating_mul(7);
    match (all >= 2, most(first), most(second)) {
        (true, true, false) => Some(UTF_16BE),
        (true, false, true) => Some(UTF_16LE),
        _ => None,
    }
}
