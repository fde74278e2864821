//! The four TLS modes against real handshakes.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

use super::*;
use crate::relay::{ClientIdentity, Credentials};
use crate::telemetry::Sensitive;

struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Authority {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Authority(CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority"))
    }

    fn pem(&self) -> Vec<u8> {
        self.0.pem().into_bytes()
    }

    /// Certificate and key, PEM.
    fn issue(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        (params.signed_by(&key, &self.0).expect("a certificate").pem(), key.serialize_pem())
    }

    /// A server with a certificate of ours for `name`; with `clients` it demands one of theirs.
    fn server(&self, name: &str, clients: Option<&Authority>) -> Arc<ServerConfig> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder =
            ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions().expect("TLS");
        let builder = match clients {
            None => builder.with_no_client_auth(),
            Some(authority) => {
                let mut roots = RootCertStore::empty();
                roots.add(authority.0.der().clone()).expect("an authority");
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                builder.with_client_cert_verifier(verifier.build().expect("a verifier"))
            }
        };
        let (certificate, key) = self.issue(name);
        let chain = rustls::pki_types::CertificateDer::pem_slice_iter(certificate.as_bytes());
        let chain = chain.collect::<Result<_, _>>().expect("PEM");
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("PEM");
        Arc::new(builder.with_single_cert(chain, key).expect("a server"))
    }
}

async fn tls_server(config: Arc<ServerConfig>) -> NextHop {
    NextHop::start(Options { tls: Some(config), ..Options::default() }).await
}

fn with_tls(server: &NextHop, tls: TlsMode) -> Settings {
    Settings { tls, ..settings(server.address) }
}

fn verified(server: &NextHop, name: &str, authority: &Authority) -> Settings {
    let (server_name, ca_pem) = (Some(name.to_owned()), Some(authority.pem()));
    Settings { server_name, ca_pem, ..with_tls(server, TlsMode::Verified) }
}

