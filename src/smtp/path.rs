//! The grammar of paths: RFC 5321 section 4.1.2, widened to UTF-8 by RFC 6531 section 3.3.
//!
//! Two deliberate differences from the letter of the RFC, both because we pass addresses on and do
//! not deliver to them: dots may stand anywhere in an unquoted local part (mailboxes like `a..b@`
//! exist), and a local part may be longer than 64 octets as long as the whole path stays in its
//! limit (SRS and VERP need it; section 4.5.3.1 sets what must be accepted, not what must be
//! refused). Source routes are refused, as the same section 4.1.2 lets a relay do with routes it has
//! no use for: `<@a:b@c>` reads as mail to `c` for us and as mail to `a` for an old next hop.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::address::{Mailbox, PathError};

/// Octets between the angle brackets: a path of 256 with its brackets, RFC 5321 section 4.5.3.1.3.
const MAX_PATH: usize = 254;
/// Octets, RFC 5321 section 4.5.3.1.2; for A-labels as well as for the text as given.
const MAX_DOMAIN: usize = 255;
/// Octets of one label, RFC 1035 section 2.3.4.
const MAX_LABEL: usize = 63;

/// Splits `<inner>rest`. A bracket inside a quoted local part does not count.
pub(super) fn bracketed(text: &str) -> Result<(&str, &str), PathError> {
    let inner = text.strip_prefix('<').ok_or(PathError::Brackets)?;
    let mut quoted = false;
    let mut escaped = false;
    for (at, c) in inner.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '>' if !quoted => {
                let (inner, rest) = inner.split_at_checked(at).ok_or(PathError::Brackets)?;
                return Ok((inner, rest.strip_prefix('>').ok_or(PathError::Brackets)?));
            }
            _ => {}
        }
    }
    Err(PathError::Brackets)
}

/// A mailbox, or `postmaster` alone in any case (RFC 5321 section 4.1.1.3).
pub(super) fn recipient(inner: &str) -> Result<Mailbox, PathError> {
    if inner.eq_ignore_ascii_case("postmaster") {
        return Ok(Mailbox::from_checked(inner.to_owned(), inner.to_owned(), String::new()));
    }
    mailbox(inner)
}

/// `Local-part "@" ( Domain / address-literal )`.
pub(super) fn mailbox(text: &str) -> Result<Mailbox, PathError> {
    if text.len() > MAX_PATH {
        return Err(PathError::TooLong);
    }
    if text.starts_with('@') {
        return Err(PathError::SourceRoute);
    }
    let (local, rest) = if text.starts_with('"') { quoted_local(text)? } else { plain_local(text)? };
    let domain = rest.strip_prefix('@').ok_or(PathError::Domain)?;
    let domain = if domain.starts_with('[') { literal(domain)? } else { domain_name(domain)? };
    Ok(Mailbox::from_checked(text.to_owned(), local, domain))
}

/// An unquoted local part: atom characters and dots, up to the `@`.
fn plain_local(text: &str) -> Result<(String, &str), PathError> {
    let end = text.find('@').ok_or(PathError::Domain)?;
    let (local, rest) = text.split_at_checked(end).ok_or(PathError::Domain)?;
    if local.is_empty() {
        return Err(PathError::Local);
    }
    if !local.chars().all(|c| c == '.' || is_atext(c)) {
        return Err(PathError::Character);
    }
    Ok((local.to_owned(), rest))
}

/// `DQUOTE *QcontentSMTP DQUOTE`, given back without quotes and backslashes.
fn quoted_local(text: &str) -> Result<(String, &str), PathError> {
    let mut chars = text.char_indices().skip(1);
    let mut local = String::new();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => {
                let (_, rest) = text.split_at_checked(at).ok_or(PathError::Local)?;
                return Ok((local, rest.strip_prefix('"').unwrap_or_default()));
            }
            '\\' => {
                // quoted-pairSMTP: a backslash and one printable ASCII character
                let (_, c) = chars.next().ok_or(PathError::Local)?;
                if !matches!(c, ' '..='~') {
                    return Err(PathError::Character);
                }
                local.push(c);
            }
            c if c.is_control() => return Err(PathError::Character),
            c => local.push(c),
        }
    }
    Err(PathError::Local)
}

/// RFC 5322 section 3.2.3 `atext`, and RFC 6531's UTF8-non-ascii without spaces and controls.
fn is_atext(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c)
    } else {
        !c.is_control() && !c.is_whitespace()
    }
}

/// Lower case A-labels. Underscores are let through: hosts with them exist and DNS carries them.
fn domain_name(text: &str) -> Result<String, PathError> {
    if text.len() > MAX_DOMAIN {
        return Err(PathError::TooLong);
    }
    let ascii = if text.is_ascii() {
        text.to_ascii_lowercase()
    } else {
        idna::domain_to_ascii(text).map_err(|_| PathError::Domain)?
    };
    if ascii.len() > MAX_DOMAIN {
        return Err(PathError::TooLong);
    }
    ascii.split('.').try_for_each(label)?;
    Ok(ascii)
}

fn label(label: &str) -> Result<(), PathError> {
    if label.len() > MAX_LABEL {
        return Err(PathError::TooLong);
    }
    let hyphen_at_edge = label.starts_with('-') || label.ends_with('-');
    let shape = label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if label.is_empty() || hyphen_at_edge || !shape { Err(PathError::Domain) } else { Ok(()) }
}

/// `[192.0.2.1]` or `[IPv6:2001:db8::1]`, RFC 5321 section 4.1.3; normalised so that two spellings
/// of one address compare equal. No other tag is registered.
fn literal(text: &str) -> Result<String, PathError> {
    let inner = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).ok_or(PathError::Domain)?;
    if let Ok(v4) = inner.parse::<Ipv4Addr>() {
        return Ok(format!("[{v4}]"));
    }
    let (tag, address) = inner.split_once(':').ok_or(PathError::Domain)?;
    if !tag.eq_ignore_ascii_case("IPv6") {
        return Err(PathError::Domain);
    }
    let v6 = address.parse::<Ipv6Addr>().map_err(|_| PathError::Domain)?;
    Ok(format!("[ipv6:{v6}]"))
}
