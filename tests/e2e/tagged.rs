//! The words with which a sender asks for a secure-mail gateway, and those with which the gateway is asked.

use crate::capture::{Behaviour, Capture};
use crate::mail::{decoded, holding, send, text, wait_for};
use crate::sluss::{Site, run};

const FROM: &str = "kari@social.kommun.example";
const TO: &str = "ola@firma.example";
const BODY: &str = "Karin Dahlqvist, personnummer 19941227-2396, är sjukskriven för en depression.\r\n";
const SIGNATURE: &str = "DKIM-Signature: v=1; a=rsa-sha256; d=kommun.example; s=1;\r\n\th=From:Subject; bh=x; b=y\r\n";

fn mail(id: &str, subject: &str, body: &str) -> String {
    format!(
        "{SIGNATURE}From: Kari <{FROM}>\r\nTo: {TO}\r\nMessage-ID: <{id}@kommun.example>\r\n\
         Date: Wed, 03 Mar 2027 13:05:00 +0100\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{body}"
    )
}

fn site(ordinary: &Capture, gateway: &Capture) -> Site {
    let tables = format!(
        r#"
        [next_hop.secure]
        address = "{}"
        tls = "none"
        subject_tag = "[secure]"
        [[channel]]
        id = "gateway"
        next_hop = "secure"
        reroute = "on-request"
        trigger = [{{ subject = "[säkert]" }}, {{ header = "X-Send-Secure", value = "yes" }}]
        evidence = {{ level = "eid", decided_by = "IT", reference = "avtal", verified_until = 2999-12-31 }}
        "#,
        gateway.address()
    );
    holding(ordinary.address(), &tables)
}

/// The lines of this field, with their CRLF.
fn field(mail: &str, name: &str) -> Vec<String> {
    let header = mail.split_once("\r\n\r\n").expect("a header").0;
    let unfolded = header.replace("\r\n\t", "\n\t");
    let wanted = |line: &&str| line.to_ascii_lowercase().starts_with(&format!("{name}: ").to_ascii_lowercase());
    unfolded.split("\r\n").filter(wanted).map(|line| format!("{}\r\n", line.replace("\n\t", "\r\n\t"))).collect()
}

#[test]
fn the_word_in_the_subject_takes_the_gateway_which_is_asked_in_its_own_words() {
    let (ordinary, gateway) = (Capture::start(Behaviour::default()), Capture::start(Behaviour::default()));
    let site = site(&ordinary, &gateway);
    let sluss = site.start();

    // Without the word it is held, and the notice tells the word.
    assert!(send(site.address(), FROM, &[TO], &mail("1", "Underlag", BODY)).contains("held, ref "));
    assert!(decoded(&wait_for(&ordinary, 1)[0]).contains("[säkert]"));

    // Subject as sent, and as the gateway gets it: its tag once in front, all else as it was.
    let rows = [
        ("=?utf-8?q?=5Bs=C3=A4kert=5D_Underlag?=", "[secure] =?utf-8?q?=5Bs=C3=A4kert=5D_Underlag?="),
        ("[SÄKERT] Underlag", "[secure] [SÄKERT] Underlag"),
        ("[secure] [säkert] Underlag", "[secure] [säkert] Underlag"),
    ];
    for (number, (subject, wanted)) in rows.into_iter().enumerate() {
        let sent = mail(&format!("tag-{number}"), subject, BODY);
        let said = send(site.address(), FROM, &[TO], &sent);
        assert!(said.starts_with("250") && !said.contains("held"), "{said}");
        let line = sluss.last_mail();
        assert_eq!((line["outcome"].as_str(), line["way"].as_str()), (Some("rerouted"), Some("gateway")), "{line}");
        let came = text(&wait_for(&gateway, number + 1)[number]);
        assert_eq!(field(&came, "Subject"), [format!("Subject: {wanted}\r\n")]);
        assert_eq!(field(&came, "DKIM-Signature"), [SIGNATURE], "it stays, and no longer fits the subject");
        assert!(came.ends_with(&format!("\r\n\r\n{BODY}")), "the content is not touched");
    }
    // Asked for by a field, and without anything confidential: tagged all the same.
    let asked = mail("header", "Fika", "Vi ses.\r\n").replace("Subject:", "X-Send-Secure: Yes\r\nSubject:");
    assert!(send(site.address(), FROM, &[TO], &asked).starts_with("250"));
    let came = text(&wait_for(&gateway, 4)[3]);
    assert_eq!(field(&came, "Subject"), ["Subject: [secure] Fika\r\n"]);

    // Other mail keeps its subject, and who asks is told nothing.
    let clean = mail("clean", "Fika", "Vi ses.\r\n");
    assert!(send(site.address(), FROM, &[TO], &clean).starts_with("250"));
    let came = text(&wait_for(&ordinary, 2)[1]);
    assert!(came.ends_with(&clean), "unchanged, below what is put on top");
    assert_eq!(gateway.captured().len(), 4);
    assert!(sluss.stop().success());
}

#[test]
fn the_administrator_sees_the_way_and_is_warned_of_signatures() {
    let (ordinary, gateway) = (Capture::start(Behaviour::default()), Capture::start(Behaviour::default()));
    let site = site(&ordinary, &gateway);
    let config = site.config();
    let output = run(&["--config", config.to_str().expect("a plain path"), "config", "check"]);
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "a warning is no fault: {said}");
    let file = site.path().join("asked.eml");
    std::fs::write(&file, mail("1", "[säkert] Underlag", BODY)).expect("our file");
    let explained = site.run(&["check", "--explain", file.to_str().expect("a plain path")]);
    let explained = String::from_utf8(explained.stdout).expect("UTF-8");
    assert!(
        explained.contains("   reroute, confidential") && explained.contains("   goes through gateway\n"),
        "{explained}"
    );
    assert!(explained.contains("requested:gateway"), "{explained}");
    let line = said.lines().find(|line| line.contains("subject_tag")).unwrap_or_else(|| panic!("{said}"));
    assert!(line.contains("warning") && line.contains("DKIM"), "{line}");
}
