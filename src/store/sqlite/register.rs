//! Consents, orders of secrecy and cooperation teams in SQLite.

use jiff::civil::Date;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Sqlite, Writing, optional_time, time, unexpected};
use crate::store::{Conflict, ConsentRow, Entry, OrderRow, RegisterId, Registered, StoreError, TeamRow};

/// Key of the count of changes in `meta`.
const CHANGES: &str = "register_changes";

impl Writing<'_> {
    /// Counts a change and records it.
    async fn changed(&mut self, entry: &Entry) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO meta (key, value) VALUES (?1, '1')
             ON CONFLICT (key) DO UPDATE SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT)",
        )
        .bind(CHANGES)
        .execute(&mut self.conn)
        .await?;
        self.append(entry).await
    }

    /// After a change of one row: it was there, or why not.
    async fn one_changed(
        &mut self,
        affected: u64,
        exists: &'static str,
        id: RegisterId,
        entry: &Entry,
    ) -> Result<(), StoreError> {
        if affected == 1 {
            return self.changed(entry).await;
        }
        let there: Option<i64> =
            sqlx::query_scalar(exists).bind(id.0.as_slice()).fetch_optional(&mut self.conn).await?;
        Err(if there.is_some() { Conflict::Ended } else { Conflict::NotRegistered }.into())
    }
}

impl Sqlite {
    pub(super) async fn insert_consent(&self, row: &ConsentRow, entry: &Entry) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = async {
            sqlx::query(
                "INSERT INTO consent (id, person, categories, given, expires, created_at, withdrawn_at, sealed)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )
            .bind(row.id.0.as_slice())
            .bind(&row.person)
            .bind(row.categories.join(" "))
            .bind(row.given.to_string())
            .bind(row.expires.to_string())
            .bind(row.created_at.as_millisecond())
            .bind(row.withdrawn_at.map(|at| at.as_millisecond()))
            .bind(&row.sealed)
            .execute(&mut tx.conn)
            .await?;
            tx.changed(entry).await
        }
        .await;
        tx.end(step).await
    }

    pub(super) async fn write_withdrawn(&self, id: RegisterId, entry: &Entry) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = async {
            let done = sqlx::query("UPDATE consent SET withdrawn_at = ?2 WHERE id = ?1 AND withdrawn_at IS NULL")
                .bind(id.0.as_slice())
                .bind(entry.at.as_millisecond())
                .execute(&mut tx.conn)
                .await?;
            tx.one_changed(done.rows_affected(), "SELECT 1 FROM consent WHERE id = ?1", id, entry).await
        }
        .await;
        tx.end(step).await
    }

    pub(super) async fn insert_order(&self, row: &OrderRow, entry: &Entry) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = async {
            sqlx::query(
                "INSERT INTO secrecy_order (id, person, first_day, last_day, created_at, sealed)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )
            .bind(row.id.0.as_slice())
            .bind(&row.person)
            .bind(row.from.to_string())
            .bind(row.until.map(|day| day.to_string()))
            .bind(row.created_at.as_millisecond())
            .bind(&row.sealed)
            .execute(&mut tx.conn)
            .await?;
            tx.changed(entry).await
        }
        .await;
        tx.end(step).await
    }

    pub(super) async fn write_order_ended(&self, id: RegisterId, until: Date, entry: &Entry) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = async {
            // Days written so compare as texts do. An order is made shorter, never longer.
            let done = sqlx::query(
                "UPDATE secrecy_order SET last_day = ?2 WHERE id = ?1 AND (last_day IS NULL OR last_day > ?2)",
            )
            .bind(id.0.as_slice())
            .bind(until.to_string())
            .execute(&mut tx.conn)
            .await?;
            tx.one_changed(done.rows_affected(), "SELECT 1 FROM secrecy_order WHERE id = ?1", id, entry).await
        }
        .await;
        tx.end(step).await
    }

    pub(super) async fn insert_team(&self, row: &TeamRow, entry: &Entry) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = async {
            tx.check_consent(row).await?;
            sqlx::query(
                "INSERT INTO team (id, person, kind, consent, expires, created_at, opted_out_at, ended_at, sealed)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )
            .bind(row.id.0.as_slice())
            .bind(&row.person)
            .bind(&row.kind)
            .bind(row.consent.map(|id| id.0.to_vec()))
            .bind(row.expires.to_string())
            .bind(row.created_at.as_millisecond())
            .bind(row.opted_out_at.map(|at| at.as_millisecond()))
            .bind(row.ended_at.map(|at| at.as_millisecond()))
            .bind(&row.sealed)
            .execute(&mut tx.conn)
            .await?;
            tx.changed(entry).await
        }
        .await;
        tx.end(step).await
    }

    pub(super) async fn write_team(&self, row: &TeamRow, entry: &Entry) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = async {
            tx.check_consent(row).await?;
            let done = sqlx::query(
                "UPDATE team SET consent = ?2, expires = ?3, opted_out_at = ?4, sealed = ?5
                 WHERE id = ?1 AND ended_at IS NULL",
            )
            .bind(row.id.0.as_slice())
            .bind(row.consent.map(|id| id.0.to_vec()))
            .bind(row.expires.to_string())
            .bind(row.opted_out_at.map(|at| at.as_millisecond()))
            .bind(&row.sealed)
            .execute(&mut tx.conn)
            .await?;
            tx.one_changed(done.rows_affected(), "SELECT 1 FROM team WHERE id = ?1", row.id, entry).await
        }
        .await;
        tx.end(step).await
    }

    pub(super) async fn write_team_ended(&self, id: RegisterId, entry: &Entry) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = async {
            let done = sqlx::query("UPDATE team SET ended_at = ?2 WHERE id = ?1 AND ended_at IS NULL")
                .bind(id.0.as_slice())
                .bind(entry.at.as_millisecond())
                .execute(&mut tx.conn)
                .await?;
            tx.one_changed(done.rows_affected(), "SELECT 1 FROM team WHERE id = ?1", id, entry).await
        }
        .await;
        tx.end(step).await
    }

    pub(super) async fn count_register_changes(&self) -> Result<u64, StoreError> {
        let count: Option<i64> = sqlx::query_scalar("SELECT CAST(value AS INTEGER) FROM meta WHERE key = ?1")
            .bind(CHANGES)
            .fetch_optional(&self.readers)
            .await?;
        Ok(count.unwrap_or(0).unsigned_abs())
    }

    pub(super) async fn read_registers(&self) -> Result<Registered, StoreError> {
        // One transaction: the count belongs to the entries.
        let mut tx = self.readers.begin().await?;
        let changes: Option<i64> = sqlx::query_scalar("SELECT CAST(value AS INTEGER) FROM meta WHERE key = ?1")
            .bind(CHANGES)
            .fetch_optional(&mut *tx)
            .await?;
        let consents = sqlx::query("SELECT * FROM consent ORDER BY created_at, id").fetch_all(&mut *tx).await?;
        let orders = sqlx::query("SELECT * FROM secrecy_order ORDER BY created_at, id").fetch_all(&mut *tx).await?;
        let teams = sqlx::query("SELECT * FROM team ORDER BY created_at, id").fetch_all(&mut *tx).await?;
        Ok(Registered {
            changes: changes.unwrap_or(0).unsigned_abs(),
            consents: consents.iter().map(consent).collect::<Result<_, _>>()?,
            orders: orders.iter().map(order).collect::<Result<_, _>>()?,
            teams: teams.iter().map(team).collect::<Result<_, _>>()?,
        })
    }
}

