//! Legal profiles: which disclosures a unit's law counts, and how gravely. Data in `patterns/profiles`.
//!
//! A profile is a list of rules read from the top. The first that fits a disclosure by basis,
//! category and severity decides; a disclosure that no rule fits does not count. Every profile
//! brings examples of both, and one whose examples fail is refused.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use serde::Deserialize;
use toml::Spanned;

use crate::detect::{Basis, Category, Disclosure, Severity};

/// Greatest `strictness`; the number only orders profiles when two units claim a sender.
pub const MAX_STRICTNESS: u8 = 9;

/// Id of the profile of a sender who matches no unit, and of `check` without a configuration.
pub const DEFAULT: &str = "default";

const BUILTIN: [(&str, &str); 12] = [
    ("default.toml", include_str!("../../patterns/profiles/default.toml")),
    ("hr.toml", include_str!("../../patterns/profiles/hr.toml")),
    ("no.child.toml", include_str!("../../patterns/profiles/no.child.toml")),
    ("no.general.toml", include_str!("../../patterns/profiles/no.general.toml")),
    ("no.health.toml", include_str!("../../patterns/profiles/no.health.toml")),
    ("no.school.toml", include_str!("../../patterns/profiles/no.school.toml")),
    ("no.social.toml", include_str!("../../patterns/profiles/no.social.toml")),
    ("se.family_counselling.toml", include_str!("../../patterns/profiles/se.family_counselling.toml")),
    ("se.general.toml", include_str!("../../patterns/profiles/se.general.toml")),
    ("se.health.toml", include_str!("../../patterns/profiles/se.health.toml")),
    ("se.school.toml", include_str!("../../patterns/profiles/se.school.toml")),
    ("se.social.toml", include_str!("../../patterns/profiles/se.social.toml")),
];

/// One unit's law.
#[derive(Debug)]
pub struct Profile {
    id: String,
    title: String,
    version: u32,
    strictness: u8,
    casework: bool,
    absolute: bool,
    rules: Vec<Rule>,
    text: String,
}

#[derive(Debug)]
struct Rule {
    bases: Vec<Basis>,
    /// Empty: every category.
    categories: Vec<Category>,
    /// Fits from this severity of the matter up.
    from: Severity,
    effect: Effect,
}

#[derive(Debug)]
enum Effect {
    Ignore,
    Count { at_least: Severity, at_most: Severity, raised: bool, provision: String },
}

/// A disclosure that counts for the unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weighed<'p> {
    pub severity: Severity,
    /// Key of the provision, for the reviewer.
    pub provision: &'p str,
}

