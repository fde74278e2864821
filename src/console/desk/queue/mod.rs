//! The queue: what waits for a decision in one's own units. What must be reported stands on top.
//!
//! A page of it is an address: order and filter are its query, so a filter is saved as a bookmark. The next page begins
//! after the last message of this one, by its key, whatever has come or gone meanwhile. Who saw which page is on the
//! record. The script asks now and then whether something has changed; that is no sign of life of the session, and not on
//! the record.

mod filter;
mod view;

use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde_json::json;

use super::{Answered, Closed, Room, Visit};
use crate::audit::Event;
use crate::console::rights::Right;
use crate::store::QueuePage;
use filter::{Asked, ROWS};
use view::QueueView;
pub use view::{Row, row};

pub const ROOMS: &[Room] = &[
    Room { path: "/queue", right: Right::See, show: Some(show), act: None },
    Room { path: "/queue/changes", right: Right::See, show: Some(changes), act: None },
];

fn show(visit: Visit, _: Request) -> Answered {
    Box::pin(async move {
        let store = visit.desk.store();
        let asked = Asked::of(&visit);
        let after = match asked.after {
            Some(id) => store.message(id).await?.filter(|message| visit.staff.units().contains(&message.record.unit)),
            None => None,
        };
        // One more tells whether there is a next page.
        let page = QueuePage { order: asked.order, after, rows: ROWS.saturating_add(1) };
        let (rows, count, looks) = tokio::try_join!(
            store.queue(&asked.filter, &page),
            store.queue_count(&asked.waiting),
            store.reviews(false)
        )?;
        let by = if asked.filtered { "filtered" } else { "current" }.to_owned();
        let listed = Event::Listed { list: "queue", by, rows: rows.len().min(ROWS) };
        store.append(&listed.entry(&visit.staff.actor(), visit.now)).await?;
        let status = if asked.reference_wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        let template = QueueView::of(&visit, &asked, (rows, count, looks))?;
        Ok(visit.page(status, &template))
    })
}

/// A word that is another one when something has come or gone.
fn changes(visit: Visit, _: Request) -> Answered {
    Box::pin(async move {
        let count = visit.desk.store().queue_count(&Asked::of(&visit).waiting).await?;
        let kind = [(header::CONTENT_TYPE, "application/json")];
        Ok::<_, Closed>((kind, json!({ "mark": view::mark(&count) }).to_string()).into_response())
    })
}
