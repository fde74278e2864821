//! Asking the models about many sentences and passages of one message.
//!
//! Few words make most of any text, and what a word and its pieces say is the same wherever it stands: it is looked up
//! once and then remembered. Passages overlap; what each [`UNIT`] of a text says is summed up once.

use std::ops::Range;

use super::features::{Before, Token, Word, parts, token};
use super::weights::Weights;
use super::{CLASSES, KINDS, MOST_WORDS, Sum, Told, personal};

/// Bytes of a text that are summed up together.
const UNIT: usize = 240;
/// Units of a passage, and those on each side that are read with it.
const OF_PASSAGE: usize = 3;
const BESIDE: usize = 1;
/// Words remembered by each model, a power of two.
const WORDS: usize = 1 << 12;
/// Words before a unit that its first ones are paired with, and how far back they are looked for.
const PAIRED: usize = 3;
const BACK: usize = 100;

/// Both models, and what they say of the words met so far.
pub struct Reader<'a> {
    sentences: Remembering<'a, { CLASSES.len() }>,
    passages: Remembering<'a, KINDS>,
    /// What was asked about last: a subject, and what it says of a passage.
    subject: Option<(String, Sum<KINDS>)>,
}

/// A text whose passages are asked about, one after the other.
pub struct Passage {
    /// What each unit says, once it was asked.
    units: Vec<Option<Sum<KINDS>>>,
    /// The passage asked last, and its chance.
    last: Option<(usize, f32)>,
}

impl Passage {
    /// For a text of so many bytes.
    pub fn of(length: usize) -> Passage {
        Passage { units: vec![None; length.div_ceil(UNIT)], last: None }
    }
}

impl<'a> Reader<'a> {
    pub(super) fn new(sentences: &'a Weights<{ CLASSES.len() }>, passages: &'a Weights<KINDS>) -> Reader<'a> {
        Reader { sentences: Remembering::of(sentences), passages: Remembering::of(passages), subject: None }
    }

    /// What the sentence tells, however unlikely: [`Implied::told`](super::Implied::told).
    pub fn told(&mut self, sentence: &str) -> Option<Told> {
        let mut sum = Sum::NOTHING;
        let mut before = Before::EDGE;
        let mut at = 0;
        for _ in 0..MOST_WORDS {
            let Some(token) = token(sentence, at) else { break };
            at = token.end;
            self.sentences.word(sentence, &token, &mut before, &mut sum);
        }
        self.sentences.weights.add(before.end(), &mut sum);
        Told::of(self.sentences.weights.chances(&sum))
    }

    /// Chance that the passage around an offset of a text is about a person's circumstances, 0 to 1. It is read with the
    /// subject; `spoken` are the parts of the text that somebody wrote, in order.
    pub fn personal(
        &mut self,
        text: &str,
        spoken: &[Range<usize>],
        subject: &str,
        passage: &mut Passage,
        offset: usize,
    ) -> f32 {
        let number = offset / (UNIT * OF_PASSAGE);
        if let Some((_, chance)) = passage.last.filter(|(last, _)| *last == number) {
            return chance;
        }
        let first = number.saturating_mul(OF_PASSAGE);
        let end = first.saturating_add(OF_PASSAGE + BESIDE);
        let mut sum = self.subject(subject);
        for (unit, said) in passage.units.iter_mut().enumerate().take(end).skip(first.saturating_sub(BESIDE)) {
            sum.add(said.get_or_insert_with(|| self.passages.unit(text, spoken, unit)));
        }
        let chance = personal(self.passages.weights, &sum);
        passage.last = Some((number, chance));
        chance
    }

    fn subject(&mut self, subject: &str) -> Sum<KINDS> {
        if subject.is_empty() {
            return Sum::NOTHING;
        }
        let weights = self.passages.weights;
        match &self.subject {
            Some((known, sum)) if known == subject => *sum,
            _ => self.subject.insert((subject.to_owned(), weights.sum([subject]))).1,
        }
    }
}

/// One model, and what it says of the words met so far.
struct Remembering<'a, const N: usize> {
    weights: &'a Weights<N>,
    /// Each at its own place, whatever word holds it. None before the first word.
    words: Vec<Known<N>>,
}

/// A word, by the hash of its letters, and what it and its pieces say.
#[derive(Clone, Copy)]
struct Known<const N: usize> {
    hash: u64,
    known: u16,
    steps: [i16; N],
}

impl<'a, const N: usize> Remembering<'a, N> {
    fn of(weights: &'a Weights<N>) -> Self {
        Remembering { weights, words: Vec::new() }
    }

    /// Adds what a word says, with those before it.
    fn word(&mut self, text: &str, token: &Token, before: &mut Before, sum: &mut Sum<N>) {
        let word = before.take(token);
        if let Word::Itself(hash) = word {
            self.itself(text.get(token.start..token.end).unwrap_or_default(), hash, sum);
        }
        before.pairs(word.hash()).into_iter().for_each(|pair| self.weights.add(pair, sum));
    }

