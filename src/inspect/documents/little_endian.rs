//! Numbers and text of formats that Microsoft's programs write: little-endian, UTF-16.

/// The number of one byte at an offset.
pub(super) fn u8_at(bytes: &[u8], at: usize) -> Option<u8> {
    bytes.get(at).copied()
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|chunk| u16::from_le_bytes(*chunk))
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|chunk| u32::from_le_bytes(*chunk))
}

/// [`u32_at`] as an offset or a length.
pub(super) fn size_at(bytes: &[u8], at: usize) -> Option<usize> {
    u32_at(bytes, at).and_then(|size| usize::try_from(size).ok())
}

pub(super) fn f64_at(bytes: &[u8], at: usize) -> Option<f64> {
    bytes.get(at..)?.first_chunk().map(|chunk| f64::from_le_bytes(*chunk))
}

/// `len` bytes from an offset on; None when there are fewer.
pub(super) fn slice(bytes: &[u8], at: usize, len: usize) -> Option<&[u8]> {
    bytes.get(at..at.checked_add(len)?)
}

/// UTF-16; half a pair is U+FFFD, an odd byte at the end is left out.
pub(super) fn utf_16(bytes: &[u8]) -> String {
    let units = bytes.as_chunks::<2>().0.iter().map(|unit| u16::from_le_bytes(*unit));
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// Text in one of the character sets of Windows, by its number; 1252 for those that nobody knows.
pub(super) fn by_codepage(bytes: &[u8], codepage: u32) -> String {
    use encoding_rs as e;
    let encoding = match codepage {
        1200 => return utf_16(bytes),
        437 | 850 | 852 | 855 | 857..=866 => {
            return crate::inspect::charset::decode(bytes, Some(&format!("cp{codepage}"))).into_owned();
        }
        874 => e::WINDOWS_874,
        932 => e::SHIFT_JIS,
        936 => e::GBK,
        949 => e::EUC_KR,
        950 => e::BIG5,
        1250 => e::WINDOWS_1250,
        1251 => e::WINDOWS_1251,
        1253 => e::WINDOWS_1253,
        1254 => e::WINDOWS_1254,
        1255 => e::WINDOWS_1255,
        1256 => e::WINDOWS_1256,
        1257 => e::WINDOWS_1257,
        1258 => e::WINDOWS_1258,
        10_000 => e::MACINTOSH,
        20_866 => e::KOI8_R,
        28_592 => e::ISO_8859_2,
        28_605 => e::ISO_8859_15,
        54_936 => e::GB18030,
        65_001 => e::UTF_8,
        _ => e::WINDOWS_1252,
    };
    encoding.decode_without_bom_handling(bytes).0.into_owned()
}

/// Text before the first NUL.
pub(super) fn before_nul(text: &str) -> &str {
    text.split('\0').next().unwrap_or_default()
}

/// Shortest stretch of characters in bytes of an unknown format that counts as text.
const MIN_RUN: usize = 6;

/// Letters beyond ASCII that such a stretch may have.
const LETTERS: &str = "æøåäöÆØÅÄÖéÉèüÜðþÐÞáÁíóúýčđŋšŧž§–";

/// Stretches of text in bytes of an unknown format, in UTF-16 and in single bytes.
pub(super) fn runs(bytes: &[u8]) -> String {
    let mut out = String::new();
    let is_text = |c: char| c == '\t' || (' '..='~').contains(&c) || LETTERS.contains(c);
    let mut keep = |run: &mut String| {
        if run.chars().filter(|c| c.is_alphanumeric()).count() >= MIN_RUN {
            out.push_str(run);
            out.push('\n');
        }
        run.clear();
    };
    let mut run = String::new();
    for &byte in bytes {
        match char::from(byte) {
            c if is_text(c) => run.push(c),
            _ => keep(&mut run),
        }
    }
    keep(&mut run);
    for start in [0, 1] {
        let units = bytes.get(start..).unwrap_or_default().as_chunks::<2>().0;
        for unit in units {
            match char::from_u32(u32::from(u16::from_le_bytes(*unit))) {
                Some(c) if is_text(c) => run.push(c),
                _ => keep(&mut run),
            }
        }
        keep(&mut run);
    }
    out
}
