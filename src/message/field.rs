//! Header fields as they stand in the bytes: RFC 5322 section 2.2, read leniently.
//!
//! The one reader of headers: what decides on a mail, what strips fields from it and what inspects it
//! must not differ on what a field is. Nothing is decoded and nothing is dropped: a line that is no
//! field is kept as stray, a space before the colon is accepted, and fields stay in order with all
//! their duplicates. Line ends may be CRLF or LF. What is not stripped passes byte for byte.

use std::borrow::Cow;
use std::ops::Range;

use memchr::{memchr, memmem};

/// Fields of one header.
pub const MAX_FIELDS: usize = 1_000;
/// Bytes of one header.
pub const MAX_HEADER_BYTES: usize = 256 * 1024;
/// Bytes of one field with its folded lines.
pub const MAX_FIELD_BYTES: usize = 100 * 1024;

/// How much of one header is kept.
#[derive(Clone, Copy, Debug)]
pub struct HeaderLimits {
    pub fields: usize,
    pub bytes: usize,
}

impl HeaderLimits {
    /// Of every message and every MIME part.
    pub const MAIL: HeaderLimits = HeaderLimits { fields: MAX_FIELDS, bytes: MAX_HEADER_BYTES };
}

/// One field, folded lines and all.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    /// As written, without space before the colon.
    pub name: &'a [u8],
    /// What follows the colon, without the last line end.
    pub value: &'a [u8],
    /// Where the field begins in the message, and where its last line end ends.
    start: usize,
    end: usize,
}

impl<'a> Field<'a> {
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// The value on one line: line ends before white space are dropped, outer white space too.
    pub fn unfolded(&self) -> Cow<'a, [u8]> {
        let value = self.value.trim_ascii();
        if memchr(b'\n', value).is_none() && memchr(b'\r', value).is_none() {
            return Cow::Borrowed(value);
        }
        Cow::Owned(value.iter().copied().filter(|b| !matches!(b, b'\r' | b'\n')).collect())
    }
}

/// Prints nothing of the value.
impl std::fmt::Debug for Field<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}({} bytes)", self.name.escape_ascii(), self.value.len())
    }
}

/// The header of a message or of a MIME part.
#[derive(Clone, Debug, Default)]
pub struct Header<'a> {
    pub fields: Vec<Field<'a>>,
    /// Lines that are no field, in order.
    pub stray: Vec<&'a [u8]>,
    /// Where the first of them begins. To some readers the body begins there.
    pub first_stray: Option<usize>,
    /// A field that says something of the content (`Content-…`) follows a stray line: readers differ
    /// on whether it counts.
    pub ambiguous: bool,
    /// Bytes of the header, the empty line after it included.
    pub len: usize,
    /// All of these bytes.
    pub raw: &'a [u8],
    /// Fields were left out; `len` is right all the same.
    pub over_limit: bool,
    message: &'a [u8],
}

impl<'a> Header<'a> {
    /// Reads the header of a message.
    pub fn of(message: &'a [u8]) -> Self {
        Header::read(message, HeaderLimits::MAIL, |_| false)
    }

    /// Reads the header at the start of `bytes`: to an empty line, to a line that `stop` takes for the
    /// end of the part (not read), or to the end.
    pub fn read(bytes: &'a [u8], limits: HeaderLimits, stop: impl Fn(&[u8]) -> bool) -> Self {
        let mut header = Header::fields_of(bytes, limits, stop);
        header.raw = bytes.get(..header.len).unwrap_or_default();
        header.message = bytes;
        header
    }

