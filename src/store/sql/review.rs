//! Exceptions that senders ask for, and looks that are due.

use jiff::Timestamp;

use super::statement::{Row, sql, unexpected};
use super::{Answer, Core, Database, Writing};
use crate::message::MessageId;
use crate::store::account::AccountId;
use crate::store::review::{ExceptionRow, NewReview, Outcome, ReviewRow, ReviewStore};
use crate::store::{Conflict, Entry, LIST_PAGE, MailboxRole, NewNotice, RegisterId, StoreError};

impl ReviewStore for Database {
    fn is_sender<'a>(&'a self, id: MessageId, digests: &'a [String]) -> Answer<'a, bool> {
        self.guarded(self.core.read_is_sender(id, digests))
    }

    fn request_exception<'a>(
        &'a self,
        row: &'a ExceptionRow,
        notice: Option<&'a NewNotice>,
        entry: &'a Entry,
    ) -> Answer<'a, bool> {
        self.guarded(self.core.insert_exception(row, notice, entry))
    }

    fn exception_of(&self, id: MessageId) -> Answer<'_, Option<ExceptionRow>> {
        self.guarded(self.core.read_exception(id))
    }

    fn review_of(&self, id: MessageId) -> Answer<'_, Option<ReviewRow>> {
        self.guarded(self.core.read_review(id))
    }

    fn reviews(&self, all: bool) -> Answer<'_, Vec<ReviewRow>> {
        self.guarded(self.core.read_reviews(all))
    }

    fn reviews_overdue(&self, now: Timestamp, since: Timestamp) -> Answer<'_, Vec<ReviewRow>> {
        self.guarded(self.core.read_overdue(now, since))
    }

    fn remind_of_review<'a>(
        &'a self,
        id: MessageId,
        since: Timestamp,
        notice: Option<&'a NewNotice>,
        entry: &'a Entry,
    ) -> Answer<'a, bool> {
        self.guarded(self.core.write_reminded(id, since, notice, entry))
    }

    fn decide_review<'a>(
        &'a self,
        id: MessageId,
        outcome: Outcome,
        notice: Option<&'a NewNotice>,
        entry: &'a Entry,
    ) -> Answer<'a, ()> {
        self.guarded(self.core.write_review_decided(id, outcome, notice, entry))
    }
}

