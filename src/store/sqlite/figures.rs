//! Daily totals and reconciliation in SQLite.

use sqlx::Row;

use super::{Sqlite, Writing, unexpected};
use crate::store::{Reconciliation, State, StoreError, Total};

impl Sqlite {
    pub(super) async fn write_totals(&self, totals: &[Total]) -> Result<(), StoreError> {
        if totals.is_empty() {
            return Ok(());
        }
        let mut tx = self.begin().await?;
        let step = add(&mut tx, totals).await;
        tx.end(step).await
    }

    pub(super) async fn read_totals(&self, from: &str, to: &str) -> Result<Vec<Total>, StoreError> {
        let rows = sqlx::query(
            "SELECT day, unit, outcome, category, channel, count FROM total WHERE day BETWEEN ?1 AND ?2
             ORDER BY day, unit, outcome, category, channel",
        )
        .bind(from)
        .bind(to)
        .fetch_all(&self.readers)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Total {
                    day: row.try_get("day")?,
                    unit: row.try_get("unit")?,
                    outcome: row.try_get("outcome")?,
                    category: row.try_get("category")?,
                    channel: row.try_get("channel")?,
                    count: row.try_get::<i64, _>("count")?.unsigned_abs(),
                })
            })
            .collect()
    }

    /// One statement, so that both sides are counted in one snapshot.
    pub(super) async fn count_states(&self) -> Result<Reconciliation, StoreError> {
        let rows = sqlx::query(
            "SELECT 'event' AS state, count(*) AS count FROM audit WHERE event = 'held'
             UNION ALL SELECT state, count(*) FROM held GROUP BY state",
        )
        .fetch_all(&self.readers)
        .await?;
        let mut counts = Reconciliation::default();
        for row in rows {
            let word: String = row.try_get("state")?;
            let count = row.try_get::<i64, _>("count")?.unsigned_abs();
            let place = match State::from_word(&word) {
                None if word == "event" => &mut counts.held,
                None => return Err(unexpected("state")),
                Some(State::Held | State::Releasing) => &mut counts.still_held,
                Some(State::Released) => &mut counts.released,
                Some(State::Returned) => &mut counts.returned,
                Some(State::Discarded) => &mut counts.discarded,
                Some(State::Expired) => &mut counts.expired,
            };
            *place += count;
        }
        Ok(counts)
    }
}

async fn add(tx: &mut Writing<'_>, totals: &[Total]) -> Result<(), StoreError> {
    for total in totals {
        sqlx::query(
            "INSERT INTO total (day, unit, outcome, category, channel, count) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT DO UPDATE SET count = count + excluded.count",
        )
        .bind(&total.day)
        .bind(&total.unit)
        .bind(&total.outcome)
        .bind(&total.category)
        .bind(&total.channel)
        .bind(i64::try_from(total.count).unwrap_or(i64::MAX))
        .execute(&mut tx.conn)
        .await?;
    }
    Ok(())
}
