//! A look at a store from outside: nothing is made, brought up to date or written.

use jiff::Timestamp;

use super::{Server, open};
use crate::store::sql::connection::Connection;
use crate::store::sql::{fingerprint, statement::sql};
use crate::store::{OpenError, StoreError};

/// What a store is like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// Its address, without what may be a secret.
    pub place: String,
    /// Number of its schema, and of the newest one that this version knows.
    pub schema: i64,
    pub known: i64,
    /// Of the secret it was made with; `None` before the first start is over.
    pub fingerprint: Option<String>,
    /// Until when a bypass is on whose end has not been recorded.
    pub bypass_until: Option<Timestamp>,
}

/// Connects as the relay does, and reads.
///
/// # Errors
/// The server does not answer, refuses the login, or runs with settings under which a commit is no promise.
pub async fn look(url: &str) -> Result<Look, OpenError> {
    let place = open::place(url);
    let failed = |source| OpenError::Store { place: place.clone(), source };
    let server = Server { options: open::options(url).map_err(failed)? };
    let mut conn = server.connect().await.map_err(failed)?;
    open::refuse_unsafe(&mut conn, &place).await?;
    let look = read(&mut conn, &place).await.map_err(failed)?;
    conn.close().await;
    Ok(look)
}

async fn read(conn: &mut Connection, place: &str) -> Result<Look, StoreError> {
    let schema = open::schema(conn).await?;
    let known = open::MIGRATIONS.len() as i64;
    let fingerprint = if schema == 0 { None } else { fingerprint(conn).await? };
    // An older schema has no such table.
    let bypass_until = match schema {
        0..3 => None,
        _ => {
            let on = sql("SELECT until FROM bypass WHERE ended IS NULL").first(conn).await?;
            on.map(|row| row.time("until")).transpose()?
        }
    };
    Ok(Look { place: place.to_owned(), schema, known, fingerprint, bypass_until })
}
