//! What the sentences of a view tell beside their terms, and what its passages read like.
//!
//! A sentence that speaks of a person, or stands beside one that does, is asked what it tells; so is the passage around
//! it and around every term. What comes of it is a [`Circumstance`] without a term, and for each with one the chance
//! that it is not general text.

use std::ops::Range;

use super::finding::Finding;
use super::implied::{Reader, Told, WHOLE, Written};
use super::layout::Layout;
use super::lexicon::Weight;
use super::link::{Pointing, pointing};
use super::person::Names;
use super::reading::{Circumstance, EVEN, Evidence, Reading};
use crate::text::{OriginKind, View, Zone};

/// Points of terms from which a sentence needs no more, and the most that one without terms is given.
const ENOUGH: f32 = 2.0;
/// Up to this chance a sentence tells nothing.
const UNCERTAIN: f32 = 0.3;
/// Points of a sentence for what its chance is above that.
const PER_CHANCE: f32 = 4.0;
/// From this chance a sentence that speaks to its reader tells something of the reader.
const TO_READER: f32 = 0.6;
/// Sentences kept of one block; whoever finds so many has found enough.
const MOST: usize = 300;
/// Words in small letters that a sentence needs to tell something.
const FEWEST_WORDS: usize = 2;
/// Bytes of a sentence that are asked at once.
const STRETCH: usize = 600;

/// Asks the models about one block of a view. `subject` is the message's, read with each passage of its text; `persons` are the
/// findings of this view that may be of a person. A header holds names of units and people and is not asked, nor is the
/// name of a file.
pub fn tell(
    view: &View,
    layout: &Layout,
    reading: &mut Reading,
    models: &mut Reader<'_>,
    subject: &str,
    (persons, names): (&[Finding], &Names),
) {
    if matches!(view.origin.kind, OriginKind::Header | OriginKind::Filename) {
        return;
    }
    let text = view.normal();
    let subject = if view.origin.kind == OriginKind::Subject { "" } else { subject };
    let spoken: Vec<Range<usize>> =
        view.zones().iter().filter(|zone| is_spoken(zone.zone)).map(|zone| zone.span.clone()).collect();
    let mut written = models.begin(text, spoken);
    if view.origin.kind != OriginKind::Subject {
        models.note(&mut written);
    }
    ask_all(view, layout, reading, models, subject, names, &mut written);
    ask(view, layout, reading, models, subject, persons, &mut written);
    models.end(written);
}

/// Asks what each sentence tells that stands in a text short enough to be read as a whole. One that speaks to the
/// reader tells of the reader.
fn ask_all(
    view: &View,
    layout: &Layout,
    reading: &mut Reading,
    models: &mut Reader<'_>,
    subject: &str,
    names: &Names,
    written: &mut Written<'_>,
) {
    let text = view.normal();
    if text.len() > WHOLE {
        return;
    }
    for (sentence, at) in layout.each_sentence(text.len()).enumerate() {
        let Some(words) = text.get(at.clone()).filter(|words| says_something(words)) else { continue };
        if !is_spoken(view.zone_at(at.start)) {
            continue;
        }
        let Some(told) = models.told(written, at.clone()) else { continue };
        reading.told_by_all.push(told.chance);
        if told.chance < TO_READER || !names.speaks_to_reader(words) {
            continue;
        }
        for term in reading.circumstances.iter_mut().filter(|term| term.sentence == sentence) {
            term.yours = true;
        }
        if points_of_terms(&reading.circumstances, sentence) < ENOUGH {
            let personal = models.personal(written, subject, at.start);
            let one = circumstance(view, layout, told, sentence, at, personal);
            reading.told.extend(one.map(|one| Circumstance { yours: true, ..one }));
        }
    }
}

/// What a sentence, or a stretch of one, tells.
fn circumstance(
    view: &View,
    layout: &Layout,
    told: Told,
    sentence: usize,
    at: Range<usize>,
    personal: f32,
) -> Option<Circumstance> {
    let (points, start) = (((told.chance - UNCERTAIN) * PER_CHANCE).min(ENOUGH), at.start);
    (points > 0.0).then(|| Circumstance {
        evidence: Evidence::Sentence,
        category: told.category,
        points,
        told: told.chance,
        row: false,
        yours: false,
        weight: if points > 1.0 { Weight::Plain } else { Weight::Ambiguous },
        personal,
        sentence,
        paragraph: layout.paragraph_of(sentence),
        span: view.to_text(at.clone()),
        at,
        zone: view.zone_at(start),
    })
}

