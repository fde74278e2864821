//! A set of patterns: the compiled-in files, and those of an administrator's folder on top.
//!
//! ```text
//! folder     files -> text, and what is odd about them
//! mod        text -> lists; which replaces and which extends which
//! own        the organisation's own addresses, numbers and mailboxes
//! examples   lists that the lexicon does not read, held against their examples
//! parts      what the set is made of: names, versions, texts
//! ```
//!
//! A set is right as a whole or refused as a whole, with every fault that was found.

mod examples;
mod folder;
mod own;
mod parts;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::path::Path;

pub use own::{Own, name_of_mailbox};
pub use parts::Part;

pub(super) use examples::Examiner;

use super::contact::Words;
use super::identifier::Role;
use super::lexicon::extend::{Thinned, extend};
use super::lexicon::format::{List, parse};
use super::lexicon::load::builtin_lists;
use super::lexicon::{Fault, Faults, Language, Note, OwnList, Purpose, Use, Weight};
use super::pack::Pack;
use super::person::OwnNames;

/// Letters of an open term (`missbruk*`) below which it is told to be broad.
const SHORT_BEGINNING: usize = 4;

/// Lists of a set, every one with a name of its own and in its final shape.
pub struct Set {
    pub lists: Vec<List>,
    pub thinned: Thinned,
    /// The folder's table of provisions: name for messages, and text.
    pub provisions: Option<(String, String)>,
    pub parts: Vec<Part>,
    pub notes: Vec<Note>,
}

impl Set {
    /// The compiled-in set, with these packs.
    pub fn builtin(packs: &[Pack]) -> Result<Set, Faults> {
        let (lists, parts) = (builtin_lists(packs)?, parts::builtin(packs));
        Ok(Set { lists, thinned: Thinned::new(), provisions: None, parts, notes: Vec::new() })
    }

    /// The compiled-in set and the folder's files. A list takes the place of a built-in one of the same name;
    /// one that extends another joins it. One of a pack that is off is set aside, with a note.
    pub fn load(folder: &Path, packs: &[Pack]) -> Result<Set, Faults> {
        let found = folder::read(folder)?;
        let (mut set, mut faults) = (Set::builtin(packs)?, Faults::default());
        set.notes = found.notes;
        let (mut own, mut texts) = (Vec::<List>::new(), Vec::new());
        for (file, text) in found.lists {
            match parse(&file, &text) {
                Ok(list) if Pack::of(&list).is_some_and(|pack| !packs.contains(&pack)) => {
                    set.notes.push(of_pack_off(&list))
                }
                Err(Faults(told)) => faults.0.extend(told),
                Ok(list) if own.iter().any(|l| l.id == list.id) => {
                    faults.add(&file, list.line, Fault::DuplicateList(list.id));
                }
                Ok(list) => {
                    own.push(list);
                    texts.push(text);
                }
            }
            if faults.enough() {
                break;
            }
        }
        faults.none_or()?;
        for (list, text) in own.into_iter().zip(texts) {
            set.put(list, text);
        }
        set.note_broad();
        set.thinned = extend(&mut set.lists, &mut set.notes)?;
        if let Some((_, text)) = &found.provisions {
            set.parts.push(Part::own("provisions", parts::version_of(text), text.clone()));
        }
        for (table, found) in [("exceptions", &found.exceptions), ("private", &found.private)] {
            if let Some((_, text)) = found {
                set.parts.push(Part::own(table, parts::version_of(text), text.clone()));
            }
        }
        set.provisions = found.provisions;
        Ok(set)
    }

    /// Adds an own list, in place of the built-in one of its name.
    fn put(&mut self, list: List, text: String) {
        let part = Part::own(&list.id, list.version, text);
        match self.lists.iter_mut().find(|l| l.id == list.id) {
            None => self.lists.push(list),
            Some(replaced) => {
                let before = replaced.terms.len().saturating_add(replaced.expressions.len());
                let after = list.terms.len().saturating_add(list.expressions.len());
                let text = format!(
                    "takes the place of the built-in list `{}` (version {}), terms now {after}, before {before}; to add or \
                     remove single terms write `extends {}` under a name of your own",
                    list.id, replaced.version, list.id
                );
                self.notes.push(Note { file: list.file.clone(), line: list.line, text });
                *replaced = list;
            }
        }
        match self.parts.iter_mut().find(|p| p.id == part.id) {
            Some(replaced) => *replaced = part,
            None => self.parts.push(part),
        }
    }

    /// Notes terms of own lists that nearly every mail has.
    fn note_broad(&mut self) {
        let common: HashSet<(Language, String)> = self
            .lists
            .iter()
            .filter(|list| list.purpose() == Some(Purpose::Function))
            .flat_map(|list| list.terms.iter().map(|t| (t.language, t.text.to_lowercase())))
            .collect();
        let own: HashSet<&str> = self.parts.iter().filter(|p| p.own).map(|p| p.id.as_str()).collect();
        let lists = self.lists.iter().filter(|l| own.contains(l.id.as_str()) && l.purpose() != Some(Purpose::Function));
        for list in lists.filter(|l| l.purpose().is_some() || l.extends.is_some()) {
            for term in &list.terms {
                let text = if common.contains(&(term.language, term.text.to_lowercase())) {
                    format!("`{}` is one of the commonest words there are: nearly every mail has it", term.text)
                } else if term.open && term.text.chars().count() < SHORT_BEGINNING {
                    format!("`{}*` begins very many words", term.text)
                } else {
                    continue;
                };
                self.notes.push(Note { file: list.file.clone(), line: term.line, text });
            }
        }
    }

    /// Own words beside numbers: role, word, whether only right beside it.
    pub fn labels(&self) -> Vec<(Role, String, bool)> {
        let mut out = Vec::new();
        for list in &self.lists {
            let Some(Use::Label(role)) = list.of else { continue };
            out.extend(list.terms.iter().map(|term| {
                let word = if term.open { format!("{}*", term.text) } else { term.text.clone() };
                (role, word, term.weight == Weight::Ambiguous)
            }));
        }
        out
    }

    /// Own names, and whose are no client's.
    pub fn names(&self) -> OwnNames {
        let mut out = OwnNames::default();
        for list in &self.lists {
            for term in &list.terms {
                match list.of {
                    Some(Use::Names(names)) => out.add(names, &term.text),
                    Some(Use::Street) => out.streets.push(term.text.clone()),
                    Some(Use::Own(OwnList::Mailbox)) => out.add_mailbox(&term.text),
                    _ => {}
                }
            }
        }
        out
    }

    /// Puts own streets, private domains and own contact data among the words around contact data.
    pub fn tell(&self, words: &mut Words) {
        for list in &self.lists {
            for term in &list.terms {
                match list.of {
                    Some(Use::Street) => words.add_street(&term.text),
                    Some(Use::PrivateDomain) => drop(words.consumer_domains.insert(term.text.to_lowercase())),
                    Some(Use::Own(own)) => words.own.add(own, term),
                    _ => {}
                }
            }
        }
    }
}

/// That a list is not used.
fn of_pack_off(list: &List) -> Note {
    let pack = Pack::of(list).map_or("", Pack::as_str);
    let text =
        format!("`{}` is not used: it belongs to the pack {pack:?}, which `[detect] packs` does not name", list.id);
    Note { file: list.file.clone(), line: list.line, text }
}
