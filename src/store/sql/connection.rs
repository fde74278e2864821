//! A connection to either database, and the few things that each says in its own way.

use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, SqliteConnection};

use super::statement::{sql, unexpected};
use crate::store::{StoreError, postgres, sqlite};

/// A connection that knows whether it may be used again.
pub(in crate::store) struct Connection {
    link: Option<Link>,
    /// The last statement came to its end and did not fail. PostgreSQL turns the COMMIT of a transaction in which a
    /// statement has failed into a rollback without a word; and what a dropped future has left is not known.
    sound: bool,
    /// A transaction is open.
    open: bool,
}

pub(in crate::store) enum Link {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Connection {
    pub(in crate::store) fn new(link: Link) -> Self {
        Connection { link: Some(link), sound: true, open: false }
    }

    /// The link, for one statement. Until [`Connection::settle`] the connection does not count as sound.
    pub(super) fn engage(&mut self) -> Result<&mut Link, StoreError> {
        self.sound = false;
        self.link.as_mut().ok_or_else(|| StoreError::Unavailable("connection closed".into()))
    }

    pub(super) fn settle<T>(&mut self, answer: Result<T, StoreError>) -> Result<T, StoreError> {
        self.sound = answer.is_ok();
        answer
    }

    pub(super) fn is_sqlite(&self) -> bool {
        matches!(self.link, Some(Link::Sqlite(_)))
    }

    /// May serve another one: sound, and no transaction is open.
    pub(super) fn is_free(&self) -> bool {
        self.link.is_some() && self.sound && !self.open
    }

    /// Leaves a closed one in its place.
    pub(super) fn take(&mut self) -> Self {
        let (sound, open) = (self.sound, self.open);
        Connection { link: self.link.take(), sound, open }
    }

    /// Statements without values or answer, one or several.
    pub(in crate::store) async fn batch(&mut self, text: impl Into<String>) -> Result<(), StoreError> {
        let text = sqlx::raw_sql(sqlx::AssertSqlSafe(text.into()));
        let answer = match self.engage()? {
            // Some give rows, which have to be read for them to be done.
            Link::Sqlite(link) => text.fetch_all(link).await.map(|_| ()).map_err(sqlite::fault),
            Link::Postgres(link) => postgres::in_time(text.execute(link)).await.map(|_| ()),
        };
        self.settle(answer)
    }

    /// Begins a transaction that writes. Of those under the name `writer` one is open at a time: in SQLite because
    /// there is one in all, in PostgreSQL by a lock, so that the writer's audit chain gets no gap.
    pub(super) async fn begin(&mut self, writer: &str) -> Result<(), StoreError> {
        let text = match &self.link {
            Some(Link::Sqlite(_)) | None => "BEGIN IMMEDIATE".to_owned(),
            Some(Link::Postgres(_)) => format!(
                "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock({})",
                postgres::lock("writer", writer)
            ),
        };
        match self.batch(text).await {
            Ok(()) => self.open = true,
            Err(error) => {
                // SQLite has begun nothing.
                self.sound = error == StoreError::Busy && matches!(self.link, Some(Link::Sqlite(_)));
                return Err(error);
            }
        }
        Ok(())
    }

    /// Begins a transaction that reads what was there at one moment.
    pub(super) async fn begin_snapshot(&mut self) -> Result<(), StoreError> {
        let text = match &self.link {
            Some(Link::Sqlite(_)) | None => "BEGIN",
            Some(Link::Postgres(_)) => "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY",
        };
        self.batch(text).await?;
        self.open = true;
        Ok(())
    }

    /// Ends the transaction; what it wrote is durable. Refused where a statement of it has failed.
    pub(super) async fn commit(&mut self) -> Result<(), StoreError> {
        if !self.sound {
            return Err(StoreError::Unavailable("a statement has failed".into()));
        }
        self.batch("COMMIT").await?;
        self.open = false;
        Ok(())
    }

    pub(super) async fn rollback(&mut self) -> Result<(), StoreError> {
        self.batch("ROLLBACK").await?;
        self.open = false;
        Ok(())
    }

    /// Of everybody who takes the lock of this name, one has it until the end of his transaction. In SQLite every
    /// writing transaction has all of them.
    pub(super) async fn lock(&mut self, kind: &str, name: &str) -> Result<(), StoreError> {
        match &self.link {
            Some(Link::Postgres(_)) => {
                self.batch(format!("SELECT pg_advisory_xact_lock({})", postgres::lock(kind, name))).await
            }
            Some(Link::Sqlite(_)) | None => Ok(()),
        }
    }

    /// Now, by the database's clock, in milliseconds.
    pub(super) async fn clock(&mut self) -> Result<i64, StoreError> {
        let text = match &self.link {
            Some(Link::Sqlite(_)) | None => "SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER) AS now",
            Some(Link::Postgres(_)) => "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT) AS now",
        };
        sql(text).first(self).await?.ok_or_else(|| unexpected("clock"))?.number("now")
    }

    /// The connection, if the other end is still there.
    pub(super) async fn if_alive(mut self) -> Option<Self> {
        let alive = match &self.link {
            Some(Link::Postgres(_)) => self.batch("").await.is_ok(),
            Some(Link::Sqlite(_)) => true,
            None => false,
        };
        alive.then_some(self)
    }

    /// SQLite's own connection, for a test to trouble it.
    #[cfg(test)]
    pub(in crate::store) fn sqlite(&mut self) -> &mut SqliteConnection {
        match &mut self.link {
            Some(Link::Sqlite(link)) => link,
            _ => panic!("it is no SQLite connection"),
        }
    }

    pub(in crate::store) async fn close(mut self) {
        // Nothing is lost when this fails: what was committed is durable.
        let _ = match self.link.take() {
            Some(Link::Sqlite(link)) => link.close().await,
            Some(Link::Postgres(link)) => link.close().await,
            None => Ok(()),
        };
    }
}
