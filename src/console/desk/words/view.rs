//! Lists, false alarms and a tried text in words.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use serde::Deserialize;

use super::{MAX_TEXT, TRY};
use crate::console::desk::texts::said;
use crate::console::desk::{Closed, Shell, Visit};
use crate::console::form::Form;
use crate::detect::{Assessment, Finding, Severity};
use crate::inspect::Inspection;
use crate::policy::Unit;
use crate::report::suppress::Figure;
use crate::store::FalseAlarmRow;

/// Rules that are shown of those called a false alarm.
const MAX_RULES: usize = 50;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    title: String,
    attempt: String,
    attempt_lead: String,
    text: String,
    unit: String,
    judge: String,
    verdict: String,
    held: String,
    warned: String,
    sent: String,
    nothing: String,
    unfinished: String,
    more_findings: String,
    urgent: String,
    disclosures: String,
    findings: String,
    category: String,
    severity: String,
    basis: String,
    reasons: String,
    kind: String,
    strength: String,
    place: String,
    masked: String,
    rule: String,
    does_not_count: String,
    alarms: String,
    alarms_note: String,
    alarms_none: String,
    times: String,
    lists: String,
    lists_note: String,
    edition: String,
    list: String,
    version: String,
    lines: String,
    own: String,
    builtin: String,
    origin: String,
    strengths: BTreeMap<String, String>,
    places: BTreeMap<String, String>,
}

#[derive(Template)]
#[template(path = "desk/words.html")]
pub struct WordsView<'v> {
    shell: Shell<'v>,
    texts: &'v Texts,
    form: Form,
    text: String,
    longest: usize,
    units: Vec<Choice>,
    answer: Option<Answer>,
    alarms: Vec<Alarm>,
    lists: Vec<List>,
    edition: String,
}

/// A text that was tried.
pub struct Tried<'t> {
    pub text: &'t str,
    pub unit: &'t Unit,
    pub inspection: &'t Inspection,
    pub assessment: &'t Assessment,
}

struct Choice {
    id: String,
    chosen: bool,
}

struct Answer {
    verdict: String,
    /// Of the design system.
    color: &'static str,
    urgent: bool,
    unfinished: bool,
    truncated: bool,
    disclosures: Vec<Disclosed>,
    findings: Vec<Found>,
}

/// What would be disclosed, and what raised or lowered it.
struct Disclosed {
    category: String,
    severity: String,
    basis: &'static str,
    provision: String,
    reasons: String,
    masked: String,
}

struct Found {
    kind: String,
    strength: String,
    place: String,
    masked: String,
    rule: String,
    reasons: String,
}

/// A rule that was called a false alarm.
struct Alarm {
    rule: String,
    times: String,
}

struct List {
    id: String,
    version: u32,
    lines: usize,
    own: bool,
}

impl<'v> WordsView<'v> {
    pub fn of(visit: &'v Visit, alarms: &[FalseAlarmRow], tried: Option<&Tried<'_>>) -> Result<Self, Closed> {
        let texts = visit.room(|rooms| &rooms.words)?;
        let knowledge = &visit.desk.knowledge;
        let chosen = tried
            .map_or_else(|| visit.staff.units().first().cloned().unwrap_or_default(), |tried| tried.unit.id.clone());
        let mut lists: Vec<List> = knowledge
            .detector
            .parts()
            .iter()
            .map(|part| List { id: part.id.clone(), version: part.version, lines: lines(&part.text), own: part.own })
            .collect();
        lists.sort_by_key(|list| (!list.own, list.id.clone()));
        Ok(WordsView {
            form: visit.form(TRY, b""),
            text: tried.map_or_else(String::new, |tried| tried.text.to_owned()),
            longest: MAX_TEXT,
            units: knowledge
                .units
                .all()
                .map(|unit| Choice { id: unit.id.clone(), chosen: unit.id == chosen })
                .collect(),
            answer: tried.map(|tried| Answer::of(visit, texts, tried)).transpose()?,
            alarms: by_rule(visit, alarms)?,
            lists,
            edition: knowledge.edition.short().to_string(),
            shell: visit.shell()?,
            texts,
        })
    }
}

