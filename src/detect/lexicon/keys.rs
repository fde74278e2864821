//! Keys found where they begin.
//!
//! The built-in lists make ten thousand keys, and an automaton over them is larger than a
//! processor's caches: it pays a miss for nearly every byte. Here the text is taken word by word. A
//! small filter says whether any key begins with the first bytes at a place, and nearly everywhere none
//! does. Behind the filter stand the lengths of the keys with that head; only those are looked up, and
//! of plain words only those that leave no more than an ending to the end of the word. What was found of a
//! word is remembered ([`Memo`]): nearly every word of a text was there before.
//!
//! Linear in the text: a place costs at most [`LONGEST_KEY`] steps.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasherDefault;

use super::fold::is_word;
use super::heads::{Filter, Heads, masked, packed, size_bit, window};
use super::language::{Votes, packed as packed_word};
use super::memo::{Inside, Known, LONGEST_KNOWN, Memo};
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
/// Bytes of the head of a word, and of one that may go on; shorter keys are their own heads.
const HEAD: usize = 4;
const LONG_HEAD: usize = 6;
/// Bytes looked at behind the first word of a key of several.
const PHRASE_HEAD: usize = 4;
/// Bytes by which most words are told from the start of any key.
const START: usize = 3;

/// The first [`START`] bytes of a window.
const WINDOW_START: u64 = 0xFF_FFFF;
/// Lengths of keys without a start.
const SHORTER: u128 = 0b111;

/// What is known of a key without a look at its spellings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
    /// Letters of the word before the key and behind it, at most [`LONGEST_WORD`] each.
    pub before: usize,
    pub after: usize,
    pub value: Value,
}

/// Who is shown what stands in a text, from left to right.
pub trait Visitor {
    /// What a word says of the text's language.
    fn votes(&self, word: u128) -> Votes;
    /// A word that says something of it begins at `start`.
    fn common(&mut self, start: usize, votes: Votes);
    /// Between two words a paragraph ends.
    fn paragraph(&mut self);
    /// Whether a key of one word is of use where it stands in its word; what the word is does not change.
    fn fits(&self, found: &Found) -> bool;
    fn found(&mut self, found: Found);
}

/// A word of a folded text.
#[derive(Clone, Copy)]
struct Word {
    start: usize,
    letters: usize,
}

impl Word {
    /// A key that stands in it, with so many letters before it.
    fn found(self, before: usize, length: u8, value: Value) -> Found {
        let start = self.start.saturating_add(before);
        let end = start.saturating_add(usize::from(length));
        let after = self.start.saturating_add(self.letters).saturating_sub(end);
        Found { start, end, before: before.min(LONGEST_WORD), after: after.min(LONGEST_WORD), value }
    }

    fn found_again(self, key: &Inside) -> Found {
        self.found(usize::from(key.before), key.length, key.value)
    }
}

