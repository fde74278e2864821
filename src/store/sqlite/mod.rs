//! The embedded store: one SQLite file, one writing connection, a pool of reading ones.
//!
//! WAL with `synchronous=FULL`: a commit returns after the log is on the disk. Every writing
//! transaction is `BEGIN IMMEDIATE`, so that waiting for another process happens under the busy
//! timeout and never in the middle. The writing connection is taken out of its place for a
//! transaction and put back after a clean end; after a failure or a dropped future it is thrown
//! away, which rolls back, so no half-done transaction is ever met again.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteRow};
use sqlx::{ConnectOptions, Connection, Row, SqliteConnection, SqlitePool};
use tokio::sync::{Mutex, MutexGuard};

use super::{
    Answer, Bypass, BypassCount, Claim, ConsentRow, Entry, Filter, Head, Health, HeldMessage, Link, NewBypass, NewHeld,
    NewNotice, NoticeId, OpenError, OrderRow, OutboxItem, RecipientRow, Reconciliation, RegisterId, Registered, Store,
    StoreError, StoreReceipt, Swept, TeamRow, Total,
};
use crate::message::MessageId;

mod audit;
mod bypass;
mod fault;
mod figures;
mod held;
pub mod look;
mod open;
mod outbox;
mod register;
mod release;
mod sweep;
#[cfg(test)]
mod tests;

/// How long a write waits for the one writing connection before it counts as locked.
const WRITER_WAIT: Duration = Duration::from_secs(10);
/// Reading connections.
const READERS: u32 = 4;
/// How long a read waits for one of them.
const READER_WAIT: Duration = Duration::from_secs(10);
/// SQLite's own wait for another process.
pub const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Where the store is and who writes to it.
#[derive(Clone, Debug)]
pub struct Settings {
    pub path: PathBuf,
    /// Name of this writer's audit chain: the host's, not the process's.
    pub writer: String,
    /// [`BUSY_TIMEOUT`] where a mail waits for the answer; a person's command may wait longer.
    pub busy_timeout: Duration,
    /// Make the file when there is none.
    pub create: bool,
}

/// A store in one SQLite file. Several processes may have it open.
pub struct Sqlite {
    settings: Settings,
    options: SqliteConnectOptions,
    writer: Mutex<Option<SqliteConnection>>,
    readers: SqlitePool,
    broken: OnceLock<String>,
}

impl Sqlite {
    /// Opens the file, makes it where allowed, and brings its schema up to date.
    pub async fn open(settings: Settings) -> Result<Self, OpenError> {
        open::prepare_file(&settings)?;
        let failed = |source| OpenError::Store { path: settings.path.clone(), source };
        let options = open::writer_options(&settings);
        let mut conn = open::first_connection(&options).await.map_err(failed)?;
        open::migrate(&mut conn, &settings.path).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(READER_WAIT)
            .connect_lazy_with(open::reader_options(&settings));
        Ok(Sqlite { settings, options, writer: Mutex::new(Some(conn)), readers, broken: OnceLock::new() })
    }

    /// Closes all connections; the last one writes the log back into the file.
    pub async fn close(&self) {
        self.readers.close().await;
        if let Some(conn) = self.writer.lock().await.take() {
            // Nothing is lost when this fails: the next start reads the log.
            let _ = conn.close().await;
        }
    }

