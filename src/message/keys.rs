//! The installation's secret and the four keys derived from it.
//!
//! `[secret] file` holds 32 random bytes, mode 0600, and is never in the database or its backup.
//! HKDF-SHA256 (RFC 5869) makes one key for each use: `stamp` (the header that detects loops),
//! `digest` (keyed digests: "same value again" without the value), `token` (links), `outbox`
//! (payloads of notices until they are delivered). A digest names its key's number, so that a later
//! secret can stand beside this one.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::{constant_time, hkdf, hmac};
use data_encoding::HEXLOWER;
use zeroize::Zeroizing;

/// Bytes of the secret.
pub const SECRET_LEN: usize = 32;
/// Number of the only key there is today; stands in front of every digest.
const KEY_NUMBER: u32 = 1;
/// HKDF salt: names application and version of this derivation.
const SALT: &[u8] = b"sluss secret 1";
/// Bytes of a digest and of a tag that are kept: 160 bits.
const TAG_LEN: usize = 20;

/// Sub-keys of one secret. Made once at start, shared by all rooms.
pub struct Keys {
    stamp: hmac::Key,
    digest: hmac::Key,
    token: hmac::Key,
    outbox: RandomizedNonceKey,
    register: RandomizedNonceKey,
    fingerprint: String,
}

/// Why the secret's file cannot be used. All are the administrator's to mend.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    #[error("{0}: there is no such file; it must be the one this store was made with")]
    Missing(PathBuf),
    #[error("{path}: mode is {mode:04o}, others than the owner have access; it must be 0600")]
    Permissions { path: PathBuf, mode: u32 },
    #[error("{path}: {found} bytes, a secret has {SECRET_LEN}")]
    Size { path: PathBuf, found: u64 },
    #[error("{0}: exists already")]
    Exists(PathBuf),
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: std::io::Error },
}

/// A sealed payload is damaged, belongs to another row, or was sealed under another secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the payload cannot be opened with this secret")]
pub struct OpenError;

