//! How often a page may be asked for: by source, by link, and how often a source may miss. In memory, bounded; a
//! restart forgets it.
//!
//! A guess at a link cannot succeed (256 random bits), so these limits protect the store from load, and keep the
//! numbers high enough for a whole town hall behind one address.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::message::LinkDigest;

const WINDOW: Duration = Duration::from_secs(10 * 60);
/// Requests of one source in a window.
pub const BY_SOURCE: u32 = 1_200;
/// Requests for unknown links of one source in a window.
pub const MISSES: u32 = 100;
/// Requests for one link in a window.
pub const BY_LINK: u32 = 120;
/// Actions by one link in a window.
pub const ACTIONS: u32 = 12;
/// Refused sign-ins of one source in a window: a town hall behind one address mistypes less.
pub const REFUSED: u32 = 60;
/// Keys that each count remembers. Who comes when all are taken by others who have just been here is not counted: a
/// crowd must not lock out the staff.
const REMEMBERED: usize = 20_000;

#[derive(Default)]
pub struct Limits {
    sources: Count<IpAddr>,
    misses: Count<IpAddr>,
    links: Count<LinkDigest>,
    actions: Count<LinkDigest>,
    refused: Count<IpAddr>,
}

impl Limits {
    /// A source that asks, and has not missed too often.
    pub fn source(&self, source: IpAddr, now: Instant) -> bool {
        self.misses.has_room(&source, MISSES, now) && self.sources.take(source, BY_SOURCE, now)
    }

    pub fn missed(&self, source: IpAddr, now: Instant) {
        self.misses.take(source, MISSES, now);
    }

    /// A source from which not too many sign-ins were refused.
    pub fn may_sign_in(&self, source: IpAddr, now: Instant) -> bool {
        self.refused.has_room(&source, REFUSED, now)
    }

    pub fn sign_in_refused(&self, source: IpAddr, now: Instant) {
        self.refused.take(source, REFUSED, now);
    }

    pub fn link(&self, link: LinkDigest, now: Instant) -> bool {
        self.links.take(link, BY_LINK, now)
    }

    pub fn action(&self, link: LinkDigest, now: Instant) -> bool {
        self.actions.take(link, ACTIONS, now)
    }
}

/// Events since the window of each key began.
struct Count<K>(Mutex<HashMap<K, (Instant, u32)>>);

impl<K> Default for Count<K> {
    fn default() -> Self {
        Count(Mutex::default())
    }
}

impl<K: Hash + Eq> Count<K> {
    /// Counts one more; false when `most` are reached.
    fn take(&self, key: K, most: u32, now: Instant) -> bool {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= REMEMBERED && !counts.contains_key(&key) {
            counts.retain(|_, (began, _)| is_recent(*began, now));
            if counts.len() >= REMEMBERED {
                return true;
            }
        }
        let (began, count) = counts.entry(key).or_insert((now, 0));
        if !is_recent(*began, now) {
            (*began, *count) = (now, 0);
        }
        *count = count.saturating_add(1);
        *count <= most
    }

    fn has_room(&self, key: &K, most: u32, now: Instant) -> bool {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.get(key).is_none_or(|(began, count)| *count < most || !is_recent(*began, now))
    }
}

fn is_recent(began: Instant, now: Instant) -> bool {
    now.saturating_duration_since(began) < WINDOW
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_has_so_many_and_the_next_begins_anew() {
        let (limits, start) = (Limits::default(), Instant::now());
        let source: IpAddr = "192.0.2.7".parse().unwrap();
        for n in 0..MISSES {
            assert!(limits.source(source, start), "{n}");
            limits.missed(source, start);
        }
        assert!(!limits.source(source, start), "missed too often");
        assert!(limits.source("192.0.2.8".parse().unwrap(), start), "others are not held back");
        assert!(limits.source(source, start + WINDOW));

        for n in 0..REFUSED {
            assert!(limits.may_sign_in(source, start), "{n}");
            limits.sign_in_refused(source, start);
        }
        assert!(!limits.may_sign_in(source, start) && limits.may_sign_in(source, start + WINDOW));

        let link = LinkDigest([7; 32]);
        assert!((0..ACTIONS).all(|_| limits.action(link, start)));
        assert!(!limits.action(link, start));
        assert!(limits.action(LinkDigest([8; 32]), start));
    }

    #[test]
    fn memory_is_bounded() {
        let (count, start) = (Count::<usize>::default(), Instant::now());
        for n in 0..REMEMBERED {
            assert!(count.take(n, 1, start));
        }
        assert!((0..3).all(|_| count.take(REMEMBERED, 1, start)), "no room, and nobody has rested");
        assert_eq!(count.0.lock().unwrap().len(), REMEMBERED);
        assert!(count.take(REMEMBERED, 1, start + WINDOW));
        assert_eq!(count.0.lock().unwrap().len(), 1);
    }
}