/// Lines of a list that say something.
fn lines(text: &str) -> usize {
    text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')).count()
}

/// Rules over all units, the most frequent that is shown first; of small numbers it is not said how small.
fn by_rule(visit: &Visit, rows: &[FalseAlarmRow]) -> Result<Vec<Alarm>, Closed> {
    let words = visit.report()?;
    let mut rules: BTreeMap<&str, u64> = BTreeMap::new();
    for row in rows {
        let times = rules.entry(&row.finding.rule).or_default();
        *times = times.saturating_add(row.times);
    }
    let mut rules: Vec<(&str, Figure)> = rules.into_iter().map(|(rule, times)| (rule, Figure::alone(times))).collect();
    rules.sort_by_key(|(rule, times)| match times {
        Figure::Shown(times) => (u64::MAX - times, *rule),
        Figure::Few | Figure::Withheld => (u64::MAX, *rule),
    });
    let alarm = |(rule, times): (&str, Figure)| Alarm { rule: rule.to_owned(), times: words.figure(times) };
    Ok(rules.into_iter().take(MAX_RULES).map(alarm).collect())
}

impl Answer {
    fn of(visit: &Visit, texts: &Texts, tried: &Tried<'_>) -> Result<Answer, Closed> {
        let assessment = tried.assessment;
        let (words, severities) = (&visit.words()?.categories, &visit.texts()?.severity);
        let profile = &tried.unit.profile;
        let gravest = assessment.disclosures.iter().filter_map(|d| Some(profile.weigh(d)?.severity)).max();
        let gravest = gravest.unwrap_or(Severity::None);
        let rules = &tried.unit.rules;
        let (verdict, color) = match gravest {
            grave if grave >= rules.hold_from => (&texts.held, "danger"),
            grave if grave >= rules.warn_from => (&texts.warned, "warning"),
            _ => (&texts.sent, "success"),
        };
        let masked = |finding: &Finding| finding.masked.replace(['\n', '\r', '\t'], " ");
        let disclosed = |disclosure: &crate::detect::Disclosure| {
            let weighed = profile.weigh(disclosure);
            let findings = disclosure.findings.iter().filter_map(|&at| assessment.findings.get(at));
            let provision = weighed.as_ref().and_then(|w| visit.desk.knowledge.detector.provisions().get(w.provision));
            Disclosed {
                category: said(words, disclosure.category.as_str()).to_owned(),
                severity: match &weighed {
                    Some(weighed) => said(severities, weighed.severity.as_str()).to_owned(),
                    None => texts.does_not_count.clone(),
                },
                basis: disclosure.basis.as_str(),
                provision: provision
                    .map(|provision| provision.cite.in_language(visit.language.as_str()).to_owned())
                    .unwrap_or_default(),
                reasons: disclosure.reasons.join(", "),
                masked: findings.map(&masked).collect::<Vec<_>>().join(" · "),
            }
        };
        // In the order of the text, whichever detector found them.
        let mut findings: Vec<&Finding> = assessment.findings.iter().collect();
        findings.sort_by_key(|finding| (finding.view, finding.span.start));
        let found = |finding: &Finding| Found {
            kind: finding.kind.to_string(),
            strength: said(&texts.strengths, finding.strength.as_str()).to_owned(),
            place: said(&texts.places, finding.place_of_find.as_str()).to_owned(),
            masked: masked(finding),
            rule: finding.rule.to_string(),
            reasons: finding
                .reasons
                .iter()
                .copied()
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect::<Vec<_>>()
                .join(", "),
        };
        Ok(Answer {
            verdict: verdict.clone(),
            color,
            urgent: assessment.urgent,
            unfinished: assessment.unfinished || !tried.inspection.uninspectable.is_empty(),
            truncated: assessment.truncated,
            disclosures: assessment.disclosures.iter().map(disclosed).collect(),
            findings: findings.into_iter().map(found).collect(),
        })
    }
}
