//! Accounts: made, enrolled, changed, ended.

use jiff::Timestamp;

use super::connection::Connection;
use super::statement::{Row, Value, sql};
use super::{Core, Writing};
use crate::store::account::{AccountId, AccountRow, Enrolled, NewEnrolment, TokenDigest};
use crate::store::{Conflict, Entry, StoreError};

/// Columns that [`account`] reads.
pub(super) const ACCOUNT: &str = "account.id AS id, account.login AS login, account.roles AS roles, \
     account.units AS units, account.language AS language, account.created_at AS created_at, \
     account.enrolled_at AS enrolled_at, account.disabled_at AS disabled_at, account.locked_at AS locked_at, \
     account.sealed AS sealed";

impl Core {
    pub(super) async fn insert_account(
        &self,
        row: &AccountRow,
        logins: &[String],
        enrolment: NewEnrolment,
        entry: &Entry,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = insert(&mut tx, row, logins, enrolment, entry).await;
        tx.end(step).await
    }

    pub(super) async fn read_accounts(&self) -> Result<Vec<AccountRow>, StoreError> {
        let rows = sql(format!("SELECT {ACCOUNT} FROM account ORDER BY created_at, id"));
        rows.all(&mut *self.read().await?).await?.iter().map(account).collect()
    }

    pub(super) async fn read_has_accounts(&self) -> Result<bool, StoreError> {
        let any = sql("SELECT 1 AS found FROM account LIMIT 1");
        Ok(any.first(&mut *self.read().await?).await?.is_some())
    }

    pub(super) async fn read_account(&self, id: AccountId) -> Result<Option<AccountRow>, StoreError> {
        let row = sql(format!("SELECT {ACCOUNT} FROM account WHERE id = $1")).bind(id);
        row.first(&mut *self.read().await?).await?.as_ref().map(account).transpose()
    }

    pub(super) async fn write_account(&self, row: &AccountRow, entry: &Entry) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let change = sql("UPDATE account SET roles = $2, units = $3, language = $4 WHERE id = $1")
            .bind(row.id)
            .bind(row.roles.join(" "))
            .bind(row.units.join(" "))
            .bind(row.language.as_deref())
            .run(&mut tx)
            .await;
        let step = tx.one(change, entry).await;
        tx.end(step).await
    }

    pub(super) async fn write_disabled(&self, id: AccountId, disabled: bool, entry: &Entry) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = disable(&mut tx, id, disabled, entry).await;
        tx.end(step).await
    }

    pub(super) async fn write_removed(&self, row: &AccountRow, entry: &Entry) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = remove(&mut tx, row, entry).await;
        tx.end(step).await
    }

    pub(super) async fn write_reset(
        &self,
        row: &AccountRow,
        enrolment: NewEnrolment,
        entry: &Entry,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = reset(&mut tx, row, enrolment, entry).await;
        tx.end(step).await
    }

    pub(super) async fn read_enrolment(
        &self,
        digest: TokenDigest,
        now: Timestamp,
    ) -> Result<Option<AccountRow>, StoreError> {
        let row = sql(format!(
            "SELECT {ACCOUNT} FROM enrolment JOIN account ON account.id = enrolment.account
             WHERE enrolment.digest = $1 AND enrolment.until > $2 AND account.disabled_at IS NULL"
        ));
        let row = row.bind(digest).bind(now).first(&mut *self.read().await?).await?;
        row.as_ref().map(account).transpose()
    }

    pub(super) async fn write_enrolled(&self, new: &Enrolled<'_>, entry: &Entry) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let step = enrol(&mut tx, new, entry).await;
        tx.end_if(step).await
    }

    pub(super) async fn delete_sessions(&self, id: AccountId, entry: &Entry) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = async {
            sql("DELETE FROM session WHERE account = $1").bind(id).run(&mut tx).await?;
            tx.append(entry).await
        }
        .await;
        tx.end(step).await
    }

    pub(super) async fn write_language(&self, id: AccountId, language: &str) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let changed = sql("UPDATE account SET language = $2 WHERE id = $1").bind(id).bind(language).run(&mut tx).await;
        tx.end(changed.map(|_| ())).await
    }

    pub(super) async fn count_recovery(&self, id: AccountId) -> Result<u64, StoreError> {
        let count = sql("SELECT count(*) AS count FROM recovery_code WHERE account = $1").bind(id);
        count.first(&mut *self.read().await?).await?.map_or(Ok(0), |row| row.count("count"))
    }
}

