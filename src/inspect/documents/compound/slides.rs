//! PowerPoint presentations up to 2003 (MS-PPT).
//!
//! A presentation is saved by adding to its file: which records count, the last edit says. Slides are read in
//! their order, with notes, comments and what is beside them; texts that only earlier edits have follow. Own,
//! because the crate at hand (`undoc`) gives no notes and comments.

use std::collections::{HashMap, HashSet};

use super::super::extract::{condensed, joined};
use super::super::little_endian::{runs, size_at, slice, u16_at, u32_at, utf_16};
use super::super::{Extract, Inner, Limits};
use super::art;
use super::store::Store;
use crate::inspect::{Lock, Reason};

/// Types of records (MS-PPT section 2.13.24).
mod kind {
    pub const DOCUMENT: u16 = 0x03E8;
    pub const SLIDE: u16 = 0x03EE;
    pub const NOTES: u16 = 0x03F0;
    pub const NOTES_ATOM: u16 = 0x03F1;
    pub const SLIDE_OF_LIST: u16 = 0x03F3;
    pub const MASTER: u16 = 0x03F8;
    pub const SHOW: u16 = 0x03F9;
    pub const FONTS: u16 = 0x07D5;
    pub const HANDOUT: u16 = 0x0FC9;
    pub const HEADERS: u16 = 0x0FD9;
    pub const LINK: u16 = 0x0FD7;
    pub const LIST: u16 = 0x0FF0;
    pub const EDIT: u16 = 0x0FF5;
    pub const UNITS: u16 = 0x0FA0;
    pub const BYTES: u16 = 0x0FA8;
    pub const WORDS: u16 = 0x0FBA;
    pub const OBJECT: u16 = 0x1011;
    pub const ADDED: u16 = 0x138B;
    pub const DIRECTORY: u16 = 0x1772;
    pub const COMMENT: u16 = 0x2EE0;
    pub const ENCRYPTION: u16 = 0x2F14;
}

/// Mark of the current user's stream when the presentation is encrypted (section 2.3.2).
const ENCRYPTED_TOKEN: u32 = 0xF3D1_C4DF;
/// Containers in each other.
const MAX_DEPTH: usize = 64;
/// Edits of one file.
const MAX_EDITS: usize = 10_000;
const MAX_OBJECTS: usize = 100_000;
/// Records between two looks at the clock.
const STEP: usize = 1 << 12;

struct Record<'a> {
    head: u16,
    kind: u16,
    content: &'a [u8],
    end: usize,
}

impl Record<'_> {
    fn instance(&self) -> u16 {
        self.head >> 4
    }

    fn is_container(&self) -> bool {
        // What other versions add stands in records that say they are none.
        self.head & 0xF == 0xF || self.kind == kind::ADDED
    }
}

fn record(bytes: &[u8], at: usize) -> Option<Record<'_>> {
    let start = at.checked_add(8)?;
    let len = size_at(bytes, at.checked_add(4)?)?;
    let content = slice(bytes, start, len)?;
    let (head, kind) = (u16_at(bytes, at)?, u16_at(bytes, at.checked_add(2)?)?);
    Some(Record { head, kind, content, end: start.checked_add(len)? })
}

pub(super) fn read(store: &mut Store<'_>, limits: &mut Limits, out: &mut Extract) {
    let user = store.stream(Store::ROOT, "Current User", limits, out).unwrap_or_default();
    let Some(bytes) = store.stream(Store::ROOT, "PowerPoint Document", limits, out) else { return };
    let live = live(&bytes, &user);
    if u32_at(&user, 12) == Some(ENCRYPTED_TOKEN) || live.as_ref().is_some_and(|live| live.encrypted) {
        out.note(Reason::Encrypted(Lock::Office));
        return;
    }
    let places = match &live {
        Some(live) => Places::read(&bytes, live),
        None => {
            out.note(Reason::Malformed);
            Places::default()
        }
    };
    let mut known = HashSet::new();
    // First what counts, then what only earlier edits had.
    for earlier in [false, true] {
        let mut at = 0_usize;
        while at < bytes.len() {
            let Some(found) = record(&bytes, at) else {
                let rest = bytes.get(at..).unwrap_or_default();
                if rest.iter().any(|byte| *byte != 0) {
                    out.note(Reason::Malformed);
                }
                break;
            };
            let start = std::mem::replace(&mut at, found.end);
            let counts = live.as_ref().is_none_or(|live| live.offsets.contains(&start));
            if counts == earlier {
                continue;
            }
            let place = match (places.by_offset.get(&start), earlier) {
                (_, true) => Some("earlier version".to_owned()),
                (Some(place), _) => Some(place.clone()),
                (None, _) => own_place(found.kind).map(str::to_owned),
            };
            let (place, slides) = (place.as_deref(), places.slides.as_slice());
            let mut walk = Walk { place, known: &mut known, earlier, listed: live.is_some(), slides, slide: 0 };
            walk.top(&found, limits, out);
        }
    }
    if let Some(live) = &live {
        // Slides that the presentation lists and that are not there.
        if live.offsets.iter().any(|at| record(&bytes, *at).is_none()) {
            out.note(Reason::Malformed);
        }
    }
    art::texts(&bytes, None, limits, out);
    let pictures = store.stream(Store::ROOT, "Pictures", limits, out).unwrap_or_default();
    art::pictures(&pictures, None, limits, out);
}

