//! Words of a text in one pass, and where a sentence starts.

use memchr::{memchr, memrchr};

use crate::detect::fnv;

/// A word of letters, with hyphens between letters. Offsets in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    pub start: usize,
    pub end: usize,
    /// Of its bytes.
    pub hash: u64,
    /// It has a letter outside ASCII.
    pub accented: bool,
}

/// The first word that starts at `from` or after it.
#[inline]
pub fn next(text: &[u8], from: usize) -> Option<Word> {
    let rest = text.get(from..)?;
    let lead = rest.iter().take_while(|&&b| kind(b) != Kind::Start).count();
    let rest = rest.get(lead..)?;
    let mut width = 0_usize;
    loop {
        let tail = rest.get(width..).unwrap_or_default();
        let letters = tail.iter().take_while(|&&b| matches!(kind(b), Kind::Start | Kind::Inside)).count();
        width = width.saturating_add(letters);
        match tail.get(letters..) {
            Some([b'-', next, ..]) if letters > 0 && kind(*next) == Kind::Start => width = width.saturating_add(1),
            _ => break,
        }
    }
    let start = from.saturating_add(lead);
    let word = rest.get(..width).filter(|word| !word.is_empty())?;
    let accented = word.iter().fold(0, |seen, b| seen | b) >= 0x80;
    Some(Word { start, end: start.saturating_add(width), hash: fnv::hash(word), accented })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Other,
    /// Begins a letter: ASCII letters and Latin letters with accents.
    Start,
    /// Goes on with one; typographic marks (`“ – …`) have such bytes too, but begin with 0xC2 or 0xE2.
    Inside,
    Hyphen,
}

fn kind(byte: u8) -> Kind {
    // In a constant an index out of range does not compile.
    #[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    const KINDS: [Kind; 256] = {
        let mut kinds = [Kind::Other; 256];
        let mut b = 0;
        while b < 256 {
            kinds[b] = match b as u8 {
                b'a'..=b'z' | b'A'..=b'Z' | 0xc3..=0xc9 | 0xe1 => Kind::Start,
                0x80..=0xbf => Kind::Inside,
                b'-' => Kind::Hyphen,
                _ => Kind::Other,
            };
            b += 1;
        }
        kinds
    };
    KINDS.get(usize::from(byte)).copied().unwrap_or(Kind::Other)
}

/// Whether a word begins with a capital letter.
pub fn is_capital(word: &str) -> bool {
    word.chars().next().is_some_and(char::is_uppercase)
}

/// All letters are capitals, and there are more than two.
pub fn is_shouted(word: &str) -> bool {
    let lower = word.bytes().any(|b| b.is_ascii_lowercase());
    !lower && word.chars().filter(|c| c.is_alphabetic()).count() > 2 && !word.chars().any(char::is_lowercase)
}

/// `HOLMSTRÖM-LIE` as `Holmström-Lie`.
pub fn as_title(word: &str) -> String {
    let mut start = true;
    word.chars()
        .map(|c| {
            let cased = if start { c } else { c.to_lowercase().next().unwrap_or(c) };
            start = c == '-';
            cased
        })
        .collect()
}

/// `svensson` as `Svensson`; empty when it has a capital already.
pub fn as_title_of_lower(word: &str) -> String {
    let mut letters = word.chars();
    match letters.next() {
        Some(first) if first.is_lowercase() => first.to_uppercase().chain(letters).collect(),
        _ => String::new(),
    }
}

/// Whether a word at `start` opens a sentence: the text, a line, or what follows `.`, `!`, `?`.
pub fn opens_sentence(text: &[u8], start: usize) -> bool {
    let before = text.get(..start).unwrap_or_default();
    let mark = before.iter().rev().find(|b| !matches!(b, b' ' | b'\t' | b'"' | b'\'' | b'(' | b'>' | b'*' | b'-'));
    matches!(mark, None | Some(b'\n' | b'.' | b'!' | b'?'))
}

/// The line a place stands in: start and end, without the line end.
pub fn line(text: &[u8], at: usize) -> (usize, usize) {
    let start = memrchr(b'\n', text.get(..at).unwrap_or_default()).map_or(0, |i| i.saturating_add(1));
    let rest = text.get(at..).unwrap_or_default();
    let end = memchr(b'\n', rest).map_or(text.len(), |i| at.saturating_add(i));
    (start, end)
}

/// At most `most` characters. Looks no further, however long the text is.
pub fn is_within(text: &str, most: usize) -> bool {
    text.len() <= most || text.chars().nth(most).is_none()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        let mut at = 0;
        let mut all = Vec::new();
        while let Some(word) = next(text.as_bytes(), at) {
            all.push(&text[word.start..word.end]);
            assert_eq!(word.hash, fnv::hash(&text.as_bytes()[word.start..word.end]));
            at = word.end;
        }
        all
    }

    #[test]
    fn splits_nordic_text() {
        for (text, expected) in [
            ("Åse Ødegård-Lie (8 år) – «hei»", &["Åse", "Ødegård-Lie", "år", "hei"][..]),
            ("Kárášjohka, 12-åring", &["Kárášjohka", "åring"]),
            ("K.N. og A-", &["K", "N", "og", "A"]),
            ("", &[]),
        ] {
            assert_eq!(words(text), expected);
        }
    }

    #[test]
    fn length_is_counted_in_characters() {
        assert!(is_within("åäö", 3) && !is_within("åäöø", 3) && is_within("", 0));
    }

    #[test]
    fn shouted_names_become_names() {
        assert_eq!(as_title("HOLMSTRÖM-LIE"), "Holmström-Lie");
        assert!(is_shouted("ÅSE") && !is_shouted("AB") && !is_shouted("Åse"));
    }
}
