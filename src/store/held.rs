//! A held message as the store knows it: words, times, digests and opaque bytes.

use jiff::Timestamp;

use super::chain::Entry;
use super::disclosure::MailboxDigest;
use super::outbox::NewNotice;
use super::state::{RecipientState, State};
use crate::message::{MessageId, Reference};

/// Most bytes of sealed content in one row.
pub const CHUNK: usize = 1024 * 1024;

/// The queue record, the only part in clear. Words are those of configuration and JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueRecord {
    pub unit: String,
    /// Sorted.
    pub categories: Vec<String>,
    pub severity: String,
    /// Evidence levels of the recipients that did not meet the minimum, sorted, each once.
    pub channels: Vec<String>,
    /// `enforce`, or what made an observed mail be held.
    pub mode: String,
    pub urgent: bool,
    pub held_at: Timestamp,
    pub expires_at: Timestamp,
}

/// Everything that one hold writes, in one transaction.
#[derive(Clone, Debug)]
pub struct NewHeld {
    pub id: MessageId,
    /// Used when no earlier copy is found.
    pub reference: Reference,
    pub record: QueueRecord,
    /// Keyed digest of Message-ID and reverse path; `None` without a Message-ID.
    pub copy_digest: Option<String>,
    /// Copies held after this time share reference and notice.
    pub copies_since: Timestamp,
    /// Keyed digests of the identifiers found.
    pub value_digests: Vec<String>,
    /// Keyed digests of the sender's and the recipients' mailboxes, sorted, each once.
    pub mailbox_digests: Vec<MailboxDigest>,
    /// Number of envelope recipients.
    pub recipients: usize,
    pub evidence: Vec<u8>,
    pub content: Vec<u8>,
    /// Left out when an earlier copy made some.
    pub notices: Vec<NewNotice>,
    /// The store fills in the reference.
    pub entry: Entry,
}

/// A queue record as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldMessage {
    pub id: MessageId,
    pub reference: Reference,
    pub record: QueueRecord,
    pub state: State,
    /// A release was tried and did not reach everybody.
    pub release_failed: bool,
    /// When it reached a final state.
    pub ended_at: Option<Timestamp>,
    /// While releasing: when the next attempt is due.
    pub next_attempt: Option<Timestamp>,
}

/// Which messages [`super::Store::list`] returns, in order of `held_at`, then id.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub state: Option<State>,
    pub reference: Option<Reference>,
    /// Start after this one.
    pub after: Option<(Timestamp, MessageId)>,
}

/// One recipient of a held message, by its position in the envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecipientRow {
    pub position: usize,
    pub state: RecipientState,
    /// `550 5.1.1` of the last reply; never its text.
    pub reply: Option<String>,
}

/// The right to work on one release. Every step checks the epoch, so that a holder whose lease ran
/// out and was taken over can change nothing more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    pub id: MessageId,
    pub reference: Reference,
    pub unit: String,
    pub(super) epoch: i64,
    /// When the release began; 24 h later it is over.
    pub started: Timestamp,
    /// Attempts that ended with recipients pending.
    pub attempts: u32,
}

/// What a sweep removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Messages in a final state whose content was still there.
    pub contents: u64,
    /// Messages in a final state whose evidence had reached `expires_at`.
    pub evidences: u64,
}
