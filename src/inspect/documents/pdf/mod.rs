//! PDF (ISO 32000-2): the text of its pages in reading order, what stands beside it, files and pictures inside.
//!
//! Promise: hidden text is read like any other (layers that are off, invisible and clipped text, text outside the
//! page, objects that nothing leads to). Where a stream is damaged, a font does not say what its glyphs mean or a
//! reference leads nowhere, there is a reason. A page that is a picture goes on as a picture, without one.
//!
//! Objects are read by `hayro-syntax`, fonts by `hayro-font`. Content streams are followed here, not by
//! `hayro-interpret`: that leaves out layers that are off, does not tell how wide a glyph is, and ends early
//! without a word where content is damaged.
//!
//! ```text
//! stream    streams to bytes: bounded, and checked for damage
//! armour    bytes written in letters
//! syntax    whether objects and dictionaries are whole
//! text      strings outside of content
//! content   content streams -> glyphs and pictures with where they stand
//! font      codes -> text and widths
//! frame     strings of a font -> glyphs with where they stand
//! geometry  points, matrices and rectangles
//! layout    glyphs -> lines in reading order
//! objects   comments, fields, links, bookmarks, properties, files
//! markup    XML inside: XMP, rich text, forms
//! pictures  pages of pictures, and pictures on pages, to files
//! pixels    samples -> shades of grey
//! ```

mod armour;
mod content;
mod font;
mod frame;
mod geometry;
mod layout;
mod markup;
mod objects;
mod pictures;
mod pixels;
mod stream;
mod syntax;
mod text;

use std::collections::HashSet;

use hayro_font::kurbo::{Affine, Rect};
use hayro_syntax::object::{Array, Dict, Name, Object, ObjectIdentifier, Stream};
use hayro_syntax::page::{Page, Resources, Rotation};
use hayro_syntax::{LoadPdfError, Pdf};
use memchr::memmem;

use super::extract::{condensed, joined};
use super::{Document, Extract, Limits};
use crate::inspect::magic::{Magic, magic};
use crate::inspect::{Lock, Reason};
use content::{Drawn, Interpreter};
use font::Text;
use objects::Objects;
use pictures::Pictures;
use stream::Means;

/// Bytes at the start in which the header stands, and at the end the mark of it (ISO 32000-2, annex I).
const WINDOW: usize = 1024;
/// Letters and digits under or over a picture from which on they are its text.
const TEXT_LAYER: usize = 100;
/// Curves on a page without text, and not of pictures, that may be text in outlines.
const MANY_CURVES: usize = 500;
/// The same beside a page number or a stamp: coats of arms have fewer, a page of letters ten for each.
const PAGE_OF_CURVES: usize = 5_000;
/// Unknown characters in words from which on they are no accident.
const MANY_HOLES: usize = 3;
/// Characters of no script beside each other from which on they are a text whose map is none.
const MANY_PRIVATE: usize = 50;
/// Pages that are read though no list of pages has them.
const MAX_UNLISTED: usize = 1_000;

pub(super) struct Portable;

impl Document for Portable {
    fn fits(&self, bytes: &[u8]) -> bool {
        let head = bytes.get(..WINDOW).unwrap_or(bytes);
        memmem::find(head, b"%PDF-").is_some() && magic(bytes) == Magic::Pdf
    }

    fn read(&self, bytes: &[u8], limits: &mut Limits, out: &mut Extract) {
        let mut means = Means::new(limits, out);
        let headers = syntax::headers(bytes);
        if !has_end(bytes) || headers.is_none() || !syntax::has_sound_tables(bytes) {
            means.note(Reason::Malformed);
        }
        if !means.has_room_for_objects(bytes) {
            return;
        }
        match Pdf::new(bytes.to_vec()) {
            Ok(pdf) => {
                let mut reading = Reading::new(&pdf);
                reading.read(&pdf, &mut means);
                let known = |number| reading.known.contains(&number);
                let headers = headers.unwrap_or_default();
                let there = headers.iter().any(|header| reading.objects.is_missed(header.number));
                if there || reading.objects.misses_packed() || !syntax::are_well_formed(bytes, &headers, known) {
                    means.note(Reason::Malformed);
                }
            }
            Err(LoadPdfError::Decryption(_)) => means.note(Reason::Encrypted(Lock::Pdf)),
            Err(LoadPdfError::Invalid) => {
                if memmem::find(bytes, b"/Encrypt").is_some() {
                    means.note(Reason::Encrypted(Lock::Pdf));
                }
                means.note(Reason::Malformed);
            }
        }
    }
}

