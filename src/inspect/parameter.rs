//! `value; name=value; …` of Content-Type and Content-Disposition: RFC 2045 section 5.1, RFC 2231.
//!
//! Lenient where mail readers are: values with spaces but no quotes, encoded-words in quotes, comments,
//! continuations in any order. All duplicates are kept.

use super::charset;
use super::cursor::Cursor;
use super::encoded_word;
use super::transfer;

/// Pieces of one value that are joined (RFC 2231 section 3).
pub(super) const MAX_SEGMENTS: usize = 100;

/// Parameters of one field.
const MAX_PARAMETERS: usize = 200;

/// A parsed value.
#[derive(Debug, Default)]
pub(super) struct Parameterised {
    /// The first token, lower case.
    pub value: String,
    /// `(name in lower case, decoded value)` in order; a continued one stands where it began.
    pub parameters: Vec<(String, String)>,
    /// More than [`MAX_SEGMENTS`] continuations or [`MAX_PARAMETERS`]; those beyond were left out.
    pub over_limit: bool,
}

impl Parameterised {
    /// Reads an unfolded field value.
    pub fn read(field: &[u8]) -> Self {
        let mut rest = Cursor::new(field);
        let written = rest.take_to(b';');
        let first = without_comments(written);
        let value =
            String::from_utf8_lossy(first.trim_ascii()).to_ascii_lowercase().replace(" /", "/").replace("/ ", "/");
        let value = value.split([' ', '\t', ',']).next().unwrap_or_default();
        let mut parsed = Parameterised { value: value.trim_matches('"').to_owned(), ..Default::default() };
        // `text/html charset=utf-8`: some readers go by white space where the semicolon is missing.
        if memchr::memchr(b'=', written).is_some() {
            rest = Cursor::new(field);
            rest.take_until(|b| b.is_ascii_whitespace() || matches!(b, b',' | b';'));
        }
        let mut segments = Vec::new();
        while rest.next().is_some() {
            let Some((name, raw)) = parameter(&mut rest) else { continue };
            match Segment::of(&name, raw) {
                Ok(segment) if segments.len() < MAX_SEGMENTS => segments.push(segment),
                Ok(_) => parsed.over_limit = true,
                Err(_) if parsed.parameters.len() >= MAX_PARAMETERS => parsed.over_limit = true,
                Err(raw) => parsed.parameters.push((name, plain_value(&raw))),
            }
        }
        parsed.join(segments);
        parsed
    }

    /// All values of a parameter.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.parameters.iter().filter(move |(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    fn join(&mut self, mut segments: Vec<Segment>) {
        segments.sort_by(|a, b| a.base.cmp(&b.base).then(a.index.cmp(&b.index)));
        for group in segments.chunk_by(|a, b| a.base == b.base) {
            let Some(first) = group.first() else { continue };
            let mut label = None;
            let mut bytes = Vec::new();
            for segment in group {
                match segment.extended.then(|| segment.charset()).flatten() {
                    Some((charset, text)) if label.is_none() => {
                        label = Some(String::from_utf8_lossy(charset).into_owned());
                        bytes.extend(transfer::percent(text));
                    }
                    _ if segment.extended => bytes.extend(transfer::percent(&segment.raw)),
                    _ => bytes.extend_from_slice(&segment.raw),
                }
            }
            let text = charset::decode(&bytes, label.as_deref()).into_owned();
            self.parameters.push((first.base.clone(), text));
        }
    }
}

/// One piece of a value in the manner of RFC 2231.
struct Segment {
    base: String,
    index: u32,
    /// Percent-encoded.
    extended: bool,
    raw: Vec<u8>,
}

impl Segment {
    /// Takes `name*`, `name*1` and `name*1*`; gives the value back for an ordinary name.
    fn of(name: &str, raw: Vec<u8>) -> Result<Segment, Vec<u8>> {
        let Some((base, suffix)) = name.split_once('*') else { return Err(raw) };
        let (index, extended) = match suffix.strip_suffix('*') {
            Some(index) => (index, true),
            None => (suffix, suffix.is_empty()),
        };
        Ok(Segment { base: base.to_owned(), index: index.parse().unwrap_or(0), extended, raw })
    }

    /// `charset'language'text` of the first piece.
    fn charset(&self) -> Option<(&[u8], &[u8])> {
        let mut parts = self.raw.splitn(3, |&b| b == b'\'');
        let (charset, _, text) = (parts.next()?, parts.next()?, parts.next()?);
        Some((charset, text))
    }
}

/// The next `name=value`, quotes and escapes removed. The cursor stops at the `;` after it.
fn parameter(rest: &mut Cursor<'_>) -> Option<(String, Vec<u8>)> {
    let name = rest.take_until(|b| matches!(b, b'=' | b';'));
    let name = without_comments(name);
    let name = String::from_utf8_lossy(name.trim_ascii()).to_ascii_lowercase();
    if rest.peek() != Some(b'=') || name.is_empty() {
        rest.take_to(b';');
        return None;
    }
    rest.skip(1);
    rest.take_until(|b| !b.is_ascii_whitespace());
    if rest.peek() != Some(b'"') {
        let raw = rest.take_to(b';').trim_ascii();
        // A comment may follow; a bracket inside a file name is part of it.
        let end = memchr::memmem::find(raw, b" (").unwrap_or(raw.len());
        return Some((name, raw.get(..end)?.trim_ascii().to_vec()));
    }
    rest.skip(1);
    let mut raw = Vec::new();
    loop {
        raw.extend_from_slice(rest.take_until(|b| matches!(b, b'"' | b'\\')));
        match rest.next() {
            Some(b'\\') => raw.extend(rest.next()),
            _ => break,
        }
    }
    rest.take_to(b';');
    Some((name, raw))
}

fn plain_value(raw: &[u8]) -> String {
    encoded_word::decode(raw)
}

/// The bytes outside `(…)`.
fn without_comments(bytes: &[u8]) -> Vec<u8> {
    let mut depth = 0_usize;
    let mut kept = Vec::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            b'(' => depth = depth.saturating_add(1),
            b')' => depth = depth.saturating_sub(1),
            _ if depth == 0 => kept.push(byte),
            _ => {}
        }
    }
    kept
}
