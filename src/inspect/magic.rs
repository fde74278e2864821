//! What bytes are, by the bytes: the first of them, and whether they look like text.

use super::reason::Lock;

/// A format known by how it begins, or text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Magic {
    /// No mark, but every sign of being text.
    Text,
    Html,
    Image,
    /// Zip, and so all of today's office formats.
    Zip,
    /// And its predecessor, PostScript.
    Pdf,
    /// OLE compound file: older office formats, `.msg`.
    Compound,
    /// gzip, bzip2, xz, zstd, 7z, rar, cab.
    Archive,
    Rtf,
    Tnef,
    /// DER or BER: certificates, signatures, S/MIME.
    Asn1,
    AudioVideo,
    Program,
    /// No mark, and not text.
    Unknown,
    /// An office document that is one XML text.
    FlatOffice,
}

/// How a file for age begins: its header is text, what follows is not.
const AGE: &[u8] = b"age-encryption.org/v1\n";

/// Marks at the start of a file.
const MARKS: [(&[u8], Magic); 41] = [
    (AGE, Magic::Unknown),
    (b"PK\x03\x04", Magic::Zip),
    (b"PK\x05\x06", Magic::Zip),
    (b"PK\x07\x08", Magic::Zip),
    (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", Magic::Compound),
    (b"\x1F\x8B", Magic::Archive),
    (b"BZh", Magic::Archive),
    (b"\xFD7zXZ\0", Magic::Archive),
    (b"\x28\xB5\x2F\xFD", Magic::Archive),
    (b"7z\xBC\xAF\x27\x1C", Magic::Archive),
    (b"Rar!\x1A\x07", Magic::Archive),
    (b"MSCF\0\0\0\0", Magic::Archive),
    (b"\x89PNG\r\n\x1A\n", Magic::Image),
    (b"\xFF\xD8\xFF", Magic::Image),
    (b"GIF87a", Magic::Image),
    (b"GIF89a", Magic::Image),
    (b"II*\0", Magic::Image),
    (b"MM\0*", Magic::Image),
    (b"\0\0\x01\0", Magic::Image),
    (b"8BPS", Magic::Image),
    (b"\xFF\x0A", Magic::Image),
    (b"\0\0\0\x0CjP  ", Magic::Image),
    (b"{\\rt", Magic::Rtf),
    (b"\x78\x9F\x3E\x22", Magic::Tnef),
    (b"\x30\x80", Magic::Asn1),
    (b"\x30\x81", Magic::Asn1),
    (b"\x30\x82", Magic::Asn1),
    (b"\x30\x83", Magic::Asn1),
    (b"\x30\x84", Magic::Asn1),
    (b"OggS", Magic::AudioVideo),
    (b"ID3", Magic::AudioVideo),
    (b"fLaC", Magic::AudioVideo),
    (b"\xFF\xFB", Magic::AudioVideo),
    (b"\xFF\xF3", Magic::AudioVideo),
    (b"#!AMR", Magic::AudioVideo),
    (b"\x1A\x45\xDF\xA3", Magic::AudioVideo),
    (b"\x30\x26\xB2\x75\x8E\x66\xCF\x11", Magic::AudioVideo),
    (b"MZ\x90\0", Magic::Program),
    (b"\x7FELF", Magic::Program),
    (b"\xCA\xFE\xBA\xBE", Magic::Program),
    (b"\0asm", Magic::Program),
];

/// Bytes at the start in which `%PDF-` may stand.
const PDF_WINDOW: usize = 1024;
/// Bytes in which the first element of a flat office document stands, with its many namespaces.
const FLAT_WINDOW: usize = 8 * 1024;
/// Bytes looked at to tell text from the rest.
const SAMPLE: usize = 64 * 1024;
/// Bytes of a header looked at to tell a mail from other text.
const HEADER: usize = 16 * 1024;
/// One control byte in so many is still text.
const CONTROLS: usize = 50;

pub(super) fn magic(bytes: &[u8]) -> Magic {
    let head = bytes.get(..PDF_WINDOW).unwrap_or(bytes);
    let marked = MARKS.iter().find(|(mark, _)| bytes.starts_with(mark));
    // Marks of words and digits only (`ID3`, `BZh`) may begin a text as well.
    let certain = marked.filter(|(mark, _)| mark.starts_with(b"{\\rt") || !mark.iter().all(u8::is_ascii_graphic));
    if let Some((_, magic)) = certain {
        return *magic;
    }
    // One without binary streams is text by its bytes.
    let start = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).trim_ascii_start();
    if start.starts_with(b"%PDF-") || start.starts_with(b"%!PS") {
        return Magic::Pdf;
    }
    if let Some(magic) = container(head) {
        return magic;
    }
    if !looks_like_text(bytes) {
        return match marked {
            Some((_, magic)) => *magic,
            None if memchr::memmem::find(head, b"%PDF-").is_some() => Magic::Pdf,
            None if bytes.starts_with(b"BM") => Magic::Image,
            None => Magic::Unknown,
        };
    }
    if flat_open_document(bytes).is_some() {
        return Magic::FlatOffice;
    }
    let html = [&b"<!doctype html"[..], b"<html", b"<head", b"<body"];
    let is_html = html.iter().any(|tag| start.get(..tag.len()).is_some_and(|s| s.eq_ignore_ascii_case(tag)));
    if is_html { Magic::Html } else { Magic::Text }
}

