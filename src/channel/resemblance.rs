//! Domains that look like a known one and are not: one letter dropped, added, changed or swapped, or
//! letters that a hurried eye takes for each other (`rn` for `m`, `0` for `o`).
//!
//! Known domains are kept by all they become when one character is left out of their skeleton, so that a
//! question is a few look-ups, however many domains are known.

use std::collections::{HashMap, HashSet};

/// Bytes before the last label; shorter names have too many neighbours: `ks.no` and `ku.no` are both somebody's.
const MIN_LENGTH: usize = 5;

/// The known domains, prepared.
#[derive(Clone, Debug, Default)]
pub struct Resemblance {
    known: HashSet<String>,
    /// Known domains by skeleton, and by skeleton less one character.
    near: HashMap<String, Vec<String>>,
}

impl Resemblance {
    /// `domains` in canonical form. Each stands for itself and all below it.
    pub fn new(domains: impl IntoIterator<Item = String>) -> Self {
        let mut resemblance = Resemblance::default();
        for domain in domains {
            if !resemblance.known.insert(domain.clone()) || is_short(&domain) {
                continue;
            }
            for key in keys(&skeleton(&domain)) {
                resemblance.near.entry(key).or_default().push(domain.clone());
            }
        }
        resemblance
    }

    /// The known domain that `domain` (canonical) is taken for. `None` for a known one, one below or
    /// above a known one, and for what resembles none.
    pub fn of(&self, domain: &str) -> Option<&str> {
        let related = |known: &str| {
            let below = |long: &str, short: &str| long.strip_suffix(short).is_some_and(|rest| rest.ends_with('.'));
            below(domain, known) || below(known, domain)
        };
        if is_short(domain) || self.known.contains(domain) {
            return None;
        }
        if super::address::parents(domain).any(|parent| self.known.contains(parent)) {
            return None;
        }
        let asked = skeleton(domain);
        let candidates = keys(&asked).into_iter().filter_map(|key| self.near.get(&key)).flatten();
        let mut found: Vec<&String> =
            candidates.filter(|known| !related(known) && is_near(&asked, &skeleton(known))).collect();
        found.sort();
        found.first().map(|known| known.as_str())
    }
}

fn is_short(domain: &str) -> bool {
    domain.rsplit_once('.').is_none_or(|(name, _)| name.len() < MIN_LENGTH)
}

/// What a hurried eye reads: letters that look alike become one, hyphens and accents go. A-labels are
/// read as the letters they stand for.
fn skeleton(domain: &str) -> Vec<char> {
    let (shown, _) = idna::domain_to_unicode(domain);
    let plain = |c: char| match c {
        'å' | 'ä' | 'á' | 'à' | 'æ' | 'а' => 'a',
        'ö' | 'ø' | 'ó' | 'о' | '0' => 'o',
        'é' | 'è' | 'ë' | 'е' => 'e',
        'ü' | 'ú' => 'u',
        'í' | 'ï' | 'і' | '1' | 'l' | '|' => 'i',
        c => c,
    };
    let letters = shown.to_lowercase().replace("rn", "m").replace("vv", "w");
    letters.chars().filter(|c| *c != '-').map(plain).collect()
}

/// The skeleton, and it less any one character.
fn keys(skeleton: &[char]) -> Vec<String> {
    let less = (0..skeleton.len())
        .map(|out| skeleton.iter().enumerate().filter(|(at, _)| *at != out).map(|(_, c)| *c).collect::<String>());
    let mut keys: Vec<String> = less.chain([skeleton.iter().collect()]).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// At most one letter dropped, added, changed, or swapped with its neighbour, and the same last label:
/// `kommun.se` and `kommun.no` are two organisations, not a slip of the finger.
fn is_near(a: &[char], b: &[char]) -> bool {
    let last = |skeleton: &[char]| skeleton.rsplit(|c| *c == '.').next().map(<[char]>::to_vec);
    let text = |skeleton: &[char]| skeleton.iter().collect::<String>();
    last(a) == last(b) && strsim::damerau_levenshtein(&text(a), &text(b)) <= 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Resemblance {
        let domains =
            ["kommun.example", "sankt-olavs.example", "region-norr.example", "ks.example", "xn--sknes-nra.example"];
        Resemblance::new(domains.map(str::to_owned))
    }

    #[test]
    fn near_ones_are_seen_and_others_are_not() {
        let known = known();
        for (asked, taken_for) in [
            ("kornmun.example", Some("kommun.example")),
            ("kommum.example", Some("kommun.example")),
            ("komun.example", Some("kommun.example")),
            ("kommunn.example", Some("kommun.example")),
            ("kmomun.example", Some("kommun.example")),
            ("k0mmun.example", Some("kommun.example")),
            ("sanktolavs.example", Some("sankt-olavs.example")),
            ("reglon-norr.example", Some("region-norr.example")),
            ("skanes.example", Some("xn--sknes-nra.example")),
            // Itself, what is below it, and what is above.
            ("kommun.example", None),
            ("skola.kommun.example", None),
            ("mail.sankt-olavs.example", None),
            // Another organisation.
            ("kommune-x.example", None),
            ("kommun.org", None),
            ("region-soder.example", None),
            ("ka.example", None),
            ("", None),
        ] {
            assert_eq!(known.of(asked), taken_for, "{asked}");
        }
    }

    /// The index finds what comparing with every domain finds.
    #[test]
    fn every_single_slip_is_found() {
        let known = known();
        let domain = "region-norr.example";
        let name: Vec<char> = domain.chars().collect();
        for at in 0.."region-norr".len() {
            let mut dropped = name.clone();
            dropped.remove(at);
            let mut changed = name.clone();
            changed[at] = 'x';
            let mut added = name.clone();
            added.insert(at, 'x');
            let mut swapped = name.clone();
            swapped.swap(at, at + 1);
            for slip in [dropped, changed, added, swapped] {
                let slip: String = slip.into_iter().collect();
                let same = skeleton(&slip) == skeleton(domain) && slip == domain;
                let labels = slip.ends_with(".example");
                if !same && labels {
                    assert_eq!(known.of(&slip), Some(domain), "{slip}");
                }
            }
        }
    }
}
