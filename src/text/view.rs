//! The view, its origin and its zones.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::normalise::{Normal, is_plain, normalise, normalise_reversed};
use super::places::{Place, Places};
use super::zones::{self, Mode};

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

impl OriginKind {
    pub fn as_str(self) -> &'static str {
        match self {
            OriginKind::Subject => "subject",
            OriginKind::Header => "header",
            OriginKind::Body => "body",
            OriginKind::Html => "html",
            OriginKind::Filename => "filename",
            OriginKind::Attachment => "attachment",
            OriginKind::Gap => "gap",
        }
    }
}

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

/// How a piece of text is read.
#[derive(Clone)]
pub enum Way {
    /// A mail's body: its quotes, signature and disclaimer are told apart.
    Mail,
    /// All of it in one zone.
    In(Zone),
    /// Without the pieces at these places (offsets in the piece, sorted).
    Joined(Arc<[Range<usize>]>),
    /// As it is displayed under right-to-left overrides; nothing when no digit stands under one.
    Reversed,
    /// In a way of its format's own.
    Made(Arc<Maker>),
}

/// Makes the matching text of a piece that begins at an offset of its text, whose places are known.
pub type Maker = dyn Fn(&str, usize, &Places) -> Normal + Send + Sync;

/// What a view is matched by.
struct Matching {
    /// None where it is the piece as printed.
    normal: Option<String>,
    /// `(offset in normal, offset in text)` at every place where the two stop running in step,
    /// rising in its first member; the first entry is at 0 of normal.
    map: Vec<(usize, usize)>,
    zones: Vec<ZoneSpan>,
    /// What the text leaves off in, for whoever reads on behind it.
    mode: Mode,
}

/// One reading of one piece of text.
///
/// The matching text is made when it is first asked for, and a clone makes its own: whoever reads many views
/// reads a clone of each, so that one matching text is held at a time and not all of a message's.
pub struct View {
    pub origin: Origin,
    /// As printed; shared by all readings of the same text.
    text: Arc<str>,
    pub(super) span: Range<usize>,
    pub(super) way: Way,
    /// What the lines above a piece of a mail's body have announced.
    above: Mode,
    matching: OnceLock<Matching>,
    places: Arc<Places>,
    /// A second reading of a piece that another view already shows: cells joined, digits reversed …
    /// Detection looks for identifiers only in these.
    pub alternative: bool,
}

impl Clone for View {
    fn clone(&self) -> Self {
        View {
            origin: self.origin.clone(),
            text: Arc::clone(&self.text),
            span: self.span.clone(),
            way: self.way.clone(),
            above: self.above,
            matching: OnceLock::new(),
            places: Arc::clone(&self.places),
            alternative: self.alternative,
        }
    }
}

impl View {
    /// Reads `span` of a printed text.
    pub fn new(origin: Origin, text: &Arc<str>, span: Range<usize>, way: Way) -> Self {
        let alternative = matches!(way, Way::Joined(_) | Way::Reversed | Way::Made(_));
        let (text, places) = (Arc::clone(text), Arc::default());
        View { origin, text, span, way, above: Mode::Own, matching: OnceLock::new(), places, alternative }
    }

    /// Names the places of the text; without them all of it stands at the place of its origin.
    pub fn with_places(mut self, places: &Arc<Places>) -> Self {
        self.places = Arc::clone(places);
        self
    }

    /// The whole text by place, in order; what stands at none as well.
    pub fn stretches(&self) -> Vec<(Option<Place>, Range<usize>)> {
        let (mut all, mut at) = (Vec::new(), 0);
        for (place, span) in self.places.stretches(self.text.len()) {
            if span.start > at {
                all.push((None, at..span.start));
            }
            at = span.end;
            all.push((place.map(Place::from), span));
        }
        if at < self.text.len() {
            all.push((None, at..self.text.len()));
        }
        all
    }

    /// The text of each place, in order.
    #[cfg(test)]
    pub fn by_place(&self) -> Vec<(Option<Place>, &str)> {
        let stretches = self.places.stretches(self.text.len());
        stretches.filter_map(|(place, span)| Some((place.map(Place::from), self.text.get(span)?))).collect()
    }

