//! The mail as text that does nothing: part by part as inspection reads it, with what was found marked.

use std::ops::Range;
use std::sync::Arc;

use crate::console::desk::texts::{OpenTexts, said};
use crate::notice::words::Words;
use crate::pipeline::judge::Judgement;

/// Bytes of one mail that are shown; a file has the rest.
const MOST: usize = 400_000;
/// Places of one part that are named; what follows stands under the last.
const MOST_PLACES: usize = 2_000;

/// A part: a text, an attachment, the header.
pub struct Part {
    pub title: String,
    /// Another part says the same, so this one is folded.
    pub folded: bool,
    pub stretches: Vec<Stretch>,
    /// Not all of it is shown.
    pub cut: bool,
}

/// What stands at one place: a page, a cell, a slide.
pub struct Stretch {
    pub place: Option<String>,
    pub pieces: Vec<Piece>,
}

pub struct Piece {
    pub text: String,
    /// What it was found to be.
    pub mark: Option<String>,
}

/// Every text of the mail once, in its order.
pub fn parts(judgement: &Judgement, words: &Words, texts: &OpenTexts) -> Vec<Part> {
    let (mut parts, mut left) = (Vec::new(), MOST);
    let views = &judgement.inspection.views;
    let mut last: Option<&Arc<str>> = None;
    for view in views {
        let text = view.text();
        if last.is_some_and(|last| Arc::ptr_eq(last, text)) {
            continue;
        }
        last = Some(text);
        let mut marks = Vec::new();
        for finding in &judgement.assessment.findings {
            if views.get(finding.view).is_some_and(|of| Arc::ptr_eq(of.text(), text)) {
                let category = finding.category.as_str().to_owned();
                let what = words.categories(std::slice::from_ref(&category)).unwrap_or(category);
                marks.push((finding.span.clone(), what));
            }
        }
        let marks = without_overlap(marks);
        let mut stretches: Vec<Stretch> = Vec::new();
        let cut = text.len() > left;
        for (place, span) in view.stretches() {
            if left == 0 {
                break;
            }
            let shown = span.len().min(left);
            left = left.saturating_sub(shown);
            let pieces = pieces(text, span.start..floor(text, span.start.saturating_add(shown)), &marks);
            match stretches.last_mut() {
                // Without a place it goes on where the one before it ended.
                Some(stretch) if place.is_none() && stretch.place.is_none() => stretch.pieces.extend(pieces),
                _ => stretches.push(Stretch { place: place.as_deref().map(plain), pieces }),
            }
        }
        stretches.retain(|stretch| stretch.pieces.iter().any(|piece| !piece.text.trim().is_empty()));
        let cut = cut || stretches.len() > MOST_PLACES;
        stretches.truncate(MOST_PLACES);
        if stretches.is_empty() {
            continue;
        }
        let kind = view.origin.kind.as_str();
        let name = judgement.inspection.names.get(&*view.origin.part).map(|name| plain(&name.replace('\n', " | ")));
        let title = said(&texts.kinds, kind).to_owned();
        let title = name.filter(|_| kind == "attachment").map_or(title.clone(), |name| format!("{title}: {name}"));
        parts.push(Part { title, folded: matches!(kind, "html" | "header" | "subject" | "filename"), stretches, cut });
    }
    parts
}

/// In order, each byte under one mark: what overlaps is one, named by all.
fn without_overlap(mut marks: Vec<(Range<usize>, String)>) -> Vec<(Range<usize>, String)> {
    marks.sort_by_key(|(span, _)| (span.start, std::cmp::Reverse(span.end)));
    let mut merged: Vec<(Range<usize>, String)> = Vec::new();
    for (span, what) in marks.into_iter().filter(|(span, _)| !span.is_empty()) {
        match merged.last_mut() {
            Some((last, known)) if span.start < last.end => {
                last.end = last.end.max(span.end);
                if !known.split(", ").any(|word| word == what) {
                    *known = format!("{known}, {what}");
                }
            }
            _ => merged.push((span, what)),
        }
    }
    merged
}

/// The range of the text, cut where marks begin and end.
fn pieces(text: &str, range: Range<usize>, marks: &[(Range<usize>, String)]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut push = |range: Range<usize>, mark: Option<&String>| {
        let piece = text.get(floor(text, range.start)..floor(text, range.end)).unwrap_or_default();
        if !piece.is_empty() {
            pieces.push(Piece { text: plain(piece), mark: mark.cloned() });
        }
    };
    let mut at = range.start;
    for (span, what) in marks.iter().filter(|(span, _)| span.start < range.end && span.end > range.start) {
        let (begin, end) = (span.start.max(at), span.end.min(range.end));
        if begin >= end {
            continue;
        }
        push(at..begin, None);
        push(begin..end, Some(what));
        at = end;
    }
    push(at..range.end, None);
    pieces
}

/// The last boundary of characters that is not after it.
fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// Nothing that steers a screen: no control character but line ends and tabs, nothing that turns the direction of the
/// text or hides in it.
pub fn plain(text: &str) -> String {
    let steers = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\t'))
            || matches!(c, '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    text.replace("\r\n", "\n").chars().map(|c| if steers(c) { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(text: &str, range: Range<usize>, marks: &[(Range<usize>, &str)]) -> String {
        let marks = without_overlap(marks.iter().map(|(span, what)| (span.clone(), (*what).to_owned())).collect());
        let piece = |piece: Piece| match piece.mark {
            Some(mark) => format!("[{}:{mark}]", piece.text),
            None => piece.text,
        };
        pieces(text, range, &marks).into_iter().map(piece).collect()
    }

    #[test]
    fn marks_stand_where_something_was_found_and_nothing_is_lost() {
        let text = "Hej Åsa Berg, 19941227-2396.";
        for (range, marks, shown) in [
            (0..29, vec![], "Hej Åsa Berg, 19941227-2396."),
            (0..29, vec![(15..28, "nummer")], "Hej Åsa Berg, [19941227-2396:nummer]."),
            (
                0..29,
                vec![(4..13, "namn"), (9..13, "hälsa"), (4..8, "namn")],
                "Hej [Åsa Berg:namn, hälsa], 19941227-2396.",
            ),
            (0..8, vec![(4..13, "namn")], "Hej [Åsa:namn]"),
            (9..29, vec![(4..13, "namn")], "[Berg:namn], 19941227-2396."),
            // Within a character, and beyond the end.
            (0..29, vec![(5..9, "x"), (40..50, "y")], "Hej [Åsa :x]Berg, 19941227-2396."),
        ] {
            assert_eq!(marked(text, range.clone(), &marks), shown, "{range:?} {marks:?}");
        }
    }

    #[test]
    fn nothing_steers_the_screen() {
        assert_eq!(plain("a\u{202e}b\u{1b}[2J\r\n\tc\u{0}\u{200b}d"), "a\u{fffd}b\u{fffd}[2J\n\tc\u{fffd}\u{fffd}d");
    }
}
