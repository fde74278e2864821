//! `[gateway]` and `[gateway.tls]`.

use super::checked::{Gateway, GatewayTls, MixedNextHops};
use super::error::Weight;
use super::raw::{Source, Table};
use super::{files, value};

/// Greatest `max_message_size`, bytes.
const MAX_MESSAGE_SIZE: u64 = 150 << 20;
/// Smallest `max_message_size`: RFC 5321 section 4.5.3.1.7.
const MIN_MESSAGE_SIZE: u64 = 64 << 10;
const MAX_CONNECTIONS: u64 = 10_000;

pub fn read<'t>(source: &mut Source<'t>, root: &Table<'t>) -> Option<Gateway> {
    let table = source.table(root, "gateway")?;
    let listen = match table.get("listen") {
        Some(item) => {
            let listen: Vec<_> = source.list(&item, value::socket).into_iter().map(|(_, a)| a).collect();
            if item.is_empty_list() {
                source.refuse(&item, r#"empty; allowed: at least one address and port, as in "127.0.0.1:2525""#);
            }
            listen
        }
        None => {
            source.missing(&table, "listen", r#"at least one address and port, as in ["127.0.0.1:2525"]"#);
            Vec::new()
        }
    };
    let hostname = match table.get("hostname") {
        Some(item) => source.parsed(&item, value::hostname),
        None => {
            source.missing(&table, "hostname", r#"a fully qualified host name, as in "sluss.kommun.example""#);
            None
        }
    };
    let allow_networks = match table.get("allow_networks") {
        Some(item) => {
            let networks: Vec<_> = source.list(&item, value::network).into_iter().map(|(_, n)| n).collect();
            if item.is_empty_list() {
                source.refuse(&item, "empty: nobody may relay; allowed: the networks of the sending servers");
            }
            networks
        }
        None => {
            source.missing(&table, "allow_networks", r#"the networks of the sending servers, as in ["10.1.0.0/16"]"#);
            Vec::new()
        }
    };
    let allow_sender_domains = table
        .get("allow_sender_domains")
        .map_or_else(Vec::new, |item| source.list(&item, value::domain).into_iter().map(|(_, d)| d).collect());
    let require_header = files::header(source, &table, "require_header");

    let mut size = |key: &str, absent: u64, least: u64, most: u64| {
        let Some(item) = table.get(key) else { return absent };
        let Some(bytes) = source.parsed(&item, value::size) else { return absent };
        if (least..=most).contains(&bytes) {
            return bytes;
        }
        let allowed = format!("{} to {}", value::show_size(least), value::show_size(most));
        source.fault(&item, allowed);
        absent
    };
    let max_message_size = size("max_message_size", 50 << 20, MIN_MESSAGE_SIZE, MAX_MESSAGE_SIZE);
    let memory_for_messages = size("memory_for_messages", 512 << 20, MIN_MESSAGE_SIZE, 1 << 40);
    let mut number = |key: &str, absent: usize| {
        let item = table.get(key);
        let number = item.and_then(|item| source.integer(&item, 1..=MAX_CONNECTIONS));
        number.and_then(|n| usize::try_from(n).ok()).unwrap_or(absent)
    };
    let max_connections = number("max_connections", 500);
    let max_connections_per_source = number("max_connections_per_source", 200);
    let mixed_next_hops = table
        .get("mixed_next_hops")
        .and_then(|item| source.word(&item, MixedNextHops::ALL, MixedNextHops::as_str))
        .unwrap_or(MixedNextHops::Defer);
    let tls = tls(source, &table);

    if memory_for_messages < max_message_size {
        let text = format!(
            "memory_for_messages ({}) is less than max_message_size ({}): the largest mail would never pass",
            value::show_size(memory_for_messages),
            value::show_size(max_message_size)
        );
        source.about(Weight::Fault, &table, text);
    }
    Some(Gateway {
        listen,
        hostname: hostname.unwrap_or_default(),
        allow_networks,
        allow_sender_domains,
        require_header,
        max_message_size,
        max_connections,
        max_connections_per_source,
        memory_for_messages,
        mixed_next_hops,
        tls,
    })
}

fn tls<'t>(source: &mut Source<'t>, gateway: &Table<'t>) -> Option<GatewayTls> {
    let table = source.table(gateway, "tls")?;
    let identity = files::identity(source, &table, "certificate", "key", true);
    let require = table.get("require").and_then(|item| source.boolean(&item)).unwrap_or(false);
    let client_ca = table.get("client_ca").and_then(|item| files::authorities(source, &item));
    let client_names = table.get("client_names").map_or_else(Vec::new, |item| {
        let names: Vec<String> =
            source.list(&item, value::certificate_name).into_iter().map(|(_, name)| name).collect();
        if !names.is_empty() && table.get("client_ca").is_none() {
            source.refuse(&item, "names are asked for, but no client certificate is: client_ca is missing");
        }
        names
    });
    let (certificate, key) = identity?;
    Some(GatewayTls { certificate, key, require, client_ca, client_names })
}
