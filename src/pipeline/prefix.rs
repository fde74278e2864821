//! Header fields we put on top of a mail that leaves, and those we take away.

use jiff::Zoned;

use super::Pipeline;
use crate::message::strip::Header;
use crate::message::{Envelope, stamp};
use crate::policy::Verdict;
use crate::relay::Hop;

/// Stamp and the hop's fixed field, each with its CRLF. `Received` comes below them.
pub(super) fn added(
    pipeline: &Pipeline,
    hop: &Hop,
    header: &Header<'_>,
    envelope: &Envelope,
    verdict: Verdict,
    now: &Zoned,
) -> String {
    let mut prefix = String::new();
    if let Some((name, value)) = hop.added_header() {
        prefix.push_str(&format!("{name}: {value}\r\n"));
    }
    if let Some(keys) = &pipeline.keys {
        let second = now.timestamp().as_second();
        prefix.push_str(&stamp::field(header, &envelope.recipients, verdict.as_str(), second, keys));
    }
    prefix
}

/// Names of fields that never pass from outside: our stamp, what we add for a neighbour's exception
/// rule, and the tenant's secret word.
pub(super) fn stripped(pipeline: &Pipeline) -> Vec<&str> {
    let added = pipeline.hops.values().filter_map(|hop| hop.added_header()).map(|(name, _)| name.as_str());
    let required = pipeline.settings.require_header.iter().map(|(name, _)| name.as_str());
    std::iter::once(stamp::FIELD).chain(added).chain(required).collect()
}
