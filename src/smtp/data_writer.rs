//! Writes a message as it goes over the wire after `354`: dots stuffed, ended by CRLF `.` CRLF.
//!
//! The reader lets no bare line end in, and this writer lets none out: what a lax next hop could take
//! for the end of the message is refused here a second time (outbound smuggling).

use memchr::memchr3_iter;

/// A CR or LF that is not part of CRLF, or a NUL, in content about to be sent. Ours is the fault:
/// such content should never have got this far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("bare CR, bare LF or NUL in content to be sent")]
pub struct BareLineEnd;

/// Appends the whole content, its slices one after the other, and the end of data.
///
/// Content that does not end with CRLF gets one. On error `out` holds a part that must not be sent.
pub fn write(content: &[&[u8]], out: &mut Vec<u8>) -> Result<(), BareLineEnd> {
    let mut writer = DataWriter::new();
    for slice in content {
        writer.push(slice, out)?;
    }
    writer.finish(out)
}

/// The same, piece by piece, for content too large to hold twice.
#[derive(Debug)]
pub struct DataWriter {
    line_start: bool,
    after_cr: bool,
}

impl Default for DataWriter {
    fn default() -> Self {
        Self::new()
    }
}

impl DataWriter {
    pub fn new() -> Self {
        DataWriter { line_start: true, after_cr: false }
    }

    /// Appends `content`, dots stuffed. The last byte may be a CR whose LF comes with the next piece.
    pub fn push(&mut self, content: &[u8], out: &mut Vec<u8>) -> Result<(), BareLineEnd> {
        let Some(&first) = content.first() else { return Ok(()) };
        if self.after_cr != (first == b'\n') {
            return Err(BareLineEnd);
        }
        if self.line_start && first == b'.' {
            out.push(b'.');
        }
        // `content[run..]` is not written yet
        let mut run = 0usize;
        for at in memchr3_iter(b'\r', b'\n', 0, content) {
            let next = at.saturating_add(1);
            match content.get(at) {
                Some(b'\r') if matches!(content.get(next), Some(b'\n') | None) => {}
                Some(b'\n') if at == 0 || content.get(at.saturating_sub(1)) == Some(&b'\r') => {
                    if content.get(next) == Some(&b'.') {
                        out.extend_from_slice(content.get(run..next).unwrap_or_default());
                        out.push(b'.');
                        run = next;
                    }
                }
                _ => return Err(BareLineEnd),
            }
        }
        out.extend_from_slice(content.get(run..).unwrap_or_default());
        self.after_cr = content.last() == Some(&b'\r');
        self.line_start = content.last() == Some(&b'\n');
        Ok(())
    }

    /// Appends the end of data.
    pub fn finish(self, out: &mut Vec<u8>) -> Result<(), BareLineEnd> {
        if self.after_cr {
            return Err(BareLineEnd);
        }
        out.extend_from_slice(if self.line_start { b".\r\n" } else { b"\r\n.\r\n" });
        Ok(())
    }
}
