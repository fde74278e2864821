//! Header fields we put on top of a mail that leaves, and those we take away.

use super::InForce;
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
    if let Some(keys) = keys {
        prefix.push_str(&stamp::field(header, &envelope.recipients, verdict, now.as_second(), keys));
    }
    prefix
}

/// Names of fields that never pass from outside: our stamp, what we add for a neighbour's exception
/// rule, and the tenant's secret word.
pub(super) fn stripped(in_force: &InForce) -> Vec<&str> {
    let added = in_force.hops().values().filter_map(|hop| hop.added_header()).map(|(name, _)| name.as_str());
    let required = in_force.settings.require_header.iter().map(|(name, _)| name.as_str());
    std::iter::once(stamp::FIELD).chain(added).chain(required).collect()
}