/// All keys of one folding.
#[derive(Default)]
pub struct Keys {
    /// The first [`START`] bytes of all keys that have them.
    starts: Filter,
    /// Of keys that are plain words with at most an ending behind them.
    words: Heads,
    /// Of words that may go on.
    long: Heads,
    /// Of keys that may stand inside a word.
    inside: Heads,
    /// Of keys of more than one word: their first words, each with how many bytes of the key are looked at behind
    /// it, bit n for n …
    openers: HashMap<u128, u8, BuildHasherDefault<fnv::Fnv>>,
    /// … and both together.
    phrases: Heads,
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
            let letters = key.iter().take_while(|b| is_word(**b)).count();
            let plain = letters == key.len();
            if !plain {
                let (first, rest) = key.split_at_checked(letters).unwrap_or_default();
                let (first, size) = (first_word(first, letters), rest.len().min(PHRASE_HEAD));
                out.phrases.add(phrase_head(first, packed(rest.get(..size).unwrap_or(rest)), size), size, key.len());
                *out.openers.entry(first).or_default() |= size_bit(size);
            } else if value.may_go_on() {
                out.long.add_start(key.get(..LONG_HEAD).unwrap_or(key), key.len());
            } else {
                out.words.add_start(key.get(..HEAD).unwrap_or(key), key.len());
            }
            if let Some(head) = key.get(..LAST_ELEMENT_FROM).filter(|_| plain && value.may_stand_inside()) {
                out.inside.add_start(head, key.len());
            }
            starts.extend(key.get(..START).filter(|_| plain).map(packed));
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
        for heads in [&mut out.words, &mut out.long, &mut out.phrases, &mut out.inside] {
            heads.finish();
        }
        Ok(out)
    }

    /// Shows the visitor every key that begins where no letter stands before it, or may stand inside a
    /// word and has [`SHORTEST_ELEMENT`] letters before it; by where their words begin. Of plain words that
    /// may not go on only those with at most [`LONGEST_ENDING`] letters behind them. Reads the words that
    /// begin before `end`.
    pub fn find(&self, text: &[u8], end: usize, memo: &mut Memo, visitor: &mut impl Visitor) {
        let mut start = 0_usize;
        let mut free = true;
        while let Some(&byte) = text.get(start).filter(|_| start < end) {
            if is_word(byte) {
                let rest = text.get(start..).unwrap_or_default();
                let letters = rest.iter().position(|b| !is_word(*b)).unwrap_or(rest.len());
                self.word(text, Word { start, letters }, memo, visitor);
                start = start.saturating_add(letters);
                free = false;
                continue;
            }
            if byte == b'\n' {
                visitor.paragraph();
            } else if free && self.marks.contains(&byte) {
                self.phrases(text, Word { start, letters: 0 }, 0, u8::MAX, visitor);
            }
            start = start.saturating_add(1);
            free = true;
        }
    }

    /// The keys of one word, and those that begin with it.
    #[inline]
    fn word(&self, text: &[u8], word: Word, memo: &mut Memo, visitor: &mut impl Visitor) {
        let name = first_word(text.get(word.start..).unwrap_or_default(), word.letters);
        if word.letters <= LONGEST_KNOWN {
            if memo.is_nothing(name) {
                return;
            }
            let learned;
            let known = match memo.known(name) {
                Some(known) => known,
                None => {
                    learned = self.know(text, word, name, visitor);
                    memo.learn(&learned);
                    &learned
                }
            };
            if known.votes != Votes::default() {
                visitor.common(word.start, known.votes);
            }
            if !known.many {
                known.opening().iter().for_each(|key| visitor.found(word.found_again(key)));
                if known.sizes != 0 {
                    self.phrases(text, word, name, known.sizes, visitor);
                }
                known.inside().iter().for_each(|key| visitor.found(word.found_again(key)));
                return;
            }
        }
        self.opening(text, word, |length, value| visitor.found(word.found(0, length, value)));
        self.phrases(text, word, name, u8::MAX, visitor);
        self.inside(text, word, |before, length, value| visitor.found(word.found(before, length, value)));
    }

    /// All there is to know of a word.
    #[inline(never)]
    fn know(&self, text: &[u8], word: Word, name: u128, visitor: &impl Visitor) -> Known {
        let mut known = Known::default();
        known.word = name;
        known.votes = visitor.votes(name);
        known.sizes = self.openers.get(&name).copied().unwrap_or(0);
        let mut add = |before: usize, length: u8, value: Value| {
            if visitor.fits(&word.found(before, length, value)) {
                known.add(before, length, value);
            }
        };
        self.opening(text, word, |length, value| add(0, length, value));
        self.inside(text, word, add);
        known
    }

    /// Whether any key of some length may begin with the word.
    fn may_begin(&self, text: &[u8], word: Word) -> bool {
        word.letters < START || self.starts.passes(window(text, word.start) & WINDOW_START)
    }

    /// Keys of one word that the word begins with: those that may go on, of others those that leave an ending.
    fn opening(&self, text: &[u8], word: Word, mut found: impl FnMut(u8, Value)) {
        if self.may_begin(text, word) {
            self.probe(&self.words, text, word.start, ending_at(word.letters), &mut found);
            self.probe(&self.long, text, word.start, up_to(word.letters), &mut found);
        } else if word.letters <= START.saturating_add(LONGEST_ENDING) {
            // a key shorter than a start, with an ending
            self.probe(&self.words, text, word.start, ending_at(word.letters) & SHORTER, &mut found);
        }
    }

    /// The last elements, none shorter than the shortest.
    fn inside(&self, text: &[u8], word: Word, mut found: impl FnMut(usize, u8, Value)) {
        for before in SHORTEST_ELEMENT..word.letters.saturating_sub(LAST_ELEMENT_FROM.saturating_sub(1)) {
            let at = word.start.saturating_add(before);
            let head = masked(window(text, at), LAST_ELEMENT_FROM);
            if self.inside.filter.passes(head) {
                let lengths = ending_at(word.letters.saturating_sub(before));
                self.look_up(&self.inside, head, text, at, lengths, |length, value| {
                    if value.may_stand_inside() {
                        found(before, length, value);
                    }
                });
            }
        }
    }

    /// Shows the keys of several words that begin with this one, called `name`, of which so many bytes are looked
    /// at behind it.
    fn phrases(&self, text: &[u8], word: Word, name: u128, sizes: u8, visitor: &mut impl Visitor) {
        let behind = window(text, word.start.saturating_add(word.letters));
        let mut sizes = self.phrases.sizes & sizes;
        while sizes != 0 {
            let size = sizes.trailing_zeros() as usize;
            sizes &= sizes.wrapping_sub(1);
            let head = phrase_head(name, behind, size);
            if self.phrases.filter.passes(head) {
                self.look_up(&self.phrases, head, text, word.start, u128::MAX, |length, value| {
                    let (start, end) = (word.start, word.start.saturating_add(usize::from(length)));
                    let rest = text.get(end..).unwrap_or_default();
                    let after = rest.iter().take(LONGEST_WORD).take_while(|b| is_word(**b)).count();
                    visitor.found(Found { start, end, before: 0, after, value });
                });
            }
        }
    }

    /// Looks up the keys at `start` whose heads are among `heads` and whose length is among `lengths`.
    #[inline]
    fn probe(&self, heads: &Heads, text: &[u8], start: usize, lengths: u128, mut found: impl FnMut(u8, Value)) {
        if lengths == 0 {
            return;
        }
        let window = window(text, start);
        let mut sizes = heads.sizes;
        while sizes != 0 {
            let size = sizes.trailing_zeros() as usize;
            sizes &= sizes.wrapping_sub(1);
            let head = masked(window, size);
            if heads.filter.passes(head) {
                self.look_up(heads, head, text, start, lengths, &mut found);
            }
        }
    }

    /// Calls `found` for the keys with this head that stand at `start` and have one of the lengths.
    #[inline(never)]
    fn look_up(
        &self,
        heads: &Heads,
        head: u64,
        text: &[u8],
        start: usize,
        lengths: u128,
        mut found: impl FnMut(u8, Value),
    ) {
        let mut lengths = heads.lengths.get(&head).copied().unwrap_or(0) & lengths;
        let rest = text.get(start..).unwrap_or_default();
        while lengths != 0 {
            let length = lengths.trailing_zeros();
            lengths &= lengths.wrapping_sub(1);
            let Some(key) = rest.get(..length as usize) else { return };
            if let Some(value) = self.value(key, hash(key)) {
                found(length as u8, value);
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

/// The lengths of keys of so many letters or fewer.
fn up_to(letters: usize) -> u128 {
    u128::MAX >> LONGEST_KEY.saturating_sub(letters)
}

/// A word as a number, by its first letters if it is long.
#[inline]
fn first_word(rest: &[u8], letters: usize) -> u128 {
    packed_word(rest, letters.min(LONGEST_KNOWN))
}

/// The head of a key of several words: the first of them, and `size` bytes of what stands behind it.
fn phrase_head(first: u128, behind: u64, size: usize) -> u64 {
    const MIX: u64 = 0xD6E8_FEB8_6659_FD93;
    let word = (first as u64).wrapping_mul(MIX) ^ (first >> 64) as u64;
    word.rotate_left(32).wrapping_mul(MIX) ^ masked(behind, size)
}

/// The lengths of keys that leave an ending at most, with so many letters to the end of the word.
fn ending_at(letters: usize) -> u128 {
    match letters.checked_sub(LONGEST_ENDING) {
        _ if letters > LONGEST_KEY => 0,
        least => up_to(letters) & u128::MAX.wrapping_shl(least.unwrap_or(0) as u32),
    }
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

    #[derive(Default)]
    struct All(Vec<(usize, usize, usize)>);

    impl Visitor for All {
        fn votes(&self, _: u128) -> Votes {
            Votes::default()
        }

        fn common(&mut self, _: usize, _: Votes) {}

        fn paragraph(&mut self) {}

        fn fits(&self, _: &Found) -> bool {
            true
        }

        fn found(&mut self, found: Found) {
            self.0.push((found.start, found.end, found.value.group()));
        }
    }

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
        let mut all = All::default();
        let mut memo = Memo::default();
        memo.make_room(text.len());
        // the second time everything is known
        for _ in 0..2 {
            all.0.clear();
            keys.find(text.as_bytes(), text.len(), &mut memo, &mut all);
        }
        all.0
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
