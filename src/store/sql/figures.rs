//! Daily totals and reconciliation.

use super::statement::{sql, unexpected};
use super::{Core, Writing};
use crate::store::{Reconciliation, State, StoreError, Total};

impl Core {
    pub(super) async fn write_totals(&self, totals: &[Total]) -> Result<(), StoreError> {
        if totals.is_empty() {
            return Ok(());
        }
        let mut tx = self.begin().await?;
        let step = add(&mut tx, totals).await;
        tx.end(step).await
    }

    pub(super) async fn read_totals(&self, from: &str, to: &str) -> Result<Vec<Total>, StoreError> {
        let rows = sql("SELECT day, unit, outcome, category, channel, count FROM total WHERE day BETWEEN $1 AND $2
                        ORDER BY day, unit, outcome, category, channel")
        .bind(from)
        .bind(to)
        .all(&mut *self.read().await?)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Total {
                    day: row.text("day")?,
                    unit: row.text("unit")?,
                    outcome: row.text("outcome")?,
                    category: row.text("category")?,
                    channel: row.text("channel")?,
                    count: row.count("count")?,
                })
            })
            .collect()
    }

    /// One statement, so that both sides are counted in one snapshot.
    pub(super) async fn count_states(&self) -> Result<Reconciliation, StoreError> {
        let rows = sql("SELECT 'stored' AS what, 'event' AS state, count(*) AS count FROM audit WHERE event = 'held'
                        UNION ALL SELECT 'stored', 'event', held FROM audit_cut
                        UNION ALL SELECT 'stored', state, count(*) FROM held GROUP BY state
                        UNION ALL SELECT 'removed', state, count FROM removed")
        .all(&mut *self.read().await?)
        .await?;
        let mut counts = Reconciliation::default();
        for row in rows {
            let (word, count) = (row.text("state")?, row.count("count")?);
            let state = State::from_word(&word);
            if row.text("what")? == "removed"
                && let Some(place) = state.and_then(|state| counts.removed.of(state))
            {
                *place += count;
            }
            let place = match state {
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
    // In one order, so that two nodes never wait for each other.
    let mut totals: Vec<&Total> = totals.iter().collect();
    totals.sort_unstable();
    for total in totals {
        sql("INSERT INTO total (day, unit, outcome, category, channel, count) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (day, unit, outcome, category, channel) DO UPDATE SET count = total.count + excluded.count")
        .bind(&total.day)
        .bind(&total.unit)
        .bind(&total.outcome)
        .bind(&total.category)
        .bind(&total.channel)
        .bind(total.count)
        .run(tx)
        .await?;
    }
    Ok(())
}
