//! At most so many notices an hour to one address: a system that sends a thousand confidential mails
//! must not bury its shared mailbox. What is over waits in the outbox for its turn.

use std::collections::{HashMap, VecDeque};

use jiff::{SignedDuration, Timestamp};

/// Notices to one address within [`WINDOW`].
pub const LIMIT: usize = 30;
const WINDOW: SignedDuration = SignedDuration::from_hours(1);
/// Addresses remembered before those that have rested are forgotten.
const REMEMBERED: usize = 10_000;

#[derive(Debug, Default)]
pub struct Pace {
    /// Times of the last notices, oldest first.
    sent: HashMap<String, VecDeque<Timestamp>>,
}

impl Pace {
    pub fn allows(&self, address: &str, now: Timestamp) -> bool {
        let recent = |times: &VecDeque<Timestamp>| times.iter().filter(|&&at| is_recent(at, now)).count();
        self.sent.get(address).is_none_or(|times| recent(times) < LIMIT)
    }

    pub fn note(&mut self, address: &str, now: Timestamp) {
        if self.sent.len() >= REMEMBERED {
            self.sent.retain(|_, times| times.back().is_some_and(|&last| is_recent(last, now)));
        }
        let times = self.sent.entry(address.to_owned()).or_default();
        times.push_back(now);
        if times.len() > LIMIT {
            times.pop_front();
        }
    }
}

fn is_recent(at: Timestamp, now: Timestamp) -> bool {
    now.duration_since(at) < WINDOW
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_has_so_many_and_no_more() {
        let start: Timestamp = "2027-03-03T13:00:00Z".parse().unwrap();
        let minute = |n: i64| start + SignedDuration::from_mins(n);
        let mut pace = Pace::default();
        for n in 0..30 {
            assert!(pace.allows("kari@kommun.example", minute(n)), "{n}");
            pace.note("kari@kommun.example", minute(n));
        }
        assert!(!pace.allows("kari@kommun.example", minute(30)));
        assert!(pace.allows("ola@kommun.example", minute(30)), "others are not held back");
        assert!(!pace.allows("kari@kommun.example", minute(59)));
        assert!(pace.allows("kari@kommun.example", minute(60)), "the first is an hour old");
        pace.note("kari@kommun.example", minute(60));
        assert!(!pace.allows("kari@kommun.example", minute(60)));
    }

    #[test]
    fn memory_is_bounded_by_those_who_rest() {
        let start: Timestamp = "2027-03-03T13:00:00Z".parse().unwrap();
        let mut pace = Pace::default();
        for n in 0..REMEMBERED {
            pace.note(&n.to_string(), start);
        }
        pace.note("kari@kommun.example", start + WINDOW);
        assert_eq!(pace.sent.len(), 1);
    }
}
