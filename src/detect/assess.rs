//! Findings to disclosures: a transparent score.
//!
//! Each circumstance is worth its points (strong 3, plain 2, ambiguous 1) × the link to a person ×
//! the tone of the text × what its passage reads like. Within a category distinct terms add up, each further one a little less;
//! repetition adds nothing. A category that reaches [`ENOUGH`] is a disclosure of a person and a
//! circumstance, as are the heaviest ones of a message whose sum reaches [`ENOUGH_TOGETHER`].
//! Numbers, protected-identity markers, contact data and the client relation are decided by rule.
//! Every disclosure lists what raised or lowered it.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::assessment::{Assessment, Basis, Disclosure};
use super::business;
use super::casework::Setting;
use super::category::{Category, Severity, Strength};
use super::distinct::distinct_values;
use super::finding::{Finding, Identity, Label, Spot, Where};
use super::general::Tone;
use super::implied::Implied;
use super::lexicon::{Lexicon, Weight};
use super::link::{Link, Linker, Pointing, pointing};
use super::marks::{Sums, marks};
use super::mask::mask_all;
use super::reading::{Circumstance, Evidence, Reading};
use crate::text::{Origin, OriginKind, View, Zone};

/// Score of one category from which it is a disclosure.
const ENOUGH: f32 = 1.4;
/// Score of all categories together from which the heaviest is one.
const ENOUGH_TOGETHER: f32 = 2.1;
/// From this chance of a whole message that identifies somebody what scores best is a disclosure, whatever it scores;
/// below the second one nothing is by its score.
const SURELY: f32 = 0.7;
const HARDLY: f32 = 0.36;
/// Bytes up to which a message as a whole may speak against what it tells in one place: one line about somebody is the
/// same in a long dull text.
const SHORT: usize = 800;
/// At least one circumstance must stand this close to the person.
const NEAR: f32 = 0.7;
/// Each further distinct term of a category counts this much of the one before.
const FURTHER: f32 = 0.8;
/// An ambiguous term without a person in reach counts nothing.
const AMBIGUOUS_NEEDS: f32 = 0.3;
/// Identification below this is no identifiable person.
const IDENTIFIED: f32 = 0.35;
/// Sum of unlinked points worth a warning.
const ALONE: f32 = 4.0;
/// Sum of such points, in passages of this chance, that tells somebody apart without a name.
const UNMISTAKABLE: f32 = 4.0;
const SURELY_PERSONAL: f32 = 0.9;
/// A named person spoken of in mail of a casework unit, tone included.
const CLIENT_RELATION: f32 = 0.5;
/// In casework a circumstance needs less.
const CASEWORK_LIFT: f32 = 1.25;
/// What a sentence without a term, a strong term and any other count in a passage that surely is general text, and in
/// one that surely is about somebody's circumstances.
const SENTENCE_READS: (f32, f32) = (0.0, 3.0);
const STRONG_READS: (f32, f32) = (0.2, 2.2);
const TERM_READS: (f32, f32) = (0.0, 2.4);
/// A sentence of this chance tells a circumstance.
const TELLS: f32 = 0.5;
/// The chance that a sentence which names somebody and tells of them has whatever stands around it.
const NAMED_READS: f32 = 0.35;
/// The same of a row of a table.
const ROW_READS: f32 = 0.35;
/// From and up to this chance a finding says what its passage reads like.
const READS_PERSONAL: f32 = 0.8;
const READS_GENERAL: f32 = 0.2;
/// Circumstances listed of one disclosure.
const LISTED: usize = 12;
/// Persons from which a message is about several.
const SEVERAL: usize = 3;

/// What assessing works on.
pub struct Material<'a> {
    pub views: &'a [View],
    pub readings: &'a [Reading],
    /// Of identifiers, contact and person detectors.
    pub findings: Vec<Finding>,
    /// Pictures that may show a person.
    pub photos: &'a [Origin],
    pub lexicon: &'a Lexicon,
    pub setting: Setting,
    /// Chance that the message as a whole is about somebody; none of a long one.
    pub whole: Option<f32>,
    pub models: &'a Implied,
    pub truncated: bool,
}

/// One circumstance after linking.
pub struct Scored<'a> {
    pub view: usize,
    pub item: &'a Circumstance,
    pub link: Link,
    pub score: f32,
    pub dampened: bool,
}

