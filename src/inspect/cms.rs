//! S/MIME messages as far as they can be read: RFC 5652. What is only signed carries its content in
//! clear inside the signature; what is enveloped is encrypted.

use super::cursor::Cursor;

/// Values met on the way down; BER of a hostile sender may nest without end.
const MAX_STEPS: usize = 64;

/// 1.2.840.113549.1.7, the arc of the content types.
const PKCS7: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07];
const DATA: u8 = 1;
const SIGNED: u8 = 2;
const ENVELOPED: [u8; 3] = [3, 4, 6];

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Cms {
    /// Signed only: the content, a MIME entity.
    Signed(Vec<u8>),
    Encrypted,
    /// Compressed, without content, or not CMS.
    Other,
}

/// Reads a CMS `ContentInfo`.
pub(super) fn read(bytes: &[u8]) -> Cms {
    let mut rest = Cursor::new(bytes);
    let mut signed = false;
    for _ in 0..MAX_STEPS {
        let Some(value) = Value::next(&mut rest) else { return Cms::Other };
        match value.tag {
            // SEQUENCE and explicit [0]: go in.
            0x30 | 0xA0 => rest = Cursor::new(value.content),
            0x06 => match value.content.strip_prefix(PKCS7) {
                Some([SIGNED]) => signed = true,
                Some([kind]) if ENVELOPED.contains(kind) => return Cms::Encrypted,
                // The content's own type: what follows is the content.
                Some([DATA]) if signed => return content(&mut rest),
                _ if signed => return content(&mut rest),
                // AuthEnvelopedData, 1.2.840.113549.1.9.16.1.23
                None if value.content.ends_with(&[9, 16, 1, 23]) => return Cms::Encrypted,
                _ => return Cms::Other,
            },
            // INTEGER, SET: version and digest algorithms, passed over.
            _ => {}
        }
    }
    Cms::Other
}

/// `[0] EXPLICIT OCTET STRING`, in one piece or many.
fn content(rest: &mut Cursor<'_>) -> Cms {
    let Some(outer) = Value::next(rest).filter(|value| value.tag == 0xA0) else { return Cms::Other };
    let mut inner = Cursor::new(outer.content);
    let mut bytes = Vec::new();
    while let Some(value) = Value::next(&mut inner) {
        match value.tag {
            0x04 => bytes.extend_from_slice(value.content),
            // Constructed: its pieces follow.
            0x24 => inner = Cursor::new(value.content),
            _ => break,
        }
    }
    if bytes.is_empty() { Cms::Other } else { Cms::Signed(bytes) }
}

struct Value<'a> {
    tag: u8,
    /// Of a value of indefinite length: all that follows.
    content: &'a [u8],
}

impl<'a> Value<'a> {
    fn next(rest: &mut Cursor<'a>) -> Option<Self> {
        let tag = rest.next()?;
        let first = rest.next()?;
        let len = match first {
            0x80 => return Some(Value { tag, content: rest.take(usize::MAX) }),
            0..=0x7F => usize::from(first),
            _ => {
                let bytes = rest.take(usize::from(first & 0x7F));
                if bytes.len() > 4 {
                    return None;
                }
                bytes.iter().fold(0_usize, |len, &b| len << 8 | usize::from(b))
            }
        };
        Some(Value { tag, content: rest.take(len) })
    }
}
