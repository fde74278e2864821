//! The Postfix configurations of `deploy/postfix`, each in its place around the real program.

#[path = "support/capture.rs"]
mod capture;
#[path = "support/next_hop.rs"]
mod next_hop;
#[path = "support/planted.rs"]
mod planted;
#[path = "support/postfix.rs"]
mod postfix;
#[path = "postfix/reroute.rs"]
mod reroute;
#[path = "support/sluss.rs"]
mod sluss;

use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, Instant};

use capture::{Behaviour, Capture, Captured};
use postfix::Postfix;
use sluss::{Site, free_port};

/// Longer than any delivery takes on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(60);

const CLEAN: &str = "Date: Wed, 03 Mar 2027 13:05:00 +0100\r\n\
    From: kari@kommun.example\r\n\
    To: ola@post.example\r\n\
    Message-ID: <clean@kommun.example>\r\n\
    Subject: Fika\r\n\
    \r\n\
    Vi ses klockan tre.\r\n\
    .\r\n\
    Kari\r\n";

/// A published test number of the tax agency, so nobody's.
const CONFIDENTIAL: &str = "Date: Wed, 03 Mar 2027 13:06:00 +0100\r\n\
    From: kari@kommun.example\r\n\
    To: ola@post.example\r\n\
    Message-ID: <confidential@kommun.example>\r\n\
    Subject: Underlag\r\n\
    \r\n\
    Personnummer 19941227-2396 har beviljats ekonomiskt bistand.\r\n";

/// What must never be seen outside.
const NUMBER: &str = "19941227-2396";

fn site(next_hop: SocketAddr, on_confidential: &str) -> Site {
    let site = Site::new("allow_networks = [\"127.0.0.0/8\"]", "");
    let recipient = site.make_key("sluss.key");
    let tables = format!(
        r#"
        [next_hop.default]
        address = "{next_hop}"
        tls = "none"
        [store]
        url = "sqlite:sluss.db"
        [secret]
        file = "sluss.secret"
        [seal]
        recipients = ["{recipient}"]
        [quarantine]
        keep_days = 14
        keep_decision = "test"
        [notice]
        from = "sluss@kommun.example"
        local_domains = ["kommun.example"]
        [policy]
        mode = "enforce"
        on_confidential = "{on_confidential}"
        [[unit]]
        id = "social"
        senders = ["@kommun.example"]
        profile = "se.social"
        language = "sv"
        "#
    );
    site.write("allow_networks = [\"127.0.0.0/8\"]", &tables);
    site
}

/// Sends with swaks; true when the server took it. The dialog comes along for the failure's message.
fn send(server: SocketAddr, mail: &str) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mail.eml");
    // swaks makes the line ends, stuffs the dots and ends the last line.
    std::fs::write(&file, mail.replace("\r\n", "\n").trim_end()).unwrap();
    let output = Command::new("swaks")
        .args(["--server", &server.ip().to_string(), "--port", &server.port().to_string()])
        .args(["--helo", "client.kommun.example", "--from", "kari@kommun.example", "--to", "ola@post.example"])
        .args(["--data", &format!("@{}", file.display())])
        .output()
        .expect("swaks is installed");
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The server mail ends at, with what every such server offers.
fn server() -> Capture {
    Capture::start(Behaviour {
        offers: ["8BITMIME", "SIZE 52428800"].map(str::to_owned).into(),
        ..Behaviour::default()
    })
}

