//! Which configuration a verdict was made under: a digest of the configuration in effect.
//!
//! It covers every value that `config show` prints, defaults included, the entries of list files, the
//! certificates, and whatever else the caller names (patterns, texts). Comments, order and spelling of the file
//! do not count. Nor do secrets: a password or the value of a header may be guessed, and a digest that holds it
//! would tell who guesses right.

use std::sync::Arc;

use aws_lc_rs::digest::{Context, SHA256};
use data_encoding::HEXLOWER;

use super::checked::{Checked, Pem};
use super::show::Shown;

/// Hexadecimal digits that a verdict carries.
const SHORT: usize = 16;

/// SHA-256 of a configuration in effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    sha256: String,
    short: Arc<str>,
}

impl Digest {
    /// `parts` are texts that the configuration names and this room does not read, each with a name.
    pub fn of<'p>(checked: &Checked, parts: impl IntoIterator<Item = (&'p str, &'p [u8])>) -> Digest {
        let mut digest = Context::new(&SHA256);
        let mut add = |name: &str, bytes: &[u8]| {
            // Lengths first: what belongs to which is then beyond doubt.
            for piece in [name.as_bytes(), bytes] {
                digest.update(&u64::try_from(piece.len()).unwrap_or(u64::MAX).to_be_bytes());
                digest.update(piece);
            }
        };
        add("configuration", Shown::of(checked).to_string().as_bytes());
        for channel in &checked.channels {
            for pattern in &channel.listed {
                add(&channel.id, pattern.to_string().as_bytes());
            }
        }
        for (name, pem) in certificates(checked) {
            add(&name, &pem.pem);
        }
        for (name, bytes) in parts {
            add(name, bytes);
        }
        let sha256 = HEXLOWER.encode(digest.finish().as_ref());
        Digest { short: sha256.chars().take(SHORT).collect::<String>().into(), sha256 }
    }

    /// What a verdict carries: the first 16 hexadecimal digits.
    pub fn short(&self) -> &Arc<str> {
        &self.short
    }

    /// All 64 hexadecimal digits.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }
}

/// What is public in the PEM files, by the table that names it.
fn certificates(checked: &Checked) -> Vec<(String, &Pem)> {
    let tls = checked.gateway.as_ref().and_then(|gateway| gateway.tls.as_ref());
    let gateway = tls.into_iter().flat_map(|tls| [Some(&tls.certificate), tls.client_ca.as_ref()]);
    let gateway = gateway.flatten().map(|pem| ("gateway.tls".to_owned(), pem));
    let hops = checked.next_hops.values().flat_map(|hop| {
        let own = hop.client_identity.as_ref().map(|(certificate, _)| certificate);
        hop.ca.iter().chain(own).map(|pem| (format!("next_hop.{}", hop.name), pem))
    });
    gateway.chain(hops).collect()
}
