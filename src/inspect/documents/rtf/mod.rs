//! Rich Text Format 1.9.1, and the HTML that Outlook puts into it (MS-OXRTFEX).
//!
//! Groups are a stack of states, not of calls. Text goes with its group's destination: the body, a text beside
//! it, a short text, a picture. What no reader knows is kept as text of its own, never dropped.

mod token;
mod words;

use std::collections::HashMap;

use token::{Token, Tokens};
use words::Destination;

use super::compound::object;
use super::little_endian::{before_nul, by_codepage, runs, size_at, slice, u32_at};
use super::metafile;
use super::story::{Change, Story};
use super::{Document, Extract, Inner, Limits};
use crate::inspect::Reason;
use crate::inspect::transfer::hex_pair;

/// Groups in each other; those below are read with the last of them.
const MAX_DEPTH: usize = 20_000;
/// Tokens between two looks at the clock.
const STEP: usize = 1 << 14;

pub(super) struct Rtf;

impl Document for Rtf {
    fn fits(&self, bytes: &[u8]) -> bool {
        // Word asks for no more of the first word than this.
        bytes.starts_with(b"{\\rt")
    }

    fn read(&self, bytes: &[u8], limits: &mut Limits, out: &mut Extract) {
        let mut reader = Reader::new();
        let mut tokens = Tokens::new(bytes);
        let mut seen = 0_usize;
        for token in tokens.by_ref() {
            seen = seen.saturating_add(1);
            if seen.is_multiple_of(STEP) && !limits.in_time() {
                reader.out.note(Reason::TimedOut);
                break;
            }
            reader.token(token, limits);
            if reader.groups.is_empty() {
                break;
            }
        }
        // Some writers leave a line end or a NUL behind the end.
        let after = tokens.rest();
        if !reader.groups.is_empty() || tokens.cut {
            reader.out.note(Reason::Malformed);
        }
        reader.finish(limits, out);
        out.add(Some("after the end"), runs(after));
    }
}

/// What holds for a group.
#[derive(Clone, Copy)]
struct Group {
    destination: Destination,
    /// The destination began here, and ends with the group.
    own: bool,
    codepage: u32,
    /// Characters that stand for a Unicode one for older readers.
    fallback: usize,
    change: Change,
    /// Not part of the HTML inside.
    rtf_only: bool,
    starred: bool,
    first: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Image {
    Unknown,
    File,
    Metafile,
    Bitmap,
}

struct Reader {
    groups: Vec<Group>,
    /// Groups below the deepest that has a state.
    below: usize,
    stories: Vec<Story>,
    /// What stands beside the body.
    out: Extract,
    codepage: u32,
    fonts: HashMap<i32, u32>,
    font: i32,
    /// Bytes that wait for what follows, since a character may take two.
    bytes: Vec<u8>,
    /// Half of a character of two UTF-16 units.
    high: Option<u16>,
    /// Characters to pass over, after a Unicode one.
    pass: usize,
    short: String,
    hex: Vec<u8>,
    image: Image,
    /// The word that began the destination nobody knows.
    unknown: String,
    newer_picture: bool,
    newer_shape: bool,
    from_html: bool,
    html: String,
}

impl Reader {
    fn new() -> Self {
        Reader {
            groups: vec![],
            below: 0,
            stories: vec![Story::new(None)],
            out: Extract::default(),
            codepage: 1252,
            fonts: HashMap::new(),
            font: 0,
            bytes: Vec::new(),
            high: None,
            pass: 0,
            short: String::new(),
            hex: Vec::new(),
            image: Image::Unknown,
            unknown: String::new(),
            newer_picture: false,
            newer_shape: false,
            from_html: false,
            html: String::new(),
        }
    }

    fn group(&self) -> Group {
        self.groups.last().copied().unwrap_or(Group {
            destination: Destination::Flow,
            own: false,
            codepage: self.codepage,
            fallback: 1,
            change: Change::None,
            rtf_only: false,
            starred: false,
            first: true,
        })
    }

    fn set(&mut self, change: impl FnOnce(&mut Group)) {
        if let Some(group) = self.groups.last_mut() {
            change(group);
        }
    }

