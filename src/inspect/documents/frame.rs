//! One of the texts that a document is read into: its own, or one beside it (a box, a note, a comment).

use std::ops::Range;

use super::Extract;

/// Where the next text of a frame goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gap {
    None,
    Tab,
    Line,
}

/// A text that is being read: the document's own, or one beside it.
pub(super) struct Frame {
    pub place: Option<String>,
    /// Its paragraphs and rows are named by their numbers.
    pub numbered: bool,
    /// Where its piece goes, before the pieces inside it.
    pub at: usize,
    pub done: String,
    pub gap: Gap,
    pub paragraphs: usize,
    /// Tables and rows around the current text.
    pub tables: usize,
    pub rows: usize,
    /// The current line with all changes made.
    pub now: String,
    /// And without them, with what was deleted; kept while there are changes.
    pub before: String,
    pub deleted: Vec<Range<usize>>,
    pub code: String,
}

impl Frame {
    pub fn new(place: Option<String>, out: &Extract) -> Self {
        Frame {
            place,
            numbered: false,
            at: out.pieces.len(),
            done: String::new(),
            gap: Gap::None,
            paragraphs: 0,
            tables: 0,
            rows: 0,
            now: String::new(),
            before: String::new(),
            deleted: Vec::new(),
            code: String::new(),
        }
    }

    /// Nothing stands on the current line.
    pub fn is_still(&self) -> bool {
        self.now.is_empty() && self.deleted.is_empty() && self.code.is_empty()
    }

    /// Gives its text, before the pieces that stand beside it.
    pub fn flush(&mut self, place: Option<String>, out: &mut Extract) {
        out.insert(self.at, place.as_deref(), std::mem::take(&mut self.done));
        self.at = out.pieces.len();
        self.gap = Gap::None;
    }
}

/// The deleted stretches of a line, a line each, with the rest of the words they were deleted from.
pub(super) fn words_around(before: &str, deleted: &[Range<usize>]) -> String {
    let mut words: Vec<Range<usize>> = Vec::new();
    for span in deleted {
        if words.last().is_some_and(|last| last.end >= span.end) {
            continue;
        }
        let text = before.get(span.clone()).unwrap_or_default();
        let in_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let (mut start, mut end) = (span.start, span.end);
        if in_word(text.chars().next()) {
            let head = before.get(..start).unwrap_or_default();
            start = head.trim_end_matches(char::is_alphanumeric).len();
        }
        if in_word(text.chars().next_back()) {
            let tail = before.get(end..).unwrap_or_default();
            let rest = tail.trim_start_matches(char::is_alphanumeric).len();
            end = before.len().saturating_sub(rest);
        }
        match words.last_mut().filter(|last| last.end >= start) {
            Some(last) => last.end = last.end.max(end),
            None => words.push(start..end),
        }
    }
    let words: Vec<&str> = words.into_iter().filter_map(|word| before.get(word)).collect();
    words.join("\n")
}
