//! Sealing anew what is held: what would be done, how far it is, what came of it.

use std::collections::HashMap;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;

use serde_json::json;

use super::{NOT_ALL, Rotate, Settings, fail};
use crate::audit::{Actor, Subject};
use crate::cli::say;
use crate::message::Keys;
use crate::quarantine::{self, Due, Identities, Quarantine, QuarantineError, Resealing};
use crate::store::Store;

pub(super) async fn rotate(
    store: Arc<dyn Store>,
    keys: Arc<Keys>,
    settings: Settings,
    wanted: &Rotate,
    actor: &Actor,
) -> ExitCode {
    let (Some(sealer), Some(file)) = (settings.sealer, settings.identity_file) else {
        return fail(&"[seal] identity_file is not set: nothing can be opened here");
    };
    let identities = match Identities::from_file(&file) {
        Ok(identities) => identities,
        Err(error) => return fail(&error),
    };
    let settings = quarantine::Settings {
        sealer,
        times: quarantine::Times::default(),
        desks: HashMap::new(),
        identities: Some(identities),
        routes: None,
    };
    let quarantine = Quarantine::new(store, keys, settings);
    let due = match quarantine.due_for_rotation(&wanted.unit).await {
        Ok(due) => due,
        Err(error) => return fail(&error),
    };
    if wanted.dry_run {
        due.iter().for_each(|due| say(format_args!("{}", planned(due, wanted.json))));
        if due.is_empty() && !wanted.json {
            say(format_args!("everything is sealed to the keys of the configuration"));
        }
        return ExitCode::SUCCESS;
    }
    let shutting: Vec<&str> =
        due.iter().filter(|d| d.opens != Some(false) && !d.stays_open).map(|d| &*d.unit).collect();
    if !shutting.is_empty() && !wanted.hand_over {
        return fail(&format!(
            "[seal]: no identity of {} belongs to a key that is configured for {}: what is held could not be opened here \
             afterwards; put the new identity there first, or say --hand-over if others are to read it",
            file.display(),
            shutting.join(", ")
        ));
    }
    carry_out(&quarantine, wanted, actor, due.iter().map(|due| due.messages + due.disclosed).sum()).await
}

async fn carry_out(quarantine: &Quarantine, wanted: &Rotate, actor: &Actor, total: u64) -> ExitCode {
    let mut progress = Progress { done: 0, total, shown: std::io::stderr().is_terminal() && !wanted.json };
    let rotated = quarantine
        .rotate(&wanted.unit, actor, |message, what| {
            if wanted.json {
                say(format_args!("{}", line(message, what)));
            } else if let Some(why) = fault(what) {
                progress.clear();
                let reference = message.reference.as_ref().map(|reference| format!(" {reference}")).unwrap_or_default();
                eprintln!("sluss: {}{reference}: {why}", message.id);
            }
            progress.step();
        })
        .await;
    progress.clear();
    let rotated = match rotated {
        Ok(rotated) => rotated,
        // What was done is done; the same command goes on.
        Err(error) => return interrupted(&error, progress.done),
    };
    let (resealed, left, damaged) = (rotated.resealed, rotated.left, rotated.damaged);
    if wanted.json {
        say(format_args!("{}", json!({"resealed": resealed, "left": left, "damaged": damaged})));
    } else {
        say(format_args!("sealed anew: {resealed}; still sealed to other keys: {left}"));
    }
    if left == 0 { ExitCode::SUCCESS } else { ExitCode::from(NOT_ALL) }
}

fn interrupted(error: &QuarantineError, done: u64) -> ExitCode {
    fail(&format!("{error}; {done} messages are done, the same command goes on with the others"))
}

fn word(what: Resealing) -> &'static str {
    match what {
        Resealing::Resealed => "resealed",
        Resealing::Overtaken => "overtaken",
        Resealing::Shut => "shut",
        Resealing::Damaged => "damaged",
    }
}

fn fault(what: Resealing) -> Option<&'static str> {
    match what {
        Resealing::Resealed | Resealing::Overtaken => None,
        Resealing::Shut => Some("no identity here opens it"),
        Resealing::Damaged => Some("the sealed record is damaged"),
    }
}

/// `ref` is null of a mail that went out: sealed anew is who got it.
fn line(message: &Subject, what: Resealing) -> serde_json::Value {
    json!({
        "id": message.id.to_string(),
        "ref": message.reference.as_ref().map(ToString::to_string),
        "unit": message.unit,
        "result": word(what),
    })
}

fn planned(due: &Due, as_json: bool) -> String {
    if as_json {
        let due = json!({
            "unit": due.unit, "messages": due.messages, "disclosed": due.disclosed, "from": due.from, "to": due.to, "opens": due.opens,
            "stays_open": due.stays_open,
        });
        return due.to_string();
    }
    let from = if due.from.is_empty() { "keys that were not noted".to_owned() } else { due.from.join(" ") };
    let mut text = format!(
        "{}: {} held and recipients of {} from {from} to {}",
        due.unit,
        due.messages,
        due.disclosed,
        due.to.join(" ")
    );
    if due.opens == Some(false) {
        text.push_str("; no identity here opens it");
    } else if !due.stays_open {
        text.push_str("; no identity here opens it afterwards");
    }
    text
}

/// How far it is, in one line of a terminal that is written over.
struct Progress {
    done: u64,
    total: u64,
    shown: bool,
}

impl Progress {
    fn step(&mut self) {
        self.done += 1;
        if self.shown {
            // More may be held meanwhile.
            eprint!("\r{} of {}", self.done, self.total.max(self.done));
            let _ = std::io::stderr().flush();
        }
    }

    fn clear(&self) {
        if self.shown && self.done > 0 {
            eprint!("\r\x1b[K");
        }
    }
}
