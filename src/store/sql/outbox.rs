//! The outbox.

use jiff::Timestamp;

use super::statement::{Row, Statement, Value, sql};
use super::{Core, Writing};
use crate::store::{Conflict, GATHERED, NewNotice, NoticeId, OUTBOX_LEASE, OutboxItem, StoreError};

impl Writing<'_> {
    /// One, with the reference that it was made for.
    pub(super) async fn add_notice(&mut self, notice: &NewNotice) -> Result<(), StoreError> {
        let statements = self.notices(&[(notice, notice.reference.as_deref())]).await?;
        self.run_all(statements, false).await
    }

    /// The statements that add these notices, each with its reference.
    pub(super) async fn notices<'v>(
        &mut self,
        notices: &[(&'v NewNotice, Option<&'v str>)],
    ) -> Result<Vec<Statement<'v>>, StoreError> {
        let topics: Vec<&[String]> = notices.iter().map(|(notice, _)| notice.topics.as_slice()).collect();
        let topics = self.known_digests("SELECT topic AS digest FROM outbox WHERE topic IN", &topics).await?;
        let rows = notices.iter().zip(topics).map(|(&(notice, reference), topic)| {
            [
                notice.id.into(),
                reference.into(),
                Value::from(&notice.payload),
                topic.into(),
                notice.created_at.into(),
                notice.due.into(),
            ]
        });
        let mut statements = self.inserts("outbox (id, reference, payload, topic, created_at, due)", rows.collect());
        let links = notices.iter().filter_map(|(notice, reference)| notice.link.as_ref().zip(*reference));
        statements.extend(self.links(links));
        Ok(statements)
    }
}

impl Core {
    pub(super) async fn add_notice(&self, notice: &NewNotice) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = tx.add_notice(notice).await;
        tx.end(step).await
    }

    pub(super) async fn claim_notice(&self, now: Timestamp) -> Result<Option<OutboxItem>, StoreError> {
        let waiting = sql("SELECT id FROM outbox WHERE ended IS NULL AND due <= $1 LIMIT 1")
            .bind(now)
            .first(&mut *self.read().await?)
            .await?;
        if waiting.is_none() {
            // Spares an idle outbox the write transaction of every look.
            return Ok(None);
        }
        let mut tx = self.begin().await?;
        let step = take_one(&mut tx, now).await;
        tx.end(step).await
    }

    pub(super) async fn claim_notices_like(
        &self,
        item: &OutboxItem,
        until: Timestamp,
    ) -> Result<Vec<OutboxItem>, StoreError> {
        let Some(topic) = &item.topic else { return Ok(Vec::new()) };
        let mut tx = self.begin().await?;
        let step = take_like(&mut tx, item, topic, until).await;
        tx.end(step).await
    }

    pub(super) async fn end_notice(&self, taken: &OutboxItem, ended: &'static str) -> Result<(), StoreError> {
        let end = "UPDATE outbox SET ended = $3, payload = NULL, topic = NULL, lease_until = NULL
                   WHERE id = $1 AND attempts = $2 AND ended IS NULL";
        self.change_notice(sql(end).bind(taken.id).bind(i64::from(taken.attempts)).bind(ended)).await
    }

    pub(super) async fn retry_notice(&self, taken: &OutboxItem, at: Timestamp) -> Result<(), StoreError> {
        let retry = "UPDATE outbox SET due = $3, lease_until = NULL WHERE id = $1 AND attempts = $2 AND ended IS NULL";
        self.change_notice(sql(retry).bind(taken.id).bind(i64::from(taken.attempts)).bind(at)).await
    }

    async fn change_notice(&self, change: Statement<'_>) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = match change.run(&mut tx).await {
            Ok(1) => Ok(()),
            Ok(_) => Err(Conflict::NoticeTaken.into()),
            Err(error) => Err(error),
        };
        tx.end(step).await
    }

    /// `due`: only of those whose time has come then.
    pub(super) async fn count_waiting_notices(&self, due: Option<Timestamp>) -> Result<u64, StoreError> {
        let count = sql("SELECT count(*) AS count FROM outbox WHERE ended IS NULL AND due <= $1")
            .bind(due.unwrap_or(Timestamp::MAX));
        count.first(&mut *self.read().await?).await?.map_or(Ok(0), |row| row.count("count"))
    }
}

async fn take_one(tx: &mut Writing<'_>, now: Timestamp) -> Result<Option<OutboxItem>, StoreError> {
    loop {
        let clock = tx.clock().await?;
        let free = sql("SELECT id FROM outbox WHERE ended IS NULL AND due <= $1
                          AND (lease_until IS NULL OR lease_until <= $2) ORDER BY due, id LIMIT 1")
        .bind(now)
        .bind(clock)
        .first(tx)
        .await?;
        let Some(free) = free else { return Ok(None) };
        let taken = lease(tx, NoticeId(free.id("id")?), clock).await?;
        // Otherwise another node was quicker with this one.
        if taken.is_some() {
            return Ok(taken);
        }
    }
}

/// `None` when another node was quicker.
async fn lease(tx: &mut Writing<'_>, id: NoticeId, clock: i64) -> Result<Option<OutboxItem>, StoreError> {
    let taken = sql("UPDATE outbox SET attempts = attempts + 1, lease_until = $2 + $3
                     WHERE id = $1 AND ended IS NULL AND (lease_until IS NULL OR lease_until <= $2)
                     RETURNING id, reference, payload, topic, created_at, due, attempts")
    .bind(id)
    .bind(clock)
    .bind(OUTBOX_LEASE)
    .first(tx)
    .await?;
    taken.as_ref().map(item).transpose()
}

async fn take_like(
    tx: &mut Writing<'_>,
    first: &OutboxItem,
    topic: &str,
    until: Timestamp,
) -> Result<Vec<OutboxItem>, StoreError> {
    let clock = tx.clock().await?;
    let before = i64::from(first.attempts).saturating_sub(1);
    let free = sql("SELECT id FROM outbox WHERE topic = $1 AND ended IS NULL AND attempts = $2 AND due <= $3
                      AND ($2 = 0 OR due = $4) AND (lease_until IS NULL OR lease_until <= $5)
                    ORDER BY created_at, id LIMIT $6")
    .bind(topic)
    .bind(before)
    .bind(until)
    .bind(first.due)
    .bind(clock)
    .bind(GATHERED)
    .all(tx)
    .await?;
    let mut items = Vec::with_capacity(free.len());
    for row in free {
        items.extend(lease(tx, NoticeId(row.id("id")?), clock).await?);
    }
    Ok(items)
}

fn item(row: &Row) -> Result<OutboxItem, StoreError> {
    Ok(OutboxItem {
        id: NoticeId(row.id("id")?),
        reference: row.optional_text("reference")?,
        payload: row.bytes("payload")?,
        topic: row.optional_text("topic")?,
        created_at: row.time("created_at")?,
        due: row.time("due")?,
        attempts: u32::try_from(row.count("attempts")?).unwrap_or(u32::MAX),
    })
}
