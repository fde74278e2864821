//! Evidence of two-factor login, and what a recipient resolves to.

/// Strength of evidence, weakest first (`channels.md` 4.7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// Nothing known, or expired.
    #[default]
    Unknown,
    /// A second factor is registered; nothing shows that login demands it. Not two-factor login.
    Capable,
    /// The recipient organisation says that login demands two factors.
    Attested,
    /// An agreement or federation rule demands it.
    Contract,
    /// Measured, or capable plus an attested enforcing policy, named and dated.
    Enforced,
    /// Electronic identity, LoA 3 / betydelig or better, at every access.
    Eid,
}

impl Level {
    pub const ALL: [Level; 6] =
        [Level::Unknown, Level::Capable, Level::Attested, Level::Contract, Level::Enforced, Level::Eid];

    pub fn as_str(self) -> &'static str {
        match self {
            Level::Unknown => "unknown",
            Level::Capable => "capable",
            Level::Attested => "attested",
            Level::Contract => "contract",
            Level::Enforced => "enforced",
            Level::Eid => "eid",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Level::ALL.into_iter().find(|l| l.as_str() == word)
    }
}

/// Days before the end of evidence at which somebody should renew it, first to last.
pub const REMINDERS: [i32; 3] = [30, 14, 3];
pub const FIRST_REMINDER: i32 = REMINDERS[0];

/// Days from `today` to the last day `until`; 0 on that day, negative when it is over.
pub fn days_left(until: jiff::civil::Date, today: jiff::civil::Date) -> i32 {
    // Two dates of the calendar are at most 7.3 million days apart.
    (until - today).get_days()
}

/// The reminder that is due with so many days left: that of the nearest day ahead, 0 on the last day and
/// after it. `None` while there is time.
pub fn reminder(days_left: i32) -> Option<i32> {
    if days_left <= 0 {
        return Some(0);
    }
    REMINDERS.into_iter().rev().find(|&days| days_left <= days)
}

/// One piece of evidence: what, who decided it, on which paper, until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    pub level: Level,
    pub decided_by: String,
    pub reference: String,
    /// Last day it holds, local time.
    pub verified_until: jiff::civil::Date,
}

/// Why a recipient resolved to the level it did; one line for `channel explain` and the reviewer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// No channel matches.
    NoChannel,
    /// The channel's evidence holds today.
    Evidence,
    Expired(jiff::civil::Date),
    /// The domain is consumer webmail.
    ConsumerWebmail,
    /// `per_mailbox` is set: the channel's evidence and what was imported of this address hold today.
    MailboxEvidence,
    /// `per_mailbox` is set and there is no evidence for this address.
    NoMailboxEvidence,
    /// There is, of a report that was made too long ago.
    MailboxStale(jiff::civil::Date),
    /// There is, and it shows no proper second factor, or none that is demanded.
    MailboxLacks(super::mailbox::Standing),
}

/// What is known about one recipient's mailbox today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelClass {
    /// Id of the channel that matched.
    pub channel: Option<String>,
    /// What counts today.
    pub level: Level,
    pub why: Why,
    /// Next hop of the channel, when it names one.
    pub next_hop: Option<String>,
    /// How the connection that takes the mail must be protected.
    pub tls: Option<Demand>,
}

/// Protection of a connection, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Protection {
    /// TLS, whoever answers.
    Encrypted,
    /// TLS with a certificate of the hop's name from a known authority.
    Verified,
}

impl Protection {
    pub const ALL: [Protection; 2] = [Protection::Encrypted, Protection::Verified];

    /// The word of `tls` at a channel: the same as at a next hop.
    pub fn as_str(self) -> &'static str {
        match self {
            Protection::Encrypted => "required",
            Protection::Verified => "verified",
        }
    }
}

/// What a channel demands of the connection to its next hop, and what happens to a mail when the
/// connection has less: never a weaker try.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Demand {
    pub protection: Protection,
    /// The mail is held; else its sender is asked to come back (451).
    pub or_hold: bool,
}

#[cfg(test)]
mod tests {
    use super::reminder;

    #[test]
    fn the_nearest_reminder_ahead_is_due() {
        for (days, due) in [
            (400, None),
            (31, None),
            (30, Some(30)),
            (15, Some(30)),
            (14, Some(14)),
            (4, Some(14)),
            (3, Some(3)),
            (1, Some(3)),
            (0, Some(0)),
            (-1, Some(0)),
            (-400, Some(0)),
        ] {
            assert_eq!(reminder(days), due, "{days}");
        }
    }
}
