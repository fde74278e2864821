//! Header fields we put on top of a mail that leaves, and those we take away.

use std::collections::HashMap;
use std::sync::Arc;

use super::Settings;
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
pub(super) fn stripped<'a>(settings: &'a Settings, hops: &'a HashMap<String, Arc<Hop>>) -> Vec<&'a str> {
    let added = hops.values().filter_map(|hop| hop.added_header()).map(|(name, _)| name.as_str());
    let required = settings.require_header.iter().map(|(name, _)| name.as_str());
    std::iter::once(stamp::FIELD).chain(added).chain(required).collect()
}
