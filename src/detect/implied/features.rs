//! A text as a list of numbered features: its words, pairs of words, and pieces of words.
//!
//! Names are no features: a word with a capital inside a sentence stands for any other, as does a number for any
//! number. What a text tells must not hang on whom it names.

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
    /// Offsets of the word in the text.
    pub start: usize,
    pub end: usize,
    /// Of its letters in lower case.
    hash: u64,
    digits: bool,
    /// Begins with a capital, and is not all capitals.
    title: bool,
    /// A mark that ends a sentence stands between it and the word before.
    after_stop: bool,
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

/// The first word at `from` or behind it.
pub fn token(text: &str, from: usize) -> Option<Token> {
    let bytes = text.as_bytes();
    let mut start = from;
    let mut after_stop = false;
    loop {
        let byte = *bytes.get(start)?;
        if byte.is_ascii_alphanumeric() {
            break;
        }
        if byte.is_ascii() {
            after_stop |= matches!(byte, b'.' | b'!' | b'?' | b':' | b'"');
            start = start.saturating_add(1);
            continue;
        }
        let letter = text.get(start..)?.chars().next()?;
        if letter.is_alphanumeric() {
            break;
        }
        after_stop |= matches!(letter, '”' | '»');
        start = start.saturating_add(letter.len_utf8());
    }
    let (mut end, mut hash, mut letters) = (start, 0_u64, 0_usize);
    let (mut digits, mut capital, mut small_letters) = (false, false, false);
    while let Some(&byte) = bytes.get(end) {
        let (letter, length) = if byte.is_ascii() {
            if !(byte.is_ascii_alphanumeric() || byte == b'\'') {
                break;
            }
            digits |= byte.is_ascii_digit();
            small_letters |= byte.is_ascii_lowercase();
            capital |= letters == 0 && byte.is_ascii_uppercase();
            (u32::from(byte.to_ascii_lowercase()), 1)
        } else {
            let Some(letter) = text.get(end..).and_then(|rest| rest.chars().next()) else { break };
            if !(letter.is_alphanumeric() || letter == '’') {
                break;
            }
            small_letters |= letter.is_lowercase();
            capital |= letters == 0 && letter.is_uppercase();
            (u32::from(small(letter)), letter.len_utf8())
        };
        hash = (hash ^ u64::from(letter)).wrapping_mul(MULTIPLIER).rotate_left(23);
        letters = letters.saturating_add(1);
        end = end.saturating_add(length);
    }
    let title = capital && (small_letters || letters == 1);
    Some(Token { start, end, hash, digits, title, after_stop })
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
    /// What is told of two words that were not read.
    pub const UNREAD: Before = Before { words: (EDGE, EDGE), starts: false };

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
    let mut at = 0;
    for _ in 0..words {
        let Some(token) = token(text, at) else { break };
        at = token.end;
        let word = before.take(&token);
        if let Word::Itself(hash) = word {
            parts(text.get(token.start..token.end).unwrap_or_default(), hash, &mut take);
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
