//! How well detection tells confidential mail from the rest, on whole messages.
//!
//! `tests/corpus/` holds hand-written mails of invented municipalities with labels; those whose
//! evidence is in an attachment belong to the readers of attachments and are left out here.
//! `tests/detection/rows.txt` holds one-line mails by another hand. Figures must not fall below those
//! of `figures.json`; better ones are to be written there with the change that reached them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde::Deserialize;
use sluss::detect::{Context, Detector, Severity, default_severity};
use sluss::inspect::inspect;
use sluss::message::RawMessage;

static DETECTOR: LazyLock<std::sync::Arc<Detector>> = LazyLock::new(Detector::builtin);

/// From this severity a message is confidential under the profile `default`.
const HOLD_FROM: Severity = Severity::Medium;

#[derive(Deserialize)]
struct Label {
    file: String,
    confidential: bool,
    #[serde(rename = "where")]
    place: Option<String>,
}

#[derive(Deserialize)]
struct Figures {
    corpus: Figure,
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

fn is_confidential(raw: Vec<u8>) -> bool {
    let inspection = inspect(&RawMessage::uncounted(raw));
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
    let folder = tests_folder().join("corpus");
    let labels = fs::read_to_string(folder.join("labels.jsonl")).unwrap();
    let mut count = Count::default();
    let mut wrong = Vec::new();
    for line in labels.lines().filter(|l| !l.trim().is_empty()) {
        let label: Label = serde_json::from_str(line).unwrap();
        if label.place.as_deref() == Some("attachment") {
            continue;
        }
        let found = is_confidential(fs::read(folder.join(&label.file)).unwrap());
        count.add(label.confidential, found);
        if found != label.confidential {
            wrong.push(format!("{} {}", if found { "false alarm" } else { "missed" }, label.file));
        }
    }
    assert!(count.hits > 0);
    assert_holds("corpus", count.figure(), figures().corpus, &wrong);
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
        let found = is_confidential(mail.into_bytes());
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
