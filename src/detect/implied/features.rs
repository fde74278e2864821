//! A text as a set of numbered features: its words, pairs of words, and pieces of words.
//!
//! Names are no features: a word with a capital inside a sentence stands for any other, as does a number for any
//! number. What a text tells must not hang on whom it names.

use std::iter;

use crate::detect::fnv::{START, step};

/// Letters of the pieces of words that are features of their own.
const PIECE_LETTERS: usize = 4;
/// What a feature is of, so that a piece is not taken for a word.
const WORD: u8 = 1;
const PAIR: u8 = 2;
const APART: u8 = 3;
const PIECE: u8 = 4;

/// The words that stand for others.
const NAME: u64 = 11;
const NUMBER: u64 = 12;
/// Before the first word and after the last.
const EDGE: u64 = 13;

/// Adds the features of the first `words` words of a text to `out`.
pub fn features(text: &str, words: usize, out: &mut Vec<u32>) {
    let mut before = (EDGE, EDGE);
    let mut starts = true;
    let mut rest = text;
    for _ in 0..words {
        let Some(start) = rest.find(|c: char| c.is_alphanumeric()) else { break };
        starts |= rest.get(..start).is_some_and(|gap| gap.contains(['.', '!', '?', ':', '"', '”', '»']));
        let from = rest.get(start..).unwrap_or_default();
        let end = from.find(|c: char| !(c.is_alphanumeric() || c == '\'' || c == '’')).unwrap_or(from.len());
        let word = from.get(..end).unwrap_or_default();
        rest = from.get(end..).unwrap_or_default();
        let Some(first) = word.chars().next() else { break };
        let whole = if word.bytes().any(|b| b.is_ascii_digit()) {
            NUMBER
        } else if first.is_uppercase() && !starts && !is_in_capitals(word) {
            NAME
        } else {
            parts(word, out)
        };
        starts = false;
        out.push(number(PAIR, [before.1, whole]));
        out.push(number(APART, [before.0, whole]));
        before = (before.1, whole);
    }
    out.push(number(PAIR, [before.1, EDGE]));
}

/// More than one letter, and no small one.
fn is_in_capitals(word: &str) -> bool {
    word.chars().nth(1).is_some() && !word.chars().any(char::is_lowercase)
}

/// Adds the features of one word, and returns its number.
fn parts(word: &str, out: &mut Vec<u32>) -> u64 {
    let mut hash = START;
    let mut letters = 0_usize;
    let mut piece = ['\0'; PIECE_LETTERS];
    let marked = iter::once('^').chain(word.chars().flat_map(char::to_lowercase)).chain(iter::once('$'));
    for letter in marked {
        hash = letter_step(hash, letter);
        letters = letters.saturating_add(1);
        piece.rotate_left(1);
        if let Some(slot) = piece.last_mut() {
            *slot = letter;
        }
        if letters >= PIECE_LETTERS {
            out.push(number(PIECE, [piece.into_iter().fold(START, letter_step), 0]));
        }
    }
    out.push(number(WORD, [hash, 0]));
    hash
}

fn letter_step(hash: u64, letter: char) -> u64 {
    let code = u32::from(letter).to_le_bytes();
    let hash = step(hash, code[0]);
    if code[1] == 0 { hash } else { step(hash, code[1]) }
}

fn number(kind: u8, words: [u64; 2]) -> u32 {
    let mixed = words
        .into_iter()
        .fold(u64::from(kind), |hash, word| (hash ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29));
    (mixed ^ (mixed >> 32)) as u32
}
