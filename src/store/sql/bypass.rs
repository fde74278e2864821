//! The bypass and the reminders of evidence.

use jiff::Timestamp;

use super::statement::{Row, sql, unexpected};
use super::{Core, Writing};
use crate::store::{Bypass, BypassCount, Entry, NewBypass, NewNotice, StoreError};

/// Columns of a bypass, as [`bypass`] reads them.
const COLUMNS: &str = "id, since, until, reason, actor, ended";

impl Core {
    pub(super) async fn read_bypass(&self) -> Result<Option<Bypass>, StoreError> {
        let on = sql(format!("SELECT {COLUMNS} FROM bypass WHERE ended IS NULL"));
        on.first(&mut *self.read().await?).await?.map(|row| bypass(&row)).transpose()
    }

    pub(super) async fn read_untold_bypasses(&self) -> Result<Vec<Bypass>, StoreError> {
        let untold = sql(format!("SELECT {COLUMNS} FROM bypass WHERE told = 0 ORDER BY id"));
        untold.all(&mut *self.read().await?).await?.iter().map(bypass).collect()
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
        let rows = sql("SELECT unit, mails, bypassed FROM bypass_count WHERE bypass = $1 ORDER BY unit")
            .bind(id)
            .all(&mut *self.read().await?)
            .await?;
        rows.iter()
            .map(|row| {
                Ok(BypassCount {
                    unit: row.text("unit")?,
                    mails: row.count("mails")?,
                    bypassed: row.count("bypassed")?,
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
    let row = sql(format!(
        "INSERT INTO bypass (since, until, reason, actor) VALUES ($1, $2, $3, $4)
         ON CONFLICT ((ended IS NULL)) WHERE ended IS NULL
         DO UPDATE SET until = excluded.until, reason = excluded.reason, actor = excluded.actor, told = 0
         RETURNING {COLUMNS}"
    ))
    .bind(new.since)
    .bind(new.until)
    .bind(&new.reason)
    .bind(&new.actor)
    .first(tx)
    .await?
    .ok_or_else(|| unexpected("answer"))?;
    tx.append(entry).await?;
    bypass(&row)
}

async fn switch_off(tx: &mut Writing<'_>, id: i64, at: Timestamp, entry: &Entry) -> Result<bool, StoreError> {
    let ended = sql("UPDATE bypass SET ended = $2, told = 0 WHERE id = $1 AND ended IS NULL").bind(id).bind(at);
    if ended.run(tx).await? != 1 {
        return Ok(false);
    }
    tx.append(entry).await?;
    Ok(true)
}

/// Only of the state that the notices tell of.
async fn tell(tx: &mut Writing<'_>, seen: &Bypass, notices: &[NewNotice]) -> Result<bool, StoreError> {
    let told = sql("UPDATE bypass SET told = 1
                    WHERE id = $1 AND until = $2 AND ended IS NOT DISTINCT FROM $3 AND told = 0")
    .bind(seen.id)
    .bind(seen.until)
    .bind(seen.ended);
    if told.run(tx).await? != 1 {
        return Ok(false);
    }
    for notice in notices {
        tx.add_notice(notice).await?;
    }
    if seen.ended.is_some() {
        sql("DELETE FROM bypass WHERE id = $1").bind(seen.id).run(tx).await?;
    }
    Ok(true)
}

/// What belongs to one that has been told and is gone is passed over.
async fn count(tx: &mut Writing<'_>, id: i64, counts: &[BypassCount]) -> Result<(), StoreError> {
    for counted in counts {
        sql("INSERT INTO bypass_count (bypass, unit, mails, bypassed)
             SELECT id, $2, $3, $4 FROM bypass WHERE id = $1
             ON CONFLICT (bypass, unit) DO UPDATE
             SET mails = bypass_count.mails + excluded.mails, bypassed = bypass_count.bypassed + excluded.bypassed")
        .bind(id)
        .bind(&counted.unit)
        .bind(counted.mails)
        .bind(counted.bypassed)
        .run(tx)
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
    let first = sql("INSERT INTO channel_reminder (channel, until, days, at) VALUES ($1, $2, $3, $4)
                     ON CONFLICT DO NOTHING")
    .bind(channel)
    .bind(until)
    .bind(days)
    .bind(at);
    if first.run(tx).await? != 1 {
        return Ok(false);
    }
    if let Some(notice) = notice {
        tx.add_notice(notice).await?;
    }
    Ok(true)
}

fn bypass(row: &Row) -> Result<Bypass, StoreError> {
    Ok(Bypass {
        id: row.number("id")?,
        since: row.time("since")?,
        until: row.time("until")?,
        reason: row.text("reason")?,
        actor: row.text("actor")?,
        ended: row.optional_time("ended")?,
    })
}