    /// Begins a writing transaction.
    async fn begin(&self) -> Result<Writing<'_>, StoreError> {
        self.refuse_broken()?;
        let mut slot = tokio::time::timeout(WRITER_WAIT, self.writer.lock()).await.map_err(|_| StoreError::Busy)?;
        let mut conn = match slot.take() {
            Some(conn) => conn,
            None => self.options.connect().await?,
        };
        match sqlx::query("BEGIN IMMEDIATE").execute(&mut conn).await {
            Ok(_) => Ok(Writing { slot, conn, writer: &self.settings.writer, appended: Vec::new() }),
            Err(error) => {
                let error = StoreError::from(error);
                if error == StoreError::Busy {
                    *slot = Some(conn);
                }
                Err(error)
            }
        }
    }

    fn refuse_broken(&self) -> Result<(), StoreError> {
        match self.broken.get() {
            Some(why) => Err(StoreError::Broken(why.clone())),
            None => Ok(()),
        }
    }

    /// Boxes a step, and remembers if it showed that the store is broken.
    fn guarded<'a, T>(&'a self, step: impl Future<Output = Result<T, StoreError>> + Send + 'a) -> Answer<'a, T> {
        Box::pin(async move {
            let result = step.await;
            if let Err(StoreError::Broken(why)) = &result
                && self.broken.set(why.clone()).is_ok()
            {
                tracing::error!(%why, "the store has failed; nothing new is taken until a restart");
            }
            result
        })
    }
}

/// A writing transaction. Dropped without [`Writing::commit`], nothing of it remains.
struct Writing<'s> {
    slot: MutexGuard<'s, Option<SqliteConnection>>,
    conn: SqliteConnection,
    writer: &'s str,
    appended: Vec<Link>,
}

