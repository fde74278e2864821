//! `[policy]`, `[policy.minimum_evidence]`, `[policy.uninspectable]`.

use super::error::Weight;
use super::raw::{Source, Table};
use crate::channel::Level;
use crate::detect::{Category, Severity};
use crate::inspect::Reason;
use crate::policy::{
    Judge, MinimumEvidence, Mistake, Mode, OnConfidential, OnFilterError, RecipientRules, Rules, Treatment,
    UninspectableRules,
};

/// `four_eyes_from`: one person is enough, whatever the severity.
pub const NEVER: &str = "never";
const MODES: &str = r#""observe" (record verdicts, hold nothing) or "enforce""#;

pub fn read<'t>(source: &mut Source<'t>, root: &Table<'t>) -> Rules {
    let mut rules = Rules::new(Mode::Observe);
    let Some(table) = source.table(root, "policy") else {
        source.missing_table("[policy] mode", format!("allowed: {MODES}"));
        return rules;
    };
    if table.get("mode").is_none() {
        source.missing(&table, "mode", MODES);
    }
    lay_over(source, &table, &mut rules);
    if let Some(on_fault) =
        table.get("on_filter_error").and_then(|item| source.word(&item, OnFilterError::ALL, OnFilterError::as_str))
    {
        if on_fault == OnFilterError::Pass
            && let Some(item) = table.get("on_filter_error")
        {
            source.warn(&item, "mail that could not be inspected through our fault will leave unread");
        }
        rules.on_filter_error = on_fault;
    }
    if let Some(judge) = table.get("judge").and_then(|item| source.word(&item, Judge::ALL, Judge::as_str)) {
        rules.judge = judge;
    }
    if let Some(minimum) = source.table(&table, "minimum_evidence") {
        rules.minimum = minimum_evidence(source, &minimum);
    }
    if let Some(uninspectable) = source.table(&table, "uninspectable") {
        uninspectable_rules(source, &uninspectable, &mut rules.uninspectable);
    }
    // Who keeps nothing has no place to hold it.
    if rules.on_confidential == OnConfidential::Reject {
        rules.recipients.look_alike = Treatment::Reject;
    }
    if let Some(recipients) = source.table(&table, "recipients") {
        recipient_rules(source, &recipients, &mut rules.recipients);
    }
    rules
}

/// Recipients of one message that may be called many.
const MANY: std::ops::RangeInclusive<u64> = 2..=10_000;

fn recipient_rules<'t>(source: &mut Source<'t>, table: &Table<'t>, rules: &mut RecipientRules) {
    for (mistake, rule) in [
        (Mistake::LookAlike, &mut rules.look_alike),
        (Mistake::WebmailAmongOfficial, &mut rules.webmail_among_official),
        (Mistake::ReplyToMany, &mut rules.reply_to_many),
    ] {
        let item = table.get(mistake.as_str());
        if let Some(treatment) = item.and_then(|item| source.word(&item, Treatment::ALL, Treatment::as_str)) {
            *rule = treatment;
        }
    }
    let many = table.get("many").and_then(|item| source.integer(&item, MANY));
    if let Some(many) = many.and_then(|many| usize::try_from(many).ok()) {
        rules.many = many;
    }
}

/// The keys that `[policy]` and `[[unit]]` share; what the table does not say stays.
pub fn lay_over<'t>(source: &mut Source<'t>, table: &Table<'t>, rules: &mut Rules) {
    if let Some(mode) = table.get("mode").and_then(|item| source.word(&item, Mode::ALL, Mode::as_str)) {
        rules.mode = mode;
    }
    if let Some(word) =
        table.get("on_confidential").and_then(|item| source.word(&item, OnConfidential::ALL, OnConfidential::as_str))
    {
        rules.on_confidential = word;
    }
    // `none` as a threshold would hold everything.
    let steps = &Severity::ALL[1..];
    if let Some(from) = table.get("hold_from").and_then(|item| source.word(&item, steps, Severity::as_str)) {
        rules.hold_from = from;
    }
    if let Some(from) = table.get("warn_from").and_then(|item| source.word(&item, steps, Severity::as_str)) {
        rules.warn_from = from;
    }
    if let Some(item) = table.get("four_eyes_from") {
        let words: Vec<&str> = steps.iter().map(|step| step.as_str()).chain([NEVER]).collect();
        match source.string(&item) {
            Some(NEVER) => rules.four_eyes_from = None,
            Some(word) => match steps.iter().find(|step| step.as_str() == word) {
                Some(&from) => rules.four_eyes_from = Some(from),
                None => source.no_such_word(&item, &words),
            },
            None => {}
        }
    }
    if rules.warn_from > rules.hold_from {
        let text = format!(
            "warn_from ({}) is above hold_from ({}); allowed: the same, which warns never, or below",
            rules.warn_from.as_str(),
            rules.hold_from.as_str()
        );
        match table.get("warn_from").or_else(|| table.get("hold_from")) {
            Some(item) => source.refuse(&item, text),
            None => source.about(Weight::Fault, table, text),
        }
    }
}

fn minimum_evidence<'t>(source: &mut Source<'t>, table: &Table<'t>) -> MinimumEvidence {
    let mut minimum = MinimumEvidence::default();
    let two_factor: Vec<Level> = Level::ALL.into_iter().filter(|l| l.is_two_factor()).collect();
    for (key, item) in table.items() {
        let category = Category::from_word(&key);
        if category.is_none() && key != "default" {
            let categories = Category::ALL.into_iter().map(Category::as_str);
            source.unknown_key(table, &key, &item, &["default"].into_iter().chain(categories).collect::<Vec<_>>());
            continue;
        }
        let Some(level) = source.word(&item, &Level::ALL, Level::as_str) else { continue };
        if !level.is_two_factor() {
            let words: Vec<&str> = two_factor.iter().map(|l| l.as_str()).collect();
            source.fault(&item, format!("{}: less is not two-factor login", words.join(", ")));
            continue;
        }
        match category {
            Some(category) => {
                minimum.by_category.insert(category, level);
            }
            None => minimum.default = level,
        }
    }
    minimum
}

fn uninspectable_rules<'t>(source: &mut Source<'t>, table: &Table<'t>, rules: &mut UninspectableRules) {
    let mut rule = |name| table.get(name).and_then(|item| source.word(&item, Treatment::ALL, Treatment::as_str));
    // One word for all that is locked; what has a word of its own goes by that.
    let locked = rule(Reason::ENCRYPTED);
    for reason in Reason::ALL {
        let of_all = locked.filter(|_| matches!(reason, Reason::Encrypted(_)));
        if let Some(rule) = rule(reason.rule()).or(of_all) {
            rules.set(reason, rule);
        }
    }
}
