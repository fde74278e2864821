//! Accounts of the console: who somebody is, shown with two factors, always.
//!
//! ```text
//! administrator   sluss user add          -> a link, 256 random bits, three days
//! holder          the link                -> password and authenticator app; nothing else can be done before
//! holder          address, password, code -> a session, whose token is in a cookie
//! ```
//!
//! There is no step between the factors: address, password and code are looked at together, and what was wrong is not
//! said. An address without an account is answered as one with an account is, after the same work. What lets somebody
//! in is used up in the transaction that lets him in: a code's step of time, a recovery code, a link.
//!
//! The database has keyed digests of addresses, digests of tokens and of recovery codes, and one encrypted text an
//! account with address, password hash and the secret of the codes. A copy of it without `[secret]` lets nobody in, and
//! lets nobody try passwords.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use zeroize::{Zeroize, Zeroizing};

use crate::audit::{Actor, Event};
use crate::message::{Keys, LinkToken};
use crate::store::{AccountId, AccountRow, NewEnrolment, Store, StoreError};

mod enrol;
pub mod password;
mod recovery;
mod session;
mod sign_in;
mod token;
pub mod totp;

#[cfg(test)]
mod tests;

pub use enrol::{Enrolment, NotSet, Set, Setting};
pub use session::{ABSOLUTE, CONFIRMED, IDLE, SignedIn};
pub use sign_in::{Credentials, SignIn};
pub use token::{Purpose, digest};

/// How long a link of `sluss user add` or `reset` is open.
pub const LINK_OPEN: SignedDuration = SignedDuration::from_hours(72);
/// Characters of an address, RFC 5321 section 4.5.3.1.
pub const MAX_ADDRESS: usize = 254;
/// Passwords that are hashed at the same time, each in [`password::MEMORY_KIB`].
const HASHED_AT_ONCE: usize = 2;

/// What somebody may do at the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Decides about held mail of his own units.
    Reviewer,
    /// The second person.
    Supervisor,
    /// Statistics, policy, the record; releases nothing.
    DataProtection,
    /// Reads the record.
    Auditor,
    /// Health, configuration, accounts; never content.
    Administrator,
}

impl Role {
    pub const ALL: [Role; 5] =
        [Role::Reviewer, Role::Supervisor, Role::DataProtection, Role::Auditor, Role::Administrator];

    /// The word in database, record and command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Reviewer => "reviewer",
            Role::Supervisor => "supervisor",
            Role::DataProtection => "data-protection",
            Role::Auditor => "auditor",
            Role::Administrator => "administrator",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Role::ALL.into_iter().find(|role| role.as_str() == word)
    }
}

/// Why a step with an account did not happen.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The encrypted text of an account does not open: another secret, or damage.
    #[error("what is kept of the account cannot be opened")]
    Damaged,
    /// Too many sign in at this moment.
    #[error("too many passwords are being looked at")]
    Busy,
    #[error("an address has the form name@domain, without blanks")]
    Address,
}

/// What is encrypted of an account.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// As it was typed when the account was made.
    address: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    password: Option<password::Hash>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    codes: Option<CodeText>,
}

/// The secret of the codes, Base64.
#[derive(Serialize, Deserialize)]
struct CodeText(String);

impl Drop for CodeText {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// What is changed or listed by an administrator.
#[derive(Clone, Debug)]
pub struct Standing {
    pub roles: Vec<Role>,
    /// Ids of units.
    pub units: Vec<String>,
    /// Tag, as `nb`.
    pub language: Option<String>,
}

/// Accounts of one store.
pub struct Accounts {
    store: Arc<dyn Store>,
    keys: Arc<Keys>,
    hashing: Arc<Semaphore>,
    clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

impl Accounts {
    pub fn new(store: Arc<dyn Store>, keys: Arc<Keys>) -> Self {
        let hashing = Arc::new(Semaphore::new(HASHED_AT_ONCE));
        Accounts { store, keys, hashing, clock: Arc::new(Timestamp::now) }
    }

