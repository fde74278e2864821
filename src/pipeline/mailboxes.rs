//! What notices need to know of single mailboxes of the house: the language of who reads one, whether
//! several people read it, whether a machine sends from it.

use std::collections::{HashMap, HashSet};

use crate::channel::{Canonical, Pattern};
use crate::notice::facts::Language;
use crate::notice::is_machine;

/// Addresses, domains and suffixes as the configuration lists them; the most exact counts.
#[derive(Clone, Debug, Default)]
pub struct Mailboxes {
    languages: HashMap<Pattern, Language>,
    shared: HashSet<Pattern>,
    machines: HashSet<Pattern>,
}

impl Mailboxes {
    pub fn new(
        languages: impl IntoIterator<Item = (Pattern, Language)>,
        shared: impl IntoIterator<Item = Pattern>,
        machines: impl IntoIterator<Item = Pattern>,
    ) -> Self {
        Mailboxes {
            languages: languages.into_iter().collect(),
            shared: shared.into_iter().collect(),
            machines: machines.into_iter().collect(),
        }
    }

    /// What a notice to this address is written in, where that is listed.
    pub fn language(&self, address: &str) -> Option<Language> {
        patterns_of(address).iter().find_map(|pattern| self.languages.get(pattern).copied())
    }

    /// Several people read it.
    pub fn is_shared(&self, address: &str) -> bool {
        patterns_of(address).iter().any(|pattern| self.shared.contains(pattern))
    }

    /// Nobody reads it: it is listed, or bears a machine's name.
    pub fn is_machine(&self, address: &str) -> bool {
        let local = address.rsplit_once('@').map_or("", |(local, _)| local);
        is_machine(local) || patterns_of(address).iter().any(|pattern| self.machines.contains(pattern))
    }
}

/// Every pattern that covers the address, the most exact first.
fn patterns_of(address: &str) -> Vec<Pattern> {
    let Some(address) = Canonical::of(address) else { return Vec::new() };
    let domain = Pattern::Domain(address.domain().to_owned());
    let mut above: Vec<&str> = address.parents().collect();
    above.sort_by_key(|parent| std::cmp::Reverse(parent.len()));
    let above: Vec<Pattern> = above.into_iter().map(|parent| Pattern::Suffix(parent.to_owned())).collect();
    [Pattern::Address(address), domain].into_iter().chain(above).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::parse(text).unwrap()
    }

    #[test]
    fn the_most_exact_entry_counts() {
        let languages = [
            (pattern(".kommun.example"), Language::Nb),
            (pattern("@vest.kommun.example"), Language::Nn),
            (pattern("anna@vest.kommun.example"), Language::Sv),
        ];
        let mailboxes =
            Mailboxes::new(languages, [pattern("barnevern@kommun.example")], [pattern("@skrivare.kommun.example")]);
        for (address, language) in [
            ("Anna@Vest.Kommun.example", Some(Language::Sv)),
            ("anna+mote@vest.kommun.example", Some(Language::Sv)),
            ("kari@vest.kommun.example", Some(Language::Nn)),
            ("kari@nord.vest.kommun.example", Some(Language::Nb)),
            ("kari@kommun.example", None),
            ("kari", None),
        ] {
            assert_eq!(mailboxes.language(address), language, "{address}");
        }
        assert!(mailboxes.is_shared("Barnevern@kommun.example") && !mailboxes.is_shared("kari@kommun.example"));
        assert!(
            mailboxes.is_machine("plan2@skrivare.kommun.example") && mailboxes.is_machine("no-reply@kommun.example")
        );
        assert!(!mailboxes.is_machine("kari@kommun.example"));
    }
}
