//! Which unit a mail is of, by everything that can tell it: what is an address in a letter from building permits is
//! a secret in one from social services (sosialtjenesteloven § 44 against forvaltningsloven § 13 second paragraph).

use crate::capture::{Behaviour, Capture};
use crate::mail::{PATIENCE, holding, send, send_after};
use crate::sluss::{Site, Sluss};

const ANNA: &str = "anna@kommune.example";
const BO: &str = "bo@kommune.example";
const TO: &str = "x@firma.example";

const UNITS: &str = r#"
    [[unit]]
    id = "bygg"
    senders = ["@kommune.example"]
    header = { name = "X-Department", value = "Byggesak" }
    profile = "no.general"
    [[unit]]
    id = "nav"
    senders_file = "nav.txt"
    users = ["@nav.ad.example"]
    header = { name = "X-Department", value = "NAV Grünerløkka" }
    profile = "no.social"
    language = "nb"
"#;

/// `fields` are header lines, each with its CRLF.
fn mail(id: &str, from: &str, fields: &str) -> String {
    format!(
        "{fields}From: {from}\r\nTo: {TO}\r\nMessage-ID: <{id}@kommune.example>\r\n\
         Date: Wed, 03 Mar 2027 13:05:00 +0100\r\nSubject: Adresse\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\
         Hei,\r\n\r\nSøkeren bor nå her: Kari Nordmann, Storgata 5, 9500 Alta.\r\n\r\nHilsen\r\nOla\r\n"
    )
}

/// The unit that the log names; nav's mail was held and bygg's was not.
fn judged_as(sluss: &Sluss, said: &str) -> String {
    let line = sluss.last_mail();
    let unit = line["unit"].as_str().expect("a unit").to_owned();
    assert_eq!(said.contains("held, ref "), unit == "nav", "{unit}: {said}");
    assert!(said.starts_with("250"), "{said}");
    unit
}

fn unit_of(site: &Site, sluss: &Sluss, from: &str, fields: &str) -> String {
    judged_as(sluss, &send(site.address(), from, &[TO], &mail("1", from, fields)))
}

#[test]
fn the_same_mail_is_held_for_one_unit_and_passes_for_the_other() {
    let capture = Capture::start(Behaviour::default());
    let site = holding(capture.address(), UNITS);
    std::fs::write(site.path().join("nav.txt"), "# NAV\nanna@kommune.example\n").expect("our file");
    let sluss = site.start();
    let unit = |from: &str, fields: &str| unit_of(&site, &sluss, from, fields);

    // By its sender, in a list.
    assert_eq!((unit(ANNA, ""), unit(BO, "")), ("nav".into(), "bygg".into()));

    // By the user that the sending server has authenticated, as it says in MAIL or in the field it puts on top.
    let user = |value: &str| {
        let begin = format!("MAIL FROM:<{BO}> AUTH={value}");
        judged_as(&sluss, &send_after(site.address(), &begin, &[TO], &mail("2", BO, "")))
    };
    assert_eq!(
        (user("anna@nav.ad.example"), user("bo@ad.example"), user("<>")),
        ("nav".into(), "bygg".into(), "bygg".into())
    );
    let top = "Received: from pc (pc.kommune.example [10.1.1.1])\r\n\t(Authenticated sender: anna@nav.ad.example)\r\n\
        \tby mail.kommune.example (Postfix) with ESMTPSA id 1; Wed, 3 Mar 2027 13:04:00 +0100\r\n";
    let next = "Received: from mail.kommune.example by edge.kommune.example (Postfix) with ESMTPS id 2;\r\n\
        \tWed, 3 Mar 2027 13:04:30 +0100\r\n";
    assert_eq!(unit(BO, top), "nav");
    // What stands below the sending server's own field anybody may have written.
    assert_eq!(unit(BO, &format!("{next}{top}")), "bygg");

    // By a field that the organisation's own server sets.
    let field = "X-Department: =?utf-8?q?NAV_Gr=C3=BCnerl=C3=B8kka?=\r\n";
    assert_eq!(unit(BO, field), "nav");
    assert_eq!(unit(BO, &format!("{field}X-Department: Byggesak\r\n")), "nav", "two: the stricter law");
    // It comes before the user and the address; one that no unit has says nothing.
    assert_eq!(unit(ANNA, &format!("{top}X-Department: Byggesak\r\n")), "bygg");
    assert_eq!(unit(ANNA, "X-Department: Kultur\r\n"), "nav");

    // The list is looked at: who is added to it is of the unit within seconds.
    std::fs::write(site.path().join("nav.txt"), "anna@kommune.example\nbo@kommune.example\n").expect("our file");
    let end = std::time::Instant::now() + PATIENCE;
    while unit(BO, "") != "nav" {
        assert!(std::time::Instant::now() < end, "the list was not read again\n{}", sluss.log());
        std::thread::sleep(std::time::Duration::from_millis(500));
    }
    assert!(sluss.stop().success());
}

/// Fields say something only because nobody but the organisation's own servers can send.
#[test]
fn from_a_network_that_is_not_ours_nothing_is_believed() {
    let capture = Capture::start(Behaviour::default());
    let site = holding(capture.address(), UNITS);
    std::fs::write(site.path().join("nav.txt"), "anna@kommune.example\n").expect("our file");
    let text = std::fs::read_to_string(site.config()).expect("our file");
    std::fs::write(site.config(), text.replace("\"127.0.0.0/8\"", "\"10.0.0.0/8\"")).expect("our file");
    let sluss = site.start();
    for fields in ["", "X-Department: NAV Grünerløkka\r\n", "X-Sluss-Exception: EX-LIFE; nå\r\n"] {
        let said = send(site.address(), BO, &[TO], &mail("1", BO, fields));
        assert!(said.starts_with("550 5.7.1 "), "{said}");
    }
    assert!(capture.record().taken.is_empty());
    assert!(sluss.stop().success());
}
