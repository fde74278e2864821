//! Durable state behind one trait: held messages, audit events, outbox, registers, daily totals.
//!
//! The store never knows the meaning of sealed bytes. A [`StoreReceipt`] exists only when the
//! transaction that stored a sealed message has committed durably.
//!
//! Every method is one transaction: it happens wholly and durably, or not at all. The audit entry of
//! a step is written in the step's own transaction. A step that finds the message in another state
//! than it needs changes nothing and answers [`Conflict`]. After an I/O error the store is
//! [`Health::Broken`]: nothing new is written until a restart, because nobody knows which pages the
//! disk has.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use crate::message::{LinkDigest, MessageId};

pub mod account;
pub mod bypass;
pub mod chain;
pub mod disclosure;
pub mod error;
pub mod held;
pub mod keys;
pub mod link;
pub mod outbox;
pub mod postgres;
pub mod prune;
pub mod queue;
pub mod receipt;
pub mod record;
pub mod register;
pub mod review;
mod sql;
pub mod sqlite;
pub mod state;
pub mod totals;

#[cfg(test)]
mod account_contract;
#[cfg(test)]
mod contract;
#[cfg(test)]
mod keys_contract;
#[cfg(test)]
mod lifecycle_contract;
#[cfg(test)]
mod link_contract;
#[cfg(test)]
mod queue_contract;
#[cfg(test)]
mod record_contract;
#[cfg(test)]
mod register_contract;
#[cfg(test)]
mod retention_contract;

pub use account::{
    AccountId, AccountRow, AccountStore, Attempt, Enrolled, NewEnrolment, SecondFactor, SessionRow, TokenDigest,
};
pub use bypass::{Bypass, BypassCount, NewBypass};
pub use chain::{Entry, Head, Link};
pub use disclosure::{DisclosedTo, MailboxDigest, MailboxRole, NewDisclosure, SealedAddress};
pub use error::{Conflict, OpenError, StoreError};
pub use held::{
    Agreement, Claim, Filter, HeldMessage, NewHeld, NewRelease, NewRequest, NewReturn, QueueRecord, RecipientRow,
    Request, Swept,
};
pub use keys::{Resealed, ResealedAddresses, SealCount, SecretText, SecretUses, TextPlace};
pub use link::{NewLink, SenderLink};
pub use outbox::{NewNotice, NoticeId, OutboxItem};
pub use prune::{Cut, PRUNE_LINKS, PRUNE_MESSAGES, Pruning, Removed};
pub use queue::{FalseAlarmRow, FalseFinding, Order, QueueCount, QueueFilter, QueuePage, QueueStore};
pub use receipt::StoreReceipt;
pub use record::{RecordFilter, RecordPlace, RecordStore};
pub use register::{ConsentRow, OrderRow, RegisterId, Registered, TeamRow};
pub use review::{ExceptionRow, NewReview, Outcome, ReviewRow, ReviewStore};
pub use sql::Database;
pub use state::{RecipientState, Route, State};
pub use totals::{Reconciliation, Total};

/// What every method of [`Store`] returns: a future that is safe to drop. A dropped step has either
/// committed or left nothing.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Where a store is and who writes to it.
#[derive(Clone, Debug)]
pub enum Settings {
    Sqlite(sqlite::Settings),
    Postgres(postgres::Settings),
}

impl From<sqlite::Settings> for Settings {
    fn from(settings: sqlite::Settings) -> Self {
        Settings::Sqlite(settings)
    }
}

impl From<postgres::Settings> for Settings {
    fn from(settings: postgres::Settings) -> Self {
        Settings::Postgres(settings)
    }
}

/// Whether the store may be relied on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    Good,
    /// An I/O error or damage was seen; the text says which. Lasts until restart.
    Broken(String),
}

/// Held mail, audit, outbox and totals in one database. Leases run by the database's clock, so that
/// two processes never disagree about them; all other times come from the caller.
pub trait Store: AccountStore + QueueStore + RecordStore + ReviewStore + Send + Sync {
    /// Good until an I/O error was seen. Does not touch the database.
    fn healthy(&self) -> Health;

    /// Checks that the database can be read and written: not broken, not locked, space left.
    fn ping(&self) -> Answer<'_, ()>;

    /// Now, by the clock that leases run by.
    fn clock(&self) -> Answer<'_, Timestamp>;

    /// Stores queue record, evidence, content, recipients, notice and audit entry. The receipt is made
    /// after the commit, which holds that come at the same moment share. Where the outcome of the commit is unknown
    /// the message is read by id first.
    fn hold(&self, new: NewHeld) -> Answer<'_, StoreReceipt>;

