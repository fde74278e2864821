//! Sentences and paragraphs of a view's `normal` text, for linking.
//!
//! A blank line ends a paragraph. A sentence ends at `.`, `!`, `?` before a capital, and at a line
//! end where the lines are a list or a table and not wrapped prose. A row of a table and an item of
//! a list are sentences of their own.

use std::ops::Range;

use super::seek;
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
        let mut paragraph_start = 0;
        let bytes = text.as_bytes();
        let mut at = 0;
        let stop = |b: u8| b == b'\n' || b == b'.' || b == b'!' || b == b'?';
        while let Some(found) = bytes.get(at..).and_then(|rest| seek::position(rest, stop)) {
            at = at.saturating_add(found);
            let byte = bytes.get(at).copied().unwrap_or_default();
            let next = at.saturating_add(1);
            let (ends, blank) = match byte {
                b'\n' => line_end(text, line_start(bytes, start, at), next),
                b'.' | b'!' | b'?' => (full_stop(text, start, at), false),
                _ => (false, false),
            };
            if ends {
                out.push(text, start..next);
                start = next;
            }
            if blank && !text.get(paragraph_start..next).unwrap_or_default().trim().is_empty() {
                out.paragraphs.push(paragraph_start..next);
                paragraph_start = next;
            }
            at = next;
        }
        out.push(text, start..bytes.len());
        out.paragraphs.push(paragraph_start..bytes.len());
        out
    }

    /// White space alone is no sentence; it belongs to the one before.
    fn push(&mut self, text: &str, span: Range<usize>) {
        let blank = text.get(span.clone()).is_none_or(|s| s.trim().is_empty());
        if !(span.is_empty() || blank && !self.sentences.is_empty()) {
            let (start, paragraph) = (narrow(span.start), narrow(self.paragraphs.len()));
            self.sentences.push(Sentence { start, paragraph });
        }
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

    /// Number of the paragraph of a sentence.
    pub fn paragraph_of(&self, sentence: usize) -> usize {
        self.sentences.get(sentence).map_or(0, |s| s.paragraph as usize)
    }
}

/// Start of the line that ends at `end`, not before `from`.
fn line_start(bytes: &[u8], from: usize, end: usize) -> usize {
    bytes
        .get(from..end)
        .and_then(|b| b.iter().rposition(|&c| c == b'\n'))
        .map_or(from, |at| from.saturating_add(at).saturating_add(1))
}

/// Whether the line end before `next` ends a sentence, and whether it ends a paragraph.
fn line_end(text: &str, start: usize, next: usize) -> (bool, bool) {
    let rest = text.get(next..).unwrap_or_default();
    let following = rest.split('\n').next().unwrap_or_default().trim_start_matches(['>', ' ', '|']).trim_end();
    if following.is_empty() {
        return (true, true);
    }
    let line = text.get(start..next).unwrap_or_default().trim_end();
    let row = |l: &str| l.contains('\t') || l.contains("  ") || l.contains(" | ") || l.contains(';');
    let item = following.starts_with(['-', '*', '•', '·', '–'])
        || following
            .split_once(['.', ')'])
            .is_some_and(|(n, _)| !n.is_empty() && n.len() <= 2 && n.bytes().all(|b| b.is_ascii_digit()));
    let ends = line.len() < WRAPPED_FROM || item || row(line) || line.ends_with(['.', '!', '?', ':']);
    (ends, false)
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
            for offset in 0..text.len() {
                let sentence = layout.sentence_at(offset);
                prop_assert!(starts[sentence] <= offset && starts.get(sentence + 1).is_none_or(|next| offset < *next));
                prop_assert!(layout.paragraph_of(sentence) < layout.paragraphs.len());
            }
        }
    }
}
