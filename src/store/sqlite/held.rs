//! Holding and reading held messages in SQLite.

use nix::sys::statvfs::statvfs;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::{Sqlite, Writing, id, open, optional_time, time, unexpected};
use crate::message::{MessageId, Reference};
use crate::store::held::CHUNK;
use crate::store::{
    Conflict, Entry, Filter, HeldMessage, LIST_PAGE, NewHeld, QueueRecord, RecipientRow, RecipientState, State,
    StoreError, StoreReceipt,
};
use crate::telemetry::failpoint;

/// Space that holds leave free, so that releases and audit events of what is already held can still
/// be recorded on a filling disk: this many bytes, or a twentieth of a small file system.
const SPACE_KEPT_FREE: u64 = 16 * 1024 * 1024;
const SHARE_KEPT_FREE: u64 = 20;

/// Columns of a queue record, as [`message`] reads them.
macro_rules! record_columns {
    () => {
        "id, reference, unit, categories, severity, channels, mode, urgent, state, release_failed, held_at,
         expires_at, ended_at, next_attempt"
    };
}
pub(super) use record_columns;

/// Bytes that are free where the file is, and of those the bytes that holds leave free.
pub(super) fn space(path: &std::path::Path) -> Option<(u64, u64)> {
    let space = statvfs(open::directory_of(path)).ok()?;
    let unit = space.fragment_size();
    let free = unit.saturating_mul(space.blocks_available());
    Some((free, SPACE_KEPT_FREE.min(unit.saturating_mul(space.blocks()) / SHARE_KEPT_FREE)))
}

impl Sqlite {
    pub(super) async fn hold_message(&self, new: &NewHeld) -> Result<StoreReceipt, StoreError> {
        self.refuse_when_full(new.content.len() + new.evidence.len())?;
        let mut tx = self.begin().await?;
        failpoint::hit("hold:before-insert");
        let reference = match insert(&mut tx, new).await {
            Ok(reference) => reference,
            Err(error) => {
                tx.rollback().await;
                return Err(error);
            }
        };
        failpoint::hit("hold:before-commit");
        let committed = tx.commit().await;
        if committed.is_ok() {
            failpoint::hit("hold:after-commit");
        }
        self.receipt_after(committed, new.id, reference).await
    }

    /// The receipt, if the message is durable. Where the commit failed that is not known yet, and the
    /// store is read by id before anything is said.
    pub(super) async fn receipt_after(
        &self,
        committed: Result<(), StoreError>,
        id: MessageId,
        reference: Reference,
    ) -> Result<StoreReceipt, StoreError> {
        match committed {
            Ok(()) => Ok(StoreReceipt::committed(id, reference)),
            // After a failed sync even a row that can be read may not be on the disk.
            Err(error @ StoreError::Broken(_)) => Err(error),
            // Otherwise a row that another connection sees is in the synced log: SQLite publishes a
            // commit to readers only after that.
            Err(error) => match self.read_message(id).await {
                Ok(Some(stored)) => Ok(StoreReceipt::committed(stored.id, stored.reference)),
                Ok(None) => Err(error),
                // The outcome stays unknown; a store that has just broken must be remembered as such.
                Err(broken @ StoreError::Broken(_)) => Err(broken),
                Err(_) => Err(error),
            },
        }
    }

    /// The predictable shortage: refuses before the disk is full, so that nothing is half-written.
    pub(super) fn refuse_when_full(&self, needed: usize) -> Result<(), StoreError> {
        // A file system that cannot say counts as having space; SQLite will find out.
        let Some((free, kept)) = space(&self.settings.path) else { return Ok(()) };
        // Once in the log, once in the file.
        let needed = (needed as u64).saturating_mul(2);
        if free < kept.saturating_add(needed) { Err(StoreError::Full) } else { Ok(()) }
    }

    pub(super) async fn read_message(&self, id: MessageId) -> Result<Option<HeldMessage>, StoreError> {
        sqlx::query(concat!("SELECT ", record_columns!(), " FROM held WHERE id = ?1"))
            .bind(id.0.as_slice())
            .fetch_optional(&self.readers)
            .await?
            .map(|row| message(&row))
            .transpose()
    }

