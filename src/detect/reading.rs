//! What the lexicon says about each view, sorted by purpose: the material of linking.

use std::ops::Range;

use super::finding::{Finding, Spot};
use super::layout::Layout;
use super::lexicon::{Element, Hit, LanguageSet, Lexicon, Purpose, Scratch, Weight};
use super::person::Names;
use super::{Category, Strength, business};
use crate::text::{OriginKind, View, Zone};

/// What tells a circumstance.
#[derive(Clone, Copy, Debug)]
pub enum Evidence {
    /// A term of a list.
    Term(Hit),
    /// A sentence without such a term, by its other words.
    Sentence,
}

/// A personal circumstance, not yet about anyone.
#[derive(Clone, Debug)]
pub struct Circumstance {
    pub evidence: Evidence,
    /// In `normal`.
    pub at: Range<usize>,
    pub category: Category,
    /// Before linking: see `Entry::points`.
    pub points: f32,
    /// Chance that the passage around it is about a person's circumstances, 0 to 1.
    pub personal: f32,
    /// Chance that its own sentence tells a circumstance of somebody.
    pub told: f32,
    pub weight: Weight,
    /// It stands in a row of a table.
    pub row: bool,
    /// `your`, `dina` stands beside it.
    pub yours: bool,
    pub sentence: usize,
    pub paragraph: usize,
    /// In the printed text.
    pub span: Range<usize>,
    pub zone: Zone,
}

impl Circumstance {
    /// Tells distinct circumstances from repeated ones: the number of the term, or where the sentence begins.
    pub fn distinct(&self) -> (bool, usize) {
        match &self.evidence {
            Evidence::Term(hit) => (true, hit.term()),
            Evidence::Sentence => (false, self.at.start),
        }
    }

    /// Whether a cue nearby speaks for the personal sense of an ambiguous word.
    pub fn is_cued(&self) -> bool {
        matches!(&self.evidence, Evidence::Term(hit) if hit.cued)
    }
}

/// Any other term of use: where it stands.
#[derive(Clone, Debug)]
pub struct Marker {
    pub span: Range<usize>,
    pub sentence: usize,
    pub paragraph: usize,
    /// For counting distinct ones.
    pub term: usize,
}

/// One view, read.
#[derive(Debug, Default)]
pub struct Reading {
    /// Bytes of the text.
    pub length: usize,
    pub circumstances: Vec<Circumstance>,
    /// Circumstances told by sentences near a person without a term.
    pub told: Vec<Circumstance>,
    /// The chance of each sentence of a text that is read as a whole that it tells something, near a person or not.
    pub told_by_all: Vec<f32>,
    pub general: Vec<Marker>,
    /// Distinct general markers of each paragraph that has any, rising by its number.
    pub general_in_paragraph: Vec<(usize, usize)>,
    pub hypothetical: Vec<Marker>,
    /// Paragraphs with such a marker that end with a colon: what they announce is the next one.
    pub announced: Vec<usize>,
    pub collective: Vec<Marker>,
    pub public: Vec<Marker>,
    /// Paragraphs that end with a colon, of those with a public marker.
    pub leads: Vec<usize>,
    pub not_human: Vec<Marker>,
    pub past: Vec<Marker>,
    pub casework: Vec<Marker>,
    pub urgent: Vec<Marker>,
    /// Words that say the person is a child.
    pub child: Vec<Marker>,
    /// What the pack `business` found.
    pub business: Vec<Circumstance>,
    pub truncated: bool,
}

impl Reading {
    /// Takes in what the message as a whole reads like: a passage alone says less.
    pub fn hear(&mut self, whole: f32) {
        for item in self.circumstances.iter_mut().chain(&mut self.told) {
            item.personal += (whole - item.personal) * OF_WHOLE;
        }
    }

    /// Distinct general markers of a paragraph.
    pub fn markers_in(&self, paragraph: usize) -> usize {
        let place = self.general_in_paragraph.binary_search_by_key(&paragraph, |(of, _)| *of);
        place.ok().and_then(|at| self.general_in_paragraph.get(at)).map_or(0, |(_, count)| *count)
    }
}

