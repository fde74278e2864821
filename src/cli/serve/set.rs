//! One complete set: everything in a running process that a configuration decides, made and checked as a whole
//! before any of it comes into force. Starting and reading again go the same way.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::assemble::{self, Hops, Readers, Unusable};
use crate::channel::Registry;
use crate::config::{Checked, Digest};
use crate::gateway::Rules;
use crate::notice::Voice;
use crate::pipeline::{Edition, InForce};
use crate::quarantine::Sealer;

/// What a set is refused for: every reason, a block of lines each.
#[derive(Debug)]
pub struct Refused {
    pub faults: Vec<String>,
}

impl Refused {
    pub fn because(what: impl std::fmt::Display) -> Self {
        Refused { faults: vec![what.to_string()] }
    }
}

impl From<Refused> for Unusable {
    fn from(refused: Refused) -> Self {
        Unusable(refused.faults.join("\n"))
    }
}

pub struct Set {
    pub checked: Checked,
    pub digest: Digest,
    pub edition: Edition,
    /// By name; those that are as they were are the same, with their connections.
    pub hops: Hops,
    /// For releases.
    pub registry: Registry,
    /// With a gateway: what transactions and connections go by.
    pub relay: Option<(InForce, Rules)>,
    /// `None`: no notice is sent.
    pub voice: Option<Voice>,
    /// With `[seal]`.
    pub sealer: Option<Sealer>,
}

impl Set {
    /// Everything but connections and files of the store. `present` are the hops there are already.
    ///
    /// # Errors
    /// Every reason, not the first.
    pub fn prepare(checked: Checked, readers: &Readers, present: &Hops) -> Result<Set, Refused> {
        let mut faults = Vec::new();
        let knowledge = noted(&mut faults, assemble::knowledge(&checked, readers));
        let registry = noted(&mut faults, assemble::registry(&checked));
        let hops = noted(&mut faults, assemble::hops(&checked, present));
        let voice = noted(&mut faults, assemble::voice(&checked));
        let sealer = noted(&mut faults, assemble::sealer(&checked));
        let digest =
            noted(&mut faults, knowledge.as_ref().map_or(Ok(None), |k| digest(&checked, &k.edition).map(Some)));
        let rules = checked.gateway.as_ref().map(|gateway| {
            let rules = Rules::new(&assemble::gateway_settings(gateway));
            noted(&mut faults, rules.map_err(|error| Unusable(format!("[gateway]: {error}"))))
        });
        if checked.may_hold() && (checked.store.is_none() || checked.secret.is_none() || checked.seal.is_none()) {
            faults.push("mail could be held, and there is no [store], [secret] and [seal] to hold it".to_owned());
        }
        let (Some(knowledge), Some(registry), Some(hops), Some(voice), Some(sealer), Some(Some(digest)), true) =
            (knowledge, registry, hops, voice, sealer, digest, faults.is_empty())
        else {
            return Err(Refused { faults });
        };
        let edition = knowledge.edition.clone();
        let relay = match (&checked.gateway, rules.flatten()) {
            (Some(gateway), Some(rules)) => {
                let settings = assemble::pipeline_settings(&checked, gateway);
                let in_force = InForce::new(settings, hops.clone(), knowledge, digest.short())
                    .ok_or_else(|| Refused::because("[next_hop.default] is missing"))?;
                Some((in_force, rules))
            }
            _ => None,
        };
        Ok(Set { checked, digest, edition, hops, registry, relay, voice, sealer })
    }
}

/// The digest of a configuration with the patterns and notice texts that it names.
pub fn digest(checked: &Checked, edition: &Edition) -> Result<Digest, Unusable> {
    let texts = assemble::notice_files(checked)?;
    let texts = texts.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
    Ok(Digest::of(checked, std::iter::once(("patterns", edition.sha256().as_bytes())).chain(texts)))
}

fn noted<T>(faults: &mut Vec<String>, result: Result<T, Unusable>) -> Option<T> {
    result.map_err(|Unusable(fault)| faults.push(fault)).ok()
}

/// Hops of one set that another does not have, or has otherwise.
pub fn only_in<'h>(hops: &'h Hops, other: &Hops) -> HashMap<&'h str, &'h Arc<crate::relay::Hop>> {
    let same = |name: &String, hop: &Arc<crate::relay::Hop>| other.get(name).is_some_and(|o| Arc::ptr_eq(o, hop));
    hops.iter().filter(|(name, hop)| !same(name, hop)).map(|(name, hop)| (name.as_str(), hop)).collect()
}
