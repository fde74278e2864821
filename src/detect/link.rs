//! Who a circumstance is about: person anchors and their reach.
//!
//! An anchor *identifies* (name, number, initials, birth date, address) or only *refers* (role noun,
//! kin, age, pronoun). An identifying anchor reaches its own sentence in full, the rest with the
//! distance: the sentence beside, the paragraph, the part; from the subject into the body and back;
//! from a file name into the body. A reference carries the nearest identifying anchor with it
//! (`Pia Renmark … Hon öppnar inte`), so that a chain of pronouns keeps the reach of the name.
//! Colleagues, officials and whoever stands in a header block, signature or footer are no anchors.

use std::collections::BTreeMap;

use super::category::{Category, Strength};
use super::finding::{Finding, Spot};
use super::reading::{Circumstance, Reading, in_paragraph, in_sentence};
use crate::text::{OriginKind, View, Zone};

/// Reach of an identifying anchor.
const SAME_SENTENCE: f32 = 1.0;
const NEXT_SENTENCE: f32 = 0.8;
const SAME_PARAGRAPH: f32 = 0.6;
const NEXT_PARAGRAPH: f32 = 0.3;
const SAME_PART: f32 = 0.15;
const SUBJECT_TO_BODY: f32 = 0.8;
const BODY_TO_SUBJECT: f32 = 0.5;
const FILENAME_AND_BODY: f32 = 0.5;
const OTHER_PART: f32 = 0.15;
/// Sentences (list items, rows) on each side in which a name belongs to an address or phone.
const CONTACT_REACH: usize = 2;
/// What is left of the name when a reference in the sentence carries it: close before, in the same
/// part, from the subject.
const CARRIED_NEAR: f32 = 0.9;
const CARRIED_FAR: f32 = 0.6;
const CARRIED_FROM_SUBJECT: f32 = 0.85;
/// A name that only stands after the reference.
const CARRIED_BACK: f32 = 0.35;
/// A reference in a sentence about a group.
const OF_GROUP: f32 = 0.3;
/// Words for a child refer too (`Kari Vik och barnen`), for the client relation.
const CHILD_REFERS: f32 = 0.7;
/// A reference in the sentence before.
const REFERRED_BEFORE: f32 = 0.7;
/// Sentences after an address in which somebody spoken of dwells there.
const DWELLS_WITHIN: usize = 2;
/// Sentences back in which a name is `near`.
const NEAR_SENTENCES: usize = 6;
/// The reader, greeted by name, of whose own a circumstance is told.
const READER: f32 = 0.6;
/// An official's name in a sentence about a matter of work.
const OFFICIAL: f32 = 0.65;

/// How strongly a finding points at a person.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pointing {
    Identifies(f32),
    Refers(f32),
    /// Somebody at work, named by the profession: a person in matters of work alone.
    Official,
    Nobody,
}

/// What one finding says about who is meant.
pub fn pointing(finding: &Finding) -> Pointing {
    if matches!(finding.zone, Zone::Signature | Zone::Disclaimer | Zone::Footer | Zone::Forward) {
        return Pointing::Nobody;
    }
    let weak = finding.strength == Strength::Weak;
    match (finding.category, &*finding.kind) {
        (Category::NationalId, _) if weak => Pointing::Nobody,
        (Category::NationalId, _) => Pointing::Identifies(1.0),
        (Category::Birth, _) => Pointing::Identifies(if weak { 0.4 } else { 0.8 }),
        (Category::Contact, "street-address" | "care-of") => Pointing::Identifies(if weak { 0.2 } else { 0.4 }),
        (Category::Contact, "phone" | "email") => Pointing::Identifies(if weak { 0.1 } else { 0.3 }),
        (Category::Contact, _) => Pointing::Nobody,
        (Category::Name, "name.colleague") if finding.reasons.contains(&"profession") => Pointing::Official,
        (Category::Name, "name.colleague") => Pointing::Nobody,
        (Category::Name, "name.full") => Pointing::Identifies(if weak { 0.55 } else { 1.0 }),
        (Category::Name, "name.surname") => Pointing::Identifies(0.7),
        (Category::Name, "name.initials") => Pointing::Identifies(if weak { 0.4 } else { 0.7 }),
        (Category::Name, kind) if kind.starts_with("name.") => Pointing::Identifies(if weak { 0.35 } else { 0.55 }),
        (Category::Name, "person.described") => Pointing::Identifies(if weak { 0.4 } else { 0.6 }),
        (Category::Name, "person.relative") => Pointing::Identifies(0.55),
        (Category::Name, "person.pronoun") => Pointing::Refers(0.8),
        (Category::Name, kind) if kind.starts_with("person.") => Pointing::Refers(if weak { 0.7 } else { 1.0 }),
        _ => Pointing::Nobody,
    }
}

