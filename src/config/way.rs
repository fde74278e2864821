//! The keys of `[[channel]]` that make it a way round, and what it demands of its connection.

use super::checked::{DEFAULT_HOP, HopTls, OnTlsFailure, Reroute};
use super::raw::{Source, Table};
use super::value;
use crate::channel::{Demand, Protection, Trigger, WaySettings};

const MAX_RECIPIENTS: u64 = 10_000;
/// Bytes of a subject's words; shorter ones stand in too many subjects.
const MIN_TAG: usize = 4;

/// `None`: the channel is about its recipients' own mailboxes.
pub fn read<'t>(source: &mut Source<'t>, table: &Table<'t>) -> Option<WaySettings> {
    let reroute = table.get("reroute").and_then(|item| source.word(&item, Reroute::ALL, Reroute::as_str));
    let triggers = triggers(source, table);
    if table.get("reroute").is_none() && table.get("trigger").is_none() {
        for key in ["units", "max_recipients", "max_message_size"] {
            if let Some(item) = table.get(key) {
                source.refuse(&item, "only a channel with reroute or trigger has it");
            }
        }
        return None;
    }
    if let Some(item) = table.get("per_mailbox") {
        source.refuse(&item, "a channel with reroute or trigger says nothing of single mailboxes");
    }
    let elsewhere = table.get("next_hop").is_some_and(|item| item.text() != Some(DEFAULT_HOP));
    match (reroute, table.get("reroute")) {
        (Some(Reroute::Automatic), Some(item)) if !elsewhere => {
            source.refuse(&item, "automatic without a next_hop of its own: nothing would make the ordinary way safe");
        }
        (Some(Reroute::OnRequest), Some(item)) if triggers.is_empty() => {
            source.refuse(&item, "on-request without a trigger: nobody could ask for it");
        }
        _ => {}
    }
    let units = table
        .get("units")
        .map_or_else(Vec::new, |item| source.list(&item, value::id).into_iter().map(|(_, id)| id).collect());
    let max_recipients = table.get("max_recipients").and_then(|item| source.integer(&item, 1..=MAX_RECIPIENTS));
    let max_message_size = table.get("max_message_size").and_then(|item| source.parsed(&item, value::size));
    Some(WaySettings {
        triggers,
        automatic: reroute == Some(Reroute::Automatic),
        units,
        max_recipients: max_recipients.and_then(|n| usize::try_from(n).ok()),
        max_message_size,
    })
}

fn triggers<'t>(source: &mut Source<'t>, table: &Table<'t>) -> Vec<Trigger> {
    let mut triggers = Vec::new();
    for table in source.tables(table, "trigger") {
        let (header, value, subject) = (table.get("header"), table.get("value"), table.get("subject"));
        let name = header.as_ref().and_then(|item| source.parsed(item, value::header_name));
        let text = value.as_ref().and_then(|item| source.parsed(item, value::text));
        let words = subject.as_ref().and_then(|item| source.parsed(item, tag));
        match (header.is_some(), value.is_some(), subject.is_some()) {
            (true, true, false) => {
                triggers.extend(name.zip(text).map(|(name, value)| Trigger::Header { name, value }));
            }
            (false, false, true) => triggers.extend(words.map(Trigger::Subject)),
            _ => {
                let text = r#"allowed: { header = "X-Send-Secure", value = "yes" } or { subject = "[säkert]" }"#;
                source.about(super::Weight::Fault, &table, text);
            }
        }
    }
    triggers
}

/// Words in a subject that ask for a way.
fn tag(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    (text.len() >= MIN_TAG)
        .then(|| text.to_owned())
        .ok_or("at least 4 letters, as in \"[säkert]\": fewer stand in too many subjects")
}

/// `tls` and `on_tls_failure`.
pub fn demand<'t>(source: &mut Source<'t>, table: &Table<'t>) -> Option<Demand> {
    let on_failure =
        table.get("on_tls_failure").and_then(|item| source.word(&item, OnTlsFailure::ALL, OnTlsFailure::as_str));
    let Some(item) = table.get("tls") else {
        if let Some(item) = table.get("on_tls_failure") {
            source.refuse(&item, r#"without tls = "required" or "verified" there is nothing to fail"#);
        }
        return None;
    };
    let protection = source.word(&item, &Protection::ALL, Protection::as_str)?;
    Some(Demand { protection, or_hold: on_failure == Some(OnTlsFailure::Hold) })
}

/// Whether a hop with this setting can ever have what is demanded.
pub fn has(hop: HopTls, demanded: Protection) -> bool {
    match demanded {
        Protection::Encrypted => hop != HopTls::None,
        Protection::Verified => hop == HopTls::Verified,
    }
}
