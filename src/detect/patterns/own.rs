//! What is the organisation's own: addresses, telephone numbers and mailboxes that are no client's.

use std::collections::HashSet;

use crate::detect::identifier::fold::fold;
use crate::detect::lexicon::{OwnList, Term};

/// The organisation's own contact data, ready to be compared with what was found.
#[derive(Debug, Default)]
pub struct Own {
    /// Lower case, one blank between words.
    addresses: Vec<String>,
    /// National digits without the leading zero.
    phones: HashSet<String>,
    /// Beginnings of such.
    series: Vec<String>,
    /// Lower case.
    mailboxes: HashSet<String>,
}

impl Own {
    pub fn add(&mut self, list: OwnList, term: &Term) {
        match list {
            OwnList::Address => self.addresses.push(single_spaced(&term.text)),
            OwnList::Phone if term.open => self.series.push(national(&term.text)),
            OwnList::Phone => drop(self.phones.insert(national(&term.text))),
            OwnList::Mailbox => drop(self.mailboxes.insert(term.text.to_lowercase())),
        }
    }

    /// An address as it was found, with or without its postcode and place. Another door of the same number
    /// (`12 B`) is somebody else's.
    pub fn has_address(&self, found: &str) -> bool {
        if self.addresses.is_empty() {
            return false;
        }
        let found = single_spaced(found);
        let goes_on = |long: &str, short: &str| {
            long.strip_prefix(short).is_some_and(|rest| {
                let behind = rest.trim_start();
                behind.is_empty() || rest.starts_with(',') || behind.len() < rest.len() && starts_with_postcode(behind)
            })
        };
        self.addresses.iter().any(|own| goes_on(&found, own) || goes_on(own, &found))
    }

    /// A number as digits, with a country's `+46` or `+47` before it or without.
    pub fn has_phone(&self, found: &str) -> bool {
        let found = national(found);
        self.phones.contains(&found) || self.series.iter().any(|series| found.starts_with(series.as_str()))
    }

    /// `name@domain`, or its local part.
    pub fn has_mailbox(&self, address: &str) -> bool {
        let address = address.to_lowercase();
        self.mailboxes.contains(&address)
            || address.split_once('@').is_some_and(|(local, _)| self.mailboxes.contains(local))
    }
}

/// The name that a mailbox is of, folded: `anna berg` of `anna.berg2@…`; none of an office's.
pub fn name_of_mailbox(mailbox: &str) -> Option<String> {
    let local = mailbox.split('@').next().unwrap_or_default();
    let letters: String = local.chars().filter(|c| !c.is_ascii_digit()).collect();
    let name = fold(&letters.replace(['.', '_'], " "));
    (name.split(' ').filter(|word| word.len() > 1).count() >= 2).then_some(name)
}

fn single_spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// `352 30 växjö`, `5003 bergen`: not the letter of another door.
fn starts_with_postcode(text: &str) -> bool {
    text.bytes().take_while(u8::is_ascii_digit).count() >= 3
}

/// Digits of a number without its country and leading zero.
fn national(written: &str) -> String {
    let written = written.trim();
    let digits: String = written.chars().filter(char::is_ascii_digit).collect();
    let abroad = if written.starts_with('+') { Some(digits.as_str()) } else { digits.strip_prefix("00") };
    let home = abroad.and_then(|a| a.strip_prefix("46").or_else(|| a.strip_prefix("47"))).unwrap_or(&digits);
    home.strip_prefix('0').unwrap_or(home).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::lexicon::{Language, Weight};

    fn own(list: OwnList, texts: &[&str]) -> Own {
        let mut own = Own::default();
        for text in texts {
            let open = text.ends_with('*');
            let text = text.trim_end_matches('*').to_owned();
            let term = Term { language: Language::Int, text, weight: Weight::Plain, open, exact: false, line: 1 };
            own.add(list, &term);
        }
        own
    }

    #[test]
    fn an_own_address_is_its_door_and_no_other() {
        let own = own(OwnList::Address, &["Storgatan 1", "Rådhusgata 2, 5003 Bergen"]);
        for (found, is_own) in [
            ("Storgatan 1", true),
            ("storgatan 1, 352 30 växjö", true),
            ("storgatan 1 352 30 växjö", true),
            ("storgatan 12", false),
            ("storgatan 1 b", false),
            ("storgatan 1b", false),
            ("lilla storgatan 1", false),
            ("rådhusgata 2", true),
        ] {
            assert_eq!(own.has_address(found), is_own, "{found}");
        }
    }

    #[test]
    fn an_own_number_is_known_however_written() {
        let own = own(OwnList::Phone, &["0470-410 00", "+47 55 56 75 00", "0470-79*"]);
        for (found, is_own) in [
            ("+4647041000", true),
            ("0047 55567500", true),
            ("55567500", true),
            ("+4647079123", true),
            ("+4647041001", false),
            ("+4755567501", false),
        ] {
            assert_eq!(own.has_phone(found), is_own, "{found}");
        }
    }

    #[test]
    fn a_mailbox_is_known_by_its_address_or_local_part() {
        let own = own(OwnList::Mailbox, &["kundservice", "Anna.Berg@kommun.example"]);
        for (found, is_own) in [
            ("kundservice@gmail.example", true),
            ("anna.berg@kommun.example", true),
            ("anna.berg@gmail.example", false),
        ] {
            assert_eq!(own.has_mailbox(found), is_own, "{found}");
        }
        assert_eq!(name_of_mailbox("björn.ågren2@kommun.example").as_deref(), Some("bjorn agren"));
        assert_eq!(name_of_mailbox("kundservice"), None);
    }
}
