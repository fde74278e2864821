//! The form with the one button: what shows that it is ours, for this link and this choice, and of the last hour.

use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use jiff::{SignedDuration, Timestamp};

use super::Choice;
use crate::message::{Keys, LinkDigest};

/// What a form has at most; ours are a tenth of it.
const MAX_BODY: usize = 2 * 1024;
/// How long its sending may take.
const BODY_TIME: Duration = Duration::from_secs(10);
/// How long a page may lie open before its button is pressed.
const VALID: SignedDuration = SignedDuration::from_hours(1);

/// Two hidden fields.
pub struct Form {
    /// Seconds since 1970.
    pub at: i64,
    pub tag: String,
}

impl Form {
    pub fn new(keys: &Keys, link: &LinkDigest, choice: Choice, now: Timestamp) -> Self {
        let at = now.as_second();
        Form { at, tag: keys.token_tag(&fields(link, choice, &at.to_be_bytes())) }
    }

    /// Whether the request carries a form of [`Form::new`] for this link and choice. One that a page of another site
    /// has sent does not count, whatever it carries.
    pub async fn is_good(keys: &Keys, link: &LinkDigest, choice: Choice, now: Timestamp, request: Request) -> bool {
        if !is_own_form(request.headers()) {
            return false;
        }
        let reading = tokio::time::timeout(BODY_TIME, to_bytes(request.into_body(), MAX_BODY));
        let Ok(Ok(body)) = reading.await else { return false };
        let Ok(body) = std::str::from_utf8(&body) else { return false };
        let field = |name: &str| body.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        let (Some(at), Some(tag)) = (field("at").and_then(|at| at.parse::<i64>().ok()), field("tag")) else {
            return false;
        };
        let Ok(made) = Timestamp::from_second(at) else { return false };
        let age = now.duration_since(made);
        // A minute ahead: another node's clock may have made it.
        let fresh = age <= VALID && age >= SignedDuration::from_mins(-1);
        fresh && keys.token_matches(&fields(link, choice, &at.to_be_bytes()), tag)
    }
}

/// A form, and not one that a page of another site has sent.
fn is_own_form(headers: &HeaderMap) -> bool {
    let says = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let kind = says(header::CONTENT_TYPE.as_str()).and_then(|kind| kind.split(';').next());
    kind.is_some_and(|kind| kind.trim() == "application/x-www-form-urlencoded")
        && says("sec-fetch-site").is_none_or(|site| site == "same-origin")
}

fn fields<'f>(link: &'f LinkDigest, choice: Choice, at: &'f [u8]) -> [&'f [u8]; 4] {
    [b"form", &link.0, choice.as_str().as_bytes(), at]
}
