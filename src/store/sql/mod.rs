//! The store's logic, once for both databases.
//!
//! One connection writes, a few read. The writing connection is taken out of its place for a transaction and put back
//! after a clean end; after a failure or a dropped future it is thrown away, which rolls back, so no half-done
//! transaction is ever met again. A reading connection is put back in the same way.
//!
//! What differs between the databases is in [`connection`] (how a transaction begins, the clock, locks), and in the
//! rooms `sqlite` and `postgres` (opening, schema, what an error means, space). Several nodes may write to one
//! PostgreSQL at the same moment, so every change is a compare-and-set or made under a lock: between two statements
//! another node may have committed.

use std::collections::VecDeque;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex as StdMutex, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard, Semaphore, SemaphorePermit, mpsc};

use super::{Answer, Health, Link as AuditLink, OpenError, Settings, StoreError, postgres, sqlite};

mod account;
mod audit;
mod bypass;
pub(super) mod connection;
mod disclosure;
mod figures;
mod held;
mod insert;
mod keys;
mod lifecycle;
mod link;
mod outbox;
mod prune;
mod queue;
mod record;
mod register;
mod release;
mod review;
mod session;
pub(super) mod statement;
mod store;
mod sweep;

pub(super) use audit::{FINGERPRINT, fingerprint};
use connection::Connection;
use insert::Waiting;

/// How long a write waits for the one writing connection before it counts as locked.
const WRITER_WAIT: Duration = Duration::from_secs(10);
/// Reading connections.
const READERS: usize = 4;
/// How long a read waits for one of them.
const READER_WAIT: Duration = Duration::from_secs(10);

/// A store in a database. Several processes may have it open; with PostgreSQL several machines.
pub struct Database {
    pub(super) core: Arc<Core>,
    holds: mpsc::UnboundedSender<Waiting>,
}

/// What the steps work with.
pub(super) struct Core {
    backend: Backend,
    /// Name of this writer's audit chain.
    writer: String,
    pub(super) writing: Mutex<Option<Connection>>,
    pub(super) readers: Readers,
    broken: OnceLock<String>,
}

/// What is known of the database besides its connections.
#[allow(clippy::large_enum_variant, reason = "there is one of them in a process")]
pub(super) enum Backend {
    Sqlite(sqlite::File),
    Postgres(postgres::Server),
}

impl Backend {
    async fn connect_to_write(&self) -> Result<Connection, StoreError> {
        match self {
            Backend::Sqlite(file) => file.connect_to_write().await,
            Backend::Postgres(server) => server.connect().await,
        }
    }

    async fn connect_to_read(&self) -> Result<Connection, StoreError> {
        match self {
            Backend::Sqlite(file) => file.connect_to_read().await,
            Backend::Postgres(server) => server.connect().await,
        }
    }

    /// Refuses so many bytes more before there is no space, where that can be known.
    fn refuse_when_full(&self, needed: usize) -> Result<(), StoreError> {
        match self {
            Backend::Sqlite(file) => file.refuse_when_full(needed),
            Backend::Postgres(_) => Ok(()),
        }
    }
}

impl Database {
    /// Opens the database, makes it where that is allowed, and brings its schema up to date. To be called in a
    /// runtime: holds are committed by a task of their own.
    pub async fn open(settings: impl Into<Settings>) -> Result<Self, OpenError> {
        let (backend, first, writer) = match settings.into() {
            Settings::Sqlite(settings) => {
                let writer = settings.writer.clone();
                let (file, first) = sqlite::open(settings).await?;
                (Backend::Sqlite(file), first, writer)
            }
            Settings::Postgres(settings) => {
                let writer = settings.writer.clone();
                let (server, first) = postgres::open(settings).await?;
                (Backend::Postgres(server), first, writer)
            }
        };
        let readers = Readers { idle: StdMutex::default(), turns: Semaphore::new(READERS) };
        let writing = Mutex::new(Some(first));
        let core = Arc::new(Core { backend, writer, writing, readers, broken: OnceLock::new() });
        let (holds, waiting) = mpsc::unbounded_channel();
        tokio::spawn(insert::commit_together(Arc::clone(&core), waiting));
        Ok(Database { core, holds })
    }

    /// Closes all connections; the last one to a file writes its log back into it.
    pub async fn close(&self) {
        self.core.readers.close().await;
        if let Some(conn) = self.core.writing.lock().await.take() {
            conn.close().await;
        }
    }

    /// Boxes a step, and remembers if it showed that the store is broken.
    fn guarded<'a, T>(&'a self, step: impl Future<Output = Result<T, StoreError>> + Send + 'a) -> Answer<'a, T> {
        Box::pin(async move { self.core.watched(step.await) })
    }
}

impl Core {
    fn health(&self) -> Health {
        self.broken.get().map_or(Health::Good, |why| Health::Broken(why.clone()))
    }

