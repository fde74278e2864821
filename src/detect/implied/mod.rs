//! Circumstances told without their words (`hon har inte lämnat sängen sedan hon slutade med tabletterna`), and
//! whether a passage reads like mail about a person at all.
//!
//! Three linear models. Two are over words and pieces of words. One gives a sentence near a person a chance for each category;
//! what it says is evidence like a word of a list: it is linked to a person, dampened in general text, and named in the
//! explanation. The other gives a passage a chance of being about somebody's circumstances and not an advert, a
//! programme or a sketch; it raises and lowers what terms and sentences in it count. The third is over what was noticed
//! in the whole message (`marks`). The weights are learned from the labelled texts of `patterns/implied/` and can be learned again from them at any time; nothing is learned from mail.

mod features;
mod marks;
mod reader;
pub mod samples;
pub mod train;
mod weights;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
mod tests;

use super::Category;
use features::features;
pub use marks::{MARKS, MarkWeights, Marks, MarksError};
pub use reader::{Reader, WHOLE, Written};
pub use weights::{Weights, WeightsError};

/// The classes a sentence may be of; the first is none of them.
pub const CLASSES: [Option<Category>; 11] = [
    None,
    Some(Category::Health),
    Some(Category::Social),
    Some(Category::Family),
    Some(Category::Economy),
    Some(Category::Housing),
    Some(Category::Education),
    Some(Category::Work),
    Some(Category::Crime),
    Some(Category::Migration),
    Some(Category::Belief),
];
/// Number of classes of a passage: general, or about a person's circumstances.
pub const KINDS: usize = 2;

/// Words of one sentence or passage that are read.
const MOST_WORDS: usize = 400;

/// Known features from which a passage's chance is believed in full; of one or two short lines it is half believed.
const ENOUGH_KNOWN: f32 = 150.0;
/// The chance of a passage of which nothing is known.
const UNTOLD: f32 = 0.6;

const SENTENCES: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/patterns/implied/sentences.weights"));
const PASSAGES: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/patterns/implied/passages.weights"));
const OF_MARKS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/patterns/implied/marks.weights"));

/// What a sentence tells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Told {
    /// The likeliest category.
    pub category: Category,
    /// Chance that the sentence tells any circumstance, 0 to 1.
    pub chance: f32,
}

/// All models.
#[derive(Debug)]
pub struct Implied {
    sentences: Weights<{ CLASSES.len() }>,
    passages: Weights<KINDS>,
    marks: MarkWeights,
}

impl Implied {
    /// Whoever asks what many sentences of one message tell.
    pub fn reader(&self) -> Reader<'_> {
        Reader::new(&self.sentences, &self.passages)
    }

    /// With the compiled-in weights.
    pub fn builtin() -> Result<Implied, WeightsError> {
        Implied::of(Weights::from_bytes(SENTENCES)?.0, Weights::from_bytes(PASSAGES)?.0)
    }

    /// With these weights of sentences and passages, and the compiled-in ones of marks.
    pub fn of(sentences: Weights<{ CLASSES.len() }>, passages: Weights<KINDS>) -> Result<Implied, WeightsError> {
        Ok(Implied { sentences, passages, marks: MarkWeights::from_text(OF_MARKS)? })
    }

    /// Chance that a message with these marks tells something of somebody, 0 to 1.
    pub fn chance(&self, marks: &Marks) -> f32 {
        self.marks.chance(marks)
    }

    /// The digest of the texts that the compiled-in weights were learned from.
    pub fn learned_from() -> Result<&'static str, WeightsError> {
        weights::head(SENTENCES).map(|(from, _)| from)
    }

    /// What the sentence tells, however unlikely.
    pub fn told(&self, sentence: &str) -> Option<Told> {
        told(&self.sentences, sentence)
    }

    /// Chance that a passage, given in pieces, is about a person's circumstances, 0 to 1.
    pub fn is_personal<'a>(&self, pieces: impl IntoIterator<Item = &'a str>) -> f32 {
        is_personal(&self.passages, pieces)
    }
}

/// What the sentence tells by these weights.
pub fn told(weights: &Weights<{ CLASSES.len() }>, sentence: &str) -> Option<Told> {
    Told::of(weights.chances(&weights.sum([sentence])))
}

/// The chance of [`Implied::is_personal`] by these weights.
pub fn is_personal<'a>(weights: &Weights<KINDS>, pieces: impl IntoIterator<Item = &'a str>) -> f32 {
    personal(weights, &weights.sum(pieces))
}

fn personal(weights: &Weights<KINDS>, sum: &Sum<KINDS>) -> f32 {
    let [_, personal] = weights.chances(sum);
    UNTOLD + (personal - UNTOLD) * (sum.known as f32 / ENOUGH_KNOWN).min(1.0)
}

impl Told {
    fn of([none, others @ ..]: [f32; CLASSES.len()]) -> Option<Told> {
        let likeliest = CLASSES.iter().skip(1).zip(others).max_by(|a, b| a.1.total_cmp(&b.1))?;
        likeliest.0.map(|category| Told { category, chance: 1.0 - none })
    }
}

/// What the known features of a text say, in steps. A text of gigabytes would be needed to leave their range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sum<const N: usize> {
    /// How many they are.
    known: u32,
    steps: [i32; N],
}

impl<const N: usize> Sum<N> {
    const NOTHING: Sum<N> = Sum { known: 0, steps: [0; N] };

    fn add(&mut self, other: &Sum<N>) {
        self.known = self.known.saturating_add(other.known);
        for (sum, steps) in self.steps.iter_mut().zip(other.steps) {
            *sum = sum.wrapping_add(steps);
        }
    }
}

impl<const N: usize> Weights<N> {
    /// Adds one feature, if it is known.
    #[inline]
    fn add(&self, feature: u32, sum: &mut Sum<N>) {
        if let Some(steps) = self.of(feature) {
            sum.known = sum.known.saturating_add(1);
            for (sum, step) in sum.steps.iter_mut().zip(steps) {
                *sum = sum.wrapping_add(i32::from(*step));
            }
        }
    }

    /// What a text in pieces says.
    fn sum<'a>(&self, pieces: impl IntoIterator<Item = &'a str>) -> Sum<N> {
        let mut sum = Sum::NOTHING;
        for piece in pieces {
            features(piece, MOST_WORDS, |feature| self.add(feature, &mut sum));
        }
        sum
    }

    /// The chance of each class of a text that says this.
    fn chances(&self, sum: &Sum<N>) -> [f32; N] {
        let share = self.step() / (sum.known.max(1) as f32).sqrt();
        let mut scores = self.bias;
        for (score, steps) in scores.iter_mut().zip(sum.steps) {
            *score += steps as f32 * share;
        }
        softmax(scores)
    }
}

/// The features of a text, one that occurs twice twice.
fn all(text: &str) -> Vec<u32> {
    let mut out = Vec::new();
    features(text, MOST_WORDS, |feature| out.push(feature));
    out
}

fn softmax<const N: usize>(scores: [f32; N]) -> [f32; N] {
    let most = scores.into_iter().fold(f32::NEG_INFINITY, f32::max);
    let raised = scores.map(|score| (score - most).exp());
    let sum: f32 = raised.iter().sum();
    raised.map(|r| r / sum)
}
