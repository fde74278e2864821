//! The decision, case by case: `tests/policy/cases.toml` is written to be read by a lawyer.

use std::collections::BTreeSet;

use jiff::civil::date;
use serde::Deserialize;
use sluss::channel::{ChannelClass, Level, Why};
use sluss::detect::{Assessment, Basis, Category, Disclosure, Severity};
use sluss::inspect::Reason;
use sluss::policy::{
    Input, Judged, MinimumEvidence, Mode, OnConfidential, Profiles, Rules, Unit, Unreadable, Verdict, decide,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default = "default_profile")]
    profile: String,
    /// `basis category severity`.
    #[serde(default)]
    content: Vec<String>,
    #[serde(default)]
    unreadable: Vec<String>,
    /// `level`, `expired` or `webmail`; then ` via HOP`; then ` named` for one of To or Cc only.
    to: Vec<String>,
    #[serde(default = "default_hop")]
    hop: String,
    #[serde(default)]
    rules: WrittenRules,
    verdict: String,
    /// In enforce mode; the same as `verdict` when absent.
    judged: Option<String>,
    #[serde(default)]
    confidential: Vec<String>,
    #[serde(default)]
    warned: Vec<String>,
    severity: Option<String>,
    insecure: Option<Vec<usize>>,
    reroute_to: Option<String>,
    /// Each must be among the reasons.
    #[serde(default)]
    reasons: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRules {
    mode: Option<String>,
    on_confidential: Option<String>,
    hold_from: Option<String>,
    warn_from: Option<String>,
    #[serde(default)]
    minimum: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    unreadable: std::collections::BTreeMap<String, String>,
}

fn default_profile() -> String {
    "default".into()
}

fn default_hop() -> String {
    "default".into()
}

impl WrittenRules {
    fn mean(&self) -> Rules {
        let mut rules = Rules::new(self.mode.as_deref().map_or(Mode::Enforce, |m| Mode::from_word(m).unwrap()));
        if let Some(word) = &self.on_confidential {
            rules.on_confidential = OnConfidential::from_word(word).unwrap();
        }
        if let Some(word) = &self.hold_from {
            rules.hold_from = Severity::from_word(word).unwrap();
        }
        if let Some(word) = &self.warn_from {
            rules.warn_from = Severity::from_word(word).unwrap();
        }
        let mut minimum = MinimumEvidence::default();
        for (category, level) in &self.minimum {
            let level = Level::from_word(level).unwrap();
            match category.as_str() {
                "default" => minimum.default = level,
                _ => {
                    minimum.by_category.insert(Category::from_word(category).unwrap(), level);
                }
            }
        }
        rules.minimum = minimum;
        for (word, rule) in &self.unreadable {
            let rule = Unreadable::from_word(rule).unwrap();
            for reason in Reason::ALL.into_iter().filter(|r| r.rule() == word || r.as_str() == word) {
                rules.uninspectable.set(reason, rule);
            }
        }
        rules
    }
}

fn reason(word: &str) -> Reason {
    Reason::ALL.into_iter().find(|r| r.rule() == word).unwrap_or_else(|| panic!("reason {word}"))
}

fn disclosure(text: &str) -> Disclosure {
    let words: Vec<&str> = text.split(' ').collect();
    let [basis, category, severity] = words[..] else { panic!("content {text:?}") };
    Disclosure {
        basis: Basis::from_word(basis).unwrap_or_else(|| panic!("basis {basis}")),
        category: Category::from_word(category).unwrap_or_else(|| panic!("category {category}")),
        severity: Severity::from_word(severity).unwrap_or_else(|| panic!("severity {severity}")),
        findings: Vec::new(),
        reasons: Vec::new(),
    }
}

fn recipient(text: &str) -> (ChannelClass, bool) {
    let (text, envelope) = match text.strip_suffix(" named") {
        Some(text) => (text, false),
        None => (text, true),
    };
    let (level, next_hop) = match text.split_once(" via ") {
        Some((level, hop)) => (level, Some(hop.to_owned())),
        None => (text, None),
    };
    let (level, why) = match level {
        "expired" => (Level::Unknown, Why::Expired(date(2026, 1, 31))),
        "webmail" => (Level::Unknown, Why::ConsumerWebmail),
        "unknown" => (Level::Unknown, Why::NoChannel),
        word => (Level::from_word(word).unwrap_or_else(|| panic!("level {word}")), Why::Evidence),
    };
    (ChannelClass { channel: None, level, why, next_hop }, envelope)
}

#[test]
fn every_case_is_decided_as_written() {
    let cases: Cases = toml::from_str(include_str!("policy/cases.toml")).unwrap();
    let profiles = Profiles::builtin();
    let mut names = BTreeSet::new();
    let mut wrong = Vec::new();
    for case in &cases.case {
        assert!(names.insert(&case.name), "two cases are called {:?}", case.name);
        let unit = Unit {
            id: "unit".into(),
            senders: Vec::new(),
            profile: profiles.get(&case.profile).unwrap_or_else(|| panic!("profile {}", case.profile)).clone(),
            rules: case.rules.mean(),
        };
        let assessment =
            Assessment { disclosures: case.content.iter().map(|c| disclosure(c)).collect(), ..Assessment::default() };
        let reasons: Vec<Reason> = case.unreadable.iter().map(|r| reason(r)).collect();
        let classes: Vec<(ChannelClass, bool)> = case.to.iter().map(|t| recipient(t)).collect();
        let recipients: Vec<Judged<'_>> =
            classes.iter().map(|(class, envelope)| Judged { class, envelope: *envelope }).collect();
        let outcome = decide(&Input {
            assessment: &assessment,
            uninspectable: &reasons,
            recipients: &recipients,
            unit: &unit,
            hop: &case.hop,
        });

        let words = |set: &BTreeSet<Category>| set.iter().map(|c| c.as_str().to_owned()).collect::<Vec<_>>();
        let mut expect = |what: &str, expected: String, found: String| {
            if expected != found {
                wrong.push(format!("{}: {what}: expected {expected}, found {found}", case.name));
            }
        };
        expect("verdict", case.verdict.clone(), outcome.verdict.as_str().into());
        expect("judged", case.judged.as_ref().unwrap_or(&case.verdict).clone(), outcome.judged.as_str().into());
        expect("confidential", format!("{:?}", case.confidential), format!("{:?}", words(&outcome.categories)));
        expect("confidential flag", (!case.confidential.is_empty()).to_string(), outcome.confidential.to_string());
        expect("warned", format!("{:?}", case.warned), format!("{:?}", words(&outcome.warned)));
        expect("reroute_to", format!("{:?}", case.reroute_to), format!("{:?}", outcome.reroute_to));
        if let Some(severity) = &case.severity {
            expect("severity", severity.clone(), outcome.severity.as_str().into());
        }
        if let Some(insecure) = &case.insecure {
            expect("insecure", format!("{insecure:?}"), format!("{:?}", outcome.insecure));
        }
        for reason in &case.reasons {
            if !outcome.reasons.contains(reason) {
                expect("reasons", reason.clone(), format!("{:?}", outcome.reasons));
            }
        }
        if outcome.verdict == Verdict::Relay && case.rules.mode.is_none() {
            expect("insecure of a relayed mail", "[]".into(), format!("{:?}", outcome.insecure));
        }
    }
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), cases.case.len(), wrong.join("\n"));
    assert!(cases.case.len() >= 60);
}
