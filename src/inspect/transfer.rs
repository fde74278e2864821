//! Content transfer encodings, read as leniently as mail readers do: RFC 2045 section 6, uuencode.
//!
//! No decoder here refuses: what is no part of the encoding is ignored (base64) or stands for itself
//! (quoted-printable). Each is one pass, and none gives out more bytes than it is given.

use std::borrow::Cow;

use data_encoding::BASE64_NOPAD;
use memchr::{memchr, memchr2};

use super::cursor::Cursor;

/// How a body is encoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Encoding {
    /// `7bit`, `8bit`, `binary`, nothing, and names nobody knows.
    #[default]
    Identity,
    Base64,
    QuotedPrintable,
    Uuencode,
}

impl Encoding {
    /// The encoding a `Content-Transfer-Encoding` value names, and whether it is written so that all
    /// readers agree: `base64;`, `"base64"`, `base-64` and `(c) base64` are decoded by some only.
    pub fn named(value: &[u8]) -> (Encoding, bool) {
        let mut word = Vec::with_capacity(value.len());
        let mut depth = 0_usize;
        for &byte in value {
            match byte {
                b'(' => depth = depth.saturating_add(1),
                b')' => depth = depth.saturating_sub(1),
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' if depth == 0 => word.push(byte.to_ascii_lowercase()),
                _ => {}
            }
        }
        let encoding = match word.as_slice() {
            b"base64" | b"b" | b"xbase64" => Encoding::Base64,
            b"quotedprintable" | b"q" | b"qp" => Encoding::QuotedPrintable,
            b"xuuencode" | b"uuencode" | b"xuue" | b"uue" => Encoding::Uuencode,
            _ => Encoding::Identity,
        };
        let plain = value.trim_ascii();
        let regular = encoding == Encoding::Identity
            || [&b"base64"[..], b"quoted-printable", b"x-uuencode"].iter().any(|name| plain.eq_ignore_ascii_case(name));
        (encoding, regular)
    }

    pub fn decode(self, body: &[u8]) -> Cow<'_, [u8]> {
        match self {
            Encoding::Identity => Cow::Borrowed(body),
            Encoding::Base64 => Cow::Owned(base64(body).bytes),
            Encoding::QuotedPrintable => quoted_printable(body),
            Encoding::Uuencode => Cow::Owned(uuencoded(body).map(|file| file.content).unwrap_or_else(|| body.to_vec())),
        }
    }
}

/// What base64 decoded to, and how much of the input was no base64.
pub(super) struct Base64 {
    pub bytes: Vec<u8>,
    /// Bytes outside the alphabet, white space and padding not counted.
    pub foreign: usize,
    /// More follows after a sign of the end: some readers begin anew there, others pass over the sign or stop.
    pub goes_on: bool,
    /// Such a sign stands where no end can be.
    pub torn: bool,
}

const SKIP: u8 = 0x40;
const PADDING: u8 = 0x41;
const FOREIGN: u8 = 0x42;

/// Value of each byte in both alphabets of RFC 4648 (sections 4 and 5), or why it has none.
#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
const VALUES: [u8; 256] = {
    let mut values = [FOREIGN; 256];
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut at = 0;
    while at < alphabet.len() {
        values[alphabet[at] as usize] = at as u8;
        at += 1;
    }
    values[b'-' as usize] = 62;
    values[b'_' as usize] = 63;
    values[b' ' as usize] = SKIP;
    values[b'\t' as usize] = SKIP;
    values[b'\r' as usize] = SKIP;
    values[b'\n' as usize] = SKIP;
    values[b'=' as usize] = PADDING;
    values
};

fn value(byte: u8) -> u8 {
    VALUES.get(usize::from(byte)).copied().unwrap_or(FOREIGN)
}

/// Decodes base64: foreign bytes ignored (RFC 2045 section 6.8), begun anew after padding, padding not
/// needed.
pub(super) fn base64(body: &[u8]) -> Base64 {
    let mut decoded = Base64 { bytes: Vec::with_capacity(body.len()), foreign: 0, goes_on: false, torn: false };
    let mut quantum = Quantum::default();
    // whether an end was seen, and how many signs of it the last quantum still asks for
    let (mut ended, mut owed) = (false, 0_u8);
    let mut rest = body;
    let mut at_line = true;
    while let Some((&first, after)) = rest.split_first() {
        // Lines of whole quanta and nothing else are the common case.
        if at_line && quantum.count == 0 && !ended {
            let (line, next) = rest.split_at(memchr(b'\n', rest).unwrap_or(rest.len()));
            if plain_line(line.strip_suffix(b"\r").unwrap_or(line), &mut decoded.bytes) {
                rest = next.strip_prefix(b"\n").unwrap_or(next);
                continue;
            }
        }
        at_line = first == b'\n';
        match value(first) {
            SKIP => {}
            PADDING => {
                owed = if quantum.count > 0 { 3_u8.saturating_sub(quantum.count) } else { owed.saturating_sub(1) };
                decoded.torn |= quantum.count == 1;
                ended = true;
                quantum.flush(&mut decoded.bytes);
            }
            FOREIGN => decoded.foreign = decoded.foreign.saturating_add(1),
            six => {
                decoded.goes_on |= ended;
                decoded.torn |= owed > 0;
                (ended, owed) = (false, 0);
                quantum.push(six, &mut decoded.bytes);
            }
        }
        rest = after;
    }
    quantum.flush(&mut decoded.bytes);
    decoded
}

