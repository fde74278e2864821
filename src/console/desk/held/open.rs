//! Opening: with a purpose, a second factor shown within the last ten minutes, and where the unit's law is Norwegian
//! with how the sender was told before. The opening is on the record before anything is shown.
//!
//! A download is an opening whose answer is a file that no program runs: the mail as it came, as text.

use askama::Template;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Zoned;

use super::reading::{self, Part};
use super::standing;
use crate::console::desk::texts::{OpenTexts, said};
use crate::console::desk::{Answered, Closed, Shell, Visit};
use crate::console::form::{Form, TYPED};
use crate::console::texts::filled;
use crate::quarantine::{OpenedContent, QuarantineError, SealError};
use crate::store::{Conflict, HeldMessage, StoreError};

/// What a mail may be opened for; `other` needs words of its own.
pub const PURPOSES: [&str; 5] = ["asked", "doubt", "danger", "records", "other"];
/// Characters of what is typed.
const LONGEST: usize = 200;
/// Profiles whose law asks that the holder of a mailbox is told before somebody looks into it.
const TOLD_BEFORE: &str = "no.";

#[derive(Template)]
#[template(path = "desk/open.html")]
struct OpenForm<'v> {
    shell: Shell<'v>,
    texts: &'v OpenTexts,
    reference: String,
    back: String,
    action: String,
    form: Form,
    purposes: Vec<(&'static str, &'v str, bool)>,
    words: String,
    told: Option<String>,
    /// A second factor is asked for.
    code: bool,
    /// Until when the last one counts.
    confirmed: Option<String>,
    copies: Vec<(String, String)>,
    file: bool,
    faults: Vec<(&'static str, String)>,
}

#[derive(Template)]
#[template(path = "desk/opened.html")]
struct Opened<'v> {
    shell: Shell<'v>,
    texts: &'v OpenTexts,
    reference: String,
    back: String,
    subject: String,
    parts: Vec<Part>,
    found: String,
    unread: Vec<String>,
    recorded: String,
}

/// What was typed.
#[derive(Default)]
struct Typed {
    purpose: String,
    words: String,
    told: String,
    copy: String,
}

pub(super) fn form(visit: Visit, _: Request) -> Answered {
    Box::pin(async move {
        let copies = visit.mail().await?;
        if visit.is_own(&copies).await? {
            return Ok(visit.led_to(&visit.mail_path(&copies)));
        }
        shown(&visit, &copies, &Typed::default(), Vec::new())
    })
}

pub(super) fn open(visit: Visit, request: Request) -> Answered {
    Box::pin(async move {
        let copies = visit.mail().await?;
        let fields = visit.posted(request, TYPED, "open", about(&copies).as_bytes()).await?;
        if visit.is_own(&copies).await? {
            return Ok(visit.led_to(&visit.mail_path(&copies)));
        }
        let line = |name: &str| -> String {
            let plain = fields.get(name).unwrap_or_default().chars().map(|c| if c.is_control() { ' ' } else { c });
            plain.take(LONGEST).collect::<String>().trim().to_owned()
        };
        let typed = Typed { purpose: line("purpose"), words: line("words"), told: line("told"), copy: line("copy") };
        let texts = &visit.texts()?.open;
        let mut faults = Vec::new();
        if !PURPOSES.contains(&typed.purpose.as_str()) {
            faults.push(("purpose", texts.no_purpose.clone()));
        } else if typed.purpose == "other" && typed.words.is_empty() {
            faults.push(("words", texts.no_words.clone()));
        }
        if is_told_before(&visit, &copies) && typed.told.is_empty() {
            faults.push(("told", texts.no_told.clone()));
        }
        // The code last: one that is right is used up.
        if faults.is_empty() && visit.staff.signed_in.confirmed_until.is_none() {
            if !visit.limits.may_sign_in(visit.source.address, visit.source.now) {
                return Err(Closed::Busy);
            }
            let accounts = &visit.desk.pages.accounts;
            if !accounts.confirm(&visit.staff.token, &visit.staff.signed_in, fields.secret("code")).await? {
                visit.limits.sign_in_refused(visit.source.address, visit.source.now);
                faults.push(("code", texts.wrong_code.clone()));
            }
        }
        if !faults.is_empty() {
            return shown(&visit, &copies, &typed, faults);
        }
        let copy = copies.iter().find(|copy| copy.id.to_string() == typed.copy).or(copies.first());
        let copy = copy.ok_or(Closed::Unknown)?;
        let purpose = recorded(&typed);
        let opened = visit.desk.pages.quarantine.open(copy.id, &visit.staff.actor(), &purpose).await;
        let content = match opened {
            Ok((_, content)) => content,
            Err(
                QuarantineError::Private
                | QuarantineError::Gone
                | QuarantineError::NoIdentity
                | QuarantineError::Seal(SealError::NotForUs)
                | QuarantineError::Store(StoreError::Conflict(Conflict::State(_) | Conflict::NotFound)),
            ) => return Ok(visit.led_to(&visit.mail_path(&copies))),
            Err(error) => return Err(error.into()),
        };
        tracing::info!(reference = %copy.reference, "a reviewer has opened a held mail");
        metrics::counter!("sluss_desk_openings_total").increment(1);
        if is_file(&visit) { file(copy, content) } else { page(&visit, &copies, copy, content).await }
    })
}

