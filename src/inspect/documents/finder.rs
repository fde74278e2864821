//! What the Finder of macOS leaves beside files, in archives above all: the attributes of a file as `._name`
//! (AppleDouble, RFC 1740 appendix B), and the looks of a folder as `.DS_Store`.
//!
//! Both are records of programs; the words in them (comments, where a file came from, names of files) are text.

use super::little_endian::runs;
use super::{Document, Extract, Limits};
use crate::inspect::Reason;

const ATTRIBUTES: &[u8] = b"\0\x05\x16\x07";
const FOLDER: &[u8] = b"\0\0\0\x01Bud1";
/// Bytes up to which attributes are what they are for; larger ones hold what an old program kept there.
const SMALL: usize = 64 * 1024;

pub(super) struct Finder;

impl Document for Finder {
    fn fits(&self, bytes: &[u8]) -> bool {
        bytes.starts_with(ATTRIBUTES) || bytes.starts_with(FOLDER)
    }

    fn read(&self, bytes: &[u8], limits: &mut Limits, out: &mut Extract) {
        if !limits.take_bytes(bytes.len()) {
            return out.note(Reason::OverLimit);
        }
        if bytes.starts_with(ATTRIBUTES) && bytes.len() > SMALL {
            out.note(Reason::Unsupported);
        }
        if bytes.starts_with(FOLDER) {
            // Names are in big-endian UTF-16, at even offsets and at odd ones.
            for start in [0, 1] {
                let pairs = bytes.get(start..).unwrap_or_default().as_chunks::<2>().0;
                let swapped: Vec<u8> = pairs.iter().flat_map(|[high, low]| [*low, *high]).collect();
                out.add(Some("properties"), runs(&swapped));
            }
        } else {
            out.add(Some("properties"), runs(bytes));
        }
    }
}
