//! What is kept of a long text once it has been read.
//!
//! Repetition adds nothing to what a message discloses: of each term its best placed occurrence counts. So of a long
//! text the first few occurrences of each term in each manner of place are kept, with the persons beside them, and
//! besides those the first findings of each kind; the rest is let go, block by block. What is kept does not grow with
//! the length of the text, but for what is new in it. A message up to [`LONG`] bytes is kept whole.

use std::collections::{BTreeSet, HashMap};

use super::category::Category;
use super::finding::{Finding, Label};
use super::link::{Pointing, pointing};
use super::reading::{Circumstance, EVEN, Evidence, Marker, Reading, in_paragraph, in_sentence};
use crate::text::BLOCK;

/// Bytes of all texts of a message up to which everything is kept.
pub const LONG: usize = 4 * BLOCK;
/// Occurrences of one term in one manner of place.
const OF_A_TERM: u16 = 8;
/// Sentences that tell a circumstance of one category without a term, of one manner.
const OF_SENTENCES: u16 = 100;
/// Findings of one kind wherever they stand, and further ones beside a circumstance.
const OF_A_KIND: u16 = 200;
const BESIDE: u16 = 1_000;
/// Markers of one term wherever they stand.
const OF_A_MARKER: u16 = 20;

/// How near a person stands to a circumstance.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Reach {
    /// In its sentence, by name or number.
    Named,
    /// In its paragraph or one beside it.
    Near,
    Far,
}

/// All that makes one occurrence of a circumstance count for more than another.
#[derive(PartialEq, Eq, Hash)]
struct Manner {
    /// The term; of a sentence without one whether it counts for much.
    what: (bool, usize),
    category: Category,
    reach: Reach,
    /// Its passage reads like mail about a person.
    personal: bool,
    /// Nothing beside it says that it is of a group, an animal or nobody.
    plain: bool,
}

/// What has been kept of the blocks so far, by number.
#[derive(Default)]
pub struct Keeper {
    circumstances: HashMap<Manner, u16>,
    /// By kind, and whether beside a circumstance.
    findings: HashMap<(Category, &'static str, bool), u16>,
    markers: HashMap<usize, u16>,
}

impl Keeper {
    /// Lets go of what a block repeats: of its reading, and of its findings, those from `first` on. True when something
    /// was let go.
    pub fn thin(&mut self, reading: &mut Reading, findings: &mut Vec<Finding>, first: usize) -> bool {
        let before = (findings.len(), reading.circumstances.len());
        let (named, persons) = persons(findings.get(first..).unwrap_or_default());
        let reach = |item: &Circumstance| match () {
            () if named.contains(&item.sentence) => Reach::Named,
            () if beside(&persons, item.paragraph) => Reach::Near,
            () => Reach::Far,
        };
        let manners: Vec<Manner> = reading
            .circumstances
            .iter()
            .chain(&reading.told)
            .map(|item| Manner::of(item, reading, reach(item)))
            .collect();
        let mut manners = manners.into_iter();
        for items in [&mut reading.circumstances, &mut reading.told] {
            items.retain(|item| {
                let most = if matches!(item.evidence, Evidence::Term(_)) { OF_A_TERM } else { OF_SENTENCES };
                manners.next().is_none_or(|manner| one_more(self.circumstances.entry(manner).or_default(), most))
            });
            items.shrink_to_fit();
        }
        let told = reading.circumstances.iter().chain(&reading.told);
        let told: BTreeSet<usize> = told.map(|item| item.paragraph).collect();
        let mut number = 0_usize;
        findings.retain(|finding| {
            number = number.saturating_add(1);
            number <= first || self.keeps(finding, beside(&told, finding.spot.paragraph))
        });
        let mut paragraphs = told;
        for finding in findings.get(first..).unwrap_or_default() {
            // The paragraph above may say what a list is of.
            paragraphs.extend([finding.spot.paragraph, finding.spot.paragraph.saturating_sub(1)]);
        }
        self.thin_markers(reading, &paragraphs);
        before != (findings.len(), reading.circumstances.len())
    }

    fn keeps(&mut self, finding: &Finding, beside: bool) -> bool {
        let Label::Own(kind) = finding.kind else { return true };
        let mut takes =
            |beside, most| one_more(self.findings.entry((finding.category, kind, beside)).or_default(), most);
        takes(false, OF_A_KIND) || beside && takes(true, BESIDE)
    }