/// Whether the file ends where it should: one that was cut off is read without what is missing.
fn has_end(bytes: &[u8]) -> bool {
    let end = bytes.iter().rposition(|byte| !matches!(byte, 0 | b'\r' | b'\n' | b' ' | b'\t')).unwrap_or(0);
    let tail = bytes.get(..=end).unwrap_or(bytes);
    let tail = tail.get(tail.len().saturating_sub(WINDOW)..).unwrap_or(tail);
    // One that is prepared for the web says how long it is (annex F), and has an end near its start as well.
    let head = bytes.get(..WINDOW).unwrap_or(bytes);
    let length = memmem::find(head, b"/Linearized").and_then(|at| {
        let dict = head.get(at..)?;
        let at = memmem::find(dict, b"/L ")?;
        let digits = dict.get(at.saturating_add(3)..)?.trim_ascii_start();
        let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
        std::str::from_utf8(digits.get(..count)?).ok()?.parse::<usize>().ok()
    });
    memmem::find(tail, b"%%EOF").is_some() && length.is_none_or(|length| length <= bytes.len())
}

/// One file being read.
struct Reading<'a> {
    interpreter: Interpreter<'a>,
    objects: Objects<'a>,
    pictures: Pictures,
    /// The numbers of all dictionaries and streams that could be read.
    known: HashSet<u32>,
    /// Annotations that have been read, by where they stand in memory.
    annotations: HashSet<usize>,
    /// Characters in words that their fonts do not tell, or give a private meaning.
    holes: usize,
    private: usize,
    /// Resources for content that has none of its own.
    resources: Option<Resources<'a>>,
}

/// A page as it is read.
struct Sheet<'s, 'a> {
    dict: &'s Dict<'a>,
    resources: Resources<'a>,
    place: String,
    bounds: Rect,
    /// Degrees clockwise that it is turned when shown.
    turned: f64,
}

impl<'a> Reading<'a> {
    fn new(pdf: &'a Pdf) -> Self {
        Reading {
            interpreter: Interpreter::new(),
            objects: Objects::new(pdf.xref()),
            pictures: Pictures::default(),
            known: HashSet::new(),
            annotations: HashSet::new(),
            holes: 0,
            private: 0,
            resources: None,
        }
    }

    fn read(&mut self, pdf: &'a Pdf, means: &mut Means<'_>) {
        let entries = pdf.len();
        let pages = pdf.pages();
        let mut listed = HashSet::new();
        for (number, page) in (1_usize..).zip(pages.iter()) {
            self.objects.page(page.raw().obj_id(), &format!("page {number}"));
            listed.extend(page.raw().obj_id());
        }
        for (number, page) in (1_usize..).zip(pages.iter()) {
            if !means.in_time() {
                return;
            }
            self.resources.get_or_insert_with(|| page.resources().clone());
            self.sheet(&Sheet::new(page, format!("page {number}")), means);
        }
        if pages.is_empty() {
            means.note(Reason::Malformed);
        }
        self.rest(pdf, &listed, means);
        // Where an object is not what the table of objects says, a new one is made of those that can be found.
        if pdf.len() < entries {
            means.note(Reason::Malformed);
        }
        if self.holes >= MANY_HOLES || self.private >= MANY_PRIVATE {
            means.note(Reason::ImageOnly);
        }
    }

