//! What the buttons do. Each act is a step of the quarantine, on the record in its own transaction; what another has
//! done meanwhile is never overwritten.

use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;

use super::view::{Facts, Outcome};
use super::{Choice, Closed, Sent, Visit};
use crate::audit::Actor;
use crate::console::answer::html;
use crate::console::form::{BUTTON, Fields, Form};
use crate::console::page::Page;
use crate::console::texts::{Outcomes, Said, filled};
use crate::quarantine::QuarantineError;
use crate::store::{HeldMessage, StoreError};

/// What an act came to; each has a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Done {
    Withdrawn,
    WithdrawnInPart,
    Asked,
    AskedBefore,
    Sent,
    Going,
    ToBeAgreed,
    NotSent,
    NoChannel,
    TooLate,
    Stale,
    ExceptionAsked,
    ExceptionAskedBefore,
    SentAtOnce,
    GoingAtOnce,
    NotSentAtOnce,
    NoRoute,
    /// A returned mail: it is its own answer.
    Fetched,
}

impl Done {
    fn said(self, texts: &Outcomes) -> &Said {
        match self {
            Done::Withdrawn => &texts.withdrawn,
            Done::WithdrawnInPart => &texts.withdrawn_in_part,
            Done::Asked => &texts.asked,
            Done::AskedBefore => &texts.asked_before,
            Done::Sent => &texts.sent,
            Done::Going => &texts.going,
            Done::ToBeAgreed => &texts.to_be_agreed,
            Done::NotSent => &texts.not_sent,
            Done::NoChannel => &texts.no_channel,
            Done::TooLate => &texts.too_late,
            Done::Stale => &texts.stale,
            Done::ExceptionAsked => &texts.exception_asked,
            Done::ExceptionAskedBefore => &texts.exception_asked_before,
            Done::SentAtOnce | Done::Fetched => &texts.sent_at_once,
            Done::GoingAtOnce => &texts.going_at_once,
            Done::NotSentAtOnce => &texts.not_sent_at_once,
            Done::NoRoute => &texts.no_route,
        }
    }

    /// It is as the sender wished.
    pub(super) fn is_well(self) -> bool {
        matches!(
            self,
            Done::Withdrawn
                | Done::Asked
                | Done::AskedBefore
                | Done::Sent
                | Done::ExceptionAsked
                | Done::ExceptionAskedBefore
                | Done::SentAtOnce
                | Done::Fetched
        )
    }

    /// Something is left to be done on the first page.
    fn is_open(self) -> bool {
        !matches!(self, Done::Withdrawn | Done::WithdrawnInPart | Done::Sent)
    }

    fn status(self) -> StatusCode {
        match self {
            Done::TooLate | Done::NoRoute => StatusCode::CONFLICT,
            Done::Stale => StatusCode::FORBIDDEN,
            _ => StatusCode::OK,
        }
    }
}

impl Visit<'_> {
    pub(super) async fn act(self, choice: Choice, request: Request) -> Result<Response, Closed> {
        let keys = &self.pages.keys;
        let link = self.token.digest();
        let fields = Fields::read(request, BUTTON).await;
        if !fields.is_some_and(|fields| Form::is_good(keys, &[&link.0], choice.as_str(), self.now, &fields)) {
            return Ok(self.outcome(Done::Stale));
        }
        let done = match choice {
            Choice::Withdraw => self.withdraw().await?,
            Choice::Review => self.ask_review().await?,
            Choice::Secure => self.send().await?,
            // Its page has no button.
            Choice::Edit => Done::Stale,
        };
        tracing::info!(reference = %self.copies.first().map_or("none", |c| c.reference.as_str()), choice = choice.as_str(), outcome = ?done, "a sender has acted by a link");
        metrics::counter!("sluss_sender_actions_total", "choice" => choice.as_str(), "well" => if done.is_well() { "yes" } else { "no" })
            .increment(1);
        Ok(self.outcome(done))
    }

    /// Every copy that is still held.
    async fn withdraw(&self) -> Result<Done, Closed> {
        let mut withdrawn = 0;
        for copy in self.held() {
            match self.pages.quarantine.withdraw(copy.id, &Actor::Link, None).await {
                Ok(()) => withdrawn += 1,
                // Somebody was quicker: a reviewer, the expiry, or another tap.
                Err(QuarantineError::Store(StoreError::Conflict(_))) => {}
                Err(error) => return Err(fault(&error)),
            }
        }
        let others = self.copies.iter().filter(|copy| !copy.state.is_final()).count();
        Ok(match withdrawn {
            0 => Done::TooLate,
            all if all == others => Done::Withdrawn,
            _ => Done::WithdrawnInPart,
        })
    }

    async fn ask_review(&self) -> Result<Done, Closed> {
        let unit = self.pages.units.get(&self.facts.unit);
        let (language, reviewers) = match unit {
            Some(unit) => (unit.language, unit.reviewers.as_slice()),
            None => (self.facts.language, [].as_slice()),
        };
        if self.private() || self.held().next().is_none() {
            return Ok(Done::TooLate);
        }
        match self.pages.quarantine.ask_review(&self.copies, &Actor::Link, language, reviewers).await {
            Ok(true) => Ok(Done::Asked),
            Ok(false) if self.copies.iter().any(|copy| copy.review_asked.is_some()) => Ok(Done::AskedBefore),
            // Two taps at once, or it ended between our look and the step.
            Ok(false) => Ok(Done::TooLate),
            Err(error) => Err(fault(&error)),
        }
    }

    async fn send(&self) -> Result<Done, Closed> {
        let Some(secure) = self.secure() else { return Ok(Done::TooLate) };
        let held: Vec<&HeldMessage> = self.held().collect();
        let mut all = Vec::new();
        for copy in held {
            let done = match secure.send(copy.id).await {
                Ok(Sent::Whole) => Done::Sent,
                Ok(Sent::Going) => Done::Going,
                Ok(Sent::Requested) => Done::ToBeAgreed,
                Ok(Sent::Refused) => Done::NotSent,
                Ok(Sent::Closed) => Done::NoChannel,
                Err(QuarantineError::Store(StoreError::Conflict(_))) => continue,
                Err(error) => return Err(fault(&error)),
            };
            all.push(done);
        }
        // Of several copies the sender hears what is left to be done.
        let order = [Done::NotSent, Done::NoChannel, Done::ToBeAgreed, Done::Going, Done::Sent];
        let first = order.into_iter().find(|done| all.contains(done));
        Ok(first.unwrap_or(Done::TooLate))
    }

    pub(super) fn outcome(&self, done: Done) -> Response {
        self.outcome_by(done, None)
    }

    /// `due`: by when somebody looks at it.
    pub(super) fn outcome_by(&self, done: Done, due: Option<&str>) -> Response {
        let (texts, facts) = (self.texts, Facts::of(self));
        let more = matches!(done, Done::Asked | Done::AskedBefore).then(|| facts.answer.clone()).flatten();
        let said = done.said(&texts.outcome);
        let template = Outcome {
            page: Page::new(self.pages, texts, self.language, self.chosen, None),
            said: Said {
                heading: said.heading.clone(),
                text: filled(&said.text, &[("when", due.unwrap_or_default())]),
            },
            color: if done.is_well() { "success" } else { "neutral" },
            done: done.is_well(),
            still_open: done.is_open(),
            texts,
            facts,
            more,
        };
        html(done.status(), &template)
    }
}

fn fault(error: &QuarantineError) -> Closed {
    tracing::error!(%error, "what a sender asked for could not be done");
    Closed::Fault
}