/// The best anchors of one view, by sentence and paragraph; most of a long text's have none.
#[derive(Debug, Default)]
struct Anchors {
    identify: BTreeMap<usize, Best>,
    /// Officials of each sentence.
    official: BTreeMap<usize, Best>,
    refer: BTreeMap<usize, f32>,
    paragraph: BTreeMap<usize, Best>,
    view: Best,
    /// Who is greeted by name.
    greeted: Option<usize>,
    /// Sentences that tell something of the reader's, in order.
    readers: Vec<usize>,
    /// By the sentence it stands in, the identifying anchor that holds from there to the next.
    before: BTreeMap<usize, Best>,
}

impl Anchors {
    fn offer(&mut self, spot: Spot, strength: f32, finding: usize) {
        self.identify.entry(spot.sentence).or_default().offer(strength, finding);
        self.paragraph.entry(spot.paragraph).or_default().offer(strength, finding);
        self.view.offer(strength, finding);
    }

    fn offer_official(&mut self, sentence: usize, finding: usize) {
        self.official.entry(sentence).or_default().offer(OFFICIAL, finding);
    }
}

/// The strongest anchor seen and its finding.
#[derive(Clone, Copy, Debug, Default)]
struct Best {
    strength: f32,
    finding: Option<usize>,
}

impl Best {
    fn offer(&mut self, strength: f32, finding: usize) {
        if strength > self.strength {
            *self = Best { strength, finding: Some(finding) };
        }
    }

    fn scaled(self, factor: f32) -> Best {
        Best { strength: self.strength * factor, finding: self.finding }
    }

    fn max(self, other: Best) -> Best {
        if other.strength > self.strength { other } else { self }
    }
}

/// A circumstance tied to somebody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Link {
    /// 0 to 1.
    pub strength: f32,
    /// The anchor, as a finding.
    pub anchor: Option<usize>,
    /// The anchor stands in the same sentence.
    pub named: bool,
    /// A role, kin, age or pronoun stands in or just before the sentence.
    pub referred: bool,
}

/// All anchors of a message.
pub struct Linker<'a> {
    views: &'a [View],
    anchors: Vec<Anchors>,
    /// The best anchor of all views of a kind.
    by_kind: Vec<(OriginKind, Best)>,
}

