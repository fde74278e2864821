//! The pattern file: what a lawyer or superuser writes, parsed into a [`List`].
//!
//! ```text
//! # what the list holds
//! list health.mental        its name
//! version 3
//! category health           or: purpose casework-role | general | label-case | own-phone | ...
//! compounds off             terms are whole words only; without the line they are on
//!
//! sv: ångest; depression~; hör/hörde/hört röster; missbruk*
//! nb: angst; depresjon~
//! regex nb room: \brom (nr\.? ?)?[0-9]{1,3}\b
//! amb sv: depression | weather low | ekonomisk, lågtryck | diagnos, hon
//! match sv: Hon har haft ångest sedan i våras.
//! no_match sv: Fåglarna flyger söderut.
//! ```
//!
//! In place of `category` a list may say `extends health.mental`: its terms join that list, and
//! `remove sv: ångest` takes terms from it.
//!
//! Terms are base forms split by `;`. A word with slashes stands for each of its alternatives. Marks
//! after a term: `~` ambiguous, `!` strong, `*` any continuation of the word, `=` exactly this form.
//! A term all in capitals is matched in capitals only. A `regex` is matched against the folded text
//! (see `fold`): no case, one blank for any white space, å ä æ as a, ö ø as o.

use std::collections::HashSet;

use super::error::{Fault, Faults};
use super::language::Language;
use super::purpose::{Purpose, Use};
use super::term::{Ambiguity, Expression, MAX_TERM, Term, ambiguity, expression, expression_id, tagged, term};
use crate::detect::Category;

#[derive(Clone, Debug)]
pub struct Example {
    pub language: Language,
    pub text: String,
    pub matches: bool,
    pub line: usize,
}

/// A term, or with `regex` an expression, that is taken from the list that this one extends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    pub language: Language,
    /// The term as it stands there, without marks; or the expression's name.
    pub text: String,
    pub regex: bool,
    pub line: usize,
}

/// The list that another extends, and where that is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub id: String,
    pub line: usize,
}

/// One file.
#[derive(Clone, Debug)]
pub struct List {
    pub id: String,
    pub version: u32,
    /// None of a list that extends another, until that one is known.
    pub of: Option<Use>,
    /// The list that this one adds to and takes from.
    pub extends: Option<Target>,
    pub removals: Vec<Removal>,
    /// Whether its terms are found inside compounds; `compounds off` for lists of verbs and phrases. None:
    /// not said.
    pub compounds: Option<bool>,
    /// For messages.
    pub file: String,
    /// Where its name stands.
    pub line: usize,
    pub terms: Vec<Term>,
    pub expressions: Vec<Expression>,
    pub ambiguities: Vec<Ambiguity>,
    pub examples: Vec<Example>,
}

impl List {
    /// What a finding's kind is: the list itself, or the one it extends.
    pub fn kind(&self) -> &str {
        self.extends.as_ref().map_or(&self.id, |target| &target.id)
    }

    /// What a finding's rule is: `health.mental@3:14`. It leads whoever tends the list to the line, and
    /// tells nobody else what stood in the mail.
    pub fn rule(&self, line: usize) -> String {
        format!("{}@{}:{line}", self.id, self.version)
    }

    /// What the lexicon's terms are for; none of lists that others read.
    pub fn purpose(&self) -> Option<Purpose> {
        match self.of {
            Some(Use::Terms(purpose)) => Some(purpose),
            _ => None,
        }
    }
}

/// Parses one pattern file. All its faults are told, [`super::error::MAX_FAULTS`] at most.
pub fn parse(file: &str, source: &str) -> Result<List, Faults> {
    let mut parser = Parser { file, faults: Faults::default(), list: empty(file), seen: Seen::default() };
    for (index, raw) in source.lines().enumerate() {
        let line = raw.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let number = index.saturating_add(1);
        if let Err(fault) = parser.line(line, number) {
            parser.faults.add(file, number, fault);
        }
        if parser.faults.enough() {
            return Err(parser.faults);
        }
    }
    parser.end()
}

fn empty(file: &str) -> List {
    List {
        id: String::new(),
        version: 0,
        of: None,
        extends: None,
        removals: Vec::new(),
        compounds: None,
        file: file.to_owned(),
        line: 0,
        terms: Vec::new(),
        expressions: Vec::new(),
        ambiguities: Vec::new(),
        examples: Vec::new(),
    }
}

/// What must not stand twice.
#[derive(Default)]
struct Seen {
    terms: HashSet<(Language, String)>,
    expressions: HashSet<String>,
    /// Faults of the head have been told: what follows from them is not told again.
    head_faulty: bool,
}

struct Parser<'a> {
    file: &'a str,
    faults: Faults,
    list: List,
    seen: Seen,
}