/// Decodes base64 whose signs of the end are passed over.
pub(super) fn base64_without_ends(body: &[u8]) -> Vec<u8> {
    let kept: Vec<u8> = body.iter().copied().filter(|byte| *byte != b'=').collect();
    base64(&kept).bytes
}

/// Decodes a line of whole quanta in the standard alphabet; false, with nothing added, when it is none.
fn plain_line(line: &[u8], out: &mut Vec<u8>) -> bool {
    if line.is_empty() || !line.len().is_multiple_of(4) {
        return false;
    }
    let start = out.len();
    out.resize(start.saturating_add((line.len() / 4).saturating_mul(3)), 0);
    let whole = out.get_mut(start..).is_some_and(|place| BASE64_NOPAD.decode_mut(line, place).is_ok());
    if !whole {
        out.truncate(start);
    }
    whole
}

/// Up to four values of six bits.
#[derive(Default)]
struct Quantum {
    bits: u32,
    count: u8,
}

impl Quantum {
    fn push(&mut self, six: u8, out: &mut Vec<u8>) {
        self.bits = self.bits << 6 | u32::from(six);
        self.count = self.count.saturating_add(1);
        if self.count == 4 {
            self.flush(out);
        }
    }

    fn flush(&mut self, out: &mut Vec<u8>) {
        let (whole, bytes) = match self.count {
            2 => (self.bits << 12, 1),
            3 => (self.bits << 6, 2),
            4 => (self.bits, 3),
            _ => (0, 0),
        };
        out.extend(whole.to_be_bytes().iter().skip(1).take(bytes));
        *self = Quantum::default();
    }
}

/// Decodes quoted-printable (RFC 2045 section 6.7): `=` that begins no escape stands for itself, white
/// space before a soft line break is allowed.
pub(super) fn quoted_printable(body: &[u8]) -> Cow<'_, [u8]> {
    if memchr(b'=', body).is_none() {
        return Cow::Borrowed(body);
    }
    let mut out = Vec::with_capacity(body.len());
    let mut rest = Cursor::new(body);
    loop {
        out.extend_from_slice(rest.take_to(b'='));
        if rest.next().is_none() {
            return Cow::Owned(out);
        }
        if let Some(byte) = rest.rest().first_chunk::<2>().and_then(|[high, low]| hex_pair(*high, *low)) {
            out.push(byte);
            rest.skip(2);
        } else if let Some(len) = soft_break(rest.rest()) {
            rest.skip(len);
        } else {
            out.push(b'=');
        }
    }
}

/// Length of white space and a line end (or the end) after `=`.
fn soft_break(rest: &[u8]) -> Option<usize> {
    let blank = rest.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    match rest.get(blank..)? {
        [b'\r', b'\n', ..] => Some(blank.saturating_add(2)),
        [b'\n', ..] => Some(blank.saturating_add(1)),
        [] => Some(blank),
        _ => None,
    }
}

/// Two hexadecimal digits of either case.
pub(super) fn hex_pair(high: u8, low: u8) -> Option<u8> {
    let high = char::from(high).to_digit(16)?;
    let low = char::from(low).to_digit(16)?;
    u8::try_from(high << 4 | low).ok()
}

/// Decodes `%30` escapes (RFC 2231 section 4, RFC 3986); others stand for themselves.
pub(super) fn percent(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = Cursor::new(text);
    loop {
        out.extend_from_slice(rest.take_to(b'%'));
        if rest.next().is_none() {
            return out;
        }
        match rest.rest().first_chunk::<2>().and_then(|[high, low]| hex_pair(*high, *low)) {
            Some(byte) => {
                out.push(byte);
                rest.skip(2);
            }
            None => out.push(b'%'),
        }
    }
}

