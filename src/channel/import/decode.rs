//! Bytes of a file to text: byte-order marks, UTF-16 as PowerShell 5 writes it, the code page of Nordic Excel. And what
//! is no text at all, said by what it is.

use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::refusal::Why;

/// How the text was encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    Utf16,
    Windows1252,
}

impl Encoding {
    pub fn as_str(self) -> &'static str {
        match self {
            Encoding::Utf8 => "UTF-8",
            Encoding::Utf16 => "UTF-16",
            Encoding::Windows1252 => "Windows-1252",
        }
    }
}

/// Bytes in which a binary file gives itself away.
const LOOK: usize = 4096;

pub(super) fn text(bytes: &[u8]) -> Result<(String, Encoding), Why> {
    let (text, encoding) = decode(bytes)?;
    let start = text.trim_start_matches('\u{feff}').trim_start();
    if start.is_empty() {
        return Err(Why::Empty);
    }
    if start.starts_with('<') {
        return Err(Why::WebPage);
    }
    let control = |c: char| c.is_control() && !"\t\r\n\u{c}".contains(c);
    if start.chars().take(LOOK).any(control) {
        return Err(Why::Binary);
    }
    Ok((text, encoding))
}

fn decode(bytes: &[u8]) -> Result<(String, Encoding), Why> {
    // ZIP, which a workbook is, and the older compound file.
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return Err(Why::Workbook);
    }
    let utf16 = |encoding: &'static encoding_rs::Encoding, bytes: &[u8]| {
        (encoding.decode_without_bom_handling(bytes).0.into_owned(), Encoding::Utf16)
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => return Ok(utf16(UTF_16LE, rest)),
        [0xfe, 0xff, rest @ ..] => return Ok(utf16(UTF_16BE, rest)),
        // Without its mark, but beginning as any heading or JSON does.
        [first, 0, ..] if first.is_ascii_graphic() => return Ok(utf16(UTF_16LE, bytes)),
        [0, first, ..] if first.is_ascii_graphic() => return Ok(utf16(UTF_16BE, bytes)),
        _ => {}
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok((text.to_owned(), Encoding::Utf8)),
        Err(_) => Ok((WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(), Encoding::Windows1252)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_told_apart() {
        let utf16 = |text: &str, big: bool| -> Vec<u8> {
            text.encode_utf16().flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect()
        };
        let marked = |mark: &[u8], bytes: Vec<u8>| [mark, &bytes].concat();
        for (bytes, expected) in [
            (b"Ja;N\xc3\xa5".to_vec(), Encoding::Utf8),
            (b"\xef\xbb\xbfJa;N\xc3\xa5".to_vec(), Encoding::Utf8),
            (b"Ja;N\xe5".to_vec(), Encoding::Windows1252),
            (marked(&[0xff, 0xfe], utf16("Ja;Nå", false)), Encoding::Utf16),
            (marked(&[0xfe, 0xff], utf16("Ja;Nå", true)), Encoding::Utf16),
            (utf16("Ja;Nå", false), Encoding::Utf16),
            (utf16("Ja;Nå", true), Encoding::Utf16),
        ] {
            assert_eq!(text(&bytes), Ok(("Ja;Nå".to_owned(), expected)), "{bytes:?}");
        }
    }

    #[test]
    fn what_is_no_text_is_named() {
        for (bytes, expected) in [
            (&b""[..], Why::Empty),
            (b"\xef\xbb\xbf \r\n", Why::Empty),
            (b"\xff\xfe", Why::Empty),
            (b"\r\n<!DOCTYPE html><html>", Why::WebPage),
            (b"PK\x03\x04abc", Why::Workbook),
            (b"\xd0\xcf\x11\xe0\xa1\xb1", Why::Workbook),
            (b"%PDF-1.7\n\x01\x02", Why::Binary),
        ] {
            assert_eq!(text(bytes).unwrap_err(), expected, "{bytes:?}");
        }
    }
}
