//! Mails whose inspection failed through our own fault.
//!
//! A sender retries a 451 for days. A mail that fails three times within a day would never leave, so
//! it becomes uninspectable and follows that rule. When many different mails fail it is the relay
//! that is broken, not the mail: then nothing is given up, and readiness turns false instead.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Failures after which a mail is given up.
const FAILURES: u8 = 3;
/// They must fall within this time.
const WINDOW: Duration = Duration::from_secs(24 * 60 * 60);
/// Mails remembered; when full the oldest are forgotten (they then start from one again).
const REMEMBERED: usize = 1_000;
/// Mails over which the share of failing ones is measured.
const SHARE_OVER: u32 = 1_000;

/// What to do with a mail whose inspection has just failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// Answer 451; the sender comes again.
    Defer,
    /// It has failed often enough, and others do not: treat it as uninspectable.
    GiveUp,
}

/// Bounded memory of failures. Keys are digests; no content is kept.
#[derive(Debug, Default)]
pub struct Faults {
    seen: HashMap<u64, (u8, Instant)>,
    mails: u32,
    failed: u32,
    previous: (u32, u32),
    /// [`Faults::widespread`] when it was last asked for changes.
    was_widespread: bool,
}

impl Faults {
    /// Counts a mail that was inspected without fault.
    pub fn fine(&mut self) {
        self.count(false);
    }

    /// Counts a failure of the mail with this key.
    pub fn failed(&mut self, key: u64, now: Instant) -> Advice {
        self.count(true);
        self.seen.retain(|_, (_, at)| now.saturating_duration_since(*at) < WINDOW);
        if self.seen.len() >= REMEMBERED
            && !self.seen.contains_key(&key)
            && let Some(oldest) = self.seen.iter().min_by_key(|(_, (_, at))| *at).map(|(key, _)| *key)
        {
            self.seen.remove(&oldest);
        }
        let entry = self.seen.entry(key).or_insert((0, now));
        entry.0 = entry.0.saturating_add(1);
        if entry.0 >= FAILURES && !self.widespread() { Advice::GiveUp } else { Advice::Defer }
    }

    /// More than one in a hundred of the last mails failed.
    pub fn widespread(&self) -> bool {
        let mails = self.mails.saturating_add(self.previous.0);
        let failed = self.failed.saturating_add(self.previous.1);
        // A handful of retries of one mail on a quiet day is not a broken relay.
        failed > u32::from(FAILURES) * 3 && failed.saturating_mul(100) > mails
    }

    /// [`Faults::widespread`] when it has changed since this was last asked.
    pub fn turned(&mut self) -> Option<bool> {
        let widespread = self.widespread();
        (std::mem::replace(&mut self.was_widespread, widespread) != widespread).then_some(widespread)
    }

    /// Counts in two halves, so that old mails fall out of the share.
    fn count(&mut self, failed: bool) {
        if self.mails >= SHARE_OVER / 2 {
            self.previous = (self.mails, self.failed);
            (self.mails, self.failed) = (0, 0);
        }
        self.mails = self.mails.saturating_add(1);
        self.failed = self.failed.saturating_add(u32::from(failed));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn third_failure_of_one_mail_gives_it_up() {
        let mut faults = Faults::default();
        let now = Instant::now();
        assert_eq!(faults.failed(1, now), Advice::Defer);
        assert_eq!(faults.failed(2, now), Advice::Defer);
        assert_eq!(faults.failed(1, now), Advice::Defer);
        assert_eq!(faults.failed(1, now), Advice::GiveUp);
        assert_eq!(faults.failed(2, now), Advice::Defer);
    }

    #[test]
    fn a_day_later_counting_starts_again() {
        let mut faults = Faults::default();
        let now = Instant::now();
        faults.failed(1, now);
        faults.failed(1, now);
        assert_eq!(faults.failed(1, now + WINDOW), Advice::Defer);
    }

    #[test]
    fn nothing_is_given_up_while_many_mails_fail() {
        let mut faults = Faults::default();
        let now = Instant::now();
        for key in 0..500 {
            faults.failed(key, now);
            faults.failed(key, now);
            faults.fine();
        }
        assert!(faults.widespread());
        assert_eq!((faults.turned(), faults.turned()), (Some(true), None), "told once");
        assert_eq!(faults.failed(7, now), Advice::Defer);
        for _ in 0..1_100 {
            faults.fine();
        }
        assert!(!faults.widespread());
        assert_eq!((faults.turned(), faults.turned()), (Some(false), None), "and its end as well");
    }

    #[test]
    fn memory_is_bounded() {
        let mut faults = Faults::default();
        let now = Instant::now();
        for key in 0..5_000 {
            faults.failed(key, now + Duration::from_millis(key));
        }
        assert!(faults.seen.len() <= REMEMBERED);
    }
}
