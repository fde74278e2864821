//! Notices that say the same become one, which says how many mails and names each reference.
//!
//! A notice has a topic: a keyed digest of what must be equal for two of them to be one. Those of a topic
//! that wait together are sent together. How long one waits for others is settled here by its kind: a
//! sender hears of the first mail at once, and of the same again after [`REPEATS_WITHIN`]; reviewers hear of
//! new mail a quarter of an hour later, unless it is urgent, and of looks that are overdue likewise; a machine's mail is told of in the morning.

use std::collections::HashMap;

use jiff::civil::time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::facts::{Gathered, NoticeFacts, NoticeKind};
use crate::message::Keys;

/// After a notice, the same again is gathered for so long.
pub const REPEATS_WITHIN: SignedDuration = SignedDuration::from_mins(10);
/// How long reviewers are spared a notice: by then the sender has often settled it.
pub const REVIEWERS_AFTER: SignedDuration = SignedDuration::from_mins(15);
/// Reviewers are warned so long before a deletion, or at half of the time where the whole is short.
pub const WARNED_BEFORE: SignedDuration = SignedDuration::from_hours(48);
/// Hours of the day, local: of a digest, and of the warnings before deletions.
const DIGEST_AT: i8 = 6;
const WARNING_AT: i8 = 7;
/// Topics remembered before those that are over are forgotten.
const REMEMBERED: usize = 10_000;

/// When a notice goes, and with which others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub due: Timestamp,
    /// Keyed digests under each secret, the present one's first. Empty: always alone.
    pub topics: Vec<String>,
}

impl Plan {
    /// Alone, and at once.
    pub fn at_once(now: Timestamp) -> Self {
        Plan { due: now, topics: Vec::new() }
    }

    /// For kinds whose time does not depend on what was told before.
    pub fn of(facts: &NoticeFacts, keys: &Keys, now: Timestamp, zone: &TimeZone) -> Self {
        let due = match facts.kind {
            NoticeKind::ReviewerHeld if !facts.urgent && !facts.untold => saturating(now, REVIEWERS_AFTER),
            NoticeKind::ReviewerReviewOverdue => saturating(now, REVIEWERS_AFTER),
            NoticeKind::ServiceDigest => next_at(now, DIGEST_AT, zone),
            _ => now,
        };
        Plan { due, topics: topics(facts, keys) }
    }

    /// The warning before `expires`, for mail that was held at `held`: in the morning of its day.
    pub fn of_warning(facts: &NoticeFacts, keys: &Keys, held: Timestamp, expires: Timestamp, zone: &TimeZone) -> Self {
        let before = WARNED_BEFORE.min(expires.duration_since(held) / 2);
        let latest = saturating(expires, -before);
        let morning = next_at(saturating(latest, SignedDuration::from_hours(-24)), WARNING_AT, zone);
        Plan { due: morning.clamp(held, latest), topics: topics(facts, keys) }
    }
}

/// What was told lately: a notice that repeats one waits until the time of gathering is over.
#[derive(Debug, Default)]
pub struct Rhythm {
    lately: HashMap<String, Lately>,
}

#[derive(Clone, Copy, Debug)]
struct Lately {
    /// What comes before this time goes at this time.
    gathers_until: Timestamp,
    /// Something does.
    gathered: bool,
}

