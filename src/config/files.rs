//! Files a configuration names: read once here, so that a fault is told by `config check` and not at
//! the first message. What is secret must not be open to others.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::checked::{Header, Pem};
use super::raw::{Item, Source, Table};
use super::value;
use crate::telemetry::Sensitive;

/// How the message ends when whoever reads the configuration may not read a file.
pub const NO_PERMISSION: &str = "no permission to read it";
/// Bytes read from any file but a list: a certificate chain, a bundle of authorities.
const MAX_FILE: u64 = 4 << 20;
/// Characters of a password or a header value.
const MAX_SECRET: usize = 900;
/// Permission bits of everybody but owner and group; with group write.
const OTHERS: u32 = 0o027;
/// Permission bits of everybody but the owner.
pub const GROUP_AND_OTHERS: u32 = 0o077;

/// Reads a whole file, or says why not.
pub fn read(source: &mut Source<'_>, item: &Item<'_>, path: &Path, limit: u64) -> Option<Vec<u8>> {
    let text = match fs::metadata(path) {
        Err(error) => format!("{}: {}", path.display(), plain(&error)),
        Ok(meta) if !meta.is_file() => format!("{}: not a file", path.display()),
        Ok(meta) if meta.len() > limit => format!("{}: larger than {}", path.display(), value::show_size(limit)),
        Ok(_) => match fs::read(path) {
            Ok(bytes) => return Some(bytes),
            Err(error) => format!("{}: {}", path.display(), plain(&error)),
        },
    };
    source.refuse(item, text);
    None
}

/// Refuses a file that others may read or the group may write; `forbidden` are permission bits.
pub fn private(source: &mut Source<'_>, item: &Item<'_>, path: &Path, forbidden: u32) {
    let Ok(meta) = fs::metadata(path) else { return };
    let mode = meta.permissions().mode() & 0o777;
    if meta.is_file() && mode & forbidden != 0 {
        let allowed = if forbidden == GROUP_AND_OTHERS { "0600" } else { "0600, or 0640 with a group of its own" };
        source.refuse(item, format!("{}: permissions {mode:04o} are too wide; allowed: {allowed}", path.display()));
    }
}

/// A certificate chain and its private key, which must belong together.
pub fn identity<'t>(
    source: &mut Source<'t>,
    table: &Table<'t>,
    certificate_key: &str,
    key_key: &str,
    warn_expired: bool,
) -> Option<(Pem, Pem)> {
    let (certificate_item, key_item) = (table.get(certificate_key), table.get(key_key));
    if certificate_item.is_none() {
        source.missing(table, certificate_key, "a PEM file with the certificate and its chain");
    }
    if key_item.is_none() {
        source.missing(table, key_key, "a PEM file with the private key");
    }
    let certificate = certificate_item.as_ref().and_then(|item| pem(source, item));
    let key =
        key_item.as_ref().and_then(|item| pem(source, item).inspect(|key| private(source, item, &key.path, OTHERS)));
    let (certificate_item, key_item, certificate, key) = (certificate_item?, key_item?, certificate?, key?);
    let chain = certificates(source, &certificate_item, &certificate)?;
    let parsed = match PrivateKeyDer::from_pem_slice(&key.pem) {
        Ok(parsed) => parsed,
        Err(_) => {
            source.refuse(&key_item, format!("{}: no private key in PEM found", key.path.display()));
            return None;
        }
    };
    if warn_expired && let Some(leaf) = chain.first() {
        expiry(source, &certificate_item, &certificate.path, leaf);
    }
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    match rustls::sign::CertifiedKey::from_der(chain, parsed, &provider) {
        Ok(_) => Some((certificate, key)),
        Err(rustls::Error::InconsistentKeys(_)) => {
            source.refuse(&key_item, format!("{}: not the key of {}", key.path.display(), certificate.path.display()));
            None
        }
        Err(error) => {
            source.refuse(&key_item, format!("{}: {error}", key.path.display()));
            None
        }
    }
}

/// A bundle of authorities.
pub fn authorities<'t>(source: &mut Source<'t>, item: &Item<'t>) -> Option<Pem> {
    let bundle = pem(source, item)?;
    let chain = certificates(source, item, &bundle)?;
    let mut roots = rustls::RootCertStore::empty();
    let (_, refused) = roots.add_parsable_certificates(chain);
    if refused > 0 {
        source.refuse(item, format!("{}: {refused} of its certificates cannot be used", bundle.path.display()));
        return None;
    }
    Some(bundle)
}

/// `{ name = "X-…", value_file = "…" }`
pub fn header<'t>(source: &mut Source<'t>, parent: &Table<'t>, key: &str) -> Option<Header> {
    let table = source.table(parent, key)?;
    let name = match table.get("name") {
        Some(item) => source.parsed(&item, value::header_name),
        None => {
            source.missing(&table, "name", r#"a header name, as in "X-Sluss-Checked""#);
            None
        }
    };
    let Some(item) = table.get("value_file") else {
        source.missing(&table, "value_file", "a file with the value on one line");
        return None;
    };
    let (value_file, value) = secret_line(source, &item)?;
    Some(Header { name: name?, value, value_file })
}

/// A password or a header value: one line of printable ASCII in a file of its own.
pub fn secret_line<'t>(source: &mut Source<'t>, item: &Item<'t>) -> Option<(PathBuf, Sensitive<String>)> {
    let path = path(source, item)?;
    let bytes = read(source, item, &path, MAX_FILE)?;
    private(source, item, &path, OTHERS);
    let line = String::from_utf8(bytes).ok().map(|text| text.trim_end_matches(['\r', '\n']).to_owned());
    let fits = |l: &String| !l.is_empty() && l.len() <= MAX_SECRET && l.bytes().all(|b| (32..=126).contains(&b));
    match line.filter(fits) {
        Some(line) => Some((path, Sensitive::new(line))),
        None => {
            let text = format!("{}: allowed: one line of printable ASCII, at most {MAX_SECRET}", path.display());
            source.refuse(item, text);
            None
        }
    }
}

/// A path, relative to the configuration file.
pub fn path<'t>(source: &mut Source<'t>, item: &Item<'t>) -> Option<PathBuf> {
    let text = source.string(item)?;
    if text.contains('\0') || text.contains("-----BEGIN") {
        source.fault(item, "the path of a file");
        return None;
    }
    Some(source.resolve(text))
}

fn pem<'t>(source: &mut Source<'t>, item: &Item<'t>) -> Option<Pem> {
    let path = path(source, item)?;
    let pem = read(source, item, &path, MAX_FILE)?;
    Some(Pem { path, pem })
}

fn certificates(source: &mut Source<'_>, item: &Item<'_>, file: &Pem) -> Option<Vec<CertificateDer<'static>>> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&file.pem).collect();
    match chain {
        Ok(chain) if !chain.is_empty() => Some(chain),
        _ => {
            source.refuse(item, format!("{}: no certificate in PEM found", file.path.display()));
            None
        }
    }
}

fn expiry(source: &mut Source<'_>, item: &Item<'_>, path: &Path, leaf: &CertificateDer<'_>) {
    let Ok((_, certificate)) = x509_parser::parse_x509_certificate(leaf) else { return };
    if !certificate.validity().is_valid() {
        source.warn(item, format!("{}: the certificate is not valid today", path.display()));
    }
}

/// An I/O error without its number.
pub fn plain(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file".into(),
        std::io::ErrorKind::PermissionDenied => NO_PERMISSION.into(),
        _ => error.to_string(),
    }
}
