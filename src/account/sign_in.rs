//! Signing in: address, password and second factor, looked at together.
//!
//! Every try does the same: it is counted under the keyed digest of the address, a password is hashed, a code is
//! computed, an outcome is written. Whether there is an account shows neither in the answer nor in the work, also not in
//! how long one has to wait after wrong tries.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

use super::password::Hash;
use super::totp::CodeSecret;
use super::{AccountError, Accounts, Kept, MAX_ADDRESS, Purpose, SignedIn, digest, recovery};
use crate::audit::{Actor, Event};
use crate::message::LinkToken;
use crate::store::{AccountId, AccountRow, Attempt, SecondFactor};

/// Wrong tries that cost nothing.
const FREE: u32 = 4;
/// Pause after the next one; doubles up to the longest.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(30);
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(30);
/// Wrong codes in succession behind the right password, after which the account is locked: somebody has the password
/// (NIST SP 800-63B-4 section 3.2.2 allows 100).
pub const WRONG_CODES: u32 = 10;
/// How long a try waits for its turn to be hashed.
const HASH_WAIT: Duration = Duration::from_secs(10);

/// What is typed. Not to be logged.
pub struct Credentials {
    pub address: String,
    pub password: Zeroizing<String>,
    /// Of the app, or a recovery code.
    pub code: Zeroizing<String>,
}

/// What became of a try.
pub enum SignIn {
    /// The token of the new session, for the cookie.
    In(AccountId, LinkToken),
    /// Something was wrong; what, is not said.
    Refused,
    /// Too many wrong tries: nothing was looked at, and nothing is before then.
    Wait(Timestamp),
}

/// What an account is compared with.
struct Compared {
    account: Option<AccountRow>,
    hash: Hash,
    codes: CodeSecret,
}

impl Accounts {
    pub async fn sign_in(&self, typed: Credentials) -> Result<SignIn, AccountError> {
        let now = self.now();
        let address: String = typed.address.trim().chars().take(MAX_ADDRESS).collect();
        let logins = self.keys.account_digests(&address);
        let account = match self.store.attempt(&logins, now, pause).await? {
            Attempt::Wait(until) => return Ok(SignIn::Wait(until)),
            Attempt::Go(account) => account.map(|account| *account),
        };
        let Compared { account, hash, codes } = self.compared(account)?;
        let id = account.as_ref().map(|account| account.id);
        let password = self.matches(hash, typed.password).await?;
        let factor = factor(&codes, id, &typed.code, now);
        if let (true, Some(account), Some(factor)) = (password, id, factor) {
            let token = LinkToken::random();
            let recovery = matches!(factor, SecondFactor::Recovery(_));
            let entry = Event::SignedIn { account, recovery }.entry(&Actor::Account(account), now);
            let login = logins.first().map_or("", String::as_str);
            let session = digest(&token, Purpose::Session);
            if self.store.sign_in(account, factor, session, login, &entry).await? {
                metrics::counter!("sluss_sign_ins_total", "well" => "yes").increment(1);
                return Ok(SignIn::In(account, token));
            }
        }
        self.refuse(account.as_ref(), password, now).await?;
        metrics::counter!("sluss_sign_ins_total", "well" => "no").increment(1);
        Ok(SignIn::Refused)
    }

    /// A second factor shown once more, by who is signed in: true when it was right, and counts from now on for this
    /// session. A wrong one counts against the account, as at a sign-in.
    pub async fn confirm(
        &self,
        token: &LinkToken,
        signed_in: &SignedIn,
        code: Zeroizing<String>,
    ) -> Result<bool, AccountError> {
        let now = self.now();
        let Compared { account, codes, .. } = self.compared(Some(signed_in.account.clone()))?;
        if let Some(factor) = factor(&codes, Some(signed_in.id()), &code, now) {
            let entry = Event::SignInConfirmed(signed_in.id()).entry(&signed_in.actor(), now);
            let session = digest(token, Purpose::Session);
            if self.store.confirm_session(signed_in.id(), factor, session, &entry).await? {
                return Ok(true);
            }
        }
        self.refuse(account.as_ref(), true, now).await?;
        Ok(false)
    }

    /// On the record: that a try was refused, and for which account; not what was typed. A wrong code behind the right
    /// password counts against the account.
    async fn refuse(&self, account: Option<&AccountRow>, password: bool, now: Timestamp) -> Result<(), AccountError> {
        let id = account.map(|account| account.id);
        let entries = [
            Event::SignInRefused { account: id }.entry(&Actor::System, now),
            Event::UserLocked(id.unwrap_or(AccountId([0; 16]))).entry(&Actor::System, now),
        ];
        Ok(self.store.refuse_attempt(id.filter(|_| password), WRONG_CODES, &entries).await?)
    }

    /// Of an account that is not there, or not open, something that nothing matches.
    fn compared(&self, account: Option<AccountRow>) -> Result<Compared, AccountError> {
        let open = account.filter(AccountRow::is_open);
        let kept: Option<Kept> = open.as_ref().map(|account| self.open(account)).transpose()?;
        let parts = kept.and_then(|kept| Some((kept.password?, CodeSecret::from_text(&kept.codes?)?)));
        Ok(match parts {
            Some((hash, codes)) => Compared { account: open, hash, codes },
            None => Compared { account: None, hash: Hash::of_nobody(), codes: CodeSecret::of_nobody() },
        })
    }

    async fn matches(&self, hash: Hash, password: Zeroizing<String>) -> Result<bool, AccountError> {
        self.at_leisure(move || hash.matches(&password)).await
    }

    pub(super) async fn hashed(&self, password: Zeroizing<String>) -> Result<Hash, AccountError> {
        self.at_leisure(move || Hash::of(&password)).await
    }

    /// On a thread that nobody waits for, a few at a time.
    async fn at_leisure<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, super::password::HashError> + Send + 'static,
    ) -> Result<T, AccountError> {
        let turn = tokio::time::timeout(HASH_WAIT, self.hashing.clone().acquire_owned());
        // The semaphore is never closed. It is given back when the work is done, also for who has gone meanwhile.
        let turn = turn.await.map_err(|_| AccountError::Busy)?.map_err(|_| AccountError::Busy)?;
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        });
        done.await.map_err(|_| AccountError::Damaged)?.map_err(|_| AccountError::Damaged)
    }
}

/// What was typed as second factor: a code of the app, or else a recovery code.
fn factor(codes: &CodeSecret, account: Option<AccountId>, typed: &str, now: Timestamp) -> Option<SecondFactor> {
    let code: Zeroizing<String> = Zeroizing::new(typed.chars().filter(|c| !c.is_whitespace()).collect());
    let step = codes.step_of(&code, now).map(SecondFactor::Step);
    step.or(recovery::digest(account.unwrap_or(AccountId([0; 16])), &code).map(SecondFactor::Recovery))
}

/// After so many failures in succession.
pub(super) fn pause(failures: u32) -> SignedDuration {
    let Some(over) = failures.checked_sub(FREE.saturating_add(1)) else { return SignedDuration::ZERO };
    let factor = 1i32.checked_shl(over.min(30)).unwrap_or(i32::MAX);
    FIRST_PAUSE.checked_mul(factor).map_or(LONGEST_PAUSE, |pause| pause.min(LONGEST_PAUSE))
}
