//! Content streams to glyphs and pictures with where they stand (ISO 32000-2, clauses 8 and 9).
//!
//! Only what places text and pictures is followed. Nothing is left out for being hidden: not optional
//! content that is switched off, not invisible, white or clipped text, not what lies outside the page.

use std::collections::HashMap;
use std::rc::Rc;

use hayro_font::kurbo::Affine;
use hayro_syntax::content::UntypedIter;
use hayro_syntax::object::{Dict, Name, Object, ObjectIdentifier, Stream};
use hayro_syntax::page::Resources;

use super::font::{Font, Fonts, Text};
use super::frame::Frame;
use super::geometry::within;
use super::pictures::{Pixels, Placed, Source, has_large, tell};
use super::stream::Means;
use super::text;
use crate::inspect::Reason;

/// Forms inside each other.
const MAX_DEPTH: usize = 24;
/// Forms drawn in one file, and operators followed.
const MAX_FORMS: usize = 100_000;
const MAX_OPERATORS: usize = 50_000_000;
/// Glyphs of one page.
const MAX_GLYPHS: usize = 4_000_000;
/// Pictures of one page.
const MAX_PICTURES: usize = 10_000;
/// Operators between two looks at the time.
const TICK: usize = 16_384;
/// Marked content inside each other whose glyphs are compared with what it says.
const MAX_MARKED: usize = 8;
/// Graphics states kept.
const MAX_STATES: usize = 4_096;
/// An operator of our own behind the content: where it is not reached, something was left unread.
const END: &[u8] = b"SlussEnd";

/// All operators but those that are followed (ISO 32000-2, annex A).
const OTHERS: [&[u8]; 44] = [
    b"w", b"J", b"j", b"M", b"d", b"ri", b"i", b"m", b"l", b"c", b"v", b"y", b"h", b"re", b"S", b"s", b"f", b"F",
    b"f*", b"B", b"B*", b"b", b"b*", b"n", b"W", b"W*", b"CS", b"cs", b"SC", b"sc", b"G", b"g", b"RG", b"rg", b"K",
    b"k", b"sh", b"d0", b"d1", b"MP", b"DP", b"BT", b"ET", b"EI",
];

/// A glyph on the page, in a frame turned so that its text runs along the first axis.
#[derive(Clone, Debug)]
pub(super) struct Glyph {
    /// The frame: multiples of [`super::geometry::TURN`] degrees.
    pub turn: i16,
    pub along: f32,
    pub across: f32,
    /// Where the next glyph is expected, and the height of the font.
    pub advance: f32,
    pub size: f32,
    pub text: Option<Text>,
    /// Drawn in no colour at all, as below a scanned page.
    pub invisible: bool,
}

/// What stands on a page or in the appearance of an annotation.
#[derive(Default)]
pub(super) struct Drawn<'a> {
    pub glyphs: Vec<Glyph>,
    pub pictures: Vec<Placed<'a>>,
    /// Text that the content says it stands for, where the glyphs say something else.
    pub said: Vec<String>,
    /// Curves drawn: a page of nothing else may be text in outlines.
    pub curves: usize,
}

impl Drawn<'_> {
    /// Keeps what is said without comparing it; gives nothing to compare.
    fn say(&mut self, said: Option<String>) -> Option<String> {
        self.said.extend(said);
        None
    }
}

/// Follows content streams; one for a file, so that what is counted is counted for the file.
pub(super) struct Interpreter<'a> {
    pub fonts: Fonts<'a>,
    forms: usize,
    operators: usize,
}

#[derive(Clone)]
pub(super) struct State<'a> {
    pub ctm: Affine,
    pub font: Option<Rc<Font<'a>>>,
    pub size: f64,
    pub character_space: f64,
    pub word_space: f64,
    pub scale: f64,
    pub leading: f64,
    pub rise: f64,
    pub invisible: bool,
}

struct Marked {
    said: Option<String>,
    from: usize,
}

/// One run over a content stream.
struct Run<'s, 'a> {
    state: State<'a>,
    states: Vec<State<'a>>,
    text: Affine,
    line: Affine,
    marked: Vec<Marked>,
    resources: &'s Resources<'a>,
    fonts: HashMap<Vec<u8>, Option<Rc<Font<'a>>>>,
    path: &'s [ObjectIdentifier],
    bare: usize,
}

impl<'a> Interpreter<'a> {
    pub fn new() -> Self {
        Interpreter { fonts: Fonts::new(), forms: MAX_FORMS, operators: MAX_OPERATORS }
    }

    /// Follows the content of a page, or any other that stands for itself.
    pub fn page(&mut self, content: Vec<u8>, resources: &Resources<'a>, means: &mut Means<'_>, drawn: &mut Drawn<'a>) {
        self.follow(content, resources, Affine::IDENTITY, &[], means, drawn);
    }

