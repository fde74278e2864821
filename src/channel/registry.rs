//! The registry: channels in, what is known about one recipient's mailbox out.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use jiff::civil::Date;

use super::address::Canonical;
use super::evidence::{ChannelClass, Demand, Evidence, Level, Why};
use super::mailbox::MailboxRule;
use super::pattern::{Pattern, Specificity};
use super::resemblance::Resemblance;
use super::way::WaySettings;
use super::webmail::is_webmail;

/// One row of the registry, as plain values.
#[derive(Clone, Debug)]
pub struct Channel {
    pub id: String,
    pub patterns: Vec<Pattern>,
    /// From a list file: addresses rank below those of `patterns`, domains and suffixes alike.
    pub listed: Vec<Pattern>,
    /// Where `listed` comes from, for those who ask why.
    pub list_file: Option<PathBuf>,
    /// Addresses the channel does not speak of, whatever else matches.
    pub not: Vec<Pattern>,
    pub evidence: Evidence,
    /// Evidence for the single mailbox is needed as well.
    pub per_mailbox: bool,
    /// What such evidence has to be, and what there is.
    pub mailbox: MailboxRule,
    pub next_hop: Option<String>,
    /// How the connection that takes the mail must be protected.
    pub tls: Option<Demand>,
    /// The channel is a way that a mail may take instead; it says nothing of the recipients' own mailboxes.
    pub way: Option<WaySettings>,
    /// Mail address of whom to remind before the evidence ends.
    pub owner: Option<String>,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    #[error("channel {0:?} is there twice")]
    DuplicateId(String),
    #[error("channel {id:?} claims better than unknown for consumer webmail ({domain})")]
    ConsumerWebmail { id: String, domain: String },
}

/// Immutable once built; a changed configuration builds a new one.
#[derive(Debug)]
pub struct Registry {
    channels: Vec<Channel>,
    /// Channel numbers by what they name, each with the rank of the match.
    addresses: HashMap<Canonical, Vec<(usize, Specificity)>>,
    domains: HashMap<String, Vec<(usize, Specificity)>>,
    suffixes: HashMap<String, Vec<(usize, Specificity)>>,
    resemblance: Resemblance,
}

/// A channel that matches an address, before one of them wins.
#[derive(Clone, Copy)]
pub(super) struct Match<'r> {
    pub channel: &'r Channel,
    pub specificity: Specificity,
}

impl Registry {
    pub fn new(channels: Vec<Channel>) -> Result<Self, RegistryError> {
        let mut ids = HashSet::new();
        let mut registry = Registry {
            channels: Vec::new(),
            addresses: HashMap::new(),
            domains: HashMap::new(),
            suffixes: HashMap::new(),
            resemblance: Resemblance::default(),
        };
        for (number, channel) in channels.iter().enumerate() {
            if !ids.insert(channel.id.as_str()) {
                return Err(RegistryError::DuplicateId(channel.id.clone()));
            }
            // The login is that of the way, whoever's the mailbox.
            if channel.way.is_some() {
                continue;
            }
            for pattern in channel.patterns.iter().chain(&channel.listed) {
                if channel.evidence.level > Level::Unknown && is_webmail(pattern.domain()) {
                    let domain = pattern.domain().to_owned();
                    return Err(RegistryError::ConsumerWebmail { id: channel.id.clone(), domain });
                }
            }
            for pattern in &channel.patterns {
                registry.index(number, pattern, pattern.specificity());
            }
            for pattern in &channel.listed {
                let rank = pattern.specificity().min(Specificity::LISTED);
                registry.index(number, pattern, rank);
            }
        }
        registry.channels = channels;
        Ok(registry)
    }

