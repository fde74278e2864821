//! Consents, orders of secrecy and cooperation teams.

use jiff::civil::Date;

use super::connection::Connection;
use super::statement::{Row, Statement, sql};
use super::{Core, Writing};
use crate::store::{Conflict, ConsentRow, Entry, OrderRow, RegisterId, Registered, StoreError, TeamRow};

/// Key of the count of changes in `meta`.
const CHANGES: &str = "register_changes";

impl Core {
    pub(super) async fn insert_consent(&self, row: &ConsentRow, entry: &Entry) -> Result<(), StoreError> {
        let insert =
            sql("INSERT INTO consent (id, person, categories, given, expires, created_at, withdrawn_at, sealed)
                          VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
            .bind(row.id)
            .bind(&row.person)
            .bind(row.categories.join(" "))
            .bind(row.given)
            .bind(row.expires)
            .bind(row.created_at)
            .bind(row.withdrawn_at)
            .bind(&row.sealed);
        self.insert(insert, entry).await
    }

    pub(super) async fn write_withdrawn(&self, id: RegisterId, entry: &Entry) -> Result<(), StoreError> {
        let withdraw = sql("UPDATE consent SET withdrawn_at = $2 WHERE id = $1 AND withdrawn_at IS NULL");
        self.change(withdraw.bind(id).bind(entry.at), ("consent", id), entry).await
    }

    pub(super) async fn insert_order(&self, row: &OrderRow, entry: &Entry) -> Result<(), StoreError> {
        let insert = sql("INSERT INTO secrecy_order (id, person, first_day, last_day, created_at, sealed)
                          VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(row.id)
        .bind(&row.person)
        .bind(row.from)
        .bind(row.until)
        .bind(row.created_at)
        .bind(&row.sealed);
        self.insert(insert, entry).await
    }

    pub(super) async fn write_order_ended(&self, id: RegisterId, until: Date, entry: &Entry) -> Result<(), StoreError> {
        // Days written so compare as texts do. An order is made shorter, never longer.
        let end = sql("UPDATE secrecy_order SET last_day = $2 WHERE id = $1 AND (last_day IS NULL OR last_day > $2)");
        self.change(end.bind(id).bind(until), ("secrecy_order", id), entry).await
    }

    pub(super) async fn insert_team(&self, row: &TeamRow, entry: &Entry) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = async {
            tx.check_consent(row).await?;
            insert_team(row).run(&mut tx).await?;
            tx.changed(entry).await
        }
        .await;
        tx.end(step).await
    }

    pub(super) async fn write_team(&self, row: &TeamRow, entry: &Entry) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = async {
            tx.check_consent(row).await?;
            let change = sql("UPDATE team SET consent = $2, expires = $3, opted_out_at = $4, sealed = $5
                              WHERE id = $1 AND ended_at IS NULL")
            .bind(row.id)
            .bind(row.consent)
            .bind(row.expires)
            .bind(row.opted_out_at)
            .bind(&row.sealed);
            tx.change_one(change, ("team", row.id), entry).await
        }
        .await;
        tx.end(step).await
    }

    pub(super) async fn write_team_ended(&self, id: RegisterId, entry: &Entry) -> Result<(), StoreError> {
        let end = sql("UPDATE team SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL");
        self.change(end.bind(id).bind(entry.at), ("team", id), entry).await
    }

    pub(super) async fn count_register_changes(&self) -> Result<u64, StoreError> {
        changes(&mut *self.read().await?).await
    }

    pub(super) async fn read_registers(&self) -> Result<Registered, StoreError> {
        let mut conn = self.read().await?;
        // One snapshot: the count belongs to the entries.
        conn.begin_snapshot().await?;
        let registered = registered(&mut conn).await?;
        conn.rollback().await?;
        Ok(registered)
    }

    async fn insert(&self, insert: Statement<'_>, entry: &Entry) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = async {
            insert.run(&mut tx).await?;
            tx.changed(entry).await
        }
        .await;
        tx.end(step).await
    }

