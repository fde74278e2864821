//! Which keys and secrets are in use: what may be destroyed, and what must not.

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;

use jiff::Zoned;
use serde_json::{Value, json};

use super::{Settings, fail};
use crate::cli::say;
use crate::message::Keys;
use crate::quarantine::{Identities, Sealer, secret};
use crate::store::{SealCount, SecretUses, Store};

/// One key that held mail is sealed to, or would be.
#[derive(Debug, Default, PartialEq, Eq)]
struct Key {
    messages: u64,
    /// Mails that went out, with somebody who got it.
    disclosed: u64,
    /// Every unit's mail is sealed to it now.
    every_unit: bool,
    /// The units that it is configured for.
    units: BTreeSet<String>,
    /// Its identity is in `[seal] identity_file`.
    here: bool,
    /// `age1…`, where configuration or identity file say it.
    recipient: Option<String>,
}

pub(super) async fn show(store: &dyn Store, keys: &Keys, settings: &Settings, as_json: bool) -> ExitCode {
    let identities = match settings.identity_file.as_deref().map(Identities::from_file).transpose() {
        Ok(identities) => identities,
        Err(error) => return fail(&error),
    };
    let counts = match store.seals().await {
        Ok(counts) => counts,
        Err(error) => return fail(&error),
    };
    let now = Zoned::now();
    let mut secrets = Vec::new();
    for name in keys.names() {
        match secret::uses(store, name.number, now.timestamp(), now.date()).await {
            Ok(uses) => secrets.push((name, uses)),
            Err(error) => return fail(&error),
        }
    }
    for (name, key) in table(&counts, settings.sealer.as_ref(), identities.as_ref()) {
        say(format_args!("{}", if as_json { object(&name, &key).to_string() } else { line(&name, &key) }));
    }
    for (name, uses) in secrets {
        let present = name.number == keys.number();
        let waits = name.number > keys.number();
        if as_json {
            let secret = json!({
                "secret": name.number, "fingerprint": name.fingerprint, "present": present, "values": uses.values,
                "mailboxes": uses.mailboxes, "checkpoints": uses.checkpoints, "copies": uses.copies, "consents": uses.consents, "orders": uses.orders, "teams": uses.teams, "accounts": uses.accounts,
            });
            say(format_args!("{secret}"));
        } else {
            let role = match (present, waits) {
                (true, _) => "in use",
                (_, true) => "not in use yet",
                (false, false) => "earlier",
            };
            say(format_args!("secret {}: {role}; {}", name.number, needed_by(&uses)));
        }
    }
    ExitCode::SUCCESS
}

/// What needs a secret, in words.
pub(super) fn needed_by(uses: &SecretUses) -> String {
    let counts = [
        (uses.values, "digests of values"),
        (uses.mailboxes, "digests of mailboxes"),
        (uses.checkpoints, "checkpoints of the record"),
        (uses.copies, "held copies of the last day"),
        (uses.consents, "consents"),
        (uses.orders, "orders"),
        (uses.teams, "teams"),
        (uses.accounts, "accounts"),
    ];
    let words: Vec<String> = counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    if words.is_empty() { "nothing needs it".to_owned() } else { format!("needed by {}", words.join(", ")) }
}

/// Every key that is configured, that is here, or that something is sealed to, by name. What an earlier version has
/// sealed stands under the empty name.
fn table(counts: &[SealCount], sealer: Option<&Sealer>, here: Option<&Identities>) -> BTreeMap<String, Key> {
    let mut keys: BTreeMap<String, Key> = BTreeMap::new();
    for count in counts {
        let unnamed = count.sealed_to.is_empty().then(String::new);
        for name in count.sealed_to.iter().cloned().chain(unnamed) {
            let key = keys.entry(name).or_default();
            key.messages += count.messages;
            key.disclosed += count.disclosed;
        }
    }
    if let Some(sealer) = sealer {
        for name in sealer.keys_of_all() {
            keys.entry(name).or_default().every_unit = true;
        }
        for (unit, names) in sealer.keys_of_units() {
            for name in names {
                keys.entry(name).or_default().units.insert(unit.clone());
            }
        }
        for (name, key) in &mut keys {
            key.recipient = sealer.recipient(name);
        }
    }
    for (name, recipient) in here.map(Identities::named).unwrap_or_default() {
        let key = keys.entry(name).or_default();
        key.here = true;
        key.recipient = Some(recipient);
    }
    keys
}

fn object(name: &str, key: &Key) -> Value {
    json!({
        "key": if name.is_empty() { None } else { Some(name) },
        "messages": key.messages,
        "disclosed": key.disclosed,
        "every_unit": key.every_unit,
        "units": key.units,
        "here": key.here,
        "recipient": key.recipient,
    })
}

fn line(name: &str, key: &Key) -> String {
    let sealed = match key.disclosed {
        0 => format!("{} sealed to", key.messages),
        disclosed => format!("{} and the recipients of {disclosed} sealed to", key.messages),
    };
    if name.is_empty() {
        return format!("keys that were not noted: {sealed} them; run `sluss keys rotate`");
    }
    let sealed_to = match (key.every_unit, key.units.is_empty()) {
        (true, _) => "every unit".to_owned(),
        (false, false) => key.units.iter().map(String::as_str).collect::<Vec<_>>().join(", "),
        (false, true) if key.messages + key.disclosed == 0 => "nobody; not needed any more".to_owned(),
        (false, true) => "nobody any more; still needed".to_owned(),
    };
    let here = if key.here { ", identity here" } else { "" };
    let recipient = key.recipient.as_deref().unwrap_or("recipient not known here");
    format!("key {name}: {sealed} it, configured for {sealed_to}{here} ({recipient})")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(unit: &str, sealed_to: &[&str], messages: u64) -> SealCount {
        let sealed_to = sealed_to.iter().map(|s| s.to_string()).collect();
        SealCount { unit: unit.into(), sealed_to, messages, disclosed: 0 }
    }

    #[test]
    fn a_key_is_needed_as_long_as_something_is_sealed_to_it() {
        let counts = [count("social", &["a", "b"], 2), count("school", &["a"], 3), count("school", &[], 1)];
        let keys = table(&counts, None, None);
        let messages: Vec<_> = keys.iter().map(|(name, key)| (name.as_str(), key.messages)).collect();
        assert_eq!(messages, [("", 1), ("a", 5), ("b", 2)]);
        for (name, key, expected) in [
            (
                "a",
                Key { messages: 5, every_unit: true, ..Key::default() },
                "5 sealed to it, configured for every unit (",
            ),
            ("a", Key { messages: 5, ..Key::default() }, "configured for nobody any more; still needed ("),
            ("a", Key { here: true, ..Key::default() }, "configured for nobody; not needed any more, identity here ("),
            (
                "a",
                Key { disclosed: 2, ..Key::default() },
                "0 and the recipients of 2 sealed to it, configured for nobody any more; still needed (",
            ),
            ("", Key { messages: 1, ..Key::default() }, "not noted: 1 sealed to them; run `sluss keys rotate`"),
        ] {
            assert!(line(name, &key).contains(expected), "{}", line(name, &key));
        }
    }

    #[test]
    fn what_needs_a_secret_is_counted_by_kind() {
        assert_eq!(needed_by(&SecretUses::default()), "nothing needs it");
        let uses = SecretUses { values: 3, teams: 1, ..SecretUses::default() };
        assert_eq!(needed_by(&uses), "needed by 3 digests of values, 1 teams");
    }
}
