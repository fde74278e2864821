//! The stamp: proof that this mail was judged here within the last hour.
//!
//! A stamp never spares a mail its inspection. A valid one that comes back means that the mail goes
//! round in a loop. Anyone can copy or invent the field, so it is keyed over everything that makes
//! the mail what it is, and every incoming copy is stripped.

use aws_lc_rs::digest::{SHA256, digest};

use super::envelope::Recipient;
use super::field::Header;
use super::keys::Keys;

pub const FIELD: &str = "X-Sluss-Stamp";
/// A loop comes back within minutes; an hour covers a slow one.
pub const VALID_FOR_SECONDS: i64 = 3_600;

/// The field for a mail that leaves with this verdict, with its CRLF.
pub fn field(header: &Header<'_>, recipients: &[Recipient], verdict: &str, now: i64, keys: &Keys) -> String {
    let expires = now.saturating_add(VALID_FOR_SECONDS);
    let pieces = pieces(header, recipients, verdict, expires);
    let tag = keys.stamp_tag(&pieces.iter().map(Vec::as_slice).collect::<Vec<_>>());
    format!("{FIELD}: v=1; verdict={verdict}; expires={expires};\r\n\ttag={tag}\r\n")
}

/// True when the mail carries a stamp of ours that has not expired.
pub fn comes_back(header: &Header<'_>, recipients: &[Recipient], now: i64, keys: &Keys) -> bool {
    header.fields.iter().filter(|field| field.is(FIELD)).any(|field| {
        let value = field.unfolded();
        let Some((verdict, expires, given)) = parse(&value) else { return false };
        let fresh = now <= expires && expires <= now.saturating_add(VALID_FOR_SECONDS);
        fresh && {
            let pieces = pieces(header, recipients, verdict, expires);
            keys.stamp_matches(&pieces.iter().map(Vec::as_slice).collect::<Vec<_>>(), given)
        }
    })
}

fn parse(value: &[u8]) -> Option<(&str, i64, &str)> {
    let mut words = std::str::from_utf8(value).ok()?.split(';').map(str::trim);
    if words.next()? != "v=1" {
        return None;
    }
    let verdict = words.next()?.strip_prefix("verdict=")?;
    let expires = words.next()?.strip_prefix("expires=")?.parse().ok()?;
    let tag = words.next()?.strip_prefix("tag=")?;
    Some((verdict, expires, tag))
}

/// Everything the stamp speaks for; the keys put each piece's length in front of it.
fn pieces(header: &Header<'_>, recipients: &[Recipient], verdict: &str, expires: i64) -> Vec<Vec<u8>> {
    let value = |name| header.first(name).map(|field| field.unfolded().into_owned()).unwrap_or_default();
    let mut pieces = vec![
        b"sluss-stamp-1".to_vec(),
        value("message-id"),
        value("date"),
        verdict.as_bytes().to_vec(),
        digest(&SHA256, header.body()).as_ref().to_vec(),
        expires.to_be_bytes().to_vec(),
    ];
    let mut sorted: Vec<_> = recipients.iter().map(|r| r.path.0.raw().to_ascii_lowercase().into_bytes()).collect();
    sorted.sort_unstable();
    pieces.append(&mut sorted);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smtp::{ForwardPath, Mailbox};

    const NOW: i64 = 1_800_000_000;
    const MAIL: &str = "Message-ID: <1@kommun.example>\r\nDate: now\r\n\r\nHej\r\n";

    fn keys() -> Keys {
        Keys::derive(&[7; 32])
    }

    fn to(addresses: &[&str]) -> Vec<Recipient> {
        addresses
            .iter()
            .map(|a| {
                let (local, domain) = a.split_once('@').unwrap();
                let mailbox = Mailbox::from_checked((*a).into(), local.into(), domain.into());
                Recipient { path: ForwardPath(mailbox), parameters: Vec::new() }
            })
            .collect()
    }

    fn stamped(mail: &str, recipients: &[Recipient]) -> String {
        field(&Header::of(mail.as_bytes()), recipients, "relay", NOW, &keys()) + mail
    }

    fn back(mail: &str, recipients: &[Recipient], now: i64) -> bool {
        comes_back(&Header::of(mail.as_bytes()), recipients, now, &keys())
    }

    #[test]
    fn the_same_mail_comes_back() {
        let recipients = to(&["b@x.example", "a@x.example"]);
        let mail = stamped(MAIL, &recipients);
        assert!(back(&mail, &to(&["a@x.example", "B@x.example"]), NOW + 60));
        assert!(back(&format!("Received: from a by b\r\n{mail}"), &recipients, NOW + 60));
    }

    #[test]
    fn another_installation_does_not_know_it() {
        let recipients = to(&["a@x.example"]);
        let mail = stamped(MAIL, &recipients);
        assert!(!comes_back(&Header::of(mail.as_bytes()), &recipients, NOW, &Keys::derive(&[8; 32])));
    }

    #[test]
    fn anything_else_is_no_proof() {
        let recipients = to(&["a@x.example"]);
        let mail = stamped(MAIL, &recipients);
        assert!(!back(MAIL, &recipients, NOW));
        assert!(!back(&mail, &to(&["c@x.example"]), NOW), "other recipients");
        assert!(!back(&mail, &recipients, NOW + VALID_FOR_SECONDS + 1), "expired");
        assert!(!back(&mail, &recipients, NOW - 10), "from the future");
        assert!(!back(&mail.replace("Hej", "Nej"), &recipients, NOW), "other body");
        assert!(!back(&mail.replace("<1@", "<2@"), &recipients, NOW), "other message");
        assert!(!back(&mail.replace("verdict=relay", "verdict=warn"), &recipients, NOW), "other verdict");
        assert!(!back(&mail.replace("v=1", "v=2"), &recipients, NOW), "other version");
    }
}
