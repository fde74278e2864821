//! Text to matching text, with the way back.
//!
//! Promise: linear in the length; every boundary of the result maps to a place in the source; text
//! that is plain ASCII or Latin-1 letters is copied in runs and needs no map.
//!
//! - NFKC per character; every decimal digit to ASCII; dashes to `-`, spaces to ` `, quotes to ASCII
//! - default-ignorables, bidi controls, variation selectors and tags dropped; controls to a space
//! - combining marks composed with their letter, or dropped
//! - Cyrillic and Greek look-alikes to Latin inside words that are otherwise Latin
//! - UTF-8 that was read as windows-1252 (`fÃ¸dselsnummer`) read again
//!
//! Case, line ends and the tabs between cells stay.

use std::ops::Range;

use unicode_normalization::char::compose;

use super::fold;

/// Matching text and the places where it runs out of step with its source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Normal {
    pub text: String,
    /// `(offset in text, offset in source)`, rising in its first member, the first entry at 0.
    pub map: Vec<(usize, usize)>,
}

impl Normal {
    fn with_room_for(source: &str) -> Normal {
        Normal { text: String::with_capacity(source.len()), map: Vec::new() }
    }
}

/// The matching text of `source`, without the pieces in `cuts` (sorted, apart from each other).
/// Source offsets in the map are counted from `base`.
pub fn normalise(source: &str, base: usize, cuts: &[Range<usize>]) -> Normal {
    let mut folder = Folder::onto(Normal::with_room_for(source), source, base);
    let mut at = 0;
    for cut in cuts {
        folder.range(at..cut.start);
        at = cut.end.max(at);
    }
    folder.range(at..source.len());
    folder.finish()
}

/// Appends the matching text of `source`, whose offsets are counted from `base`.
pub fn normalise_onto(normal: &mut Normal, source: &str, base: usize) {
    let mut folder = Folder::onto(std::mem::take(normal), source, base);
    folder.range(0..source.len());
    *normal = folder.finish();
}

/// Whether the matching text of `source` is the source itself, as far as a quick look tells.
pub(super) fn is_plain(source: &str) -> bool {
    plain_run(source.as_bytes(), 0..source.len()) == source.len()
}

/// The matching text of a source with right-to-left overrides (U+202E), read as it is displayed:
/// what stands under an override is reversed. None when there is no digit under one.
pub fn normalise_reversed(source: &str, base: usize) -> Option<Normal> {
    const OVERRIDE: char = '\u{202E}';
    const ENDS: [char; 3] = ['\u{202C}', '\u{2069}', '\n'];
    let mut folder = Folder::onto(Normal::with_room_for(source), source, base);
    let mut digits = false;
    let mut at = 0;
    while let Some(found) = source.get(at..).and_then(|rest| rest.find(OVERRIDE)) {
        let start = at + found;
        let end = source.get(start..).and_then(|rest| rest.find(ENDS)).map_or(source.len(), |n| start + n);
        folder.range(at..start);
        for (offset, c) in source.get(start..end).unwrap_or_default().char_indices().rev() {
            digits |= fold::digit(c).is_some();
            folder.character(start + offset, c);
        }
        at = end;
    }
    folder.range(at..source.len());
    digits.then(|| folder.finish())
}

struct Folder<'a> {
    source: &'a str,
    base: usize,
    out: String,
    map: Vec<(usize, usize)>,
    /// End of the word whose look-alikes were judged last, and the judgement.
    judged: (usize, bool),
}

impl<'a> Folder<'a> {
    fn onto(normal: Normal, source: &'a str, base: usize) -> Self {
        Folder { source, base, out: normal.text, map: normal.map, judged: (0, false) }
    }

    fn finish(mut self) -> Normal {
        if self.map.is_empty() {
            self.map.push((0, self.base));
        }
        Normal { text: self.out, map: self.map }
    }

    fn range(&mut self, range: Range<usize>) {
        let mut at = range.start;
        while at < range.end {
            let end = plain_run(self.source.as_bytes(), at..range.end);
            if let Some(run) = self.source.get(at..end).filter(|run| !run.is_empty()) {
                self.sync(at);
                self.out.push_str(run);
                at = end;
                continue;
            }
            let Some(c) = self.source.get(at..).and_then(|rest| rest.chars().next()) else { break };
            at += self.character(at, c).min(range.end - at);
        }
    }

