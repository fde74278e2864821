//! What a picture is, by its header: format, size, pages. And which pictures are decoration.
//!
//! A picture is decoration, and passed over without a word, when it has fewer than [`MIN_PIXELS`], or when it
//! is smaller than [`SMALL`] and has fewer than [`PAGE_PIXELS`]. Pixels come first, because a page in black
//! and white may well be smaller than a logo in colours: 5 KB hold a letter of one page at 200 dpi.

/// 200 × 200, or as many in another shape: a portrait, a button, at most a line or two of a screenshot.
const MIN_PIXELS: u64 = 40_000;
/// Bytes of logos and lines.
pub const SMALL: usize = 20 * 1024;
/// A page of A4 at 75 dpi, at which letters are just legible, has a little more.
const PAGE_PIXELS: u64 = 500_000;
/// Pixels to a byte from which a picture shows nothing: the empty back of a scanned page. Measured as JPEG:
/// white pages 84, those with the grain of a scanner down to 20; photographs 1 to 20, badly reduced ones 50.
const BLANK_PIXELS_A_BYTE: u64 = 60;
/// Pages of a TIFF that are counted.
const MAX_PAGES: usize = 1_000;
/// Entries of one directory of a TIFF that are looked at.
const MAX_ENTRIES: usize = 1_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Png,
    Jpeg,
    Tiff,
    Gif,
    Bmp,
    WebP,
    Jpeg2000,
    /// HEIC, AVIF, JPEG XL, icons, Photoshop: what Tesseract's library does not read.
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    pub format: Format,
    /// Pixels of the largest page; None when the header does not say.
    pub pixels: Option<u64>,
    pub pages: usize,
    /// More frames than the one that is read.
    pub moves: bool,
}

pub fn look(bytes: &[u8]) -> Look {
    let format = format(bytes);
    let (pixels, pages) = match format {
        Format::Tiff => tiff(bytes),
        Format::Other | Format::Jpeg2000 => (None, 1),
        _ => (size(bytes), 1),
    };
    Look { format, pixels, pages: pages.max(1), moves: format == Format::Gif && frames(bytes) > 1 }
}

impl Look {
    /// Whether anybody reads such pictures.
    pub fn is_readable(&self) -> bool {
        self.format != Format::Other
    }

    /// A logo, a line, a spacer. `shown` is a picture that the mail's text shows.
    pub fn is_decoration(&self, bytes: usize, shown: bool) -> bool {
        match self.pixels {
            Some(pixels) => pixels < MIN_PIXELS || (bytes < SMALL && pixels < PAGE_PIXELS),
            None => shown && bytes < SMALL,
        }
    }

    /// Shows nothing, as far as its size tells.
    pub fn is_blank(&self, bytes: usize) -> bool {
        let most = u64::try_from(bytes).unwrap_or(u64::MAX).saturating_mul(BLANK_PIXELS_A_BYTE);
        self.pixels.is_some_and(|pixels| pixels > most)
    }
}

fn format(bytes: &[u8]) -> Format {
    let marks: [(&[u8], Format); 8] = [
        (b"\x89PNG\r\n\x1A\n", Format::Png),
        (b"\xFF\xD8\xFF", Format::Jpeg),
        (b"GIF87a", Format::Gif),
        (b"GIF89a", Format::Gif),
        (b"II*\0", Format::Tiff),
        (b"MM\0*", Format::Tiff),
        (b"BM", Format::Bmp),
        (b"\0\0\0\x0CjP  ", Format::Jpeg2000),
    ];
    let marked = marks.iter().find(|(mark, _)| bytes.starts_with(mark)).map(|(_, format)| *format);
    let webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    marked.unwrap_or(if webp { Format::WebP } else { Format::Other })
}

/// By the library; it wants a header to look at.
fn size(bytes: &[u8]) -> Option<u64> {
    const HEADER: usize = 32;
    let size = (bytes.len() >= HEADER).then(|| imagesize::blob_size(bytes).ok()).flatten()?;
    u64::try_from(size.width).ok()?.checked_mul(u64::try_from(size.height).ok()?)
}

/// Pixels of the largest page of a TIFF, and its pages (TIFF 6.0 section 2). The library looks at the first
/// page only, which may be a thumbnail.
fn tiff(bytes: &[u8]) -> (Option<u64>, usize) {
    const WIDTH: u16 = 256;
    const LENGTH: u16 = 257;
    const SHORT: u16 = 3;
    const ENTRY: usize = 12;
    let little = bytes.starts_with(b"II");
    let two = |at: usize| {
        let two: [u8; 2] = bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if little { u16::from_le_bytes(two) } else { u16::from_be_bytes(two) })
    };
    let four = |at: usize| {
        let four: [u8; 4] = bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if little { u32::from_le_bytes(four) } else { u32::from_be_bytes(four) })
    };
    let (mut largest, mut pages) = (None, 0_usize);
    let mut next = four(4);
    while let Some(at) = next.and_then(|at| usize::try_from(at).ok()).filter(|at| *at > 0) {
        let Some(entries) = two(at) else { break };
        let entries = usize::from(entries);
        let entry = |number: usize| at.checked_add(2)?.checked_add(number.checked_mul(ENTRY)?);
        let value = |tag: u16| {
            let at = (0..entries.min(MAX_ENTRIES)).filter_map(entry).find(|at| two(*at) == Some(tag))?;
            let value = at.checked_add(8)?;
            if two(at.checked_add(2)?)? == SHORT { two(value).map(u64::from) } else { four(value).map(u64::from) }
        };
        if let (Some(width), Some(length)) = (value(WIDTH), value(LENGTH)) {
            largest = largest.max(width.checked_mul(length));
        }
        pages = pages.saturating_add(1);
        if pages >= MAX_PAGES {
            break;
        }
        next = entry(entries).and_then(four);
    }
    (largest, pages)
}

