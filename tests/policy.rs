//! The decision, case by case: `tests/policy/cases.toml` is written to be read by a lawyer.

use std::collections::BTreeSet;

use jiff::civil::date;
use serde::Deserialize;
use sluss::channel::{ChannelClass, Demand, Level, Protection, Why};
use sluss::detect::{Assessment, Basis, Category, Disclosure, Severity};
use sluss::inspect::Reason;
use sluss::policy::{
    Input, Internal, Judged, Lifted, MinimumEvidence, Mistake, Mode, OnConfidential, Profiles, Rules, Treatment, Unit,
    Verdict, Way, decide,
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
    /// `level`, `expired` or `webmail`; then ` via HOP`, ` in UNIT` of our own, ` tls PROTECTION`, and at last
    /// ` named` for one of To or Cc only.
    to: Vec<String>,
    /// Ways round that are open: `level via HOP`, or `level` behind the ordinary hop; then ` requested`.
    #[serde(default)]
    ways: Vec<String>,
    /// Mistakes of addressing.
    #[serde(default)]
    mistakes: Vec<String>,
    /// `order`, `secrecy`, `channel`, `team`.
    #[serde(default)]
    lifted: Vec<String>,
    /// Id of the sending unit.
    #[serde(default = "default_unit")]
    unit: String,
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
    /// `protection`, with ` or hold`.
    tls: Option<String>,
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
    internal: Option<String>,
    #[serde(default)]
    towards: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    recipients: std::collections::BTreeMap<String, String>,
}

fn default_profile() -> String {
    "default".into()
}

fn default_unit() -> String {
    "unit".into()
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
            let rule = Treatment::from_word(rule).unwrap();
            for reason in Reason::ALL.into_iter().filter(|r| r.rule() == word || r.as_str() == word) {
                rules.uninspectable.set(reason, rule);
            }
        }
        if let Some(word) = &self.internal {
            rules.internal = Internal::from_word(word).unwrap();
        }
        for (unit, treatment) in &self.towards {
            rules.towards.insert(unit.clone(), Treatment::from_word(treatment).unwrap());
        }
        for (mistake, treatment) in &self.recipients {
            let treatment = Treatment::from_word(treatment).unwrap();
            match Mistake::from_word(mistake).unwrap() {
                Mistake::LookAlike => rules.recipients.look_alike = treatment,
                Mistake::WebmailAmongOfficial => rules.recipients.webmail_among_official = treatment,
                Mistake::ReplyToMany => rules.recipients.reply_to_many = treatment,
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

/// A recipient as a case writes it.
struct To {
    class: ChannelClass,
    envelope: bool,
    unit: Option<String>,
}

fn recipient(text: &str) -> To {
    let (text, envelope) = match text.strip_suffix(" named") {
        Some(text) => (text, false),
        None => (text, true),
    };
    let mut words = text.split(' ');
    let (level, why) = match words.next().unwrap() {
        "expired" => (Level::Unknown, Why::Expired(date(2026, 1, 31))),
        "webmail" => (Level::Unknown, Why::ConsumerWebmail),
        "unknown" => (Level::Unknown, Why::NoChannel),
        word => (Level::from_word(word).unwrap_or_else(|| panic!("level {word}")), Why::Evidence),
    };
    let mut to = To { class: ChannelClass { level, ..ChannelClass::unknown(why) }, envelope, unit: None };
    while let Some(word) = words.next() {
        let value = words.next().unwrap_or_else(|| panic!("recipient {text:?}")).to_owned();
        match word {
            "via" => to.class.next_hop = Some(value),
            "in" => to.unit = Some(value),
            "tls" => to.class.tls = Some(demand(&value)),
            _ => panic!("recipient {text:?}"),
        }
    }
    to
}

fn demand(word: &str) -> Demand {
    let protection = Protection::ALL.into_iter().find(|p| p.as_str() == word).unwrap_or_else(|| panic!("tls {word}"));
    Demand { protection, or_hold: false }
}

fn way(text: &str) -> Way<'_> {
    let (text, requested) = match text.strip_suffix(" requested") {
        Some(text) => (text, true),
        None => (text, false),
    };
    let (level, hop) = match text.split_once(" via ") {
        Some((level, hop)) => (level, Some(hop)),
        None => (text, None),
    };
    let level = Level::from_word(level).unwrap_or_else(|| panic!("way {text:?}"));
    Way { channel: "gateway", level, hop, tls: None, requested }
}

fn lifted(words: &[String]) -> Lifted {
    let has = |word: &str| words.iter().any(|w| w == word);
    let known = ["order", "secrecy", "channel", "team"];
    assert!(words.iter().all(|w| known.contains(&w.as_str())), "lifted {words:?}");
    Lifted {
        order: has("order").then(|| "order".into()),
        secrecy: has("secrecy"),
        channel: has("channel"),
        team: has("team"),
        ..Lifted::default()
    }
}

#[test]
fn every_case_is_decided_as_written() {
    let cases: Cases = toml::from_str(include_str!("policy/cases.toml")).unwrap();
    let profiles = Profiles::builtin();
    let mut names = BTreeSet::new();
    let mut wrong = Vec::new();
    for case in &cases.case {
        assert!(names.insert(&case.name), "two cases are called {:?}", case.name);
        let profile = profiles.get(&case.profile).unwrap_or_else(|| panic!("profile {}", case.profile)).clone();
        let unit = Unit::new(&case.unit, profile, case.rules.mean());
        let assessment =
            Assessment { disclosures: case.content.iter().map(|c| disclosure(c)).collect(), ..Assessment::default() };
        let reasons: Vec<Reason> = case.unreadable.iter().map(|r| reason(r)).collect();
        let to: Vec<To> = case.to.iter().map(|t| recipient(t)).collect();
        let recipients: Vec<Judged<'_>> =
            to.iter().map(|to| Judged { class: &to.class, envelope: to.envelope, unit: to.unit.as_deref() }).collect();
        let ways: Vec<Way<'_>> = case.ways.iter().map(|w| way(w)).collect();
        let mistakes: Vec<Mistake> = case.mistakes.iter().map(|m| Mistake::from_word(m).unwrap()).collect();
        let outcome = decide(&Input {
            assessment: &assessment,
            uninspectable: &reasons,
            recipients: &recipients,
            ways: &ways,
            mistakes: &mistakes,
            lifted: &lifted(&case.lifted),
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
        if let Some(tls) = &case.tls {
            expect("tls", tls.clone(), outcome.tls.map_or_else(String::new, |d| d.protection.as_str().into()));
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
    assert!(cases.case.len() >= 150);
}
