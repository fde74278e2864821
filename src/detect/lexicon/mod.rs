//! Lexicons: lists of terms as data, found in text in one linear pass.
//!
//! A [`Lexicon`] is built once, from the lists of a set, and never changes. It promises: every list passed
//! its own `match` and `no_match` examples; scanning is linear in the text, holds one folded chunk in memory
//! and cannot fail; a [`Hit`] names the rule, never the text. File format: [`format`]; where the files come
//! from: `detect::patterns`. Faults in a file are the author's and refuse the set.

pub mod builtin;
mod compile;
mod error;
pub mod extend;
mod fold;
pub mod format;
mod heads;
mod keys;
mod language;
pub mod load;
mod memo;
mod morphology;
mod purpose;
mod scan;
mod term;
#[cfg(test)]
mod tests;

pub use error::{Fault, Faults, Note, PatternError, nearest};
pub use language::{Language, LanguageSet};
pub use purpose::{Dealing, NameList, OwnList, Purpose, Use};
pub use scan::{Element, Hit, Scratch};
pub use term::{Term, Weight};

use compile::{Compiled, Entry};
use format::List;

pub struct Lexicon {
    lists: Vec<List>,
    compiled: Compiled,
}

impl Lexicon {
    /// Number of terms and expressions.
    pub fn len(&self) -> usize {
        self.compiled.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.compiled.entries.is_empty()
    }

    /// What a hit's term is.
    pub fn entry(&self, hit: &Hit) -> Option<&Entry> {
        self.compiled.entries.get(hit.entry)
    }
}