/// What is wrong with a profile file; whose fault: who wrote the file. `file` is its name, with the line where
/// one is meant.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    #[error("{file}: {reason}")]
    Syntax { file: String, reason: String },
    #[error("{file}: {key} has {found:?}; allowed: {allowed}")]
    Word { file: String, key: &'static str, found: String, allowed: String },
    #[error("{file}: {reason}")]
    Rule { file: String, reason: &'static str },
    #[error("{file}: example {number} ({basis}, {category}, {severity}) becomes {became}, not {expected}")]
    Example {
        file: String,
        number: usize,
        basis: &'static str,
        category: &'static str,
        severity: &'static str,
        expected: &'static str,
        became: &'static str,
    },
    #[error("{file}: a second profile with the id {id:?}")]
    DuplicateId { file: String, id: String },
}

impl Profile {
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The law in the words of its own country.
    pub fn title(&self) -> &str {
        &self.title
    }

    pub fn version(&self) -> u32 {
        self.version
    }

    /// The file as it was read, for the record.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Keys of the provisions that its rules name.
    pub fn provisions(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().filter_map(|rule| match &rule.effect {
            Effect::Count { provision, .. } => Some(provision.as_str()),
            Effect::Ignore => None,
        })
    }

    /// Decides between two units that claim the same sender: the greater wins.
    pub fn strictness(&self) -> u8 {
        self.strictness
    }

    /// True when the law knows no harm test: any person in the unit's mail is the secret.
    pub fn absolute(&self) -> bool {
        self.absolute
    }

    /// True when every mail of such a unit is casework: the sender alone reveals the service.
    pub fn casework(&self) -> bool {
        self.casework
    }

    /// How gravely the unit's law takes a disclosure; `None` when it does not count at all.
    pub fn weigh(&self, disclosure: &Disclosure) -> Option<Weighed<'_>> {
        self.weigh_parts(disclosure.basis, disclosure.category, disclosure.severity)
    }

    fn weigh_parts(&self, basis: Basis, category: Category, severity: Severity) -> Option<Weighed<'_>> {
        let rule = self.rules.iter().find(|r| r.fits(basis, category, severity))?;
        match &rule.effect {
            Effect::Ignore => None,
            Effect::Count { at_least, at_most, raised, provision } => {
                let severity = if *raised { severity.raised() } else { severity };
                let severity = severity.max(*at_least).min(*at_most);
                (severity > Severity::None).then_some(Weighed { severity, provision })
            }
        }
    }

    /// Reads one profile file. `file` is its name, for errors.
    pub fn parse(file: &str, text: &str) -> Result<Self, ProfileError> {
        let at = |start: usize| {
            let before = text.get(..start).unwrap_or_default();
            format!("{file}:{}", before.matches('\n').count() + 1)
        };
        let written: Written = toml::from_str(text).map_err(|error| ProfileError::Syntax {
            file: error.span().map_or_else(|| file.to_owned(), |span| at(span.start)),
            reason: error.message().lines().collect::<Vec<_>>().join("; "),
        })?;
        if written.strictness > MAX_STRICTNESS {
            return Err(ProfileError::Rule { file: file.into(), reason: "strictness is a number from 0 to 9" });
        }
        let rules = written.rule.iter().map(|r| r.get_ref().mean(&at(r.span().start))).collect::<Result<_, _>>()?;
        let profile = Profile {
            id: written.id,
            title: written.title,
            version: written.version,
            strictness: written.strictness,
            casework: written.casework,
            absolute: written.absolute,
            rules,
            text: text.to_owned(),
        };
        let examples = written.example.iter().map(|e| (at(e.span().start), e.get_ref()));
        profile.prove(file, examples)?;
        Ok(profile)
    }

    /// Holds the examples of the file against its rules.
    fn prove<'e>(
        &self,
        whole: &str,
        examples: impl Iterator<Item = (String, &'e WrittenExample)>,
    ) -> Result<(), ProfileError> {
        let mut both = (false, false);
        for (number, (file, example)) in (1..).zip(examples) {
            let file = file.as_str();
            let basis = word(file, "basis", &example.basis, &Basis::ALL, Basis::as_str)?;
            let category = word(file, "category", &example.category, &Category::ALL, Category::as_str)?;
            let severity = word(file, "severity", &example.severity, &Severity::ALL, Severity::as_str)?;
            let expected = word(file, "becomes", &example.becomes, &Severity::ALL, Severity::as_str)?;
            let became = self.weigh_parts(basis, category, severity).map_or(Severity::None, |w| w.severity);
            if became != expected {
                return Err(ProfileError::Example {
                    file: file.into(),
                    number,
                    basis: basis.as_str(),
                    category: category.as_str(),
                    severity: severity.as_str(),
                    expected: expected.as_str(),
                    became: became.as_str(),
                });
            }
            both = if became == Severity::None { (both.0, true) } else { (true, both.1) };
        }
        match both {
            (true, true) => Ok(()),
            _ => Err(ProfileError::Rule {
                file: whole.into(),
                reason: "at least one example that counts and one that becomes none are needed",
            }),
        }
    }
}

impl Rule {
    fn fits(&self, basis: Basis, category: Category, severity: Severity) -> bool {
        self.bases.contains(&basis)
            && (self.categories.is_empty() || self.categories.contains(&category))
            && severity >= self.from
    }
}

/// All profiles by id.
#[derive(Clone, Debug)]
pub struct Profiles(BTreeMap<String, Arc<Profile>>);

static SHIPPED: LazyLock<Result<Profiles, ProfileError>> = LazyLock::new(|| {
    let mut profiles = Profiles(BTreeMap::new());
    profiles.add(BUILTIN.iter().copied())?;
    Ok(profiles)
});