    /// With these domains, in canonical form, beside those of the channels: what resembles one of them and
    /// is none is a look-alike. A registry that was not told looks for none.
    pub fn knowing<'d>(mut self, domains: impl Iterator<Item = &'d str>) -> Self {
        let own = self.addresses.keys().map(Canonical::domain);
        let own = own.chain(self.domains.keys().chain(self.suffixes.keys()).map(String::as_str));
        let known = own.map(str::to_owned).chain(domains.map(str::to_owned));
        let known: HashSet<String> = known.filter(|domain| !is_webmail(domain)).collect();
        self.resemblance = Resemblance::new(known);
        self
    }

    /// The known domain that the address's own is taken for.
    pub fn look_alike(&self, address: &Canonical) -> Option<&str> {
        if is_webmail(address.domain()) { None } else { self.resemblance.of(address.domain()) }
    }

    fn index(&mut self, number: usize, pattern: &Pattern, rank: Specificity) {
        let row = match pattern {
            Pattern::Address(address) => self.addresses.entry(address.clone()).or_default(),
            Pattern::Domain(domain) => self.domains.entry(domain.clone()).or_default(),
            Pattern::Suffix(suffix) => self.suffixes.entry(suffix.clone()).or_default(),
        };
        row.push((number, rank));
    }

    /// In the order of the configuration.
    pub fn channels(&self) -> &[Channel] {
        &self.channels
    }

    /// What is known about the mailbox of `address` on the local day `today`.
    pub fn resolve(&self, address: &str, today: Date) -> ChannelClass {
        let Some(address) = Canonical::of(address) else { return ChannelClass::unknown(Why::NoChannel) };
        let winner = self.matches(&address, today).into_iter().next();
        let next_hop = winner.and_then(|w| w.channel.next_hop.clone());
        let channel = winner.map(|w| w.channel.id.clone());
        if is_webmail(address.domain()) {
            let tls = winner.and_then(|w| w.channel.tls);
            return ChannelClass { channel, level: Level::Unknown, why: Why::ConsumerWebmail, next_hop, tls };
        }
        let Some(winner) = winner else { return ChannelClass::unknown(Why::NoChannel) };
        let (level, why) = winner.channel.mailbox_today(&address, today);
        ChannelClass { channel, level, why, next_hop, tls: winner.channel.tls }
    }

    /// All channels that match, the one that decides first: most specific, then weakest today, then
    /// first in the configuration.
    pub(super) fn matches(&self, address: &Canonical, today: Date) -> Vec<Match<'_>> {
        let exact = self.addresses.get(address);
        let domain = self.domains.get(address.domain());
        let suffixes = address.parents().filter_map(|parent| self.suffixes.get(parent));
        let mut rows: Vec<(usize, Specificity)> =
            exact.into_iter().chain(domain).chain(suffixes).flatten().copied().collect();
        rows.sort_by_key(|&(number, rank)| (number, Reverse(rank)));
        rows.dedup_by_key(|&mut (number, _)| number);
        let mut matches: Vec<(usize, Match<'_>)> = rows
            .into_iter()
            .filter_map(|(number, specificity)| {
                let channel = self.channels.get(number)?;
                (!channel.excludes(address)).then_some((number, Match { channel, specificity }))
            })
            .collect();
        matches.sort_by_key(|(number, m)| (Reverse(m.specificity), m.channel.mailbox_today(address, today).0, *number));
        matches.into_iter().map(|(_, m)| m).collect()
    }
}

impl Channel {
    /// What its evidence is worth on `today`, and why. With `per_mailbox` no mailbox is better than this.
    pub fn today(&self, today: Date) -> (Level, Why) {
        if today > self.evidence.verified_until {
            (Level::Unknown, Why::Expired(self.evidence.verified_until))
        } else if self.per_mailbox {
            self.mailbox.best(self.evidence.level, today)
        } else {
            (self.evidence.level, Why::Evidence)
        }
    }

    /// What is known of one mailbox on `today`, and why.
    pub fn mailbox_today(&self, address: &Canonical, today: Date) -> (Level, Why) {
        match self.today(today) {
            (level, Why::MailboxEvidence) => self.mailbox.level(level, address),
            known => known,
        }
    }

    pub(super) fn excludes(&self, address: &Canonical) -> bool {
        self.not.iter().any(|pattern| pattern.matches(address))
    }
}

impl ChannelClass {
    /// Of somebody no channel speaks of.
    pub fn unknown(why: Why) -> Self {
        ChannelClass { channel: None, level: Level::Unknown, why, next_hop: None, tls: None }
    }
}

#[cfg(test)]
#[path = "registry_tests.rs"]
mod tests;