    /// Folds the character at `at`; returns how many bytes of the source that took.
    fn character(&mut self, at: usize, c: char) -> usize {
        let len = c.len_utf8();
        if matches!(c, '\n' | '\t' | ' '..='~') {
            self.put(at, len, c);
        } else if fold::is_invisible(c) {
        } else if let Some(digit) = fold::digit(c) {
            self.put(at, len, digit);
        } else if fold::is_space(c) {
            self.put(at, len, ' ');
        } else if fold::is_dash(c) {
            self.put(at, len, '-');
        } else if matches!(c, '\u{2028}' | '\u{2029}') {
            self.put(at, len, '\n');
        } else if c.is_control() {
            self.put(at, len, ' ');
        } else if let Some((repaired, taken)) = misread_utf8(self.source.get(at..).unwrap_or_default()) {
            self.folded(at, taken, repaired);
            self.end_at(at + taken);
            return taken;
        } else if fold::is_combining(c) {
            self.combine(c);
            self.end_at(at + len);
        } else {
            self.folded(at, len, c);
        }
        len
    }

    /// A letter or symbol: look-alikes, quotes, NFKC.
    fn folded(&mut self, at: usize, len: usize, c: char) {
        if let Some(latin) = fold::look_alike(c).filter(|_| self.in_latin_word(at)) {
            self.put(at, len, latin);
        } else if let Some(quote) = fold::quote(c) {
            self.put(at, len, quote);
        } else if fold::is_space(c) {
            self.put(at, len, ' ');
        } else if fold::is_dash(c) {
            self.put(at, len, '-');
        } else if fold::is_invisible(c) {
        } else if let Some(chars) = fold::compatible(c) {
            let start = self.start(at);
            self.out.extend(chars);
            self.keep_inside(start, at, len);
        } else {
            self.put(at, len, c);
        }
    }

    fn put(&mut self, at: usize, len: usize, c: char) {
        let start = self.start(at);
        self.out.push(c);
        self.keep_inside(start, at, len);
    }

    fn start(&mut self, at: usize) -> usize {
        self.sync(at);
        self.out.len()
    }

    /// Writes a map entry when the output no longer runs in step with the source at `at`.
    fn sync(&mut self, at: usize) {
        let (normal, text) = (self.out.len(), self.base + at);
        let in_step = self.map.last().is_some_and(|&(n, t)| t + (normal - n) == text);
        if !in_step {
            self.map.push((normal, text));
        }
    }

    /// Output longer than its source must not point past it.
    fn keep_inside(&mut self, start: usize, at: usize, len: usize) {
        let mut beyond = start + len;
        while beyond < self.out.len() {
            self.map.push((beyond, self.base + at));
            beyond += len;
        }
    }

    /// Makes the last character, read from several, end where the last of them ends.
    fn end_at(&mut self, end: usize) {
        let wide = self.out.chars().next_back().is_some_and(|c| c.len_utf8() > 1);
        let (Some(last), true) = (self.out.len().checked_sub(1), wide) else { return };
        let text = self.base + end - 1;
        if self.map.last().is_some_and(|&(n, t)| n < last && t + (last - n) != text) {
            self.map.push((last, text));
        }
    }

    /// Puts a combining mark onto the letter before it; a mark that fits no letter is dropped.
    fn combine(&mut self, mark: char) {
        let Some(last) = self.out.chars().next_back() else { return };
        let Some(composed) = compose(last, mark) else { return };
        self.out.pop();
        while self.map.last().is_some_and(|&(normal, _)| normal > self.out.len()) {
            self.map.pop();
        }
        self.out.push(composed);
    }

    /// Whether the word around `at` is Latin but for look-alikes. Judged once a word.
    fn in_latin_word(&mut self, at: usize) -> bool {
        let (end, latin) = self.judged;
        if at < end {
            return latin;
        }
        let before = self.source.get(..at).unwrap_or_default().chars().rev();
        let after = self.source.get(at..).unwrap_or_default().chars();
        let letter = |c: &char| c.is_alphabetic();
        let mut latin = false;
        let mut foreign = false;
        let mut end = at;
        let mut judge = |c: char| {
            latin |= fold::is_latin(c);
            foreign |= !fold::is_latin(c) && fold::look_alike(c).is_none();
        };
        before.take_while(letter).for_each(&mut judge);
        for c in after.take_while(letter) {
            end += c.len_utf8();
            judge(c);
        }
        self.judged = (end, latin && !foreign);
        self.judged.1
    }
}

