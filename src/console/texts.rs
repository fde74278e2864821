//! The words of the pages: a file a language in `patterns/pages/` and the folders below it, compiled in.
//!
//! Every file has every text, since all of them are read into one type. `{slots}` are filled by [`filled`].

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::notice::Language;

/// The same texts in all languages.
#[derive(Debug)]
pub struct Translated<T>(BTreeMap<Language, T>);

/// What the pages of senders, and the frame of all pages, say.
pub type PageTexts = Translated<Texts>;

/// A file a language.
pub type Files = [(Language, &'static str); 4];

/// A text that is compiled in has a fault. Ours.
#[derive(Debug, thiserror::Error)]
#[error("pages/{file}.toml: {fault}")]
pub struct PageTextsError {
    file: &'static str,
    fault: Box<toml::de::Error>,
}

/// One language.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    /// Its own name.
    pub language: String,
    /// What the pages are about, at the top of each.
    pub service: String,
    pub skip: String,
    pub languages: String,
    /// `{domains}`
    pub recipients: String,
    pub reference: String,
    pub sent: String,
    pub about: String,
    pub place: String,
    pub unread: String,
    pub deleted: String,
    pub back: String,
    pub help: String,
    /// `{ref}`
    pub help_reference: String,
    pub help_without_desk: String,
    pub urgent: String,
    pub urgent_call: String,
    pub urgent_duty: String,
    pub overview: Overview,
    pub secure: SecureTexts,
    pub edit: Edit,
    pub review: Review,
    pub withdraw: Withdraw,
    pub account: Account,
    pub enrol: Enrol,
    pub own: Own,
    pub openings: Openings,
    pub exception: ExceptionTexts,
    pub at_once: AtOnceTexts,
    /// What a code asks to be documented, by its word.
    pub need: BTreeMap<String, String>,
    pub outcome: Outcomes,
    pub unknown: Said,
    pub busy: Said,
    pub fault: Said,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overview {
    pub title: String,
    /// `{when}` `{recipients}`
    pub lead: String,
    /// `{when}`
    pub lead_alone: String,
    /// `{when}` `{recipients}`
    pub lead_failed: String,
    /// `{recipients}`
    pub reached: String,
    pub others: String,
    pub going: String,
    /// `{when}`
    pub asked: String,
    /// `{hours}`
    pub answer: String,
    pub why: String,
    pub why_content: String,
    pub why_unread: String,
    pub why_unprotected: String,
    pub what_now: String,
    /// `{in_days}`
    pub nothing: String,
    pub automatic: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Review {
    pub title: String,
    /// When it stopped for no fault of the mail.
    pub title_unprotected: String,
    pub text: String,
    pub heading: String,
    pub body: String,
    pub button: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecureTexts {
    pub title: String,
    pub text: String,
    pub heading: String,
    pub body: String,
    pub button: String,
    pub elsewhere: String,
    /// `{tag}`
    pub by_tag: String,
    pub by_habit: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    pub title: String,
    pub text: String,
    pub heading: String,
    pub find: String,
    /// `{categories}`
    pub remove: String,
    pub remove_plain: String,
    pub quote: String,
    pub read: String,
    pub address: String,
    pub after: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withdraw {
    pub title: String,
    pub text: String,
    pub heading: String,
    pub body: String,
    pub body_reached: String,
    pub button: String,
}

/// Signing in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    pub address: String,
    pub password: String,
    pub password_again: String,
    pub code: String,
    pub code_hint: String,
    pub sign_in: String,
    pub sign_in_lead: String,
    pub refused: String,
    /// `{when}`
    pub wait: String,
    pub no_account: String,
    /// `{address}`
    pub signed_in: String,
    pub sign_out: String,
    pub not_yours: String,
    /// `{address}`
    pub not_yours_text: String,
    pub stale: String,
}

/// Setting a sign-in up.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enrol {
    pub title: String,
    /// `{address}`
    pub lead: String,
    pub step_password: String,
    pub password_hint: String,
    pub step_app: String,
    pub scan: String,
    pub open_app: String,
    pub by_hand: String,
    pub step_code: String,
    pub code_hint: String,
    pub button: String,
    pub picture: String,
    pub short: String,
    pub long: String,
    pub monotonous: String,
    pub name: String,
    pub different: String,
    pub code_wrong: String,
    pub done: String,
    pub recovery: String,
    pub recovery_text: String,
    pub gone: String,
    pub gone_text: String,
}

/// What a sender sees after signing in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Own {
    pub title: String,
    pub text: String,
    pub heading: String,
    pub lead: String,
    pub recipients: String,
    pub not_here: String,
    pub no_findings: String,
    #[serde(rename = "where")]
    pub place: String,
    pub rule: String,
    /// `{n}`
    pub more: String,
    pub body: String,
    pub quote: String,
    pub subject: String,
    pub filename: String,
    pub attachment: String,
    pub header: String,
    /// Of rules whose findings are no names, though their category is that of persons: `person.age`.
    pub kinds: BTreeMap<String, String>,
    pub unread: String,
    pub fetch: String,
    /// `{when}`
    pub fetch_text: String,
    /// `{code}`
    pub exception_asked: String,
    /// `{when}`
    pub review_due: String,
}

/// Who has read the mail here, and why.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Openings {
    /// `{when}` `{unit}` `{purpose}`
    pub reviewer: String,
    /// `{when}` `{purpose}`
    pub operator: String,
    pub purposes: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExceptionTexts {
    pub title: String,
    pub text: String,
    pub heading: String,
    pub lead: String,
    pub fill: String,
    pub button: String,
    pub missing: String,
    pub incomplete: String,
    pub hint: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AtOnceTexts {
    pub title: String,
    pub text: String,
    pub heading: String,
    /// `{recipients}`
    pub body: String,
    pub others: String,
    pub choose: String,
    pub button: String,
    pub none: String,
}

/// What an action came to, each a page of its own.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcomes {
    pub withdrawn: Said,
    pub withdrawn_in_part: Said,
    pub asked: Said,
    pub asked_before: Said,
    pub sent: Said,
    pub going: Said,
    pub to_be_agreed: Said,
    pub not_sent: Said,
    pub no_channel: Said,
    pub too_late: Said,
    pub stale: Said,
    pub exception_asked: Said,
    pub exception_asked_before: Said,
    /// `{when}`
    pub sent_at_once: Said,
    pub going_at_once: Said,
    pub not_sent_at_once: Said,
    pub no_route: Said,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Said {
    pub heading: String,
    pub text: String,
}

impl PageTexts {
    pub fn builtin() -> Result<Self, PageTextsError> {
        Translated::read(BUILTIN)
    }
}

impl<T: DeserializeOwned> Translated<T> {
    pub fn read(files: Files) -> Result<Self, PageTextsError> {
        let mut all = BTreeMap::new();
        for (language, text) in files {
            let fault = |fault| PageTextsError { file: language.as_str(), fault: Box::new(fault) };
            // A line does not end within a word like `e-post`.
            let unbroken = ["e-post", "E-post", "e-mail", "e-ID", "it-stöd", "IT-støt"]
                .iter()
                .fold(text.to_owned(), |text, word| text.replace(word, &word.replace('-', "-\u{2060}")));
            all.insert(language, toml::from_str(&unbroken).map_err(fault)?);
        }
        Ok(Translated(all))
    }
}

impl<T> Translated<T> {
    /// `None` never comes of [`Translated::read`].
    pub fn of(&self, language: Language) -> Option<&T> {
        self.0.get(&language)
    }

    pub fn all(&self) -> impl Iterator<Item = (Language, &T)> {
        self.0.iter().map(|(language, texts)| (*language, texts))
    }
}

const BUILTIN: Files = [
    (Language::Sv, include_str!("../../patterns/pages/sv.toml")),
    (Language::Nb, include_str!("../../patterns/pages/nb.toml")),
    (Language::Nn, include_str!("../../patterns/pages/nn.toml")),
    (Language::En, include_str!("../../patterns/pages/en.toml")),
];

/// Why a mail was opened, for a reader: the word of a purpose in his language, with what was typed after it.
pub fn purpose(purposes: &BTreeMap<String, String>, recorded: &str) -> String {
    let (word, rest) = recorded.split_once("; ").map_or((recorded, None), |(word, rest)| (word, Some(rest)));
    let word = purposes.get(word).map_or(word, String::as_str);
    rest.map_or_else(|| word.to_owned(), |rest| format!("{word}; {rest}"))
}

/// `text` with its slots filled. What goes in is not searched again.
pub fn filled(text: &str, slots: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let value = after
            .split_once('}')
            .and_then(|(name, behind)| slots.iter().find(|(slot, _)| *slot == name).map(|(_, value)| (*value, behind)));
        match value {
            Some((value, behind)) => {
                out.push_str(value);
                rest = behind;
            }
            None => {
                out.push('{');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
pub mod tests {
    use super::*;

    #[test]
    fn every_language_has_the_same_slots_in_the_same_texts() {
        let first = same_slots(BUILTIN);
        assert!(first.iter().any(|(path, slots)| path == ".overview.lead" && slots == &["recipients", "when"]));
        PageTexts::builtin().unwrap();
    }

    /// Where each slot may stand; a text in one language that lacks it, or has another, would be found by a reader.
    pub fn same_slots(files: Files) -> Vec<(String, Vec<String>)> {
        let slots = |text: &str| -> Vec<(String, Vec<String>)> {
            let value: toml::Value = toml::from_str(text).unwrap();
            let mut found = Vec::new();
            walk("", &value, &mut found);
            found.sort();
            found
        };
        let first = slots(files[0].1);
        for (language, text) in files {
            assert_eq!(slots(text), first, "{}", language.as_str());
        }
        first
    }

    fn walk(path: &str, value: &toml::Value, found: &mut Vec<(String, Vec<String>)>) {
        match value {
            toml::Value::Table(table) => {
                for (key, value) in table {
                    walk(&format!("{path}.{key}"), value, found);
                }
            }
            other => {
                let text = other.as_str().unwrap();
                let names = text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(n, _)| n.to_owned());
                let mut names: Vec<String> = names.collect();
                names.sort();
                found.push((path.to_owned(), names));
            }
        }
    }

    #[test]
    fn a_value_with_a_slot_in_it_stays_as_it_is() {
        assert_eq!(filled("a {x} b {y} {z}", &[("x", "{y}"), ("y", "2")]), "a {y} b 2 {z}");
        assert_eq!(filled("{", &[]), "{");
    }
}
