//! The embedded database: one SQLite file.
//!
//! WAL with `synchronous=FULL`: a commit returns after the log is on the disk. Every writing
//! transaction is `BEGIN IMMEDIATE`, so that waiting for another process happens under the busy
//! timeout and never in the middle.

use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::statvfs::statvfs;
use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;

use super::sql::connection::{Connection, Link};
use super::{OpenError, StoreError};

pub mod backup;
pub(super) mod fault;
pub mod look;
mod open;
#[cfg(test)]
mod tests;

pub(super) use fault::fault;

/// SQLite's own wait for another process.
pub const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Space that holds leave free, so that releases and audit events of what is already held can still
/// be recorded on a filling disk: this many bytes, or a twentieth of a small file system.
const SPACE_KEPT_FREE: u64 = 16 * 1024 * 1024;
const SHARE_KEPT_FREE: u64 = 20;

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

/// The file of an open store.
pub(super) struct File {
    settings: Settings,
    to_write: SqliteConnectOptions,
    to_read: SqliteConnectOptions,
}

/// Opens the file, makes it where allowed, and brings its schema up to date. Gives its first connection too.
pub(super) async fn open(settings: Settings) -> Result<(File, Connection), OpenError> {
    open::prepare_file(&settings)?;
    let failed = |source| OpenError::Store { place: settings.path.display().to_string(), source };
    let to_write = open::writer_options(&settings);
    let mut first = open::first_connection(&to_write).await.map_err(failed)?;
    open::migrate(&mut first, &settings.path).await?;
    let to_read = open::reader_options(&settings);
    Ok((File { settings, to_write, to_read }, Connection::new(Link::Sqlite(first))))
}

impl File {
    pub(super) async fn connect_to_write(&self) -> Result<Connection, StoreError> {
        self.to_write.connect().await.map(|conn| Connection::new(Link::Sqlite(conn))).map_err(fault)
    }

    pub(super) async fn connect_to_read(&self) -> Result<Connection, StoreError> {
        self.to_read.connect().await.map(|conn| Connection::new(Link::Sqlite(conn))).map_err(fault)
    }

    /// The predictable shortage: refuses before the disk is full, so that nothing is half-written.
    pub(super) fn refuse_when_full(&self, needed: usize) -> Result<(), StoreError> {
        // A file system that cannot say counts as having space; SQLite will find out.
        let Some((free, kept)) = space(&self.settings.path) else { return Ok(()) };
        // Once in the log, once in the file.
        let needed = (needed as u64).saturating_mul(2);
        if free < kept.saturating_add(needed) { Err(StoreError::Full) } else { Ok(()) }
    }
}

/// Bytes free where the file is or will be, and of those the bytes that holds leave free.
pub fn space(path: &Path) -> Option<(u64, u64)> {
    let space = statvfs(open::directory_of(path)).ok()?;
    let unit = space.fragment_size();
    let free = unit.saturating_mul(space.blocks_available());
    Some((free, SPACE_KEPT_FREE.min(unit.saturating_mul(space.blocks()) / SHARE_KEPT_FREE)))
}
