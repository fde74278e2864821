//! Retention: deletes what is older than a day from chains, messages and disclosures, a step at a time.

use jiff::Timestamp;

use super::connection::Connection;
use super::statement::sql;
use super::{Core, Writing};
use crate::message::MessageId;
use crate::store::{Conflict, Cut, Entry, Head, PRUNE_LINKS, PRUNE_MESSAGES, Pruning, Removed, State, StoreError};

impl Core {
    pub(super) async fn plan_pruning(&self, before: Timestamp) -> Result<Pruning, StoreError> {
        let mut conn = self.read().await?;
        // One snapshot: cuts and figures belong together.
        conn.begin_snapshot().await?;
        let step = plan(&mut conn, before).await?;
        conn.rollback().await?;
        Ok(step.pruning)
    }

    pub(super) async fn write_pruning(&self, step: &Pruning, entries: &[Entry]) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let done = prune(&mut tx, step, entries).await;
        tx.end(done).await
    }
}

/// A step, and the rows that it is about.
struct Step {
    pruning: Pruning,
    messages: Vec<MessageId>,
    disclosures: Vec<MessageId>,
}

async fn plan(conn: &mut Connection, before: Timestamp) -> Result<Step, StoreError> {
    let mut cuts = Vec::new();
    let mut links = 0u64;
    for head in heads(conn).await? {
        let known = cut(conn, &head.writer).await?;
        let next = next_cut(conn, &head, known.as_ref(), before).await?;
        let gone = |cut: &Option<Cut>| cut.as_ref().map_or(0, |cut| cut.sequence);
        links = links.saturating_add(u64::try_from(gone(&next) - gone(&known)).unwrap_or_default());
        cuts.extend(next);
    }
    let mut removed = removed(conn).await?;
    let messages = ended(conn, before, &mut removed).await?;
    let disclosures = disclosures(conn, before).await?;
    let pruning = Pruning {
        before,
        cuts,
        removed,
        links,
        messages: messages.len() as u64,
        disclosures: disclosures.len() as u64,
    };
    Ok(Step { pruning, messages, disclosures })
}