impl<'a> Linker<'a> {
    pub fn new(views: &'a [View], readings: &[Reading], findings: &[Finding]) -> Self {
        let mut anchors: Vec<Anchors> = readings.iter().map(|_| Anchors::default()).collect();
        for (of_view, reading) in anchors.iter_mut().zip(readings) {
            let all = reading.circumstances.iter().chain(&reading.told);
            of_view.readers = all.filter(|c| c.yours).map(|c| c.sentence).collect();
            of_view.readers.sort_unstable();
        }
        let mut of_contact = Vec::new();
        for (index, finding) in findings.iter().enumerate() {
            let (Some(reading), Some(of_view)) = (readings.get(finding.view), anchors.get_mut(finding.view)) else {
                continue;
            };
            let Spot { sentence, of_term, official, .. } = finding.spot;
            if of_term {
                continue;
            }
            match pointing(finding) {
                Pointing::Nobody => {
                    if finding.reasons.contains(&"greeting") {
                        of_view.greeted.get_or_insert(index);
                    }
                }
                Pointing::Official => of_view.offer_official(sentence, index),
                Pointing::Refers(strength) => {
                    // `for deg som har mor eller far med demens`: nobody's mother
                    let strength =
                        if in_sentence(&reading.collective, sentence) { strength * OF_GROUP } else { strength };
                    let slot = of_view.refer.entry(sentence).or_default();
                    *slot = slot.max(strength);
                }
                Pointing::Identifies(strength) => {
                    if official {
                        of_view.offer_official(sentence, index);
                        continue;
                    }
                    if finding.category == Category::Contact {
                        of_contact.push((index, finding, strength));
                    } else {
                        of_view.offer(finding.spot, strength, index);
                    }
                }
            }
        }
        for (index, finding, strength) in of_contact {
            let Some(of_view) = anchors.get_mut(finding.view) else { continue };
            let sentence = finding.spot.sentence;
            // an address is somebody's only where somebody is spoken of, there or just after
            let reach = sentence..=sentence.saturating_add(DWELLS_WITHIN);
            if of_view.refer.range(reach).any(|(_, strength)| *strength > 0.0) {
                of_view.offer(finding.spot, strength, index);
            }
        }
        for of_view in &mut anchors {
            let mut last = Best::default();
            for (&sentence, best) in &of_view.identify {
                if best.strength >= last.strength * 0.6 && best.finding.is_some() {
                    last = *best;
                    of_view.before.insert(sentence, last);
                }
            }
        }
        let mut by_kind: Vec<(OriginKind, Best)> = Vec::new();
        for (view, of_view) in views.iter().zip(&anchors) {
            match by_kind.iter_mut().find(|(kind, _)| *kind == view.origin.kind) {
                Some((_, best)) => *best = best.max(of_view.view),
                None => by_kind.push((view.origin.kind, of_view.view)),
            }
        }
        Linker { views, anchors, by_kind }
    }

    /// The best identification anywhere in the message, 0 to 1.
    pub fn identification(&self) -> f32 {
        let official = |a: &Anchors| a.official.values().map(|o| o.strength).fold(0.0, f32::max);
        let greeted = |a: &Anchors| if a.greeted.is_some() && !a.readers.is_empty() { READER } else { 0.0 };
        self.anchors.iter().map(|a| a.view.strength.max(official(a)).max(greeted(a))).fold(0.0, f32::max)
    }

    /// A private person named close to the place: the finding of the name. Lists of staff to be
    /// contacted (`Spørsmål: …`, `faste kontakter`) name nobody.
    pub fn name_near(&self, finding: &Finding, findings: &[Finding], readings: &[Reading]) -> Option<usize> {
        let (of_view, reading) = (self.anchors.get(finding.view)?, readings.get(finding.view)?);
        let Spot { sentence, paragraph, .. } = finding.spot;
        let from = sentence.saturating_sub(CONTACT_REACH);
        let to = sentence.saturating_add(CONTACT_REACH);
        if is_contact_list(reading, finding.spot) {
            return None;
        }
        let beside = |index: &usize| findings.get(*index).is_some_and(|f| f.spot.paragraph == paragraph);
        let named = |s: usize| of_view.identify.get(&s).and_then(|best| best.finding).filter(beside);
        let is_name = |index: &usize| findings.get(*index).is_some_and(|f| f.category == Category::Name);
        let subject = || self.best(OriginKind::Subject).finding;
        std::iter::once(sentence).chain(from..=to).filter_map(named).find(is_name).or_else(|| subject().filter(is_name))
    }

    /// A private person who is named and then spoken of (`Jasmina Begovic … hon`): the name's finding
    /// and how sure, 0 to 1. `counts` says which names may be meant.
    pub fn spoken_of(&self, findings: &[Finding], readings: &[Reading]) -> Option<(usize, f32)> {
        let mut best: Option<(usize, f32)> = None;
        for (index, finding) in findings.iter().enumerate() {
            let (Pointing::Identifies(strength), Category::Name) = (pointing(finding), finding.category) else {
                continue;
            };
            let (Some(of_view), Some(reading)) = (self.anchors.get(finding.view), readings.get(finding.view)) else {
                continue;
            };
            let Spot { sentence, of_term, official, .. } = finding.spot;
            if official || of_term || in_sentence(&reading.public, sentence) {
                continue;
            }
            let refer = |s: usize| {
                let child = if in_sentence(&reading.child, s) { CHILD_REFERS } else { 0.0 };
                of_view.refer.get(&s).copied().unwrap_or(0.0).max(child)
            };
            let sure = strength * refer(sentence).max(refer(sentence.saturating_add(1)));
            if best.is_none_or(|(_, s)| sure > s) {
                best = Some((index, sure));
            }
        }
        best.filter(|(_, sure)| *sure > 0.0)
    }

