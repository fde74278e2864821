//! Signing in and out at the desk, and the address without a page.

use askama::Template;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use super::session::{is_own, set_language};
use super::texts::Texts as DeskTexts;
use super::{Closed, Desk, Entrance, Threshold, places};
use crate::account::Purpose;
use crate::account::digest;
use crate::console::answer::html;
use crate::console::cookie;
use crate::console::form::{BUTTON, Fields, Form};
use crate::console::page::{Contact, Page, chosen_language};
use crate::console::sign_in::{Door, Knocked, cookies};
use crate::console::source::Source;
use crate::console::texts::Texts;
use crate::notice::Language;

/// What tells this form from those on the pages of mails.
const PLACE: &[u8] = b"desk";

#[derive(Template)]
#[template(path = "desk/sign_in.html")]
struct SignInPage<'p> {
    page: Page<'p>,
    texts: &'p Texts,
    desk: &'p DeskTexts,
    form: Form,
    /// Where it leads to, to be carried on.
    to: Option<String>,
    address: String,
    problem: Option<String>,
    help: Option<Contact>,
}

/// Answers a request for one of the three.
pub(super) async fn answer(entrance: Entrance, place: Threshold, request: Request) -> Response {
    let Some(desk) = (entrance.desk)() else { return StatusCode::NOT_FOUND.into_response() };
    let (headers, chosen) = (request.headers().clone(), chosen_language(request.uri().query()));
    let source = Source::of(&request, &desk.pages.proxies);
    let answered = match place {
        _ if !entrance.limits.source(source.address, source.now) => Err(Closed::Busy),
        Threshold::First => first(&desk, &headers).await,
        Threshold::SignIn => sign_in(&entrance, &desk, source, request).await,
        Threshold::SignOut => sign_out(&desk, request).await,
    };
    let mut response = answered.unwrap_or_else(|closed| desk.closed(&headers, chosen, &closed));
    if let Some(set) = chosen.and_then(set_language) {
        response.headers_mut().append(header::SET_COOKIE, set);
    }
    response
}

/// Where somebody lands.
async fn first(desk: &Desk, headers: &HeaderMap) -> Result<Response, Closed> {
    let Some(staff) = desk.staff(headers, true).await? else { return Ok(desk.led_to("/sign-in")) };
    match places(&staff.roles).next() {
        Some((_, path)) => Ok(desk.led_to(path)),
        None => Err(Closed::Forbidden),
    }
}

async fn sign_in(entrance: &Entrance, desk: &Desk, source: Source, request: Request) -> Result<Response, Closed> {
    let headers = request.headers().clone();
    let to = way_back(request.uri());
    let language = desk.language(&headers, chosen_language(request.uri().query()), None);
    let texts = desk.pages.texts.of(language).ok_or(Closed::Fault)?;
    let words = &desk.pages.words.edition(language).ok_or(Closed::Fault)?.words;
    let door = Door { pages: &desk.pages, texts: &texts.account, words, place: PLACE, now: Timestamp::now() };
    match *request.method() {
        Method::GET | Method::HEAD => match desk.staff(&headers, true).await? {
            Some(_) => Ok(desk.led_to(to.as_deref().unwrap_or("/"))),
            None => shown(desk, &door, language, &headers, to, (String::new(), None, StatusCode::OK)),
        },
        Method::POST => match door.knock(request, &entrance.limits, source).await? {
            Knocked::In(token) => {
                let mut response = desk.led_to(to.as_deref().unwrap_or("/"));
                cookies(&token).for_each(|value| {
                    response.headers_mut().append(header::SET_COOKIE, value);
                });
                Ok(response)
            }
            Knocked::Again { problem, address, status } => {
                shown(desk, &door, language, &headers, to, (address, Some(problem), status))
            }
            Knocked::Busy => Err(Closed::Busy),
        },
        _ => Ok((StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD, POST")]).into_response()),
    }
}

fn shown(
    desk: &Desk,
    door: &Door<'_>,
    language: Language,
    headers: &HeaderMap,
    to: Option<String>,
    (address, problem, status): (String, Option<String>, StatusCode),
) -> Result<Response, Closed> {
    let (form, cookie) = door.form(headers);
    let texts = desk.pages.texts.of(language).ok_or(Closed::Fault)?;
    let template = SignInPage {
        page: Page::new(&desk.pages, texts, language, false, Some(&format!("{}/sign-in", desk.pages.prefix))),
        texts,
        desk: desk.texts.of(language).ok_or(Closed::Fault)?,
        form,
        to,
        address,
        problem,
        help: Contact::of(desk.pages.settings.desk.as_deref()),
    };
    let mut response = html(status, &template);
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// `to` of the query: a page of ours.
fn way_back(uri: &Uri) -> Option<String> {
    Fields::of_query(uri).get("to").filter(|path| is_own(path)).map(str::to_owned)
}

async fn sign_out(desk: &Desk, request: Request) -> Result<Response, Closed> {
    let Some(staff) = desk.staff(request.headers(), true).await? else { return Ok(desk.led_to("/sign-in")) };
    if request.method() != Method::POST {
        return Ok(desk.led_to("/"));
    }
    let fields = Fields::read(request, BUTTON).await.ok_or(Closed::Stale)?;
    let whose = digest(&staff.token, Purpose::Session).0;
    if !Form::is_good(&desk.pages.keys, &[&whose, b""], "sign-out", Timestamp::now(), &fields) {
        return Err(Closed::Stale);
    }
    desk.pages.accounts.sign_out(&staff.token, &staff.signed_in).await?;
    let mut response = desk.led_to("/sign-in");
    if let Some(ended) = cookie::ended(cookie::SESSION) {
        response.headers_mut().append(header::SET_COOKIE, ended);
    }
    Ok(response)
}