impl Rhythm {
    /// The plan, made later when the same was told within [`REPEATS_WITHIN`]. A restart forgets: the first
    /// repetition after it goes at once.
    pub fn fit(&mut self, plan: Plan, now: Timestamp) -> Plan {
        // Always the same one of them, whichever secret is present.
        let Some(topic) = plan.topics.iter().min().cloned().filter(|_| plan.due <= now) else { return plan };
        if self.lately.len() >= REMEMBERED {
            self.lately.retain(|_, lately| saturating(lately.gathers_until, REPEATS_WITHIN) > now);
        }
        let next = match self.lately.get(&topic) {
            Some(lately) if now < lately.gathers_until => Lately { gathered: true, ..*lately },
            // What was gathered has just been sent, and counts as told.
            Some(lately) if lately.gathered && now < saturating(lately.gathers_until, REPEATS_WITHIN) => {
                Lately { gathers_until: saturating(lately.gathers_until, REPEATS_WITHIN), gathered: true }
            }
            _ => Lately { gathers_until: saturating(now, REPEATS_WITHIN), gathered: false },
        };
        let due = if next.gathered { next.gathers_until } else { now };
        self.lately.insert(topic, next);
        Plan { due, ..plan }
    }

    /// It was not told after all.
    pub fn forget(&mut self, topic: &str) {
        self.lately.remove(topic);
    }
}

/// What two notices must have in common to become one, under each secret. Empty for kinds that are always alone.
fn topics(facts: &NoticeFacts, keys: &Keys) -> Vec<String> {
    let whom = (facts.kind.as_str(), facts.language.as_str(), &facts.to, &facts.unit);
    let common = match facts.kind {
        NoticeKind::Held
        | NoticeKind::HeldUnreadable
        | NoticeKind::Rejected
        | NoticeKind::Warned
        | NoticeKind::Rerouted => {
            let mut recipients = facts.recipients.clone();
            recipients.sort_unstable();
            let what = (&facts.categories, &facts.unreadable, facts.urgent, facts.others, &facts.secure_tag);
            serde_json::to_vec(&(whom, recipients, what))
        }
        NoticeKind::ReviewerHeld if facts.urgent => return Vec::new(),
        NoticeKind::ReviewerHeld => serde_json::to_vec(&(whom, facts.untold)),
        NoticeKind::ReviewerExpiring | NoticeKind::ReviewerReviewOverdue => serde_json::to_vec(&whom),
        NoticeKind::ServiceDigest => serde_json::to_vec(&(whom, facts.machine.as_ref().map(|m| &m.sender))),
        _ => return Vec::new(),
    };
    common.map_or_else(|_| Vec::new(), |bytes| keys.digests("notice", &bytes))
}

/// One notice of several of a topic, oldest first; `None` of none.
pub fn together(all: Vec<NoticeFacts>) -> Option<NoticeFacts> {
    let gathered = all
        .iter()
        .map(|facts| Gathered {
            reference: facts.reference.clone(),
            link_token: facts.link_token.clone(),
            outcome: facts.machine.as_ref().map_or(facts.kind, |machine| machine.outcome),
        })
        .collect();
    let one = all.into_iter().reduce(|mut first, next| {
        add(&mut first.categories, next.categories);
        add(&mut first.places, next.places);
        add(&mut first.unreadable, next.unreadable);
        add(&mut first.provisions, next.provisions);
        first.categories.sort_unstable();
        first.unreadable.sort_unstable();
        first.urgent |= next.urgent;
        first.others |= next.others;
        first.days = first.days.min(next.days);
        first
    })?;
    Some(NoticeFacts { gathered, ..one })
}

fn add<T: PartialEq>(to: &mut Vec<T>, more: Vec<T>) {
    for one in more {
        if !to.contains(&one) {
            to.push(one);
        }
    }
}

/// The next time that the clock in `zone` shows this full hour.
fn next_at(now: Timestamp, hour: i8, zone: &TimeZone) -> Timestamp {
    let local = now.to_zoned(zone.clone());
    let on = |date: jiff::civil::Date| date.to_datetime(time(hour, 0, 0, 0)).to_zoned(zone.clone()).ok();
    let next = [Some(local.date()), local.date().checked_add(1.day()).ok()].into_iter().flatten().filter_map(on);
    next.map(|at| at.timestamp()).find(|at| *at > now).unwrap_or(now)
}

fn saturating(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(at)
}

#[cfg(test)]
#[path = "gather_tests.rs"]
mod tests;
