//! Why a category is confidential: the provisions behind it, as data.
//!
//! The compiled-in table, and on top of it that of an administrator's folder, which adds provisions and
//! replaces those of the same id. What a provision is called and what it protects is said in the language of
//! its country, or in several: `cite = { sv = "…", en = "…" }`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::category::Category;
use super::lexicon::{Fault, Faults, Language, Note, nearest};

const FILE: &str = "builtin:provisions.toml";
const TEXT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/patterns/provisions.toml"));
/// Whose law it may be.
const COUNTRIES: [&str; 3] = ["no", "se", "eu"];

/// A text, in one language or in several.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Told {
    /// In the law's own.
    Once(String),
    /// By `sv`, `nb`, `nn`, `en`.
    Languages(BTreeMap<String, String>),
}

impl Told {
    /// In this language; else in the first there is.
    pub fn in_language(&self, language: &str) -> &str {
        match self {
            Told::Once(text) => text,
            Told::Languages(texts) => texts.get(language).or_else(|| texts.values().next()).map_or("", String::as_str),
        }
    }

    /// What is wrong with it.
    fn fault(&self) -> Option<String> {
        match self {
            Told::Once(text) if text.trim().is_empty() => Some("is empty".to_owned()),
            Told::Languages(texts) if texts.is_empty() => Some("is empty".to_owned()),
            Told::Languages(texts) => texts
                .keys()
                .find(|key| Language::from_word(key).is_none_or(|l| l == Language::Int))
                .map(|key| format!("has the language `{key}`; allowed are sv, nb, nn, en")),
            Told::Once(_) => None,
        }
    }
}

/// One provision and what it protects.
#[derive(Debug, Clone)]
pub struct Provision {
    /// `se.osl.26-1`
    pub id: String,
    /// `no`, `se` or `eu`.
    pub country: String,
    /// As lawyers write it.
    pub cite: Told,
    pub protects: Told,
    /// Kind of unit it applies in; empty in every one.
    pub unit: String,
    pub categories: Vec<Category>,
}

/// The provisions of both countries.
#[derive(Debug)]
pub struct Provisions(Vec<Provision>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    provision: Vec<toml::Spanned<Written>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: String,
    country: String,
    cite: Told,
    protects: Told,
    #[serde(default)]
    unit: String,
    categories: Vec<String>,
}

impl Provisions {
    /// The compiled-in table.
    pub fn builtin() -> Result<Provisions, Faults> {
        Ok(Provisions(parse(FILE, TEXT)?.into_iter().map(|(_, provision)| provision).collect()))
    }

    /// The compiled-in table with an own one on top, given by its name and text.
    pub fn with(own: Option<&(String, String)>, notes: &mut Vec<Note>) -> Result<Provisions, Faults> {
        let mut provisions = Provisions::builtin()?;
        let Some((file, text)) = own else { return Ok(provisions) };
        for (line, provision) in parse(file, text)? {
            match provisions.0.iter_mut().find(|p| p.id == provision.id) {
                None => provisions.0.push(provision),
                Some(replaced) => {
                    let text = format!("takes the place of the built-in provision `{}`", provision.id);
                    notes.push(Note { file: file.clone(), line, text });
                    *replaced = provision;
                }
            }
        }
        Ok(provisions)
    }

    /// Those behind a category, in the order of the file.
    pub fn of(&self, category: Category) -> impl Iterator<Item = &Provision> {
        self.0.iter().filter(move |p| p.categories.contains(&category))
    }

    /// The one with this id.
    pub fn get(&self, id: &str) -> Option<&Provision> {
        self.0.iter().find(|p| p.id == id)
    }

    /// The id that was meant.
    pub fn nearest(&self, id: &str) -> Option<&str> {
        nearest(id, self.0.iter().map(|p| p.id.as_str()))
    }
}