pub fn assess(material: Material<'_>) -> Assessment {
    let Material { views, readings, findings, photos, lexicon, setting, whole, models, truncated } = material;
    let findings = distinct_values(views, findings);
    let tone = Tone::of(views, readings, setting.animals);
    let linker = Linker::new(views, readings, &findings);
    let persons = persons(&findings);
    let casework = setting.is_casework();
    let scored = score(readings, &linker, &tone, casework);
    let mut out = Builder {
        views,
        lexicon,
        assessment: Assessment { findings, persons, truncated, ..Assessment::default() },
        of_circumstance: HashMap::new(),
        several: persons >= SEVERAL,
        child: readings.iter().any(|r| !r.child.is_empty()),
    };
    out.protected(&scored);
    out.national_ids(casework, &scored);
    let totals = Totals::of(&scored);
    let (identification, category) = (linker.identification(), totals.of.first().map_or(0.0, |of| of.1));
    let sums = Sums { category, together: totals.together, identification, persons };
    out.assessment.marks = whole.map(|whole| marks(whole, &sums, &scored, readings, &out.assessment.findings, &tone));
    let chance = out.assessment.marks.as_ref().map(|marks| models.chance(marks));
    out.circumstances(&totals, &scored, identification, casework, chance, tone.is_human());
    if setting.unit
        && let Some((name, sure)) = linker.spoken_of(&out.assessment.findings, readings)
    {
        out.client_relation(name, sure, &tone);
    }
    out.contacts(casework, &tone, &linker, readings);
    if casework {
        out.photos(photos);
    }
    out.business(readings);
    out.assessment.urgent = readings.iter().any(|r| !r.urgent.is_empty()) && !out.assessment.disclosures.is_empty();
    out.assessment
}

fn score<'a>(readings: &'a [Reading], linker: &Linker<'_>, tone: &Tone, casework: bool) -> Vec<Scored<'a>> {
    let mut out = Vec::new();
    for (view, reading) in readings.iter().enumerate() {
        for item in reading.circumstances.iter().chain(&reading.told) {
            let link = linker.link(view, item);
            let factor = tone.factor(reading, item, link.named) * manner(item, link.named);
            let mut score = item.points * link.strength * factor;
            if item.weight == Weight::Ambiguous && !item.is_cued() && link.strength < AMBIGUOUS_NEEDS {
                score = 0.0;
            }
            if casework {
                score *= CASEWORK_LIFT;
            }
            out.push(Scored { view, item, link, score, dampened: factor < 0.9 });
        }
    }
    out
}

/// The factor for what the passage reads like: below 1 for general text, above it for mail about a person. A strong
/// term is a circumstance also in a report or an advert.
fn manner(item: &Circumstance, named: bool) -> f32 {
    let (general, personal) = match (&item.evidence, item.weight) {
        _ if item.category == Category::Protected => return 1.0,
        (Evidence::Sentence, _) => SENTENCE_READS,
        (Evidence::Term(_), Weight::Strong) => STRONG_READS,
        (Evidence::Term(_), _) => TERM_READS,
    };
    // A sentence that names somebody and tells of them does so in a programme too.
    let chance = match named {
        // a table of names and what each has, however much of it is numbers
        true if item.row => item.personal.max(ROW_READS),
        true if item.told >= TELLS => item.personal.max(NAMED_READS),
        _ => item.personal,
    };
    general + (personal - general) * chance
}

/// Distinct identified persons, at least: numbers or full names, whichever are more.
fn persons(findings: &[Finding]) -> usize {
    let distinct = |category: Category| {
        findings
            .iter()
            .filter(|f| f.category == category && matches!(pointing(f), Pointing::Identifies(s) if s >= 0.7))
            .map(|f| &f.identity)
            .collect::<HashSet<_>>()
            .len()
    };
    distinct(Category::NationalId).max(distinct(Category::Name))
}

/// What the circumstances of each category add up to.
struct Totals<'a> {
    /// The heaviest first; of each its circumstances, the best first.
    of: Vec<(Category, f32, Vec<&'a Scored<'a>>)>,
    together: f32,
}

