//! Streams to bytes, bounded and checked.
//!
//! `hayro-syntax` gives what it can of a damaged stream and does not say so, and takes whatever memory one
//! asks for. Here a stream that ends early, or whose sum is wrong, is `Malformed`, and one that grows beyond
//! measure `OverLimit`; what came out of it before is read all the same.

use std::borrow::Cow;

use flate2::{Decompress, FlushDecompress, Status};
use hayro_syntax::Filter;
use hayro_syntax::object::{Dict, Object, Stream};
use memchr::memmem;

use super::super::{Extract, Limits};
use super::armour;
use crate::inspect::Reason;

/// What one stream may give.
const MAX_STREAM: usize = 64 * 1024 * 1024;
/// What all streams of a file may give together while it is read; none is kept.
const MAX_WORK: usize = 1024 * 1024 * 1024;
/// Bytes before a stream in which its dictionary is looked for.
const DICTIONARY: usize = 1024;
/// Bytes decoded between two looks at the time.
const STEP: usize = 64 * 1024;
/// Bytes that a filter may make of one (RFC 1951: 1032), or ordinarily makes.
const FLATE_RATIO: usize = 1032;
const LZW_RATIO: usize = 100;
const RUN_LENGTH_RATIO: usize = 64;

/// What reading one file draws on.
pub(super) struct Means<'l> {
    pub limits: &'l mut Limits,
    pub out: &'l mut Extract,
    work: usize,
}

impl<'l> Means<'l> {
    pub fn new(limits: &'l mut Limits, out: &'l mut Extract) -> Self {
        Means { limits, out, work: MAX_WORK }
    }

    pub fn note(&mut self, reason: Reason) {
        self.out.note(reason);
    }

    /// False, and said so, when the time is over.
    pub fn in_time(&mut self) -> bool {
        let in_time = self.limits.in_time();
        if !in_time {
            self.note(Reason::TimedOut);
        }
        in_time
    }

    /// Adds text of a place, as far as the limit on bytes goes.
    pub fn add(&mut self, place: Option<&str>, text: String) {
        if text.trim().is_empty() {
            return;
        }
        if self.limits.take_bytes(text.len()) {
            self.out.add(place, text);
        } else {
            self.note(Reason::OverLimit);
        }
    }

    /// Whether the streams that hold objects can be opened: whoever opens them opens them wholly.
    pub fn has_room_for_objects(&mut self, bytes: &[u8]) -> bool {
        for at in memmem::find_iter(bytes, b"stream") {
            let before = bytes.get(at.saturating_sub(DICTIONARY)..at).unwrap_or_default();
            let dict = memmem::rfind(before, b"obj").and_then(|at| before.get(at..)).unwrap_or_default();
            if ![&b"/ObjStm"[..], b"/XRef"].iter().any(|kind| memmem::find(dict, kind).is_some()) {
                continue;
            }
            let data = bytes.get(at.saturating_add(b"stream".len())..).unwrap_or_default().trim_ascii_start();
            let (_, end) = self.decompressed(data, true, false);
            if end == End::TooLarge {
                return false;
            }
        }
        true
    }

