//! Sessions: who is signed in at this browser, and for how long.
//!
//! The token is in a cookie, its digest in the store. A session ends by itself, by signing out, and with everything that
//! is done to its account: disabling, a reset, a lock.

use jiff::{SignedDuration, Timestamp};

use super::{AccountError, Accounts, Purpose, digest};
use crate::audit::{Actor, Event};
use crate::message::LinkToken;
use crate::store::{AccountId, AccountRow};

/// Without a sign of life.
pub const IDLE: SignedDuration = SignedDuration::from_mins(15);
/// Altogether: a working day.
pub const ABSOLUTE: SignedDuration = SignedDuration::from_hours(8);
/// A sign of life is written down so often.
const SEEN_EVERY: SignedDuration = SignedDuration::from_secs(60);
/// How long a second factor that was shown once more counts.
pub const CONFIRMED: SignedDuration = SignedDuration::from_mins(10);

/// Somebody who has shown both factors.
pub struct SignedIn {
    pub account: AccountRow,
    /// As it stands in the account.
    pub address: String,
    /// Every digest of the address under which a mail's sender may be known.
    pub mailboxes: Vec<String>,
    /// Until when a second factor that was shown once more in this session counts.
    pub confirmed_until: Option<Timestamp>,
}

impl SignedIn {
    pub fn id(&self) -> AccountId {
        self.account.id
    }

    pub fn actor(&self) -> Actor {
        Actor::Account(self.account.id)
    }
}

impl Accounts {
    /// Whose session this token is; `None` for none, or one that has ended. It is a sign of life.
    pub async fn signed_in(&self, token: &LinkToken) -> Result<Option<SignedIn>, AccountError> {
        self.whose(token, true).await
    }

    /// The same for what a page asks by itself, which is no sign of life.
    pub async fn still_signed_in(&self, token: &LinkToken) -> Result<Option<SignedIn>, AccountError> {
        self.whose(token, false).await
    }

    async fn whose(&self, token: &LinkToken, alive: bool) -> Result<Option<SignedIn>, AccountError> {
        let (now, digest) = (self.now(), digest(token, Purpose::Session));
        let before = |span| now.saturating_sub(span).unwrap_or(Timestamp::MIN);
        let Some(session) = self.store.session(digest, before(ABSOLUTE), before(IDLE)).await? else {
            return Ok(None);
        };
        if alive && now.duration_since(session.seen_at) >= SEEN_EVERY {
            self.store.see_session(digest, now).await?;
        }
        let address = self.address(&session.account)?;
        let mailboxes = self.keys.mailbox_digests(&address);
        let until = session.confirmed_at.and_then(|at| at.checked_add(CONFIRMED).ok());
        let confirmed_until = until.filter(|until| *until > now);
        Ok(Some(SignedIn { account: session.account, address, mailboxes, confirmed_until }))
    }

    /// Ends the session.
    pub async fn sign_out(&self, token: &LinkToken, signed_in: &SignedIn) -> Result<(), AccountError> {
        let entry = Event::SignedOut(signed_in.id()).entry(&signed_in.actor(), self.now());
        Ok(self.store.end_session(digest(token, Purpose::Session), &entry).await?)
    }
}