impl Writing<'_> {
    /// A team's consent is in the register, and the same person's.
    async fn check_consent(&mut self, row: &TeamRow) -> Result<(), StoreError> {
        let Some(consent) = row.consent else { return Ok(()) };
        let of: Option<String> = sqlx::query_scalar("SELECT person FROM consent WHERE id = ?1")
            .bind(consent.0.as_slice())
            .fetch_optional(&mut self.conn)
            .await?;
        match of {
            None => Err(Conflict::NotRegistered.into()),
            Some(of) if of != row.person => Err(Conflict::OtherPerson.into()),
            Some(_) => Ok(()),
        }
    }
}

fn consent(row: &SqliteRow) -> Result<ConsentRow, StoreError> {
    let categories: String = row.try_get("categories")?;
    Ok(ConsentRow {
        id: register_id(row.try_get("id")?)?,
        person: row.try_get("person")?,
        categories: categories.split_ascii_whitespace().map(str::to_owned).collect(),
        given: day(row.try_get("given")?)?,
        expires: day(row.try_get("expires")?)?,
        created_at: time(row, "created_at")?,
        withdrawn_at: optional_time(row, "withdrawn_at")?,
        sealed: row.try_get("sealed")?,
    })
}

fn order(row: &SqliteRow) -> Result<OrderRow, StoreError> {
    Ok(OrderRow {
        id: register_id(row.try_get("id")?)?,
        person: row.try_get("person")?,
        from: day(row.try_get("first_day")?)?,
        until: row.try_get::<Option<String>, _>("last_day")?.map(day).transpose()?,
        created_at: time(row, "created_at")?,
        sealed: row.try_get("sealed")?,
    })
}

fn team(row: &SqliteRow) -> Result<TeamRow, StoreError> {
    Ok(TeamRow {
        id: register_id(row.try_get("id")?)?,
        person: row.try_get("person")?,
        kind: row.try_get("kind")?,
        consent: row.try_get::<Option<Vec<u8>>, _>("consent")?.map(register_id).transpose()?,
        expires: day(row.try_get("expires")?)?,
        created_at: time(row, "created_at")?,
        opted_out_at: optional_time(row, "opted_out_at")?,
        ended_at: optional_time(row, "ended_at")?,
        sealed: row.try_get("sealed")?,
    })
}

fn register_id(bytes: Vec<u8>) -> Result<RegisterId, StoreError> {
    bytes.try_into().map(RegisterId).map_err(|_| unexpected("id"))
}

fn day(text: String) -> Result<Date, StoreError> {
    text.parse().map_err(|_| unexpected("day"))
}
