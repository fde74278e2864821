//! What a decision came to, each with a text: never more than happened.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::Step;
use crate::console::desk::texts::{DecideTexts, said};
use crate::console::desk::{Closed, Shell, Visit};
use crate::console::texts::{Said, filled};
use crate::quarantine::{Progress, QuarantineError, RouteError, SealError};
use crate::store::{Conflict, HeldMessage, StoreError};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// Somebody else has changed it meanwhile.
    Changed,
    /// Somebody else's request waits.
    Requested,
    /// The same person cannot agree.
    SamePerson,
    OnHold,
    /// No identity or next hop here.
    NotHere,
    /// The route is not open to the mail.
    Unit,
    Recipients,
    Size,
    Evidence,
    NobodyMeets,
    NoWay,
    NoSender,
    Private,
    Refused,
    Pending,
    InPart,
    ToBeAgreed,
    Released,
    Returned,
    Discarded,
    Kept,
    Unkept,
    Looked,
}

/// Of several copies the gravest is told: the first of these.
const ORDER: [Done; 23] = [
    Done::Refused,
    Done::NotHere,
    Done::Private,
    Done::NoSender,
    Done::Unit,
    Done::Recipients,
    Done::Size,
    Done::Evidence,
    Done::NobodyMeets,
    Done::NoWay,
    Done::SamePerson,
    Done::Requested,
    Done::OnHold,
    Done::Changed,
    Done::Pending,
    Done::InPart,
    Done::ToBeAgreed,
    Done::Released,
    Done::Returned,
    Done::Discarded,
    Done::Kept,
    Done::Unkept,
    Done::Looked,
];

impl Done {
    pub fn of(progress: Progress) -> Self {
        match progress {
            Progress::Requested => Done::ToBeAgreed,
            Progress::Released(_) => Done::Released,
            Progress::InPart(_) => Done::InPart,
            Progress::Pending { .. } => Done::Pending,
            Progress::Failed(_) => Done::Refused,
        }
    }

    /// What an error says to a person; one of ours is none.
    pub fn instead(error: QuarantineError) -> Result<Self, Closed> {
        Ok(match error {
            QuarantineError::Store(StoreError::Conflict(conflict)) => match conflict {
                Conflict::SamePerson => Done::SamePerson,
                Conflict::Requested => Done::Requested,
                Conflict::Kept => Done::OnHold,
                _ => Done::Changed,
            },
            QuarantineError::Route(route) => match route {
                RouteError::Unit(_) => Done::Unit,
                RouteError::Recipients(_) => Done::Recipients,
                RouteError::Size(_) => Done::Size,
                RouteError::Evidence(_) => Done::Evidence,
                RouteError::NobodyMeets => Done::NobodyMeets,
                RouteError::NoSuchWay(_) | RouteError::NoHop(_) | RouteError::NoDisclosure(_) => Done::NoWay,
            },
            QuarantineError::NoIdentity | QuarantineError::NoRoutes | QuarantineError::Seal(SealError::NotForUs) => {
                Done::NotHere
            }
            QuarantineError::Private => Done::Private,
            QuarantineError::NoSender => Done::NoSender,
            QuarantineError::Gone => Done::Changed,
            other => return Err(other.into()),
        })
    }

    fn word(self) -> &'static str {
        match self {
            Done::Changed => "changed",
            Done::Requested => "requested",
            Done::SamePerson => "same-person",
            Done::OnHold => "is-kept",
            Done::NotHere => "not-here",
            Done::Unit => "unit",
            Done::Recipients => "recipients",
            Done::Size => "size",
            Done::Evidence => "evidence",
            Done::NobodyMeets => "nobody-meets",
            Done::NoWay => "no-way",
            Done::NoSender => "no-sender",
            Done::Private => "private",
            Done::Refused => "refused",
            Done::Pending => "pending",
            Done::InPart => "in-part",
            Done::ToBeAgreed => "to-be-agreed",
            Done::Released => "released",
            Done::Returned => "returned",
            Done::Discarded => "discarded",
            Done::Kept => "kept",
            Done::Unkept => "unkept",
            Done::Looked => "looked",
        }
    }

    /// It is as it was decided, or on its way there.
    pub fn is_well(self) -> bool {
        let at = ORDER.iter().position(|done| *done == self);
        at >= ORDER.iter().position(|done| *done == Done::Pending)
    }
}

pub fn gravest(all: &[Done]) -> Done {
    ORDER.into_iter().find(|done| all.contains(done)).unwrap_or(Done::Changed)
}

#[derive(Template)]
#[template(path = "desk/outcome.html")]
struct OutcomePage<'v> {
    shell: Shell<'v>,
    texts: &'v DecideTexts,
    said: &'v Said,
    /// Of the design system.
    color: &'static str,
    well: bool,
    step: &'v str,
    reference: String,
    back: String,
    now: Vec<String>,
}

pub fn page(visit: &Visit, step: Step, copies: &[HeldMessage], done: Done) -> Result<Response, Closed> {
    let all = visit.texts()?;
    let texts = &all.decide;
    let state = |copy: &HeldMessage| filled(&texts.now, &[("state", said(&all.state, copy.state.as_str()))]);
    let mut now: Vec<String> = copies.iter().map(state).collect();
    now.dedup();
    let template = OutcomePage {
        said: texts.outcomes.get(done.word()).ok_or(Closed::Fault)?,
        color: if done.is_well() { "success" } else { "warning" },
        well: done.is_well(),
        step: texts.steps.get(step.word()).map_or("", |own| own.name.as_str()),
        reference: copies.first().map_or_else(String::new, |copy| copy.reference.to_string()),
        back: format!("{}{}", visit.prefix(), visit.mail_path(copies)),
        now,
        shell: visit.shell()?,
        texts,
    };
    let status = if done.is_well() { StatusCode::OK } else { StatusCode::CONFLICT };
    Ok(visit.page(status, &template))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gravest_of_several_copies_is_told() {
        assert_eq!(gravest(&[Done::Released, Done::Refused]), Done::Refused);
        assert_eq!(gravest(&[Done::Released, Done::Pending]), Done::Pending);
        assert_eq!(gravest(&[]), Done::Changed);
        assert!(Done::Released.is_well() && Done::ToBeAgreed.is_well() && !Done::Changed.is_well());
        let mut words: Vec<_> = ORDER.iter().map(|done| done.word()).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), ORDER.len(), "each has a text of its own");
    }
}
