//! What the relay and the process that opens attachments say to each other.
//!
//! Frames: kind (1 byte), length (4 bytes, little endian), content. Both first say which build they
//! are. Then, file after file, the relay sends a `File` and gets `Started`, any number of `Piece`,
//! `Inner` and `Reason`, and a closing `End`; or `Unknown` in place of all after `Started`. The relay
//! takes no byte more than it has asked for, and no memory before bytes are there to fill it.

use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

use super::super::attachments::Opened;
use super::super::documents::{Extract, Inner, Limits, Piece};
use super::super::reason::Reason;
use super::sandbox::Found;

/// Raised when a frame changes its meaning.
const VERSION: u32 = 2;
/// Bytes of one file.
pub const MAX_FILE: usize = 192 * 1024 * 1024;
/// Bytes of text and files that may come of one.
pub const MAX_ANSWER: usize = 192 * 1024 * 1024;
/// Pieces of text of one file.
pub const MAX_PIECES: usize = 500_000;
/// Bytes of the name of a file inside.
const MAX_NAME: usize = 64 * 1024;
/// Bytes of a place; longer ones are cut, they are for people.
const MAX_PLACE: usize = 512;
/// Bytes of what a build says of itself.
const MAX_BUILD: usize = 256;
/// Length of what stands before a place or a name, of both, and before a file.
const PREFIX: usize = 4;
const PREFIXES: usize = 8;
const LIMITS: usize = 16;
/// A piece without a place.
const NO_PLACE: u32 = u32::MAX;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Build = 1,
    File,
    Started,
    Piece,
    Inner,
    Reason,
    Unknown,
    End,
}

const KINDS: [Kind; 8] =
    [Kind::Build, Kind::File, Kind::Started, Kind::Piece, Kind::Inner, Kind::Reason, Kind::Unknown, Kind::End];

/// Why a conversation ended early.
#[derive(Debug, thiserror::Error)]
pub enum Breach {
    /// The other side is gone, or cannot be reached.
    #[error("it is gone: {0}")]
    Gone(io::Error),
    #[error("the time is over")]
    TimedOut,
    /// It says what is not in the protocol, or more than it may.
    #[error("it said {0}")]
    Rules(&'static str),
}

impl From<io::Error> for Breach {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Breach::TimedOut,
            _ => Breach::Gone(error),
        }
    }
}

fn write(out: &mut impl Write, kind: Kind, parts: &[&[u8]]) -> io::Result<()> {
    let len: usize = parts.iter().map(|part| part.len()).fold(0, usize::saturating_add);
    let len = u32::try_from(len).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    out.write_all(&[kind as u8])?;
    out.write_all(&len.to_le_bytes())?;
    parts.iter().try_for_each(|part| out.write_all(part))
}

