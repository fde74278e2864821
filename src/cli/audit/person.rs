//! `sluss audit person`: what was disclosed about one person, for that person, who has a right to know.

use std::io::{Write, stdout};
use std::process::ExitCode;

use jiff::Timestamp;
use serde::Serialize;

use super::{Desk, Unusable, text};
use crate::audit::{Actor, Event, disclosed};
use crate::cli::typed::from_standard_input;
use crate::message::MessageId;
use crate::quarantine::{Identities, disclose};
use crate::report::csv;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The case in which the person asks
    #[arg(long, value_name = "REF", value_parser = text)]
    case: String,
    /// Who has approved it, besides whoever types this
    #[arg(long, value_name = "NAME", value_parser = text)]
    approved_by: String,
    /// As a spreadsheet opens it, instead of JSON lines
    #[arg(long)]
    csv: bool,
}

/// One recipient of one mail. The shape may grow, never change.
#[derive(Serialize)]
struct Row {
    id: String,
    #[serde(rename = "ref")]
    reference: Option<String>,
    unit: Option<String>,
    /// Of what the mail told; null where it was not held.
    categories: Option<Vec<String>>,
    at: Option<String>,
    /// Null where it was not kept: released by a version that did not.
    recipient: Option<String>,
    ground: String,
    by: String,
    reason: Option<String>,
}

const COLUMNS: [&str; 9] = ["id", "ref", "unit", "categories", "at", "recipient", "ground", "by", "reason"];

pub(super) async fn run(args: &Args, desk: &Desk<'_>) -> Result<ExitCode, Unusable> {
    if let Actor::Operator(name) = &desk.actor
        && name.eq_ignore_ascii_case(&args.approved_by)
    {
        return Err(Unusable::because("--approved-by: a second person has to approve it"));
    }
    let keys = desk.keys().await?;
    let file =
        desk.settings.identity_file.as_ref().ok_or_else(|| {
            Unusable::because("[seal] identity_file is not set: whom mail went to cannot be opened here")
        })?;
    let identities = Identities::from_file(file).map_err(Unusable::because)?;
    let identity = from_standard_input(|input| input.number(desk.now.date())).map_err(Unusable::because)?;
    let read = Event::IdentitiesRead { recipients: identities.recipients(), purpose: "person" };
    desk.record(read).await?;
    let messages = desk.store.messages_of_value(&keys.value_digests(&identity)).await.map_err(Unusable::because)?;
    let mut rows = Vec::new();
    for id in &messages {
        rows.extend(of_message(*id, &identities, desk).await?);
    }
    rows.sort_by(|a, b| a.at.cmp(&b.at));
    let (case, approved_by) = (args.case.clone(), args.approved_by.clone());
    desk.record(Event::PersonExported { case, approved_by, messages: messages.len() }).await?;
    write(&rows, args.csv).map_err(Unusable::because)?;
    if rows.is_empty() {
        eprintln!("sluss: nothing about this person was released or let through by an exception");
    }
    Ok(ExitCode::SUCCESS)
}

async fn of_message(id: MessageId, identities: &Identities, desk: &Desk<'_>) -> Result<Vec<Row>, Unusable> {
    let links = desk.store.audit_links_of(id).await.map_err(Unusable::because)?;
    let recipients = disclose::recipients(desk.store, identities, id).await.map_err(Unusable::because)?;
    let message = desk.store.message(id).await.map_err(Unusable::because)?;
    let mut rows = Vec::new();
    for disclosed in disclosed(&links) {
        let row = |recipient: Option<String>| Row {
            id: id.to_string(),
            reference: message.as_ref().map(|message| message.reference.to_string()),
            unit: disclosed.unit.clone(),
            categories: message.as_ref().map(|message| message.record.categories.clone()),
            at: disclosed.at.map(|at: Timestamp| at.to_string()),
            recipient,
            ground: disclosed.ground.clone(),
            by: disclosed.by.clone(),
            reason: disclosed.reason.clone(),
        };
        let of_position =
            |position| recipients.iter().find(|(known, _)| *known == position).map(|(_, address)| address);
        match disclosed.position {
            Some(position) => rows.push(row(of_position(position).cloned())),
            None => rows.extend(recipients.iter().map(|(_, address)| row(Some(address.clone())))),
        }
    }
    Ok(rows)
}

fn write(rows: &[Row], as_csv: bool) -> std::io::Result<()> {
    let mut text = String::new();
    if as_csv {
        text.push_str(csv::BYTE_ORDER_MARK);
        csv::line(&mut text, &COLUMNS);
    }
    for row in rows {
        if as_csv {
            let own = |field: &Option<String>| field.clone().unwrap_or_default();
            let categories = row.categories.as_ref().map(|categories| categories.join(", "));
            let cells = [
                row.id.clone(),
                own(&row.reference),
                own(&row.unit),
                own(&categories),
                own(&row.at),
                own(&row.recipient),
                row.ground.clone(),
                row.by.clone(),
                own(&row.reason),
            ];
            csv::line(&mut text, &cells.each_ref().map(String::as_str));
        } else {
            text.push_str(&serde_json::to_string(row)?);
            text.push('\n');
        }
    }
    let mut out = stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
