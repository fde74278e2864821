//! The secret's file and the store belong together; and how a secret is exchanged.
//!
//! ```text
//! a new secret is added to the file         nothing is made with it yet; every process reads the file anew
//! the store is bound to it  ([`bind`])      what is new is made with it; the earlier one still finds and opens
//! the earlier one is forgotten ([`forget`]) once nothing in the store needs it; then it leaves the file
//! ```
//!
//! A digest cannot be made anew without the number or name that it is of. It keeps its secret until what it belongs to
//! ends. What is encrypted is encrypted anew before a secret is forgotten.

use std::path::Path;

use jiff::Timestamp;
use jiff::civil::Date;

use super::hold::COPIES_WITHIN;
use crate::audit::{Actor, Event};
use crate::message::{KeyFileError, Keys, SecretName};
use crate::store::{SecretText, SecretUses, Store, StoreError, TextPlace};

/// Why the keys cannot be used with this store, or cannot be exchanged. The administrator's to mend.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error(transparent)]
    File(#[from] KeyFileError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the file holds no secret with the number {0}")]
    NoSuch(u32),
    #[error("the store is bound to secret {0}: it is the one in use")]
    InUse(u32),
    /// A later one would stay behind unused.
    #[error("secret {0} is in the file and not in use yet: run `sluss keys use-secret {0}` first")]
    Waiting(u32),
}

/// Reads the secret and compares its fingerprint with the store's.
///
/// A store that has never had a secret gets this one; with `create` it is made when there is no file.
/// A store that has one is never given another by this: its digests and outbox would be lost. Of several secrets the
/// one that the store is bound to is present.
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
    if !stored.is_some_and(|stored| keys.bind(&stored)) {
        let event = Event::SecretMade { fingerprint: keys.fingerprint().to_owned() };
        store.bind_secret(keys.fingerprint(), &event.entry(&Actor::System, now)).await?;
    }
    Ok(keys)
}

/// Takes in that the store was bound to another secret of the file meanwhile; true when it was. One that the file did
/// not hold when it was read is left alone: what is made with it cannot be read before a restart.
pub async fn follow(store: &dyn Store, keys: &Keys) -> Result<bool, StoreError> {
    let stored = store.secret_fingerprint().await?;
    Ok(stored.is_some_and(|stored| stored != keys.fingerprint() && keys.bind(&stored)))
}

/// The number of a secret that is in the file and later than the one in use.
pub fn waiting(keys: &Keys) -> Option<u32> {
    keys.names().first().map(|newest| newest.number).filter(|&number| number > keys.number())
}

/// Binds the store to this secret of the file: from now on it is the present one.
pub async fn bind(
    store: &dyn Store,
    keys: &Keys,
    number: u32,
    actor: &Actor,
    now: Timestamp,
) -> Result<(), SecretError> {
    let to = named(keys, number)?;
    if number == keys.number() {
        return Err(SecretError::InUse(number));
    }
    let from = keys.fingerprint().to_owned();
    let event = Event::SecretExchanged { number, fingerprint: to.fingerprint.clone() };
    store.rebind_secret(&from, &to.fingerprint, &event.entry(actor, now)).await?;
    keys.bind(&to.fingerprint);
    Ok(())
}

/// What of the store still needs this secret: digests alone, of what has not ended today.
pub async fn uses(store: &dyn Store, number: u32, now: Timestamp, today: Date) -> Result<SecretUses, StoreError> {
    let copies_since = now.saturating_sub(COPIES_WITHIN).unwrap_or(Timestamp::MIN);
    store.secret_uses(number, today, copies_since).await
}

/// Encrypts anew what was encrypted under an earlier secret, waiting notices and texts of the registers; how many. What
/// no secret opens stays as it is: nobody loses by that.
pub async fn renew(store: &dyn Store, keys: &Keys) -> Result<u64, StoreError> {
    let mut renewed = 0;
    for place in TextPlace::ALL {
        let mut after = None;
        loop {
            let page = store.secret_texts(place, after).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            for text in &page {
                if let Some(sealed) = renewed_text(keys, text)
                    && store.renew_text(text, &sealed).await?
                {
                    renewed += 1;
                }
            }
        }
    }
    Ok(renewed)
}

/// What came of the wish to forget a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Forgetting {
    /// Nothing needs it: it may leave the file.
    Forgotten,
    Needed(SecretUses),
}

/// Encrypts anew what can be, and records that this secret is forgotten, unless something needs it. The caller then
/// takes it out of the file.
pub async fn forget(
    store: &dyn Store,
    keys: &Keys,
    number: u32,
    actor: &Actor,
    now: Timestamp,
    today: Date,
) -> Result<Forgetting, SecretError> {
    let name = named(keys, number)?;
    if number == keys.number() {
        return Err(SecretError::InUse(number));
    }
    renew(store, keys).await?;
    let uses = uses(store, number, now, today).await?;
    if uses.any() {
        return Ok(Forgetting::Needed(uses));
    }
    let event = Event::SecretForgotten { number, fingerprint: name.fingerprint };
    store.append(&event.entry(actor, now)).await?;
    Ok(Forgetting::Forgotten)
}

fn named(keys: &Keys, number: u32) -> Result<SecretName, SecretError> {
    keys.names().into_iter().find(|name| name.number == number).ok_or(SecretError::NoSuch(number))
}

fn renewed_text(keys: &Keys, text: &SecretText) -> Option<Vec<u8>> {
    let bound = bound_to(text.place, &text.id);
    let renewed = match text.place {
        TextPlace::Outbox => keys.renew_outbox(&bound, &text.sealed),
        _ => keys.renew_register(&bound, &text.sealed),
    };
    renewed.ok().flatten()
}

/// What a text is bound to: a notice to its id, an entry to the register's kind and its id.
pub fn bound_to(place: TextPlace, id: &[u8; 16]) -> Vec<u8> {
    let kind: &[u8] = match place {
        TextPlace::Outbox => b"",
        TextPlace::Consent => b"consent",
        TextPlace::Order => b"order",
        TextPlace::Team => b"team",
        TextPlace::Account => b"account",
        TextPlace::Exception => b"exception",
    };
    [kind, id].concat()
}
