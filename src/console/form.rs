//! Forms: what was sent, and what shows that the page was ours, for this visitor and this act, and of the last hour.

use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, Uri, header};
use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

use crate::message::Keys;

/// What a form with a button has at most; ours have a tenth of it.
pub const BUTTON: usize = 2 * 1024;
/// What a form has at most in which something is typed: a dozen texts.
pub const TYPED: usize = 32 * 1024;
/// Roles, and the units of a large municipality.
const MAX_FIELDS: usize = 200;
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

/// What was sent: each field once, as text.
#[derive(Default)]
pub struct Fields(Vec<(String, Zeroizing<String>)>);

impl Form {
    /// `whose`: whatever tells this visitor and this page from all others.
    pub fn new(keys: &Keys, whose: &[&[u8]], act: &str, now: Timestamp) -> Self {
        let at = now.as_second();
        Form { at, tag: keys.token_tag(&tagged(whose, act, &at.to_be_bytes())) }
    }

    /// Whether the fields are those of a form of [`Form::new`] for the same visitor and act.
    pub fn is_good(keys: &Keys, whose: &[&[u8]], act: &str, now: Timestamp, fields: &Fields) -> bool {
        let (Some(at), Some(tag)) = (fields.get("at").and_then(|at| at.parse::<i64>().ok()), fields.get("tag")) else {
            return false;
        };
        let Ok(made) = Timestamp::from_second(at) else { return false };
        let age = now.duration_since(made);
        // A minute ahead: another node's clock may have made it.
        let fresh = age <= VALID && age >= SignedDuration::from_mins(-1);
        fresh && keys.token_matches(&tagged(whose, act, &at.to_be_bytes()), tag)
    }
}

impl Fields {
    /// `None` for what no page of ours sends: too much of it, not UTF-8, a field twice, or from another site.
    pub async fn read(request: Request, longest: usize) -> Option<Self> {
        if !is_own_form(request.headers()) {
            return None;
        }
        let reading = tokio::time::timeout(BODY_TIME, to_bytes(request.into_body(), longest));
        let body = reading.await.ok()?.ok()?;
        Fields::parse(std::str::from_utf8(&body).ok()?)
    }

    /// What stands behind `?`; nothing of what no browser writes.
    pub fn of_query(uri: &Uri) -> Self {
        uri.query().and_then(Fields::parse).unwrap_or_default()
    }

    fn parse(body: &str) -> Option<Self> {
        let mut fields: Vec<(String, Zeroizing<String>)> = Vec::new();
        for pair in body.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=')?;
            let name = decoded(name)?.to_string();
            if fields.len() >= MAX_FIELDS || fields.iter().any(|(known, _)| *known == name) {
                return None;
            }
            fields.push((name, decoded(value)?));
        }
        Some(Fields(fields))
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// A copy that is wiped after use; empty when it was not sent.
    pub fn secret(&self, name: &str) -> Zeroizing<String> {
        Zeroizing::new(self.get(name).unwrap_or_default().to_owned())
    }
}

/// `None` for what no browser writes.
fn decoded(text: &str) -> Option<Zeroizing<String>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                digit(rest.next()?)?.checked_mul(16)?.checked_add(digit(rest.next()?)?)?
            }
            byte => byte,
        });
    }
    std::str::from_utf8(&bytes).ok().map(|text| Zeroizing::new(text.to_owned()))
}

/// A form, and not one that a page of another site has sent.
fn is_own_form(headers: &HeaderMap) -> bool {
    let says = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let kind = says(header::CONTENT_TYPE.as_str()).and_then(|kind| kind.split(';').next());
    kind.is_some_and(|kind| kind.trim() == "application/x-www-form-urlencoded")
        && says("sec-fetch-site").is_none_or(|site| site == "same-origin")
}

fn tagged<'f>(whose: &[&'f [u8]], act: &'f str, at: &'f [u8]) -> Vec<&'f [u8]> {
    let first: [&[u8]; 3] = [b"form", act.as_bytes(), at];
    first.into_iter().chain(whose.iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_as_a_browser_writes_them_and_not_otherwise() {
        let fields = Fields::parse("a=1&b=p%C3%A5+taket%2B&c=").unwrap();
        assert_eq!((fields.get("a"), fields.get("b"), fields.get("c")), (Some("1"), Some("på taket+"), Some("")));
        assert_eq!(fields.get("d"), None);
        for wrong in ["a=1&a=2", "a=%C3", "a=%zz", "a=%4", "a", "%ff=1", "a=1&%61=2"] {
            assert!(Fields::parse(wrong).is_none(), "{wrong}");
        }
        let many: Vec<String> = (0..=MAX_FIELDS).map(|n| format!("f{n}=1")).collect();
        assert!(Fields::parse(&many.join("&")).is_none());
        assert!(Fields::parse(&many[1..].join("&")).is_some());
    }

    #[test]
    fn a_tag_is_for_one_visitor_one_act_and_one_hour() {
        let keys = Keys::derive(&[7; 32]);
        let now: Timestamp = "2026-05-04T10:00:00Z".parse().unwrap();
        let form = Form::new(&keys, &[b"kari"], "sign-in", now);
        let fields = Fields::parse(&format!("at={}&tag={}", form.at, form.tag)).unwrap();
        let good = |whose: &[&[u8]], act, minutes| {
            Form::is_good(&keys, whose, act, now + SignedDuration::from_mins(minutes), &fields)
        };
        assert!(good(&[b"kari"], "sign-in", 0) && good(&[b"kari"], "sign-in", 60));
        assert!(!good(&[b"kari"], "sign-in", 61), "too old");
        assert!(!good(&[b"kari"], "sign-in", -2), "not yet made");
        assert!(!good(&[b"kari"], "sign-out", 0));
        assert!(!good(&[b"ola"], "sign-in", 0));
        assert!(!good(&[b"ka", b"ri"], "sign-in", 0), "parts do not run into one another");
        assert!(!good(&[], "sign-in", 0));
    }
}
