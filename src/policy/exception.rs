//! Exceptions from secrecy: the codes that law knows, as data in `patterns/exceptions.toml`.
//!
//! A code says who may name it, what must be documented, and what it opens: the secrecy of the information, or also
//! the channel, so that it may leave to a mailbox without two-factor login. The file cannot make a code that breaks
//! the rules of the house: consent never opens the channel, and whatever opens the channel is looked at afterwards.
//! Nothing here decides about a mail; [`super::register`] does.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, LazyLock};

use serde::Deserialize;
use toml::Spanned;

use super::words::words;
use crate::detect::{Category, Severity};

const FILE: &str = "builtin:exceptions.toml";
const TEXT: &str = include_str!("../../patterns/exceptions.toml");
/// Whose law it may be.
const COUNTRIES: [&str; 2] = ["no", "se"];
/// Word for a code that one person may use whatever the severity.
const NEVER: &str = "never";
/// Longest time until what opened the channel is looked at: three days.
const MAX_REVIEW_HOURS: u32 = 72;

words! {
    /// Who names a code.
    pub enum Role {
        Sender = "sender",
        Reviewer = "reviewer",
    }
}

words! {
    /// What a code opens.
    pub enum Opens {
        /// The information may reach these recipients.
        Secrecy = "secrecy",
        /// It may leave to a mailbox without two-factor login.
        Channel = "channel",
    }
}

words! {
    /// Kinds of recipients that a code can demand. Which addresses they are, a [`super::Route`] says.
    pub enum RecipientKind {
        ChildProtection = "child-protection",
        Correctional = "correctional",
        Police = "police",
        Prosecutor = "prosecutor",
        Supervisory = "supervisory",
    }
}

words! {
    /// What has to be documented before a code holds.
    pub enum Need {
        Approval = "approval",
        ChildAge = "child-age",
        Date = "date",
        Decision = "decision",
        /// Where it is documented: a case reference, never content.
        Documented = "documented",
        LegalBasis = "legal-basis",
        /// Whether the manager was asked.
        Manager = "manager",
        Offence = "offence",
        Reason = "reason",
        ReceivedBy = "received-by",
        Scope = "scope",
    }
}

/// What somebody has documented. An empty text is none.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Documented(BTreeMap<Need, String>);

impl Documented {
    pub fn with(mut self, need: Need, text: &str) -> Self {
        let text = text.trim();
        if !text.is_empty() {
            self.0.insert(need, text.to_owned());
        }
        self
    }

    pub fn get(&self, need: Need) -> Option<&str> {
        self.0.get(&need).map(String::as_str)
    }
}

/// Prints what is there, never the texts.
impl fmt::Debug for Documented {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys().map(|need| need.as_str())).finish()
    }
}

/// A text in one or more of the four languages.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    sv: Option<String>,
    nb: Option<String>,
    nn: Option<String>,
    en: Option<String>,
}

impl Texts {
    /// In this language (`sv`, `nb`, `nn`, `en`), else in its nearest neighbour that is there.
    pub fn in_language(&self, language: &str) -> &str {
        let order = match language {
            "sv" => [&self.sv, &self.nb, &self.nn, &self.en],
            "nb" => [&self.nb, &self.nn, &self.sv, &self.en],
            "nn" => [&self.nn, &self.nb, &self.sv, &self.en],
            _ => [&self.en, &self.nb, &self.sv, &self.nn],
        };
        order.into_iter().flatten().next().map_or("", String::as_str)
    }

    fn is_empty(&self) -> bool {
        let mut texts = [&self.sv, &self.nb, &self.nn, &self.en].into_iter().flatten().peekable();
        texts.peek().is_none() || texts.any(|text| text.trim().is_empty())
    }
}

/// A kind of crime that a code asks for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offence {
    pub id: String,
    pub name: Texts,
}

/// One code.
#[derive(Clone, Debug)]
pub struct Exception {
    /// `EX-CONSENT`
    pub id: String,
    /// File and line, for faults that show only beside other files.
    pub place: String,
    pub name: Texts,
    /// One sentence.
    pub meaning: Texts,
    /// Keys of the provisions behind it.
    pub provisions: Vec<String>,
    /// Empty for what only detection decides.
    pub who: Vec<Role>,
    pub needs: Vec<Need>,
    pub offences: Vec<Offence>,
    /// A stated age must be below it.
    pub child_under: Option<u8>,
    pub opens: Vec<Opens>,
    /// It rests on somebody's consent.
    pub consent: bool,
    /// Empty: any recipient.
    pub recipients: Vec<RecipientKind>,
    /// Empty: every category.
    pub categories: Vec<Category>,
    /// `no`, `se`; empty: both.
    pub countries: Vec<String>,
    pub not_for_profiles: Vec<String>,
    /// Detection decides it; nobody names it.
    pub automatic: bool,
    /// It cannot wait.
    pub urgent: bool,
    /// From this severity a second person has to agree; `None`: never.
    pub four_eyes_from: Option<Severity>,
    /// Somebody looks at each use within so many hours.
    pub review_within_hours: Option<u32>,
}

