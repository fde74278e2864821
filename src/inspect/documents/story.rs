//! Running text in which changes are tracked, as binary formats hold it: character by character.
//!
//! The text with all changes made is one piece. What was deleted is a piece of its own, a line each, with
//! the rest of the word it was deleted from. Codes of fields are a piece of their own too.

use std::ops::Range;

use super::Extract;
use super::extract::joined;
use super::frame::words_around;

/// What tracked changes did to a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    None,
    Inserted,
    Deleted,
}

#[derive(Default)]
pub(super) struct Story {
    place: Option<String>,
    done: String,
    /// The current paragraph without changes, as far as it has any.
    before: String,
    deleted: Vec<Range<usize>>,
    lost: Vec<String>,
    code: String,
}

impl Story {
    pub fn new(place: Option<&str>) -> Self {
        Story { place: place.map(str::to_owned), ..Story::default() }
    }

    pub fn push(&mut self, c: char, change: Change) {
        if change == Change::Deleted {
            let start = self.before.len();
            self.before.push(c);
            match self.deleted.last_mut().filter(|last| last.end == start) {
                Some(last) => last.end = self.before.len(),
                None => self.deleted.push(start..self.before.len()),
            }
            return;
        }
        self.done.push(c);
        if change == Change::None {
            self.before.push(c);
        }
    }

    /// Adds to the code of a field.
    pub fn push_code(&mut self, c: char) {
        self.code.push(c);
    }

    /// Begins the code of another field.
    pub fn begin_code(&mut self) {
        if !self.code.is_empty() && !self.code.ends_with('\n') {
            self.code.push('\n');
        }
    }

    /// Ends a paragraph, or a row of a table.
    pub fn end_line(&mut self) {
        self.done.push('\n');
        self.settle();
    }

    /// Ends a cell.
    pub fn end_cell(&mut self) {
        self.done.push('\t');
        self.settle();
    }

    fn settle(&mut self) {
        if !self.deleted.is_empty() {
            self.lost.push(words_around(&self.before, &self.deleted));
            self.deleted.clear();
        }
        self.before.clear();
    }

    /// What was gathered, in order: the text, then what was deleted, then codes.
    pub fn finish(mut self, out: &mut Extract) {
        self.settle();
        let place = self.place.as_deref();
        out.add(place, self.done.trim_end_matches(['\n', '\t', ' ']));
        out.add(Some(&joined(place, "deleted text")), self.lost.join("\n"));
        out.add_link_code(place, &self.code);
    }
}
