//! Sealing with age (<https://age-encryption.org/v1>, X25519 recipients); stock tools open it.
//!
//! Who seals needs public recipients only. Every unit's mail is sealed to the organisation's recipients
//! (the escrow key is one of them) and to the unit's own; to no other unit's.
//!
//! An X25519 stanza does not say whose it is. What is sealed is therefore stored beside the names of its keys
//! ([`key_name`]): whether an identity is still needed can be told without it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use age::secrecy::ExposeSecret;
use age::x25519::{Identity, Recipient};
use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;
use zeroize::Zeroizing;

use crate::message::KeyFileError;
use crate::message::keys::{refuse_wide_mode, write_new_private};

/// Most bytes of an identity file; one identity takes 75.
const IDENTITY_FILE_LIMIT: u64 = 64 * 1024;
/// Bytes of a recipient's digest that are its name.
const NAME_LEN: usize = 8;

/// Why something cannot be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The configuration's fault.
    #[error("{0:?} is not an age recipient (age1…)")]
    NotARecipient(String),
    /// The configuration's fault.
    #[error("there is no recipient to seal to")]
    NoRecipient,
    #[error(transparent)]
    File(#[from] KeyFileError),
    #[error("{path}, line {line}: not an age identity (AGE-SECRET-KEY-1…)")]
    NotAnIdentity { path: PathBuf, line: usize },
    #[error("{0}: holds no identity")]
    NoIdentity(PathBuf),
    /// None of the identities belongs to a recipient it was sealed to.
    #[error("no identity of the identity file opens it")]
    NotForUs,
    #[error("the sealed bytes are damaged")]
    Damaged,
    /// Our fault.
    #[error("sealing failed")]
    Failed,
}

/// Public recipients of the organisation and of each unit.
#[derive(Clone, Debug)]
pub struct Sealer {
    organisation: BTreeMap<String, Recipient>,
    units: BTreeMap<String, BTreeMap<String, Recipient>>,
}

/// The short public name of a recipient (`age1…`): the first 16 hex digits of its SHA-256.
pub fn key_name(recipient: &str) -> String {
    let digest = digest(&SHA256, recipient.trim().as_bytes());
    HEXLOWER.encode(digest.as_ref().get(..NAME_LEN).unwrap_or_default())
}

impl Sealer {
    /// `organisation`: for every unit's mail, at least one. `units`: further ones by unit id.
    pub fn new(organisation: &[String], units: &BTreeMap<String, Vec<String>>) -> Result<Self, SealError> {
        let organisation = recipients(organisation)?;
        if organisation.is_empty() {
            return Err(SealError::NoRecipient);
        }
        let units =
            units.iter().map(|(unit, own)| Ok((unit.clone(), recipients(own)?))).collect::<Result<_, SealError>>()?;
        Ok(Sealer { organisation, units })
    }

    /// Names of the keys that open what is sealed for the unit, sorted, each once.
    pub fn keys(&self, unit: &str) -> Vec<String> {
        self.recipients(unit).into_keys().cloned().collect()
    }

    /// Names of the keys that open every unit's mail.
    pub fn keys_of_all(&self) -> BTreeSet<String> {
        self.organisation.keys().cloned().collect()
    }

    /// Names of the units' own keys, by unit; a unit without any is left out.
    pub fn keys_of_units(&self) -> BTreeMap<String, BTreeSet<String>> {
        let own = self.units.iter().filter(|(_, own)| !own.is_empty());
        own.map(|(unit, own)| (unit.clone(), own.keys().cloned().collect())).collect()
    }

    /// The recipient (`age1…`) with this name.
    pub fn recipient(&self, name: &str) -> Option<String> {
        let all = std::iter::once(&self.organisation).chain(self.units.values());
        all.filter_map(|keys| keys.get(name)).map(Recipient::to_string).next()
    }

