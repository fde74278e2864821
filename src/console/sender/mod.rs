//! The page behind the link of a notice: what the sender of a held mail sees and may do, with the token alone.
//!
//! `GET /m/TOKEN` and `GET /m/TOKEN/{secure,edit,review,withdraw}` show and never act: scanners of links fetch
//! everything. `POST` to the same addresses acts, with the tag that the page of the same address carries. What can be
//! done never widens who can read the mail: withdraw it, ask for a review, send it by a channel that asks the
//! recipient to log in.
//!
//! What is said of a mail after a sign-in with two factors is [`own`].
//!
//! A link is void once no copy of its mail is held or on its way, or can be fetched by its sender. An unknown, expired, void or misspelt link, and
//! every other address, get one and the same page, so that nothing can be learned by asking.

mod act;
mod openings;
mod own;
mod view;

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use jiff::Timestamp;

use super::answer::html;
use super::form::Form;
use super::limits::Limits;
use super::page::{Contact, Page, asked_language, chosen_language};
use super::source::{Proxies, Source};
use super::texts::{PageTexts, Said, Texts};
use crate::account::Accounts;
use crate::message::{Keys, LinkToken, MessageId};
use crate::notice::{self, Language, NoticeKind, Obstacle, PageFacts};
use crate::policy::Disclosures;
use crate::quarantine::{Quarantine, QuarantineError, UnitDesk};
use crate::store::{Filter, HeldMessage, State as MessageState, StoreError};
use own::Step;
pub use view::Plain;
use view::{Confirm, Edit, Facts, Overview};

/// What became of sending by a secure channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// The channel has taken it for everybody.
    Whole,
    /// Somebody's is tried again.
    Going,
    /// The policy wants a second person, who has been asked.
    Requested,
    /// Somebody's was refused; it is held again, and the sender has a notice.
    Refused,
    /// No channel is open to this mail: to all its recipients, its size and what it holds.
    Closed,
}

/// Sends held mail by a channel that asks the recipient to log in with two factors.
pub trait Secure: Send + Sync {
    /// Whether a channel is there for mail of this unit today.
    fn offers(&self, unit: &str) -> bool;

    /// Releases the message by it.
    fn send(&self, id: MessageId) -> Pin<Box<dyn Future<Output = Result<Sent, QuarantineError>> + Send + '_>>;
}

/// What the pages rest on. Replaced whole when the configuration changes.
pub struct SenderPages {
    pub quarantine: Arc<Quarantine>,
    pub keys: Arc<Keys>,
    pub texts: PageTexts,
    /// For words of categories, places, days.
    pub words: notice::Texts,
    pub settings: notice::Settings,
    pub units: HashMap<String, UnitDesk>,
    pub secure: Option<Arc<dyn Secure>>,
    pub accounts: Accounts,
    /// The routes of lawful disclosure, and the codes that a sender may ask for.
    pub disclosures: Disclosures,
    /// Whose sign-in it is, as an authenticator app shows it.
    pub issuer: String,
    pub proxies: Proxies,
    /// Path of the console's address: empty, or `/` and what follows, without a final slash.
    pub prefix: String,
    /// Of a page that belongs to nobody, for a browser that asks for none of ours.
    pub language: Language,
}

/// Gives the pages in force; `None` while there are none.
pub type InForce = Arc<dyn Fn() -> Option<Arc<SenderPages>> + Send + Sync>;

#[derive(Clone)]
struct Entrance {
    pages: InForce,
    limits: Arc<Limits>,
}

/// The pages, and the one page for every address that leads nowhere.
pub fn router(pages: InForce) -> Router {
    Router::new()
        .route("/m/{*rest}", any(enter))
        .route("/a/{*rest}", any(enter))
        .fallback(enter)
        .with_state(Entrance { pages, limits: Arc::default() })
}

/// A page of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    First,
    /// With the token alone.
    Choice(Choice),
    /// After a sign-in.
    Own(Step),
}

/// What can be chosen on a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Choice {
    Secure,
    Edit,
    Review,
    Withdraw,
}

impl Choice {
    fn from_word(word: &str) -> Option<Self> {
        [Choice::Secure, Choice::Edit, Choice::Review, Choice::Withdraw].into_iter().find(|c| c.as_str() == word)
    }

    fn as_str(self) -> &'static str {
        match self {
            Choice::Secure => "secure",
            Choice::Edit => "edit",
            Choice::Review => "review",
            Choice::Withdraw => "withdraw",
        }
    }
}

