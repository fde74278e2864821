//! Lexicons: lists of terms as data, found in text in one linear pass.
//!
//! A [`Lexicon`] is built once, from the compiled-in lists and from an administrator's folder, and
//! never changes. It promises: every list passed its own `match` and `no_match` examples; scanning is
//! linear in the text, holds one folded chunk in memory and cannot fail; a [`Hit`] names the rule,
//! never the text. File format: [`format`]. Faults in a file are the author's and refuse the set.

mod builtin;
mod compile;
mod error;
mod fold;
mod format;
mod heads;
mod keys;
mod language;
mod load;
mod memo;
mod morphology;
mod scan;
#[cfg(test)]
mod tests;

pub use error::{Fault, PatternError};
pub use format::{Purpose, Weight};
pub use language::{Language, LanguageSet};
pub use scan::{Element, Hit, Scratch};

use compile::{Compiled, Entry};
use format::List;

pub struct Lexicon {
    lists: Vec<List>,
    compiled: Compiled,
}

impl Lexicon {
    /// Lists and versions in use, in the order of loading: `("health.mental", 3)`.
    pub fn versions(&self) -> impl Iterator<Item = (&str, u32)> {
        self.lists.iter().map(|l| (l.id.as_str(), l.version))
    }

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