    pub(super) async fn read_list(&self, filter: &Filter) -> Result<Vec<HeldMessage>, StoreError> {
        let rows = sqlx::query(concat!(
            "SELECT ",
            record_columns!(),
            " FROM held WHERE (?1 IS NULL OR state = ?1) AND (?2 IS NULL OR reference = ?2)
               AND (?3 IS NULL OR (held_at, id) > (?3, ?4))
             ORDER BY held_at, id LIMIT ?5"
        ))
        .bind(filter.state.map(State::as_str))
        .bind(filter.reference.as_ref().map(Reference::as_str))
        .bind(filter.after.map(|(at, _)| at.as_millisecond()))
        .bind(filter.after.map(|(_, id)| id.0.to_vec()))
        .bind(LIST_PAGE as i64)
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(message).collect()
    }

    pub(super) async fn read_recipients(&self, id: MessageId) -> Result<Vec<RecipientRow>, StoreError> {
        let rows = sqlx::query("SELECT position, state, reply FROM recipient WHERE message = ?1 ORDER BY position")
            .bind(id.0.as_slice())
            .fetch_all(&self.readers)
            .await?;
        rows.iter()
            .map(|row| {
                let state: String = row.try_get("state")?;
                Ok(RecipientRow {
                    position: usize::try_from(row.try_get::<i64, _>("position")?)
                        .map_err(|_| unexpected("position"))?,
                    state: RecipientState::from_word(&state).ok_or_else(|| unexpected("state"))?,
                    reply: row.try_get("reply")?,
                })
            })
            .collect()
    }

    pub(super) async fn read_evidence(&self, id: MessageId) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(sqlx::query_scalar("SELECT sealed FROM evidence WHERE message = ?1")
            .bind(id.0.as_slice())
            .fetch_optional(&self.readers)
            .await?)
    }

    pub(super) async fn read_content(&self, id: MessageId) -> Result<Option<Vec<u8>>, StoreError> {
        let chunks: Vec<Vec<u8>> = sqlx::query_scalar("SELECT sealed FROM content WHERE message = ?1 ORDER BY chunk")
            .bind(id.0.as_slice())
            .fetch_all(&self.readers)
            .await?;
        Ok((!chunks.is_empty()).then(|| chunks.concat()))
    }

    pub(super) async fn write_discarded(&self, id: MessageId, entry: &Entry) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = async {
            tx.transition(id, State::Held, State::Discarded, entry).await?;
            tx.erase(id).await
        }
        .await;
        tx.end(step).await
    }
}

impl Writing<'_> {
    /// The one place where a state changes: compare-and-set, with its audit entry.
    pub(super) async fn transition(
        &mut self,
        id: MessageId,
        from: State,
        to: State,
        entry: &Entry,
    ) -> Result<(), StoreError> {
        let changed = if from.may_become(to) {
            sqlx::query("UPDATE held SET state = ?3, ended_at = ?4 WHERE id = ?1 AND state = ?2")
                .bind(id.0.as_slice())
                .bind(from.as_str())
                .bind(to.as_str())
                .bind(to.is_final().then(|| entry.at.as_millisecond()))
                .execute(&mut self.conn)
                .await?
                .rows_affected()
        } else {
            0
        };
        if changed == 1 { self.append(entry).await } else { Err(conflict(&mut self.conn, id).await?.into()) }
    }

    /// Deletes evidence and content.
    pub(super) async fn erase(&mut self, id: MessageId) -> Result<(), StoreError> {
        for statement in ["DELETE FROM content WHERE message = ?1", "DELETE FROM evidence WHERE message = ?1"] {
            sqlx::query(statement).bind(id.0.as_slice()).execute(&mut self.conn).await?;
        }
        Ok(())
    }
}

/// Why a compare-and-set on `id` changed nothing.
pub(super) async fn conflict(conn: &mut SqliteConnection, id: MessageId) -> Result<Conflict, StoreError> {
    let state: Option<String> = sqlx::query_scalar("SELECT state FROM held WHERE id = ?1")
        .bind(id.0.as_slice())
        .fetch_optional(&mut *conn)
        .await?;
    match state {
        None => Ok(Conflict::NotFound),
        Some(word) => Ok(Conflict::State(State::from_word(&word).ok_or_else(|| unexpected("state"))?)),
    }
}