    pub fn link(&self, view: usize, item: &Circumstance) -> Link {
        let (Some(of_view), Some(kind)) = (self.anchors.get(view), self.views.get(view).map(|v| v.origin.kind)) else {
            return Link::default();
        };
        let sentence = item.sentence;
        let at = |s: Option<usize>| s.and_then(|s| of_view.identify.get(&s)).copied().unwrap_or_default();
        let here = at(Some(sentence));
        let beside = at(sentence.checked_sub(1)).max(at(sentence.checked_add(1)).scaled(0.8));
        let of_paragraph = |p: Option<usize>| p.and_then(|p| of_view.paragraph.get(&p)).copied().unwrap_or_default();
        let elsewhere = self.elsewhere(kind);
        let direct = here
            .scaled(SAME_SENTENCE)
            .max(beside.scaled(NEXT_SENTENCE))
            .max(of_paragraph(Some(item.paragraph)).scaled(SAME_PARAGRAPH))
            .max(of_paragraph(item.paragraph.checked_sub(1)).scaled(NEXT_PARAGRAPH))
            .max(of_view.view.scaled(SAME_PART))
            .max(elsewhere);
        let refer = |s: Option<usize>| s.and_then(|s| of_view.refer.get(&s)).copied().unwrap_or(0.0);
        let reference = refer(Some(sentence)).max(refer(sentence.checked_sub(1)) * REFERRED_BEFORE);
        let carried = if reference > 0.0 {
            let last = of_view.before.range(..=sentence).next_back();
            let (stands, before) = last.map(|(at, best)| (*at, *best)).unwrap_or_default();
            let near = sentence.saturating_sub(stands) <= NEAR_SENTENCES;
            before
                .scaled(if near { CARRIED_NEAR } else { CARRIED_FAR })
                .max(of_view.view.scaled(CARRIED_BACK))
                .max(self.best(OriginKind::Subject).scaled(CARRIED_FROM_SUBJECT))
                .scaled(reference)
        } else {
            Best::default()
        };
        let at_work = match item.category {
            Category::Work => of_view.official.get(&sentence).copied().unwrap_or_default(),
            _ => Best::default(),
        };
        // `Hej Göran! Dina prover …`: whoever reads it is meant
        let of_reader = of_view.readers.binary_search(&sentence).is_ok();
        let reader =
            of_view.greeted.filter(|_| of_reader).map(|greeted| Best { strength: READER, finding: Some(greeted) });
        let best = direct.max(carried).max(at_work).max(reader.unwrap_or_default());
        Link {
            strength: best.strength.min(1.0),
            anchor: best.finding,
            named: here.strength >= 0.6,
            referred: reference > 0.0 || reader.is_some(),
        }
    }

    fn best(&self, kind: OriginKind) -> Best {
        self.by_kind.iter().find(|(k, _)| *k == kind).map(|(_, b)| *b).unwrap_or_default()
    }

    /// Anchors in other views, by how the two belong together.
    fn elsewhere(&self, kind: OriginKind) -> Best {
        self.by_kind
            .iter()
            .map(|(other, best)| {
                best.scaled(match (kind, other) {
                    (OriginKind::Body | OriginKind::Html, OriginKind::Subject) => SUBJECT_TO_BODY,
                    (OriginKind::Subject, OriginKind::Body | OriginKind::Html) => BODY_TO_SUBJECT,
                    (OriginKind::Filename, _) | (_, OriginKind::Filename) => FILENAME_AND_BODY,
                    _ => OTHER_PART,
                })
            })
            .fold(Best::default(), Best::max)
    }
}

/// Whether a word for office or contact opens the block the sentence stands in, or the line with a
/// colon above it does.
fn is_contact_list(reading: &Reading, Spot { sentence, paragraph, .. }: Spot) -> bool {
    let opens = |p: usize| in_paragraph(&reading.public, p).first().is_some_and(|m| m.sentence <= sentence);
    let leads = |p: &usize| reading.leads.binary_search(p).is_ok();
    opens(paragraph) || paragraph.checked_sub(1).filter(leads).is_some_and(opens)
}
