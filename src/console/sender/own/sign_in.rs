//! Signing in and out at the page of a mail.

use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;

use super::view::SignInPage;
use super::{Session, Step};
use crate::console::answer::html;
use crate::console::cookie;
use crate::console::form::{BUTTON, Fields, Form};
use crate::console::limits::Limits;
use crate::console::sender::view::Facts;
use crate::console::sender::{Closed, Source, Visit};
use crate::console::sign_in::{Door, Knocked, cookies};

impl Visit<'_> {
    fn door<'d>(&'d self, place: &'d [u8; 32]) -> Door<'d> {
        Door { pages: self.pages, texts: &self.texts.account, words: self.words, place, now: self.now }
    }

    pub(super) fn sign_in_page(
        &self,
        headers: &HeaderMap,
        address: String,
        problem: Option<String>,
        status: StatusCode,
    ) -> Response {
        let (form, cookie) = self.door(&self.token.digest().0).form(headers);
        let (page, texts, facts) = (self.own_page(Step::SignIn), self.texts, Facts::of(self));
        let mut response = html(status, &SignInPage { page, texts, facts, form, address, problem });
        if let Some(cookie) = cookie {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        response
    }

    pub(super) async fn sign_in(self, request: Request, limits: &Limits, source: Source) -> Result<Response, Closed> {
        let headers = request.headers().clone();
        match self.door(&self.token.digest().0).knock(request, limits, source).await? {
            Knocked::In(token) => {
                let mut response = self.led_to(Step::Own.as_str());
                cookies(&token).for_each(|value| {
                    response.headers_mut().append(header::SET_COOKIE, value);
                });
                Ok(response)
            }
            Knocked::Again { problem, address, status } => {
                Ok(self.sign_in_page(&headers, address, Some(problem), status))
            }
            Knocked::Busy => Err(Closed::Busy),
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