/// The purpose as the record has it: its word, then what was typed.
fn recorded(typed: &Typed) -> String {
    let told = (!typed.told.is_empty()).then(|| format!("told: {}", typed.told));
    let words = (!typed.words.is_empty()).then(|| typed.words.clone());
    std::iter::once(typed.purpose.clone()).chain(words).chain(told).collect::<Vec<_>>().join("; ")
}

fn about(copies: &[HeldMessage]) -> String {
    format!("open\n{}", standing(copies))
}

fn is_file(visit: &Visit) -> bool {
    visit.path.ends_with("/download")
}

/// The law of the mail's unit asks that its sender is told before.
fn is_told_before(visit: &Visit, copies: &[HeldMessage]) -> bool {
    let disclosures = &visit.desk.pages.disclosures;
    copies.iter().any(|copy| disclosures.profile(&copy.record.unit).starts_with(TOLD_BEFORE))
}

fn shown(
    visit: &Visit,
    copies: &[HeldMessage],
    typed: &Typed,
    faults: Vec<(&'static str, String)>,
) -> Result<Response, Closed> {
    let texts = &visit.texts()?.open;
    let path = visit.mail_path(copies);
    if copies.iter().any(|copy| copy.record.private) || !visit.desk.pages.quarantine.opens() {
        return Ok(visit.led_to(&path));
    }
    let until = visit.staff.signed_in.confirmed_until;
    let purpose = |word: &'static str| (word, said(&texts.purposes, word), typed.purpose == word);
    let several = copies.len() > 1;
    let name = &visit.texts()?.held.copy;
    let numbered = copies
        .iter()
        .zip(1..)
        .map(|(copy, number): (_, usize)| (copy.id.to_string(), filled(name, &[("n", &number.to_string())])));
    let file = is_file(visit);
    let template = OpenForm {
        reference: copies.first().map_or_else(String::new, |copy| copy.reference.to_string()),
        back: format!("{}{path}", visit.prefix()),
        action: format!("{}{path}/{}", visit.prefix(), if file { "download" } else { "open" }),
        form: visit.form("open", about(copies).as_bytes()),
        purposes: PURPOSES.into_iter().map(purpose).collect(),
        words: typed.words.clone(),
        told: is_told_before(visit, copies).then(|| typed.told.clone()),
        code: until.is_none(),
        confirmed: until
            .map(|until| Ok::<_, Closed>(filled(&texts.confirmed, &[("when", &visit.when(until)?)])))
            .transpose()?,
        copies: if several { numbered.collect() } else { Vec::new() },
        file,
        shell: visit.shell()?,
        texts,
        faults,
    };
    let status = if template.faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(visit.page(status, &template))
}

/// The text with what is found in it today. Reading and judging are work for a thread of their own.
async fn page(
    visit: &Visit,
    copies: &[HeldMessage],
    copy: &HeldMessage,
    content: OpenedContent,
) -> Result<Response, Closed> {
    let texts = &visit.texts()?.open;
    let knowledge = visit.desk.knowledge.clone();
    let subject = reading::plain(content.subject.as_deref().unwrap_or_default());
    let judged = tokio::task::spawn_blocking(move || {
        knowledge.judge(&content.message, Some(&content.envelope), "default", &Zoned::now())
    });
    let judgement = judged.await.map_err(|_| Closed::Fault)?.map_err(|_| Closed::Fault)?;
    let words = visit.words()?;
    let unread = judgement.inspection.uninspectable.iter().map(|unread| {
        let why = words.unreadable(&[unread.reason.as_str().to_owned()]).unwrap_or_default();
        judgement.file_of(&unread.part).map_or_else(|| why.clone(), |name| format!("{}: {why}", reading::plain(&name)))
    });
    let unread: Vec<String> = unread.collect();
    let parts = reading::parts(&judgement, words, texts);
    let marks = parts.iter().flat_map(|part| &part.stretches).flat_map(|of| &of.pieces).filter(|of| of.mark.is_some());
    let template = Opened {
        reference: copy.reference.to_string(),
        back: format!("{}{}", visit.prefix(), visit.mail_path(copies)),
        found: filled(&texts.found, &[("n", &marks.count().to_string())]),
        recorded: filled(&texts.recorded, &[("when", &visit.when(visit.now)?)]),
        subject,
        unread,
        shell: visit.shell()?,
        parts,
        texts,
    };
    Ok(visit.page(StatusCode::OK, &template))
}

/// As it came, under a name that opens in an editor of text.
fn file(copy: &HeldMessage, content: OpenedContent) -> Result<Response, Closed> {
    let name = HeaderValue::from_str(&format!("attachment; filename=\"{}.eml.txt\"", copy.reference));
    let kind = HeaderValue::from_static("application/octet-stream");
    let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name.map_err(|_| Closed::Fault)?)];
    Ok((StatusCode::OK, headers, content.message.bytes().to_vec()).into_response())
}
