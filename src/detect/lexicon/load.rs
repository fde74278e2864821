//! Building a [`Lexicon`] from lists, and holding it against their examples.

use super::compile::{Entry, compile};
use super::error::{Fault, Faults, Note};
use super::extend::Thinned;
use super::format::{Example, List, parse};
use super::language::{Language, LanguageSet};
use super::scan::{Hit, Scratch};
use super::term::Weight;
use super::{Lexicon, builtin};
use crate::detect::pack::Pack;

/// Terms of a whole set.
pub const MAX_TERMS: usize = 200_000;
/// Regular expressions of a whole set. Every one costs a pass over every text.
pub const MAX_REGEXES: usize = 200;

impl Lexicon {
    /// The compiled-in lists alone.
    pub fn builtin() -> Result<Lexicon, Faults> {
        Lexicon::of(builtin_lists(&[])?, &Thinned::new(), &mut Vec::new())
    }

    /// The lexicon of a set of lists, each with a name of its own; lists that others read are left alone.
    /// Every `match` example must be found by its own list, no `no_match` example may be.
    ///
    /// # Errors
    /// What is wrong with the lists. That an example of a list finds nothing since terms were taken from it is
    /// only noted.
    pub fn of(lists: Vec<List>, thinned: &Thinned, notes: &mut Vec<Note>) -> Result<Lexicon, Faults> {
        let (mut terms, mut regexes) = (0_usize, 0_usize);
        for list in &lists {
            if let Some(first_beyond) = list.expressions.get(MAX_REGEXES.saturating_sub(regexes)) {
                let mut faults = Faults::default();
                faults.add(&list.file, first_beyond.line, Fault::TooManyRegexes { limit: MAX_REGEXES });
                return Err(faults);
            }
            regexes = regexes.saturating_add(list.expressions.len());
            let room = MAX_TERMS.saturating_sub(terms);
            if let Some(first_beyond) = list.terms.get(room) {
                let mut faults = Faults::default();
                faults.add(&list.file, first_beyond.line, Fault::TooManyTerms { limit: MAX_TERMS });
                return Err(faults);
            }
            terms = terms.saturating_add(list.terms.len());
        }
        let compiled = compile(&lists)?;
        let lexicon = Lexicon { lists, compiled };
        lexicon.check_examples(thinned, notes)?;
        Ok(lexicon)
    }

    fn check_examples(&self, thinned: &Thinned, notes: &mut Vec<Note>) -> Result<(), Faults> {
        let (mut scratch, mut hits, mut faults) = (Scratch::default(), Vec::new(), Faults::default());
        for (number, list) in self.lists.iter().enumerate().filter(|(_, l)| l.purpose().is_some()) {
            for example in &list.examples {
                hits.clear();
                self.scan(&example.text, &mut scratch, &mut hits);
                match (example.matches, self.found(&hits, list, example.language), thinned.get(&number)) {
                    (true, None, Some((file, line))) => notes.push(lost(list, example, file, *line)),
                    (true, None, None) => faults.add(&list.file, example.line, Fault::ExampleNotMatched),
                    (false, Some(entry), _) => self.forbidden(number, list, example, entry, &mut faults),
                    _ => {}
                }
                if faults.enough() {
                    return Err(faults);
                }
            }
        }
        faults.none_or()
    }

    /// What the list, the one it extends or one that extends it has found. As in a mail, terms of another
    /// language than the example's count only when they are strong.
    fn found(&self, hits: &[Hit], list: &List, language: Language) -> Option<&Entry> {
        let counts = |e: &&Entry| e.weight == Weight::Strong || LanguageSet::of(language).holds(e.language);
        hits.iter().filter_map(|h| self.entry(h)).filter(counts).find(|e| &*e.kind == list.kind())
    }

    /// An example that must not match does. Whose the fault is: the list's, unless another list's term did it.
    fn forbidden(&self, number: usize, list: &List, example: &Example, by: &Entry, faults: &mut Faults) {
        let term = by.term.to_string();
        match self.lists.get(by.list).filter(|other| by.list != number && other.extends.is_some()) {
            Some(other) => {
                let fault = Fault::ForbiddenByExample { term, list: list.id.clone(), line: example.line };
                faults.add(&other.file, by.line, fault);
            }
            None => faults.add(&list.file, example.line, Fault::ExampleMatched { term }),
        }
    }
}

fn lost(list: &List, example: &Example, file: &str, line: usize) -> Note {
    let text = format!("since this removal `{}` no longer finds its own example on line {}", list.id, example.line);
    Note { file: file.to_owned(), line, text }
}

/// The compiled-in lists, in the order of their files, then those of the packs.
pub fn builtin_lists(packs: &[Pack]) -> Result<Vec<List>, Faults> {
    let mut lists: Vec<List> = Vec::with_capacity(builtin::FILES.len());
    for (name, source) in builtin::FILES.iter().chain(packs.iter().flat_map(|pack| pack.files())) {
        let list = parse(&builtin_name(name), source)?;
        if lists.iter().any(|l| l.id == list.id) {
            let mut faults = Faults::default();
            faults.add(&list.file, list.line, Fault::DuplicateList(list.id));
            return Err(faults);
        }
        lists.push(list);
    }
    Ok(lists)
}

/// A compiled-in file's name in messages.
pub fn builtin_name(path: &str) -> String {
    format!("builtin:{path}")
}
