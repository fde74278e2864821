//! `[notice]` and `[console]`.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::checked::{Console, DEFAULT_HOP, Gateway, Notice, UnitSettings};
use super::raw::{Item, Source, Table};
use super::{files, list, value};
use crate::channel::Pattern;
use crate::notice::facts::Language;

/// A proxy on the same machine.
const LOOPBACK: [IpNet; 2] = [
    IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8)),
    IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128)),
];

pub fn read<'t>(
    source: &mut Source<'t>,
    root: &Table<'t>,
    gateway: Option<&Gateway>,
    units: &[UnitSettings],
) -> Notice {
    let table = source.table(root, "notice");
    let get = |key: &str| table.as_ref().and_then(|t| t.get(key));
    let mut text = |key: &str| get(key).and_then(|item| source.parsed(&item, value::text));
    let (policy, desk, duty_phone, review_hours) =
        (text("policy"), text("desk"), text("duty_phone"), text("review_hours"));
    let from = get("from")
        .and_then(|item| source.parsed(&item, value::mailbox))
        .or_else(|| gateway.filter(|g| !g.hostname.is_empty()).map(|g| format!("postmaster@{}", g.hostname)));
    let next_hop =
        get("next_hop").and_then(|item| source.parsed(&item, value::id)).unwrap_or_else(|| DEFAULT_HOP.to_owned());
    let mut local_domains: Vec<String> = get("local_domains")
        .map_or_else(Vec::new, |item| source.list(&item, value::domain_or_below).into_iter().map(|(_, d)| d).collect());
    if local_domains.is_empty() {
        local_domains = domains_of(units);
    }
    let language_file = get("language_file").and_then(|item| languages(source, &item));
    let (language_file, languages) = language_file.map_or((None, Vec::new()), |(path, rows)| (Some(path), rows));
    let mut patterns = |key: &str| -> Vec<Pattern> {
        get(key).map_or_else(Vec::new, |item| source.list(&item, Pattern::parse).into_iter().map(|(_, p)| p).collect())
    };
    let (shared_mailboxes, service_senders) = (patterns("shared_mailboxes"), patterns("service_senders"));
    Notice {
        from,
        next_hop,
        local_domains,
        policy,
        desk,
        duty_phone,
        review_hours,
        language_file,
        languages,
        shared_mailboxes,
        service_senders,
    }
}

/// The directory's preferred languages: an address, domain or suffix and a language a line.
fn languages<'t>(source: &mut Source<'t>, item: &Item<'t>) -> Option<(PathBuf, Vec<(Pattern, Language)>)> {
    let path = files::path(source, item)?;
    let mut rows = Vec::new();
    for (place, line) in list::lines(source, item, &path)? {
        let (who, word) = line.rsplit_once(char::is_whitespace).unwrap_or((line.as_str(), ""));
        match (Pattern::parse(who), Language::from_word(word)) {
            (Ok(pattern), Some(language)) => rows.push((pattern, language)),
            (Err(allowed), _) => source.refuse(item, format!("{place}: allowed: {allowed}")),
            (_, None) => source.refuse(item, format!("{place}: allowed: a language at the end: sv, nb, nn, en")),
        }
    }
    Some((path, rows))
}

/// The domains of the units' senders; a leading dot covers the domains below it.
fn domains_of(units: &[UnitSettings]) -> Vec<String> {
    let patterns = units.iter().flat_map(|u| &u.unit.senders);
    let mut domains: Vec<String> = patterns
        .map(|pattern| match pattern {
            Pattern::Address(address) => address.domain().to_owned(),
            Pattern::Domain(domain) => domain.clone(),
            Pattern::Suffix(domain) => format!(".{domain}"),
        })
        .collect();
    domains.sort();
    domains.dedup();
    domains
}

pub fn console<'t>(source: &mut Source<'t>, root: &Table<'t>) -> Option<Console> {
    let table = source.table(root, "console")?;
    let listen = match table.get("listen") {
        Some(item) => source.parsed(&item, value::socket),
        None => {
            source.missing(&table, "listen", r#"address and port, as in "127.0.0.1:8025""#);
            None
        }
    };
    let url = table.get("url").and_then(|item| source.parsed(&item, value::url));
    let proxies = match table.get("proxies") {
        Some(item) => source.list(&item, value::network).into_iter().map(|(_, network)| network).collect(),
        None => LOOPBACK.to_vec(),
    };
    Some(Console { listen: listen?, url, proxies })
}