    /// Remembers if the answer shows that the store is broken.
    fn watched<T>(&self, answer: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(StoreError::Broken(why)) = &answer
            && self.broken.set(why.clone()).is_ok()
        {
            tracing::error!(%why, "the store has failed; nothing new is taken until a restart");
        }
        answer
    }

    /// Begins a writing transaction.
    pub(super) async fn begin(&self) -> Result<Writing<'_>, StoreError> {
        if let Health::Broken(why) = self.health() {
            return Err(StoreError::Broken(why));
        }
        let mut slot = tokio::time::timeout(WRITER_WAIT, self.writing.lock()).await.map_err(|_| StoreError::Busy)?;
        loop {
            let (mut conn, kept) = match slot.take() {
                Some(conn) => (conn, true),
                None => (self.backend.connect_to_write().await?, false),
            };
            match conn.begin(&self.writer).await {
                Ok(()) => return Ok(Writing { slot, conn, appended: Vec::new(), writer: &self.writer }),
                // The server may have been started again meanwhile; nothing has been asked of it yet.
                Err(StoreError::Unavailable(_)) if kept => {}
                Err(error) => {
                    *slot = Some(conn).filter(Connection::is_free);
                    return Err(error);
                }
            }
        }
    }

    /// A connection for reading; it goes back on its own.
    pub(super) async fn read(&self) -> Result<Reading<'_>, StoreError> {
        let turn = tokio::time::timeout(READER_WAIT, self.readers.turns.acquire()).await;
        let turn = turn.map_err(|_| StoreError::Busy)?.map_err(|_| StoreError::Unavailable("it is closed".into()))?;
        let idle = self.readers.idle().pop_front();
        let conn = match idle {
            Some(conn) => conn.if_alive().await,
            None => None,
        };
        let conn = match conn {
            Some(conn) => conn,
            None => self.backend.connect_to_read().await?,
        };
        Ok(Reading { conn, readers: &self.readers, _turn: turn })
    }
}

/// A writing transaction. Dropped without [`Writing::commit`], nothing of it remains.
pub(super) struct Writing<'s> {
    slot: MutexGuard<'s, Option<Connection>>,
    conn: Connection,
    writer: &'s str,
    appended: Vec<AuditLink>,
}

impl Writing<'_> {
    /// Durable when this returns `Ok`. Then the new heads of the chain go to the log, where nobody who
    /// can change the database can change them.
    pub(super) async fn commit(mut self) -> Result<(), StoreError> {
        self.conn.commit().await?;
        *self.slot = Some(self.conn);
        for link in self.appended {
            tracing::info!(
                target: "sluss::audit",
                event = link.event,
                id = link.message.as_deref().map(|id| data_encoding::HEXLOWER.encode(id)),
                head = %format_args!(
                    "{}:{}:{}",
                    link.writer,
                    link.sequence,
                    data_encoding::HEXLOWER.encode(&link.hash)
                ),
                "audit"
            );
        }
        Ok(())
    }

    /// Nothing of it remains, and the connection can be used again.
    async fn rollback(mut self) {
        if self.conn.rollback().await.is_ok() {
            *self.slot = Some(self.conn);
        }
    }

    /// Commits what `step` did; where it says that something has changed meanwhile, nothing of it remains.
    async fn end_if(self, step: Result<bool, StoreError>) -> Result<bool, StoreError> {
        if step == Ok(false) {
            self.rollback().await;
            return Ok(false);
        }
        self.end(step).await
    }

    /// Commits what `step` did, or rolls back and passes its error on.
    async fn end<T>(self, step: Result<T, StoreError>) -> Result<T, StoreError> {
        match step {
            Ok(value) => {
                self.commit().await?;
                Ok(value)
            }
            Err(error) => {
                self.rollback().await;
                Err(error)
            }
        }
    }
}

impl Deref for Writing<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.conn
    }
}

impl DerefMut for Writing<'_> {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.conn
    }
}

/// Reading connections that nobody uses, and how many more may be in use.
pub(super) struct Readers {
    idle: StdMutex<VecDeque<Connection>>,
    turns: Semaphore,
}

impl Readers {
    fn idle(&self) -> std::sync::MutexGuard<'_, VecDeque<Connection>> {
        // Nothing can have been left half-done in it.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) async fn close(&self) {
        self.turns.close();
        loop {
            let Some(conn) = self.idle().pop_front() else { return };
            conn.close().await;
        }
    }
}

/// A reading connection on loan.
pub(super) struct Reading<'s> {
    conn: Connection,
    readers: &'s Readers,
    _turn: SemaphorePermit<'s>,
}

impl Deref for Reading<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.conn
    }
}

impl DerefMut for Reading<'_> {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.conn
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        if self.conn.is_free() && !self.readers.turns.is_closed() {
            self.readers.idle().push_front(self.conn.take());
        }
    }
}
