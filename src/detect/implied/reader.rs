//! Asking the models about many sentences and passages of one message.
//!
//! Few words make most of any text, and what a word and its pieces say is the same wherever it stands: it is looked up
//! once and then remembered. Passages overlap; what each [`UNIT`] of a text says is summed up once.

use std::ops::Range;

use super::features::{Before, Token, Word, parts, tokens};
use super::weights::Weights;
use super::{CLASSES, KINDS, MOST_WORDS, Sum, Told, personal};

/// Bytes of a text that are summed up together.
const UNIT: usize = 240;
/// Units of a passage, and those on each side that are read with it.
const OF_PASSAGE: usize = 3;
const BESIDE: usize = 1;
/// Bytes of a message that is asked about as a whole.
pub const WHOLE: usize = 16 * 1024;
/// Words remembered by each model, a power of two.
const WORDS: usize = 1 << 12;

/// Both models, and what they say of the words met so far.
pub struct Reader<'a> {
    sentences: Remembering<'a, { CLASSES.len() }>,
    passages: Remembering<'a, KINDS>,
    /// What was asked about last: a subject, and what it says of a passage.
    subject: Option<(String, Sum<KINDS>)>,
    /// What all texts of the message say together, and their bytes, while they are few.
    message: Option<(Sum<KINDS>, usize)>,
    /// Room for the words of the next text.
    room: Vec<Token>,
}

/// A text whose sentences and passages are asked about, one after the other.
pub struct Written<'a> {
    text: &'a str,
    /// The parts that somebody wrote, in order: what stands elsewhere is no part of a passage.
    spoken: Vec<Range<usize>>,
    tokens: Vec<Token>,
    /// What each unit says of a passage, once it was asked.
    units: Vec<Option<Sum<KINDS>>>,
    /// The passage asked last, and its chance.
    last: Option<(usize, f32)>,
}

impl Written<'_> {
    /// The words that begin in a span, by number.
    fn words(&mut self, span: Range<usize>) -> Range<usize> {
        if self.tokens.is_empty() {
            // Few texts have more words than one for six bytes.
            self.tokens.reserve(self.text.len() / 6);
            self.tokens.extend(tokens(self.text));
        }
        let first = |offset: usize| self.tokens.partition_point(|token| token.start() < offset);
        first(span.start)..first(span.end)
    }
}

impl<'a> Reader<'a> {
    pub(super) fn new(sentences: &'a Weights<{ CLASSES.len() }>, passages: &'a Weights<KINDS>) -> Reader<'a> {
        let (sentences, passages) = (Remembering::of(sentences), Remembering::of(passages));
        Reader { sentences, passages, subject: None, message: Some((Sum::NOTHING, 0)), room: Vec::new() }
    }

    /// Begins a text, of which somebody wrote these parts.
    pub fn begin<'t>(&mut self, text: &'t str, spoken: Vec<Range<usize>>) -> Written<'t> {
        let tokens = std::mem::take(&mut self.room);
        Written { text, spoken, tokens, units: vec![None; text.len().div_ceil(UNIT)], last: None }
    }

    /// Ends it: the next text takes over its room, which is large.
    pub fn end(&mut self, mut of: Written<'_>) {
        of.tokens.clear();
        self.room = of.tokens;
    }

    /// Adds a text to the message; a long message is not one passage, and is not asked about as a whole.
    pub fn note(&mut self, of: &mut Written<'_>) {
        let Some((mut sum, bytes)) = self.message else { return };
        let bytes = bytes.saturating_add(of.text.len());
        if bytes > WHOLE {
            self.message = None;
            return;
        }
        for unit in 0..of.units.len() {
            sum.add(&self.unit(of, unit));
        }
        self.message = Some((sum, bytes));
    }

    /// Chance that the message as a whole is about a person's circumstances, 0 to 1; none of a long one.
    pub fn message(&mut self, subject: &str) -> Option<f32> {
        let (mut sum, _) = self.message?;
        sum.add(&self.subject(subject));
        Some(personal(self.passages.weights, &sum))
    }

    fn unit(&mut self, of: &mut Written<'_>, unit: usize) -> Sum<KINDS> {
        match of.units.get(unit).copied().flatten() {
            Some(said) => said,
            None => self.passages.unit(of, unit),
        }
    }

    /// What the sentence at a span of the text tells, however unlikely: [`Implied::told`](super::Implied::told).
    pub fn told(&mut self, of: &mut Written<'_>, span: Range<usize>) -> Option<Told> {
        let mut sum = Sum::NOTHING;
        let mut before = Before::EDGE;
        let words = of.words(span);
        for token in of.tokens.get(words).unwrap_or_default().iter().take(MOST_WORDS) {
            self.sentences.word(of.text, token, &mut before, &mut sum);
        }
        self.sentences.weights.add(before.end(), &mut sum);
        Told::of(self.sentences.weights.chances(&sum))
    }

    /// Chance that the passage around an offset of the text is about a person's circumstances, 0 to 1. It is read with
    /// the subject.
    pub fn personal(&mut self, of: &mut Written<'_>, subject: &str, offset: usize) -> f32 {
        let number = offset / (UNIT * OF_PASSAGE);
        if let Some((_, chance)) = of.last.filter(|(last, _)| *last == number) {
            return chance;
        }
        let first = number.saturating_mul(OF_PASSAGE);
        let end = first.saturating_add(OF_PASSAGE + BESIDE).min(of.units.len());
        let mut sum = self.subject(subject);
        for unit in first.saturating_sub(BESIDE)..end {
            sum.add(&self.unit(of, unit));
        }
        let chance = personal(self.passages.weights, &sum);
        of.last = Some((number, chance));
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
    said: Sum<N>,
}