/// Waits until so many mails were captured.
fn wait_for(capture: &Capture, count: usize, log: &dyn Fn() -> String) -> Vec<Captured> {
    let end = Instant::now() + PATIENCE;
    loop {
        let captured = capture.captured();
        if captured.len() >= count {
            return captured;
        }
        assert!(Instant::now() < end, "{} of {count} mails came:\n{}", captured.len(), log());
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn text(captured: &Captured) -> String {
    String::from_utf8_lossy(&captured.text).into_owned()
}

fn body(mail: &str) -> &str {
    mail.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

/// client -> Sluss -> Postfix -> server: clean mail arrives byte for byte, confidential mail stays, and its
/// sender is told through the same Postfix.
#[test]
fn behind() {
    let server = server();
    let relayhost = format!("[127.0.0.1]:{}", server.address().port());
    let postfix = Postfix::start("behind", free_port(), &[("RELAYHOST", relayhost)]);
    let site = site(postfix.address(), "quarantine");
    let relay = site.start();
    let log = || format!("{}\n{}", postfix.log(), relay.log());

    let (taken, dialog) = send(site.address(), CLEAN);
    assert!(taken, "{dialog}\n{}", log());
    let clean = wait_for(&server, 1, &log).remove(0);
    assert_eq!(body(&text(&clean)), body(CLEAN));
    assert_eq!(clean.recipients, ["<ola@post.example>"]);

    let (taken, dialog) = send(site.address(), CONFIDENTIAL);
    assert!(taken && dialog.contains("held, ref "), "{dialog}\n{}", log());
    let notice = wait_for(&server, 2, &log).remove(1);
    assert!(notice.mail.starts_with("<>"), "{}", notice.mail);
    assert_eq!(notice.recipients, ["<kari@kommun.example>"]);
    let notice = text(&notice);
    assert!(notice.contains("Subject: Ditt mejl har inte skickats (ref "), "{notice}");
    assert!(notice.contains("Auto-Submitted: auto-replied"), "{notice}");
    assert!(!notice.contains(NUMBER) && !notice.contains("Underlag"), "{notice}");
    let counted = sluss::get(site.console, "/metrics").unwrap().1;
    assert!(counted.contains(r#"sluss_notices_total{kind="held",result="delivered"} 1"#), "{counted}");
}

/// client -> Postfix -> Sluss -> server: Postfix keeps what Sluss cannot take now, and what Sluss refuses
/// becomes a bounce without content.
#[test]
fn in_front() {
    let server = server();
    let site = site(server.address(), "reject");
    let sluss = [("SLUSS_HOST", "127.0.0.1".to_owned()), ("SLUSS_PORT", site.port.to_string())];
    let postfix = Postfix::start("in-front", free_port(), &sluss);

    let (taken, dialog) = send(postfix.address(), CLEAN);
    assert!(taken, "{dialog}\n{}", postfix.log());
    assert_eq!((postfix.queued(), server.captured().len()), (1, 0), "Sluss is away");

    let relay = site.start();
    let log = || format!("{}\n{}", postfix.log(), relay.log());
    postfix.flush();
    let clean = wait_for(&server, 1, &log).remove(0);
    assert_eq!(body(&text(&clean)), body(CLEAN));

    let (taken, dialog) = send(postfix.address(), CONFIDENTIAL);
    assert!(taken, "{dialog}");
    // A bounce by Postfix and a notice by Sluss, in either order.
    let told = &wait_for(&server, 3, &log)[1..];
    for mail in told {
        assert!(mail.mail.starts_with("<>") && mail.recipients == ["<kari@kommun.example>"], "{}", mail.mail);
        assert!(!text(mail).contains(NUMBER), "{}", text(mail));
    }
    assert!(told.iter().any(|mail| text(mail).contains("550 5.7.1")), "the bounce says why");
    assert!(told.iter().any(|mail| text(mail).contains("Auto-Submitted: auto-replied\r\nX-Auto")), "the notice");
}

/// client -> Postfix -> Sluss -> Postfix's queue -> server: the client has Sluss's answer at its dot.
#[test]
fn before_queue() {
    let server = server();
    let reinject = free_port();
    let site = site((std::net::Ipv4Addr::LOCALHOST, reinject).into(), "reject");
    let postfix = Postfix::start(
        "before-queue",
        free_port(),
        &[
            ("SLUSS_HOST", "127.0.0.1".to_owned()),
            ("SLUSS_PORT", site.port.to_string()),
            ("REINJECT", format!("127.0.0.1:{reinject}")),
            ("RELAYHOST", format!("[127.0.0.1]:{}", server.address().port())),
        ],
    );
    let relay = site.start();
    let log = || format!("{}\n{}", postfix.log(), relay.log());

    let (taken, dialog) = send(postfix.address(), CLEAN);
    assert!(taken, "{dialog}\n{}", log());
    assert_eq!(body(&text(&wait_for(&server, 1, &log)[0])), body(CLEAN));

    let (taken, dialog) = send(postfix.address(), CONFIDENTIAL);
    assert!(!taken && dialog.contains("550 5.7.1"), "{dialog}\n{}", log());
    // The notice comes after it; what was refused never does.
    let all = wait_for(&server, 2, &log);
    assert!(all.iter().all(|mail| !text(mail).contains(NUMBER)));
}
