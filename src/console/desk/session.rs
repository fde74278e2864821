//! Who is at the browser, and in which language.

use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::Response;

use super::{Closed, Desk};
use crate::account::{Role, SignedIn};
use crate::audit::Actor;
use crate::console::cookie;
use crate::message::LinkToken;
use crate::notice::Language;

/// Until the browser ends. It says nothing of anybody.
const LANGUAGE: &str = "__Host-sluss-language";
/// Characters of an address that somebody is led back to.
const LONGEST_WAY_BACK: usize = 300;

/// Somebody who has shown both factors.
pub struct Staff {
    pub token: LinkToken,
    pub signed_in: SignedIn,
    pub roles: Vec<Role>,
}

impl Staff {
    /// Units whose mail is this account's.
    pub fn units(&self) -> &[String] {
        &self.signed_in.account.units
    }

    pub fn actor(&self) -> Actor {
        self.signed_in.actor()
    }
}

impl Desk {
    /// Whose session the browser shows; `None` for nobody's. `alive`: it is a sign of life.
    pub(super) async fn staff(&self, headers: &HeaderMap, alive: bool) -> Result<Option<Staff>, Closed> {
        let Some(token) = cookie::token(headers, cookie::SESSION) else { return Ok(None) };
        let accounts = &self.pages.accounts;
        let signed_in =
            if alive { accounts.signed_in(&token).await? } else { accounts.still_signed_in(&token).await? };
        Ok(signed_in.map(|signed_in| {
            let roles = signed_in.account.roles.iter().filter_map(|word| Role::from_word(word)).collect();
            Staff { token, signed_in, roles }
        }))
    }

    /// 303 to the sign-in, and from there back to the page that was asked for.
    pub(super) fn led_to_sign_in(&self, back: Option<&Uri>) -> Response {
        let back = back.and_then(|uri| uri.path_and_query()).map(|path| path.as_str()).filter(|path| is_own(path));
        match back {
            Some(path) => self.led_to(&format!("/sign-in?to={}", escaped(path))),
            None => self.led_to("/sign-in"),
        }
    }
}

/// An address of a page of ours, as somebody may be led to after signing in.
pub(super) fn is_own(path: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.~/?&=%+".contains(c);
    let outside = path.starts_with("//") || !path.starts_with('/') || path.starts_with("/sign-");
    !outside && path.len() <= LONGEST_WAY_BACK && path.chars().all(plain)
}

/// As a value in a query.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// The language that was chosen in this browser.
pub(super) fn kept_language(headers: &HeaderMap) -> Option<Language> {
    let fields = headers.get_all(header::COOKIE).iter().filter_map(|field| field.to_str().ok());
    let mut pairs = fields.flat_map(|field| field.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == LANGUAGE).and_then(|(_, word)| Language::from_word(word))
}

pub(super) fn set_language(language: Language) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("{LANGUAGE}={}; {}", language.as_str(), cookie::ATTRIBUTES)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_elsewhere() {
        for own in ["/queue", "/held/ABCD-2345", "/queue?order=oldest&category=health", "/"] {
            assert!(is_own(own), "{own}");
        }
        let long = format!("/{}", "a".repeat(LONGEST_WAY_BACK));
        for other in
            ["", "queue", "//evil.example", "/\\evil.example", "https://evil.example", "/sign-out", "/a b", &long]
        {
            assert!(!is_own(other), "{other}");
        }
        assert_eq!(escaped("/queue?a=b&c=å"), "%2Fqueue%3Fa%3Db%26c%3D%C3%A5");
    }
}
