//! The MIME structure of a message: RFC 2045, RFC 2046, in one pass over the raw bytes.
//!
//! This is the pre-scan and the reading at once: parts, depth and headers are counted against the
//! [`Budget`] as they are met, nothing is decoded, and nothing recurses, so 40,000 nested messages cost
//! one scan. Where a limit is reached the part becomes a leaf that holds all the rest.
//!
//! Only exact delimiter lines divide parts, as RFC 2046 section 5.1.1 has it. What some readers take
//! for a delimiter (`--boundary` with more on the line, a boundary opened again after it was closed,
//! one of two declared boundaries) divides as well, and marks the multipart as ambiguous, so that each
//! reader's parts are among ours. A missing final boundary is everyday and marks nothing.

use memchr::memmem;

use super::budget::{Budget, MAX_DEPTH};
use super::declared::Declared;
use crate::message::field::without_line_end;
use crate::message::{Header, HeaderLimits};

/// Where a message stands that is to be read.
#[derive(Clone, Debug, Default)]
pub(super) struct Root {
    /// IMAP path of the part that holds the message; empty for the mail itself.
    pub prefix: String,
    /// How many messages it is nested in.
    pub nested: u8,
    /// Multiparts and messages around it.
    pub depth: usize,
}

/// What becomes of a part's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Leaf,
    /// Its parts follow.
    Multipart,
    /// A message whose header and parts follow.
    Message,
}

pub(super) struct Part<'a> {
    /// IMAP path; that of a multipart that is a whole message is the path of the message.
    pub path: String,
    pub nested: u8,
    pub depth: usize,
    pub shape: Shape,
    /// The header is that of a message, not of a part in one.
    pub root: bool,
    /// IMAP path of the header: `0` or `2.0` for a message, the part's own otherwise.
    pub header_path: String,
    pub header: Header<'a>,
    pub declared: Declared,
    /// As it stands, still encoded; for a multipart all of its parts.
    pub body: &'a [u8],
    /// Delimiter lines that readers disagree on, or a multipart without any.
    pub ambiguous: bool,
    /// A limit kept its inside from being read.
    pub over_limit: bool,
}

/// One piece of a message, in order.
pub(super) enum Piece<'a> {
    Part(Box<Part<'a>>),
    /// Text outside every part: preamble, epilogue.
    Gap {
        path: String,
        nested: u8,
        bytes: &'a [u8],
    },
}

/// Reads the structure of the message `bytes`.
pub(super) fn read<'a>(bytes: &'a [u8], root: &Root, budget: &mut Budget) -> Vec<Piece<'a>> {
    let mut scan = Scan { bytes, pieces: Vec::new(), open: Vec::new(), region: Region::None, budget };
    scan.entity(0, Place::message(root));
    while let Some(delimiter) = scan.next_delimiter() {
        scan.divide(delimiter);
    }
    scan.end_region(bytes.len());
    while let Some(open) = scan.open.pop() {
        scan.close(&open, bytes.len());
    }
    scan.pieces
}

/// Where an entity stands.
#[derive(Clone)]
struct Place {
    path: String,
    /// Prefix of its children, when it is a multipart.
    children: String,
    nested: u8,
    depth: usize,
    root: bool,
    /// It stands in a `multipart/digest`.
    digest: bool,
}

impl Place {
    fn message(root: &Root) -> Self {
        Place {
            path: child(&root.prefix, 1),
            children: root.prefix.clone(),
            nested: root.nested,
            depth: root.depth,
            root: true,
            digest: false,
        }
    }
}

fn child(prefix: &str, number: usize) -> String {
    if prefix.is_empty() { number.to_string() } else { format!("{prefix}.{number}") }
}

/// A multipart whose parts are being read.
struct Open {
    piece: usize,
    boundaries: Vec<Vec<u8>>,
    children: String,
    count: usize,
    nested: u8,
    depth: usize,
    digest: bool,
    closed: bool,
    /// Where its body begins.
    start: usize,
}

