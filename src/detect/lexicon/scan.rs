//! Finding terms in a text.

use super::Lexicon;
use super::compile::{Case, Keys, Spelling, Value, packed, packed_ending};
use super::fold::{Folded, Folding, agrees, is_word};
use super::format::{Ambiguity, Weight};
use super::language::{Language, LanguageSet};

/// Text is folded and matched in pieces of about this many bytes, cut at line ends.
const CHUNK: usize = 128 * 1024;
/// Hits kept of one term in one text; a later one says nothing new, but is counted as truncation.
pub const MAX_PER_TERM: u16 = 200;
/// Hits kept of one text.
pub const MAX_HITS: usize = 100_000;
/// Letters before or after a term that make it an element of a compound.
const SHORTEST_ELEMENT: usize = 3;
/// Words on each side that may tell an ambiguous word's sense.
const CUE_WORDS: usize = 6;
/// … within this many folded bytes.
const CUE_BYTES: usize = 70;

/// How much of the word the term is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Element {
    /// `diabetesvård`: service words, weaker.
    First,
    /// `åldersdiabetes`: full weight.
    Last,
    Whole,
}

/// One term found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Offsets in the scanned text; whole words.
    pub start: usize,
    pub end: usize,
    pub(super) entry: usize,
    pub element: Element,
    /// A cue nearby speaks for the personal sense of an ambiguous word.
    pub cued: bool,
}

impl Hit {
    /// Number of the term, to tell distinct ones.
    pub fn term(&self) -> usize {
        self.entry
    }
}

/// Buffers kept between scans.
#[derive(Default)]
pub struct Scratch {
    plain: Folded,
    lossy: Folded,
    /// Hits so far, by term.
    counts: Vec<u16>,
}

/// Where hits go, and how many may.
struct Sink<'a> {
    out: &'a mut Vec<Hit>,
    counts: &'a mut [u16],
    limit: usize,
    truncated: bool,
}

impl Sink<'_> {
    fn push(&mut self, hit: Hit) {
        let Some(count) = self.counts.get_mut(hit.entry) else { return };
        if *count >= MAX_PER_TERM || self.out.len() >= self.limit {
            self.truncated = true;
            return;
        }
        *count = count.saturating_add(1);
        self.out.push(hit);
    }
}

impl Lexicon {
    /// Adds the terms found in `text` to `out`, in the order of their ends; true when
    /// [`MAX_PER_TERM`] or [`MAX_HITS`] was reached and there are more.
    pub fn scan(&self, text: &str, scratch: &mut Scratch, out: &mut Vec<Hit>) -> bool {
        let Scratch { plain, lossy, counts } = scratch;
        counts.clear();
        counts.resize(self.len(), 0);
        let limit = out.len().saturating_add(MAX_HITS);
        let mut sink = Sink { out, counts, limit, truncated: false };
        let mut start = 0;
        while let Some(rest) = text.get(start..).filter(|r| !r.is_empty()) {
            let chunk = first_chunk(rest);
            plain.fold(chunk, Folding::Plain);
            self.run(chunk, plain, &self.compiled.plain, start, &mut sink);
            self.run_expressions(plain, start, &mut sink);
            if plain.has_lost() {
                lossy.fold(chunk, Folding::Lossy);
                self.run(chunk, lossy, &self.compiled.lossy, start, &mut sink);
            }
            start = start.saturating_add(chunk.len());
        }
        sink.truncated
    }

    fn run_expressions(&self, folded: &Folded, base: usize, sink: &mut Sink<'_>) {
        let Some(regex) = &self.compiled.expressions else { return };
        for found in regex.find_iter(folded.bytes()) {
            let Some(&entry) = self.compiled.expression_entries.get(found.pattern().as_usize()) else { continue };
            let (start, end) = (folded.offset(found.start()), folded.offset(found.end()));
            if start < end {
                let (start, end) = (base.saturating_add(start), base.saturating_add(end));
                sink.push(Hit { start, end, entry, element: Element::Whole, cued: false });
            }
        }
    }

