//! 7z archives (the format as `7zFormat.txt` of the LZMA SDK describes it).
//!
//! Blocks are decoded one after the other, each as a stream, so that nothing is taken that the limits do not
//! allow. An archive or block that asks for a password is `Encrypted`; its names are given where they can be read.

use std::io::{Cursor, Read};

use sevenz_rust2::{Archive, BlockDecoder, EncoderMethod, Error, Password};

use super::streams::decode;
use super::{Document, Extract, Inner, Limits, Reason};
use crate::inspect::Lock;

/// Mark, version and the place of the list.
const MARK: &[u8] = b"7z\xBC\xAF\x27\x1C";
const START: usize = 32;

pub(super) struct SevenZip;

impl Document for SevenZip {
    fn fits(&self, bytes: &[u8]) -> bool {
        bytes.starts_with(MARK)
    }

    fn read(&self, bytes: &[u8], limits: &mut Limits, out: &mut Extract) {
        let mut source = Cursor::new(bytes);
        let password = Password::empty();
        let archive = match Archive::read(&mut source, &password) {
            Ok(archive) => archive,
            Err(error) => return out.note(reason_of(&error)),
        };
        if end(bytes).is_none_or(|end| end != bytes.trim_ascii_end().len() && end != bytes.len()) {
            out.note(Reason::Malformed);
        }
        if archive.files.len() > limits.entries {
            out.note(Reason::OverLimit);
            return;
        }
        for entry in archive.files.iter().filter(|entry| !entry.has_stream) {
            out.add(Some("entry name"), entry.name.as_str());
        }
        for (number, block) in archive.blocks.iter().enumerate() {
            let locked = block.coders.iter().any(|coder| coder.encoder_method_id() == EncoderMethod::ID_AES256_SHA256);
            let decoder = BlockDecoder::new(1, number, &archive, &password, &mut source);
            if locked {
                out.note(Reason::Encrypted(Lock::Archive));
                for entry in decoder.entries() {
                    out.add(Some("entry name"), entry.name.as_str());
                }
                continue;
            }
            let mut given = 0_usize;
            let wanted = decoder.entries().iter().filter(|entry| entry.has_stream).count();
            let read = decoder.for_each_entries(&mut |entry: &sevenz_rust2::ArchiveEntry, from: &mut dyn Read| {
                if !entry.has_stream {
                    return Ok(true);
                }
                given = given.saturating_add(1);
                if !limits.take_entry() {
                    out.note(Reason::OverLimit);
                    return Ok(false);
                }
                let mut file = Inner { name: entry.name.replace('\\', "/"), ..Inner::default() };
                let came = decode(&mut &mut *from, limits, &mut file.bytes);
                if came.is_ok() && u64::try_from(file.bytes.len()).is_ok_and(|len| len < entry.size) {
                    out.note(Reason::Malformed);
                }
                out.files.push(file);
                if let Err(reason) = came {
                    out.note(reason);
                }
                Ok(came.is_ok())
            });
            match read {
                Err(error) => out.note(reason_of(&error)),
                Ok(_) if given < wanted && out.reasons.is_empty() => out.note(Reason::Malformed),
                Ok(_) => {}
            }
        }
    }
}

/// Where the list of files ends, which is the end of the archive.
fn end(bytes: &[u8]) -> Option<usize> {
    let number = |at: usize| -> Option<usize> {
        let field = bytes.get(at..at.checked_add(8)?)?;
        usize::try_from(u64::from_le_bytes(field.try_into().ok()?)).ok()
    };
    START.checked_add(number(12)?)?.checked_add(number(20)?)
}

fn reason_of(error: &Error) -> Reason {
    match error {
        Error::PasswordRequired | Error::MaybeBadPassword(_) => Reason::Encrypted(Lock::Archive),
        // Where the list itself is locked, this is all that is known of it.
        Error::UnsupportedCompressionMethod(method) if method.contains("AES") => Reason::Encrypted(Lock::Archive),
        Error::UnsupportedCompressionMethod(_) | Error::Unsupported(_) | Error::ExternalUnsupported => {
            Reason::Unsupported
        }
        Error::MaxMemLimited { .. } => Reason::OverLimit,
        _ => Reason::Malformed,
    }
}
