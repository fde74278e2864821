//! UTF-7: RFC 2152. Own, because `mail-parser`'s swallows the character that ends a shifted piece,
//! whatever it is, and drops a piece that the text ends in.

use super::cursor::Cursor;
use super::transfer;

/// Decodes UTF-7; bytes outside shifted pieces are read as ISO 8859-1.
pub(super) fn decode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    let mut rest = Cursor::new(bytes);
    loop {
        text.extend(rest.take_to(b'+').iter().map(|&b| char::from(b)));
        if rest.next().is_none() {
            return text;
        }
        let shifted = rest.take_until(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/')));
        if shifted.is_empty() {
            text.push('+');
        }
        let units = transfer::base64(shifted).bytes;
        let units = units.as_chunks::<2>().0.iter().map(|unit| u16::from_be_bytes(*unit));
        text.extend(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
        if rest.peek() == Some(b'-') {
            rest.skip(1);
        }
    }
}
