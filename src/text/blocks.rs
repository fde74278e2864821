//! A long view in pieces, each of them a view.
//!
//! What reading makes of a text (the matching text, zones, sentences) is as long as what is read at once; and it is
//! read several times over, which is quick only while it fits a processor's caches. The pieces follow one another
//! without gap or overlap. They are cut where a reader would pause: at a blank line, at the end of a line or a
//! sentence, at worst between two words in small letters, so that no number or name is torn.

use super::view::{View, Way};
use super::zones::Mode;

/// Bytes of a block, at most.
pub const BLOCK: usize = 128 * 1024;
/// How far before its end a block may be cut.
const SLACK: usize = 16 * 1024;

/// See [`View::blocks`].
pub struct Blocks<'a> {
    view: &'a View,
    /// Where the next block begins, in the text.
    at: usize,
    above: Mode,
}

impl View {
    /// The view in blocks of at most [`BLOCK`] bytes, in order. One that is made in a way of its format's own is one block.
    pub fn blocks(&self) -> Blocks<'_> {
        Blocks { view: self, at: self.span.start, above: Mode::Own }
    }
}

impl Iterator for Blocks<'_> {
    type Item = View;

    fn next(&mut self) -> Option<View> {
        let View { span, way, .. } = self.view;
        if self.at >= span.end {
            return None;
        }
        if matches!(way, Way::Made(_)) || span.len() <= BLOCK {
            self.at = span.end;
            return Some(self.view.clone());
        }
        let rest = self.view.text().get(self.at..span.end).unwrap_or_default();
        let end = self.at.saturating_add(first_block(rest));
        let block = self.view.piece(self.at..end, self.above);
        self.at = end;
        if self.at < span.end && matches!(way, Way::Mail) {
            self.above = block.leaves_off_in();
        }
        Some(block)
    }
}

/// Length of the first block of a text that is not empty: at least one character.
fn first_block(text: &str) -> usize {
    if text.len() <= BLOCK {
        return text.len();
    }
    let most = text.floor_char_boundary(BLOCK);
    let from = text.floor_char_boundary(most.saturating_sub(SLACK));
    let window = text.get(from..most).unwrap_or_default();
    from.saturating_add(pause(window).unwrap_or(window.len()))
}

/// The last good place for a cut: how much of the window stands before it.
fn pause(window: &str) -> Option<usize> {
    let bytes = window.as_bytes();
    let after = |at: usize| at.saturating_add(1);
    let line_ends = || memchr::memrchr_iter(b'\n', bytes);
    let before = |at: usize| bytes.get(..at).and_then(|head| head.last()).copied().unwrap_or(b'\n');
    let small = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_lowercase);
    let of_row = |at: &usize| bytes.get(..*at).is_some_and(is_row);
    let quiet = || {
        memchr::memrchr2_iter(b' ', b'\n', bytes)
            .find(|at| small(bytes.get(at.wrapping_sub(1))) && small(bytes.get(after(*at))))
    };
    line_ends()
        .find(|at| before(*at) == b'\n')
        .or_else(|| line_ends().find(|at| matches!(before(*at), b'.' | b'!' | b'?' | b':')))
        .or_else(|| line_ends().next().filter(of_row))
        .or_else(|| memchr::memmem::rfind(bytes, b". ").map(after))
        .or_else(quiet)
        .or_else(|| memchr::memrchr3(b' ', b'\n', b'\t', bytes))
        .map(after)
}

/// Whether the last line is divided like a row of a table.
fn is_row(head: &[u8]) -> bool {
    let start = memchr::memrchr(b'\n', head).map_or(0, |at| at.saturating_add(1));
    head.get(start..).is_some_and(|line| memchr::memchr3(b'\t', b';', b'|', line).is_some())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
mod tests {
    use std::sync::Arc;

    use super::super::{Origin, OriginKind, Zone};
    use super::*;

    fn view(text: &str, way: Way) -> View {
        let text: Arc<str> = text.into();
        let origin = Origin { kind: OriginKind::Body, part: "1".into(), place: None, nested: 0 };
        View::new(origin, &text, 0..text.len(), way)
    }

    #[test]
    fn blocks_follow_one_another_and_lead_back_to_the_text() {
        let filler = "Hun kommer på fredag. Vi ses da.\n";
        for (name, unit) in [
            ("lines", filler),
            ("paragraphs", "Takk for sist.\nVi ses.\n\n"),
            ("rows", "Kari Vik\t01819012365\t12\n"),
            ("one line", "og så gikk hun hjem 01819012365 igjen "),
            ("sentences", "Kari Vik kom 3 ganger. Ola Li ringte 2 ganger. "),
            ("nothing to cut at", "å"),
        ] {
            let text = unit.repeat(3 * BLOCK / unit.len());
            let whole = view(&text, Way::Mail);
            let blocks: Vec<View> = whole.blocks().collect();
            assert!(blocks.len() >= 3 && blocks.len() <= 5, "{name}: {}", blocks.len());
            let mut end = 0;
            for block in &blocks {
                assert_eq!(block.span.start, end, "{name}");
                assert!(!block.span.is_empty() && block.span.len() <= BLOCK, "{name}");
                assert_eq!(block.to_text(0..block.normal().len()), block.span, "{name}");
                end = block.span.end;
                let letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
                let torn = letter(text[..end].chars().next_back()) && letter(text[end..].chars().next());
                assert!(!torn || name == "nothing to cut at", "{name}: a word or number is torn");
            }
            assert_eq!(end, text.len(), "{name}");
        }
    }

    #[test]
    fn a_short_view_is_one_block_and_an_empty_one_none() {
        assert_eq!(view("Hei.", Way::Mail).blocks().count(), 1);
        assert_eq!(view("", Way::Mail).blocks().count(), 0);
    }

    #[test]
    fn a_quote_goes_on_in_the_next_block() {
        let head = "Se under.\n\nFrån: Anna\nSkickat: 1 juni 2026 10:12\nÄmne: x\n\n";
        let text = format!("{head}{}", "Hon kom hem i går. Vi ses då.\n\n".repeat(BLOCK / 10));
        let whole = view(&text, Way::Mail);
        let zones: Vec<Zone> = whole.blocks().map(|block| block.zone_at(block.normal().len() / 2)).collect();
        assert!(zones.len() > 2 && zones.iter().all(|zone| *zone == Zone::Quote), "{zones:?}");
    }

    #[test]
    fn cuts_of_a_joined_reading_stay_where_they_are() {
        let unit = "18199 01 2 mot ";
        let text = unit.repeat(2 * BLOCK / unit.len());
        let cuts: Vec<_> = text.match_indices(" 01").map(|(at, _)| at..at + 1).collect();
        let whole = view(&text, Way::Joined(cuts.into()));
        let joined: String = whole.blocks().map(|block| block.normal().to_owned()).collect();
        assert!(whole.blocks().count() > 1);
        assert_eq!(joined, whole.normal());
    }
}
