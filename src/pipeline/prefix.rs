//! Header fields we put on top of a mail that leaves, and those we take away.

use super::InForce;
use super::registered::{CASE_FIELD, CLAIM_FIELD};
use crate::message::{Envelope, Header, Keys, stamp};
use crate::relay::Hop;

/// The hop's fixed field and our stamp, each with its CRLF. `Received` comes below them.
pub(super) fn added(
    keys: Option<&Keys>,
    hop: &Hop,
    header: &Header<'_>,
    envelope: &Envelope,
    verdict: &str,
    now: jiff::Timestamp,
) -> String {
    let mut prefix = String::new();
    if let Some((name, value)) = hop.added_header() {
        prefix.push_str(&format!("{name}: {value}\r\n"));
    }
    if let Some(tag) = hop.subject_tag() {
        prefix.push_str(&tagged_subject(tag, header));
    }
    if let Some(keys) = keys {
        prefix.push_str(&stamp::field(header, &envelope.recipients, verdict, now.as_second(), keys));
    }
    prefix
}

/// The subject with the hop's tag in front, its own bytes unchanged behind it; as it is when it has the tag.
fn tagged_subject(tag: &str, header: &Header<'_>) -> String {
    let subject = header.fields.iter().find(|field| field.is("subject"));
    let value = subject.map(|field| String::from_utf8_lossy(&field.unfolded()).into_owned()).unwrap_or_default();
    if value.starts_with(tag) { format!("Subject: {value}\r\n") } else { format!("Subject: {tag} {value}\r\n") }
}

/// The field that [`added`] replaces for this hop.
pub(super) fn replaced(hop: &Hop) -> Option<&'static str> {
    hop.subject_tag().map(|_| "subject")
}

/// Names of fields that never pass from outside: our stamp, what the sender claims, what we add for a neighbour's exception
/// rule, and the tenant's secret word.
pub(super) fn stripped(in_force: &InForce) -> Vec<&str> {
    let added = in_force.hops().values().filter_map(|hop| hop.added_header()).map(|(name, _)| name.as_str());
    let required = in_force.settings.require_header.iter().map(|(name, _)| name.as_str());
    [stamp::FIELD, CLAIM_FIELD, CASE_FIELD].into_iter().chain(added).chain(required).collect()
}