/// Asks about terms, then about the sentences that speak of a person.
fn ask(
    view: &View,
    layout: &Layout,
    reading: &mut Reading,
    models: &mut Reader<'_>,
    subject: &str,
    persons: &[Finding],
    written: &mut Written<'_>,
) {
    let text = view.normal();
    let mut last = None;
    for item in &mut reading.circumstances {
        item.personal = models.personal(written, subject, item.at.start);
        item.told = match last {
            // What the passage reads like is enough.
            _ if item.personal >= EVEN => item.told,
            Some((sentence, chance)) if sentence == item.sentence => chance,
            _ => {
                let at = layout.sentence(item.sentence, text.len()).unwrap_or_default();
                models.told(written, at).map_or(0.0, |told| told.chance)
            }
        };
        if item.personal < EVEN {
            last = Some((item.sentence, item.told));
        }
    }
    let mut sentences: Vec<usize> = persons
        .iter()
        .filter(|finding| pointing(finding) != Pointing::Nobody)
        .map(|finding| finding.spot.sentence)
        .flat_map(|sentence| sentence.saturating_sub(1)..=sentence.saturating_add(1))
        .collect();
    sentences.sort_unstable();
    sentences.dedup();
    for sentence in sentences {
        let Some(whole) = layout.sentence(sentence, text.len()) else { continue };
        let asked = reading.told.iter().any(|one| one.sentence == sentence);
        if asked || points_of_terms(&reading.circumstances, sentence) >= ENOUGH {
            continue;
        }
        for at in stretches(text, whole) {
            let zone = view.zone_at(at.start);
            if !is_spoken(zone) || !says_something(text.get(at.clone()).unwrap_or_default()) {
                continue;
            }
            let Some(told) = models.told(written, at.clone()) else { continue };
            let personal = models.personal(written, subject, at.start);
            let Some(one) = circumstance(view, layout, told, sentence, at, personal) else { continue };
            if reading.told.len() >= MOST {
                reading.truncated = true;
                return;
            }
            reading.told.push(one);
        }
    }
}

/// A sentence in pieces that a person could read at once: text without full stops, or a line without an end, is one
/// sentence however long it is.
fn stretches(text: &str, whole: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let mut start = whole.start;
    std::iter::from_fn(move || {
        let rest = text.get(start..whole.end).filter(|rest| !rest.is_empty())?;
        let cut = rest.floor_char_boundary(STRETCH);
        let head = rest.get(..cut).unwrap_or(rest);
        let length = match head.len() == rest.len() {
            true => rest.len(),
            false => head.rfind([' ', '\n', '\t']).map_or(cut, |blank| blank.saturating_add(1)),
        };
        let from = start;
        start = start.saturating_add(length);
        Some(from..start)
    })
}

/// Whether somebody wrote it for this mail or one before: no signature, disclaimer or header block.
fn is_spoken(zone: Zone) -> bool {
    matches!(zone, Zone::New | Zone::Quote)
}

/// Whether it has words besides names, numbers and the word it begins with: `1. Elias Ringdal 7,88` has none.
fn says_something(stretch: &str) -> bool {
    let plain = |word: &&str| {
        let mut letters = word.chars();
        letters.next().is_some_and(char::is_lowercase) && letters.next().is_some_and(char::is_alphabetic)
    };
    stretch.split_whitespace().filter(plain).nth(FEWEST_WORDS.saturating_sub(1)).is_some()
}

fn points_of_terms(terms: &[Circumstance], sentence: usize) -> f32 {
    let first = terms.partition_point(|term| term.sentence < sentence);
    terms.get(first..).unwrap_or_default().iter().take_while(|t| t.sentence == sentence).map(|t| t.points).sum()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn stretches_cover_a_sentence_and_are_short(text in "[a-zåø \u{1F600}]{0,3000}", from in 0_usize..40) {
            let whole = text.floor_char_boundary(from.min(text.len()))..text.len();
            let mut end = whole.start;
            for stretch in stretches(&text, whole.clone()) {
                prop_assert_eq!(stretch.start, end);
                prop_assert!(stretch.len() <= STRETCH && !text[stretch.clone()].is_empty());
                end = stretch.end;
            }
            prop_assert_eq!(end, whole.end);
        }
    }
}