impl<'a> Totals<'a> {
    fn of(scored: &'a [Scored<'a>]) -> Totals<'a> {
        let mut by_category: HashMap<Category, Vec<&Scored<'_>>> = HashMap::new();
        for one in scored.iter().filter(|s| s.item.category != Category::Protected && s.score > 0.0) {
            by_category.entry(one.item.category).or_default().push(one);
        }
        let mut of: Vec<(Category, f32, Vec<&Scored<'_>>)> = by_category
            .into_iter()
            .map(|(category, mut items)| {
                items.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.item.at.start.cmp(&b.item.at.start)));
                let mut seen = HashSet::new();
                items.retain(|s| seen.insert(s.item.distinct()));
                let mut worth = 1.0;
                let mut total = 0.0;
                for item in &items {
                    total += item.score * worth;
                    worth *= FURTHER;
                }
                (category, total, items)
            })
            .collect();
        of.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        // a word that stands in two categories counts once
        let mut places = HashMap::new();
        for (_, _, items) in &of {
            for item in items {
                let best = places.entry((item.view, item.item.at.start)).or_insert(0.0_f32);
                *best = best.max(item.score);
            }
        }
        Totals { together: places.values().sum(), of }
    }
}

struct Builder<'a> {
    views: &'a [View],
    lexicon: &'a Lexicon,
    assessment: Assessment,
    /// Findings made of circumstances, by view, start and term.
    of_circumstance: HashMap<(usize, usize, (bool, usize)), usize>,
    several: bool,
    child: bool,
}

