//! The matching copy of a text: one byte a character, with the way back.
//!
//! Lower case; å ä æ become `a`, ö ø become `o`, accents are dropped, and the ASCII spellings `aa`,
//! `ae`, `oe` are folded to the same letter, so that `förälder`, `foralder` and `foraelder` are one
//! key. Runs of white space (quote marks at the start of a line included) become one blank, a
//! paragraph break becomes `\n`; a hyphen inside a word is a blank. What the fold makes equal, [`agrees`] tells apart again: `får` is
//! not `far`.

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

/// A folded text. Buffers are kept between texts.
#[derive(Debug, Default)]
pub struct Folded {
    bytes: Vec<u8>,
    /// `(index in bytes, offset in the text)` where the two stop running in step.
    steps: Vec<(usize, usize)>,
    lost: bool,
    /// The last character left nothing behind.
    skipped: bool,
}

impl Folded {
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether any letter was lost, so that the lossy folding is worth a pass.
    pub fn has_lost(&self) -> bool {
        self.lost
    }

    /// Offset in the text of the character at `index`; past the end, that of the end.
    pub fn offset(&self, index: usize) -> usize {
        let after = self.steps.partition_point(|&(i, _)| i <= index);
        let (i, offset) = after.checked_sub(1).and_then(|n| self.steps.get(n)).copied().unwrap_or((0, 0));
        offset.saturating_add(index.saturating_sub(i))
    }

    /// The same for indexes that only rise, without a search.
    pub fn offsets(&self) -> Offsets<'_> {
        Offsets { steps: &self.steps, last: (0, 0) }
    }

    /// Folds `text`, replacing what was held before.
    pub fn fold(&mut self, text: &str, folding: Folding) {
        self.bytes.clear();
        self.steps.clear();
        self.lost = false;
        self.bytes.reserve(text.len());
        let bytes = text.as_bytes();
        let mut at = 0;
        // where the next byte is expected while both texts run in step
        let mut expected = usize::MAX;
        while let Some(&byte) = bytes.get(at) {
            let next = bytes.get(at.saturating_add(1)).copied().unwrap_or(b' ');
            let plain = one_byte(byte, next);
            let step = if plain != 0 {
                self.put(plain, at, expected);
                let joins = folding == Folding::Plain
                    && (plain == b'a' && matches!(next | 0x20, b'a' | b'e') || plain == b'o' && next | 0x20 == b'e');
                if joins { 2 } else { 1 }
            } else if let Some(letter) = latin(byte, next).filter(|_| folding == Folding::Plain) {
                self.put(letter, at, expected);
                2
            } else {
                self.special(text, at, expected, folding)
            };
            // one byte for one byte: both texts go on in step
            expected = if step == 1 && !self.skipped { at.saturating_add(1) } else { usize::MAX };
            self.skipped = false;
            at = at.saturating_add(step);
        }
        self.steps.push((self.bytes.len(), text.len()));
    }

    fn put(&mut self, byte: u8, at: usize, expected: usize) {
        if at != expected {
            self.steps.push((self.bytes.len(), at));
        }
        self.bytes.push(byte);
    }

    /// Folds the character at `at` that is not simply one byte; its length in bytes.
    fn special(&mut self, text: &str, at: usize, expected: usize, folding: Folding) -> usize {
        let rest = text.get(at..).unwrap_or_default();
        let mut chars = rest.chars();
        let Some(c) = chars.next() else { return 1 };
        let next = chars.next();
        let before = self.bytes.last().copied().unwrap_or(b' ');
        if c.is_whitespace() {
            let (length, lines) = blank_run(rest);
            self.put(if lines > 1 { b'\n' } else { b' ' }, at, expected);
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
        self.skipped = lost && before == LOST;
        if !self.skipped {
            self.put(byte, at, expected);
        }
        c.len_utf8()
    }
}

/// See [`Folded::offsets`].
pub struct Offsets<'a> {
    steps: &'a [(usize, usize)],
    last: (usize, usize),
}

impl Offsets<'_> {
    /// Offset in the text of the character at `index`, which is not before that of the last call.
    pub fn at(&mut self, index: usize) -> usize {
        while let Some((first, rest)) = self.steps.split_first().filter(|(first, _)| first.0 <= index) {
            (self.last, self.steps) = (*first, rest);
        }
        self.last.1.saturating_add(index.saturating_sub(self.last.0))
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

/// What a byte folds to by itself or with a look at the next one; 0 where that does not tell.
fn one_byte(byte: u8, next: u8) -> u8 {
    let plain = FOLDED.get(usize::from(byte)).copied().unwrap_or(0);
    // a blank or a line end that stands alone
    let alone = plain == 0
        && (byte == b' ' || byte == b'\n' && !matches!(next, b'>' | b'|'))
        && FOLDED.get(usize::from(next)).is_some_and(|&n| n != 0);
    if alone { b' ' } else { plain }
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

/// What a byte of ASCII folds to whatever stands around it; 0 where that has to be looked at.
static FOLDED: [u8; 256] = folded_bytes();

#[allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::cast_possible_truncation)] // bounded by the table
const fn folded_bytes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 0x80 {
        let b = byte as u8;
        if !b.is_ascii_whitespace() && !b.is_ascii_control() && b != b'?' && b != b'-' {
            table[byte] = b.to_ascii_lowercase();
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
            for text in [format!("x{c}y"), format!("{c}"), format!("x {c} y"), format!("{c}{c}?")] {
                let mut quick = Folded::default();
                quick.fold(&text, Folding::Plain);
                let mut slow = Folded::default();
                let mut at = 0;
                while at < text.len() {
                    let joins = ["aa", "ae", "oe"].iter().any(|j| text[at..].to_lowercase().starts_with(j));
                    at += slow.special(&text, at, usize::MAX, Folding::Plain) + usize::from(joins);
                    slow.skipped = false;
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
                    let offset = folded.offset(i);
                    prop_assert!(text.is_char_boundary(offset));
                    prop_assert!(offset >= last);
                    prop_assert_eq!(offsets.at(i), offset);
                    last = offset;
                }
                prop_assert_eq!(folded.offset(folded.bytes().len()), text.len());
            }
        }
    }
}
