//! What stands on a line of a list: terms, regular expressions, words of two senses.

use super::error::Fault;
use super::format::list_id;
use super::language::Language;
use super::purpose::{NameList, OwnList, Use};

/// Characters of one term.
pub const MAX_TERM: usize = 80;
/// Spellings one term may stand for through `/`.
pub const MAX_SPELLINGS: usize = 64;
/// Bytes of one regular expression.
const MAX_REGEX: usize = 500;
/// Fewest digits of a telephone number, or of the beginning of a series.
const MIN_PHONE: usize = 5;

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
    pub line: usize,
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

/// `sv: rest`
pub fn tagged(rest: &str) -> Result<(Language, &str), Fault> {
    let (tag, text) = rest.split_once(':').ok_or_else(|| Fault::UnknownLanguage(rest.to_owned()))?;
    let language = Language::from_word(tag.trim()).ok_or_else(|| Fault::UnknownLanguage(tag.trim().to_owned()))?;
    Ok((language, text.trim()))
}

/// A term and its marks, held against what the list's use allows.
pub fn term(written: &str, language: Language, of: Option<Use>, line: usize) -> Result<Term, Fault> {
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
    let must = |must| Err(Fault::BadTerm { term: written.to_owned(), must });
    let letters = text.chars().any(char::is_alphabetic);
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    match of {
        None | Some(Use::Terms(_)) if length < 2 || !letters => return Err(Fault::TermTooShort(text.to_owned())),
        None | Some(Use::Terms(_)) => {}
        Some(Use::Label(_)) if !letters => return must("a word; it may begin or end with `*`"),
        Some(Use::Names(NameList::SurnameEnding)) if length < 3 || !text.chars().all(char::is_alphabetic) => {
            return must("three letters or more, and nothing but letters");
        }
        Some(Use::Names(NameList::SurnameEnding)) => {}
        Some(Use::Names(_)) if !text.starts_with(char::is_uppercase) || length < 2 => {
            return must("a name that begins with a capital letter");
        }
        Some(Use::Names(NameList::Given | NameList::Surname | NameList::Ambiguous)) if text.contains(' ') => {
            return must("one name, without a blank");
        }
        Some(Use::Street) if text.contains(' ') || length < 3 => return must("one word of three letters or more"),
        Some(Use::Own(OwnList::Address)) if digits == 0 || !letters => return must("a street and a number"),
        Some(Use::Own(OwnList::Phone)) if letters || digits < MIN_PHONE => {
            return must("a telephone number, or the first five digits or more of a series and `*`");
        }
        Some(Use::Own(OwnList::Mailbox)) if text.contains(' ') || !letters => {
            return must("a mailbox, like name.surname or name@kommun.example");
        }
        Some(Use::PrivateDomain) if !text.contains('.') || text.contains(['@', ' ']) => {
            return must("a domain, like mail.example");
        }
        Some(_) => {}
    }
    let allowed = match of {
        None | Some(Use::Terms(_)) => "~!*=",
        Some(Use::Label(_)) => "~*",
        Some(Use::Own(OwnList::Phone)) => "*",
        Some(_) => "",
    };
    if marks.contains(|mark| !allowed.contains(mark)) {
        return must(if allowed.is_empty() { "without marks" } else { "without this mark" });
    }
    let weight = match (marks.contains('!'), marks.contains('~')) {
        (true, _) => Weight::Strong,
        (false, true) => Weight::Ambiguous,
        (false, false) => Weight::Plain,
    };
    let (open, exact) = (marks.contains('*'), marks.contains('='));
    Ok(Term { language, text: text.to_owned(), weight, open, exact, line })
}

/// `nb room: \brom [0-9]+`
pub fn expression(rest: &str, line: usize) -> Result<Expression, Fault> {
    let (head, source) = rest.split_once(':').ok_or_else(|| Fault::UnknownLanguage(rest.to_owned()))?;
    let (language, id) = expression_id(head)?;
    let source = source.trim();
    if source.is_empty() || source.len() > MAX_REGEX {
        let reason = format!("must have 1 to {MAX_REGEX} bytes");
        return Err(Fault::BadRegex { id, reason });
    }
    Ok(Expression { language, id, source: source.to_owned(), line })
}

/// `nb room`
pub fn expression_id(head: &str) -> Result<(Language, String), Fault> {
    let (tag, id) = head.split_once(' ').unwrap_or((head, ""));
    let language = Language::from_word(tag).ok_or_else(|| Fault::UnknownLanguage(tag.to_owned()))?;
    Ok((language, list_id(id.trim())?))
}

/// `sv: word/word | sense | innocent, cues | personal, cues`
pub fn ambiguity(rest: &str) -> Result<Ambiguity, Fault> {
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
