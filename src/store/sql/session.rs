//! Tries to sign in, and sessions.

use jiff::{SignedDuration, Timestamp};

use super::account::{ACCOUNT, account, find};
use super::statement::sql;
use super::{Answer, Core, Database, Writing};
use crate::store::account::{
    AccountId, AccountRow, AccountStore, Attempt, Enrolled, NewEnrolment, SecondFactor, SessionRow, TokenDigest,
};
use crate::store::{Entry, StoreError};

/// Failed tries are remembered so long.
const ATTEMPTS_KEPT: SignedDuration = SignedDuration::from_hours(24);

impl AccountStore for Database {
    fn add_account<'a>(
        &'a self,
        row: &'a AccountRow,
        logins: &'a [String],
        enrolment: NewEnrolment,
        entry: &'a Entry,
    ) -> Answer<'a, ()> {
        self.guarded(self.core.insert_account(row, logins, enrolment, entry))
    }

    fn accounts(&self) -> Answer<'_, Vec<AccountRow>> {
        self.guarded(self.core.read_accounts())
    }

    fn has_accounts(&self) -> Answer<'_, bool> {
        self.guarded(self.core.read_has_accounts())
    }

    fn account(&self, id: AccountId) -> Answer<'_, Option<AccountRow>> {
        self.guarded(self.core.read_account(id))
    }

    fn change_account<'a>(&'a self, row: &'a AccountRow, entry: &'a Entry) -> Answer<'a, ()> {
        self.guarded(self.core.write_account(row, entry))
    }

    fn remove_account<'a>(&'a self, row: &'a AccountRow, entry: &'a Entry) -> Answer<'a, ()> {
        self.guarded(self.core.write_removed(row, entry))
    }

    fn disable_account<'a>(&'a self, id: AccountId, disabled: bool, entry: &'a Entry) -> Answer<'a, ()> {
        self.guarded(self.core.write_disabled(id, disabled, entry))
    }

    fn reset_account<'a>(&'a self, row: &'a AccountRow, enrolment: NewEnrolment, entry: &'a Entry) -> Answer<'a, ()> {
        self.guarded(self.core.write_reset(row, enrolment, entry))
    }

    fn enrolment(&self, digest: TokenDigest, now: Timestamp) -> Answer<'_, Option<AccountRow>> {
        self.guarded(self.core.read_enrolment(digest, now))
    }

    fn enrol<'a>(&'a self, new: &'a Enrolled<'a>, entry: &'a Entry) -> Answer<'a, bool> {
        self.guarded(self.core.write_enrolled(new, entry))
    }

    fn attempt<'a>(
        &'a self,
        logins: &'a [String],
        now: Timestamp,
        pause: fn(u32) -> SignedDuration,
    ) -> Answer<'a, Attempt> {
        self.guarded(self.core.write_attempt(logins, now, pause))
    }

    fn refuse_attempt<'a>(
        &'a self,
        wrong_code: Option<AccountId>,
        most: u32,
        entries: &'a [Entry; 2],
    ) -> Answer<'a, ()> {
        self.guarded(self.core.write_refused(wrong_code, most, entries))
    }

    fn sign_in<'a>(
        &'a self,
        account: AccountId,
        factor: SecondFactor,
        session: TokenDigest,
        login: &'a str,
        entry: &'a Entry,
    ) -> Answer<'a, bool> {
        self.guarded(self.core.write_signed_in(account, factor, session, login, entry))
    }

    fn session(
        &self,
        digest: TokenDigest,
        began_after: Timestamp,
        seen_after: Timestamp,
    ) -> Answer<'_, Option<SessionRow>> {
        self.guarded(self.core.read_session(digest, began_after, seen_after))
    }

    fn confirm_session<'a>(
        &'a self,
        account: AccountId,
        factor: SecondFactor,
        session: TokenDigest,
        entry: &'a Entry,
    ) -> Answer<'a, bool> {
        self.guarded(self.core.write_confirmed(account, factor, session, entry))
    }

    fn see_session(&self, digest: TokenDigest, now: Timestamp) -> Answer<'_, ()> {
        self.guarded(self.core.write_seen(digest, now))
    }

    fn end_session<'a>(&'a self, digest: TokenDigest, entry: &'a Entry) -> Answer<'a, ()> {
        self.guarded(self.core.delete_session(digest, entry))
    }

    fn end_sessions<'a>(&'a self, id: AccountId, entry: &'a Entry) -> Answer<'a, ()> {
        self.guarded(self.core.delete_sessions(id, entry))
    }

    fn set_language<'a>(&'a self, id: AccountId, language: &'a str) -> Answer<'a, ()> {
        self.guarded(self.core.write_language(id, language))
    }

    fn recovery_left(&self, id: AccountId) -> Answer<'_, u64> {
        self.guarded(self.core.count_recovery(id))
    }

    fn sweep_accounts(&self, now: Timestamp, sessions_before: Timestamp) -> Answer<'_, ()> {
        self.guarded(self.core.sweep_access(now, sessions_before))
    }
}

