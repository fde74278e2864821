//! `[next_hop.NAME]`.

use std::collections::BTreeMap;

use super::checked::{Credentials, HopTls, NextHop};
use super::raw::{Source, Table};
use super::{files, value};

const MAX_CONNECTIONS: u64 = 1_000;

pub fn read<'t>(source: &mut Source<'t>, root: &Table<'t>) -> BTreeMap<String, NextHop> {
    let tables = source.named_tables(root, "next_hop");
    tables.into_iter().filter_map(|(name, table)| one(source, name.clone(), &table).map(|hop| (name, hop))).collect()
}

fn one<'t>(source: &mut Source<'t>, name: String, table: &Table<'t>) -> Option<NextHop> {
    if let Err(allowed) = value::id(&name) {
        source.about(super::Weight::Fault, table, format!("the name; allowed: {allowed}"));
    }
    let address = match table.get("address") {
        Some(item) => source.parsed(&item, value::host_port),
        None => {
            source.missing(table, "address", r#"host and port, as in "smtp.kommun.example:25""#);
            None
        }
    };
    let tls_item = table.get("tls");
    let tls = match &tls_item {
        Some(item) => source.word(item, HopTls::ALL, HopTls::as_str),
        None => {
            source.missing(table, "tls", "none, opportunistic, required, verified");
            None
        }
    };
    let max_connections = table
        .get("max_connections")
        .and_then(|item| source.integer(&item, 1..=MAX_CONNECTIONS))
        .and_then(|n| usize::try_from(n).ok())
        .unwrap_or(40);
    let server_name = table.get("server_name").and_then(|item| {
        if matches!(tls, Some(t) if t != HopTls::Verified) {
            source.refuse(&item, r#"the name is only checked with tls = "verified""#);
        }
        source.parsed(&item, value::hostname)
    });
    let ca = table.get("ca_file").and_then(|item| {
        if matches!(tls, Some(t) if t != HopTls::Verified) {
            source.refuse(&item, r#"the authority is only checked with tls = "verified""#);
        }
        files::authorities(source, &item)
    });
    let certified = table.get("client_certificate").is_some() || table.get("client_key").is_some();
    let client_identity =
        if certified { files::identity(source, table, "client_certificate", "client_key", false) } else { None };
    let credentials = credentials(source, table, tls, address.as_deref());
    let add_header = files::header(source, table, "add_header");
    let recipient_suffix = table.get("recipient_suffix").and_then(|item| source.parsed(&item, suffix));
    let subject_tag = table.get("subject_tag").and_then(|item| {
        source.warn(&item, "a changed subject breaks DKIM signatures made before us: sign behind this relay");
        source.parsed(&item, tag)
    });
    Some(NextHop {
        name,
        address: address?,
        tls: tls?,
        max_connections,
        server_name,
        ca,
        client_identity,
        credentials,
        add_header,
        recipient_suffix,
        subject_tag,
    })
}

/// `.secure.kommun.example`.
fn suffix(text: &str) -> Result<String, &'static str> {
    const ALLOWED: &str = r#"a domain with "." in front, put behind each recipient's, as in ".secure.kommun.example""#;
    let domain = text.trim().strip_prefix('.').ok_or(ALLOWED)?;
    value::domain(domain).map(|domain| format!(".{domain}")).map_err(|_| ALLOWED)
}

/// Most bytes of a subject's tag.
const MAX_TAG: usize = 40;

fn tag(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    let printable = !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
    (printable && text.len() <= MAX_TAG)
        .then(|| text.to_owned())
        .ok_or(r#"up to 40 ASCII letters in one line, as in "[secure]""#)
}

fn credentials<'t>(
    source: &mut Source<'t>,
    table: &Table<'t>,
    tls: Option<HopTls>,
    address: Option<&str>,
) -> Option<Credentials> {
    let (username, password) = match (table.get("username"), table.get("password_file")) {
        (None, None) => return None,
        (Some(username), Some(password)) => (username, password),
        (Some(username), None) => {
            source.refuse(&username, "a username without a password_file");
            return None;
        }
        (None, Some(password)) => {
            source.refuse(&password, "a password_file without a username");
            return None;
        }
    };
    let local =
        address.is_some_and(|a| a.starts_with("127.") || a.starts_with("localhost:") || a.starts_with("[::1]:"));
    match tls {
        Some(HopTls::None) if !local => {
            source.refuse(
                &username,
                r#"the password would cross the network in clear; allowed: tls = "required" or "verified""#,
            );
        }
        Some(HopTls::Opportunistic) if !local => {
            source.refuse(&username, r#"without TLS the login would fail; allowed: tls = "required" or "verified""#);
        }
        _ => {}
    }
    let username = source.parsed(&username, value::text)?;
    let (password_file, password) = files::secret_line(source, &password)?;
    Some(Credentials { username, password, password_file })
}
