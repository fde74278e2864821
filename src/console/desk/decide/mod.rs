//! Decisions about a held mail. Each is a page of its own with one form, and one step of the quarantine for each copy:
//! the same steps that the command line takes, on the record in their own transactions.
//!
//! A form knows what it was shown for. When anything about the mail has changed since, nothing is done, and the page says
//! what has become of it: what somebody else has decided is never overwritten. What the law wants two persons for the
//! store refuses to one, and about a mail of his own nobody decides.
//!
//! As it is, to mailboxes without two-factor login, a mail goes by a code of the law that opens the channel, or because
//! what was found is no secret at all: that is a false alarm, and kept as one.

mod form;
mod outcome;
mod release;

use axum::extract::Request;
use axum::response::Response;

use super::held::standing;
use super::{Answered, Closed, Room, Visit};
use crate::audit::Actor;
use crate::console::form::{Fields, TYPED};
use crate::console::rights::Right;
use crate::quarantine::{QuarantineError, Return};
use crate::store::{HeldMessage, Outcome, Route, State};
use form::Typed;
use outcome::Done;
pub use release::route_text;

/// What can be decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Release,
    FalseAlarm,
    Approve,
    Return,
    Discard,
    Keep,
    Unkeep,
    /// A look at what went out without waiting for one.
    Look,
}

/// Each with the right that it asks for, in the order in which they are offered.
const STEPS: [(Step, &str, Right); 8] = [
    (Step::Release, "release", Right::Decide),
    (Step::Approve, "approve", Right::Approve),
    (Step::Look, "look", Right::Decide),
    (Step::Return, "return", Right::Decide),
    (Step::FalseAlarm, "false-alarm", Right::Decide),
    (Step::Discard, "discard", Right::Decide),
    (Step::Keep, "keep", Right::Keep),
    (Step::Unkeep, "unkeep", Right::Keep),
];

pub const ROOMS: &[Room] = &[
    Room { path: "/held/{reference}/release", right: Right::Decide, show: Some(show), act: Some(act) },
    Room { path: "/held/{reference}/approve", right: Right::Approve, show: Some(show), act: Some(act) },
    Room { path: "/held/{reference}/look", right: Right::Decide, show: Some(show), act: Some(act) },
    Room { path: "/held/{reference}/return", right: Right::Decide, show: Some(show), act: Some(act) },
    Room { path: "/held/{reference}/false-alarm", right: Right::Decide, show: Some(show), act: Some(act) },
    Room { path: "/held/{reference}/discard", right: Right::Decide, show: Some(show), act: Some(act) },
    Room { path: "/held/{reference}/keep", right: Right::Keep, show: Some(show), act: Some(act) },
    Room { path: "/held/{reference}/unkeep", right: Right::Keep, show: Some(show), act: Some(act) },
];

/// A decision that is open, for the page of the mail.
pub struct Choice<'v> {
    pub href: String,
    pub name: &'v str,
    pub text: &'v str,
    /// The one that is best as a rule.
    pub first: bool,
}

impl Step {
    /// The step that a path ends with.
    fn of(visit: &Visit) -> Option<Step> {
        let word = visit.path.rsplit('/').next().unwrap_or_default();
        STEPS.into_iter().find(|(_, own, _)| *own == word).map(|(step, _, _)| step)
    }

    fn word(self) -> &'static str {
        STEPS.into_iter().find(|(step, _, _)| *step == self).map_or("", |(_, word, _)| word)
    }

    /// Copies that it can be done to now.
    async fn copies(self, visit: &Visit, copies: &[HeldMessage]) -> Result<Vec<HeldMessage>, Closed> {
        let mut open = Vec::new();
        if visit.is_own(copies).await? {
            return Ok(open);
        }
        for copy in copies {
            let held = copy.state == State::Held;
            let asked = copy.request.as_ref().is_some_and(|request| request.by != visit.staff.actor().text());
            let fits = match self {
                Step::Release => held && (!copy.record.private || release::has_way(visit, copy)),
                Step::Approve => held && asked,
                Step::Return | Step::FalseAlarm => held && !copy.record.private,
                Step::Discard => held && !copy.record.private && copy.kept.is_none(),
                Step::Keep => copy.kept.is_none() && (!copy.state.is_final() || copy.content_until.is_some()),
                Step::Unkeep => copy.kept.is_some(),
                Step::Look => {
                    let row = visit.desk.store().review_of(copy.id).await?;
                    row.is_some_and(|row| row.decided.is_none() && row.review.actor != visit.staff.actor().text())
                }
            };
            if fits {
                open.push(copy.clone());
            }
        }
        Ok(open)
    }
}

/// What may be decided now by whoever looks.
pub async fn choices<'v>(visit: &'v Visit, copies: &[HeldMessage]) -> Result<Vec<Choice<'v>>, Closed> {
    let texts = &visit.texts()?.decide;
    let path = visit.mail_path(copies);
    let opens = visit.desk.pages.quarantine.opens();
    let mut choices = Vec::new();
    for (step, word, right) in STEPS {
        let needs_key = matches!(step, Step::Release | Step::Approve | Step::Return | Step::FalseAlarm);
        if !visit.may(right) || (needs_key && !opens) || step.copies(visit, copies).await?.is_empty() {
            continue;
        }
        let Some(own) = texts.steps.get(word) else { continue };
        choices.push(Choice {
            href: format!("{}{path}/{word}", visit.prefix()),
            name: &own.name,
            text: &own.text,
            first: choices.is_empty(),
        });
    }
    Ok(choices)
}

