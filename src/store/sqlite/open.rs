//! Opening: the file's place and mode, the settings of every connection, the schema.

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::Duration;

use nix::sys::statfs::{
    AFS_SUPER_MAGIC, CODA_SUPER_MAGIC, FsType, NCP_SUPER_MAGIC, NFS_SUPER_MAGIC, SMB_SUPER_MAGIC, statfs,
};
use sqlx::sqlite::{SqliteAutoVacuum, SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection};

use super::{Settings, fault};
use crate::store::sql::statement::STATEMENTS_PREPARED;
use crate::store::{OpenError, StoreError};

/// Forward only; the position plus one is the schema's number.
pub(super) const MIGRATIONS: [&str; 14] = [
    include_str!("../migrations/sqlite/0001.sql"),
    include_str!("../migrations/sqlite/0002.sql"),
    include_str!("../migrations/sqlite/0003.sql"),
    include_str!("../migrations/sqlite/0004.sql"),
    include_str!("../migrations/sqlite/0005.sql"),
    include_str!("../migrations/sqlite/0006.sql"),
    include_str!("../migrations/sqlite/0007.sql"),
    include_str!("../migrations/sqlite/0008.sql"),
    include_str!("../migrations/sqlite/0009.sql"),
    include_str!("../migrations/sqlite/0010.sql"),
    include_str!("../migrations/sqlite/0011.sql"),
    include_str!("../migrations/sqlite/0012.sql"),
    include_str!("../migrations/sqlite/0013.sql"),
    include_str!("../migrations/sqlite/0014.sql"),
];

/// How often, and after which pause, a new file is tried that another process is just making.
const OPEN_TRIES: u32 = 20;
const OPEN_PAUSE: Duration = Duration::from_millis(100);

/// File systems whose locks and syncs SQLite cannot rely on. CIFS, SMB2 and Ceph have no constant in libc.
const NETWORK: [(FsType, &str); 8] = [
    (NFS_SUPER_MAGIC, "NFS"),
    (SMB_SUPER_MAGIC, "SMB"),
    (AFS_SUPER_MAGIC, "AFS"),
    (CODA_SUPER_MAGIC, "Coda"),
    (NCP_SUPER_MAGIC, "NCP"),
    (FsType(0xFF53_4D42), "CIFS"),
    (FsType(0xFE53_4D42), "SMB2"),
    (FsType(0x00C3_6400), "Ceph"),
];

/// Options of the one writing connection.
pub(super) fn writer_options(settings: &Settings) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(&settings.path)
        .create_if_missing(false)
        .busy_timeout(settings.busy_timeout)
        // Takes effect in an empty file only; sqlx sends it before `journal_mode`, as it must.
        .auto_vacuum(SqliteAutoVacuum::Incremental)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .statement_cache_capacity(STATEMENTS_PREPARED)
        // Deleted content is overwritten, not only unlinked.
        .pragma("secure_delete", "ON")
        // 64 MiB: the upper pages of all indexes of a long queue.
        .pragma("cache_size", "-65536")
        // 32 MiB: fewer pauses for writing back while much is held. A sweep empties the log.
        .pragma("wal_autocheckpoint", "8192")
        .pragma("trusted_schema", "OFF")
        .pragma("temp_store", "MEMORY")
        .disable_statement_logging()
}

/// Options of the reading connections.
pub(super) fn reader_options(settings: &Settings) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(&settings.path)
        .read_only(true)
        .busy_timeout(settings.busy_timeout)
        .pragma("trusted_schema", "OFF")
        .pragma("temp_store", "MEMORY")
        .disable_statement_logging()
}

