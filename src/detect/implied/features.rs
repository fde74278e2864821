//! A text as a list of numbered features: its words, pairs of words, and pieces of words.
//!
//! Names are no features: a word with a capital inside a sentence stands for any other, as does a number for any
//! number. What a text tells must not hang on whom it names.

use crate::text::narrow;

/// Letters of the pieces of words that are features of their own: as many as fit, at sixteen bits each.
const PIECE_LETTERS: u32 = 4;

/// What a feature is of, so that a piece is not taken for a word.
const WORD: u64 = 1;
const PAIR: u64 = 2;
const APART: u64 = 3;
const PIECE: u64 = 4;

/// The words that stand for others.
const NAME: u64 = 11;
const NUMBER: u64 = 12;
/// Before the first word and after the last.
const EDGE: u64 = 13;

const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;

/// A word of a text, and what its letters say of it.
#[derive(Clone, Copy, Debug)]
pub struct Token {
    /// Of its letters in lower case.
    hash: u64,
    /// Offset of the word in its text, which is shorter than such a number can say.
    start: u32,
    /// Bytes; of a word that is longer, the most such a number can say.
    length: u16,
    digits: bool,
    /// Begins with a capital, and is not all capitals.
    title: bool,
    /// A mark that ends a sentence stands between it and the word before.
    after_stop: bool,
}

impl Token {
    pub fn start(&self) -> usize {
        self.start as usize
    }

    pub fn written<'a>(&self, text: &'a str) -> &'a str {
        text.get(self.start()..self.start().saturating_add(usize::from(self.length))).unwrap_or_default()
    }
}

/// What a word is told by: itself, or the word that stands for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// By its letters, which hash to this.
    Itself(u64),
    As(u64),
}

impl Word {
    pub fn hash(self) -> u64 {
        match self {
            Word::Itself(hash) | Word::As(hash) => hash,
        }
    }
}

/// The words of a text.
pub fn tokens(text: &str) -> Tokens<'_> {
    Tokens { text, at: 0 }
}

pub struct Tokens<'a> {
    text: &'a str,
    at: usize,
}

/// What a byte is to a word: a letter or digit, an apostrophe, the end of a sentence, part of another character.
const LETTER: u8 = 1;
const SMALL: u8 = 2;
const CAPITAL: u8 = 4;
const DIGIT: u8 = 8;
const INSIDE: u8 = 16;
const STOP: u8 = 32;
const LONG: u8 = 64;

static KIND: [u8; 256] = kinds();

#[allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)] // bounded by the table
const fn kinds() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b'a'..=b'z' => LETTER | SMALL | INSIDE,
            b'A'..=b'Z' => LETTER | CAPITAL | INSIDE,
            b'0'..=b'9' => LETTER | DIGIT | INSIDE,
            b'\'' => INSIDE,
            b'.' | b'!' | b'?' | b':' | b'"' => STOP,
            0x80.. => LONG,
            _ => 0,
        };
        byte += 1;
    }
    table
}

fn kind(byte: u8) -> u8 {
    KIND.get(usize::from(byte)).copied().unwrap_or(0)
}

impl Tokens<'_> {
    fn letter(&self, at: usize) -> Option<char> {
        self.text.get(at..)?.chars().next()
    }

    /// Where the next word begins, and whether the end of a sentence stands before it.
    fn start(&self) -> Option<(usize, bool)> {
        let bytes = self.text.as_bytes();
        let (mut at, mut seen) = (self.at, 0);
        loop {
            let of = kind(*bytes.get(at)?);
            if of & LETTER != 0 {
                break;
            }
            let mut length = 1;
            if of & LONG != 0 {
                if latin(bytes.get(at..)).is_some() {
                    break;
                }
                let letter = self.letter(at)?;
                if letter.is_alphanumeric() {
                    break;
                }
                seen |= if matches!(letter, '”' | '»') { STOP } else { 0 };
                length = letter.len_utf8();
            }
            seen |= of;
            at = at.saturating_add(length);
        }
        Some((at, seen & STOP != 0))
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    #[inline]
    fn next(&mut self) -> Option<Token> {
        let (start, after_stop) = self.start()?;
        let (mut end, mut hash, mut seen) = (start, 0_u64, 0);
        let first = self.text.as_bytes().get(start).map_or(0, |byte| kind(*byte));
        let mut capital = first & CAPITAL != 0;
        loop {
            let rest = self.text.as_bytes().get(end..).unwrap_or_default();
            let mut length = 0_usize;
            let mut last = 0;
            for &byte in rest {
                last = kind(byte);
                if last & INSIDE == 0 {
                    break;
                }
                seen |= last;
                hash = with_letter(hash, u32::from(byte | (last & CAPITAL) << 3));
                length = length.wrapping_add(1);
            }
            end = end.saturating_add(length);
            if length == rest.len() || last & LONG == 0 {
                break;
            }
            if let Some(letter) = latin(rest.get(length..)) {
                let is_capital = letter < LATIN_SMALL;
                seen |= if is_capital { 0 } else { SMALL };
                capital |= end == start && is_capital;
                hash = with_letter(hash, letter | 0x20);
                end = end.saturating_add(2);
                continue;
            }
            let Some(letter) = self.letter(end).filter(|c| c.is_alphanumeric() || *c == '’') else { break };
            seen |= if letter.is_lowercase() { SMALL } else { 0 };
            capital |= end == start && letter.is_uppercase();
            hash = with_letter(hash, u32::from(small(letter)));
            end = end.saturating_add(letter.len_utf8());
        }
        self.at = end;
        let length = end.saturating_sub(start);
        let alone = || self.text.get(start..end).is_some_and(|word| word.chars().nth(1).is_none());
        let title = capital && (seen & SMALL != 0 || alone());
        let length = u16::try_from(length).unwrap_or(u16::MAX);
        Some(Token { hash, start: narrow(start), length, digits: seen & DIGIT != 0, title, after_stop })
    }
}

