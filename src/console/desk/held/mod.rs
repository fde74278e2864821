//! One held mail: first masked, then, with a purpose and a second factor shown once more, its text.
//!
//! The masked view opens the evidence alone, and is on the record like every opening. The content is opened by a form
//! and never by an address; each opening is on the record with its purpose before anything is shown, and its sender sees
//! it. What is marked private nobody opens. The text is judged anew by the patterns of today, to show where what was
//! found stands; nothing of the mail is kept.

mod masked;
mod open;
mod reading;

use axum::extract::Request;
use axum::http::StatusCode;

use super::{Answered, Closed, Room, Visit};
use crate::audit::{Event, Subject};
use crate::console::rights::Right;
use crate::quarantine::{Evidence, QuarantineError, SealError};
use crate::store::{Conflict, HeldMessage, StoreError};
use masked::MaskedPage;

pub const ROOMS: &[Room] = &[
    Room { path: "/held/{reference}", right: Right::See, show: Some(show), act: None },
    Room { path: "/held/{reference}/open", right: Right::Open, show: Some(open::form), act: Some(open::open) },
    Room { path: "/held/{reference}/download", right: Right::Download, show: Some(open::form), act: Some(open::open) },
];

/// What the record says of the first view.
const FIRST_VIEW: &str = "masked view at the desk";

/// What can be seen of one copy without its content.
pub struct Seen {
    pub message: HeldMessage,
    /// `None`: nobody opens it, or not here, or it has been deleted.
    pub evidence: Option<Evidence>,
}

fn show(visit: Visit, _: Request) -> Answered {
    Box::pin(async move {
        let mut seen = Vec::new();
        for message in visit.mail().await? {
            let evidence = visit.evidence(&message).await?;
            seen.push(Seen { message, evidence });
        }
        let template = MaskedPage::of(&visit, seen).await?;
        Ok(visit.page(StatusCode::OK, &template))
    })
}

impl Visit {
    /// The evidence of a copy, on the record; without one that the copy was looked at.
    async fn evidence(&self, message: &HeldMessage) -> Result<Option<Evidence>, Closed> {
        let quarantine = &self.desk.pages.quarantine;
        let opened = match quarantine.opens() {
            true => quarantine.open_evidence(message.id, &self.staff.actor(), FIRST_VIEW).await,
            false => Err(QuarantineError::NoIdentity),
        };
        match opened {
            Ok(evidence) => return Ok(Some(evidence)),
            Err(
                QuarantineError::Private
                | QuarantineError::Gone
                | QuarantineError::NoIdentity
                | QuarantineError::Seal(SealError::NotForUs)
                | QuarantineError::Store(StoreError::Conflict(Conflict::State(_))),
            ) => {}
            Err(error) => return Err(error.into()),
        }
        let (id, reference) = (message.id, Some(message.reference.clone()));
        let viewed = Event::Viewed(Subject { id, reference, unit: message.record.unit.clone() });
        self.desk.store().append(&viewed.entry(&self.staff.actor(), self.now)).await?;
        Ok(None)
    }

    /// The address of this mail's page.
    pub fn mail_path(&self, copies: &[HeldMessage]) -> String {
        copies.first().map_or_else(String::new, |copy| format!("/held/{}", copy.reference))
    }
}

/// Another text when anything about the copies has changed that somebody decides by.
pub fn standing(copies: &[HeldMessage]) -> String {
    let one = |copy: &HeldMessage| {
        let request = copy.request.as_ref().map(|request| (request.by.as_str(), request.at.as_millisecond()));
        let asked = (copy.review_asked.map(|at| at.as_millisecond()), copy.exception.as_deref());
        let (state, failed) = (copy.state.as_str(), copy.release_failed);
        format!("{}:{state}:{failed}:{request:?}:{asked:?}:{:?}:{}", copy.id, copy.kept, copy.route.word())
    };
    copies.iter().map(one).collect::<Vec<_>>().join("\n")
}
