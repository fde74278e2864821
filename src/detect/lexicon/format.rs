//! The pattern file: what a lawyer or superuser writes, parsed into a [`List`].
//!
//! ```text
//! # what the list holds
//! list health.mental        its id; a file of the same id in another folder replaces it
//! version 3
//! category health           or: purpose casework-role | casework-phrase | urgent | general | ...
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
//! Terms are base forms split by `;`. A word with slashes stands for each of its alternatives. Marks
//! after a term: `~` ambiguous, `!` strong, `*` any continuation of the word, `=` exactly this form.
//! A term all in capitals is matched in capitals only. A `regex` is matched against the folded text
//! (see `fold`): no case, one blank for any white space, å ä æ as a, ö ø as o.

use super::error::{Fault, PatternError};
use super::language::Language;
use crate::detect::Category;

/// Bytes of one file.
pub const MAX_FILE: usize = 4 * 1024 * 1024;
/// Characters of one term.
pub const MAX_TERM: usize = 80;
/// Spellings one term may stand for through `/`.
pub const MAX_SPELLINGS: usize = 64;
/// Bytes of one regular expression.
const MAX_REGEX: usize = 500;

/// What a list is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Personal circumstances of the category.
    Circumstance(Category),
    /// Nouns for the person a case is about, without a name (`den enskilde`, `tjenestemottakeren`).
    CaseworkRole,
    /// The writer is handling somebody's case.
    CaseworkPhrase,
    /// Words in the name of a unit that handles cases.
    CaseworkUnit,
    /// To the top of the queue.
    Urgent,
    /// Words of statistics, law, teaching, recruitment and administration.
    General,
    /// The text says that it is invented, anonymous or an example.
    Hypothetical,
    /// Circumstances of groups: `personer med`, `barn med`.
    Collective,
    /// The person is a child.
    Child,
    /// Someone in a public office, or long dead, or a figure of a book.
    Public,
    /// Times nobody living remembers.
    Past,
    /// Animals and things that fall ill, die and are treated too.
    NotHuman,
    /// Idioms and greetings: a circumstance inside one is none.
    Harmless,
    /// Words with an innocent sense, `amb` lines only.
    Ambiguous,
    /// The commonest words of a language, to tell languages apart.
    Function,
}

impl Purpose {
    fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "casework-role" => Purpose::CaseworkRole,
            "casework-phrase" => Purpose::CaseworkPhrase,
            "casework-unit" => Purpose::CaseworkUnit,
            "urgent" => Purpose::Urgent,
            "general" => Purpose::General,
            "hypothetical" => Purpose::Hypothetical,
            "collective" => Purpose::Collective,
            "child" => Purpose::Child,
            "public" => Purpose::Public,
            "past" => Purpose::Past,
            "not-human" => Purpose::NotHuman,
            "harmless" => Purpose::Harmless,
            "ambiguous" => Purpose::Ambiguous,
            "function" => Purpose::Function,
            _ => return None,
        })
    }
}

/// How much a term says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Weight {
    /// `~`
    Ambiguous,
    Plain,
    /// `!`
    Strong,
}

#[derive(Clone, Debug)]
pub struct Term {
    pub language: Language,
    /// As written, without marks.
    pub text: String,
    pub weight: Weight,
    /// `*`
    pub open: bool,
    /// `=`
    pub exact: bool,
}

#[derive(Clone, Debug)]
pub struct Expression {
    pub language: Language,
    pub id: String,
    pub source: String,
    pub line: usize,
}

