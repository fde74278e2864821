//! Held, opened, released, discarded, told of; and nothing of it in a log.

use crate::capture::{Behaviour, Capture};
use crate::mail::{assert_no_secret, clean, confidential, decoded, holding, listed, send, text, wait_for};

const FROM: &str = "kari@social.kommun.example";
const TO: &str = "ola@firma.example";

#[test]
fn held_mail_opens_goes_out_on_release_and_its_sender_is_told_once() {
    let capture = Capture::start(Behaviour::default());
    let site = holding(capture.address(), "");
    let sluss = site.start();

    let mail = confidential("1");
    let said = send(site.address(), FROM, &[TO], &mail);
    let reference = said.trim_end().strip_prefix("250 2.0.0 held, ref ").unwrap_or_else(|| panic!("{said}")).to_owned();
    // The copy for another recipient of the same mail: same reference, no second notice.
    let said = send(site.address(), FROM, &["per@firma.example"], &mail);
    assert!(said.contains(&reference), "a copy has another reference: {said}");

    let rows = listed(&site, "held");
    assert_eq!(rows.len(), 2);
    for key in ["id", "ref", "state", "unit", "categories", "severity", "mode", "held_at", "expires_at", "urgent"] {
        assert!(rows[0].get(key).is_some(), "a row lacks {key}");
    }
    assert_eq!((rows[0]["unit"].as_str(), rows[0]["state"].as_str()), (Some("social"), Some("held")));
    let id = rows[0]["id"].as_str().expect("an id");
    let shown = site.run(&["quarantine", "show", id]);
    assert_no_secret("the record", &String::from_utf8_lossy(&shown.stdout));
    let opened = site.run(&["quarantine", "show", id, "--open", "--purpose", "test of the whole way"]);
    assert!(String::from_utf8_lossy(&opened.stdout).ends_with(&mail), "it does not open byte for byte");
    assert_ne!(site.run(&["quarantine", "show", id, "--open"]).status.code(), Some(0), "an opening needs a purpose");

    let told = wait_for(&capture, 1);
    let notice = text(&told[0]);
    assert!(notice.contains("Auto-Submitted: auto-replied"), "{notice}");
    assert!(notice.contains(&reference));
    let shown = decoded(&told[0]);
    assert!(shown.contains("Ditt mejl har inte skickats"), "{shown}");
    assert_no_secret("the notice", &shown);
    assert!(!shown.contains("1@kommun.example"), "the notice carries the original's Message-ID");

    let released = site.run(&["quarantine", "release", &reference, "--reason", "allowed"]);
    assert!(released.status.success(), "{}", String::from_utf8_lossy(&released.stderr));
    let mails = wait_for(&capture, 3);
    let body = mail.split_once("\r\n\r\n").expect("a body").1;
    assert_eq!(mails.iter().filter(|m| text(m).ends_with(body)).count(), 2, "both copies go out, unchanged");
    assert_eq!(mails.iter().filter(|m| text(m).contains("auto-replied")).count(), 1, "one notice for all copies");
    assert_eq!(listed(&site, "released").len(), 2);

    assert!(site.run(&["audit", "verify"]).status.success());
    let exported = String::from_utf8(site.run(&["audit", "export"]).stdout).expect("UTF-8");
    for event in ["held", "opened", "release-started", "recipient-accepted", "released"] {
        assert!(exported.contains(&format!("\"{event}\"")), "no {event} event in the export");
    }
    assert_no_secret("the audit", &exported);
    assert_no_secret("the log", &sluss.log());
    assert!(sluss.stop().success());
    let database = std::fs::read(site.path().join("store/sluss.db")).expect("the store");
    assert_no_secret("the database", &String::from_utf8_lossy(&database));
}

#[test]
fn discarded_mail_is_gone_and_the_counts_come_out_even() {
    let capture = Capture::start(Behaviour::default());
    let site = holding(capture.address(), "");
    let sluss = site.start();
    for id in 0..3 {
        assert!(send(site.address(), FROM, &[TO], &confidential(&id.to_string())).starts_with("250"));
    }
    let output = site.run(&["quarantine", "discard", "--all", "--reason", "test"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(listed(&site, "discarded").len(), 3);
    assert_eq!(listed(&site, "held").len(), 0);
    let id = listed(&site, "discarded")[0]["id"].as_str().expect("an id").to_owned();
    assert!(!site.run(&["quarantine", "show", &id, "--open", "--purpose", "too late"]).status.success());
    assert!(sluss.stop().success());
}

#[test]
fn mail_nobody_sent_is_never_answered_but_its_reviewers_learn_of_it() {
    let capture = Capture::start(Behaviour::default());
    let site = holding(capture.address(), "");
    let sluss = site.start();
    // A calendar reply and an out-of-office with nothing in them pass.
    let automatic = clean("auto").replace("Subject: Fika", "Auto-Submitted: auto-replied\r\nSubject: Borta");
    assert!(send(site.address(), "", &[TO], &automatic).starts_with("250"));
    // One that quotes what must not leave is held, and told to the reviewers alone.
    assert!(send(site.address(), "", &[TO], &confidential("auto-2")).contains("held"));
    let mails = wait_for(&capture, 2);
    let notices: Vec<_> = mails.iter().filter(|m| text(m).contains("granskare@social.kommun.example")).collect();
    assert_eq!(notices.len(), 1);
    assert_no_secret("the reviewers' notice", &decoded(notices[0]));
    assert!(sluss.stop().success());
}

#[test]
fn a_rejecting_unit_keeps_nothing() {
    let capture = Capture::start(Behaviour::default());
    let site = holding(capture.address(), "on_confidential = \"reject\"");
    let sluss = site.start();
    let said = send(site.address(), FROM, &[TO], &confidential("1"));
    assert!(said.starts_with("550 5.7.1 "), "{said}");
    assert_no_secret("the reply", &said);
    let notice = decoded(&wait_for(&capture, 1)[0]);
    assert!(notice.contains("auto-replied"));
    assert_no_secret("the notice", &notice);
    assert_eq!(listed(&site, "held").len(), 0);
    let exported = String::from_utf8(site.run(&["audit", "export"]).stdout).expect("UTF-8");
    let decided: Vec<_> = exported.lines().filter(|line| line.contains(r#""event":"decided""#)).collect();
    assert!(decided.len() == 1 && decided[0].contains("verdict=reject unit=social transaction="), "{exported}");
    assert_no_secret("the record", &exported);
    assert!(sluss.stop().success());
}
