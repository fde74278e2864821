//! Private mailboxes: addresses at the large consumer providers.

use std::ops::Range;

use super::words::Words;
use crate::detect::identifier::surroundings::{slice_after, slice_before};

/// Longest local part and domain that are looked at.
const LOCAL: usize = 64;
const DOMAIN: usize = 64;

/// The address around the `@` at `at`, when its domain is a consumer's.
pub fn read(text: &str, at: usize, words: &Words) -> Option<Range<usize>> {
    let is_local = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '+');
    let head = slice_before(text, at, LOCAL);
    let local = head.len().saturating_sub(head.trim_end_matches(is_local).len());
    let tail = slice_after(text, at.saturating_add(1), DOMAIN);
    let domain: usize = tail.bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-')).count();
    let domain = tail.get(..domain)?.trim_end_matches('.');
    let known = words.consumer_domains.contains(&domain.to_ascii_lowercase());
    (local > 0 && known).then(|| at.saturating_sub(local)..at.saturating_add(1).saturating_add(domain.len()))
}