    /// Everything but the pages, and pages that are in no list.
    fn rest(&mut self, pdf: &'a Pdf, listed: &HashSet<ObjectIdentifier>, means: &mut Means<'_>) {
        let (mut unlisted, mut files, mut bare) = (Vec::new(), Vec::new(), Vec::new());
        let known = &mut self.known;
        objects::all(&mut self.objects, pdf.objects(), means, |object| match object {
            Object::Dict(dict) => {
                known.extend(dict.obj_id().map(|id| id.obj_number));
                let is_page = dict.get::<Name<'_>>(b"Type").as_deref() == Some(b"Page");
                if is_page && !dict.obj_id().is_some_and(|id| listed.contains(&id)) {
                    unlisted.push(dict.clone());
                }
            }
            Object::Stream(stream) => {
                known.insert(stream.obj_id().obj_number);
                match stream.dict().get::<Name<'_>>(b"Type").as_deref() {
                    Some(b"EmbeddedFile") => files.push(stream.clone()),
                    None | Some(b"XObject") => bare.push(stream.clone()),
                    _ => {}
                }
            }
            _ => {}
        });
        if unlisted.len() > MAX_UNLISTED {
            means.note(Reason::OverLimit);
        }
        for dict in unlisted.iter().take(MAX_UNLISTED) {
            let sheet = Sheet {
                dict,
                resources: dict.get::<Dict<'_>>(b"Resources").map_or_else(|| self.spare(), Resources::new),
                place: "unlisted page".to_owned(),
                bounds: Rect::new(0.0, 0.0, 595.0, 842.0),
                turned: 0.0,
            };
            self.sheet(&sheet, means);
        }
        for file in files {
            self.objects.hand_on(&file, String::new(), None, means);
        }
        for stream in bare {
            if !self.objects.referred.contains(&stream.obj_id()) && means.in_time() {
                self.unlisted_content(&stream, means);
            }
        }
        self.alternatives(means);
    }

    fn spare(&self) -> Resources<'a> {
        self.resources.clone().unwrap_or_else(|| Resources::new(Dict::empty()))
    }

    fn sheet(&mut self, sheet: &Sheet<'_, 'a>, means: &mut Means<'_>) {
        let mut drawn = Drawn::default();
        let place = Some(sheet.place.as_str());
        if let Some(content) = self.content(sheet, means) {
            self.interpreter.page(content, &sheet.resources, means, &mut drawn);
        }
        let text = layout::text(&drawn.glyphs);
        self.holes = self.holes.saturating_add(holes(&text));
        self.private = self.private.saturating_add(private(&text));
        means.add(place, text);
        for said in std::mem::take(&mut drawn.said) {
            self.objects.alternatives.push((place.map(str::to_owned), said));
        }
        self.annotations(sheet, &mut drawn, means);
        let letters = drawn.glyphs.iter().map(letters).sum();
        if pictures::is_page(letters, &drawn.pictures, sheet.bounds) {
            self.pictures.page(place, &drawn.pictures, sheet.turned, means);
        } else {
            let mut unread = pictures::wholes(&drawn.pictures);
            unread.retain(|whole| !has_text_layer(whole, &drawn, sheet));
            self.pictures.singly(place, &unread, sheet.turned, means);
        }
        let pictured = pictures::share(&drawn.pictures, sheet.bounds) > pictures::MOST;
        let outlines = match letters {
            0 => MANY_CURVES,
            1..pictures::FEW_LETTERS => PAGE_OF_CURVES,
            _ => usize::MAX,
        };
        if !pictured && drawn.curves >= outlines {
            means.note(Reason::ImageOnly);
        }
    }

    /// The content of a page: a stream, or several that are read as one (ISO 32000-2, 7.7.3.3).
    fn content(&mut self, sheet: &Sheet<'_, 'a>, means: &mut Means<'_>) -> Option<Vec<u8>> {
        let streams = match sheet.dict.get::<Object<'_>>(b"Contents") {
            Some(Object::Stream(stream)) => vec![Object::Stream(stream)],
            Some(Object::Array(array)) => self.objects.items(&array, means),
            Some(Object::Null(_)) => return None,
            Some(_) => {
                means.note(Reason::Malformed);
                return None;
            }
            None => {
                // A page that is empty needs no fonts.
                let own = sheet.dict.get::<Dict<'_>>(b"Resources");
                let fonts = own.is_some_and(|own| own.contains_key(b"Font"));
                if fonts || sheet.dict.contains_key(b"Contents") {
                    means.note(Reason::Malformed);
                }
                return None;
            }
        };
        let mut content = Vec::new();
        for stream in streams {
            match stream {
                Object::Stream(stream) => {
                    content.extend_from_slice(&means.content(&stream).unwrap_or_default());
                    content.push(b'\n');
                }
                Object::Null(_) => {}
                _ => means.note(Reason::Malformed),
            }
        }
        Some(content)
    }

    /// Comments, fields and links of a page: what they say, and what is drawn for them where that says more.
    fn annotations(&mut self, sheet: &Sheet<'_, 'a>, drawn: &mut Drawn<'a>, means: &mut Means<'_>) {
        let Some(array) = sheet.dict.get::<Object<'_>>(b"Annots") else {
            if sheet.dict.contains_key(b"Annots") {
                means.note(Reason::Malformed);
            }
            return;
        };
        let Object::Array(array) = array else { return };
        for item in self.objects.annotations(&array) {
            let Object::Dict(annotation) = item else { continue };
            if !self.annotations.insert(annotation.data().as_ptr() as usize) {
                continue;
            }
            if !means.in_time() {
                return;
            }
            self.objects.page(annotation.obj_id(), &sheet.place);
            self.objects.dict(&annotation, Some(&sheet.place), 4, means);
            self.appearance(&annotation, sheet, drawn, means);
        }
    }

    fn appearance(
        &mut self,
        annotation: &Dict<'a>,
        sheet: &Sheet<'_, 'a>,
        drawn: &mut Drawn<'a>,
        means: &mut Means<'_>,
    ) {
        let normal = annotation.get::<Dict<'_>>(b"AP").and_then(|appearance| appearance.get::<Object<'_>>(b"N"));
        // One that has states is a button.
        let Some(Object::Stream(form)) = normal else { return };
        let mut own = Drawn::default();
        let place = placing(annotation, &form);
        let mut scratch = Extract::default();
        let mut apart = Means::new(means.limits, &mut scratch);
        self.interpreter.form(&form, &sheet.resources, place, &[], &mut apart, &mut own);
        drawn.pictures.append(&mut own.pictures);
        let shown = layout::text(&own.glyphs);
        let mut known = self.objects.values(annotation, means);
        known.extend(objects::string(annotation, b"Contents"));
        let known: String = known.iter().map(|text| condensed(text)).collect();
        // Appearances often lack their fonts; what is wrong with one that shows what is known is nobody's loss.
        if !known.contains(&condensed(&shown)) || known.is_empty() {
            scratch.reasons.into_iter().for_each(|reason| means.note(reason));
            let field = annotation.get::<Name<'_>>(b"Subtype").as_deref() == Some(b"Widget");
            let place = joined(Some(&sheet.place), if field { "form field" } else { "comment" });
            means.add(Some(&place), shown);
        }
    }

    /// A content stream that no page has. What is wrong with it is nobody's loss.
    fn unlisted_content(&mut self, stream: &Stream<'a>, means: &mut Means<'_>) {
        let subtype = stream.dict().get::<Name<'_>>(b"Subtype");
        if subtype.as_deref().is_some_and(|subtype| subtype != b"Form") || !stream.filters().iter().all(is_plain) {
            return;
        }
        let mut scratch = Extract::default();
        let mut apart = Means::new(means.limits, &mut scratch);
        let Some(content) = apart.content(stream) else { return };
        let shows = [&b"Tj"[..], b"TJ"].iter().any(|operator| memmem::find(&content, operator).is_some());
        if !(shows && memmem::find(&content, b"BT").is_some()) {
            return;
        }
        let resources = stream.dict().get::<Dict<'_>>(b"Resources").map_or_else(|| self.spare(), Resources::new);
        let mut drawn = Drawn::default();
        self.interpreter.page(content.into_owned(), &resources, &mut apart, &mut drawn);
        means.add(Some("unlisted content"), layout::text(&drawn.glyphs));
    }

    /// Alternative texts that say what the pages do not.
    fn alternatives(&mut self, means: &mut Means<'_>) {
        let alternatives = std::mem::take(&mut self.objects.alternatives);
        if alternatives.is_empty() {
            return;
        }
        let shown: String = means.out.pieces.iter().map(|piece| condensed(&piece.text)).collect();
        let mut said = HashSet::new();
        for (place, text) in alternatives {
            if !means.in_time() {
                return;
            }
            let short = condensed(&text);
            let letters = short.chars().any(char::is_alphanumeric);
            // Of many that are alike one is looked for.
            let new = letters && said.insert(short.clone());
            if new && memmem::find(shown.as_bytes(), short.as_bytes()).is_none() {
                means.add(Some(&joined(place.as_deref(), "alt text")), text);
            }
        }
    }
}

