//! What stands encrypted in an entry: texts and addresses, as JSON under the sub-key `register`, bound to the kind
//! and the id of the entry.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::message::Keys;
use crate::quarantine::secret::bound_to;
use crate::store::{RegisterId, TextPlace};

/// A kind of entry; what is sealed for one opens for no other.
pub(super) trait Sealed: Serialize + DeserializeOwned {
    const PLACE: TextPlace;
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
    const PLACE: TextPlace = TextPlace::Consent;
}

impl Sealed for OrderText {
    const PLACE: TextPlace = TextPlace::Order;
}

impl Sealed for TeamText {
    const PLACE: TextPlace = TextPlace::Team;
}

pub(super) fn seal<T: Sealed>(keys: &Keys, id: RegisterId, text: &T) -> Result<Vec<u8>, serde_json::Error> {
    Ok(keys.seal_register(&bound_to(T::PLACE, &id.0), &serde_json::to_vec(text)?))
}

/// `None`: damaged, of another entry, or sealed under another secret.
pub(super) fn open<T: Sealed>(keys: &Keys, id: RegisterId, sealed: &[u8]) -> Option<T> {
    let plain = keys.open_register(&bound_to(T::PLACE, &id.0), sealed).ok()?;
    serde_json::from_slice(&plain).ok()
}
