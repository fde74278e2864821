//! The view, its origin and its zones.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::normalise::{Normal, normalise, normalise_reversed};
use super::zones;

/// Where in a text a passage stands. Old secrets in a quote are still a disclosure; a signature is
/// never a client's contact data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Zone {
    /// What the sender wrote now.
    New,
    /// Quoted thread under or between it.
    Quote,
    /// The header block of a forwarded or quoted mail (`From:`, `Från:`, `Fra:` …).
    Forward,
    Signature,
    Disclaimer,
    Footer,
}

impl Zone {
    /// The word in JSON and explanations.
    pub fn as_str(self) -> &'static str {
        match self {
            Zone::New => "new",
            Zone::Quote => "quote",
            Zone::Forward => "forward",
            Zone::Signature => "signature",
            Zone::Disclaimer => "disclaimer",
            Zone::Footer => "footer",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OriginKind {
    Subject,
    /// Any other header field.
    Header,
    /// Plain text body, or the text of a part shown inline.
    Body,
    /// HTML body.
    Html,
    /// Name of an attachment.
    Filename,
    /// Inside an attachment, at any depth.
    Attachment,
    /// Outside every part: preamble, epilogue, gaps.
    Gap,
}

/// Page, sheet!cell, slide or paragraph inside an attachment, as shown to a person.
pub type Place = Arc<str>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    pub kind: OriginKind,
    /// MIME path as in IMAP (`1.2`); inside attachments continued with `/`. `0` is the header.
    pub part: Arc<str>,
    pub place: Option<Place>,
    /// Inside which `message/rfc822` depth: 0 is the mail itself.
    pub nested: u8,
}

/// A span of `normal` with one zone. Spans are sorted, do not overlap and cover the whole text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneSpan {
    pub span: Range<usize>,
    pub zone: Zone,
}

/// Where each place of a text begins, as an offset in the text; sorted. Shared by all views of the text.
pub type Places = Arc<[(usize, Option<Place>)]>;

/// One reading of one piece of text.
#[derive(Clone)]
pub struct View {
    pub origin: Origin,
    /// As printed; shared by all readings of the same piece.
    text: Arc<str>,
    /// As matched.
    normal: String,
    /// `(offset in normal, offset in text)` at every place where the two stop running in step,
    /// rising in its first member; the first entry is at 0 of normal.
    map: Vec<(usize, usize)>,
    zones: Vec<ZoneSpan>,
    places: Places,
    /// A second reading of a piece that another view already shows: cells joined, digits reversed …
    /// Detection looks for identifiers only in these.
    pub alternative: bool,
}

impl View {
    /// Builds a view from its parts. `map` must start at 0 and rise in its first member.
    pub fn new(
        origin: Origin,
        text: Arc<str>,
        normal: String,
        map: Vec<(usize, usize)>,
        zones: Vec<ZoneSpan>,
        alternative: bool,
    ) -> Self {
        View { origin, text, normal, map, zones, places: Places::default(), alternative }
    }

    /// Names the places of the text; without them all of it stands at the place of its origin.
    pub fn with_places(mut self, places: &Places) -> Self {
        self.places = Arc::clone(places);
        self
    }

    /// The text of each place, in order.
    #[cfg(test)]
    pub fn by_place(&self) -> Vec<(Option<Place>, &str)> {
        let starts: Vec<usize> = self.places.iter().map(|(start, _)| *start).collect();
        let ends = starts.iter().skip(1).copied().chain([self.text.len()]);
        let spans = starts.iter().zip(ends).map(|(start, end)| *start..end);
        self.places
            .iter()
            .zip(spans)
            .filter_map(|((_, place), span)| Some((place.clone(), self.text.get(span)?)))
            .collect()
    }

