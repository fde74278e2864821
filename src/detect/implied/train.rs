//! Learning the weights from labelled texts: multinomial logistic regression, the same result on every run.
//!
//! It runs in the learning command alone, never where mail is read.

#![allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::collections::HashMap;

use super::weights::Weights;
use super::{all, softmax};

/// Passes over the sentences.
const PASSES: usize = 40;
/// First step of the descent; it shrinks with what a weight has moved (AdaGrad).
const STEP: f32 = 0.5;
/// How much a weight is drawn to nothing at each use.
const DECAY: f32 = 2e-4;
/// What two weights may differ by and be as good as equal.
const SMALL: f32 = 0.02;

/// A text, and the number of its class.
#[derive(Debug, Clone, Copy)]
pub struct Sample<'a> {
    pub class: usize,
    pub text: &'a str,
}

#[derive(Clone, Copy)]
struct Row<const N: usize> {
    weight: [f32; N],
    moved: [f32; N],
}

impl<const N: usize> Row<N> {
    const NEW: Row<N> = Row { weight: [0.0; N], moved: [1e-6; N] };
}

/// Learns from the samples the features that stand in them `seen_from` times or more.
pub fn train<const N: usize>(samples: &[Sample<'_>], seen_from: u32) -> Weights<N> {
    let mut seen: HashMap<u32, u32> = HashMap::new();
    let read: Vec<Vec<u32>> = samples.iter().map(|s| all(s.text)).collect();
    for feature in read.iter().flatten() {
        *seen.entry(*feature).or_default() += 1;
    }
    let mut numbers: Vec<u32> = seen.iter().filter(|(_, count)| **count >= seen_from).map(|(n, _)| *n).collect();
    numbers.sort_unstable();
    let places: HashMap<u32, usize> = numbers.iter().enumerate().map(|(place, n)| (*n, place)).collect();
    let known: Vec<Vec<usize>> =
        read.iter().map(|of| of.iter().filter_map(|f| places.get(f).copied()).collect()).collect();
    let mut rows = vec![Row::<N>::NEW; numbers.len()];
    let mut bias = Row::<N>::NEW;
    let mut order: Vec<usize> = (0..samples.len()).collect();
    let mut dice = 0x2545_F491_4F6C_DD1D_u64;
    for _ in 0..PASSES {
        for last in (1..order.len()).rev() {
            dice ^= dice << 13;
            dice ^= dice >> 7;
            dice ^= dice << 17;
            order.swap(last, (dice % (last as u64 + 1)) as usize);
        }
        for &index in &order {
            let of = &known[index];
            let share = 1.0 / (of.len().max(1) as f32).sqrt();
            let mut scores = bias.weight;
            for &place in of {
                for (score, weight) in scores.iter_mut().zip(rows[place].weight) {
                    *score += weight * share;
                }
            }
            let chances = softmax(scores);
            for (class, chance) in chances.into_iter().enumerate() {
                let slope = chance - if class == samples[index].class { 1.0 } else { 0.0 };
                descend(&mut bias, class, slope, 0.0);
                for &place in of {
                    descend(&mut rows[place], class, slope * share, DECAY);
                }
            }
        }
    }
    let kept = numbers
        .into_iter()
        .zip(rows)
        .map(|(number, row)| (number, row.weight))
        .filter(|(_, weights)| weights.iter().any(|w| (w - weights[0]).abs() > SMALL))
        .collect();
    Weights::new(bias.weight, kept)
}

fn descend<const N: usize>(row: &mut Row<N>, class: usize, slope: f32, decay: f32) {
    let slope = slope + decay * row.weight[class];
    row.moved[class] += slope * slope;
    row.weight[class] -= STEP * slope / row.moved[class].sqrt();
}
