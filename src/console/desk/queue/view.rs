//! The queue in words.

use std::collections::BTreeMap;

use askama::Template;
use jiff::{SignedDuration, Timestamp};

use super::filter::{AGES, Asked, ROWS};
use crate::console::desk::session::escaped;
use crate::console::desk::texts::{QueueTexts, Texts, said};
use crate::console::desk::{Closed, Shell, Visit};
use crate::console::texts::filled;
use crate::message::Reference;
use crate::policy::due;
use crate::store::{HeldMessage, NewReview, Order, QueueCount, ReviewRow, State};

#[derive(Template)]
#[template(path = "desk/queue.html")]
pub struct QueueView<'v> {
    shell: Shell<'v>,
    texts: &'v QueueTexts,
    rows: Vec<Row>,
    counts: Vec<Count>,
    looks: Vec<Look>,
    caption: String,
    /// Of what is there now.
    mark: String,
    changes: String,
    selects: Vec<Select<'v>>,
    flags: Vec<Flag<'v>>,
    quick: Vec<Quick<'v>>,
    reference: String,
    reference_wrong: bool,
    filtered: bool,
    no_units: bool,
    first: Option<String>,
    more: Option<String>,
}

/// A figure above the queue.
struct Count {
    text: String,
    /// Of the design system.
    color: &'static str,
}

/// Something that went out without waiting, and that somebody has to look at.
struct Look {
    href: String,
    text: String,
    late: bool,
}

/// One held mail.
pub struct Row {
    pub reference: String,
    pub href: String,
    pub unit: String,
    pub categories: String,
    pub severity: String,
    /// Of the design system.
    pub color: &'static str,
    pub channels: String,
    pub held: String,
    /// For a program.
    pub held_at: String,
    /// How long until it is due, or since.
    pub due: Option<String>,
    pub late: bool,
    pub deleted: String,
    pub urgent: bool,
    /// Only of what does not wait any more.
    pub state: Option<String>,
    pub marks: Vec<String>,
}

/// Something to choose from.
struct Select<'v> {
    name: &'static str,
    label: &'v str,
    choices: Vec<Choice>,
    /// What stands for no choice; `None`: there is always one.
    any: Option<&'v str>,
}

struct Choice {
    word: String,
    text: String,
    chosen: bool,
}

struct Flag<'v> {
    name: &'static str,
    text: &'v str,
    chosen: bool,
}

struct Quick<'v> {
    text: &'v str,
    href: &'static str,
    here: bool,
}

impl<'v> QueueView<'v> {
    pub fn of(
        visit: &'v Visit,
        asked: &Asked,
        (rows, count, looks): (Vec<HeldMessage>, QueueCount, Vec<ReviewRow>),
    ) -> Result<Self, Closed> {
        let all = visit.texts()?;
        let texts = &all.queue;
        let more = rows.len() > ROWS;
        let shown: Vec<&HeldMessage> = rows.iter().take(ROWS).collect();
        let next = shown.last().filter(|_| more).map(|last| address(visit, Some(&last.id.to_string())));
        let order = said(&texts.orders, asked.order.as_str());
        Ok(QueueView {
            caption: filled(&texts.caption, &[("order", order)]),
            rows: shown.into_iter().map(|message| Row::of(visit, all, message)).collect::<Result<_, _>>()?,
            counts: counts(texts, &count),
            looks: look(visit, texts, &looks)?,
            mark: mark(&count),
            changes: format!("{}/queue/changes?by=itself", visit.prefix()),
            selects: selects(visit, all, asked)?,
            flags: vec![
                Flag { name: "urgent", text: &texts.only_urgent, chosen: asked.filter.urgent },
                Flag { name: "overdue", text: &texts.only_overdue, chosen: asked.overdue },
                Flag { name: "asked", text: &texts.only_asked, chosen: asked.filter.asked },
            ],
            quick: quick(texts, asked),
            reference: asked.reference.clone(),
            reference_wrong: asked.reference_wrong,
            filtered: asked.filtered,
            no_units: visit.staff.units().is_empty(),
            first: asked.after.map(|_| address(visit, None)),
            more: next,
            shell: visit.shell()?,
            texts,
        })
    }
}

