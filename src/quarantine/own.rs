//! What the sender of a held mail does after having signed in with two factors: sees what the check saw, asks for an
//! exception, uses the urgent path, fetches what was returned to him. That it is his, the caller has asked
//! ([`crate::store::ReviewStore::is_sender`]); nobody else opens a private mail.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::open::{OpenedContent, subject};
use super::secret::bound_to;
use super::{Evidence, Progress, Quarantine, QuarantineError};
use crate::audit::{Actor, Event};
use crate::message::Keys;
use crate::notice::facts::{Language, NoticeFacts, NoticeKind};
use crate::store::{
    AccountId, Conflict, ExceptionRow, HeldMessage, NewRelease, NewReview, Outcome, RegisterId, Route, State, TextPlace,
};

/// What the record says of why a sender's own mail was opened.
pub const OWN: &str = "shown to its sender";

/// An exception that a sender asks for.
#[derive(Clone, Debug)]
pub struct Asked {
    pub account: AccountId,
    pub code: String,
    /// What is documented, by the words of a code's needs.
    pub facts: BTreeMap<String, String>,
    pub language: Language,
    /// Local addresses.
    pub reviewers: Vec<String>,
}

/// A use of the urgent path.
#[derive(Clone, Debug)]
pub struct AtOnce {
    /// Id of the lawful disclosure.
    pub route: String,
    pub code: String,
    /// What was documented; goes on the record.
    pub reason: String,
    /// Waiting for a second person is the greater harm.
    pub alone: bool,
    pub review_due: Timestamp,
}

/// What is encrypted of a request.
#[derive(Serialize, Deserialize)]
struct Facts(BTreeMap<String, String>);

/// What is documented in a request. `None` when it cannot be opened with these keys.
pub fn facts(keys: &Keys, row: &ExceptionRow) -> Option<BTreeMap<String, String>> {
    let json = keys.open_register(&bound_to(TextPlace::Exception, &row.id.0), &row.sealed).ok()?;
    serde_json::from_slice(&Zeroizing::new(json)).ok().map(|Facts(facts)| facts)
}

impl Quarantine {
    /// Whether anything can be opened here at all.
    pub fn opens(&self) -> bool {
        self.identities.is_some()
    }

    /// The evidence of a message, for its sender. The event is durable before anything is returned.
    pub async fn show_own(&self, message: &HeldMessage, actor: &Actor) -> Result<Evidence, QuarantineError> {
        let evidence = self.unseal_evidence(message.id).await?;
        self.record_opening(message, false, actor, OWN).await?;
        Ok(evidence)
    }

    /// The content of a returned message, for its sender, while it is there. The event is durable before anything is
    /// returned.
    pub async fn fetch_own(&self, message: &HeldMessage, actor: &Actor) -> Result<OpenedContent, QuarantineError> {
        if message.state != State::Returned {
            return Err(Conflict::State(message.state).into());
        }
        if message.content_until.is_none_or(|until| until <= self.now()) {
            return Err(QuarantineError::Gone);
        }
        let content = self.unseal_content(message.id).await?;
        self.record_opening(message, true, actor, OWN).await?;
        Ok(content)
    }

    /// Keeps, for each copy that is held, what its sender asks for and has documented, and tells the reviewers of the
    /// first. Releases nothing. False when there is a request already, or none is held.
    pub async fn ask_exception(&self, copies: &[HeldMessage], asked: &Asked) -> Result<bool, QuarantineError> {
        let (now, actor) = (self.now(), Actor::Account(asked.account));
        let json = Zeroizing::new(serde_json::to_vec(&Facts(asked.facts.clone())).unwrap_or_default());
        let mut taken = false;
        for copy in copies.iter().filter(|copy| copy.state == State::Held) {
            let id = RegisterId::random();
            let row = ExceptionRow {
                id,
                message: copy.id,
                account: asked.account,
                at: Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now),
                code: asked.code.clone(),
                sealed: self.keys.seal_register(&bound_to(TextPlace::Exception, &id.0), &json),
            };
            let notice = match taken {
                false => {
                    self.notice_asked(copy, copies, asked.language, &asked.reviewers, NoticeKind::ReviewerAsked)?
                }
                true => None,
            };
            let event = Event::ExceptionRequested { subject: subject(copy), code: asked.code.clone() };
            taken |= self.store.request_exception(&row, notice.as_ref(), &event.entry(&actor, now)).await?;
        }
        if taken {
            metrics::counter!("sluss_quarantine_total", "event" => "exception-requested").increment(1);
        }
        Ok(taken)
    }

    /// Somebody other than who acted has looked at what went out.
    pub async fn review(
        &self,
        review: &NewReview,
        outcome: Outcome,
        reason: Option<String>,
        actor: &Actor,
    ) -> Result<(), QuarantineError> {
        let now = self.now();
        let event = Event::Reviewed {
            id: review.id,
            reference: review.reference.clone(),
            unit: review.unit.clone(),
            outcome,
            reason,
        };
        Ok(self.store.decide_review(review.id, outcome, None, &event.entry(actor, now)).await?)
    }

    /// Tells the reviewers that something went out that they have to look at.
    pub async fn tell_review_due(
        &self,
        copies: &[HeldMessage],
        language: Language,
        reviewers: &[String],
    ) -> Result<(), QuarantineError> {
        let Some(first) = copies.first() else { return Ok(()) };
        let notice = self.notice_asked(first, copies, language, reviewers, NoticeKind::ReviewerReviewDue)?;
        if let Some(notice) = notice {
            self.store.outbox_add(&notice).await?;
        }
        Ok(())
    }

    /// held → releasing, to the fixed recipients of a lawful disclosure and nobody else, and the first attempt. What the
    /// policy wants two persons for waits for the second, unless the code says that waiting is the greater harm.
    pub async fn release_at_once(
        &self,
        message: &HeldMessage,
        actor: &Actor,
        at_once: AtOnce,
    ) -> Result<Progress, QuarantineError> {
        let route = Route::Disclosure(at_once.route.clone());
        if message.record.four_eyes && !at_once.alone {
            return self.release(message.id, actor, route, Some(at_once.reason)).await;
        }
        self.check_route(message, &route)?;
        let content = self.unseal_content(message.id).await?;
        let withheld = self.withheld(message, &route, &content).await?;
        let review = NewReview {
            id: message.id,
            reference: Some(message.reference.clone()),
            unit: message.record.unit.clone(),
            actor: actor.text(),
            what: format!("{} {}", route.word(), at_once.code),
            at: self.now(),
            due: at_once.review_due,
        };
        let start = NewRelease { route, withheld, agreement: None, review: Some(review) };
        self.begin(message, &content, start, None, actor, Some(at_once.reason)).await
    }
}

/// A notice about a request, to the reviewers of a unit.
pub(super) fn facts_of_request(
    kind: NoticeKind,
    first: &HeldMessage,
    copies: &[HeldMessage],
    language: Language,
    reviewers: &[String],
    now: Timestamp,
) -> NoticeFacts {
    NoticeFacts {
        reference: Some(first.reference.as_str().to_owned()),
        urgent: copies.iter().any(|copy| copy.record.urgent),
        at: first.record.held_at.to_string(),
        days: super::release::days_between(now, first.record.expires_at),
        ..NoticeFacts::of_service(kind, language, reviewers.to_vec(), &first.record.unit, now)
    }
}
