//! What stands encrypted in an entry: texts and addresses, as JSON under the sub-key `register`, bound to the kind
//! and the id of the entry.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::message::Keys;
use crate::store::RegisterId;

/// A kind of entry; what is sealed for one opens for no other.
pub(super) trait Sealed: Serialize + DeserializeOwned {
    const KIND: &'static [u8];
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ConsentText {
    pub purpose: String,
    /// Patterns as in the configuration.
    pub recipients: Vec<String>,
    /// A role.
    pub received_by: String,
    /// A case reference.
    pub documented: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OrderText {
    pub decided_by: String,
    pub reference: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TeamText {
    /// Legal basis.
    pub basis: String,
    pub members: Vec<Member>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Member {
    pub address: String,
    /// Unit or service.
    pub service: String,
}

impl Sealed for ConsentText {
    const KIND: &'static [u8] = b"consent";
}

impl Sealed for OrderText {
    const KIND: &'static [u8] = b"order";
}

impl Sealed for TeamText {
    const KIND: &'static [u8] = b"team";
}

pub(super) fn seal<T: Sealed>(keys: &Keys, id: RegisterId, text: &T) -> Result<Vec<u8>, serde_json::Error> {
    Ok(keys.seal_register(&[T::KIND, &id.0].concat(), &serde_json::to_vec(text)?))
}

/// `None`: damaged, of another entry, or sealed under another secret.
pub(super) fn open<T: Sealed>(keys: &Keys, id: RegisterId, sealed: &[u8]) -> Option<T> {
    let plain = keys.open_register(&[T::KIND, &id.0].concat(), sealed).ok()?;
    serde_json::from_slice(&plain).ok()
}
