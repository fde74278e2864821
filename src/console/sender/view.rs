//! What the templates show: every value in words, none of them more than the link's facts hold.

use askama::Template;
use jiff::Timestamp;

use super::Visit;
use crate::console::form::Form;
use crate::console::page::{Contact, Page};
use crate::console::texts::{Said, Texts, filled};
use crate::notice::{NoticeKind, PlaceWord};
use crate::store::State as MessageState;

/// Of one mail, in the language of the page.
pub struct Facts {
    /// Address of the first page.
    pub base: String,
    pub reference: String,
    pub lead: String,
    pub reached: Option<String>,
    pub others: bool,
    pub why: String,
    /// Nobody but the sender opens it.
    pub private: bool,
    /// It stopped for a fault of the connection, and not for what is in it.
    pub unprotected: bool,
    pub categories: Option<String>,
    pub place: Option<String>,
    /// It stands in the earlier conversation, too.
    pub quoted: bool,
    pub unread: Option<String>,
    pub when: String,
    pub deleted: String,
    pub nothing: String,
    pub remove: String,
    /// How to send it securely where the page cannot.
    pub how: String,
    pub asked: Option<String>,
    pub answer: Option<String>,
    pub urgent: bool,
    /// Some copy is on its way.
    pub going: bool,
    /// Some copy is held, so that something can be done.
    pub open: bool,
    /// It can be sent by a secure channel from here.
    pub secure: bool,
    pub duty_phone: Option<Contact>,
    pub desk: Option<Contact>,
    /// What follows the desk: quote the reference.
    pub quote: String,
}

impl Facts {
    pub fn of(visit: &Visit<'_>) -> Self {
        let (texts, words, facts, settings) = (visit.texts, visit.words, &visit.facts, &visit.pages.settings);
        let said = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        let when = |at: Timestamp| together(&words.when(at.to_zoned(settings.time_zone.clone()).datetime()));
        let reference = visit.copies.first().map_or_else(String::new, |copy| copy.reference.to_string());
        let sent = facts.at.parse().map(when).unwrap_or_default();
        let recipients = |domains: &[String]| {
            words.recipients(domains).map(|domains| filled(&texts.recipients, &[("domains", &domains)]))
        };
        let failed = visit.copies.iter().any(|copy| copy.release_failed);
        let lead = match recipients(&facts.domains) {
            None => filled(&texts.overview.lead_alone, &[("when", &sent)]),
            Some(recipients) => {
                let lead = if failed { &texts.overview.lead_failed } else { &texts.overview.lead };
                filled(lead, &[("when", &sent), ("recipients", &recipients)])
            }
        };
        let expires = visit.held().map(|copy| copy.record.expires_at).min();
        // To the nearest day, as the notice had it; the exact time stands beside it.
        let left = expires.map_or(0, |end| end.duration_since(visit.now).as_hours().saturating_add(12) / 24);
        let days = u32::try_from(left).unwrap_or(0);
        let in_days = words.by_days.get("in_days").map_or_else(String::new, |phrase| phrase.pick(days));
        let categories = words.categories(&facts.categories);
        let how = settings.how_to_secure.get(&facts.unit).cloned();
        let asked = visit.copies.iter().filter_map(|copy| copy.review_asked).min();
        let hours = said(&settings.review_hours);
        Facts {
            base: visit.base(),
            lead,
            reached: recipients(&facts.reached)
                .map(|recipients| filled(&texts.overview.reached, &[("recipients", &recipients)])),
            others: facts.others,
            why: why(visit),
            private: visit.private(),
            unprotected: facts.kind == NoticeKind::HeldUnprotected,
            place: words.places(&facts.places),
            quoted: facts.places.contains(&PlaceWord::Quote),
            unread: words.unreadable(&facts.unreadable),
            nothing: filled(&texts.overview.nothing, &[("in_days", &in_days)]),
            remove: match &categories {
                Some(categories) => filled(&texts.edit.remove, &[("categories", categories)]),
                None => texts.edit.remove_plain.clone(),
            },
            how: match (&facts.secure_tag, said(&how)) {
                (Some(tag), _) => filled(&texts.secure.by_tag, &[("tag", tag)]),
                (None, Some(how)) => how,
                (None, None) => texts.secure.by_habit.clone(),
            },
            categories,
            deleted: expires.map_or(in_days, when),
            when: sent,
            asked: asked.map(|at| filled(&texts.overview.asked, &[("when", &when(at))])),
            answer: hours.map(|hours| filled(&texts.overview.answer, &[("hours", &hours)])),
            urgent: facts.urgent,
            going: visit.copies.iter().any(|copy| copy.state == MessageState::Releasing),
            open: visit.held().next().is_some(),
            secure: visit.secure().is_some(),
            duty_phone: Contact::of(facts.urgent_phone.as_deref().or(settings.duty_phone.as_deref())),
            desk: Contact::of(settings.desk.as_deref()),
            quote: quote(texts, &reference),
            reference,
        }
    }
}

