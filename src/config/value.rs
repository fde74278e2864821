//! Texts of a configuration, read. Each reader's error says what is allowed, and nothing else.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use ipnet::IpNet;

use crate::channel::Canonical;
use crate::channel::address::canonical_domain;

/// Header fields that mail programs and signatures live by; a fixed one of ours must not replace them.
const RESERVED_HEADERS: [&str; 17] = [
    "bcc",
    "cc",
    "content-transfer-encoding",
    "content-type",
    "date",
    "dkim-signature",
    "from",
    "in-reply-to",
    "message-id",
    "mime-version",
    "received",
    "references",
    "reply-to",
    "return-path",
    "sender",
    "subject",
    "to",
];

type Allowed = &'static str;

/// `50 MiB`, `512 KiB`, `1 GB`, or a number of bytes.
pub fn size(text: &str) -> Result<u64, Allowed> {
    const ALLOWED: Allowed = r#"a size as in "50 MiB" (B, KiB, MiB, GiB, kB, MB, GB)"#;
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor: u64 = match unit.trim() {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "kB" | "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        _ => return Err(ALLOWED),
    };
    number.parse::<u64>().ok().and_then(|n| n.checked_mul(factor)).ok_or(ALLOWED)
}

/// A size as [`size`] reads it, in the greatest binary unit without a remainder.
pub fn show_size(bytes: u64) -> String {
    for (unit, factor) in [("GiB", 1u64 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)] {
        if bytes >= factor && bytes.is_multiple_of(factor) {
            return format!("{} {unit}", bytes / factor);
        }
    }
    format!("{bytes} B")
}

/// An address of ours to listen on.
pub fn socket(text: &str) -> Result<SocketAddr, Allowed> {
    text.parse().map_err(|_| r#"address and port, as in "127.0.0.1:2525" or "[::1]:2525""#)
}

/// `host:port` of somebody else; the host is a name or an address.
pub fn host_port(text: &str) -> Result<String, Allowed> {
    const ALLOWED: Allowed = r#"host and port, as in "smtp.kommun.example:25" or "[2001:db8::1]:25""#;
    let (host, port) = text.trim().rsplit_once(':').ok_or(ALLOWED)?;
    if port.parse::<u16>().ok().is_none_or(|p| p == 0) {
        return Err(ALLOWED);
    }
    let literal = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).map(|h| h.parse::<Ipv6Addr>().is_ok());
    if literal.unwrap_or_else(|| canonical_domain(host).is_some()) { Ok(text.trim().to_owned()) } else { Err(ALLOWED) }
}

/// A name to greet with: fully qualified, or `localhost`.
pub fn hostname(text: &str) -> Result<String, Allowed> {
    let name = canonical_domain(text).filter(|d| d.parse::<IpAddr>().is_err());
    name.filter(|d| d.contains('.') || d == "localhost")
        .ok_or(r#"a fully qualified host name, as in "sluss.kommun.example""#)
}

/// A name in a certificate.
pub fn certificate_name(text: &str) -> Result<String, Allowed> {
    let name = text.trim();
    let whole = name.strip_prefix("*.").unwrap_or(name);
    if canonical_domain(whole).is_some() { Ok(name.to_lowercase()) } else { Err("a DNS name, as in the certificate") }
}

/// A domain without `@`.
pub fn domain(text: &str) -> Result<String, Allowed> {
    const ALLOWED: Allowed = r#"a domain without "@", as in "kommun.example""#;
    if text.contains('@') { Err(ALLOWED) } else { canonical_domain(text).filter(|d| d.contains('.')).ok_or(ALLOWED) }
}

/// A domain, or with a leading dot the domains below it.
pub fn domain_or_below(text: &str) -> Result<String, Allowed> {
    match text.strip_prefix('.') {
        Some(parent) => domain(parent).map(|parent| format!(".{parent}")),
        None => domain(text),
    }
}

/// A network in CIDR; host bits may not be set, for then the administrator meant something else.
pub fn network(text: &str) -> Result<IpNet, Allowed> {
    const ALLOWED: Allowed = r#"a network, as in "10.0.0.0/8" or "2001:db8::/32""#;
    const HOST_BITS: Allowed = "a network whose address bits behind the prefix are zero, or /32 (/128) for one host";
    if let Ok(address) = text.trim().parse::<IpAddr>() {
        return Ok(IpNet::from(address));
    }
    let net: IpNet = text.trim().parse().map_err(|_| ALLOWED)?;
    if net.trunc() == net { Ok(net) } else { Err(HOST_BITS) }
}

/// True when every address of the network is loopback, link-local, RFC 1918 or RFC 4193.
pub fn is_private(net: &IpNet) -> bool {
    const PRIVATE: [&str; 8] = [
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    ];
    PRIVATE.iter().filter_map(|p| p.parse::<IpNet>().ok()).any(|private| private.contains(net))
}

/// A mail address, as written.
pub fn mailbox(text: &str) -> Result<String, Allowed> {
    const ALLOWED: Allowed = r#"a mail address without a name, as in "sluss@kommun.example""#;
    let text = text.trim();
    let odd = text.chars().any(|c| c.is_whitespace() || c.is_control() || "<>,;\"\\".contains(c));
    match Canonical::of(text) {
        Some(_) if !odd && text.matches('@').count() == 1 => Ok(text.to_owned()),
        _ => Err(ALLOWED),
    }
}

/// The name of a header field we add or look for.
pub fn header_name(text: &str) -> Result<String, Allowed> {
    let printable = text.bytes().all(|b| (33..=126).contains(&b) && b != b':');
    if !printable || text.len() > 70 {
        return Err(r#"a header name without the colon, as in "X-Sluss-Checked""#);
    }
    if RESERVED_HEADERS.contains(&text.to_ascii_lowercase().as_str()) {
        return Err("a header of your own (X-…), not one that mail itself uses");
    }
    Ok(text.to_owned())
}

/// An address of the web server as people type it.
pub fn url(text: &str) -> Result<String, Allowed> {
    const ALLOWED: Allowed = r#"an https address, as in "https://sluss.kommun.example""#;
    let text = text.trim().trim_end_matches('/');
    let host = |rest: &str| rest.split(['/', '?', '#']).next().unwrap_or_default().to_owned();
    let fits = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
        (Some(rest), _) => !host(rest).is_empty() && !rest.contains(char::is_whitespace),
        // Without TLS only where nobody else can listen.
        (_, Some(rest)) => {
            let host = host(rest);
            ["127.0.0.1", "localhost", "[::1]"].iter().any(|l| host == *l || host.starts_with(&format!("{l}:")))
        }
        _ => false,
    };
    if fits { Ok(text.to_owned()) } else { Err(ALLOWED) }
}

/// An id: of a unit, a channel, a next hop. It appears in logs, records and file names.
pub fn id(text: &str) -> Result<String, Allowed> {
    let fits =
        text.len() <= 64 && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b));
    if fits { Ok(text.to_owned()) } else { Err("an id of a-z, 0-9, hyphen, underscore and dot, at most 64") }
}

/// A recipient of sealed mail: an age X25519 public key.
pub fn seal_recipient(text: &str) -> Result<String, Allowed> {
    const ALLOWED: Allowed = "a public key that starts with age1, as `sluss keys new` prints it";
    text.trim().parse::<age::x25519::Recipient>().map(|r| r.to_string()).map_err(|_| ALLOWED)
}

/// Any text.
pub fn text(text: &str) -> Result<String, Allowed> {
    Ok(text.trim().to_owned())
}

#[cfg(test)]
#[path = "value_tests.rs"]
mod tests;