    #[cfg(test)]
    fn with_clock(mut self, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// Makes an account without password; the token stands in the link that sets it.
    pub async fn add(
        &self,
        address: &str,
        standing: &Standing,
        actor: &Actor,
    ) -> Result<(AccountId, LinkToken), AccountError> {
        let address = address.trim();
        if !is_address(address) {
            return Err(AccountError::Address);
        }
        let (id, now, token) = (AccountId::random(), self.now(), LinkToken::random());
        let logins = self.keys.account_digests(address);
        let kept = Kept { address: address.to_owned(), password: None, codes: None };
        let row = AccountRow {
            id,
            login: logins.first().cloned().unwrap_or_default(),
            created_at: now,
            enrolled_at: None,
            disabled_at: None,
            locked_at: None,
            sealed: self.seal(id, &kept),
            ..standing.row(id)
        };
        let entry = Event::UserAdded { account: id, roles: row.roles.clone(), units: row.units.clone() };
        self.store.add_account(&row, &logins, link(&token, now), &entry.entry(actor, now)).await?;
        Ok((id, token))
    }

    /// Voids password, codes and sessions; the token stands in the link that sets them anew.
    pub async fn reset(&self, id: AccountId, actor: &Actor) -> Result<LinkToken, AccountError> {
        let row = self.account(id).await?;
        let Kept { address, .. } = self.open(&row)?;
        let (now, token) = (self.now(), LinkToken::random());
        let row = AccountRow {
            login: self.keys.account_digests(&address).into_iter().next().unwrap_or_default(),
            sealed: self.seal(id, &Kept { address, password: None, codes: None }),
            ..row
        };
        let entry = Event::UserReset(id).entry(actor, now);
        self.store.reset_account(&row, link(&token, now), &entry).await?;
        Ok(token)
    }

    pub async fn disable(&self, id: AccountId, disabled: bool, actor: &Actor) -> Result<(), AccountError> {
        let event = if disabled { Event::UserDisabled(id) } else { Event::UserEnabled(id) };
        Ok(self.store.disable_account(id, disabled, &event.entry(actor, self.now())).await?)
    }

    /// Deletes everything but the id, which stays on the record.
    pub async fn remove(&self, id: AccountId, actor: &Actor) -> Result<(), AccountError> {
        let row = self.account(id).await?;
        Ok(self.store.remove_account(&row, &Event::UserRemoved(id).entry(actor, self.now())).await?)
    }

    /// Replaces roles, units and language.
    pub async fn change(&self, id: AccountId, standing: &Standing, actor: &Actor) -> Result<(), AccountError> {
        let row = standing.row(id);
        let event = Event::UserChanged { account: id, roles: row.roles.clone(), units: row.units.clone() };
        Ok(self.store.change_account(&row, &event.entry(actor, self.now())).await?)
    }

    /// Whether without this account nobody could change accounts at the console any more.
    pub async fn is_last_administrator(&self, id: AccountId) -> Result<bool, AccountError> {
        let administers =
            |row: &&AccountRow| row.is_open() && row.roles.iter().any(|role| role == Role::Administrator.as_str());
        let rows = self.store.accounts().await?;
        let mut open = rows.iter().filter(administers);
        Ok(open.next().is_some_and(|first| first.id == id) && open.next().is_none())
    }

    /// In which language the holder reads from now on.
    pub async fn set_language(&self, id: AccountId, language: &str) -> Result<(), AccountError> {
        Ok(self.store.set_language(id, language).await?)
    }

    /// Ends every session of the account, at its holder's wish.
    pub async fn end_sessions(&self, id: AccountId) -> Result<(), AccountError> {
        let entry = Event::SessionsEnded(id).entry(&Actor::Account(id), self.now());
        Ok(self.store.end_sessions(id, &entry).await?)
    }

    /// An account by its id.
    pub async fn account(&self, id: AccountId) -> Result<AccountRow, AccountError> {
        let row = self.store.account(id).await?;
        Ok(row.ok_or(StoreError::from(crate::store::Conflict::NoAccount))?)
    }

    /// Whose an account is.
    pub fn address(&self, row: &AccountRow) -> Result<String, AccountError> {
        self.open(row).map(|kept| kept.address)
    }

    fn now(&self) -> Timestamp {
        // As the store keeps it.
        let now = (self.clock)();
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }

    fn seal(&self, id: AccountId, kept: &Kept) -> Vec<u8> {
        // Strings and numbers alone: this cannot fail.
        let json = Zeroizing::new(serde_json::to_vec(kept).unwrap_or_default());
        self.keys.seal_register(&bound(id), &json)
    }

    fn open(&self, row: &AccountRow) -> Result<Kept, AccountError> {
        let json = self.keys.open_register(&bound(row.id), &row.sealed).map_err(|_| AccountError::Damaged)?;
        serde_json::from_slice(&Zeroizing::new(json)).map_err(|_| AccountError::Damaged)
    }
}

impl Standing {
    fn row(&self, id: AccountId) -> AccountRow {
        let sorted = |mut words: Vec<String>| {
            words.sort();
            words.dedup();
            words
        };
        AccountRow {
            id,
            login: String::new(),
            roles: sorted(self.roles.iter().map(|role| role.as_str().to_owned()).collect()),
            units: sorted(self.units.clone()),
            language: self.language.clone(),
            created_at: Timestamp::UNIX_EPOCH,
            enrolled_at: None,
            disabled_at: None,
            locked_at: None,
            sealed: Vec::new(),
        }
    }
}

/// What an account's text is bound to; `quarantine::secret` encrypts it anew under the same words.
fn bound(id: AccountId) -> Vec<u8> {
    [b"account".as_slice(), &id.0].concat()
}

fn link(token: &LinkToken, now: Timestamp) -> NewEnrolment {
    let until = now.saturating_add(LINK_OPEN).unwrap_or(Timestamp::MAX);
    NewEnrolment { digest: digest(token, Purpose::Enrolment), until }
}

/// Good enough to be compared with the sender's of a mail. Whether mail arrives there nobody asks.
fn is_address(address: &str) -> bool {
    let parts = address.rsplit_once('@');
    parts.is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.') && !domain.ends_with('.'))
        && address.len() <= MAX_ADDRESS
        && !address.chars().any(|c| c.is_whitespace() || c.is_control())
}
