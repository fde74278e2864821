//! A superuser's own lists on the running program: tried, put in force, refused, told of.

use std::path::PathBuf;

use nix::sys::signal::Signal;

use crate::capture::{Behaviour, Capture};
use crate::mail::{holding, send};
use crate::sluss::{Site, Sluss};
use crate::starting::until;

const FROM: &str = "kari@fritid.kommun.example";
const TO: &str = "ola@firma.example";
const TABLES: &str = r#"
        [[unit]]
        id = "fritid"
        senders = ["@fritid.kommun.example"]
        profile = "se.general"
        [patterns]
        dir = "patterns"
"#;

/// A mail about somebody's illness that no built-in list has.
fn mail(id: &str) -> String {
    format!(
        "From: Kari <{FROM}>\r\nTo: {TO}\r\nMessage-ID: <{id}@kommun.example>\r\n\
         Date: Wed, 03 Mar 2027 13:05:00 +0100\r\nSubject: Fika\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\
         Anna Dahlqvist har gurkfeber sedan i torsdags.\r\n"
    )
}

struct Lists {
    site: Site,
    list: PathBuf,
}

impl Lists {
    fn new(next_hop: std::net::SocketAddr) -> Lists {
        let site = holding(next_hop, TABLES);
        let folder = site.path().join("patterns/lexicon");
        std::fs::create_dir_all(&folder).expect("a folder");
        let lists = Lists { site, list: folder.join("own.txt") };
        lists.write(1, "sv: gurksnuva!");
        lists
    }

    fn write(&self, version: u32, body: &str) {
        let text = format!("list kommun.health\nversion {version}\ncategory health\n{body}\n");
        std::fs::write(&self.list, text).expect("our file");
    }

    fn exported(&self, event: &str) -> Vec<serde_json::Value> {
        let exported = String::from_utf8(self.site.run(&["audit", "export"]).stdout).expect("UTF-8");
        let events = exported.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
        events.filter(|e| e["event"] == event).collect()
    }
}

/// The word after `patterns=` in the line that tells of the mail's outcome.
fn patterns_of(sluss: &Sluss, outcome: &str) -> String {
    let log = sluss.log();
    let mut lines = log.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let line = lines.rfind(|line| line["outcome"] == outcome);
    let line = line.unwrap_or_else(|| panic!("no {outcome} mail in\n{log}"));
    line["patterns"].as_str().expect("the verdict names its patterns").to_owned()
}

#[test]
fn a_list_is_in_force_after_reading_again_and_a_bad_one_changes_nothing() {
    let capture = Capture::start(Behaviour::default());
    let lists = Lists::new(capture.address());
    let sluss = lists.site.start();
    assert_eq!(send(lists.site.address(), FROM, &[TO], &mail("1")).get(..3), Some("250"));
    let before = patterns_of(&sluss, "relayed");

    lists.write(2, "sv: gurksnuva!; gurkfeber!\nmatch sv: Hon har gurkfebern.");
    sluss.signal(Signal::SIGHUP);
    until(|| send(lists.site.address(), FROM, &[TO], &mail("2")).contains("held"));
    let after = patterns_of(&sluss, "held");
    assert_ne!(before, after, "another set has another name");

    lists.write(3, "sv: gurksnuva\nmatch sv: Hon har gurkfebern.");
    sluss.signal(Signal::SIGHUP);
    until(|| sluss.log().contains("the old one stays in force"));
    assert!(sluss.log().contains("own.txt:5: the list finds nothing in this `match` example"), "{}", sluss.log());
    assert!(send(lists.site.address(), FROM, &[TO], &mail("3")).contains("held"));
    assert_eq!(patterns_of(&sluss, "held"), after, "the last good set is in force");

    let loaded = lists.exported("patterns-loaded");
    let details: Vec<&str> = loaded.iter().filter_map(|e| e["detail"].as_str()).collect();
    assert_eq!(details.len(), 2, "{details:?}");
    for (detail, (version, short)) in details.iter().zip([(1, &before), (2, &after)]) {
        assert!(detail.starts_with(&format!("sha256={short}")), "{detail} for {short}");
        assert!(detail.contains(&format!(" own=kommun.health@{version} ")), "{detail}");
        assert!(detail.contains(",health.mental@") && detail.contains("se.general@"), "{detail}");
    }
    for held in lists.exported("held") {
        let detail = held["detail"].as_str().expect("a detail");
        assert!(detail.starts_with(&format!("patterns={after} config=")), "{detail}");
    }
    assert!(lists.site.run(&["audit", "verify"]).status.success());
    assert!(sluss.stop().success());
}

#[test]
fn a_list_is_tried_on_a_mail_before_it_is_in_force() {
    let capture = Capture::start(Behaviour::default());
    let lists = Lists::new(capture.address());
    let file = lists.site.path().join("mail.eml");
    std::fs::write(&file, mail("1")).expect("our file");
    let path = file.to_str().expect("a plain path");
    let checked = || lists.site.run(&["check", "--json", path]);

    let row: serde_json::Value = serde_json::from_slice(&checked().stdout).expect("JSON");
    assert_eq!((row["unit"].as_str(), row["verdict"].as_str()), (Some("fritid"), Some("relay")));
    lists.write(2, "sv: gurkfeber!");
    let row: serde_json::Value = serde_json::from_slice(&checked().stdout).expect("JSON");
    assert_eq!(row["verdict"], "quarantine");
    assert_eq!(row["patterns"].as_str().map(str::len), Some(16));
    let rules: Vec<_> = row["findings"].as_array().expect("a list").iter().filter_map(|f| f["rule"].as_str()).collect();
    assert!(rules.contains(&"kommun.health@2:4"), "{rules:?}");
    let explained = lists.site.run(&["check", "--explain", path]);
    let explained = String::from_utf8(explained.stdout).expect("UTF-8");
    assert!(explained.contains("with kommun.health@2") && explained.contains("by kommun.health@2:4"), "{explained}");
    assert!(!explained.contains("gurkfeber"), "{explained}");
}
