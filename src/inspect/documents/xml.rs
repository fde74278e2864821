//! XML to elements and text, one after the other.
//!
//! Nothing is fetched and nothing expanded: a document type with declarations in it, a named entity
//! that XML does not know, and XML that does not end are `Malformed` (CWE-611, CWE-776). Encodings are
//! read as anywhere else in a mail.

use std::borrow::Cow;
use std::ops::Range;

use super::tokens::{Attributes, Token, Tokens, is_space};
use super::{Extract, Limits};
use crate::inspect::{Reason, charset};

/// Elements inside each other; office programs write fewer than 100.
const MAX_DEPTH: usize = 1_000;
/// Elements after which the time is looked at.
const TICK: usize = 4_096;
/// Bytes in which the declaration stands.
const HEAD: usize = 256;

/// What stands next in the document. Names are without their prefix.
pub(super) enum Node<'a> {
    Start(&'a Element<'a>),
    Text(Cow<'a, str>),
    End(&'a str),
}

/// A start tag.
pub(super) struct Element<'a> {
    tag: &'a str,
    /// Where its name begins, behind the prefix and colon, and where it ends.
    name: Range<usize>,
}

impl<'a> Element<'a> {
    fn new(tag: &'a str) -> Self {
        let end = tag.bytes().position(is_space).unwrap_or(tag.len());
        let name = tag.get(..end).unwrap_or_default();
        Element { tag, name: name.len().saturating_sub(local(name).len())..end }
    }

