//! Words: which lists are in force, which rules were called false alarms, and what the detector makes of a text.
//!
//! A text that is tried is read and assessed in memory, and forgotten: it is neither kept nor logged, and what the page
//! shows of it is masked, as `sluss check --explain` masks. The form has the text again, as it was sent.

mod view;

use axum::extract::Request;
use axum::http::StatusCode;
use zeroize::Zeroizing;

use super::{Answered, Closed, Room, Visit};
use crate::audit::Event;
use crate::console::form::TYPED;
use crate::console::rights::Right;
use crate::message::RawMessage;
use crate::store::FalseAlarmRow;
pub use view::Texts;

/// What the form's tag is for.
const TRY: &str = "try-text";
/// Before the text, so that it is read as that of a mail.
const HEADER: &[u8] = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n";
/// Characters of a text: as many as the largest form has room for, each in up to nine bytes of it.
const MAX_TEXT: usize = 3_000;

pub const ROOMS: &[Room] = &[Room { path: "/words", right: Right::Words, show: Some(show), act: Some(tried) }];

fn show(visit: Visit, _: Request) -> Answered {
    Box::pin(async move {
        let alarms = alarms(&visit).await?;
        let template = view::WordsView::of(&visit, &alarms, None)?;
        Ok(visit.page(StatusCode::OK, &template))
    })
}

fn tried(visit: Visit, request: Request) -> Answered {
    Box::pin(async move {
        let fields = visit.posted(request, TYPED, TRY, b"").await?;
        let text: Zeroizing<String> = Zeroizing::new(fields.secret("text").chars().take(MAX_TEXT).collect::<String>());
        let asked = fields.get("unit").unwrap_or_default();
        let units = &visit.desk.knowledge.units;
        let unit = units.all().find(|unit| unit.id == asked).unwrap_or(units.default_unit()).clone();
        let now = visit.now.to_zoned(visit.desk.pages.settings.time_zone.clone());
        let (knowledge, of, bytes) = (visit.desk.knowledge.clone(), unit.clone(), [HEADER, text.as_bytes()].concat());
        // Detection takes its time, and other pages do not wait for it.
        let assessed = tokio::task::spawn_blocking(move || {
            knowledge.try_text(&RawMessage::uncounted(bytes), &of, &now).map_err(|_| Closed::Fault)
        });
        let (inspection, assessment) = assessed.await.map_err(|_| Closed::Fault)??;
        let alarms = alarms(&visit).await?;
        let tried = view::Tried { text: &text, unit: &unit, inspection: &inspection, assessment: &assessment };
        let template = view::WordsView::of(&visit, &alarms, Some(&tried))?;
        Ok(visit.page(StatusCode::OK, &template))
    })
}

/// What was called a false alarm in any unit; that somebody looks is on the record.
async fn alarms(visit: &Visit) -> Result<Vec<FalseAlarmRow>, Closed> {
    let store = visit.desk.store();
    let units: Vec<String> = visit.desk.knowledge.units.all().map(|unit| unit.id.clone()).collect();
    let rows = store.false_alarms(&units).await?;
    let listed = Event::Listed { list: "false-alarm", by: "-".to_owned(), rows: rows.len() };
    store.append(&listed.entry(&visit.staff.actor(), visit.now)).await?;
    Ok(rows)
}