impl<'s, 'a> Sheet<'s, 'a> {
    fn new(page: &'s Page<'a>, place: String) -> Self {
        let bounds = page.media_box();
        Sheet {
            dict: page.raw(),
            resources: page.resources().clone(),
            place,
            bounds: Rect::new(bounds.x0, bounds.y0, bounds.x1, bounds.y1),
            turned: match page.rotation() {
                Rotation::None => 0.0,
                Rotation::Horizontal => 90.0,
                Rotation::Flipped => 180.0,
                Rotation::FlippedHorizontal => 270.0,
            },
        }
    }
}

/// Unknown characters beside letters, digits or each other: bullets and ornaments stand alone.
fn holes(text: &str) -> usize {
    let is_unknown = |character: char| character == char::REPLACEMENT_CHARACTER;
    let in_word = |character: char| character.is_alphanumeric() || is_unknown(character);
    let (mut holes, mut before, mut open) = (0_usize, false, false);
    for character in text.chars() {
        let inside = in_word(character);
        if open && inside || is_unknown(character) && before {
            holes = holes.saturating_add(1);
        }
        open = is_unknown(character) && !before;
        before = inside;
    }
    holes
}

/// Characters for private use (Unicode, 23.5) beside each other: bullets and icons stand alone.
fn private(text: &str) -> usize {
    let is_private = |character: char| matches!(character, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..);
    text.chars().zip(text.chars().skip(1)).filter(|(before, after)| is_private(*before) && is_private(*after)).count()
}

