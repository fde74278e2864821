//! JSON: string escapes undone, so that `f\u00f8dselsnummer` reads as it is shown.

use super::plain::inside;
use super::{Aside, Content, Format};
use crate::inspect::charset;
use crate::inspect::page::Page;

pub(super) struct Json;

impl Format for Json {
    fn fits(&self, content: &Content<'_>) -> bool {
        content.is(&["application/json", "text/json", "application/ld+json"], &["json", "jsonl", "geojson"])
            || content.media_type.ends_with("+json")
            || content.begins(&["{\"", "{\n", "{\r\n", "[{", "[\"", "[\n", "[\r\n"])
    }

    fn read(&self, content: &Content<'_>, page: &mut Page) -> Aside {
        let text = unescaped(&charset::decode(content.bytes, content.charset));
        page.add(&text);
        // A file in a string, on a line of its own.
        inside(text.replace('"', "\n").as_bytes())
    }
}

/// RFC 8259 section 7; what is no escape stands for itself.
fn unescaped(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let mut chars = after.chars();
        let (c, taken) = match chars.next() {
            Some('n' | 'r') => ('\n', 1),
            Some('t') => ('\t', 1),
            Some(c @ ('"' | '/' | '\\')) => (c, 1),
            Some('u') => unicode(after).unwrap_or(('\\', 0)),
            _ => ('\\', 0),
        };
        out.push(c);
        rest = after.get(taken..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// `u00f8`, or a surrogate pair `ud83d\ude00`: the character and the length.
fn unicode(text: &str) -> Option<(char, usize)> {
    let unit = |at: usize| u16::from_str_radix(text.get(at..at.checked_add(4)?)?, 16).ok();
    let first = unit(1)?;
    let second = text.get(5..7).filter(|next| *next == "\\u").and_then(|_| unit(7));
    match char::decode_utf16([first].into_iter().chain(second)).next()? {
        Ok(c) if c.len_utf16() == 2 => Some((c, 11)),
        Ok(c) => Some((c, 5)),
        Err(_) => Some((char::REPLACEMENT_CHARACTER, 5)),
    }
}