impl Profiles {
    /// Those compiled in.
    pub fn builtin() -> Self {
        // The files are part of the binary, and a test parses every one of them.
        match &*SHIPPED {
            Ok(profiles) => profiles.clone(),
            Err(error) => unreachable!("{error}"),
        }
    }

    /// Adds profile files `(name, text)`; one with a known id replaces that profile.
    pub fn with<'t>(mut self, files: impl IntoIterator<Item = (&'t str, &'t str)>) -> Result<Self, ProfileError> {
        self.add(files)?;
        Ok(self)
    }

    fn add<'t>(&mut self, files: impl IntoIterator<Item = (&'t str, &'t str)>) -> Result<(), ProfileError> {
        let mut added = BTreeMap::new();
        for (file, text) in files {
            let profile = Profile::parse(file, text)?;
            let id = profile.id.clone();
            if added.insert(id.clone(), Arc::new(profile)).is_some() {
                return Err(ProfileError::DuplicateId { file: file.into(), id });
            }
        }
        self.0.extend(added);
        Ok(())
    }

    pub fn get(&self, id: &str) -> Option<&Arc<Profile>> {
        self.0.get(id)
    }

    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub fn default_profile(&self) -> Arc<Profile> {
        // `default` is compiled in and can be replaced, but not taken away.
        self.0[DEFAULT].clone()
    }
}

/// A profile file as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: String,
    title: String,
    version: u32,
    strictness: u8,
    #[serde(default)]
    casework: bool,
    #[serde(default)]
    absolute: bool,
    rule: Vec<Spanned<WrittenRule>>,
    example: Vec<Spanned<WrittenExample>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRule {
    basis: Vec<String>,
    #[serde(default)]
    category: Vec<String>,
    #[serde(default)]
    from: Option<String>,
    #[serde(default = "yes")]
    counts: bool,
    #[serde(default)]
    at_least: Option<String>,
    #[serde(default)]
    at_most: Option<String>,
    #[serde(default)]
    raised: bool,
    /// Key in `provisions.toml`; a rule that counts must have one.
    #[serde(default)]
    provision: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenExample {
    basis: String,
    category: String,
    severity: String,
    /// `none` when it does not count.
    becomes: String,
}

fn yes() -> bool {
    true
}

impl WrittenRule {
    fn mean(&self, file: &str) -> Result<Rule, ProfileError> {
        let severity = |key, text: &Option<String>, absent| match text {
            Some(text) => word(file, key, text, &Severity::ALL, Severity::as_str),
            None => Ok(absent),
        };
        let bases = self.basis.iter().map(|b| word(file, "basis", b, &Basis::ALL, Basis::as_str));
        let categories = self.category.iter().map(|c| word(file, "category", c, &Category::ALL, Category::as_str));
        let at_least = severity("at_least", &self.at_least, Severity::None)?;
        let at_most = severity("at_most", &self.at_most, Severity::Critical)?;
        if at_least > at_most {
            return Err(ProfileError::Rule { file: file.into(), reason: "at_least is above at_most" });
        }
        let effect = match (self.counts, &self.provision) {
            (false, _) => Effect::Ignore,
            (true, Some(provision)) => {
                Effect::Count { at_least, at_most, raised: self.raised, provision: provision.clone() }
            }
            (true, None) => {
                return Err(ProfileError::Rule { file: file.into(), reason: "a rule that counts names its provision" });
            }
        };
        Ok(Rule {
            bases: bases.collect::<Result<_, _>>()?,
            categories: categories.collect::<Result<_, _>>()?,
            from: severity("from", &self.from, Severity::Low)?,
            effect,
        })
    }
}

fn word<T: Copy>(
    file: &str,
    key: &'static str,
    text: &str,
    all: &[T],
    as_str: fn(T) -> &'static str,
) -> Result<T, ProfileError> {
    all.iter().copied().find(|v| as_str(*v) == text).ok_or_else(|| ProfileError::Word {
        file: file.into(),
        key,
        found: text.into(),
        allowed: all.iter().map(|v| as_str(*v)).collect::<Vec<_>>().join(", "),
    })
}

#[cfg(test)]
#[path = "profile_tests.rs"]
mod tests;
