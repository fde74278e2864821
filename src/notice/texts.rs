//! All notice texts in all languages, read from `patterns/notices/LANGUAGE/*` and checked whole.
//!
//! The texts are compiled in. A folder of the administrator's may replace single files under the
//! same names. Loading fails unless every language has every text, every name in a text is known, and
//! what may be absent is written so that its absence leaves a sentence. Fatal: a text that fails.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::facts::{Language, NoticeKind};
use super::template::{self, Certainty, Piece, Template, TemplateError};
use super::words::Words;

/// Values that every notice has.
const ALWAYS: [&str; 2] = ["when", "unit"];
/// Values that every notice of these kinds has.
const OF_SERVICE: [(NoticeKind, &[&str]); 3] = [
    (NoticeKind::BypassOn, &["until", "reason"]),
    (NoticeKind::BypassOff, &["until", "reason", "mails", "bypassed", "all_mails", "all_bypassed"]),
    (NoticeKind::ChannelEnds, &["until", "channel"]),
];
/// Values that a notice may lack; `{ref}` is one of them where nothing is kept.
const SOMETIMES: [&str; 22] = [
    "recipients",
    "reached",
    "categories",
    "where",
    "unreadable",
    "desk",
    "duty_phone",
    "hours",
    "policy",
    "how_to_secure",
    "secure_tag",
    "advice",
    "law",
    "sender",
    "count",
    "refs",
    "held",
    "rejected",
    "warned",
    "rerouted",
    "failed",
    "deleted",
];
/// Addresses that links may point to.
const LINKS: [&str; 5] = ["page_link", "secure_link", "edit_link", "review_link", "queue_link"];
/// What `{if …}` may ask.
const FLAGS: [&str; 9] = ["urgent", "others", "content", "reached", "ended", "bypass", "repeated", "untold", "mailed"];

/// Bytes of a replaced text file that are read.
const MAX_FILE: u64 = 64 * 1024;

/// The author of a text is at fault; `file` says which.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {fault}")]
pub struct TextsError {
    file: String,
    fault: Fault,
}

