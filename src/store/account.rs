//! Accounts of people who sign in. Whose an account is is a keyed digest; address, password hash and the secret of the
//! codes are in `sealed`, which the caller encrypts under the account's id.
//!
//! A step that lets somebody in, or uses up what lets him in, is a compare-and-set: a code, a recovery code and a link
//! are each taken once, whoever comes at the same moment.

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};

use super::{Answer, Entry};
use crate::message::MessageId;

/// Written as 32 lower-case hex digits; names a person in the record of decisions.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(pub [u8; 16]);

impl AccountId {
    pub fn random() -> Self {
        AccountId(MessageId::random().0)
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        MessageId(self.0).fmt(f)
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for AccountId {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<MessageId>()
            .map(|id| AccountId(id.0))
            .map_err(|()| "an account is 32 hex digits, as `sluss user list` shows it")
    }
}

/// By which the store knows a token or a code that it must not know.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TokenDigest(pub [u8; 32]);

/// The beginning only.
impl fmt::Debug for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0[..4]))
    }
}

/// An account as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRow {
    pub id: AccountId,
    /// Keyed digest of the work address, under the secret that was present.
    pub login: String,
    /// Words, sorted.
    pub roles: Vec<String>,
    /// Ids of units, sorted.
    pub units: Vec<String>,
    /// Tag, as `nb`.
    pub language: Option<String>,
    /// Stored in whole milliseconds.
    pub created_at: Timestamp,
    /// When password and codes were set; nobody signs in before.
    pub enrolled_at: Option<Timestamp>,
    pub disabled_at: Option<Timestamp>,
    /// Too many wrong codes were typed behind the right password.
    pub locked_at: Option<Timestamp>,
    pub sealed: Vec<u8>,
}

impl AccountRow {
    /// It may sign in.
    pub fn is_open(&self) -> bool {
        self.enrolled_at.is_some() && self.disabled_at.is_none() && self.locked_at.is_none()
    }
}

/// A link by which its holder sets password and codes, once.
#[derive(Clone, Copy, Debug)]
pub struct NewEnrolment {
    pub digest: TokenDigest,
    pub until: Timestamp,
}

/// What was set by a link.
#[derive(Debug)]
pub struct Enrolled<'a> {
    pub account: AccountId,
    pub digest: TokenDigest,
    pub sealed: &'a [u8],
    /// The step of time whose code was typed.
    pub code_step: u64,
    /// Digests of the recovery codes.
    pub recovery: &'a [TokenDigest],
}

/// What becomes of a try to sign in, before password and code are looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// Nothing is looked at before then.
    Wait(Timestamp),
    /// Counted as a failure until it has succeeded; and the account of that name, if there is one.
    Go(Option<Box<AccountRow>>),
}

/// What was shown besides the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecondFactor {
    /// The code of this step of time.
    Step(u64),
    Recovery(TokenDigest),
}

/// A session as read, with its account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    pub account: AccountRow,
    pub began_at: Timestamp,
    pub seen_at: Timestamp,
    /// When a second factor was shown once more.
    pub confirmed_at: Option<Timestamp>,
}