    fn thin_markers(&mut self, reading: &mut Reading, paragraphs: &BTreeSet<usize>) {
        let Reading { general, hypothetical, collective, public, not_human, past, casework, urgent, child, .. } =
            reading;
        for markers in [general, hypothetical, collective, public, not_human, past, casework, urgent, child] {
            markers.retain(|marker| {
                one_more(self.markers.entry(marker.term).or_default(), OF_A_MARKER)
                    || paragraphs.contains(&marker.paragraph)
            });
            markers.shrink_to_fit();
        }
        reading.business.retain(|item| one_more(self.markers.entry(item.distinct().1).or_default(), OF_A_MARKER));
        reading.business.shrink_to_fit();
        reading.general_in_paragraph.retain(|(paragraph, _)| paragraphs.contains(paragraph));
        reading.general_in_paragraph.shrink_to_fit();
        let public = &reading.public;
        reading.leads.retain(|paragraph| !in_paragraph(public, *paragraph).is_empty());
        reading.leads.shrink_to_fit();
    }
}

impl Manner {
    fn of(item: &Circumstance, reading: &Reading, reach: Reach) -> Manner {
        let what = match &item.evidence {
            Evidence::Term(hit) => (true, hit.term()),
            Evidence::Sentence => (false, usize::from(item.points > 1.0)),
        };
        let spoken_of = |markers: &[Marker]| in_sentence(markers, item.sentence);
        let said = |markers: &[Marker]| !in_paragraph(markers, item.paragraph).is_empty();
        let plain = !(spoken_of(&reading.collective)
            || spoken_of(&reading.not_human)
            || said(&reading.hypothetical)
            || said(&reading.past)
            || reading.markers_in(item.paragraph) > 1);
        Manner { what, category: item.category, reach, personal: item.personal >= EVEN, plain }
    }
}

/// Sentences in which somebody is named, and paragraphs that speak of anybody.
fn persons(findings: &[Finding]) -> (BTreeSet<usize>, BTreeSet<usize>) {
    const NAMED: f32 = 0.5;
    let persons = findings.iter().filter(|finding| !finding.spot.of_term);
    let (mut named, mut spoken_of) = (BTreeSet::new(), BTreeSet::new());
    for finding in persons {
        match pointing(finding) {
            Pointing::Nobody => continue,
            Pointing::Identifies(strength) if strength >= NAMED => {
                named.insert(finding.spot.sentence);
            }
            _ => {}
        }
        spoken_of.insert(finding.spot.paragraph);
    }
    (named, spoken_of)
}

/// Whether one of the paragraphs is this one or next to it.
fn beside(paragraphs: &BTreeSet<usize>, paragraph: usize) -> bool {
    paragraphs.range(paragraph.saturating_sub(1)..=paragraph.saturating_add(1)).next().is_some()
}

/// Counts one more unless there are so many.
fn one_more(count: &mut u16, most: u16) -> bool {
    let fits = *count < most;
    *count = count.saturating_add(u16::from(fits));
    fits
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
mod tests {
    use std::sync::{Arc, LazyLock};

    use super::super::{Assessment, Basis, Context, Detector};
    use super::*;
    use crate::text::{Origin, OriginKind, View};

    static DETECTOR: LazyLock<Arc<Detector>> = LazyLock::new(Detector::builtin);

    /// Text of nobody, full of terms, of at least so many bytes.
    fn handbook(bytes: usize) -> String {
        let unit = "Personer med diabetes har rett til opplæring. Ved demens og depresjon gjelder det samme.\n\n\
                    Kommunen ga 1200 personer med psykisk lidelse et tilbud i fjor, viser statistikken.\n\n";
        unit.repeat(bytes.div_ceil(unit.len()))
    }

    fn assess(text: &str) -> (Arc<str>, Assessment) {
        let text: Arc<str> = text.into();
        let origin = Origin { kind: OriginKind::Attachment, part: "2".into(), place: None, nested: 0 };
        let views = [View::read(origin, &text, 0..text.len(), false)];
        let assessment = DETECTOR.assess(&views, &Context { today: (2026, 6, 1), ..Context::default() });
        (text, assessment)
    }

    #[test]
    fn one_line_at_the_end_of_a_long_text_is_found_however_often_its_term_stood_before() {
        let line = "Kari Nordvik ble innlagt med psykose i natt, hun har schizofreni og diabetes.";
        let (text, assessment) = assess(&format!("{}{line}\n", handbook(3 * LONG)));
        assert!(assessment.truncated);
        let told = assessment.disclosures.iter().find(|d| d.basis == Basis::PersonAndCircumstance).unwrap();
        let findings: Vec<&Finding> = told.findings.iter().map(|of| &assessment.findings[*of]).collect();
        assert!(findings.iter().all(|f| f.view == 0));
        assert!(text[findings[0].span.start..].len() <= line.len() + 1, "the first decides");
        assert!(findings.iter().any(|f| &text[f.span.clone()] == "Kari Nordvik"));
    }

    #[test]
    fn what_is_kept_does_not_grow_with_the_text() {
        let named = |bytes| handbook(bytes).replace("i fjor", "i fjor, sier Kari Nordvik");
        let kept = |bytes| assess(&named(bytes)).1.findings.len();
        let (short, long) = (kept(2 * LONG), kept(6 * LONG));
        assert!(short > 0 && long <= short + 50, "{short} {long}");
    }

    #[test]
    fn a_message_that_is_not_long_is_kept_whole() {
        let names = "Kari Nordvik kom. ".repeat(150);
        let (_, assessment) = assess(&format!("{names}{}", handbook(1_000)));
        assert_eq!(assessment.findings.iter().filter(|f| &*f.kind == "name.full").count(), 150);
        assert!(!assessment.truncated);
    }
}