fn unavailable(end: End) -> Cause {
    match end {
        End::Start(HopError::Unavailable(cause)) => cause,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_modes_where_tls_is_offered() {
    let authority = Authority::new();
    let server = tls_server(authority.server("hop.example", None)).await;
    let settings = [
        (with_tls(&server, TlsMode::None), false),
        (with_tls(&server, TlsMode::Opportunistic), true),
        (with_tls(&server, TlsMode::Required), true),
        (verified(&server, "hop.example", &authority), true),
    ];
    for (row, (settings, encrypted)) in settings.into_iter().enumerate() {
        let hop = hop_with(settings, patient());
        // Twice: the second goes over the pooled connection.
        for _ in 0..2 {
            assert_matches!(transact(&hop, &[CONTENT]).await, End::Receipt(_));
        }
        let record = server.record();
        assert_eq!(record.connections, row + 1);
        let taken = record.taken.last().expect("taken");
        assert_eq!((taken.tls, taken.content.as_slice()), (encrypted, CONTENT), "row {row}");
        assert!(!hop.extensions().expect("seen").starttls || !encrypted, "what counts was said under TLS");
    }
}

#[tokio::test]
async fn large_content_under_tls() {
    let authority = Authority::new();
    let server = tls_server(authority.server("hop.example", None)).await;
    let large = b".0123456789 0123456789 0123456789\r\n".repeat(100_000);
    let hop = hop_with(verified(&server, "hop.example", &authority), patient());
    assert_matches!(transact(&hop, &[CONTENT, &large]).await, End::Receipt(_));
    assert!(server.record().taken[0].content == [CONTENT, &large].concat());
}

#[tokio::test]
async fn the_modes_where_tls_is_not_offered() {
    let server = NextHop::honest().await;
    for tls in [TlsMode::None, TlsMode::Opportunistic] {
        let hop = hop_with(with_tls(&server, tls), patient());
        assert_matches!(transact(&hop, &[CONTENT]).await, End::Receipt(_), "{tls:?}");
    }
    for tls in [TlsMode::Required, TlsMode::Verified] {
        let ca_pem = Some(Authority::new().pem());
        let hop = hop_with(Settings { ca_pem, ..with_tls(&server, tls) }, patient());
        assert_eq!(unavailable(transact(&hop, &[CONTENT]).await), Cause::StartTlsMissing, "{tls:?}");
    }
    assert_eq!(server.record().taken.len(), 2);
}

/// Offered and then refused, broken or injected into: no mode falls back to plaintext.
#[tokio::test]
async fn never_weaker_after_an_offer() {
    let authority = Authority::new();
    let injected = b"220 go\r\n250-hop.example\r\n250 AUTH PLAIN\r\n".to_vec();
    for tls in [TlsMode::Opportunistic, TlsMode::Required] {
        let rows = [
            (Act::say("454 4.7.0 not now"), Cause::Refused { step: Step::StartTls, code: 454 }),
            (Act::say("250 what"), Cause::Unexpected { step: Step::StartTls, code: 250 }),
            (Act::Say(injected.clone()), Cause::PlaintextBehindStartTls),
            (Act::SayAndClose(b"220 go\r\n".to_vec()), Cause::Lost(Step::Handshake)),
        ];
        for (act, cause) in rows {
            let config = authority.server("hop.example", None);
            let script = Box::new(always(At::StartTls, act));
            let server = NextHop::start(Options { tls: Some(config), script, ..Options::default() }).await;
            let hop = hop_with(with_tls(&server, tls), patient());
            assert_eq!(unavailable(transact(&hop, &[CONTENT]).await), cause, "{tls:?}");
            assert!(!server.record().verbs(0).contains(&"MAIL".to_owned()), "{tls:?} {cause}");
        }
    }
}

#[tokio::test]
async fn a_handshake_that_never_ends_costs_one_deadline() {
    let server = NextHop::start(Options { keywords: vec!["STARTTLS"], ..Options::default() }).await;
    let hop = hop_with(with_tls(&server, TlsMode::Required), Deadlines { start: SEVERAL, ..patient() });
    assert_eq!(unavailable(transact(&hop, &[CONTENT]).await), Cause::TimedOut(Step::Handshake));
}

#[tokio::test]
async fn verified_means_chain_and_name() {
    let authority = Authority::new();
    let server = tls_server(authority.server("hop.example", None)).await;

    let wrong_name = hop_with(verified(&server, "other.example", &authority), patient());
    assert_matches!(
        unavailable(transact(&wrong_name, &[CONTENT]).await),
        Cause::Tls(rustls::Error::InvalidCertificate(_))
    );

    // Without server_name the host of the address counts, here an address the certificate lacks.
    let by_address = Settings { server_name: None, ..verified(&server, "", &authority) };
    assert_matches!(
        unavailable(transact(&hop_with(by_address, patient()), &[CONTENT]).await),
        Cause::Tls(rustls::Error::InvalidCertificate(_))
    );

    let wrong_authority = hop_with(verified(&server, "hop.example", &Authority::new()), patient());
    assert_matches!(
        unavailable(transact(&wrong_authority, &[CONTENT]).await),
        Cause::Tls(rustls::Error::InvalidCertificate(_))
    );

    assert_eq!(server.record().lines.iter().filter(|(_, line)| line.starts_with("MAIL")).count(), 0);

    let ours = tls_server(authority.server("127.0.0.1", None)).await;
    let by_address = Settings { server_name: None, ..verified(&ours, "", &authority) };
    assert_matches!(transact(&hop_with(by_address, patient()), &[CONTENT]).await, End::Receipt(_));
}

#[tokio::test]
async fn a_client_certificate_where_one_is_demanded() {
    let (authority, clients) = (Authority::new(), Authority::new());
    let server = tls_server(authority.server("hop.example", Some(&clients))).await;

    let without = hop_with(verified(&server, "hop.example", &authority), patient());
    assert_matches!(
        unavailable(transact(&without, &[CONTENT]).await),
        Cause::Tls(rustls::Error::AlertReceived(rustls::AlertDescription::CertificateRequired))
    );

    let (certificate, key) = clients.issue("sluss.kommun.example");
    let identity =
        ClientIdentity { certificate_pem: certificate.into_bytes(), key_pem: Sensitive::new(key.into_bytes()) };
    let mut settings = verified(&server, "hop.example", &authority);
    settings.client_identity = Some(identity);
    assert_matches!(transact(&hop_with(settings, patient()), &[CONTENT]).await, End::Receipt(_));
    assert_eq!(server.record().client_certificates, 1);
}

#[tokio::test]
async fn credentials_go_under_tls() {
    let config = Authority::new().server("hop.example", None);
    let keywords = vec!["PIPELINING", "AUTH PLAIN"];
    let server = NextHop::start(Options { keywords, tls: Some(config), ..Options::default() }).await;
    let mut settings = with_tls(&server, TlsMode::Required);
    settings.credentials = Some(Credentials { username: "sluss".into(), password: Sensitive::new("open".into()) });
    assert_matches!(transact(&hop_with(settings, patient()), &[CONTENT]).await, End::Receipt(_));
    assert_eq!(server.record().verbs(0), ["EHLO", "STARTTLS", "EHLO", "AUTH", "MAIL", "RCPT", "DATA"]);
}