async fn prune(tx: &mut Writing<'_>, step: &Pruning, entries: &[Entry]) -> Result<(), StoreError> {
    tx.lock("prune", "").await?;
    // The entries prove this and nothing else.
    let Step { pruning, messages, disclosures } = plan(tx, step.before).await?;
    if pruning != *step {
        return Err(Conflict::Outdated.into());
    }
    for cut in &step.cuts {
        sql("DELETE FROM audit WHERE writer = $1 AND sequence <= $2")
            .bind(&cut.writer)
            .bind(cut.sequence)
            .run(tx)
            .await?;
        sql("INSERT INTO audit_cut (writer, sequence, hash, held) VALUES ($1, $2, $3, $4)
             ON CONFLICT (writer) DO UPDATE
             SET sequence = excluded.sequence, hash = excluded.hash, held = excluded.held")
        .bind(&cut.writer)
        .bind(cut.sequence)
        .bind(&cut.hash)
        .bind(cut.held)
        .run(tx)
        .await?;
    }
    for id in messages.iter().chain(&disclosures) {
        for statement in [
            "DELETE FROM recipient WHERE message = $1",
            "DELETE FROM value_digest WHERE message = $1",
            "DELETE FROM mailbox_digest WHERE message = $1",
            "DELETE FROM evidence WHERE message = $1",
            "DELETE FROM content WHERE message = $1",
            "DELETE FROM exception_request WHERE message = $1",
            "DELETE FROM review WHERE id = $1",
            "DELETE FROM false_alarm WHERE message = $1",
            "DELETE FROM disclosure WHERE message = $1",
            "DELETE FROM disclosure_value WHERE message = $1",
            "DELETE FROM held WHERE id = $1",
        ] {
            sql(statement).bind(*id).run(tx).await?;
        }
    }
    let Removed { released, returned, discarded, expired } = step.removed;
    for (state, count) in [
        (State::Released, released),
        (State::Returned, returned),
        (State::Discarded, discarded),
        (State::Expired, expired),
    ] {
        sql("INSERT INTO removed (state, count) VALUES ($1, $2)
             ON CONFLICT (state) DO UPDATE SET count = excluded.count")
        .bind(state)
        .bind(count)
        .run(tx)
        .await?;
    }
    for entry in entries {
        tx.append(entry).await?;
    }
    Ok(())
}

async fn heads(conn: &mut Connection) -> Result<Vec<Head>, StoreError> {
    let rows = sql("SELECT writer, sequence, hash FROM audit_head ORDER BY writer").all(conn).await?;
    rows.iter()
        .map(|row| {
            Ok(Head { writer: row.text("writer")?, sequence: row.number("sequence")?, hash: row.bytes("hash")? })
        })
        .collect()
}

async fn cut(conn: &mut Connection, writer: &str) -> Result<Option<Cut>, StoreError> {
    let row =
        sql("SELECT writer, sequence, hash, held FROM audit_cut WHERE writer = $1").bind(writer).first(conn).await?;
    row.map(|row| {
        Ok(Cut {
            writer: row.text("writer")?,
            sequence: row.number("sequence")?,
            hash: row.bytes("hash")?,
            held: row.count("held")?,
        })
    })
    .transpose()
}

/// Where the chain begins after this step. Its last link always stays: it carries the chain's end.
async fn next_cut(
    conn: &mut Connection,
    head: &Head,
    known: Option<&Cut>,
    before: Timestamp,
) -> Result<Option<Cut>, StoreError> {
    let gone = known.map_or(0, |cut| cut.sequence);
    // What is known of a message on legal hold stays with it.
    let kept = sql("SELECT sequence FROM audit WHERE writer = $1
                      AND (at >= $2 OR message IN (SELECT id FROM held WHERE kept IS NOT NULL))
                    ORDER BY sequence LIMIT 1")
    .bind(&head.writer)
    .bind(before)
    .first(conn)
    .await?;
    let first_kept = kept.map(|row| row.number("sequence")).transpose()?.unwrap_or(head.sequence).min(head.sequence);
    let through = (first_kept - 1).min(gone + i64::try_from(PRUNE_LINKS).unwrap_or(i64::MAX));
    if through <= gone {
        return Ok(known.cloned());
    }
    let held = sql("SELECT count(*) AS count FROM audit WHERE writer = $1 AND sequence <= $2 AND event = 'held'")
        .bind(&head.writer)
        .bind(through)
        .first(conn)
        .await?;
    let held = held.map_or(Ok(0), |row| row.count("count"))?;
    let last = sql("SELECT hash FROM audit WHERE writer = $1 AND sequence = $2").bind(&head.writer).bind(through);
    // A chain with a gap stays as it is, for somebody to look at.
    let Some(last) = last.first(conn).await? else { return Ok(known.cloned()) };
    Ok(Some(Cut {
        writer: head.writer.clone(),
        sequence: through,
        hash: last.bytes("hash")?,
        held: known.map_or(0, |cut| cut.held).saturating_add(held),
    }))
}

async fn removed(conn: &mut Connection) -> Result<Removed, StoreError> {
    let mut removed = Removed::default();
    for row in sql("SELECT state, count FROM removed").all(conn).await? {
        if let Some(count) = removed.of(row.state("state")?) {
            *count = row.count("count")?;
        }
    }
    Ok(removed)
}

/// The messages that had ended by then, counted.
async fn ended(conn: &mut Connection, before: Timestamp, removed: &mut Removed) -> Result<Vec<MessageId>, StoreError> {
    let rows =
        sql("SELECT id, state FROM held WHERE state NOT IN ('held', 'releasing') AND ended_at < $1 AND kept IS NULL
                    ORDER BY ended_at, id LIMIT $2")
        .bind(before)
        .bind(PRUNE_MESSAGES)
        .all(conn)
        .await?;
    let mut messages = Vec::with_capacity(rows.len());
    for row in rows {
        if let Some(count) = removed.of(row.state("state")?) {
            *count = count.saturating_add(1);
        }
        messages.push(row.message("id")?);
    }
    Ok(messages)
}

/// Of mails that were never held.
async fn disclosures(conn: &mut Connection, before: Timestamp) -> Result<Vec<MessageId>, StoreError> {
    let rows = sql("SELECT DISTINCT message FROM disclosure
                    WHERE at < $1 AND NOT EXISTS (SELECT 1 FROM held WHERE held.id = disclosure.message)
                    ORDER BY message LIMIT $2")
    .bind(before)
    .bind(PRUNE_MESSAGES)
    .all(conn)
    .await?;
    rows.iter().map(|row| row.message("message")).collect()
}