/// The provisions of a table, each with its line.
fn parse(name: &str, text: &str) -> Result<Vec<(usize, Provision)>, Faults> {
    let mut faults = Faults::default();
    let line_at = |at: usize| text.get(..at).unwrap_or_default().matches('\n').count().saturating_add(1);
    let file: File = match toml::from_str(text) {
        Ok(file) => file,
        Err(error) => {
            let line = error.span().map_or(0, |span| line_at(span.start));
            let reason = error.message().lines().collect::<Vec<_>>().join("; ");
            faults.add(name, line, Fault::BadTable(reason));
            return Err(faults);
        }
    };
    if file.version == 0 {
        faults.add(name, 0, Fault::BadVersion("0".to_owned()));
    }
    let mut out: Vec<(usize, Provision)> = Vec::with_capacity(file.provision.len());
    for spanned in file.provision {
        let line = line_at(spanned.span().start);
        let Written { id, country, cite, protects, unit, categories } = spanned.into_inner();
        let mut fault = |reason: String| faults.add(name, line, Fault::BadTable(format!("provision `{id}`: {reason}")));
        if out.iter().any(|(_, p)| p.id == id) {
            fault("stands twice".to_owned());
        }
        if !COUNTRIES.contains(&country.as_str()) {
            fault(format!("`{country}` is not a country; allowed are {}", COUNTRIES.join(", ")));
        }
        for (key, told) in [("cite", &cite), ("protects", &protects)] {
            if let Some(reason) = told.fault() {
                fault(format!("`{key}` {reason}"));
            }
        }
        let mut meant = Vec::with_capacity(categories.len());
        for word in categories {
            match Category::from_word(&word) {
                Some(category) => meant.push(category),
                None => {
                    let known = Category::ALL.map(Category::as_str);
                    let near =
                        nearest(&word, known).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                    fault(format!("`{word}` is not a category{near}"));
                }
            }
        }
        out.push((line, Provision { id, country, cite, protects, unit, categories: meant }));
    }
    faults.none_or()?;
    Ok(out)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
mod tests {
    use super::*;

    const ROW: &str =
        "[[provision]]\nid = \"a\"\ncountry = \"no\"\ncite = \"x\"\nprotects = \"y\"\ncategories = [\"health\"]\n";

    fn load(text: String) -> Result<(Provisions, Vec<Note>), Faults> {
        let mut notes = Vec::new();
        Provisions::with(Some(&("provisions.toml".to_owned(), text)), &mut notes).map(|p| (p, notes))
    }

    #[test]
    fn every_category_has_a_provision() {
        let provisions = Provisions::builtin().unwrap();
        for category in Category::ALL {
            assert!(provisions.of(category).next().is_some(), "{}", category.as_str());
        }
    }

    #[test]
    fn faults_name_line_and_provision() {
        for (text, line, reason) in [
            ("version = 0\nprovision = []".to_owned(), 0, "version `0`"),
            (format!("version = 1\n{ROW}{ROW}"), 8, "`a`: stands twice"),
            (
                format!("version = 1\n{}", ROW.replace("health", "helth")),
                2,
                "`helth` is not a category; did you mean `health`?",
            ),
            (format!("version = 1\n{}", ROW.replace("\"no\"", "\"dk\"")), 2, "allowed are no, se, eu"),
            (format!("version = 1\n{}", ROW.replace("\"x\"", "{ de = \"x\" }")), 2, "`cite` has the language `de`"),
            (format!("version = 1\n{}", ROW.replace("cite", "quote")), 5, "unknown field `quote`"),
            ("version = 1\n[[provision]\n".to_owned(), 2, "unclosed array table"),
        ] {
            let Faults(faults) = load(text).err().unwrap();
            assert_eq!(faults[0].line, line, "{}", faults[0]);
            assert!(faults[0].to_string().contains(reason), "{}", faults[0]);
        }
    }

    #[test]
    fn an_own_provision_is_added_or_replaces_by_id() {
        let row = ROW.replace("\"x\"", "{ sv = \"lag\", en = \"act\" }");
        let (provisions, notes) = load(format!("version = 1\n{row}{}", ROW.replace("\"a\"", "\"no.fvl.13\""))).unwrap();
        let added = provisions.get("a").unwrap();
        assert_eq!((added.cite.in_language("en"), added.cite.in_language("nb")), ("act", "act"));
        assert_eq!(provisions.get("no.fvl.13").unwrap().cite.in_language("nb"), "x");
        assert_eq!(notes.len(), 1);
        assert_eq!(notes[0].to_string(), "provisions.toml:8: takes the place of the built-in provision `no.fvl.13`");
    }
}
