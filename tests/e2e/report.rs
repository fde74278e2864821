//! What a report counts, held against what `check` says of the same mails, and against what the relay was sent.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::capture::{Behaviour, Capture};
use crate::mail::{PATIENCE, assert_no_secret, clean, confidential, holding, send};
use crate::sluss::{PROGRAM, run};

/// One mail of so many of the corpus is enough for figures that are shown.
const EVERY: usize = 5;

fn corpus() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/eml");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("the corpus").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files.into_iter().step_by(EVERY).collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The rows of one table of `--json`.
fn rows<'a>(report: &'a Value, table: &str) -> Vec<(&'a str, &'a Value)> {
    let tables = report["tables"].as_array().expect("tables");
    let Some(table) = tables.iter().find(|of| of["table"] == table) else { return Vec::new() };
    let rows = table["rows"].as_array().expect("rows");
    rows.iter().map(|row| (row["row"].as_str().expect("a name"), &row["figures"])).collect()
}

/// A figure that is shown is the true one, and one that is not true is not shown.
fn is_or_is_hidden(figure: &Value, count: u64) -> bool {
    match figure.as_u64() {
        Some(shown) => shown == count && !(1..5).contains(&count),
        None => figure == "*" || (figure == "<5" && count < 5),
    }
}

#[test]
fn a_report_counts_what_check_says() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = corpus();
    for file in &files {
        let name = file.file_name().expect("a name");
        std::fs::copy(file, folder.path().join(name)).expect("a copy");
    }
    let mails = folder.path().to_str().expect("a plain path");
    let checked = run(&["check", "--json", mails]);
    let (mut verdicts, mut categories) = (BTreeMap::<String, u64>::new(), BTreeMap::<String, u64>::new());
    for line in text(&checked.stdout).lines() {
        let mail: Value = serde_json::from_str(line).expect("one object a line");
        *verdicts.entry(mail["verdict"].as_str().expect("a verdict").to_owned()).or_default() += 1;
        for category in mail["categories"].as_array().expect("categories") {
            *categories.entry(category.as_str().expect("a word").to_owned()).or_default() += 1;
        }
    }
    assert!(verdicts["quarantine"] > 4 && verdicts["relay"] > 4, "{verdicts:?}");

    let (page, table) = (folder.path().join("report.html"), folder.path().join("report.csv"));
    let [page, table] = [&page, &table].map(|path| path.to_str().expect("a plain path"));
    let reported = run(&["report", "--json", "--html", page, "--csv", table, "--language", "nn", mails, mails]);
    assert_eq!(reported.status.code(), Some(1), "{}", text(&reported.stderr));
    let report: Value = serde_json::from_slice(&reported.stdout).expect("one object");
    assert_eq!(report["all"]["total"], files.len(), "each mail once, however often it is named");
    for (verdict, count) in &verdicts {
        assert!(is_or_is_hidden(&report["all"][verdict], *count), "{verdict}: {} of {verdicts:?}", report["all"]);
    }
    let counted = rows(&report, "category");
    for (category, figures) in &counted {
        // What only asks for a warning is counted besides.
        let held = categories.get(*category).copied().unwrap_or_default();
        assert!(is_or_is_hidden(&figures["quarantine"], held), "{category}: {figures}, {held} by check");
    }
    assert!(categories.keys().all(|category| counted.iter().any(|(row, _)| row == category)), "{categories:?}");

    let (page, table) = (std::fs::read_to_string(page).expect("a page"), std::fs::read_to_string(table).expect("CSV"));
    assert!(page.starts_with("<!doctype html>\n<html lang=\"nn\">"), "{page}");
    assert!(table.starts_with("\u{feff}table;unit;row;column;count\r\n"), "{table}");
    for output in [&page, &table, &text(&reported.stdout), &text(&reported.stderr)] {
        for (n, _) in output.match_indices('@') {
            // A rule is `list@version:line`; CSS has its at-rules.
            let around: String = output[n..].chars().skip(1).take_while(|c| c.is_alphanumeric()).collect();
            let is_rule = around.chars().all(|c| c.is_ascii_digit()) && !around.is_empty();
            assert!(is_rule || matches!(around.as_str(), "page" | "media"), "an address: {around}");
        }
    }
}

#[test]
fn what_cannot_be_read_is_named_and_the_rest_is_counted() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name).to_str().expect("a plain path").to_owned();
    for n in 0..6 {
        std::fs::write(at(&format!("{n}.eml")), clean("1")).expect("a mail");
    }
    let (absent, mails, page) = (at("absent.eml"), at("."), at("report.html"));
    let reported = run(&["report", "--json", &absent, &mails]);
    assert_eq!(reported.status.code(), Some(2));
    assert!(text(&reported.stderr).contains("absent.eml: "), "{}", text(&reported.stderr));
    let report: Value = serde_json::from_slice(&reported.stdout).expect("one object");
    assert_eq!((&report["all"]["relay"], &report["failed"]), (&Value::from(6), &Value::from(1)));

    assert_eq!(run(&["report", &mails]).status.code(), Some(0), "nothing is confidential");
    for (wrong, why) in [
        (vec!["report"], "<PATH>"),
        (vec!["report", "--exact", &mails], "--exact"),
        (vec!["report", "--from", "2026-05-04", &mails], "--store"),
        (vec!["report", "--json", "--html", "-", &mails], "only one"),
        (vec!["report", "--html", "/absent/report.html", &mails], "there is no folder /absent"),
        (vec!["report", "--html", &mails, &mails], "is a folder"),
        (vec!["report", "--language", "de", &mails], "sv, nb, nn, en"),
    ] {
        let refused = run(&wrong);
        assert_eq!(refused.status.code(), Some(2), "{wrong:?}");
        assert!(text(&refused.stderr).contains(why), "{wrong:?}: {}", text(&refused.stderr));
    }
    assert!(!Path::new(&page).exists());
}

