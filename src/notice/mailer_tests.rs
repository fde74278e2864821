use std::sync::Arc;

use rcgen::{CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::*;
use crate::notice::sink::Sink;
use crate::relay::Credentials as HopCredentials;
use crate::telemetry::Sensitive;

#[test]
fn only_a_dead_mailbox_is_final() {
    for (code, reply, expected) in [
        (550, "5.1.1 no such user", Failure::Refused(550)),
        (550, "no such user", Failure::Refused(550)),
        (553, "5.1.3 bad address", Failure::Refused(553)),
        (550, "5.2.1 mailbox disabled", Failure::Refused(550)),
        (550, "5.7.1 relaying denied", Failure::Deferred(550)),
        (554, "5.7.1 relaying denied", Failure::Deferred(554)),
        (535, "5.7.8 wrong password", Failure::Deferred(535)),
        (552, "5.2.2 mailbox full", Failure::Deferred(552)),
        (450, "4.2.1 try again", Failure::Deferred(450)),
        (421, "", Failure::Deferred(421)),
    ] {
        assert_eq!(judge(code, reply), expected, "{code} {reply}");
    }
}

fn hop(port: u16, tls: TlsMode) -> Settings {
    let server_name = Some("hop.example".to_owned());
    Settings { tls, server_name, max_connections: 1, ..Settings::plain("default", format!("127.0.0.1:{port}")) }
}

/// A server certificate for `name`, and the authority that signed it as PEM.
fn certificate(name: &str) -> (Arc<rustls::ServerConfig>, Vec<u8>) {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())))
        .unwrap();
    (Arc::new(config), authority.pem().into_bytes())
}

async fn send(settings: &Settings) -> Result<(), Failure> {
    let to = "kari@kommun.example".parse().unwrap();
    Mailer::new(settings).unwrap().send(&to, b"Subject: x\r\n\r\n.\r\nx\r\n").await
}

/// What each mode does with a hop that offers no TLS, one with a stranger's certificate, and one with
/// the right one: delivered in clear, delivered under TLS, or not at all.
#[tokio::test]
async fn tls_modes_mean_what_they_mean_for_the_relay() {
    let (right, authority) = certificate("hop.example");
    let (wrong_name, other_authority) = certificate("other.example");
    let (stranger, _) = certificate("hop.example");
    let ca = [authority, other_authority].concat();
    let (clear, sealed, never) = (Some(false), Some(true), None);
    for (mode, expected) in [
        (TlsMode::None, [clear, clear, clear, clear]),
        (TlsMode::Opportunistic, [clear, sealed, sealed, sealed]),
        (TlsMode::Required, [never, sealed, sealed, sealed]),
        (TlsMode::Verified, [never, never, never, sealed]),
    ] {
        let hops = [None, Some(&stranger), Some(&wrong_name), Some(&right)];
        for (number, (tls, expected)) in hops.into_iter().zip(expected).enumerate() {
            let sink = Sink::start(tls.cloned()).await;
            let settings = Settings { ca_pem: Some(ca.clone()), ..hop(sink.port, mode) };
            let sent = send(&settings).await;
            let taken = sink.taken().first().map(|t| t.tls);
            assert_eq!((sent.is_ok(), taken), (expected.is_some(), expected), "{mode:?}, hop {number}");
        }
    }
}

#[tokio::test]
async fn a_password_never_goes_out_in_clear_for_want_of_starttls() {
    let sink = Sink::start(None).await;
    let password = Sensitive::new("correct horse".to_owned());
    let credentials = Some(HopCredentials { username: "sluss".to_owned(), password });
    let settings = Settings { credentials, ..hop(sink.port, TlsMode::Opportunistic) };
    assert_eq!(send(&settings).await, Err(Failure::Unreachable));
    assert!(sink.commands().iter().all(|c| !c.starts_with("AUTH") && !c.starts_with("MAIL")), "{:?}", sink.commands());
}

#[tokio::test]
async fn a_line_with_a_dot_does_not_end_the_mail() {
    let sink = Sink::start(None).await;
    assert_eq!(send(&hop(sink.port, TlsMode::None)).await, Ok(()));
    assert!(sink.taken()[0].mail.starts_with("Subject: x\r\n\r\n.\r\nx\r\n"), "{:?}", sink.taken()[0].mail);
}
