//! What was noticed in a message, in the numbers of [`implied::MARKS`](super::implied::MARKS).

use std::collections::{HashMap, HashSet};

use super::Category;
use super::assess::Scored;
use super::finding::Finding;
use super::general::Tone;
use super::implied::Marks;
use super::lexicon::Weight;
use super::reading::{Evidence, Reading};

/// Link from which a term is near a person.
const NEAR: f32 = 0.6;
/// A sentence of this chance tells something.
const TELLS: f32 = 0.5;
/// Chances are believed no further than this from certain.
const SURE: f32 = 0.01;

/// What the score comes to.
pub struct Sums {
    pub category: f32,
    pub together: f32,
    pub identification: f32,
    pub persons: usize,
}

/// The marks of a message of which `whole` is the chance to be about somebody, as it reads as a whole.
pub fn marks(
    whole: f32,
    sums: &Sums,
    scored: &[Scored<'_>],
    readings: &[Reading],
    findings: &[Finding],
    tone: &Tone,
) -> Marks {
    let all: Vec<&Scored<'_>> = scored.iter().filter(|s| s.item.category != Category::Protected).collect();
    let (sentences, terms): (Vec<&Scored<'_>>, Vec<&Scored<'_>>) =
        all.iter().partition(|s| matches!(s.item.evidence, Evidence::Sentence));
    let far: HashSet<_> = terms
        .iter()
        .filter(|s| s.item.weight == Weight::Plain && s.link.strength < NEAR)
        .map(|s| s.item.distinct())
        .collect();
    let near_a_person = largest(sentences.iter().map(|s| s.item.told).collect());
    let told: Vec<f32> = readings.iter().flat_map(|reading| reading.told_by_all.iter().copied()).collect();
    let telling = told.iter().filter(|chance| **chance > TELLS).count() as f32 / told.len().max(1) as f32;
    let kind = |kind: &str| count(findings.iter().filter(|f| &*f.kind == kind).count());
    let most = |chances: &mut dyn Iterator<Item = f32>| chances.fold(0.0, f32::max);
    [
        (1.0 + sums.category).ln(),
        (1.0 + sums.together).ln(),
        (1.0 + most(&mut all.iter().map(|s| s.score))).ln(),
        (1.0 + linked(&all)).ln(),
        count(terms.iter().filter(|s| s.link.named).count()),
        count(far.len()),
        most(&mut told.iter().copied()),
        telling,
        most(&mut sentences.iter().filter(|s| s.link.named).map(|s| s.item.told)),
        near_a_person.get(2).copied().unwrap_or_default(),
        odds(whole),
        odds(most(&mut scored.iter().map(|s| s.item.personal))),
        sums.identification,
        count(sums.persons),
        kind("name.full"),
        kind("name.given"),
        kind("name.surname"),
        kind("name.colleague"),
        kind("person.role"),
        kind("person.described"),
        kind("person.relative"),
        f32::from(tone.is_hypothetical()),
        count(readings.iter().map(|reading| reading.general.len()).sum()),
        count(readings.iter().map(|reading| reading.urgent.len()).sum()),
    ]
}

/// The heaviest category before tone and passage: each distinct circumstance once.
fn linked(all: &[&Scored<'_>]) -> f32 {
    let mut best: HashMap<_, f32> = HashMap::new();
    for one in all {
        let points = best.entry((one.item.category, one.item.distinct())).or_default();
        *points = points.max(one.item.points * one.link.strength);
    }
    let mut sums: HashMap<Category, f32> = HashMap::new();
    // in the same order whenever it is asked: a sum of other order is another number
    let mut each: Vec<_> = best.into_iter().collect();
    each.sort_unstable_by_key(|(of, _)| *of);
    for ((category, _), points) in each {
        *sums.entry(category).or_default() += points;
    }
    sums.into_values().fold(0.0, f32::max)
}

fn largest(mut chances: Vec<f32>) -> Vec<f32> {
    chances.sort_unstable_by(|a, b| b.total_cmp(a));
    chances
}

fn count(things: usize) -> f32 {
    (1.0 + things as f32).ln()
}

/// The logarithm of the odds of a chance.
fn odds(chance: f32) -> f32 {
    let chance = chance.clamp(SURE, 1.0 - SURE);
    (chance / (1.0 - chance)).ln()
}
