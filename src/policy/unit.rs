//! Which unit of the organisation a message comes from. The law differs between building permits
//! and child protection, so does the verdict.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::sync::Arc;

use super::profile::{Profile, Profiles};
use super::rules::{Mode, Rules};
use crate::channel::{Canonical, Pattern, Specificity};

/// Id of the unit of senders that match no other.
pub const DEFAULT: &str = "default";

/// A sending unit: who it is, which law it works under, what it has decided.
#[derive(Clone, Debug)]
pub struct Unit {
    pub id: String,
    pub senders: Vec<Pattern>,
    /// From a list file: addresses rank below those of `senders`, domains and suffixes alike.
    pub listed: HashSet<Pattern>,
    /// Users as the sending server has authenticated them (`AUTH=` of MAIL, RFC 4954 section 5).
    pub users: Vec<Pattern>,
    /// Fields, and their values, that the organisation's own servers set for the unit's mail.
    pub fields: Vec<(String, String)>,
    pub profile: Arc<Profile>,
    pub rules: Rules,
}

impl Unit {
    /// The unit `default` with the profile of that name and these rules.
    pub fn fallback(rules: Rules) -> Self {
        let profile = Profiles::builtin().default_profile();
        Unit::new(DEFAULT, profile, rules)
    }

    /// A unit that nobody belongs to yet.
    pub fn new(id: &str, profile: Arc<Profile>, rules: Rules) -> Self {
        Unit {
            id: id.to_owned(),
            senders: Vec::new(),
            listed: HashSet::new(),
            users: Vec::new(),
            fields: Vec::new(),
            profile,
            rules,
        }
    }

    /// How exactly the unit claims a sender; `None` when it does not.
    fn claims(&self, address: &Canonical) -> Option<Specificity> {
        let named = self.senders.iter().filter(|p| p.matches(address)).map(Pattern::specificity).max();
        let listed = || {
            let own = [Pattern::Address(address.clone()), Pattern::Domain(address.domain().to_owned())];
            let above = address.parents().map(|parent| Pattern::Suffix(parent.to_owned()));
            let found = own.into_iter().chain(above).filter(|pattern| self.listed.contains(pattern));
            found.map(|pattern| pattern.specificity().min(Specificity::LISTED)).max()
        };
        if self.listed.is_empty() { named } else { named.max(listed()) }
    }

    fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        self.senders.iter().chain(&self.listed)
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
    /// Whom the sending server has authenticated, as it says itself.
    pub user: Option<&'a str>,
    /// The header's fields: name and value.
    pub fields: &'a [(String, String)],
}

/// All units; there is always a `default`.
#[derive(Clone, Debug)]
pub struct Units {
    units: Vec<Unit>,
    default: Unit,
    /// Domains that some unit speaks of, and those of which it speaks of all below.
    domains: HashSet<String>,
    suffixes: HashSet<String>,
}

impl Units {
    /// `units` in the order of the configuration. One of them has the id `default`; without it, one
    /// with the built-in profile and rules that only observe is added.
    pub fn new(mut units: Vec<Unit>) -> Self {
        let default = match units.iter().position(|u| u.id == DEFAULT) {
            Some(position) => units.remove(position),
            None => Unit::fallback(Rules::new(Mode::Observe)),
        };
        let (mut domains, mut suffixes) = (HashSet::new(), HashSet::new());
        for pattern in units.iter().chain([&default]).flat_map(Unit::patterns) {
            let kept = if matches!(pattern, Pattern::Suffix(_)) { &mut suffixes } else { &mut domains };
            kept.insert(pattern.domain().to_owned());
        }
        Units { units, default, domains, suffixes }
    }

    /// The unit of senders that match no other.
    pub fn default_unit(&self) -> &Unit {
        &self.default
    }

    /// In the order of the configuration, `default` last.
    pub fn all(&self) -> impl Iterator<Item = &Unit> {
        self.units.iter().chain([&self.default])
    }

    /// The unit of a message. What the organisation's own server says of the sender comes first: a field
    /// that it sets, then the user it has authenticated. Then the envelope sender; for `<>`, an address
    /// rewritten by a forwarder (SRS) or a sender outside the units' domains `Sender`, else `From`; else
    /// `default`.
    pub fn resolve(&self, sender: &Sender<'_>) -> &Unit {
        if let Some(unit) = self.by_field(sender).or_else(|| self.by_user(sender)) {
            return unit;
        }
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

    /// The strictest of the units whose field the message bears.
    fn by_field(&self, sender: &Sender<'_>) -> Option<&Unit> {
        let bears = |(name, value): &(String, String)| {
            let same = |found: &str| found.trim().to_lowercase() == value.to_lowercase();
            sender.fields.iter().any(|(own, found)| own.eq_ignore_ascii_case(name) && same(found))
        };
        self.strictest(|unit| unit.fields.iter().any(bears).then_some(()))
    }

    fn by_user(&self, sender: &Sender<'_>) -> Option<&Unit> {
        let user = Canonical::of(sender.user?)?;
        self.strictest(|unit| unit.users.iter().filter(|p| p.matches(&user)).map(Pattern::specificity).max())
    }

    /// The unit whose senders match most specifically; a tie goes to the stricter profile, then to
    /// the first in the configuration.
    pub fn of(&self, address: &Canonical) -> Option<&Unit> {
        self.strictest(|unit| unit.claims(address))
    }

    fn strictest<K: Ord>(&self, claim: impl Fn(&Unit) -> Option<K>) -> Option<&Unit> {
        let claims = self.all().enumerate().filter_map(|(n, unit)| Some((claim(unit)?, n, unit)));
        let mut best: Option<(K, u8, Reverse<usize>, &Unit)> = None;
        for (claim, n, unit) in claims {
            let (strictness, first) = (unit.profile.strictness(), Reverse(n));
            let better = best.as_ref().is_none_or(|(c, s, f, _)| (&claim, strictness, first) > (c, *s, *f));
            if better {
                best = Some((claim, strictness, first, unit));
            }
        }
        best.map(|(.., unit)| unit)
    }

    /// Domains that some unit speaks of, in canonical form.
    pub fn domains(&self) -> impl Iterator<Item = &str> {
        self.domains.iter().chain(&self.suffixes).map(String::as_str)
    }

    /// The unit of our own organisation that a recipient belongs to: `default` for an address in a
    /// unit's domain that no unit claims, `None` for one outside.
    pub fn of_recipient(&self, address: &Canonical) -> Option<&Unit> {
        self.of(address).or_else(|| self.is_ours(address).then(|| self.default_unit()))
    }

    /// Whether the address lies in a domain that some unit speaks of.
    fn is_ours(&self, address: &Canonical) -> bool {
        self.domains.contains(address.domain()) || address.parents().any(|parent| self.suffixes.contains(parent))
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