/// Checks the file's place and mode, and makes it (mode 0600) where that is allowed.
pub(super) fn prepare_file(settings: &Settings) -> Result<(), OpenError> {
    let path = &settings.path;
    let io = |source| OpenError::Io { path: path.clone(), source };
    refuse_network(path)?;
    match std::fs::metadata(path) {
        Ok(metadata) => {
            let mode = metadata.mode() & 0o7777;
            if mode & 0o007 != 0 {
                return Err(OpenError::Exposed { path: path.clone(), mode });
            }
        }
        Err(e) if e.kind() == ErrorKind::NotFound && settings.create => {
            match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
                Ok(file) => file.sync_all().map_err(io)?,
                // Another process was quicker.
                Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
                Err(e) => return Err(io(e)),
            }
            sync_directory(path).map_err(io)?;
        }
        Err(e) => return Err(io(e)),
    }
    Ok(())
}

/// Brings the schema up to this version's. Two processes may come at the same time: the second finds
/// the work done.
pub(super) async fn migrate(conn: &mut SqliteConnection, path: &Path) -> Result<(), OpenError> {
    let store = |e: sqlx::Error| failed(path, fault(e));
    let known = MIGRATIONS.len() as i64;
    let found: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *conn).await.map_err(store)?;
    // With nothing to do there is no lock to wait for.
    if found != known {
        bring_up(conn, path, known).await?;
    }
    // The names of the write-ahead log and its index.
    sync_directory(path).map_err(|source| OpenError::Io { path: path.to_owned(), source })
}

async fn bring_up(conn: &mut SqliteConnection, path: &Path, known: i64) -> Result<(), OpenError> {
    let store = |e: sqlx::Error| failed(path, fault(e));
    let mut tx = conn.begin_with("BEGIN IMMEDIATE").await.map_err(store)?;
    let found: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *tx).await.map_err(store)?;
    if found > known {
        return Err(OpenError::TooNew { place: path.display().to_string(), found, known });
    }
    for (number, script) in (1..).zip(MIGRATIONS) {
        if number > found {
            sqlx::raw_sql(script).execute(&mut *tx).await.map_err(store)?;
        }
    }
    if found < known {
        let set = format!("PRAGMA user_version = {known}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(set)).execute(&mut *tx).await.map_err(store)?;
    }
    tx.commit().await.map_err(store)
}

/// The first connection to a file. In a new one it switches to WAL, for which SQLite does not wait
/// under the busy timeout when another process does the same at that moment; so we do.
pub(super) async fn first_connection(options: &SqliteConnectOptions) -> Result<SqliteConnection, StoreError> {
    let mut tries = 0;
    loop {
        tries += 1;
        let connected = match options.connect().await {
            Ok(mut conn) => check_settings(&mut conn).await.map(|()| conn),
            Err(error) => Err(fault(error)),
        };
        match connected {
            Err(StoreError::Busy) if tries < OPEN_TRIES => tokio::time::sleep(OPEN_PAUSE).await,
            other => return other,
        }
    }
}

/// Refuses a connection whose settings did not take: durability rests on them.
async fn check_settings(conn: &mut SqliteConnection) -> Result<(), StoreError> {
    let journal: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut *conn).await.map_err(fault)?;
    let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&mut *conn).await.map_err(fault)?;
    if journal == "wal" && synchronous == 2 {
        Ok(())
    } else {
        Err(StoreError::Unavailable(format!(
            "journal_mode is {journal}, synchronous is {synchronous}; they must be wal and 2"
        )))
    }
}

fn failed(path: &Path, source: StoreError) -> OpenError {
    OpenError::Store { place: path.display().to_string(), source }
}

pub(super) fn refuse_network(path: &Path) -> Result<(), OpenError> {
    let directory = directory_of(path);
    let found = statfs(directory).map_err(|e| OpenError::Io { path: directory.to_owned(), source: e.into() })?;
    match NETWORK.iter().find(|(kind, _)| *kind == found.filesystem_type()) {
        Some((_, kind)) => Err(OpenError::NetworkFileSystem { path: path.to_owned(), kind }),
        None => Ok(()),
    }
}

fn sync_directory(path: &Path) -> std::io::Result<()> {
    File::open(directory_of(path))?.sync_all()
}

pub(super) fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}
