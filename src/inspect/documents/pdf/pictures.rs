//! Pictures of pages to files, for the reader of pictures.
//!
//! A page of pictures (a scan) becomes one picture, as it is shown; a picture on a page of text becomes
//! one of its own. A JPEG that stands upright is handed on as it is, all else as PNG in shades of grey,
//! scaled down to what reading needs.

use std::collections::HashSet;
use std::ops::Range;

use hayro_font::kurbo::{Affine, Point, Rect};
use hayro_syntax::Filter;
use hayro_syntax::object::{ObjectIdentifier, Stream};

use super::geometry::{float, point, whole, within};
pub(super) use super::pixels::Pixels;
use super::pixels::{Lost, jpeg_frame};
use super::stream::Means;
use crate::inspect::Reason;
use crate::inspect::documents::Inner;

/// Pages of pictures handed on from one file (drawing one takes time, and five are read of a mail), and pictures
/// from pages of text.
const MAX_PAGES: usize = 10;
const MAX_PICTURES: usize = 20;
/// Pixels, and pixels of a side, below which a picture on a page of text is decoration: 200 × 200 as for pictures
/// that are attached, and no line of letters is lower.
const MIN_PIXELS: usize = 40_000;
const MIN_SIDE: usize = 32;
/// Letters and digits of a page number, a stamp or the name of a scanning program.
pub(super) const FEW_LETTERS: usize = 40;
/// Share of a page from which on pictures are most of it.
pub(super) const MOST: f64 = 0.5;
/// Pixels of what is handed on: A4 at 200 dpi.
const MAX_PIXELS: f64 = 1654.0 * 2339.0;
/// Source pixels looked at along a side for one of the result.
const MAX_BLOCK: usize = 6;
/// Units of the page by which strips and tiles of one picture stand apart, and the share of one that others cover.
const SEAM: f64 = 1.5;
const OVERLAP: f64 = 0.1;

/// A picture and where it stands: the unit square to the page.
#[derive(Clone)]
pub(super) struct Placed<'a> {
    pub source: Source<'a>,
    pub ctm: Affine,
    /// How many glyphs of the page were drawn before it.
    pub after: usize,
}

#[derive(Clone)]
pub(super) enum Source<'a> {
    Stream(Stream<'a>),
    Decoded(Pixels),
}

impl Placed<'_> {
    pub fn bounds(&self) -> Rect {
        let bounds = self.ctm.transform_rect_bbox(Rect::new(0.0, 0.0, 1.0, 1.0));
        if bounds.is_finite() { bounds } else { Rect::ZERO }
    }

    /// Whether it goes on with what has been drawn in these bounds: a strip or a tile beside others, or letters
    /// as a stencil over their background.
    fn continues(&self, bounds: Rect) -> bool {
        let own = self.bounds();
        let touches = own.inflate(SEAM, SEAM).intersect(bounds).area() > 0.0;
        let stencil = match &self.source {
            Source::Stream(stream) => Pixels::is_stencil(stream.dict()),
            Source::Decoded(pixels) => pixels.mask.is_some(),
        };
        touches && (stencil || own.intersect(bounds).area() <= own.area() * OVERLAP)
    }

    /// Pixels across and down, of itself or of its mask: letters often stand in the mask of a coarse colour.
    fn size(&self) -> Option<(usize, usize)> {
        let (own, mask) = match &self.source {
            Source::Stream(stream) => {
                let dict = stream.dict();
                let mask = dict.get::<Stream<'_>>(b"SMask").or_else(|| dict.get::<Stream<'_>>(b"Mask"));
                (Pixels::size(dict)?, mask.and_then(|mask| Pixels::size(mask.dict())))
            }
            Source::Decoded(pixels) => {
                ((pixels.width, pixels.height), pixels.mask.as_deref().map(|mask| (mask.width, mask.height)))
            }
        };
        Some(mask.map_or(own, |mask| (own.0.max(mask.0), own.1.max(mask.1))))
    }

    fn id(&self) -> Option<ObjectIdentifier> {
        match &self.source {
            Source::Stream(stream) => Some(stream.obj_id()),
            Source::Decoded(_) => None,
        }
    }
}

