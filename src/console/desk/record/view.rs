//! The record in words.

use askama::Template;
use jiff::Timestamp;
use serde::Deserialize;

use super::{Asked, EXPORT, ROWS, VERIFY};
use crate::audit::Report;
use crate::console::desk::session::escaped;
use crate::console::desk::{Closed, Shell, Visit};
use crate::console::form::Form;
use crate::console::texts::filled;
use crate::store::{Head, Link};

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    title: String,
    lead: String,
    caption: String,
    none: String,
    event: String,
    event_hint: String,
    unit: String,
    from: String,
    to: String,
    apply: String,
    clear: String,
    more: String,
    first: String,
    at: String,
    actor: String,
    about: String,
    reason: String,
    detail: String,
    chain: String,
    chains: String,
    chains_note: String,
    last: String,
    verify: String,
    export: String,
    export_note: String,
    masked: String,
    download: String,
    verified: String,
    whole: String,
    /// `{n}`
    accounted: String,
    faulty: String,
    unaccounted: String,
    too_slow: String,
    too_long: String,
    back: String,
}

#[derive(Template)]
#[template(path = "desk/record.html")]
pub struct RecordView<'v> {
    shell: Shell<'v>,
    texts: &'v Texts,
    rows: Vec<Row>,
    event: String,
    units: Vec<Choice>,
    from: String,
    to: String,
    filtered: bool,
    first: Option<String>,
    more: Option<String>,
    heads: Vec<Chain>,
    verify: Form,
    form: Form,
}

struct Row {
    at: String,
    event: String,
    actor: String,
    reference: Option<String>,
    unit: Option<String>,
    reason: Option<String>,
    detail: Option<String>,
    place: String,
}

struct Choice {
    id: String,
    chosen: bool,
}

struct Chain {
    writer: String,
    sequence: i64,
    hash: String,
}

impl<'v> RecordView<'v> {
    pub fn of(visit: &'v Visit, asked: &Asked, links: Vec<Link>, heads: &[Head]) -> Result<Self, Closed> {
        let texts = visit.room(|rooms| &rooms.record)?;
        let day = |day: Option<jiff::civil::Date>| day.map(|day| day.to_string()).unwrap_or_default();
        let more = links.len() > ROWS;
        let zone = visit.desk.pages.settings.time_zone.clone();
        let next = links.get(ROWS.saturating_sub(1)).filter(|_| more);
        let next = next.map(|last| format!("{}.{}.{}", last.at_ms, last.sequence, last.writer));
        let address = |after: Option<&str>| {
            let kept = visit.query.pairs().filter(|(name, _)| !matches!(*name, "after" | "l"));
            let mut parts: Vec<String> =
                kept.map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect();
            parts.extend(after.map(|after| format!("after={}", escaped(after))));
            format!("{}/record?{}", visit.prefix(), parts.join("&"))
        };
        let row = |link: Link| Row {
            at: Timestamp::from_millisecond(link.at_ms)
                .map_or_else(|_| link.at_ms.to_string(), |at| at.to_zoned(zone.clone()).strftime("%F %T").to_string()),
            place: format!("{} {}", link.writer, link.sequence),
            event: link.event,
            actor: link.actor,
            reference: link.reference,
            unit: link.unit,
            reason: link.reason,
            detail: link.detail,
        };
        Ok(RecordView {
            rows: links.into_iter().take(ROWS).map(row).collect(),
            event: asked.event.clone().unwrap_or_default(),
            units: visit
                .desk
                .knowledge
                .units
                .all()
                .map(|unit| Choice { id: unit.id.clone(), chosen: asked.unit.as_ref() == Some(&unit.id) })
                .collect(),
            from: day(asked.from),
            to: day(asked.to),
            filtered: asked.event.is_some() || asked.unit.is_some() || asked.from.is_some() || asked.to.is_some(),
            first: asked.after.as_ref().map(|_| address(None)),
            more: next.map(|next| address(Some(&next))),
            heads: chains(heads),
            verify: visit.form(VERIFY, b""),
            form: visit.form(EXPORT, b""),
            shell: visit.shell()?,
            texts,
        })
    }
}

fn chains(heads: &[Head]) -> Vec<Chain> {
    let hash = |head: &Head| data_encoding::HEXLOWER.encode(head.hash.get(..8).unwrap_or_default());
    let chain = |head: &Head| Chain { writer: head.writer.clone(), sequence: head.sequence, hash: hash(head) };
    heads.iter().map(chain).collect()
}

/// What a look at the chains came to.
#[derive(Template)]
#[template(path = "desk/verified.html")]
pub struct Verified<'v> {
    shell: Shell<'v>,
    texts: &'v Texts,
    good: bool,
    said: String,
    faults: Vec<String>,
    heads: Vec<Chain>,
}

impl<'v> Verified<'v> {
    /// `None`: the time was up.
    pub fn of(visit: &'v Visit, report: Option<&Report>) -> Result<Self, Closed> {
        let texts = visit.room(|rooms| &rooms.record)?;
        let Some(report) = report else { return Verified::said(visit, texts.too_slow.clone()) };
        let mut faults: Vec<String> = report.faults.iter().map(ToString::to_string).collect();
        if !report.figures.holds() || report.removed_otherwise.is_some() {
            faults.push(texts.unaccounted.clone());
        }
        let accounted = filled(&texts.accounted, &[("n", &report.figures.accounted().to_string())]);
        Ok(Verified {
            good: report.is_good(),
            said: if report.is_good() { format!("{} {accounted}", texts.whole) } else { texts.faulty.clone() },
            faults,
            heads: chains(&report.heads),
            shell: visit.shell()?,
            texts,
        })
    }

    pub fn too_long(visit: &'v Visit) -> Result<Self, Closed> {
        let texts = visit.room(|rooms| &rooms.record)?;
        Verified::said(visit, texts.too_long.clone())
    }

    fn said(visit: &'v Visit, said: String) -> Result<Self, Closed> {
        let texts = visit.room(|rooms| &rooms.record)?;
        Ok(Verified { good: false, said, faults: Vec::new(), heads: Vec::new(), shell: visit.shell()?, texts })
    }
}
