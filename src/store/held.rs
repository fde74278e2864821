//! A held message as the store knows it: words, times, digests and opaque bytes.

use jiff::Timestamp;

use super::chain::Entry;
use super::disclosure::MailboxDigest;
use super::outbox::NewNotice;
use super::review::NewReview;
use super::state::{RecipientState, Route, State};
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
    /// Marked private by its sender.
    pub private: bool,
    /// A second person has to agree to its release.
    pub four_eyes: bool,
    /// Reference of the decision that its expiry rests on.
    pub keep_decision: Option<String>,
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
    /// Keyed digests of Message-ID and reverse path, one for each secret; none without a Message-ID. All are looked for,
    /// and the message stands under the first.
    pub copy_digests: Vec<String>,
    /// Keyed digest of addresses and body: equal for what was sent twice.
    pub duplicate_digests: Vec<String>,
    /// Copies held after this time share reference and notice.
    pub copies_since: Timestamp,
    /// Keyed digests of the identifiers found.
    pub value_digests: Vec<String>,
    /// Keyed digests of the sender's and the recipients' mailboxes, sorted, each once.
    pub mailbox_digests: Vec<MailboxDigest>,
    /// Number of envelope recipients.
    pub recipients: usize,
    /// Names of the keys that evidence and content are sealed to, sorted.
    pub sealed_to: Vec<String>,
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
    /// While releasing, or being mailed back: when the next attempt is due.
    pub next_attempt: Option<Timestamp>,
    /// When its sender asked for a review.
    pub review_asked: Option<Timestamp>,
    /// Code of the exception that its sender asks for.
    pub exception: Option<String>,
    /// Of the release that is under way, or was the last.
    pub route: Route,
    /// Somebody has asked for a release, and somebody else has to agree. It may have lapsed.
    pub request: Option<Request>,
    /// On legal hold: reference of what asks for it. Nothing of it is deleted.
    pub kept: Option<String>,
    /// Returned: until when the content stays.
    pub content_until: Option<Timestamp>,
}

/// A release that somebody has asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// As in the audit chain: `operator:NAME`.
    pub by: String,
    pub at: Timestamp,
    pub route: Route,
}

/// A request to be written.
#[derive(Clone, Debug)]
pub struct NewRequest {
    pub route: Route,
    /// Requests from before have lapsed, and another one takes their place.
    pub not_before: Timestamp,
    /// The message will not expire before.
    pub keep_until: Timestamp,
}

/// How a release begins.
#[derive(Clone, Debug)]
pub struct NewRelease {
    pub route: Route,
    /// Positions of recipients that it is not for.
    pub withheld: Vec<usize>,
    /// Needed where the message asks for two persons, unless waiting for the second is the greater harm.
    pub agreement: Option<Agreement>,
    /// It does not wait for a second person; somebody looks at it afterwards, by the time stated.
    pub review: Option<NewReview>,
}

/// A second person agrees to a request; who that is stands in the entry.
#[derive(Clone, Copy, Debug)]
pub struct Agreement {
    /// The request as it was seen.
    pub requested_at: Timestamp,
    /// Requests from before have lapsed.
    pub not_before: Timestamp,
}

/// A return to the sender.
#[derive(Clone, Debug)]
pub struct NewReturn {
    pub content_until: Timestamp,
    /// It is to be mailed back; the first attempt is due at once.
    pub mail_back: bool,
    pub notice: NewNotice,
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
