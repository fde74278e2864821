//! Keys found where they begin.
//!
//! The built-in lists make ten thousand keys, and an automaton over them is larger than a
//! processor's caches: it pays a miss for nearly every byte. Here the text is taken word by word. A
//! small filter says whether any key begins with the first bytes at a place, and nearly everywhere none
//! does. Behind the filter stand the lengths of the keys with that head; only those are looked up, and
//! of plain words only those that leave no more than an ending to the end of the word.
//!
//! Linear in the text: a place costs at most [`LONGEST_KEY`] steps.

use std::collections::{HashMap, HashSet};

use super::fold::is_word;
use crate::detect::fnv;

/// Folded bytes of the longest key.
pub const LONGEST_KEY: usize = 127;
/// Letters before or after a term that make it an element of a compound.
pub const SHORTEST_ELEMENT: usize = 3;
/// A stem may be the last element of a compound from this many folded bytes.
pub const LAST_ELEMENT_FROM: usize = 5;
/// Letters of the longest ending, see `morphology`.
pub const LONGEST_ENDING: usize = 5;
/// Longer runs of letters are no words; the bound keeps a look at `aaaa…` linear.
pub const LONGEST_WORD: usize = 60;
/// Bytes of the head of a plain word, and of a key that may go on; shorter keys are their own heads.
const HEAD: usize = 4;
const LONG_HEAD: usize = 6;
/// Bytes by which most words are told from the start of any key.
const START: usize = 3;
/// Bits of a filter for each head: few enough to stay close to the processor, enough to be wrong rarely.
const FILTER_SHARE: usize = 16;

/// The first [`START`] bytes of a window.
const WINDOW_START: u64 = 0xFF_FFFF;
/// Lengths of keys without a start.
const SHORTER: u128 = 0b111;

/// What is known of a key without a look at its spellings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value(u32);

impl Value {
    /// Some spelling may be the last element of a compound.
    const INSIDE: u32 = 1;
    /// Some spelling may be followed by more than an ending.
    const LONG: u32 = 2;

    pub fn new(group: usize) -> Option<Value> {
        u32::try_from(group).ok()?.checked_mul(4).map(Value)
    }

    pub fn group(self) -> usize {
        usize::try_from(self.0 / 4).unwrap_or(usize::MAX)
    }

    pub fn may_stand_inside(self) -> bool {
        self.0 & Value::INSIDE != 0
    }

    pub fn may_go_on(self) -> bool {
        self.0 & Value::LONG != 0
    }

    pub fn let_stand_inside(&mut self) {
        self.0 |= Value::INSIDE;
    }

    pub fn let_go_on(&mut self) {
        self.0 |= Value::LONG;
    }
}

/// A key in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// Offsets in the folded text.
    pub start: usize,
    pub end: usize,
    /// Letters of the word before the key, at most [`LONGEST_WORD`].
    pub before: usize,
    pub value: Value,
}

/// All keys of one folding.
#[derive(Default)]
pub struct Keys {
    /// The first [`START`] bytes of all keys that have them.
    starts: Filter,
    /// Of keys that are plain words with at most an ending behind them.
    words: Heads,
    /// Of keys that may go on, or are more than one word.
    long: Heads,
    /// Of keys that may stand inside a word.
    inside: Heads,
    /// Bytes outside words that some key begins with.
    marks: Vec<u8>,
    /// Keys by hash, a power of two of places.
    slots: Vec<Option<Slot>>,
    /// The keys' bytes, one after another.
    bytes: Vec<u8>,
}

#[derive(Clone, Copy)]
struct Slot {
    hash: u32,
    start: u32,
    length: u8,
    value: Value,
}

/// Heads that may be known: all that are, and a few more.
#[derive(Default)]
struct Filter {
    bits: Vec<u64>,
    /// Bits of a hash that are no place.
    shift: u32,
}

impl Filter {
    fn of(heads: impl ExactSizeIterator<Item = u64>) -> Filter {
        let size = heads.len().saturating_mul(FILTER_SHARE).next_power_of_two().max(64);
        let mut out = Filter { bits: vec![0; size / 64], shift: 64_u32.saturating_sub(size.trailing_zeros()) };
        for head in heads {
            let index = out.index(head);
            if let Some(word) = out.bits.get_mut(index / 64) {
                *word |= 1 << (index % 64);
            }
        }
        out
    }