    fn message(&self, id: MessageId) -> Answer<'_, Option<HeldMessage>>;

    /// At most [`LIST_PAGE`] messages; a shorter page is the last one.
    fn list<'a>(&'a self, filter: &'a Filter) -> Answer<'a, Vec<HeldMessage>>;

    /// In the order of the envelope.
    fn recipients(&self, id: MessageId) -> Answer<'_, Vec<RecipientRow>>;

    fn evidence(&self, id: MessageId) -> Answer<'_, Option<Vec<u8>>>;

    fn content(&self, id: MessageId) -> Answer<'_, Option<Vec<u8>>>;

    /// A person asks for a release, and another one has to agree. The message stays held. An open request of somebody
    /// else is [`Conflict::Requested`]; one's own is replaced.
    fn request_release<'a>(&'a self, id: MessageId, request: &'a NewRequest, entry: &'a Entry) -> Answer<'a, ()>;

    /// held → releasing, with a lease. Recipients that it is for are pending again, whatever they answered before,
    /// unless they have accepted. Where the message asks for two persons, the entry's actor must be another one
    /// than has asked for it.
    fn start_release<'a>(
        &'a self,
        id: MessageId,
        owner: &'a str,
        lease: Duration,
        start: &'a NewRelease,
        entry: &'a Entry,
    ) -> Answer<'a, Claim>;

    /// Takes a message that is releasing, or returned and to be mailed back, and whose lease has run out or was given
    /// back.
    fn resume_release<'a>(&'a self, id: MessageId, owner: &'a str, lease: Duration) -> Answer<'a, Claim>;

    /// Messages that are releasing or being mailed back, due at `now` and free to be taken.
    fn due_releases(&self, now: Timestamp) -> Answer<'_, Vec<MessageId>>;

    /// Extends the lease, counted from now.
    fn renew<'a>(&'a self, claim: &'a Claim, lease: Duration) -> Answer<'a, ()>;

    /// Records what one recipient's next hop said.
    fn record_recipient<'a>(
        &'a self,
        claim: &'a Claim,
        recipient: &'a RecipientRow,
        entry: Option<&'a Entry>,
    ) -> Answer<'a, ()>;

    /// Records that one recipient's next hop has accepted, and keeps who that is, sealed, as long as the audit chain.
    fn record_accepted<'a>(
        &'a self,
        claim: &'a Claim,
        recipient: &'a RecipientRow,
        disclosed: &'a SealedAddress,
        entry: &'a Entry,
    ) -> Answer<'a, ()>;

    /// Gives the lease back; the next attempt is due at `next`.
    fn postpone_release<'a>(&'a self, claim: &'a Claim, next: Timestamp) -> Answer<'a, ()>;

    /// releasing → released, with the answer to who asked for it. Only when every recipient has accepted.
    fn finish_release<'a>(
        &'a self,
        claim: &'a Claim,
        answer: Option<&'a NewNotice>,
        entry: &'a Entry,
    ) -> Answer<'a, ()>;

    /// releasing → held, marked as failed, with the notices that tell of it. It will not expire before
    /// `keep_until`.
    fn fail_release<'a>(
        &'a self,
        claim: &'a Claim,
        keep_until: Timestamp,
        notices: &'a [NewNotice],
        entry: &'a Entry,
    ) -> Answer<'a, ()>;

    /// releasing → held, when everybody whom it was for has accepted, with the notices that tell of it. It will not
    /// expire before `keep_until`.
    fn end_in_part<'a>(
        &'a self,
        claim: &'a Claim,
        keep_until: Timestamp,
        notices: &'a [NewNotice],
        entry: &'a Entry,
    ) -> Answer<'a, ()>;

    /// held → returned; evidence and content stay until its time.
    fn return_to_sender<'a>(&'a self, id: MessageId, new: &'a NewReturn, entry: &'a Entry) -> Answer<'a, ()>;

    /// It was mailed back, or will not be.
    fn end_return<'a>(&'a self, claim: &'a Claim, notice: Option<&'a NewNotice>, entry: &'a Entry) -> Answer<'a, ()>;

    /// Puts a message on legal hold, in whatever state, while something of it is there.
    fn keep<'a>(&'a self, id: MessageId, decision: &'a str, entry: &'a Entry) -> Answer<'a, ()>;

    /// Takes it off. It will not expire before `keep_until`, and is warned of again.
    fn unkeep<'a>(&'a self, id: MessageId, keep_until: Timestamp, entry: &'a Entry) -> Answer<'a, ()>;

    /// Others that the same sender has sent to the same recipients with the same body, in order of `held_at`.
    fn duplicates(&self, id: MessageId) -> Answer<'_, Vec<HeldMessage>>;

    /// Messages in state held that nobody was warned of and that expire within `before` of `now`; not in the first half
    /// of their time.
    fn to_warn(&self, now: Timestamp, before: SignedDuration) -> Answer<'_, Vec<HeldMessage>>;

    /// Remembers that its expiry was told, once, and adds the notice.
    fn warn<'a>(&'a self, id: MessageId, notice: Option<&'a NewNotice>, entry: &'a Entry) -> Answer<'a, ()>;

    /// held → discarded, with the answer to who asked for a review; evidence and content are deleted. Not on legal hold.
    fn discard<'a>(&'a self, id: MessageId, answer: Option<&'a NewNotice>, entry: &'a Entry) -> Answer<'a, ()>;

    /// What a sender's link leads to; it stays while some copy is held or being released.
    fn link<'a>(&'a self, digest: &'a LinkDigest) -> Answer<'a, Option<SenderLink>>;

    /// Notes on those of the messages that are held, and whose sender had not, that he asks for a review, each with
    /// its entry; adds the notice when there was one. How many were noted.
    fn ask_review<'a>(&'a self, asked: &'a [(MessageId, Entry)], notice: Option<&'a NewNotice>) -> Answer<'a, usize>;

    /// Messages in state held, not on legal hold, whose time was over at `now`.
    fn expired(&self, now: Timestamp) -> Answer<'_, Vec<HeldMessage>>;

    /// held → expired, only if its time was over at the entry's time; evidence and content are deleted.
    fn expire<'a>(&'a self, id: MessageId, notice: Option<&'a NewNotice>, entry: &'a Entry) -> Answer<'a, ()>;

    /// Deletes the content of a message in a final state. Does nothing when there is none, or it has to stay.
    fn delete_content(&self, id: MessageId) -> Answer<'_, ()>;

    /// Deletes what final states no longer need: links and content at once, or when a return is over, evidence at `expires_at`;
    /// nothing of what is on legal hold; then gives
    /// the freed space back.
    fn sweep(&self, now: Timestamp) -> Answer<'_, Swept>;

    /// Appends an entry that belongs to no other step.
    fn append<'a>(&'a self, entry: &'a Entry) -> Answer<'a, ()>;

    /// The last link of every chain.
    fn audit_heads(&self) -> Answer<'_, Vec<Head>>;

    /// Links of one chain after `sequence`, in order, at most [`LIST_PAGE`].
    fn audit_links<'a>(&'a self, writer: &'a str, sequence: i64) -> Answer<'a, Vec<Link>>;

    /// Names of all writers with links or a head, sorted.
    fn audit_writers(&self) -> Answer<'_, Vec<String>>;

    /// Name of the chain that this process appends to.
    fn writer(&self) -> &str;

    /// Links of one chain after `sequence` that say where chains begin and end and what processes there were (events
    /// `anchored checkpoint pruned started stopped`), in order, at most [`LIST_PAGE`].
    fn audit_marks<'a>(&'a self, writer: &'a str, sequence: i64) -> Answer<'a, Vec<Link>>;

    /// Links of all chains about one message or disclosure, in order of time.
    fn audit_links_of(&self, id: MessageId) -> Answer<'_, Vec<Link>>;

    /// What the next step of retention deletes of the time before `before`: of each chain the oldest links, at most
    /// [`PRUNE_LINKS`] and never the last one, nor those from the first on that is about a message on legal hold; messages
    /// that had ended by then and are on no legal hold, and disclosures, at most
    /// [`PRUNE_MESSAGES`] of each. Changes nothing.
    fn prune_plan(&self, before: Timestamp) -> Answer<'_, Pruning>;

    /// Does what was planned, with the entries that prove it, which follow in this writer's chain.
    /// [`Conflict::Outdated`] when the store is not any more what the plan was made from.
    fn prune<'a>(&'a self, step: &'a Pruning, entries: &'a [Entry]) -> Answer<'a, ()>;

    /// Keeps to whom a mail goes that is not held.
    fn disclose<'a>(&'a self, new: &'a NewDisclosure, entry: &'a Entry) -> Answer<'a, ()>;

    /// Who got the mail with this id, held or not, in the order of the envelope.
    fn disclosed(&self, id: MessageId) -> Answer<'_, Vec<DisclosedTo>>;

    /// Held messages and disclosures in which this identifier was found, by its keyed digests, sorted.
    fn messages_of_value<'a>(&'a self, digests: &'a [String]) -> Answer<'a, Vec<MessageId>>;

    /// Held messages and disclosures from or to this mailbox, by its keyed digests, sorted.
    fn messages_of_mailbox<'a>(&'a self, digests: &'a [String]) -> Answer<'a, Vec<(MessageId, MailboxRole)>>;

    /// Adds a notice that belongs to no other step.
    fn outbox_add<'a>(&'a self, notice: &'a NewNotice) -> Answer<'a, ()>;

    /// Takes the notice that has been due longest at `now`, for [`OUTBOX_LEASE`].
    fn outbox_claim(&self, now: Timestamp) -> Answer<'_, Option<OutboxItem>>;

    /// Takes those of the item's topic that are due by `until` as well, to be sent with it, oldest first: what nobody
    /// has tried yet, or what was put off together with it. At most [`GATHERED`].
    fn outbox_claim_like<'a>(&'a self, item: &'a OutboxItem, until: Timestamp) -> Answer<'a, Vec<OutboxItem>>;

    // What became of a notice that was taken. Its attempt is the epoch of the lease: who was overtaken changes nothing,
    // and hears [`Conflict::NoticeTaken`].

    /// Delivered: the payload is erased.
    fn outbox_done<'a>(&'a self, taken: &'a OutboxItem) -> Answer<'a, ()>;

    /// Not delivered; to be taken again at `at`.
    fn outbox_retry<'a>(&'a self, taken: &'a OutboxItem, at: Timestamp) -> Answer<'a, ()>;

    /// Given up: the payload is erased.
    fn outbox_failed<'a>(&'a self, taken: &'a OutboxItem) -> Answer<'a, ()>;

    /// Notices that wait for delivery.
    fn outbox_waiting(&self) -> Answer<'_, u64>;

    /// Those of them whose time has come at `now`.
    fn outbox_due(&self, now: Timestamp) -> Answer<'_, u64>;

    /// Adds each count to its cell, all or none.
    fn add_totals<'a>(&'a self, totals: &'a [Total]) -> Answer<'a, ()>;

    /// Cells of the days `from` to `to` (inclusive, `YYYY-MM-DD`), sorted.
    fn totals<'a>(&'a self, from: &'a str, to: &'a str) -> Answer<'a, Vec<Total>>;

    fn reconcile(&self) -> Answer<'_, Reconciliation>;

    /// The bypass whose end has not been recorded, if there is one; its time may be over.
    fn bypass(&self) -> Answer<'_, Option<Bypass>>;

    /// Switches the bypass on, or changes until when, why and by whom of the one that is on.
    fn bypass_on<'a>(&'a self, new: &'a NewBypass, entry: &'a Entry) -> Answer<'a, Bypass>;

    /// Records the end of this bypass; false, and no entry, when somebody was quicker.
    fn bypass_end<'a>(&'a self, id: i64, at: Timestamp, entry: &'a Entry) -> Answer<'a, bool>;

    /// Bypasses whose beginning, change or end nobody has been told of.
    fn bypass_untold(&self) -> Answer<'_, Vec<Bypass>>;

    /// Adds the notices that tell of the bypass as it was seen; one that has ended is forgotten then. False,
    /// and no notice, when it has changed meanwhile or somebody was quicker.
    fn bypass_told<'a>(&'a self, seen: &'a Bypass, notices: &'a [NewNotice]) -> Answer<'a, bool>;

    /// Adds what went through while this bypass was on.
    fn bypass_count<'a>(&'a self, id: i64, counts: &'a [BypassCount]) -> Answer<'a, ()>;

    /// What went through so far, by unit.
    fn bypass_counts(&self, id: i64) -> Answer<'_, Vec<BypassCount>>;

    /// Remembers that the reminder so many days before the last day `until` (`YYYY-MM-DD`) was given for the
    /// channel, and adds its notice. False, and no notice, when it was given before.
    fn remind<'a>(
        &'a self,
        reminder: (&'a str, &'a str, i32),
        at: Timestamp,
        notice: Option<&'a NewNotice>,
    ) -> Answer<'a, bool>;

    /// Fingerprint of the secret this store was made with.
    fn secret_fingerprint(&self) -> Answer<'_, Option<String>>;

    /// Writes the fingerprint into a store that has none; another one there is
    /// [`StoreError::OtherSecret`].
    fn bind_secret<'a>(&'a self, fingerprint: &'a str, entry: &'a Entry) -> Answer<'a, ()>;

    /// Writes the fingerprint `to` into a store that has `from`; any other one there is
    /// [`StoreError::OtherSecret`].
    fn rebind_secret<'a>(&'a self, from: &'a str, to: &'a str, entry: &'a Entry) -> Answer<'a, ()>;

    /// What still needs the secret with this number: entries of registers that have not ended on the day `today`,
    /// copies held since then.
    fn secret_uses(&self, number: u32, today: Date, copies_since: Timestamp) -> Answer<'_, SecretUses>;

    /// What is encrypted under a secret in this place, in the order of its ids after `after`, at most [`LIST_PAGE`]; an
    /// empty page is the end.
    fn secret_texts(&self, place: TextPlace, after: Option<[u8; 16]>) -> Answer<'_, Vec<SecretText>>;

    /// Puts `sealed` in the place of what was read; false when that is no longer there.
    fn renew_text<'a>(&'a self, read: &'a SecretText, sealed: &'a [u8]) -> Answer<'a, bool>;

    /// What is sealed, by unit and keys, sorted: held messages, and the recipients of those that went out.
    fn seals(&self) -> Answer<'_, Vec<SealCount>>;

    /// Messages of the unit that are sealed to exactly these keys, in the order of their ids after `after`, at most
    /// [`LIST_PAGE`]; an empty page is the end.
    fn sealed_like<'a>(
        &'a self,
        unit: &'a str,
        sealed_to: &'a [String],
        after: Option<MessageId>,
    ) -> Answer<'a, Vec<HeldMessage>>;

    /// Puts evidence and content that were sealed anew in the place of those that were read. False, and no entry, when
    /// the message is sealed to other keys than were read, or its evidence or content has gone since.
    fn reseal<'a>(&'a self, new: &'a Resealed, entry: &'a Entry) -> Answer<'a, bool>;

    /// Mails of the unit of which the address of some recipient is sealed to exactly these keys, in the order of their
    /// ids after `after`, at most [`LIST_PAGE`]; an empty page is the end.
    fn disclosed_like<'a>(
        &'a self,
        unit: &'a str,
        sealed_to: &'a [String],
        after: Option<MessageId>,
    ) -> Answer<'a, Vec<MessageId>>;

    /// The same as [`Store::reseal`] for the addresses of who got a mail. False, and nothing is changed, when one of them
    /// is sealed to other keys than were read, or has gone since.
    fn reseal_disclosed<'a>(&'a self, new: &'a ResealedAddresses, entry: &'a Entry) -> Answer<'a, bool>;

    // Registers. Each change counts up [`Registered::changes`] and writes its entry in the same transaction.

    fn add_consent<'a>(&'a self, row: &'a ConsentRow, entry: &'a Entry) -> Answer<'a, ()>;

    /// Withdrawn at the entry's time, once.
    fn withdraw_consent<'a>(&'a self, id: RegisterId, entry: &'a Entry) -> Answer<'a, ()>;

    fn add_order<'a>(&'a self, row: &'a OrderRow, entry: &'a Entry) -> Answer<'a, ()>;

    /// `until` is its last day. An order that ends by then already has [`Conflict::Ended`].
    fn end_order<'a>(&'a self, id: RegisterId, until: Date, entry: &'a Entry) -> Answer<'a, ()>;

    /// A team's consent must be in the register, and of the same person.
    fn add_team<'a>(&'a self, row: &'a TeamRow, entry: &'a Entry) -> Answer<'a, ()>;

    /// Replaces consent, last day, opt-out and what is sealed; not of a team that has ended.
    fn change_team<'a>(&'a self, row: &'a TeamRow, entry: &'a Entry) -> Answer<'a, ()>;

    /// Ended at the entry's time, once.
    fn end_team<'a>(&'a self, id: RegisterId, entry: &'a Entry) -> Answer<'a, ()>;

    /// All entries, ended ones too.
    fn registers(&self) -> Answer<'_, Registered>;

    /// [`Registered::changes`] alone: cheap, to be asked often.
    fn register_changes(&self) -> Answer<'_, u64>;
}

/// Rows of one page of a listing.
pub const LIST_PAGE: usize = 500;

/// Most notices that are taken together with one.
pub const GATHERED: usize = 200;

/// How long a claimed notice is not given to anybody else.
pub const OUTBOX_LEASE: Duration = Duration::from_secs(15 * 60);
