//! The sign-in form, wherever it stands: address, password and code together, bound to the browser that it was shown to,
//! so that nobody signs somebody else's browser in.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use jiff::{SignedDuration, Timestamp};

use super::cookie;
use super::form::{Fields, Form, TYPED};
use super::limits::Limits;
use super::sender::SenderPages;
use super::source::Source;
use super::texts::{Account, filled};
use crate::account::{AccountError, Credentials, MAX_ADDRESS, Purpose, SignIn, digest};
use crate::message::LinkToken;
use crate::notice::words::Words;

const ACT: &str = "sign-in";

/// One page with the form.
pub struct Door<'p> {
    pub pages: &'p SenderPages,
    pub texts: &'p Account,
    pub words: &'p Words,
    /// What tells this page from others.
    pub place: &'p [u8],
    pub now: Timestamp,
}

/// What became of the form.
pub enum Knocked {
    /// The token of the new session.
    In(LinkToken),
    /// To be shown again, with what was typed as address.
    Again { problem: String, address: String, status: StatusCode },
    /// Too many were refused from there.
    Busy,
}

impl Door<'_> {
    /// The form's tag, and the cookie that it is bound to where the browser has none yet.
    pub fn form(&self, headers: &HeaderMap) -> (Form, Option<HeaderValue>) {
        let known = cookie::token(headers, cookie::FORM);
        let fresh = known.is_none();
        let browser = known.unwrap_or_else(LinkToken::random);
        let form = Form::new(&self.pages.keys, &[self.place, &digest(&browser, Purpose::Form).0], ACT, self.now);
        (form, Some(&browser).filter(|_| fresh).and_then(|token| cookie::set(cookie::FORM, token)))
    }

    pub async fn knock(&self, request: Request, limits: &Limits, source: Source) -> Result<Knocked, AccountError> {
        if !limits.may_sign_in(source.address, source.now) {
            return Ok(Knocked::Busy);
        }
        let browser = cookie::token(request.headers(), cookie::FORM);
        let fields = Fields::read(request, TYPED).await;
        let Some((fields, _)) = fields.zip(browser).filter(|(fields, browser)| {
            let whose = [self.place, &digest(browser, Purpose::Form).0];
            Form::is_good(&self.pages.keys, &whose, ACT, self.now, fields)
        }) else {
            let (problem, status) = (self.texts.stale.clone(), StatusCode::FORBIDDEN);
            return Ok(Knocked::Again { problem, address: String::new(), status });
        };
        let typed = Credentials {
            address: fields.get("address").unwrap_or_default().to_owned(),
            password: fields.secret("password"),
            code: fields.secret("code"),
        };
        // What was typed comes back, cut to what the field takes.
        let address: String = typed.address.chars().take(MAX_ADDRESS).collect();
        let (problem, status) = match self.pages.accounts.sign_in(typed).await? {
            SignIn::In(_, token) => return Ok(Knocked::In(token)),
            SignIn::Refused => (self.texts.refused.clone(), StatusCode::FORBIDDEN),
            SignIn::Wait(until) => {
                // To the minute, and never before it.
                let until = until.saturating_add(SignedDuration::from_secs(59)).unwrap_or(until);
                let when = self.words.when(until.to_zoned(self.pages.settings.time_zone.clone()).datetime());
                (filled(&self.texts.wait, &[("when", &when)]), StatusCode::TOO_MANY_REQUESTS)
            }
        };
        limits.sign_in_refused(source.address, source.now);
        Ok(Knocked::Again { problem, address, status })
    }
}

/// `Set-Cookie` fields of somebody who is in.
pub fn cookies(token: &LinkToken) -> impl Iterator<Item = HeaderValue> {
    [cookie::set(cookie::SESSION, token), cookie::ended(cookie::FORM)].into_iter().flatten()
}
