//! Words as numbers: up to sixteen bytes are one, so that comparing words compares numbers.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use crate::detect::fnv;

/// Bytes of the longest word that is a number.
const LONGEST: usize = 16;
const HIGH: u128 = u128::from_le_bytes([0x80; LONGEST]);

/// A word's number and hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// Zero for a longer word.
    packed: u128,
    /// Its high bits are the best.
    pub hash: u64,
    /// It has a letter outside ASCII.
    pub accented: bool,
}

impl Key {
    pub fn of(word: &[u8]) -> Self {
        Key::at_start(word, word.len())
    }

    /// The key of the first `length` bytes; what follows them is read along and masked out.
    #[inline]
    pub fn at_start(text: &[u8], length: usize) -> Self {
        if length > LONGEST {
            let word = text.get(..length).unwrap_or(text);
            let accented = word.iter().fold(0, |seen, b| seen | b) >= 0x80;
            return Key { packed: 0, hash: fnv::hash(word), accented };
        }
        let packed = match text.first_chunk::<LONGEST>() {
            Some(bytes) => u128::from_le_bytes(*bytes) & FIRST.get(length).copied().unwrap_or(u128::MAX),
            None => text.iter().take(length).rev().fold(0, |packed, &b| packed << 8 | u128::from(b)),
        };
        Key { packed, hash: mixed(packed), accented: packed & HIGH != 0 }
    }
}

#[inline]
fn mixed(packed: u128) -> u64 {
    const MIX: u64 = 0x9E37_79B9_7F4A_7C15;
    let (low, high) = (packed as u64, (packed >> 64) as u64);
    let mixed = (low ^ high.rotate_left(29)).wrapping_mul(MIX);
    (mixed ^ mixed >> 32).wrapping_mul(MIX)
}

/// The first so many bytes of a number.
static FIRST: [u128; LONGEST] = {
    let mut table = [0; LONGEST];
    let mut length = 1;
    // In a static an index out of range does not compile.
    #[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    while length < LONGEST {
        table[length] = table[length - 1] << 8 | 0xFF;
        length += 1;
    }
    table
};

/// A table from words to what they mean.
#[derive(Debug)]
pub struct Table<V> {
    short: HashMap<u128, V, BuildHasherDefault<fnv::Fnv>>,
    long: fnv::Table<V>,
}

impl<V> Default for Table<V> {
    fn default() -> Self {
        Table { short: HashMap::default(), long: fnv::Table::default() }
    }
}

impl<V: Default> Table<V> {
    /// The word's value, made when there is none.
    pub fn entry(&mut self, word: &str) -> &mut V {
        match Key::of(word.as_bytes()).packed {
            0 => self.long.entry(word.into()).or_default(),
            packed => self.short.entry(packed).or_default(),
        }
    }
}

impl<V> Table<V> {
    #[inline]
    pub fn get(&self, word: &str) -> Option<&V> {
        self.get_by(&Key::of(word.as_bytes()), word)
    }

    /// The same with the word's key at hand.
    #[inline]
    pub fn get_by(&self, key: &Key, word: &str) -> Option<&V> {
        match key.packed {
            0 => self.long.get(word),
            packed => self.short.get(&packed),
        }
    }
}

/// Tells what is surely not among some hashes, by their high bits.
#[derive(Debug)]
pub struct Filter<const BITS: u32>(Box<[u64]>);

impl<const BITS: u32> Default for Filter<BITS> {
    fn default() -> Self {
        Filter(vec![0; 1 << BITS.saturating_sub(6)].into())
    }
}

impl<const BITS: u32> Filter<BITS> {
    pub fn add(&mut self, hash: u64) {
        let (slot, bit) = Self::place(hash);
        self.0.get_mut(slot).into_iter().for_each(|bits| *bits |= bit);
    }

    #[inline]
    pub fn passes(&self, hash: u64) -> bool {
        let (slot, bit) = Self::place(hash);
        self.0.get(slot).is_some_and(|bits| bits & bit != 0)
    }

    fn place(hash: u64) -> (usize, u64) {
        let index = hash >> 64_u32.saturating_sub(BITS);
        ((index >> 6) as usize, 1 << (index & 63))
    }
}

/// Words of a list.
#[derive(Debug, Default)]
pub struct Set(Table<()>);

impl Set {
    pub fn of(list: &str) -> Self {
        let mut set = Set::default();
        list.split_whitespace().for_each(|word| *set.0.entry(word) = ());
        set
    }

    pub fn contains(&self, word: &str) -> bool {
        self.0.get(word).is_some()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_of_the_word_alone() {
        let text = "fødselsnummer og personnummerkontrollør";
        for length in 1..text.len() {
            let word = &text.as_bytes()[..length];
            assert_eq!(Key::at_start(text.as_bytes(), length), Key::of(word), "{length}");
            assert_eq!(Key::of(word).accented, length > 1);
        }
    }

    #[test]
    fn words_of_any_length_are_found_again() {
        let words =
            ["a", "ab", "sjukskrivning", "sextonbokstäver", "sjuttonbokstäver!", "en bra bit över sexton bokstäver"];
        let set = Set::of(&words.join(" "));
        let all = words.iter().flat_map(|w| w.split(' '));
        all.for_each(|word| assert!(set.contains(word), "{word}"));
        assert!(!set.contains("") && !set.contains("b") && !set.contains("sjuttonbokstäver?"));
    }
}
