//! Expiry and deletion in SQLite.

use jiff::Timestamp;

use super::held::{conflict, message, record_columns};
use super::{Sqlite, Writing};
use crate::message::MessageId;
use crate::store::{Entry, HeldMessage, LIST_PAGE, NewNotice, State, StoreError, Swept};

impl Sqlite {
    pub(super) async fn read_expired(&self, now: Timestamp) -> Result<Vec<HeldMessage>, StoreError> {
        let rows = sqlx::query(concat!(
            "SELECT ",
            record_columns!(),
            " FROM held WHERE state = 'held' AND expires_at <= ?1 ORDER BY expires_at, id LIMIT ?2"
        ))
        .bind(now.as_millisecond())
        .bind(LIST_PAGE as i64)
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(message).collect()
    }

    pub(super) async fn write_expired(
        &self,
        id: MessageId,
        notice: Option<&NewNotice>,
        entry: &Entry,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = async {
            // A failed release may have given it more time since it was listed.
            let due: Option<i64> = sqlx::query_scalar("SELECT 1 FROM held WHERE id = ?1 AND expires_at <= ?2")
                .bind(id.0.as_slice())
                .bind(entry.at.as_millisecond())
                .fetch_optional(&mut tx.conn)
                .await?;
            if due.is_none() {
                return Err(conflict(&mut tx.conn, id).await?.into());
            }
            tx.transition(id, State::Held, State::Expired, entry).await?;
            if let Some(notice) = notice {
                tx.add_notice(notice, notice.reference.as_deref()).await?;
            }
            tx.erase(id).await
        }
        .await;
        tx.end(step).await
    }

    pub(super) async fn erase_content(&self, id: MessageId) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = sqlx::query(
            "DELETE FROM content WHERE message = ?1
               AND message IN (SELECT id FROM held WHERE state NOT IN ('held', 'releasing'))",
        )
        .bind(id.0.as_slice())
        .execute(&mut tx.conn)
        .await
        .map(|_| ())
        .map_err(StoreError::from);
        tx.end(step).await
    }

    pub(super) async fn sweep_ended(&self, now: Timestamp) -> Result<Swept, StoreError> {
        let mut tx = self.begin().await?;
        let step = delete_unneeded(&mut tx, now).await;
        let swept = tx.end(step).await?;
        self.give_back_space().await?;
        Ok(swept)
    }

    /// Shortens the file, and empties the log so that deleted content is not left in it.
    async fn give_back_space(&self) -> Result<(), StoreError> {
        let mut slot = self.writer.lock().await;
        let mut conn = match slot.take() {
            Some(conn) => conn,
            None => return Ok(()),
        };
        // 8192 pages are 32 MiB; more waits for the next sweep, so that holds do not wait for it.
        sqlx::raw_sql("PRAGMA incremental_vacuum(8192); PRAGMA wal_checkpoint(TRUNCATE)").fetch_all(&mut conn).await?;
        *slot = Some(conn);
        Ok(())
    }
}

async fn delete_unneeded(tx: &mut Writing<'_>, now: Timestamp) -> Result<Swept, StoreError> {
    let contents: Vec<Vec<u8>> = sqlx::query_scalar(
        "SELECT DISTINCT message FROM content
         WHERE message IN (SELECT id FROM held WHERE state NOT IN ('held', 'releasing'))",
    )
    .fetch_all(&mut tx.conn)
    .await?;
    for message in &contents {
        sqlx::query("DELETE FROM content WHERE message = ?1").bind(message).execute(&mut tx.conn).await?;
    }
    let evidences = sqlx::query(
        "DELETE FROM evidence
         WHERE message IN (SELECT id FROM held WHERE state NOT IN ('held', 'releasing') AND expires_at <= ?1)",
    )
    .bind(now.as_millisecond())
    .execute(&mut tx.conn)
    .await?
    .rows_affected();
    Ok(Swept { contents: contents.len() as u64, evidences })
}
