//! The words of a text one after the other: sixty-four bytes at a time are told letters from the rest. No place in a
//! text comes near the largest number, so sums of them may wrap.

use super::words::{Word, between_letters};

/// Bytes told apart together, a bit each.
const BLOCK: usize = 64;
const EACH: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// Hands out words from the start of a text to its end.
pub struct Stream<'a> {
    text: &'a [u8],
    /// Where the block begins; a multiple of its length.
    base: usize,
    /// Bytes that begin a letter, and bytes of a letter.
    starts: u64,
    letters: u64,
}

impl<'a> Stream<'a> {
    pub fn of(text: &'a [u8]) -> Self {
        let mut stream = Stream { text, base: 0, starts: 0, letters: 0 };
        stream.load(0);
        stream
    }

    /// The first word that starts at `from` or after it; `from` never falls.
    #[inline]
    pub fn next(&mut self, from: usize) -> Option<Word> {
        let start = self.start(from)?;
        let (mut end, mut hyphenated) = (self.end(start), false);
        while between_letters(self.text, end) {
            end = self.end(end.wrapping_add(1));
            hyphenated = true;
        }
        Word::at(self.text, start, end.wrapping_sub(start), hyphenated)
    }

    fn start(&mut self, from: usize) -> Option<usize> {
        let mut at = from;
        loop {
            self.reach(at);
            let ahead = self.starts >> (at % BLOCK);
            if ahead != 0 {
                return Some(at.wrapping_add(ahead.trailing_zeros() as usize));
            }
            at = self.base.wrapping_add(BLOCK);
            if at >= self.text.len() {
                return None;
            }
        }
    }

    fn end(&mut self, from: usize) -> usize {
        let mut at = from;
        loop {
            self.reach(at);
            let behind = !(self.letters >> (at % BLOCK));
            let letters = behind.trailing_zeros() as usize;
            at = at.wrapping_add(letters);
            // Only at the block's end the next one may go on.
            if letters == 0 || !at.is_multiple_of(BLOCK) {
                return at;
            }
        }
    }

    #[inline]
    fn reach(&mut self, at: usize) {
        if at.wrapping_sub(self.base) >= BLOCK {
            self.load(at);
        }
    }

    fn load(&mut self, at: usize) {
        self.base = at.wrapping_sub(at % BLOCK);
        let rest = self.text.get(self.base..).unwrap_or_default();
        (self.starts, self.letters) = match rest.first_chunk::<BLOCK>() {
            Some(block) => tell(block),
            None => {
                let mut block = [0; BLOCK];
                block.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
                tell(&block)
            }
        };
    }
}

/// Which bytes begin a letter, and which belong to one: see [`super::words::next`].
fn tell(block: &[u8; BLOCK]) -> (u64, u64) {
    let (mut starts, mut letters) = (0, 0);
    let (eights, _) = block.as_chunks::<8>();
    for eight in eights.iter().rev() {
        let bytes = u64::from_le_bytes(*eight);
        let seven = bytes & !HIGH;
        // The high bit of each byte tells whether it lies from `low` on and before `end`.
        let within = |seven: u64, low: u8, end: u8| {
            let from = |least: u8| seven.wrapping_add(EACH.wrapping_mul(u64::from(0x80_u8.wrapping_sub(least))));
            from(low) & !from(end)
        };
        let ascii = within(seven | EACH.wrapping_mul(0x20), b'a', b'z' + 1) & !bytes;
        let latin = (within(seven, 0x43, 0x4a) | within(seven, 0x61, 0x62)) & bytes;
        let inside = bytes & !(bytes << 1);
        starts = starts << 8 | gathered(ascii | latin);
        letters = letters << 8 | gathered(ascii | latin | inside);
    }
    (starts, letters)
}

/// The high bits of eight bytes as eight bits.
fn gathered(bytes: u64) -> u64 {
    ((bytes & HIGH) >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

#[cfg(test)]
mod tests {
    use super::super::words;
    use super::*;
    use proptest::prelude::*;

    fn all(text: &str, mut next: impl FnMut(usize) -> Option<Word>) -> Vec<Word> {
        let mut at = 0;
        let words = std::iter::from_fn(|| {
            let word = next(at)?;
            at = word.end;
            Some(word)
        });
        let words: Vec<Word> = words.collect();
        assert!(words.iter().all(|w| text.get(w.start..w.end).is_some()), "{text}");
        words
    }

    proptest! {
        #[test]
        fn the_words_are_those_found_one_by_one(text in "([a-zA-ZåäöøæÅØ@\\[`{ạĐ“”–·ß×÷°0-9 -]|[ \n.-]{1,3}|[a-zé-]{1,90}){0,60}") {
            let mut stream = Stream::of(text.as_bytes());
            prop_assert_eq!(all(&text, |at| stream.next(at)), all(&text, |at| words::next(text.as_bytes(), at)));
        }
    }
}
