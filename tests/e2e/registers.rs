//! Consents, orders of secrecy and cooperation teams, entered at the command line while the relay works.
//!
//! The mailboxes of the school open with two factors; that the school is another authority than social services
//! is a question of secrecy, and consent answers it. That a mailbox has one factor only is another question.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::capture::{Behaviour, Capture};
use crate::mail::{PATIENCE, decoded, holding, outcome, text, wait_for, words};
use crate::sluss::{Site, Sluss};
use crate::starting::until;

const FROM: &str = "kari@social.kommun.example";
/// With two factors, and another authority.
const SCHOOL: &str = "rektor@skola.kommun.example";
/// With one factor, as far as anybody knows.
const FIRM: &str = "ola@firma.example";

/// Published test numbers, so nobody's.
const PERSON: &str = "19941227-2396";
const OTHER: &str = "20000405-9937";

const TABLES: &str = r#"
    towards = { skola = "quarantine" }
    [[unit]]
    id = "skola"
    senders = ["@skola.kommun.example"]
    profile = "se.school"
    [policy.recipients]
    many = 3
    [[channel]]
    id = "tva-faktorer"
    match = ["@skola.kommun.example", "@klinik.example"]
    evidence = { level = "eid", decided_by = "IT", reference = "1", verified_until = 2999-12-31 }
"#;

fn about(number: &str, to: &[&str]) -> String {
    format!(
        "From: Kari <{FROM}>\r\nTo: {}\r\nMessage-ID: <{number}@kommun.example>\r\n\
         Date: Wed, 03 Mar 2027 13:05:00 +0100\r\nSubject: Underlag\r\nIn-Reply-To: <fraga@kommun.example>\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\
         Personnummer {number} har beviljats ekonomiskt bistånd.\r\n",
        to.join(", ")
    )
}

/// Makes or ends an entry; the id that is printed, if any.
fn enter(site: &Site, arguments: &[&str], number: &str) -> String {
    let output = site.run_with(arguments, number);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    assert!(!said.contains(number) || number.is_empty(), "the command repeats the number");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn consent(site: &Site, recipients: &[&str]) -> String {
    let mut arguments = vec!["consent", "add", "--purpose", "skolgång", "--category", "national-id,social,economy"];
    recipients.iter().for_each(|recipient| arguments.extend(["--recipient", recipient]));
    arguments.extend(["--given", "2020-05-01", "--received-by", "socialsekreterare"]);
    arguments.extend(["--documented", "BUV 2026/17", "--expires", "2999-12-31"]);
    enter(site, &arguments, PERSON)
}

/// An entry is seen within half a minute, without anybody telling the relay.
fn comes_true(wanted: impl Fn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !wanted() {
        assert!(Instant::now() < end, "the entry was never seen");
        std::thread::sleep(Duration::from_millis(500));
    }
}

/// A reload reads the registers at once.
fn reload(sluss: &Sluss) {
    let loaded = || sluss.log().matches("\"configuration in force\"").count();
    let before = loaded();
    sluss.signal(Signal::SIGHUP);
    until(|| loaded() > before);
}

fn events(site: &Site) -> Vec<Value> {
    let exported = String::from_utf8(site.run(&["audit", "export"]).stdout).expect("UTF-8");
    assert!(!exported.contains(PERSON) && !exported.contains("skolgång"), "the audit tells whom or what for");
    exported.lines().map(|line| serde_json::from_str(line).expect("one object a line")).collect()
}

fn count(events: &[Value], word: &str) -> usize {
    events.iter().filter(|event| event["event"] == word).count()
}

#[test]
fn consent_opens_secrecy_and_not_the_channel_and_an_order_beats_it() {
    let capture = Capture::start(Behaviour::default());
    let site = holding(capture.address(), TABLES);
    let sluss = site.start();
    let to_school = about(PERSON, &[SCHOOL]);
    let sent = || outcome(&site, &sluss, FROM, &to_school, &[SCHOOL]);
    let held = |why: &str| {
        let (outcome, reasons) = sent();
        outcome == "held" && reasons.contains(why)
    };
    assert!(held("other-unit:skola"), "{:?}", sent());
    let notice = words(&wait_for(&capture, 1)[0]);
    assert!(notice.contains("arbetar i en annan verksamhet") && !notice.contains("tvåfaktorsinloggning"), "{notice}");

    let id = consent(&site, &["@skola.kommun.example", FIRM]);
    comes_true(|| sent().0 == "relayed");
    assert!(sent().1.contains(&format!("lifted:consent:{id}")), "{:?}", sent());
    assert!(text(wait_for(&capture, 2).last().expect("a mail")).ends_with(&to_school), "whole and unchanged");

    // A mailbox with one factor stays what it is, whoever has agreed.
    let (word, reasons) = outcome(&site, &sluss, FROM, &about(PERSON, &[FIRM]), &[FIRM]);
    assert_eq!(word, "held");
    assert!(
        reasons.contains("channel-below-minimum") && reasons.contains(&format!("lifted:consent:{id}")),
        "{reasons}"
    );
    // It is this person's alone, and covers what it names alone.
    let both = to_school.replace("har beviljats", &format!("och {OTHER} har beviljats"));
    let more = to_school.replace("bistånd.", "bistånd och är sjukskriven för en depression.");
    for (what, mail) in [("somebody else", about(OTHER, &[SCHOOL])), ("both", both), ("health", more)] {
        let (word, reasons) = outcome(&site, &sluss, FROM, &mail, &[SCHOOL]);
        assert!(word == "held" && !reasons.contains("lifted"), "{what}: {word}, {reasons}");
    }

    let order = ["order", "add", "--decided-by", "Statsforvalteren", "--reference", "2026/1234"];
    let order = enter(&site, &order, PERSON);
    comes_true(|| held("secrecy-order"));
    assert!(!sent().1.contains("lifted"), "{:?}", sent());
    enter(&site, &["order", "end", &order], "");
    reload(&sluss);
    assert_eq!(sent().0, "relayed");

    enter(&site, &["consent", "withdraw", &id], "");
    reload(&sluss);
    assert!(held("other-unit:skola"), "{:?}", sent());

    let events = events(&site);
    for word in ["consent-given", "order-made", "order-ended", "consent-withdrawn"] {
        assert_eq!(count(&events, word), 1, "{word}");
    }
    let uses: Vec<&Value> = events.iter().filter(|event| event["event"] == "exception-used").collect();
    let to_the_school = capture.captured().iter().filter(|mail| mail.recipients == [format!("<{SCHOOL}>")]).count();
    assert_eq!(uses.len(), to_the_school, "one for each mail that went on, and none for what was held");
    // The person may know who got it, each time.
    let told = site.run_with(&["audit", "person", "--case", "1", "--approved-by", "Berit Holm"], PERSON);
    let told = String::from_utf8(told.stdout).expect("UTF-8");
    let told: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).expect("one object a line")).collect();
    assert_eq!(told.len(), uses.len());
    for row in told {
        assert_eq!((&row["recipient"], &row["ground"]), (&SCHOOL.into(), &format!("consent:{id}").into()), "{row}");
    }
    for event in uses {
        let detail = event["detail"].as_str().expect("a detail");
        assert!(detail.starts_with("unit=social transaction="), "{detail}");
        assert!(detail.ends_with(&format!(" by=consent:{id} verdict=relay")), "{detail}");
    }
    assert!(site.run(&["audit", "verify"]).status.success());
    assert!(!sluss.log().contains(PERSON), "the log tells the number");
    assert!(sluss.stop().success());
    let database = std::fs::read(site.path().join("store/sluss.db")).expect("the store");
    let database = String::from_utf8_lossy(&database);
    assert!(!database.contains(PERSON) && !database.contains("199412272396") && !database.contains("skolgång"));
}

