//! A look at a store from outside: nothing is made, brought up to date or written.
//!
//! A file that nobody has open, and that needs no recovery, is read as if it could not change, so that
//! not even the log beside it is made, which would belong to whoever looks.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};

use super::{fault, open};
use crate::store::OpenError;
use crate::store::sql::FINGERPRINT;

/// What a store is like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// Number of its schema, and of the newest one that this version knows.
    pub schema: i64,
    pub known: i64,
    /// Its journal is a write-ahead log, as every relay sets it.
    pub wal: bool,
    /// Of the secret it was made with; `None` before the first start is over.
    pub fingerprint: Option<String>,
    /// Until when a bypass is on whose end has not been recorded.
    pub bypass_until: Option<Timestamp>,
    /// What the quick check found first; `None`: nothing. `Err`: it took longer than the patience.
    pub damage: Result<Option<String>, Late>,
}

/// There was no time to finish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Late;

/// Looks at the file; the check for damage takes at most `patience`.
///
/// # Errors
/// The file is not there or not to be read, is no database, or lies on a network file system.
pub async fn look(path: &Path, patience: Duration) -> Result<Look, OpenError> {
    open::refuse_network(path)?;
    let wal = is_wal(path).map_err(|source| OpenError::Io { path: path.to_owned(), source })?;
    let mut conn = connect(path).await.map_err(|source| failed(path, source))?;
    let read = read(&mut conn).await.map_err(|source| failed(path, source));
    let (schema, fingerprint, bypass_until) = read?;
    let check = sqlx::query_scalar::<_, String>("PRAGMA quick_check(1)");
    let damage = match tokio::time::timeout(patience, check.fetch_one(&mut conn)).await {
        Err(_) => Err(Late),
        Ok(Ok(word)) => Ok(Some(word).filter(|word| word != "ok")),
        Ok(Err(error)) => Ok(Some(fault(error).to_string())),
    };
    if damage.is_ok() {
        // It was only read: nothing is lost when this fails.
        let _ = conn.close().await;
    }
    let known = i64::try_from(open::MIGRATIONS.len()).unwrap_or(i64::MAX);
    Ok(Look { schema, known, wal, fingerprint, bypass_until, damage })
}

/// From the file's own header: who reads it as if it could not change is told another mode. Bytes 18 and 19 are
/// the versions for writing and reading, 2 with a write-ahead log (SQLite file format, 1.3.3).
fn is_wal(path: &Path) -> std::io::Result<bool> {
    use std::io::Read as _;
    let mut header = Vec::new();
    std::fs::File::open(path)?.take(20).read_to_end(&mut header)?;
    Ok(header.get(18..20) == Some(&[2, 2]))
}

async fn connect(path: &Path) -> Result<SqliteConnection, sqlx::Error> {
    let mut log: PathBuf = path.to_owned();
    log.as_mut_os_string().push("-wal");
    SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .immutable(!log.exists())
        .busy_timeout(super::BUSY_TIMEOUT)
        .pragma("trusted_schema", "OFF")
        .disable_statement_logging()
        .connect()
        .await
}

type Read = (i64, Option<String>, Option<Timestamp>);

async fn read(conn: &mut SqliteConnection) -> Result<Read, sqlx::Error> {
    let schema = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *conn).await?;
    let fingerprint = match schema {
        0 => None,
        _ => {
            sqlx::query_scalar("SELECT value FROM meta WHERE key = ?1")
                .bind(FINGERPRINT)
                .fetch_optional(&mut *conn)
                .await?
        }
    };
    // An older schema has no such table.
    let knows = sqlx::query_scalar::<_, i64>("SELECT 1 FROM sqlite_schema WHERE name = 'bypass'");
    let until: Option<i64> = match knows.fetch_optional(&mut *conn).await? {
        None => None,
        Some(_) => {
            sqlx::query_scalar("SELECT until FROM bypass WHERE ended IS NULL").fetch_optional(&mut *conn).await?
        }
    };
    let until = until.and_then(|ms| Timestamp::from_millisecond(ms).ok());
    Ok((schema, fingerprint, until))
}

fn failed(path: &Path, source: sqlx::Error) -> OpenError {
    OpenError::Store { place: path.display().to_string(), source: fault(source) }
}
