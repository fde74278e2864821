//! Compressed RTF (MS-OXRTFCP), the body of Outlook items.
//!
//! Own, because the crate at hand (`compressed-rtf`) takes as much memory as a length field says, gives
//! nothing of a body that was cut off, and does not return from one shorter than its header.

use super::Limits;
use super::little_endian::{size_at, u16_at, u32_at};
use crate::inspect::Reason;

/// Kinds of bodies (section 2.1.3.1).
const COMPRESSED: u32 = 0x7546_5A4C;
const PLAIN: u32 = 0x414C_454D;
const HEAD: usize = 16;
/// The dictionary, and what it holds at the start (section 2.1.2.1).
const DICTIONARY: usize = 4096;
const BEGIN: &[u8] =
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \
\\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \
\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

/// The text, as far as it comes out, and what kept it from coming out whole.
pub(super) fn decompress(bytes: &[u8], limits: &mut Limits) -> (Vec<u8>, Option<Reason>) {
    let head = size_at(bytes, 0).zip(size_at(bytes, 4)).zip(u32_at(bytes, 8)).zip(u32_at(bytes, 12));
    let (Some((((len, raw), kind), sum)), Some(content)) = (head, bytes.get(HEAD..)) else {
        return (Vec::new(), (!bytes.is_empty()).then_some(Reason::Malformed));
    };
    // The first length counts all that follows it. Some writers fill up what is behind.
    let content = len.checked_sub(HEAD.saturating_sub(4)).and_then(|len| content.get(..len)).unwrap_or(content);
    match kind {
        COMPRESSED => {
            let (text, reason) = expand(content, limits);
            let whole = text.len() >= raw && checksum(content) == sum;
            (text, reason.or((!whole).then_some(Reason::Malformed)))
        }
        PLAIN => {
            let text = content.get(..raw).unwrap_or(content);
            if !limits.take_bytes(text.len()) {
                return (Vec::new(), Some(Reason::OverLimit));
            }
            (text.to_vec(), (text.len() < raw).then_some(Reason::Malformed))
        }
        _ => (Vec::new(), Some(Reason::Malformed)),
    }
}

/// Section 2.2.2: literals and references into the last 4096 bytes, eight to a byte of flags.
fn expand(mut rest: &[u8], limits: &mut Limits) -> (Vec<u8>, Option<Reason>) {
    let mut text = Vec::new();
    let mut dictionary = [0; DICTIONARY];
    let mut at = BEGIN.len();
    dictionary.iter_mut().zip(BEGIN).for_each(|(to, from)| *to = *from);
    let mut put = |dictionary: &mut [u8; DICTIONARY], at: &mut usize, byte: u8| {
        text.push(byte);
        if let Some(to) = dictionary.get_mut(*at % DICTIONARY) {
            *to = byte;
        }
        *at = at.saturating_add(1);
    };
    let mut reason = Some(Reason::Malformed);
    'all: while let Some((&flags, tokens)) = rest.split_first() {
        rest = tokens;
        // Eight references of at most 17 bytes.
        if !limits.take_bytes(usize::try_from(flags.count_ones()).unwrap_or(8).saturating_mul(16).saturating_add(8)) {
            reason = Some(Reason::OverLimit);
            break;
        }
        if at.is_multiple_of(1 << 16) && !limits.in_time() {
            reason = Some(Reason::TimedOut);
            break;
        }
        for bit in 0..8 {
            if flags >> bit & 1 == 0 {
                let Some((&byte, after)) = rest.split_first() else { break 'all };
                put(&mut dictionary, &mut at, byte);
                rest = after;
                continue;
            }
            let Some(reference) = u16_at(rest, 0).map(u16::swap_bytes) else { break 'all };
            rest = rest.get(2..).unwrap_or_default();
            let from = usize::from(reference >> 4);
            if from == at % DICTIONARY {
                reason = None;
                break 'all;
            }
            for number in 0..usize::from(reference & 0xF).saturating_add(2) {
                let byte = dictionary.get(from.saturating_add(number) % DICTIONARY).copied().unwrap_or_default();
                put(&mut dictionary, &mut at, byte);
            }
        }
    }
    (text, reason)
}

/// Section 2.1.3.2.1: the usual polynomial, from zero and not inverted.
fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0_u32, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { sum >> 1 ^ 0xEDB8_8320 } else { sum >> 1 })
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
mod tests {
    use super::*;

    const ROOM: Limits = Limits { bytes: 1 << 20, entries: 10, until: None };

    /// Sections 3.1.1 and 3.2.1.
    const SIMPLE: &[u8] = b"\x2d\0\0\0\x2b\0\0\0\x4c\x5a\x46\x75\xf1\xc5\xc7\xa7\x03\0\x0a\0\x72\x63\x70\x67\x31\x32\
        \x35\x42\x32\x0a\xf3\x20\x68\x65\x6c\x09\0\x20\x62\x77\x05\xb0\x6c\x64\x7d\x0a\x80\x0f\xa0";
    const CROSSING: &[u8] =
        b"\x1a\0\0\0\x1c\0\0\0\x4c\x5a\x46\x75\xe2\xd4\x4b\x51\x41\0\x04\x20\x57\x58\x59\x5a\x0d\x6e\x7d\x01\x0e\xb0";

    #[test]
    fn the_examples_of_the_specification_come_out() {
        let simple = b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n".to_vec();
        assert_eq!(decompress(SIMPLE, &mut ROOM.clone()), (simple.clone(), None));
        assert_eq!(decompress(&[SIMPLE, &[0; 3]].concat(), &mut ROOM.clone()), (simple, None), "filled up");
        assert_eq!(decompress(CROSSING, &mut ROOM.clone()), (b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}".to_vec(), None));
        assert_eq!(decompress(b"\x11\0\0\0\x05\0\0\0MELA\0\0\0\0{\\rtf", &mut ROOM.clone()).0, b"{\\rtf");
    }

    #[test]
    fn what_is_lost_has_a_reason() {
        for end in 1..SIMPLE.len() {
            assert!(decompress(&SIMPLE[..end], &mut ROOM.clone()).1.is_some(), "{end}");
        }
        for at in 8..SIMPLE.len() {
            let mut copy = SIMPLE.to_vec();
            copy[at] ^= 4;
            assert!(decompress(&copy, &mut ROOM.clone()).1.is_some(), "{at}");
        }
        // A bomb: references to what was written just before.
        let mut bomb = b"\0\0\0\0\xff\xff\xff\xffLZFu\0\0\0\0\0aaaaaaaa".to_vec();
        bomb.extend([0xFF, 0x0C, 0xFF, 0x0D, 0xFF, 0x0E, 0xFF, 0x0F, 0xFF, 0x0C, 0xFF].repeat(10_000));
        let mut limits = Limits { bytes: 100_000, ..ROOM };
        let (text, reason) = decompress(&bomb, &mut limits);
        assert!(text.len() <= 100_000);
        assert!(reason.is_some());
        assert_eq!(decompress(SIMPLE, &mut Limits { bytes: 20, ..ROOM }).1, Some(Reason::OverLimit));
    }
}