/// Reads the next frame; its content has at most `max` bytes. `Ok(None)` at the end of the stream.
fn read(from: &mut impl Read, max: usize) -> Result<Option<(Kind, Vec<u8>)>, Breach> {
    let mut kind = [0];
    loop {
        match from.read(&mut kind) {
            Ok(0) => return Ok(None),
            Ok(_) => break,
            // A signal to the relay is none to the file. What is read below is read again by the library.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    let [code] = kind;
    let kind = KINDS.into_iter().find(|kind| *kind as u8 == code).ok_or(Breach::Rules("no such frame"))?;
    let mut len = [0; 4];
    from.read_exact(&mut len)?;
    let len = u32::from_le_bytes(len);
    if usize::try_from(len).is_ok_and(|len| len > max) {
        return Err(Breach::Rules("a frame that is too long"));
    }
    let mut content = Vec::new();
    from.take(u64::from(len)).read_to_end(&mut content)?;
    if content.len() != usize::try_from(len).unwrap_or(usize::MAX) {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
    }
    Ok(Some((kind, content)))
}

fn expect(from: &mut impl Read, kind: Kind, max: usize) -> Result<Vec<u8>, Breach> {
    match read(from, max)? {
        Some((found, content)) if found == kind => Ok(content),
        Some(_) => Err(Breach::Rules("a frame out of turn")),
        None => Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
    }
}

/// What both must have in common: the version and the very file they were started from.
pub fn build(program: &std::fs::Metadata) -> String {
    use std::os::unix::fs::MetadataExt;
    let (version, file) = (env!("CARGO_PKG_VERSION"), (program.dev(), program.ino(), program.size()));
    format!("{version} {VERSION} {}:{}:{} {}.{}", file.0, file.1, file.2, program.mtime(), program.mtime_nsec())
}

/// The relay's side of the first words.
pub fn greet(stream: &mut (impl Read + Write), build: &str) -> Result<Found, Breach> {
    write(stream, Kind::Build, &[build.as_bytes()])?;
    let answer = expect(stream, Kind::Build, MAX_BUILD)?;
    match answer.split_first() {
        Some((&found, theirs)) if theirs == build.as_bytes() => {
            Found::from_bits(found).ok_or(Breach::Rules("an unknown sandbox"))
        }
        _ => Err(Breach::Rules("another build")),
    }
}

/// The process's side: `lock` is called between hearing the relay and answering it.
pub fn answer_greeting(
    stream: &mut (impl Read + Write),
    build: &str,
    lock: impl FnOnce() -> Found,
) -> Result<(), Breach> {
    if expect(stream, Kind::Build, MAX_BUILD)? != build.as_bytes() {
        return Err(Breach::Rules("another build"));
    }
    let found = lock();
    write(stream, Kind::Build, &[&[found.bits()], build.as_bytes()])?;
    Ok(stream.flush()?)
}

/// Asks for one file. A missing moment to stop is a minute.
pub fn ask(out: &mut impl Write, bytes: &[u8], limits: &Limits) -> io::Result<()> {
    let left = limits.until.map(|until| until.saturating_duration_since(Instant::now()));
    let millis = u32::try_from(left.unwrap_or(Duration::from_secs(60)).as_millis()).unwrap_or(u32::MAX);
    let entries = u32::try_from(limits.entries).unwrap_or(u32::MAX);
    let most = u64::try_from(limits.bytes.min(MAX_ANSWER)).unwrap_or(u64::MAX);
    let parts = [&most.to_le_bytes()[..], &entries.to_le_bytes(), &millis.to_le_bytes(), bytes];
    write(out, Kind::File, &parts)
}

/// The next file to read, and its limits; None when the relay wants no more.
pub fn next(from: &mut impl Read) -> Result<Option<(Vec<u8>, Limits)>, Breach> {
    let Some((kind, mut content)) = read(from, MAX_FILE.saturating_add(LIMITS))? else { return Ok(None) };
    let short = Breach::Rules("a file without limits");
    if kind != Kind::File || content.len() < LIMITS {
        return Err(short);
    }
    let bytes = content.split_off(LIMITS);
    let number = |at: usize| {
        let four = content.get(at..at.saturating_add(4)).and_then(|four| four.try_into().ok());
        four.map_or(0, u32::from_le_bytes)
    };
    let until = Instant::now().checked_add(Duration::from_millis(number(12).into()));
    // At most MAX_ANSWER, so the upper half is zero.
    let limits = Limits {
        bytes: usize::try_from(number(0)).unwrap_or(usize::MAX),
        entries: usize::try_from(number(8)).unwrap_or(usize::MAX),
        until,
    };
    Ok(Some((bytes, limits)))
}

/// Says that the file has arrived as a whole: from here on an end is the file's doing.
pub fn started(out: &mut impl Write) -> io::Result<()> {
    write(out, Kind::Started, &[])?;
    out.flush()
}

/// Sends what a file gave, no more than the relay will take.
pub fn answer(out: &mut impl Write, extract: Option<Extract>) -> io::Result<()> {
    let Some(mut extract) = extract else {
        write(out, Kind::Unknown, &[])?;
        return out.flush();
    };
    if extract.pieces.len() > MAX_PIECES {
        extract.pieces.truncate(MAX_PIECES);
        extract.reasons.push(Reason::OverLimit);
    }
    for piece in &extract.pieces {
        let (len, place) = place_of(piece.place.as_deref());
        write(out, Kind::Piece, &[&len, place.as_bytes(), piece.text.as_bytes()])?;
    }
    for file in &extract.files {
        let name = cut(&file.name, MAX_NAME);
        if name.len() < file.name.len() {
            extract.reasons.push(Reason::OverLimit);
        }
        let len = u32::try_from(name.len()).unwrap_or(0).to_le_bytes();
        let (place_len, place) = place_of(file.place.as_deref());
        write(out, Kind::Inner, &[&len, name.as_bytes(), &place_len, place.as_bytes(), &file.bytes])?;
    }
    extract.reasons.sort_unstable();
    extract.reasons.dedup();
    for reason in &extract.reasons {
        let code = Reason::ALL.iter().position(|known| known == reason).and_then(|at| u8::try_from(at).ok());
        write(out, Kind::Reason, &[&[code.unwrap_or(u8::MAX)]])?;
    }
    write(out, Kind::End, &[])?;
    out.flush()
}

/// A place as it is sent: its length and itself, cut to what the relay takes.
fn place_of(place: Option<&str>) -> ([u8; PREFIX], &str) {
    let place = place.map(|place| cut(place, MAX_PLACE));
    let len = place.map_or(NO_PLACE, |place| u32::try_from(place.len()).unwrap_or(NO_PLACE));
    (len.to_le_bytes(), place.unwrap_or_default())
}

/// Waits until the process has the whole file.
pub fn await_start(from: &mut impl Read) -> Result<(), Breach> {
    expect(from, Kind::Started, 0).map(drop)
}

/// Reads what came of a file, within the limits it was given.
pub fn hear(from: &mut impl Read, limits: &Limits) -> Result<Opened, Breach> {
    let mut left = Limits { bytes: limits.bytes.min(MAX_ANSWER), ..*limits };
    let mut extract = Extract::default();
    loop {
        let most = left.bytes.saturating_add(PREFIXES).saturating_add(MAX_NAME).saturating_add(MAX_PLACE);
        let Some((kind, content)) = read(from, most)? else {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        };
        match kind {
            Kind::Piece => {
                let (place, text) = parted(content, MAX_PLACE)?;
                if !left.take_bytes(text.len()) || extract.pieces.len() >= MAX_PIECES {
                    return Err(Breach::Rules("more text than was asked for"));
                }
                let place = place.map(String::from_utf8).transpose();
                match (place, String::from_utf8(text)) {
                    (Ok(place), Ok(text)) => extract.pieces.push(Piece { place, text }),
                    _ => return Err(Breach::Rules("text that is none")),
                }
            }
            Kind::Inner => {
                let (name, rest) = parted(content, MAX_NAME)?;
                let (place, bytes) = parted(rest, MAX_PLACE)?;
                if !left.take_bytes(bytes.len()) || !left.take_entry() {
                    return Err(Breach::Rules("more files than were asked for"));
                }
                let name = String::from_utf8(name.unwrap_or_default());
                match (name, place.map(String::from_utf8).transpose()) {
                    (Ok(name), Ok(place)) => extract.files.push(Inner { name, place, bytes }),
                    _ => return Err(Breach::Rules("a name that is none")),
                }
            }
            Kind::Reason => {
                let reason = content.first().and_then(|&code| Reason::ALL.get(usize::from(code)));
                let reason = *reason.ok_or(Breach::Rules("an unknown reason"))?;
                if extract.reasons.len() >= Reason::ALL.len() {
                    return Err(Breach::Rules("more reasons than there are"));
                }
                extract.reasons.push(reason);
            }
            Kind::End if content.is_empty() => return Ok(Opened::Read(extract)),
            Kind::Unknown if extract == Extract::default() => return Ok(Opened::Unknown),
            _ => return Err(Breach::Rules("a frame out of turn")),
        }
    }
}

/// Divides what a length stands before; None when it stands for nothing.
fn parted(mut content: Vec<u8>, max: usize) -> Result<(Option<Vec<u8>>, Vec<u8>), Breach> {
    let len = content.get(..PREFIX).and_then(|four| four.try_into().ok()).map(u32::from_le_bytes);
    let len = len.ok_or(Breach::Rules("a frame that is too short"))?;
    content.drain(..PREFIX);
    if len == NO_PLACE {
        return Ok((None, content));
    }
    let len = usize::try_from(len).unwrap_or(usize::MAX);
    if len > max || len > content.len() {
        return Err(Breach::Rules("a length that is too long"));
    }
    let rest = content.split_off(len);
    Ok((Some(content), rest))
}

fn cut(text: &str, max: usize) -> &str {
    text.get(..text.floor_char_boundary(max)).unwrap_or_default()
}

#[cfg(test)]
#[path = "protocol_tests.rs"]
mod tests;