#[test]
fn a_team_that_logs_in_with_two_factors_is_spared_the_warning() {
    const TEAM: [&str; 3] = ["bup@klinik.example", "lege@klinik.example", "kurator@klinik.example"];
    let capture = Capture::start(Behaviour::default());
    let site = holding(capture.address(), TABLES);
    let sluss = site.start();
    let within = about(PERSON, &TEAM);
    let sent = || outcome(&site, &sluss, FROM, &within, &TEAM);
    let warned = || {
        let (outcome, reasons) = sent();
        outcome == "warned" && reasons.contains("recipients:reply-to-many")
    };
    assert!(warned(), "{:?}", sent());
    let notice = &wait_for(&capture, 2)[1];
    assert!(notice.recipients == [format!("<{FROM}>")] && !decoded(notice).contains(PERSON));
    assert!(words(notice).contains("Svaret går till många mottagare."), "{}", words(notice));

    let members = site.path().join("plan.txt");
    let listed = TEAM.map(|address| format!("{address} BUP\n")).concat();
    std::fs::write(&members, format!("# SIP\n{listed}{FIRM} Firman\n")).expect("our file");
    let consent = consent(&site, &["@klinik.example"]);
    let file = members.to_str().expect("a plain path");
    let team = ["team", "add", "--kind", "sip", "--members", file, "--basis", "2 kap. 7 § SoL", "--consent", &consent];
    let team = enter(&site, &[&team[..], &["--expires", "2999-12-31"]].concat(), PERSON);
    reload(&sluss);
    let (word, reasons) = sent();
    assert!(
        word == "relayed" && reasons.contains(&format!("lifted:consent:{consent},lifted:team:{team}")),
        "{reasons}"
    );

    // One more who is no member; one member whose mailbox has one factor; another person.
    let outside = [&TEAM[..], &["granne@klinik.example"]].concat();
    let (word, reasons) = outcome(&site, &sluss, FROM, &about(PERSON, &outside), &outside);
    assert!(word == "warned" && !reasons.contains("lifted:team"), "{word}, {reasons}");
    let weak = [&TEAM[..], &[FIRM]].concat();
    let (word, reasons) = outcome(&site, &sluss, FROM, &about(PERSON, &weak), &weak);
    assert!(word == "held" && reasons.contains("recipients:reply-to-many"), "{word}, {reasons}");
    assert_eq!(outcome(&site, &sluss, FROM, &about(OTHER, &TEAM), &TEAM).0, "warned");

    // It falls with the consent that it rests on.
    enter(&site, &["consent", "withdraw", &consent], "");
    reload(&sluss);
    assert!(warned(), "{:?}", sent());
    let events = events(&site);
    assert_eq!((count(&events, "team-made"), count(&events, "consent-withdrawn")), (1, 1));
    assert!(sluss.stop().success());
}
