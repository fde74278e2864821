//! Sentences and paragraphs of a view's `normal` text, for linking.
//!
//! A blank line ends a paragraph. A sentence ends at `.`, `!`, `?` before a capital, and at a line
//! end where the lines are a list or a table and not wrapped prose. A row of a table and an item of
//! a list are sentences of their own.

use std::ops::Range;

use memchr::{memchr_iter, memchr3_iter};

use crate::text::narrow;

/// A line shorter than this (bytes) was not broken by wrapping.
const WRAPPED_FROM: usize = 50;

/// Where a sentence begins, and its paragraph: a long text has a million of them. A message is shorter than
/// what their fields can say.
#[derive(Debug, Clone, Copy)]
struct Sentence {
    start: u32,
    paragraph: u32,
}

/// Sentences in order; they cover the text.
#[derive(Debug, Default)]
pub struct Layout {
    sentences: Vec<Sentence>,
    pub paragraphs: Vec<Range<usize>>,
}

impl Layout {
    pub fn of(text: &str) -> Layout {
        let mut out = Layout::default();
        let mut start = 0;
        let mut line = 0;
        let mut paragraph = 0;
        let bytes = text.as_bytes();
        let mut line_ends = memchr_iter(b'\n', bytes).peekable();
        let mut stops = memchr3_iter(b'.', b'!', b'?', bytes).peekable();
        loop {
            let stop_first = |stop: &usize| line_ends.peek().is_none_or(|line_end| stop < line_end);
            let stop = stops.next_if(stop_first);
            let Some(at) = stop.or_else(|| line_ends.next()) else { break };
            let next = at.saturating_add(1);
            let (ends, blank) = if stop.is_some() {
                (full_stop(text, start, at), false)
            } else {
                line_end(text, std::mem::replace(&mut line, next).max(start), next)
            };
            if ends {
                out.push(text, start..next);
                start = next;
            }
            if blank && !is_blank(text, paragraph..next) {
                out.paragraphs.push(paragraph..next);
                paragraph = next;
            }
        }
        out.push(text, start..bytes.len());
        out.paragraphs.push(paragraph..bytes.len());
        out
    }

    /// White space alone is no sentence; it belongs to the one before.
    fn push(&mut self, text: &str, span: Range<usize>) {
        if !(span.is_empty() || !self.sentences.is_empty() && is_blank(text, span.clone())) {
            let (start, paragraph) = (narrow(span.start), narrow(self.paragraphs.len()));
            self.sentences.push(Sentence { start, paragraph });
        }
    }

    /// All sentences of a text of this length, in order.
    pub fn each_sentence(&self, length: usize) -> impl Iterator<Item = Range<usize>> {
        (0..self.sentences.len()).filter_map(move |number| self.sentence(number, length))
    }

    /// Number of the sentence that holds the byte at `offset`.
    pub fn sentence_at(&self, offset: usize) -> usize {
        let offset = narrow(offset);
        self.sentences.partition_point(|s| s.start <= offset).saturating_sub(1)
    }

    /// Where a sentence stands in its text of `length` bytes.
    pub fn sentence(&self, number: usize, length: usize) -> Option<Range<usize>> {
        let start = self.sentences.get(number)?.start as usize;
        Some(start..self.sentences.get(number.saturating_add(1)).map_or(length, |next| next.start as usize))
    }

    /// The same for an offset that is not before the sentence numbered `near`, and close behind it.
    pub fn sentence_from(&self, near: usize, offset: usize) -> usize {
        let offset = narrow(offset);
        let behind = self.sentences.get(near.saturating_add(1)..).unwrap_or_default();
        near.saturating_add(behind.iter().take_while(|s| s.start <= offset).count())
    }

    /// Number of the paragraph of a sentence.
    pub fn paragraph_of(&self, sentence: usize) -> usize {
        self.sentences.get(sentence).map_or(0, |s| s.paragraph as usize)
    }
}

fn is_blank(text: &str, span: Range<usize>) -> bool {
    text.get(span).is_none_or(|piece| piece.chars().all(char::is_whitespace))
}