    fn token(&mut self, token: Token<'_>, limits: &mut Limits) {
        let passes =
            self.pass > 0 && matches!(token, Token::Word(..) | Token::Symbol(_) | Token::Byte(_) | Token::Binary(_));
        if passes {
            self.pass = self.pass.saturating_sub(1);
            return;
        }
        if !matches!(token, Token::Byte(_) | Token::Text(_)) {
            self.flush();
        }
        match token {
            Token::Open => {
                self.pass = 0;
                if self.groups.len() >= MAX_DEPTH {
                    self.out.note(Reason::OverLimit);
                    self.below = self.below.saturating_add(1);
                    return;
                }
                let group = Group { own: false, starred: false, first: true, ..self.group() };
                self.groups.push(group);
            }
            Token::Close => {
                self.pass = 0;
                if self.below > 0 {
                    self.below = self.below.saturating_sub(1);
                    return;
                }
                self.close(limits);
            }
            Token::Word(word, value) => self.word(word, value),
            Token::Symbol(symbol) => self.symbol(symbol),
            Token::Byte(byte) => self.bytes.push(byte),
            Token::Text(text) => self.text(text),
            Token::Binary(bytes) => match self.group().destination {
                Destination::Picture | Destination::Object => {
                    self.hex.extend(bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xF]).map(digit));
                }
                Destination::Settings | Destination::Older => {}
                _ => self.out.add(Some("binary data"), runs(bytes)),
            },
        }
    }

    fn text(&mut self, text: &[u8]) {
        let passed = self.pass.min(text.len());
        self.pass = self.pass.saturating_sub(passed);
        let text = text.get(passed..).unwrap_or_default();
        self.set(|group| group.first = false);
        match self.group().destination {
            Destination::Picture | Destination::Object => {
                self.hex.extend(text.iter().filter(|byte| byte.is_ascii_hexdigit()));
            }
            _ => self.bytes.extend(text),
        }
    }

    /// Gives the waiting bytes as text.
    fn flush(&mut self) {
        if !self.bytes.is_empty() {
            let bytes = std::mem::take(&mut self.bytes);
            let codepage = self.group().codepage;
            by_codepage(&bytes, codepage).chars().for_each(|c| self.push(c));
        }
    }

    fn symbol(&mut self, symbol: u8) {
        match symbol {
            b'*' => {
                self.set(|group| group.starred = true);
                return;
            }
            b'\\' | b'{' | b'}' => self.push(char::from(symbol)),
            b'~' => self.push('\u{A0}'),
            b'_' => self.push('-'),
            b'-' => self.push('\u{AD}'),
            b'\r' | b'\n' => self.line(),
            b'\t' => self.push('\t'),
            _ => {}
        }
        self.set(|group| group.first = false);
    }

    fn word(&mut self, word: &str, value: Option<i32>) {
        let group = self.group();
        self.set(|group| (group.starred, group.first) = (false, false));
        if let Some(destination) = words::destination(word, group.starred, group.first) {
            self.begin(word, destination);
            return;
        }
        let on = value != Some(0);
        match word {
            "par" | "line" | "page" | "sect" | "column" | "row" | "nestrow" => self.line(),
            "cell" | "nestcell" => match self.group().destination {
                Destination::Flow | Destination::Story(_) => {
                    self.stories.last_mut().into_iter().for_each(Story::end_cell)
                }
                _ => self.push('\t'),
            },
            "u" => self.unicode(value.unwrap_or_default()),
            "uc" => self.set(|group| group.fallback = usize::try_from(value.unwrap_or(1)).unwrap_or_default()),
            "deleted" => self.set(|group| group.change = if on { Change::Deleted } else { Change::None }),
            "revised" if group.change != Change::Deleted => {
                self.set(|group| group.change = if on { Change::Inserted } else { Change::None });
            }
            "plain" => {
                let codepage = self.codepage;
                self.set(|group| (group.codepage, group.change) = (codepage, Change::None));
            }
            "f" => {
                self.font = value.unwrap_or_default();
                let codepage = self.fonts.get(&self.font).copied().unwrap_or(self.codepage);
                self.set(|group| group.codepage = codepage);
            }
            "fcharset" | "cpg" if group.destination == Destination::Fonts => {
                let value = value.unwrap_or_default();
                let codepage = if word == "cpg" { u32::try_from(value).ok() } else { words::codepage(value) };
                if let Some(codepage) = codepage {
                    self.fonts.insert(self.font, codepage);
                    self.set(|group| group.codepage = codepage);
                }
            }
            "ansicpg" => self.charset(u32::try_from(value.unwrap_or_default()).unwrap_or(1252)),
            "mac" => self.charset(10_000),
            "pc" => self.charset(437),
            "pca" => self.charset(850),
            "fromhtml" => self.from_html = on,
            "htmlrtf" => self.set(|group| group.rtf_only = on),
            "pngblip" | "jpegblip" => self.image = Image::File,
            "emfblip" | "wmetafile" => self.image = Image::Metafile,
            "dibitmap" => self.image = Image::Bitmap,
            "field" => self.stories.last_mut().into_iter().for_each(Story::begin_code),
            word => words::character(word).into_iter().for_each(|c| self.push(c)),
        }
    }

    fn charset(&mut self, codepage: u32) {
        self.codepage = codepage;
        self.set(|group| group.codepage = codepage);
    }

    /// The group's text goes elsewhere from here.
    fn begin(&mut self, word: &str, destination: Destination) {
        let group = self.group();
        let destination = match destination {
            _ if group.destination == Destination::Older => return,
            Destination::Older => {
                let newer = if word == "shprslt" { &mut self.newer_shape } else { &mut self.newer_picture };
                if std::mem::take(newer) { Destination::Older } else { Destination::Flow }
            }
            // A result stands with the text around, whatever that is.
            Destination::Flow if !matches!(group.destination, Destination::Settings) => return,
            // Parts of what nobody knows, as of a field of a form: each is a text of its own.
            Destination::Unknown if matches!(group.destination, Destination::Unknown | Destination::Code) => {
                return self.push('\n');
            }
            Destination::Unknown if !matches!(group.destination, Destination::Flow | Destination::Story(_)) => return,
            other => other,
        };
        self.newer_shape |= word == "shpinst";
        let own = !group.own && destination != group.destination
            || matches!(destination, Destination::Story(_) | Destination::Short(_) | Destination::Picture);
        self.set(|group| (group.destination, group.own) = (destination, own));
        match destination {
            Destination::Story(place) if own => self.stories.push(Story::new(Some(place))),
            Destination::Short(_) => self.short.clear(),
            Destination::Unknown => {
                self.short.clear();
                self.unknown = word.to_owned();
            }
            Destination::Picture | Destination::Object => {
                self.hex.clear();
                self.image = Image::Unknown;
            }
            _ => {}
        }
    }

    /// Ends a group, and with it what it began.
    fn close(&mut self, limits: &mut Limits) {
        let Some(group) = self.groups.pop() else { return };
        match group.destination {
            // A name and its value are a group each.
            Destination::Short("variable") if !group.own => self.short.push('\n'),
            _ if !group.own => {}
            Destination::Story(_) if self.stories.len() > 1 => {
                if let Some(story) = self.stories.pop() {
                    story.finish(&mut self.out);
                    self.drop_again();
                }
            }
            Destination::Short(place) => {
                let text = std::mem::take(&mut self.short);
                // Measures of shapes are numbers.
                let measure = place == "alt text" && text.trim().parse::<i64>().is_ok_and(|_| text.trim().len() < 10);
                if !measure {
                    self.out.add(Some(place), text.trim_end_matches(';'));
                }
            }
            Destination::Unknown => {
                let (text, place) = (std::mem::take(&mut self.short), std::mem::take(&mut self.unknown));
                if text.chars().any(char::is_alphanumeric) {
                    self.out.add(Some(&place), text);
                }
            }
            Destination::Picture => self.picture(limits),
            Destination::Object => self.object(limits),
            _ => {}
        }
    }

    /// Some writers give the header of all pages for left and right ones again.
    fn drop_again(&mut self) {
        if let Some((last, before)) = self.out.pieces.split_last()
            && matches!(last.place.as_deref(), Some("header" | "footer"))
            && before.iter().rev().take(8).any(|piece| piece == last)
        {
            self.out.pieces.pop();
        }
    }

    fn unicode(&mut self, value: i32) {
        // Numbers above 32767 are written as negative ones.
        let code = if value < 0 { value.saturating_add(0x1_0000) } else { value };
        self.pass = self.group().fallback;
        let Ok(unit) = u16::try_from(code) else {
            self.push(char::from_u32(code.cast_unsigned()).unwrap_or(char::REPLACEMENT_CHARACTER));
            return;
        };
        match self.high.take() {
            Some(high) => {
                let pair = char::decode_utf16([high, unit]).next().and_then(Result::ok);
                self.push(pair.unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            None if (0xD800..0xDC00).contains(&unit) => self.high = Some(unit),
            // Characters of symbol fonts.
            None if (0xF020..=0xF0FF).contains(&unit) => self.push(char::from(unit.to_le_bytes()[0])),
            None => self.push(char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER)),
        }
    }

    fn push(&mut self, c: char) {
        let group = self.group();
        match group.destination {
            Destination::Flow if self.from_html && !group.rtf_only && self.stories.len() == 1 => self.html.push(c),
            Destination::Html => self.html.push(c),
            Destination::Flow | Destination::Story(_) => {
                if let Some(story) = self.stories.last_mut() {
                    story.push(c, group.change);
                }
            }
            Destination::Code => self.stories.last_mut().into_iter().for_each(|story| story.push_code(c)),
            Destination::Short(_) | Destination::Unknown => self.short.push(c),
            Destination::Settings
            | Destination::Older
            | Destination::Fonts
            | Destination::Picture
            | Destination::Object => {}
        }
    }

    fn line(&mut self) {
        let group = self.group();
        match group.destination {
            Destination::Flow if !(self.from_html && !group.rtf_only && self.stories.len() == 1) => {
                self.stories.last_mut().into_iter().for_each(Story::end_line);
            }
            Destination::Story(_) => self.stories.last_mut().into_iter().for_each(Story::end_line),
            _ => self.push('\n'),
        }
    }

    fn unhexed(&mut self, limits: &mut Limits) -> Option<Vec<u8>> {
        let hex = std::mem::take(&mut self.hex);
        if !limits.take_bytes(hex.len() / 2) {
            self.out.note(Reason::OverLimit);
            return None;
        }
        Some(hex.as_chunks::<2>().0.iter().filter_map(|[high, low]| hex_pair(*high, *low)).collect())
    }

    fn picture(&mut self, limits: &mut Limits) {
        let Some(bytes) = self.unhexed(limits).filter(|bytes| !bytes.is_empty()) else { return };
        self.newer_picture = true;
        match self.image {
            Image::Metafile => metafile::read(&bytes, None, limits, &mut self.out),
            Image::Bitmap => metafile::bitmap(&bytes, None, limits, &mut self.out),
            Image::File | Image::Unknown => self.out.files.push(Inner { bytes, ..Inner::default() }),
        }
    }

    /// An OLE 1.0 object (MS-OLEDS section 2.2.5).
    fn object(&mut self, limits: &mut Limits) {
        let Some(bytes) = self.unhexed(limits).filter(|bytes| !bytes.is_empty()) else { return };
        const EMBEDDED: u32 = 2;
        let parsed = (|| {
            let mut at = 8_usize;
            let mut texts = Vec::new();
            for _ in 0..3 {
                let len = size_at(&bytes, at)?;
                texts.push(by_codepage(slice(&bytes, at.checked_add(4)?, len)?, 1252));
                at = at.checked_add(len)?.checked_add(4)?;
            }
            let len = size_at(&bytes, at);
            Some((texts, len.and_then(|len| slice(&bytes, at.checked_add(4)?, len))))
        })();
        let place = Some("embedded object");
        match parsed {
            Some((texts, Some(content))) if texts.first().is_some_and(|class| before_nul(class) == "Package") => {
                object::native(content, place, &mut self.out);
            }
            Some((texts, content)) => {
                let linked: Vec<&str> = texts.iter().skip(1).map(|text| before_nul(text)).collect();
                self.out.add(Some("origin of a file"), linked.join("\n"));
                if let Some(content) = content {
                    let bytes = content.to_vec();
                    self.out.files.push(Inner { place: place.map(str::to_owned), bytes, ..Inner::default() });
                } else if u32_at(&bytes, 4) == Some(EMBEDDED) {
                    self.out.note(Reason::Malformed);
                    self.out.add(place, runs(&bytes));
                }
            }
            None => {
                self.out.note(Reason::Malformed);
                self.out.add(place, runs(&bytes));
            }
        }
    }

    /// The body, then all that stands beside it.
    fn finish(mut self, limits: &mut Limits, out: &mut Extract) {
        self.flush();
        // Cut off: what was open ends here.
        while !self.groups.is_empty() {
            self.close(limits);
        }
        while self.stories.len() > 1 {
            self.stories.pop().into_iter().for_each(|story| story.finish(&mut self.out));
        }
        self.stories.pop().into_iter().for_each(|story| story.finish(out));
        out.pieces.append(&mut self.out.pieces);
        out.files.append(&mut self.out.files);
        self.out.reasons.into_iter().for_each(|reason| out.note(reason));
        if !self.html.trim().is_empty() {
            let bytes = self.html.into_bytes();
            out.files.push(Inner { name: "body.html".to_owned(), place: Some("body".to_owned()), bytes });
        }
    }
}

fn digit(half: u8) -> u8 {
    if half < 10 { b'0'.saturating_add(half) } else { b'a'.saturating_sub(10).saturating_add(half) }
}