    /// Follows a form: its matrix, its own resources or those around it (ISO 32000-2, 8.10).
    pub fn form(
        &mut self,
        stream: &Stream<'a>,
        resources: &Resources<'a>,
        ctm: Affine,
        path: &[ObjectIdentifier],
        means: &mut Means<'_>,
        drawn: &mut Drawn<'a>,
    ) {
        let id = stream.obj_id();
        if path.contains(&id) {
            return means.note(Reason::Malformed);
        }
        let Some(left) = self.forms.checked_sub(1).filter(|_| path.len() < MAX_DEPTH) else {
            return means.note(Reason::OverLimit);
        };
        self.forms = left;
        let Some(content) = means.content(stream) else { return };
        let matrix = stream.dict().get::<[f64; 6]>(b"Matrix").map_or(Affine::IDENTITY, Affine::new);
        let own = stream.dict().get::<Dict<'_>>(b"Resources").map(Resources::new);
        let path: Vec<_> = path.iter().copied().chain([id]).collect();
        self.follow(content.into_owned(), own.as_ref().unwrap_or(resources), within(ctm, matrix), &path, means, drawn);
    }

    fn follow(
        &mut self,
        mut content: Vec<u8>,
        resources: &Resources<'a>,
        ctm: Affine,
        path: &[ObjectIdentifier],
        means: &mut Means<'_>,
        drawn: &mut Drawn<'a>,
    ) {
        content.extend_from_slice(b"\n");
        content.extend_from_slice(END);
        let mut run = Run::new(ctm, resources, path);
        let mut instructions = UntypedIter::new(&content);
        let mut ended = false;
        while let Some(instruction) = instructions.next() {
            let operator: &[u8] = instruction.operator;
            if operator == END {
                ended = true;
                break;
            }
            let Some(left) = self.operators.checked_sub(1) else { return means.note(Reason::OverLimit) };
            self.operators = left;
            if left.is_multiple_of(TICK) && !means.in_time() {
                return;
            }
            if drawn.glyphs.len() > MAX_GLYPHS || drawn.pictures.len() > MAX_PICTURES {
                return means.note(Reason::OverLimit);
            }
            let mut numbers = [0.0; 6];
            let given = instruction.operands().filter_map(number);
            let count = numbers.iter_mut().zip(given).map(|(slot, number)| *slot = number).count();
            let last = instruction.operands().last();
            run.step(operator, &numbers, count, last, instruction.operands(), self, means, drawn);
        }
        if !ended {
            means.note(Reason::Malformed);
        }
        while let Some(marked) = run.marked.pop() {
            marked.close(drawn);
        }
    }
}

fn number(object: &Object<'_>) -> Option<f64> {
    match object {
        Object::Number(number) => Some(number.as_f64()),
        _ => None,
    }
}

