//! Two real Postfix: the ordinary next hop, and one that plays the secure-mail gateway behind verified TLS.

use std::path::Path;

use crate::capture::Capture;
use crate::postfix::Postfix;
use crate::sluss::{Site, Sluss, free_port};
use crate::{CLEAN, CONFIDENTIAL, NUMBER, body, send, server, text, wait_for};

const GATEWAY: &str = "gateway.kommun.example";

/// An authority, and a certificate of the gateway's name by it, as files in `folder`.
struct Certificates {
    authority: String,
    files: tempfile::TempDir,
}

impl Certificates {
    fn make() -> Certificates {
        let mut of_authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
        of_authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = rcgen::KeyPair::generate().unwrap();
        let authority = of_authority.self_signed(&key).unwrap();
        let issuer = rcgen::Issuer::from_params(&of_authority, &key);
        let own = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(vec![GATEWAY.to_owned()]).unwrap();
        let certificate = params.signed_by(&own, &issuer).unwrap();
        let files = tempfile::tempdir().unwrap();
        std::fs::write(files.path().join("tls.crt"), certificate.pem()).unwrap();
        std::fs::write(files.path().join("tls.key"), own.serialize_pem()).unwrap();
        Certificates { authority: authority.pem(), files }
    }

    /// The lines of `main.cf` that offer STARTTLS with them.
    fn main(&self) -> String {
        let file = |name: &str| self.files.path().join(name).display().to_string();
        format!(
            "smtpd_tls_security_level = may\nsmtpd_tls_cert_file = {}\nsmtpd_tls_key_file = {}\n",
            file("tls.crt"),
            file("tls.key")
        )
    }
}

/// Ordinary and gateway, each with the server its mail ends at.
struct Neighbours {
    ordinary: (Postfix, Capture),
    gateway: (Postfix, Capture),
}

fn neighbours(certificates: &Certificates) -> Neighbours {
    let start = |main: &str| {
        let end = server();
        let relayhost = format!("[127.0.0.1]:{}", end.address().port());
        (Postfix::start_with("behind", free_port(), &[("RELAYHOST", relayhost)], main), end)
    };
    Neighbours { ordinary: start(""), gateway: start(&certificates.main()) }
}

fn site(neighbours: &Neighbours, authority: &str, channel: &str) -> Site {
    let site = Site::new("allow_networks = [\"127.0.0.0/8\"]", "");
    let recipient = site.make_key("sluss.key");
    std::fs::write(site.path().join("ca.pem"), authority).unwrap();
    private(&site.path().join("secure.txt"), "yes\n");
    let (ordinary, gateway) = (neighbours.ordinary.0.address(), neighbours.gateway.0.address());
    let tables = format!(
        r#"
        [next_hop.default]
        address = "{ordinary}"
        tls = "none"
        [next_hop.secure]
        address = "{gateway}"
        tls = "verified"
        server_name = "{GATEWAY}"
        ca_file = "ca.pem"
        recipient_suffix = ".secure.kommun.example"
        add_header = {{ name = "X-Secure", value_file = "secure.txt" }}
        [store]
        url = "sqlite:sluss.db"
        [secret]
        file = "sluss.secret"
        [seal]
        recipients = ["{recipient}"]
        [quarantine]
        keep_decision = "test"
        [notice]
        from = "sluss@kommun.example"
        local_domains = ["kommun.example"]
        [policy]
        mode = "enforce"
        [[unit]]
        id = "social"
        senders = ["@kommun.example"]
        profile = "se.social"
        language = "sv"
        [[channel]]
        id = "gateway"
        next_hop = "secure"
        tls = "verified"
        trigger = [{{ subject = "[säkert]" }}]
        evidence = {{ level = "eid", decided_by = "IT-chef", reference = "avtal", verified_until = 2999-12-31 }}
        {channel}
        "#
    );
    site.write("allow_networks = [\"127.0.0.0/8\"]", &tables);
    site
}

fn private(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o600)).unwrap();
}

fn log_of(neighbours: &Neighbours, relay: &Sluss) -> String {
    format!("{}\n{}\n{}", neighbours.ordinary.0.log(), neighbours.gateway.0.log(), relay.log())
}

