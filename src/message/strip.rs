//! The header as raw fields, and the message without some of them.
//!
//! Nothing is parsed beyond "name, colon, folded lines": what is not stripped passes byte for byte.

use std::ops::Range;

/// Fields of one header.
pub const MAX_FIELDS: usize = 1_000;
/// Bytes of one header.
pub const MAX_BYTES: usize = 256 * 1024;
/// Bytes of one field with its folded lines.
pub const MAX_FIELD_BYTES: usize = 100 * 1024;

/// One field with its folded lines and line ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// From the first byte of the name to the last byte of its last line end.
    pub raw: &'a [u8],
    /// Bytes of the name; 0 when the line has no colon.
    name: usize,
}

impl<'a> Field<'a> {
    /// True when the field has this name, in any case; white space before the colon is ignored.
    pub fn is(&self, name: &str) -> bool {
        self.raw.get(..self.name).is_some_and(|own| own.trim_ascii_end().eq_ignore_ascii_case(name.as_bytes()))
    }

    /// Unfolded value: line ends removed, outer white space trimmed.
    pub fn value(&self) -> Vec<u8> {
        let after = self.raw.get(self.name..).unwrap_or_default();
        let after = after.strip_prefix(b":").unwrap_or(after);
        let unfolded: Vec<u8> = after.iter().copied().filter(|b| !matches!(b, b'\r' | b'\n')).collect();
        unfolded.trim_ascii().to_vec()
    }
}

/// The header section of a message.
#[derive(Debug)]
pub struct Header<'a> {
    message: &'a [u8],
    pub fields: Vec<Field<'a>>,
    /// Where the fields end; the empty line and the body follow.
    end: usize,
}

impl<'a> Header<'a> {
    /// Reads fields up to the empty line or the end. Linear; takes any bytes.
    pub fn of(message: &'a [u8]) -> Self {
        let mut fields = Vec::with_capacity(24);
        let mut start = 0;
        while let Some(line) = line_at(message, start) {
            if line == b"\r\n" || line == b"\n" {
                break;
            }
            let mut end = start.saturating_add(line.len());
            while let Some(next) = line_at(message, end) {
                if !matches!(next.first(), Some(b' ' | b'\t')) {
                    break;
                }
                end = end.saturating_add(next.len());
            }
            let raw = message.get(start..end).unwrap_or_default();
            let name = raw.iter().position(|&b| b == b':').unwrap_or(0);
            fields.push(Field { raw, name });
            start = end;
        }
        Header { message, fields, end: start }
    }

    /// Within the limits on fields and bytes, and without a line that is no field (RFC 5322 section 2.2).
    /// A line before the first field that has no colon means that this is no message header at all.
    pub fn is_acceptable(&self) -> bool {
        self.fields.len() <= MAX_FIELDS
            && self.end <= MAX_BYTES
            && self.fields.iter().all(|field| field.raw.len() <= MAX_FIELD_BYTES)
            && self.fields.first().is_none_or(|field| field.name > 0)
    }

    /// First field of this name.
    pub fn first(&self, name: &str) -> Option<&Field<'a>> {
        self.fields.iter().find(|field| field.is(name))
    }

    /// Bytes after the empty line.
    pub fn body(&self) -> &'a [u8] {
        let rest = self.message.get(self.end..).unwrap_or_default();
        rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n")).unwrap_or(rest)
    }

    /// The message without the fields of these names, as slices of the original in order.
    pub fn without(&self, names: &[&str]) -> Vec<&'a [u8]> {
        self.ranges_without(names).into_iter().filter_map(|range| self.message.get(range)).collect()
    }

    /// The same as ranges of bytes.
    pub fn ranges_without(&self, names: &[&str]) -> Vec<Range<usize>> {
        let mut ranges = Vec::new();
        let mut from = 0;
        let mut at = 0;
        for field in &self.fields {
            let next = at + field.raw.len();
            if names.iter().any(|name| field.is(name)) {
                ranges.push(from..at);
                from = next;
            }
            at = next;
        }
        ranges.push(from..self.message.len());
        ranges.retain(|range| !range.is_empty());
        ranges
    }
}

/// The line that starts at `start`, with its line end; `None` at the end of the message.
fn line_at(message: &[u8], start: usize) -> Option<&[u8]> {
    let rest = message.get(start..).filter(|rest| !rest.is_empty())?;
    let end = rest.iter().position(|&b| b == b'\n').map_or(rest.len(), |i| i + 1);
    rest.get(..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: &[u8] = b"From: a@b.example\r\nX-Sluss-Stamp: one\r\n two\r\nSubject : x\r\nx-sluss-stamp: again\r\n\r\nX-Sluss-Stamp: body\r\n";

    #[test]
    fn folded_lines_belong_to_their_field() {
        let header = Header::of(MAIL);
        let values: Vec<_> = header.fields.iter().map(Field::value).collect();
        assert_eq!(values, [&b"a@b.example"[..], b"one two", b"x", b"again"]);
        assert_eq!(header.body(), b"X-Sluss-Stamp: body\r\n");
        assert!(header.first("SUBJECT").is_some());
    }

    #[test]
    fn every_copy_is_stripped_and_the_rest_is_untouched() {
        let header = Header::of(MAIL);
        let left = header.without(&["X-Sluss-Stamp"]).concat();
        assert_eq!(left, b"From: a@b.example\r\nSubject : x\r\n\r\nX-Sluss-Stamp: body\r\n");
        assert_eq!(header.without(&["Absent"]).concat(), MAIL);
    }

    #[test]
    fn limits_of_a_header() {
        let acceptable = |mail: String| Header::of(mail.as_bytes()).is_acceptable();
        assert!(acceptable("A: b\r\n".repeat(1_000) + "\r\n"));
        assert!(!acceptable("A: b\r\n".repeat(1_001) + "\r\n"), "too many fields");
        assert!(!acceptable(format!("A: {}\r\n\r\n", "x".repeat(MAX_FIELD_BYTES))), "one field too long");
        assert!(!acceptable(format!("A: {}\r\n", "x".repeat(90_000)).repeat(3) + "\r\n"), "too many bytes");
        assert!(!acceptable("no header here\r\n\r\nbody".into()), "first line is no field");
        assert!(acceptable("\r\nbody only\r\n".into()), "an empty header");
        assert!(acceptable(format!("A: b\r\n\r\n{}", "x".repeat(1_000_000))), "the body does not count");
    }

    #[test]
    fn any_bytes_are_taken() {
        for odd in [&b""[..], b"\r\n", b"no colon\r\nmore", b" leading fold\r\n\r\nbody", b"A: b"] {
            let header = Header::of(odd);
            assert_eq!(header.without(&[]).concat(), odd);
        }
    }
}