#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error("{0}")]
    Template(#[from] TemplateError),
    #[error("{place}: {fault}")]
    Phrase { place: String, fault: TemplateError },
    #[error("{0}")]
    Toml(Box<toml::de::Error>),
    #[error("{0}")]
    Read(#[from] std::io::Error),
    #[error("larger than {MAX_FILE} bytes")]
    TooLarge,
    #[error("`{0}` is missing")]
    Missing(String),
    #[error("there is no notice text of this name")]
    Unknown,
    #[error("{place}: `{{…}}` may only be one of: {allowed}")]
    Slot { place: String, allowed: String },
    #[error("there must be twelve months")]
    Months,
    #[error("the page must hold each of {{lang}}, {{title}} and {{body}}")]
    Page,
}

/// One language, ready to fill.
#[derive(Debug)]
pub struct Edition {
    pub words: Words,
    pub phrases: BTreeMap<String, Vec<Piece>>,
    templates: BTreeMap<NoticeKind, Template>,
}

/// Every text there is.
#[derive(Debug)]
pub struct Texts {
    editions: BTreeMap<Language, Edition>,
    /// The HTML page around a notice.
    pub page: String,
}

impl Texts {
    /// The texts that are compiled in.
    pub fn builtin() -> Result<Self, TextsError> {
        Texts::read(None)
    }

    /// The built-in texts, each replaced by `dir/notices/LANGUAGE/FILE` where that exists.
    pub fn load(dir: &Path) -> Result<Self, TextsError> {
        no_strangers(dir)?;
        Texts::read(Some(dir))
    }

    fn read(dir: Option<&Path>) -> Result<Self, TextsError> {
        let mut editions = BTreeMap::new();
        for language in Language::ALL {
            editions.insert(language, Edition::read(language, dir)?);
        }
        same_words(&editions, dir)?;
        let page = source("page.html", dir)?;
        if ["{lang}", "{title}", "{body}"].iter().any(|slot| page.matches(slot).count() != 1) {
            return Err(TextsError { file: shown("page.html", dir), fault: Fault::Page });
        }
        Ok(Texts { editions, page })
    }

    /// The texts of a folder that stand in the place of built-in ones: name and text.
    pub fn replaced(dir: &Path) -> Result<Vec<(String, String)>, TextsError> {
        let own = BUILTIN.iter().filter(|(name, _)| replacement(name, Some(dir)).is_some());
        own.map(|(name, _)| Ok(((*name).to_owned(), source(name, Some(dir))?))).collect()
    }

    /// The words for what a sender may be advised to do; every language has a text for each.
    pub fn advice(&self) -> Vec<&str> {
        self.editions
            .values()
            .next()
            .map_or_else(Vec::new, |edition| edition.words.advice.keys().map(String::as_str).collect())
    }

    /// Every language is there once loading has succeeded.
    pub fn edition(&self, language: Language) -> Option<&Edition> {
        self.editions.get(&language)
    }
}

impl Edition {
    fn read(language: Language, dir: Option<&Path>) -> Result<Self, TextsError> {
        let file = format!("{}/words.toml", language.as_str());
        let at = |file: &str| {
            let file = shown(file, dir);
            move |fault: Fault| TextsError { file, fault }
        };
        let words: Words = toml::from_str(&source(&file, dir)?).map_err(|e| at(&file)(Fault::Toml(Box::new(e))))?;
        if words.months.len() != 12 {
            return Err(at(&file)(Fault::Months));
        }
        for (place, text, allowed) in words.plain_texts() {
            let rest = allowed.iter().fold(text.to_owned(), |text, slot| text.replace(slot, ""));
            if rest.contains(['{', '}']) {
                let allowed = if allowed.is_empty() { "none".to_owned() } else { allowed.join(" ") };
                return Err(at(&file)(Fault::Slot { place, allowed }));
            }
        }
        let mut phrases = BTreeMap::new();
        for (name, text) in &words.phrases {
            let phrase = |fault| at(&file)(Fault::Phrase { place: format!("phrases.{name}"), fault });
            let pieces = template::parse_inline(text).map_err(phrase)?;
            // A phrase may stand on values, not on other phrases: no circles.
            template::check_optional(&pieces, &|key| value(&words, true, key)).map_err(phrase)?;
            phrases.insert(name.clone(), pieces);
        }
        let mut templates = BTreeMap::new();
        for kind in NoticeKind::ALL {
            let file = format!("{}/{}.md", language.as_str(), kind.as_str());
            let template = Template::parse(&source(&file, dir)?).map_err(|e| at(&file)(e.into()))?;
            let known = |key: &str| known(&words, &phrases, kind, key);
            for pieces in template.sequences() {
                template::check(pieces, &known).map_err(|e| at(&file)(e.into()))?;
            }
            templates.insert(kind, template);
        }
        Ok(Edition { words, phrases, templates })
    }

    pub fn template(&self, kind: NoticeKind) -> Option<&Template> {
        self.templates.get(&kind)
    }
}

/// What a text of this kind may count on.
fn known(words: &Words, phrases: &BTreeMap<String, Vec<Piece>>, kind: NoticeKind, key: &str) -> Option<Certainty> {
    let value = |key: &str| value(words, kind.has_reference(), key);
    match phrases.get(key) {
        Some(pieces) if template::check(pieces, &value).is_ok() => Some(Certainty::Always),
        Some(_) => Some(Certainty::Sometimes),
        None if OF_SERVICE.iter().any(|(of, keys)| *of == kind && keys.contains(&key)) => Some(Certainty::Always),
        None => value(key),
    }
}

fn value(words: &Words, has_reference: bool, key: &str) -> Option<Certainty> {
    let always = |yes: bool| yes.then_some(Certainty::Always);
    let sometimes = |yes: bool| yes.then_some(Certainty::Sometimes);
    if let Some(flag) = key.strip_prefix("if ") {
        return sometimes(FLAGS.contains(&flag));
    }
    if let Some(link) = key.strip_prefix("link ") {
        return sometimes(LINKS.contains(&link));
    }
    let chosen =
        words.by_recipients.contains_key(key) || words.by_days.contains_key(key) || words.by_place.contains_key(key);
    always(chosen || ALWAYS.contains(&key) || (key == "ref" && has_reference))
        .or_else(|| sometimes(key == "ref" || SOMETIMES.contains(&key)))
}

/// Every language knows the same categories, reasons, kinds and phrases.
fn same_words(editions: &BTreeMap<Language, Edition>, dir: Option<&Path>) -> Result<(), TextsError> {
    let keys = |words: &Words| -> BTreeSet<String> {
        let tables: [(&str, Vec<&String>); 9] = [
            ("categories", words.categories.keys().collect()),
            ("obstacles", words.obstacles.keys().collect()),
            ("unreadable", words.unreadable.keys().collect()),
            ("kinds", words.kinds.keys().collect()),
            ("advice", words.advice.keys().collect()),
            ("phrases", words.phrases.keys().collect()),
            ("by_recipients", words.by_recipients.keys().collect()),
            ("by_days", words.by_days.keys().collect()),
            ("by_place", words.by_place.keys().collect()),
        ];
        tables.iter().flat_map(|(table, keys)| keys.iter().map(move |key| format!("{table}.{key}"))).collect()
    };
    let all: BTreeSet<String> = editions.values().flat_map(|e| keys(&e.words)).collect();
    for (language, edition) in editions {
        if let Some(missing) = all.difference(&keys(&edition.words)).next() {
            let file = shown(&format!("{}/words.toml", language.as_str()), dir);
            return Err(TextsError { file, fault: Fault::Missing(missing.clone()) });
        }
    }
    Ok(())
}

/// A file that replaces nothing has a misspelt name.
fn no_strangers(dir: &Path) -> Result<(), TextsError> {
    let root = dir.join("notices");
    let fault = |path: &Path, fault: Fault| TextsError { file: path.display().to_string(), fault };
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        if !folder.exists() {
            continue;
        }
        for entry in std::fs::read_dir(&folder).map_err(|e| fault(&folder, e.into()))? {
            let path = entry.map_err(|e| fault(&folder, e.into()))?.path();
            let name = path.strip_prefix(&root).unwrap_or(&path).to_string_lossy().into_owned();
            if path.is_dir() && Language::from_word(&name).is_some() {
                folders.push(path);
            } else if !BUILTIN.iter().any(|(builtin, _)| *builtin == name) {
                return Err(fault(&path, Fault::Unknown));
            }
        }
    }
    Ok(())
}