impl Core {
    async fn write_attempt(
        &self,
        logins: &[String],
        now: Timestamp,
        pause: fn(u32) -> SignedDuration,
    ) -> Result<Attempt, StoreError> {
        let mut tx = self.begin().await?;
        let step = attempt(&mut tx, logins, now, pause).await;
        tx.end(step).await
    }

    async fn write_refused(
        &self,
        wrong_code: Option<AccountId>,
        most: u32,
        entries: &[Entry; 2],
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = refuse(&mut tx, wrong_code, most, entries).await;
        tx.end(step).await
    }

    async fn write_signed_in(
        &self,
        account: AccountId,
        factor: SecondFactor,
        session: TokenDigest,
        login: &str,
        entry: &Entry,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let step = sign_in(&mut tx, account, factor, session, login, entry).await;
        tx.end_if(step).await
    }

    async fn read_session(
        &self,
        digest: TokenDigest,
        began_after: Timestamp,
        seen_after: Timestamp,
    ) -> Result<Option<SessionRow>, StoreError> {
        let row = sql(format!(
            "SELECT {ACCOUNT}, session.began_at AS began_at, session.seen_at AS seen_at,
                    session.confirmed_at AS confirmed_at
             FROM session JOIN account ON account.id = session.account
             WHERE session.digest = $1 AND session.began_at > $2 AND session.seen_at > $3
               AND account.enrolled_at IS NOT NULL AND account.disabled_at IS NULL AND account.locked_at IS NULL"
        ))
        .bind(digest)
        .bind(began_after)
        .bind(seen_after)
        .first(&mut *self.read().await?)
        .await?;
        row.map(|row| {
            Ok(SessionRow {
                account: account(&row)?,
                began_at: row.time("began_at")?,
                seen_at: row.time("seen_at")?,
                confirmed_at: row.optional_time("confirmed_at")?,
            })
        })
        .transpose()
    }

    async fn write_confirmed(
        &self,
        account: AccountId,
        factor: SecondFactor,
        session: TokenDigest,
        entry: &Entry,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let step = confirm(&mut tx, account, factor, session, entry).await;
        tx.end_if(step).await
    }

    async fn write_seen(&self, digest: TokenDigest, now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let seen = sql("UPDATE session SET seen_at = $2 WHERE digest = $1 AND seen_at < $2").bind(digest).bind(now);
        let step = seen.run(&mut tx).await.map(|_| ());
        tx.end(step).await
    }

    async fn delete_session(&self, digest: TokenDigest, entry: &Entry) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = async {
            match sql("DELETE FROM session WHERE digest = $1").bind(digest).run(&mut tx).await? {
                0 => Ok(()),
                _ => tx.append(entry).await,
            }
        }
        .await;
        tx.end(step).await
    }

    async fn sweep_access(&self, now: Timestamp, sessions_before: Timestamp) -> Result<(), StoreError> {
        let attempts = now.saturating_sub(ATTEMPTS_KEPT).unwrap_or(Timestamp::MIN);
        let mut tx = self.begin().await?;
        let step = async {
            for (statement, before) in [
                ("DELETE FROM session WHERE began_at <= $1", sessions_before),
                ("DELETE FROM enrolment WHERE until <= $1", now),
                ("DELETE FROM sign_in_attempt WHERE at <= $1", attempts),
            ] {
                sql(statement).bind(before).run(&mut tx).await?;
            }
            Ok(())
        }
        .await;
        tx.end(step).await
    }
}

