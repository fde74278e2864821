//! How well detection tells confidential mail from the rest, on whole messages.
//!
//! `tests/corpus/` holds hand-written mails of invented municipalities with labels, and `tests/corpus/unseen/` those
//! of other hands who knew nothing of detection; what they carry is opened by the real program's own process, and
//! nothing of it may stay unread.
//! `tests/detection/rows.txt` holds one-line mails by another hand. Figures must not fall below those
//! of `figures.json`; better ones are to be written there with the change that reached them.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde::Deserialize;
use sluss::detect::{Context, Detector, Severity, default_severity};
use sluss::inspect::helper::{Pool, Sandbox};
use sluss::inspect::{Inspection, inspect_with};
use sluss::message::RawMessage;

static DETECTOR: LazyLock<std::sync::Arc<Detector>> = LazyLock::new(Detector::builtin);

static POOL: LazyLock<Pool> =
    LazyLock::new(|| Pool::of(File::open(env!("CARGO_BIN_EXE_sluss")), Sandbox::BestEffort, 1));

/// From this severity a message is confidential under the profile `default`.
const HOLD_FROM: Severity = Severity::Medium;

#[derive(Deserialize)]
struct Label {
    file: String,
    confidential: bool,
}

#[derive(Deserialize)]
struct Figures {
    corpus: Figure,
    unseen: Figure,
    rows: Figure,
}

#[derive(Deserialize, Clone, Copy)]
struct Figure {
    recall: f64,
    precision: f64,
}

#[derive(Default)]
struct Count {
    hits: usize,
    misses: usize,
    false_alarms: usize,
}

impl Count {
    fn add(&mut self, expected: bool, found: bool) {
        match (expected, found) {
            (true, true) => self.hits += 1,
            (true, false) => self.misses += 1,
            (false, true) => self.false_alarms += 1,
            (false, false) => {}
        }
    }

    fn figure(&self) -> Figure {
        let of = |part: usize, whole: usize| if whole == 0 { 1.0 } else { part as f64 / whole as f64 };
        Figure {
            recall: of(self.hits, self.hits + self.misses),
            precision: of(self.hits, self.hits + self.false_alarms),
        }
    }
}

fn tests_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

fn figures() -> Figures {
    serde_json::from_str(&fs::read_to_string(tests_folder().join("corpus/figures.json")).unwrap()).unwrap()
}

fn read(raw: Vec<u8>) -> Inspection {
    inspect_with(&RawMessage::uncounted(raw), &*POOL)
}

fn is_confidential(inspection: &Inspection) -> bool {
    let facts = &inspection.facts;
    let context = Context {
        own_names: facts.names.clone(),
        own_addresses: [&facts.from, &facts.to, &facts.cc].into_iter().flatten().cloned().collect(),
        today: (2025, 12, 1),
        count_synthetic: true,
        ..Context::default()
    };
    default_severity(&DETECTOR.assess(&inspection.views, &context)) >= HOLD_FROM
}

/// At least the recorded figure, to the three decimals it is recorded with.
fn assert_holds(what: &str, reached: Figure, recorded: Figure, wrong: &[String]) {
    println!("{what}: recall {:.3}, precision {:.3}", reached.recall, reached.precision);
    let falls = |now: f64, then: f64| (now * 1000.0).round() < (then * 1000.0).round();
    assert!(
        !falls(reached.recall, recorded.recall) && !falls(reached.precision, recorded.precision),
        "{what}: recall {:.3} (recorded {:.3}), precision {:.3} (recorded {:.3})\n{}",
        reached.recall,
        recorded.recall,
        reached.precision,
        recorded.precision,
        wrong.join("\n")
    );
}

#[test]
fn the_corpus_is_told_apart_as_well_as_recorded() {
    labelled_mails_are_told_apart("corpus", figures().corpus);
}

/// Written without a look at detection or its words: what new mail is told apart by.
#[test]
fn and_so_is_mail_that_nothing_was_fitted_to() {
    labelled_mails_are_told_apart("corpus/unseen", figures().unseen);
}

fn labelled_mails_are_told_apart(what: &str, recorded: Figure) {
    let folder = tests_folder().join(what);
    let labels = fs::read_to_string(folder.join("labels.jsonl")).unwrap();
    let mut count = Count::default();
    let mut wrong = Vec::new();
    for line in labels.lines().filter(|l| !l.trim().is_empty()) {
        let label: Label = serde_json::from_str(line).unwrap();
        let inspection = read(fs::read(folder.join(&label.file)).unwrap());
        assert!(inspection.uninspectable.is_empty(), "{}: {:?}", label.file, inspection.uninspectable);
        let found = is_confidential(&inspection);
        count.add(label.confidential, found);
        if found != label.confidential {
            wrong.push(format!("{} {}", if found { "false alarm" } else { "missed" }, label.file));
        }
    }
    assert!(count.hits > 0);
    assert_holds(what, count.figure(), recorded, &wrong);
}

#[test]
fn one_line_mails_are_told_apart_as_well_as_recorded() {
    let rows = fs::read_to_string(tests_folder().join("detection/rows.txt")).unwrap();
    let mut count = Count::default();
    let mut by_language: BTreeMap<&str, Count> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (number, line) in rows.lines().enumerate().filter(|(_, l)| !l.trim().is_empty() && !l.starts_with('#')) {
        let fields: Vec<&str> = line.split(" | ").collect();
        let [verdict, language, sender, subject, text] = fields[..] else {
            panic!("line {}: five fields are expected", number + 1)
        };
        let expected = verdict.trim_start_matches('?') == "yes";
        let mail = format!(
            "From: <{sender}>\r\nTo: <mottak@annan.example>\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n\
             Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{}\r\n",
            text.replace("\\n", "\r\n")
        );
        let found = is_confidential(&read(mail.into_bytes()));
        count.add(expected, found);
        by_language.entry(language).or_default().add(expected, found);
        if found != expected {
            wrong.push(format!("line {}: {} ({verdict})", number + 1, if found { "false alarm" } else { "missed" }));
        }
    }
    for (language, count) in by_language {
        let figure = count.figure();
        println!("{language}: recall {:.3}, precision {:.3}", figure.recall, figure.precision);
    }
    assert!(count.hits > 0);
    assert_holds("rows", count.figure(), figures().rows, &wrong);
}
