//! Releasing and discarding: one line a message, status 1 when one of them did not get to its end.

use std::process::ExitCode;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use tokio::time::Instant;

use super::show::object;
use super::{NOT_ALL, Named, Which, fail, find, pages};
use crate::audit::Actor;
use crate::cli::say;
use crate::message::MessageId;
use crate::quarantine::{Progress, Quarantine, QuarantineError, Tally};
use crate::store::{Conflict, Filter, State, Store, StoreError};

/// How often a message that another process is releasing is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// One message that the command is about.
struct Target {
    /// As it is printed: id and reference, or the name nobody has.
    id: Option<MessageId>,
    name: String,
    reference: Option<String>,
}

/// What became of it.
struct End {
    reached: bool,
    state: Option<State>,
    tally: Option<Tally>,
    next: Option<Timestamp>,
    error: Option<String>,
}

pub(super) async fn release(quarantine: &Quarantine, which: &Which, actor: &Actor, wait: Duration) -> ExitCode {
    let targets = match targets(quarantine.store().as_ref(), which).await {
        Ok(targets) => targets,
        Err(error) => return fail(&error),
    };
    let deadline = Instant::now() + wait;
    let mut all = true;
    for target in targets {
        let end = match target.id {
            Some(id) => release_one(quarantine, id, actor, which.reason.clone(), deadline).await,
            None => unknown(),
        };
        all &= end.reached;
        print(&target, &end, which.json);
    }
    if all { ExitCode::SUCCESS } else { ExitCode::from(NOT_ALL) }
}

pub(super) async fn discard(quarantine: &Quarantine, which: &Which, actor: &Actor) -> ExitCode {
    let targets = match targets(quarantine.store().as_ref(), which).await {
        Ok(targets) => targets,
        Err(error) => return fail(&error),
    };
    let mut all = true;
    for target in targets {
        let end = match target.id {
            Some(id) => match quarantine.discard(id, actor, which.reason.clone()).await {
                Ok(()) => End { reached: true, state: Some(State::Discarded), tally: None, next: None, error: None },
                Err(error) => failed(quarantine.store().as_ref(), id, error).await,
            },
            None => unknown(),
        };
        all &= end.reached;
        print(&target, &end, which.json);
    }
    if all { ExitCode::SUCCESS } else { ExitCode::from(NOT_ALL) }
}

/// Releases, or takes part in a release that has begun, until its end or the deadline.
async fn release_one(
    quarantine: &Quarantine,
    id: MessageId,
    actor: &Actor,
    reason: Option<String>,
    deadline: Instant,
) -> End {
    let mut result = match quarantine.release(id, actor, reason).await {
        // Begun before: this command goes on with it at once.
        Err(QuarantineError::Store(StoreError::Conflict(Conflict::State(State::Releasing)))) => {
            quarantine.resume(id).await
        }
        other => other,
    };
    loop {
        let again = match &result {
            Ok(Progress::Released(tally)) => {
                return End {
                    reached: true,
                    state: Some(State::Released),
                    tally: Some(*tally),
                    next: None,
                    error: None,
                };
            }
            Ok(Progress::Failed(tally)) => {
                let error = Some("not every recipient accepted it".to_owned());
                return End { reached: false, state: Some(State::Held), tally: Some(*tally), next: None, error };
            }
            Ok(Progress::Pending { next, .. }) => *next <= Timestamp::now(),
            // `serve` or another command is at it; its end is ours.
            Err(QuarantineError::Store(StoreError::Conflict(Conflict::Leased | Conflict::LeaseLost))) => true,
            Err(QuarantineError::Store(StoreError::Conflict(Conflict::State(State::Released)))) => {
                return ended_elsewhere(quarantine.store().as_ref(), id).await;
            }
            Err(_) => break,
        };
        if Instant::now() >= deadline {
            break;
        }
        tokio::time::sleep(LOOK).await;
        if again {
            result = quarantine.resume(id).await;
        }
    }
    match result {
        Ok(Progress::Pending { tally, next }) => {
            End { reached: false, state: Some(State::Releasing), tally: Some(tally), next: Some(next), error: None }
        }
        Ok(Progress::Released(_) | Progress::Failed(_)) => ended_elsewhere(quarantine.store().as_ref(), id).await,
        Err(error) => failed(quarantine.store().as_ref(), id, error).await,
    }
}

/// Another process brought it to this end.
async fn ended_elsewhere(store: &dyn Store, id: MessageId) -> End {
    let state = store.message(id).await.ok().flatten().map(|m| m.state);
    let tally = store.recipients(id).await.ok().map(|rows| Tally::of(&rows));
    End { reached: state == Some(State::Released), state, tally, next: None, error: None }
}

async fn failed(store: &dyn Store, id: MessageId, error: QuarantineError) -> End {
    let state = store.message(id).await.ok().flatten().map(|m| m.state);
    End { reached: false, state, tally: None, next: None, error: Some(error.to_string()) }
}

fn unknown() -> End {
    End { reached: false, state: None, tally: None, next: None, error: Some("there is no such message".into()) }
}

async fn targets(store: &dyn Store, which: &Which) -> Result<Vec<Target>, StoreError> {
    let mut targets = Vec::new();
    if which.all {
        let held = pages(store, Filter { state: Some(State::Held), ..Filter::default() }).await?;
        if held.is_empty() {
            eprintln!("nothing is held");
        }
        targets.extend(held.into_iter().map(|m| target(m.id, m.reference.as_str())));
    }
    for named in &which.messages {
        let found = find(store, named).await?;
        if found.is_empty() {
            let name = match named {
                Named::Id(id) => id.to_string(),
                Named::Reference(reference) => reference.to_string(),
            };
            targets.push(Target { id: None, name, reference: None });
        }
        targets.extend(found.into_iter().map(|m| target(m.id, m.reference.as_str())));
    }
    Ok(targets)
}

fn target(id: MessageId, reference: &str) -> Target {
    Target { id: Some(id), name: id.to_string(), reference: Some(reference.to_owned()) }
}

fn print(target: &Target, end: &End, json: bool) {
    if json {
        let mut fields = vec![
            ("id", json!(target.id.map_or(target.name.clone(), |id| id.to_string()))),
            ("ref", json!(target.reference)),
            ("state", json!(end.state.map(State::as_str))),
        ];
        if let Some(tally) = end.tally {
            fields.extend([
                ("accepted", json!(tally.accepted)),
                ("refused", json!(tally.refused)),
                ("pending", json!(tally.pending)),
            ]);
        }
        fields.extend(end.next.map(|next| ("next_attempt", json!(next.to_string()))));
        fields.extend(end.error.as_ref().map(|error| ("error", json!(error))));
        say(format_args!("{}", object(&fields)));
        return;
    }
    let mut line = target.name.clone();
    for word in [target.reference.as_deref(), end.state.map(State::as_str)].into_iter().flatten() {
        line.push(' ');
        line.push_str(word);
    }
    if let Some(tally) = end.tally {
        line.push_str(&format!(" accepted={} refused={} pending={}", tally.accepted, tally.refused, tally.pending));
    }
    if let Some(next) = end.next {
        line.push_str(&format!(" next-attempt={next:.0}"));
    }
    if let Some(error) = &end.error {
        line.push_str(": ");
        line.push_str(error);
    }
    say(format_args!("{line}"));
}