impl<'a, const N: usize> Remembering<'a, N> {
    fn of(weights: &'a Weights<N>) -> Self {
        Remembering { weights, words: Vec::new() }
    }

    /// Adds what a word says, with those before it.
    fn word(&mut self, text: &str, token: &Token, before: &mut Before, sum: &mut Sum<N>) {
        let word = before.take(token);
        if let Word::Itself(hash) = word {
            self.itself(token.written(text), hash, sum);
        }
        before.pairs(word.hash()).into_iter().for_each(|pair| self.weights.add(pair, sum));
    }

    /// Adds what a word and its pieces say.
    fn itself(&mut self, word: &str, hash: u64, sum: &mut Sum<N>) {
        if self.words.is_empty() {
            self.words = vec![Known { hash: 0, said: Sum::NOTHING }; WORDS];
        }
        let place = (hash >> 40) as usize % WORDS;
        let Some(known) = self.words.get_mut(place) else { return };
        if known.hash != hash {
            *known = Known { hash, said: Sum::NOTHING };
            parts(word, hash, |feature| self.weights.add(feature, &mut known.said));
        }
        sum.add(&known.said);
    }
}

impl Remembering<'_, KINDS> {
    /// What the spoken words say that begin in a unit; it is noted in the text.
    fn unit(&mut self, of: &mut Written<'_>, unit: usize) -> Sum<KINDS> {
        let start = unit.saturating_mul(UNIT);
        let end = start.saturating_add(UNIT);
        let mut sum = Sum::NOTHING;
        let mut part = of.spoken.partition_point(|part| part.end <= start);
        while let Some(spoken) = of.spoken.get(part).filter(|spoken| spoken.start < end).cloned() {
            let words = of.words(start.max(spoken.start)..end.min(spoken.end));
            // The two words before are paired with the first, unless nobody wrote them.
            let from = words.start.saturating_sub(2);
            let of_part = |token: &&Token| token.start() >= spoken.start;
            let mut before = Before::EDGE;
            for token in of.tokens.get(from..words.start).unwrap_or_default().iter().filter(of_part) {
                let word = before.take(token);
                before.pairs(word.hash());
            }
            for token in of.tokens.get(words).unwrap_or_default() {
                self.word(of.text, token, &mut before, &mut sum);
            }
            part = part.saturating_add(1);
        }
        if let Some(slot) = of.units.get_mut(unit) {
            *slot = Some(sum);
        }
        sum
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Implied, UNTOLD};
    use super::*;

    fn whole<'t>(reader: &mut Reader<'_>, text: &'t str) -> Written<'t> {
        reader.begin(text, std::iter::once(0..text.len()).collect())
    }

    fn passage(reader: &mut Reader<'_>, text: &str, offset: usize) -> f32 {
        let mut of = whole(reader, text);
        let chance = reader.personal(&mut of, "", offset);
        reader.end(of);
        chance
    }

    proptest! {
        #[test]
        fn remembered_words_say_what_they_say(
            sentences in prop::collection::vec("([A-ZÅa-zåø'’]{1,9}[ .!?”]{1,2}|[0-9]{1,3} |[\\PC]{1,3} ){0,30}", 1..8),
        ) {
            let implied = Implied::builtin().unwrap();
            let mut reader = implied.reader();
            for sentence in sentences.iter().chain(&sentences) {
                let mut of = whole(&mut reader, sentence);
                prop_assert_eq!(reader.told(&mut of, 0..sentence.len()), implied.told(sentence));
                reader.end(of);
            }
        }

        #[test]
        fn a_short_text_is_a_passage_of_its_own(text in "([A-ZÅa-zåø]{1,9}[ .]{1,2}|[0-9]{1,3} ){0,20}") {
            let implied = Implied::builtin().unwrap();
            // but for the pair at the end of the text
            let asked = implied.is_personal([text.as_str()]);
            let read = passage(&mut implied.reader(), &text, 0);
            prop_assert!(text.is_empty() || (read - asked).abs() < 0.1, "{} {}", read, asked);
        }

        #[test]
        fn what_was_asked_before_changes_nothing(offsets in prop::collection::vec(0_usize..6_000, 1..6)) {
            let implied = Implied::builtin().unwrap();
            let text = "Hun har ikke vært ute av senga siden fredag. Vi fikk tilbudet om nye skrivere. ".repeat(80);
            let mut reader = implied.reader();
            let mut asked = whole(&mut reader, &text);
            for offset in offsets {
                let again = reader.personal(&mut asked, "", offset);
                prop_assert_eq!(again, passage(&mut implied.reader(), &text, offset));
            }
        }
    }

    #[test]
    fn only_what_is_spoken_counts() {
        let implied = Implied::builtin().unwrap();
        let mut reader = implied.reader();
        let text = "Hun har ikke vært ute av senga siden hun sluttet med tablettene.";
        let mut unspoken = reader.begin(text, Vec::new());
        let nothing = reader.personal(&mut unspoken, "", 0);
        assert!((nothing - UNTOLD).abs() < f32::EPSILON);
        assert_ne!(passage(&mut reader, text, 0), nothing);
        let mut unspoken = reader.begin(text, Vec::new());
        let with_subject = reader.personal(&mut unspoken, text, 0);
        assert_ne!(with_subject, nothing);
    }
}
