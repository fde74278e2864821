//! Audit chains and the secret's fingerprint.

use super::connection::Connection;
use super::statement::{Row, Statement, Value, sql};
use super::{Core, Writing};
use crate::message::MessageId;
use crate::store::{Entry, Head, LIST_PAGE, Link, StoreError};

/// Key of the secret's fingerprint in `meta`.
pub(in crate::store) const FINGERPRINT: &str = "secret_fingerprint";

/// All columns of a link.
pub(super) const LINK: &str =
    "writer, sequence, at, event, actor, message, reference, unit, reason, detail, previous, hash";
/// In the words of the index that has them.
const MARKS: &str = "AND event IN ('anchored', 'checkpoint', 'pruned', 'started', 'stopped')";

impl Writing<'_> {
    /// Appends an entry to this writer's chain, in this transaction.
    pub(in crate::store) async fn append(&mut self, entry: &Entry) -> Result<(), StoreError> {
        self.append_all(std::slice::from_ref(entry)).await
    }

    async fn append_all(&mut self, entries: &[Entry]) -> Result<(), StoreError> {
        let statements = self.appends(entries).await?;
        self.run_all(statements, false).await
    }

    /// The statements that append these entries. Nothing else is to be appended before they have run.
    pub(super) async fn appends(&mut self, entries: &[Entry]) -> Result<Vec<Statement<'static>>, StoreError> {
        let last = sql("SELECT writer, sequence, hash FROM audit_head WHERE writer = $1").bind(self.writer);
        let mut last = last.first(self).await?.map(|row| head(&row)).transpose()?;
        let mut links = Vec::with_capacity(entries.len());
        for entry in entries {
            let link = Link::after(last.as_ref(), self.writer, entry);
            last = Some(Head { writer: link.writer.clone(), sequence: link.sequence, hash: link.hash.clone() });
            links.push(link);
        }
        let Some(last) = last else { return Ok(Vec::new()) };
        let rows = links.iter().map(|link| {
            [
                Value::from(link.writer.clone()),
                link.sequence.into(),
                link.at_ms.into(),
                link.event.clone().into(),
                link.actor.clone().into(),
                link.message.clone().into(),
                link.reference.clone().into(),
                link.unit.clone().into(),
                link.reason.clone().into(),
                link.detail.clone().into(),
                link.previous.clone().into(),
                link.hash.clone().into(),
            ]
        });
        let into =
            "audit (writer, sequence, at, event, actor, message, reference, unit, reason, detail, previous, hash)";
        let mut statements = self.inserts(into, rows.collect());
        let head = format!(
            "INSERT INTO audit_head (writer, sequence, hash) VALUES {}
             ON CONFLICT (writer) DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash",
            self.places(1, 3)
        );
        let values = vec![last.writer.into(), last.sequence.into(), last.hash.into()];
        statements.push(Statement::with(head, values));
        self.appended.extend(links);
        Ok(statements)
    }
}

impl Core {
    pub(super) async fn append_entry(&self, entry: &Entry) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = tx.append(entry).await;
        tx.end(step).await
    }

    pub(super) async fn read_heads(&self) -> Result<Vec<Head>, StoreError> {
        let heads = sql("SELECT writer, sequence, hash FROM audit_head ORDER BY writer");
        heads.all(&mut *self.read().await?).await?.iter().map(head).collect()
    }

    pub(super) async fn read_writers(&self) -> Result<Vec<String>, StoreError> {
        let writers = sql("SELECT writer FROM audit UNION SELECT writer FROM audit_head ORDER BY 1");
        writers.all(&mut *self.read().await?).await?.iter().map(|row| row.text("writer")).collect()
    }

    pub(super) async fn read_links(&self, writer: &str, sequence: i64) -> Result<Vec<Link>, StoreError> {
        self.links_after(writer, sequence, "").await
    }

    pub(super) async fn read_marks(&self, writer: &str, sequence: i64) -> Result<Vec<Link>, StoreError> {
        self.links_after(writer, sequence, MARKS).await
    }

    /// `only`: a further condition.
    async fn links_after(&self, writer: &str, sequence: i64, only: &str) -> Result<Vec<Link>, StoreError> {
        sql(format!("SELECT {LINK} FROM audit WHERE writer = $1 AND sequence > $2 {only} ORDER BY sequence LIMIT $3"))
            .bind(writer)
            .bind(sequence)
            .bind(LIST_PAGE)
            .all(&mut *self.read().await?)
            .await?
            .iter()
            .map(link)
            .collect()
    }

    pub(super) async fn read_links_of(&self, id: MessageId) -> Result<Vec<Link>, StoreError> {
        let links = sql(format!("SELECT {LINK} FROM audit WHERE message = $1 ORDER BY at, writer, sequence")).bind(id);
        links.all(&mut *self.read().await?).await?.iter().map(link).collect()
    }

    pub(super) async fn read_fingerprint(&self) -> Result<Option<String>, StoreError> {
        fingerprint(&mut *self.read().await?).await
    }

    pub(super) async fn write_fingerprint(&self, fingerprint: &str, entry: &Entry) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = bind_fingerprint(&mut tx, fingerprint, entry).await;
        tx.end(step).await
    }
}

/// Of the secret that the database was made with.
pub(in crate::store) async fn fingerprint(conn: &mut Connection) -> Result<Option<String>, StoreError> {
    let row = sql("SELECT value FROM meta WHERE key = $1").bind(FINGERPRINT).first(conn).await?;
    row.map(|row| row.text("value")).transpose()
}

async fn bind_fingerprint(tx: &mut Writing<'_>, wanted: &str, entry: &Entry) -> Result<(), StoreError> {
    let bound = sql("INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING")
        .bind(FINGERPRINT)
        .bind(wanted)
        .run(tx)
        .await?;
    if bound == 1 {
        return tx.append(entry).await;
    }
    match fingerprint(tx).await? {
        Some(stored) if stored != wanted => Err(StoreError::OtherSecret { stored }),
        _ => Ok(()),
    }
}

fn head(row: &Row) -> Result<Head, StoreError> {
    Ok(Head { writer: row.text("writer")?, sequence: row.number("sequence")?, hash: row.bytes("hash")? })
}

pub(super) fn link(row: &Row) -> Result<Link, StoreError> {
    Ok(Link {
        writer: row.text("writer")?,
        sequence: row.number("sequence")?,
        at_ms: row.number("at")?,
        event: row.text("event")?,
        actor: row.text("actor")?,
        message: row.optional_bytes("message")?,
        reference: row.optional_text("reference")?,
        unit: row.optional_text("unit")?,
        reason: row.optional_text("reason")?,
        detail: row.optional_text("detail")?,
        previous: row.bytes("previous")?,
        hash: row.bytes("hash")?,
    })
}
