//! Showing what the check found, asking for an exception, sending a report at once, fetching what was returned.

use std::collections::BTreeMap;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use super::view::{AtOncePage, Copy, ExceptionPage, Exceptions, OwnPage, WayAtOnce};
use super::{Session, Step, fault};
use crate::channel::Canonical;
use crate::console::answer::html;
use crate::console::documented::{self as fields, Code};
use crate::console::form::Fields;
use crate::console::sender::act::Done;
use crate::console::sender::view::Facts;
use crate::console::sender::{Closed, Visit};
use crate::console::texts::filled;
use crate::message::MessageId;
use crate::notice::{NoticeKind, Obstacle};
use crate::policy::{Exception, Urgent, within_a_working_day};
use crate::quarantine::{Asked, AtOnce, Evidence, Progress, QuarantineError, RouteError, SealError};
use crate::store::{HeldMessage, State, StoreError};

impl Visit<'_> {
    /// Evidence of every copy that is there, each opening on the record; without an identity here none.
    async fn evidence(&self, session: &Session) -> Result<Vec<(&HeldMessage, Evidence)>, Closed> {
        let mut opened = Vec::new();
        if !self.pages.quarantine.opens() {
            return Ok(opened);
        }
        for copy in &self.copies {
            match self.pages.quarantine.show_own(copy, &session.signed_in.actor()).await {
                Ok(evidence) => opened.push((copy, evidence)),
                Err(QuarantineError::Gone | QuarantineError::Seal(SealError::NotForUs)) => {}
                Err(error) => return Err(fault(&error)),
            }
        }
        Ok(opened)
    }

    pub(super) async fn show_own(&self, session: &Session) -> Result<Response, Closed> {
        let opened = self.evidence(session).await?;
        let copies = opened.iter().map(|(_, evidence)| Copy::of(evidence, self.texts, self.words)).collect();
        let mut standing = Vec::new();
        if let Some(code) = self.copies.iter().find_map(|copy| copy.exception.as_deref()) {
            standing.push(filled(&self.texts.own.exception_asked, &[("code", code)]));
        }
        let store = self.pages.quarantine.store();
        let mut due = None;
        for copy in &self.copies {
            let open = store.review_of(copy.id).await?.filter(|row| row.decided.is_none());
            due = open.map(|row| row.review.due).into_iter().chain(due).min();
        }
        standing.extend(due.map(|due| filled(&self.texts.own.review_due, &[("when", &self.when(due))])));
        standing.extend(self.openings().await?);
        let returned: Vec<&HeldMessage> =
            self.copies.iter().filter(|copy| copy.state == State::Returned && copy.content_until.is_some()).collect();
        let until = returned.iter().filter_map(|copy| copy.content_until).min();
        let opens = self.pages.quarantine.opens();
        let template = OwnPage {
            page: self.own_page(Step::Own),
            texts: self.texts,
            facts: Facts::of(self),
            opens: !opened.is_empty(),
            copies,
            standing,
            exception: self.may_ask() && !self.askable().is_empty(),
            // Once is enough, until somebody has looked.
            at_once: due.is_none()
                && self.may_send_at_once()
                && self.urgent().any(|urgent| !reached(&urgent, &opened).0.is_empty()),
            fetch: until
                .filter(|_| opens)
                .map(|until| filled(&self.texts.own.fetch_text, &[("when", &self.when(until))])),
            fetched: returned.iter().map(|copy| copy.id.to_string()).collect(),
            fetching: self.form(session, Step::Fetch),
            signed_in: self.said(&self.texts.account.signed_in, &session.signed_in.address),
            out: self.form(session, Step::SignOut),
        };
        Ok(html(StatusCode::OK, &template))
    }

    fn when(&self, at: Timestamp) -> String {
        self.words.when(at.to_zoned(self.pages.settings.time_zone.clone()).datetime())
    }

    fn may_ask(&self) -> bool {
        self.held().next().is_some() && !self.private() && self.copies.iter().all(|copy| copy.exception.is_none())
    }

    fn askable(&self) -> Vec<&Exception> {
        self.pages.disclosures.askable(&self.facts.unit)
    }

    /// An order of secrecy beats everything; and what stopped for its connection goes when that is mended.
    fn may_send_at_once(&self) -> bool {
        self.held().next().is_some()
            && !self.private()
            && self.pages.quarantine.opens()
            && self.facts.obstacle != Obstacle::SecrecyOrder
            && self.facts.kind != NoticeKind::HeldUnprotected
    }

    fn urgent(&self) -> impl Iterator<Item = Urgent<'_>> {
        let categories = self.copies.first().map_or([].as_slice(), |copy| copy.record.categories.as_slice());
        self.pages.disclosures.urgent(&self.facts.unit, categories)
    }

    /// `code`: the one that was chosen; without one they are listed. `typed`: what would not do.
    pub(super) fn show_exception(
        &self,
        session: &Session,
        code: Option<&str>,
        typed: Option<&BTreeMap<String, String>>,
    ) -> Response {
        if !self.may_ask() {
            let before = self.copies.iter().any(|copy| copy.exception.is_some());
            return self.outcome(if before { Done::ExceptionAskedBefore } else { Done::TooLate });
        }
        let href = |code: &Exception| {
            let language = if self.chosen { format!("&l={}", self.language.as_str()) } else { String::new() };
            format!("{}/exception?code={}{language}", self.base(), code.id)
        };
        let askable = self.askable();
        let chosen = code.and_then(|id| askable.iter().find(|code| code.id == id));
        let (page, texts, facts) = (self.own_page(Step::Exception), self.texts, Facts::of(self));
        match chosen {
            None => {
                let codes = askable.iter().map(|code| Code::of(code, self.language, href(code))).collect();
                html(StatusCode::OK, &Exceptions { page, texts, facts, codes })
            }
            Some(code) => {
                let template = ExceptionPage {
                    page,
                    texts,
                    facts,
                    code: Code::of(code, self.language, String::new()),
                    fields: fields::fields(code, self.texts, self.language, typed),
                    incomplete: typed.is_some(),
                    form: self.form(session, Step::Exception),
                };
                html(if typed.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }, &template)
            }
        }
    }

    pub(super) async fn ask_exception(&self, session: &Session, sent: &Fields) -> Result<Response, Closed> {
        let askable = self.askable();
        let id = sent.get("exception").unwrap_or_default();
        let Some(code) = askable.iter().find(|code| code.id == id) else {
            return Ok(self.show_exception(session, None, None));
        };
        let typed = fields::typed(code, sent);
        if !fields::missing(code, &typed).is_empty() || !self.may_ask() {
            return Ok(self.show_exception(session, Some(id), Some(&typed)));
        }
        let unit = self.pages.units.get(&self.facts.unit);
        let asked = Asked {
            account: session.signed_in.id(),
            code: code.id.clone(),
            facts: typed,
            language: unit.map_or(self.facts.language, |unit| unit.language),
            reviewers: unit.map(|unit| unit.reviewers.clone()).unwrap_or_default(),
        };
        let asked = self.pages.quarantine.ask_exception(&self.copies, &asked).await;
        let done = match asked {
            Ok(true) => Done::ExceptionAsked,
            Ok(false) => Done::TooLate,
            Err(error) => return Err(fault(&error)),
        };
        Ok(self.done(Step::Exception, done))
    }

    /// `route`: the one that was chosen, where several are open.
    pub(super) async fn show_at_once(
        &self,
        session: &Session,
        route: Option<&str>,
        typed: Option<&BTreeMap<String, String>>,
    ) -> Result<Response, Closed> {
        if !self.may_send_at_once() {
            return Ok(self.outcome(Done::TooLate));
        }
        let opened = self.evidence(session).await?;
        let language = if self.chosen { format!("&l={}", self.language.as_str()) } else { String::new() };
        let mut open = Vec::new();
        for urgent in self.urgent().filter(|urgent| route.is_none_or(|id| urgent.route.id == id)) {
            let (reached, others) = reached(&urgent, &opened);
            let Some(recipients) = self.words.list(&reached) else { continue };
            let href = format!("{}/at-once?route={}{language}", self.base(), urgent.route.id);
            open.push(WayAtOnce {
                id: urgent.route.id.clone(),
                code: Code::of(urgent.code, self.language, href.clone()),
                href,
                body: filled(&self.texts.at_once.body, &[("recipients", &recipients)]),
                recipients,
                others,
                fields: fields::fields(urgent.code, self.texts, self.language, typed),
            });
        }
        let template = AtOncePage {
            page: self.own_page(Step::AtOnce),
            texts: self.texts,
            facts: Facts::of(self),
            open,
            incomplete: typed.is_some(),
            form: self.form(session, Step::AtOnce),
        };
        Ok(html(if typed.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }, &template))
    }

    pub(super) async fn send_at_once(&self, session: &Session, sent: &Fields) -> Result<Response, Closed> {
        let id = sent.get("route").unwrap_or_default().to_owned();
        let Some(urgent) = self.urgent().find(|urgent| urgent.route.id == id).filter(|_| self.may_send_at_once())
        else {
            return Ok(self.outcome(Done::NoRoute));
        };
        let typed = fields::typed(urgent.code, sent);
        if !fields::missing(urgent.code, &typed).is_empty() {
            return self.show_at_once(session, Some(&id), Some(&typed)).await;
        }
        let local = self.now.to_zoned(self.pages.settings.time_zone.clone());
        let due = within_a_working_day(local.datetime()).to_zoned(self.pages.settings.time_zone.clone());
        let at_once = AtOnce {
            route: id,
            code: urgent.code.id.clone(),
            reason: fields::reason(&typed),
            alone: urgent.code.four_eyes_from.is_none(),
            review_due: due.map_or(self.now, |due| due.timestamp()),
        };
        let mut all = Vec::new();
        for copy in self.held() {
            let sent = self.pages.quarantine.release_at_once(copy, &session.signed_in.actor(), at_once.clone()).await;
            all.push(match sent {
                Ok(Progress::Released(_) | Progress::InPart(_)) => Done::SentAtOnce,
                Ok(Progress::Pending { .. }) => Done::GoingAtOnce,
                Ok(Progress::Requested) => Done::ToBeAgreed,
                Ok(Progress::Failed(_)) => Done::NotSentAtOnce,
                // This copy is for others.
                Err(QuarantineError::Route(RouteError::NoDisclosure(_))) => continue,
                Err(QuarantineError::Store(StoreError::Conflict(_))) => continue,
                Err(error) => return Err(fault(&error)),
            });
        }
        let order = [Done::NotSentAtOnce, Done::ToBeAgreed, Done::GoingAtOnce, Done::SentAtOnce];
        let done = order.into_iter().find(|done| all.contains(done)).unwrap_or(Done::NoRoute);
        if all.iter().any(|done| *done != Done::ToBeAgreed) {
            self.tell_review_due().await?;
        }
        let due = self.when(at_once.review_due);
        self.count(Step::AtOnce, done);
        Ok(self.outcome_by(done, Some(&due)))
    }

    /// The reviewers hear at once of what they have to look at.
    async fn tell_review_due(&self) -> Result<(), Closed> {
        let Some(unit) = self.pages.units.get(&self.facts.unit) else { return Ok(()) };
        let told = self.pages.quarantine.tell_review_due(&self.copies, unit.language, &unit.reviewers).await;
        told.map_err(|error| fault(&error))
    }

    /// One copy that was returned, as a file that no browser opens.
    pub(super) async fn fetch(&self, session: &Session, sent: &Fields) -> Result<Response, Closed> {
        let id: Option<MessageId> = sent.get("copy").and_then(|id| id.parse().ok());
        let Some(copy) = self.copies.iter().find(|copy| Some(copy.id) == id) else {
            return Ok(self.outcome(Done::TooLate));
        };
        let content = match self.pages.quarantine.fetch_own(copy, &session.signed_in.actor()).await {
            Ok(content) => content,
            Err(
                QuarantineError::Gone
                | QuarantineError::NoIdentity
                | QuarantineError::Seal(SealError::NotForUs)
                | QuarantineError::Store(StoreError::Conflict(_)),
            ) => return Ok(self.outcome(Done::TooLate)),
            Err(error) => return Err(fault(&error)),
        };
        self.count(Step::Fetch, Done::Fetched);
        let name = HeaderValue::from_str(&format!("attachment; filename=\"{}.eml\"", copy.reference));
        let Ok(name) = name else { return Err(Closed::Fault) };
        let kind = HeaderValue::from_static("application/octet-stream");
        let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)];
        Ok((StatusCode::OK, headers, content.message.bytes().to_vec()).into_response())
    }

    fn done(&self, step: Step, done: Done) -> Response {
        self.count(step, done);
        self.outcome(done)
    }

    fn count(&self, step: Step, done: Done) {
        let reference = self.copies.first().map_or("none", |copy| copy.reference.as_str());
        tracing::info!(%reference, choice = step.as_str(), outcome = ?done, "a sender who has signed in has acted");
        let well = if done.is_well() { "yes" } else { "no" };
        metrics::counter!("sluss_sender_actions_total", "choice" => step.as_str(), "well" => well).increment(1);
    }
}

/// Addresses of those whom the route reaches, each once, and whether there are others. Whether the mailbox has its
/// evidence the release itself asks.
fn reached(urgent: &Urgent<'_>, opened: &[(&HeldMessage, Evidence)]) -> (Vec<String>, bool) {
    let (mut reached, mut others): (Vec<String>, bool) = (Vec::new(), false);
    for (_, evidence) in opened.iter().filter(|(copy, _)| copy.state == State::Held) {
        for recipient in &evidence.recipients {
            match Canonical::of(recipient).is_some_and(|address| urgent.reaches(&address, true)) {
                true if reached.contains(recipient) => {}
                true => reached.push(recipient.clone()),
                false => others = true,
            }
        }
    }
    (reached, others)
}
