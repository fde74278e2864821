//! Exceptions that senders ask for, and looks that are due at what went out without waiting for one.

use jiff::Timestamp;

use super::account::AccountId;
use super::{Answer, Entry, NewNotice, RegisterId};
use crate::message::{MessageId, Reference};

/// An exception that the sender of a held mail asks for. It releases nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExceptionRow {
    pub id: RegisterId,
    pub message: MessageId,
    pub account: AccountId,
    /// Stored in whole milliseconds.
    pub at: Timestamp,
    /// `EX-CONSENT`
    pub code: String,
    /// What is documented, encrypted under the request's id.
    pub sealed: Vec<u8>,
}

/// A look that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewReview {
    /// Of the held message, or of the disclosure of one that was never held.
    pub id: MessageId,
    pub reference: Option<Reference>,
    pub unit: String,
    /// As in the audit chain.
    pub actor: String,
    /// What opened it, as the audit chain names it.
    pub what: String,
    pub at: Timestamp,
    pub due: Timestamp,
}

/// What the look came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Confirmed,
    Objected,
}

impl Outcome {
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Confirmed => "confirmed",
            Outcome::Objected => "objected",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        [Outcome::Confirmed, Outcome::Objected].into_iter().find(|outcome| outcome.as_str() == word)
    }
}

/// A look as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewRow {
    pub review: NewReview,
    /// When, by whom, and to what it came.
    pub decided: Option<(Timestamp, String, Outcome)>,
}

/// Requests and looks in a store.
pub trait ReviewStore: Send + Sync {
    /// Whether one of these keyed digests is that of the message's sender.
    fn is_sender<'a>(&'a self, id: MessageId, digests: &'a [String]) -> Answer<'a, bool>;

    /// Stores the request for a message that is held, marks it as one whose sender asks for a review, and adds the
    /// notice. False, and nothing done, when there is a request or it is not held.
    fn request_exception<'a>(
        &'a self,
        row: &'a ExceptionRow,
        notice: Option<&'a NewNotice>,
        entry: &'a Entry,
    ) -> Answer<'a, bool>;

    fn exception_of(&self, id: MessageId) -> Answer<'_, Option<ExceptionRow>>;

    /// The look at this message or disclosure.
    fn review_of(&self, id: MessageId) -> Answer<'_, Option<ReviewRow>>;

    /// Looks that nobody has taken yet, the one due first at the beginning; with `all` those taken, too.
    fn reviews(&self, all: bool) -> Answer<'_, Vec<ReviewRow>>;

    /// Looks that were due by `now` and that nobody has taken, of which nobody was told after `since`; the one due first at
    /// the beginning.
    fn reviews_overdue(&self, now: Timestamp, since: Timestamp) -> Answer<'_, Vec<ReviewRow>>;

    /// Adds the notice, unless somebody has looked, or was told after `since`: then false, and nothing is done.
    fn remind_of_review<'a>(
        &'a self,
        id: MessageId,
        since: Timestamp,
        notice: Option<&'a NewNotice>,
        entry: &'a Entry,
    ) -> Answer<'a, bool>;

    /// Somebody has looked. [`super::Conflict::Ended`] when somebody had before, [`super::Conflict::SamePerson`] when
    /// the entry's actor is who acted, [`super::Conflict::NotFound`] without one.
    fn decide_review<'a>(
        &'a self,
        id: MessageId,
        outcome: Outcome,
        notice: Option<&'a NewNotice>,
        entry: &'a Entry,
    ) -> Answer<'a, ()>;
}