impl Core {
    async fn read_is_sender(&self, id: MessageId, digests: &[String]) -> Result<bool, StoreError> {
        let mut conn = self.read().await?;
        for digest in digests {
            let found = sql("SELECT 1 AS found FROM mailbox_digest WHERE message = $1 AND role = $2 AND digest = $3")
                .bind(id)
                .bind(MailboxRole::Sender.as_str())
                .bind(digest);
            if found.first(&mut conn).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn insert_exception(
        &self,
        row: &ExceptionRow,
        notice: Option<&NewNotice>,
        entry: &Entry,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let step = request(&mut tx, row, notice, entry).await;
        tx.end_if(step).await
    }

    async fn read_exception(&self, id: MessageId) -> Result<Option<ExceptionRow>, StoreError> {
        let row =
            sql("SELECT id, message, account, at, code, sealed FROM exception_request WHERE message = $1").bind(id);
        row.first(&mut *self.read().await?).await?.as_ref().map(exception).transpose()
    }

    async fn read_review(&self, id: MessageId) -> Result<Option<ReviewRow>, StoreError> {
        let row = sql("SELECT * FROM review WHERE id = $1").bind(id);
        row.first(&mut *self.read().await?).await?.as_ref().map(review).transpose()
    }

    async fn read_reviews(&self, all: bool) -> Result<Vec<ReviewRow>, StoreError> {
        let which = if all { "" } else { "WHERE decided_at IS NULL" };
        let rows = sql(format!("SELECT * FROM review {which} ORDER BY due, id LIMIT $1")).bind(LIST_PAGE);
        rows.all(&mut *self.read().await?).await?.iter().map(review).collect()
    }

    async fn read_overdue(&self, now: Timestamp, since: Timestamp) -> Result<Vec<ReviewRow>, StoreError> {
        let rows = sql("SELECT * FROM review WHERE decided_at IS NULL AND due <= $1 AND COALESCE(reminded_at, 0) <= $2
                        ORDER BY due, id LIMIT $3");
        let rows = rows.bind(now).bind(since).bind(LIST_PAGE);
        rows.all(&mut *self.read().await?).await?.iter().map(review).collect()
    }

    async fn write_reminded(
        &self,
        id: MessageId,
        since: Timestamp,
        notice: Option<&NewNotice>,
        entry: &Entry,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let step = remind(&mut tx, id, since, notice, entry).await;
        tx.end_if(step).await
    }

    async fn write_review_decided(
        &self,
        id: MessageId,
        outcome: Outcome,
        notice: Option<&NewNotice>,
        entry: &Entry,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = decide(&mut tx, id, outcome, notice, entry).await;
        tx.end(step).await
    }
}

async fn request(
    tx: &mut Writing<'_>,
    row: &ExceptionRow,
    notice: Option<&NewNotice>,
    entry: &Entry,
) -> Result<bool, StoreError> {
    let held = sql("UPDATE held SET review_asked = COALESCE(review_asked, $2) WHERE id = $1 AND state = 'held'")
        .bind(row.message)
        .bind(entry.at)
        .run(tx)
        .await?;
    let there = sql("SELECT id FROM exception_request WHERE message = $1").bind(row.message).first(tx).await?;
    if held != 1 || there.is_some() {
        return Ok(false);
    }
    sql("INSERT INTO exception_request (id, message, account, at, code, sealed) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(row.id)
        .bind(row.message)
        .bind(row.account)
        .bind(row.at)
        .bind(&row.code)
        .bind(&row.sealed)
        .run(tx)
        .await?;
    tx.append(entry).await?;
    if let Some(notice) = notice {
        tx.add_notice(notice).await?;
    }
    Ok(true)
}

async fn remind(
    tx: &mut Writing<'_>,
    id: MessageId,
    since: Timestamp,
    notice: Option<&NewNotice>,
    entry: &Entry,
) -> Result<bool, StoreError> {
    let reminded = sql("UPDATE review SET reminded_at = $2
                        WHERE id = $1 AND decided_at IS NULL AND COALESCE(reminded_at, 0) <= $3")
    .bind(id)
    .bind(entry.at)
    .bind(since)
    .run(tx)
    .await?;
    if reminded != 1 {
        return Ok(false);
    }
    tx.append(entry).await?;
    if let Some(notice) = notice {
        tx.add_notice(notice).await?;
    }
    Ok(true)
}

async fn decide(
    tx: &mut Writing<'_>,
    id: MessageId,
    outcome: Outcome,
    notice: Option<&NewNotice>,
    entry: &Entry,
) -> Result<(), StoreError> {
    let decided = sql("UPDATE review SET decided_at = $2, decided_by = $3, outcome = $4
                       WHERE id = $1 AND decided_at IS NULL AND actor <> $3")
    .bind(id)
    .bind(entry.at)
    .bind(&entry.actor)
    .bind(outcome.as_str())
    .run(tx)
    .await?;
    if decided != 1 {
        let row = sql("SELECT * FROM review WHERE id = $1").bind(id).first(tx).await?;
        return Err(match row.as_ref().map(review).transpose()? {
            None => Conflict::NotFound,
            Some(ReviewRow { decided: Some(_), .. }) => Conflict::Ended,
            Some(_) => Conflict::SamePerson,
        }
        .into());
    }
    tx.append(entry).await?;
    if let Some(notice) = notice {
        tx.add_notice(notice).await?;
    }
    Ok(())
}

impl Writing<'_> {
    /// Of a message that is released a second time the first look stays, unless it was taken.
    pub(super) async fn add_review(&mut self, new: &NewReview) -> Result<(), StoreError> {
        sql("INSERT INTO review (id, reference, unit, actor, what, asked_at, due) VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (id) DO UPDATE SET actor = excluded.actor, what = excluded.what, asked_at = excluded.asked_at,
                 due = excluded.due, decided_at = NULL, decided_by = NULL, outcome = NULL, reminded_at = NULL
             WHERE review.decided_at IS NOT NULL")
        .bind(new.id)
        .bind(new.reference.as_ref())
        .bind(&new.unit)
        .bind(&new.actor)
        .bind(&new.what)
        .bind(new.at)
        .bind(new.due)
        .run(self)
        .await?;
        Ok(())
    }
}

fn exception(row: &Row) -> Result<ExceptionRow, StoreError> {
    Ok(ExceptionRow {
        id: RegisterId(row.id("id")?),
        message: row.message("message")?,
        account: AccountId(row.id("account")?),
        at: row.time("at")?,
        code: row.text("code")?,
        sealed: row.bytes("sealed")?,
    })
}

fn review(row: &Row) -> Result<ReviewRow, StoreError> {
    let decided = match row.optional_time("decided_at")? {
        None => None,
        Some(at) => {
            let outcome = Outcome::from_word(&row.text("outcome")?).ok_or_else(|| unexpected("outcome"))?;
            Some((at, row.text("decided_by")?, outcome))
        }
    };
    let reference = row.optional_text("reference")?;
    let reference = reference.map(|text| text.parse().map_err(|()| unexpected("reference"))).transpose()?;
    Ok(ReviewRow {
        review: NewReview {
            id: row.message("id")?,
            reference,
            unit: row.text("unit")?,
            actor: row.text("actor")?,
            what: row.text("what")?,
            at: row.time("asked_at")?,
            due: row.time("due")?,
        },
        decided,
    })
}