/// Mails that come slowly, through pipes; an interrupt in their midst leaves the old page as it is.
#[test]
fn an_interrupted_report_says_so_and_writes_no_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let page = folder.path().join("report.html");
    std::fs::write(&page, "the old page").expect("a page");
    let count = std::thread::available_parallelism().map_or(1, usize::from) + 1;
    let pipes: Vec<PathBuf> = (0..count).map(|n| folder.path().join(format!("{n}"))).collect();
    for pipe in &pipes {
        nix::unistd::mkfifo(pipe, nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
    }
    let log = folder.path().join("log");
    let mut child = Command::new(PROGRAM)
        .args(["report", "--html"])
        .arg(&page)
        .args(&pipes)
        .env_remove("SLUSS_CONFIG")
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(&log).expect("a log"))
        .spawn()
        .expect("the program starts");
    // The first mail is being read: the signal is caught by now.
    let mut first = std::fs::OpenOptions::new().write(true).open(&pipes[0]).expect("a reader");
    kill(Pid::from_raw(child.id().try_into().expect("a process id")), Signal::SIGINT).expect("it runs");
    let said = |what: &str| {
        let end = Instant::now() + PATIENCE;
        while !std::fs::read_to_string(&log).expect("a log").contains(what) {
            assert!(Instant::now() < end, "{}", std::fs::read_to_string(&log).expect("a log"));
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    said("finishing the mails at hand");
    std::io::Write::write_all(&mut first, clean("1").as_bytes()).expect("it reads");
    drop(first);
    for pipe in pipes.into_iter().skip(1) {
        // Whoever opens one finds an empty mail; the last is opened by nobody.
        std::thread::spawn(move || std::fs::write(pipe, ""));
    }
    assert_eq!(child.wait().expect("a child of ours").code(), Some(130));
    said("interrupted after ");
    said("report.html was not written");
    assert_eq!(std::fs::read_to_string(&page).expect("a page"), "the old page");
    assert!(std::fs::read_dir(folder.path()).expect("a folder").count() == count + 2, "nothing half-done is left");
}

/// Two units for a day, one that observes and one that holds.
#[test]
fn the_store_knows_what_would_have_been_and_what_was() {
    let capture = Capture::start(Behaviour::default());
    let units = r#"
        [[unit]]
        id = "observed"
        senders = ["@observed.kommun.example"]
        profile = "se.social"
        language = "sv"
        mode = "observe"
    "#;
    let site = holding(capture.address(), units);
    let sluss = site.start();
    let (observed, holds) = ("kari@observed.kommun.example", "kari@social.kommun.example");
    for n in 0..6 {
        for (from, mail) in [
            (observed, confidential(&format!("a{n}"))),
            (observed, clean(&format!("b{n}"))),
            (holds, confidential(&format!("c{n}"))),
        ] {
            let said = send(site.address(), from, &["ola@firma.example"], &mail);
            assert!(said.starts_with("250"), "{said}");
        }
    }
    assert!(sluss.stop().success(), "the figures are written at the end");

    let reported = site.run(&["report", "--store", "--json"]);
    assert_eq!(reported.status.code(), Some(1), "{}", text(&reported.stderr));
    let report: Value = serde_json::from_slice(&reported.stdout).expect("one object");
    let all = &report["all"];
    assert_eq!([&all["relay"], &all["quarantine"], &all["total"]], [6, 12, 18].map(Value::from).each_ref(), "{report}");
    let units = rows(&report, "unit");
    let unit = |name: &str| units.iter().find(|(row, _)| *row == name).expect("a unit").1;
    assert_eq!([&unit("observed")["quarantine"], &unit("observed")["relay"]], [6, 6].map(Value::from).each_ref());
    assert_eq!(unit("social")["quarantine"], 6);
    let states = rows(&report, "state");
    assert_eq!((states.len(), states[0].0, &states[0].1["total"]), (1, "held", &Value::from(6)), "{report}");
    let health = rows(&report, "category").into_iter().find(|(row, _)| *row == "health").expect("a category").1;
    assert_eq!(health["quarantine"], 12, "{report}");

    for format in ["--html", "--csv"] {
        let printed = site.run(&["report", "--store", format, "-"]);
        assert_no_secret(format, &text(&printed.stdout));
        assert!(printed.stdout.len() > 500 && !text(&printed.stdout).contains("example"));
    }
    let before = site.run(&["report", "--store", "--to", "2020-01-01"]);
    assert_eq!(before.status.code(), Some(0));
    assert!(text(&before.stdout).contains("Fewer than 5"), "{}", text(&before.stdout));
}