/// Frames of a GIF, up to two (GIF89a section 17 ff.).
fn frames(bytes: &[u8]) -> usize {
    const HEADER: usize = 13;
    const EXTENSION: u8 = 0x21;
    const IMAGE: u8 = 0x2C;
    const DESCRIPTOR: usize = 9;
    let table = |flags: u8| if flags & 0x80 == 0 { 0 } else { 3_usize << ((flags & 7).saturating_add(1)) };
    let mut rest = bytes.get(HEADER.saturating_add(table(bytes.get(10).copied().unwrap_or(0)))..).unwrap_or_default();
    let mut frames: usize = 0;
    while let Some((&kind, after)) = rest.split_first() {
        let skipped = match kind {
            EXTENSION => 1,
            IMAGE => {
                frames = frames.saturating_add(1);
                let flags = after.get(DESCRIPTOR.saturating_sub(1)).copied().unwrap_or(0);
                DESCRIPTOR.saturating_add(table(flags)).saturating_add(1)
            }
            _ => break,
        };
        if frames > 1 {
            break;
        }
        rest = after.get(skipped..).unwrap_or_default();
        while let Some((&len, after)) = rest.split_first() {
            rest = after.get(usize::from(len)..).unwrap_or_default();
            if len == 0 {
                break;
            }
        }
    }
    frames
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
mod tests {
    use super::*;

    fn of(pixels: Option<u64>) -> Look {
        Look { format: Format::Png, pixels, pages: 1, moves: false }
    }

    #[test]
    fn decoration_is_small_in_pixels_first() {
        const KB: usize = 1024;
        for (what, pixels, bytes, decoration) in [
            ("a spacer", Some(1), 43, true),
            ("a portrait of a signature, large in bytes", Some(150 * 200), 60 * KB, true),
            ("a logo", Some(300 * 100), 8 * KB, true),
            ("a banner", Some(600 * 200), 15 * KB, true),
            ("a banner that is a picture", Some(600 * 200), 80 * KB, false),
            ("a page in black and white", Some(1654 * 2339), 12 * KB, false),
            ("the same at the edge of legibility", Some(620 * 877), 9 * KB, false),
            ("a line of text as a picture", Some(1000 * 60), 25 * KB, false),
            ("nobody knows", None, 30 * KB, false),
        ] {
            assert_eq!(of(pixels).is_decoration(bytes, false), decoration, "{what}");
        }
        assert!(
            of(None).is_decoration(KB, true) && !of(None).is_decoration(KB, false),
            "broken ones by where they stand"
        );
    }

    #[test]
    fn pages_of_a_tiff_are_counted_and_the_largest_decides() {
        let page = |width: u16, length: u16, next: u32| {
            let mut bytes = 2_u16.to_le_bytes().to_vec();
            for (tag, value) in [(256_u16, width), (257, length)] {
                bytes.extend([tag.to_le_bytes(), 3_u16.to_le_bytes()].concat());
                bytes.extend([1_u32.to_le_bytes(), u32::from(value).to_le_bytes()].concat());
            }
            bytes.extend(next.to_le_bytes());
            bytes
        };
        let tiff = |second: u32| {
            [b"II*\0".to_vec(), 8_u32.to_le_bytes().to_vec(), page(100, 100, 38), page(1000, 2000, second)].concat()
        };
        let one = look(&tiff(0));
        assert_eq!((one.format, one.pixels, one.pages), (Format::Tiff, Some(2_000_000), 2));
        assert_eq!(look(&tiff(8)).pages, MAX_PAGES, "in a circle");
        assert_eq!(look(&tiff(9_999)).pages, 2, "beyond the end");
    }

    #[test]
    fn a_moving_gif_has_a_second_frame() {
        let frame = b"\x21\xF9\x04\0\0\0\0\0\x2C\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0";
        let head = [&b"GIF89a\x01\0\x01\0\x80\0\0"[..], &[0; 6]].concat();
        let gif = |frames: usize| [head.clone(), frame.repeat(frames), b";".to_vec()].concat();
        assert_eq!((look(&gif(1)).moves, look(&gif(2)).moves), (false, true));
        assert_eq!(look(&gif(1)).pixels, Some(1));
        for end in 0..gif(2).len() {
            look(&gif(2)[..end]);
        }
    }
}