    /// Adds what a word and its pieces say.
    fn itself(&mut self, word: &str, hash: u64, sum: &mut Sum<N>) {
        if self.words.is_empty() {
            self.words = vec![Known { hash: 0, known: 0, steps: [0; N] }; WORDS];
        }
        let place = (hash >> 40) as usize % WORDS;
        let Some(known) = self.words.get_mut(place) else { return };
        if known.hash != hash {
            let mut said = Sum::NOTHING;
            parts(word, hash, |feature| self.weights.add(feature, &mut said));
            let fits = |steps: i32| i16::try_from(steps).ok();
            let steps = said.steps.map(|steps| fits(steps).unwrap_or(i16::MAX));
            let Some(count) = u16::try_from(said.known).ok().filter(|_| said.steps.iter().all(|s| fits(*s).is_some()))
            else {
                // hundreds of letters
                sum.add(&said);
                return;
            };
            *known = Known { hash, known: count, steps };
        }
        sum.known = sum.known.saturating_add(u32::from(known.known));
        for (sum, steps) in sum.steps.iter_mut().zip(known.steps) {
            *sum = sum.saturating_add(i32::from(steps));
        }
    }
}

impl Remembering<'_, KINDS> {
    /// What the spoken words say that begin in a unit.
    fn unit(&mut self, text: &str, spoken: &[Range<usize>], unit: usize) -> Sum<KINDS> {
        let start = unit.saturating_mul(UNIT);
        let end = start.saturating_add(UNIT);
        let mut sum = Sum::NOTHING;
        let first = spoken.partition_point(|part| part.end <= start);
        for part in spoken.get(first..).unwrap_or_default().iter().take_while(|part| part.start < end) {
            let Some(within) = text.get(..part.end) else { continue };
            let from = start.max(part.start);
            let mut at = words_before(within, part.start..from);
            let mut before = if at == part.start { Before::EDGE } else { Before::UNREAD };
            while let Some(token) = token(within, at).filter(|token| token.start < end) {
                at = token.end;
                if token.start < from {
                    let word = before.take(&token);
                    before.pairs(word.hash());
                } else {
                    self.word(within, &token, &mut before, &mut sum);
                }
            }
        }
        sum
    }
}

/// Where to begin so that the words from the end of `range` on have those before them; not before its start.
fn words_before(text: &str, range: Range<usize>) -> usize {
    let least = text.ceil_char_boundary(range.start.max(range.end.saturating_sub(BACK)));
    let before = text.as_bytes().get(least..range.end).unwrap_or_default();
    let blank = before.iter().enumerate().rev().filter(|(_, b)| b.is_ascii_whitespace()).nth(PAIRED);
    blank.map_or(least, |(at, _)| least.saturating_add(at))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Implied, UNTOLD};
    use super::*;

    fn passage(reader: &mut Reader<'_>, text: &str, offset: usize) -> f32 {
        reader.personal(text, &[0..text.len()], "", &mut Passage::of(text.len()), offset)
    }

    proptest! {
        #[test]
        fn remembered_words_say_what_they_say(
            sentences in prop::collection::vec("([A-ZÅa-zåø'’]{1,9}[ .!?”]{1,2}|[0-9]{1,3} |[\\PC]{1,3} ){0,30}", 1..8),
        ) {
            let implied = Implied::builtin().unwrap();
            let mut reader = implied.reader();
            for sentence in sentences.iter().chain(&sentences) {
                prop_assert_eq!(reader.told(sentence), implied.told(sentence));
            }
        }

        #[test]
        fn a_short_text_is_a_passage_of_its_own(text in "([A-ZÅa-zåø]{1,9}[ .]{1,2}|[0-9]{1,3} ){0,20}") {
            let implied = Implied::builtin().unwrap();
            // but for the pair at the end of the text
            let whole = implied.is_personal([text.as_str()]);
            let read = passage(&mut implied.reader(), &text, 0);
            prop_assert!(text.is_empty() || (read - whole).abs() < 0.1, "{} {}", read, whole);
        }

        #[test]
        fn what_was_asked_before_changes_nothing(offsets in prop::collection::vec(0_usize..6_000, 1..6)) {
            let implied = Implied::builtin().unwrap();
            let text = "Hun har ikke vært ute av senga siden fredag. Vi fikk tilbudet om nye skrivere. ".repeat(80);
            let (mut reader, mut asked) = (implied.reader(), Passage::of(text.len()));
            for offset in offsets {
                let again = reader.personal(&text, &[0..text.len()], "", &mut asked, offset);
                prop_assert_eq!(again, passage(&mut implied.reader(), &text, offset));
            }
        }
    }

    #[test]
    fn only_what_is_spoken_counts() {
        let implied = Implied::builtin().unwrap();
        let mut reader = implied.reader();
        let text = "Hun har ikke vært ute av senga siden hun sluttet med tablettene.";
        let nothing = reader.personal(text, &[], "", &mut Passage::of(text.len()), 0);
        assert!((nothing - UNTOLD).abs() < f32::EPSILON);
        assert_ne!(passage(&mut reader, text, 0), nothing);
        let with_subject = reader.personal(text, &[], text, &mut Passage::of(text.len()), 0);
        assert_ne!(with_subject, nothing);
    }
}