/// The media type of an OpenDocument file that is one XML text (OpenDocument 1.3 part 3, section 3.1.2).
pub(super) fn flat_open_document(bytes: &[u8]) -> Option<&str> {
    let head = bytes.get(..FLAT_WINDOW).unwrap_or(bytes);
    let start = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).trim_ascii_start();
    let root = memchr::memmem::find(start, b"<office:document").filter(|_| start.starts_with(b"<"))?;
    let rest = start.get(root..)?;
    let named = memchr::memmem::find(rest, b"office:mimetype=")?;
    let value = rest.get(named..)?.get(b"office:mimetype=".len()..)?;
    let value = value.get(1..)?.split(|b| matches!(b, b'"' | b'\'')).next()?;
    std::str::from_utf8(value).ok()
}

/// What of a file is locked with a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Locked {
    Nothing,
    Some(Lock),
    All(Lock),
}

/// Whether an archive or document asks for a password, as far as its outside tells.
pub(super) fn locked(found: Magic, bytes: &[u8]) -> Locked {
    /// Name of the stream that holds an encrypted office document (MS-OFFCRYPTO section 2.3.4.3), UTF-16.
    const STREAM: &[u8] = b"E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0";
    /// A local file header, and its general purpose flags (APPNOTE section 4.4.4).
    const ENTRY: &[u8] = b"PK\x03\x04";
    const FLAGS: usize = 6;
    const ENCRYPTED: u8 = 1;
    /// Mail and files under rights management: `message.rpmsg` (MS-OXORMMS section 2.2.4), and what Azure wraps others in.
    const RIGHTS: [&[u8]; 2] = [b"\x76\xE8\x04\x60\xC4\x11\xE3\x86", b".pfile"];
    match found {
        Magic::Compound if memchr::memmem::find(bytes, STREAM).is_some() => Locked::All(Lock::Office),
        Magic::Zip => {
            let flags = memchr::memmem::find_iter(bytes, ENTRY).map(|at| bytes.get(at.saturating_add(FLAGS)));
            let (locked, open) = flags.fold((false, false), |(locked, open), flags| {
                let is = flags.is_some_and(|flags| flags & ENCRYPTED != 0);
                (locked || is, open || !is)
            });
            match (locked, open) {
                (true, false) => Locked::All(Lock::Archive),
                (true, true) => Locked::Some(Lock::Archive),
                (false, _) => Locked::Nothing,
            }
        }
        _ if RIGHTS.iter().any(|mark| bytes.starts_with(mark)) => Locked::All(Lock::Office),
        _ if bytes.starts_with(AGE) || is_openpgp(bytes) => Locked::All(Lock::Pgp),
        _ => Locked::Nothing,
    }
}

