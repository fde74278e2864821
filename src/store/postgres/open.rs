//! Opening: the address, the settings of every session and of the server, the schema.

use std::str::FromStr as _;

use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::lock;
use crate::store::sql::connection::Connection;
use crate::store::sql::statement::{STATEMENTS_PREPARED, sql};
use crate::store::{OpenError, StoreError};

/// Forward only; the position plus one is the schema's number. The numbers are those of SQLite's, so that an audit
/// trail or a manual can speak of one schema.
pub(super) const MIGRATIONS: [&str; 14] = [
    include_str!("../migrations/postgres/0001.sql"),
    include_str!("../migrations/postgres/0002.sql"),
    include_str!("../migrations/postgres/0003.sql"),
    include_str!("../migrations/postgres/0004.sql"),
    include_str!("../migrations/postgres/0005.sql"),
    include_str!("../migrations/postgres/0006.sql"),
    include_str!("../migrations/postgres/0007.sql"),
    include_str!("../migrations/postgres/0008.sql"),
    include_str!("../migrations/postgres/0009.sql"),
    include_str!("../migrations/postgres/0010.sql"),
    include_str!("../migrations/postgres/0011.sql"),
    include_str!("../migrations/postgres/0012.sql"),
    include_str!("../migrations/postgres/0013.sql"),
    include_str!("../migrations/postgres/0014.sql"),
];

/// Key of the schema's number in `meta`.
const SCHEMA: &str = "schema";

/// Settings of every session. A lock is waited for as long as SQLite's is. A transaction whose node has stopped in the
/// middle (a suspended machine) is ended by the server, so that its locks do not stop the others.
pub(super) const SESSION: [(&str, &str); 5] = [
    ("synchronous_commit", "on"),
    ("lock_timeout", "5s"),
    ("statement_timeout", "25s"),
    ("idle_in_transaction_session_timeout", "30s"),
    ("client_min_messages", "warning"),
];

/// What has to be on at the server for a commit to be a promise.
const NEEDED_ON: [&str; 3] = ["fsync", "full_page_writes", "synchronous_commit"];

pub(super) fn options(url: &str) -> Result<PgConnectOptions, StoreError> {
    let options = PgConnectOptions::from_str(url).map_err(super::fault)?;
    let options = options
        .application_name("sluss")
        .options(SESSION)
        .disable_statement_logging()
        .statement_cache_capacity(STATEMENTS_PREPARED);
    let local = options.get_socket().is_some() || is_local(options.get_host());
    // Over a network it is TLS with a name that has been verified, unless the address says something else.
    Ok(match options.get_ssl_mode() {
        PgSslMode::Prefer | PgSslMode::Allow if !local => options.ssl_mode(PgSslMode::VerifyFull),
        _ => options,
    })
}

/// On this machine: a socket's directory, or loopback.
fn is_local(host: &str) -> bool {
    host.starts_with('/')
        || host == "localhost"
        || host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The address without what may be a secret.
pub(super) fn place(url: &str) -> String {
    match PgConnectOptions::from_str(url) {
        Ok(options) => format!(
            "postgres://{}@{}:{}/{}",
            options.get_username(),
            options.get_socket().map_or(options.get_host().to_owned(), |path| path.display().to_string()),
            options.get_port(),
            options.get_database().unwrap_or_default()
        ),
        Err(_) => "the database's address".into(),
    }
}

/// Refuses a server that does not keep what it has committed.
pub(super) async fn refuse_unsafe(conn: &mut Connection, place: &str) -> Result<(), OpenError> {
    for setting in NEEDED_ON {
        let row = sql("SELECT current_setting($1) AS value").bind(setting).first(conn).await;
        let value = row.and_then(|row| row.map_or(Ok(String::new()), |row| row.text("value")));
        let value = value.map_err(|source| OpenError::Store { place: place.to_owned(), source })?;
        if value != "on" {
            return Err(OpenError::Unsafe { place: place.to_owned(), setting, value });
        }
    }
    Ok(())
}

/// Brings the schema up to this version's, in one transaction and one node at a time: the second finds the work done.
pub(super) async fn migrate(conn: &mut Connection, place: &str) -> Result<(), OpenError> {
    let failed = |source| OpenError::Store { place: place.to_owned(), source };
    let known = MIGRATIONS.len() as i64;
    let found = schema(conn).await.map_err(failed)?;
    let too_new = |found| OpenError::TooNew { place: place.to_owned(), found, known };
    match found {
        found if found == known => return Ok(()),
        found if found > known => return Err(too_new(found)),
        _ => {}
    }
    // Another node may just be at it with a large database.
    let begin = format!(
        "BEGIN; SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0; \
                         SELECT pg_advisory_xact_lock({})",
        lock("schema", "")
    );
    conn.batch(begin).await.map_err(failed)?;
    let found = schema(conn).await.map_err(failed)?;
    if found > known {
        return Err(too_new(found));
    }
    for (number, script) in (1..).zip(MIGRATIONS) {
        if number > found {
            conn.batch(script).await.map_err(failed)?;
        }
    }
    let set = "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    sql(set).bind(SCHEMA).bind(known.to_string()).run(conn).await.map_err(failed)?;
    conn.batch("COMMIT").await.map_err(failed)
}

/// The schema's number; 0 in a database that has none.
pub(super) async fn schema(conn: &mut Connection) -> Result<i64, StoreError> {
    // Read from the catalogue: who has just waited for another node must not be answered from a cache.
    let meta = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'meta'";
    if sql(meta).first(conn).await?.is_none() {
        return Ok(0);
    }
    let number =
        sql("SELECT CAST(value AS BIGINT) AS number FROM meta WHERE key = $1").bind(SCHEMA).first(conn).await?;
    number.map_or(Ok(0), |row| row.number("number"))
}
