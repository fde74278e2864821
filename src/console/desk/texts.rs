//! The words of the desk: a file a language and page in `patterns/pages/desk/`, compiled in.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::console::texts::{Files, PageTextsError, Said, Translated};
use crate::notice::Language;

/// Everything that the desk says.
pub type DeskTexts = Translated<Texts>;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    pub shell: ShellTexts,
    pub queue: QueueTexts,
    pub held: HeldTexts,
    pub open: OpenTexts,
    pub decide: DecideTexts,
    /// Severities, by their words.
    pub severity: BTreeMap<String, String>,
    /// States of a held mail.
    pub state: BTreeMap<String, String>,
    /// Evidence levels.
    pub level: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShellTexts {
    pub name: String,
    pub skip: String,
    pub languages: String,
    pub sign_in_lead: String,
    pub navigation: String,
    pub places: BTreeMap<String, String>,
    pub roles: BTreeMap<String, String>,
    /// `{roles}` `{units}`
    pub standing: String,
    /// `{minutes}` `{hours}`
    pub ends: String,
    pub soon: String,
    pub ended: String,
    pub sign_out: String,
    pub back: String,
    pub faults: String,
    pub unknown: Said,
    pub forbidden: Said,
    pub stale: Said,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueueTexts {
    pub title: String,
    /// `{n}`
    pub waiting: String,
    /// `{n}`
    pub urgent: String,
    /// `{n}`
    pub overdue: String,
    /// Caption of the table. `{order}`
    pub caption: String,
    pub changed: String,
    pub show: String,
    pub keys: String,
    pub looks: String,
    /// `{ref}` `{when}`
    pub look: String,
    pub none: String,
    pub none_found: String,
    pub no_units: String,
    pub find: String,
    pub reference: String,
    pub reference_hint: String,
    pub reference_wrong: String,
    pub unit: String,
    pub category: String,
    pub channel: String,
    pub severity: String,
    pub age: String,
    pub state: String,
    pub order: String,
    pub any: String,
    /// Of states: what waits, or with a reference all.
    pub any_state: String,
    pub only_urgent: String,
    pub only_overdue: String,
    pub only_asked: String,
    pub apply: String,
    pub clear: String,
    pub saved: String,
    pub quick: String,
    pub about: String,
    pub recipients: String,
    pub held: String,
    pub due: String,
    pub deleted: String,
    pub must_report: String,
    pub unread: String,
    /// `{time}`
    pub left: String,
    /// `{time}`
    pub late: String,
    /// `{n}`
    pub minutes: String,
    /// `{n}`
    pub hours: String,
    /// `{n}`
    pub days: String,
    pub more: String,
    pub first: String,
    /// What may be asked of a mail, by its word.
    pub marks: BTreeMap<String, String>,
    pub orders: BTreeMap<String, String>,
    pub ages: BTreeMap<String, String>,
}

/// One mail, masked.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeldTexts {
    pub back: String,
    /// `{n}`
    pub copy: String,
    pub state: String,
    pub what_now: String,
    pub read: String,
    pub read_text: String,
    pub file: String,
    pub private: String,
    pub own: String,
    pub hidden_private: String,
    pub hidden_gone: String,
    pub hidden_here: String,
    pub why_heading: String,
    pub provisions: String,
    pub unread: String,
    pub sender: String,
    pub no_sender: String,
    pub keep_decision: String,
    pub edition: String,
    /// `{n}`
    pub duplicates: String,
    pub findings: String,
    pub what: String,
    pub masked: String,
    pub place: String,
    pub rule: String,
    pub strength: String,
    /// `{n}`
    pub more: String,
    pub no_findings: String,
    pub recipients: String,
    pub recipient: String,
    pub login: String,
    pub enough: String,
    pub not_enough: String,
    /// `{channel}` `{by}` `{reference}` `{until}`
    pub evidence: String,
    pub passes: String,
    /// `{level}`
    pub pass_level: String,
    /// `{ways}`
    pub pass_way: String,
    /// `{categories}`
    pub pass_content: String,
    pub pass_exception: String,
    /// `{when}`
    pub asked_review: String,
    /// `{when}` `{code}` `{facts}`
    pub asked_exception: String,
    /// `{when}` `{who}` `{route}`
    pub asked_second: String,
    /// `{when}` `{what}`
    pub look_due: String,
    pub history: String,
    pub when: String,
    pub event: String,
    pub who: String,
    pub reason: String,
    pub you: String,
    pub sender_account: String,
    pub why: BTreeMap<String, String>,
    pub places: BTreeMap<String, String>,
    pub strengths: BTreeMap<String, String>,
    pub recipient_states: BTreeMap<String, String>,
    /// `{name}`
    pub actors: BTreeMap<String, String>,
    pub events: BTreeMap<String, String>,
}

