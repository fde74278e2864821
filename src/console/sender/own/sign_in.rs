//! Signing in and out at the page of a mail.

use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;

use super::view::SignInPage;
use super::{Session, Step};
use crate::account::{Credentials, Purpose, SignIn, digest};
use crate::console::answer::html;
use crate::console::cookie;
use crate::console::form::{BUTTON, Fields, Form, TYPED};
use crate::console::limits::Limits;
use crate::console::sender::view::Facts;
use crate::console::sender::{Closed, Source, Visit};
use crate::console::texts::filled;
use crate::message::LinkToken;

impl Visit<'_> {
    /// The form is bound to a cookie of its own, so that nobody signs somebody else's browser in.
    pub(super) fn sign_in_page(
        &self,
        headers: &HeaderMap,
        address: String,
        problem: Option<String>,
        status: StatusCode,
    ) -> Response {
        let known = cookie::token(headers, cookie::FORM);
        let fresh = known.is_none();
        let browser = known.unwrap_or_else(LinkToken::random);
        let template = SignInPage {
            page: self.own_page(Step::SignIn),
            texts: self.texts,
            facts: Facts::of(self),
            form: Form::new(&self.pages.keys, &self.before(&browser).each(), Step::SignIn.as_str(), self.now),
            address,
            problem,
        };
        let mut response = html(status, &template);
        if let Some(set) = Some(&browser).filter(|_| fresh).and_then(|token| cookie::set(cookie::FORM, token)) {
            response.headers_mut().append(header::SET_COOKIE, set);
        }
        response
    }

    /// What binds the form before there is a session.
    fn before(&self, browser: &LinkToken) -> super::Whose {
        super::Whose(self.token.digest().0, digest(browser, Purpose::Form).0)
    }

    pub(super) async fn sign_in(self, request: Request, limits: &Limits, source: Source) -> Result<Response, Closed> {
        if !limits.may_sign_in(source.address, source.now) {
            return Err(Closed::Busy);
        }
        let headers = request.headers().clone();
        let texts = &self.texts.account;
        let again =
            |problem: String, address: String, status| Ok(self.sign_in_page(&headers, address, Some(problem), status));
        let fields = Fields::read(request, TYPED).await;
        let browser = cookie::token(&headers, cookie::FORM);
        let Some((fields, _)) = fields.zip(browser).filter(|(fields, browser)| {
            let whose = self.before(browser);
            Form::is_good(&self.pages.keys, &whose.each(), Step::SignIn.as_str(), self.now, fields)
        }) else {
            return again(texts.stale.clone(), String::new(), StatusCode::FORBIDDEN);
        };
        let typed = Credentials {
            address: fields.get("address").unwrap_or_default().to_owned(),
            password: fields.secret("password"),
            code: fields.secret("code"),
        };
        // What was typed comes back, cut to what the field takes.
        let address: String = typed.address.chars().take(crate::account::MAX_ADDRESS).collect();
        match self.pages.accounts.sign_in(typed).await? {
            SignIn::In(_, token) => {
                let mut response = self.led_to(Step::Own.as_str());
                let cookies = [cookie::set(cookie::SESSION, &token), cookie::ended(cookie::FORM)];
                cookies.into_iter().flatten().for_each(|value| {
                    response.headers_mut().append(header::SET_COOKIE, value);
                });
                Ok(response)
            }
            SignIn::Refused => {
                limits.sign_in_refused(source.address, source.now);
                again(texts.refused.clone(), address, StatusCode::FORBIDDEN)
            }
            SignIn::Wait(until) => {
                limits.sign_in_refused(source.address, source.now);
                // To the minute, and never before it.
                let until = until.saturating_add(jiff::SignedDuration::from_secs(59)).unwrap_or(until);
                let when = self.words.when(until.to_zoned(self.pages.settings.time_zone.clone()).datetime());
                again(filled(&texts.wait, &[("when", &when)]), address, StatusCode::TOO_MANY_REQUESTS)
            }
        }
    }

    pub(super) async fn sign_out(self, session: Session, request: Request) -> Result<Response, Closed> {
        let good = Fields::read(request, BUTTON).await.is_some_and(|fields| {
            let whose = self.whose(&session);
            Form::is_good(&self.pages.keys, &whose.each(), Step::SignOut.as_str(), self.now, &fields)
        });
        if !good {
            return Ok(self.outcome(super::super::act::Done::Stale));
        }
        let Session { token, signed_in } = session;
        self.pages.accounts.sign_out(&token, &signed_in).await?;
        let mut response = self.led_to("");
        if let Some(ended) = cookie::ended(cookie::SESSION) {
            response.headers_mut().append(header::SET_COOKIE, ended);
        }
        Ok(response)
    }
}