/// Reads one block of a view. Signature, disclaimer and footer speak of the sender, not of a client: nothing in
/// them counts.
pub fn read(view: &View, layout: &Layout, lexicon: &Lexicon, names: &Names, scratch: &mut Scratch) -> Reading {
    let text = view.normal();
    let mut out = Reading { length: text.len(), ..Reading::default() };
    let mut hits = Vec::new();
    out.truncated = lexicon.scan(text, scratch, &mut hits);
    in_order(&mut hits);
    let mut zones = view.zones().iter().peekable();
    hits.retain(|hit| {
        while zones.next_if(|zone| zone.span.end <= hit.start).is_some() {}
        !zones.peek().is_some_and(|z| matches!(z.zone, Zone::Signature | Zone::Disclaimer | Zone::Footer))
    });
    let harmless: Vec<Range<usize>> = spans(&hits, lexicon, Purpose::Harmless);
    let mut languages: Vec<Option<LanguageSet>> = vec![None; layout.paragraphs.len()];
    // of the whole text, where a paragraph is too short to tell
    let mut whole: Option<Option<LanguageSet>> = None;
    let mut circumstances: Vec<Circumstance> = Vec::new();
    let mut sentence = 0;
    for hit in &hits {
        let Some(entry) = lexicon.entry(hit) else { continue };
        sentence = layout.sentence_from(sentence, hit.start);
        let paragraph = layout.paragraph_of(sentence);
        if entry.weight != Weight::Strong || entry.purpose == Purpose::General {
            let set = match languages.get(paragraph) {
                Some(Some(set)) => *set,
                _ => paragraph_languages(layout, paragraph, view, scratch)
                    .or_else(|| *whole.get_or_insert_with(|| scratch.languages(0..text.len())))
                    .unwrap_or(LanguageSet::ALL),
            };
            if let Some(slot) = languages.get_mut(paragraph) {
                *slot = Some(set);
            }
            if !set.holds(entry.language) {
                continue;
            }
        }
        let marker = || Marker { span: hit.start..hit.end, sentence, paragraph, term: hit.term() };
        let told = |category: Category| Circumstance {
            evidence: Evidence::Term(*hit),
            at: hit.start..hit.end,
            category,
            points: entry.points(hit),
            personal: EVEN,
            told: EVEN,
            weight: entry.weight,
            yours: beside_yours(text, hit.start..hit.end, names),
            row: layout.sentence(sentence, text.len()).and_then(|at| text.get(at)).is_some_and(has_cells),
            sentence,
            paragraph,
            span: view.to_text(hit.start..hit.end),
            zone: view.zone_at(hit.start),
        };
        match entry.purpose {
            // a header holds names of units and people, and says nothing of a client
            Purpose::Circumstance(_) if view.origin.kind == OriginKind::Header => {}
            Purpose::Circumstance(category) => {
                if covered(&harmless, hit) {
                    continue;
                }
                circumstances.push(told(category));
            }
            Purpose::Business(_) => out.business.push(told(Category::Business)),
            Purpose::General => out.general.push(marker()),
            Purpose::Hypothetical => out.hypothetical.push(marker()),
            Purpose::Collective => out.collective.push(marker()),
            Purpose::Public => {
                if hit.element == Element::Whole || hit.element == Element::Last {
                    out.public.push(marker());
                }
            }
            Purpose::NotHuman => out.not_human.push(marker()),
            Purpose::Past => out.past.push(marker()),
            Purpose::CaseworkRole | Purpose::CaseworkPhrase => out.casework.push(marker()),
            Purpose::Urgent => out.urgent.push(marker()),
            Purpose::Child => out.child.push(marker()),
            Purpose::Harmless | Purpose::CaseworkUnit | Purpose::Ambiguous | Purpose::Function => {}
        }
    }
    out.circumstances = longest(circumstances);
    business::keep_amounts_of_prices(&mut out.business, lexicon);
    let ends_with_colon = |paragraph: &usize| {
        let span = layout.paragraphs.get(*paragraph).cloned().unwrap_or_default();
        text.get(span).is_some_and(|paragraph| paragraph.trim_end().ends_with(':'))
    };
    out.leads = out.public.iter().map(|marker| marker.paragraph).filter(ends_with_colon).collect();
    out.announced = out.hypothetical.iter().map(|marker| marker.paragraph).filter(ends_with_colon).collect();
    for markers in out.general.chunk_by(|a, b| a.paragraph == b.paragraph) {
        let mut terms: Vec<usize> = markers.iter().map(|marker| marker.term).collect();
        terms.sort_unstable();
        terms.dedup();
        let paragraph = markers.first().map(|marker| marker.paragraph);
        out.general_in_paragraph.extend(paragraph.map(|paragraph| (paragraph, terms.len())));
    }
    out
}

