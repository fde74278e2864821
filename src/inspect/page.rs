//! The printed text of one part and the views that read it.
//!
//! Everything that is read out of a part lands in one text, so that an offset means one thing for a
//! part, whichever view a finding came from. `sluss check --text` prints it once.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use memchr::{memchr, memmem};

use crate::text::{Maker, Origin, OriginKind, Places, View, Way, Zone};

/// U+202E in UTF-8.
const RIGHT_TO_LEFT_OVERRIDE: &[u8] = "\u{202E}".as_bytes();

pub(super) struct Page {
    origin: Origin,
    text: String,
    pieces: Vec<Piece>,
    places: Places,
}

struct Piece {
    kind: OriginKind,
    span: Range<usize>,
    way: Way,
    /// Text at several places of a document, which are read as one.
    placed: bool,
}

impl Page {
    pub fn new(origin: Origin) -> Self {
        Page { origin, text: String::new(), pieces: Vec::new(), places: Places::default() }
    }

    pub fn kind(&self) -> OriginKind {
        self.origin.kind
    }

    /// True where a mail's own text is read, that is where zones mean something.
    fn is_mail_text(&self) -> bool {
        matches!(self.origin.kind, OriginKind::Body | OriginKind::Html | OriginKind::Gap)
            || (self.origin.kind == OriginKind::Attachment && self.origin.nested > 0)
    }

    /// Prints a piece of text, line ends as LF, and reads it. Returns where it stands.
    pub fn add(&mut self, text: &str) -> Range<usize> {
        let way = if self.is_mail_text() { Way::Mail } else { Way::In(Zone::New) };
        self.add_reading(self.origin.kind, text, way)
    }

    /// Prints a piece of text of another kind than the page's, and reads it as standing in `zone`.
    pub fn add_as(&mut self, kind: OriginKind, text: &str, zone: Zone) -> Range<usize> {
        self.add_reading(kind, text, Way::In(zone))
    }

    /// Prints a piece of a document's text at a place of its own, on the line of the one before when that ends
    /// with a tab. All such pieces that follow each other are read as one. Returns where it stands.
    pub fn add_at(&mut self, place: Option<&str>, text: &str) -> Range<usize> {
        let goes_on = self.text.ends_with('\t') && self.pieces.last().is_some_and(|last| last.placed);
        let span = if goes_on { self.append(text) } else { self.print(text) };
        self.places.begin(span.start, place);
        match self.pieces.last_mut().filter(|last| last.placed) {
            Some(last) => last.span.end = span.end,
            None => {
                let piece = Piece { kind: self.origin.kind, span: span.clone(), way: Way::In(Zone::New), placed: true };
                self.pieces.push(piece);
            }
        }
        span
    }

    fn add_reading(&mut self, kind: OriginKind, text: &str, way: Way) -> Range<usize> {
        let span = self.print(text);
        if !span.is_empty() {
            self.read(kind, span.clone(), way);
        }
        span
    }

    fn read(&mut self, kind: OriginKind, span: Range<usize>, way: Way) {
        self.pieces.push(Piece { kind, span, way, placed: false });
    }

    /// A second reading of a printed span without the separators at `cuts` (offsets in the span).
    pub fn read_joined(&mut self, span: Range<usize>, cuts: Vec<Range<usize>>) {
        if !cuts.is_empty() {
            self.read(self.origin.kind, span, Way::Joined(cuts.into()));
        }
    }

    /// A second reading of a printed span in a way of its format's own, which is given the span, where it begins
    /// and the places of the page.
    pub fn read_made(&mut self, span: Range<usize>, maker: Arc<Maker>) {
        self.read(self.origin.kind, span, Way::Made(maker));
    }

    /// [`Page::add_as`] after a label on the same line that no view reads.
    pub fn add_labelled(&mut self, label: &str, kind: OriginKind, text: &str) {
        self.print(label);
        let start = self.text.len();
        self.text.push_str(text);
        let span = start..self.text.len();
        self.read(kind, span, Way::In(Zone::New));
    }

    fn print(&mut self, text: &str) -> Range<usize> {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
        self.append(text)
    }

    fn append(&mut self, text: &str) -> Range<usize> {
        let start = self.text.len();
        self.text.push_str(&unix_lines(text));
        start..self.text.len()
    }

    /// Turns the pieces into views.
    pub fn finish(self, views: &mut Vec<View>) {
        let text: Arc<str> = self.text.into();
        let places = Arc::new(self.places);
        for piece in self.pieces {
            let origin = Origin { kind: piece.kind, ..self.origin.clone() };
            let source = text.get(piece.span.clone()).unwrap_or_default().as_bytes();
            let view = View::new(origin.clone(), &text, piece.span.clone(), piece.way);
            if !view.alternative && memmem::find(source, RIGHT_TO_LEFT_OVERRIDE).is_some() {
                views.push(View::new(origin, &text, piece.span, Way::Reversed).with_places(&places));
            }
            views.push(view.with_places(&places));
        }
    }
}

/// The text with LF line ends; a bare CR counts as one.
pub(super) fn unix_lines(text: &str) -> Cow<'_, str> {
    if memchr(b'\r', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((line, after)) = rest.split_once('\r') {
        out.push_str(line);
        out.push('\n');
        rest = after.strip_prefix('\n').unwrap_or(after);
    }
    out.push_str(rest);
    Cow::Owned(out)
}
