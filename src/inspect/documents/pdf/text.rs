//! Text strings: PDFDocEncoding, UTF-16 or UTF-8 (ISO 32000-2, 7.9.2.2 and annex D.3).

use encoding_rs::{UTF_16BE, UTF_16LE};

/// PDFDocEncoding from 0x18 to 0x1F.
const ACCENTS: &str = "˘ˇˆ˙˝˛˚˜";
/// PDFDocEncoding from 0x80 to 0xA0.
const SIGNS: &str = "•†‡…—–ƒ⁄‹›−‰„“”‘’‚™ﬁﬂŁŒŠŸŽıłœšž\u{FFFD}€";

/// The text of a string outside of content streams.
pub(super) fn text(bytes: &[u8]) -> String {
    let decoded = match bytes {
        [0xFE, 0xFF, rest @ ..] => UTF_16BE.decode_without_bom_handling(rest).0.into_owned(),
        [0xFF, 0xFE, rest @ ..] => UTF_16LE.decode_without_bom_handling(rest).0.into_owned(),
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        // Many programs write UTF-8 without its mark.
        bytes => match std::str::from_utf8(bytes) {
            Ok(text) if !text.is_ascii() => text.to_owned(),
            _ => bytes.iter().map(|&byte| doc_encoded(byte)).collect(),
        },
    };
    without_language(&decoded).replace('\0', "")
}

fn doc_encoded(byte: u8) -> char {
    let at = |signs: &str, from: u8| signs.chars().nth(usize::from(byte.saturating_sub(from)));
    match byte {
        0x18..=0x1F => at(ACCENTS, 0x18),
        0x80..=0xA0 => at(SIGNS, 0x80),
        byte => Some(char::from(byte)),
    }
    .unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// Language codes stand between two escapes (ISO 32000-2, 7.9.2.2.2).
fn without_language(text: &str) -> String {
    if !text.contains('\u{1B}') {
        return text.to_owned();
    }
    let parts = text.split('\u{1B}').enumerate();
    parts.filter(|(index, part)| index.is_multiple_of(2) || part.len() > 8).map(|(_, part)| part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_of_a_text_string_is_read() {
        let table: [(&[u8], &str); 6] = [
            (b"K\xE5re \x80 \xA0\x93\x1F", "Kåre • €ﬁ˜"),
            (b"\xFE\xFF\0K\0\xE5\0r\0e", "Kåre"),
            (b"\xFF\xFEK\0\xE5\0", "Kå"),
            (b"\xEF\xBB\xBFK\xC3\xA5re", "Kåre"),
            (b"K\xC3\xA5re", "Kåre"),
            (b"\xFE\xFF\0\x1B\0n\0b\0\x1B\0K", "K"),
        ];
        for (bytes, expected) in table {
            assert_eq!(text(bytes), expected, "{bytes:?}");
        }
    }
}
