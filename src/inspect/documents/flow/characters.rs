//! Elements that stand for characters: tabulators, breaks, symbols, and places where changes begin and end.

use super::super::Extract;
use super::super::words::{Role, Vocabulary};
use super::super::xml::Element;
use super::Flow;

impl Flow<'_> {
    /// Elements that stand for characters, pages and values.
    pub(super) fn characters(&mut self, element: &Element<'_>, out: &mut Extract) {
        let words = self.manner.words;
        match element.name() {
            "tab" | "ptab" => self.push("\t", false),
            "br" | "cr" | "line-break" => self.push("\n", false),
            "noBreakHyphen" => self.push("-", false),
            "softHyphen" => self.push("\u{AD}", false),
            // Several spaces (OpenDocument); more than one tells nothing.
            "s" if words == Vocabulary::OpenDocument => self.push(" ", false),
            // A value that a pivot table remembers (ECMA-376 part 1, 18.10.1).
            "s" | "n" | "d" if words == Vocabulary::OfficeOpen => {
                if let Some(value) = element.attribute("v") {
                    self.push(&value, false);
                }
            }
            // In these fonts every letter is a picture: boxes to tick, arrows.
            "sym"
                if element
                    .attribute("font")
                    .is_some_and(|font| font.contains("ingdings") || font.contains("ebdings")) =>
            {
                self.push("\u{25A1}", false);
            }
            // A character of a symbol font, which has them from U+F000 on (ECMA-376 part 1, 17.3.3.30).
            "sym" => {
                let code = element.attribute("char").and_then(|code| u32::from_str_radix(&code, 16).ok());
                let code = code.map(|code| if (0xF020..=0xF0FF).contains(&code) { code & 0xFF } else { code });
                if let Some(character) = code.and_then(char::from_u32) {
                    self.push(character.encode_utf8(&mut [0; 4]), false);
                }
            }
            "fldChar" if element.says("fldCharType", &["begin"]) => {
                if let Some(frame) = self.frames.last_mut().filter(|frame| !frame.code.is_empty()) {
                    frame.code.push('\n');
                }
            }
            "lastRenderedPageBreak" | "soft-page-break" => {
                self.numbers.page = self.numbers.page.saturating_add(1);
                if self.frames.last().is_some_and(|frame| frame.now.trim().is_empty()) {
                    self.numbers.page_of_line = self.numbers.page;
                }
            }
            "numCache" | "numLit" | "strCache" | "strLit" => self.format = None,
            "style" if words == Vocabulary::OpenDocument => {
                self.style = element.attribute("name").unwrap_or_default().into_owned();
            }
            "drawing-page-properties" | "table-properties"
                if words == Vocabulary::OpenDocument
                    && (element.says("visibility", &["hidden"]) || element.says("display", &["false"])) =>
            {
                self.hiding.insert(std::mem::take(&mut self.style));
            }
            // Where text stood that was deleted (OpenDocument 1.3 part 3, section 5.5.7.1).
            "change" if words == Vocabulary::OpenDocument => {
                let id = element.attribute("change-id").unwrap_or_default().into_owned();
                let deleted = self.changes.get_mut(&id).map(|(text, told)| {
                    *told = true;
                    text.clone()
                });
                self.push(&deleted.unwrap_or_default(), true);
            }
            // Text between these was inserted, or deleted and is still shown.
            "change-start" | "change-end" if words == Vocabulary::OpenDocument => {
                let id = element.attribute("change-id").unwrap_or_default();
                let (inserted, deleted) = (&mut self.inserted, &mut self.deleted);
                let count = match self.kinds.get(id.as_ref()) {
                    Some(Role::Inserted) => inserted,
                    Some(Role::Deleted) => deleted,
                    _ => return,
                };
                let more = element.name() == "change-start";
                *count = if more { count.saturating_add(1) } else { count.saturating_sub(1) };
            }
            "insertion" if words == Vocabulary::OpenDocument => {
                self.kinds.insert(self.change.clone(), Role::Inserted);
            }
            "deletion" if words == Vocabulary::OpenDocument => {
                self.kinds.insert(self.change.clone(), Role::Deleted);
            }
            "user-defined" if words == Vocabulary::OpenDocument => {
                if let Some(name) = element.attribute("name") {
                    self.push(&format!("{name}: "), false);
                }
            }
            _ if words == Vocabulary::Custom => {
                element.each_own(|_, value| {
                    self.push(&value, false);
                    self.line(out);
                });
            }
            _ => {}
        }
    }
}
