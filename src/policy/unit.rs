//! Which unit of the organisation a message comes from. The law differs between building permits
//! and child protection, so does the verdict.

use std::cmp::Reverse;
use std::sync::Arc;

use super::profile::{Profile, Profiles};
use super::rules::{Mode, Rules};
use crate::channel::{Canonical, Pattern};

/// Id of the unit of senders that match no other.
pub const DEFAULT: &str = "default";

/// A sending unit: who it is, which law it works under, what it has decided.
#[derive(Clone, Debug)]
pub struct Unit {
    pub id: String,
    pub senders: Vec<Pattern>,
    pub profile: Arc<Profile>,
    pub rules: Rules,
}

impl Unit {
    /// The unit `default` with the profile of that name and these rules.
    pub fn fallback(rules: Rules) -> Self {
        let profile = Profiles::builtin().default_profile();
        Unit { id: DEFAULT.into(), senders: Vec::new(), profile, rules }
    }
}

/// Who sent a message, as far as envelope and header say. Addresses are `local@domain`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sender<'a> {
    /// Reverse path; `None` for `<>`.
    pub envelope: Option<&'a str>,
    /// `Sender` of the header.
    pub header_sender: Option<&'a str>,
    /// `From` of the header.
    pub from: &'a [String],
}

/// All units; there is always a `default`.
#[derive(Clone, Debug)]
pub struct Units {
    units: Vec<Unit>,
    default: Unit,
}

impl Units {
    /// `units` in the order of the configuration. One of them has the id `default`; without it, one
    /// with the built-in profile and rules that only observe is added.
    pub fn new(mut units: Vec<Unit>) -> Self {
        let default = match units.iter().position(|u| u.id == DEFAULT) {
            Some(position) => units.remove(position),
            None => Unit::fallback(Rules::new(Mode::Observe)),
        };
        Units { units, default }
    }

    /// The unit of senders that match no other.
    pub fn default_unit(&self) -> &Unit {
        &self.default
    }

    /// In the order of the configuration, `default` last.
    pub fn all(&self) -> impl Iterator<Item = &Unit> {
        self.units.iter().chain([&self.default])
    }

    /// The unit of a message: by the envelope sender; for `<>`, an address rewritten by a forwarder
    /// (SRS) or a sender outside the units' domains by `Sender`, else `From`; else `default`.
    pub fn resolve(&self, sender: &Sender<'_>) -> &Unit {
        if let Some(envelope) = sender.envelope.and_then(Canonical::of).filter(|e| !is_srs(e.local())) {
            if let Some(unit) = self.of(&envelope) {
                return unit;
            }
            if self.is_ours(&envelope) {
                return self.default_unit();
            }
        }
        let of = |address: &str| Canonical::of(address).and_then(|a| self.of(&a));
        let by_header = sender.header_sender.and_then(of);
        by_header
            .or_else(|| sender.from.iter().filter_map(|a| of(a)).max_by_key(|u| u.profile.strictness()))
            .unwrap_or_else(|| self.default_unit())
    }

    /// The unit whose senders match most specifically; a tie goes to the stricter profile, then to
    /// the first in the configuration.
    pub fn of(&self, address: &Canonical) -> Option<&Unit> {
        let rows = self.all().enumerate().flat_map(|(n, unit)| unit.senders.iter().map(move |p| (n, unit, p)));
        rows.filter(|(_, _, pattern)| pattern.matches(address))
            .max_by_key(|(n, unit, pattern)| (pattern.specificity(), unit.profile.strictness(), Reverse(*n)))
            .map(|(_, unit, _)| unit)
    }

    /// Whether the address lies in a domain that some unit speaks of.
    fn is_ours(&self, address: &Canonical) -> bool {
        self.all().flat_map(|u| &u.senders).any(|pattern| match pattern {
            Pattern::Address(own) => own.domain() == address.domain(),
            Pattern::Domain(_) | Pattern::Suffix(_) => pattern.matches(address),
        })
    }
}

/// Sender Rewriting Scheme: `SRS0=…` and `SRS1=…`, with `=`, `+` or `-` behind the digit.
fn is_srs(local: &str) -> bool {
    ["srs0", "srs1"]
        .iter()
        .any(|tag| local.strip_prefix(tag).is_some_and(|rest| rest.is_empty() || rest.starts_with(['=', '+', '-'])))
}

#[cfg(test)]
#[path = "unit_tests.rs"]
mod tests;
