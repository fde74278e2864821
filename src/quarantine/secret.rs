//! The secret's file and the store belong together.

use std::path::Path;

use jiff::Timestamp;

use crate::audit::{Actor, Event};
use crate::message::{KeyFileError, Keys};
use crate::store::{Store, StoreError};

/// Why the keys cannot be used with this store. The administrator's to mend.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error(transparent)]
    File(#[from] KeyFileError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Reads the secret and compares its fingerprint with the store's.
///
/// A store that has never had a secret gets this one; with `create` it is made when there is no file.
/// A store that has one never gets another: its digests and outbox would be lost.
pub async fn keys(store: &dyn Store, path: &Path, create: bool, now: Timestamp) -> Result<Keys, SecretError> {
    let stored = store.secret_fingerprint().await?;
    let keys = match Keys::from_file(path) {
        Err(KeyFileError::Missing(_)) if create && stored.is_none() => match Keys::create_file(path) {
            // Another process was quicker; its secret is ours.
            Err(KeyFileError::Exists(_)) => Keys::from_file(path)?,
            made => made?,
        },
        read => read?,
    };
    if stored.as_deref() != Some(keys.fingerprint()) {
        let event = Event::SecretMade { fingerprint: keys.fingerprint().to_owned() };
        store.bind_secret(keys.fingerprint(), &event.entry(&Actor::System, now)).await?;
    }
    Ok(keys)
}