    pub fn name(&self) -> &'a str {
        self.tag.get(self.name.clone()).unwrap_or_default()
    }

    /// Whether its name has this prefix.
    pub fn is_of(&self, prefix: &str) -> bool {
        self.tag.get(..self.name.start).and_then(|own| own.strip_suffix(':')) == Some(prefix)
    }

    fn attributes(&self) -> Attributes<'a> {
        Attributes::new(self.tag.get(self.name.end..).unwrap_or_default())
    }

    /// The first attribute of that name, whatever its prefix.
    pub fn attribute(&self, name: &str) -> Option<Cow<'a, str>> {
        self.attributes().find(|(key, _)| local(key) == name).map(|(_, value)| decoded(value))
    }

    /// The first attribute of that name with a prefix.
    pub fn prefixed(&self, name: &str) -> Option<Cow<'a, str>> {
        self.attributes().find(|(key, _)| *key != name && local(key) == name).map(|(_, value)| decoded(value))
    }

    /// All attributes in turn, by names without their prefix.
    pub fn each(&self, mut visit: impl FnMut(&str, Cow<'_, str>)) {
        self.attributes().for_each(|(key, value)| visit(local(key), decoded(value)));
    }

    /// [`Element::each`] for attributes that are codes: as they are written.
    pub fn each_plain(&self, mut visit: impl FnMut(&str, &str)) {
        self.attributes().for_each(|(key, value)| visit(key, value));
    }

    /// All attributes that name no namespace, by names without their prefix.
    pub fn each_own(&self, mut visit: impl FnMut(&str, Cow<'_, str>)) {
        let foreign = |key: &str| key == "xmlns" || key.starts_with("xmlns:") || key.starts_with("xsi:");
        let own = self.attributes().filter(|(key, _)| !foreign(key));
        own.for_each(|(key, value)| visit(local(key), decoded(value)));
    }

    /// Whether the attribute says yes; no when it is missing.
    pub fn says(&self, name: &str, words: &[&str]) -> bool {
        self.attribute(name).is_some_and(|value| words.contains(&value.as_ref()))
    }
}

/// Reads a document. Text in comments of the markup goes to `out` at once.
pub(super) fn read(bytes: &[u8], limits: &Limits, out: &mut Extract, each: &mut dyn FnMut(Node<'_>, &mut Extract)) {
    let head = bytes.get(..HEAD).unwrap_or(bytes);
    // Programs that make XML in memory say UTF-16 of what they store as UTF-8.
    let wide = |label: &String| label.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("utf-16"));
    let narrow = memchr::memchr(0, head).is_none() && !head.starts_with(b"\xFF\xFE") && !head.starts_with(b"\xFE\xFF");
    let label = declared_encoding(&charset::decode(head, None)).filter(|label| !(narrow && wide(label)));
    let is_utf_8 = label.as_deref().is_none_or(|label| label.eq_ignore_ascii_case("utf-8"));
    // One look at all bytes, for nearly all documents.
    let plain = std::str::from_utf8(bytes).ok().filter(|_| is_utf_8 && memchr::memchr(0, head).is_none());
    if plain.is_none() && is_utf_8 && !is_unicode(bytes) {
        out.note(Reason::Malformed);
    }
    if label.as_deref().is_some_and(|label| charset::is_shifted(label, bytes)) {
        out.note(Reason::Unsupported);
    }
    let text = plain.map_or_else(|| charset::decode(bytes, label.as_deref()), Cow::Borrowed);
    let text = text.trim_start_matches('\u{FEFF}');
    let returns = memchr::memchr(b'\r', text.as_bytes()).is_some();
    let (mut depth, mut elements) = (0_usize, 0_usize);
    for token in Tokens::new(text) {
        match token {
            Token::Start { tag, empty } => {
                let element = Element::new(tag);
                each(Node::Start(&element), out);
                if empty || is_break(tag) {
                    each(Node::End(element.name()), out);
                } else {
                    depth = depth.saturating_add(1);
                }
                elements = elements.saturating_add(1);
                if depth > MAX_DEPTH {
                    return out.note(Reason::OverLimit);
                }
                if elements.is_multiple_of(TICK) && !limits.in_time() {
                    return out.note(Reason::TimedOut);
                }
            }
            Token::End(name) if is_break(name) => {}
            Token::End(_) if depth == 0 => out.note(Reason::Malformed),
            // An end that bears another name than its start is no loss of text.
            Token::End(name) => {
                depth = depth.saturating_sub(1);
                each(Node::End(local(name)), out);
            }
            Token::Text(text) | Token::Verbatim(text) if returns => each(Node::Text(with_line_ends(text)), out),
            Token::Text(text) | Token::Verbatim(text) => each(Node::Text(Cow::Borrowed(text)), out),
            Token::Reference(name) => match character(name) {
                Some(character) => each(Node::Text(Cow::Borrowed(character.encode_utf8(&mut [0; 4]))), out),
                None => out.note(Reason::Malformed),
            },
            Token::Stray => {
                out.note(Reason::Malformed);
                each(Node::Text(Cow::Borrowed("&")), out);
            }
            Token::Comment(text) => out.add(Some("comment in the markup"), with_line_ends(text)),
            Token::DocumentType(text) if text.get(1..).is_some_and(|text| text.contains(['[', '<'])) => {
                out.note(Reason::Malformed);
            }
            Token::DocumentType(_) | Token::Instruction => {}
            Token::CutOff => return out.note(Reason::Malformed),
        }
    }
    if depth > 0 || elements == 0 {
        out.note(Reason::Malformed);
    }
}

/// A line break as Excel writes it in the text boxes of its VML: as HTML does, without an end.
fn is_break(tag: &str) -> bool {
    tag == "br"
}

/// A name without its prefix.
fn local(name: &str) -> &str {
    let colon = name.bytes().position(|byte| byte == b':');
    colon.and_then(|colon| name.get(colon.saturating_add(1)..)).unwrap_or(name)
}

/// The value of an attribute: white space is spaces, a reference its character; one that nobody knows stands
/// as it is written (XML 1.0, section 3.3.3).
fn decoded(value: &str) -> Cow<'_, str> {
    if !value.bytes().any(|byte| byte == b'&' || (is_space(byte) && byte != b' ')) {
        return Cow::Borrowed(value);
    }
    let spaced = value.replace("\r\n", " ").replace(['\t', '\r', '\n'], " ");
    let mut parts = spaced.split('&');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once(';').and_then(|(name, rest)| Some((character(name)?, rest))) {
            Some((character, rest)) => {
                out.push(character);
                out.push_str(rest);
            }
            None => {
                out.push('&');
                out.push_str(part);
            }
        }
    }
    Cow::Owned(out)
}

/// One kind of line end for all (XML 1.0, section 2.11).
fn with_line_ends(text: &str) -> Cow<'_, str> {
    match text.contains('\r') {
        true => Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n")),
        false => Cow::Borrowed(text),
    }
}

/// Whether bytes without a label are in an encoding of Unicode.
fn is_unicode(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\xFF\xFE")
        || bytes.starts_with(b"\xFE\xFF")
        || charset::is_utf_16(bytes)
        || std::str::from_utf8(bytes).is_ok()
}

/// The encoding that an XML declaration claims.
fn declared_encoding(head: &str) -> Option<String> {
    let declaration = head.trim_start_matches('\u{FEFF}').strip_prefix("<?xml")?.split("?>").next()?;
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value.split(quote).nth(1).map(str::to_owned)
}

/// The character that a reference names (XML 1.0, sections 4.1 and 4.6).
fn character(name: &str) -> Option<char> {
    let code = match name {
        "lt" => return Some('<'),
        "gt" => return Some('>'),
        "amp" => return Some('&'),
        "quot" => return Some('"'),
        "apos" => return Some('\''),
        name => name.strip_prefix('#')?,
    };
    let code = match code.strip_prefix('x') {
        Some(code) => u32::from_str_radix(code, 16),
        None => code.parse(),
    };
    code.ok().and_then(char::from_u32).filter(|character| *character != '\0')
}
