//! The registry of channels: how recipients' mailboxes are opened, who decided so, and until when. And why one address
//! counts as it does, by the same logic as `sluss channel explain`.
//!
//! An address is a person's: it comes in a form, stands on the page that answers it, and nowhere else; neither in an
//! address of ours nor in a log or on the record. What is on the record is that somebody asked.
//!
//! A report on single mailboxes is not taken here: it is a file of megabytes with a line for each person, and belongs in
//! no browser. `sluss channel import` shows what it would do before it does it.

mod view;

use axum::extract::Request;
use axum::http::StatusCode;
use zeroize::Zeroizing;

use super::{Answered, Closed, Room, Visit};
use crate::account::MAX_ADDRESS;
use crate::audit::Event;
use crate::console::form::BUTTON;
use crate::console::rights::Right;
pub use view::{Ends, Texts, ending};

/// What the form's tag is for.
pub const EXPLAIN: &str = "channel-explain";

pub const ROOMS: &[Room] = &[Room { path: "/channels", right: Right::Policy, show: Some(show), act: Some(explain) }];

fn show(visit: Visit, _: Request) -> Answered {
    Box::pin(async move {
        listed(&visit, "-").await?;
        let template = view::Channels::of(&visit, None)?;
        Ok(visit.page(StatusCode::OK, &template))
    })
}

fn explain(visit: Visit, request: Request) -> Answered {
    Box::pin(async move {
        let fields = visit.posted(request, BUTTON, EXPLAIN, b"").await?;
        let typed: Zeroizing<String> = fields.secret("address");
        let address = Zeroizing::new(typed.trim().chars().take(MAX_ADDRESS).collect::<String>());
        listed(&visit, "address").await?;
        let template = view::Channels::of(&visit, Some(&address))?;
        let status = if template.is_wrong() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        Ok(visit.page(status, &template))
    })
}

async fn listed(visit: &Visit, by: &str) -> Result<(), Closed> {
    let rows = visit.desk.knowledge.registry.channels().len();
    let listed = Event::Listed { list: "channel", by: by.to_owned(), rows };
    Ok(visit.desk.store().append(&listed.entry(&visit.staff.actor(), visit.now)).await?)
}