/// Counted before anything is looked at, so that those who come at the same moment are counted, too.
async fn attempt(
    tx: &mut Writing<'_>,
    logins: &[String],
    now: Timestamp,
    pause: fn(u32) -> SignedDuration,
) -> Result<Attempt, StoreError> {
    let Some(login) = logins.first() else { return Ok(Attempt::Go(None)) };
    tx.lock("sign-in", login).await?;
    let row = sql("SELECT failures, not_before FROM sign_in_attempt WHERE login = $1").bind(login).first(tx).await?;
    let failures = match row {
        Some(row) => {
            let not_before = row.time("not_before")?;
            if not_before > now {
                return Ok(Attempt::Wait(not_before));
            }
            u32::try_from(row.count("failures")?).unwrap_or(u32::MAX)
        }
        None => 0,
    }
    .saturating_add(1);
    sql("INSERT INTO sign_in_attempt (login, failures, not_before, at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (login) DO UPDATE SET failures = excluded.failures, not_before = excluded.not_before,
                                           at = excluded.at")
    .bind(login)
    .bind(i64::from(failures))
    .bind(now.saturating_add(pause(failures)).unwrap_or(Timestamp::MAX))
    .bind(now)
    .run(tx)
    .await?;
    Ok(Attempt::Go(find(tx, logins).await?.map(Box::new)))
}

async fn refuse(
    tx: &mut Writing<'_>,
    wrong_code: Option<AccountId>,
    most: u32,
    [refused, locked]: &[Entry; 2],
) -> Result<(), StoreError> {
    // Nobody's id: the statement is run all the same, so that it takes the same time.
    let id = wrong_code.unwrap_or(AccountId([0; 16]));
    sql("UPDATE account SET code_failures = code_failures + 1 WHERE id = $1").bind(id).run(tx).await?;
    let now_locked =
        sql("UPDATE account SET locked_at = $2 WHERE id = $1 AND locked_at IS NULL AND code_failures >= $3")
            .bind(id)
            .bind(refused.at)
            .bind(i64::from(most))
            .run(tx)
            .await?;
    tx.append(refused).await?;
    if now_locked == 1 {
        sql("DELETE FROM session WHERE account = $1").bind(id).run(tx).await?;
        tx.append(locked).await?;
    }
    Ok(())
}

async fn sign_in(
    tx: &mut Writing<'_>,
    account: AccountId,
    factor: SecondFactor,
    session: TokenDigest,
    login: &str,
    entry: &Entry,
) -> Result<bool, StoreError> {
    if !use_up(tx, account, factor).await? {
        return Ok(false);
    }
    sql("UPDATE account SET code_failures = 0, login = $2 WHERE id = $1").bind(account).bind(login).run(tx).await?;
    sql("DELETE FROM sign_in_attempt WHERE login = $1").bind(login).run(tx).await?;
    sql("INSERT INTO session (digest, account, began_at, seen_at) VALUES ($1, $2, $3, $3)")
        .bind(session)
        .bind(account)
        .bind(entry.at)
        .run(tx)
        .await?;
    tx.append(entry).await?;
    Ok(true)
}

async fn confirm(
    tx: &mut Writing<'_>,
    account: AccountId,
    factor: SecondFactor,
    session: TokenDigest,
    entry: &Entry,
) -> Result<bool, StoreError> {
    if !use_up(tx, account, factor).await? {
        return Ok(false);
    }
    sql("UPDATE account SET code_failures = 0 WHERE id = $1").bind(account).run(tx).await?;
    let confirmed = sql("UPDATE session SET confirmed_at = $3 WHERE digest = $1 AND account = $2");
    if confirmed.bind(session).bind(account).bind(entry.at).run(tx).await? != 1 {
        return Ok(false);
    }
    tx.append(entry).await?;
    Ok(true)
}

/// Uses up the second factor of an account that is open; false when it was used before.
async fn use_up(tx: &mut Writing<'_>, account: AccountId, factor: SecondFactor) -> Result<bool, StoreError> {
    let open = "enrolled_at IS NOT NULL AND disabled_at IS NULL AND locked_at IS NULL";
    let used = match factor {
        SecondFactor::Step(step) => {
            sql(format!("UPDATE account SET code_step = $2 WHERE id = $1 AND code_step < $2 AND {open}"))
                .bind(account)
                .bind(step)
                .run(tx)
                .await?
        }
        SecondFactor::Recovery(digest) => {
            // The account's row is kept from whoever disables it meanwhile.
            let open = sql(format!("UPDATE account SET code_step = code_step WHERE id = $1 AND {open}"));
            let open = open.bind(account).run(tx).await?;
            let used = sql("DELETE FROM recovery_code WHERE account = $1 AND digest = $2");
            used.bind(account).bind(digest).run(tx).await?.min(open)
        }
    };
    Ok(used == 1)
}