    fn fields_of(bytes: &'a [u8], limits: HeaderLimits, stop: impl Fn(&[u8]) -> bool) -> Self {
        let mut header = Header::default();
        let mut field: Option<(&[u8], usize)> = None;
        loop {
            let at = header.len;
            let rest = bytes.get(at..).unwrap_or_default();
            let end = memchr(b'\n', rest).map_or(bytes.len(), |n| at + n + 1);
            let line = without_line_end(bytes.get(at..end).unwrap_or_default());
            let continues = line.starts_with(b" ") || line.starts_with(b"\t");
            if rest.is_empty() || line.is_empty() || stop(line) {
                header.close(&mut field, bytes, at);
                if line.is_empty() {
                    header.len = end;
                }
                return header;
            }
            if !continues {
                header.close(&mut field, bytes, at);
                match name_of(line) {
                    Some(name) => field = Some((name, at)),
                    None if at == 0 && line.starts_with(b"From ") => {}
                    None => header.stray(line, at),
                }
            } else if field.is_none() {
                header.stray(line, at);
            }
            header.len = end;
            let full =
                header.fields.len() >= limits.fields || header.stray.len() >= limits.fields || end >= limits.bytes;
            if full {
                header.over_limit = true;
                header.len = end_of_header(bytes, at);
                return header;
            }
        }
    }

    /// The fields called `name`.
    pub fn all<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s Field<'a>> {
        self.fields.iter().filter(move |field| field.is(name))
    }

    /// First field of this name.
    pub fn first(&self, name: &str) -> Option<&Field<'a>> {
        self.fields.iter().find(|field| field.is(name))
    }

    /// Within the limits on fields and bytes. A first line without a colon means that this is no
    /// message header at all (RFC 5322 section 2.2).
    pub fn is_acceptable(&self) -> bool {
        let first = self.raw.get(..memchr(b'\n', self.raw).unwrap_or(self.raw.len())).unwrap_or_default();
        !self.over_limit
            && self.fields.iter().all(|field| field.end.saturating_sub(field.start) <= MAX_FIELD_BYTES)
            && (without_line_end(first).is_empty() || memchr(b':', first).is_some_and(|colon| colon > 0))
    }

    /// Bytes after the empty line.
    pub fn body(&self) -> &'a [u8] {
        self.message.get(self.len..).unwrap_or_default()
    }

    /// The message without the fields of these names, as slices of the original in order.
    pub fn without(&self, names: &[&str]) -> Vec<&'a [u8]> {
        self.ranges_without(names).into_iter().filter_map(|range| self.message.get(range)).collect()
    }

    /// The same as ranges of bytes.
    pub fn ranges_without(&self, names: &[&str]) -> Vec<Range<usize>> {
        let mut ranges = Vec::new();
        let mut from = 0;
        for field in self.fields.iter().filter(|field| names.iter().any(|name| field.is(name))) {
            ranges.push(from..field.start);
            from = field.end;
        }
        ranges.push(from..self.message.len());
        ranges.retain(|range| !range.is_empty());
        ranges
    }

    fn stray(&mut self, line: &'a [u8], at: usize) {
        self.stray.push(line);
        self.first_stray.get_or_insert(at);
    }

    fn close(&mut self, field: &mut Option<(&'a [u8], usize)>, bytes: &'a [u8], end: usize) {
        let Some((name, start)) = field.take() else { return };
        let whole = without_line_end(bytes.get(start..end).unwrap_or_default());
        let value = memchr(b':', whole).and_then(|colon| whole.get(colon + 1..)).unwrap_or_default();
        let says_of_content = name.get(..8).is_some_and(|prefix| prefix.eq_ignore_ascii_case(b"content-"));
        self.ambiguous |= says_of_content && !self.stray.is_empty();
        self.fields.push(Field { name, value, start, end });
    }
}

/// A line without its CRLF or LF.
pub fn without_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The field name at the start of a line (RFC 5322 section 3.6.8 `ftext`, UTF-8 by RFC 6532 not).
fn name_of(line: &[u8]) -> Option<&[u8]> {
    let name = line.get(..memchr(b':', line)?)?.trim_ascii_end();
    (!name.is_empty() && name.iter().all(u8::is_ascii_graphic)).then_some(name)
}

/// Where the header ends that is being read at `at`.
fn end_of_header(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    let ends = [(&b"\r\n\r\n"[..], 4), (&b"\n\n"[..], 2)];
    let found = ends.iter().filter_map(|(end, len)| memmem::find(rest, end).map(|n| at + n + len));
    found.min().unwrap_or(bytes.len())
}
