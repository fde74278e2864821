//! The registry: channels in, what is known about one recipient's mailbox out.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use jiff::civil::Date;

use super::address::Canonical;
use super::evidence::{ChannelClass, Evidence, Level, Why};
use super::pattern::{Pattern, Specificity};
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
    pub next_hop: Option<String>,
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
        };
        for (number, channel) in channels.iter().enumerate() {
            if !ids.insert(channel.id.as_str()) {
                return Err(RegistryError::DuplicateId(channel.id.clone()));
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
            return ChannelClass { channel, level: Level::Unknown, why: Why::ConsumerWebmail, next_hop };
        }
        let Some(winner) = winner else { return ChannelClass::unknown(Why::NoChannel) };
        let (level, why) = winner.channel.today(today);
        ChannelClass { channel, level, why, next_hop }
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
        matches.sort_by_key(|(number, m)| (Reverse(m.specificity), m.channel.today(today).0, *number));
        matches.into_iter().map(|(_, m)| m).collect()
    }
}

impl Channel {
    /// What its evidence is worth on `today`, and why.
    pub fn today(&self, today: Date) -> (Level, Why) {
        if today > self.evidence.verified_until {
            (Level::Unknown, Why::Expired(self.evidence.verified_until))
        } else if self.per_mailbox {
            (Level::Unknown, Why::NoMailboxEvidence)
        } else {
            (self.evidence.level, Why::Evidence)
        }
    }

    pub(super) fn excludes(&self, address: &Canonical) -> bool {
        self.not.iter().any(|pattern| pattern.matches(address))
    }
}

impl ChannelClass {
    fn unknown(why: Why) -> Self {
        ChannelClass { channel: None, level: Level::Unknown, why, next_hop: None }
    }
}

#[cfg(test)]
#[path = "registry_tests.rs"]
mod tests;
