//! The desk: what reviewers, supervisors, the data-protection officer, auditors and administrators work at.
//!
//! ```text
//! /sign-in /sign-out      address, password and code; roles and units of the account decide what there is
//! /queue                  held mail of one's own units
//! /dashboard /channels    figures; the registry
//! /words /record          lists, and trying a text; what happened
//! /accounts /account      who may sign in; one's own account
//! /health-view            checks, and the configuration in force
//! /held/REFERENCE         one mail, masked; below it opening and decisions
//! /                       the first page that somebody may see
//! ```
//!
//! Every page is a [`Room`] of [`ROOMS`]: address, right, what it shows and what it does. Nothing else is routed, so that
//! no page forgets to ask: [`enter`] looks for the session and for the right, and only then calls the room. What is over
//! held mail asks [`Visit::mail`] besides, which finds nothing of another unit.
//!
//! # A page more
//!
//! 1. A folder or file here with `pub const ROOMS: &[Room]`, named in [`ROOMS`]. `show` answers `GET`, `act` answers
//!    `POST`; both get the [`Visit`] and give `Box::pin(async move { … })`.
//! 2. A template in `templates/desk/` that extends `desk/shell.html`; its struct has `shell: Shell<'_>` from
//!    [`Visit::shell`], and is answered by [`Visit::page`].
//! 3. Texts in four languages in `patterns/pages/desk/`, as a struct of their own that is read by
//!    [`Translated::read`](super::texts::Translated::read) and kept in [`texts::DeskTexts`].
//! 4. A form carries [`Visit::form`] in `desk/form.html`, and is read back by [`Visit::posted`].
//! 5. What it rests on comes into [`Desk`] in `cli::assemble`. Navigation and rights: `super::rights`.
//! 6. A line of `tests/matrix.rs` says who may see it.

mod accounts;
mod channels;
mod dashboard;
mod decide;
mod health;
mod held;
mod queue;
mod record;
mod room_texts;
mod session;
mod shell;
mod sign_in;
pub mod texts;
mod words;

#[cfg(test)]
mod tests;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use jiff::Timestamp;

use super::answer;
use super::form::{Fields, Form};
use super::limits::Limits;
use super::page::{Contact, Page, asked_language, chosen_language};
use super::rights::{PLACES, Right};
use super::sender::{Plain, SenderPages};
use super::source::Source;
use super::texts::Said;
use crate::account::{AccountError, Purpose, digest};
use crate::message::Reference;
use crate::notice::Language;
use crate::notice::words::Words;
use crate::pipeline::judge::Knowledge;
use crate::quarantine::QuarantineError;
use crate::store::{Filter, HeldMessage, Store, StoreError};
pub use dashboard::Kept as Figures;
pub use health::Operations;
pub use room_texts::{RoomTexts, RoomTextsError};
use session::Staff;
pub use shell::Shell;
use texts::{DeskTexts, Texts};

/// What the desk rests on. Replaced whole when the configuration changes.
pub struct Desk {
    /// Store, quarantine, keys, accounts, units and settings are those of the senders' pages.
    pub pages: Arc<SenderPages>,
    pub texts: DeskTexts,
    /// Patterns, channels, units with their law: what is in force today.
    pub knowledge: Arc<Knowledge>,
    /// Hours of work in which a held mail is to be decided.
    pub review_hours: u32,
    /// What the rooms besides the queue say.
    pub rooms: RoomTexts,
    pub operations: Operations,
    pub figures: Figures,
}

/// Gives the desk in force; `None` while there is none.
pub type InForce = Arc<dyn Fn() -> Option<Arc<Desk>> + Send + Sync>;

/// What a room's page or act gives.
pub type Answered = Pin<Box<dyn Future<Output = Result<Response, Closed>> + Send>>;
/// What a room does with a request of somebody who may come in.
pub type Act = fn(Visit, Request) -> Answered;

/// A page, or an act.
pub struct Room {
    /// `/held/{reference}/open`; at most one part in braces.
    pub path: &'static str,
    pub right: Right,
    /// `GET` and `HEAD`.
    pub show: Option<Act>,
    /// `POST`.
    pub act: Option<Act>,
}

/// Every page there is behind a sign-in.
pub const ROOMS: &[&[Room]] = &[
    queue::ROOMS,
    held::ROOMS,
    decide::ROOMS,
    dashboard::ROOMS,
    channels::ROOMS,
    words::ROOMS,
    record::ROOMS,
    accounts::ROOMS,
    health::ROOMS,
];

/// Why there is no page to show. Each has one answer.
#[derive(Debug)]
pub enum Closed {
    /// There is no such thing, or it is another unit's.
    Unknown,
    /// The account has no role for it.
    Forbidden,
    /// The form is not ours, not of this session, or too old.
    Stale,
    Busy,
    Fault,
}

impl From<StoreError> for Closed {
    fn from(error: StoreError) -> Self {
        tracing::warn!(%error, "a page of the desk cannot be shown");
        Closed::Fault
    }
}