/// Writes all records of a hold; the reference is that of the first copy, if there is one.
async fn insert(tx: &mut Writing<'_>, new: &NewHeld) -> Result<Reference, StoreError> {
    let earlier = earlier_copy(tx, new).await?;
    let is_copy = earlier.is_some();
    let reference = match earlier {
        Some(reference) => reference,
        None => unused_reference(tx, &new.reference).await?,
    };
    let message = new.id.0.as_slice();
    let record = &new.record;
    sqlx::query(
        "INSERT INTO held (id, reference, unit, categories, severity, channels, mode, urgent, copy_digest, state,
                           held_at, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )
    .bind(message)
    .bind(reference.as_str())
    .bind(&record.unit)
    .bind(record.categories.join(" "))
    .bind(&record.severity)
    .bind(record.channels.join(" "))
    .bind(&record.mode)
    .bind(record.urgent)
    .bind(&new.copy_digest)
    .bind(State::Held.as_str())
    .bind(record.held_at.as_millisecond())
    .bind(record.expires_at.as_millisecond())
    .execute(&mut tx.conn)
    .await?;
    for position in 0..new.recipients {
        sqlx::query("INSERT INTO recipient (message, position, state) VALUES (?1, ?2, ?3)")
            .bind(message)
            .bind(position as i64)
            .bind(RecipientState::Pending.as_str())
            .execute(&mut tx.conn)
            .await?;
    }
    for digest in &new.value_digests {
        sqlx::query("INSERT OR IGNORE INTO value_digest (message, digest) VALUES (?1, ?2)")
            .bind(message)
            .bind(digest)
            .execute(&mut tx.conn)
            .await?;
    }
    sqlx::query("INSERT INTO evidence (message, sealed) VALUES (?1, ?2)")
        .bind(message)
        .bind(new.evidence.as_slice())
        .execute(&mut tx.conn)
        .await?;
    for (number, chunk) in new.content.chunks(CHUNK).enumerate() {
        sqlx::query("INSERT INTO content (message, chunk, sealed) VALUES (?1, ?2, ?3)")
            .bind(message)
            .bind(number as i64)
            .bind(chunk)
            .execute(&mut tx.conn)
            .await?;
    }
    failpoint::hit("hold:after-insert");
    if let Some(notice) = new.notice.as_ref().filter(|_| !is_copy) {
        tx.add_notice(notice, Some(reference.as_str())).await?;
    }
    tx.append(&Entry { reference: Some(reference.clone()), ..new.entry.clone() }).await?;
    Ok(reference)
}

async fn earlier_copy(tx: &mut Writing<'_>, new: &NewHeld) -> Result<Option<Reference>, StoreError> {
    let text: Option<String> = sqlx::query_scalar(
        "SELECT reference FROM held WHERE copy_digest = ?1 AND held_at >= ?2 ORDER BY held_at, id LIMIT 1",
    )
    .bind(&new.copy_digest)
    .bind(new.copies_since.as_millisecond())
    .fetch_optional(&mut tx.conn)
    .await?;
    text.map(|text| text.parse().map_err(|()| unexpected("reference"))).transpose()
}

/// `wanted`, or another one should a different mail have drawn the same.
async fn unused_reference(tx: &mut Writing<'_>, wanted: &Reference) -> Result<Reference, StoreError> {
    let mut reference = wanted.clone();
    loop {
        let taken: Option<i64> = sqlx::query_scalar("SELECT 1 FROM held WHERE reference = ?1 LIMIT 1")
            .bind(reference.as_str())
            .fetch_optional(&mut tx.conn)
            .await?;
        if taken.is_none() {
            return Ok(reference);
        }
        reference = Reference::random();
    }
}

/// Reads the columns of [`record_columns`].
pub(super) fn message(row: &SqliteRow) -> Result<HeldMessage, StoreError> {
    let state: String = row.try_get("state")?;
    let reference: String = row.try_get("reference")?;
    Ok(HeldMessage {
        id: id(row, "id")?,
        reference: reference.parse().map_err(|()| unexpected("reference"))?,
        record: QueueRecord {
            unit: row.try_get("unit")?,
            categories: words(row, "categories")?,
            severity: row.try_get("severity")?,
            channels: words(row, "channels")?,
            mode: row.try_get("mode")?,
            urgent: row.try_get("urgent")?,
            held_at: time(row, "held_at")?,
            expires_at: time(row, "expires_at")?,
        },
        state: State::from_word(&state).ok_or_else(|| unexpected("state"))?,
        release_failed: row.try_get("release_failed")?,
        ended_at: optional_time(row, "ended_at")?,
        next_attempt: optional_time(row, "next_attempt")?,
    })
}

fn words(row: &SqliteRow, column: &'static str) -> Result<Vec<String>, StoreError> {
    let text: String = row.try_get(column)?;
    Ok(text.split_ascii_whitespace().map(str::to_owned).collect())
}
