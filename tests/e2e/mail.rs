//! Mail to send, and a site to send it to. All persons are invented; the personnummer is a published
//! test number of the Swedish tax agency.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::capture::{Capture, Captured};
use crate::planted;
use crate::sluss::{Site, Sluss};

/// Longer than anything takes on a loaded machine.
pub const PATIENCE: Duration = Duration::from_secs(180);

pub const NETWORKS: &str = "allow_networks = [\"127.0.0.0/8\"]";

pub fn clean(id: &str) -> String {
    format!(
        "From: Kari <kari@social.kommun.example>\r\nTo: ola@firma.example\r\nMessage-ID: <{id}@kommun.example>\r\n\
         Date: Wed, 03 Mar 2027 13:05:00 +0100\r\nSubject: Fika\r\n\r\nVi ses klockan tre.\r\n.\r\n..\r\nKari\r\n"
    )
}

pub fn confidential(id: &str) -> String {
    format!(
        "From: Kari <kari@social.kommun.example>\r\nTo: ola@firma.example\r\nMessage-ID: <{id}@kommun.example>\r\n\
         Date: Wed, 03 Mar 2027 13:05:00 +0100\r\nSubject: =?utf-8?q?Underlag_inf=C3=B6r_m=C3=B6tet?=\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\
         Karin Dahlqvist, personnummer 19941227-2396, är sjukskriven för en depression.\r\n"
    )
}

/// A site that holds: store, seal, notices, one unit. `more` comes last.
pub fn holding(next_hop: SocketAddr, more: &str) -> Site {
    let site = Site::new(NETWORKS, "");
    let (own, escrow) = (site.make_key("sluss.key"), site.make_key("escrow.key"));
    let tables = format!(
        r#"
        [next_hop.default]
        address = "{next_hop}"
        tls = "none"
        [store]
        url = "sqlite:store/sluss.db"
        [secret]
        file = "sluss.secret"
        [seal]
        recipients = ["{own}", "{escrow}"]
        identity_file = "sluss.key"
        [quarantine]
        keep_days = 14
        keep_decision = "test"
        [notice]
        from = "sluss@kommun.example"
        desk = "0000-11 11 11"
        [policy]
        mode = "enforce"
        four_eyes_from = "never"
        [[unit]]
        id = "social"
        senders = ["@social.kommun.example"]
        profile = "se.social"
        language = "sv"
        reviewers = ["granskare@social.kommun.example"]
        {more}
        "#
    );
    std::fs::create_dir(site.path().join("store")).expect("a folder");
    site.write(NETWORKS, &tables);
    site
}

/// Connects and says EHLO; gives the reply to it.
pub fn connect(server: SocketAddr) -> (BufReader<TcpStream>, String) {
    let stream = TcpStream::connect(server).expect("the relay listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
    let mut stream = BufReader::new(stream);
    reply(&mut stream);
    let said = ask(&mut stream, "EHLO client.kommun.example");
    (stream, said)
}

/// Sends one mail and gives the first reply that decided it.
pub fn send(server: SocketAddr, from: &str, to: &[&str], mail: &str) -> String {
    send_after(server, &format!("MAIL FROM:<{from}>"), to, mail)
}

/// The same with a MAIL of one's own.
pub fn send_after(server: SocketAddr, begin: &str, to: &[&str], mail: &str) -> String {
    let (mut stream, mut said) = connect(server);
    for command in std::iter::once(begin.to_owned())
        .chain(to.iter().map(|to| format!("RCPT TO:<{to}>")))
        .chain(["DATA".to_owned()])
    {
        said = ask(&mut stream, &command);
        if said.starts_with(['4', '5']) {
            return said;
        }
    }
    assert!(said.starts_with("354"), "{said}");
    let stuffed = mail.replace("\r\n.", "\r\n..");
    stream.get_mut().write_all(stuffed.as_bytes()).expect("the relay reads");
    stream.get_mut().write_all(b".\r\n").expect("the relay reads");
    reply(&mut stream)
}

/// Sends one mail that is taken or held, and gives the log's words: how it was dealt with, and why.
pub fn outcome(site: &Site, sluss: &Sluss, from: &str, mail: &str, to: &[&str]) -> (String, String) {
    let said = send(site.address(), from, to, mail);
    assert!(said.starts_with("250"), "{said}");
    let line = sluss.last_mail();
    let word = |key: &str| line[key].as_str().unwrap_or_default().to_owned();
    assert_eq!(said.contains("held, ref "), word("outcome") == "held", "{said}");
    (word("outcome"), word("reasons"))
}

pub fn ask(stream: &mut BufReader<TcpStream>, command: &str) -> String {
    stream.get_mut().write_all(format!("{command}\r\n").as_bytes()).expect("the relay reads");
    reply(stream)
}

pub fn reply(stream: &mut BufReader<TcpStream>) -> String {
    let mut all = String::new();
    loop {
        let mut line = String::new();
        assert_ne!(stream.read_line(&mut line).expect("a reply in time"), 0, "closed after {all:?}");
        all.push_str(&line);
        if line.as_bytes().get(3) == Some(&b' ') {
            assert_no_secret("a reply", &all);
            return all;
        }
    }
}

/// Waits until so many mails were captured.
pub fn wait_for(capture: &Capture, count: usize) -> Vec<Captured> {
    let end = Instant::now() + PATIENCE;
    loop {
        let captured = capture.captured();
        if captured.len() >= count {
            return captured;
        }
        assert!(Instant::now() < end, "{} of {count} mails came", captured.len());
        std::thread::sleep(Duration::from_millis(20));
    }
}

pub fn text(captured: &Captured) -> String {
    String::from_utf8_lossy(&captured.text).into_owned()
}

/// A notice as it came, and as a mail program shows it: every field and both parts, decoded.
pub fn decoded(captured: &Captured) -> String {
    let mail = mail_parser::MessageParser::default().parse(&captured.text).expect("a mail");
    let mut all = text(captured);
    for header in mail.headers() {
        all.push_str(&format!("\n{}: {:?}", header.name(), header.value()));
    }
    for part in [mail.body_text(0), mail.body_html(0)] {
        all.push_str(&part.expect("a text and an HTML part"));
    }
    all
}

/// The same, whatever its line breaks.
pub fn words(captured: &Captured) -> String {
    decoded(captured).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The rows of `quarantine list --json`.
pub fn listed(site: &Site, state: &str) -> Vec<serde_json::Value> {
    let output = site.run(&["quarantine", "list", "--json", "--state", state]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("one object a line")).collect()
}

/// Whatever the mails here hold must not stand in `text`: in clear, in hex, or in base64.
pub fn assert_no_secret(what: &str, text: &str) {
    planted::assert_none(planted::search(what, text.as_bytes()));
}
