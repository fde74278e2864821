//! The record of decisions as an auditor uses it: proven against the log, handed out masked, and told to the person
//! it is about.

use std::process::Output;

use crate::capture::{Behaviour, Capture};
use crate::mail::{assert_no_secret, confidential, holding, send, wait_for};

const FROM: &str = "kari@social.kommun.example";
const TO: &str = "ola@firma.example";
/// The number in the mail; published for tests.
const NUMBER: &str = "19941227-2396";
const ANOTHER: &str = "19570428-9999";

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

#[test]
fn who_got_what_is_told_to_the_person_and_on_the_record() {
    let capture = Capture::start(Behaviour::default());
    let site = holding(capture.address(), "");
    let sluss = site.start();
    assert!(send(site.address(), FROM, &[TO], &confidential("1")).contains("held"));
    wait_for(&capture, 1);
    let released = site.run(&["quarantine", "release", "--all", "--reason", "agreed with the client"]);
    assert!(released.status.success(), "{}", String::from_utf8_lossy(&released.stderr));

    let person = ["audit", "person", "--case", "KS 2027/91", "--approved-by", "Berit Holm"];
    let told = text(&site.run_with(&person, NUMBER));
    let row: serde_json::Value = serde_json::from_str(&told).expect("one object, one recipient");
    for (key, value) in
        [("recipient", TO), ("unit", "social"), ("ground", "release"), ("reason", "agreed with the client")]
    {
        assert_eq!(row[key], value, "{key}");
    }
    assert!(row["categories"].as_array().is_some_and(|all| all.iter().any(|c| c == "health")), "{row}");
    assert_eq!(text(&site.run_with(&person, ANOTHER)), "", "about somebody else nothing was disclosed");

    let mailbox = ["audit", "export", "--csv", "--masked", "--mailbox", "--reason", "KS 2027/92"];
    let csv = text(&site.run_with(&mailbox, &TO.to_uppercase()));
    for event in ["held", "release-started", "recipient-accepted", "released"] {
        assert_eq!(csv.lines().filter(|line| line.contains(&format!(";{event};"))).count(), 1, "{event}: {csv}");
    }
    assert!(csv.lines().skip(1).all(|line| line.ends_with(";recipient")), "{csv}");
    assert!(!csv.contains("agreed"), "a typed reason is not masked: {csv}");
    assert_eq!(text(&site.run_with(&mailbox, "nobody@firma.example")).lines().count(), 1, "the names of the columns");

    let exported = text(&site.run(&["audit", "export"]));
    for event in ["config-loaded", "identities-read", "person-exported", "exported"] {
        assert!(exported.contains(&format!("\"{event}\"")), "no {event} in {exported}");
    }
    assert!(exported.contains("approved-by=Berit Holm") && exported.contains("KS 2027/91"), "{exported}");
    assert!(!exported.contains(TO) && !exported.contains(NUMBER), "whom it is about stands in the record");

    let log = site.path().join("sluss.log");
    std::fs::write(&log, sluss.log()).expect("a log");
    let log = log.display().to_string();
    let verified = text(&site.run(&["audit", "verify", "--anchors", &log]));
    assert!(verified.contains("no fault"), "{verified}");
    assert_eq!(
        site.run(&["audit", "verify", "--anchors", &site.config().display().to_string()]).status.code(),
        Some(2)
    );
    assert_no_secret("the record", &exported);

    assert!(sluss.stop().success());
    let figures: serde_json::Value =
        serde_json::from_str(&text(&site.run(&["reconcile", "--json"]))).expect("an object");
    let process = &figures["processes"][0];
    assert_eq!((&figures["even"], &process["state"]), (&true.into(), &"stopped".into()), "{figures}");
    assert_eq!((&process["figures"]["answered"], &process["figures"]["held"]), (&1.into(), &1.into()), "{figures}");
}

#[test]
fn wrong_use_of_the_record_is_refused() {
    let capture = Capture::start(Behaviour::default());
    let site = holding(capture.address(), "");
    assert!(site.start().stop().success());
    let code = |arguments: &[&str], line: &str| site.run_with(arguments, line).status.code();
    for (arguments, line) in [
        // No number, no case, nobody else who approved, no reason, a day that is too young.
        (&["audit", "person", "--case", "1", "--approved-by", "Berit"][..], "nobody"),
        (&["audit", "person", "--approved-by", "Berit"], NUMBER),
        (&["audit", "export", "--mailbox"], TO),
        (&["audit", "export", "--mailbox", "--reason", "x"], "no address"),
        (&["audit", "export", "--from", "2027-02-01", "--to", "2027-01-01"], ""),
        (&["audit", "prune", "--before", "2999-01-01", "--decision", "KS 1"], ""),
        (&["audit", "prune", "--before", "2020-01-01"], ""),
    ] {
        assert_eq!(code(arguments, line), Some(2), "{arguments:?} {line}");
    }
    assert_eq!(code(&["audit", "prune", "--before", "2020-01-01", "--decision", "KS 1"], ""), Some(0));
    assert!(site.run(&["audit", "verify"]).status.success());
}