impl Keys {
    /// Derives the sub-keys.
    pub fn derive(secret: &[u8; SECRET_LEN]) -> Self {
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, SALT).extract(secret);
        let sign = |label| hmac::Key::new(hmac::HMAC_SHA256, &*expand(&prk, label));
        // The key has the length the algorithm asks for, so this cannot fail.
        let seal = |label| RandomizedNonceKey::new(&AES_256_GCM, &*expand(&prk, label)).expect("a 32-byte key");
        Keys {
            stamp: sign(b"stamp"),
            digest: sign(b"digest"),
            token: sign(b"token"),
            outbox: seal(b"outbox"),
            register: seal(b"register"),
            fingerprint: HEXLOWER.encode(&expand(&prk, b"fingerprint")[..16]),
        }
    }

    /// Reads the secret's file. Refuses one that group or others can reach, or of another size.
    pub fn from_file(path: &Path) -> Result<Self, KeyFileError> {
        let file = File::open(path).map_err(|source| match source.kind() {
            ErrorKind::NotFound => KeyFileError::Missing(path.to_owned()),
            _ => KeyFileError::Io { path: path.to_owned(), source },
        })?;
        let io = |source| KeyFileError::Io { path: path.to_owned(), source };
        let metadata = file.metadata().map_err(io)?;
        refuse_wide_mode(path, metadata.mode())?;
        let mut bytes = Zeroizing::new(Vec::with_capacity(SECRET_LEN + 1));
        file.take(SECRET_LEN as u64 + 1).read_to_end(&mut bytes).map_err(io)?;
        let secret = <&[u8; SECRET_LEN]>::try_from(bytes.as_slice())
            .map_err(|_| KeyFileError::Size { path: path.to_owned(), found: metadata.len().max(bytes.len() as u64) })?;
        Ok(Keys::derive(secret))
    }

    /// Makes a new secret in a new file. Either the whole file is there afterwards, durably, or none.
    pub fn create_file(path: &Path) -> Result<Self, KeyFileError> {
        let mut secret = Zeroizing::new([0; SECRET_LEN]);
        // The operating system's generator does not fail once seeded; without it there is no secret.
        aws_lc_rs::rand::fill(&mut *secret).expect("random bytes");
        write_new_private(path, &*secret)?;
        Ok(Keys::derive(&secret))
    }

    /// Tells secrets apart without revealing one; stored in the database. 32 hex digits.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Keyed digest that all copies of one mail share, to several recipients or by a list: of its reverse
    /// path, empty for the null path, and its Message-ID.
    pub fn copy_digest(&self, reverse_path: &str, message_id: &str) -> String {
        // A Message-ID has no line feed, so the two cannot run into one another.
        self.digest("copy", format!("{message_id}\n{reverse_path}").as_bytes())
    }

    /// Keyed digest of `bytes` for the use named by `label`: `1:` and 40 hex digits. Equal input
    /// gives equal text; without the secret nobody can try values.
    pub fn digest(&self, label: &str, bytes: &[u8]) -> String {
        let tag = tag(&self.digest, &[label.as_bytes(), bytes]);
        format!("{KEY_NUMBER}:{}", HEXLOWER.encode(&tag))
    }

    /// The same under every secret, the present one first: what to look for in order to find the value.
    pub fn digests(&self, label: &str, bytes: &[u8]) -> Vec<String> {
        vec![self.digest(label, bytes)]
    }

    /// Tag over the stamp's fields, 40 hex digits. Fields are length-prefixed before they are hashed.
    pub fn stamp_tag(&self, fields: &[&[u8]]) -> String {
        HEXLOWER.encode(&tag(&self.stamp, fields))
    }

    /// True when `text` is the tag of these fields; takes the same time wherever they differ.
    pub fn stamp_matches(&self, fields: &[&[u8]], text: &str) -> bool {
        matches(&self.stamp, fields, text)
    }

    /// Tag of a link's fields, 40 hex digits.
    pub fn token_tag(&self, fields: &[&[u8]]) -> String {
        HEXLOWER.encode(&tag(&self.token, fields))
    }

    /// True when `text` is the tag of these fields; takes the same time wherever they differ.
    pub fn token_matches(&self, fields: &[&[u8]], text: &str) -> bool {
        matches(&self.token, fields, text)
    }

    /// Encrypts an outbox payload, bound to the id of its row: nonce, ciphertext, tag.
    pub fn seal_outbox(&self, row: &[u8], plain: &[u8]) -> Vec<u8> {
        seal(&self.outbox, row, plain)
    }

    /// Opens what [`Keys::seal_outbox`] sealed for the same row.
    pub fn open_outbox(&self, row: &[u8], sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        open(&self.outbox, row, sealed)
    }

    /// Encrypts what an entry of a register says, bound to its id: nonce, ciphertext, tag.
    pub fn seal_register(&self, id: &[u8], plain: &[u8]) -> Vec<u8> {
        seal(&self.register, id, plain)
    }

    /// Opens what [`Keys::seal_register`] sealed for the same id.
    pub fn open_register(&self, id: &[u8], sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        open(&self.register, id, sealed)
    }

    /// Keyed digest of an identifier found in a mail (`Finding::identity`), by which held mail is found again.
    pub fn value_digest(&self, identity: &str) -> String {
        self.digest("value", identity.as_bytes())
    }

    /// [`Keys::value_digest`] under every secret, the present one first.
    pub fn value_digests(&self, identity: &str) -> Vec<String> {
        self.digests("value", identity.as_bytes())
    }

    /// Keyed digest of a mailbox, however its address is capitalised.
    pub fn mailbox_digest(&self, address: &str) -> String {
        self.digest("mailbox", &mailbox_bytes(address))
    }

    /// [`Keys::mailbox_digest`] under every secret, the present one first.
    pub fn mailbox_digests(&self, address: &str) -> Vec<String> {
        self.digests("mailbox", &mailbox_bytes(address))
    }

    /// Keyed digest of a person, by which the registers know him. `identity` is the normalised number with its
    /// country, as detection gives it (`Finding::identity`).
    pub fn person_digest(&self, identity: &str) -> String {
        self.digest("person", identity.as_bytes())
    }

    /// Keyed digest of a case reference, however it is spaced and capitalised.
    pub fn case_digest(&self, reference: &str) -> String {
        let plain: String = reference.split_whitespace().collect::<Vec<_>>().join(" ").to_uppercase();
        self.digest("case", plain.as_bytes())
    }
}