/// A link that leads somewhere.
struct Visit<'p> {
    pages: &'p SenderPages,
    texts: &'p Texts,
    words: &'p notice::words::Words,
    language: Language,
    /// The language was chosen on the page.
    chosen: bool,
    token: LinkToken,
    facts: PageFacts,
    /// Every copy of the mail, whatever its state.
    copies: Vec<HeldMessage>,
    now: Timestamp,
}

/// Why there is no page to show. Each has one answer, whatever was asked.
#[derive(Debug)]
pub enum Closed {
    Unknown,
    Busy,
    Fault,
}

impl From<StoreError> for Closed {
    fn from(error: StoreError) -> Self {
        tracing::warn!(%error, "a sender's page cannot be shown");
        Closed::Fault
    }
}

async fn enter(State(entrance): State<Entrance>, request: Request) -> Response {
    let Some(pages) = (entrance.pages)() else {
        let page = ["/m/", "/a/"].iter().any(|folder| request.uri().path().starts_with(folder));
        return if page { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::NOT_FOUND }.into_response();
    };
    let headers = request.headers().clone();
    let source = Source::of(&request, &pages.proxies);
    let answered = match request.uri().path().starts_with("/a/") {
        true => super::enrol::answer(&pages, &entrance.limits, source, request).await,
        false => answer(&pages, &entrance.limits, source, request).await,
    };
    match answered {
        Ok(response) => response,
        Err(closed) => pages.closed(&headers, &closed),
    }
}

