//! AUTH towards the next hop: PLAIN (RFC 4616) or, where only that is offered, LOGIN.
//!
//! Credentials are configured, so they are needed: a hop that offers neither is not used. They are
//! never sent where somebody on the network could read them, and their encoded forms are wiped.

use std::net::IpAddr;

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
    if !is_private(connection.is_tls(), connection.peer()) {
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

/// May a password be said here? Under TLS, or to this machine; a peer that cannot be told is a stranger.
fn is_private(tls: bool, peer: Option<IpAddr>) -> bool {
    tls || peer.is_some_and(|peer| peer.to_canonical().is_loopback())
}

/// One line with a secret in base64, and the one code that is a success.
async fn say(connection: &mut Connection, verb: &str, secret: &str, code: u16, by: Instant) -> Result<(), Cause> {
    let encoded = Zeroizing::new(BASE64.encode(secret.as_bytes()));
    let line = Zeroizing::new(format!("{verb}{}\r\n", *encoded));
    let reply = connection.command(line.as_bytes(), Step::Auth, by).await?;
    expect(code, Step::Auth, reply).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::is_private;

    #[test]
    fn passwords_go_under_tls_or_nowhere_else_than_here() {
        let rows = [
            (true, Some("192.0.2.1"), true),
            (true, None, true),
            (false, Some("127.0.0.1"), true),
            (false, Some("127.8.0.1"), true),
            (false, Some("::1"), true),
            (false, Some("::ffff:127.0.0.1"), true),
            (false, Some("192.0.2.1"), false),
            (false, Some("10.0.0.1"), false),
            (false, Some("::ffff:10.0.0.1"), false),
            (false, Some("fe80::1"), false),
            (false, None, false),
        ];
        for (tls, peer, private) in rows {
            let peer = peer.map(|peer| peer.parse().expect("an address"));
            assert_eq!(is_private(tls, peer), private, "{tls} {peer:?}");
        }
    }
}
