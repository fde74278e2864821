//! What a code asks to be documented, as fields of a form, and what was typed into them.

use std::collections::BTreeMap;

use crate::console::form::Fields;
use crate::console::texts::Texts;
use crate::notice::Language;
use crate::policy::{Documented, Exception, Need};

/// Characters of one field.
const LONGEST: usize = 300;

/// A field of a form.
pub struct Field {
    pub name: &'static str,
    pub label: String,
    /// Of HTML: `text`, `date`, `number`.
    pub kind: &'static str,
    /// More than a line.
    pub long: bool,
    /// Words and names to choose from; empty: it is typed.
    pub choices: Vec<(String, String)>,
    pub value: String,
    /// It was sent without this, or with something that will not do.
    pub missing: bool,
}

/// A code as a page shows it.
pub struct Code {
    pub id: String,
    pub name: String,
    pub meaning: String,
    pub href: String,
}

impl Code {
    pub fn of(code: &Exception, language: Language, href: String) -> Self {
        let (name, meaning) = (&code.name, &code.meaning);
        Code {
            id: code.id.clone(),
            name: name.in_language(language.as_str()).to_owned(),
            meaning: meaning.in_language(language.as_str()).to_owned(),
            href,
        }
    }
}

/// What was typed for the code's needs: one line each, nothing that steers a terminal.
pub fn typed(code: &Exception, fields: &Fields) -> BTreeMap<String, String> {
    let line = |text: &str| -> String {
        let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST);
        plain.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let needs = asked(code).into_iter().map(|need| need.as_str());
    let given = needs.filter_map(|need| Some((need.to_owned(), line(fields.get(need)?))));
    given.filter(|(_, text)| !text.is_empty()).collect()
}

/// Words of what is missing or will not do.
pub fn missing(code: &Exception, typed: &BTreeMap<String, String>) -> Vec<&'static str> {
    let documented = asked(code).into_iter().fold(Documented::default(), |documented, need| {
        documented.with(need, typed.get(need.as_str()).map_or("", String::as_str))
    });
    let mut missing = code.missing(&documented);
    if documented.get(Need::Reason).is_none() && !missing.contains(&Need::Reason.as_str()) {
        missing.push(Need::Reason.as_str());
    }
    missing
}

/// The fields for a code; `typed`: again, with what had been typed.
pub fn fields(
    code: &Exception,
    texts: &Texts,
    language: Language,
    typed: Option<&BTreeMap<String, String>>,
) -> Vec<Field> {
    let missing = typed.map_or_else(Vec::new, |typed| missing(code, typed));
    let field = |need: Need| Field {
        name: need.as_str(),
        label: texts.need.get(need.as_str()).cloned().unwrap_or_else(|| need.as_str().to_owned()),
        kind: match need {
            Need::Date => "date",
            Need::ChildAge => "number",
            _ => "text",
        },
        long: matches!(need, Need::Reason | Need::Scope),
        choices: match need {
            Need::Offence => {
                let choice = |offence: &crate::policy::exception::Offence| {
                    (offence.id.clone(), offence.name.in_language(language.as_str()).to_owned())
                };
                code.offences.iter().map(choice).collect()
            }
            _ => Vec::new(),
        },
        value: typed.and_then(|typed| typed.get(need.as_str())).cloned().unwrap_or_default(),
        missing: missing.contains(&need.as_str()),
    };
    asked(code).into_iter().map(field).collect()
}

/// Its needs, and always a reason: a person has to understand it.
fn asked(code: &Exception) -> Vec<Need> {
    let mut needs = code.needs.clone();
    if !needs.contains(&Need::Reason) {
        needs.push(Need::Reason);
    }
    needs
}

/// As the record has it: the reason first, then what else is documented.
pub fn reason(typed: &BTreeMap<String, String>) -> String {
    let others = typed.iter().filter(|(need, _)| *need != Need::Reason.as_str());
    let others = others.map(|(need, text)| format!("{need}={text}"));
    typed.get(Need::Reason.as_str()).cloned().into_iter().chain(others).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Exceptions;

    fn typed_of(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(need, text)| ((*need).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn a_code_asks_for_what_it_needs_and_a_reason() {
        let codes = Exceptions::builtin();
        let parent = codes.get("EX-PARENT").unwrap();
        let words: Vec<&str> = asked(parent).into_iter().map(Need::as_str).collect();
        assert_eq!(words, ["reason", "date", "documented", "child-age"]);
        let full = [("reason", "avtalt"), ("date", "2026-05-01"), ("documented", "BUV 2026/17"), ("child-age", "9")];
        assert!(missing(parent, &typed_of(&full)).is_empty());
        let grown = [("reason", "avtalt"), ("date", "2026-05-01"), ("documented", "BUV 2026/17"), ("child-age", "16")];
        assert_eq!(missing(parent, &typed_of(&grown)), ["child-age"], "not a child of the law");
        assert_eq!(missing(parent, &typed_of(&[])).len(), 4);
        let consent = codes.get("EX-CONSENT").unwrap();
        assert!(missing(consent, &typed_of(&[])).contains(&"reason"), "always");
        assert_eq!(reason(&typed_of(&full)), "avtalt; child-age=9; date=2026-05-01; documented=BUV 2026/17");
    }
}
