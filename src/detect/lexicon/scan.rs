//! Finding terms in a text.

use std::ops::Range;

use super::Lexicon;
use super::compile::{Case, Expression, Patterns, Spelling};
use super::fold::{Folded, Folding, Offsets, agrees, is_word};
use super::keys::{Found, LONGEST_ENDING, SHORTEST_ELEMENT, Visitor};
use super::language::{LanguageSet, Votes};
use super::memo::Memo;
use super::morphology::packed_ending;
use super::term::{Ambiguity, Weight};

/// Text is folded and matched in pieces of about this many bytes, cut at line ends.
pub(super) const CHUNK: usize = 128 * 1024;
/// Bytes of the text before and behind a piece that are looked at with it: words around an ambiguous one, and
/// the rest of a term that the cut goes through.
const BEFORE: usize = 512;
const BEHIND: usize = 1024;
/// Hits kept of one term in one text; a later one says nothing new, but is counted as truncation.
pub const MAX_PER_TERM: u16 = 200;
/// Hits kept of one text.
pub const MAX_HITS: usize = 100_000;
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

/// Buffers kept between scans by one lexicon, the words met in them, and what the last scan learned of its text's
/// languages.
#[derive(Default)]
pub struct Scratch {
    plain: Folded,
    lossy: Folded,
    /// Bytes of text to come.
    length: usize,
    known: Memo,
    known_lossy: Memo,
    counts: Counts,
    votes: Vec<Stretch>,
}

/// What the common words of a paragraph, or of a piece of one, speak for.
struct Stretch {
    /// Where the first of them stands in the text.
    start: usize,
    votes: Votes,
}

impl Scratch {
    /// For texts of so many bytes together.
    pub fn for_bytes(length: usize) -> Scratch {
        Scratch { length, ..Scratch::default() }
    }

    /// The languages some whole paragraphs of the text scanned last may be in, by their commonest words; none
    /// when they do not tell.
    pub fn languages(&self, span: Range<usize>) -> Option<LanguageSet> {
        let from = self.votes.partition_point(|stretch| stretch.start < span.start);
        let to = self.votes.partition_point(|stretch| stretch.start < span.end);
        let mut sum = Votes::default();
        self.votes.get(from..to).unwrap_or_default().iter().for_each(|stretch| sum.add(stretch.votes));
        let best = sum.swedish.max(sum.norwegian).max(sum.english);
        if best < ENOUGH_WORDS {
            return None;
        }
        let stays = |count: u16| count.saturating_mul(OUTNUMBERED) >= best;
        Some(LanguageSet { swedish: stays(sum.swedish), norwegian: stays(sum.norwegian), english: stays(sum.english) })
    }
}

/// Hits so far, by term. A text has few of many thousand terms; only those are set back.
#[derive(Default)]
struct Counts {
    of: Vec<u16>,
    touched: Vec<usize>,
}

impl Counts {
    fn clear(&mut self, terms: usize) {
        for term in self.touched.drain(..) {
            if let Some(count) = self.of.get_mut(term) {
                *count = 0;
            }
        }
        self.of.resize(terms, 0);
    }

    /// One more of the term, unless it has [`MAX_PER_TERM`].
    fn take(&mut self, term: usize) -> bool {
        let Some(count) = self.of.get_mut(term) else { return false };
        if *count >= MAX_PER_TERM {
            return false;
        }
        if *count == 0 {
            self.touched.push(term);
        }
        *count = count.saturating_add(1);
        true
    }
}

/// Where hits go, and how many may.
struct Sink<'a> {
    out: &'a mut Vec<Hit>,
    counts: &'a mut Counts,
    limit: usize,
    truncated: bool,
}

impl Sink<'_> {
    fn push(&mut self, hit: Hit) {
        if self.out.len() >= self.limit || !self.counts.take(hit.entry) {
            self.truncated = true;
            return;
        }
        self.out.push(hit);
    }
}