impl Exception {
    pub fn may_be_used_by(&self, role: Role) -> bool {
        self.who.contains(&role)
    }

    pub fn opens(&self, what: Opens) -> bool {
        self.opens.contains(&what)
    }

    /// What is still to be documented, in the order of the code's needs. An offence that is not of the list and an
    /// age that is not below the limit count as missing.
    pub fn missing(&self, documented: &Documented) -> Vec<&'static str> {
        let there = |need: Need| {
            documented.get(need).is_some_and(|text| match need {
                Need::Offence => self.offences.iter().any(|offence| offence.id == text),
                Need::ChildAge => self.child_under.is_none_or(|limit| text.parse::<u8>().is_ok_and(|age| age < limit)),
                _ => true,
            })
        };
        self.needs.iter().copied().filter(|need| !there(*need)).map(Need::as_str).collect()
    }

    /// Whether a unit of this profile may use it. `profile` is an id as `se.social`, whose beginning tells the
    /// country; of a profile without one both countries' law is possible.
    pub fn is_for_profile(&self, profile: &str) -> bool {
        let country = profile.split('.').next().filter(|word| COUNTRIES.contains(word));
        let ours = country.is_none_or(|c| self.countries.is_empty() || self.countries.iter().any(|own| own == c));
        ours && !self.not_for_profiles.iter().any(|p| p == profile)
    }

    /// Whether this severity asks for a second person.
    pub fn needs_four_eyes(&self, severity: Severity) -> bool {
        self.four_eyes_from.is_some_and(|from| severity >= from)
    }
}

/// What is wrong with a file of codes; whose fault: who wrote it. Names file, line and code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}{}: {reason}", Line(*line))]
pub struct ExceptionError {
    pub file: String,
    /// 1-based; 0: the file as a whole.
    pub line: usize,
    pub reason: String,
}

struct Line(usize);

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 { Ok(()) } else { write!(f, ":{}", self.0) }
    }
}

/// All codes by id.
#[derive(Clone, Debug)]
pub struct Exceptions(BTreeMap<String, Arc<Exception>>);

static SHIPPED: LazyLock<Result<Exceptions, ExceptionError>> =
    LazyLock::new(|| Exceptions(BTreeMap::new()).with(FILE, TEXT));

impl Exceptions {
    /// Those compiled in.
    pub fn builtin() -> Self {
        // The file is part of the binary, and a test parses it.
        match &*SHIPPED {
            Ok(exceptions) => exceptions.clone(),
            Err(error) => unreachable!("{error}"),
        }
    }

    /// Adds the codes of a file; one with a known id replaces that code. `file` is its name, for errors.
    pub fn with(mut self, file: &str, text: &str) -> Result<Self, ExceptionError> {
        let mut added = BTreeMap::new();
        for (line, exception) in parse(file, text)? {
            let id = exception.id.clone();
            if added.insert(id.clone(), Arc::new(exception)).is_some() {
                return Err(ExceptionError { file: file.into(), line, reason: format!("{id} stands twice") });
            }
        }
        self.0.extend(added);
        Ok(self)
    }

    pub fn get(&self, id: &str) -> Option<&Arc<Exception>> {
        self.0.get(id)
    }

    /// In the order of their ids.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Exception>> {
        self.0.values()
    }

    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// A file as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: u32,
    exception: Vec<Spanned<WrittenException>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenException {
    id: String,
    name: Texts,
    meaning: Texts,
    provisions: Vec<String>,
    #[serde(default)]
    who: Vec<String>,
    #[serde(default)]
    needs: Vec<String>,
    #[serde(default)]
    offences: Vec<Offence>,
    child_under: Option<u8>,
    lifts: Vec<String>,
    #[serde(default)]
    consent: bool,
    #[serde(default)]
    recipients: Vec<String>,
    #[serde(default)]
    categories: Vec<String>,
    #[serde(default)]
    countries: Vec<String>,
    #[serde(default)]
    not_for_profiles: Vec<String>,
    #[serde(default)]
    automatic: bool,
    #[serde(default)]
    urgent: bool,
    four_eyes_from: Option<String>,
    review_within_hours: Option<u32>,
}

