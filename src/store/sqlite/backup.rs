//! A copy of the store while others write to it.
//!
//! `VACUUM INTO` in one reading transaction: the copy is the store as it was at one moment, holds no page of
//! what was deleted, and nobody waits for it. It holds nothing that the store does not: no secret, no identity.

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

use super::{Settings, open};

/// Why there is no copy. The administrator mends the first three.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("{0}: exists already; a backup overwrites nothing")]
    Exists(PathBuf),
    #[error("{path}: {source}")]
    File { path: PathBuf, source: std::io::Error },
    #[error("the store cannot be copied: {0}")]
    Copy(sqlx::Error),
    #[error("the copy is damaged ({0}); it was removed")]
    Damaged(String),
}

/// A copy that was read again and found whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    pub bytes: u64,
    /// Messages in it that wait for a decision.
    pub held: u64,
}

/// Copies the store to a new file, mode 0600, and checks the copy. It is on the disk when this returns; after
/// an error there is no file.
pub async fn copy(settings: &Settings, to: &Path) -> Result<Copied, BackupError> {
    let failed = |source| BackupError::File { path: to.to_owned(), source };
    // SQLite writes into an empty file that is there; made by us, nobody else can ever read it.
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to).map_err(|error| {
        if error.kind() == ErrorKind::AlreadyExists { BackupError::Exists(to.to_owned()) } else { failed(error) }
    })?;
    let copied = async {
        write(settings, to).await?;
        file.sync_all().map_err(failed)?;
        File::open(open::directory_of(to)).and_then(|folder| folder.sync_all()).map_err(failed)?;
        let held = check(to).await?;
        Ok(Copied { bytes: file.metadata().map_err(failed)?.len(), held })
    }
    .await;
    if copied.is_err() {
        // What is half a copy must not be taken for one.
        let _ = std::fs::remove_file(to);
    }
    copied
}

async fn write(settings: &Settings, to: &Path) -> Result<(), BackupError> {
    let path =
        to.to_str().ok_or_else(|| BackupError::Copy(sqlx::Error::Configuration("the path is not UTF-8".into())))?;
    let mut conn = open::reader_options(settings).connect().await.map_err(BackupError::Copy)?;
    let done = sqlx::query("VACUUM INTO ?1").bind(path).execute(&mut conn).await;
    let _ = conn.close().await;
    done.map(|_| ()).map_err(BackupError::Copy)
}

/// Reads the copy as a restore would; gives how many messages are held in it.
async fn check(copy: &Path) -> Result<u64, BackupError> {
    let options = SqliteConnectOptions::new().filename(copy).read_only(true).disable_statement_logging();
    let mut conn = options.connect().await.map_err(BackupError::Copy)?;
    let found: Result<(String, i64), sqlx::Error> = async {
        let verdict = sqlx::query_scalar("PRAGMA integrity_check(1)").fetch_one(&mut conn).await?;
        let held = sqlx::query_scalar("SELECT count(*) FROM held WHERE state = 'held'").fetch_one(&mut conn).await?;
        Ok((verdict, held))
    }
    .await;
    let _ = conn.close().await;
    match found.map_err(BackupError::Copy)? {
        (verdict, held) if verdict == "ok" => Ok(held.unsigned_abs()),
        (verdict, _) => Err(BackupError::Damaged(verdict)),
    }
}
