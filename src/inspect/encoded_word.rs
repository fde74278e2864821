//! Encoded-words in header values: RFC 2047, as written by real mailers.
//!
//! Words next to each other are joined as bytes before the character set is applied, so that a
//! character split over two words comes out whole. White space between them is dropped (section 6.2).
//! What is no encoded-word stands for itself, also in the middle of a word; what is badly encoded
//! stays as written. The length of a word has no limit: RFC 2047 section 2 allows 75 bytes, neither
//! mailers nor readers care.

use super::charset;
use super::cursor::Cursor;
use super::transfer;

/// The text of an unfolded header value.
pub(super) fn decode(value: &[u8]) -> String {
    let mut text = String::with_capacity(value.len());
    let mut run = Run::default();
    let mut rest = Cursor::new(value);
    let mut plain_from = value;
    let mut ends = Ends { value, next: None };
    loop {
        rest.take_to(b'=');
        if rest.rest().is_empty() {
            break;
        }
        let Some(word) = Word::at(rest.rest(), &mut ends) else {
            rest.skip(1);
            continue;
        };
        let before = plain_from.len().saturating_sub(rest.rest().len());
        let plain = plain_from.get(..before).unwrap_or_default();
        if !(run.open && plain.trim_ascii().is_empty()) {
            run.finish(&mut text);
            text.push_str(&charset::decode(plain, None));
        }
        run.push(&word, &mut text);
        rest.skip(word.len);
        plain_from = rest.rest();
    }
    run.finish(&mut text);
    text.push_str(&charset::decode(plain_from, None));
    text
}

/// Where the marks `?=` stand. Asked for places that only move forward, each byte is looked at once.
struct Ends<'a> {
    value: &'a [u8],
    /// The last one found; None before the first question, the length of the value when there are no more.
    next: Option<usize>,
}

impl Ends<'_> {
    /// Bytes of `rest`, the end of the value, before the next mark.
    fn before(&mut self, rest: &[u8]) -> Option<usize> {
        let at = self.value.len().checked_sub(rest.len())?;
        let next = match self.next {
            Some(next) if next >= at => next,
            _ => memchr::memmem::find(rest, b"?=").map_or(self.value.len(), |n| at.saturating_add(n)),
        };
        self.next = Some(next);
        (next < self.value.len()).then(|| next.saturating_sub(at))
    }
}

/// One `=?charset?encoding?text?=`.
struct Word<'a> {
    charset: &'a [u8],
    bytes: Vec<u8>,
    len: usize,
}

impl<'a> Word<'a> {
    fn at(bytes: &'a [u8], ends: &mut Ends<'_>) -> Option<Self> {
        let mut rest = Cursor::new(bytes.strip_prefix(b"=?")?);
        let charset = rest.take_until(|b| b == b'?' || b.is_ascii_whitespace());
        let encoding = match rest.take(3) {
            [b'?', encoding, b'?'] => encoding.to_ascii_lowercase(),
            _ => return None,
        };
        let body = rest.rest();
        let len = ends.before(body)?;
        let body = body.get(..len)?;
        let bytes_decoded = match encoding {
            b'b' => transfer::base64(body).bytes,
            b'q' => {
                let spaced: Vec<u8> = body.iter().map(|&b| if b == b'_' { b' ' } else { b }).collect();
                transfer::quoted_printable(&spaced).into_owned()
            }
            _ => return None,
        };
        let taken = bytes.len().checked_sub(rest.rest().len())?.checked_add(len)?.checked_add(2)?;
        // RFC 2231 section 5: `charset*language`.
        let charset = charset.split(|&b| b == b'*').next()?;
        Some(Word { charset, bytes: bytes_decoded, len: taken })
    }
}

/// Encoded-words next to each other in one character set.
#[derive(Default)]
struct Run {
    open: bool,
    charset: Vec<u8>,
    bytes: Vec<u8>,
}

impl Run {
    fn push(&mut self, word: &Word<'_>, text: &mut String) {
        if self.open && !self.charset.eq_ignore_ascii_case(word.charset) {
            self.finish(text);
        }
        self.open = true;
        self.charset = word.charset.to_vec();
        self.bytes.extend_from_slice(&word.bytes);
    }

    fn finish(&mut self, text: &mut String) {
        if !self.bytes.is_empty() {
            let label = String::from_utf8_lossy(&self.charset);
            text.push_str(&charset::decode(&self.bytes, Some(&label)));
        }
        *self = Run::default();
    }
}