    /// The origin of what stands at `offset` of the text, its place included.
    pub fn origin_at(&self, offset: usize) -> Origin {
        let after = self.places.partition_point(|(start, _)| *start <= offset);
        let place = after.checked_sub(1).and_then(|at| self.places.get(at)).and_then(|(_, place)| place.clone());
        Origin { place: place.or_else(|| self.origin.place.clone()), ..self.origin.clone() }
    }

    /// Reads `range` of a printed text. With `zoned` the text is a mail's body and its quotes,
    /// signature and disclaimer are told apart; otherwise all of it is new text.
    pub fn read(origin: Origin, text: &Arc<str>, range: Range<usize>, zoned: bool) -> Self {
        let source = text.get(range.clone()).unwrap_or_default();
        let Normal { text: normal, map } = normalise(source, range.start, &[]);
        let zones = if zoned { zones::mark(&normal) } else { zones::all_new(&normal) };
        View::new(origin, Arc::clone(text), normal, map, zones, false)
    }

    /// Reads `range` of a printed text that stands in one zone altogether.
    pub fn read_in(zone: Zone, origin: Origin, text: &Arc<str>, range: Range<usize>) -> Self {
        let mut view = View::read(origin, text, range, false);
        view.zones.iter_mut().for_each(|span| span.zone = zone);
        view
    }

    /// Reads `range` of a printed text without the pieces in `cuts` (offsets in the range, sorted): a
    /// second reading that joins what separators hold apart.
    pub fn joined(origin: Origin, text: &Arc<str>, range: Range<usize>, cuts: &[Range<usize>]) -> Self {
        let source = text.get(range.clone()).unwrap_or_default();
        let Normal { text: normal, map } = normalise(source, range.start, cuts);
        let zones = zones::all_new(&normal);
        View::new(origin, Arc::clone(text), normal, map, zones, true)
    }

    /// Reads `range` of a printed text as it is displayed under right-to-left overrides; None when no
    /// digit stands under one.
    pub fn reversed(origin: Origin, text: &Arc<str>, range: Range<usize>) -> Option<Self> {
        let source = text.get(range.clone()).unwrap_or_default();
        let Normal { text: normal, map } = normalise_reversed(source, range.start)?;
        let zones = zones::all_new(&normal);
        Some(View::new(origin, Arc::clone(text), normal, map, zones, true))
    }

    /// The text as `sluss check --text` prints it.
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// The text as matched.
    pub fn normal(&self) -> &str {
        &self.normal
    }

    pub fn zones(&self) -> &[ZoneSpan] {
        &self.zones
    }

    /// The zone that the byte at `offset` of `normal` stands in.
    pub fn zone_at(&self, offset: usize) -> Zone {
        let after = self.zones.partition_point(|z| z.span.start <= offset);
        after.checked_sub(1).and_then(|i| self.zones.get(i)).map_or(Zone::New, |z| z.zone)
    }

    /// A span of `normal` as a span of `text`, widened to character boundaries. An empty span stays
    /// empty; characters that were dropped at its end do not belong to it.
    pub fn to_text(&self, span: Range<usize>) -> Range<usize> {
        let first = self.offset(span.start).min(self.text.len());
        if span.is_empty() {
            let at = self.text.floor_char_boundary(first);
            return at..at;
        }
        // A reversed reading runs backwards through the text.
        let last = self.offset(span.end.saturating_sub(1)).min(self.text.len());
        let start = self.text.floor_char_boundary(first.min(last));
        start..self.text.ceil_char_boundary(first.max(last).saturating_add(1))
    }

    fn offset(&self, at: usize) -> usize {
        let after = self.map.partition_point(|&(normal, _)| normal <= at);
        let (normal, text) = after.checked_sub(1).and_then(|i| self.map.get(i)).copied().unwrap_or((0, 0));
        text.saturating_add(at.saturating_sub(normal))
    }
}

/// Prints origin and lengths, never text.
impl fmt::Debug for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("View")
            .field("origin", &self.origin)
            .field("text", &self.text.len())
            .field("normal", &self.normal.len())
            .finish_non_exhaustive()
    }
}
