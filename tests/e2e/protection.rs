//! What a channel demands of the connection that takes its mail, and a next hop that has less: the mail waits with
//! its sender or is held, and never goes with less.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::capture::{Behaviour, Capture};
use crate::mail::{clean, confidential, holding, listed, send, wait_for, words};
use crate::sluss::{Site, Sluss};

const FROM: &str = "kari@social.kommun.example";
/// Of no channel; its confidential mail takes the gateway.
const TO: &str = "ola@firma.example";
/// Of a channel with a next hop of its own.
const PARTNER: &str = "post@region.example";
const NAME: &str = "gateway.vendor.example";

/// The gateway's side of TLS, and the authority by which it is known, as PEM.
fn certified() -> (Arc<ServerConfig>, String) {
    let mut of_authority = rcgen::CertificateParams::new(Vec::new()).expect("parameters");
    of_authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = rcgen::KeyPair::generate().expect("a key");
    let authority = rcgen::CertifiedIssuer::self_signed(of_authority, key).expect("an authority");
    let key = rcgen::KeyPair::generate().expect("a key");
    let parameters = rcgen::CertificateParams::new(vec![NAME.to_owned()]).expect("parameters");
    let certificate = parameters.signed_by(&key, &authority).expect("a certificate").pem();
    let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).expect("a certificate")];
    let key = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).expect("a key");
    let builder = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().expect("versions").with_no_client_auth();
    (Arc::new(builder.with_single_cert(chain, key).expect("certificate and key agree")), authority.pem())
}

/// What stands behind the gateway's address.
enum Gateway {
    /// No STARTTLS.
    Clear,
    /// A certificate of its name by an authority that nobody here knows.
    Stranger,
    /// As it should be.
    Proven,
}

impl Gateway {
    /// The server, and the authority that the relay is told to trust.
    fn start(&self) -> (Capture, String) {
        let (tls, authority) = certified();
        let mut behaviour = Behaviour::default();
        if matches!(self, Gateway::Clear) {
            return (Capture::start(behaviour), authority);
        }
        behaviour.offers.push("STARTTLS".to_owned());
        let trusted = if matches!(self, Gateway::Proven) { authority } else { certified().1 };
        (Capture::with_tls(behaviour, Some(tls)), trusted)
    }
}

/// Sluss between an ordinary next hop and a gateway, and what either of them got.
struct Neighbourhood {
    ordinary: Capture,
    gateway: Capture,
    site: Site,
    sluss: Sluss,
}

/// `hop` is the next hop's `tls`, `channel` what the channels demand.
fn neighbourhood(gateway: &Gateway, hop: &str, channel: &str) -> Neighbourhood {
    let ordinary = Capture::start(Behaviour::default());
    let (gateway, authority) = gateway.start();
    let tables = format!(
        r#"
        [next_hop.secure]
        address = "{}"
        tls = "{hop}"
        {}
        [[channel]]
        id = "secure-message"
        next_hop = "secure"
        reroute = "automatic"
        trigger = [{{ subject = "[säkert]" }}]
        {channel}
        evidence = {{ level = "eid", decided_by = "IT", reference = "avtal", verified_until = 2999-12-31 }}
        [[channel]]
        id = "region"
        match = ["@region.example"]
        next_hop = "secure"
        {channel}
        evidence = {{ level = "eid", decided_by = "IT", reference = "avtal", verified_until = 2999-12-31 }}
        "#,
        gateway.address(),
        if hop == "verified" { format!("server_name = \"{NAME}\"\nca_file = \"ca.pem\"") } else { String::new() },
    );
    let site = holding(ordinary.address(), &tables);
    std::fs::write(site.path().join("ca.pem"), authority).expect("our file");
    // Not ready while a next hop is away; it takes mail all the same.
    let sluss = site.start_serving().unwrap_or_else(|log| panic!("{log}"));
    Neighbourhood { ordinary, gateway, site, sluss }
}

impl Neighbourhood {
    fn send(&self, to: &str, mail: &str) -> String {
        send(self.site.address(), FROM, &[to], &mail.replace("To: ola@firma.example", &format!("To: {to}")))
    }