/// Accounts in a store.
pub trait AccountStore: Send + Sync {
    /// [`super::Conflict::Known`] when one of `logins`, the digests of its address under every secret, is taken.
    fn add_account<'a>(
        &'a self,
        row: &'a AccountRow,
        logins: &'a [String],
        enrolment: NewEnrolment,
        entry: &'a Entry,
    ) -> Answer<'a, ()>;

    /// In the order in which they were made.
    fn accounts(&self) -> Answer<'_, Vec<AccountRow>>;

    /// Whether there is any.
    fn has_accounts(&self) -> Answer<'_, bool>;

    fn account(&self, id: AccountId) -> Answer<'_, Option<AccountRow>>;

    /// Replaces roles, units and language.
    fn change_account<'a>(&'a self, row: &'a AccountRow, entry: &'a Entry) -> Answer<'a, ()>;

    /// Nobody signs in with it any more, and its sessions and links end at once; or that is over.
    /// [`super::Conflict::Ended`] when it was so before.
    fn disable_account<'a>(&'a self, id: AccountId, disabled: bool, entry: &'a Entry) -> Answer<'a, ()>;

    /// Nothing of it is left but its id: on the record, and beside what its holder has asked for.
    fn remove_account<'a>(&'a self, row: &'a AccountRow, entry: &'a Entry) -> Answer<'a, ()>;

    /// Password, codes, recovery codes, sessions and earlier links are void; the new link sets them anew. `row` has the
    /// login and what is sealed from now on.
    fn reset_account<'a>(&'a self, row: &'a AccountRow, enrolment: NewEnrolment, entry: &'a Entry) -> Answer<'a, ()>;

    /// The account that a link is for, while it is open and the account not disabled.
    fn enrolment(&self, digest: TokenDigest, now: Timestamp) -> Answer<'_, Option<AccountRow>>;

    /// Password and codes are set at the entry's time; the link is used up. False, and nothing done, when it was
    /// before.
    fn enrol<'a>(&'a self, new: &'a Enrolled<'a>, entry: &'a Entry) -> Answer<'a, bool>;

    /// Counts a try under the first of `logins` as failed and says whether it may go on. After so many failures the
    /// next try has to wait as long as `pause` says.
    fn attempt<'a>(
        &'a self,
        logins: &'a [String],
        now: Timestamp,
        pause: fn(u32) -> SignedDuration,
    ) -> Answer<'a, Attempt>;

    /// A try that did not succeed. `wrong_code`: the password of this account was right; after so many of them in
    /// succession it is locked, with the second entry. The same work is done whether there is an account or not.
    fn refuse_attempt<'a>(
        &'a self,
        wrong_code: Option<AccountId>,
        most: u32,
        entries: &'a [Entry; 2],
    ) -> Answer<'a, ()>;

    /// Lets somebody in: uses up the second factor, begins the session and forgets failed tries. `login` is the digest
    /// of the address under the present secret. False, and nothing done, when the factor was used before or the
    /// account is not open any more.
    fn sign_in<'a>(
        &'a self,
        account: AccountId,
        factor: SecondFactor,
        session: TokenDigest,
        login: &'a str,
        entry: &'a Entry,
    ) -> Answer<'a, bool>;

    /// A session that began after `began_after`, was last seen after `seen_after`, and whose account is open.
    fn session(
        &self,
        digest: TokenDigest,
        began_after: Timestamp,
        seen_after: Timestamp,
    ) -> Answer<'_, Option<SessionRow>>;

    /// A second factor was shown once more: uses it up and notes it on the session. False, and nothing done, when the
    /// factor was used before, or the account or the session is not open any more.
    fn confirm_session<'a>(
        &'a self,
        account: AccountId,
        factor: SecondFactor,
        session: TokenDigest,
        entry: &'a Entry,
    ) -> Answer<'a, bool>;

    fn see_session(&self, digest: TokenDigest, now: Timestamp) -> Answer<'_, ()>;

    /// Ends one session; no entry when there was none.
    fn end_session<'a>(&'a self, digest: TokenDigest, entry: &'a Entry) -> Answer<'a, ()>;

    /// Ends every session of an account.
    fn end_sessions<'a>(&'a self, id: AccountId, entry: &'a Entry) -> Answer<'a, ()>;

    /// In which language its holder reads; a wish, and not on the record.
    fn set_language<'a>(&'a self, id: AccountId, language: &'a str) -> Answer<'a, ()>;

    /// Recovery codes that are left.
    fn recovery_left(&self, id: AccountId) -> Answer<'_, u64>;

    /// Deletes what has ended of sessions, links and failed tries.
    fn sweep_accounts(&self, now: Timestamp, sessions_before: Timestamp) -> Answer<'_, ()>;
}