    /// The content of a stream that is no picture.
    pub fn content<'a>(&mut self, stream: &Stream<'a>) -> Option<Cow<'a, [u8]>> {
        let filters = self.filters(stream)?;
        let raw = stream.raw_data();
        if raw.is_empty() && declared_length(stream) > 0 {
            self.note(Reason::Malformed);
        }
        let (bare, filters) = self.bare(raw, &filters);
        match filters {
            [] => Some(bare),
            [Filter::FlateDecode] if !has_predictor(stream.dict()) => Some(Cow::Owned(self.inflated(&bare, true))),
            filters => {
                let most = self.most(&bare, filters);
                if most > MAX_STREAM {
                    self.note(Reason::OverLimit);
                    return None;
                }
                let decoded = stream.decoded_data();
                if decoded.is_err() {
                    self.note(Reason::Malformed);
                }
                decoded.ok()
            }
        }
    }

    /// Whether a stream that others read is whole, and not too large for them.
    pub fn sound(&mut self, stream: &Stream<'_>) -> bool {
        let Some(filters) = self.filters(stream) else { return false };
        let (bare, filters) = self.bare(stream.raw_data(), &filters);
        let most = self.most(&bare, filters);
        if most > MAX_STREAM {
            self.note(Reason::OverLimit);
        }
        most <= MAX_STREAM
    }

    /// What stands below letters, and its filters: there its compression can be tried.
    fn bare<'a, 'f>(&mut self, raw: Cow<'a, [u8]>, filters: &'f [Filter]) -> (Cow<'a, [u8]>, &'f [Filter]) {
        let (mut bare, mut filters) = (raw, filters);
        while let Some((first, rest)) = filters.split_first() {
            let (bytes, whole) = match first {
                Filter::AsciiHexDecode => armour::hexadecimal(&bare),
                Filter::Ascii85Decode => armour::base_85(&bare),
                _ => break,
            };
            if !whole {
                self.note(Reason::Malformed);
            }
            (bare, filters) = (Cow::Owned(bytes), rest);
        }
        (bare, filters)
    }

    /// The filters of a stream but for encryption; None for what nobody can read.
    fn filters(&mut self, stream: &Stream<'_>) -> Option<Vec<Filter>> {
        let dict = stream.dict();
        if matches!(dict.get::<Object<'_>>(b"F"), Some(Object::String(_) | Object::Dict(_))) {
            // Kept in a file of its own somewhere (ISO 32000-2, 7.3.8.2).
            self.note(Reason::Unsupported);
            return None;
        }
        let known = stream.filters();
        let entry = dict.get::<Object<'_>>(b"Filter").or_else(|| dict.get::<Object<'_>>(b"F"));
        let named = match entry {
            Some(Object::Name(_)) => 1,
            Some(Object::Array(array)) => array.raw_iter().count(),
            Some(Object::Null(_)) | None => 0,
            Some(_) => usize::MAX,
        };
        if named != known.len() {
            self.note(Reason::Malformed);
            return None;
        }
        Some(known.iter().copied().filter(|filter| *filter != Filter::Crypt).collect())
    }

    /// What decoding gives at most. The first compression is tried, for those behind it their ratio counts.
    fn most(&mut self, raw: &[u8], filters: &[Filter]) -> usize {
        let mut most = raw.len();
        for (index, filter) in filters.iter().enumerate() {
            most = match filter {
                Filter::FlateDecode if index == 0 => self.measured(raw),
                Filter::FlateDecode => most.saturating_mul(FLATE_RATIO),
                Filter::LzwDecode => most.saturating_mul(LZW_RATIO),
                Filter::RunLengthDecode => most.saturating_mul(RUN_LENGTH_RATIO),
                _ => most,
            };
        }
        most
    }

    fn measured(&mut self, raw: &[u8]) -> usize {
        let before = self.work;
        self.inflated(raw, false);
        // What could not be tried to its end may give anything.
        if self.work == 0 { usize::MAX } else { before.saturating_sub(self.work) }
    }

    /// Inflates zlib data (RFC 1950), or deflate data without its frame.
    fn inflated(&mut self, raw: &[u8], keep: bool) -> Vec<u8> {
        let framed = matches!(raw, [method, flags, ..]
            if method & 0x0F == 8 && u16::from_be_bytes([*method, *flags]).is_multiple_of(31));
        let (content, end) = self.decompressed(raw, framed, keep);
        if end != End::Broken {
            return content;
        }
        // A sum that is missing is none that is wrong.
        let bare = if framed { raw.get(2..).unwrap_or_default() } else { raw };
        let (more, end) = if framed { self.decompressed(bare, false, keep) } else { (content, end) };
        match end {
            End::Whole { left } if left < 4 => {}
            End::TooLarge => {}
            _ => self.note(Reason::Malformed),
        }
        more
    }

    fn decompressed(&mut self, raw: &[u8], framed: bool, keep: bool) -> (Vec<u8>, End) {
        let mut decoder = Decompress::new(framed);
        let (mut content, mut step) = (Vec::new(), vec![0_u8; STEP]);
        let mut total = 0_usize;
        loop {
            let (read, given) = (decoder.total_in(), decoder.total_out());
            let rest = usize::try_from(read).ok().and_then(|read| raw.get(read..)).unwrap_or_default();
            let status = decoder.decompress(rest, &mut step, FlushDecompress::None);
            let count = usize::try_from(decoder.total_out().saturating_sub(given)).unwrap_or(STEP);
            total = total.saturating_add(count);
            self.work = self.work.saturating_sub(count);
            if total > MAX_STREAM || self.work == 0 {
                self.note(Reason::OverLimit);
                return (content, End::TooLarge);
            }
            if keep {
                content.extend_from_slice(step.get(..count).unwrap_or_default());
            }
            match status {
                Ok(Status::StreamEnd) => {
                    let used = usize::try_from(decoder.total_in()).unwrap_or(raw.len());
                    return (content, End::Whole { left: raw.len().saturating_sub(used) });
                }
                Ok(_) if count > 0 || decoder.total_in() > read => {
                    if !self.in_time() {
                        return (content, End::TooLarge);
                    }
                }
                Ok(_) | Err(_) => return (content, End::Broken),
            }
        }
    }
}

/// How decompressing ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// With so many bytes left behind it.
    Whole {
        left: usize,
    },
    Broken,
    /// For a reason that has been named.
    TooLarge,
}

fn declared_length(stream: &Stream<'_>) -> u32 {
    stream.dict().get::<u32>(b"Length").unwrap_or(0)
}

/// Whether lines of the content are kept as differences (ISO 32000-2, 7.4.4.4).
fn has_predictor(dict: &Dict<'_>) -> bool {
    let of = |dict: Dict<'_>| dict.get::<i32>(b"Predictor").is_some_and(|predictor| predictor > 1);
    match dict.get::<Object<'_>>(b"DecodeParms").or_else(|| dict.get::<Object<'_>>(b"DP")) {
        Some(Object::Dict(params)) => of(params),
        Some(Object::Array(array)) => array.raw_iter().count() > 0 && array.iter::<Dict<'_>>().any(of),
        _ => false,
    }
}
