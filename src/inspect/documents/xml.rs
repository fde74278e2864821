//! XML to elements and text, one after the other.
//!
//! Nothing is fetched and nothing expanded: a document type with declarations in it, a named entity
//! that XML does not know, and XML that does not end are `Malformed` (CWE-611, CWE-776). Encodings are
//! read as anywhere else in a mail.

use std::borrow::Cow;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

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
    tag: BytesStart<'a>,
    /// Length of its prefix, the colon counted.
    prefix: usize,
}

impl Element<'_> {
    fn new(tag: BytesStart<'_>) -> Element<'_> {
        let prefix = memchr::memchr(b':', tag.name().0.as_bytes()).map_or(0, |colon| colon.saturating_add(1));
        Element { tag, prefix }
    }

    pub fn name(&self) -> &str {
        self.tag.name().0.get(self.prefix..).unwrap_or_default()
    }

    /// Whether its name has this prefix.
    pub fn is_of(&self, prefix: &str) -> bool {
        self.tag.name().prefix().is_some_and(|own| own.into_inner() == prefix)
    }

    /// The first attribute of that name, whatever its prefix.
    pub fn attribute(&self, name: &str) -> Option<Cow<'_, str>> {
        let mut attributes = self.tag.attributes();
        attributes.with_checks(false);
        let found = attributes.flatten().find(|attribute| attribute.key.local_name().into_inner() == name)?;
        let plain = found.value.clone();
        // An entity nobody knows stands as it is written.
        Some(found.normalized_value(XmlVersion::Implicit1_0).unwrap_or(plain))
    }

    /// The first attribute of that name with a prefix.
    pub fn prefixed(&self, name: &str) -> Option<Cow<'_, str>> {
        let mut attributes = self.tag.attributes();
        attributes.with_checks(false);
        let named = |key: quick_xml::name::QName<'_>| key.prefix().is_some() && key.local_name().into_inner() == name;
        attributes.flatten().find(|attribute| named(attribute.key)).map(|attribute| attribute.value)
    }

    /// All attributes in turn, by names without their prefix.
    pub fn each(&self, mut visit: impl FnMut(&str, Cow<'_, str>)) {
        let mut attributes = self.tag.attributes();
        attributes.with_checks(false);
        for attribute in attributes.flatten() {
            let plain = attribute.value.clone();
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).unwrap_or(plain);
            visit(attribute.key.local_name().into_inner(), value);
        }
    }

    /// [`Element::each`] for attributes that are codes: as they are written.
    pub fn each_plain(&self, mut visit: impl FnMut(&str, &str)) {
        for attribute in self.tag.attributes().with_checks(false).flatten() {
            visit(attribute.key.0, &attribute.value);
        }
    }

    /// All attributes that name no namespace, by names without their prefix.
    pub fn each_own(&self, mut visit: impl FnMut(&str, Cow<'_, str>)) {
        for attribute in self.tag.attributes().with_checks(false).flatten() {
            let key = attribute.key;
            if key.0 == "xmlns" || key.prefix().is_some_and(|prefix| matches!(prefix.into_inner(), "xmlns" | "xsi")) {
                continue;
            }
            let plain = attribute.value.clone();
            visit(key.local_name().into_inner(), attribute.normalized_value(XmlVersion::Implicit1_0).unwrap_or(plain));
        }
    }

    /// Whether the attribute says yes; no when it is missing.
    pub fn says(&self, name: &str, words: &[&str]) -> bool {
        self.attribute(name).is_some_and(|value| words.contains(&value.as_ref()))
    }
}

/// Reads a document. Text in comments of the markup goes to `out` at once.
pub(super) fn read(bytes: &[u8], limits: &Limits, out: &mut Extract, each: &mut dyn FnMut(Node<'_>, &mut Extract)) {
    let head = bytes.get(..HEAD).unwrap_or(bytes);
    let label = declared_encoding(&charset::decode(head, None));
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
    let mut reader = Reader::from_str(text.trim_start_matches('\u{FEFF}'));
    // An end that bears another name than its start is no loss of text.
    reader.config_mut().check_end_names = false;
    let (mut depth, mut elements) = (0_usize, 0_usize);
    loop {
        let event = match reader.read_event() {
            Ok(Event::Eof) if depth == 0 && elements > 0 => return,
            Ok(Event::Eof) | Err(_) => return out.note(Reason::Malformed),
            Ok(event) => event,
        };
        match event {
            Event::Start(tag) => {
                depth = depth.saturating_add(1);
                elements = elements.saturating_add(1);
                each(Node::Start(&Element::new(tag)), out);
            }
            Event::Empty(tag) => {
                elements = elements.saturating_add(1);
                let element = Element::new(tag);
                each(Node::Start(&element), out);
                each(Node::End(element.name()), out);
            }
            Event::End(tag) => {
                depth = depth.saturating_sub(1);
                each(Node::End(tag.local_name().into_inner()), out);
            }
            Event::Text(text) => each(Node::Text(text.xml10_content()), out),
            Event::CData(text) => each(Node::Text(text.xml10_content()), out),
            Event::GeneralRef(reference) => {
                let known = match reference.resolve_char_ref() {
                    Ok(Some(character)) => Some(character),
                    _ => predefined(&reference),
                };
                match known {
                    Some(character) => each(Node::Text(Cow::Owned(character.to_string())), out),
                    None => out.note(Reason::Malformed),
                }
            }
            Event::Comment(text) => out.add(Some("comment in the markup"), text.xml10_content()),
            Event::DocType(declarations) if declarations.contains(['[', '<']) => out.note(Reason::Malformed),
            Event::DocType(_) | Event::Decl(_) | Event::PI(_) | Event::Eof => {}
        }
        if depth > MAX_DEPTH {
            return out.note(Reason::OverLimit);
        }
        if elements.is_multiple_of(TICK) && !limits.in_time() {
            return out.note(Reason::TimedOut);
        }
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

fn predefined(name: &str) -> Option<char> {
    Some(match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        _ => return None,
    })
}
