//! What the sender sees and may do after signing in with two factors: only of a mail whose envelope sender is the
//! account's address, compared by keyed digest.
//!
//! `GET` shows; evidence is opened only for the sender himself, and that is on the record. `POST` acts. Both ask anew who
//! is signed in. An exception is a request and releases nothing; a report at once goes to nobody but the fixed recipients
//! of a lawful disclosure.

mod act;
mod sign_in;
mod view;

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::view::Facts;
use super::{Closed, Limits, Source, Visit};
use crate::account::{AccountError, Purpose, SignedIn, digest};
use crate::console::answer::html;
use crate::console::cookie;
use crate::console::form::{Fields, Form, TYPED};
use crate::console::page::Page;
use crate::message::LinkToken;
use crate::quarantine::QuarantineError;
use view::NotYours;

/// Pages and acts that ask for a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    SignIn,
    SignOut,
    /// What the check found.
    Own,
    Exception,
    AtOnce,
    /// A returned mail.
    Fetch,
}

impl Step {
    pub(super) fn from_word(word: &str) -> Option<Self> {
        let all = [Step::SignIn, Step::SignOut, Step::Own, Step::Exception, Step::AtOnce, Step::Fetch];
        all.into_iter().find(|step| step.as_str() == word)
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Step::SignIn => "sign-in",
            Step::SignOut => "sign-out",
            Step::Own => "own",
            Step::Exception => "exception",
            Step::AtOnce => "at-once",
            Step::Fetch => "fetch",
        }
    }
}

/// Who is at the browser.
enum Who {
    Nobody,
    /// Signed in, and not the sender of this mail.
    Other(Session),
    Sender(Session),
}

/// A session of which the browser has shown the token.
struct Session {
    token: LinkToken,
    signed_in: SignedIn,
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

impl Visit<'_> {
    pub(super) async fn own(
        self,
        step: Step,
        request: Request,
        limits: &Limits,
        source: Source,
    ) -> Result<Response, Closed> {
        let shows = matches!(*request.method(), Method::GET | Method::HEAD);
        if !shows && request.method() != Method::POST {
            return Ok((StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD, POST")]).into_response());
        }
        let who = self.who(request.headers()).await?;
        let session = match (step, who) {
            (Step::SignIn, Who::Sender(_)) => return Ok(self.led_to(Step::Own.as_str())),
            (Step::SignIn, who) if shows => {
                return Ok(match who {
                    Who::Other(session) => self.not_yours(&session),
                    _ => self.sign_in_page(request.headers(), String::new(), None, StatusCode::OK),
                });
            }
            (Step::SignIn, _) => return self.sign_in(request, limits, source).await,
            (Step::SignOut, Who::Other(session) | Who::Sender(session)) if !shows => {
                return self.sign_out(session, request).await;
            }
            (Step::SignOut, _) => return Ok(self.led_to("")),
            (_, Who::Nobody) => return Ok(self.led_to(Step::SignIn.as_str())),
            (_, Who::Other(session)) => return Ok(self.not_yours(&session)),
            (_, Who::Sender(session)) => session,
        };
        if !shows && !limits.action(self.token.digest(), source.now) {
            return Err(Closed::Busy);
        }
        let query = request.uri().query().map(str::to_owned);
        let asked = |name: &str| {
            let pair = query.as_deref()?.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
            pair.map(str::to_owned)
        };
        match step {
            Step::Own | Step::Fetch if shows => self.show_own(&session).await,
            Step::Exception if shows => Ok(self.show_exception(&session, asked("code").as_deref(), None)),
            Step::AtOnce if shows => self.show_at_once(&session, asked("route").as_deref(), None).await,
            step => {
                let fields = Fields::read(request, TYPED).await;
                let good = |fields: &Fields| {
                    Form::is_good(&self.pages.keys, &self.whose(&session).each(), step.as_str(), self.now, fields)
                };
                match (step, fields.filter(good)) {
                    (_, None) => Ok(self.outcome(super::act::Done::Stale)),
                    (Step::Exception, Some(fields)) => self.ask_exception(&session, &fields).await,
                    (Step::AtOnce, Some(fields)) => self.send_at_once(&session, &fields).await,
                    (Step::Fetch, Some(fields)) => self.fetch(&session, &fields).await,
                    // Shown above.
                    (_, Some(_)) => Ok(self.led_to(Step::Own.as_str())),
                }
            }
        }
    }

    async fn who(&self, headers: &HeaderMap) -> Result<Who, Closed> {
        let Some(token) = cookie::token(headers, cookie::SESSION) else { return Ok(Who::Nobody) };
        let Some(signed_in) = self.pages.accounts.signed_in(&token).await? else { return Ok(Who::Nobody) };
        let store = self.pages.quarantine.store();
        // Copies of one mail have one sender; each is asked all the same.
        for copy in &self.copies {
            if !store.is_sender(copy.id, &signed_in.mailboxes).await? {
                return Ok(Who::Other(Session { token, signed_in }));
            }
        }
        Ok(Who::Sender(Session { token, signed_in }))
    }

    /// What binds a form to this link and this session.
    fn whose(&self, session: &Session) -> Whose {
        Whose(self.token.digest().0, digest(&session.token, Purpose::Session).0)
    }

    /// The frame of a page, which leads to itself in the other languages.
    fn own_page(&self, step: Step) -> Page<'_> {
        let path = format!("{}/{}", self.base(), step.as_str());
        Page::new(self.pages, self.texts, self.language, self.chosen, Some(&path))
    }

    fn form(&self, session: &Session, step: Step) -> Form {
        Form::new(&self.pages.keys, &self.whose(session).each(), step.as_str(), self.now)
    }

    /// 303 to another page of this mail; `""` is the first.
    fn led_to(&self, page: &str) -> Response {
        let slash = if page.is_empty() { "" } else { "/" };
        let query = if self.chosen { format!("?l={}", self.language.as_str()) } else { String::new() };
        let place = HeaderValue::from_str(&format!("{}{slash}{page}{query}", self.base()));
        match place {
            Ok(mut place) => {
                place.set_sensitive(true);
                (StatusCode::SEE_OTHER, [(header::LOCATION, place)]).into_response()
            }
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    }

    fn not_yours(&self, session: &Session) -> Response {
        let template = NotYours {
            page: self.own_page(Step::Own),
            texts: self.texts,
            facts: Facts::of(self),
            not_yours: self.said(&self.texts.account.not_yours_text, &session.signed_in.address),
            signed_in: self.said(&self.texts.account.signed_in, &session.signed_in.address),
            out: self.form(session, Step::SignOut),
        };
        html(StatusCode::FORBIDDEN, &template)
    }

    fn said(&self, text: &str, address: &str) -> String {
        crate::console::texts::filled(text, &[("address", address)])
    }
}

struct Whose([u8; 32], [u8; 32]);

impl Whose {
    fn each(&self) -> [&[u8]; 2] {
        [&self.0, &self.1]
    }
}

fn fault(error: &QuarantineError) -> Closed {
    tracing::error!(%error, "what a sender asked for after signing in could not be done");
    Closed::Fault
}
