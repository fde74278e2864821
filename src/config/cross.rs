//! Rules between tables.

use jiff::civil::Date;

use super::checked::{Checked, DEFAULT_HOP, HopTls, Store};
use super::raw::{Source, Table};
use super::value::is_private;
use super::way;
use crate::channel::evidence::{FIRST_REMINDER, days_left};
use crate::channel::{Level, Pattern};
use crate::notice::facts::is_local_address;

pub fn check<'t>(source: &mut Source<'t>, root: &Table<'t>, checked: &Checked, today: Date) {
    next_hops(source, root, checked);
    access(source, root, checked);
    storage(source, root, checked);
    senders(source, root, checked);
    ways(source, root, checked);
    units(source, root, checked);
    owners(source, root, checked, today);
}

/// Names of next hops exist.
fn next_hops<'t>(source: &mut Source<'t>, root: &Table<'t>, checked: &Checked) {
    let written: Vec<String> = root.get("next_hop").map_or_else(Vec::new, |item| item.keys());
    if checked.gateway.is_some() && !written.iter().any(|n| n == DEFAULT_HOP) {
        source.missing_table("[next_hop.default]", "a gateway needs the server that takes the mail on");
    }
    let known = |name: &str| written.iter().any(|n| n == name);
    let notice = root.below("notice").and_then(|t| t.get("next_hop"));
    let channels = root.all_below("channel");
    let named = channels.iter().filter_map(|t| t.get("next_hop")).chain(notice);
    for item in named.collect::<Vec<_>>() {
        if item.text().is_some_and(|name| !known(name)) {
            source.no_such_word(&item, &written.iter().map(String::as_str).collect::<Vec<_>>());
        }
    }
}

/// An open relay is not what anybody meant.
fn access<'t>(source: &mut Source<'t>, root: &Table<'t>, checked: &Checked) {
    let (Some(gateway), Some(table)) = (&checked.gateway, root.below("gateway")) else { return };
    let Some(networks) = table.get("allow_networks") else { return };
    let public: Vec<String> = gateway.allow_networks.iter().filter(|n| !is_private(n)).map(|n| n.to_string()).collect();
    let Some(first) = public.first() else { return };
    if gateway.allow_sender_domains.is_empty() {
        let text =
            format!("{first} is a public network: allow_sender_domains must name the domains that may send from it");
        source.refuse(&networks, text);
    }
    let tls = gateway.tls.as_ref();
    if !tls.is_some_and(|t| t.require) {
        source.refuse(&networks, format!("{first} is a public network: [gateway.tls] require = true is needed"));
    }
    if gateway.require_header.is_none() && tls.is_none_or(|t| t.client_names.is_empty()) {
        let text = format!(
            "{first} is a public network: everybody behind it may send as your domains; ask for a certificate \
             (client_ca, client_names) or a header (require_header)"
        );
        source.warn(&networks, text);
    } else if gateway.require_header.is_none() {
        let text = format!(
            "{first} is a public network: bounces and automatic replies (from <>) of everybody whose certificate has \
             that name pass too; with a service that many share ask for a header of your own (require_header)"
        );
        source.warn(&networks, text);
    }
}

/// What could be held needs a store, a secret and somebody who can open it.
fn storage<'t>(source: &mut Source<'t>, root: &Table<'t>, checked: &Checked) {
    if let (Some(Store::Postgres(_)), Some(secret)) = (&checked.store, &checked.secret)
        && !secret.file.exists()
        && let Some(item) = root.below("secret").and_then(|t| t.get("file"))
    {
        source.refuse(
            &item,
            format!("{}: no such file; with PostgreSQL all nodes share one that exists", secret.file.display()),
        );
    }
    if !checked.may_hold() {
        return;
    }
    const WHY: &str =
        "needed because mail can be put into quarantine (on_confidential, on_filter_error, [policy.uninspectable])";
    for name in ["store", "secret", "seal"] {
        if root.get(name).is_none() {
            source.missing_table(&format!("[{name}]"), WHY);
        }
    }
    if let Some(table) = root.below("seal") {
        match table.get("recipients") {
            None => source.missing(&table, "recipients", r#"at least one public key, as in ["age1…"]"#),
            Some(item) if item.is_empty_list() => source.refuse(&item, "empty: nobody could open held mail"),
            Some(item) if item.list().len() == 1 => {
                source.warn(&item, "one key only: when it is lost, so is all held mail; add the escrow key");
            }
            Some(_) => {}
        }
    }
    if checked.quarantine.keeping.decision.is_none() {
        source.remark(
            "[quarantine] keep_decision",
            "missing: held mail is deleted without a deletion decision to refer to",
        );
    }
}

