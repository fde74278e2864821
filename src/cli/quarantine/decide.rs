//! Releasing, returning, discarding, keeping: one line a message, status 1 when one of them did not get to its end.

use std::process::ExitCode;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use tokio::time::Instant;

use super::show::object;
use super::{Decided, NOT_ALL, Named, Which, fail, find, pages};
use crate::audit::Actor;
use crate::cli::say;
use crate::message::MessageId;
use crate::quarantine::{Progress, Quarantine, QuarantineError, Return, Tally};
use crate::store::{Conflict, Filter, Route, State, Store, StoreError};

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
#[derive(Default)]
struct End {
    reached: bool,
    state: Option<State>,
    tally: Option<Tally>,
    next: Option<Timestamp>,
    error: Option<String>,
}

impl End {
    fn reached(state: State) -> Self {
        End { reached: true, state: Some(state), ..End::default() }
    }
}

/// `route`: `None` agrees to what somebody else has asked for.
pub(super) async fn release(
    quarantine: &Quarantine,
    which: &Which,
    actor: &Actor,
    route: Option<Route>,
    wait: Duration,
) -> ExitCode {
    let deadline = Instant::now() + wait;
    let one = async |id| release_one(quarantine, id, actor, route.as_ref(), which.reason.clone(), deadline).await;
    each(targets(quarantine.store().as_ref(), which.all, &which.messages).await, which.json, one).await
}

pub(super) async fn give_back(
    quarantine: &Quarantine,
    which: &Decided,
    actor: &Actor,
    advice: Option<String>,
) -> ExitCode {
    let one = async |id| {
        let decided = Return { reason: which.reason.clone(), advice: advice.clone() };
        match quarantine.return_to_sender(id, actor, decided).await {
            Ok(_) => End::reached(State::Returned),
            Err(error) => failed(quarantine.store().as_ref(), id, error).await,
        }
    };
    each(targets(quarantine.store().as_ref(), false, &which.messages).await, which.json, one).await
}

pub(super) async fn discard(quarantine: &Quarantine, which: &Which, actor: &Actor, withdrawn: bool) -> ExitCode {
    let one = async |id| {
        let reason = which.reason.clone();
        let discarded = match withdrawn {
            true => quarantine.withdraw(id, actor, reason).await,
            false => quarantine.discard(id, actor, reason).await,
        };
        match discarded {
            Ok(()) => End::reached(State::Discarded),
            Err(error) => failed(quarantine.store().as_ref(), id, error).await,
        }
    };
    each(targets(quarantine.store().as_ref(), which.all, &which.messages).await, which.json, one).await
}

/// On legal hold with a decision, off it without.
pub(super) async fn keep(
    quarantine: &Quarantine,
    which: &Decided,
    actor: &Actor,
    decision: Option<String>,
) -> ExitCode {
    let one = async |id| {
        let reason = which.reason.clone();
        let done = match decision.clone() {
            Some(decision) => quarantine.keep(id, actor, decision, reason).await,
            None => quarantine.unkeep(id, actor, reason).await,
        };
        match done {
            Ok(()) => End { state: state_of(quarantine.store().as_ref(), id).await, ..End::reached(State::Held) },
            Err(error) => failed(quarantine.store().as_ref(), id, error).await,
        }
    };
    each(targets(quarantine.store().as_ref(), false, &which.messages).await, which.json, one).await
}

/// Does `one` to each of the targets, and prints a line of each.
async fn each(targets: Result<Vec<Target>, StoreError>, json: bool, one: impl AsyncFn(MessageId) -> End) -> ExitCode {
    let targets = match targets {
        Ok(targets) => targets,
        Err(error) => return fail(&error),
    };
    let mut all = true;
    for target in targets {
        let end = match target.id {
            Some(id) => one(id).await,
            None => End { error: Some("there is no such message".into()), ..End::default() },
        };
        all &= end.reached;
        print(&target, &end, json);
    }
    if all { ExitCode::SUCCESS } else { ExitCode::from(NOT_ALL) }
}

/// Releases, or takes part in a release that has begun, until its end or the deadline.
async fn release_one(
    quarantine: &Quarantine,
    id: MessageId,
    actor: &Actor,
    route: Option<&Route>,
    reason: Option<String>,
    deadline: Instant,
) -> End {
    let begun = match route {
        Some(route) => quarantine.release(id, actor, route.clone(), reason).await,
        None => quarantine.approve(id, actor, reason).await,
    };
    let mut result = match begun {
        // Begun before: this command goes on with it at once.
        Err(QuarantineError::Store(StoreError::Conflict(Conflict::State(State::Releasing)))) => {
            quarantine.resume(id).await
        }
        other => other,
    };
    loop {
        let again = match &result {
            Ok(Progress::Requested) => {
                let error = Some("a second person has to agree (release --approve)".to_owned());
                return End { state: Some(State::Held), error, ..End::default() };
            }
            Ok(Progress::Released(tally)) => {
                return End { tally: Some(*tally), ..End::reached(State::Released) };
            }
            Ok(Progress::InPart(tally)) => return End { tally: Some(*tally), ..End::reached(State::Held) },
            Ok(Progress::Failed(tally)) => {
                let error = Some("not every recipient accepted it".to_owned());
                return End { state: Some(State::Held), tally: Some(*tally), error, ..End::default() };
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
            End { state: Some(State::Releasing), tally: Some(tally), next: Some(next), ..End::default() }
        }
        Ok(_) => ended_elsewhere(quarantine.store().as_ref(), id).await,
        Err(error) => failed(quarantine.store().as_ref(), id, error).await,
    }
}

/// Another process brought it to this end.
async fn ended_elsewhere(store: &dyn Store, id: MessageId) -> End {
    let state = state_of(store, id).await;
    let tally = store.recipients(id).await.ok().map(|rows| Tally::of(&rows));
    End { reached: state == Some(State::Released), state, tally, ..End::default() }
}

async fn failed(store: &dyn Store, id: MessageId, error: QuarantineError) -> End {
    End { state: state_of(store, id).await, error: Some(error.to_string()), ..End::default() }
}

async fn state_of(store: &dyn Store, id: MessageId) -> Option<State> {
    store.message(id).await.ok().flatten().map(|message| message.state)
}

async fn targets(store: &dyn Store, all: bool, messages: &[Named]) -> Result<Vec<Target>, StoreError> {
    let mut targets = Vec::new();
    if all {
        let held = pages(store, Filter { state: Some(State::Held), ..Filter::default() }).await?;
        if held.is_empty() {
            eprintln!("nothing is held");
        }
        targets.extend(held.into_iter().map(|m| target(m.id, m.reference.as_str())));
    }
    for named in messages {
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
                ("withheld", json!(tally.withheld)),
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
        if tally.withheld > 0 {
            line.push_str(&format!(" withheld={}", tally.withheld));
        }
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