/// One mail, as the queue and its own page show it.
pub fn row(visit: &Visit, message: &HeldMessage) -> Result<Row, Closed> {
    Row::of(visit, visit.texts()?, message)
}

impl Row {
    fn of(visit: &Visit, texts: &Texts, message: &HeldMessage) -> Result<Row, Closed> {
        let record = &message.record;
        let words = visit.words()?;
        let waits = !message.state.is_final();
        let due = waits.then(|| due_of(visit, message));
        let name = |word: &str| said(&texts.queue.marks, word).to_owned();
        let marks = [
            (message.exception.is_some(), "exception-asked"),
            (message.review_asked.is_some() && message.exception.is_none(), "review-asked"),
            (message.request.is_some(), "requested"),
            (record.four_eyes && message.request.is_none(), "four-eyes"),
            (record.private, "private"),
            (message.kept.is_some(), "kept"),
            (message.release_failed, "release-failed"),
            (message.state == State::Releasing, "releasing"),
        ];
        let levels: Vec<String> = record.channels.iter().map(|level| said(&texts.level, level).to_owned()).collect();
        let categories = words.categories(&record.categories);
        Ok(Row {
            reference: message.reference.to_string(),
            href: format!("{}/held/{}", visit.prefix(), message.reference),
            unit: record.unit.clone(),
            categories: categories.unwrap_or_else(|| texts.queue.unread.clone()),
            severity: said(&texts.severity, &record.severity).to_owned(),
            color: color_of(&record.severity),
            channels: levels.join(", "),
            held: visit.when(record.held_at)?,
            held_at: record.held_at.to_string(),
            late: due.is_some_and(|left| left.is_negative()),
            due: due.map(|left| {
                let (text, time) = match left.is_negative() {
                    true => (&texts.queue.late, span(&texts.queue, left.abs())),
                    false => (&texts.queue.left, span(&texts.queue, left)),
                };
                filled(text, &[("time", &time)])
            }),
            deleted: visit.when(record.expires_at)?,
            urgent: record.urgent,
            state: (!waits).then(|| said(&texts.state, message.state.as_str()).to_owned()),
            marks: marks.into_iter().filter(|(is, _)| *is).map(|(_, word)| name(word)).collect(),
        })
    }
}

/// Time that is left until somebody has to have decided; negative when it is over.
fn due_of(visit: &Visit, message: &HeldMessage) -> SignedDuration {
    let zone = visit.desk.pages.settings.time_zone.clone();
    let held = message.record.held_at.to_zoned(zone.clone()).datetime();
    let due = due::due(held, message.record.urgent, visit.desk.review_hours).to_zoned(zone);
    due.map_or(SignedDuration::ZERO, |due| due.timestamp().duration_since(visit.now))
}

/// Minutes, hours or days, whichever a person would say.
pub fn span(texts: &QueueTexts, time: SignedDuration) -> String {
    let (text, number) = match time.as_mins() {
        minutes if minutes < 60 => (&texts.minutes, minutes),
        minutes if minutes < 48 * 60 => (&texts.hours, minutes / 60),
        minutes => (&texts.days, minutes / (24 * 60)),
    };
    filled(text, &[("n", &number.to_string())])
}

pub fn color_of(severity: &str) -> &'static str {
    match severity {
        "critical" | "high" => "danger",
        "medium" => "warning",
        _ => "neutral",
    }
}

/// Another word when something has come or gone.
pub fn mark(count: &QueueCount) -> String {
    let newest = count.newest.map_or(0, Timestamp::as_millisecond);
    format!("{}-{}-{}-{newest}", count.messages, count.urgent, count.overdue)
}

fn counts(texts: &QueueTexts, count: &QueueCount) -> Vec<Count> {
    let of = |text: &str, number: u64, color| Count { text: filled(text, &[("n", &number.to_string())]), color };
    vec![
        of(&texts.waiting, count.messages, "neutral"),
        of(&texts.urgent, count.urgent, if count.urgent > 0 { "danger" } else { "neutral" }),
        of(&texts.overdue, count.overdue, if count.overdue > 0 { "warning" } else { "neutral" }),
    ]
}