    fn run(&self, text: &str, folded: &Folded, keys: &Keys, base: usize, sink: &mut Sink<'_>) {
        let Some(automaton) = &keys.automaton else { return };
        let bytes = folded.bytes();
        for found in automaton.find_overlapping_iter(bytes) {
            let value = Value(found.value());
            let inside = found.start().checked_sub(1).and_then(|i| bytes.get(i)).is_some_and(|b| is_word(*b));
            if inside && !value.may_stand_inside() {
                continue;
            }
            let after = letters_after(bytes, found.end());
            if after > LONGEST_ENDING && !value.may_go_on() {
                continue;
            }
            let before = if inside { letters_before(bytes, found.start()) } else { 0 };
            if inside && before < SHORTEST_ELEMENT {
                continue;
            }
            let Some(members) = keys.groups.get(value.group()) else { continue };
            let rest = bytes.get(found.end()..found.end().saturating_add(after)).unwrap_or_default();
            let first = sink.out.len();
            let mut innocent = false;
            for &index in members {
                let Some(spelling) = self.compiled.spellings.get(index) else { continue };
                let Some(element) = self.element(spelling, before, rest) else { continue };
                let word = found.start().saturating_sub(before)..found.end().saturating_add(after);
                let written = folded.offset(found.start());
                let span = folded.offset(word.start)..folded.offset(word.end);
                let Some(original) = text.get(written..span.end) else { continue };
                if !agrees(&spelling.text, original, spelling.folded) || !case_fits(spelling, original) {
                    continue;
                }
                let sense = match self.ambiguity(spelling) {
                    Some(words) => sense(bytes, word, words),
                    None => Sense::Unclear,
                };
                innocent |= sense == Sense::Innocent;
                sink.push(Hit {
                    start: base.saturating_add(span.start),
                    end: base.saturating_add(span.end),
                    entry: spelling.entry,
                    element,
                    cued: sense == Sense::Personal,
                });
            }
            // innocent in one language is innocent: `ekonomisk depression` in an English list too
            if innocent {
                sink.out.truncate(first);
            }
        }
    }

    /// Which element of its word the spelling is, with `before` letters before it and `rest` behind.
    fn element(&self, spelling: &Spelling, before: usize, rest: &[u8]) -> Option<Element> {
        // no genitive after s, x, z: `russ` is not `rus`
        let genitive = rest == b"s" && spelling.text.ends_with(['s', 'x', 'z']);
        let is_ending = || {
            let endings = self.compiled.endings.get(spelling.endings);
            packed_ending(rest).is_some_and(|ending| endings.is_some_and(|e| e.contains(&ending)))
        };
        let inflected = spelling.open || (!genitive && is_ending());
        match (before, inflected) {
            (0, true) => Some(Element::Whole),
            (0, false) => {
                let compound = spelling.first_element
                    && rest.len() >= SHORTEST_ELEMENT
                    && rest.iter().all(|b| !b.is_ascii_digit());
                compound.then_some(Element::First)
            }
            (_, true) if spelling.last_element => Some(Element::Last),
            _ => None,
        }
    }

    fn ambiguity(&self, spelling: &Spelling) -> Option<&Ambiguity> {
        let entry = self.compiled.entries.get(spelling.entry)?;
        self.compiled.ambiguities.get(entry.ambiguity?)
    }

