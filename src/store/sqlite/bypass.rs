//! The bypass and the reminders of evidence in SQLite.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Sqlite, Writing, optional_time, time};
use crate::store::{Bypass, BypassCount, Entry, NewBypass, NewNotice, StoreError};

/// Columns of a bypass, as [`bypass`] reads them.
macro_rules! columns {
    () => {
        "id, since, until, reason, actor, ended"
    };
}

impl Sqlite {
    pub(super) async fn read_bypass(&self) -> Result<Option<Bypass>, StoreError> {
        let row = sqlx::query(concat!("SELECT ", columns!(), " FROM bypass WHERE ended IS NULL"))
            .fetch_optional(&self.readers)
            .await?;
        row.map(|row| bypass(&row)).transpose()
    }

    pub(super) async fn read_untold_bypasses(&self) -> Result<Vec<Bypass>, StoreError> {
        let rows = sqlx::query(concat!("SELECT ", columns!(), " FROM bypass WHERE told = 0 ORDER BY id"))
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(bypass).collect()
    }

    pub(super) async fn write_bypass(&self, new: &NewBypass, entry: &Entry) -> Result<Bypass, StoreError> {
        let mut tx = self.begin().await?;
        let step = switch_on(&mut tx, new, entry).await;
        tx.end(step).await
    }

    pub(super) async fn write_bypass_end(&self, id: i64, at: Timestamp, entry: &Entry) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let step = switch_off(&mut tx, id, at, entry).await;
        tx.end(step).await
    }

    pub(super) async fn write_bypass_told(&self, seen: &Bypass, notices: &[NewNotice]) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let step = tell(&mut tx, seen, notices).await;
        tx.end(step).await
    }

    pub(super) async fn write_bypass_counts(&self, id: i64, counts: &[BypassCount]) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = count(&mut tx, id, counts).await;
        tx.end(step).await
    }

    pub(super) async fn read_bypass_counts(&self, id: i64) -> Result<Vec<BypassCount>, StoreError> {
        let rows = sqlx::query("SELECT unit, mails, bypassed FROM bypass_count WHERE bypass = ?1 ORDER BY unit")
            .bind(id)
            .fetch_all(&self.readers)
            .await?;
        rows.iter()
            .map(|row| {
                Ok(BypassCount {
                    unit: row.try_get("unit")?,
                    mails: row.try_get::<i64, _>("mails")?.unsigned_abs(),
                    bypassed: row.try_get::<i64, _>("bypassed")?.unsigned_abs(),
                })
            })
            .collect()
    }

    pub(super) async fn write_reminder(
        &self,
        (channel, until, days): (&str, &str, i32),
        at: Timestamp,
        notice: Option<&NewNotice>,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let step = remind(&mut tx, (channel, until, days), at, notice).await;
        tx.end(step).await
    }
}

async fn switch_on(tx: &mut Writing<'_>, new: &NewBypass, entry: &Entry) -> Result<Bypass, StoreError> {
    let row = sqlx::query(concat!(
        "INSERT INTO bypass (since, until, reason, actor) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (ended IS NULL) WHERE ended IS NULL
         DO UPDATE SET until = excluded.until, reason = excluded.reason, actor = excluded.actor, told = 0
         RETURNING ",
        columns!()
    ))
    .bind(new.since.as_millisecond())
    .bind(new.until.as_millisecond())
    .bind(&new.reason)
    .bind(&new.actor)
    .fetch_one(&mut tx.conn)
    .await?;
    tx.append(entry).await?;
    bypass(&row)
}

async fn switch_off(tx: &mut Writing<'_>, id: i64, at: Timestamp, entry: &Entry) -> Result<bool, StoreError> {
    let done = sqlx::query("UPDATE bypass SET ended = ?2, told = 0 WHERE id = ?1 AND ended IS NULL")
        .bind(id)
        .bind(at.as_millisecond())
        .execute(&mut tx.conn)
        .await?;
    if done.rows_affected() != 1 {
        return Ok(false);
    }
    tx.append(entry).await?;
    Ok(true)
}

/// Only of the state that the notices tell of.
async fn tell(tx: &mut Writing<'_>, seen: &Bypass, notices: &[NewNotice]) -> Result<bool, StoreError> {
    let done = sqlx::query("UPDATE bypass SET told = 1 WHERE id = ?1 AND until = ?2 AND ended IS ?3 AND told = 0")
        .bind(seen.id)
        .bind(seen.until.as_millisecond())
        .bind(seen.ended.map(Timestamp::as_millisecond))
        .execute(&mut tx.conn)
        .await?;
    if done.rows_affected() != 1 {
        return Ok(false);
    }
    for notice in notices {
        tx.add_notice(notice, None).await?;
    }
    if seen.ended.is_some() {
        sqlx::query("DELETE FROM bypass WHERE id = ?1").bind(seen.id).execute(&mut tx.conn).await?;
    }
    Ok(true)
}

/// What belongs to one that has been told and is gone is passed over.
async fn count(tx: &mut Writing<'_>, id: i64, counts: &[BypassCount]) -> Result<(), StoreError> {
    for counted in counts {
        sqlx::query(
            "INSERT INTO bypass_count (bypass, unit, mails, bypassed)
             SELECT id, ?2, ?3, ?4 FROM bypass WHERE id = ?1
             ON CONFLICT (bypass, unit) DO UPDATE
             SET mails = mails + excluded.mails, bypassed = bypassed + excluded.bypassed",
        )
        .bind(id)
        .bind(&counted.unit)
        .bind(i64::try_from(counted.mails).unwrap_or(i64::MAX))
        .bind(i64::try_from(counted.bypassed).unwrap_or(i64::MAX))
        .execute(&mut tx.conn)
        .await?;
    }
    Ok(())
}

async fn remind(
    tx: &mut Writing<'_>,
    (channel, until, days): (&str, &str, i32),
    at: Timestamp,
    notice: Option<&NewNotice>,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO channel_reminder (channel, until, days, at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
    )
    .bind(channel)
    .bind(until)
    .bind(days)
    .bind(at.as_millisecond())
    .execute(&mut tx.conn)
    .await?;
    if done.rows_affected() != 1 {
        return Ok(false);
    }
    if let Some(notice) = notice {
        tx.add_notice(notice, None).await?;
    }
    Ok(true)
}

fn bypass(row: &SqliteRow) -> Result<Bypass, StoreError> {
    Ok(Bypass {
        id: row.try_get("id")?,
        since: time(row, "since")?,
        until: time(row, "until")?,
        reason: row.try_get("reason")?,
        actor: row.try_get("actor")?,
        ended: optional_time(row, "ended")?,
    })
}
