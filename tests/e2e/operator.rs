//! What an administrator does at the command line beside a running relay: the doctor, and the bypass.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::capture::{Behaviour, Capture};
use crate::mail::{PATIENCE, assert_no_secret, clean, confidential, holding, send, wait_for, words};
use crate::sluss::{Site, get};

const FROM: &str = "kari@social.kommun.example";
const TO: &str = "ola@firma.example";
/// What a machine without the name in its resolver, or without a time service, cannot have well.
const OF_THE_MACHINE: [&str; 6] = ["name", "clock", "unit", "pictures", "disk", "doctor"];

/// The worst state of each check that is the site's own, and the exit status.
fn doctor(site: &Site) -> (BTreeMap<String, String>, Option<i32>) {
    let output = site.run(&["doctor", "--json"]);
    let mut worst: BTreeMap<String, String> = BTreeMap::new();
    for line in String::from_utf8(output.stdout).expect("UTF-8").lines() {
        let finding: Value = serde_json::from_str(line).expect("one object a line");
        let (check, state) = (finding["check"].as_str().expect("a check"), finding["state"].as_str().expect("a state"));
        assert_eq!(finding["do"].is_string(), state != "ok", "{line}");
        let before = worst.entry(check.to_owned()).or_insert_with(|| state.to_owned());
        let rank = |state: &str| ["ok", "warning", "fault"].iter().position(|s| *s == state);
        if rank(state) > rank(before) {
            *before = state.to_owned();
        }
    }
    worst.retain(|check, state| state != "ok" && !OF_THE_MACHINE.contains(&check.as_str()));
    (worst, output.status.code())
}

#[test]
fn the_doctor_finds_what_is_broken_and_changes_nothing() {
    let capture = Capture::start(Behaviour {
        offers: ["8BITMIME", "SIZE 52428800"].map(str::to_owned).into(),
        ..Behaviour::default()
    });
    let channel = r#"
        [[channel]]
        id = "partner"
        match = ["@partner.example"]
        evidence = { level = "contract", decided_by = "x", reference = "y", verified_until = 9000-01-01 }
    "#;
    let site = holding(capture.address(), channel);
    assert_eq!(doctor(&site), (BTreeMap::new(), Some(0)), "before the first start");
    assert!(!site.path().join("store/sluss.db").exists() && !site.path().join("sluss.secret").exists());

    let sluss = site.start();
    let (unwell, status) = doctor(&site);
    assert_eq!((unwell, status), (BTreeMap::new(), Some(0)), "its ports are held by itself\n{}", sluss.log());
    assert!(sluss.stop().success());
    assert_eq!(capture.captured().len(), 0, "no mail");

    let address = capture.address();
    drop(capture);
    std::fs::write(site.path().join("sluss.secret"), [7; 32]).expect("our file");
    let (unwell, status) = doctor(&site);
    let fault = |check: &str| (check.to_owned(), "fault".to_owned());
    assert_eq!((unwell, status), ([fault("next-hop:default"), fault("secret")].into(), Some(1)), "{address}");

    let output = crate::sluss::run(&["--config", "/nowhere/sluss.toml", "doctor"]);
    assert_eq!(output.status.code(), Some(2));
}

fn metric(site: &Site, name: &str) -> f64 {
    let (_, metrics) = get(site.console, "/metrics").expect("the console answers");
    let line = metrics.lines().find_map(|line| line.strip_prefix(name));
    line.map_or(0.0, |value| value.trim().parse().expect("a number"))
}

fn until(what: &str, so: impl Fn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !so() {
        assert!(Instant::now() < end, "never {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn bypass(site: &Site, arguments: &[&str]) -> String {
    let output = site.run(&[&["bypass"], arguments].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Switched on before the relay runs and off while it does.
#[test]
fn a_bypass_is_followed_told_and_on_the_record() {
    let capture = Capture::start(Behaviour::default());
    let site = holding(capture.address(), "");
    let sluss = site.start();
    assert!(send(site.address(), FROM, &[TO], &confidential("1")).contains("held, ref "));
    // The notice of it.
    wait_for(&capture, 1);
    assert!(sluss.stop().success());

    for refused in
        [&["on", "--minutes", "241", "--reason", "two words"][..], &["on", "--minutes", "5", "--reason", "x"]]
    {
        assert_eq!(site.run(&[&["bypass"], refused].concat()).status.code(), Some(2), "{refused:?}");
    }
    let said = bypass(&site, &["on", "--minutes", "30", "--reason", "new smarthost, nothing may wait"]);
    assert!(said.contains("is ON until ") && said.contains("the reviewers of social"), "{said}");

    let sluss = site.start();
    assert!(sluss.log().contains("the bypass is on"), "{}", sluss.log());
    assert_eq!(metric(&site, "sluss_bypass_active"), 1.0);
    let (status, ready) = get(site.console, "/readyz").expect("the console answers");
    assert!(status == 200 && ready.contains("every mail is relayed"), "{ready}");
    assert!(send(site.address(), FROM, &[TO], &confidential("2")).starts_with("250 2.0.0 "));
    assert!(send(site.address(), FROM, &[TO], &clean("3")).starts_with("250 2.0.0 "));
    // The two of them, and the notice of the beginning.
    wait_for(&capture, 4);
    until("counted", || bypass(&site, &["status"]).contains("social: 2 mails went through, 1 of them"));
    let status: Value = serde_json::from_str(&bypass(&site, &["status", "--json"])).expect("an object");
    assert_eq!((&status["on"], &status["units"][0]["bypassed"]), (&true.into(), &1.into()));

    assert!(bypass(&site, &["off", "--reason", "the smarthost answers"]).starts_with("The bypass is over."));
    until("off", || metric(&site, "sluss_bypass_active") == 0.0);
    assert!(send(site.address(), FROM, &[TO], &confidential("4")).contains("held, ref "));
    let count = |word: &str| metric(&site, &format!("sluss_messages_total{{outcome=\"{word}\"}}"));
    assert_eq!((count("bypassed"), count("relayed"), count("held")), (1.0, 1.0, 1.0));

    // Notices: held, held, beginning, end.
    let told: Vec<String> = wait_for(&capture, 6).iter().filter(|m| m.mail.starts_with("<>")).map(words).collect();
    let to_reviewers: Vec<_> = told.iter().filter(|mail| mail.contains("granskare@")).collect();
    assert_eq!((told.len(), to_reviewers.len()), (4, 2));
    assert!(to_reviewers.iter().any(|mail| mail.contains("new smarthost, nothing may wait")));
    assert!(to_reviewers.iter().any(|mail| mail.contains("I alla enheter tillsammans: 2, varav 1.")), "{told:?}");
    let log = sluss.log();
    assert_no_secret("the log", &log);
    let of_mails = log.lines().filter(|line| line.contains(r#""message":"message""#));
    let bypassed = of_mails.filter(|line| line.contains(r#""bypass":true"#)).count();
    assert_eq!(bypassed, 2, "{log}");
    assert!(sluss.stop().success());

    let exported = String::from_utf8(site.run(&["audit", "export"]).stdout).expect("UTF-8");
    let events: Vec<String> = exported
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).expect("an object")["event"].as_str().unwrap_or_default().to_owned()
        })
        .filter(|event| event.starts_with("bypass"))
        .collect();
    assert_eq!(events, ["bypass-on", "bypass-off"]);
    assert!(site.run(&["audit", "verify"]).status.success());
}
