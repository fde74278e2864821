//! Plain text, and everything that is text by its bytes but of no format we know.
//!
//! Soft line breaks of `format=flowed` are undone (RFC 3676). Inside the text are found: uuencoded
//! files, PGP blocks, base64 that nobody announced.

use memchr::memmem;

use super::{Aside, Content, Flowed, Format};
use crate::inspect::charset;
use crate::inspect::magic::{Magic, looks_like_text, magic};
use crate::inspect::page::Page;
use crate::inspect::transfer;

/// Lines of base64 from which on they are taken for an encoded file, and bytes of a single line.
const MIN_BASE64_LINES: usize = 2;
const MIN_BASE64_LINE: usize = 200;
/// What stands in armour that holds no text.
const EMPTY_ARMOUR: [&str; 4] = ["KEY", "CERTIFICATE", "SIGNATURE", "PARAMETERS"];
/// What stands in armour around a CMS message, signed or encrypted.
const CMS_ARMOUR: [&str; 2] = ["PKCS7", "CMS"];
/// What stands in armour that holds an encrypted text.
const ENCRYPTED_ARMOUR: [&str; 2] = ["PGP MESSAGE", "AGE ENCRYPTED FILE"];
/// Encoded files in one text that are decoded.
const MAX_FILES: usize = 50;

pub(super) struct Plain;

impl Format for Plain {
    fn fits(&self, _: &Content<'_>) -> bool {
        true
    }

    fn read(&self, content: &Content<'_>, page: &mut Page) -> Aside {
        let text = charset::decode(content.bytes, content.charset);
        match content.flowed {
            Some(flowed) => page.add(&unflowed(&text, flowed)),
            None => page.add(&text),
        };
        inside(content.bytes)
    }
}

/// Text with its soft line breaks undone: a line that ends in a space goes on in the next one of the
/// same quote depth (RFC 3676 section 4.4); `-- ` does not.
fn unflowed(text: &str, flowed: Flowed) -> String {
    let mut out = String::with_capacity(text.len());
    let mut open: Option<usize> = None;
    for line in text.lines() {
        let depth = line.bytes().take_while(|&b| b == b'>').count();
        let content = line.get(depth..).unwrap_or_default();
        // Space-stuffing, section 4.4.
        let content = content.strip_prefix(' ').unwrap_or(content);
        if open == Some(depth) && content != "-- " {
            out.push_str(content);
        } else {
            if open.is_some() {
                out.push('\n');
            }
            if depth > 0 {
                out.extend(std::iter::repeat_n('>', depth));
                out.push(' ');
            }
            out.push_str(content);
        }
        let soft = content.ends_with(' ') && content != "-- ";
        if soft && flowed.delete_space {
            out.pop();
        }
        open = soft.then_some(depth);
        if !soft {
            out.push('\n');
        }
    }
    out
}

/// What is encoded or encrypted inside a text.
pub(super) fn inside(bytes: &[u8]) -> Aside {
    let mut aside = Aside { encrypted: has_armour(bytes, &ENCRYPTED_ARMOUR), ..Aside::default() };
    let mut run: Option<(usize, usize)> = None;
    let (mut armoured, mut cms) = (false, false);
    let mut uuencoded_to = 0;
    let mut at = 0_usize;
    for line in bytes.split_inclusive(|&b| b == b'\n') {
        let start = at;
        at = at.saturating_add(line.len());
        let line = line.trim_ascii_end();
        // Keys, certificates and signatures in armour hold no text.
        if line.starts_with(b"-----BEGIN ") {
            cms = CMS_ARMOUR.iter().any(|kind| memmem::find(line, kind.as_bytes()).is_some());
            armoured = aside.encrypted || EMPTY_ARMOUR.iter().any(|kind| memmem::find(line, kind.as_bytes()).is_some());
        } else if line.starts_with(b"-----END ") {
            armoured = false;
        }
        if start >= uuencoded_to
            && !aside.over_limit
            && let Some(file) = bytes.get(start..).and_then(transfer::uuencoded_here)
        {
            uuencoded_to = bytes.len().saturating_sub(file.rest.len());
            keep(&mut aside, &String::from_utf8_lossy(file.name), file.content);
        }
        aside.unread |= line.starts_with(b"=ybegin ") || line.starts_with(b"(This file must be converted with BinHex");
        if !armoured && transfer::looks_base64(line) {
            run = Some(run.map_or((start, 1), |(first, lines)| (first, lines.saturating_add(1))));
        } else if let Some((first, lines)) = run.take() {
            // The last line of a file is shorter.
            let end = if line.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=')) {
                at
            } else {
                start
            };
            encoded(bytes.get(first..end).unwrap_or_default(), lines, cms, &mut aside);
            cms = false;
        }
    }
    if let Some((first, lines)) = run {
        encoded(bytes.get(first..).unwrap_or_default(), lines, cms, &mut aside);
    }
    aside
}

/// Whether `-----BEGIN` one of these kinds stands anywhere.
fn has_armour(bytes: &[u8], kinds: &[&str]) -> bool {
    const BEGIN: &[u8] = b"-----BEGIN ";
    memmem::find_iter(bytes, BEGIN).any(|at| {
        let rest = bytes.get(at.saturating_add(BEGIN.len())..).unwrap_or_default();
        kinds.iter().any(|kind| rest.strip_prefix(kind.as_bytes()).is_some_and(|rest| rest.starts_with(b"-----")))
    })
}

/// Keeps what a run of base64 lines decodes to, when that is something.
fn encoded(run: &[u8], lines: usize, cms: bool, aside: &mut Aside) {
    let whole = run.trim_ascii();
    if aside.over_limit || (lines < MIN_BASE64_LINES && whole.len() < MIN_BASE64_LINE && !whole.ends_with(b"=")) {
        return;
    }
    let content = transfer::base64(whole).bytes;
    let found = magic(&content);
    if cms {
        keep(aside, "smime.p7m", content);
    } else if looks_like_text(&content) || !matches!(found, Magic::Text | Magic::Unknown | Magic::Asn1) {
        keep(aside, "", content);
    }
}

fn keep(aside: &mut Aside, name: &str, content: Vec<u8>) {
    aside.over_limit |= aside.files.len() >= MAX_FILES;
    if !aside.over_limit {
        aside.files.push((name.to_owned(), content));
    }
}
