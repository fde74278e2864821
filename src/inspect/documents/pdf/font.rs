//! Codes of fonts to text and widths, each code asked for once.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use hayro_cmap::BfString;
use hayro_font::{CMapResolverFn, FontCache, FontGlyph, FontQuery, FontResolverFn, GlyphId, UNITS_PER_EM};
use hayro_syntax::object::{Array, Dict, MaybeRef, Name, Object, Stream};

use super::stream::Means;
use crate::inspect::Reason;

/// What a code of a font stands for.
#[derive(Clone, Debug)]
pub(super) struct Code {
    /// None when the font does not say.
    pub text: Option<Text>,
    /// In units of the font size.
    pub advance: f32,
}

/// The text of a glyph: nearly always one character.
#[derive(Clone, Debug)]
pub(super) enum Text {
    One(char),
    More(Rc<str>),
}

pub(super) struct Font<'a> {
    font: hayro_font::Font<'a>,
    codes: RefCell<HashMap<u32, Code>>,
    /// Whether its glyphs are drawn by content, in units of its own.
    pub drawn: bool,
}

impl Font<'_> {
    /// The code at `at`, and its length.
    pub fn read(&self, bytes: &[u8], at: usize) -> (u32, usize) {
        let (code, length) = self.font.read_code(bytes, at);
        (code, length.max(1))
    }

    pub fn is_horizontal(&self) -> bool {
        self.font.is_horizontal()
    }

    pub fn code(&self, code: u32) -> Code {
        let mut codes = self.codes.borrow_mut();
        let found = codes.entry(code).or_insert_with(|| {
            let glyph = self.font.glyph(self.font.map_code(code), code);
            let unicode = match &glyph {
                FontGlyph::Outline(glyph) => glyph.as_unicode(),
                FontGlyph::Type3(glyph) => glyph.as_unicode(),
            };
            let advance = self.font.code_advance(code);
            let advance = if self.is_horizontal() { advance.x } else { advance.y };
            #[allow(clippy::cast_possible_truncation)]
            let advance = (advance as f32) / UNITS_PER_EM;
            // Maps often leave out the space, or make it a zero.
            let blank = is_blank(&glyph, code);
            let text = unicode.and_then(text).or_else(|| blank.then_some(Text::One(' ')));
            Code { text, advance: if advance.is_finite() { advance } else { 0.0 } }
        });
        found.clone()
    }
}

/// Whether a glyph shows nothing. One that is not there tells nothing, but at the end of a line that a program has
/// drawn with what ended it.
fn is_blank(glyph: &FontGlyph<'_>, code: u32) -> bool {
    match glyph {
        FontGlyph::Outline(glyph) if glyph.glyph_id() == GlyphId::NOTDEF => matches!(code, 0x09 | 0x0A | 0x0D),
        FontGlyph::Outline(glyph) => glyph.outline().is_empty(),
        FontGlyph::Type3(_) => false,
    }
}

/// The text that a font gives a code: ligatures in letters, private digits of symbol fonts as digits.
fn text(unicode: BfString) -> Option<Text> {
    match unicode {
        BfString::Char(character) => character_text(character),
        BfString::String(string) => {
            let known: String = string.chars().filter(|c| !c.is_control() && *c != '\u{FFFD}').collect();
            (!known.is_empty()).then(|| Text::More(known.into()))
        }
    }
}

fn character_text(character: char) -> Option<Text> {
    let more = |text: &str| Some(Text::More(text.into()));
    match character {
        '\u{FB00}' => more("ff"),
        '\u{FB01}' => more("fi"),
        '\u{FB02}' => more("fl"),
        '\u{FB03}' => more("ffi"),
        '\u{FB04}' => more("ffl"),
        '\u{FB05}' | '\u{FB06}' => more("st"),
        '\t' | '\n' | '\r' => Some(Text::One(' ')),
        '\u{FFFD}' => None,
        character if character.is_control() => None,
        // Symbol fonts keep ASCII at U+F000.
        '\u{F020}'..='\u{F07E}' => char::from_u32(u32::from(character) & 0xFF).map(Text::One),
        character => Some(Text::One(character)),
    }
}

/// The fonts of one file.
pub(super) struct Fonts<'a> {
    cache: FontCache<'a>,
    standard: FontResolverFn,
    maps: CMapResolverFn,
    /// By where their dictionaries stand in memory.
    known: HashMap<usize, Option<Rc<Font<'a>>>>,
}

impl<'a> Fonts<'a> {
    pub fn new() -> Self {
        Fonts {
            cache: FontCache::new(),
            standard: Arc::new(|query| match query {
                FontQuery::Standard(font) => Some(font.get_font_data()),
                FontQuery::Fallback(query) => Some(query.pick_standard_font().get_font_data()),
            }),
            maps: Arc::new(hayro_cmap::load_embedded),
            known: HashMap::new(),
        }
    }

    /// The font of a dictionary; None, and said so, when it cannot be read.
    pub fn get(&mut self, dict: &Dict<'a>, means: &mut Means<'_>) -> Option<Rc<Font<'a>>> {
        let place = dict.data().as_ptr() as usize;
        if let Some(font) = self.known.get(&place) {
            return font.clone();
        }
        let font = self.load(dict, means);
        if font.is_none() {
            means.note(Reason::Malformed);
        }
        self.known.insert(place, font.clone());
        font
    }

    fn load(&self, dict: &Dict<'a>, means: &mut Means<'_>) -> Option<Rc<Font<'a>>> {
        if !(streams(dict).iter().all(|stream| means.sound(stream)) && has_few_widths(dict)) {
            return None;
        }
        if dict.contains_key(b"ToUnicode") && dict.get::<Object<'_>>(b"ToUnicode").is_none() {
            means.note(Reason::Malformed);
        }
        let font = self.cache.font(dict, &self.standard, &self.maps)?;
        let drawn = dict.get::<Name<'_>>(b"Subtype").as_deref() == Some(b"Type3");
        Some(Rc::new(Font { font, codes: RefCell::default(), drawn }))
    }
}

/// Whether ranges of widths (ISO 32000-2, 9.7.4.3) stay within the codes that there are: each becomes an entry.
fn has_few_widths(dict: &Dict<'_>) -> bool {
    let small = |array: &Array<'_>| {
        array.raw_iter().all(|item| match item {
            MaybeRef::NotRef(Object::Number(number)) => number.as_f64() <= f64::from(u16::MAX),
            _ => true,
        })
    };
    let descendant = descendant(dict);
    let mut arrays = [&b"W"[..], b"W2"].into_iter().filter_map(|key| descendant.as_ref()?.get::<Array<'_>>(key));
    arrays.all(|array| small(&array))
}

fn descendant<'a>(dict: &Dict<'a>) -> Option<Dict<'a>> {
    dict.get::<Array<'_>>(b"DescendantFonts")?.iter::<Dict<'_>>().next()
}

/// What a font is read from: its map to Unicode and its program (ISO 32000-2, 9.8 and 9.10.3).
fn streams<'a>(dict: &Dict<'a>) -> Vec<Stream<'a>> {
    let descendant = descendant(dict);
    let of = descendant.as_ref().unwrap_or(dict);
    let mut streams = Vec::new();
    streams.extend(dict.get::<Stream<'_>>(b"ToUnicode"));
    streams.extend(dict.get::<Stream<'_>>(b"Encoding"));
    if let Some(descriptor) = of.get::<Dict<'_>>(b"FontDescriptor") {
        for key in [&b"FontFile"[..], b"FontFile2", b"FontFile3"] {
            streams.extend(descriptor.get::<Stream<'_>>(key));
        }
    }
    streams
}
