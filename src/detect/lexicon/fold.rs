//! The matching copy of a text: one byte a character, with the way back.
//!
//! Lower case; å ä æ become `a`, ö ø become `o`, accents are dropped, and the ASCII spellings `aa`,
//! `ae`, `oe` are folded to the same letter, so that `förälder`, `foralder` and `foraelder` are one
//! key. Runs of white space (quote marks at the start of a line included) become one blank, a
//! paragraph break becomes `\n`; a hyphen inside a word is a blank. What the fold makes equal, [`agrees`] tells apart again: `får` is
//! not `far`.

use crate::text::narrow;

/// A letter that was lost on the way: U+FFFD, or `?` between two letters.
pub const LOST: u8 = 0x01;
/// A letter of another script.
pub const FOREIGN: u8 = 0x02;
/// Any other character.
pub const OTHER: u8 = 0x03;
/// Bare `a` for `å` is believed only in words this long (folded bytes); `far` is not `får`.
const STRIPPED_FROM: usize = 5;

/// How letters that may be lost are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Folding {
    /// å ä æ → a, ö ø → o; `aa`, `ae`, `oe` likewise.
    Plain,
    /// å ä æ ö ø and lost letters → [`LOST`]; nothing is joined.
    Lossy,
}

/// A folded text, shorter than what a `u32` can say. Buffers are kept between texts.
#[derive(Debug, Default)]
pub struct Folded {
    bytes: Vec<u8>,
    /// `(index in bytes, offset in the text)` where the two stop running in step.
    steps: Vec<(u32, u32)>,
    lost: bool,
}

impl Folded {
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether any letter was lost, so that the lossy folding is worth a pass.
    pub fn has_lost(&self) -> bool {
        self.lost
    }

    /// Offsets in the text of characters at indexes that lie close together, in any order.
    pub fn offsets(&self) -> Offsets<'_> {
        Offsets { steps: &self.steps, near: 0 }
    }

    /// Index of the first character that stands at or after an offset in the text.
    pub fn index(&self, offset: usize) -> usize {
        let after = self.steps.partition_point(|&(_, at)| at as usize <= offset);
        let (first, at) = after.checked_sub(1).and_then(|n| self.steps.get(n)).copied().unwrap_or((0, 0));
        let next = self.steps.get(after).map_or(self.bytes.len(), |&(index, _)| index as usize);
        (first as usize).saturating_add(offset.saturating_sub(at as usize)).min(next)
    }

    /// Folds `text`, replacing what was held before.
    pub fn fold(&mut self, text: &str, folding: Folding) {
        self.steps.clear();
        self.lost = false;
        self.bytes.clear();
        self.bytes.reserve(text.len());
        let bytes = text.as_bytes();
        let mut at = 0_usize;
        // how much longer the text is than its copy
        let mut behind = 0_usize;
        loop {
            at = at.saturating_add(self.plain_bytes(bytes.get(at..).unwrap_or_default(), folding));
            let Some(&byte) = bytes.get(at) else { break };
            let next = bytes.get(at.saturating_add(1)).copied().unwrap_or(0);
            let (folded, step) = match FOLDED.get(usize::from(byte)).copied().unwrap_or(LOOK) {
                JOINING => (byte | 0x20, if folding == Folding::Plain && joins(byte, next) { 2 } else { 1 }),
                LOOK if stands_alone(byte, next) => (b' ', 1),
                LOOK => match latin(byte, next).filter(|_| folding == Folding::Plain) {
                    Some(letter) => (letter, 2),
                    None => {
                        at = at.saturating_add(self.special(text, at, folding));
                        self.step(at, &mut behind);
                        continue;
                    }
                },
                plain => (plain, 1),
            };
            self.bytes.push(folded);
            at = at.saturating_add(step);
            self.step(at, &mut behind);
        }
    }

    /// Notes where the text goes on when it has fallen out of step with its copy.
    #[inline]
    fn step(&mut self, at: usize, behind: &mut usize) {
        let now = at.saturating_sub(self.bytes.len());
        if now != *behind {
            *behind = now;
            self.steps.push((narrow(self.bytes.len()), narrow(at)));
        }
    }

    /// Folds the bytes at the start that are folded by themselves, eight at a time; how many that are.
    #[inline]
    fn plain_bytes(&mut self, bytes: &[u8], folding: Folding) -> usize {
        let mut at = 0_usize;
        while let Some(nine) = bytes.get(at..).and_then(|rest| rest.first_chunk::<9>()) {
            let [eight @ .., _] = nine;
            let [_, next @ ..] = nine;
            let (lower, special) = eight_folded(u64::from_le_bytes(*eight), u64::from_le_bytes(*next), folding);
            let plain = special.trailing_zeros() as usize / 8;
            self.bytes.extend_from_slice(&lower.to_le_bytes());
            self.bytes.truncate(self.bytes.len().saturating_sub(8_usize.saturating_sub(plain)));
            at = at.saturating_add(plain);
            if plain < 8 {
                break;
            }
        }
        at
    }

    /// Folds the character at `at` that is not simply one byte; its length in bytes.
    #[inline(never)]
    fn special(&mut self, text: &str, at: usize, folding: Folding) -> usize {
        let rest = text.get(at..).unwrap_or_default();
        let mut chars = rest.chars();
        let Some(c) = chars.next() else { return 1 };
        let next = chars.next();
        let before = self.bytes.last().copied().unwrap_or(b' ');
        if c.is_whitespace() {
            let (length, lines) = blank_run(rest);
            self.bytes.push(if lines > 1 { b'\n' } else { b' ' });
            return length;
        }
        let byte = match c {
            '?' if is_letter(before) && next.is_some_and(|n| n.is_alphabetic() || n == '?') => LOST,
            '\u{FFFD}' => LOST,
            '-' if is_word(before) && next.is_some_and(char::is_alphanumeric) => b' ',
            c if c.is_ascii() => c as u8,
            c => fold_letter(c, folding),
        };
        let lost = byte == LOST && matches!(c, '?' | '\u{FFFD}');
        self.lost |= lost;
        // two bytes of one letter, each lost, are one
        if !(lost && before == LOST) {
            self.bytes.push(byte);
        }
        c.len_utf8()
    }
}