/// What is in it, and what stands between it and its recipients: in the words of the notice.
fn why(visit: &Visit<'_>) -> String {
    let (facts, overview) = (&visit.facts, &visit.texts.overview);
    let content = match facts.kind {
        NoticeKind::HeldUnprotected => return overview.why_unprotected.clone(),
        _ if facts.categories.is_empty() => &overview.why_unread,
        _ => &overview.why_content,
    };
    let obstacle = visit.words.obstacles.get(facts.obstacle.as_str()).map(String::as_str);
    let login =
        || visit.words.by_recipients.get("why_channel").map(|phrase| phrase.pick(if facts.single { 1 } else { 2 }));
    match obstacle.or_else(login) {
        Some(obstacle) => format!("{content} {obstacle}"),
        None => content.clone(),
    }
}

/// The time of day does not go to the next line alone.
fn together(when: &str) -> String {
    when.rsplit_once(' ').map_or_else(|| when.to_owned(), |(day, time)| format!("{day}\u{a0}{time}"))
}

/// A sentence of its own, or the end of the one before.
fn quote(texts: &Texts, reference: &str) -> String {
    let text = filled(&texts.help_reference, &[("ref", reference)]);
    let begins_a_sentence = text.chars().next().is_some_and(char::is_uppercase);
    if begins_a_sentence { format!(". {text}") } else { format!(" {text}") }
}

#[derive(Template)]
#[template(path = "sender/overview.html")]
pub struct Overview<'p> {
    pub page: Page<'p>,
    pub texts: &'p Texts,
    pub facts: Facts,
    /// Somebody has an account.
    pub sign_in: bool,
    /// Who has read it here, and why.
    pub openings: Vec<String>,
}

#[derive(Template)]
#[template(path = "sender/confirm.html")]
pub struct Confirm<'p> {
    pub page: Page<'p>,
    pub texts: &'p Texts,
    pub facts: Facts,
    pub heading: &'p str,
    pub button: &'p str,
    pub body: Vec<String>,
    pub choice: &'static str,
    pub form: Form,
}

#[derive(Template)]
#[template(path = "sender/edit.html")]
pub struct Edit<'p> {
    pub page: Page<'p>,
    pub texts: &'p Texts,
    pub facts: Facts,
}

#[derive(Template)]
#[template(path = "sender/outcome.html")]
pub struct Outcome<'p> {
    pub page: Page<'p>,
    pub texts: &'p Texts,
    pub facts: Facts,
    pub said: Said,
    /// Of the design system.
    pub color: &'static str,
    pub done: bool,
    pub still_open: bool,
    pub more: Option<String>,
}

/// A page that belongs to nobody.
#[derive(Template)]
#[template(path = "plain.html")]
pub struct Plain<'p> {
    pub page: Page<'p>,
    pub said: &'p Said,
    pub desk: Option<Contact>,
}
