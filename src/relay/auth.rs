//! AUTH towards the next hop: PLAIN (RFC 4616) or, where only that is offered, LOGIN.
//!
//! Credentials are configured, so they are needed: a hop that offers neither is not used. They are
//! never sent where somebody on the network could read them, and their encoded forms are wiped.

use data_encoding::BASE64;
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::client::Connection;
use super::error::{Cause, Step};
use super::mapping::expect;
use super::settings::Credentials;

const AUTHENTICATED: u16 = 235;
const GO_ON: u16 = 334;

pub(super) async fn log_in(connection: &mut Connection, credentials: &Credentials, by: Instant) -> Result<(), Cause> {
    if !connection.is_confidential() {
        return Err(Cause::AuthInClear);
    }
    let offered = |mechanism: &str| connection.extensions().auth.iter().any(|name| name == mechanism);
    let (username, password) = (credentials.username.as_str(), credentials.password.expose().as_str());
    if offered("PLAIN") {
        let identity = Zeroizing::new(format!("\0{username}\0{password}"));
        say(connection, "AUTH PLAIN ", &identity, AUTHENTICATED, by).await
    } else if offered("LOGIN") {
        expect(GO_ON, Step::Auth, connection.command(b"AUTH LOGIN\r\n", Step::Auth, by).await?)?;
        say(connection, "", username, GO_ON, by).await?;
        say(connection, "", password, AUTHENTICATED, by).await
    } else {
        Err(Cause::AuthMissing)
    }
}

/// One line with a secret in base64, and the one code that is a success.
async fn say(connection: &mut Connection, verb: &str, secret: &str, code: u16, by: Instant) -> Result<(), Cause> {
    let encoded = Zeroizing::new(BASE64.encode(secret.as_bytes()));
    let line = Zeroizing::new(format!("{verb}{}\r\n", *encoded));
    let reply = connection.command(line.as_bytes(), Step::Auth, by).await?;
    expect(code, Step::Auth, reply).map(|_| ())
}