async fn answer(pages: &SenderPages, limits: &Limits, source: Source, request: Request) -> Result<Response, Closed> {
    let Source { address, now } = source;
    if !limits.source(address, now) {
        return Err(Closed::Busy);
    }
    let (uri, method) = (request.uri().clone(), request.method().clone());
    let found = find(pages, limits, &uri, now).await;
    if matches!(found, Err(Closed::Unknown)) {
        limits.missed(address, now);
    }
    let (visit, place) = found?;
    match (method, place) {
        (_, Place::Own(step)) => visit.own(step, request, limits, source).await,
        (Method::GET | Method::HEAD, Place::First) => visit.overview().await,
        (Method::GET | Method::HEAD, Place::Choice(choice)) => visit.confirm(choice).await,
        (Method::POST, Place::Choice(choice)) => {
            if !limits.action(visit.token.digest(), now) {
                return Err(Closed::Busy);
            }
            visit.act(choice, request).await
        }
        _ => Ok((StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD, POST")]).into_response()),
    }
}

/// Who is asked for, and what.
async fn find<'p>(
    pages: &'p SenderPages,
    limits: &Limits,
    uri: &Uri,
    now: Instant,
) -> Result<(Visit<'p>, Place), Closed> {
    let (token, place) = place(uri.path()).ok_or(Closed::Unknown)?;
    let digest = token.digest();
    let store = pages.quarantine.store();
    let link = store.link(&digest).await?.ok_or(Closed::Unknown)?;
    // Only of links that are: whoever makes them up fills no memory of ours.
    if !limits.link(digest, now) {
        return Err(Closed::Busy);
    }
    let plain = token.open(&link.sealed).map_err(|_| Closed::Unknown)?;
    let facts: PageFacts = serde_json::from_slice(&plain).map_err(|_| Closed::Unknown)?;
    let copies = store.list(&Filter { reference: Some(link.reference), ..Filter::default() }).await?;
    let now = Timestamp::now();
    if !copies.iter().any(|copy| is_alive(copy, now)) {
        return Err(Closed::Unknown);
    }
    let chosen = chosen_language(uri.query());
    let language = chosen.unwrap_or(facts.language);
    let visit = Visit {
        texts: pages.texts.of(language).ok_or(Closed::Fault)?,
        words: &pages.words.edition(language).ok_or(Closed::Fault)?.words,
        pages,
        language,
        chosen: chosen.is_some(),
        token,
        facts,
        copies,
        now,
    };
    Ok((visit, place))
}

/// Something may still become of it.
fn is_alive(copy: &HeldMessage, now: Timestamp) -> bool {
    match copy.state {
        MessageState::Held => copy.record.expires_at > now,
        MessageState::Releasing => true,
        // Its sender may fetch it, after signing in.
        MessageState::Returned => copy.content_until.is_some_and(|until| until > now),
        _ => false,
    }
}

/// `/m/TOKEN` or `/m/TOKEN/PAGE`; `None` for anything else.
fn place(path: &str) -> Option<(LinkToken, Place)> {
    let rest = path.strip_prefix("/m/")?;
    let (token, place) = match rest.split_once('/') {
        Some((token, page)) => {
            let choice = Choice::from_word(page).map(Place::Choice);
            (token, choice.or_else(|| Step::from_word(page).map(Place::Own))?)
        }
        None => (rest, Place::First),
    };
    Some((LinkToken::parse(token)?, place))
}

impl SenderPages {
    fn texts_for(&self, headers: &HeaderMap) -> Option<(Language, &Texts)> {
        let language = asked_language(headers).unwrap_or(self.language);
        Some((language, self.texts.of(language)?))
    }

    /// The same for everybody who asks with the same header fields.
    fn closed(&self, headers: &HeaderMap, closed: &Closed) -> Response {
        let Some((language, texts)) = self.texts_for(headers) else {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        };
        let (status, said): (StatusCode, &Said) = match closed {
            Closed::Unknown => (StatusCode::NOT_FOUND, &texts.unknown),
            Closed::Busy => (StatusCode::TOO_MANY_REQUESTS, &texts.busy),
            Closed::Fault => (StatusCode::SERVICE_UNAVAILABLE, &texts.fault),
        };
        let page = Page::new(self, texts, language, false, None);
        html(status, &Plain { page, said, desk: Contact::of(self.settings.desk.as_deref()) })
    }
}

impl Visit<'_> {
    fn page(&self, choice: Option<Choice>) -> Page<'_> {
        let path = match choice {
            Some(choice) => format!("{}/{}", self.base(), choice.as_str()),
            None => self.base(),
        };
        Page::new(self.pages, self.texts, self.language, self.chosen, Some(&path))
    }

    /// The address of the first page.
    fn base(&self) -> String {
        format!("{}/m/{}", self.pages.prefix, self.token.text())
    }

    fn held(&self) -> impl Iterator<Item = &HeldMessage> {
        self.copies.iter().filter(|copy| copy.state == MessageState::Held)
    }

    /// Opened by nobody but its sender, so there is nothing to be reviewed.
    fn private(&self) -> bool {
        self.copies.iter().any(|copy| copy.record.private)
    }

    /// A way round opens neither another unit, nor what is to be kept secret, nor a connection.
    fn secure(&self) -> Option<&Arc<dyn Secure>> {
        let opens = !matches!(self.facts.obstacle, Obstacle::OtherUnit | Obstacle::SecrecyOrder)
            && self.facts.kind != NoticeKind::HeldUnprotected;
        self.pages.secure.as_ref().filter(|secure| opens && secure.offers(&self.facts.unit))
    }

    async fn overview(&self) -> Result<Response, Closed> {
        // Where nobody has an account there is nothing to sign in with.
        let sign_in = self.pages.quarantine.store().has_accounts().await?;
        let openings = self.openings().await?;
        let (page, texts, facts) = (self.page(None), self.texts, Facts::of(self));
        Ok(html(StatusCode::OK, &Overview { page, texts, facts, sign_in, openings }))
    }

    /// The page with the one button. What cannot be done now leads back to the first page.
    async fn confirm(&self, choice: Choice) -> Result<Response, Closed> {
        let facts = Facts::of(self);
        let impossible = match choice {
            _ if !facts.open => true,
            Choice::Secure => !facts.secure,
            Choice::Review => facts.asked.is_some() || facts.private,
            Choice::Edit => facts.unprotected,
            Choice::Withdraw => false,
        };
        if impossible {
            return self.overview().await;
        }
        let (page, texts) = (self.page(Some(choice)), self.texts);
        let (heading, button, body) = match choice {
            Choice::Edit => return Ok(html(StatusCode::OK, &Edit { page, texts, facts })),
            Choice::Secure => (&texts.secure.heading, &texts.secure.button, vec![texts.secure.body.clone()]),
            Choice::Review => {
                let body = [Some(texts.review.body.clone()), facts.answer.clone()].into_iter().flatten().collect();
                (&texts.review.heading, &texts.review.button, body)
            }
            Choice::Withdraw => {
                let mut body = vec![texts.withdraw.body.clone()];
                if facts.reached.is_some() {
                    body.push(texts.withdraw.body_reached.clone());
                }
                (&texts.withdraw.heading, &texts.withdraw.button, body)
            }
        };
        let form = Form::new(&self.pages.keys, &[&self.token.digest().0], choice.as_str(), self.now);
        let choice = choice.as_str();
        Ok(html(StatusCode::OK, &Confirm { page, texts, facts, heading, button, body, choice, form }))
    }
}

#[cfg(test)]
mod tests;
