//! Sealing with age (<https://age-encryption.org/v1>, X25519 recipients); stock tools open it.
//!
//! Who seals needs public recipients only. Every unit's mail is sealed to the organisation's recipients
//! (the escrow key is one of them) and to the unit's own.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use age::secrecy::ExposeSecret;
use age::x25519::{Identity, Recipient};
use zeroize::Zeroizing;

use crate::message::KeyFileError;
use crate::message::keys::{refuse_wide_mode, write_new_private};

/// Most bytes of an identity file; one identity takes 75.
const IDENTITY_FILE_LIMIT: u64 = 64 * 1024;

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
    organisation: Vec<Recipient>,
    units: BTreeMap<String, Vec<Recipient>>,
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

    /// Seals the concatenation of `parts`.
    pub fn seal(&self, unit: &str, parts: &[&[u8]]) -> Result<Vec<u8>, SealError> {
        let own = self.units.get(unit).map(Vec::as_slice).unwrap_or_default();
        let all = self.organisation.iter().chain(own).map(|r| r as &dyn age::Recipient);
        let encryptor = age::Encryptor::with_recipients(all).map_err(|_| SealError::Failed)?;
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

    /// Opens sealed bytes.
    pub fn open(&self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let decryptor = age::Decryptor::new_buffered(sealed).map_err(|_| SealError::Damaged)?;
        let identities = self.0.iter().map(|i| i as &dyn age::Identity);
        let mut reader = decryptor.decrypt(identities).map_err(|error| match error {
            age::DecryptError::NoMatchingKeys => SealError::NotForUs,
            _ => SealError::Damaged,
        })?;
        let mut plain = Zeroizing::new(Vec::with_capacity(sealed.len()));
        reader.read_to_end(&mut plain).map_err(|_| SealError::Damaged)?;
        Ok(plain)
    }
}

/// Prints how many there are, never one of them.
impl std::fmt::Debug for Identities {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Identities({})", self.0.len())
    }
}

fn recipients(texts: &[String]) -> Result<Vec<Recipient>, SealError> {
    texts.iter().map(|text| text.trim().parse().map_err(|_| SealError::NotARecipient(text.clone()))).collect()
}
