//! The stamp: proof that this mail was judged here within the last hour.
//!
//! A stamp never spares a mail its inspection. A valid one that comes back means that the mail goes
//! round in a loop. Anyone can copy or invent the field, so it is keyed over everything that makes
//! the mail what it is, and every incoming copy is stripped.

use aws_lc_rs::digest::{SHA256, digest};

use super::envelope::Recipient;
use super::strip::Header;

pub const FIELD: &str = "X-Sluss-Stamp";
/// A loop comes back within minutes; an hour covers a slow one.
pub const VALID_FOR_SECONDS: i64 = 3_600;

/// Makes the keyed tag over canonical bytes.
pub type Tag<'a> = &'a dyn Fn(&[u8]) -> String;

/// The field for a mail that leaves with this verdict, with its CRLF.
pub fn field(header: &Header<'_>, recipients: &[Recipient], verdict: &str, now: i64, tag: Tag<'_>) -> String {
    let expires = now.saturating_add(VALID_FOR_SECONDS);
    let tag = tag(&canonical(header, recipients, verdict, expires));
    format!("{FIELD}: v=1; verdict={verdict}; expires={expires};\r\n\ttag={tag}\r\n")
}

/// True when the mail carries a stamp of ours that has not expired.
pub fn comes_back(header: &Header<'_>, recipients: &[Recipient], now: i64, tag: Tag<'_>) -> bool {
    header.fields.iter().filter(|field| field.is(FIELD)).any(|field| {
        let value = field.value();
        let Some((verdict, expires, given)) = parse(&value) else { return false };
        let fresh = now <= expires && expires <= now.saturating_add(VALID_FOR_SECONDS);
        fresh && {
            let ours = tag(&canonical(header, recipients, verdict, expires));
            aws_lc_rs::constant_time::verify_slices_are_equal(ours.as_bytes(), given.as_bytes()).is_ok()
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

/// Everything the stamp speaks for, each piece with its length in front so that none can be shifted
/// into the next.
fn canonical(header: &Header<'_>, recipients: &[Recipient], verdict: &str, expires: i64) -> Vec<u8> {
    let mut sorted: Vec<String> = recipients.iter().map(|r| r.path.0.raw().to_ascii_lowercase()).collect();
    sorted.sort_unstable();
    let mut out = Vec::with_capacity(256);
    let mut piece = |bytes: &[u8]| {
        out.extend_from_slice(&u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
        out.extend_from_slice(bytes);
    };
    piece(b"sluss-stamp-1");
    for name in ["message-id", "date"] {
        piece(&header.first(name).map(|field| field.value()).unwrap_or_default());
    }
    piece(verdict.as_bytes());
    piece(digest(&SHA256, header.body()).as_ref());
    piece(&expires.to_be_bytes());
    for recipient in &sorted {
        piece(recipient.as_bytes());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smtp::{ForwardPath, Mailbox};

    const NOW: i64 = 1_800_000_000;
    const MAIL: &str = "Message-ID: <1@kommun.example>\r\nDate: now\r\n\r\nHej\r\n";

    fn tag(bytes: &[u8]) -> String {
        data_encoding::HEXLOWER.encode(digest(&SHA256, bytes).as_ref())
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
        field(&Header::of(mail.as_bytes()), recipients, "relay", NOW, &tag) + mail
    }

    fn back(mail: &str, recipients: &[Recipient], now: i64) -> bool {
        comes_back(&Header::of(mail.as_bytes()), recipients, now, &tag)
    }

    #[test]
    fn the_same_mail_comes_back() {
        let recipients = to(&["b@x.example", "a@x.example"]);
        let mail = stamped(MAIL, &recipients);
        assert!(back(&mail, &to(&["a@x.example", "B@x.example"]), NOW + 60));
        assert!(back(&format!("Received: from a by b\r\n{mail}"), &recipients, NOW + 60));
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