/// One word of two senses; cues are folded beginnings of words.
#[derive(Clone, Debug)]
pub struct Ambiguity {
    pub language: Language,
    pub words: Vec<String>,
    pub innocent: Vec<String>,
    pub personal: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct Example {
    pub text: String,
    pub matches: bool,
    pub line: usize,
}

#[derive(Clone, Debug)]
pub struct List {
    pub id: String,
    pub version: u32,
    pub purpose: Purpose,
    /// Whether its terms are found inside compounds; `compounds off` for lists of verbs and phrases.
    pub compounds: bool,
    /// For messages.
    pub file: String,
    pub terms: Vec<Term>,
    pub expressions: Vec<Expression>,
    pub ambiguities: Vec<Ambiguity>,
    pub examples: Vec<Example>,
}

/// Parses one pattern file. The first fault found is returned.
pub fn parse(file: &str, source: &str) -> Result<List, PatternError> {
    let fail = |line, fault| PatternError { file: file.to_owned(), line, fault };
    if source.len() > MAX_FILE {
        return Err(fail(0, Fault::FileTooLarge { limit: MAX_FILE }));
    }
    let (mut id, mut version, mut purpose, mut compounds) = (None, None, None, true);
    let (mut terms, mut expressions, mut ambiguities, mut examples) = (vec![], vec![], vec![], vec![]);
    for (index, raw) in source.lines().enumerate() {
        let number = index.saturating_add(1);
        let line = raw.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (word, rest) = line.split_once([' ', '\t', ':']).unwrap_or((line, ""));
        let at = |fault| fail(number, fault);
        let rest = rest.trim();
        match word {
            "list" => id = Some(list_id(rest).map_err(at)?),
            "version" => {
                let parsed = rest.parse().ok().filter(|v: &u32| *v > 0);
                version = Some(parsed.ok_or_else(|| at(Fault::BadVersion(rest.to_owned())))?);
            }
            "compounds" => {
                compounds = match rest {
                    "on" => true,
                    "off" => false,
                    _ => return Err(at(Fault::BadSwitch(rest.to_owned()))),
                };
            }
            "category" => {
                let category = Category::from_word(rest).ok_or_else(|| at(Fault::UnknownCategory(rest.to_owned())))?;
                purpose = Some(Purpose::Circumstance(category));
            }
            "purpose" => {
                purpose = Some(Purpose::from_word(rest).ok_or_else(|| at(Fault::UnknownPurpose(rest.to_owned())))?);
            }
            "match" | "no_match" => {
                let (_, text) = tagged(rest).map_err(at)?;
                examples.push(Example { text: text.to_owned(), matches: word == "match", line: number });
            }
            "regex" => expressions.push(expression(rest, number).map_err(at)?),
            "amb" => ambiguities.push(ambiguity(rest).map_err(at)?),
            _ => {
                let language = Language::from_word(word).ok_or_else(|| {
                    at(if line.get(word.len()..).is_some_and(|r| r.starts_with(':')) {
                        Fault::UnknownLanguage(word.to_owned())
                    } else {
                        Fault::UnknownDirective(word.to_owned())
                    })
                })?;
                if purpose.is_none() {
                    return Err(at(Fault::MissingHeader("category")));
                }
                for written in rest.trim_end_matches(';').split(';') {
                    terms.push((term(written.trim(), language).map_err(at)?, number));
                }
            }
        }
    }
    let mut seen = std::collections::HashSet::new();
    for (term, line) in &terms {
        if !seen.insert((term.language, term.text.as_str())) {
            return Err(fail(*line, Fault::DuplicateTerm(term.text.clone())));
        }
    }
    Ok(List {
        id: id.ok_or_else(|| fail(0, Fault::MissingHeader("list")))?,
        version: version.ok_or_else(|| fail(0, Fault::MissingHeader("version")))?,
        purpose: purpose.ok_or_else(|| fail(0, Fault::MissingHeader("category")))?,
        compounds,
        file: file.to_owned(),
        terms: terms.into_iter().map(|(t, _)| t).collect(),
        expressions,
        ambiguities,
        examples,
    })
}

fn list_id(word: &str) -> Result<String, Fault> {
    let good = !word.is_empty()
        && word.len() <= MAX_TERM
        && word.split('.').all(|part| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b))
        });
    if good { Ok(word.to_owned()) } else { Err(Fault::BadListId(word.to_owned())) }
}