impl Writing<'_> {
    /// Durable when this returns `Ok`. Then the new heads of the chain go to the log, where nobody who
    /// can change the database can change them.
    async fn commit(mut self) -> Result<(), StoreError> {
        sqlx::query("COMMIT").execute(&mut self.conn).await?;
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
        if sqlx::query("ROLLBACK").execute(&mut self.conn).await.is_ok() {
            *self.slot = Some(self.conn);
        }
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

/// Now, by the database's clock, in milliseconds; a piece of SQL.
macro_rules! clock {
    () => {
        "CAST(unixepoch('subsec') * 1000 AS INTEGER)"
    };
}
use clock;

fn time(row: &SqliteRow, column: &'static str) -> Result<Timestamp, StoreError> {
    to_time(row.try_get(column)?)
}

fn optional_time(row: &SqliteRow, column: &'static str) -> Result<Option<Timestamp>, StoreError> {
    row.try_get::<Option<i64>, _>(column)?.map(to_time).transpose()
}

fn to_time(ms: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(ms).map_err(|_| unexpected("time"))
}

fn id(row: &SqliteRow, column: &'static str) -> Result<MessageId, StoreError> {
    let bytes: Vec<u8> = row.try_get(column)?;
    Ok(MessageId(bytes.try_into().map_err(|_| unexpected("id"))?))
}

/// A value that this version never writes.
fn unexpected(what: &str) -> StoreError {
    StoreError::Unavailable(format!("unexpected {what} in a row"))
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

impl Store for Sqlite {
    fn healthy(&self) -> Health {
        self.broken.get().map_or(Health::Good, |why| Health::Broken(why.clone()))
    }

    fn ping(&self) -> Answer<'_, ()> {
        self.guarded(async {
            self.refuse_when_full(0)?;
            sqlx::query("SELECT key FROM meta LIMIT 1").fetch_optional(&self.readers).await?;
            // Reading goes on while another process holds the lock; holding mail does not.
            self.begin().await?.rollback().await;
            Ok(())
        })
    }

    fn hold<'a>(&'a self, new: &'a NewHeld) -> Answer<'a, StoreReceipt> {
        self.guarded(self.hold_message(new))
    }

    fn message(&self, id: MessageId) -> Answer<'_, Option<HeldMessage>> {
        self.guarded(self.read_message(id))
    }

    fn list<'a>(&'a self, filter: &'a Filter) -> Answer<'a, Vec<HeldMessage>> {
        self.guarded(self.read_list(filter))
    }

    fn recipients(&self, id: MessageId) -> Answer<'_, Vec<RecipientRow>> {
        self.guarded(self.read_recipients(id))
    }

    fn evidence(&self, id: MessageId) -> Answer<'_, Option<Vec<u8>>> {
        self.guarded(self.read_evidence(id))
    }

    fn content(&self, id: MessageId) -> Answer<'_, Option<Vec<u8>>> {
        self.guarded(self.read_content(id))
    }

    fn start_release<'a>(
        &'a self,
        id: MessageId,
        owner: &'a str,
        lease: Duration,
        entry: &'a Entry,
    ) -> Answer<'a, Claim> {
        self.guarded(self.claim_held(id, owner, lease, entry))
    }

    fn resume_release<'a>(&'a self, id: MessageId, owner: &'a str, lease: Duration) -> Answer<'a, Claim> {
        self.guarded(self.claim_releasing(id, owner, lease))
    }

    fn due_releases(&self, now: Timestamp) -> Answer<'_, Vec<MessageId>> {
        self.guarded(self.read_due_releases(now))
    }

    fn renew<'a>(&'a self, claim: &'a Claim, lease: Duration) -> Answer<'a, ()> {
        self.guarded(self.renew_lease(claim, lease))
    }

    fn record_recipient<'a>(
        &'a self,
        claim: &'a Claim,
        recipient: &'a RecipientRow,
        entry: Option<&'a Entry>,
    ) -> Answer<'a, ()> {
        self.guarded(self.write_recipient(claim, recipient, entry))
    }

    fn postpone_release<'a>(&'a self, claim: &'a Claim, next: Timestamp) -> Answer<'a, ()> {
        self.guarded(self.write_postponed(claim, next))
    }

    fn finish_release<'a>(&'a self, claim: &'a Claim, entry: &'a Entry) -> Answer<'a, ()> {
        self.guarded(self.write_released(claim, entry))
    }

    fn fail_release<'a>(
        &'a self,
        claim: &'a Claim,
        keep_until: Timestamp,
        notices: &'a [NewNotice],
        entry: &'a Entry,
    ) -> Answer<'a, ()> {
        self.guarded(self.write_failed(claim, keep_until, notices, entry))
    }

    fn discard<'a>(&'a self, id: MessageId, entry: &'a Entry) -> Answer<'a, ()> {
        self.guarded(self.write_discarded(id, entry))
    }

    fn expired(&self, now: Timestamp) -> Answer<'_, Vec<HeldMessage>> {
        self.guarded(self.read_expired(now))
    }

    fn expire<'a>(&'a self, id: MessageId, notice: Option<&'a NewNotice>, entry: &'a Entry) -> Answer<'a, ()> {
        self.guarded(self.write_expired(id, notice, entry))
    }

    fn delete_content(&self, id: MessageId) -> Answer<'_, ()> {
        self.guarded(self.erase_content(id))
    }

    fn sweep(&self, now: Timestamp) -> Answer<'_, Swept> {
        self.guarded(self.sweep_ended(now))
    }

    fn append<'a>(&'a self, entry: &'a Entry) -> Answer<'a, ()> {
        self.guarded(self.append_entry(entry))
    }

    fn audit_heads(&self) -> Answer<'_, Vec<Head>> {
        self.guarded(self.read_heads())
    }

    fn audit_links<'a>(&'a self, writer: &'a str, sequence: i64) -> Answer<'a, Vec<Link>> {
        self.guarded(self.read_links(writer, sequence))
    }

    fn audit_writers(&self) -> Answer<'_, Vec<String>> {
        self.guarded(self.read_writers())
    }

    fn outbox_add<'a>(&'a self, notice: &'a NewNotice) -> Answer<'a, ()> {
        self.guarded(self.add_notice(notice))
    }

    fn outbox_claim(&self, now: Timestamp) -> Answer<'_, Option<OutboxItem>> {
        self.guarded(self.claim_notice(now))
    }

    fn outbox_done(&self, id: NoticeId) -> Answer<'_, ()> {
        self.guarded(self.end_notice(id, "delivered"))
    }

    fn outbox_retry(&self, id: NoticeId, at: Timestamp) -> Answer<'_, ()> {
        self.guarded(self.retry_notice(id, at))
    }

    fn outbox_failed(&self, id: NoticeId) -> Answer<'_, ()> {
        self.guarded(self.end_notice(id, "failed"))
    }

    fn outbox_waiting(&self) -> Answer<'_, u64> {
        self.guarded(self.count_waiting_notices())
    }

    fn add_totals<'a>(&'a self, totals: &'a [Total]) -> Answer<'a, ()> {
        self.guarded(self.write_totals(totals))
    }

    fn totals<'a>(&'a self, from: &'a str, to: &'a str) -> Answer<'a, Vec<Total>> {
        self.guarded(self.read_totals(from, to))
    }

    fn reconcile(&self) -> Answer<'_, Reconciliation> {
        self.guarded(self.count_states())
    }

    fn bypass(&self) -> Answer<'_, Option<Bypass>> {
        self.guarded(self.read_bypass())
    }

    fn bypass_on<'a>(&'a self, new: &'a NewBypass, entry: &'a Entry) -> Answer<'a, Bypass> {
        self.guarded(self.write_bypass(new, entry))
    }

    fn bypass_end<'a>(&'a self, id: i64, at: Timestamp, entry: &'a Entry) -> Answer<'a, bool> {
        self.guarded(self.write_bypass_end(id, at, entry))
    }

    fn bypass_untold(&self) -> Answer<'_, Vec<Bypass>> {
        self.guarded(self.read_untold_bypasses())
    }

    fn bypass_told<'a>(&'a self, seen: &'a Bypass, notices: &'a [NewNotice]) -> Answer<'a, bool> {
        self.guarded(self.write_bypass_told(seen, notices))
    }

    fn bypass_count<'a>(&'a self, id: i64, counts: &'a [BypassCount]) -> Answer<'a, ()> {
        self.guarded(self.write_bypass_counts(id, counts))
    }

    fn bypass_counts(&self, id: i64) -> Answer<'_, Vec<BypassCount>> {
        self.guarded(self.read_bypass_counts(id))
    }

    fn remind<'a>(
        &'a self,
        reminder: (&'a str, &'a str, i32),
        at: Timestamp,
        notice: Option<&'a NewNotice>,
    ) -> Answer<'a, bool> {
        self.guarded(self.write_reminder(reminder, at, notice))
    }

    fn secret_fingerprint(&self) -> Answer<'_, Option<String>> {
        self.guarded(self.read_fingerprint())
    }

    fn bind_secret<'a>(&'a self, fingerprint: &'a str, entry: &'a Entry) -> Answer<'a, ()> {
        self.guarded(self.write_fingerprint(fingerprint, entry))
    }

    fn add_consent<'a>(&'a self, row: &'a ConsentRow, entry: &'a Entry) -> Answer<'a, ()> {
        self.guarded(self.insert_consent(row, entry))
    }

    fn withdraw_consent<'a>(&'a self, id: RegisterId, entry: &'a Entry) -> Answer<'a, ()> {
        self.guarded(self.write_withdrawn(id, entry))
    }

    fn add_order<'a>(&'a self, row: &'a OrderRow, entry: &'a Entry) -> Answer<'a, ()> {
        self.guarded(self.insert_order(row, entry))
    }

    fn end_order<'a>(&'a self, id: RegisterId, until: Date, entry: &'a Entry) -> Answer<'a, ()> {
        self.guarded(self.write_order_ended(id, until, entry))
    }

    fn add_team<'a>(&'a self, row: &'a TeamRow, entry: &'a Entry) -> Answer<'a, ()> {
        self.guarded(self.insert_team(row, entry))
    }

    fn change_team<'a>(&'a self, row: &'a TeamRow, entry: &'a Entry) -> Answer<'a, ()> {
        self.guarded(self.write_team(row, entry))
    }

    fn end_team<'a>(&'a self, id: RegisterId, entry: &'a Entry) -> Answer<'a, ()> {
        self.guarded(self.write_team_ended(id, entry))
    }

    fn registers(&self) -> Answer<'_, Registered> {
        self.guarded(self.read_registers())
    }

    fn register_changes(&self) -> Answer<'_, u64> {
        self.guarded(self.count_register_changes())
    }
}