    /// The origin of what stands at `offset` of the text, its place included.
    pub fn origin_at(&self, offset: usize) -> Origin {
        let place = self.places.at(offset).map(Place::from);
        Origin { place: place.or_else(|| self.origin.place.clone()), ..self.origin.clone() }
    }

    /// Reads `range` of a printed text. With `zoned` the text is a mail's body and its quotes,
    /// signature and disclaimer are told apart; otherwise all of it is new text.
    pub fn read(origin: Origin, text: &Arc<str>, range: Range<usize>, zoned: bool) -> Self {
        View::new(origin, text, range, if zoned { Way::Mail } else { Way::In(Zone::New) })
    }

    /// Reads `range` of a printed text that stands in one zone altogether.
    pub fn read_in(zone: Zone, origin: Origin, text: &Arc<str>, range: Range<usize>) -> Self {
        View::new(origin, text, range, Way::In(zone))
    }

    fn matching(&self) -> &Matching {
        self.matching.get_or_init(|| {
            let (source, base) = (self.text.get(self.span.clone()).unwrap_or_default(), self.span.start);
            let plain = matches!(self.way, Way::Mail | Way::In(_)) && is_plain(source);
            let Normal { text: normal, map } = match &self.way {
                _ if plain => Normal { text: String::new(), map: vec![(0, base)] },
                Way::Mail | Way::In(_) => normalise(source, base, &[]),
                Way::Joined(cuts) => normalise(source, base, cuts),
                Way::Reversed => normalise_reversed(source, base).unwrap_or_default(),
                Way::Made(maker) => maker(source, base, &self.places),
            };
            let matched = if plain { source } else { &normal };
            let (zones, mode) = match self.way {
                Way::Mail => zones::mark(matched, self.above),
                Way::In(zone) => (zones::all_in(zone, matched), Mode::Own),
                Way::Joined(_) | Way::Reversed | Way::Made(_) => (zones::all_in(Zone::New, matched), Mode::Own),
            };
            Matching { normal: (!plain).then_some(normal), map, zones, mode }
        })
    }

    /// The same reading of a piece of it, under lines that left off in `above`.
    pub(super) fn piece(&self, span: Range<usize>, above: Mode) -> View {
        let way = match &self.way {
            Way::Joined(cuts) => {
                let base = span.start.saturating_sub(self.span.start);
                let length = span.len();
                let within =
                    |cut: &Range<usize>| cut.start.saturating_sub(base)..cut.end.saturating_sub(base).min(length);
                Way::Joined(cuts.iter().map(within).filter(|cut| cut.start < cut.end).collect())
            }
            way => way.clone(),
        };
        View { span, way, above, ..self.clone() }
    }

    /// What the text leaves off in, for the piece behind it.
    pub(super) fn leaves_off_in(&self) -> Mode {
        self.matching().mode
    }

    /// The text as `sluss check --text` prints it.
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// Bytes of the text that are read.
    pub fn length(&self) -> usize {
        self.span.len()
    }

    /// The text as matched.
    pub fn normal(&self) -> &str {
        match &self.matching().normal {
            Some(normal) => normal,
            None => self.text.get(self.span.clone()).unwrap_or_default(),
        }
    }

    pub fn zones(&self) -> &[ZoneSpan] {
        &self.matching().zones
    }

    /// The zone that the byte at `offset` of `normal` stands in.
    pub fn zone_at(&self, offset: usize) -> Zone {
        self.zone_span_at(offset).map_or(Zone::New, |z| z.zone)
    }

    /// The last zone that begins at `offset` or before it: the one it stands in, unless it is behind the text.
    pub fn zone_span_at(&self, offset: usize) -> Option<&ZoneSpan> {
        let zones = self.zones();
        let after = zones.partition_point(|z| z.span.start <= offset);
        after.checked_sub(1).and_then(|i| zones.get(i))
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
        let map = &self.matching().map;
        let after = map.partition_point(|&(normal, _)| normal <= at);
        let (normal, text) = after.checked_sub(1).and_then(|i| map.get(i)).copied().unwrap_or((0, 0));
        text.saturating_add(at.saturating_sub(normal))
    }
}

/// Prints origin and lengths, never text.
impl fmt::Debug for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("View")
            .field("origin", &self.origin)
            .field("text", &self.text.len())
            .field("span", &self.span)
            .finish_non_exhaustive()
    }
}
