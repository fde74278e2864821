//! Ways round: channels that a whole mail can take, whatever is known of its recipients' own mailboxes.
//!
//! A way is a secure-mail gateway behind a next hop, or a product behind the ordinary one that listens to
//! a header or a word in the subject. Its evidence is about the login at that gateway. It is open to a
//! message when the sending unit may use it, every recipient is one it speaks of, and size and number fit;
//! it is taken when the sender asks for it (the trigger), or by itself where the configuration says so.

use std::fmt;

use jiff::civil::Date;

use super::address::Canonical;
use super::evidence::Level;
use super::registry::{Channel, Registry};

/// How the sender asks for a way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// A header field with this value, compared without case.
    Header { name: String, value: String },
    /// These words in the subject, compared without case.
    Subject(String),
}

/// What makes a channel a way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WaySettings {
    /// Any one of them is enough.
    pub triggers: Vec<Trigger>,
    /// Taken for confidential mail without being asked for.
    pub automatic: bool,
    /// Ids of the units that may use it; empty: all.
    pub units: Vec<String>,
    /// Envelope recipients of one message.
    pub max_recipients: Option<usize>,
    /// Bytes.
    pub max_message_size: Option<u64>,
}

/// What decides whether a way is open to a message.
#[derive(Clone, Copy)]
pub struct Message<'a> {
    /// Id of the sending unit.
    pub unit: &'a str,
    /// Envelope recipients; those that are no addresses close every way.
    pub recipients: &'a [Option<Canonical>],
    pub bytes: u64,
    /// Decoded; empty without one.
    pub subject: &'a str,
    /// Values of the fields of a name, decoded.
    pub field: &'a dyn Fn(&str) -> Vec<String>,
}

/// A way that is open to a message.
#[derive(Clone, Copy, Debug)]
pub struct Open<'r> {
    pub channel: &'r Channel,
    /// What its evidence is worth today.
    pub level: Level,
    /// The sender has asked for it.
    pub requested: bool,
}

/// Why a way is not open to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    NoSuchWay,
    /// The sending unit may not use it.
    Unit,
    /// It does not speak of one of them, or not of so many.
    Recipients,
    Size,
}

impl Trigger {
    /// Whether the message bears it.
    pub fn is_in(&self, message: &Message<'_>) -> bool {
        match self {
            Trigger::Header { name, value } => {
                (message.field)(name).iter().any(|found| found.trim().to_lowercase() == value.to_lowercase())
            }
            Trigger::Subject(words) => message.subject.to_lowercase().contains(&words.to_lowercase()),
        }
    }
}

impl Registry {
    /// The ways open to the message on the local day `today`: those the sender asked for first, then
    /// those taken by themselves, the strongest first.
    pub fn ways(&self, message: &Message<'_>, today: Date) -> Vec<Open<'_>> {
        let open = self.channels().iter().filter_map(|channel| {
            let way = channel.way.as_ref()?;
            let requested = way.triggers.iter().any(|trigger| trigger.is_in(message));
            if !(requested || way.automatic) || !way.admits(message) || !channel.speaks_of_all(message.recipients) {
                return None;
            }
            Some(Open { channel, level: channel.today(today).0, requested })
        });
        let mut open: Vec<Open<'_>> = open.collect();
        open.sort_by_key(|way| (!way.requested, std::cmp::Reverse(way.level)));
        open
    }

    /// Channels that mail to this address can take, by whichever unit.
    pub fn ways_to(&self, address: &Canonical) -> impl Iterator<Item = &Channel> {
        let address = [Some(address.clone())];
        self.channels().iter().filter(move |channel| channel.way.is_some() && channel.speaks_of_all(&address))
    }

    /// The way of this id on the local day `today`, if it is open to the message, whether the sender has asked for it or
    /// not.
    pub fn way(&self, id: &str, message: &Message<'_>, today: Date) -> Result<Open<'_>, Closed> {
        let channel = self.channels().iter().find(|channel| channel.id == id).ok_or(Closed::NoSuchWay)?;
        let way = channel.way.as_ref().ok_or(Closed::NoSuchWay)?;
        if !way.is_for(message.unit) {
            return Err(Closed::Unit);
        }
        if !channel.speaks_of_all(message.recipients)
            || way.max_recipients.is_some_and(|most| message.recipients.len() > most)
        {
            return Err(Closed::Recipients);
        }
        if way.max_message_size.is_some_and(|most| message.bytes > most) {
            return Err(Closed::Size);
        }
        Ok(Open { channel, level: channel.today(today).0, requested: true })
    }

    /// Channels with a next hop of their own, that held mail of the unit can still take.
    pub fn ways_later(&self, unit: &str, today: Date) -> impl Iterator<Item = &Channel> {
        self.ways_of(unit, today).filter(|channel| channel.next_hop.is_some())
    }

    /// Channels that senders of the unit can ask for, for the advice in a notice.
    pub fn ways_on_request(&self, unit: &str, today: Date) -> impl Iterator<Item = &Channel> {
        let asked_for = |channel: &&Channel| channel.way.as_ref().is_some_and(|way| !way.triggers.is_empty());
        self.ways_of(unit, today).filter(asked_for)
    }

    /// Ways that the unit may use, and whose evidence shows two-factor login today.
    fn ways_of(&self, unit: &str, today: Date) -> impl Iterator<Item = &Channel> {
        let usable = move |channel: &&Channel| {
            channel.way.as_ref().is_some_and(|way| way.is_for(unit)) && channel.today(today).0.is_two_factor()
        };
        self.channels().iter().filter(usable)
    }
}

/// As somebody is told what to do.
impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trigger::Header { name, value } => write!(f, "the field {name}: {value}"),
            Trigger::Subject(words) => write!(f, "{words:?} in the subject"),
        }
    }
}

impl WaySettings {
    fn is_for(&self, unit: &str) -> bool {
        self.units.is_empty() || self.units.iter().any(|id| id == unit)
    }

    fn admits(&self, message: &Message<'_>) -> bool {
        self.is_for(message.unit)
            && self.max_recipients.is_none_or(|most| message.recipients.len() <= most)
            && self.max_message_size.is_none_or(|most| message.bytes <= most)
    }
}

impl Channel {
    /// The words in the subject that ask for it.
    pub fn asked_by_subject(&self) -> Option<&str> {
        self.way.as_ref()?.triggers.iter().find_map(|trigger| match trigger {
            Trigger::Subject(words) => Some(words.as_str()),
            Trigger::Header { .. } => None,
        })
    }

    /// Without patterns a way speaks of everybody.
    fn speaks_of_all(&self, recipients: &[Option<Canonical>]) -> bool {
        let everybody = self.patterns.is_empty() && self.list_file.is_none();
        recipients.iter().all(|recipient| {
            let Some(address) = recipient else { return false };
            let named = || self.patterns.iter().chain(&self.listed).any(|pattern| pattern.matches(address));
            !self.excludes(address) && (everybody || named())
        })
    }
}

#[cfg(test)]
#[path = "way_tests.rs"]
mod tests;
