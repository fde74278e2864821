//! The installation's secret and the keys derived from it.
//!
//! `[secret] file` ([`Secrets`]) holds 32 random bytes, or several such secrets with their numbers. HKDF-SHA256
//! (RFC 5869) makes one key of each for each use: `stamp` (the header that detects loops), `digest` (keyed digests:
//! "same value again" without the value), `token` (links), `outbox` (payloads of notices until they are delivered),
//! `register` (texts of the registers).
//!
//! One secret is present: what is new is made with it. With the others what was made earlier, or by a process that
//! is ahead, is still found, matched and opened. Which one is present the store says: it is bound to it
//! ([`Keys::bind`]).

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::{constant_time, hkdf, hmac};
use data_encoding::HEXLOWER;
use zeroize::Zeroizing;

mod file;

pub use file::{
    FIRST, KeyFileError, SECRET_LEN, Secrets, refuse_wide_mode, replace_private, sync_directory_of, write_new_private,
};

/// HKDF salt: names application and version of this derivation.
const SALT: &[u8] = b"sluss secret 1";
/// Bytes of a digest and of a tag that are kept: 160 bits.
const TAG_LEN: usize = 20;
/// Label of the digests of copies.
const COPY: &str = "copy";

/// Sub-keys of all secrets of the file. Made once at start, shared by all rooms.
pub struct Keys {
    /// The highest number first; never empty.
    held: Vec<Derived>,
    /// Place in `held` of the one that is present.
    present: AtomicUsize,
}

/// Sub-keys of one secret.
struct Derived {
    number: u32,
    stamp: hmac::Key,
    digest: hmac::Key,
    token: hmac::Key,
    outbox: RandomizedNonceKey,
    register: RandomizedNonceKey,
    fingerprint: String,
}

/// A secret as it may be named: its number, and what tells it from others without revealing it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretName {
    pub number: u32,
    /// 32 hex digits.
    pub fingerprint: String,
}

/// A sealed payload is damaged, belongs to another row, or was sealed under another secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the payload cannot be opened with this secret")]
pub struct OpenError;

impl Keys {
    /// Of one secret, with the number that the first one of an installation has.
    pub fn derive(secret: &[u8; SECRET_LEN]) -> Self {
        Keys::of(&Secrets::first(secret))
    }

    /// Of all secrets of a file. The one with the highest number is present until the store says otherwise.
    pub fn of(secrets: &Secrets) -> Self {
        let held = secrets.iter().map(|(number, secret)| Derived::of(number, secret)).collect();
        Keys { held, present: AtomicUsize::new(0) }
    }

    /// Reads the secret's file.
    pub fn from_file(path: &Path) -> Result<Self, KeyFileError> {
        Ok(Keys::of(&Secrets::read(path)?))
    }

    /// Makes a new secret in a new file. Either the whole file is there afterwards, durably, or none.
    pub fn create_file(path: &Path) -> Result<Self, KeyFileError> {
        Ok(Keys::of(&Secrets::create_file(path)?))
    }

    /// Makes the secret with this fingerprint the present one; false when it is none of ours, and nothing changes.
    pub fn bind(&self, fingerprint: &str) -> bool {
        let place = self.held.iter().position(|keys| keys.fingerprint == fingerprint);
        if let Some(place) = place {
            // No other memory hangs on it: either secret is right while the store is bound anew.
            self.present.store(place, Ordering::Relaxed);
        }
        place.is_some()
    }

    /// Tells the present secret from others without revealing it; stored in the database. 32 hex digits.
    pub fn fingerprint(&self) -> &str {
        &self.present().fingerprint
    }

    /// Number of the present secret.
    pub fn number(&self) -> u32 {
        self.present().number
    }

    /// All secrets, the highest number first.
    pub fn names(&self) -> Vec<SecretName> {
        let name = |keys: &Derived| SecretName { number: keys.number, fingerprint: keys.fingerprint.clone() };
        self.held.iter().map(name).collect()
    }

    /// Keyed digest that all copies of one mail share, to several recipients or by a list: of its reverse
    /// path, empty for the null path, and its Message-ID.
    pub fn copy_digest(&self, reverse_path: &str, message_id: &str) -> String {
        self.digest(COPY, &copy_bytes(reverse_path, message_id))
    }

    /// [`Keys::copy_digest`] under every secret, the present one first.
    pub fn copy_digests(&self, reverse_path: &str, message_id: &str) -> Vec<String> {
        self.digests(COPY, &copy_bytes(reverse_path, message_id))
    }

    /// Keyed digest of `bytes` for the use named by `label`: the secret's number, `:` and 40 hex digits. Equal input
    /// gives equal text; without the secret nobody can try values.
    pub fn digest(&self, label: &str, bytes: &[u8]) -> String {
        self.present().digest(label, bytes)
    }

    /// The same under every secret, the present one first: what to look for in order to find the value.
    pub fn digests(&self, label: &str, bytes: &[u8]) -> Vec<String> {
        self.all().map(|keys| keys.digest(label, bytes)).collect()
    }

    /// Tag over the stamp's fields, 40 hex digits. Fields are length-prefixed before they are hashed.
    pub fn stamp_tag(&self, fields: &[&[u8]]) -> String {
        HEXLOWER.encode(&tag(&self.present().stamp, fields))
    }

    /// True when `text` is the tag of these fields; takes the same time wherever they differ.
    pub fn stamp_matches(&self, fields: &[&[u8]], text: &str) -> bool {
        self.all().any(|keys| matches(&keys.stamp, fields, text))
    }

    /// Tag of a link's fields, 40 hex digits.
    pub fn token_tag(&self, fields: &[&[u8]]) -> String {
        HEXLOWER.encode(&tag(&self.present().token, fields))
    }

