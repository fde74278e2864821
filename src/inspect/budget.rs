//! One budget for everything a message may expand to: bytes, parts, depth, time.

use std::time::{Duration, Instant};

use super::documents::Limits;

/// MIME parts of one message, nested messages included.
pub const MAX_PARTS: usize = 1_000;
/// Files inside files of one message: entries of archives, embedded objects.
pub const MAX_ENTRIES: usize = 10_000;
/// Depth of multiparts, nested messages and files inside files together.
pub const MAX_DEPTH: usize = 32;
/// Bytes that a message may become in this process, decoded parts, files inside and text together: ten times its
/// size, at least 16 MB (a spreadsheet of 32 KB was seen to hold 4 MB), at most 300 MB.
pub const EXPANSION: usize = 10;
pub const MAX_EXPANDED: usize = 300_000_000;
pub const MIN_EXPANDED: usize = 16_000_000;
/// Bytes that opening one attachment may unpack on the way to its text, for each that may come out, and at most:
/// XML of honest documents is up to 130 times their size.
const UNPACKING: usize = 5;
const MAX_UNPACKED: usize = 500_000_000;
/// Wall time of one inspection.
pub const MAX_TIME: Duration = Duration::from_secs(30);
/// Wall time of opening one attachment, files inside it not counted: one that hangs leaves time for the others.
pub const MAX_OPENING: Duration = Duration::from_secs(8);

/// What is left for one message. Taking more than is left fails, and stays failed.
#[derive(Debug)]
pub struct Budget {
    bytes: usize,
    parts: usize,
    entries: usize,
    deadline: Instant,
}

impl Budget {
    pub fn for_message(len: usize) -> Self {
        Budget {
            bytes: len.saturating_mul(EXPANSION).clamp(MIN_EXPANDED, MAX_EXPANDED),
            parts: MAX_PARTS,
            entries: MAX_ENTRIES,
            // A clock that cannot count 30 s more has no time left.
            deadline: Instant::now().checked_add(MAX_TIME).unwrap_or_else(Instant::now),
        }
    }

    /// Takes `n` bytes of expansion.
    #[must_use]
    pub fn take_bytes(&mut self, n: usize) -> bool {
        match self.bytes.checked_sub(n) {
            Some(left) => {
                self.bytes = left;
                true
            }
            None => {
                self.bytes = 0;
                false
            }
        }
    }

    #[must_use]
    pub fn take_part(&mut self) -> bool {
        take_one(&mut self.parts)
    }

    /// Takes one file inside a file.
    #[must_use]
    pub fn take_entry(&mut self) -> bool {
        take_one(&mut self.entries)
    }

    /// What opening one attachment may take; what comes of it counts here.
    pub fn limits(&self) -> Limits {
        let until = Instant::now().checked_add(MAX_OPENING).map_or(self.deadline, |until| until.min(self.deadline));
        let bytes = self.bytes.saturating_mul(UNPACKING).min(MAX_UNPACKED);
        Limits { bytes, entries: self.entries, until: Some(until) }
    }

    pub fn time_left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    #[must_use]
    pub fn in_time(&self) -> bool {
        Instant::now() < self.deadline
    }
}

fn take_one(left: &mut usize) -> bool {
    let less = left.checked_sub(1);
    *left = less.unwrap_or(0);
    less.is_some()
}