/// See [`Folded::offsets`].
pub struct Offsets<'a> {
    steps: &'a [(u32, u32)],
    /// Steps at or before the index asked for last.
    near: usize,
}

impl Offsets<'_> {
    /// Offset in the text of the character at `index`; past the end, that of the end.
    pub fn at(&mut self, index: usize) -> usize {
        let step = |n: usize| self.steps.get(n).map(|&(first, at)| (first as usize, at as usize));
        while step(self.near).is_some_and(|(first, _)| first <= index) {
            self.near = self.near.saturating_add(1);
        }
        let mut last = self.near.checked_sub(1).and_then(step);
        while last.is_some_and(|(first, _)| first > index) {
            self.near = self.near.saturating_sub(1);
            last = self.near.checked_sub(1).and_then(step);
        }
        let (first, at) = last.unwrap_or((0, 0));
        at.saturating_add(index.saturating_sub(first))
    }
}

/// Bytes of white space at the start of `rest` (with the quote marks of new lines), and line ends in it.
fn blank_run(rest: &str) -> (usize, usize) {
    let mut lines = 0_usize;
    for (at, c) in rest.char_indices() {
        if !(c.is_whitespace() || (lines > 0 && matches!(c, '>' | '|'))) {
            return (at, lines);
        }
        lines = lines.saturating_add(usize::from(c == '\n'));
    }
    (rest.len(), lines)
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_lowercase() || matches!(byte, LOST | FOREIGN)
}

/// Whether the letter is one with the next: `aa`, `ae`, `oe`.
fn joins(byte: u8, next: u8) -> bool {
    let next = next | 0x20;
    next == b'e' || next == b'a' && byte | 0x20 == b'a'
}

/// Whether the byte is a blank or a line end with something to be read right behind it.
fn stands_alone(byte: u8, next: u8) -> bool {
    // no character that begins with 0xC3 is white space
    let read = next.is_ascii_graphic() || next == 0xC3;
    read && (byte == b' ' || byte == b'\n' && !matches!(next, b'>' | b'|'))
}

/// Eight bytes in lower case, and a high bit in each of them that has to be looked at by itself; `next` are those
/// one byte on.
fn eight_folded(bytes: u64, next: u64, folding: Folding) -> (u64, u64) {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x80 * ONES;
    // of bytes below 0x80, none of which carries into its neighbour
    let from =
        |bytes: u64, least: u8| bytes.wrapping_add(u64::from(0x80_u8.wrapping_sub(least)).wrapping_mul(ONES)) & HIGH;
    let is = |bytes: u64, byte: u8| !(bytes ^ u64::from(byte).wrapping_mul(ONES)).wrapping_add(0x7F * ONES) & HIGH;
    let (ascii, ascii_next) = (bytes & !HIGH, next & !HIGH);
    let upper = from(ascii, b'A') & !from(ascii, b'Z'.wrapping_add(1));
    let lower = bytes | upper >> 2;
    let read_next = from(ascii_next, b'!') & !from(ascii_next, 0x7F) & !next;
    let blank = is(ascii, b' ') & read_next;
    let mut special = (bytes & HIGH) | (!from(ascii, b'!') & HIGH & !blank) | from(ascii, 0x7F);
    special |= is(ascii, b'?') | is(ascii, b'-');
    if folding == Folding::Plain {
        let (small, small_next) = (ascii | (0x20 * ONES), ascii_next | (0x20 * ONES));
        let (a, e) = (is(small_next, b'a'), is(small_next, b'e'));
        special |= (is(small, b'a') & (a | e)) | (is(small, b'o') & e);
    }
    (lower, special)
}

