//! From what the store has of a period to counts: its daily figures, and the queue records of what was held.
//! Neither knows a sender, a recipient or a word of a mail.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;

use super::tally::{Counts, Dimension, Seen, Tally};
use crate::channel::Level;
use crate::pipeline::totals::EVERY_MAIL;
use crate::policy::Verdict;
use crate::store::{HeldMessage, Total};

/// Counts of a period.
#[derive(Debug, Default)]
pub struct Stored {
    pub tally: Tally,
    /// Mails that the client still has, or had: each attempt counts.
    pub undecided: u64,
}

impl Stored {
    /// Adds a cell of the daily figures. Held mail is left out: its records know it exactly.
    pub fn total(&mut self, total: &Total) {
        let Some(outcome) = outcome(&total.outcome) else {
            if total.outcome != "held" && total.category == EVERY_MAIL {
                self.undecided = self.undecided.saturating_add(total.count);
            }
            return;
        };
        if total.category == EVERY_MAIL {
            let rows = [(Dimension::Level, total.channel.clone()), (Dimension::Day, total.day.clone())];
            let noteworthy = outcome != Verdict::Relay;
            let seen = Seen { unit: total.unit.as_str().into(), outcome, noteworthy, rows: rows.into() };
            self.tally.add(&seen, total.count);
        } else {
            let counts = Counts::of(outcome, total.count);
            self.tally.count((None, Dimension::Category), &total.category, &counts);
            let unit = Some(total.unit.as_str().into());
            self.tally.count((unit, Dimension::Category), &total.category, &counts);
            if outcome == Verdict::Relay {
                // Confidential, and on its way to somebody who may have it.
                self.tally.noteworthy = self.tally.noteworthy.saturating_add(total.count);
            }
        }
    }

    /// Adds a message that was held, by the day on which it was.
    pub fn held(&mut self, message: &HeldMessage, zone: &TimeZone) {
        let record = &message.record;
        let day = record.held_at.to_zoned(zone.clone()).date().to_string();
        let weakest = record.channels.iter().filter_map(|word| Level::from_word(word)).min().unwrap_or_default();
        let mut rows: BTreeSet<(Dimension, String)> =
            record.categories.iter().map(|category| (Dimension::Category, category.clone())).collect();
        rows.insert((Dimension::Day, day));
        rows.insert((Dimension::Level, weakest.as_str().to_owned()));
        rows.insert((Dimension::State, message.state.as_str().to_owned()));
        let unit = record.unit.as_str().into();
        self.tally.add(&Seen { unit, outcome: Verdict::Quarantine, noteworthy: true, rows }, 1);
    }
}

/// `None`: held, or not decided.
pub(super) fn outcome(word: &str) -> Option<Verdict> {
    match word.strip_prefix("observed-").unwrap_or(word) {
        "relayed" => Some(Verdict::Relay),
        "warned" => Some(Verdict::Warn),
        "rerouted" => Some(Verdict::Reroute),
        "rejected" => Some(Verdict::Reject),
        "held" if word != "held" => Some(Verdict::Quarantine),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{MessageId, Reference};
    use crate::store::{QueueRecord, Route, State};

    fn total(outcome: &str, category: &str, count: u64) -> Total {
        Total {
            day: "2026-05-04".into(),
            unit: "social".into(),
            outcome: outcome.into(),
            category: category.into(),
            channel: "unknown".into(),
            count,
        }
    }

    #[test]
    fn figures_count_each_mail_once_and_each_category_besides() {
        let mut stored = Stored::default();
        for (outcome, category, count) in [
            ("relayed", "", 90),
            ("observed-held", "", 20),
            ("observed-held", "health", 15),
            ("observed-held", "family", 12),
            ("observed-warned", "", 7),
            ("rejected", "", 3),
            ("deferred", "", 8),
            ("refused", "", 1),
            ("refused", "health", 1),
            // Its records are counted instead.
            ("held", "", 6),
            ("held", "health", 6),
        ] {
            stored.total(&total(outcome, category, count));
        }
        assert_eq!(stored.tally.all, Counts([90, 7, 0, 20, 3]));
        assert_eq!(stored.undecided, 9);
        assert_eq!(stored.tally.noteworthy, 30);
        let categories = stored.tally.table(None, Dimension::Category).unwrap();
        assert_eq!((categories["health"].sum(), categories["family"].sum()), (15, 12));
        let social = "social".into();
        assert_eq!(stored.tally.table(Some(&social), Dimension::Category).unwrap()["health"].sum(), 15);
    }

    #[test]
    fn a_held_message_counts_on_its_local_day_in_its_state() {
        let record = QueueRecord {
            unit: "social".into(),
            categories: vec!["family".into(), "health".into()],
            severity: "high".into(),
            channels: vec!["contract".into(), "unknown".into()],
            mode: "enforce".into(),
            urgent: false,
            private: false,
            four_eyes: false,
            keep_decision: None,
            held_at: "2026-05-04T23:30:00Z".parse().unwrap(),
            expires_at: "2026-05-18T23:30:00Z".parse().unwrap(),
        };
        let message = HeldMessage {
            id: MessageId::random(),
            reference: Reference::random(),
            record,
            state: State::Released,
            release_failed: false,
            ended_at: None,
            next_attempt: None,
            review_asked: None,
            exception: None,
            route: Route::Ordinary,
            request: None,
            kept: None,
            content_until: None,
        };
        let mut stored = Stored::default();
        stored.held(&message, &TimeZone::get("Europe/Oslo").unwrap());
        assert_eq!(stored.tally.all, Counts([0, 0, 0, 1, 0]));
        for (dimension, row) in [
            (Dimension::Category, "health"),
            (Dimension::Category, "family"),
            (Dimension::Day, "2026-05-05"),
            (Dimension::Level, "unknown"),
            (Dimension::State, "released"),
        ] {
            assert_eq!(stored.tally.table(None, dimension).unwrap()[row].sum(), 1, "{row}");
        }
    }
}