/// Opening a mail.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenTexts {
    pub title: String,
    pub title_file: String,
    pub lead: String,
    pub lead_file: String,
    pub purpose: String,
    pub words: String,
    pub words_hint: String,
    pub told: String,
    pub told_hint: String,
    pub code: String,
    pub code_hint: String,
    /// `{when}`
    pub confirmed: String,
    pub which: String,
    pub button: String,
    pub button_file: String,
    pub no_purpose: String,
    pub no_words: String,
    pub no_told: String,
    pub wrong_code: String,
    pub opened: String,
    /// `{n}`
    pub found: String,
    /// `{when}`
    pub recorded: String,
    pub subject: String,
    pub unread: String,
    pub cut: String,
    pub purposes: BTreeMap<String, String>,
    pub kinds: BTreeMap<String, String>,
}

/// Decisions.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecideTexts {
    /// `{n}` `{all}`
    pub some: String,
    pub two_persons: String,
    /// `{who}` `{route}`
    pub agree_to: String,
    /// `{way}`
    pub by_way: String,
    pub by_way_text: String,
    pub to_two_factor: String,
    pub to_two_factor_text: String,
    pub as_is: String,
    /// `{way}`
    pub by_disclosure: String,
    pub codes: String,
    pub codes_text: String,
    pub reason: String,
    pub reason_hint: String,
    pub advice: String,
    pub advice_hint: String,
    pub own_advice: String,
    pub own_advice_hint: String,
    pub decision: String,
    pub decision_hint: String,
    pub nothing_chosen: String,
    pub no_reason: String,
    pub no_decision: String,
    pub no_choice: String,
    pub no_code: String,
    pub incomplete: String,
    pub channel_closed: String,
    /// `{state}`
    pub now: String,
    pub to_queue: String,
    pub looks: BTreeMap<String, String>,
    pub steps: BTreeMap<String, StepTexts>,
    pub outcomes: BTreeMap<String, Said>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepTexts {
    pub name: String,
    pub text: String,
    pub lead: String,
    pub button: String,
    /// What the options are called.
    #[serde(default)]
    pub options: String,
}

const BUILTIN: Files = [
    (Language::Sv, include_str!("../../../patterns/pages/desk/sv.toml")),
    (Language::Nb, include_str!("../../../patterns/pages/desk/nb.toml")),
    (Language::Nn, include_str!("../../../patterns/pages/desk/nn.toml")),
    (Language::En, include_str!("../../../patterns/pages/desk/en.toml")),
];

/// The texts that are compiled in.
pub fn builtin() -> Result<DeskTexts, PageTextsError> {
    Translated::read(BUILTIN)
}

/// The word's text; the word itself where there is none, so that nothing is hidden.
pub fn said<'t>(table: &'t BTreeMap<String, String>, word: &'t str) -> &'t str {
    table.get(word).map_or(word, String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::texts::tests::same_slots;

    #[test]
    fn every_language_has_the_same_slots_in_the_same_texts() {
        same_slots(BUILTIN);
        builtin().unwrap();
    }
}