/// The commonest letters of two bytes: å ä æ ö ø é ü, large and small.
fn latin(byte: u8, next: u8) -> Option<u8> {
    if byte != 0xC3 {
        return None;
    }
    match next | 0x20 {
        0xA4..=0xA6 => Some(b'a'),
        0xB6 | 0xB8 => Some(b'o'),
        0xA9 => Some(b'e'),
        0xBC => Some(b'u'),
        _ => None,
    }
}

/// In the table of bytes: what stands around it has to be looked at …
const LOOK: u8 = 0;
/// … or the next letter only.
const JOINING: u8 = 0xFF;

/// What a byte of ASCII folds to.
static FOLDED: [u8; 256] = folded_bytes();

#[allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::cast_possible_truncation)] // bounded by the table
const fn folded_bytes() -> [u8; 256] {
    let mut table = [LOOK; 256];
    let mut byte = 0;
    while byte < 0x80 {
        let b = byte as u8;
        if !b.is_ascii_whitespace() && !b.is_ascii_control() && b != b'?' && b != b'-' {
            let lower = b.to_ascii_lowercase();
            table[byte] = if lower == b'a' || lower == b'o' { JOINING } else { lower };
        }
        byte += 1;
    }
    table
}

fn fold_letter(c: char, folding: Folding) -> u8 {
    let lossy = folding == Folding::Lossy;
    match lower(c) {
        'å' | 'ä' | 'æ' | 'ö' | 'ø' if lossy => LOST,
        'å' | 'ä' | 'æ' => b'a',
        'ö' | 'ø' => b'o',
        c => match without_accent(c) {
            Some(plain) => plain,
            None if c.is_alphabetic() => FOREIGN,
            None => match c {
                '’' | '‘' | '´' => b'\'',
                '–' | '—' => b'-',
                '“' | '”' | '„' | '»' | '«' => b'"',
                _ => OTHER,
            },
        },
    }
}

fn without_accent(c: char) -> Option<u8> {
    Some(match c {
        'à' | 'á' | 'â' | 'ã' => b'a',
        'è' | 'é' | 'ê' | 'ë' => b'e',
        'ì' | 'í' | 'î' | 'ï' => b'i',
        'ò' | 'ó' | 'ô' | 'õ' => b'o',
        'ù' | 'ú' | 'û' | 'ü' => b'u',
        'ý' | 'ÿ' => b'y',
        'ñ' => b'n',
        'ç' | 'č' | 'ć' => b'c',
        'š' => b's',
        'ž' => b'z',
        _ => return None,
    })
}

/// Lower case of one character where that is one character.
pub fn lower(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let mut low = c.to_lowercase();
    match (low.next(), low.next()) {
        (Some(l), None) => l,
        _ => c,
    }
}

/// True for folded bytes that are part of a word.
#[inline]
pub fn is_word(byte: u8) -> bool {
    #[allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)] // bounded by the table
    const WORD: [bool; 256] = {
        let mut table = [false; 256];
        let mut byte = 0;
        while byte < 256 {
            let b = byte as u8;
            table[byte] = b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, LOST | FOREIGN);
            byte += 1;
        }
        table
    };
    WORD.get(usize::from(byte)).copied().unwrap_or(false)
}