fn own_place(kind: u16) -> Option<&'static str> {
    match kind {
        kind::MASTER => Some("master"),
        kind::NOTES => Some("notes"),
        kind::HANDOUT => Some("handout"),
        kind::SLIDE => Some("slide"),
        _ => None,
    }
}

/// What the last edit counts as the presentation (sections 2.3.3 to 2.3.5).
struct Live {
    by_number: HashMap<u32, usize>,
    offsets: HashSet<usize>,
    encrypted: bool,
}

fn live(bytes: &[u8], user: &[u8]) -> Option<Live> {
    let mut live = Live { by_number: HashMap::new(), offsets: HashSet::new(), encrypted: false };
    let mut edit = size_at(user, 16)?;
    let mut seen = HashSet::new();
    while seen.insert(edit) && seen.len() < MAX_EDITS {
        let found = record(bytes, edit).filter(|found| found.kind == kind::EDIT)?;
        // The number of the record that says how it is encrypted.
        live.encrypted |= found.content.len() > 28;
        let directory = record(bytes, size_at(found.content, 12)?).filter(|found| found.kind == kind::DIRECTORY)?;
        let mut at = 0_usize;
        while let Some(entry) = u32_at(directory.content, at) {
            at = at.checked_add(4)?;
            for number in 0..entry >> 20 {
                let offset = size_at(directory.content, at)?;
                at = at.checked_add(4)?;
                if live.by_number.len() < MAX_OBJECTS {
                    live.by_number.entry((entry & 0x000F_FFFF).wrapping_add(number)).or_insert(offset);
                }
            }
        }
        edit = size_at(found.content, 8)?;
        if edit == 0 {
            break;
        }
    }
    live.offsets = live.by_number.values().copied().collect();
    Some(live)
}

/// Places of slides and notes: the lists of the document say their order.
#[derive(Default)]
struct Places {
    /// By where they begin.
    by_offset: HashMap<usize, String>,
    /// Of slides, in their order.
    slides: Vec<String>,
}

impl Places {
    fn read(bytes: &[u8], live: &Live) -> Self {
        let mut places = Places::default();
        let mut numbers = HashMap::new();
        for at in &live.offsets {
            let Some(document) = record(bytes, *at).filter(|found| found.kind == kind::DOCUMENT) else { continue };
            for list in children(document.content).filter(|child| child.kind == kind::LIST && child.instance() == 0) {
                for slide in children(list.content).filter(|child| child.kind == kind::SLIDE_OF_LIST) {
                    let at = u32_at(slide.content, 0).and_then(|reference| live.by_number.get(&reference));
                    let hidden = at.and_then(|at| record(bytes, *at)).is_some_and(|slide| is_hidden(&slide));
                    let number = places.slides.len().saturating_add(1);
                    let place = format!("slide {number}{}", if hidden { " (hidden)" } else { "" });
                    if let Some(id) = u32_at(slide.content, 12) {
                        numbers.insert(id, place.clone());
                    }
                    if let Some(at) = at {
                        places.by_offset.insert(*at, place.clone());
                    }
                    places.slides.push(place);
                }
            }
        }
        for at in &live.offsets {
            let Some(notes) = record(bytes, *at).filter(|found| found.kind == kind::NOTES) else { continue };
            let atom = children(notes.content).find(|child| child.kind == kind::NOTES_ATOM);
            let slide = atom.and_then(|atom| u32_at(atom.content, 0)).and_then(|id| numbers.get(&id));
            if let Some(slide) = slide {
                places.by_offset.insert(*at, joined(Some(slide), "notes"));
            }
        }
        places
    }
}

/// Whether a slide is passed over when the presentation is shown (section 2.6.6).
fn is_hidden(slide: &Record<'_>) -> bool {
    const HIDDEN: u16 = 4;
    let show = children(slide.content).find(|child| child.kind == kind::SHOW);
    show.and_then(|show| u16_at(show.content, 10)).is_some_and(|flags| flags & HIDDEN != 0)
}

fn children(content: &[u8]) -> impl Iterator<Item = Record<'_>> {
    let mut at = 0_usize;
    std::iter::from_fn(move || {
        let found = record(content, at)?;
        at = found.end;
        Some(found)
    })
}

/// The walk through one record of the stream.
struct Walk<'w> {
    place: Option<&'w str>,
    known: &'w mut HashSet<String>,
    earlier: bool,
    /// It is known what counts, and so what only earlier edits have.
    listed: bool,
    slides: &'w [String],
    /// The number of the slide whose text the list of the document holds.
    slide: usize,
}