impl From<AccountError> for Closed {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Busy => Closed::Busy,
            error => {
                tracing::error!(%error, "a sign-in could not be looked at");
                Closed::Fault
            }
        }
    }
}

impl From<QuarantineError> for Closed {
    fn from(error: QuarantineError) -> Self {
        tracing::error!(%error, "what a reviewer asked for could not be done");
        Closed::Fault
    }
}

#[derive(Clone)]
struct Entrance {
    desk: InForce,
    limits: Arc<Limits>,
}

/// One request of somebody who is signed in and may come in.
pub struct Visit {
    pub desk: Arc<Desk>,
    pub staff: Staff,
    pub language: Language,
    pub query: Fields,
    pub now: Timestamp,
    pub limits: Arc<Limits>,
    pub source: Source,
    /// Below the console's address.
    path: String,
    /// The text between braces of the room's address.
    part: Option<String>,
}

pub fn router(desk: InForce) -> Router {
    let entrance = Entrance { desk, limits: Arc::default() };
    let mut router = Router::new();
    for room in ROOMS.iter().flat_map(|rooms| rooms.iter()) {
        router = router.route(
            room.path,
            any(move |State(entrance): State<Entrance>, request: Request| async move {
                enter(entrance, room, request).await
            }),
        );
    }
    for (path, place) in [("/", Threshold::First), ("/sign-in", Threshold::SignIn), ("/sign-out", Threshold::SignOut)] {
        router = router.route(
            path,
            any(move |State(entrance): State<Entrance>, request: Request| async move {
                sign_in::answer(entrance, place, request).await
            }),
        );
    }
    router.with_state(entrance)
}

/// What is answered before anybody is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Threshold {
    First,
    SignIn,
    SignOut,
}

/// Asks for session and right, and lets in.
async fn enter(entrance: Entrance, room: &'static Room, request: Request) -> Response {
    let Some(desk) = (entrance.desk)() else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    let source = Source::of(&request, &desk.pages.proxies);
    let (headers, uri) = (request.headers().clone(), request.uri().clone());
    let language = chosen_language(uri.query());
    let answered = async {
        if !entrance.limits.source(source.address, source.now) {
            return Err(Closed::Busy);
        }
        let shows = matches!(*request.method(), Method::GET | Method::HEAD);
        let step = if shows { room.show } else { room.act.filter(|_| request.method() == Method::POST) };
        let query = Fields::of_query(&uri);
        // What a page asks by itself keeps nobody signed in.
        let by_itself = shows && query.get("by").is_some_and(|by| by == "itself");
        let Some(staff) = desk.staff(&headers, !by_itself).await? else {
            return Ok(desk.led_to_sign_in(shows.then_some(&uri)));
        };
        if !room.right.is_of(&staff.roles) {
            return Err(Closed::Forbidden);
        }
        let Some(step) = step else {
            let allowed = [room.show.map(|_| "GET, HEAD"), room.act.map(|_| "POST")];
            let allowed = allowed.into_iter().flatten().collect::<Vec<_>>().join(", ");
            return Ok((StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, allowed)]).into_response());
        };
        let visit = Visit {
            language: desk.language(&headers, language, staff.signed_in.account.language.as_deref()),
            desk: desk.clone(),
            staff,
            query,
            now: Timestamp::now(),
            limits: entrance.limits.clone(),
            source,
            path: uri.path().to_owned(),
            part: part_of(room.path, uri.path()),
        };
        step(visit, request).await
    };
    let mut response = match answered.await {
        Ok(response) => response,
        Err(closed) => desk.closed(&headers, language, &closed),
    };
    if let Some(set) = language.and_then(session::set_language) {
        response.headers_mut().append(header::SET_COOKIE, set);
    }
    response
}

/// What stands in a path at the place of the braces.
fn part_of(pattern: &str, path: &str) -> Option<String> {
    let parts = pattern.split('/').zip(path.split('/'));
    parts.filter(|(pattern, _)| pattern.starts_with('{')).map(|(_, part)| part.to_owned()).next()
}

impl Desk {
    pub fn store(&self) -> &Arc<dyn Store> {
        self.pages.quarantine.store()
    }

    /// As it is chosen now, was chosen in this browser, stands in the account, or is asked for by the browser.
    fn language(&self, headers: &HeaderMap, chosen: Option<Language>, account: Option<&str>) -> Language {
        let kept = || session::kept_language(headers);
        let own = || account.and_then(Language::from_word);
        chosen.or_else(kept).or_else(own).or_else(|| asked_language(headers)).unwrap_or(self.pages.language)
    }

