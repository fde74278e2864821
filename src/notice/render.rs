//! Facts, settings and texts to a subject, a text part and an HTML part with the same words.

use jiff::Timestamp;

use super::facts::{Gathered, NoticeFacts, NoticeKind};
use super::settings::Settings;
use super::template::{self, Document, Inline, TemplateError, Values};
use super::texts::{Edition, Texts};
use super::words::Words;
use super::{html, text};

/// References that a notice lists; the others are counted.
const MAX_REFERENCES: usize = 20;
/// Provisions that a notice cites.
const MAX_PROVISIONS: usize = 2;

/// A finished notice, not yet a mail.
#[derive(Clone, PartialEq, Eq)]
pub struct Rendered {
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// We are at fault: the facts do not fit their kind, or a text slipped past its checks.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    #[error("the notice's time is not RFC 3339")]
    Time,
    #[error("there is no text of this kind and language")]
    NoText,
    #[error("a value is missing: {0}")]
    Value(#[from] TemplateError),
}

pub fn render(facts: &NoticeFacts, settings: &Settings, texts: &Texts) -> Result<Rendered, RenderError> {
    let edition = texts.edition(facts.language).ok_or(RenderError::NoText)?;
    let template = edition.template(facts.kind).ok_or(RenderError::NoText)?;
    let document = template.fill(&values(facts, settings, edition)?)?;
    Ok(typeset(&document, facts, texts))
}

fn typeset(document: &Document, facts: &NoticeFacts, texts: &Texts) -> Rendered {
    let subject = template::plain(&document.subject);
    Rendered {
        text: text::typeset(document),
        html: html::typeset(document, facts.language.as_str(), &subject, &texts.page),
        subject,
    }
}

fn values(facts: &NoticeFacts, settings: &Settings, edition: &Edition) -> Result<Values, RenderError> {
    let words = &edition.words;
    let mut values = Values::default();
    let mut put = |name: &str, value: Option<Inline>| {
        if let Some(value) = value {
            values.inline.insert(name.to_owned(), vec![value]);
        }
    };
    let said = |value: &Option<String>| value.clone().filter(|v| !v.trim().is_empty());

    let at: Timestamp = facts.at.parse().map_err(|_| RenderError::Time)?;
    put("when", Some(Inline::Unbroken(words.when(at.to_zoned(settings.time_zone.clone()).datetime()))));
    put("unit", Some(Inline::Text(facts.unit.clone())));
    put("ref", facts.reference.clone().map(Inline::Unbroken));
    put("recipients", words.recipients(&facts.recipients).map(Inline::Text));
    put("reached", words.recipients(&facts.reached).map(Inline::Text));
    put("categories", words.categories(&facts.categories).map(Inline::Text));
    put("unreadable", words.unreadable(&facts.unreadable).map(Inline::Text));
    put("where", words.places(&facts.places).map(Inline::Text));
    put("desk", said(&settings.desk).map(contact));
    put("duty_phone", said(&facts.urgent_phone).or_else(|| said(&settings.duty_phone)).map(contact));
    put("hours", said(&settings.review_hours).map(Inline::Text));
    put("policy", said(&settings.policy).map(Inline::Text));
    put("law", words.list(facts.provisions.get(..MAX_PROVISIONS).unwrap_or(&facts.provisions)).map(Inline::Text));
    put("secure_tag", said(&facts.secure_tag).map(Inline::Text));
    put("how_to_secure", said(&settings.how_to_secure.get(&facts.unit).cloned()).map(Inline::Text));

    put("advice", said(&facts.advice).map(|advice| Inline::Text(words.advice(&advice))));

    let service = &facts.service;
    put("until", until(facts, settings, words));
    put("reason", service.reason.clone().map(Inline::Text));
    for (name, count) in [
        ("mails", service.mails),
        ("bypassed", service.bypassed),
        ("all_mails", service.all_mails),
        ("all_bypassed", service.all_bypassed),
    ] {
        put(name, count.map(|count| Inline::Unbroken(count.to_string())));
    }
    put("channel", service.channel.clone().map(Inline::Unbroken));

    put(
        "sender",
        facts.machine.as_ref().and_then(|machine| words.recipients(machine.sender.as_slice())).map(Inline::Text),
    );
    put("count", (facts.gathered.len() > 1).then(|| Inline::Unbroken(facts.gathered.len().to_string())));
    if facts.kind == NoticeKind::ServiceDigest {
        for (name, outcomes) in OUTCOMES {
            let count = facts.gathered.iter().filter(|mail| outcomes.contains(&mail.outcome)).count();
            put(name, (count > 0).then(|| Inline::Unbroken(count.to_string())));
        }
    }

    // Who else got the mail is not known by number; "at least one" is then the honest form.
    let recipients = if facts.others { usize::MAX } else { facts.recipients.len() };
    for (name, phrase) in &words.by_recipients {
        put(name, Some(Inline::Text(phrase.pick(recipients).to_owned())));
    }
    if let Some(sentence) = words.obstacles.get(facts.obstacle.as_str()) {
        put("why_channel", Some(Inline::Text(sentence.clone())));
    }
    for (name, phrase) in &words.by_days {
        put(name, Some(Inline::Text(phrase.pick(facts.days))));
    }
    for (name, phrase) in &words.by_place {
        put(name, Some(Inline::Text(phrase.pick(&facts.places).to_owned())));
    }

    if let Some(references) = references(facts, settings, words) {
        values.inline.insert("refs".to_owned(), references);
    }

    let flags = [
        ("urgent", facts.urgent),
        ("others", facts.others),
        ("content", values.inline.contains_key("categories")),
        ("reached", values.inline.contains_key("reached")),
        ("ended", service.ended),
        ("bypass", service.bypass),
        ("mailed", facts.mailed_back),
        ("repeated", facts.gathered.len() > 1),
        ("untold", facts.untold),
    ];
    values.flags = flags.into_iter().filter(|&(_, up)| up).map(|(flag, _)| flag.to_owned()).collect();
    values.links = links(facts, settings).into_iter().map(|(name, link)| (name.to_owned(), link)).collect();

    let phrases: Vec<_> = edition
        .phrases
        .iter()
        .filter_map(|(name, pieces)| Some((name.clone(), template::fill(pieces, &values).ok()?)))
        .collect();
    values.inline.extend(phrases);
    Ok(values)
}

/// A point in time in words, or a day as it stands in the configuration.
fn until(facts: &NoticeFacts, settings: &Settings, words: &Words) -> Option<Inline> {
    let text = facts.service.until.as_ref()?;
    Some(Inline::Unbroken(match text.parse::<Timestamp>() {
        Ok(at) => words.when(at.to_zoned(settings.time_zone.clone()).datetime()),
        Err(_) => text.clone(),
    }))
}

/// What a digest counts, by the notice that each mail would have had alone.
const OUTCOMES: [(&str, &[NoticeKind]); 6] = [
    ("held", &[NoticeKind::Held, NoticeKind::HeldUnreadable]),
    ("rejected", &[NoticeKind::Rejected]),
    ("warned", &[NoticeKind::Warned]),
    ("rerouted", &[NoticeKind::Rerouted]),
    ("failed", &[NoticeKind::ReleaseFailed]),
    ("deleted", &[NoticeKind::Expired]),
];

/// The references of what was gathered, each once and, for a sender, with its page.
fn references(facts: &NoticeFacts, settings: &Settings, words: &Words) -> Option<Vec<Inline>> {
    let mut mails: Vec<&Gathered> = facts.gathered.iter().filter(|mail| mail.reference.is_some()).collect();
    mails.dedup_by(|a, b| a.reference == b.reference);
    let more = mails.len().saturating_sub(MAX_REFERENCES);
    let mut items: Vec<Inline> = Vec::new();
    for mail in mails.into_iter().take(MAX_REFERENCES) {
        let Some(reference) = &mail.reference else { continue };
        let label = Inline::Unbroken(reference.clone());
        items.push(match page(mail, settings).filter(|_| !facts.kind.is_to_reviewers()) {
            Some(target) => Inline::Link { label: vec![label], target },
            None => label,
        });
    }
    if more > 0 {
        items.push(Inline::Text(words.more_recipients.replace("{n}", &more.to_string())));
    }
    words.joined(items)
}

/// The sender's own page of a mail.
fn page(mail: &Gathered, settings: &Settings) -> Option<String> {
    page_of(mail.link_token.as_deref(), settings)
}

fn page_of(token: Option<&str>, settings: &Settings) -> Option<String> {
    Some(format!("{}/m/{}", settings.console_url.as_deref()?.trim_end_matches('/'), token?))
}

/// The sender's own page; no links without a console, or in a notice that has none. A page is about one mail: a notice
/// about several links each reference instead. The queue has no page to lead to, so that reviewers read the command.
fn links(facts: &NoticeFacts, settings: &Settings) -> Vec<(&'static str, String)> {
    let Some(page) = page_of(facts.link_token.as_deref(), settings).filter(|_| facts.gathered.len() <= 1) else {
        return Vec::new();
    };
    let secure = facts.secure_way.then(|| ("secure_link", format!("{page}/secure")));
    let mut links = vec![("edit_link", format!("{page}/edit")), ("review_link", format!("{page}/review"))];
    links.extend(secure);
    links.push(("page_link", page));
    links
}

/// A phone number or an address as one tap, anything else as words.
fn contact(value: String) -> Inline {
    match contact_address(&value) {
        Some(target) => Inline::Link { label: vec![Inline::Unbroken(value)], target },
        None => Inline::Text(value),
    }
}

/// What to tap to phone or write to a contact: `tel:…` or `mailto:…`. `None` for words.
pub fn contact_address(value: &str) -> Option<String> {
    let digits: String = value.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
    let phone = digits.len() >= 3 && value.chars().all(|c| c.is_ascii_digit() || " +-–()\u{a0}".contains(c));
    let address =
        value.matches('@').count() == 1 && !value.contains(|c: char| c.is_whitespace() || "<>?&%\"".contains(c));
    match (phone, address) {
        (true, _) => Some(format!("tel:{digits}")),
        (_, true) => Some(format!("mailto:{value}")),
        _ => None,
    }
}
