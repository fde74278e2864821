//! Lists that extend others: what they inherit, and what they take away.

use std::collections::HashMap;

use super::error::{Fault, Faults, Note, nearest};
use super::format::{List, Removal};
use super::purpose::Use;
use super::term::{Term, spellings};

/// Of each list that something was taken from, by its place among the lists: the file and line that did.
pub type Thinned = HashMap<usize, (String, usize)>;

/// Lets every list that extends another inherit its purpose, and takes the terms away that it removes.
pub fn extend(lists: &mut [List], notes: &mut Vec<Note>) -> Result<Thinned, Faults> {
    let (mut faults, mut thinned) = (Faults::default(), Thinned::new());
    let mut removed = Vec::new();
    for index in 0..lists.len() {
        let Some(list) = lists.get(index).filter(|l| l.extends.is_some()).cloned() else { continue };
        let Some(target) = list.extends.as_ref() else { continue };
        if target.id == list.id {
            faults.add(&list.file, target.line, Fault::ExtendsItself);
            continue;
        }
        let is_target = |l: &List| l.id == target.id && matches!(l.of, Some(Use::Terms(_))) && l.extends.is_none();
        let Some(at) = lists.iter().position(is_target) else {
            let known = lists.iter().filter(|l| l.extends.is_none() && l.purpose().is_some()).map(|l| l.id.as_str());
            let near = nearest(&target.id, known).map(str::to_owned);
            faults.add(&list.file, target.line, Fault::UnknownList { id: target.id.clone(), near });
            continue;
        };
        let Some(extended) = lists.get_mut(at) else { continue };
        if list.of.is_some() && list.of != extended.of {
            faults.add(&list.file, target.line, Fault::OtherPurpose { id: target.id.clone() });
            continue;
        }
        let (of, compounds) = (extended.of, extended.compounds);
        for removal in &list.removals {
            if remove(extended, removal) {
                thinned.entry(at).or_insert_with(|| (list.file.clone(), removal.line));
            } else {
                let near = nearest_term(extended, removal);
                let fault = Fault::NoSuchTerm { term: removal.text.clone(), list: extended.id.clone(), near };
                faults.add(&list.file, removal.line, fault);
            }
        }
        if let Some(list) = lists.get_mut(index) {
            list.of = of;
            list.compounds = list.compounds.or(compounds);
        }
        removed.push((list, of));
    }
    faults.none_or()?;
    for (list, of) in &removed {
        notes.extend(list.removals.iter().filter(|r| !r.regex).filter_map(|r| still_found(lists, list, r, *of)));
    }
    Ok(thinned)
}

/// Takes it away; false when it does not stand there.
fn remove(list: &mut List, removal: &Removal) -> bool {
    let before = list.terms.len().saturating_add(list.expressions.len());
    if removal.regex {
        list.expressions.retain(|e| !(e.language == removal.language && e.id == removal.text));
    } else {
        let text = removal.text.to_lowercase();
        list.terms.retain(|t| !(t.language == removal.language && t.text.to_lowercase() == text));
    }
    list.terms.len().saturating_add(list.expressions.len()) < before
}

/// The term that was meant: one that stands for the word among others (`hör/hörde röster`), else the nearest.
fn nearest_term(list: &List, removal: &Removal) -> Option<String> {
    if removal.regex {
        return nearest(&removal.text, list.expressions.iter().map(|e| e.id.as_str())).map(str::to_owned);
    }
    let wanted = removal.text.to_lowercase();
    let terms = || list.terms.iter().filter(|t| t.language == removal.language);
    let stands_for = |text: &str| spellings(&text.to_lowercase()).is_ok_and(|all| all.contains(&wanted));
    let near = terms().map(|t| t.text.as_str()).find(|text| stands_for(text));
    near.or_else(|| nearest(&removal.text, terms().map(|t| t.text.as_str()))).map(str::to_owned)
}

/// A term taken from one list that stands in another of the same purpose as well, or there in another language.
fn still_found(lists: &[List], by: &List, removal: &Removal, of: Option<Use>) -> Option<Note> {
    let text = removal.text.to_lowercase();
    let same = |t: &&Term| t.text.to_lowercase() == text;
    let (list, term) =
        lists.iter().filter(|l| l.of == of).find_map(|list| list.terms.iter().find(same).map(|term| (list, term)))?;
    let (id, line, language) = (&list.id, term.line, term.language.as_str());
    let text = format!("`{}` is still found: it stands in `{id}` too (line {line}, {language})", removal.text);
    Some(Note { file: by.file.clone(), line: removal.line, text })
}