    /// The languages a text may be in, by its commonest words; none when they do not tell.
    pub fn languages(&self, paragraph: &str, scratch: &mut Scratch) -> Option<LanguageSet> {
        let (mut swedish, mut norwegian, mut english) = (0_u32, 0_u32, 0_u32);
        let folded = &mut scratch.plain;
        folded.fold(first_chunk(paragraph), Folding::Plain);
        for word in folded.bytes().split(|b| !is_word(*b)).filter(|w| !w.is_empty()) {
            let Some(word) = packed(word) else { continue };
            let words = &self.compiled.function_words;
            let from = words.partition_point(|(w, _)| *w < word);
            for (_, language) in words.get(from..).unwrap_or_default().iter().take_while(|(w, _)| *w == word) {
                match language {
                    Language::Sv => swedish = swedish.saturating_add(1),
                    Language::Nb | Language::Nn => norwegian = norwegian.saturating_add(1),
                    Language::En => english = english.saturating_add(1),
                    Language::Int => {}
                }
            }
        }
        let best = swedish.max(norwegian).max(english);
        if best < ENOUGH_WORDS {
            return None;
        }
        let stays = |count: u32| count.saturating_mul(OUTNUMBERED) >= best;
        Some(LanguageSet { swedish: stays(swedish), norwegian: stays(norwegian), english: stays(english) })
    }
}

/// Common words of one language needed before another is ruled out.
const ENOUGH_WORDS: u32 = 2;
/// A language stays possible while the leading one has at most this many times its words.
const OUTNUMBERED: u32 = 4;

/// The text's first piece: up to a line end near [`CHUNK`], at least one character.
fn first_chunk(text: &str) -> &str {
    if text.len() <= CHUNK {
        return text;
    }
    let mut end = CHUNK;
    while !text.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    let head = text.get(..end).unwrap_or(text);
    let cut = head.rfind('\n').or_else(|| head.rfind(' ')).map_or(end, |at| at.saturating_add(1));
    text.get(..cut).unwrap_or(text)
}

/// Letters and digits that touch the match before it.
fn letters_before(bytes: &[u8], start: usize) -> usize {
    bytes.get(..start).unwrap_or_default().iter().rev().take(LONGEST_WORD).take_while(|b| is_word(**b)).count()
}

/// … and behind it.
fn letters_after(bytes: &[u8], end: usize) -> usize {
    bytes.get(end..).unwrap_or_default().iter().take(LONGEST_WORD).take_while(|b| is_word(**b)).count()
}

/// Letters of the longest ending, see `morphology`.
const LONGEST_ENDING: usize = 5;
/// Longer runs of letters are no words; the bound keeps a scan of `aaaa…` linear.
const LONGEST_WORD: usize = 60;

fn case_fits(spelling: &Spelling, original: &str) -> bool {
    match spelling.case {
        Case::Any => true,
        Case::Initial => original.chars().next().is_some_and(char::is_uppercase),
        Case::Capitals => original.chars().take(spelling.text.chars().count()).all(|c| !c.is_lowercase()),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sense {
    Unclear,
    Innocent,
    Personal,
}

/// Which sense the words around speak for. The personal one wins.
fn sense(bytes: &[u8], word: std::ops::Range<usize>, ambiguity: &Ambiguity) -> Sense {
    let before = bytes.get(word.start.saturating_sub(CUE_BYTES)..word.start).unwrap_or_default();
    let after = bytes.get(word.end..word.end.saturating_add(CUE_BYTES).min(bytes.len())).unwrap_or_default();
    let near = |cues: &[String]| {
        cues.iter().any(|cue| {
            before.split(|b| !is_word(*b)).rev().take(CUE_WORDS).any(|w| w.starts_with(cue.as_bytes()))
                || after.split(|b| !is_word(*b)).take(CUE_WORDS).any(|w| w.starts_with(cue.as_bytes()))
        })
    };
    if near(&ambiguity.personal) {
        Sense::Personal
    } else if near(&ambiguity.innocent) {
        Sense::Innocent
    } else {
        Sense::Unclear
    }
}

impl super::compile::Entry {
    /// Points of one occurrence before linking: strong 3, plain 2, ambiguous 1 (2 with a cue);
    /// as first element of a compound 0.6 of it.
    pub fn points(&self, hit: &Hit) -> f32 {
        let full = match self.weight {
            Weight::Strong => 3.0,
            Weight::Plain => 2.0,
            Weight::Ambiguous if hit.cued => 2.0,
            Weight::Ambiguous => 1.0,
        };
        if hit.element == Element::First { full * 0.6 } else { full }
    }
}
