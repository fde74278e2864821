//! Which keys what is stored depends on: the keys that held mail is sealed to, and the secrets of digests and texts.
//!
//! The store knows names and numbers of keys, never a key.

use crate::message::MessageId;

/// What of one unit is sealed to the same keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealCount {
    pub unit: String,
    /// Names, sorted; none for what a version without names has sealed.
    pub sealed_to: Vec<String>,
    /// Whose evidence is still there.
    pub messages: u64,
    /// Mails that went out, held before or not, with the address of somebody who got it.
    pub disclosed: u64,
}

/// Evidence and content of a message, sealed anew.
#[derive(Debug)]
pub struct Resealed {
    pub id: MessageId,
    /// The keys that were read.
    pub from: Vec<String>,
    pub to: Vec<String>,
    pub evidence: Vec<u8>,
    /// `None`: there was none any more.
    pub content: Option<Vec<u8>>,
}

/// Addresses of who got one mail, sealed anew.
#[derive(Debug)]
pub struct ResealedAddresses {
    pub id: MessageId,
    /// The keys that were read.
    pub from: Vec<String>,
    pub to: Vec<String>,
    /// Position in the envelope, and what is there from now on.
    pub addresses: Vec<(usize, Vec<u8>)>,
}

/// What still needs the secret with one number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SecretUses {
    /// Digests of identifiers and of mailboxes in mail, whatever its state: by them it is found again.
    pub values: u64,
    pub mailboxes: u64,
    /// Events that say which part of an audit chain was deleted, with a digest as their seal.
    pub checkpoints: u64,
    /// Held mail of which a copy may still come.
    pub copies: u64,
    /// Entries that have not ended.
    pub consents: u64,
    pub orders: u64,
    pub teams: u64,
    /// Accounts that are found by their address under it; a sign-in or a reset brings one under the present secret.
    pub accounts: u64,
}

impl SecretUses {
    pub fn any(&self) -> bool {
        *self != SecretUses::default()
    }
}

/// Where something stands that is encrypted under the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextPlace {
    Outbox,
    Consent,
    Order,
    Team,
    Account,
    Exception,
}

impl TextPlace {
    pub const ALL: [TextPlace; 6] = [
        TextPlace::Outbox,
        TextPlace::Consent,
        TextPlace::Order,
        TextPlace::Team,
        TextPlace::Account,
        TextPlace::Exception,
    ];
}

/// Something encrypted under the secret, as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretText {
    pub place: TextPlace,
    /// Of its row.
    pub id: [u8; 16],
    pub sealed: Vec<u8>,
}