impl<'s, 'a> Run<'s, 'a> {
    fn new(ctm: Affine, resources: &'s Resources<'a>, path: &'s [ObjectIdentifier]) -> Self {
        let state = State {
            ctm,
            font: None,
            size: 0.0,
            character_space: 0.0,
            word_space: 0.0,
            scale: 1.0,
            leading: 0.0,
            rise: 0.0,
            invisible: false,
        };
        Run {
            state,
            states: Vec::new(),
            text: Affine::IDENTITY,
            line: Affine::IDENTITY,
            marked: Vec::new(),
            resources,
            fonts: HashMap::new(),
            path,
            bare: 0,
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn step<'b>(
        &mut self,
        operator: &[u8],
        numbers: &[f64; 6],
        count: usize,
        last: Option<&Object<'_>>,
        operands: impl Iterator<Item = &'b Object<'b>>,
        interpreter: &mut Interpreter<'a>,
        means: &mut Means<'_>,
        drawn: &mut Drawn<'a>,
    ) where
        'a: 'b,
    {
        let [first, second, ..] = *numbers;
        match operator {
            b"q" if self.states.len() < MAX_STATES => self.states.push(self.state.clone()),
            b"q" => means.note(Reason::OverLimit),
            b"Q" => self.state = self.states.pop().unwrap_or_else(|| self.state.clone()),
            b"cm" if count == 6 => self.state.ctm = within(self.state.ctm, Affine::new(*numbers)),
            b"BT" => (self.text, self.line) = (Affine::IDENTITY, Affine::IDENTITY),
            b"Tm" if count == 6 => {
                self.line = Affine::new(*numbers);
                self.text = self.line;
            }
            b"Td" => self.next_line(first, second),
            b"TD" => {
                self.state.leading = -second;
                self.next_line(first, second);
            }
            b"T*" => self.next_line(0.0, -self.state.leading),
            b"Tc" => self.state.character_space = first,
            b"Tw" => self.state.word_space = first,
            b"Tz" => self.state.scale = first / 100.0,
            b"TL" => self.state.leading = first,
            b"Ts" => self.state.rise = first,
            b"Tr" => self.state.invisible = first == 3.0,
            b"Tf" => {
                let mut operands = operands;
                if let Some(Object::Name(name)) = operands.next() {
                    self.state.font = self.font(name, interpreter, means);
                }
                self.state.size = first;
            }
            b"Tj" | b"'" | b"\"" => {
                if operator != b"Tj" {
                    if operator == b"\"" {
                        (self.state.word_space, self.state.character_space) = (first, second);
                    }
                    self.next_line(0.0, -self.state.leading);
                }
                match last {
                    Some(Object::String(string)) => self.show(string.as_bytes(), means, drawn),
                    _ => means.note(Reason::Malformed),
                }
            }
            b"TJ" => match last {
                Some(Object::Array(array)) => {
                    for item in array.raw_iter() {
                        match item {
                            hayro_syntax::object::MaybeRef::NotRef(Object::String(string)) => {
                                self.show(string.as_bytes(), means, drawn);
                            }
                            hayro_syntax::object::MaybeRef::NotRef(Object::Number(number)) => {
                                let shift = -number.as_f64() / 1000.0 * self.state.size;
                                self.advance(shift);
                            }
                            _ => means.note(Reason::Malformed),
                        }
                    }
                }
                _ => means.note(Reason::Malformed),
            },
            b"Do" => {
                if let Some(Object::Name(name)) = last {
                    self.draw(name, interpreter, means, drawn);
                }
            }
            b"BI" => {
                if let Some(Object::Stream(stream)) = last {
                    match Pixels::of(stream, Some(self.resources), means) {
                        Ok(pixels) => self.place(Source::Decoded(pixels), drawn),
                        Err(lost) if Pixels::size(stream.dict()).is_none_or(has_large) => tell(lost, means),
                        Err(_) => {}
                    }
                } else {
                    means.note(Reason::Malformed);
                }
            }
            b"scn" | b"SCN" => {
                if let Some(Object::Name(name)) = last
                    && let Some(stream) = self.resources.patterns.get::<Stream<'_>>(name.as_ref())
                    && stream.dict().get::<i32>(b"PatternType") == Some(1)
                    && !self.path.contains(&stream.obj_id())
                {
                    let resources = self.resources;
                    interpreter.form(&stream, resources, self.state.ctm, self.path, means, drawn);
                }
            }
            b"gs" => {
                if let Some(Object::Name(name)) = last {
                    self.graphics_state(name, interpreter, means, drawn);
                }
            }
            b"BMC" => self.marked.push(Marked { said: None, from: drawn.glyphs.len() }),
            b"BDC" => {
                let properties = match last {
                    Some(Object::Dict(properties)) => said(properties),
                    Some(Object::Name(name)) => {
                        self.resources.properties.get::<Dict<'_>>(name.as_ref()).as_ref().and_then(said)
                    }
                    _ => None,
                };
                let compared = if self.marked.len() < MAX_MARKED { properties } else { drawn.say(properties) };
                self.marked.push(Marked { said: compared, from: drawn.glyphs.len() });
            }
            b"EMC" => {
                if let Some(marked) = self.marked.pop() {
                    marked.close(drawn);
                }
            }
            b"BX" => self.bare = self.bare.saturating_add(1),
            b"EX" => self.bare = self.bare.saturating_sub(1),
            b"c" | b"v" | b"y" => drawn.curves = drawn.curves.saturating_add(1),
            operator if OTHERS.contains(&operator) || self.bare > 0 => {}
            _ => means.note(Reason::Malformed),
        }
    }

    fn next_line(&mut self, x: f64, y: f64) {
        self.line = within(self.line, Affine::translate((x, y)));
        self.text = self.line;
    }

    /// Moves on along the line, before horizontal scaling.
    fn advance(&mut self, shift: f64) {
        let horizontal = self.state.font.as_ref().is_none_or(|font| font.is_horizontal());
        let shift = if horizontal { (shift * self.state.scale, 0.0) } else { (0.0, shift) };
        self.text = within(self.text, Affine::translate(shift));
    }

    fn font(
        &mut self,
        name: &Name<'_>,
        interpreter: &mut Interpreter<'a>,
        means: &mut Means<'_>,
    ) -> Option<Rc<Font<'a>>> {
        if let Some(font) = self.fonts.get(name.as_ref()) {
            return font.clone();
        }
        let font = match self.resources.fonts.get::<Dict<'_>>(name.as_ref()) {
            Some(dict) => interpreter.fonts.get(&dict, means),
            None => {
                means.note(Reason::Malformed);
                None
            }
        };
        self.fonts.insert(name.as_ref().to_vec(), font.clone());
        font
    }

    fn show(&mut self, bytes: &[u8], means: &mut Means<'_>, drawn: &mut Drawn<'a>) {
        let font = self.state.font.clone();
        if font.is_none() && !bytes.is_empty() {
            means.note(Reason::Malformed);
        }
        let horizontal = font.as_ref().is_none_or(|font| font.is_horizontal());
        let frame = Frame::new(&self.state, self.text, horizontal);
        let mut at = 0_usize;
        while at < bytes.len() {
            // Without its font, text is read as the programs that show it guess: as if it were in Helvetica.
            let (text, advance, code, length) = match &font {
                Some(font) => {
                    let (code, length) = font.read(bytes, at);
                    let found = font.code(code);
                    (found.text, f64::from(found.advance), code, length)
                }
                None => {
                    let byte = bytes.get(at).copied().unwrap_or(b' ');
                    (Some(Text::One(char::from(byte))), 0.5, u32::from(byte), 1)
                }
            };
            at = at.saturating_add(length);
            let spacing =
                self.state.character_space + if code == 32 && length == 1 { self.state.word_space } else { 0.0 };
            let width = advance * self.state.size;
            drawn.glyphs.push(frame.glyph(&self.state, self.text, text, width, spacing));
            self.advance(width + spacing);
        }
    }

    fn draw(
        &mut self,
        name: &Name<'_>,
        interpreter: &mut Interpreter<'a>,
        means: &mut Means<'_>,
        drawn: &mut Drawn<'a>,
    ) {
        let Some(stream) = self.resources.x_objects.get::<Stream<'_>>(name.as_ref()) else {
            return means.note(Reason::Malformed);
        };
        match stream.dict().get::<Name<'_>>(b"Subtype").as_deref() {
            Some(b"Image") => self.place(Source::Stream(stream), drawn),
            Some(b"Form") => {
                let resources = self.resources;
                interpreter.form(&stream, resources, self.state.ctm, self.path, means, drawn);
            }
            Some(b"PS") => {}
            _ => means.note(Reason::Malformed),
        }
    }

    fn place(&self, source: Source<'a>, drawn: &mut Drawn<'a>) {
        drawn.pictures.push(Placed { source, ctm: self.state.ctm, after: drawn.glyphs.len() });
    }

    /// A font, and a soft mask, whose form is drawn as well (ISO 32000-2, 8.4.5 and 11.6.5.2).
    fn graphics_state(
        &mut self,
        name: &Name<'_>,
        interpreter: &mut Interpreter<'a>,
        means: &mut Means<'_>,
        drawn: &mut Drawn<'a>,
    ) {
        let Some(dict) = self.resources.ext_g_states.get::<Dict<'_>>(name.as_ref()) else { return };
        if let Some(font) = dict.get::<hayro_syntax::object::Array<'_>>(b"Font") {
            let mut items = font.flex_iter();
            if let Some(font) = items.next::<Dict<'_>>() {
                self.state.font = interpreter.fonts.get(&font, means);
            }
            if let Some(size) = items.next::<f64>() {
                self.state.size = size;
            }
        }
        let mask = dict.get::<Dict<'_>>(b"SMask").and_then(|mask| mask.get::<Stream<'_>>(b"G"));
        if let Some(mask) = mask.filter(|mask| !self.path.contains(&mask.obj_id())) {
            let resources = self.resources;
            interpreter.form(&mask, resources, self.state.ctm, self.path, means, drawn);
        }
    }
}