/// Tells each of the block's findings what stands around it. A term inside a name is the name's: Viktor is no weight.
pub fn place(reading: &mut Reading, layout: &Layout, text: &str, findings: &mut [Finding]) {
    let surely = |f: &&Finding| f.strength > Strength::Weak && f.kind.starts_with("name.");
    let names: Vec<Range<usize>> = findings.iter().filter(surely).map(|f| f.normal.clone()).collect();
    reading.circumstances.retain(|item| item.weight == Weight::Strong || !is_inside(&names, &item.at));
    for finding in findings {
        let sentence = layout.sentence_at(finding.normal.start);
        let name = finding.category == Category::Name;
        finding.spot = Spot {
            sentence,
            paragraph: layout.paragraph_of(sentence),
            of_term: name && is_term(&reading.circumstances, &finding.normal),
            official: name && has_title(text, &reading.public, &finding.normal),
        };
    }
}

/// Whether one of the names, which are sorted, holds the term.
fn is_inside(names: &[Range<usize>], term: &Range<usize>) -> bool {
    let after = names.partition_point(|name| name.start <= term.start);
    after.checked_sub(1).and_then(|i| names.get(i)).is_some_and(|name| term.end <= name.end)
}

/// Whether the name is part of a term.
fn is_term(terms: &[Circumstance], name: &Range<usize>) -> bool {
    let after = terms.partition_point(|term| term.at.start <= name.start);
    after.checked_sub(1).and_then(|i| terms.get(i)).is_some_and(|term| name.end <= term.at.end)
}

/// Whether a title stands close before or after the name: `rektor Anne Berg`, `Anne Berg, rektor`,
/// `samtalsledare är Anne Berg`.
fn has_title(text: &str, titles: &[Marker], name: &Range<usize>) -> bool {
    let after = titles.partition_point(|m| m.span.start < name.end);
    let before = after.checked_sub(1).and_then(|i| titles.get(i));
    let follows = titles.get(after);
    let department = |m: &Marker, to: usize| {
        // `Head of Service Anne Berg`, `leder for Fagkontoret Per Lie`
        let gap = text.get(m.span.end..to).filter(|gap| gap.len() <= DEPARTMENT_REACH).unwrap_or_default();
        let words = || gap.split(' ').filter(|word| !word.is_empty());
        let opens = text.get(m.span.clone()).is_some_and(ends_with_of) || words().next().is_some_and(ends_with_of);
        opens && !gap.contains(['.', ',', ':', '\n', '!', '?']) && words().count() <= DEPARTMENT_WORDS
    };
    let between = |from: usize, to: usize| {
        from <= to
            && to.saturating_sub(from) <= TITLE_REACH
            && text.get(from..to).is_some_and(|gap| {
                matches!(
                    gap.trim().trim_end_matches(['"', '(']),
                    "" | ","
                        | ":"
                        | "-"
                        | "–"
                        | "är"
                        | "er"
                        | "is"
                        | "|"
                        | "/"
                        | "blir"
                        | "blir ny"
                        | "som"
                        | "as"
                        | "är ny"
                        | "er ny"
                )
            })
    };
    before.is_some_and(|m| between(m.span.end, name.start) || department(m, name.start))
        || follows.is_some_and(|m| {
            between(name.end, m.span.start) && !text.get(name.end..m.span.start).is_some_and(|g| g.contains(':'))
        })
}

/// Whether a word that makes it the reader's stands right before or behind a term: `dina prover`, `prøvene dine`.
fn beside_yours(text: &str, term: Range<usize>, names: &Names) -> bool {
    let before = text.get(..term.start).and_then(|before| before.strip_suffix(' '));
    let last = before.map(|before| {
        let from = before.floor_char_boundary(before.len().saturating_sub(YOURS));
        before.get(from..).unwrap_or_default().rsplit(|c: char| !c.is_alphabetic()).next().unwrap_or_default()
    });
    let next = text.get(term.end..).and_then(|behind| behind.strip_prefix(' '));
    let next = next.map(|next| next.split(|c: char| !c.is_alphabetic()).next().unwrap_or_default());
    [last, next].into_iter().flatten().any(|word| names.is_yours(word))
}

/// Whether a line is divided into cells.
pub fn has_cells(line: &str) -> bool {
    memchr::memchr(b'\t', line.trim().as_bytes()).is_some()
}

