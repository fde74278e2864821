//! What readers do with an [`Extract`].

use super::{Extract, Piece};
use crate::inspect::{Reason, transfer};

impl Extract {
    /// Names a reason once.
    pub(super) fn note(&mut self, reason: Reason) {
        if !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
    }

    /// Adds text that is more than white space.
    pub(super) fn add(&mut self, place: Option<&str>, text: impl Into<String>) {
        self.insert(self.pieces.len(), place, text.into());
    }

    /// [`Extract::add`] before what was added from `at` on.
    pub(super) fn insert(&mut self, at: usize, place: Option<&str>, text: String) {
        if !text.trim().is_empty() {
            self.pieces.insert(at.min(self.pieces.len()), Piece { place: place.map(str::to_owned), text });
        }
    }

    /// Adds the target of a link as a person reads it: without `%20`.
    pub(super) fn add_link(&mut self, place: Option<&str>, target: &str) {
        let readable = String::from_utf8(transfer::percent(target.as_bytes())).unwrap_or_else(|_| target.to_owned());
        self.add(Some(&joined(place, "link")), readable);
    }
}

/// A place inside a place: `slide 3 comment`.
pub(super) fn joined(place: Option<&str>, inner: &str) -> String {
    place.map_or_else(|| inner.to_owned(), |place| format!("{place} {inner}"))
}

/// The text without its white space, to tell whether two texts say the same.
pub(super) fn condensed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}