    /// Seals the concatenation of `parts`.
    pub fn seal(&self, unit: &str, parts: &[&[u8]]) -> Result<Vec<u8>, SealError> {
        let all = self.recipients(unit);
        let encryptor = age::Encryptor::with_recipients(all.into_values().map(|r| r as &dyn age::Recipient))
            .map_err(|_| SealError::Failed)?;
        let plain_len = parts.iter().fold(0usize, |sum, part| sum.saturating_add(part.len()));
        // Header, and 16 bytes for each 64 KiB.
        let mut sealed = Vec::with_capacity(plain_len.saturating_add(plain_len / 4096).saturating_add(1024));
        let mut writer = encryptor.wrap_output(&mut sealed).map_err(|_| SealError::Failed)?;
        for part in parts {
            writer.write_all(part).map_err(|_| SealError::Failed)?;
        }
        writer.finish().map_err(|_| SealError::Failed)?;
        Ok(sealed)
    }

    fn recipients(&self, unit: &str) -> BTreeMap<&String, &Recipient> {
        self.organisation.iter().chain(self.units.get(unit).into_iter().flatten()).collect()
    }
}

/// The private halves. Only where releases happen.
pub struct Identities(Vec<Identity>);

impl Identities {
    /// Reads an identity file as `age-keygen` writes it: one identity a line, `#` starts a comment.
    /// Refuses a file that group or others can reach.
    pub fn from_file(path: &Path) -> Result<Self, SealError> {
        let io = |source| KeyFileError::Io { path: path.to_owned(), source };
        let file = std::fs::File::open(path).map_err(io)?;
        refuse_wide_mode(path, file.metadata().map_err(io)?.mode())?;
        let mut text = Zeroizing::new(String::new());
        file.take(IDENTITY_FILE_LIMIT).read_to_string(&mut text).map_err(io)?;
        let mut identities = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let identity =
                line.parse().map_err(|_| SealError::NotAnIdentity { path: path.to_owned(), line: number })?;
            identities.push(identity);
        }
        if identities.is_empty() {
            return Err(SealError::NoIdentity(path.to_owned()));
        }
        Ok(Identities(identities))
    }

    /// Writes a new identity (mode 0600, never over an existing file) and returns its recipient.
    pub fn create_file(path: &Path, now: jiff::Timestamp) -> Result<String, KeyFileError> {
        let identity = Identity::generate();
        let recipient = identity.to_public().to_string();
        let secret = identity.to_string();
        let text =
            Zeroizing::new(format!("# created: {now:.0}\n# public key: {recipient}\n{}\n", secret.expose_secret()));
        write_new_private(path, text.as_bytes())?;
        Ok(recipient)
    }

    /// The recipients they belong to, `age1…`.
    pub fn recipients(&self) -> Vec<String> {
        self.0.iter().map(|identity| identity.to_public().to_string()).collect()
    }

    /// [`key_name`] of each of them, and the recipient.
    pub fn named(&self) -> BTreeMap<String, String> {
        self.recipients().into_iter().map(|recipient| (key_name(&recipient), recipient)).collect()
    }

    /// Opens sealed bytes.
    pub fn open(&self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let mut plain = Zeroizing::new(Vec::with_capacity(sealed.len()));
        self.unlock(sealed)?.read_to_end(&mut plain).map_err(|_| SealError::Damaged)?;
        Ok(plain)
    }

    /// Whether one of them opens it; nothing is decrypted.
    pub fn fit(&self, sealed: &[u8]) -> bool {
        self.unlock(sealed).is_ok()
    }

    /// Finds the key of the bytes; nothing is read yet.
    fn unlock<'s>(&self, sealed: &'s [u8]) -> Result<impl Read + use<'s>, SealError> {
        let decryptor = age::Decryptor::new_buffered(sealed).map_err(|_| SealError::Damaged)?;
        let identities = self.0.iter().map(|i| i as &dyn age::Identity);
        decryptor.decrypt(identities).map_err(|error| match error {
            age::DecryptError::NoMatchingKeys => SealError::NotForUs,
            _ => SealError::Damaged,
        })
    }
}

/// Prints how many there are, never one of them.
impl std::fmt::Debug for Identities {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Identities({})", self.0.len())
    }
}

/// By name, each once.
fn recipients(texts: &[String]) -> Result<BTreeMap<String, Recipient>, SealError> {
    let one = |text: &String| match text.trim().parse::<Recipient>() {
        Ok(recipient) => Ok((key_name(&recipient.to_string()), recipient)),
        Err(_) => Err(SealError::NotARecipient(text.clone())),
    };
    texts.iter().map(one).collect()
}
