//! Words of a text in one pass, and where a sentence starts.

use std::borrow::Cow;

use memchr::{memchr, memrchr};
use unicode_normalization::char::decompose_canonical;

use super::key::Key;

/// A word of letters, with hyphens between letters. Offsets in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Word {
    pub start: usize,
    pub end: usize,
    /// Of its bytes.
    pub hash: u64,
    /// It has a letter outside ASCII.
    pub accented: bool,
    pub hyphenated: bool,
}

impl Word {
    /// The word of so many bytes at `start`.
    #[inline]
    pub fn at(text: &[u8], start: usize, length: usize, hyphenated: bool) -> Option<Word> {
        let key = Key::at_start(text.get(start..)?, length);
        let (hash, accented) = (key.hash, key.accented);
        Some(Word { start, end: start.saturating_add(length), hash, accented, hyphenated })
    }
}

/// The first word that starts at `from` or after it.
pub fn next(text: &[u8], from: usize) -> Option<Word> {
    let rest = text.get(from..)?;
    let lead = rest.iter().position(|&b| kind(b) == Kind::Start)?;
    let start = from.saturating_add(lead);
    let (mut end, mut hyphenated) = (start, false);
    loop {
        let tail = text.get(end..).unwrap_or_default();
        let letters = tail.iter().take_while(|&&b| matches!(kind(b), Kind::Start | Kind::Inside)).count();
        end = end.saturating_add(letters);
        if !between_letters(text, end) {
            break;
        }
        end = end.saturating_add(1);
        hyphenated = true;
    }
    Word::at(text, start, end.saturating_sub(start), hyphenated)
}

/// The word right behind `from` and one space.
pub fn joined(text: &[u8], from: usize) -> Option<Word> {
    match text.get(from..)? {
        [b' ', first, ..] if kind(*first) == Kind::Start => next(text, from.saturating_add(1)),
        _ => None,
    }
}

/// A hyphen stands at `at`, behind a letter, and another letter behind it.
pub fn between_letters(text: &[u8], at: usize) -> bool {
    matches!(text.get(at..), Some([b'-', next, ..]) if kind(*next) == Kind::Start)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Other,
    /// Begins a letter: ASCII letters and Latin letters with accents.
    Start,
    /// Goes on with one; typographic marks (`“ – …`) have such bytes too, but begin with 0xC2 or 0xE2.
    Inside,
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
                _ => Kind::Other,
            };
            b += 1;
        }
        kinds
    };
    KINDS.get(usize::from(byte)).copied().unwrap_or(Kind::Other)
}

/// Whether a capital letter stands at `at`.
#[inline]
pub fn is_capital_at(text: &str, at: usize) -> bool {
    match text.as_bytes().get(at) {
        Some(0x80..) => text.get(at..).is_some_and(is_capital),
        Some(byte) => byte.is_ascii_uppercase(),
        None => false,
    }
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

/// The word in lower case, which most are.
pub fn lowered(word: &str) -> Cow<'_, str> {
    match has_capital(word) {
        true => Cow::Owned(word.to_lowercase()),
        false => Cow::Borrowed(word),
    }
}

/// The same for who looks at its end: a capital it begins with may stay.
pub fn lowered_end(word: &str) -> Cow<'_, str> {
    let mut letters = word.chars();
    letters.next();
    match has_capital(letters.as_str()) {
        true => Cow::Owned(word.to_lowercase()),
        false => Cow::Borrowed(word),
    }
}

fn has_capital(word: &str) -> bool {
    match word.is_ascii() {
        true => word.bytes().any(|b| b.is_ascii_uppercase()),
        false => word.chars().any(char::is_uppercase),
    }
}

/// Letters that no list has plainer.
const NORDIC: [char; 10] = ['å', 'ä', 'ö', 'æ', 'ø', 'Å', 'Ä', 'Ö', 'Æ', 'Ø'];

/// A letter of another alphabet's spelling: `Łukasz`, `Şahin`.
pub fn has_marks(word: &str) -> bool {
    word.chars().any(|c| !c.is_ascii() && !NORDIC.contains(&c))
}

/// `Łukasz` as `Lukasz`; nothing when it has no such letter. The Nordic ones stay.
pub fn without_marks(word: &str) -> Option<String> {
    let plain = |c: char| match c {
        c if c.is_ascii() || NORDIC.contains(&c) => c,
        'ł' => 'l',
        'Ł' => 'L',
        'đ' => 'd',
        'Đ' => 'D',
        'ı' => 'i',
        c => {
            let mut base = None;
            decompose_canonical(c, |part| {
                base.get_or_insert(part);
            });
            base.unwrap_or(c)
        }
    };
    has_marks(word).then(|| word.chars().map(plain).collect())
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
    // No character has more than four bytes.
    text.len() <= most || text.len() / 4 <= most && text.chars().nth(most).is_none()
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
            assert_eq!(word.hash, Key::of(&text.as_bytes()[word.start..word.end]).hash);
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