async fn insert(
    tx: &mut Writing<'_>,
    row: &AccountRow,
    logins: &[String],
    enrolment: NewEnrolment,
    entry: &Entry,
) -> Result<(), StoreError> {
    // Two nodes may add the same person at one moment under two secrets.
    tx.lock("account", "added").await?;
    if find(tx, logins).await?.is_some() {
        return Err(Conflict::Known.into());
    }
    sql("INSERT INTO account (id, login, roles, units, language, created_at, sealed)
         VALUES ($1, $2, $3, $4, $5, $6, $7)")
    .bind(row.id)
    .bind(&row.login)
    .bind(row.roles.join(" "))
    .bind(row.units.join(" "))
    .bind(row.language.as_deref())
    .bind(row.created_at)
    .bind(&row.sealed)
    .run(tx)
    .await?;
    tx.add_enrolment(row.id, enrolment).await?;
    tx.append(entry).await
}

async fn disable(tx: &mut Writing<'_>, id: AccountId, disabled: bool, entry: &Entry) -> Result<(), StoreError> {
    let changed = match disabled {
        true => {
            sql("UPDATE account SET disabled_at = $2 WHERE id = $1 AND disabled_at IS NULL").bind(id).bind(entry.at)
        }
        false => sql("UPDATE account SET disabled_at = NULL WHERE id = $1 AND disabled_at IS NOT NULL").bind(id),
    };
    if changed.run(tx).await? == 0 {
        let there = sql("SELECT id FROM account WHERE id = $1").bind(id).first(tx).await?;
        return Err(there.map_or(Conflict::NoAccount, |_| Conflict::Ended).into());
    }
    tx.end_access(id).await?;
    tx.append(entry).await
}

async fn remove(tx: &mut Writing<'_>, row: &AccountRow, entry: &Entry) -> Result<(), StoreError> {
    tx.end_access(row.id).await?;
    sql("DELETE FROM recovery_code WHERE account = $1").bind(row.id).run(tx).await?;
    sql("DELETE FROM sign_in_attempt WHERE login = $1").bind(&row.login).run(tx).await?;
    let removed = sql("DELETE FROM account WHERE id = $1").bind(row.id).run(tx).await;
    tx.one(removed, entry).await
}

async fn reset(
    tx: &mut Writing<'_>,
    row: &AccountRow,
    enrolment: NewEnrolment,
    entry: &Entry,
) -> Result<(), StoreError> {
    let changed = sql("UPDATE account SET login = $2, sealed = $3, enrolled_at = NULL, locked_at = NULL,
                              code_failures = 0, code_step = 0
                       WHERE id = $1")
    .bind(row.id)
    .bind(&row.login)
    .bind(&row.sealed)
    .run(tx)
    .await?;
    if changed == 0 {
        return Err(Conflict::NoAccount.into());
    }
    tx.end_access(row.id).await?;
    sql("DELETE FROM recovery_code WHERE account = $1").bind(row.id).run(tx).await?;
    tx.add_enrolment(row.id, enrolment).await?;
    tx.append(entry).await
}

/// The link is what is compared and taken: of two who come with it, one finds it.
async fn enrol(tx: &mut Writing<'_>, new: &Enrolled<'_>, entry: &Entry) -> Result<bool, StoreError> {
    let taken = sql("DELETE FROM enrolment WHERE digest = $1 AND account = $2 AND until > $3")
        .bind(new.digest)
        .bind(new.account)
        .bind(entry.at)
        .run(tx)
        .await?;
    let set =
        sql("UPDATE account SET enrolled_at = $2, sealed = $3, code_step = $4, code_failures = 0, locked_at = NULL
                   WHERE id = $1 AND disabled_at IS NULL")
        .bind(new.account)
        .bind(entry.at)
        .bind(new.sealed)
        .bind(new.code_step)
        .run(tx)
        .await?;
    if taken != 1 || set != 1 {
        return Ok(false);
    }
    sql("DELETE FROM enrolment WHERE account = $1").bind(new.account).run(tx).await?;
    sql("DELETE FROM session WHERE account = $1").bind(new.account).run(tx).await?;
    sql("DELETE FROM recovery_code WHERE account = $1").bind(new.account).run(tx).await?;
    let codes = new.recovery.iter().map(|code| [Value::from(new.account), Value::from(*code)]).collect();
    tx.insert("recovery_code (account, digest)", codes).await?;
    tx.append(entry).await?;
    Ok(true)
}

/// The account under any of these digests.
pub(super) async fn find(conn: &mut Connection, logins: &[String]) -> Result<Option<AccountRow>, StoreError> {
    let logins = logins.iter().map(Value::from).collect();
    let rows = conn.select_among(&format!("SELECT {ACCOUNT} FROM account WHERE login IN"), logins).await?;
    rows.first().map(account).transpose()
}

/// Reads the columns of [`ACCOUNT`].
pub(super) fn account(row: &Row) -> Result<AccountRow, StoreError> {
    Ok(AccountRow {
        id: AccountId(row.id("id")?),
        login: row.text("login")?,
        roles: row.words("roles")?,
        units: row.words("units")?,
        language: row.optional_text("language")?,
        created_at: row.time("created_at")?,
        enrolled_at: row.optional_time("enrolled_at")?,
        disabled_at: row.optional_time("disabled_at")?,
        locked_at: row.optional_time("locked_at")?,
        sealed: row.bytes("sealed")?,
    })
}

impl Writing<'_> {
    async fn add_enrolment(&mut self, account: AccountId, new: NewEnrolment) -> Result<(), StoreError> {
        sql("INSERT INTO enrolment (digest, account, until) VALUES ($1, $2, $3)")
            .bind(new.digest)
            .bind(account)
            .bind(new.until)
            .run(self)
            .await?;
        Ok(())
    }

    /// Sessions and links of an account.
    async fn end_access(&mut self, account: AccountId) -> Result<(), StoreError> {
        for statement in ["DELETE FROM session WHERE account = $1", "DELETE FROM enrolment WHERE account = $1"] {
            sql(statement).bind(account).run(self).await?;
        }
        Ok(())
    }

    /// Appends the entry of a change that has to have met one account.
    async fn one(&mut self, changed: Result<u64, StoreError>, entry: &Entry) -> Result<(), StoreError> {
        match changed? {
            0 => Err(Conflict::NoAccount.into()),
            _ => self.append(entry).await,
        }
    }
}