impl Builder<'_> {
    /// The finding of a circumstance, made at its first use.
    fn finding(&mut self, scored: &Scored<'_>) -> Option<usize> {
        let at = &scored.item.at;
        let key = (scored.view, at.start, scored.item.distinct());
        if let Some(&index) = self.of_circumstance.get(&key) {
            return Some(index);
        }
        let view = self.views.get(scored.view)?;
        let (kind, rule) = match &scored.item.evidence {
            Evidence::Term(hit) => {
                let entry = self.lexicon.entry(hit)?;
                (Label::Loaded(entry.kind.clone()), Label::Loaded(entry.rule.clone()))
            }
            Evidence::Sentence => (Label::Own("implied"), Label::Own("implied.sentence")),
        };
        let (zone, span) = (scored.item.zone, scored.item.span.clone());
        let strength = match scored.item.weight {
            Weight::Strong => Strength::Strong,
            Weight::Plain => Strength::Medium,
            Weight::Ambiguous => Strength::Weak,
        };
        let mut reasons = Vec::new();
        if scored.link.named {
            reasons.push("same-sentence");
        } else if scored.link.referred {
            reasons.push("pronoun-or-role");
        }
        if scored.dampened {
            reasons.push("general-text");
        }
        if scored.item.personal >= READS_PERSONAL {
            reasons.push("personal-passage");
        } else if scored.item.personal <= READS_GENERAL {
            reasons.push("general-passage");
        }
        let index = self.assessment.findings.len();
        self.assessment.findings.push(Finding {
            category: scored.item.category,
            kind,
            strength,
            view: scored.view,
            origin: view.origin_at(span.start),
            zone,
            place_of_find: Where::of(&view.origin, zone),
            normal: at.clone(),
            masked: mask_all(view.text().get(span.clone()).unwrap_or_default()),
            span,
            spot: Spot::default(),
            rule,
            reasons,
            identity: Identity::default(),
        });
        self.of_circumstance.insert(key, index);
        Some(index)
    }

    fn disclose(
        &mut self,
        category: Category,
        basis: Basis,
        base: Severity,
        findings: Vec<usize>,
        mut reasons: Vec<&'static str>,
    ) {
        let mut severity = base;
        if base >= Severity::Medium && basis != Basis::BusinessSecret {
            let in_subject = findings
                .iter()
                .filter_map(|&i| self.assessment.findings.get(i))
                .any(|f| f.place_of_find == Where::Subject && f.category != Category::Name);
            for (applies, reason) in
                [(self.child, "child"), (self.several, "several-persons"), (in_subject, "in-subject")]
            {
                if applies {
                    severity = severity.raised();
                    reasons.push(reason);
                }
            }
        }
        self.assessment.disclosures.push(Disclosure { category, basis, severity, findings, reasons });
    }

    /// Every marker is critical, with or without a person.
    fn protected(&mut self, scored: &[Scored<'_>]) {
        let markers: Vec<&Scored<'_>> = scored
            .iter()
            .filter(|s| s.item.category == Category::Protected)
            .filter(|s| {
                s.score >= ENOUGH
                    || (s.item.weight == Weight::Strong
                        && !s.dampened
                        && (s.link.referred || s.link.strength >= SAME_PART))
            })
            .collect();
        let findings: Vec<usize> = markers.iter().take(LISTED).filter_map(|s| self.finding(s)).collect();
        if !findings.is_empty() {
            self.disclose(
                Category::Protected,
                Basis::Protected,
                Severity::Critical,
                findings,
                vec!["protected-marker"],
            );
        }
    }

    fn national_ids(&mut self, casework: bool, scored: &[Scored<'_>]) {
        let counts = |f: &Finding| {
            f.category == Category::NationalId
                && (f.strength > Strength::Weak || (casework && f.reasons.contains(&"needs-label-or-casework")))
        };
        let found: Vec<usize> =
            self.assessment.findings.iter().enumerate().filter(|(_, f)| counts(f)).map(|(i, _)| i).collect();
        if found.is_empty() {
            return;
        }
        let with_health = scored.iter().any(|s| s.item.category == Category::Health && s.score > 0.0);
        let (severity, reasons) = if with_health {
            (Severity::Critical, vec!["number", "with-health"])
        } else {
            (Severity::High, vec!["number"])
        };
        self.disclose(Category::NationalId, Basis::NationalId, severity, found, reasons);
    }

    /// Whom a picture shows nobody here can tell; in casework it may be a client.
    fn photos(&mut self, photos: &[Origin]) {
        let first = self.assessment.findings.len();
        for origin in photos.iter().take(LISTED) {
            self.assessment.findings.push(Finding {
                category: Category::Photo,
                kind: Label::Own("photo"),
                strength: Strength::Weak,
                // It stands in no text.
                view: usize::MAX,
                origin: origin.clone(),
                zone: Zone::New,
                place_of_find: Where::Attachment,
                normal: 0..0,
                span: 0..0,
                spot: Spot::default(),
                masked: String::new(),
                rule: Label::Own("photo.casework"),
                reasons: vec!["no-text-in-picture", "casework"],
                identity: Identity::default(),
            });
        }
        self.assessment.truncated |= photos.len() > LISTED;
        let findings: Vec<usize> = (first..self.assessment.findings.len()).collect();
        if !findings.is_empty() {
            self.disclose(Category::Photo, Basis::PhotoInCasework, Severity::Low, findings, vec!["casework"]);
        }
    }

    fn circumstances(
        &mut self,
        totals: &Totals<'_>,
        scored: &[Scored<'_>],
        identification: f32,
        casework: bool,
        chance: Option<f32>,
        human: bool,
    ) {
        // The marks of the whole message may speak for what the score misses, and against what it takes for more.
        let identified = identification >= IDENTIFIED;
        let surely = identified && human && chance.is_some_and(|c| c >= SURELY);
        // They are of what is written; the name of a file may tell all by itself.
        let length: usize = self.views.iter().filter(|view| !view.alternative).map(|view| view.normal().len()).sum();
        let hardly = length <= SHORT
            && chance.is_some_and(|c| c < HARDLY)
            && !scored.iter().any(|s| s.score >= NEAR && self.names_a_file(s));
        if !identified {
            self.alone(scored, false);
            return;
        }
        let mut any = false;
        for (rank, (category, total, items)) in totals.of.iter().enumerate().filter(|_| !hardly) {
            let best = items.first().map_or(0.0, |s| s.score);
            let enough = best >= NEAR && (*total >= ENOUGH || (rank == 0 && totals.together >= ENOUGH_TOGETHER));
            let counts = enough || (rank == 0 && surely);
            if !counts {
                continue;
            }
            any = true;
            let mut findings: Vec<usize> = items.iter().take(LISTED).filter_map(|s| self.finding(s)).collect();
            findings.extend(items.iter().find_map(|s| s.link.anchor));
            let mut reasons = vec![if items.iter().any(|s| s.link.named) { "named-in-sentence" } else { "linked" }];
            if casework {
                reasons.push("casework");
            }
            if !enough {
                reasons.push("read-as-a-whole");
            }
            self.disclose(*category, Basis::PersonAndCircumstance, severity_of(*category), findings, reasons);
        }
        if !any && (surely || totals.together > ENOUGH / 2.0) {
            self.alone(scored, surely);
        }
    }

    fn names_a_file(&self, scored: &Scored<'_>) -> bool {
        self.views.get(scored.view).is_some_and(|view| view.origin.kind == OriginKind::Filename)
    }

    /// Circumstances about somebody who is hardly identifiable.
    fn alone(&mut self, scored: &[Scored<'_>], surely: bool) {
        let mut referred: Vec<&Scored<'_>> = scored
            .iter()
            .filter(|s| !s.dampened && s.link.referred && s.item.category != Category::Protected)
            .collect();
        referred.sort_by(|a, b| b.item.points.total_cmp(&a.item.points));
        let mut seen = HashSet::new();
        referred.retain(|s| seen.insert(s.item.distinct()));
        let sum: f32 = referred.iter().map(|s| s.item.points).sum();
        if sum < ALONE && !surely {
            return;
        }
        let Some(category) = referred.first().map(|s| s.item.category) else { return };
        // one who is spoken of at such length is told apart by what is said
        let told: f32 = referred.iter().filter(|s| s.item.personal >= SURELY_PERSONAL).map(|s| s.item.points).sum();
        let findings: Vec<usize> = referred.iter().take(LISTED).filter_map(|s| self.finding(s)).collect();
        if surely || told >= UNMISTAKABLE {
            let reasons = vec![if surely { "read-as-a-whole" } else { "told-at-length" }];
            self.disclose(category, Basis::PersonAndCircumstance, severity_of(category), findings, reasons);
        } else {
            self.disclose(category, Basis::CircumstanceAlone, Severity::Low, findings, vec!["hardly-identifiable"]);
        }
    }

    /// The unit's own name tells what it does; whom it writes about is its client.
    fn client_relation(&mut self, name: usize, sure: f32, tone: &Tone) {
        let told = self.assessment.disclosures.iter().any(|d| d.basis == Basis::PersonAndCircumstance);
        if !told && sure * tone.message_factor() >= CLIENT_RELATION {
            self.disclose(
                Category::ClientRelation,
                Basis::ClientRelation,
                Severity::Medium,
                vec![name],
                vec!["unit-of-casework"],
            );
        }
    }

    /// Nobody's person, so neither linking nor what the passage reads like has a say.
    fn business(&mut self, readings: &[Reading]) {
        let Some(told) = business::told(readings, self.lexicon) else { return };
        let scored = told.items.into_iter().take(LISTED).map(|(view, item)| Scored {
            view,
            item,
            link: Link::default(),
            score: 0.0,
            dampened: false,
        });
        let findings = scored.filter_map(|s| self.finding(&s)).collect();
        self.disclose(Category::Business, Basis::BusinessSecret, told.severity, findings, told.reasons);
    }

    /// A client's address, phone or door code where cases are handled; else contact data alone.
    fn contacts(&mut self, casework: bool, tone: &Tone, linker: &Linker<'_>, readings: &[Reading]) {
        let all = &self.assessment.findings;
        let found: Vec<usize> = (0..all.len())
            .filter(|&i| {
                all.get(i).is_some_and(|f| {
                    matches!(f.category, Category::Contact | Category::Birth) && f.strength > Strength::Weak
                })
            })
            .collect();
        let Some(&first) = found.first() else { return };
        let clients: Vec<(usize, usize)> = found
            .iter()
            .filter_map(|&i| {
                let f = all.get(i).filter(|f| f.category == Category::Contact)?;
                Some((i, linker.name_near(f, all, readings)?))
            })
            .collect();
        if casework && !clients.is_empty() && !tone.is_hypothetical() && !tone.is_general() {
            let mut findings: Vec<usize> = clients.iter().take(LISTED).map(|c| c.0).collect();
            findings.extend(clients.iter().take(LISTED).map(|c| c.1).collect::<BTreeSet<_>>());
            self.disclose(Category::Contact, Basis::ContactInCasework, Severity::Medium, findings, vec!["casework"]);
        } else {
            let category = all.get(first).map_or(Category::Contact, |f| f.category);
            let findings = found.into_iter().take(LISTED).collect();
            self.disclose(category, Basis::ContactAlone, Severity::Low, findings, vec!["no-casework"]);
        }
    }
}

/// Reach of an anchor within a part, see `link`.
const SAME_PART: f32 = 0.3;

/// Severity of a circumstance once it is about someone.
fn severity_of(category: Category) -> Severity {
    match category {
        Category::Protected => Severity::Critical,
        Category::Health | Category::Social | Category::Crime | Category::Migration => Severity::High,
        _ => Severity::Medium,
    }
}