/// The text that marked content stands for (ISO 32000-2, 14.9.4).
fn said(properties: &Dict<'_>) -> Option<String> {
    let mut said = String::new();
    for key in [&b"ActualText"[..], b"Alt", b"E"] {
        if let Some(string) = properties.get::<hayro_syntax::object::String<'_>>(key) {
            said.push_str(&text::text(string.as_bytes()));
        }
    }
    (!said.is_empty()).then_some(said)
}

impl Marked {
    /// Gives what is said to glyphs that say nothing themselves, and keeps it where they say something else.
    fn close(self, drawn: &mut Drawn<'_>) {
        let Some(said) = self.said else { return };
        let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
        let glyphs = drawn.glyphs.get_mut(self.from..).unwrap_or_default();
        let mut shown = String::new();
        for glyph in glyphs.iter() {
            match &glyph.text {
                Some(Text::One(character)) => shown.push(*character),
                Some(Text::More(text)) => shown.push_str(text),
                None => {}
            }
        }
        if letters(&shown).contains(&letters(&said)) {
            return;
        }
        match glyphs.first_mut() {
            Some(first) if letters(&shown).is_empty() => {
                first.text = Some(Text::More(said.trim().into()));
                for glyph in glyphs.iter_mut().skip(1) {
                    glyph.text = Some(Text::More("".into()));
                }
            }
            _ => drawn.said.push(said),
        }
    }
}
