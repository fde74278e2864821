//! The record of decisions: what happened, newest first; whether the chains are whole; and a part of it as a file.
//!
//! Who reads the record stands on it, as whoever verifies or exports it does. Chains are walked one request at a time and
//! for a minute at most; a file has at most so many rows, and a longer time is exported at the command line.

mod view;

use std::io;
use std::time::Duration;

use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use jiff::Timestamp;
use jiff::civil::Date;
use tokio::sync::Semaphore;

use super::{Answered, Closed, Room, Visit};
use crate::audit::export::{COLUMNS, Choice, ExportError};
use crate::audit::{self, Event};
use crate::console::form::{BUTTON, Fields};
use crate::console::rights::Right;
use crate::report::csv::{self, BYTE_ORDER_MARK};
use crate::store::{RecordFilter, RecordPlace};
pub use view::Texts;

/// Links of a page.
const ROWS: usize = 100;
/// Lines of a file.
const MAX_LINES: u64 = 50_000;
/// How long chains are walked.
const VERIFY_TIME: Duration = Duration::from_secs(60);
/// Chains are read from their beginning by one request at a time.
static WALKS: Semaphore = Semaphore::const_new(1);

/// What the forms' tags are for.
const VERIFY: &str = "record-verify";
const EXPORT: &str = "record-export";

pub const ROOMS: &[Room] = &[
    Room { path: "/record", right: Right::Record, show: Some(show), act: None },
    Room { path: "/record/verify", right: Right::Record, show: None, act: Some(verify) },
    Room { path: "/record.csv", right: Right::Record, show: None, act: Some(export) },
];

/// What of the record is asked for.
#[derive(Debug, Default)]
struct Asked {
    event: Option<String>,
    unit: Option<String>,
    from: Option<Date>,
    to: Option<Date>,
    after: Option<RecordPlace>,
}

impl Asked {
    fn of(fields: &Fields) -> Self {
        let asked = |name: &str| fields.get(name).map(str::trim).filter(|value| !value.is_empty());
        let day = |name: &str| asked(name).and_then(|day| day.parse::<Date>().ok());
        let after = asked("after").and_then(|place| {
            let mut parts = place.splitn(3, '.');
            let (at, sequence, writer) = (parts.next()?, parts.next()?, parts.next()?);
            Some(RecordPlace { at_ms: at.parse().ok()?, sequence: sequence.parse().ok()?, writer: writer.to_owned() })
        });
        Asked {
            event: asked("event").filter(|word| word.len() <= 40).map(str::to_owned),
            unit: asked("unit").filter(|word| word.len() <= 100).map(str::to_owned),
            from: day("from"),
            to: day("to"),
            after,
        }
    }

    /// The days as moments of this place: from the beginning of the first to the end of the last.
    fn times(&self, visit: &Visit) -> (Option<Timestamp>, Option<Timestamp>) {
        let zone = &visit.desk.pages.settings.time_zone;
        let begins = |day: Date| day.to_zoned(zone.clone()).ok().map(|at| at.timestamp());
        (self.from.and_then(begins), self.to.and_then(|day| begins(day.tomorrow().ok()?)))
    }

    /// How it was chosen, for the record.
    fn by(&self) -> String {
        let day = |day: Option<Date>| day.map_or_else(|| "-".to_owned(), |day| day.to_string());
        let set = |is: bool| if is { "chosen" } else { "all" };
        let (event, unit) = (set(self.event.is_some()), set(self.unit.is_some()));
        format!("from:{},to:{},event:{event},unit:{unit}", day(self.from), day(self.to))
    }
}

fn show(visit: Visit, _: Request) -> Answered {
    Box::pin(async move {
        let asked = Asked::of(&visit.query);
        let (from, to) = asked.times(&visit);
        let events = asked.event.iter().cloned().collect();
        let filter = RecordFilter { events, unit: asked.unit.clone(), from, to };
        let store = visit.desk.store();
        // One more tells whether there is a next page.
        let links = store.record(&filter, asked.after.as_ref(), ROWS.saturating_add(1)).await?;
        let heads = store.audit_heads().await?;
        let listed = Event::Listed { list: "record", by: asked.by(), rows: links.len().min(ROWS) };
        store.append(&listed.entry(&visit.staff.actor(), visit.now)).await?;
        let template = view::RecordView::of(&visit, &asked, links, &heads)?;
        Ok(visit.page(StatusCode::OK, &template))
    })
}

fn verify(visit: Visit, request: Request) -> Answered {
    Box::pin(async move {
        visit.posted(request, BUTTON, VERIFY, b"").await?;
        let _turn = WALKS.try_acquire().map_err(|_| Closed::Busy)?;
        let walk = audit::verify(visit.desk.store().as_ref(), Some(&visit.desk.pages.keys), &[]);
        let report = tokio::time::timeout(VERIFY_TIME, walk).await.ok().transpose()?;
        let template = view::Verified::of(&visit, report.as_ref())?;
        Ok(visit.page(StatusCode::OK, &template))
    })
}

fn export(visit: Visit, request: Request) -> Answered {
    Box::pin(async move {
        let fields = visit.posted(request, BUTTON, EXPORT, b"").await?;
        let asked = Asked::of(&fields);
        let _turn = WALKS.try_acquire().map_err(|_| Closed::Busy)?;
        let masked = fields.get("masked").is_some();
        let (from, to) = asked.times(&visit);
        let day = |day: Option<Date>| day.map_or_else(|| "-".to_owned(), |day| day.to_string());
        let what = format!("format=csv masked={masked} from={} to={} of=all", day(asked.from), day(asked.to));
        let event = Event::Exported { what, reason: None };
        visit.desk.store().append(&event.entry(&visit.staff.actor(), visit.now)).await?;
        let mut text = String::from(BYTE_ORDER_MARK);
        csv::line(&mut text, &COLUMNS);
        let mut lines = 0_u64;
        let mut each = |row: &audit::export::Row<'_>| -> io::Result<()> {
            lines = lines.saturating_add(1);
            if lines > MAX_LINES {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
            csv::line(&mut text, &row.cells().each_ref().map(String::as_str));
            Ok(())
        };
        let choice = Choice { from, to, messages: None, masked };
        match audit::export(visit.desk.store().as_ref(), &choice, &mut each).await {
            Ok(_) => {}
            Err(ExportError::Store(error)) => return Err(error.into()),
            Err(ExportError::Write(_)) => {
                let template = view::Verified::too_long(&visit)?;
                return Ok(visit.page(StatusCode::UNPROCESSABLE_ENTITY, &template));
            }
        }
        let headers = [
            (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
            (header::CONTENT_DISPOSITION, "attachment; filename=\"sluss-record.csv\""),
        ];
        Ok((headers, text).into_response())
    })
}
