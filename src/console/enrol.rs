//! `/a/TOKEN`: setting password and authenticator app, by the link of `sluss user add`.
//!
//! `GET` shows the form with a new secret; `POST` sets it, uses the link up and shows the recovery codes, once. Nobody is
//! signed in by that. A used, old or made-up link is one and the same page.

use askama::Template;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use zeroize::Zeroizing;

use super::answer::html;
use super::form::{Fields, Form, TYPED};
use super::limits::Limits;
use super::page::{Contact, Page, asked_language, chosen_language};
use super::sender::{Closed, Plain, SenderPages};
use super::source::Source;
use super::texts::{Said, Texts, filled};
use crate::account::password::Weak;
use crate::account::totp::{CodeSecret, Picture, picture};
use crate::account::{Enrolment, NotSet, Purpose, Set, Setting, digest};
use crate::message::LinkToken;
use crate::notice::Language;

const ACT: &str = "enrol";

#[derive(Template)]
#[template(path = "account/enrol.html")]
struct EnrolPage<'p> {
    page: Page<'p>,
    texts: &'p Texts,
    lead: String,
    problem: Option<&'p str>,
    action: String,
    form: Form,
    carried: String,
    address: String,
    picture: Option<Picture>,
    otpauth: Zeroizing<String>,
    groups: Vec<String>,
}

#[derive(Template)]
#[template(path = "account/recovery.html")]
struct RecoveryPage<'p> {
    page: Page<'p>,
    texts: &'p Texts,
    codes: Vec<Zeroizing<String>>,
}

struct Link<'p> {
    pages: &'p SenderPages,
    token: LinkToken,
    texts: &'p Texts,
    language: Language,
    chosen: bool,
    enrolment: Enrolment,
}

/// Answers a request below `/a/`.
pub(super) async fn answer(
    pages: &SenderPages,
    limits: &Limits,
    source: Source,
    request: Request,
) -> Result<Response, Closed> {
    if !limits.source(source.address, source.now) {
        return Err(Closed::Busy);
    }
    let token = request.uri().path().strip_prefix("/a/").and_then(LinkToken::parse);
    let enrolment = match &token {
        Some(token) => pages.accounts.enrolment(token).await?,
        None => None,
    };
    let chosen = chosen_language(request.uri().query());
    let Some((token, enrolment)) = token.zip(enrolment) else {
        limits.missed(source.address, source.now);
        return Ok(gone(pages, request.headers(), chosen));
    };
    let own = enrolment.account.language.as_deref().and_then(Language::from_word);
    let language = chosen.or(own).or_else(|| asked_language(request.headers())).unwrap_or(pages.language);
    let texts = pages.texts.of(language).ok_or(Closed::Fault)?;
    let link = Link { pages, token, texts, language, chosen: chosen.is_some(), enrolment };
    match *request.method() {
        Method::GET | Method::HEAD => Ok(link.show(CodeSecret::random(), None, StatusCode::OK)),
        Method::POST => link.set(request, limits, source).await,
        _ => Ok((StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD, POST")]).into_response()),
    }
}

impl Link<'_> {
    fn path(&self) -> String {
        format!("{}/a/{}", self.pages.prefix, self.token.text())
    }

    fn page(&self, path: Option<&str>) -> Page<'_> {
        Page::new(self.pages, self.texts, self.language, self.chosen, path)
    }

    fn whose(&self) -> [u8; 32] {
        digest(&self.token, Purpose::Enrolment).0
    }

    fn show(&self, codes: CodeSecret, problem: Option<&str>, status: StatusCode) -> Response {
        let (path, address) = (self.path(), &self.enrolment.address);
        let page = self.page(Some(&path));
        let otpauth = codes.address(&self.pages.issuer, address);
        let template = EnrolPage {
            lead: filled(&self.texts.enrol.lead, &[("address", address)]),
            problem,
            action: format!("{path}{}", page.query),
            form: Form::new(&self.pages.keys, &[&self.whose()], ACT, Timestamp::now()),
            carried: self.pages.accounts.carried(&self.token, &codes),
            address: address.clone(),
            picture: picture(&otpauth),
            otpauth,
            groups: codes.groups(),
            texts: self.texts,
            page,
        };
        html(status, &template)
    }

    async fn set(&self, request: Request, limits: &Limits, source: Source) -> Result<Response, Closed> {
        if !limits.may_sign_in(source.address, source.now) {
            return Err(Closed::Busy);
        }
        let (texts, refused) = (&self.texts.enrol, StatusCode::UNPROCESSABLE_ENTITY);
        let fields = Fields::read(request, TYPED).await;
        let good = |fields: &Fields| Form::is_good(&self.pages.keys, &[&self.whose()], ACT, Timestamp::now(), fields);
        let carried = |fields: &Fields| self.pages.accounts.carried_back(&self.token, fields.get("carried")?);
        let Some((fields, codes)) = fields.filter(good).and_then(|fields| {
            let codes = carried(&fields)?;
            Some((fields, codes))
        }) else {
            return Ok(self.show(CodeSecret::random(), Some(&self.texts.account.stale), StatusCode::FORBIDDEN));
        };
        let (password, again) = (fields.secret("password"), fields.secret("again"));
        if *password != *again {
            return Ok(self.show(codes, Some(&texts.different), refused));
        }
        let code: String = fields.get("code").unwrap_or_default().chars().filter(|c| !c.is_whitespace()).collect();
        let setting = Setting { password, codes, code: Zeroizing::new(code) };
        let problem = match self.pages.accounts.set(&self.token, setting).await? {
            Set::Done(codes) => {
                tracing::info!(account = %self.enrolment.account.id, "an account was set up");
                let template = RecoveryPage { page: self.page(None), texts: self.texts, codes };
                return Ok(html(StatusCode::OK, &template));
            }
            Set::Gone => return Ok(self.pages.said(self.texts, self.language, &gone_said(self.texts))),
            Set::Not(NotSet::Code) => {
                limits.sign_in_refused(source.address, source.now);
                &texts.code_wrong
            }
            Set::Not(NotSet::Weak(weak)) => match weak {
                Weak::Short => &texts.short,
                Weak::Long => &texts.long,
                Weak::Monotonous => &texts.monotonous,
                Weak::Name => &texts.name,
            },
        };
        // The same secret: it is in the app by now.
        let codes = carried(&fields).ok_or(Closed::Fault)?;
        Ok(self.show(codes, Some(problem), refused))
    }
}

fn gone(pages: &SenderPages, headers: &HeaderMap, chosen: Option<Language>) -> Response {
    let language = chosen.or_else(|| asked_language(headers)).unwrap_or(pages.language);
    match pages.texts.of(language) {
        Some(texts) => pages.said(texts, language, &gone_said(texts)),
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn gone_said(texts: &Texts) -> Said {
    Said { heading: texts.enrol.gone.clone(), text: texts.enrol.gone_text.clone() }
}

impl SenderPages {
    fn said(&self, texts: &Texts, language: Language, said: &Said) -> Response {
        let page = Page::new(self, texts, language, false, None);
        let template = Plain { page, said, desk: Contact::of(self.settings.desk.as_deref()) };
        html(StatusCode::NOT_FOUND, &template)
    }
}
