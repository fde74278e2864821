//! From connect to AUTH.

use super::*;
use crate::relay::{Credentials, SetupError};
use crate::telemetry::Sensitive;
use tokio::net::{TcpListener, TcpSocket, TcpStream};

fn unavailable(end: End) -> Cause {
    match end {
        End::Start(HopError::Unavailable(cause)) => cause,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_message_goes_through() {
    let server = NextHop::honest().await;
    let hop = hop_to(&server);
    assert_matches!(transact(&hop, &[CONTENT]).await, End::Receipt(receipt) if receipt.hop() == "default");
    let record = server.record();
    assert_eq!(record.taken.len(), 1);
    assert_eq!(record.taken[0].content, CONTENT);
    assert_eq!(record.lines[0], (0, "EHLO sluss.kommun.example".to_owned()));
    assert_eq!(record.verbs(0), ["EHLO", "MAIL", "RCPT", "DATA"]);
    assert_eq!(hop.extensions().and_then(|offered| offered.size), Some(52_428_800));
}

#[tokio::test]
async fn nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    drop(listener);
    let hop = hop_with(settings(address), patient());
    let cause = unavailable(transact(&hop, &[CONTENT]).await);
    assert_eq!(cause, Cause::Connect(std::io::ErrorKind::ConnectionRefused));
}

/// A machine that drops our packets: here a listener whose queue is full and who never accepts.
#[tokio::test]
async fn a_black_hole_costs_one_connect_deadline() {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a free port");
    let listener = socket.listen(0).expect("listening");
    let address = listener.local_addr().expect("bound");
    let mut queue = Vec::new();
    while let Ok(Ok(waiting)) = tokio::time::timeout(SEVERAL, TcpStream::connect(address)).await {
        queue.push(waiting);
        assert!(queue.len() < 64, "the queue never fills");
    }
    let hop = hop_with(settings(address), Deadlines { connect: SHORT, down: PATIENT, ..patient() });
    for _ in 0..3 {
        assert_eq!(unavailable(transact(&hop, &[CONTENT]).await), Cause::TimedOut(Step::Connect));
    }
    drop(listener);
}

#[tokio::test]
async fn a_hop_that_never_speaks_costs_one_deadline_at_any_step() {
    let rows = [
        (At::Greeting, Step::Greeting, Deadlines { greeting: SHORT, ..patient() }),
        (At::Ehlo, Step::Hello, Deadlines { setup_step: SHORT, ..patient() }),
        (At::Mail, Step::Mail, Deadlines { start: SEVERAL, ..patient() }),
        (At::Rcpt, Step::Recipient, Deadlines { start: SEVERAL, ..patient() }),
        // However the time is spent, the client is answered: `start` bounds them all.
        (At::Greeting, Step::Greeting, Deadlines { start: SEVERAL, ..patient() }),
    ];
    for (at, step, deadlines) in rows {
        let server = NextHop::scripted(always(at, Act::Silence)).await;
        let hop = hop_with(settings(server.address), deadlines);
        assert_eq!(unavailable(transact(&hop, &[CONTENT]).await), Cause::TimedOut(step), "{at:?}");
    }
}

#[tokio::test]
async fn a_reply_that_drips_in_gains_no_time() {
    let slow = Act::Drip(b"220 hop.example\r\n".to_vec(), SHORT / 4);
    let server = NextHop::scripted(always(At::Greeting, slow)).await;
    let hop = hop_with(settings(server.address), Deadlines { greeting: SHORT, ..patient() });
    assert_eq!(unavailable(transact(&hop, &[CONTENT]).await), Cause::TimedOut(Step::Greeting));

    let slow = Act::Drip(b"220 hop.example\r\n".to_vec(), Duration::from_millis(1));
    let server = NextHop::scripted(always(At::Greeting, slow)).await;
    assert_matches!(transact(&hop_to(&server), &[CONTENT]).await, End::Receipt(_));
}

#[tokio::test]
async fn refusals_nonsense_and_ends_before_mail() {
    let refused = |step, code| Cause::Refused { step, code };
    let unexpected = |step, code| Cause::Unexpected { step, code };
    let rows = [
        (At::Greeting, Act::say("554 5.3.2 no"), refused(Step::Greeting, 554)),
        (At::Greeting, Act::say("450 4.3.2 later"), refused(Step::Greeting, 450)),
        (At::Greeting, Act::say_and_close("421 4.3.2 busy"), Cause::Closing(Step::Greeting)),
        (At::Greeting, Act::say("250 what"), unexpected(Step::Greeting, 250)),
        (At::Greeting, Act::say("099 what"), Cause::Unreadable(Step::Greeting)),
        (At::Greeting, Act::say("hello"), Cause::Unreadable(Step::Greeting)),
        (At::Greeting, Act::Close, Cause::Lost(Step::Greeting)),
        (At::Greeting, Act::Say(b"220 one\r\n250 two\r\n".to_vec()), Cause::OutOfTurn(Step::Hello)),
        (At::Ehlo, Act::say("502 5.5.1 no"), refused(Step::Hello, 502)),
        (At::Ehlo, Act::say("451 4.3.0 later"), refused(Step::Hello, 451)),
        (At::Ehlo, Act::Say(b"250-hop\r\n251 other\r\n".to_vec()), Cause::Unreadable(Step::Hello)),
        (At::Ehlo, Act::Say(b"250-hop\r\n".repeat(1_000_000)), Cause::Unreadable(Step::Hello)),
        (At::Ehlo, Act::Say(vec![b'2'; 5_000_000]), Cause::Unreadable(Step::Hello)),
        (At::Ehlo, Act::Close, Cause::Lost(Step::Hello)),
    ];
    for (at, act, cause) in rows {
        let server = NextHop::scripted(always(at, act)).await;
        assert_eq!(unavailable(transact(&hop_to(&server), &[CONTENT]).await), cause, "{at:?}");
        assert_eq!(server.record().taken, []);
    }
}

fn with_credentials(server: &NextHop, password: &str) -> Settings {
    let password = Sensitive::new(password.to_owned());
    let credentials = Some(Credentials { username: "sluss".to_owned(), password });
    Settings { credentials, ..settings(server.address) }
}

/// Takes PLAIN in one line, and LOGIN in two, of `sluss` with password `open`.
fn guard(moment: Moment<'_>) -> Option<Act> {
    let accept = match (moment.at, moment.line) {
        (At::Auth, "AUTH LOGIN") => return Some(Act::say("334 VXNlcm5hbWU6")),
        (At::AuthAnswer, "c2x1c3M=") => return Some(Act::say("334 UGFzc3dvcmQ6")),
        (At::Auth, line) => line == "AUTH PLAIN AHNsdXNzAG9wZW4=",
        (At::AuthAnswer, line) => line == "b3Blbg==",
        _ => return None,
    };
    (!accept).then(|| Act::say("535 5.7.8 no"))
}

#[tokio::test]
async fn auth_by_plain_or_login_right_and_wrong() {
    for (mechanisms, verbs) in [
        ("AUTH LOGIN PLAIN", vec!["EHLO", "AUTH", "MAIL", "RCPT", "DATA"]),
        ("AUTH LOGIN GSSAPI", vec!["EHLO", "AUTH", "c2x1c3M=", "b3Blbg==", "MAIL", "RCPT", "DATA"]),
    ] {
        let keywords = vec![mechanisms, "PIPELINING"];
        let server = NextHop::start(Options { keywords, script: Box::new(guard), ..Options::default() }).await;

        let wrong = hop_with(with_credentials(&server, "shut"), patient());
        let cause = unavailable(transact(&wrong, &[CONTENT]).await);
        assert_eq!(cause, Cause::Refused { step: Step::Auth, code: 535 });

        let right = hop_with(with_credentials(&server, "open"), patient());
        assert_matches!(transact(&right, &[CONTENT]).await, End::Receipt(_));
        assert_eq!(server.record().verbs(1), verbs);
    }
}

#[tokio::test]
async fn credentials_that_nobody_asks_for_are_a_fault() {
    for keywords in [vec!["PIPELINING"], vec!["AUTH GSSAPI CRAM-MD5"]] {
        let server = NextHop::start(Options { keywords, ..Options::default() }).await;
        let hop = hop_with(with_credentials(&server, "open"), patient());
        assert_eq!(unavailable(transact(&hop, &[CONTENT]).await), Cause::AuthMissing);
    }
}

#[test]
fn bad_settings_are_found_without_a_network() {
    type Change = fn(&mut Settings);
    type Fits = fn(&SetupError) -> bool;
    let with = |username: &str, password: &str| {
        Some(Credentials { username: username.to_owned(), password: Sensitive::new(password.to_owned()) })
    };
    let credentials = [with("", "x"), with("x", "a\0b")];
    for credentials in credentials {
        let bad = Settings { credentials, ..settings("127.0.0.1:25") };
        assert_matches!(Hop::new(bad).map(|_| ()), Err(SetupError::Credentials));
    }
    let in_clear = Settings { credentials: with("u", "p"), ..settings("192.0.2.1:25") };
    assert_matches!(Hop::new(in_clear).map(|_| ()), Err(SetupError::CredentialsInClear));

    let rows: [(Change, Fits); 14] = [
        (|s| s.address = "mail.example".into(), |e| matches!(e, SetupError::Address)),
        (|s| s.address = "mail.example:0".into(), |e| matches!(e, SetupError::Address)),
        (|s| s.address = "mail.example:70000".into(), |e| matches!(e, SetupError::Address)),
        (|s| s.address = "2001:db8::1:25".into(), |e| matches!(e, SetupError::Address)),
        (|s| s.address = "[mail.example]:25".into(), |e| matches!(e, SetupError::Address)),
        (|s| s.address = "mail example:25".into(), |e| matches!(e, SetupError::Address)),
        (|s| s.address = ":25".into(), |e| matches!(e, SetupError::Address)),
        (|s| s.max_connections = 0, |e| matches!(e, SetupError::NoConnections)),
        (|s| s.helo = "two words".into(), |e| matches!(e, SetupError::Helo)),
        (|s| s.helo = "a\r\nMAIL".into(), |e| matches!(e, SetupError::Helo)),
        (|s| s.add_header = Some(("X: Y".into(), "z".into())), |e| matches!(e, SetupError::AddHeader)),
        (|s| s.add_header = Some(("X".into(), "a\r\nb".into())), |e| matches!(e, SetupError::AddHeader)),
        (
            |s| (s.tls, s.ca_pem) = (TlsMode::Verified, Some(b"no PEM".to_vec())),
            |e| matches!(e, SetupError::Authorities),
        ),
        (
            |s| (s.tls, s.server_name) = (TlsMode::Required, Some("no name".into())),
            |e| matches!(e, SetupError::ServerName),
        ),
    ];
    for (row, (change, fits)) in rows.into_iter().enumerate() {
        let mut bad = settings("mail.example:25");
        change(&mut bad);
        let error = Hop::new(bad).err();
        assert!(error.as_ref().is_some_and(fits), "row {row}: {error:?}");
    }
    for good in ["mail.example:25", "192.0.2.1:587", "[2001:db8::1]:25", "smart_host:2525"] {
        assert!(Hop::new(settings(good)).is_ok(), "{good}");
    }
}

#[test]
fn settings_print_no_secret() {
    let mut secret = settings("127.0.0.1:25");
    secret.credentials =
        Some(Credentials { username: "user-name".into(), password: Sensitive::new("pass-word".into()) });
    secret.add_header = Some(("X-Sluss-Checked".into(), "token-value".into()));
    let printed = format!("{secret:?}");
    for planted in ["user-name", "pass-word", "token-value"] {
        assert!(!printed.contains(planted), "{printed}");
    }
}