/// What is being passed over on the way to the next delimiter.
enum Region {
    None,
    Leaf { piece: usize, start: usize },
    Gap { path: String, nested: u8, start: usize },
}

struct Delimiter {
    start: usize,
    end: usize,
    /// Index of the multipart in the stack.
    level: usize,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Next,
    Last,
    /// Taken for a delimiter by readers that compare only the beginning of the line.
    Loose,
}

struct Scan<'a, 'b> {
    bytes: &'a [u8],
    pieces: Vec<Piece<'a>>,
    open: Vec<Open>,
    region: Region,
    budget: &'b mut Budget,
}

impl<'a> Scan<'a, '_> {
    /// Reads headers from `start` down to something that has a body to pass over.
    fn entity(&mut self, mut start: usize, mut place: Place) {
        loop {
            let within = self.budget.take_part();
            let rest = self.bytes.get(start..).unwrap_or_default();
            let header = Header::read(rest, HeaderLimits::MAIL, |line| delimits(&self.open, line).is_some());
            let declared = Declared::read(&header, if place.digest { "message/rfc822" } else { "text/plain" });
            let body = start.saturating_add(header.len);
            let deep = place.depth >= MAX_DEPTH;
            let wanted = if declared.is_multipart() && !declared.boundaries.is_empty() {
                Shape::Multipart
            } else if declared.is_message() && declared.is_identity() {
                Shape::Message
            } else {
                Shape::Leaf
            };
            let over_limit = header.over_limit || declared.over_limit || !within || (deep && wanted != Shape::Leaf);
            let shape = if deep || !within { Shape::Leaf } else { wanted };
            let piece = self.pieces.len();
            let part = Part {
                path: if shape == Shape::Multipart && place.root { place.children.clone() } else { place.path.clone() },
                nested: place.nested,
                depth: place.depth,
                shape,
                root: place.root,
                header_path: if place.root { child(&place.children, 0) } else { place.path.clone() },
                header,
                ambiguous: declared.is_multipart() && declared.boundaries.is_empty(),
                declared,
                body: &[],
                over_limit,
            };
            match shape {
                Shape::Leaf => {
                    self.region = Region::Leaf { piece, start: body };
                    // Beyond the limit on parts nothing is divided any more.
                    if !within {
                        self.open.clear();
                    }
                }
                Shape::Multipart => self.open_multipart(&part, &place, piece, body),
                Shape::Message => {
                    let inner = Root {
                        prefix: place.path,
                        nested: place.nested.saturating_add(1),
                        depth: place.depth.saturating_add(1),
                    };
                    place = Place::message(&inner);
                    start = body;
                    self.pieces.push(Piece::Part(Box::new(part)));
                    continue;
                }
            }
            self.pieces.push(Piece::Part(Box::new(part)));
            return;
        }
    }

    fn open_multipart(&mut self, part: &Part<'_>, place: &Place, piece: usize, start: usize) {
        let children = if place.root { place.children.clone() } else { place.path.clone() };
        self.region = Region::Gap { path: part.path.clone(), nested: place.nested, start };
        self.open.push(Open {
            piece,
            boundaries: part.declared.boundaries.clone(),
            children,
            count: 0,
            nested: place.nested,
            depth: place.depth,
            digest: part.declared.media_type == "multipart/digest",
            closed: false,
            start,
        });
    }

    /// The next delimiter line of any open multipart, from where the region begins.
    fn next_delimiter(&self) -> Option<Delimiter> {
        let mut at = match self.region {
            Region::None => return None,
            Region::Leaf { start, .. } | Region::Gap { start, .. } => start,
        };
        if self.open.is_empty() {
            return None;
        }
        loop {
            let rest = self.bytes.get(at..)?;
            let offset = if at_line_start(self.bytes, at) && rest.starts_with(b"--") {
                0
            } else {
                memmem::find(rest, b"\n--")?.saturating_add(1)
            };
            let start = at.saturating_add(offset);
            let line_and_more = self.bytes.get(start..)?;
            let len = memchr::memchr(b'\n', line_and_more).map_or(line_and_more.len(), |n| n.saturating_add(1));
            let line = line_and_more.get(..len)?;
            let end = start.saturating_add(len);
            if let Some((level, kind)) = delimits(&self.open, without_line_end(line)) {
                return Some(Delimiter { start, end, level, kind });
            }
            at = end;
        }
    }

    /// Ends what was being passed over and begins what follows the delimiter.
    fn divide(&mut self, delimiter: Delimiter) {
        self.end_region(delimiter.start);
        while self.open.len() > delimiter.level.saturating_add(1) {
            if let Some(open) = self.open.pop() {
                self.close(&open, delimiter.start);
            }
        }
        let Some(open) = self.open.last_mut() else { return };
        let piece = open.piece;
        let ambiguous = delimiter.kind == Kind::Loose || (open.closed && delimiter.kind == Kind::Next);
        if delimiter.kind == Kind::Last {
            open.closed = true;
            let path = open.children.clone();
            self.region = Region::Gap { path, nested: open.nested, start: delimiter.end };
        } else {
            open.count = open.count.saturating_add(1);
            let path = child(&open.children, open.count);
            let place = Place {
                children: path.clone(),
                path,
                nested: open.nested,
                depth: open.depth.saturating_add(1),
                root: false,
                digest: open.digest,
            };
            let (gap, nested) = (open.children.clone(), open.nested);
            if delimiter.kind == Kind::Loose {
                let bytes = self.bytes.get(delimiter.start..delimiter.end).unwrap_or_default();
                self.pieces.push(Piece::Gap { path: gap, nested, bytes });
            }
            self.entity(delimiter.end, place);
        }
        if let Some(Piece::Part(part)) = self.pieces.get_mut(piece) {
            part.ambiguous |= ambiguous;
        }
    }

    /// The region ends before the line end that belongs to the delimiter at `end`.
    fn end_region(&mut self, end: usize) {
        match std::mem::replace(&mut self.region, Region::None) {
            Region::None => {}
            Region::Leaf { piece, start } => {
                let body = self.body(start, end);
                if let Some(Piece::Part(part)) = self.pieces.get_mut(piece) {
                    part.body = body;
                }
            }
            Region::Gap { path, nested, start } => {
                let bytes = self.body(start, end);
                if !bytes.trim_ascii().is_empty() {
                    self.pieces.push(Piece::Gap { path, nested, bytes });
                }
            }
        }
    }

    fn body(&self, start: usize, end: usize) -> &'a [u8] {
        let bytes = self.bytes.get(start..end.max(start)).unwrap_or_default();
        if end < self.bytes.len() { without_line_end(bytes) } else { bytes }
    }

    /// Notes where a multipart ended.
    fn close(&mut self, open: &Open, end: usize) {
        let body = self.bytes.get(open.start..end).unwrap_or_default();
        if let Some(Piece::Part(part)) = self.pieces.get_mut(open.piece) {
            part.body = body;
            part.ambiguous |= open.count == 0 && !body.trim_ascii().is_empty();
        }
    }
}

fn at_line_start(bytes: &[u8], at: usize) -> bool {
    at.checked_sub(1).is_none_or(|before| bytes.get(before) == Some(&b'\n'))
}

/// Which open multipart a line divides, innermost first; exact lines win over loose ones.
fn delimits(open: &[Open], line: &[u8]) -> Option<(usize, Kind)> {
    let rest = line.strip_prefix(b"--")?;
    let mut loose = None;
    for (level, multipart) in open.iter().enumerate().rev() {
        for boundary in &multipart.boundaries {
            let Some(tail) = rest.strip_prefix(boundary.as_slice()) else { continue };
            let tail = tail.trim_ascii_end();
            match tail {
                b"" => return Some((level, Kind::Next)),
                b"--" => return Some((level, Kind::Last)),
                _ => loose = loose.or(Some((level, Kind::Loose))),
            }
        }
    }
    loose
}