/// The codes of a file, each with its line.
fn parse(file: &str, text: &str) -> Result<Vec<(usize, Exception)>, ExceptionError> {
    let line_at = |at: usize| text.get(..at).unwrap_or_default().matches('\n').count().saturating_add(1);
    let written: Written = toml::from_str(text).map_err(|error| ExceptionError {
        file: file.into(),
        line: error.span().map_or(0, |span| line_at(span.start)),
        reason: error.message().lines().collect::<Vec<_>>().join("; "),
    })?;
    if written.version == 0 {
        return Err(ExceptionError { file: file.into(), line: 0, reason: "version is a number from 1".into() });
    }
    let mut out = Vec::with_capacity(written.exception.len());
    for spanned in written.exception {
        let line = line_at(spanned.span().start);
        let written = spanned.into_inner();
        let id = written.id.clone();
        let exception = written.mean(format!("{file}:{line}")).map_err(|reason| ExceptionError {
            file: file.into(),
            line,
            reason: format!("exception {id:?}: {reason}"),
        })?;
        out.push((line, exception));
    }
    Ok(out)
}

impl WrittenException {
    /// `Err`: what is wrong with it.
    fn mean(self, place: String) -> Result<Exception, String> {
        let shape = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-';
        if !self.id.strip_prefix("EX-").is_some_and(|rest| !rest.is_empty() && rest.chars().all(shape)) {
            return Err("an id is EX- and capital letters, digits or hyphens".into());
        }
        for (key, texts) in [("name", &self.name), ("meaning", &self.meaning)] {
            if texts.is_empty() {
                return Err(format!("{key} has no text in sv, nb, nn or en, or an empty one"));
            }
        }
        if let Some(country) = self.countries.iter().find(|c| !COUNTRIES.contains(&c.as_str())) {
            return Err(format!("countries has {country:?}; allowed: {}", COUNTRIES.join(", ")));
        }
        let four_eyes_from = match self.four_eyes_from.as_deref() {
            None => Some(Severity::Critical),
            Some(NEVER) => None,
            Some(word) => Some(Severity::from_word(word).filter(|s| *s > Severity::None).ok_or_else(|| {
                format!("four_eyes_from has {word:?}; allowed: low, medium, high, critical, {NEVER}")
            })?),
        };
        let exception = Exception {
            who: list("who", &self.who, Role::ALL, Role::as_str)?,
            needs: list("needs", &self.needs, Need::ALL, Need::as_str)?,
            opens: list("lifts", &self.lifts, Opens::ALL, Opens::as_str)?,
            recipients: list("recipients", &self.recipients, RecipientKind::ALL, RecipientKind::as_str)?,
            categories: list("categories", &self.categories, &Category::ALL, Category::as_str)?,
            id: self.id,
            place,
            name: self.name,
            meaning: self.meaning,
            provisions: self.provisions,
            offences: self.offences,
            child_under: self.child_under,
            consent: self.consent,
            countries: self.countries,
            not_for_profiles: self.not_for_profiles,
            automatic: self.automatic,
            urgent: self.urgent,
            four_eyes_from,
            review_within_hours: self.review_within_hours,
        };
        exception.fault().map_or(Ok(exception), |reason| Err(reason.into()))
    }
}

impl Exception {
    /// What of it contradicts the rest, or the rules of the house.
    fn fault(&self) -> Option<&'static str> {
        let asks = |need| self.needs.contains(&need);
        let channel = self.opens(Opens::Channel);
        [
            (self.provisions.is_empty(), "provisions names none: which law opens it?"),
            (self.opens.is_empty(), "lifts names nothing"),
            (self.automatic != self.who.is_empty(), "who names nobody, or somebody names what is automatic"),
            (!self.automatic && self.needs.is_empty(), "needs names nothing: every use must be documented"),
            (
                channel && self.consent,
                "lifts the channel by consent: nobody can consent to a mailbox without two factors",
            ),
            (channel && self.automatic, "lifts the channel by itself"),
            (channel && self.review_within_hours.is_none(), "lifts the channel without review_within_hours"),
            (
                self.review_within_hours.is_some_and(|hours| hours == 0 || hours > MAX_REVIEW_HOURS),
                "review_within_hours is a number from 1 to 72",
            ),
            (asks(Need::Offence) == self.offences.is_empty(), "needs offence and offences go together"),
            (asks(Need::ChildAge) != self.child_under.is_some(), "needs child-age and child_under go together"),
        ]
        .into_iter()
        .find_map(|(wrong, reason)| wrong.then_some(reason))
    }
}

fn list<T: Copy>(key: &str, written: &[String], all: &[T], as_str: fn(T) -> &'static str) -> Result<Vec<T>, String> {
    let word = |text: &String| {
        all.iter().copied().find(|v| as_str(*v) == text).ok_or_else(|| {
            let allowed: Vec<&str> = all.iter().map(|v| as_str(*v)).collect();
            format!("{key} has {text:?}; allowed: {}", allowed.join(", "))
        })
    };
    written.iter().map(word).collect()
}

#[cfg(test)]
#[path = "exception_tests.rs"]
mod tests;
