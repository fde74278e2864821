//! Accounts: who may sign in, as what, and for which units. And `/account`, everybody's own.
//!
//! Addresses are encrypted in the store; the list shows them when they are asked for, and that stands on the record. A link
//! that sets a password is shown once, on the page that answers the form. An administrator neither disables nor resets
//! himself, and the last one keeps his role: the command line would be the only way back in.

mod act;
mod own;
mod view;

use axum::extract::Request;
use axum::http::StatusCode;

use super::{Answered, Closed, Room, Visit};
use crate::audit::Event;
use crate::console::form::TYPED;
use crate::console::rights::Right;
use crate::store::AccountRow;
use act::{Done, carry_out};
use view::AccountsView;
pub use view::Texts;

/// What the forms' tags are for.
const ACCOUNTS: &str = "accounts";
const OWN: &str = "account";

pub const ROOMS: &[Room] = &[
    Room { path: "/accounts", right: Right::Accounts, show: Some(show), act: Some(change) },
    Room { path: "/account", right: Right::Own, show: Some(own::show), act: Some(own::change) },
];

fn show(visit: Visit, _: Request) -> Answered {
    Box::pin(async move {
        let rows = listed(&visit, "-").await?;
        let template = AccountsView::of(&visit, &rows, false, None)?;
        Ok(visit.page(StatusCode::OK, &template))
    })
}

fn change(visit: Visit, request: Request) -> Answered {
    Box::pin(async move {
        let fields = visit.posted(request, TYPED, ACCOUNTS, b"").await?;
        let (open, done) = match fields.get("act") {
            Some("open") => (true, None),
            _ => (false, Some(carry_out(&visit, &fields).await?)),
        };
        let rows = listed(&visit, if open { "open" } else { "-" }).await?;
        let template = AccountsView::of(&visit, &rows, open, done.as_ref())?;
        let status = match done {
            Some(Done::Refused(_)) => StatusCode::UNPROCESSABLE_ENTITY,
            _ => StatusCode::OK,
        };
        Ok(visit.page(status, &template))
    })
}

/// All accounts; that somebody looks, and whether at their addresses, is on the record first.
async fn listed(visit: &Visit, by: &str) -> Result<Vec<AccountRow>, Closed> {
    let store = visit.desk.store();
    let rows = store.accounts().await?;
    let listed = Event::Listed { list: "user", by: by.to_owned(), rows: rows.len() };
    store.append(&listed.entry(&visit.staff.actor(), visit.now)).await?;
    Ok(rows)
}