    fn index(&self, head: u64) -> usize {
        (head.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> self.shift) as usize
    }

    #[inline]
    fn passes(&self, head: u64) -> bool {
        let index = self.index(head);
        self.bits.get(index / 64).is_some_and(|word| word >> (index % 64) & 1 != 0)
    }
}

/// The first bytes of keys, and how long the keys are that begin so.
#[derive(Default)]
struct Heads {
    filter: Filter,
    /// Bit n: a key of n bytes.
    lengths: HashMap<u64, u128, std::hash::BuildHasherDefault<fnv::Fnv>>,
    /// Bit n: a head of n bytes.
    sizes: u8,
}

impl Heads {
    fn add(&mut self, head: &[u8], length: usize) {
        self.sizes |= 1_u8.wrapping_shl(u32::try_from(head.len()).unwrap_or(0));
        let lengths = self.lengths.entry(masked(packed(head), head.len())).or_default();
        *lengths |= 1_u128.wrapping_shl(u32::try_from(length).unwrap_or(0));
    }

    fn finish(&mut self) {
        self.filter = Filter::of(self.lengths.keys().copied());
    }
}

impl Keys {
    /// Takes the distinct keys; none longer than [`LONGEST_KEY`].
    pub fn new(keys: &HashMap<Vec<u8>, Value>) -> Result<Keys, &'static str> {
        let size = keys.len().saturating_mul(2).next_power_of_two();
        let mut out = Keys { slots: vec![None; size], ..Keys::default() };
        let mut starts = HashSet::new();
        for (key, value) in keys {
            if key.is_empty() || key.len() > LONGEST_KEY {
                return Err("a key is empty or too long");
            }
            let plain = key.iter().all(|b| is_word(*b));
            if plain && !value.may_go_on() {
                out.words.add(key.get(..HEAD).unwrap_or(key), key.len());
            } else {
                out.long.add(key.get(..LONG_HEAD).unwrap_or(key), key.len());
            }
            if let Some(head) = key.get(..LAST_ELEMENT_FROM).filter(|_| plain && value.may_stand_inside()) {
                out.inside.add(head, key.len());
            }
            starts.extend(key.get(..START).map(packed));
            out.marks.extend(key.first().filter(|b| !is_word(**b) && !out.marks.contains(b)));
            let hash = hash(key);
            let start = u32::try_from(out.bytes.len()).map_err(|_| "too many keys")?;
            let length = u8::try_from(key.len()).map_err(|_| "a key is too long")?;
            out.bytes.extend_from_slice(key);
            let slot = out.places(hash).find(|&at| matches!(out.slots.get(at), Some(None)));
            if let Some(free) = slot.and_then(|at| out.slots.get_mut(at)) {
                *free = Some(Slot { hash, start, length, value: *value });
            }
        }
        out.starts = Filter::of(starts.into_iter());
        for heads in [&mut out.words, &mut out.long, &mut out.inside] {
            heads.finish();
        }
        Ok(out)
    }

    /// Calls `found` for every key that begins where no letter stands before it, or may stand inside a
    /// word and has [`SHORTEST_ELEMENT`] letters before it; by where they begin. Of plain words that may
    /// not go on only those with at most [`LONGEST_ENDING`] letters behind them. Calls `word` for every
    /// word with its start and its letters.
    pub fn find(&self, text: &[u8], mut word: impl FnMut(usize, usize), mut found: impl FnMut(Found)) {
        let mut start = 0;
        while let Some(&byte) = text.get(start) {
            if !is_word(byte) {
                let free = start.checked_sub(1).and_then(|at| text.get(at)).is_none_or(|b| !is_word(*b));
                if free && self.marks.contains(&byte) {
                    self.probe(&self.long, text, start, u128::MAX, &mut found);
                }
                start = start.saturating_add(1);
                continue;
            }
            let rest = text.get(start..).unwrap_or_default();
            let letters = rest.iter().position(|b| !is_word(*b)).unwrap_or(rest.len());
            word(start, letters);
            if letters < START || self.starts.passes(window(text, start) & WINDOW_START) {
                self.probe(&self.words, text, start, ending_at(letters), &mut found);
                self.probe(&self.long, text, start, u128::MAX, &mut found);
            } else if letters <= START.saturating_add(LONGEST_ENDING) {
                // a key shorter than that, with an ending
                self.probe(&self.words, text, start, ending_at(letters) & SHORTER, &mut found);
            }
            // the last elements, none shorter than the shortest
            for before in SHORTEST_ELEMENT..letters.saturating_sub(LAST_ELEMENT_FROM.saturating_sub(1)) {
                let at = start.saturating_add(before);
                let head = masked(window(text, at), LAST_ELEMENT_FROM);
                if self.inside.filter.passes(head) {
                    let lengths = ending_at(letters.saturating_sub(before));
                    self.look_up(&self.inside, head, text, at, before.min(LONGEST_WORD), lengths, &mut found);
                }
            }
            start = start.saturating_add(letters);
        }
    }

    /// Looks up the keys at `start` whose heads are among `heads` and whose length is among `lengths`.
    fn probe(&self, heads: &Heads, text: &[u8], start: usize, lengths: u128, found: &mut impl FnMut(Found)) {
        let window = window(text, start);
        let mut sizes = heads.sizes;
        while sizes != 0 {
            let size = sizes.trailing_zeros() as usize;
            sizes &= sizes.wrapping_sub(1);
            let head = masked(window, size);
            if heads.filter.passes(head) {
                self.look_up(heads, head, text, start, 0, lengths, found);
            }
        }
    }

    /// Calls `found` for the keys with this head that stand at `start` and have one of the lengths.
    #[inline(never)]
    #[allow(clippy::too_many_arguments)] // a loop's body, apart from it so that the loop stays small
    fn look_up(
        &self,
        heads: &Heads,
        head: u64,
        text: &[u8],
        start: usize,
        before: usize,
        lengths: u128,
        found: &mut impl FnMut(Found),
    ) {
        let mut lengths = heads.lengths.get(&head).copied().unwrap_or(0) & lengths;
        if lengths == 0 {
            return;
        }
        let rest = text.get(start..).unwrap_or_default();
        while lengths != 0 {
            let length = lengths.trailing_zeros() as usize;
            lengths &= lengths.wrapping_sub(1);
            let Some(key) = rest.get(..length) else { return };
            if let Some(value) = self.value(key, hash(key)) {
                found(Found { start, end: start.saturating_add(length), before, value });
            }
        }
    }

    fn value(&self, key: &[u8], hash: u32) -> Option<Value> {
        for at in self.places(hash) {
            let slot = self.slots.get(at).copied().flatten()?;
            if slot.hash == hash && usize::from(slot.length) == key.len() {
                let start = slot.start as usize;
                if self.bytes.get(start..start.saturating_add(key.len())) == Some(key) {
                    return Some(slot.value);
                }
            }
        }
        None
    }

    /// Every place once, from that of the hash on.
    fn places(&self, hash: u32) -> impl Iterator<Item = usize> + use<> {
        let last = self.slots.len().wrapping_sub(1);
        (0..self.slots.len()).map(move |n| (hash as usize).wrapping_add(n) & last)
    }
}

