//! One complete set: everything in a running process that a configuration decides, made and checked as a whole
//! before any of it comes into force. Starting and reading again go the same way.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::assemble::{self, Hops, Readers, Unusable};
use crate::channel::Registry;
use crate::config::{Checked, Digest};
use crate::gateway::Rules;
use crate::notice::Voice;
use crate::pipeline::{Edition, InForce, Knowledge};
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
    /// What mail is judged by, also at the desk.
    pub knowledge: Arc<Knowledge>,
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
        let (edition, knowledge) = (knowledge.edition.clone(), Arc::new(knowledge));
        let relay = match (&checked.gateway, rules.flatten()) {
            (Some(gateway), Some(rules)) => {
                let settings = assemble::pipeline_settings(&checked, gateway);
                let in_force = InForce::new(settings, hops.clone(), knowledge.clone(), digest.short())
                    .ok_or_else(|| Refused::because("[next_hop.default] is missing"))?;
                Some((in_force, rules))
            }
            _ => None,
        };
        Ok(Set { checked, digest, edition, hops, registry, knowledge, relay, voice, sealer })
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config;

    const TEXT: &str = r#"
[gateway]
listen = ["127.0.0.1:2525"]
hostname = "sluss.kommun.example"
allow_networks = ["127.0.0.0/8"]
[next_hop.default]
address = "127.0.0.1:2526"
tls = "none"
[next_hop.secure]
address = "127.0.0.1:2527"
tls = "none"
[store]
url = "sqlite:/tmp/sluss.db"
[secret]
file = "sluss.secret"
[seal]
recipients = ["age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"]
[policy]
mode = "enforce"
"#;

    fn checked(path: &Path, text: &str) -> Checked {
        let read = config::load_text(path, text, jiff::civil::date(2026, 11, 21));
        read.map(|(checked, _)| checked).unwrap_or_else(|error| panic!("{error}"))
    }

    fn prepare(text: &str, present: &Hops) -> Result<Set, Refused> {
        let checked = checked(Path::new("/etc/sluss/sluss.toml"), text);
        let readers = assemble::readers(Some(&checked));
        Set::prepare(checked, &readers, present)
    }

    #[tokio::test]
    async fn a_hop_that_is_as_it_was_is_kept() {
        let before = prepare(TEXT, &Hops::new()).unwrap();
        let text = TEXT.replace("2527", "2528").replace("enforce", "observe");
        let after =
            prepare(&format!("{text}\n[next_hop.third]\naddress = \"127.0.0.1:2529\"\ntls = \"none\"\n"), &before.hops);
        let after = after.unwrap();
        assert!(Arc::ptr_eq(&before.hops["default"], &after.hops["default"]));
        let names = |hops: HashMap<&str, &Arc<crate::relay::Hop>>| {
            let mut names: Vec<String> = hops.keys().map(|name| (*name).to_owned()).collect();
            names.sort();
            names
        };
        assert_eq!(names(only_in(&after.hops, &before.hops)), ["secure", "third"]);
        assert_eq!(names(only_in(&before.hops, &after.hops)), ["secure"]);
        assert_ne!(before.digest, after.digest);
        let (in_force, _) = after.relay.unwrap();
        assert_eq!(in_force.config(), after.digest.short());
        // What greets a next hop is part of how it is spoken to.
        let renamed = prepare(&TEXT.replace("sluss.kommun", "other.kommun"), &before.hops).unwrap();
        assert!(!Arc::ptr_eq(&before.hops["default"], &renamed.hops["default"]));
    }

    #[tokio::test]
    async fn every_reason_is_told_and_not_the_first() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("p/lexicon")).unwrap();
        std::fs::create_dir_all(folder.path().join("p/notices/sv")).unwrap();
        std::fs::write(folder.path().join("p/lexicon/own.txt"), "list own.list\nversion x\n").unwrap();
        std::fs::write(folder.path().join("p/notices/sv/nothing.md"), "").unwrap();
        let text = format!("{TEXT}\n[patterns]\ndir = \"p\"\n");
        let mut checked = checked(&folder.path().join("sluss.toml"), &text);
        // As when [seal] waits for a restart.
        checked.seal = None;
        let readers = assemble::readers(Some(&checked));
        let Err(refused) = Set::prepare(checked, &readers, &Hops::new()) else { panic!("it was taken") };
        let told = refused.faults.join("\n");
        for reason in ["own.txt:2", "nothing.md", "[seal]"] {
            assert!(told.contains(reason), "{reason} in {told}");
        }
        assert_eq!(refused.faults.len(), 3, "{told}");
    }
}
