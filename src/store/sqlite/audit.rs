//! Audit chains and the secret's fingerprint in SQLite.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Sqlite, Writing};
use crate::store::{Entry, Head, LIST_PAGE, Link, StoreError};

/// Key of the secret's fingerprint in `meta`.
pub(super) const FINGERPRINT: &str = "secret_fingerprint";

impl Writing<'_> {
    /// Appends an entry to this writer's chain, in this transaction.
    pub(super) async fn append(&mut self, entry: &Entry) -> Result<(), StoreError> {
        let head = sqlx::query("SELECT writer, sequence, hash FROM audit_head WHERE writer = ?1")
            .bind(self.writer)
            .fetch_optional(&mut self.conn)
            .await?
            .map(|row| head(&row))
            .transpose()?;
        let link = Link::after(head.as_ref(), self.writer, entry);
        sqlx::query(
            "INSERT INTO audit (writer, sequence, at, event, actor, message, reference, unit, reason, detail,
                                previous, hash)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )
        .bind(&link.writer)
        .bind(link.sequence)
        .bind(link.at_ms)
        .bind(&link.event)
        .bind(&link.actor)
        .bind(&link.message)
        .bind(&link.reference)
        .bind(&link.unit)
        .bind(&link.reason)
        .bind(&link.detail)
        .bind(&link.previous)
        .bind(&link.hash)
        .execute(&mut self.conn)
        .await?;
        sqlx::query(
            "INSERT INTO audit_head (writer, sequence, hash) VALUES (?1, ?2, ?3)
             ON CONFLICT (writer) DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash",
        )
        .bind(&link.writer)
        .bind(link.sequence)
        .bind(&link.hash)
        .execute(&mut self.conn)
        .await?;
        self.appended.push(link);
        Ok(())
    }
}

impl Sqlite {
    pub(super) async fn append_entry(&self, entry: &Entry) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = tx.append(entry).await;
        tx.end(step).await
    }

    pub(super) async fn read_heads(&self) -> Result<Vec<Head>, StoreError> {
        let rows = sqlx::query("SELECT writer, sequence, hash FROM audit_head ORDER BY writer")
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(head).collect()
    }

    pub(super) async fn read_writers(&self) -> Result<Vec<String>, StoreError> {
        Ok(sqlx::query_scalar("SELECT writer FROM audit UNION SELECT writer FROM audit_head ORDER BY 1")
            .fetch_all(&self.readers)
            .await?)
    }

    pub(super) async fn read_links(&self, writer: &str, sequence: i64) -> Result<Vec<Link>, StoreError> {
        let rows = sqlx::query(
            "SELECT writer, sequence, at, event, actor, message, reference, unit, reason, detail, previous, hash
             FROM audit WHERE writer = ?1 AND sequence > ?2 ORDER BY sequence LIMIT ?3",
        )
        .bind(writer)
        .bind(sequence)
        .bind(LIST_PAGE as i64)
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(link).collect()
    }

    pub(super) async fn read_fingerprint(&self) -> Result<Option<String>, StoreError> {
        Ok(sqlx::query_scalar("SELECT value FROM meta WHERE key = ?1")
            .bind(FINGERPRINT)
            .fetch_optional(&self.readers)
            .await?)
    }

    pub(super) async fn write_fingerprint(&self, fingerprint: &str, entry: &Entry) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = bind_fingerprint(&mut tx, fingerprint, entry).await;
        tx.end(step).await
    }
}

async fn bind_fingerprint(tx: &mut Writing<'_>, fingerprint: &str, entry: &Entry) -> Result<(), StoreError> {
    let stored: Option<String> = sqlx::query_scalar("SELECT value FROM meta WHERE key = ?1")
        .bind(FINGERPRINT)
        .fetch_optional(&mut tx.conn)
        .await?;
    match stored {
        Some(stored) if stored == fingerprint => Ok(()),
        Some(stored) => Err(StoreError::OtherSecret { stored }),
        None => {
            sqlx::query("INSERT INTO meta (key, value) VALUES (?1, ?2)")
                .bind(FINGERPRINT)
                .bind(fingerprint)
                .execute(&mut tx.conn)
                .await?;
            tx.append(entry).await
        }
    }
}

fn head(row: &SqliteRow) -> Result<Head, StoreError> {
    Ok(Head { writer: row.try_get("writer")?, sequence: row.try_get("sequence")?, hash: row.try_get("hash")? })
}

fn link(row: &SqliteRow) -> Result<Link, StoreError> {
    Ok(Link {
        writer: row.try_get("writer")?,
        sequence: row.try_get("sequence")?,
        at_ms: row.try_get("at")?,
        event: row.try_get("event")?,
        actor: row.try_get("actor")?,
        message: row.try_get("message")?,
        reference: row.try_get("reference")?,
        unit: row.try_get("unit")?,
        reason: row.try_get("reason")?,
        detail: row.try_get("detail")?,
        previous: row.try_get("previous")?,
        hash: row.try_get("hash")?,
    })
}
