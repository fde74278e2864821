//! What the sheets of a workbook share: strings and number formats (ECMA-376 part 1, sections 18.4 and 18.8).

use std::borrow::Cow;
use std::collections::HashMap;

use super::number::Format;
use super::xml::{self, Element, Node};
use super::{Extract, Limits};

#[derive(Default)]
pub(super) struct Workbook {
    strings: Vec<String>,
    used: Vec<bool>,
    /// By the number of a cell's style.
    formats: Vec<Format>,
    /// Formats of the workbook's own, by their number.
    own: HashMap<u32, Format>,
    pub from_1904: bool,
}

impl Workbook {
    /// A string of the table.
    pub fn string(&self, number: usize) -> Option<&str> {
        self.strings.get(number).map(String::as_str)
    }

    /// Says that a string of the table stands in a cell.
    pub fn note_use(&mut self, number: usize) {
        if let Some(used) = self.used.get_mut(number) {
            *used = true;
        }
    }

    /// A number as a cell of that style shows it.
    pub fn shown(&self, style: Option<usize>, value: &str) -> String {
        let format = style.and_then(|style| self.formats.get(style));
        format.unwrap_or(&Format::Plain).show(value, self.from_1904)
    }

    /// A number as the format of that number shows it.
    pub fn shown_as(&self, format: u32, value: &str) -> String {
        self.own.get(&format).cloned().unwrap_or_else(|| Format::known(format)).show(value, self.from_1904)
    }

    /// What is left of cells that were deleted.
    pub fn unused(&self) -> String {
        let unused = self.strings.iter().zip(&self.used).filter(|(_, used)| !**used).map(|(text, _)| text.as_str());
        Vec::from_iter(unused).join("\n")
    }

    /// The table of strings; how they are pronounced is text of its own.
    pub fn read_strings(&mut self, bytes: &[u8], limits: &Limits, out: &mut Extract) {
        let (mut string, mut spoken, mut in_text, mut in_spoken) = (String::new(), String::new(), false, false);
        xml::read(bytes, limits, out, &mut |node, out| match node {
            Node::Start(element) => match element.name() {
                "si" => string.clear(),
                "t" => in_text = true,
                "rPh" => in_spoken = true,
                _ => {}
            },
            Node::Text(text) if in_text && in_spoken => spoken.push_str(&text),
            Node::Text(text) if in_text => string.push_str(&text),
            Node::Text(_) => {}
            Node::End("t") => in_text = false,
            Node::End("rPh") => {
                in_spoken = false;
                out.add(Some("phonetic guide"), std::mem::take(&mut spoken));
            }
            Node::End("si") => self.strings.push(unescaped(&string).into_owned()),
            Node::End(_) => {}
        });
        self.used.resize(self.strings.len(), false);
    }

    /// The number formats of the cell styles.
    pub fn read_styles(&mut self, bytes: &[u8], limits: &Limits, out: &mut Extract) {
        let mut in_cells = false;
        xml::read(bytes, limits, out, &mut |node, _| match node {
            Node::Start(element) => match element.name() {
                "numFmt" => {
                    let code = element.attribute("formatCode").unwrap_or_default();
                    self.own.insert(format_of(element), Format::read(&code));
                }
                "cellXfs" => in_cells = true,
                "xf" if in_cells => {
                    let id = format_of(element);
                    self.formats.push(self.own.get(&id).cloned().unwrap_or_else(|| Format::known(id)));
                }
                _ => {}
            },
            Node::End("cellXfs") => in_cells = false,
            _ => {}
        });
    }
}

/// The number of the format that an element names.
pub(super) fn format_of(element: &Element<'_>) -> u32 {
    element.attribute("numFmtId").and_then(|id| id.parse().ok()).unwrap_or_default()
}

/// `_x0031_` as the character it stands for (ECMA-376 part 1, section 22.9.2.19).
pub(super) fn unescaped(text: &str) -> Cow<'_, str> {
    if memchr::memchr(b'_', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("_x") {
        out.push_str(before);
        let code = after.get(..4).filter(|_| after.get(4..5) == Some("_"));
        let character = code.and_then(|code| u32::from_str_radix(code, 16).ok()).and_then(char::from_u32);
        match character {
            Some(character) => {
                out.push(character);
                rest = after.get(5..).unwrap_or_default();
            }
            None => {
                out.push_str("_x");
                rest = after;
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}
