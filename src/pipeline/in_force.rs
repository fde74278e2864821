//! What a configuration decides in the pipeline, as one value that never changes.
//!
//! A transaction takes the set in force when it begins and keeps it to its end: a reload in its middle changes
//! neither its verdict nor the hop it goes through, not even when that hop is gone from the configuration. A
//! hop's connections are closed when the last set that has it is dropped.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Zoned;

use super::{DEFAULT_HOP, Knowledge, Settings, judge};
use crate::message::Recipient;
use crate::relay::Hop;

/// One set of settings, next hops and knowledge.
pub struct InForce {
    pub settings: Settings,
    pub knowledge: Arc<Knowledge>,
    hops: HashMap<String, Arc<Hop>>,
    default_hop: Arc<Hop>,
    config: Arc<str>,
}

impl InForce {
    /// `config` is the short digest of the configuration that the set was made from. `None` when no hop has
    /// the name [`DEFAULT_HOP`].
    pub fn new(
        settings: Settings,
        hops: HashMap<String, Arc<Hop>>,
        knowledge: Arc<Knowledge>,
        config: &str,
    ) -> Option<Self> {
        let default_hop = hops.get(DEFAULT_HOP)?.clone();
        Some(InForce { settings, knowledge, hops, default_hop, config: config.into() })
    }

    /// Next hops by name.
    pub fn hops(&self) -> &HashMap<String, Arc<Hop>> {
        &self.hops
    }

    /// What goes nowhere else goes there.
    pub fn default_hop(&self) -> &Arc<Hop> {
        &self.default_hop
    }

    /// Short digest of the configuration, as every verdict's record has it.
    pub fn config(&self) -> &Arc<str> {
        &self.config
    }

    /// The hop that the recipient's channel names today, else the default.
    pub(super) fn hop_for(&self, recipient: &Recipient) -> &Arc<Hop> {
        let address = judge::plain(&recipient.path.0);
        let class = self.knowledge.registry.resolve(&address, Zoned::now().date());
        class.next_hop.and_then(|name| self.hops.get(&name)).unwrap_or(&self.default_hop)
    }

    /// Whether mail to the recipient is held when the connection has less protection than his channel demands.
    pub(super) fn holds_unprotected(&self, recipient: &Recipient) -> bool {
        let class = self.knowledge.registry.resolve(&judge::plain(&recipient.path.0), Zoned::now().date());
        class.tls.is_some_and(|demand| demand.or_hold)
    }

    /// The same set with other knowledge: a test of the judgement needs no configuration.
    #[cfg(test)]
    pub(super) fn knowing(&self, knowledge: Knowledge) -> Self {
        InForce {
            settings: self.settings.clone(),
            knowledge: Arc::new(knowledge),
            hops: self.hops.clone(),
            default_hop: self.default_hop.clone(),
            config: self.config.clone(),
        }
    }
}
