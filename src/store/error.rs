//! What can go wrong in a store, and whose fault it is.

use std::path::PathBuf;

use super::state::State;

/// A step that did not happen. Nothing of it is in the store, except where a variant says so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Another process holds the database longer than the busy timeout. Temporary.
    #[error("the database is locked")]
    Busy,
    /// No space for it. Temporary, for the administrator to mend.
    #[error("no space is left for the database")]
    Full,
    /// The database or its file system failed (a write or sync error, damage). Nothing is known of the
    /// state of its pages, so nothing new is taken until a restart has recovered it.
    #[error("the database failed ({0}); nothing is taken until a restart")]
    Broken(String),
    /// It could not be used this time, for another reason. Temporary.
    #[error("the database cannot be used: {0}")]
    Unavailable(String),
    /// The message is not in a state that allows the step.
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// The store was made with another secret. The administrator's fault.
    #[error("this store belongs to another secret file (fingerprint {stored})")]
    OtherSecret { stored: String },
}

/// Compare-and-set said no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    #[error("there is no such message")]
    NotFound,
    #[error("the message is {}", .0.as_str())]
    State(State),
    /// Somebody else is at it, with a lease that has not run out.
    #[error("another process is releasing the message")]
    Leased,
    /// The lease ran out and somebody else took over.
    #[error("another process has taken over the release")]
    LeaseLost,
    /// The same of a notice; or it has ended.
    #[error("another process has taken the notice over")]
    NoticeTaken,
    /// Not every recipient has accepted.
    #[error("not every recipient has accepted the message")]
    Unsettled,
    /// A second person has to agree first.
    #[error("the message needs a second person: somebody else has to agree to its release")]
    SecondPerson,
    /// There is no request to agree to, or another one than was seen.
    #[error("nobody has asked for a release of the message, or the request has lapsed")]
    NoRequest,
    /// Another person's request is open.
    #[error("another person has asked for a release of the message: agree to it (--approve), or wait until it lapses")]
    Requested,
    /// Who asks cannot agree.
    #[error("whoever has asked for a release cannot agree to it")]
    SamePerson,
    /// On legal hold.
    #[error("the message is kept: nothing of it is deleted until it is no longer (unkeep)")]
    Kept,
    #[error("the message is not kept")]
    NotKept,
    /// Its expiry was told before, or is not near any more.
    #[error("there is nothing to warn of")]
    Warned,
    /// No consent, order or team has this id.
    #[error("there is no such entry in the register")]
    NotRegistered,
    /// Somebody else has changed meanwhile what a plan was made from.
    #[error("the store has changed since it was planned")]
    Outdated,
    /// Withdrawn or ended before.
    #[error("the entry has ended already")]
    Ended,
    /// The address has one.
    #[error("there is an account for this address already")]
    Known,
    #[error("there is no such account")]
    NoAccount,
    /// A team cannot rest on somebody else's consent.
    #[error("the consent is another person's")]
    OtherPerson,
}

/// Why a store could not be opened. The administrator's to mend, except [`OpenError::Store`].
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: std::io::Error },
    /// SQLite's locks and syncs cannot be trusted there.
    #[error("{path}: lies on a network file system ({kind}); SQLite needs a local one")]
    NetworkFileSystem { path: PathBuf, kind: &'static str },
    #[error("{path}: mode is {mode:04o}, everybody has access; it should be 0600")]
    Exposed { path: PathBuf, mode: u32 },
    /// A server under whose settings a commit may be forgotten.
    #[error("{place}: runs with {setting} = {value}; it must be on, or what was held can be lost")]
    Unsafe { place: String, setting: &'static str, value: String },
    /// `place` is a file, or a server's address without password.
    #[error("{place}: made by a newer version (schema {found}, this version knows {known})")]
    TooNew { place: String, found: i64, known: i64 },
    #[error("{place}: {source}")]
    Store { place: String, source: StoreError },
}