fn mailbox_bytes(address: &str) -> Vec<u8> {
    address.trim().to_lowercase().into_bytes()
}

fn seal(key: &RandomizedNonceKey, row: &[u8], plain: &[u8]) -> Vec<u8> {
    let mut body = plain.to_vec();
    // Fails only for payloads beyond AES-GCM's 64 GiB.
    let nonce = key.seal_in_place_append_tag(Aad::from(row), &mut body).expect("a payload under 64 GiB");
    let mut sealed = nonce.as_ref().to_vec();
    sealed.append(&mut body);
    sealed
}

fn open(key: &RandomizedNonceKey, row: &[u8], sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
    let (nonce, body) = sealed.split_at_checked(NONCE_LEN).ok_or(OpenError)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| OpenError)?;
    let mut body = body.to_vec();
    let plain = key.open_in_place(nonce, Aad::from(row), &mut body).map_err(|_| OpenError)?;
    Ok(plain.to_vec())
}

/// Prints the fingerprint, never a key.
impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").field("fingerprint", &self.fingerprint).finish_non_exhaustive()
    }
}

/// Refuses a file that anyone but its owner may read or write.
pub fn refuse_wide_mode(path: &Path, mode: u32) -> Result<(), KeyFileError> {
    let mode = mode & 0o7777;
    if mode & 0o077 == 0 { Ok(()) } else { Err(KeyFileError::Permissions { path: path.to_owned(), mode }) }
}

/// Writes a new file of mode 0600 that appears whole or not at all, and never replaces one.
///
/// The bytes go to a second name first; the hard link to the final name fails if that exists, and is
/// made only after the bytes are durable. A crash between leaves the second name behind, nothing else.
pub fn write_new_private(path: &Path, bytes: &[u8]) -> Result<(), KeyFileError> {
    let io = |source: std::io::Error| match source.kind() {
        ErrorKind::AlreadyExists => KeyFileError::Exists(path.to_owned()),
        _ => KeyFileError::Io { path: path.to_owned(), source },
    };
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}", super::MessageId::random()));
    let draft = PathBuf::from(name);
    let written = (|| {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::hard_link(&draft, path)
    })();
    let removed = std::fs::remove_file(&draft);
    written.map_err(io)?;
    removed.map_err(io)?;
    sync_directory_of(path).map_err(io)
}

/// Makes the names in the file's directory durable.
pub fn sync_directory_of(path: &Path) -> std::io::Result<()> {
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    File::open(parent)?.sync_all()
}

fn expand(prk: &hkdf::Prk, label: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    // 32 bytes are far below HKDF's limit of 255 blocks, so this cannot fail.
    prk.expand(&[label], hkdf::HKDF_SHA256).and_then(|okm| okm.fill(&mut *key)).expect("one block of HKDF output");
    key
}

fn tag(key: &hmac::Key, fields: &[&[u8]]) -> [u8; TAG_LEN] {
    let mut context = hmac::Context::with_key(key);
    for field in fields {
        context.update(&(field.len() as u64).to_be_bytes());
        context.update(field);
    }
    let mut short = [0; TAG_LEN];
    short.copy_from_slice(&context.sign().as_ref()[..TAG_LEN]);
    short
}

fn matches(key: &hmac::Key, fields: &[&[u8]], text: &str) -> bool {
    HEXLOWER
        .decode(text.as_bytes())
        .is_ok_and(|given| constant_time::verify_slices_are_equal(&given, &tag(key, fields)).is_ok())
}

#[cfg(test)]
mod tests;
