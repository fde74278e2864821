//! What an import would change against the one before, and when somebody has to say that he means it.

use std::collections::HashMap;

use crate::channel::address::Canonical;
use crate::channel::mailbox::{MailboxRecord, PhoneFactor};

/// Verified mailboxes that may be lost without being asked, in percent of those that were.
pub const MAX_LOST_PERCENT: usize = 10;
/// Mailboxes that may change in any way, in percent of those that were known.
pub const MAX_CHANGED_PERCENT: usize = 25;

type Records = HashMap<Canonical, MailboxRecord>;

/// The addresses that an import would change, each list sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Known before, and how many of them made their mailbox the channel's level.
    pub before: usize,
    pub verified_before: usize,
    pub after: usize,
    pub verified_after: usize,
    /// Verified before and no longer, whether gone or worse.
    pub lost: usize,
    pub new: Vec<Canonical>,
    pub gone: Vec<Canonical>,
    pub better: Vec<Canonical>,
    pub worse: Vec<Canonical>,
}

/// Why somebody has to say that he means it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    #[error("{lost} of {of} verified mailboxes would be lost, more than {MAX_LOST_PERCENT} %")]
    Lost { lost: usize, of: usize },
    #[error("{changed} mailboxes would change, more than {MAX_CHANGED_PERCENT} % of {of}")]
    Changed { changed: usize, of: usize },
    #[error("no mailbox would be verified")]
    NoneVerified,
}

impl Change {
    /// `before` is empty at the first import.
    pub fn between(before: &Records, after: &Records, phone: PhoneFactor) -> Self {
        let proves = |record: &MailboxRecord| record.standing.proves(phone);
        let verified = |records: &Records| records.values().filter(|r| proves(r)).count();
        let mut change = Change {
            before: before.len(),
            verified_before: verified(before),
            after: after.len(),
            verified_after: verified(after),
            ..Change::default()
        };
        for (address, old) in before {
            let new = after.get(address);
            if proves(old) && !new.is_some_and(proves) {
                change.lost = change.lost.saturating_add(1);
            }
            match new {
                None => change.gone.push(address.clone()),
                Some(new) if new.standing > old.standing => change.better.push(address.clone()),
                Some(new) if new.standing < old.standing => change.worse.push(address.clone()),
                Some(_) => {}
            }
        }
        change.new.extend(after.keys().filter(|address| !before.contains_key(*address)).cloned());
        for list in [&mut change.new, &mut change.gone, &mut change.better, &mut change.worse] {
            list.sort();
        }
        change
    }

    /// None for an import that may be taken without asking.
    pub fn doubts(&self) -> Vec<Doubt> {
        let mut doubts = Vec::new();
        if self.verified_after == 0 {
            doubts.push(Doubt::NoneVerified);
        }
        if more(self.lost, self.verified_before, MAX_LOST_PERCENT) {
            doubts.push(Doubt::Lost { lost: self.lost, of: self.verified_before });
        }
        let lists = [&self.new, &self.gone, &self.better, &self.worse];
        let changed = lists.iter().fold(0usize, |sum, list| sum.saturating_add(list.len()));
        // Before the first import there is nothing to compare with.
        if self.before > 0 && more(changed, self.before, MAX_CHANGED_PERCENT) {
            doubts.push(Doubt::Changed { changed, of: self.before });
        }
        doubts
    }
}

/// True when `part` is more than `percent` of `whole`.
fn more(part: usize, whole: usize, percent: usize) -> bool {
    part.saturating_mul(100) > whole.saturating_mul(percent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::mailbox::{AddressKind, Factors, Standing};

    /// `count` mailboxes from number `from` on.
    fn some(from: usize, count: usize, standing: Standing) -> Vec<(Canonical, MailboxRecord)> {
        let record = MailboxRecord { standing, factors: Factors::default(), kind: AddressKind::Account };
        (from..from + count).map(|n| (Canonical::of(&format!("u{n:03}@kommun.example")).unwrap(), record)).collect()
    }

    fn all(parts: &[Vec<(Canonical, MailboxRecord)>]) -> Records {
        parts.iter().flatten().cloned().collect()
    }

    #[test]
    fn the_limits_are_ten_and_twenty_five_percent() {
        use Standing::{Capable, NoFactor};
        let before = all(&[some(0, 100, Capable)]);
        let doubts = |after: &Records| Change::between(&before, after, PhoneFactor::Refuse).doubts();
        assert_eq!(doubts(&before), []);
        // Gone, or without a factor, is the same loss.
        assert_eq!(doubts(&all(&[some(0, 90, Capable)])), []);
        assert_eq!(doubts(&all(&[some(0, 89, Capable)])), [Doubt::Lost { lost: 11, of: 100 }]);
        assert_eq!(doubts(&all(&[some(0, 90, Capable), some(90, 10, NoFactor)])), []);
        assert_eq!(doubts(&all(&[some(0, 89, Capable), some(89, 11, NoFactor)])), [Doubt::Lost { lost: 11, of: 100 }]);
        // New ones do not make up for lost ones.
        assert_eq!(doubts(&all(&[some(11, 110, Capable)])).first(), Some(&Doubt::Lost { lost: 11, of: 100 }));
        assert_eq!(doubts(&all(&[some(0, 125, Capable)])), []);
        assert_eq!(doubts(&all(&[some(0, 126, Capable)])), [Doubt::Changed { changed: 26, of: 100 }]);
        assert_eq!(
            doubts(&all(&[some(200, 100, Capable)])),
            [Doubt::Lost { lost: 100, of: 100 }, Doubt::Changed { changed: 200, of: 100 }]
        );
        assert_eq!(doubts(&Records::new()).first(), Some(&Doubt::NoneVerified));
    }

    #[test]
    fn the_first_import_asks_only_when_it_verifies_nobody() {
        let none = Records::new();
        let doubts = |after: &Records| Change::between(&none, after, PhoneFactor::Refuse).doubts();
        assert_eq!(doubts(&all(&[some(0, 3, Standing::Capable)])), []);
        assert_eq!(doubts(&all(&[some(0, 3, Standing::PhoneOnly)])), [Doubt::NoneVerified]);
        let accepted = Change::between(&none, &all(&[some(0, 3, Standing::PhoneOnly)]), PhoneFactor::Accept);
        assert_eq!(accepted.doubts(), []);
    }

    #[test]
    fn each_change_is_counted_once() {
        use Standing::{Capable, NoFactor, PhoneOnly};
        let before = all(&[some(0, 4, Capable), some(4, 2, NoFactor), some(6, 1, PhoneOnly)]);
        let after = all(&[some(1, 1, PhoneOnly), some(2, 2, Capable), some(4, 1, Capable), some(5, 4, NoFactor)]);
        let change = Change::between(&before, &after, PhoneFactor::Refuse);
        let counts = (change.new.len(), change.gone.len(), change.better.len(), change.worse.len(), change.lost);
        assert_eq!(counts, (2, 1, 1, 2, 2));
        assert_eq!((change.verified_before, change.verified_after), (4, 3));
        assert!(change.new.is_sorted());
        let accepted = Change::between(&before, &after, PhoneFactor::Accept);
        assert_eq!((accepted.verified_before, accepted.lost), (5, 2));
    }
}