/// Those of one's own units that somebody else has caused. What was never held has no page, only the command line.
fn look(visit: &Visit, texts: &QueueTexts, looks: &[ReviewRow]) -> Result<Vec<Look>, Closed> {
    let own = looks
        .iter()
        .map(|row| &row.review)
        .filter(|review| visit.staff.units().contains(&review.unit) && review.actor != visit.staff.actor().text());
    let named = own.filter_map(|review| Some((review, review.reference.as_ref()?)));
    let look = |(review, reference): (&NewReview, &Reference)| {
        let slots = [("ref", reference.as_str()), ("when", &visit.when(review.due)?)];
        Ok(Look {
            href: format!("{}/held/{reference}/look", visit.prefix()),
            text: filled(&texts.look, &slots),
            late: review.due <= visit.now,
        })
    };
    named.take(ROWS).map(look).collect()
}

fn selects<'v>(visit: &'v Visit, all: &'v Texts, asked: &Asked) -> Result<Vec<Select<'v>>, Closed> {
    let texts = &all.queue;
    let of_table = |table: &BTreeMap<String, String>, chosen: Option<&str>| -> Vec<Choice> {
        let choice = |(word, text): (&String, &String)| Choice {
            word: word.clone(),
            text: text.clone(),
            chosen: chosen == Some(word),
        };
        table.iter().map(choice).collect()
    };
    let of_words = |words: &[&str], table: &BTreeMap<String, String>, chosen: &str| -> Vec<Choice> {
        let choice = |word: &&str| Choice {
            word: (*word).to_owned(),
            text: said(table, word).to_owned(),
            chosen: *word == chosen,
        };
        words.iter().map(choice).collect()
    };
    let filter = &asked.filter;
    let unit = visit.query.get("unit").unwrap_or_default();
    let units: Vec<Choice> = visit
        .staff
        .units()
        .iter()
        .map(|own| Choice { word: own.clone(), text: own.clone(), chosen: own == unit })
        .collect();
    let severity = filter.severity.as_deref().unwrap_or_default();
    let ages: Vec<&str> = AGES.iter().map(|(word, _, _)| *word).collect();
    let orders: Vec<&str> = Order::ALL.iter().map(|order| order.as_str()).collect();
    let states: Vec<&str> = State::ALL.iter().map(|state| state.as_str()).collect();
    let levels = ["unknown", "capable", "attested", "contract", "enforced", "eid"];
    let select = |name, label, choices| Select { name, label, choices, any: Some(texts.any.as_str()) };
    Ok(vec![
        select("unit", &texts.unit, units),
        select("category", &texts.category, of_table(&visit.words()?.categories, filter.category.as_deref())),
        select("channel", &texts.channel, of_words(&levels, &all.level, filter.channel.as_deref().unwrap_or_default())),
        select("severity", &texts.severity, of_words(&["critical", "high", "medium", "low"], &all.severity, severity)),
        select("age", &texts.age, of_words(&ages, &texts.ages, &asked.age)),
        Select {
            any: Some(&texts.any_state),
            ..select("state", &texts.state, of_words(&states, &all.state, &asked.state))
        },
        Select {
            name: "order",
            label: &texts.order,
            choices: of_words(&orders, &texts.orders, asked.order.as_str()),
            any: None,
        },
    ])
}

/// Filters that are asked for often.
fn quick<'v>(texts: &'v QueueTexts, asked: &Asked) -> Vec<Quick<'v>> {
    let filter = &asked.filter;
    vec![
        Quick { text: &texts.any, href: "/queue", here: !asked.filtered },
        Quick { text: &texts.only_urgent, href: "/queue?urgent=1", here: filter.urgent },
        Quick { text: &texts.only_overdue, href: "/queue?overdue=1", here: asked.overdue },
        Quick { text: &texts.only_asked, href: "/queue?asked=1", here: filter.asked },
    ]
}

/// This queue, after a message or from its beginning.
fn address(visit: &Visit, after: Option<&str>) -> String {
    let kept = visit.query.pairs().filter(|(name, value)| !matches!(*name, "after" | "l" | "by") && !value.is_empty());
    let pairs = kept.chain(after.map(|after| ("after", after)));
    let pairs: Vec<String> = pairs.map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect();
    let query = if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) };
    format!("{}/queue{query}", visit.prefix())
}
