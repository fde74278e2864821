//! Setting password and authenticator app, by a link that is good once.
//!
//! The secret of the codes is made when the page is shown, and comes back with the form, encrypted under the link: so a
//! page shown twice, or a code typed wrong, leaves nothing behind. It counts from the moment a right code of it is
//! typed.

use data_encoding::BASE64URL_NOPAD;
use zeroize::Zeroizing;

use super::password::{self, Weak};
use super::totp::CodeSecret;
use super::{AccountError, Accounts, Kept, Purpose, digest, recovery};
use crate::audit::{Actor, Event};
use crate::message::LinkToken;
use crate::store::{AccountRow, Enrolled};

/// An open link: whose password is set by it.
pub struct Enrolment {
    pub account: AccountRow,
    pub address: String,
}

/// What is typed into the form.
pub struct Setting {
    pub password: Zeroizing<String>,
    pub codes: CodeSecret,
    pub code: Zeroizing<String>,
}

/// Why it is not set. The link is still open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotSet {
    Weak(Weak),
    /// It is not the code that the app shows now.
    Code,
}

/// What became of it.
pub enum Set {
    /// The recovery codes, shown once.
    Done(Vec<Zeroizing<String>>),
    Not(NotSet),
    /// The link is used, or not open any more.
    Gone,
}

impl Accounts {
    /// `None` when there is no such link, or it is not open any more.
    pub async fn enrolment(&self, token: &LinkToken) -> Result<Option<Enrolment>, AccountError> {
        match self.store.enrolment(digest(token, Purpose::Enrolment), self.now()).await? {
            Some(account) => Ok(Some(Enrolment { address: self.address(&account)?, account })),
            None => Ok(None),
        }
    }

    /// The secret, for the form that brings it back.
    pub fn carried(&self, token: &LinkToken, codes: &CodeSecret) -> String {
        BASE64URL_NOPAD.encode(&self.keys.seal_register(&carried_by(token), codes.bytes()))
    }

    /// What [`Accounts::carried`] gave for this link.
    pub fn carried_back(&self, token: &LinkToken, text: &str) -> Option<CodeSecret> {
        let sealed = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        let plain = Zeroizing::new(self.keys.open_register(&carried_by(token), &sealed).ok()?);
        CodeSecret::from_bytes(&plain)
    }

    /// Sets password and codes, and uses the link up.
    pub async fn set(&self, token: &LinkToken, setting: Setting) -> Result<Set, AccountError> {
        let Some(Enrolment { account, address }) = self.enrolment(token).await? else { return Ok(Set::Gone) };
        if let Err(weak) = password::judge(&setting.password, &address) {
            return Ok(Set::Not(NotSet::Weak(weak)));
        }
        let now = self.now();
        let Some(code_step) = setting.codes.step_of(&setting.code, now) else { return Ok(Set::Not(NotSet::Code)) };
        let hash = self.hashed(setting.password).await?;
        let codes = recovery::random_codes();
        let recovery: Vec<_> = codes.iter().filter_map(|code| recovery::digest(account.id, code)).collect();
        let kept = Kept { address, password: Some(hash), codes: Some(setting.codes.to_text()) };
        let enrolled = Enrolled {
            account: account.id,
            digest: digest(token, Purpose::Enrolment),
            sealed: &self.seal(account.id, &kept),
            code_step,
            recovery: &recovery,
        };
        let entry = Event::UserEnrolled(account.id).entry(&Actor::Account(account.id), now);
        Ok(if self.store.enrol(&enrolled, &entry).await? { Set::Done(codes) } else { Set::Gone })
    }
}

fn carried_by(token: &LinkToken) -> Vec<u8> {
    [b"codes".as_slice(), &digest(token, Purpose::Enrolment).0].concat()
}
