//! Whether a message tells something of somebody, from all that was noticed in it.
//!
//! The score asks of each circumstance whether it is enough. What many small things say together, or a name that is
//! only a speaker's, it does not hear. [`MARKS`] are those things, each a number of a message, and each has a weight
//! that was learned; the sum is a chance.
//!
//! A file: the line `from HEX` (a digest of the texts learned from), then a mark and its weight a line, `bias` last.

use std::fmt::Write as _;

/// What is noticed, in the order of the numbers. Counts are logarithms, so that a hundred names are not fifty times two.
pub const MARKS: [&str; 24] = [
    // the score: of the heaviest category, of all together, of the best circumstance
    "category",
    "together",
    "best",
    // the same of the heaviest category before tone and passage
    "linked",
    // terms beside a name, and plain ones far from any
    "named-terms",
    "far-terms",
    // sentences: the likeliest, the share that tells something, the likeliest beside a name, the third near a person
    "sentence",
    "telling",
    "named-sentence",
    "third-sentence",
    // what the message reads like, and the likeliest passage of it
    "whole",
    "passage",
    // who is meant
    "identified",
    "persons",
    "full-names",
    "given-names",
    "surnames",
    "colleagues",
    "roles",
    "described",
    "relatives",
    // what kind of text it is
    "invented",
    "general",
    "urgent",
];

/// What one message has of each of [`MARKS`].
pub type Marks = [f32; MARKS.len()];

const FROM: &str = "from ";
const BIAS: &str = "bias";

/// Steps of the descent, how far each goes, what it keeps of the one before, and how much a weight is drawn to nothing.
const STEPS: usize = 1500;
const STEP: f32 = 0.3;
const KEPT: f32 = 0.9;
const DECAY: f32 = 6e-3;
/// What a mark differs by at least: one that hardly ever differs says little.
const LEAST_SPREAD: f32 = 0.05;

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("weights of marks: line {0} is not the next mark and its weight")]
pub struct MarksError(usize);

/// The weight of each mark.
#[derive(Debug, Clone, PartialEq)]
pub struct MarkWeights {
    bias: f32,
    of: Marks,
}

impl MarkWeights {
    /// Chance that a message with these marks tells something of somebody, 0 to 1.
    pub fn chance(&self, marks: &Marks) -> f32 {
        let sum: f32 = self.of.iter().zip(marks).map(|(weight, mark)| weight * mark).sum();
        1.0 / (1.0 + (-self.bias - sum).exp())
    }

    /// The file, telling that they were learned from texts of this digest.
    pub fn to_text(&self, from: &str) -> String {
        let mut out = format!("{FROM}{from}\n");
        for (name, weight) in MARKS.iter().zip(self.of).chain([(&BIAS, self.bias)]) {
            let _ = writeln!(out, "{name} {weight:.4}");
        }
        out
    }

    /// Reads the file.
    pub fn from_text(file: &str) -> Result<MarkWeights, MarksError> {
        let mut lines = (1_usize..).zip(file.lines());
        let mut next = |name: &str| {
            let (number, line) = lines.next().ok_or(MarksError(0))?;
            line.strip_prefix(name).ok_or(MarksError(number)).map(|rest| (number, rest.trim()))
        };
        let _digest = next(FROM)?;
        let mut weight =
            |name: &str| next(name).and_then(|(number, rest)| rest.parse().map_err(|_| MarksError(number)));
        let mut of = [0.0; MARKS.len()];
        for (slot, name) in of.iter_mut().zip(MARKS) {
            *slot = weight(name)?;
        }
        Ok(MarkWeights { bias: weight(BIAS)?, of })
    }

    /// Learns them from messages: their marks, whether they are confidential, and how often each counts. The same
    /// messages give the same weights.
    pub fn learn(messages: &[(Marks, bool, f32)]) -> MarkWeights {
        let whole: f32 = messages.iter().map(|m| m.2).sum::<f32>().max(1.0);
        let mean = |of: &dyn Fn(&Marks) -> f32| messages.iter().map(|m| of(&m.0) * m.2).sum::<f32>() / whole;
        let at = |marks: &Marks, place: usize| marks.get(place).copied().unwrap_or_default();
        let means: Marks = std::array::from_fn(|place| mean(&|m| at(m, place)));
        let spreads: Marks = std::array::from_fn(|place| {
            let middle = at(&means, place);
            mean(&|m| (at(m, place) - middle).powi(2)).sqrt().max(LEAST_SPREAD)
        });
        let even = |marks: &Marks| -> Marks {
            std::array::from_fn(|place| (at(marks, place) - at(&means, place)) / at(&spreads, place))
        };
        let evened: Vec<(Marks, f32, f32)> = messages.iter().map(|m| (even(&m.0), f32::from(m.1), m.2)).collect();
        let mut now = MarkWeights { bias: 0.0, of: [0.0; MARKS.len()] };
        let mut pace = now.clone();
        for _ in 0..STEPS {
            let mut slope = MarkWeights { bias: 0.0, of: now.of.map(|weight| weight * DECAY) };
            for (marks, confidential, counts) in &evened {
                let error = (now.chance(marks) - confidential) * counts / whole;
                slope.bias += error;
                slope.of.iter_mut().zip(marks).for_each(|(of, mark)| *of += error * mark);
            }
            let down = |weight: &mut f32, pace: &mut f32, slope: f32| {
                *pace = KEPT * *pace + slope;
                *weight -= STEP * *pace;
            };
            down(&mut now.bias, &mut pace.bias, slope.bias);
            for ((weight, pace), slope) in now.of.iter_mut().zip(&mut pace.of).zip(slope.of) {
                down(weight, pace, slope);
            }
        }
        let of: Marks = std::array::from_fn(|place| at(&now.of, place) / at(&spreads, place));
        let moved: f32 = of.iter().zip(means).map(|(weight, mean)| weight * mean).sum();
        MarkWeights { bias: now.bias - moved, of }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(category: f32, general: f32) -> Marks {
        let mut marks = [0.0; MARKS.len()];
        for (name, mark) in MARKS.iter().zip(&mut marks) {
            *mark = match *name {
                "category" => category,
                "general" => general,
                _ => 0.0,
            };
        }
        marks
    }

    #[test]
    fn what_was_learned_tells_messages_apart_and_is_read_back_as_written() {
        let samples: Vec<(Marks, bool, f32)> =
            (0..40_u8).map(|n| (marks(f32::from(n % 4), f32::from(n % 3)), n % 4 > 1, 1.0)).collect();
        let weights = MarkWeights::learn(&samples);
        assert!(weights.chance(&marks(3.0, 0.0)) > 0.8);
        assert!(weights.chance(&marks(0.0, 2.0)) < 0.2);
        let text = weights.to_text("0123abcd");
        assert_eq!(text.lines().count(), MARKS.len() + 2);
        let back = MarkWeights::from_text(&text);
        assert_eq!(back.as_ref().map(|b| b.to_text("0123abcd")), Ok(text));
    }

    #[test]
    fn faults_name_their_line() {
        assert_eq!(MarkWeights::from_text("category 1\n"), Err(MarksError(1)));
        assert_eq!(MarkWeights::from_text("from a\ncategory x\n"), Err(MarksError(2)));
        assert_eq!(MarkWeights::from_text("from a\ncategory 1\n"), Err(MarksError(0)));
    }
}
