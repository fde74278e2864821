//! Looks that are due at what went out without waiting for one: listed with the hours that are left, and taken.

use std::process::ExitCode;

use jiff::Timestamp;
use serde_json::json;

use super::{Named, fail, find};
use crate::audit::{Actor, Event};
use crate::cli::say;
use crate::quarantine::Quarantine;
use crate::store::{Outcome, ReviewRow, Store};

pub(super) async fn list(store: &dyn Store, all: bool, actor: &Actor, json: bool) -> ExitCode {
    let rows = match store.reviews(all).await {
        Ok(rows) => rows,
        Err(error) => return fail(&error),
    };
    let by = if all { "all" } else { "due" }.to_owned();
    let now = Timestamp::now();
    let listed = Event::Listed { list: "reviews", by, rows: rows.len() };
    if let Err(error) = store.append(&listed.entry(actor, now)).await {
        return fail(&error);
    }
    if rows.is_empty() && !json {
        eprintln!("nothing is to be reviewed");
    }
    for row in &rows {
        say(format_args!("{}", if json { object(row, now) } else { line(row, now) }));
    }
    ExitCode::SUCCESS
}

/// Every copy that the name stands for.
pub(super) async fn decide(
    quarantine: &Quarantine,
    named: &Named,
    outcome: Outcome,
    reason: Option<String>,
    actor: &Actor,
) -> ExitCode {
    let store = quarantine.store();
    let mut reviews = Vec::new();
    let ids = match (named, find(store.as_ref(), named).await) {
        (_, Err(error)) => return fail(&error),
        // What was never held has an id of its own.
        (Named::Id(id), Ok(messages)) if messages.is_empty() => vec![*id],
        (_, Ok(messages)) => messages.into_iter().map(|message| message.id).collect(),
    };
    for id in ids {
        match store.review_of(id).await {
            Ok(row) => reviews.extend(row),
            Err(error) => return fail(&error),
        }
    }
    if reviews.is_empty() {
        return fail(&"there is nothing to be reviewed under this name");
    }
    let mut code = ExitCode::SUCCESS;
    for ReviewRow { review, .. } in reviews {
        let name = review.reference.as_ref().map_or_else(|| review.id.to_string(), ToString::to_string);
        match quarantine.review(&review, outcome, reason.clone(), actor).await {
            Ok(()) => say(format_args!("{name}: {}", outcome.as_str())),
            Err(error) => {
                eprintln!("sluss: {name}: {error}");
                code = ExitCode::from(super::NOT_ALL);
            }
        }
    }
    code
}

/// Whole hours that are left; negative when it is overdue.
fn hours_left(row: &ReviewRow, now: Timestamp) -> i64 {
    row.review.due.duration_since(now).as_hours()
}

fn object(row: &ReviewRow, now: Timestamp) -> String {
    let review = &row.review;
    let decided = row.decided.as_ref();
    json!({
        "id": review.id.to_string(),
        "ref": review.reference.as_ref().map(ToString::to_string),
        "unit": review.unit,
        "by": review.actor,
        "what": review.what,
        "at": review.at.to_string(),
        "due": review.due.to_string(),
        "hours_left": decided.is_none().then(|| hours_left(row, now)),
        "decided_at": decided.map(|(at, _, _)| at.to_string()),
        "decided_by": decided.map(|(_, by, _)| by),
        "outcome": decided.map(|(_, _, outcome)| outcome.as_str()),
    })
    .to_string()
}

fn line(row: &ReviewRow, now: Timestamp) -> String {
    let review = &row.review;
    let name = review.reference.as_ref().map_or_else(|| review.id.to_string(), ToString::to_string);
    let standing = match &row.decided {
        Some((_, by, outcome)) => format!("{} by {by}", outcome.as_str()),
        None if review.due <= now => format!("overdue by {} h", -hours_left(row, now)),
        None => format!("{} h left", hours_left(row, now)),
    };
    format!("{name}  {}  {:.0}  {standing}  {}", review.unit, review.due, review.what)
}
