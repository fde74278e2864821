//! Expiry and deletion.

use jiff::Timestamp;

use super::held::{RECORD, message};
use super::statement::{Row, sql};
use super::{Backend, Core, Writing};
use crate::message::MessageId;
use crate::store::{Entry, HeldMessage, LIST_PAGE, NewNotice, State, StoreError, Swept};
use crate::telemetry::failpoint;

/// Messages of one transaction of a sweep: holds wait for it, and not for the whole sweep.
pub(super) const SWEPT_AT_ONCE: usize = 20;

impl Core {
    pub(super) async fn read_expired(&self, now: Timestamp) -> Result<Vec<HeldMessage>, StoreError> {
        sql(format!(
            "SELECT {RECORD} FROM held WHERE state = 'held' AND kept IS NULL AND expires_at <= $1
             ORDER BY expires_at, id LIMIT $2"
        ))
        .bind(now)
        .bind(LIST_PAGE)
        .all(&mut *self.read().await?)
        .await?
        .iter()
        .map(message)
        .collect()
    }

    pub(super) async fn write_expired(
        &self,
        id: MessageId,
        notice: Option<&NewNotice>,
        entry: &Entry,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = expire(&mut tx, id, notice, entry).await;
        failpoint::hit("expire:before-commit");
        tx.end(step).await?;
        failpoint::hit("expire:after-commit");
        Ok(())
    }

    pub(super) async fn erase_content(&self, id: MessageId) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = sql("DELETE FROM content WHERE message = $1
                          AND message IN (SELECT id FROM held WHERE state NOT IN ('held', 'releasing')
                                            AND kept IS NULL AND content_until IS NULL)")
        .bind(id)
        .run(&mut tx)
        .await;
        tx.end(step).await.map(|_| ())
    }

    /// What is to go is looked for by a reading connection, and deleted in small transactions: holds go on between
    /// them. A final state is final, so nothing found is needed again, but for what is put on legal hold meanwhile.
    pub(super) async fn sweep_ended(&self, now: Timestamp) -> Result<Swept, StoreError> {
        let ended = "SELECT id FROM held WHERE state NOT IN ('held', 'releasing') AND kept IS NULL
                       AND (content_until IS NULL OR content_until <= $1)";
        let contents = sql(format!("SELECT DISTINCT message FROM content WHERE message IN ({ended})"));
        let contents = contents.bind(now).all(&mut *self.read().await?).await?;
        self.delete("DELETE FROM content WHERE message = $1", &contents).await?;
        let evidences = sql(format!("SELECT message FROM evidence WHERE message IN ({ended} AND expires_at <= $1)"));
        let evidences = evidences.bind(now).all(&mut *self.read().await?).await?;
        self.delete("DELETE FROM evidence WHERE message = $1", &evidences).await?;
        self.delete_void_links(now).await?;
        self.give_back_space().await?;
        Ok(Swept { contents: contents.len() as u64, evidences: evidences.len() as u64 })
    }

    async fn delete(&self, statement: &'static str, rows: &[Row]) -> Result<(), StoreError> {
        for rows in rows.chunks(SWEPT_AT_ONCE) {
            let mut tx = self.begin().await?;
            let step = delete(&mut tx, statement, rows).await;
            tx.end(step).await?;
        }
        Ok(())
    }

    /// Shortens a file, and empties its log so that deleted content is not left in it. A server does so by itself.
    async fn give_back_space(&self) -> Result<(), StoreError> {
        let Backend::Sqlite(_) = &self.backend else { return Ok(()) };
        let mut slot = self.writing.lock().await;
        let Some(mut conn) = slot.take() else { return Ok(()) };
        // 8192 pages are 32 MiB; more waits for the next sweep, so that holds do not wait for it.
        conn.batch("PRAGMA incremental_vacuum(8192); PRAGMA wal_checkpoint(TRUNCATE)").await?;
        *slot = Some(conn);
        Ok(())
    }
}

async fn expire(
    tx: &mut Writing<'_>,
    id: MessageId,
    notice: Option<&NewNotice>,
    entry: &Entry,
) -> Result<(), StoreError> {
    // A failed release may have given it more time since it was listed. Nothing is changed here: the row is only
    // kept from others until the commit.
    tx.check_not_kept(id).await?;
    let due =
        sql("UPDATE held SET state = state WHERE id = $1 AND expires_at <= $2").bind(id).bind(entry.at).run(tx).await?;
    if due != 1 {
        return Err(tx.conflict(id).await?.into());
    }
    tx.transition(id, State::Held, State::Expired, entry).await?;
    if let Some(notice) = notice {
        tx.add_notice(notice).await?;
    }
    tx.erase(id).await
}

async fn delete(tx: &mut Writing<'_>, statement: &'static str, rows: &[Row]) -> Result<(), StoreError> {
    for row in rows {
        let id = row.message("message")?;
        match tx.check_not_kept(id).await {
            Ok(()) => sql(statement).bind(id).run(tx).await?,
            Err(StoreError::Conflict(_)) => 0,
            Err(error) => return Err(error),
        };
    }
    Ok(())
}