    /// A page without navigation, the same for everybody.
    fn closed(&self, headers: &HeaderMap, chosen: Option<Language>, closed: &Closed) -> Response {
        let language = self.language(headers, chosen, None);
        let (Some(texts), Some(frame)) = (self.texts.of(language), self.pages.texts.of(language)) else {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        };
        let (status, said): (StatusCode, &Said) = match closed {
            Closed::Unknown => (StatusCode::NOT_FOUND, &texts.shell.unknown),
            Closed::Forbidden => (StatusCode::FORBIDDEN, &texts.shell.forbidden),
            Closed::Stale => (StatusCode::FORBIDDEN, &texts.shell.stale),
            Closed::Busy => (StatusCode::TOO_MANY_REQUESTS, &frame.busy),
            Closed::Fault => (StatusCode::SERVICE_UNAVAILABLE, &frame.fault),
        };
        let page = Page::new(&self.pages, frame, language, false, None);
        answer::html(status, &Plain { page, said, desk: Contact::of(self.pages.settings.desk.as_deref()) })
    }

    /// 303 to another page of the console.
    fn led_to(&self, path: &str) -> Response {
        match HeaderValue::from_str(&format!("{}{path}", self.pages.prefix)) {
            Ok(place) => (StatusCode::SEE_OTHER, [(header::LOCATION, place)]).into_response(),
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    }
}

impl Visit {
    pub fn texts(&self) -> Result<&Texts, Closed> {
        self.desk.texts.of(self.language).ok_or(Closed::Fault)
    }

    /// Words of categories, places and times.
    pub fn words(&self) -> Result<&Words, Closed> {
        self.desk.pages.words.edition(self.language).map(|edition| &edition.words).ok_or(Closed::Fault)
    }

    pub fn may(&self, right: Right) -> bool {
        right.is_of(&self.staff.roles)
    }

    pub fn prefix(&self) -> &str {
        &self.desk.pages.prefix
    }

    /// The day that it is at this place.
    pub fn today(&self) -> jiff::civil::Date {
        self.now.to_zoned(self.desk.pages.settings.time_zone.clone()).date()
    }

    /// A moment in words, local time.
    pub fn when(&self, at: Timestamp) -> Result<String, Closed> {
        Ok(self.words()?.when(at.to_zoned(self.desk.pages.settings.time_zone.clone()).datetime()))
    }

    /// The copies of the mail that the address names; never one of another unit.
    pub async fn mail(&self) -> Result<Vec<HeldMessage>, Closed> {
        let reference: Reference = self.part.as_deref().and_then(|part| part.parse().ok()).ok_or(Closed::Unknown)?;
        let filter = Filter { reference: Some(reference), ..Filter::default() };
        let mut copies = self.desk.store().list(&filter).await?;
        copies.retain(|copy| self.staff.units().contains(&copy.record.unit));
        if copies.is_empty() { Err(Closed::Unknown) } else { Ok(copies) }
    }

    /// Whoever is here has sent it: about that mail he decides nothing, and reads it where he wrote it.
    pub async fn is_own(&self, copies: &[HeldMessage]) -> Result<bool, Closed> {
        for copy in copies {
            if self.desk.store().is_sender(copy.id, &self.staff.signed_in.mailboxes).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The frame of a page.
    pub fn shell(&self) -> Result<Shell<'_>, Closed> {
        Shell::of(self)
    }

    /// A page with our script.
    pub fn page(&self, status: StatusCode, template: &impl askama::Template) -> Response {
        answer::with_script(answer::html(status, template))
    }

    /// 303 to another page of the console.
    pub fn led_to(&self, path: &str) -> Response {
        self.desk.led_to(path)
    }

    /// The tag of a form. `about`: what it is about, as it was shown; a form about something that has changed since is
    /// stale.
    pub fn form(&self, act: &str, about: &[u8]) -> Form {
        Form::new(&self.desk.pages.keys, &[&digest(&self.staff.token, Purpose::Session).0, about], act, self.now)
    }

    /// What was typed into the form with this tag.
    ///
    /// # Errors
    /// [`Closed::Stale`] for any other.
    pub async fn posted(&self, request: Request, longest: usize, act: &str, about: &[u8]) -> Result<Fields, Closed> {
        let fields = Fields::read(request, longest).await.ok_or(Closed::Stale)?;
        if self.is_good(&fields, act, about) { Ok(fields) } else { Err(Closed::Stale) }
    }

    /// Whether these are the fields of the form of [`Visit::form`].
    pub fn is_good(&self, fields: &Fields, act: &str, about: &[u8]) -> bool {
        let whose = digest(&self.staff.token, Purpose::Session).0;
        Form::is_good(&self.desk.pages.keys, &[&whose, about], act, self.now, fields)
    }
}

/// Pages that somebody with these roles finds in the navigation: word and address.
fn places(roles: &[crate::account::Role]) -> impl Iterator<Item = (&'static str, &'static str)> {
    let built = |path: &str| ROOMS.iter().flat_map(|rooms| rooms.iter()).any(|room| room.path == path);
    PLACES
        .into_iter()
        .filter(move |(_, path, right)| right.is_of(roles) && built(path))
        .map(|(word, path, _)| (word, path))
}
