//! Listing and showing. Records are content-free; an opening goes on the record first.

use std::io::Write;
use std::process::ExitCode;

use serde_json::{Value, json};

use super::{Named, fail, find, pages};
use crate::audit::Actor;
use crate::cli::say;
use crate::quarantine::Quarantine;
use crate::store::{Filter, HeldMessage, RecipientRow, State, Store};

/// `state`: `None` lists what is held or being released.
pub(super) async fn list(store: &dyn Store, state: Option<State>, json: bool) -> ExitCode {
    let states = match state {
        Some(state) => vec![state],
        None => vec![State::Held, State::Releasing],
    };
    let mut messages = Vec::new();
    for state in states {
        match pages(store, Filter { state: Some(state), ..Filter::default() }).await {
            Ok(page) => messages.extend(page),
            Err(error) => return fail(&error),
        }
    }
    messages.sort_by_key(|m| (m.record.held_at, m.id));
    for message in &messages {
        if json {
            say(format_args!("{}", record(message)));
        } else {
            say(format_args!("{}", line(message)));
        }
    }
    ExitCode::SUCCESS
}

pub(super) async fn show(store: &dyn Store, named: &Named, json: bool) -> ExitCode {
    let messages = match find(store, named).await {
        Ok(messages) if messages.is_empty() => return fail(&"there is no such message"),
        Ok(messages) => messages,
        Err(error) => return fail(&error),
    };
    for message in messages {
        let recipients = match store.recipients(message.id).await {
            Ok(recipients) => recipients,
            Err(error) => return fail(&error),
        };
        let record = full_record(&message, &recipients);
        if json {
            say(format_args!("{record}"));
        } else {
            // Each field on its line, as words.
            for (key, value) in record.as_object().into_iter().flatten() {
                say(format_args!("{key:<15} {}", value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
            }
        }
    }
    ExitCode::SUCCESS
}

/// Standard output gets the message byte for byte, or with `json` evidence and envelope as one object.
pub(super) async fn open(quarantine: &Quarantine, named: &Named, actor: &Actor, purpose: &str, json: bool) -> ExitCode {
    let messages = match find(quarantine.store().as_ref(), named).await {
        Ok(messages) => messages,
        Err(error) => return fail(&error),
    };
    let [message] = messages.as_slice() else {
        return fail(&match messages.len() {
            0 => "there is no such message",
            _ => "several copies share this reference; name one by its id",
        });
    };
    if json {
        return match quarantine.open(message.id, actor, purpose).await {
            Ok((evidence, content)) => {
                let mut object = record(message);
                object["evidence"] = json!(evidence);
                object["subject"] = json!(content.subject);
                object["size"] = json!(content.message.len());
                say(format_args!("{object}"));
                ExitCode::SUCCESS
            }
            Err(error) => fail(&error),
        };
    }
    match quarantine.open(message.id, actor, purpose).await {
        Ok((_, content)) => {
            let mut out = std::io::stdout().lock();
            match out.write_all(content.message.bytes()).and_then(|()| out.flush()) {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => fail(&error),
            }
        }
        Err(error) => fail(&error),
    }
}

/// A held message as every listing shows it.
pub(super) fn record(message: &HeldMessage) -> Value {
    let record = &message.record;
    json!({
        "id": message.id.to_string(),
        "ref": message.reference.as_str(),
        "state": message.state.as_str(),
        "unit": record.unit,
        "categories": record.categories,
        "severity": record.severity,
        "mode": record.mode,
        "held_at": record.held_at.to_string(),
        "expires_at": record.expires_at.to_string(),
        "urgent": record.urgent,
    })
}

fn full_record(message: &HeldMessage, recipients: &[RecipientRow]) -> Value {
    let mut object = record(message);
    object["channels"] = json!(message.record.channels);
    object["release_failed"] = json!(message.release_failed);
    object["next_attempt"] = json!(message.next_attempt.map(|at| at.to_string()));
    object["ended_at"] = json!(message.ended_at.map(|at| at.to_string()));
    object["recipients"] = recipients
        .iter()
        .map(|r| json!({"position": r.position, "state": r.state.as_str(), "reply": r.reply}))
        .collect();
    object
}

fn line(message: &HeldMessage) -> String {
    let record = &message.record;
    let urgent = if record.urgent { " urgent" } else { "" };
    let failed = if message.release_failed { " release-failed" } else { "" };
    format!(
        "{} {} {:<9} {:.0} {} {} {}{urgent}{failed}",
        message.id,
        message.reference,
        message.state.as_str(),
        record.held_at,
        record.unit,
        record.severity,
        record.categories.join(","),
    )
}
