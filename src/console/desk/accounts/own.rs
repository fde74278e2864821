//! One's own account: what it is for, in which language, and an end to what is signed in elsewhere.

use askama::Template;
use axum::extract::Request;
use axum::http::StatusCode;

use super::OWN;
use super::view::{Choice, Texts, languages};
use crate::console::desk::{Answered, Closed, Shell, Visit};
use crate::console::form::{BUTTON, Form};
use crate::console::texts::filled;
use crate::notice::Language;

#[derive(Template)]
#[template(path = "desk/account.html")]
pub struct OwnView<'v> {
    shell: Shell<'v>,
    texts: &'v Texts,
    form: Form,
    languages: Vec<Choice>,
    recovery: String,
    /// It was kept.
    done: bool,
}

impl<'v> OwnView<'v> {
    async fn of(visit: &'v Visit, done: bool) -> Result<Self, Closed> {
        let texts = visit.room(|rooms| &rooms.accounts)?;
        let account = &visit.staff.signed_in.account;
        let left = visit.desk.store().recovery_left(account.id).await?;
        Ok(OwnView {
            form: visit.form(OWN, b""),
            languages: languages(visit, account.language.as_deref()),
            recovery: filled(&texts.recovery_left, &[("n", &left.to_string())]),
            done,
            shell: visit.shell()?,
            texts,
        })
    }
}

pub fn show(visit: Visit, _: Request) -> Answered {
    Box::pin(async move {
        let template = OwnView::of(&visit, false).await?;
        Ok(visit.page(StatusCode::OK, &template))
    })
}

pub fn change(visit: Visit, request: Request) -> Answered {
    Box::pin(async move {
        let fields = visit.posted(request, BUTTON, OWN, b"").await?;
        let (accounts, id) = (&visit.desk.pages.accounts, visit.staff.signed_in.id());
        if fields.get("act") == Some("sessions") {
            accounts.end_sessions(id).await?;
            return Ok(visit.led_to("/sign-in"));
        }
        let language = fields.get("language").and_then(Language::from_word).ok_or(Closed::Unknown)?;
        accounts.set_language(id, language.as_str()).await?;
        let template = OwnView::of(&visit, true).await?;
        Ok(visit.page(StatusCode::OK, &template))
    })
}