/// The administrator's file of this name, if there is one.
fn replacement(name: &str, dir: Option<&Path>) -> Option<PathBuf> {
    dir.map(|dir| dir.join("notices").join(name)).filter(|path| path.exists())
}

/// A text's name for the administrator: the path of his file, or ours below `patterns`.
fn shown(name: &str, dir: Option<&Path>) -> String {
    replacement(name, dir).map_or_else(|| format!("notices/{name}"), |path| path.display().to_string())
}

/// The administrator's file if there is one, else ours.
fn source(name: &str, dir: Option<&Path>) -> Result<String, TextsError> {
    let fault = |fault| TextsError { file: shown(name, dir), fault };
    let Some(path) = replacement(name, dir) else {
        let text = BUILTIN.iter().find(|(builtin, _)| *builtin == name).map(|(_, text)| (*text).to_owned());
        return text.ok_or_else(|| fault(Fault::Missing(name.to_owned())));
    };
    if std::fs::metadata(&path).map_err(|e| fault(e.into()))?.len() > MAX_FILE {
        return Err(fault(Fault::TooLarge));
    }
    std::fs::read_to_string(&path).map_err(|e| fault(e.into()))
}

macro_rules! builtin {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../patterns/notices/", $name)))),*]
    };
}

const BUILTIN: &[(&str, &str)] = builtin![
    "page.html",
    "sv/words.toml",
    "sv/held.md",
    "sv/rejected.md",
    "sv/warned.md",
    "sv/rerouted.md",
    "sv/held-unprotected.md",
    "sv/held-unreadable.md",
    "sv/release-failed.md",
    "sv/expired.md",
    "sv/reviewer-held.md",
    "sv/reviewer-expiring.md",
    "sv/reviewer-release-failed.md",
    "sv/reviewer-expired.md",
    "sv/reviewer-asked.md",
    "sv/reviewer-review-due.md",
    "sv/reviewer-review-overdue.md",
    "sv/reviewer-second.md",
    "sv/bypass-on.md",
    "sv/bypass-off.md",
    "sv/channel-ends.md",
    "sv/service-digest.md",
    "sv/released-in-part.md",
    "sv/released.md",
    "sv/discarded.md",
    "sv/returned.md",
    "sv/expiring.md",
    "nb/words.toml",
    "nb/held.md",
    "nb/rejected.md",
    "nb/warned.md",
    "nb/rerouted.md",
    "nb/held-unprotected.md",
    "nb/held-unreadable.md",
    "nb/release-failed.md",
    "nb/expired.md",
    "nb/reviewer-held.md",
    "nb/reviewer-expiring.md",
    "nb/reviewer-release-failed.md",
    "nb/reviewer-expired.md",
    "nb/reviewer-asked.md",
    "nb/reviewer-review-due.md",
    "nb/reviewer-review-overdue.md",
    "nb/reviewer-second.md",
    "nb/bypass-on.md",
    "nb/bypass-off.md",
    "nb/channel-ends.md",
    "nb/service-digest.md",
    "nb/released-in-part.md",
    "nb/released.md",
    "nb/discarded.md",
    "nb/returned.md",
    "nb/expiring.md",
    "nn/words.toml",
    "nn/held.md",
    "nn/rejected.md",
    "nn/warned.md",
    "nn/rerouted.md",
    "nn/held-unprotected.md",
    "nn/held-unreadable.md",
    "nn/release-failed.md",
    "nn/expired.md",
    "nn/reviewer-held.md",
    "nn/reviewer-expiring.md",
    "nn/reviewer-release-failed.md",
    "nn/reviewer-expired.md",
    "nn/reviewer-asked.md",
    "nn/reviewer-review-due.md",
    "nn/reviewer-review-overdue.md",
    "nn/reviewer-second.md",
    "nn/bypass-on.md",
    "nn/bypass-off.md",
    "nn/channel-ends.md",
    "nn/service-digest.md",
    "nn/released-in-part.md",
    "nn/released.md",
    "nn/discarded.md",
    "nn/returned.md",
    "nn/expiring.md",
    "en/words.toml",
    "en/held.md",
    "en/rejected.md",
    "en/warned.md",
    "en/rerouted.md",
    "en/held-unprotected.md",
    "en/held-unreadable.md",
    "en/release-failed.md",
    "en/expired.md",
    "en/reviewer-held.md",
    "en/reviewer-expiring.md",
    "en/reviewer-release-failed.md",
    "en/reviewer-expired.md",
    "en/reviewer-asked.md",
    "en/reviewer-review-due.md",
    "en/reviewer-review-overdue.md",
    "en/reviewer-second.md",
    "en/bypass-on.md",
    "en/bypass-off.md",
    "en/channel-ends.md",
    "en/service-digest.md",
    "en/released-in-part.md",
    "en/released.md",
    "en/discarded.md",
    "en/returned.md",
    "en/expiring.md",
];

#[cfg(test)]
#[path = "texts_tests.rs"]
mod tests;