/// Confidential mail to a mailbox without two factors goes by the gateway, whole and with what the gateway asks
/// for; its sender is told. Other mail goes the ordinary way, but for what the sender asks to be sent securely.
#[test]
fn confidential_mail_takes_the_gateway() {
    let certificates = Certificates::make();
    let neighbours = neighbours(&certificates);
    let site = site(&neighbours, &certificates.authority, "reroute = \"automatic\"");
    let relay = site.start();
    let log = || log_of(&neighbours, &relay);
    let (ordinary, gateway) = (&neighbours.ordinary.1, &neighbours.gateway.1);

    let (taken, dialog) = send(site.address(), CONFIDENTIAL);
    assert!(taken, "{dialog}\n{}", log());
    let secure = wait_for(gateway, 1, &log).remove(0);
    assert_eq!(secure.recipients, ["<ola@post.example.secure.kommun.example>"]);
    assert_eq!(body(&text(&secure)), body(CONFIDENTIAL));
    assert!(text(&secure).contains("X-Secure: yes\r\n"), "{}", text(&secure));
    let notice = wait_for(ordinary, 1, &log).remove(0);
    assert_eq!(notice.recipients, ["<kari@kommun.example>"]);
    let told = text(&notice).replace("=\r\n", "");
    assert!(told.contains("s=C3=A4kert meddelande"), "{told}");
    assert!(!told.contains(NUMBER) && !told.contains("Underlag"), "{told}");

    let (taken, dialog) = send(site.address(), CLEAN);
    assert!(taken, "{dialog}\n{}", log());
    assert_eq!(body(&text(&wait_for(ordinary, 2, &log)[1])), body(CLEAN));

    let asked = CLEAN.replace("Subject: Fika", "Subject: =?utf-8?q?=5Bs=C3=A4kert=5D_Fika?=");
    let (taken, dialog) = send(site.address(), &asked);
    assert!(taken, "{dialog}\n{}", log());
    assert_eq!(body(&text(&wait_for(gateway, 2, &log)[1])), body(CLEAN));
    // Who asks for it need not be told.
    let (taken, _) = send(site.address(), CLEAN);
    assert!(taken);
    assert!(wait_for(ordinary, 3, &log).iter().skip(1).all(|mail| !mail.mail.starts_with("<>")));
}

/// On request only: without the word the mail is held, and the notice names the word.
#[test]
fn the_notice_offers_the_gateway() {
    let certificates = Certificates::make();
    let neighbours = neighbours(&certificates);
    let site = site(&neighbours, &certificates.authority, "reroute = \"on-request\"");
    let relay = site.start();
    let log = || log_of(&neighbours, &relay);

    let (taken, dialog) = send(site.address(), CONFIDENTIAL);
    assert!(taken && dialog.contains("held, ref "), "{dialog}\n{}", log());
    let notice = wait_for(&neighbours.ordinary.1, 1, &log).remove(0);
    let told = text(&notice).replace("=\r\n", "");
    assert!(told.contains("[s=C3=A4kert]") || told.contains("[säkert]"), "{told}");

    let asked = CONFIDENTIAL.replace("Subject: ", "Subject: =?utf-8?q?=5Bs=C3=A4kert=5D?= ").replace("<conf", "<asked");
    let (taken, dialog) = send(site.address(), &asked);
    assert!(taken && !dialog.contains("held"), "{dialog}\n{}", log());
    assert_eq!(body(&text(&wait_for(&neighbours.gateway.1, 1, &log)[0])), body(CONFIDENTIAL));
}

/// A gateway whose certificate does not prove its name gets nothing, and nothing goes the ordinary way instead.
#[test]
fn a_gateway_without_the_right_certificate_gets_nothing() {
    let certificates = Certificates::make();
    let neighbours = neighbours(&certificates);
    let other = Certificates::make();
    let site = site(&neighbours, &other.authority, "reroute = \"automatic\"");
    // Not ready while a hop is away; it takes mail all the same.
    let relay = site.start_serving().unwrap();
    let log = || log_of(&neighbours, &relay);

    let (taken, dialog) = send(site.address(), CONFIDENTIAL);
    assert!(!taken && dialog.contains("451"), "{dialog}\n{}", log());
    let (taken, dialog) = send(site.address(), CLEAN);
    assert!(taken, "{dialog}\n{}", log());
    let arrived = wait_for(&neighbours.ordinary.1, 1, &log);
    assert!(arrived.iter().all(|mail| !text(mail).contains(NUMBER)), "clean mail only");
    assert!(neighbours.gateway.1.captured().is_empty());
}