fn show(visit: Visit, _: Request) -> Answered {
    Box::pin(async move {
        let copies = visit.mail().await?;
        let step = Step::of(&visit).ok_or(Closed::Unknown)?;
        if step.copies(&visit, &copies).await?.is_empty() {
            return Ok(visit.led_to(&visit.mail_path(&copies)));
        }
        form::shown(&visit, step, &copies, &Typed::of_query(&visit), &[]).await
    })
}

fn act(visit: Visit, request: Request) -> Answered {
    Box::pin(async move {
        let copies = visit.mail().await?;
        let step = Step::of(&visit).ok_or(Closed::Unknown)?;
        let fields = Fields::read(request, TYPED).await.ok_or(Closed::Stale)?;
        let seen = fields.get("seen").unwrap_or_default().to_owned();
        if !visit.is_good(&fields, step.word(), about(&copies, &seen).as_bytes()) {
            return Err(Closed::Stale);
        }
        let open = step.copies(&visit, &copies).await?;
        if seen != seen_now(&visit, &copies) || open.is_empty() {
            return outcome::page(&visit, step, &copies, Done::Changed);
        }
        let typed = Typed::of_form(&fields);
        let faults = form::faults(&visit, step, &open, &typed).await?;
        if !faults.is_empty() {
            return form::shown(&visit, step, &copies, &typed, &faults).await;
        }
        let mut all = Vec::new();
        for copy in &open {
            all.push(decided(&visit, step, copy, &typed).await?);
        }
        let done = outcome::gravest(&all);
        let reference = copies.first().map_or("none", |copy| copy.reference.as_str());
        tracing::info!(%reference, step = step.word(), outcome = ?done, "a reviewer has decided");
        let well = if done.is_well() { "yes" } else { "no" };
        metrics::counter!("sluss_desk_decisions_total", "step" => step.word(), "well" => well).increment(1);
        answered(&visit, step, done).await
    })
}

async fn answered(visit: &Visit, step: Step, done: Done) -> Result<Response, Closed> {
    outcome::page(visit, step, &visit.mail().await?, done)
}

/// One copy.
async fn decided(visit: &Visit, step: Step, copy: &HeldMessage, typed: &Typed) -> Result<Done, Closed> {
    let (quarantine, actor) = (&visit.desk.pages.quarantine, visit.staff.actor());
    let reason = typed.reason.clone();
    let kept = |done: Result<(), QuarantineError>, well| done.map(|()| well);
    let done = match step {
        Step::Release => release::release(visit, copy, &actor, typed).await,
        Step::Approve => quarantine.approve(copy.id, &actor, said(reason)).await.map(Done::of),
        Step::FalseAlarm => false_alarm(visit, copy, &actor, reason).await,
        Step::Return => {
            let returned = Return { reason, advice: typed.advice() };
            quarantine.return_to_sender(copy.id, &actor, returned).await.map(|_| Done::Returned)
        }
        Step::Discard => kept(quarantine.discard(copy.id, &actor, said(reason)).await, Done::Discarded),
        Step::Keep => kept(quarantine.keep(copy.id, &actor, typed.decision.clone(), reason).await, Done::Kept),
        Step::Unkeep => kept(quarantine.unkeep(copy.id, &actor, reason).await, Done::Unkept),
        Step::Look => {
            let Some(row) = visit.desk.store().review_of(copy.id).await? else { return Ok(Done::Changed) };
            let outcome = if typed.choice == "object" { Outcome::Objected } else { Outcome::Confirmed };
            kept(quarantine.review(&row.review, outcome, said(reason), &actor).await, Done::Looked)
        }
    };
    match done {
        Ok(done) => Ok(done),
        Err(error) => Done::instead(error),
    }
}

/// Kept as one, then sent as it is.
async fn false_alarm(
    visit: &Visit,
    copy: &HeldMessage,
    actor: &Actor,
    reason: String,
) -> Result<Done, QuarantineError> {
    let quarantine = &visit.desk.pages.quarantine;
    quarantine.call_false_alarm(copy.id, actor, reason.clone()).await?;
    let reason = Some(format!("false alarm: {reason}"));
    quarantine.release(copy.id, actor, Route::Ordinary, reason).await.map(Done::of)
}

fn said(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// What a form is about: the mail, and how it stood.
fn about(copies: &[HeldMessage], seen: &str) -> String {
    let reference = copies.first().map_or("", |copy| copy.reference.as_str());
    format!("{reference}\n{seen}")
}

/// How it stands now, as a form carries it.
fn seen_now(visit: &Visit, copies: &[HeldMessage]) -> String {
    visit.desk.pages.keys.digest("desk", standing(copies).as_bytes()).chars().take(32).collect()
}
