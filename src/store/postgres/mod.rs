//! The shared database: one PostgreSQL for several nodes.
//!
//! Each session sets `synchronous_commit = on`, and a server that runs with `fsync` or `full_page_writes` off is
//! refused: a commit then promises nothing. A server that is gone answers nothing for at most [`PATIENCE`]; the next
//! step connects anew.

use std::future::Future;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnectOptions;

use super::sql::connection::{Connection, Link};
use super::{OpenError, StoreError};

mod fault;
pub mod look;
mod open;
#[cfg(test)]
mod tests;

use fault::fault;

/// How long connecting may take.
const CONNECT_PATIENCE: Duration = Duration::from_secs(5);
/// How long one statement may take. The server gives up after [`open::SESSION`] already; this is for a server that
/// does not answer at all.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where the store is and who writes to it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `postgres://user@host:port/database?…`, without password: that comes from PGPASSFILE.
    pub url: String,
    /// Name of this writer's audit chain: the host's, not the process's.
    pub writer: String,
}

/// The server of an open store.
pub(super) struct Server {
    options: PgConnectOptions,
}

/// Connects, checks the server's settings, and brings the schema up to date. Gives the first connection too.
pub(super) async fn open(settings: Settings) -> Result<(Server, Connection), OpenError> {
    let place = open::place(&settings.url);
    let failed = |source| OpenError::Store { place: place.clone(), source };
    let server = Server { options: open::options(&settings.url).map_err(failed)? };
    let mut first = server.connect().await.map_err(failed)?;
    open::refuse_unsafe(&mut first, &place).await?;
    open::migrate(&mut first, &place).await?;
    Ok((server, first))
}

impl Server {
    pub(super) async fn connect(&self) -> Result<Connection, StoreError> {
        let connected = tokio::time::timeout(CONNECT_PATIENCE, self.options.connect()).await;
        let link = connected.map_err(|_| StoreError::Unavailable("the server does not answer".into()))?;
        Ok(Connection::new(Link::Postgres(link.map_err(fault)?)))
    }
}

/// Waits for an answer of the server, not for ever.
pub(super) async fn in_time<T>(answer: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, StoreError> {
    match tokio::time::timeout(PATIENCE, answer).await {
        Ok(answer) => answer.map_err(fault),
        Err(_) => Err(StoreError::Unavailable("the server does not answer".into())),
    }
}

/// The number of an advisory lock. Two names with the same number wait for each other, which does no harm.
pub(super) fn lock(kind: &str, name: &str) -> i64 {
    let hash = digest(&SHA256, format!("sluss {kind} {name}").as_bytes());
    hash.as_ref().iter().take(8).fold(0, |number, byte| number << 8 | i64::from(*byte))
}
