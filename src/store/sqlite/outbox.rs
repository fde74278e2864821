//! The outbox in SQLite.

use jiff::Timestamp;
use sqlx::Row;

use super::{Sqlite, Writing, clock, millis, time, unexpected};
use crate::store::{Conflict, NewNotice, NoticeId, OUTBOX_LEASE, OutboxItem, StoreError};

impl Writing<'_> {
    pub(super) async fn add_notice(&mut self, notice: &NewNotice, reference: Option<&str>) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO outbox (id, reference, payload, created_at, due) VALUES (?1, ?2, ?3, ?4, ?5)")
            .bind(notice.id.0.as_slice())
            .bind(reference)
            .bind(&notice.payload)
            .bind(notice.created_at.as_millisecond())
            .bind(notice.due.as_millisecond())
            .execute(&mut self.conn)
            .await?;
        Ok(())
    }
}

impl Sqlite {
    pub(super) async fn add_notice(&self, notice: &NewNotice) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = tx.add_notice(notice, notice.reference.as_deref()).await;
        tx.end(step).await
    }

    pub(super) async fn claim_notice(&self, now: Timestamp) -> Result<Option<OutboxItem>, StoreError> {
        let waiting: Option<i64> = sqlx::query_scalar("SELECT 1 FROM outbox WHERE ended IS NULL AND due <= ?1 LIMIT 1")
            .bind(now.as_millisecond())
            .fetch_optional(&self.readers)
            .await?;
        if waiting.is_none() {
            // Spares an idle outbox the write transaction of every look.
            return Ok(None);
        }
        let mut tx = self.begin().await?;
        let step = take_one(&mut tx, now).await;
        tx.end(step).await
    }

    pub(super) async fn end_notice(&self, id: NoticeId, ended: &'static str) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = sqlx::query(
            "UPDATE outbox SET ended = ?2, payload = NULL, lease_until = NULL WHERE id = ?1 AND ended IS NULL",
        )
        .bind(id.0.as_slice())
        .bind(ended)
        .execute(&mut tx.conn)
        .await
        .map_err(StoreError::from)
        .and_then(|done| if done.rows_affected() == 1 { Ok(()) } else { Err(Conflict::NotFound.into()) });
        tx.end(step).await
    }

    pub(super) async fn retry_notice(&self, id: NoticeId, at: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = sqlx::query("UPDATE outbox SET due = ?2, lease_until = NULL WHERE id = ?1 AND ended IS NULL")
            .bind(id.0.as_slice())
            .bind(at.as_millisecond())
            .execute(&mut tx.conn)
            .await
            .map_err(StoreError::from)
            .and_then(|done| if done.rows_affected() == 1 { Ok(()) } else { Err(Conflict::NotFound.into()) });
        tx.end(step).await
    }

    pub(super) async fn count_waiting_notices(&self) -> Result<u64, StoreError> {
        let count: i64 =
            sqlx::query_scalar("SELECT count(*) FROM outbox WHERE ended IS NULL").fetch_one(&self.readers).await?;
        Ok(count.unsigned_abs())
    }
}

async fn take_one(tx: &mut Writing<'_>, now: Timestamp) -> Result<Option<OutboxItem>, StoreError> {
    let row = sqlx::query(concat!(
        "UPDATE outbox SET attempts = attempts + 1, lease_until = ",
        clock!(),
        " + ?2 WHERE id = (SELECT id FROM outbox WHERE ended IS NULL AND due <= ?1
                           AND (lease_until IS NULL OR lease_until <= ",
        clock!(),
        ") ORDER BY due, id LIMIT 1) RETURNING id, reference, payload, created_at, attempts"
    ))
    .bind(now.as_millisecond())
    .bind(millis(OUTBOX_LEASE))
    .fetch_optional(&mut tx.conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let id: Vec<u8> = row.try_get("id")?;
    Ok(Some(OutboxItem {
        id: NoticeId(id.try_into().map_err(|_| unexpected("id"))?),
        reference: row.try_get("reference")?,
        payload: row.try_get("payload")?,
        created_at: time(&row, "created_at")?,
        attempts: row.try_get("attempts")?,
    }))
}