/// `sv: rest`
fn tagged(rest: &str) -> Result<(Language, &str), Fault> {
    let (tag, text) = rest.split_once(':').ok_or_else(|| Fault::UnknownLanguage(rest.to_owned()))?;
    let language = Language::from_word(tag.trim()).ok_or_else(|| Fault::UnknownLanguage(tag.trim().to_owned()))?;
    Ok((language, text.trim()))
}

fn term(written: &str, language: Language) -> Result<Term, Fault> {
    let text = written.trim_end_matches(['~', '!', '*', '=']);
    let marks = written.get(text.len()..).unwrap_or_default();
    let text = text.trim();
    if text.is_empty() {
        return Err(Fault::EmptyTerm);
    }
    let length = text.chars().count();
    if length > MAX_TERM {
        return Err(Fault::TermTooLong { limit: MAX_TERM });
    }
    if length < 2 || !text.chars().any(char::is_alphabetic) {
        return Err(Fault::TermTooShort(text.to_owned()));
    }
    let weight = match (marks.contains('!'), marks.contains('~')) {
        (true, _) => Weight::Strong,
        (false, true) => Weight::Ambiguous,
        (false, false) => Weight::Plain,
    };
    Ok(Term { language, text: text.to_owned(), weight, open: marks.contains('*'), exact: marks.contains('=') })
}

/// `nb room: \brom [0-9]+`
fn expression(rest: &str, line: usize) -> Result<Expression, Fault> {
    let (head, source) = rest.split_once(':').ok_or_else(|| Fault::UnknownLanguage(rest.to_owned()))?;
    let (tag, id) = head.split_once(' ').unwrap_or((head, ""));
    let language = Language::from_word(tag).ok_or_else(|| Fault::UnknownLanguage(tag.to_owned()))?;
    let (id, source) = (list_id(id.trim())?, source.trim());
    if source.is_empty() || source.len() > MAX_REGEX {
        let reason = format!("must have 1 to {MAX_REGEX} bytes");
        return Err(Fault::BadRegex { id, reason });
    }
    Ok(Expression { language, id, source: source.to_owned(), line })
}

/// `sv: word/word | sense | innocent, cues | personal, cues`
fn ambiguity(rest: &str) -> Result<Ambiguity, Fault> {
    let (language, text) = tagged(rest)?;
    let mut fields = text.split('|').map(str::trim);
    let (Some(words), Some(_sense), Some(innocent), Some(personal), None) =
        (fields.next(), fields.next(), fields.next(), fields.next(), fields.next())
    else {
        return Err(Fault::BadAmbiguity);
    };
    let cues = |field: &str| -> Vec<String> {
        field.split(',').map(|c| c.trim().to_lowercase()).filter(|c| c.chars().count() > 1).collect()
    };
    let words: Vec<String> = words.split('/').map(|w| w.trim().to_lowercase()).filter(|w| !w.is_empty()).collect();
    if words.is_empty() {
        return Err(Fault::BadAmbiguity);
    }
    Ok(Ambiguity { language, words, innocent: cues(innocent), personal: cues(personal) })
}

/// A term's spellings: every choice among the words' slash alternatives, lower case.
pub fn spellings(text: &str) -> Result<Vec<String>, Fault> {
    let mut out = vec![String::new()];
    for word in text.split_whitespace() {
        let choices: Vec<&str> = word.split('/').filter(|c| !c.is_empty()).collect();
        if out.len().saturating_mul(choices.len()) > MAX_SPELLINGS {
            return Err(Fault::TooManySpellings { term: text.to_owned(), limit: MAX_SPELLINGS });
        }
        out = out
            .iter()
            .flat_map(|head| {
                choices.iter().map(move |c| if head.is_empty() { (*c).to_owned() } else { format!("{head} {c}") })
            })
            .collect();
    }
    Ok(out)
}