impl Lexicon {
    /// Adds the terms found in `text` to `out`, in the order of their keys' starts; true when
    /// [`MAX_PER_TERM`] or [`MAX_HITS`] was reached and there are more.
    pub fn scan(&self, text: &str, scratch: &mut Scratch, out: &mut Vec<Hit>) -> bool {
        let Scratch { plain, lossy, length, known, known_lossy, counts, votes } = scratch;
        counts.clear(self.len());
        votes.clear();
        known.make_room(*length);
        let limit = out.len().saturating_add(MAX_HITS);
        let mut sink = Sink { out, counts, limit, truncated: false };
        let mut start = 0;
        while start < text.len() {
            let end = start.saturating_add(first_chunk(text.get(start..).unwrap_or_default()).len());
            let piece = Piece::of(text, start..end);
            plain.fold(piece.text, Folding::Plain);
            self.run(&piece, plain, &self.compiled.plain, known, Some(&mut *votes), &mut sink);
            self.run_expressions(&piece, plain, &mut sink);
            if plain.has_lost() {
                known_lossy.make_room(*length);
                lossy.fold(piece.text, Folding::Lossy);
                self.run(&piece, lossy, &self.compiled.lossy, known_lossy, None, &mut sink);
            }
            start = end.max(start.saturating_add(1));
        }
        sink.truncated
    }

    fn run_expressions(&self, piece: &Piece<'_>, folded: &Folded, sink: &mut Sink<'_>) {
        let own = piece.indexes(folded);
        for Expression { regex, entry } in &self.compiled.expressions {
            for found in regex.find_iter(folded.bytes()).filter(|found| own.contains(&found.start())) {
                let mut offsets = folded.offsets();
                let (start, end) = (offsets.at(found.start()), offsets.at(found.end()));
                if start < end {
                    let (start, end) = (piece.start.saturating_add(start), piece.start.saturating_add(end));
                    sink.push(Hit { start, end, entry: *entry, element: Element::Whole, cued: false });
                }
            }
        }
    }

    fn run(
        &self,
        piece: &Piece<'_>,
        folded: &Folded,
        patterns: &Patterns,
        memo: &mut Memo,
        votes: Option<&mut Vec<Stretch>>,
        sink: &mut Sink<'_>,
    ) {
        let own = piece.indexes(folded);
        let end = own.end;
        let offsets = folded.offsets();
        let mut reader = Reader { lexicon: self, piece, folded, own, offsets, patterns, votes, anew: true, sink };
        patterns.keys.find(folded.bytes(), end, memo, &mut reader);
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
        self.compiled.ambiguities.get(spelling.ambiguity?)
    }
}

/// Common words of one language needed before another is ruled out.
const ENOUGH_WORDS: u16 = 2;
/// A language stays possible while the leading one has at most this many times its words.
const OUTNUMBERED: u16 = 4;

/// A piece of the text, with what stands around it for those who look there.
struct Piece<'a> {
    text: &'a str,
    /// Of `text` in the whole.
    start: usize,
    /// The piece itself, in `text`: what begins here is this piece's.
    own: Range<usize>,
}

impl Piece<'_> {
    fn of(whole: &str, own: Range<usize>) -> Piece<'_> {
        let start = whole.floor_char_boundary(own.start.saturating_sub(BEFORE));
        let end = whole.ceil_char_boundary(own.end.saturating_add(BEHIND));
        let text = whole.get(start..end).unwrap_or_default();
        Piece { text, start, own: own.start.saturating_sub(start)..own.end.saturating_sub(start) }
    }

    /// The piece itself in a folded copy.
    fn indexes(&self, folded: &Folded) -> Range<usize> {
        folded.index(self.own.start)..folded.index(self.own.end)
    }
}