/// What has been handed on of a file.
#[derive(Default)]
pub(super) struct Pictures {
    pages: usize,
    single: usize,
    seen: HashSet<ObjectIdentifier>,
}

impl Pictures {
    /// Hands on a page as one picture, turned clockwise by so many degrees.
    pub fn page(&mut self, place: Option<&str>, placed: &[Placed<'_>], turned: f64, means: &mut Means<'_>) {
        if self.pages >= MAX_PAGES {
            return means.note(Reason::ImageOnly);
        }
        self.pages = self.pages.saturating_add(1);
        self.seen.extend(placed.iter().filter_map(Placed::id));
        hand_on(place, placed, turned, means);
    }

    /// Hands on the pictures of a page of text, each once in a file.
    pub fn singly(&mut self, place: Option<&str>, wholes: &[&[Placed<'_>]], turned: f64, means: &mut Means<'_>) {
        for whole in wholes.iter().filter(|whole| is_large(whole)) {
            let known = whole.iter().all(|part| part.id().is_some_and(|id| self.seen.contains(&id)));
            if known {
                continue;
            }
            self.seen.extend(whole.iter().filter_map(Placed::id));
            if self.single >= MAX_PICTURES {
                return means.note(Reason::ImageOnly);
            }
            self.single = self.single.saturating_add(1);
            hand_on(place, whole, turned, means);
        }
    }
}

/// Pictures that are seen as one, in the order they were drawn: many programs draw a scan in strips.
pub(super) fn wholes<'p, 'a>(placed: &'p [Placed<'a>]) -> Vec<&'p [Placed<'a>]> {
    let mut wholes = Vec::new();
    let (mut start, mut bounds) = (0_usize, None);
    for (at, part) in placed.iter().enumerate() {
        bounds = match bounds.filter(|bounds| part.continues(*bounds)) {
            Some(bounds) => Some(part.bounds().union(bounds)),
            None => {
                wholes.extend(placed.get(start..at).filter(|whole| !whole.is_empty()));
                start = at;
                Some(part.bounds())
            }
        };
    }
    wholes.extend(placed.get(start..).filter(|whole| !whole.is_empty()));
    wholes
}

/// The bounds of pictures together.
pub(super) fn bounds(placed: &[Placed<'_>]) -> Rect {
    placed.iter().map(Placed::bounds).reduce(|all, one| all.union(one)).unwrap_or(Rect::ZERO)
}

/// Whether pictures that are seen as one are more than decoration.
fn is_large(whole: &[Placed<'_>]) -> bool {
    let size = match whole {
        [one] => one.size(),
        parts => {
            let scale = parts.iter().map(own_scale).fold(0.0, f64::max);
            let bounds = bounds(parts);
            Some((self::whole(bounds.width() * scale, usize::MAX), self::whole(bounds.height() * scale, usize::MAX)))
        }
    };
    size.is_some_and(has_large)
}

/// Whether pixels across and down may show more than decoration.
pub(super) fn has_large((width, height): (usize, usize)) -> bool {
    width.min(height) >= MIN_SIDE && width.saturating_mul(height) >= MIN_PIXELS
}

/// The share of a page that pictures cover, however many of them lie on each other.
pub(super) fn share(placed: &[Placed<'_>], page: Rect) -> f64 {
    /// Points along each side of the page that are looked at.
    const POINTS: usize = 64;
    let step = |length: f64| (length / float(POINTS)).max(f64::MIN_POSITIVE);
    let (across, down) = (step(page.width()), step(page.height()));
    // The points between two places: each stands in the middle of its cell.
    let between = |from: f64, to: f64| whole((from - 0.5).ceil(), POINTS)..whole((to - 0.5).ceil(), POINTS);
    let mut covered = vec![false; POINTS * POINTS];
    for bounds in placed.iter().map(|placed| placed.bounds().intersect(page)) {
        let columns = between((bounds.x0 - page.x0) / across, (bounds.x1 - page.x0) / across);
        for row in between((bounds.y0 - page.y0) / down, (bounds.y1 - page.y0) / down) {
            let row = row.saturating_mul(POINTS);
            let cells = row.saturating_add(columns.start)..row.saturating_add(columns.end);
            covered.get_mut(cells).unwrap_or_default().fill(true);
        }
    }
    float(covered.iter().filter(|covered| **covered).count()) / float(POINTS * POINTS)
}

/// Whether a page is one of pictures: hardly a word on it, and most of it covered.
pub(super) fn is_page(letters: usize, placed: &[Placed<'_>], page: Rect) -> bool {
    /// Share of the page that pictures cover where there is no word on it.
    const SOME: f64 = 0.05;
    let share = share(placed, page);
    // Each letter may be a picture.
    let pixels = placed.iter().filter_map(Placed::size).map(|(width, height)| width.saturating_mul(height));
    (letters == 0 && (share > SOME || pixels.fold(0, usize::saturating_add) >= MIN_PIXELS))
        || (letters < FEW_LETTERS && share > MOST)
}

fn hand_on(place: Option<&str>, placed: &[Placed<'_>], turned: f64, means: &mut Means<'_>) {
    if !means.in_time() {
        return;
    }
    let jpeg = match placed {
        [Placed { source: Source::Stream(stream), ctm, .. }] if is_upright(*ctm) && turned == 0.0 => plain_jpeg(stream),
        _ => None,
    };
    let bytes = match jpeg.map_or_else(|| png(placed, turned, means), Ok) {
        Ok(bytes) => bytes,
        Err(lost) => return tell(lost, means),
    };
    if !(means.limits.take_entry() && means.limits.take_bytes(bytes.len())) {
        return means.note(Reason::OverLimit);
    }
    means.out.files.push(Inner { name: String::new(), place: place.map(str::to_owned), bytes });
}

/// Says what became of a picture that has no pixels.
pub(super) fn tell(lost: Lost, means: &mut Means<'_>) {
    match lost {
        Lost::TooLarge => means.note(Reason::OverLimit),
        Lost::Broken => means.note(Reason::Malformed),
        Lost::Told => {}
    }
}

fn is_upright(ctm: Affine) -> bool {
    let [a, b, c, d, _, _] = ctm.as_coeffs();
    let small = 0.01 * a.abs().max(d.abs());
    a > 0.0 && d > 0.0 && b.abs() <= small && c.abs() <= small
}

/// The bytes of a picture that is a JPEG in grey or RGB and nothing more.
fn plain_jpeg(stream: &Stream<'_>) -> Option<Vec<u8>> {
    let dict = stream.dict();
    let more = [&b"SMask"[..], b"Mask", b"Decode"].iter().any(|key| dict.contains_key(key));
    if more || stream.filters().as_slice() != [Filter::DctDecode] {
        return None;
    }
    let bytes = stream.raw_data().into_owned();
    let (_, components) = jpeg_frame(&bytes)?;
    (components == 1 || components == 3).then_some(bytes)
}

/// Draws pictures as they stand on the page. What of them cannot be read is said, the others are drawn.
fn png(placed: &[Placed<'_>], turned: f64, means: &mut Means<'_>) -> Result<Vec<u8>, Lost> {
    let turn = Affine::rotate(-turned.to_radians());
    let bounds = placed.iter().map(|placed| turn.transform_rect_bbox(placed.bounds()));
    let bounds = bounds.reduce(|all, one| all.union(one)).unwrap_or(Rect::ZERO);
    let area = bounds.area();
    if !(area.is_finite() && area > 0.0) {
        return Err(Lost::Broken);
    }
    // No finer than the finest picture is itself.
    let own = placed.iter().map(own_scale).fold(0.0, f64::max);
    let scale = own.min((MAX_PIXELS / area).sqrt());
    let side = |length: f64| -> usize {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let side = (length * scale).ceil().clamp(1.0, 16_000.0) as usize;
        side
    };
    let (width, height) = (side(bounds.width()), side(bounds.height()));
    let pixels = width.checked_mul(height).filter(|pixels| *pixels <= 16_000_000).ok_or(Lost::TooLarge)?;
    let mut canvas = Pixels { width, height, shades: vec![255; pixels], mask: None };
    // Page to canvas: its first row is the upper one.
    let to_canvas = within(Affine::translate((-bounds.x0, -bounds.y1)), turn);
    let to_canvas = within(Affine::scale_non_uniform(scale, -scale), to_canvas);
    let (mut drawn, mut lost, mut last) = (0_usize, None, None);
    for placed in placed {
        if !means.in_time() {
            break;
        }
        match &placed.source {
            Source::Decoded(pixels) => canvas.draw(pixels, within(to_canvas, placed.ctm)),
            Source::Stream(stream) => {
                // One that is drawn again and again is read once.
                let known = last.take().filter(|(id, _)| *id == stream.obj_id());
                match known.map_or_else(|| Pixels::of(stream, None, means), |(_, pixels)| Ok(pixels)) {
                    Ok(pixels) => {
                        canvas.draw(&pixels, within(to_canvas, placed.ctm));
                        last = Some((stream.obj_id(), pixels));
                    }
                    Err(fault) => {
                        lost = Some(fault);
                        continue;
                    }
                }
            }
        }
        drawn = drawn.saturating_add(1);
    }
    match lost {
        Some(lost) if drawn == 0 => return Err(lost),
        Some(lost) => tell(lost, means),
        None => {}
    }
    encode(&canvas).ok_or(Lost::Broken)
}

/// Pixels of a picture for a unit of the page.
fn own_scale(placed: &Placed<'_>) -> f64 {
    let Some((width, height)) = placed.size() else { return 0.0 };
    let [a, b, c, d, _, _] = placed.ctm.as_coeffs();
    let (across, down) = (a.hypot(b), c.hypot(d));
    if across > 0.0 && down > 0.0 { (float(width) / across).max(float(height) / down) } else { 0.0 }
}

impl Pixels {
    /// Draws a picture whose unit square stands at `place` (its first row at the top of the square).
    fn draw(&mut self, picture: &Pixels, place: Affine) {
        let determinant = place.determinant();
        if !(determinant.is_finite() && determinant.abs() > f64::EPSILON) {
            return;
        }
        let bounds = place.transform_rect_bbox(Rect::new(0.0, 0.0, 1.0, 1.0));
        let back = place.inverse();
        let columns = whole(bounds.x0.floor(), self.width)..whole(bounds.x1.ceil(), self.width);
        let rows = whole(bounds.y0.floor(), self.height)..whole(bounds.y1.ceil(), self.height);
        let [a, b, c, d, _, _] = back.as_coeffs();
        // The part of the square that one pixel of the canvas covers.
        let (across, down) = (a.abs() + c.abs(), b.abs() + d.abs());
        let (shades, mask) = (Sampler::new(picture, across, down), picture.mask.as_deref());
        let mask = mask.map(|mask| Sampler::new(mask, across, down));
        // What stands upright is at the same columns of the picture in every row.
        let upright = b == 0.0 && c == 0.0;
        let blocks = |at: Point| {
            let (u, v) = (at.x, 1.0 - at.y);
            let inside = (0.0..1.0).contains(&u) && (0.0..1.0).contains(&v);
            inside.then(|| (shades.block(u, v), mask.as_ref().map(|mask| mask.block(u, v))))
        };
        let middle = |n: usize| float(n) + 0.5;
        let row_of = |y: usize| blocks(point(back, middle(columns.start), middle(y)));
        let column_of = |x: usize| blocks(point(back, middle(x), middle(rows.start)));
        let fixed: Vec<_> = if upright { columns.clone().map(column_of).collect() } else { Vec::new() };
        for y in rows.clone() {
            let row = y.saturating_mul(self.width);
            let own = if upright { row_of(y) } else { None };
            for (index, x) in columns.clone().enumerate() {
                let found = match (&own, fixed.get(index)) {
                    (Some((row, row_mask)), Some(Some((column, column_mask)))) => {
                        let mask = row_mask.as_ref().zip(column_mask.as_ref());
                        Some((row.crossed(column), mask.map(|(row, column)| row.crossed(column))))
                    }
                    (None, None) => blocks(point(back, middle(x), middle(y))),
                    _ => None,
                };
                let Some((block, mask_block)) = found else { continue };
                let Some(pixel) = self.shades.get_mut(row.saturating_add(x)) else { continue };
                let shade = shades.mean(&block);
                *pixel = match mask.as_ref().zip(mask_block) {
                    None => shade,
                    Some((mask, block)) => blended(*pixel, shade, mask.mean(&block)),
                };
            }
        }
    }
}

/// A shade over another, as far as it covers it.
fn blended(below: u8, shade: u8, cover: u8) -> u8 {
    let (below, shade, cover) = (u32::from(below), u32::from(shade), u32::from(cover));
    let sum = shade.saturating_mul(cover).saturating_add(below.saturating_mul(255_u32.saturating_sub(cover)));
    u8::try_from(sum / 255).unwrap_or(255)
}

/// Reads a picture at points of its unit square, as the mean of the block of pixels around each.
struct Sampler<'p> {
    picture: &'p Pixels,
    width: f64,
    height: f64,
    /// Pixels of the block, and the distance of those that are looked at.
    columns: usize,
    rows: usize,
}

impl<'p> Sampler<'p> {
    fn new(picture: &'p Pixels, across: f64, down: f64) -> Self {
        let (width, height) = (float(picture.width), float(picture.height));
        let side = |extent: f64, size: f64| whole((extent * size).round(), usize::MAX).max(1);
        Sampler { picture, width, height, columns: side(across, width), rows: side(down, height) }
    }

    /// The block around a point.
    fn block(&self, u: f64, v: f64) -> Block {
        let span = |middle: f64, extent: usize, most: usize| {
            let from = whole(middle - float(extent.saturating_sub(1)) / 2.0, most.saturating_sub(1));
            from..from.saturating_add(extent).min(most)
        };
        Block {
            columns: span(u * self.width, self.columns, self.picture.width),
            rows: span(v * self.height, self.rows, self.picture.height),
        }
    }

    fn mean(&self, block: &Block) -> u8 {
        let first = block.rows.start.saturating_mul(self.picture.width).saturating_add(block.columns.start);
        if self.columns == 1 && self.rows == 1 {
            return self.picture.shades.get(first).copied().unwrap_or(255);
        }
        let (mut sum, mut count) = (0_u32, 0_u32);
        for y in block.rows.clone().step_by(self.rows.div_ceil(MAX_BLOCK)) {
            let start = y.saturating_mul(self.picture.width);
            let row = start.saturating_add(block.columns.start)..start.saturating_add(block.columns.end);
            let row = self.picture.shades.get(row).unwrap_or_default();
            for shade in row.iter().step_by(self.columns.div_ceil(MAX_BLOCK)) {
                sum = sum.saturating_add(u32::from(*shade));
                count = count.saturating_add(1);
            }
        }
        u8::try_from(sum.checked_div(count).unwrap_or(255)).unwrap_or(255)
    }
}

/// Pixels of a picture.
#[derive(Clone)]
struct Block {
    columns: Range<usize>,
    rows: Range<usize>,
}

impl Block {
    /// Its rows, with the columns of another.
    fn crossed(&self, columns: &Block) -> Block {
        Block { columns: columns.columns.clone(), rows: self.rows.clone() }
    }
}

fn encode(canvas: &Pixels) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut encoder =
        png::Encoder::new(&mut bytes, u32::try_from(canvas.width).ok()?, u32::try_from(canvas.height).ok()?);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(&canvas.shades).ok()?;
    writer.finish().ok()?;
    Some(bytes)
}
