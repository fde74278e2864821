//! What is known of the words met so far in one text.
//!
//! Few words make most of any text. Which keys begin with a word or stand inside it is asked once and then
//! remembered by the word itself; a word that meets another's place takes it, so that a text of nothing but
//! new words costs a little more than without, never more memory. Of most words there is nothing to remember but
//! that: they are kept by themselves, close together.

use super::keys::Value;
use super::language::Votes;

/// Letters of the longest word that is remembered.
pub const LONGEST_KNOWN: usize = 16;
/// Keys remembered of one word.
const KEYS: usize = 3;
/// Words remembered that are nothing, and that are something: one for so many bytes of the text, within these bounds.
const BYTES_A_NOTHING: usize = 16;
const BYTES_A_SOMETHING: usize = 32;
const FEWEST: usize = 64;
const MOST_NOTHING: usize = 8192;
const MOST_SOMETHING: usize = 4096;

/// A key of one word, by where it stands in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Inside {
    /// Letters of the word before the key.
    pub before: u8,
    pub length: u8,
    pub value: Value,
}

/// What is known of one word.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known {
    /// The word's letters; no word is zero.
    pub word: u128,
    pub votes: Votes,
    /// Of keys of several words that begin with this one: how much of them is looked at behind it, bit n for n bytes.
    pub sizes: u8,
    /// There are more keys than can be remembered.
    pub many: bool,
    opening: u8,
    count: u8,
    keys: [Inside; KEYS],
}

impl Known {
    /// Adds a key that begins with the word, and after all of those one that stands inside it.
    pub fn add(&mut self, before: usize, length: u8, value: Value) {
        let (Some(place), Ok(before)) = (self.keys.get_mut(usize::from(self.count)), u8::try_from(before)) else {
            self.many = true;
            return;
        };
        *place = Inside { before, length, value };
        self.count = self.count.saturating_add(1);
        self.opening = self.opening.saturating_add(u8::from(before == 0));
    }

    fn is_nothing(&self) -> bool {
        self.count == 0 && !self.many && self.sizes == 0 && self.votes == Votes::default()
    }

    /// Keys that begin with the word.
    pub fn opening(&self) -> &[Inside] {
        self.keys.get(..usize::from(self.opening)).unwrap_or_default()
    }

    /// Keys that stand inside it.
    pub fn inside(&self) -> &[Inside] {
        self.keys.get(usize::from(self.opening)..usize::from(self.count)).unwrap_or_default()
    }
}

/// One place for each hash of a word.
#[derive(Default)]
pub struct Memo {
    /// Words that are no key's and of no language.
    nothing: Vec<u128>,
    something: Vec<Known>,
}

impl Memo {
    /// Takes room for the words of texts of so many bytes, if it has none yet.
    pub fn make_room(&mut self, length: usize) {
        if self.nothing.is_empty() {
            let room = |words: usize, most| words.clamp(FEWEST, most).next_power_of_two();
            self.nothing.resize(room(length / BYTES_A_NOTHING, MOST_NOTHING), 0);
            self.something.resize(room(length / BYTES_A_SOMETHING, MOST_SOMETHING), Known::default());
        }
    }

    /// Whether the word is known to be nothing.
    #[inline]
    pub fn is_nothing(&self, word: u128) -> bool {
        let last = self.nothing.len().wrapping_sub(1);
        self.nothing.get(mixed(word) & last) == Some(&word)
    }

    /// What is known of the word.
    #[inline]
    pub fn known(&self, word: u128) -> Option<&Known> {
        let last = self.something.len().wrapping_sub(1);
        self.something.get(mixed(word) & last).filter(|known| known.word == word)
    }

    /// Remembers a word.
    pub fn learn(&mut self, known: &Known) {
        let place = mixed(known.word);
        if known.is_nothing() {
            let last = self.nothing.len().wrapping_sub(1);
            self.nothing.get_mut(place & last).into_iter().for_each(|word| *word = known.word);
        } else {
            let last = self.something.len().wrapping_sub(1);
            self.something.get_mut(place & last).into_iter().for_each(|of| *of = *known);
        }
    }
}

fn mixed(word: u128) -> usize {
    ((word as u64 ^ (word >> 64) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as usize
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_word_with_more_keys_than_fit_says_so() {
        let mut known = Known::default();
        [0, 0, 3].into_iter().for_each(|before| known.add(before, 5, Value::default()));
        let third = Inside { before: 3, length: 5, value: Value::default() };
        assert_eq!((known.opening().len(), known.inside(), known.many), (2, &[third][..], false));
        known.add(4, 5, Value::default());
        assert!(known.many);
    }

    #[test]
    fn there_is_room_for_the_words_of_the_text_and_no_more() {
        for (length, room) in
            [(0, [FEWEST, FEWEST]), (100_000, [8192, 4096]), (1_000_000_000, [MOST_NOTHING, MOST_SOMETHING])]
        {
            let mut memo = Memo::default();
            memo.learn(&Known { word: 7, ..Known::default() });
            assert!(!memo.is_nothing(7), "no room");
            memo.make_room(length);
            let mut known = Known { word: 8, ..Known::default() };
            known.add(0, 5, Value::default());
            memo.learn(&Known { word: 7, ..Known::default() });
            memo.learn(&known);
            memo.make_room(0);
            assert_eq!([memo.nothing.len(), memo.something.len()], room);
            assert!(memo.is_nothing(7) && memo.known(7).is_none());
            assert!(!memo.is_nothing(8) && memo.known(8).is_some_and(|known| known.opening().len() == 1));
        }
    }
}