/// The first of the small letters from U+00C0 on.
const LATIN_SMALL: u32 = 0xDF;

/// The letter at the start of the bytes, if it is one from U+00C0 to U+00FF of which the small one is 32 above the
/// capital: nearly all that Nordic text has beside ASCII.
#[inline]
fn latin(bytes: Option<&[u8]>) -> Option<u32> {
    match bytes? {
        [0xC3, second @ (0x80..=0x96 | 0x98..=0x9E | 0xA0..=0xB6 | 0xB8..=0xBE), ..] => {
            Some(0xC0 | u32::from(second & 0x3F))
        }
        _ => None,
    }
}

fn with_letter(hash: u64, letter: u32) -> u64 {
    (hash ^ u64::from(letter)).wrapping_mul(MULTIPLIER).rotate_left(23)
}

/// What stands before a word.
#[derive(Clone, Copy, Debug)]
pub struct Before {
    words: (u64, u64),
    /// Nothing, or the end of a sentence.
    starts: bool,
}

impl Before {
    /// The beginning of a text.
    pub const EDGE: Before = Before { words: (EDGE, EDGE), starts: true };

    /// Takes one word: what it is told by.
    pub fn take(&mut self, token: &Token) -> Word {
        let starts = std::mem::take(&mut self.starts) || token.after_stop;
        if token.digits {
            Word::As(NUMBER)
        } else if token.title && !starts {
            Word::As(NAME)
        } else {
            Word::Itself(token.hash)
        }
    }

    /// The features of the word with those before it; it stands before the next one from now on.
    pub fn pairs(&mut self, whole: u64) -> [u32; 2] {
        let (first, second) = self.words;
        self.words = (second, whole);
        [number(PAIR, second, whole), number(APART, first, whole)]
    }

    /// The feature of the end of the text.
    pub fn end(self) -> u32 {
        number(PAIR, self.words.1, EDGE)
    }
}

/// Hands the features of the first `words` words of a text to `take`, one that occurs twice twice.
pub fn features(text: &str, words: usize, mut take: impl FnMut(u32)) {
    let mut before = Before::EDGE;
    for token in tokens(text).take(words) {
        let word = before.take(&token);
        if let Word::Itself(hash) = word {
            parts(token.written(text), hash, &mut take);
        }
        before.pairs(word.hash()).into_iter().for_each(&mut take);
    }
    take(before.end());
}

/// Hands on the features of one word, whose letters hash to `hash`: itself and its pieces.
pub fn parts(word: &str, hash: u64, mut take: impl FnMut(u32)) {
    // The edges of a word are letters of its pieces.
    let mut piece = u64::from(b'^');
    let mut letters = 1_u32;
    for letter in word.chars().map(small).chain(['$']) {
        piece = (piece << 16) | u64::from(u32::from(letter) & 0xFFFF);
        letters = letters.saturating_add(1);
        if letters >= PIECE_LETTERS {
            take(number(PIECE, piece, 0));
        }
    }
    take(number(WORD, hash, 0));
}

/// The letter in lower case; of a few that become several, the first.
fn small(letter: char) -> char {
    if letter.is_ascii() { letter.to_ascii_lowercase() } else { letter.to_lowercase().next().unwrap_or(letter) }
}

/// Never zero, which is no feature.
fn number(kind: u64, first: u64, second: u64) -> u32 {
    let mixed = (first ^ kind).wrapping_mul(MULTIPLIER).rotate_left(29) ^ second;
    let mixed = mixed.wrapping_mul(MULTIPLIER);
    ((mixed >> 32) as u32).max(1)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The words of a text read letter by letter, each with its hash and whether it is written as a title.
    fn plainly(text: &str) -> Vec<(usize, u64, bool)> {
        let mut words: Vec<(usize, String)> = Vec::new();
        let mut inside = false;
        for (at, letter) in text.char_indices() {
            let joins = letter.is_alphanumeric() || inside && matches!(letter, '\'' | '’');
            match words.last_mut().filter(|_| inside && joins) {
                Some((_, word)) => word.push(letter),
                None if joins => words.push((at, letter.to_string())),
                None => {}
            }
            inside = joins;
        }
        let of = |(at, word): (usize, String)| {
            let hash = word.chars().fold(0, |hash, letter| with_letter(hash, u32::from(small(letter))));
            let first = word.chars().next().unwrap();
            let title = first.is_uppercase() && (word.chars().any(char::is_lowercase) || word.chars().nth(1).is_none());
            (at, hash, title)
        };
        words.into_iter().map(of).collect()
    }

    proptest! {
        #[test]
        fn words_are_those_read_letter_by_letter(text in "([a-zA-ZÀ-ÿåäöøæÅÄÖØÆß×÷ ']|[0-9]|[ .!?:”»’–\n]|ž|Đ|[\\PC]){0,60}") {
            let found: Vec<_> = tokens(&text).map(|token| (token.start(), token.hash, token.title)).collect();
            prop_assert_eq!(found, plainly(&text));
        }
    }
}
