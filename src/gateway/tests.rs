//! The connection alone, over loopback sockets: deadlines, early talkers, shutdown.
//! Whole conversations are in `tests/dialogs/`.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::connection::{Connection, Deadlines, Ended, Input, TlsFailure};
use super::tls::ServerTls;
use super::{SetupError, TlsSettings};
use crate::smtp::Reply;
use crate::telemetry::Sensitive;

/// Every step ends soon; where it does not, the test hangs.
const SHORT: Deadlines = Deadlines {
    command: Duration::from_millis(200),
    write: Duration::from_millis(200),
    handshake: Duration::from_millis(200),
    ..Deadlines::STANDARD
};

/// A connection and the client at its other end. The sender keeps the shutdown from happening.
async fn pair() -> (Connection, TcpStream, watch::Sender<bool>) {
    pair_with(Deadlines::STANDARD).await
}

async fn pair_with(deadlines: Deadlines) -> (Connection, TcpStream, watch::Sender<bool>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (stream, peer) = listener.accept().await.unwrap();
    let (stop, shutdown) = watch::channel(false);
    (Connection::new(stream, peer.ip(), shutdown, deadlines), client, stop)
}

/// Waits, in real time, until the kernel has brought what the client sent.
fn arrived(connection: &Connection) -> bool {
    (0..1_000).any(|_| {
        std::thread::sleep(Duration::from_millis(1));
        connection.has_unread()
    })
}

#[tokio::test]
async fn w9_an_early_talker_is_seen_without_reading() {
    let (mut connection, mut client, _stop) = pair().await;
    assert!(!connection.has_unread());
    client.write_all(b"EHLO early.example\r\nNOOP\r\n").await.unwrap();
    assert!(arrived(&connection));
    // and nothing was taken away by looking
    assert!(matches!(connection.command(None).await, Ok(Input::Line(line)) if line == b"EHLO early.example"));
    assert!(connection.has_unread(), "the second line is in the buffer");
    assert!(matches!(connection.command(None).await, Ok(Input::Line(line)) if line == b"NOOP"));
    assert!(!connection.has_unread());
}

#[tokio::test]
async fn a_client_that_closed_is_no_early_talker() {
    let (connection, client, _stop) = pair().await;
    drop(client);
    std::thread::sleep(Duration::from_millis(20));
    assert!(!connection.has_unread());
}

#[tokio::test]
async fn w16_a_command_that_drips_has_one_deadline_as_a_whole() {
    let (mut connection, mut client, _stop) = pair_with(SHORT).await;
    let dripping = tokio::spawn(async move {
        while client.write_all(b"N").await.is_ok() {
            tokio::time::sleep(SHORT.command / 10).await;
        }
    });
    assert!(matches!(connection.command(None).await, Err(Ended::Slow)));
    dripping.abort();
}

#[tokio::test]
async fn being_woken_gains_a_client_no_time() {
    let (mut connection, _client, _stop) = pair_with(SHORT).await;
    let mut woken = 0;
    loop {
        let wake = tokio::time::Instant::now() + SHORT.command / 8;
        match connection.command(Some(wake)).await {
            Ok(Input::Quiet) => woken += 1,
            ended => break assert!(matches!(ended, Err(Ended::Slow)), "{ended:?}"),
        }
    }
    assert!(woken > 0);
}

#[tokio::test]
async fn w16_a_client_that_never_reads_is_dropped() {
    let (mut connection, _client, _stop) = pair_with(SHORT).await;
    let reply = Reply::new(250, None, "x".repeat(500));
    let ended = loop {
        if let Err(ended) = connection.reply(&reply).await {
            break ended;
        }
    };
    assert!(matches!(ended, Ended::Gone), "and no farewell is waited for");
}

#[tokio::test]
async fn w16_a_handshake_that_never_comes_is_not_waited_for() {
    let (connection, mut client, _stop) = pair_with(SHORT).await;
    let (certificate, key) = certificate();
    let tls = ServerTls::new(&TlsSettings { certificate, key, client_ca: None }).unwrap();
    // the first bytes of a TLS record, and no more
    client.write_all(b"\x16\x03\x01").await.unwrap();
    assert!(matches!(connection.start_tls(tls.acceptor()).await, Err(TlsFailure::Slow)));
}

#[tokio::test]
async fn a_shutdown_ends_the_waiting_and_replies_are_written_before_it() {
    let (mut connection, mut client, stop) = pair().await;
    connection.reply(&Reply::new(250, None, "one")).await.unwrap();
    connection.reply(&Reply::new(250, None, "two")).await.unwrap();
    let waiting = tokio::spawn(async move {
        let ended = connection.command(None).await;
        (ended, connection)
    });
    let mut gathered = [0; 64];
    let octets = client.read(&mut gathered).await.unwrap();
    assert_eq!(&gathered[..octets], b"250 one\r\n250 two\r\n", "in one write");
    stop.send(true).unwrap();
    let (ended, connection) = waiting.await.unwrap();
    assert!(matches!(ended, Err(Ended::Shutdown)));
    connection.close(false).await;
}

#[tokio::test]
async fn a_last_reply_is_read_although_the_client_was_still_sending() {
    let (mut connection, mut client, _stop) = pair().await;
    client.write_all(&b"still sending\r\n".repeat(1_000)).await.unwrap();
    assert!(arrived(&connection));
    connection.reply(&Reply::new(521, None, "no")).await.unwrap();
    let closing = tokio::spawn(connection.close(true));
    let mut heard = String::new();
    client.read_to_string(&mut heard).await.unwrap();
    assert_eq!(heard, "521 no\r\n");
    drop(client);
    closing.await.unwrap();
}

fn certificate() -> (Vec<u8>, Sensitive<Vec<u8>>) {
    let made = rcgen::generate_simple_self_signed(["sluss.kommun.example".to_owned()]).unwrap();
    (made.cert.pem().into_bytes(), Sensitive::new(made.signing_key.serialize_pem().into_bytes()))
}

#[test]
fn faults_of_the_certificate_files_are_named() {
    let (certificate, key) = certificate();
    let (other, other_key) = self::certificate();
    let nothing = Vec::new();
    let settings = |certificate: &Vec<u8>, key: &Sensitive<Vec<u8>>, client_ca: Option<&Vec<u8>>| TlsSettings {
        certificate: certificate.clone(),
        key: key.clone(),
        client_ca: client_ca.cloned(),
    };
    let fault = |settings: TlsSettings| ServerTls::new(&settings).err();
    assert!(fault(settings(&certificate, &key, None)).is_none());
    assert!(fault(settings(&certificate, &key, Some(&other))).is_none());
    assert!(matches!(fault(settings(&nothing, &key, None)), Some(SetupError::Certificate(_))));
    assert!(matches!(fault(settings(key.expose(), &key, None)), Some(SetupError::Certificate(_))));
    assert!(matches!(fault(settings(&certificate, &Sensitive::new(nothing.clone()), None)), Some(SetupError::Key(_))));
    assert!(matches!(fault(settings(&certificate, &other_key, None)), Some(SetupError::Key(_))));
    assert!(matches!(fault(settings(&certificate, &key, Some(&nothing))), Some(SetupError::ClientCa(_))));
}