/// Bytes looked at together: the compiler makes one vector of them.
const TOGETHER: usize = 16;
/// The first byte of most Latin-1 letters.
const LATIN: u8 = 0xC3;

/// End of the run at the start of `range` that is its own matching text: printable ASCII, line ends, tabs,
/// and Latin-1 letters but those that may begin misread UTF-8. The range begins and ends between characters.
fn plain_run(bytes: &[u8], range: Range<usize>) -> usize {
    let run = bytes.get(range.clone()).unwrap_or_default();
    if !run.first().is_some_and(|&first| is_own(0, first)) {
        return range.start;
    }
    let behind = run.get(1..).unwrap_or_default();
    let (befores, _) = run.as_chunks::<TOGETHER>();
    let (chunks, _) = behind.as_chunks::<TOGETHER>();
    let plain = |(befores, chunk): &(&[u8; TOGETHER], &[u8; TOGETHER])| {
        befores.iter().zip(*chunk).fold(true, |all, (&before, &byte)| all & is_own(before, byte))
    };
    let passed = befores.iter().zip(chunks).take_while(plain).count() * TOGETHER;
    let pairs = run.iter().zip(behind).skip(passed);
    let end = range.start + 1 + passed + pairs.take_while(|&(&before, &byte)| is_own(before, byte)).count();
    // A first byte whose letter is not plain is not either.
    if bytes.get(end - 1) == Some(&LATIN) { end - 1 } else { end }
}

/// Whether a byte behind another belongs to a run that is its own matching text. Without a branch, for many at once.
fn is_own(before: u8, byte: u8) -> bool {
    let printable = (byte.wrapping_sub(b' ') <= b'~' - b' ') | (byte == b'\n') | (byte == b'\t') | (byte == LATIN);
    let letter = (byte != 0x82) & (byte != 0x83) & (byte != 0xA2);
    let latin = before == LATIN;
    (latin & letter) | (!latin & printable)
}

/// Reads the start of `text` as UTF-8 that was once decoded as windows-1252 or ISO 8859-1.
///
/// Only the lead bytes C2, C3 (Latin-1 letters and signs) and E2 80 (dashes, quotes) are followed:
/// `Ã` before a continuation character does not occur in Nordic text.
fn misread_utf8(text: &str) -> Option<(char, usize)> {
    let mut chars = text.char_indices();
    let lead = chars.next()?.1;
    let (_, second) = chars.next()?;
    let (lead, second) = (windows_1252(lead)?, windows_1252(second)?);
    let mut bytes = [lead, second, 0];
    let used = match lead {
        0xC2 | 0xC3 => 2,
        0xE2 if second == 0x80 => {
            bytes[2] = windows_1252(chars.next()?.1)?;
            3
        }
        _ => return None,
    };
    let read = std::str::from_utf8(bytes.get(..used)?).ok()?.chars().next()?;
    Some((read, chars.offset()))
}

/// The byte that windows-1252 (or, for C1 controls, ISO 8859-1) shows as `c`.
fn windows_1252(c: char) -> Option<u8> {
    /// 0x80 to 0x9F; the five holes are C1 controls.
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8D}', 'Ž', '\u{8F}', '\u{90}', '‘',
        '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9D}', 'ž', 'Ÿ',
    ];
    match u32::from(c) {
        code @ (0x80..=0xFF) => u8::try_from(code).ok(),
        _ => HIGH.iter().position(|&high| high == c).and_then(|at| u8::try_from(at + 0x80).ok()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Character by character: what a run of plain text is.
    fn slowly(source: &str) -> usize {
        let plain = |c: &char| {
            matches!(c, ' '..='~' | '\n' | '\t' | '\u{C0}'..='\u{FF}') && !matches!(c, '\u{C2}' | '\u{C3}' | '\u{E2}')
        };
        source.chars().take_while(plain).map(char::len_utf8).sum()
    }

    proptest! {
        #[test]
        fn a_plain_run_ends_where_the_first_other_character_stands(
            source in "[a-zæøåÄÖ \n\t.]{0,70}[ÃÂâ\u{AD}–\u{7F}é]?[a-zæøåÄÖ ]{0,40}",
            from in 0_usize..40,
        ) {
            let from = source.floor_char_boundary(from);
            prop_assert_eq!(plain_run(source.as_bytes(), from..source.len()), from + slowly(&source[from..]));
        }
    }
}