/// Whether a title goes on with what it is of: `head of`, `leder for`.
fn ends_with_of(title: &str) -> bool {
    matches!(title.rsplit(' ').next(), Some("of" | "for" | "för" | "på" | "ved" | "vid" | "i"))
}

/// The markers of one paragraph; they are sorted by place.
pub fn in_paragraph(markers: &[Marker], paragraph: usize) -> &[Marker] {
    let from = markers.partition_point(|m| m.paragraph < paragraph);
    let to = markers.partition_point(|m| m.paragraph <= paragraph);
    markers.get(from..to).unwrap_or_default()
}

/// Whether any marker stands in the sentence.
pub fn in_sentence(markers: &[Marker], sentence: usize) -> bool {
    let from = markers.partition_point(|m| m.sentence < sentence);
    markers.get(from).is_some_and(|m| m.sentence == sentence)
}

/// Puts hits in the order of their starts, the longest first at each place. They nearly are: within each of a few
/// runs only those of one word may stand the wrong way round.
fn in_order(hits: &mut [Hit]) {
    let key = |hit: &Hit| (hit.start, std::cmp::Reverse(hit.end));
    for end in 2..=hits.len() {
        let from = end.saturating_sub(OF_ONE_WORD);
        for at in (from..end.saturating_sub(1)).rev() {
            match hits.get_mut(at..) {
                Some([first, second, ..]) if key(first) > key(second) => std::mem::swap(first, second),
                _ => break,
            }
        }
    }
    // quick with what is in order already
    hits.sort_by_key(key);
}

fn spans(hits: &[Hit], lexicon: &Lexicon, purpose: Purpose) -> Vec<Range<usize>> {
    hits.iter().filter(|h| lexicon.entry(h).is_some_and(|e| e.purpose == purpose)).map(|h| h.start..h.end).collect()
}

/// Whether a harmless phrase overlaps the hit. `harmless` is sorted by start.
fn covered(harmless: &[Range<usize>], hit: &Hit) -> bool {
    let after = harmless.partition_point(|r| r.start < hit.end);
    harmless.get(after.saturating_sub(NEIGHBOURS)..after).unwrap_or_default().iter().any(|r| r.end > hit.start)
}

/// How far the message as a whole speaks for each of its passages.
const OF_WHOLE: f32 = 0.7;
/// The chance of a passage that nobody was asked about.
pub const EVEN: f32 = 0.5;
/// Bytes looked at for a word before a term.
const YOURS: usize = 8;
/// Most bytes between a title and the name it makes an official's.
const TITLE_REACH: usize = 9;
/// The same with a department between them, and its words.
const DEPARTMENT_REACH: usize = 40;
const DEPARTMENT_WORDS: usize = 4;
/// Hits that one word has, nearly always.
const OF_ONE_WORD: usize = 16;
/// Harmless phrases that can start before a hit and still reach it.
const NEIGHBOURS: usize = 8;

/// Of circumstances inside one another keeps the longest; at one place the heaviest of each category.
fn longest(mut all: Vec<Circumstance>) -> Vec<Circumstance> {
    all.sort_by(|a, b| {
        (a.at.start, std::cmp::Reverse(a.at.end))
            .cmp(&(b.at.start, std::cmp::Reverse(b.at.end)))
            .then(b.points.total_cmp(&a.points))
    });
    let mut out: Vec<Circumstance> = Vec::with_capacity(all.len());
    let mut reach = 0;
    for item in all {
        let inside = item.at.end <= reach;
        let twin = out
            .iter()
            .rev()
            .take_while(|o| o.at.start == item.at.start)
            .any(|o| o.at.end == item.at.end && o.category == item.category);
        let same_place = out.last().is_some_and(|o| o.at.start == item.at.start && o.at.end == item.at.end);
        if twin || (inside && !same_place) {
            continue;
        }
        reach = reach.max(item.at.end);
        out.push(item);
    }
    out
}

fn paragraph_languages(layout: &Layout, paragraph: usize, view: &View, scratch: &Scratch) -> Option<LanguageSet> {
    if matches!(view.origin.kind, OriginKind::Subject | OriginKind::Filename | OriginKind::Header) {
        return Some(LanguageSet::ALL);
    }
    let span = layout.paragraphs.get(paragraph).cloned().unwrap_or_default();
    scratch.languages(span)
}
