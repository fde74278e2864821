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

/// Hands the features of the first `words` words of a text to `take`, one that occurs twice twice.
pub fn features(text: &str, words: usize, mut take: impl FnMut(u32)) {
    let mut before = (EDGE, EDGE);
    let mut starts = true;
    let mut rest = text;
    for _ in 0..words {
        let Some(start) = rest.find(is_letter) else { break };
        starts |= rest.get(..start).is_some_and(|gap| gap.contains(['.', '!', '?', ':', '"', '”', '»']));
        let from = rest.get(start..).unwrap_or_default();
        let end = from.find(|c: char| !(is_letter(c) || c == '\'' || c == '’')).unwrap_or(from.len());
        let word = from.get(..end).unwrap_or_default();
        rest = from.get(end..).unwrap_or_default();
        let Some(first) = word.chars().next() else { break };
        let whole = if word.bytes().any(|b| b.is_ascii_digit()) {
            NUMBER
        } else if first.is_uppercase() && !starts && !is_in_capitals(word) {
            NAME
        } else {
            parts(word, &mut take)
        };
        starts = false;
        take(number(PAIR, before.1, whole));
        take(number(APART, before.0, whole));
        before = (before.1, whole);
    }
    take(number(PAIR, before.1, EDGE));
}

fn is_letter(letter: char) -> bool {
    if letter.is_ascii() { letter.is_ascii_alphanumeric() } else { letter.is_alphanumeric() }
}

/// More than one letter, and no small one.
fn is_in_capitals(word: &str) -> bool {
    word.chars().nth(1).is_some() && !word.chars().any(char::is_lowercase)
}

/// Hands on the features of one word, and returns its number.
fn parts(word: &str, take: &mut impl FnMut(u32)) -> u64 {
    // The edges of a word are letters of its pieces.
    let mut piece = u64::from(b'^');
    let mut letters = 1_u32;
    let mut hash = 0_u64;
    let mut add = |letter: char, piece: &mut u64| {
        *piece = (*piece << 16) | u64::from(u32::from(letter) & 0xFFFF);
        letters = letters.saturating_add(1);
        if letters >= PIECE_LETTERS {
            take(number(PIECE, *piece, 0));
        }
    };
    for letter in word.chars() {
        let letter = small(letter);
        hash = (hash ^ u64::from(u32::from(letter))).wrapping_mul(MULTIPLIER).rotate_left(23);
        add(letter, &mut piece);
    }
    add('$', &mut piece);
    take(number(WORD, hash, 0));
    hash
}

/// The letter in lower case; of a few that become several, the first.
fn small(letter: char) -> char {
    if letter.is_ascii() { letter.to_ascii_lowercase() } else { letter.to_lowercase().next().unwrap_or(letter) }
}

fn number(kind: u64, first: u64, second: u64) -> u32 {
    let mixed = (first ^ kind).wrapping_mul(MULTIPLIER).rotate_left(29) ^ second;
    let mixed = mixed.wrapping_mul(MULTIPLIER);
    (mixed >> 32) as u32
}
