//! Notices that wait for delivery. Payloads are encrypted by the caller and erased at the end.

use std::fmt;

use jiff::Timestamp;

use super::link::NewLink;
use crate::message::MessageId;

/// Made as a [`MessageId`] is; the payload is bound to them, so a payload copied to another row does not open.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct NoticeId(pub [u8; 16]);

impl NoticeId {
    pub fn random() -> Self {
        NoticeId(MessageId::random().0)
    }
}

impl fmt::Debug for NoticeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

/// A notice to be stored.
#[derive(Clone, Debug)]
pub struct NewNotice {
    pub id: NoticeId,
    /// `ABCD-2345`. For the notice of a hold the store writes the reference it settled on.
    pub reference: Option<String>,
    /// [`crate::message::Keys::seal_outbox`] under the id.
    pub payload: Vec<u8>,
    /// Keyed digest of what it is about, one for each secret: notices of one topic may be sent as one. Stored is the one
    /// that others wait under, else the first; erased at the end, too.
    pub topics: Vec<String>,
    /// Since when it is owed: its age counts from here.
    pub created_at: Timestamp,
    /// First attempt not before.
    pub due: Timestamp,
    /// Of the token in the payload; stored under the notice's reference.
    pub link: Option<NewLink>,
}

/// A notice taken for one delivery attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxItem {
    pub id: NoticeId,
    pub reference: Option<String>,
    pub payload: Vec<u8>,
    pub topic: Option<String>,
    pub created_at: Timestamp,
    /// When this attempt was due.
    pub due: Timestamp,
    /// Attempts so far, this one included.
    pub attempts: u32,
}
