//! A client that takes its time, and the figures at the end.

use std::collections::BTreeSet;
use std::io::Write;
use std::time::{Duration, Instant};

use crate::capture::{Behaviour, Capture};
use crate::mail::{PATIENCE, ask, clean, confidential, connect, holding, reply, send};

const FROM: &str = "kari@social.kommun.example";
const TO: &str = "ola@firma.example";

/// One client pauses between its commands, the other in the middle of its text, both for more than a minute.
/// Their next hop hears a NOOP from each, does not give up on them, and has both mails in the end.
#[test]
fn a_next_hop_hears_from_us_every_minute() {
    let capture = Capture::start(Behaviour::default());
    let site = holding(capture.address(), "");
    let sluss = site.start();
    let begin = || {
        let (mut client, _) = connect(site.address());
        assert!(ask(&mut client, &format!("MAIL FROM:<{FROM}>")).starts_with("250"));
        assert!(ask(&mut client, &format!("RCPT TO:<{TO}>")).starts_with("250"));
        client
    };
    let (mut between, mut within) = (begin(), begin());
    assert!(ask(&mut within, "DATA").starts_with("354"));
    let (first, second) = (clean("1"), clean("2").replace("\r\n.", "\r\n.."));
    let (head, tail) = second.split_at(second.len() / 2);
    within.get_mut().write_all(head.as_bytes()).expect("the relay reads");

    let awake = || -> BTreeSet<usize> {
        let lines = capture.record().lines;
        lines.into_iter().filter(|(_, line)| line == "NOOP").map(|(connection, _)| connection).collect()
    };
    let end = Instant::now() + Duration::from_secs(60) + PATIENCE;
    while awake().len() < 2 {
        assert!(Instant::now() < end, "the next hop heard nothing: {:?}", capture.record().lines);
        std::thread::sleep(Duration::from_millis(200));
    }

    within.get_mut().write_all(tail.as_bytes()).expect("the relay reads");
    within.get_mut().write_all(b".\r\n").expect("the relay reads");
    assert!(reply(&mut within).starts_with("250 2.0.0 "));
    assert!(ask(&mut between, "DATA").starts_with("354"));
    between.get_mut().write_all(first.replace("\r\n.", "\r\n..").as_bytes()).expect("the relay reads");
    between.get_mut().write_all(b".\r\n").expect("the relay reads");
    assert!(reply(&mut between).starts_with("250 2.0.0 "));
    assert_eq!(capture.captured().len(), 2);
    assert!(sluss.stop().success());
}

/// Dots answered 250 = relayed + warned + rerouted + held, whatever the mode.
#[test]
fn the_figures_come_out_even() {
    let capture = Capture::start(Behaviour {
        replies: vec![("MAIL FROM:<barred".to_owned(), "550 5.7.1 not you".to_owned())],
        ..Behaviour::default()
    });
    let units = r#"
        [[unit]]
        id = "observed"
        senders = ["@observed.kommun.example"]
        profile = "se.social"
        language = "sv"
        mode = "observe"
        [[unit]]
        id = "refusing"
        senders = ["@refusing.kommun.example"]
        profile = "se.social"
        language = "sv"
        on_confidential = "reject"
    "#;
    let site = holding(capture.address(), units);
    let sluss = site.start();
    let observed = "kari@observed.kommun.example";
    for (from, mail, code) in [
        (FROM, clean("1"), "250"),
        (FROM, clean("2"), "250"),
        (FROM, confidential("3"), "250"),
        (observed, confidential("4"), "250"),
        ("kari@refusing.kommun.example", confidential("5"), "550"),
        (FROM, "no header\r\n\r\nx\r\n".to_owned(), "554"),
    ] {
        let said = send(site.address(), from, &[TO], &mail);
        assert!(said.starts_with(code), "{said}");
    }
    assert!(send(site.address(), "barred@kommun.example", &[TO], "").starts_with("550"), "before any dot");
    let (_, metrics) = crate::sluss::get(site.console, "/metrics").expect("the console answers");
    let count = |sample: &str| -> u64 {
        let line = metrics.lines().find_map(|line| line.strip_prefix(sample));
        line.map_or(0, |count| count.trim().parse().expect("a whole number"))
    };
    let outcome = |word: &str| count(&format!("sluss_messages_total{{outcome=\"{word}\"}}"));
    assert_eq!((outcome("relayed"), outcome("held")), (3, 1), "observed mail was relayed\n{metrics}");
    assert_eq!((outcome("rejected"), outcome("refused"), outcome("deferred")), (1, 1, 0), "{metrics}");
    let taken = ["relayed", "warned", "rerouted", "held"].map(outcome).iter().sum::<u64>();
    assert_eq!(count("sluss_dots_total{reply=\"250\"}"), taken, "{metrics}");
    assert_eq!(count("sluss_dots_total{reply=\"5xx\"}"), 2, "{metrics}");
    assert!(sluss.stop().success());
    let reconciled = site.run(&["reconcile", "--json"]);
    let figures: serde_json::Value = serde_json::from_slice(&reconciled.stdout).expect("an object");
    let life = &figures["processes"][0]["figures"];
    assert!(reconciled.status.success() && life["even"] == true, "{figures}");
    assert_eq!((&life["answered"], &life["relayed"], &life["held"]), (&4.into(), &3.into(), &1.into()), "{figures}");
}