impl Parser<'_> {
    fn line(&mut self, line: &str, number: usize) -> Result<(), Fault> {
        if let Some(c) = line.chars().find(|c| is_invisible(*c)) {
            return Err(Fault::Invisible(c));
        }
        let (word, rest) = line.split_once([' ', '\t', ':']).unwrap_or((line, ""));
        let rest = rest.trim();
        match word {
            "list" | "version" | "category" | "purpose" | "extends" | "compounds" => {
                self.head(word, rest, number).inspect_err(|_| self.seen.head_faulty = true)
            }
            "match" | "no_match" => {
                let (language, text) = tagged(rest)?;
                let (text, matches) = (text.to_owned(), word == "match");
                self.list.examples.push(Example { language, text, matches, line: number });
                Ok(())
            }
            "regex" => self.expression(rest, number),
            "amb" => {
                self.of_the_lexicon("amb")?;
                self.list.ambiguities.push(ambiguity(rest)?);
                Ok(())
            }
            "remove" => self.removals(rest, number),
            _ => match Language::from_word(word) {
                Some(language) => self.terms(language, rest, number),
                None if line.get(word.len()..).is_some_and(|r| r.starts_with(':')) => {
                    Err(Fault::UnknownLanguage(word.to_owned()))
                }
                None => Err(Fault::UnknownDirective(word.to_owned())),
            },
        }
    }

    /// The lines that say what list this is; each may stand once, and before the first term.
    fn head(&mut self, word: &str, rest: &str, number: usize) -> Result<(), Fault> {
        let list = &mut self.list;
        match word {
            "list" if !list.id.is_empty() => return Err(Fault::RepeatedHeader("list")),
            "list" => (list.id, list.line) = (list_id(rest)?, number),
            "version" if list.version > 0 => return Err(Fault::RepeatedHeader("version")),
            "version" => {
                let parsed = rest.parse().ok().filter(|v: &u32| *v > 0);
                list.version = parsed.ok_or_else(|| Fault::BadVersion(rest.to_owned()))?;
            }
            "extends" if list.extends.is_some() => return Err(Fault::RepeatedHeader("extends")),
            "extends" => list.extends = Some(Target { id: list_id(rest)?, line: number }),
            "compounds" => {
                list.compounds = Some(match rest {
                    "on" => true,
                    "off" => false,
                    _ => return Err(Fault::BadSwitch(rest.to_owned())),
                });
            }
            _ => {
                let of = match word {
                    "category" => Category::from_word(rest)
                        .filter(|c| c.is_circumstance())
                        .map(|category| Use::Terms(Purpose::Circumstance(category)))
                        .ok_or_else(|| Fault::UnknownCategory(rest.to_owned()))?,
                    _ => Use::from_word(rest).ok_or_else(|| Fault::UnknownPurpose(rest.to_owned()))?,
                };
                if list.of.is_some() {
                    return Err(Fault::RepeatedHeader(if word == "category" { "category" } else { "purpose" }));
                }
                list.of = Some(of);
            }
        }
        Ok(())
    }

    fn terms(&mut self, language: Language, rest: &str, number: usize) -> Result<(), Fault> {
        let list = &mut self.list;
        if list.of.is_none() && list.extends.is_none() {
            // Told once: the first term is where the line is missing.
            return match std::mem::replace(&mut self.seen.head_faulty, true) {
                true => Ok(()),
                false => Err(Fault::MissingHeader("`category`, `purpose` or `extends`")),
            };
        }
        for written in rest.trim_end_matches(';').split(';') {
            let term = term(written.trim(), language, list.of, number)?;
            if !self.seen.terms.insert((language, term.text.clone())) {
                return Err(Fault::DuplicateTerm(term.text));
            }
            list.terms.push(term);
        }
        Ok(())
    }

    fn expression(&mut self, rest: &str, number: usize) -> Result<(), Fault> {
        self.of_the_lexicon("regex")?;
        let expression = expression(rest, number)?;
        if !self.seen.expressions.insert(expression.id.clone()) {
            return Err(Fault::DuplicateRegex(expression.id));
        }
        self.list.expressions.push(expression);
        Ok(())
    }

    /// `remove sv: ångest; oro`, `remove regex nb room`
    fn removals(&mut self, rest: &str, line: usize) -> Result<(), Fault> {
        if self.list.extends.is_none() {
            return Err(Fault::RemovesFromNothing);
        }
        let removals = &mut self.list.removals;
        if let Some(rest) = rest.strip_prefix("regex ") {
            let (language, text) = expression_id(rest.trim().trim_end_matches(':'))?;
            removals.push(Removal { language, text, regex: true, line });
            return Ok(());
        }
        let (language, terms) = tagged(rest)?;
        for written in terms.trim_end_matches(';').split(';') {
            let text = term(written.trim(), language, None, line)?.text;
            removals.push(Removal { language, text, regex: false, line });
        }
        Ok(())
    }

    fn of_the_lexicon(&self, word: &'static str) -> Result<(), Fault> {
        match self.list.of {
            None | Some(Use::Terms(_)) => Ok(()),
            Some(_) => Err(Fault::NotHere(word)),
        }
    }

    fn end(mut self) -> Result<List, Faults> {
        if !self.seen.head_faulty {
            let missing = match &self.list {
                list if list.id.is_empty() => Some("`list`"),
                list if list.version == 0 => Some("`version`"),
                list if list.of.is_none() && list.extends.is_none() => Some("`category`, `purpose` or `extends`"),
                _ => None,
            };
            if let Some(missing) = missing {
                self.faults.add(self.file, 0, Fault::MissingHeader(missing));
            }
        }
        self.faults.none_or()?;
        Ok(self.list)
    }
}

/// A list's name, or an expression's.
pub fn list_id(word: &str) -> Result<String, Fault> {
    let good = !word.is_empty()
        && word.len() <= MAX_TERM
        && word.split('.').all(|part| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b))
        });
    if good { Ok(word.to_owned()) } else { Err(Fault::BadListId(word.to_owned())) }
}

/// What comes along when text is pasted, and keeps a term from ever being found: soft hyphens, joiners,
/// directions, control characters.
fn is_invisible(c: char) -> bool {
    (c.is_control() && c != '\t')
        || matches!(c, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{FFFD}')
}
