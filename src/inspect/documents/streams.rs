//! bzip2, xz and zstd: one file each, without a name of its own, in one or several members.

use std::io::{self, ErrorKind, Read};

use super::{Document, Extract, Inner, Limits, Reason};

/// Bytes decoded between two looks at the limits.
const STEP: usize = 64 * 1024;
/// Memory that decoding may ask for, in KiB; `xz -9` asks for 65 MiB.
const MAX_XZ_MEMORY: u32 = 128 * 1024;
/// Window of zstd, as a power of two; `zstd --ultra -22` asks for this one.
const MAX_ZSTD_WINDOW: u32 = 27;

type Decoder<'b> = Box<dyn Read + 'b>;

/// A format that packs one stream of bytes.
pub(super) struct Stream {
    fits: fn(&[u8]) -> bool,
    decoder: for<'b> fn(&'b [u8]) -> io::Result<Decoder<'b>>,
}

/// bzip2: a digit for the size of blocks, then the first block or the end of an empty stream.
pub(super) const BZIP2: Stream = Stream {
    fits: |bytes| {
        let begins = bytes.starts_with(b"BZh") && bytes.get(3).is_some_and(|b| (b'1'..=b'9').contains(b));
        let block = bytes.get(4..10).unwrap_or_default();
        begins && (block == b"\x31\x41\x59\x26\x53\x59" || block == b"\x17\x72\x45\x38\x50\x90")
    },
    decoder: |bytes| Ok(Box::new(bzip2::bufread::MultiBzDecoder::new(bytes))),
};

/// xz, as in the specification of its file format 1.2.
pub(super) const XZ: Stream = Stream {
    fits: |bytes| bytes.starts_with(b"\xFD7zXZ\0"),
    decoder: |bytes| Ok(Box::new(lzma_rust2::XzReader::new_mem_limit(bytes, true, MAX_XZ_MEMORY))),
};

/// Zstandard, RFC 8878.
pub(super) const ZSTD: Stream = Stream {
    fits: |bytes| bytes.starts_with(b"\x28\xB5\x2F\xFD"),
    decoder: |bytes| {
        let mut decoder = zstd::stream::read::Decoder::with_buffer(bytes)?;
        decoder.window_log_max(MAX_ZSTD_WINDOW)?;
        Ok(Box::new(decoder))
    },
};

impl Document for Stream {
    fn fits(&self, bytes: &[u8]) -> bool {
        (self.fits)(bytes)
    }

    fn read(&self, bytes: &[u8], limits: &mut Limits, out: &mut Extract) {
        if !limits.take_entry() {
            out.note(Reason::OverLimit);
            return;
        }
        let mut file = Inner::default();
        let result = (self.decoder)(bytes)
            .map_err(|error| reason_of(&error))
            .and_then(|mut decoder| decode(&mut decoder, limits, &mut file.bytes));
        if let Err(reason) = result {
            out.note(reason);
        }
        // What came out before a fault is text as well.
        if !file.bytes.is_empty() {
            out.files.push(file);
        }
    }
}

/// Decodes to the end, or as far as the limits and the bytes allow.
pub(super) fn decode(from: &mut impl Read, limits: &mut Limits, out: &mut Vec<u8>) -> Result<(), Reason> {
    let mut step = vec![0; STEP];
    loop {
        let read = from.read(&mut step).map_err(|error| reason_of(&error))?;
        if read == 0 {
            return Ok(());
        }
        if !limits.in_time() {
            return Err(Reason::TimedOut);
        }
        if !limits.take_bytes(read) {
            return Err(Reason::OverLimit);
        }
        out.extend_from_slice(step.get(..read).unwrap_or_default());
    }
}

/// A dictionary or window larger than we give room for is a limit, the rest is damage.
fn reason_of(error: &io::Error) -> Reason {
    if error.kind() == ErrorKind::OutOfMemory { Reason::OverLimit } else { Reason::Malformed }
}
