//! Cookies: the token of a session, and before there is one what binds the sign-in form to the browser.
//!
//! `__Host-`: only over TLS, only for this host, for all of it, so that no neighbour of the domain sets one. `Strict`: no
//! page of another site sends them. `HttpOnly`: no script reads them. They end with the browser.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::message::LinkToken;

/// Somebody who has signed in.
pub const SESSION: &str = "__Host-sluss";
/// Who is about to.
pub const FORM: &str = "__Host-sluss-form";

pub const ATTRIBUTES: &str = "Path=/; Secure; HttpOnly; SameSite=Strict";

/// The token in the cookie of this name. Of two with one name neither counts.
pub fn token(headers: &HeaderMap, name: &str) -> Option<LinkToken> {
    let fields = headers.get_all(header::COOKIE).iter().filter_map(|field| field.to_str().ok());
    let pairs = fields.flat_map(|field| field.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut values = pairs.filter(|(own, _)| *own == name).map(|(_, value)| value);
    let value = values.next()?;
    if values.next().is_some() {
        return None;
    }
    LinkToken::parse(value)
}

/// `Set-Cookie` for it.
pub fn set(name: &str, token: &LinkToken) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(&format!("{name}={}; {ATTRIBUTES}", token.text())).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// `Set-Cookie` that takes it away.
pub fn ended(name: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("{name}=; {ATTRIBUTES}; Max-Age=0")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_read_as_it_was_set() {
        let secret = LinkToken::random();
        let set = set(SESSION, &secret).unwrap();
        let text = set.to_str().unwrap();
        assert!(text.ends_with("; Path=/; Secure; HttpOnly; SameSite=Strict"), "{text}");
        let pair = text.split(';').next().unwrap();
        let read = |fields: &[&str]| {
            let mut headers = HeaderMap::new();
            for field in fields {
                headers.append(header::COOKIE, field.parse().unwrap());
            }
            token(&headers, SESSION).map(|token| token.text())
        };
        assert_eq!(read(&[pair]), Some(secret.text()));
        assert_eq!(read(&["a=b", &format!("x=1; {pair}; y=2")]), Some(secret.text()));
        assert_eq!(read(&[pair, "__Host-sluss=x"]), None, "two of one name");
        assert_eq!(read(&[&pair.replace("__Host-sluss=", "__Host-sluss-form=")]), None);
        assert_eq!(read(&["__Host-sluss="]), None);
        assert_eq!(read(&[]), None);
        assert!(ended(SESSION).unwrap().to_str().unwrap().contains("Max-Age=0"));
    }
}