    /// Mail that is no notice of ours, anywhere.
    fn left(&self) -> usize {
        let all = [self.ordinary.captured(), self.gateway.captured()].concat();
        all.iter().filter(|mail| !mail.mail.starts_with("<>")).count()
    }
}

fn asked(id: &str) -> String {
    clean(id).replace("Subject: Fika", "Subject: =?utf-8?q?=5Bs=C3=A4kert=5D?= Fika")
}

#[test]
fn a_gateway_that_proves_its_name_gets_the_mail_under_tls() {
    let demand = "tls = \"verified\"\non_tls_failure = \"hold\"";
    let here = neighbourhood(&Gateway::Proven, "verified", demand);
    for (to, mail) in [(TO, confidential("1")), (TO, asked("2")), (PARTNER, confidential("3")), (PARTNER, clean("4"))] {
        let said = here.send(to, &mail);
        assert!(said.starts_with("250") && !said.contains("held"), "{said}");
    }
    let taken = here.gateway.record().taken;
    assert!(taken.len() == 4 && taken.iter().all(|mail| mail.tls), "{} mails", taken.len());
    assert!(here.sluss.stop().success());
}

#[test]
fn with_less_the_sender_comes_again() {
    for (gateway, hop, demand) in [
        (Gateway::Clear, "verified", "tls = \"verified\""),
        (Gateway::Stranger, "verified", "tls = \"verified\""),
        (Gateway::Clear, "opportunistic", "tls = \"required\""),
        (Gateway::Clear, "required", "tls = \"required\"\non_tls_failure = \"defer\""),
    ] {
        let here = neighbourhood(&gateway, hop, demand);
        for (to, mail) in
            [(TO, confidential("1")), (TO, asked("2")), (PARTNER, confidential("3")), (PARTNER, clean("4"))]
        {
            let said = here.send(to, &mail);
            assert!(said.starts_with("451 4.4.1 "), "{hop}, {demand}: {said}");
        }
        assert_eq!(here.left(), 0, "{hop}, {demand}");
        assert_eq!(listed(&here.site, "held").len(), 0);
        // What needs no such connection goes.
        assert!(here.send(TO, &clean("5")).starts_with("250 2.0.0 "));
        assert!(here.sluss.stop().success());
    }
}

#[test]
fn or_the_mail_is_held_and_its_sender_is_told_why() {
    for (gateway, hop, demand) in [
        (Gateway::Clear, "verified", "verified"),
        (Gateway::Stranger, "verified", "verified"),
        (Gateway::Clear, "opportunistic", "required"),
        (Gateway::Clear, "required", "required"),
    ] {
        let here = neighbourhood(&gateway, hop, &format!("tls = \"{demand}\"\non_tls_failure = \"hold\""));
        let mails = [(TO, confidential("1")), (TO, asked("2")), (PARTNER, confidential("3")), (PARTNER, clean("4"))];
        let mut references = Vec::new();
        for (number, (to, mail)) in mails.iter().enumerate() {
            let said = here.send(to, mail);
            let reference = said.trim_end().strip_prefix("250 2.0.0 held, ref ");
            references.push(reference.unwrap_or_else(|| panic!("{hop}, {number}: {said}")).to_owned());
            let line = here.sluss.last_mail();
            let reasons = line["reasons"].as_str().unwrap_or_default();
            assert!(line["outcome"] == "held" && reasons.ends_with("connection-below-demand"), "{line}");
            let notice = words(&wait_for(&here.ordinary, number + 1)[number]);
            assert!(notice.contains("Ditt mejl har inte skickats"), "{notice}");
            assert!(notice.contains("inte tillräckligt skyddad"), "it tells another reason: {notice}");
        }
        assert_eq!((here.left(), listed(&here.site, "held").len()), (0, 4), "{hop}");

        // To the partner a release does not go with less either; it waits for a better connection.
        let output = here.site.run(&["quarantine", "release", &references[2], &references[3], "--reason", "allowed"]);
        assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stdout));
        assert_eq!((here.left(), listed(&here.site, "releasing").len()), (0, 2), "{hop}");
        assert!(here.sluss.stop().success());
    }
}
