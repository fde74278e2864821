//! Words that tell something at the end of a longer one.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use super::key::Filter;
use super::names::Class;
use crate::detect::fnv;

/// Bits of the filter of what an ending's last letters may be.
const OPEN_BITS: u32 = 15;

/// Endings and what each is. They are hashed from their last byte to their first, so that one pass over a word
/// asks for all its ends, and stops where no ending goes on.
#[derive(Default)]
pub struct Endings {
    table: HashMap<u64, (Box<str>, Class), BuildHasherDefault<fnv::Fnv>>,
    /// A bit for each hash of an ending's last bytes.
    open: Filter<OPEN_BITS>,
}

impl Endings {
    pub fn add(&mut self, ending: &str, class: Class) {
        let mut hash = fnv::START;
        for byte in ending.bytes().rev() {
            hash = fnv::step(hash, byte);
            self.open.add(spread(hash));
        }
        let entry = self.table.entry(hash).or_insert_with(|| (ending.into(), Class::default()));
        entry.1 = entry.1.and(class);
    }

    /// Everything the ends of a word in lower case are listed as, with and without a genitive `s`; the
    /// whole word left out.
    pub fn of(&self, lower: &str) -> Class {
        let base = lower.strip_suffix('s').unwrap_or_default();
        self.ends_of(lower).and(self.ends_of(base))
    }

    fn ends_of(&self, lower: &str) -> Class {
        let mut hash = fnv::START;
        let mut all = Class::default();
        for (at, byte) in lower.bytes().enumerate().skip(1).rev() {
            hash = fnv::step(hash, byte);
            if !self.open.passes(spread(hash)) {
                break;
            }
            if let Some((ending, class)) = self.table.get(&hash)
                && lower.get(at..) == Some(ending)
            {
                all = all.and(*class);
            }
        }
        all
    }
}

/// With good high bits, which few bytes alone do not make.
fn spread(hash: u64) -> u64 {
    hash.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// A few endings, told by their last two bytes first.
pub struct Tails {
    endings: Vec<Box<str>>,
    last: u64,
}

impl Tails {
    pub fn of(list: &str) -> Self {
        let endings: Vec<Box<str>> = list.split_whitespace().map(Box::from).collect();
        let last = endings.iter().fold(0, |all, ending| all | last_two(ending.as_bytes()));
        Tails { endings, last }
    }

    pub fn ends(&self, word: &str) -> bool {
        self.last & last_two(word.as_bytes()) != 0 && self.endings.iter().any(|ending| word.ends_with(&**ending))
    }
}

/// One bit of 64 for the last two bytes.
fn last_two(word: &[u8]) -> u64 {
    let &[.., a, b] = word else { return 0 };
    1_u64.rotate_left(u32::from(a).wrapping_mul(11).wrapping_add(u32::from(b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_ends_of_a_word_are_told_but_the_word_itself() {
        let mut endings = Endings::default();
        for (ending, class) in [("gata", Class::STREET), ("skolan", Class::INSTITUTION), ("lan", Class::SURNAME)] {
            endings.add(ending, class);
        }
        for (word, street, institution, surname) in [
            ("storgata", true, false, false),
            ("storgatas", true, false, false),
            ("gata", false, false, false),
            ("björkskolan", false, true, true),
            ("skolan", false, false, true),
            ("olan", false, false, true),
            ("", false, false, false),
        ] {
            let class = endings.of(word);
            let found = (class.has(Class::STREET), class.has(Class::INSTITUTION), class.has(Class::SURNAME));
            assert_eq!(found, (street, institution, surname), "{word}");
        }
    }

    #[test]
    fn a_tail_is_told_whole() {
        let tails = Tails::of("åring årig");
        assert!(tails.ends("åtteåring") && tails.ends("åring") && tails.ends("7-årig"));
        assert!(!tails.ends("ring") && !tails.ends("g") && !tails.ends("") && !tails.ends("viktig"));
    }
}