/// Media type and content of a `data:` URL (RFC 2397), `data:` left out.
pub(super) fn data_url(url: &[u8]) -> (String, Vec<u8>) {
    let mut rest = Cursor::new(url);
    let head = String::from_utf8_lossy(rest.take_to(b',')).to_ascii_lowercase();
    rest.skip(1);
    let media_type = head.split(';').next().unwrap_or_default().to_owned();
    let content = percent(rest.rest());
    (media_type, if head.ends_with("base64") { base64(&content).bytes } else { content })
}

/// A file in a text: `begin 644 name`, lines, `end`.
pub(super) struct Uuencoded<'a> {
    pub name: &'a [u8],
    pub content: Vec<u8>,
    /// What follows it.
    pub rest: &'a [u8],
}

/// Decodes the first uuencoded file in `body`.
pub(super) fn uuencoded(body: &[u8]) -> Option<Uuencoded<'_>> {
    let mut lines = Cursor::new(body);
    while !lines.rest().is_empty() {
        if let Some(file) = uuencoded_here(lines.rest()) {
            return Some(file);
        }
        lines.take_line();
    }
    None
}

/// Decodes the uuencoded file that begins in the first line of `body`.
pub(super) fn uuencoded_here(body: &[u8]) -> Option<Uuencoded<'_>> {
    let mut lines = Cursor::new(body);
    let name = uu_begin(lines.take_line())?;
    let mut content = Vec::new();
    while !lines.rest().is_empty() {
        let line = lines.take_line();
        let Some((&length, data)) = line.split_first() else { break };
        let length = usize::from(length.wrapping_sub(b' ') & 0x3F);
        if length == 0 || line.eq_ignore_ascii_case(b"end") {
            break;
        }
        uu_line(data, length, &mut content);
    }
    Some(Uuencoded { name, content, rest: lines.rest() })
}

/// The name in `begin 644 name`.
fn uu_begin(line: &[u8]) -> Option<&[u8]> {
    let rest = line.strip_prefix(b"begin ")?;
    let (mode, name) = rest.split_at_checked(memchr(b' ', rest)?)?;
    let octal = matches!(mode.len(), 3 | 4) && mode.iter().all(|b| matches!(b, b'0'..=b'7'));
    octal.then(|| name.trim_ascii())
}

fn uu_line(data: &[u8], length: usize, out: &mut Vec<u8>) {
    let end = out.len().saturating_add(length);
    for chunk in data.chunks(4) {
        let mut quantum = Quantum::default();
        for &byte in chunk {
            quantum.push(byte.wrapping_sub(b' ') & 0x3F, out);
        }
        quantum.flush(out);
    }
    out.truncate(end);
}

/// Whether a body that is declared base64 is something else: readers that do not decode show it.
pub(super) fn is_not_base64(decoded: &Base64, body: &[u8]) -> bool {
    decoded.foreign > body.len() / 20
}

/// Whether a body looks quoted-printable though nobody says so: soft line breaks and escapes.
pub(super) fn looks_quoted_printable(body: &[u8]) -> bool {
    const MIN_SOFT_BREAKS: usize = 2;
    let breaks = memchr::memmem::find_iter(body, b"=\r\n").chain(memchr::memmem::find_iter(body, b"=\n"));
    let escaped = |escape: &[u8]| memchr::memmem::find(body, escape).is_some();
    escaped(b"=C3=") || escaped(b"=3D") || breaks.take(MIN_SOFT_BREAKS).count() == MIN_SOFT_BREAKS
}

/// Whether a line looks encoded though nobody says so: nothing but base64, and long.
pub(super) fn looks_base64(line: &[u8]) -> bool {
    line.len() >= 40 && memchr2(b' ', b'.', line).is_none() && line.iter().all(|&b| value(b) < SKIP || b == b'=')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Six bits a letter, begun anew after padding: the definition, a letter at a time.
    fn by_letters(body: &[u8]) -> (Vec<u8>, usize) {
        let (mut out, mut quantum, mut foreign) = (Vec::new(), Quantum::default(), 0);
        for &byte in body {
            match value(byte) {
                SKIP => {}
                PADDING => quantum.flush(&mut out),
                FOREIGN => foreign = usize::saturating_add(foreign, 1),
                six => quantum.push(six, &mut out),
            }
        }
        quantum.flush(&mut out);
        (out, foreign)
    }

    proptest! {
        #[test]
        fn whole_lines_decode_as_letters_do(body in "([A-Za-z0-9+/]{4}|[A-Za-z0-9+/]|[=_ .]|\r?\n){0,60}") {
            let decoded = base64(body.as_bytes());
            prop_assert_eq!((decoded.bytes, decoded.foreign), by_letters(body.as_bytes()));
        }
    }
}
