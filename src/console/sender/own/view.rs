//! What the pages after a sign-in show: masked, in words.

use askama::Template;

use crate::console::documented::{Code, Field};
use crate::console::form::Form;
use crate::console::page::Page;
use crate::console::sender::view::Facts;
use crate::console::texts::{Texts, filled};
use crate::notice::words::{Words, shown};
use crate::quarantine::{Evidence, MaskedFinding};

/// Findings of one copy that are shown.
const SHOWN: usize = 40;
/// Characters of what is shown of one.
const SHOWN_CHARS: usize = 120;

/// One copy of the mail.
pub struct Copy {
    pub recipients: Vec<String>,
    pub findings: Vec<Finding>,
    /// How many are not shown.
    pub more: Option<String>,
    /// What could not be read, and why.
    pub unread: Vec<String>,
}

pub struct Finding {
    pub what: String,
    pub masked: String,
    pub place: String,
    pub rule: String,
}

impl Copy {
    pub fn of(evidence: &Evidence, texts: &Texts, words: &Words) -> Self {
        let all = || evidence.findings.iter();
        // What was only seen beside it is no news to whoever wrote it.
        let any = all().any(|finding| finding.counted);
        let findings: Vec<&MaskedFinding> = all().filter(|finding| finding.counted || !any).collect();
        let more = findings.len().saturating_sub(SHOWN);
        let unread = evidence.uninspectable.iter().map(|part| {
            let why = words.unreadable(std::slice::from_ref(&part.reason)).unwrap_or_else(|| part.reason.clone());
            match &part.name {
                Some(name) => format!("{}: {why}", shown(name)),
                None => why,
            }
        });
        Copy {
            recipients: evidence.recipients.iter().map(|address| shown(address)).collect(),
            findings: findings.into_iter().take(SHOWN).map(|finding| Finding::of(finding, texts, words)).collect(),
            more: (more > 0).then(|| filled(&texts.own.more, &[("n", &more.to_string())])),
            unread: unread.collect(),
        }
    }
}

impl Finding {
    fn of(finding: &MaskedFinding, texts: &Texts, words: &Words) -> Self {
        let own = &texts.own;
        let place = match finding.place_of_find.as_str() {
            "body" | "html" => &own.body,
            "quote" => &own.quote,
            "subject" => &own.subject,
            "filename" => &own.filename,
            "attachment" => &own.attachment,
            _ => &own.header,
        };
        let category = || words.categories(std::slice::from_ref(&finding.category)).unwrap_or(finding.category.clone());
        let written = |text: &Option<String>| text.as_deref().map(shown);
        let parts = [Some(place.clone()), written(&finding.name), written(&finding.place)];
        Finding {
            what: own.kinds.get(&finding.rule).cloned().unwrap_or_else(category),
            masked: finding.masked.chars().take(SHOWN_CHARS).collect(),
            place: parts.into_iter().flatten().collect::<Vec<_>>().join(", "),
            rule: finding.rule.clone(),
        }
    }
}

#[derive(Template)]
#[template(path = "account/sign_in.html")]
pub struct SignInPage<'p> {
    pub page: Page<'p>,
    pub texts: &'p Texts,
    pub facts: Facts,
    pub form: Form,
    pub address: String,
    pub problem: Option<String>,
}

#[derive(Template)]
#[template(path = "account/not_yours.html")]
pub struct NotYours<'p> {
    pub page: Page<'p>,
    pub texts: &'p Texts,
    pub facts: Facts,
    pub not_yours: String,
    pub signed_in: String,
    pub out: Form,
}

#[derive(Template)]
#[template(path = "sender/own.html")]
pub struct OwnPage<'p> {
    pub page: Page<'p>,
    pub texts: &'p Texts,
    pub facts: Facts,
    /// Something could be opened here.
    pub opens: bool,
    pub copies: Vec<Copy>,
    /// What is under way.
    pub standing: Vec<String>,
    pub exception: bool,
    pub at_once: bool,
    /// A returned mail can be fetched; until when.
    pub fetch: Option<String>,
    pub fetched: Vec<String>,
    pub fetching: Form,
    pub signed_in: String,
    pub out: Form,
}

#[derive(Template)]
#[template(path = "sender/exceptions.html")]
pub struct Exceptions<'p> {
    pub page: Page<'p>,
    pub texts: &'p Texts,
    pub facts: Facts,
    pub codes: Vec<Code>,
}

#[derive(Template)]
#[template(path = "sender/exception.html")]
pub struct ExceptionPage<'p> {
    pub page: Page<'p>,
    pub texts: &'p Texts,
    pub facts: Facts,
    pub code: Code,
    pub fields: Vec<Field>,
    pub incomplete: bool,
    pub form: Form,
}

/// A route that is open to the mail.
pub struct WayAtOnce {
    pub id: String,
    pub code: Code,
    pub href: String,
    pub body: String,
    pub recipients: String,
    /// Some recipients do not get it.
    pub others: bool,
    pub fields: Vec<Field>,
}

#[derive(Template)]
#[template(path = "sender/at_once.html")]
pub struct AtOncePage<'p> {
    pub page: Page<'p>,
    pub texts: &'p Texts,
    pub facts: Facts,
    pub open: Vec<WayAtOnce>,
    pub incomplete: bool,
    pub form: Form,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::console::texts::PageTexts;
    use crate::notice::{self, Language};

    fn shown(findings: &[(&str, &str, Option<bool>)]) -> Vec<String> {
        let findings: Vec<_> = findings
            .iter()
            .map(|(category, rule, counted)| {
                let mut finding = json!({
                    "category": category, "kind": "k", "strength": "strong", "where": "body", "zone": "new",
                    "part": "1", "name": null, "place": null, "start": 0, "end": 4, "masked": "••••", "rule": rule,
                });
                if let (Some(counted), Some(object)) = (counted, finding.as_object_mut()) {
                    object.insert("counted".to_owned(), json!(counted));
                }
                finding
            })
            .collect();
        let notice = json!({
            "kind": "held", "language": "en", "to": [], "recipients": [], "reached": [], "others": false,
            "categories": [], "places": [], "unreadable": [], "reference": null, "urgent": false, "unit": "social",
            "at": "2026-05-04T10:00:00Z", "days": 14,
        });
        let evidence = json!({
            "sender": "", "recipients": [], "findings": findings, "uninspectable": [], "notice": notice,
            "reviewers": [],
        });
        let evidence: Evidence = serde_json::from_value(evidence).unwrap();
        let (pages, words) = (PageTexts::builtin().unwrap(), notice::Texts::builtin().unwrap());
        let (texts, words) = (pages.of(Language::En).unwrap(), &words.edition(Language::En).unwrap().words);
        Copy::of(&evidence, texts, words).findings.into_iter().map(|finding| finding.what).collect()
    }

    #[test]
    fn a_sender_sees_what_the_verdict_rests_on_by_its_name() {
        let (role, health) = (("person", "person.role"), ("health", "health.mental"));
        assert_eq!(shown(&[(role.0, role.1, Some(true)), (health.0, health.1, Some(true))]), ["role", "health"]);
        assert_eq!(shown(&[(role.0, role.1, Some(false)), (health.0, health.1, Some(true))]), ["health"]);
        // Of earlier versions it is not known, and of a mail held for another reason nothing may have counted.
        assert_eq!(shown(&[(role.0, role.1, None), (health.0, health.1, None)]), ["role", "health"]);
        assert_eq!(shown(&[(role.0, role.1, Some(false))]), ["role"]);
    }
}