    /// True when `text` is the tag of these fields; takes the same time wherever they differ.
    pub fn token_matches(&self, fields: &[&[u8]], text: &str) -> bool {
        self.all().any(|keys| matches(&keys.token, fields, text))
    }

    /// Encrypts an outbox payload, bound to the id of its row: nonce, ciphertext, tag.
    pub fn seal_outbox(&self, row: &[u8], plain: &[u8]) -> Vec<u8> {
        seal(&self.present().outbox, row, plain)
    }

    /// Opens what [`Keys::seal_outbox`] sealed for the same row, under whichever secret.
    pub fn open_outbox(&self, row: &[u8], sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        self.all().find_map(|keys| open(&keys.outbox, row, sealed).ok()).ok_or(OpenError)
    }

    /// The payload under the present secret; `None` when it is that already.
    pub fn renew_outbox(&self, row: &[u8], sealed: &[u8]) -> Result<Option<Vec<u8>>, OpenError> {
        match open(&self.present().outbox, row, sealed) {
            Ok(_) => Ok(None),
            Err(OpenError) => Ok(Some(self.seal_outbox(row, &self.open_outbox(row, sealed)?))),
        }
    }

    /// Encrypts what an entry of a register says, bound to its id: nonce, ciphertext, tag.
    pub fn seal_register(&self, id: &[u8], plain: &[u8]) -> Vec<u8> {
        seal(&self.present().register, id, plain)
    }

    /// Opens what [`Keys::seal_register`] sealed for the same id, under whichever secret.
    pub fn open_register(&self, id: &[u8], sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        self.all().find_map(|keys| open(&keys.register, id, sealed).ok()).ok_or(OpenError)
    }

    /// The entry under the present secret; `None` when it is that already.
    pub fn renew_register(&self, id: &[u8], sealed: &[u8]) -> Result<Option<Vec<u8>>, OpenError> {
        match open(&self.present().register, id, sealed) {
            Ok(_) => Ok(None),
            Err(OpenError) => Ok(Some(self.seal_register(id, &self.open_register(id, sealed)?))),
        }
    }

    /// Keyed digests of a person, by which the registers know him, one for each secret: a new entry stands under the
    /// first, the present one's, and keeps it. `identity` is the normalised number with its country, as detection
    /// gives it (`Finding::identity`).
    pub fn person_digests(&self, identity: &str) -> Vec<String> {
        self.digests("person", identity.as_bytes())
    }

    /// The same of a case reference, however it is spaced and capitalised.
    pub fn case_digests(&self, reference: &str) -> Vec<String> {
        let plain = reference.split_whitespace().collect::<Vec<_>>().join(" ").to_uppercase();
        self.digests("case", plain.as_bytes())
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

    /// Keyed digests of the address that somebody signs in with, the present secret's first, however it is capitalised.
    pub fn account_digests(&self, address: &str) -> Vec<String> {
        self.digests("account", &mailbox_bytes(address))
    }

    fn present(&self) -> &Derived {
        &self.held[self.present.load(Ordering::Relaxed)]
    }

    /// The present one, then the others.
    fn all(&self) -> impl Iterator<Item = &Derived> {
        let present = self.present();
        std::iter::once(present).chain(self.held.iter().filter(|keys| keys.number != present.number))
    }
}

impl Derived {
    fn of(number: u32, secret: &[u8; SECRET_LEN]) -> Self {
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, SALT).extract(secret);
        let sign = |label| hmac::Key::new(hmac::HMAC_SHA256, &*expand(&prk, label));
        // The key has the length the algorithm asks for, so this cannot fail.
        let seal = |label| RandomizedNonceKey::new(&AES_256_GCM, &*expand(&prk, label)).expect("a 32-byte key");
        Derived {
            number,
            stamp: sign(b"stamp"),
            digest: sign(b"digest"),
            token: sign(b"token"),
            outbox: seal(b"outbox"),
            register: seal(b"register"),
            fingerprint: HEXLOWER.encode(&expand(&prk, b"fingerprint")[..16]),
        }
    }

    fn digest(&self, label: &str, bytes: &[u8]) -> String {
        let tag = tag(&self.digest, &[label.as_bytes(), bytes]);
        format!("{}:{}", self.number, HEXLOWER.encode(&tag))
    }
}

fn copy_bytes(reverse_path: &str, message_id: &str) -> Vec<u8> {
    // A Message-ID has no line feed, so the two cannot run into one another.
    format!("{message_id}\n{reverse_path}").into_bytes()
}

fn mailbox_bytes(address: &str) -> Vec<u8> {
    address.trim().to_lowercase().into_bytes()
}

pub(super) fn seal(key: &RandomizedNonceKey, row: &[u8], plain: &[u8]) -> Vec<u8> {
    let mut body = plain.to_vec();
    // Fails only for payloads beyond AES-GCM's 64 GiB.
    let nonce = key.seal_in_place_append_tag(Aad::from(row), &mut body).expect("a payload under 64 GiB");
    let mut sealed = nonce.as_ref().to_vec();
    sealed.append(&mut body);
    sealed
}

pub(super) fn open(key: &RandomizedNonceKey, row: &[u8], sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
    let (nonce, body) = sealed.split_at_checked(NONCE_LEN).ok_or(OpenError)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| OpenError)?;
    let mut body = body.to_vec();
    let plain = key.open_in_place(nonce, Aad::from(row), &mut body).map_err(|_| OpenError)?;
    Ok(plain.to_vec())
}

/// Prints the present fingerprint, never a key.
impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").field("fingerprint", &self.fingerprint()).finish_non_exhaustive()
    }
}

pub(super) fn expand(prk: &hkdf::Prk, label: &[u8]) -> Zeroizing<[u8; 32]> {
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