impl Walk<'_> {
    fn top(&mut self, found: &Record<'_>, limits: &mut Limits, out: &mut Extract) {
        // Containers around the current place: their content, how far it was read, and what they are.
        let mut open: Vec<(&[u8], usize, u16, u16)> = Vec::new();
        if found.is_container() {
            open.push((found.content, 0, found.kind, found.instance()));
        } else {
            self.atom(found, &[], limits, out);
        }
        let mut seen = 0_usize;
        while let Some((content, at, ..)) = open.last_mut() {
            seen = seen.saturating_add(1);
            if seen.is_multiple_of(STEP) && !limits.in_time() {
                out.note(Reason::TimedOut);
                return;
            }
            if *at >= content.len() {
                open.pop();
                continue;
            }
            let content: &[u8] = content;
            let Some(inner) = record(content, *at) else {
                let rest = content.get(*at..).unwrap_or_default();
                match open.pop() {
                    // What programs beside PowerPoint add need not be records.
                    Some((_, 0, kind::ADDED, _)) => out.add(Some(&joined(self.place, "properties")), runs(rest)),
                    _ => out.note(Reason::Malformed),
                }
                continue;
            };
            *at = inner.end;
            if !inner.is_container() {
                let around: Vec<(u16, u16)> = open.iter().map(|(.., kind, instance)| (*kind, *instance)).collect();
                self.atom(&inner, &around, limits, out);
            } else if open.len() < MAX_DEPTH {
                if inner.kind == kind::LIST {
                    self.slide = 0;
                }
                open.push((inner.content, 0, inner.kind, inner.instance()));
            } else {
                out.note(Reason::OverLimit);
            }
        }
    }

    fn atom(&mut self, atom: &Record<'_>, around: &[(u16, u16)], limits: &mut Limits, out: &mut Extract) {
        let inside = |kind: u16| around.iter().any(|(known, _)| *known == kind);
        match atom.kind {
            kind::UNITS => self.text(&utf_16(atom.content), around, out),
            kind::BYTES => {
                let text: String = atom.content.iter().map(|byte| char::from(*byte)).collect();
                self.text(&text, around, out);
            }
            kind::WORDS if !inside(kind::FONTS) => self.words(atom, around, out),
            kind::SLIDE_OF_LIST => self.slide = self.slide.saturating_add(1),
            kind::OBJECT => object(atom, self.place, limits, out),
            kind::ENCRYPTION => out.note(Reason::Encrypted(Lock::Office)),
            _ => {}
        }
    }

    /// Text of a shape. That of slides may stand in the list of the document (section 2.4.14.3).
    fn text(&mut self, text: &str, around: &[(u16, u16)], out: &mut Extract) {
        let list = around.iter().find(|(known, _)| *known == kind::LIST);
        let place = match list {
            _ if self.earlier => self.place.map(str::to_owned),
            Some((_, 0)) => {
                let known = self.slide.checked_sub(1).and_then(|number| self.slides.get(number));
                Some(known.cloned().unwrap_or_else(|| format!("slide {}", self.slide)))
            }
            Some((_, 1)) => Some("master".to_owned()),
            Some(_) => Some("notes".to_owned()),
            None => self.place.map(str::to_owned),
        };
        self.add(place.as_deref(), text, out);
    }

    /// Words that are no text of a shape.
    fn words(&mut self, atom: &Record<'_>, around: &[(u16, u16)], out: &mut Extract) {
        let text = utf_16(atom.content);
        // Names that programs give to what they add, and of masters' schemes.
        if text.starts_with("___PPT") {
            return;
        }
        let place = match around.last().map(|(kind, _)| *kind) {
            Some(kind::COMMENT) if atom.instance() == 1 => joined(self.place, "comment"),
            Some(kind::COMMENT) => joined(self.place, "author"),
            Some(kind::HEADERS) => joined(self.place, "header and footer"),
            Some(kind::LINK) => joined(self.place, "link"),
            _ => joined(self.place, "properties"),
        };
        self.add(Some(&place), &text, out);
    }

    fn add(&mut self, place: Option<&str>, text: &str, out: &mut Extract) {
        let text = text.replace(['\r', '\u{B}'], "\n").replace('\0', "");
        let bare = condensed(&text);
        // A link is shown by its own address.
        let again = |piece: &super::super::Piece| piece.text == text && piece.place.as_deref() == place;
        if bare.is_empty() || (self.earlier && self.known.contains(&bare)) || out.pieces.last().is_some_and(again) {
            return;
        }
        if self.listed {
            self.known.insert(bare);
        }
        out.add(place, text);
    }
}

/// An embedded object or the storage of macros: a compound file, mostly compressed (section 2.10.34).
fn object(atom: &Record<'_>, place: Option<&str>, limits: &mut Limits, out: &mut Extract) {
    let bytes = match atom.instance() {
        0 if limits.take_bytes(atom.content.len()) => Ok(atom.content.to_vec()),
        0 => Err(Reason::OverLimit),
        _ => art::inflate(atom.content.get(4..).unwrap_or_default(), limits),
    };
    match bytes {
        Ok(bytes) => {
            let place = Some(joined(place, "embedded object"));
            out.files.push(Inner { place, bytes, ..Inner::default() });
        }
        Err(reason) => out.note(reason),
    }
}
