//! The `Received` line that we put on top: RFC 5321 section 4.4.
//!
//! It names the client's address and greeting, never a recipient: the line travels with the mail.

use std::net::IpAddr;

use super::field::Field;

/// A mail that carries more `Received` lines than this is going round (RFC 5321 section 6.3).
pub const MAX_RECEIVED: usize = 50;

/// What the line says.
#[derive(Clone, Debug)]
pub struct Hop<'a> {
    /// Address the client connected from.
    pub client: IpAddr,
    /// What it said in EHLO or HELO.
    pub helo: &'a str,
    /// Our own name.
    pub hostname: &'a str,
    /// `ESMTP`, `ESMTPS`, `UTF8SMTPS` … (RFC 3848, RFC 6531).
    pub protocol: &'a str,
    /// Transaction id as in the log.
    pub id: &'a str,
    pub at: &'a jiff::Zoned,
}

/// The word after `with`: RFC 3848 section 2, RFC 6531 section 4.3.
pub fn protocol(esmtp: bool, tls: bool, smtputf8: bool) -> &'static str {
    match (esmtp, smtputf8, tls) {
        (_, true, true) => "UTF8SMTPS",
        (_, true, false) => "UTF8SMTP",
        (true, false, true) => "ESMTPS",
        (true, false, false) => "ESMTP",
        (false, false, _) => "SMTP",
    }
}

/// The field, folded, with its CRLF.
pub fn received(hop: &Hop<'_>) -> String {
    let literal = match hop.client {
        IpAddr::V4(address) => format!("[{address}]"),
        IpAddr::V6(address) => format!("[IPv6:{address}]"),
    };
    format!(
        "Received: from {helo} ({literal})\r\n\tby {hostname} (Sluss) with {protocol} id {id};\r\n\t{date}\r\n",
        helo = atom(hop.helo),
        hostname = atom(hop.hostname),
        protocol = hop.protocol,
        id = hop.id,
        date = hop.at.strftime("%a, %d %b %Y %H:%M:%S %z"),
    )
}

/// How often a mail has passed a relay of this name: counts `Received` fields with our `by` clause.
pub fn passes(fields: &[Field<'_>], hostname: &str) -> usize {
    let by = format!("by {} (Sluss)", atom(hostname));
    fields.iter().filter(|field| field.is("received")).filter(|field| find(field.value, by.as_bytes())).count()
}

/// Foreign text in a header: only what a domain or an address literal is made of.
fn atom(text: &str) -> String {
    let clean: String = text
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']'))
        .take(255)
        .collect();
    if clean.is_empty() { "unknown".to_owned() } else { clean }
}

fn find(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Header;

    fn sample(helo: &str) -> String {
        let at = "2026-03-04T05:06:07+01:00[Europe/Oslo]".parse().unwrap();
        received(&Hop {
            client: "192.0.2.7".parse().unwrap(),
            helo,
            hostname: "sluss.kommun.example",
            protocol: protocol(true, true, false),
            id: "0123abcd",
            at: &at,
        })
    }

    #[test]
    fn names_client_and_greeting() {
        assert_eq!(
            sample("exchange.kommun.example"),
            "Received: from exchange.kommun.example ([192.0.2.7])\r\n\tby sluss.kommun.example (Sluss) with ESMTPS id \
             0123abcd;\r\n\tWed, 04 Mar 2026 05:06:07 +0100\r\n"
        );
    }

    #[test]
    fn foreign_text_cannot_leave_its_place() {
        let line = sample("x\r\nBcc: (evil) \x1b[2J");
        assert!(line.starts_with("Received: from xBcc:evil[2J ([192.0.2.7])\r\n\tby "));
        assert_eq!(line.matches("\r\n").count(), 3);
    }

    #[test]
    fn own_passes_are_counted() {
        let line = sample("a.example");
        let mail = format!("{line}{line}Received: from b by other.example; now\r\n\r\nbody\r\n");
        let header = Header::of(mail.as_bytes());
        assert_eq!(passes(&header.fields, "sluss.kommun.example"), 2);
        assert_eq!(passes(&header.fields, "other.example"), 0);
    }
}