    async fn change(
        &self,
        change: Statement<'_>,
        of: (&'static str, RegisterId),
        entry: &Entry,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = tx.change_one(change, of, entry).await;
        tx.end(step).await
    }
}

impl Writing<'_> {
    /// Counts a change and records it.
    async fn changed(&mut self, entry: &Entry) -> Result<(), StoreError> {
        sql("INSERT INTO meta (key, value) VALUES ($1, '1')
             ON CONFLICT (key) DO UPDATE SET value = CAST(CAST(meta.value AS BIGINT) + 1 AS TEXT)")
        .bind(CHANGES)
        .run(self)
        .await?;
        self.append(entry).await
    }

    /// Changes the row of this id in the table, unless it has ended or is not there.
    async fn change_one(
        &mut self,
        change: Statement<'_>,
        (table, id): (&'static str, RegisterId),
        entry: &Entry,
    ) -> Result<(), StoreError> {
        if change.run(self).await? == 1 {
            return self.changed(entry).await;
        }
        let there = sql(format!("SELECT id FROM {table} WHERE id = $1")).bind(id).first(self).await?;
        Err(if there.is_some() { Conflict::Ended } else { Conflict::NotRegistered }.into())
    }

    /// A team's consent is in the register, and the same person's.
    async fn check_consent(&mut self, row: &TeamRow) -> Result<(), StoreError> {
        let Some(consent) = row.consent else { return Ok(()) };
        match sql("SELECT person FROM consent WHERE id = $1").bind(consent).first(self).await? {
            None => Err(Conflict::NotRegistered.into()),
            Some(of) if of.text("person")? != row.person => Err(Conflict::OtherPerson.into()),
            Some(_) => Ok(()),
        }
    }
}

fn insert_team(row: &TeamRow) -> Statement<'_> {
    sql("INSERT INTO team (id, person, kind, consent, expires, created_at, opted_out_at, ended_at, sealed)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)")
    .bind(row.id)
    .bind(&row.person)
    .bind(&row.kind)
    .bind(row.consent)
    .bind(row.expires)
    .bind(row.created_at)
    .bind(row.opted_out_at)
    .bind(row.ended_at)
    .bind(&row.sealed)
}

async fn changes(conn: &mut Connection) -> Result<u64, StoreError> {
    let count = sql("SELECT CAST(value AS BIGINT) AS count FROM meta WHERE key = $1").bind(CHANGES);
    count.first(conn).await?.map_or(Ok(0), |row| row.count("count"))
}

async fn registered(conn: &mut Connection) -> Result<Registered, StoreError> {
    Ok(Registered {
        changes: changes(conn).await?,
        consents: rows(conn, "SELECT * FROM consent ORDER BY created_at, id", consent).await?,
        orders: rows(conn, "SELECT * FROM secrecy_order ORDER BY created_at, id", order).await?,
        teams: rows(conn, "SELECT * FROM team ORDER BY created_at, id", team).await?,
    })
}

async fn rows<T>(
    conn: &mut Connection,
    select: &'static str,
    read: fn(&Row) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    sql(select).all(conn).await?.iter().map(read).collect()
}

fn consent(row: &Row) -> Result<ConsentRow, StoreError> {
    Ok(ConsentRow {
        id: RegisterId(row.id("id")?),
        person: row.text("person")?,
        categories: row.words("categories")?,
        given: row.day("given")?,
        expires: row.day("expires")?,
        created_at: row.time("created_at")?,
        withdrawn_at: row.optional_time("withdrawn_at")?,
        sealed: row.bytes("sealed")?,
    })
}

fn order(row: &Row) -> Result<OrderRow, StoreError> {
    Ok(OrderRow {
        id: RegisterId(row.id("id")?),
        person: row.text("person")?,
        from: row.day("first_day")?,
        until: row.optional_day("last_day")?,
        created_at: row.time("created_at")?,
        sealed: row.bytes("sealed")?,
    })
}

fn team(row: &Row) -> Result<TeamRow, StoreError> {
    let consent = row.optional_bytes("consent")?.map(|_| row.id("consent").map(RegisterId)).transpose()?;
    Ok(TeamRow {
        id: RegisterId(row.id("id")?),
        person: row.text("person")?,
        kind: row.text("kind")?,
        consent,
        expires: row.day("expires")?,
        created_at: row.time("created_at")?,
        opted_out_at: row.optional_time("opted_out_at")?,
        ended_at: row.optional_time("ended_at")?,
        sealed: row.bytes("sealed")?,
    })
}
