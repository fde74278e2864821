//! gzip, RFC 1952: one file, in one or several members.

use flate2::bufread::GzDecoder;

use super::streams::decode;
use super::{Document, Extract, Inner, Limits, Piece, Reason};

/// Members of a file; `cat a.gz b.gz` makes two.
const MAX_MEMBERS: usize = 10_000;

pub(super) struct Gzip;

impl Document for Gzip {
    fn fits(&self, bytes: &[u8]) -> bool {
        bytes.starts_with(b"\x1F\x8B")
    }

    /// All members are one file (section 2.2). The names and comments in their headers are text.
    fn read(&self, bytes: &[u8], limits: &mut Limits, out: &mut Extract) {
        if !limits.take_entry() {
            out.reasons.push(Reason::OverLimit);
            return;
        }
        let mut rest = bytes;
        let mut file = Inner::default();
        let mut reason = None;
        for number in 0.. {
            // Zeros fill the last block on a tape.
            if number > 0 && rest.iter().all(|&byte| byte == 0) {
                break;
            }
            if number >= MAX_MEMBERS {
                reason = Some(Reason::OverLimit);
                break;
            }
            let mut member = GzDecoder::new(rest);
            reason = decode(&mut member, limits, &mut file.bytes).err();
            if let Some(header) = member.header() {
                let name = latin_1(header.filename());
                if file.name.is_empty() {
                    file.name = name;
                } else if !name.is_empty() && name != file.name {
                    out.pieces.push(Piece { place: Some("name".to_owned()), text: name });
                }
                let comment = latin_1(header.comment());
                if !comment.is_empty() {
                    out.pieces.push(Piece { place: Some("comment".to_owned()), text: comment });
                }
            }
            if reason.is_some() {
                break;
            }
            rest = member.into_inner();
        }
        out.reasons.extend(reason);
        // What came out before a fault is text as well.
        if !file.bytes.is_empty() || !file.name.is_empty() {
            out.files.push(file);
        }
    }
}

/// Names and comments are in ISO 8859-1 (section 2.3.1).
fn latin_1(bytes: Option<&[u8]>) -> String {
    bytes.unwrap_or_default().iter().map(|&byte| char::from(byte)).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
mod tests {
    use std::io::Write;
    use std::time::Instant;

    use flate2::{Compression, GzBuilder};

    use super::super::read;
    use super::*;

    const ROOM: Limits = Limits { bytes: 1 << 20, entries: 10, until: None };

    fn member(name: &str, comment: &str, content: &[u8]) -> Vec<u8> {
        let mut builder = GzBuilder::new();
        if !name.is_empty() {
            builder = builder.filename(name);
        }
        if !comment.is_empty() {
            builder = builder.comment(comment);
        }
        let mut writer = builder.write(Vec::new(), Compression::default());
        writer.write_all(content).unwrap();
        writer.finish().unwrap()
    }

    fn given(bytes: &[u8], mut limits: Limits) -> Extract {
        read(bytes, &mut limits).unwrap()
    }

    #[test]
    fn all_members_are_one_file_and_what_their_headers_say_is_text() {
        let mut bytes = member("liste.csv", "", b"Kari ");
        bytes.extend(member("andre.csv", "fra sak 12", b"Nordmann"));
        bytes.extend([0; 512]);
        let piece = |place: &str, text: &str| Piece { place: Some(place.into()), text: text.into() };
        let expected = Extract {
            pieces: vec![piece("name", "andre.csv"), piece("comment", "fra sak 12")],
            files: vec![Inner { name: "liste.csv".into(), bytes: b"Kari Nordmann".to_vec(), ..Inner::default() }],
            reasons: vec![],
        };
        assert_eq!(given(&bytes, ROOM), expected);
        assert_eq!(read(b"Kari", &mut ROOM.clone()), None);
    }

    #[test]
    fn what_is_lost_has_a_reason_and_what_came_out_stays() {
        let text = "Kari Nordmann bor her. ".repeat(20_000);
        let whole = member("", "", text.as_bytes());
        let mut trailed = whole.clone();
        trailed.extend(b"more");
        let mut flipped = whole.clone();
        let last = flipped.len() - 5;
        flipped[last] ^= 1;
        let late = Limits { until: Some(Instant::now()), ..ROOM };
        for (name, bytes, limits, reason) in [
            ("whole", &whole[..], ROOM, None),
            ("cut off", &whole[..whole.len() / 2], ROOM, Some(Reason::Malformed)),
            ("cut in the header", &whole[..5], ROOM, Some(Reason::Malformed)),
            ("wrong sum", &flipped, ROOM, Some(Reason::Malformed)),
            ("something after it", &trailed, ROOM, Some(Reason::Malformed)),
            ("too large", &whole, Limits { bytes: 100_000, ..ROOM }, Some(Reason::OverLimit)),
            ("no entry left", &whole, Limits { entries: 0, ..ROOM }, Some(Reason::OverLimit)),
            ("too late", &whole, late, Some(Reason::TimedOut)),
        ] {
            let extract = given(bytes, limits);
            assert_eq!(extract.reasons, Vec::from_iter(reason), "{name}");
            for file in extract.files {
                assert!(text.as_bytes().starts_with(&file.bytes) && file.bytes.len() <= limits.bytes, "{name}");
                assert!(reason.is_some() || file.bytes == text.as_bytes(), "{name}");
            }
        }
        assert!(!given(&whole[..whole.len() / 2], ROOM).files.is_empty(), "what came out before the fault");
    }
}