/// Senders of units that the gateway would refuse.
fn senders<'t>(source: &mut Source<'t>, root: &Table<'t>, checked: &Checked) {
    let Some(gateway) = checked.gateway.as_ref().filter(|g| !g.allow_sender_domains.is_empty()) else { return };
    for table in root.all_below("unit") {
        let Some(item) = table.get("senders") else { continue };
        for member in item.list() {
            let Some(pattern) = member.text().and_then(|t| Pattern::parse(t).ok()) else { continue };
            let allowed = gateway.allow_sender_domains.iter().any(|domain| match &pattern {
                Pattern::Suffix(suffix) => domain.strip_suffix(suffix).is_some_and(|rest| rest.ends_with('.')),
                Pattern::Address(_) | Pattern::Domain(_) => domain == pattern.domain(),
            });
            if !allowed {
                source.warn(&member, "[gateway] allow_sender_domains refuses these senders");
            }
        }
    }
}

/// What a channel demands of its connection, its next hop must be able to give.
fn ways<'t>(source: &mut Source<'t>, root: &Table<'t>, checked: &Checked) {
    let ids: Vec<&str> = checked.units.iter().map(|unit| unit.unit.id.as_str()).collect();
    for table in root.all_below("channel") {
        let id = table.get("id").and_then(|item| item.text());
        let Some(channel) = checked.channels.iter().find(|channel| Some(channel.id.as_str()) == id) else { continue };
        let hop = checked.next_hops.get(channel.next_hop.as_deref().unwrap_or(DEFAULT_HOP));
        if let (Some(demand), Some(hop), Some(item)) = (channel.tls, hop, table.get("tls"))
            && !way::has(hop.tls, demand.protection)
        {
            let text = format!(
                "[next_hop.{}] has tls = {:?}: no mail of this channel could ever leave; allowed there: {:?}",
                hop.name,
                hop.tls.as_str(),
                demand.protection.as_str(),
            );
            source.refuse(&item, text);
        }
        let clear = hop.is_some_and(|hop| {
            hop.tls != HopTls::Verified && !hop.address.starts_with("127.") && !hop.address.starts_with("[::1]")
        });
        if let Some(item) = table.get("reroute").or_else(|| table.get("trigger")).filter(|_| clear)
            && channel.next_hop.is_some()
        {
            let text =
                r#"its next hop's tls is not "verified": whoever answers there gets the mail that needs most care"#;
            source.warn(&item, text);
        }
        if let Some(item) = table.get("units") {
            for member in item.list() {
                if member.text().is_some_and(|unit| !ids.contains(&unit)) {
                    source.no_such_word(&member, &ids);
                }
            }
        }
    }
}

/// Units that are named by others exist.
fn units<'t>(source: &mut Source<'t>, root: &Table<'t>, checked: &Checked) {
    let ids: Vec<&str> = checked.units.iter().map(|unit| unit.unit.id.as_str()).collect();
    for table in root.all_below("unit") {
        let Some(towards) = table.below("towards") else { continue };
        for (unit, item) in towards.items() {
            if !ids.contains(&unit.as_str()) {
                source.unknown_key(&towards, &unit, &item, &ids);
            }
        }
    }
    let classes = root.below("quarantine").map_or_else(Vec::new, |table| table.all_below("keep"));
    for item in classes.iter().filter_map(|class| class.get("units")) {
        for member in item.list() {
            if member.text().is_some_and(|unit| !ids.contains(&unit)) {
                source.no_such_word(&member, &ids);
            }
        }
    }
}

/// Evidence that ends soon, of which nobody would be reminded.
fn owners<'t>(source: &mut Source<'t>, root: &Table<'t>, checked: &Checked, today: Date) {
    let local = |address: &String| is_local_address(address, &checked.notice.local_domains);
    let reviewers = checked.unit("default").is_some_and(|unit| unit.reviewers.iter().any(local));
    for table in root.all_below("channel") {
        let (Some(id), Some(item)) = (table.get("id"), table.get("evidence")) else { continue };
        let Some(channel) = checked.channels.iter().find(|c| id.text() == Some(c.id.as_str())) else { continue };
        let evidence = &channel.evidence;
        let soon = days_left(evidence.verified_until, today) <= FIRST_REMINDER;
        if !soon || evidence.level == Level::Unknown {
            continue;
        }
        match (&channel.owner, table.get("owner")) {
            (None, _) if !reviewers => source
                .warn(&item, "nobody is reminded that it ends: name an owner, or reviewers of the unit \"default\""),
            (Some(owner), Some(item)) if !local(owner) => {
                source.warn(&item, "outside [notice] local_domains: nobody is reminded that the evidence ends");
            }
            _ => {}
        }
    }
}