/// The lengths of keys that leave an ending at most, with so many letters to the end of the word.
fn ending_at(letters: usize) -> u128 {
    match letters.checked_sub(LONGEST_ENDING) {
        _ if letters > LONGEST_KEY => 0,
        least => {
            let most = u128::MAX >> LONGEST_KEY.saturating_sub(letters);
            most & u128::MAX.wrapping_shl(least.unwrap_or(0) as u32)
        }
    }
}

/// Eight bytes from `start` on; what lies past the end is zero.
fn window(text: &[u8], start: usize) -> u64 {
    let rest = text.get(start..).unwrap_or_default();
    match rest.first_chunk::<8>() {
        Some(bytes) => u64::from_le_bytes(*bytes),
        None => packed(rest),
    }
}

/// At most eight bytes as a number.
pub fn packed(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |packed, &b| packed << 8 | u64::from(b))
}

/// The first `size` bytes of the window, at most six, and the size itself: heads of two sizes never
/// look the same.
fn masked(window: u64, size: usize) -> u64 {
    let bits = (size as u32).wrapping_mul(8);
    window & 1_u64.wrapping_shl(bits).wrapping_sub(1) | (size as u64) << 56
}

/// A key's hash: eight bytes at a time, the last eight whatever lies before them.
fn hash(key: &[u8]) -> u32 {
    const MIX: u64 = 0x9E37_79B9_7F4A_7C15;
    let last = key.last_chunk::<8>().map_or_else(|| packed(key), |bytes| u64::from_le_bytes(*bytes));
    let mut hash = last ^ (key.len() as u64).wrapping_mul(MIX);
    let (chunks, _) = key.as_chunks::<8>();
    for chunk in chunks {
        hash = (hash.rotate_left(23) ^ u64::from_le_bytes(*chunk)).wrapping_mul(MIX);
    }
    (hash.wrapping_mul(MIX) >> 32) as u32
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn keys(words: &[(&str, bool)]) -> Keys {
        let mut table = HashMap::new();
        for (group, (word, inside)) in words.iter().enumerate() {
            let mut value = Value::new(group).unwrap();
            if *inside {
                value.let_stand_inside();
            }
            table.insert(word.as_bytes().to_vec(), value);
        }
        Keys::new(&table).unwrap()
    }

    fn found(keys: &Keys, text: &str) -> Vec<(usize, usize, usize)> {
        let mut out = Vec::new();
        keys.find(text.as_bytes(), |_, _| (), |f| out.push((f.start, f.end, f.value.group())));
        out
    }

    #[test]
    fn keys_begin_words_or_stand_well_inside_them() {
        let keys =
            keys(&[("x", false), ("hiv", false), ("demens", true), ("demens sykdom", false), ("avdeling", true)]);
        for (text, expected) in [
            ("hiv x", &[(0, 3, 1), (4, 5, 0)][..]),
            ("arhiv", &[]),
            ("alderdemens", &[(5, 11, 2)]),
            ("ardemens", &[]),
            ("demens sykdom", &[(0, 6, 2), (0, 13, 3)]),
            ("demensavdeling", &[(6, 14, 4)]),
            ("deme", &[]),
            ("demensen alderdemensens", &[(0, 6, 2), (14, 20, 2)]),
            ("demensavdelinger", &[(6, 14, 4)]),
            ("hivpositive", &[]),
            ("", &[]),
        ] {
            assert_eq!(found(&keys, text), expected, "{text}");
        }
    }

    proptest! {
        /// Against the plain definition: every key at every place.
        #[test]
        fn nothing_is_passed_over(words in prop::collection::btree_map("[a-d ]{1,9}", any::<bool>(), 1..40), text in "[a-d ]{0,60}") {
            let words: Vec<(&str, bool)> = words.iter().map(|(w, i)| (w.as_str(), *i && w.len() >= LAST_ELEMENT_FROM)).collect();
            let found = found(&keys(&words), &text);
            let bytes = text.as_bytes();
            for start in 0..bytes.len() {
                let before = bytes[..start].iter().rev().take_while(|b| is_word(**b)).count();
                for (group, (word, inside)) in words.iter().enumerate() {
                    let stands = bytes[start..].starts_with(word.as_bytes());
                    let end = start + word.len();
                    let plain = word.bytes().all(is_word);
                    let after = bytes.get(end..).unwrap_or_default().iter().take_while(|b| is_word(**b)).count();
                    let counts = if before == 0 { !plain || after <= LONGEST_ENDING } else { plain && *inside && before >= SHORTEST_ELEMENT && after <= LONGEST_ENDING };
                    let listed = found.contains(&(start, end, group));
                    // a key that may not stand inside can share head and length with one that may
                    prop_assert!(!(stands && counts) || listed);
                    prop_assert!(!listed || stands);
                }
            }
        }
    }
}