/// Whether `written` (a piece of the original text) can be a spelling of `form` (lower case, as in
/// the lexicon): equal letters, the neighbour's letter (ä for æ, ö for ø), the ASCII spelling, a
/// lost letter, or, in longer words, the bare letter. `written` may go on after `form`.
pub fn agrees(form: &str, written: &str, folded_length: usize) -> bool {
    let mut text = written.chars().map(lower).peekable();
    for f in form.chars() {
        let Some(t) = text.next() else { return false };
        if f == t {
            continue;
        }
        let fits = match (f, t) {
            (' ' | '-', t) if t == '-' || t.is_whitespace() => {
                while text.peek().is_some_and(|&n| n.is_whitespace() || matches!(n, '>' | '|')) {
                    text.next();
                }
                true
            }
            ('å' | 'ä' | 'æ' | 'ö' | 'ø', '?' | '\u{FFFD}') => {
                while matches!(text.peek(), Some('?' | '\u{FFFD}')) {
                    text.next();
                }
                true
            }
            ('ä', 'æ') | ('æ', 'ä') | ('ö', 'ø') | ('ø', 'ö') => true,
            ('å', 'a') if text.peek() == Some(&'a') => text.next().is_some(),
            ('ä' | 'æ', 'a') | ('ö' | 'ø', 'o') if text.peek() == Some(&'e') => text.next().is_some(),
            ('å' | 'ä' | 'æ', 'a') | ('ö' | 'ø', 'o') => folded_length >= STRIPPED_FROM,
            ('\'', '’' | '‘' | '´') => true,
            (f, t) => bare(f) == bare(t),
        };
        if !fits {
            return false;
        }
    }
    true
}

/// A letter without its foreign accent; Nordic letters stay themselves.
fn bare(c: char) -> char {
    without_accent(c).map_or(c, char::from)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plain(text: &str) -> String {
        let mut folded = Folded::default();
        folded.fold(text, Folding::Plain);
        folded.bytes().iter().map(|&b| char::from(b)).collect()
    }

    #[test]
    fn spellings_of_one_word_fold_to_one_key() {
        for (a, b) in [
            ("förälder", "foraelder"),
            ("FÖRÄLDER", "foralder"),
            ("sjukemelding på", "sjukemelding paa"),
            ("hjemmesykepleie", "Hjemmesykepleie"),
            ("diaré", "diare"),
            ("multipel\n> skleros", "multipel skleros"),
        ] {
            assert_eq!(plain(a), plain(b), "{a}");
        }
        assert_eq!(plain("a b\n\nc"), "a b\nc");
    }

    /// The quick ways for single bytes and common letters give what the slow way gives.
    #[test]
    fn short_cuts_lead_to_the_same_place() {
        for c in ('\u{1}'..='\u{17F}').chain(['\u{2019}', '\u{2028}']) {
            let long = format!("kari {c} vik{c}{c} bor ae{c}her");
            assert_eq!(plain(&long.to_ascii_uppercase()), plain(&long));
            for text in [format!("x{c}y"), format!("{c}"), format!("x {c} y"), format!("{c}{c}?"), long] {
                let mut quick = Folded::default();
                quick.fold(&text, Folding::Plain);
                let mut slow = Folded::default();
                let mut at = 0;
                while at < text.len() {
                    let joins = ["aa", "ae", "oe"].iter().any(|j| text[at..].to_lowercase().starts_with(j));
                    at += slow.special(&text, at, Folding::Plain) + usize::from(joins);
                }
                let lower = |f: &Folded| f.bytes().to_ascii_lowercase();
                assert_eq!(lower(&quick), lower(&slow), "{text:?}");
            }
        }
    }

    #[test]
    fn what_the_fold_makes_equal_is_told_apart_again() {
        for (form, written, fits) in [
            ("far", "far", true),
            ("far", "får", false),
            ("sår", "sar", false),
            ("orosanmälan", "orosanmalan", true),
            ("orosanmälan", "OROSANMAELAN", true),
            ("orosanmälan", "orosanm?lan", true),
            ("orosanmälan", "orosanm\u{FFFD}\u{FFFD}lan", true),
            ("hjärtsvikt", "hjærtsvikt", true),
            ("søknad", "soeknad", true),
            ("anorexi", "anoréxi", true),
            ("hör röster", "hör\n> röster", true),
            ("lån", "lan", false),
            ("gå", "gaa", true),
        ] {
            assert_eq!(agrees(form, written, plain(form).len()), fits, "{form} / {written}");
        }
    }

    proptest! {
        #[test]
        fn every_index_leads_back_to_a_character(text in "\\PC{0,60}|[a-zåäöæø?A-Z\\n >]{0,60}") {
            for folding in [Folding::Plain, Folding::Lossy] {
                let mut folded = Folded::default();
                folded.fold(&text, folding);
                let mut last = 0;
                let mut offsets = folded.offsets();
                for i in 0..=folded.bytes().len() {
                    let offset = offsets.at(i);
                    prop_assert!(text.is_char_boundary(offset));
                    prop_assert!(offset >= last);
                    prop_assert_eq!(folded.offsets().at(i), offset);
                    prop_assert!(folded.index(offset) >= i && folded.offsets().at(folded.index(offset)) >= offset);
                    last = offset;
                }
                prop_assert_eq!(last, text.len());
                prop_assert_eq!(offsets.at(0), folded.offsets().at(0));
            }
        }
    }
}