/// Turns keys into hits.
struct Reader<'a, 'sink> {
    lexicon: &'a Lexicon,
    piece: &'a Piece<'a>,
    folded: &'a Folded,
    own: Range<usize>,
    offsets: Offsets<'a>,
    patterns: &'a Patterns,
    votes: Option<&'a mut Vec<Stretch>>,
    /// No common word has been met in this paragraph.
    anew: bool,
    sink: &'a mut Sink<'sink>,
}

impl Visitor for Reader<'_, '_> {
    fn votes(&self, word: u128) -> Votes {
        match self.votes {
            Some(_) => self.lexicon.compiled.common_words.votes(word).unwrap_or_default(),
            None => Votes::default(),
        }
    }

    fn common(&mut self, start: usize, said: Votes) {
        let Some(votes) = self.votes.as_deref_mut().filter(|_| self.own.contains(&start)) else { return };
        match votes.last_mut().filter(|_| !self.anew) {
            Some(stretch) => stretch.votes.add(said),
            None => votes.push(Stretch { start: self.piece.start.saturating_add(self.offsets.at(start)), votes: said }),
        }
        self.anew = false;
    }

    fn paragraph(&mut self) {
        self.anew = true;
    }

    fn fits(&self, found: &Found) -> bool {
        if found.before > 0 && !found.value.may_stand_inside() {
            return false;
        }
        if found.after > LONGEST_ENDING && !found.value.may_go_on() {
            return false;
        }
        let rest = rest(self.folded, found);
        let mut spellings =
            self.patterns.group(found.value).iter().filter_map(|of| self.lexicon.compiled.spelling(*of));
        spellings.any(|spelling| self.lexicon.element(spelling, found.before, rest).is_some())
    }

    fn found(&mut self, found: Found) {
        if !self.own.contains(&found.start) {
            return;
        }
        let bytes = self.folded.bytes();
        let rest = rest(self.folded, &found);
        let word = found.start.saturating_sub(found.before)..found.end.saturating_add(found.after);
        let mut places = None;
        let first = self.sink.out.len();
        let mut innocent = false;
        for &index in self.patterns.group(found.value) {
            let Some(spelling) = self.lexicon.compiled.spelling(index) else { continue };
            let Some(element) = self.lexicon.element(spelling, found.before, rest) else { continue };
            let (start, written, end) = *places.get_or_insert_with(|| {
                let mut at = |index| self.offsets.at(index);
                (at(word.start), at(found.start), at(word.end))
            });
            let Some(original) = self.piece.text.get(written..end) else { continue };
            if !agrees(&spelling.text, original, spelling.folded) || !case_fits(spelling, original) {
                continue;
            }
            let sense = match self.lexicon.ambiguity(spelling) {
                Some(words) => sense(bytes, word.clone(), words),
                None => Sense::Unclear,
            };
            innocent |= sense == Sense::Innocent;
            self.sink.push(Hit {
                start: self.piece.start.saturating_add(start),
                end: self.piece.start.saturating_add(end),
                entry: spelling.entry,
                element,
                cued: sense == Sense::Personal,
            });
        }
        // innocent in one language is innocent: `ekonomisk depression` in an English list too
        if innocent {
            self.sink.out.truncate(first);
        }
    }
}

/// The rest of the word behind a key.
fn rest<'a>(folded: &'a Folded, found: &Found) -> &'a [u8] {
    folded.bytes().get(found.end..found.end.saturating_add(found.after)).unwrap_or_default()
}

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
    let mut words = [&[][..]; 2 * CUE_WORDS];
    let (first, second) = words.split_at_mut(CUE_WORDS);
    let split = |bytes| <[u8]>::split(bytes, |b| !is_word(*b));
    first.iter_mut().zip(split(before).rev()).for_each(|(slot, word)| *slot = word);
    second.iter_mut().zip(split(after)).for_each(|(slot, word)| *slot = word);
    let near = |cues: &[String]| words.iter().any(|word| cues.iter().any(|cue| word.starts_with(cue.as_bytes())));
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