/// What maps the box of an appearance to where its annotation stands (ISO 32000-2, 12.5.5).
fn placing(annotation: &Dict<'_>, form: &Stream<'_>) -> Affine {
    let rectangle = |dict: &Dict<'_>, key: &[u8]| geometry::rectangle(&dict.get::<Array<'_>>(key)?);
    let matrix = form.dict().get::<[f64; 6]>(b"Matrix").map_or(Affine::IDENTITY, Affine::new);
    let (Some(to), Some(from)) = (rectangle(annotation, b"Rect"), rectangle(form.dict(), b"BBox")) else {
        return Affine::IDENTITY;
    };
    let from = matrix.transform_rect_bbox(from);
    let ratio = |to: f64, from: f64| if from > 0.0 && to > 0.0 { to / from } else { 1.0 };
    let (x, y) = (ratio(to.width(), from.width()), ratio(to.height(), from.height()));
    Affine::new([x, 0.0, 0.0, y, to.x0 - x * from.x0, to.y0 - y * from.y0])
}

/// Whether a picture that fills a page has its text with it: invisible, or drawn before it and so below it.
fn has_text_layer(whole: &[pictures::Placed<'_>], drawn: &Drawn<'_>, sheet: &Sheet<'_, '_>) -> bool {
    let fills = pictures::bounds(whole).intersect(sheet.bounds).area() > sheet.bounds.area() * pictures::MOST;
    let glyphs = drawn.glyphs.iter().enumerate();
    let before = whole.iter().map(|part| part.after).min().unwrap_or(0);
    let layer = glyphs.filter(|(index, glyph)| glyph.invisible || *index < before);
    fills && layer.map(|(_, glyph)| letters(glyph)).sum::<usize>() >= TEXT_LAYER
}

fn letters(glyph: &content::Glyph) -> usize {
    match &glyph.text {
        Some(Text::One(character)) => usize::from(character.is_alphanumeric()),
        Some(Text::More(text)) => text.chars().filter(|character| character.is_alphanumeric()).count(),
        // There is something, whatever it is.
        None => 1,
    }
}

fn is_plain(filter: &hayro_syntax::Filter) -> bool {
    use hayro_syntax::Filter;
    !matches!(filter, Filter::DctDecode | Filter::JpxDecode | Filter::Jbig2Decode | Filter::CcittFaxDecode)
}