/// Whether a file begins with a session key of OpenPGP: encrypted to a public key (RFC 9580 section 5.1), or with a
/// password (section 5.3). No mark is that short, so what follows the tag has to make sense as well.
fn is_openpgp(bytes: &[u8]) -> bool {
    const TO_KEY: u8 = 1;
    const WITH_PASSWORD: u8 = 3;
    /// RSA, Elgamal, ECDH, X25519, X448.
    const TO_KEY_BY: [u8; 6] = [1, 2, 16, 18, 25, 26];
    /// Simple, salted, iterated, Argon2.
    const FROM_PASSWORD_BY: [u8; 4] = [0, 1, 3, 4];
    let Some((&first, rest)) = bytes.split_first() else { return false };
    let (tag, length) = match first {
        // The old form says how many bytes the length has; in the new form the length says so itself.
        0x80..0xC0 => (first >> 2 & 0xF, 1_usize.wrapping_shl(u32::from(first & 3))),
        0xC0.. => (first & 0x3F, rest.first().map_or(1, |&len| if len < 192 { 1 } else { 2 })),
        _ => return false,
    };
    match (tag, rest.get(length..)) {
        (TO_KEY, Some([3, _, _, _, _, _, _, _, _, by, ..])) => TO_KEY_BY.contains(by),
        (WITH_PASSWORD, Some([4, cipher, by, ..])) => (1..=13).contains(cipher) && FROM_PASSWORD_BY.contains(by),
        _ => false,
    }
}

/// Formats whose mark stands after a length: RIFF and ISO base media.
fn container(head: &[u8]) -> Option<Magic> {
    let brand = head.get(8..12)?;
    match (head.get(..4)?, head.get(4..8)?) {
        (b"RIFF", _) if brand == b"WEBP" => Some(Magic::Image),
        (b"RIFF", _) => Some(Magic::AudioVideo),
        (_, b"ftyp") if [&b"heic"[..], b"heix", b"mif1", b"avif", b"msf1"].contains(&brand) => Some(Magic::Image),
        (_, b"ftyp") => Some(Magic::AudioVideo),
        _ => None,
    }
}

/// Whether bytes are text in any character set: hardly any control bytes, UTF-16 with its zeros aside.
pub(super) fn looks_like_text(bytes: &[u8]) -> bool {
    let sample = bytes.get(..SAMPLE).unwrap_or(bytes);
    let utf_32 = sample.starts_with(b"\xFF\xFE\0\0");
    if !utf_32 && sample.starts_with(b"\xFF\xFE")
        || sample.starts_with(b"\xFE\xFF")
        || super::charset::is_utf_16(sample)
    {
        return true;
    }
    let control = |b: u8| (b < 9) | (b == 0xB) | ((b > 0xD) & (b < 0x20) & (b != 0x1B)) | (b == 0x7F);
    let controls = count(sample, control);
    if controls > sample.len() / CONTROLS {
        return false;
    }
    // Without one valid multi-byte character, text in a single-byte set is mostly ASCII.
    let high = count(sample, |b| b > 0x7F);
    high <= sample.len() / 3
        || std::str::from_utf8(bytes.get(..SAMPLE.saturating_sub(4)).unwrap_or(bytes))
            .map_or_else(|e| e.error_len().is_none(), |_| true)
}

/// Whether a text is a whole mail, as saved by a mail program: a header that begins with a field of every mail's
/// and tells who sent it and how it is built.
pub(super) fn looks_like_mail(bytes: &[u8]) -> bool {
    let head = bytes.get(..HEADER).unwrap_or(bytes);
    let mut names = Vec::new();
    for line in head.split(|&b| b == b'\n').map(<[u8]>::trim_ascii_end).take_while(|line| !line.is_empty()) {
        if line.starts_with(b" ") || line.starts_with(b"\t") {
            continue;
        }
        match memchr::memchr(b':', line).and_then(|at| line.get(..at)) {
            Some(name) if name.iter().all(|&b| b.is_ascii_graphic()) => names.push(name.to_ascii_lowercase()),
            // The first line of an mbox file.
            _ if names.is_empty() && line.starts_with(b"From ") => {}
            // The sample ends within a line, or this is no header.
            _ => break,
        }
    }
    let has = |known: &[&str]| names.iter().any(|name| known.iter().any(|known| known.as_bytes() == name));
    has(&["from"])
        && has(&["mime-version", "message-id", "received", "content-type"])
        && has(&["to", "date", "subject"])
}

/// How many bytes are of a kind; in sums of one byte, so that the compiler can take many at once.
fn count(bytes: &[u8], kind: impl Fn(u8) -> bool) -> usize {
    bytes.chunks(255).map(|chunk| usize::from(chunk.iter().map(|&b| u8::from(kind(b))).sum::<u8>())).sum()
}