/// Whether the line end before `next` ends a sentence, and whether it ends a paragraph. The line begins at `start`.
fn line_end(text: &str, start: usize, next: usize) -> (bool, bool) {
    let rest = text.get(next..).unwrap_or_default().trim_start_matches(['>', ' ', '|']);
    if rest.chars().take_while(|&c| c != '\n').all(char::is_whitespace) {
        return (true, true);
    }
    let line = text.get(start..next).unwrap_or_default().trim_end();
    let ends = line.len() < WRAPPED_FROM || line.ends_with(['.', '!', '?', ':', ';']) || is_item(rest) || is_row(line);
    (ends, false)
}

/// Whether a line begins with a bullet or a number of one or two digits.
fn is_item(line: &str) -> bool {
    let digits = line.bytes().take(3).take_while(u8::is_ascii_digit).count();
    line.starts_with(['-', '*', '•', '·', '–'])
        || (1..=2).contains(&digits) && line.get(digits..).is_some_and(|rest| rest.starts_with(['.', ')']))
}

/// Whether a line that does not end with `;` is divided like a row of a table.
fn is_row(line: &str) -> bool {
    let bytes = line.as_bytes();
    let pairs = bytes.iter().zip(bytes.get(1..).unwrap_or_default());
    let divided = pairs.fold(false, |any, (&b, &next)| {
        any | (b == b'\t') | (b == b';') | (b == b' ') & ((next == b' ') | (next == b'|'))
    });
    divided && (line.contains(['\t', ';']) || line.contains("  ") || line.contains(" | "))
}

/// Whether the stop at `at` ends a sentence: white space and a capital follow, and it does not stand
/// after an initial or between figures.
fn full_stop(text: &str, start: usize, at: usize) -> bool {
    let after = text.get(at.saturating_add(1)..).unwrap_or_default();
    let mut ahead = after.chars();
    if !ahead.next().is_none_or(|c| c.is_whitespace() || matches!(c, '"' | '”' | '»' | ')')) {
        return false;
    }
    let Some(first) =
        after.trim_start_matches(['"', '”', '»', ')', '(', '«', '“', '>', '-']).trim_start().chars().next()
    else {
        return true;
    };
    let word_length =
        text.get(start..at).unwrap_or_default().chars().rev().take(4).take_while(|c| c.is_alphanumeric()).count();
    if first.is_ascii_digit() {
        return word_length > 3;
    }
    !first.is_lowercase() && word_length != 1
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sentences_and_paragraphs_are_cut_where_a_reader_would() {
        for (text, sentences, paragraphs) in [
            ("Hon föll. Han ringde.", 2, 1),
            ("L. Berg kom kl. 10.30 i går.", 1, 1),
            ("Vi så henne i går, men hun ville ikke snakke med oss og\ngikk sin vei uten å si noe mer til noen.", 1, 1),
            ("Namn: Kari\nAdress: Storgata 1\nTel: 1", 3, 1),
            ("Första.\n\nAndra.", 2, 2),
            ("- en\n- to\n- tre", 3, 1),
            ("", 0, 1),
        ] {
            let layout = Layout::of(text);
            assert_eq!((layout.sentences.len(), layout.paragraphs.len()), (sentences, paragraphs), "{text}");
        }
    }

    proptest! {
        #[test]
        fn sentences_cover_the_text(text in "[A-Za-zåøö .!?\n>-]{0,80}") {
            let layout = Layout::of(&text);
            let starts: Vec<usize> = layout.sentences.iter().map(|s| s.start as usize).collect();
            prop_assert_eq!(starts.first().copied().unwrap_or(0), 0);
            prop_assert!(starts.is_sorted_by(|a, b| a < b));
            let mut near = 0;
            for offset in 0..text.len() {
                let sentence = layout.sentence_at(offset);
                near = layout.sentence_from(near, offset);
                prop_assert_eq!(near, sentence);
                prop_assert!(starts[sentence] <= offset && starts.get(sentence + 1).is_none_or(|next| offset < *next));
                prop_assert!(layout.paragraph_of(sentence) < layout.paragraphs.len());
            }
        }
    }
}
