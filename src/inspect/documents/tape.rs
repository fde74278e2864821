//! tar archives: ustar, GNU, pax and the older kind without a mark (POSIX.1-2017, `pax`).

use std::io::Read;

use tar::{Archive, EntryType};

use super::extract::joined;
use super::streams::decode;
use super::{Document, Extract, Inner, Limits, Reason};

/// Bytes of a header, and of the blocks that everything fills.
const BLOCK: usize = 512;
/// Where the sum of a header's bytes stands, in octal digits.
const SUM: std::ops::Range<usize> = 148..156;

pub(super) struct Tar;

impl Document for Tar {
    /// By the sum of the first header, which every kind has.
    fn fits(&self, bytes: &[u8]) -> bool {
        let Some(header) = bytes.get(..BLOCK) else { return false };
        let written = header.get(SUM).unwrap_or_default();
        let digits: Vec<u8> = written.iter().copied().filter(u8::is_ascii_digit).collect();
        let stated = std::str::from_utf8(&digits).ok().and_then(|digits| u32::from_str_radix(digits, 8).ok());
        // The sum itself counts as spaces.
        let sum: u32 = header
            .iter()
            .enumerate()
            .map(|(at, &byte)| if SUM.contains(&at) { u32::from(b' ') } else { u32::from(byte) })
            .fold(0, u32::saturating_add);
        header.first().is_some_and(|&first| first != 0) && stated == Some(sum)
    }

    fn read(&self, bytes: &[u8], limits: &mut Limits, out: &mut Extract) {
        let mut archive = Archive::new(bytes);
        let Ok(entries) = archive.entries() else { return out.note(Reason::Malformed) };
        let mut end = 0_usize;
        for entry in entries {
            let Ok(mut entry) = entry else { return out.note(Reason::Malformed) };
            if !limits.in_time() {
                return out.note(Reason::TimedOut);
            }
            if !limits.take_entry() {
                return out.note(Reason::OverLimit);
            }
            let size = usize::try_from(entry.size()).unwrap_or(usize::MAX);
            let start = usize::try_from(entry.raw_file_position()).unwrap_or(usize::MAX);
            end = start.saturating_add(size.checked_next_multiple_of(BLOCK).unwrap_or(usize::MAX));
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            notes_on(&mut entry, &name, out);
            match entry.header().entry_type() {
                EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
                    let mut file = Inner { name, ..Inner::default() };
                    let came = decode(&mut entry, limits, &mut file.bytes);
                    if came.is_ok() && file.bytes.len() < size {
                        out.note(Reason::Malformed);
                    }
                    out.files.push(file);
                    if let Err(reason) = came {
                        return out.note(reason);
                    }
                }
                kind => {
                    out.add(Some("entry name"), name);
                    if let Some(target) = entry.link_name_bytes() {
                        out.add(Some("link"), String::from_utf8_lossy(&target));
                    }
                    if size > 0 && !matches!(kind, EntryType::Directory | EntryType::Symlink | EntryType::Link) {
                        out.note(Reason::Unsupported);
                    }
                }
            }
        }
        // Zeros end it; without them it was cut off, and behind anything else another program may read on.
        let rest = bytes.get(end..).unwrap_or_default();
        if rest.len() < BLOCK || !rest.iter().all(|&byte| byte == 0) {
            out.note(Reason::Malformed);
        }
    }
}

/// Comments and other words of a pax header.
fn notes_on(entry: &mut tar::Entry<'_, impl Read>, name: &str, out: &mut Extract) {
    let Ok(Some(fields)) = entry.pax_extensions() else { return };
    for field in fields.flatten() {
        if let (Ok("comment" | "uname" | "gname"), Ok(value)) = (field.key(), field.value()) {
            out.add(Some(&joined(Some(name), "comment")), value);
        }
    }
}
