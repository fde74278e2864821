//! How general a text is: statistics, law, teaching, recruitment, invented cases, groups, animals.
//!
//! The outcome is a factor between 0 and 1 for each circumstance, never for a national identity
//! number or a protected-identity marker. A named person beside the circumstance halves its effect
//! (the square root): a case note that mentions a guideline is still a case note.

use std::collections::HashSet;

use super::reading::{Circumstance, Marker, Reading, in_paragraph, in_sentence};
use crate::text::{OriginKind, View};

/// Bytes between `personer med` and the circumstance it makes general.
const COLLECTIVE_REACH: usize = 60;
/// A circumstance of a group.
const COLLECTIVE: f32 = 0.15;
/// The paragraph says it is invented or anonymous …
const HYPOTHETICAL_HERE: f32 = 0.2;
/// … or the message does so elsewhere.
const HYPOTHETICAL_ELSEWHERE: f32 = 0.45;
/// An animal or a machine in the same sentence …
const NOT_HUMAN_HERE: f32 = 0.25;
/// … or in the message, this many times; one in the subject counts twice.
const NOT_HUMAN_MANY: usize = 2;
const NOT_HUMAN_ELSEWHERE: f32 = 0.5;
/// The paragraph tells of times nobody living remembers.
const PAST: f32 = 0.3;
/// Each general marker of the paragraph beyond the first.
const MARKER: f32 = 0.15;
/// Each distinct marker of the whole message beyond these many, scaled down in long messages.
const MARKERS_FREE: f32 = 2.0;
const MARKER_OF_MESSAGE: f32 = 0.15;
/// Bytes of a message in which markers count in full.
const SHORT_MESSAGE: f32 = 1200.0;
/// Weighted markers that make a message general text.
const GENERAL_MESSAGE: f32 = 6.0;

/// The tone of a whole message.
pub struct Tone {
    hypothetical: usize,
    not_human: usize,
    /// A correspondent treats animals.
    animals: bool,
    /// The subject tells of times nobody living remembers.
    past: bool,
    /// Distinct general markers, scaled to a short message.
    markers: f32,
}

impl Tone {
    /// `animals`: the name of a correspondent says that animals are treated there.
    pub fn of(views: &[View], readings: &[Reading], animals: bool) -> Tone {
        let distinct = |pick: fn(&Reading) -> &Vec<Marker>| {
            readings.iter().flat_map(|r| pick(r).iter().map(|m| m.term)).collect::<HashSet<_>>().len()
        };
        let length: usize = readings.iter().map(|r| r.length).sum();
        let subject_has = |pick: fn(&Reading) -> &Vec<Marker>| {
            views.iter().zip(readings).any(|(v, r)| v.origin.kind == OriginKind::Subject && !pick(r).is_empty())
        };
        let in_subject = subject_has(|r| &r.not_human);
        let markers = distinct(|r| &r.general) as f32;
        Tone {
            hypothetical: distinct(|r| &r.hypothetical),
            not_human: distinct(|r| &r.not_human).saturating_add(usize::from(in_subject)),
            animals,
            past: subject_has(|r| &r.past),
            markers: markers * (SHORT_MESSAGE / (length as f32).max(SHORT_MESSAGE)).sqrt(),
        }
    }

    /// True when the message says of itself that its persons are invented or anonymous.
    pub fn is_hypothetical(&self) -> bool {
        self.hypothetical > 0
    }

    /// False of a message about animals or machines.
    pub fn is_human(&self) -> bool {
        !self.animals && self.not_human < NOT_HUMAN_MANY
    }

    /// True for text full of the words of statistics, law and administration.
    pub fn is_general(&self) -> bool {
        self.markers >= GENERAL_MESSAGE
    }

    /// The factor for what the message as a whole gives away.
    pub fn message_factor(&self) -> f32 {
        let mut factor = 1.0 / (1.0 + MARKER_OF_MESSAGE * (self.markers - MARKERS_FREE).max(0.0));
        if self.hypothetical > 0 {
            factor *= HYPOTHETICAL_ELSEWHERE;
        }
        if self.not_human >= NOT_HUMAN_MANY {
            factor *= NOT_HUMAN_ELSEWHERE;
        }
        factor
    }

    /// The factor for one circumstance. `named`: an identifying anchor stands in its sentence.
    pub fn factor(&self, reading: &Reading, item: &Circumstance, named: bool) -> f32 {
        let mut factor = 1.0_f32;
        // invented persons and animals stay so however near the name is
        let mut people = 1.0_f32;
        let near = |markers: &[Marker]| {
            let after = markers.partition_point(|m| m.span.start < item.at.start);
            markers.get(..after).and_then(|m| m.last()).is_some_and(|m| {
                m.sentence == item.sentence && item.at.start.saturating_sub(m.span.end) <= COLLECTIVE_REACH
            })
        };
        if near(&reading.collective) {
            factor *= COLLECTIVE;
        }
        let announced = |p: usize| reading.announced.binary_search(&p).is_ok();
        if !in_paragraph(&reading.hypothetical, item.paragraph).is_empty()
            || item.paragraph.checked_sub(1).is_some_and(announced)
        {
            people *= HYPOTHETICAL_HERE;
        } else if self.hypothetical > 0 {
            people *= HYPOTHETICAL_ELSEWHERE;
        }
        if self.past || !in_paragraph(&reading.past, item.paragraph).is_empty() {
            people *= PAST;
        }
        if self.animals {
            people *= NOT_HUMAN_HERE;
        } else if in_sentence(&reading.not_human, item.sentence) {
            // who is named in full beside an animal or a doll is its owner, its keeper or its visitor
            people *= if named { NOT_HUMAN_HERE.sqrt() } else { NOT_HUMAN_HERE };
        } else if self.not_human >= NOT_HUMAN_MANY {
            people *= NOT_HUMAN_ELSEWHERE;
        }
        let further = reading.markers_in(item.paragraph).saturating_sub(1);
        if further > 0 {
            factor /= 1.0 + MARKER * further as f32;
        }
        factor /= 1.0 + MARKER_OF_MESSAGE * (self.markers - MARKERS_FREE).max(0.0);
        if named { factor.sqrt() * people } else { factor * people }
    }
}
