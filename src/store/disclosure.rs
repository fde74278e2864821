//! To whom confidential mail went, and by whose mailbox and number a mail is found again. Opaque bytes and keyed
//! digests.

use jiff::Timestamp;

use super::review::NewReview;
use crate::message::MessageId;

/// What a mailbox was to a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MailboxRole {
    Sender,
    Recipient,
}

impl MailboxRole {
    pub const ALL: [MailboxRole; 2] = [MailboxRole::Sender, MailboxRole::Recipient];

    /// The word in database and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            MailboxRole::Sender => "sender",
            MailboxRole::Recipient => "recipient",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        MailboxRole::ALL.into_iter().find(|role| role.as_str() == word)
    }
}

/// Keyed digest of a mailbox, and what it was to the mail.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MailboxDigest {
    pub role: MailboxRole,
    pub digest: String,
}

/// A confidential mail that goes on without having been held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDisclosure {
    /// Of no held message.
    pub id: MessageId,
    pub unit: String,
    pub at: Timestamp,
    pub value_digests: Vec<String>,
    pub mailbox_digests: Vec<MailboxDigest>,
    /// Each recipient, in the order of the envelope.
    pub recipients: Vec<SealedAddress>,
    /// Somebody has to look at it.
    pub review: Option<NewReview>,
}

/// The address of one recipient, sealed to the keys of the sender's unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedAddress {
    pub sealed: Vec<u8>,
    /// Names of the keys, sorted; none for what a version without names has sealed.
    pub sealed_to: Vec<String>,
}

/// One recipient who got a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisclosedTo {
    /// In the envelope.
    pub position: usize,
    pub address: SealedAddress,
}
