//! Names of an organisation's own lists, and how they are compared with a text.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::detect::identifier::fold::fold;
use crate::detect::lexicon::NameList;
use crate::detect::patterns::name_of_mailbox;

/// Bytes behind a name that are looked at.
const REACH: usize = 100;

/// What an organisation adds to the lists of names.
#[derive(Debug, Default)]
pub struct OwnNames {
    pub given: Vec<String>,
    pub surnames: Vec<String>,
    /// Lower case.
    pub endings: Vec<String>,
    pub ambiguous: Vec<String>,
    pub streets: Vec<String>,
    /// Folded names of mailboxes.
    pub colleagues: HashSet<String>,
    /// By their first word, lower case.
    pub no_names: HashMap<String, Vec<String>>,
}

impl OwnNames {
    pub fn add(&mut self, list: NameList, name: &str) {
        match list {
            NameList::Given => self.given.push(name.to_owned()),
            NameList::Surname => self.surnames.push(name.to_owned()),
            NameList::SurnameEnding => self.endings.push(name.to_lowercase()),
            NameList::Ambiguous => self.ambiguous.push(name.to_owned()),
            NameList::NotAName => {
                let name = name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
                let first = name.split(' ').next().unwrap_or_default().to_owned();
                self.no_names.entry(first).or_default().push(name);
            }
        }
    }

    /// A mailbox of staff; one of an office names nobody.
    pub fn add_mailbox(&mut self, mailbox: &str) {
        self.colleagues.extend(name_of_mailbox(mailbox));
    }

    /// A name as a mailbox may have it: whole, first and last word, and these the other way round; folded.
    pub(super) fn orders(name: &str) -> impl Iterator<Item = String> {
        let whole = fold(name);
        let ends = whole.split_once(' ').map(|(first, rest)| {
            let last = rest.rsplit(' ').next().unwrap_or(rest);
            [format!("{first} {last}"), format!("{last} {first}")]
        });
        // One word alone is everybody's.
        let whole = whole.contains(' ').then_some(whole);
        whole.into_iter().chain(ends.into_iter().flatten())
    }

    /// Whether one of `listed` stands from the start of `span` to its end or beyond, a genitive `s` allowed for.
    pub(super) fn covers(listed: &HashMap<String, Vec<String>>, text: &str, span: &Range<usize>) -> bool {
        let mut end = span.start.saturating_add(REACH).max(span.end).min(text.len());
        while !text.is_char_boundary(end) {
            end = end.saturating_sub(1);
        }
        let here = text.get(span.start..end).unwrap_or_default().to_lowercase();
        let first = here.split(|c: char| !c.is_alphanumeric() && c != '-').next().unwrap_or_default();
        let candidates = [Some(first), first.strip_suffix('s')];
        let length = text.get(span.clone()).unwrap_or_default().to_lowercase().len();
        candidates.into_iter().flatten().filter_map(|first| listed.get(first)).flatten().any(|name| {
            here.strip_prefix(name.as_str()).is_some_and(|rest| {
                let genitive = rest.strip_prefix('s').unwrap_or(rest);
                let whole = |rest: &str| !rest.starts_with(char::is_alphanumeric);
                let reaches = name.len().saturating_add(rest.len().saturating_sub(genitive.len())) >= length;
                reaches && (whole(rest) || whole(genitive))
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_is_called_like_a_person_is_covered_to_its_end() {
        let mut own = OwnNames::default();
        own.add(NameList::NotAName, "Anna Lindhs plats");
        own.add(NameList::NotAName, "Kung Oscar");
        own.add(NameList::NotAName, "Björk");
        for (text, length, covered) in [
            ("Anna Lindhs plats är stängd", 11, true),
            ("Anna Lindhs mor ringde", 11, false),
            ("Anna Lindhs platsen", 11, false),
            ("Kung Oscar", 10, true),
            ("Kung Oscars vård", 11, true),
            ("Björk", 5, true),
            ("Björk Alm", 9, false),
        ] {
            assert_eq!(OwnNames::covers(&own.no_names, text, &(0..length)), covered, "{text}");
        }
    }

    #[test]
    fn a_mailbox_names_its_owner_in_any_order() {
        let mut own = OwnNames::default();
        own.add_mailbox("anna.berg@kommun.example");
        own.add_mailbox("kundservice@kommun.example");
        let known = |name| OwnNames::orders(name).any(|order| own.colleagues.contains(&order));
        for (name, colleague) in [
            ("Anna Berg", true),
            ("Berg Anna", true),
            ("Anna Maria Berg", true),
            ("Anna", false),
            ("Anna Bergs", false),
        ] {
            assert_eq!(known(name), colleague, "{name}");
        }
    }
}
