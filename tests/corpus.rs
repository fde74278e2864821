//! How well detection tells confidential mail from the rest, on whole messages.
//!
//! `tests/corpus/` holds hand-written mails of invented municipalities with labels, `tests/corpus/unseen/` those
//! of other hands who knew nothing of detection, and `tests/corpus/hard/` those of further hands who were asked for mail
//! that is hard to tell apart; `tests/corpus/fresh/` those of four more, of which one half was read when it was
//! measured first and the other by nobody who tunes; `tests/corpus/newest/` those
//! of two more that nobody who tunes has read. What they carry is opened by the real program's own process, and nothing
//! of it may stay unread but what is encrypted.
//! `tests/detection/rows.txt` holds one-line mails by another hand. No figure may fall below its record in
//! `figures.json`; better ones are to be written there with the change that reached them.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use sluss::detect::{Context, Detector, Severity, default_severity};
use sluss::inspect::helper::{Pool, Sandbox};
use sluss::inspect::{Inspection, Reason, Uninspectable, inspect_with};
use sluss::message::RawMessage;

static DETECTOR: LazyLock<std::sync::Arc<Detector>> = LazyLock::new(Detector::builtin);

static POOL: LazyLock<Pool> =
    LazyLock::new(|| Pool::of(File::open(env!("CARGO_BIN_EXE_sluss")), Sandbox::BestEffort, 1));

/// From this severity a message is confidential under the profile `default`.
const HOLD_FROM: Severity = Severity::Medium;

#[derive(Deserialize)]
struct Label {
    file: String,
    lang: String,
    confidential: bool,
    categories: Vec<String>,
    r#where: Option<String>,
    difficulty: String,
}

/// What is measured, by set and by the part of it: a language, a difficulty, a place, a category.
type Figures = BTreeMap<String, BTreeMap<String, Figure>>;

#[derive(Deserialize, Serialize)]
struct Record {
    /// The version that reached them.
    version: String,
    sets: Figures,
}

#[derive(Deserialize, Serialize, Clone, Copy)]
struct Figure {
    /// Of the confidential mails, those found; three decimals.
    recall: f64,
    /// Of those found, the confidential ones. Of a place or a category only recall can be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    precision: Option<f64>,
    mails: usize,
}

#[derive(Default)]
struct Count {
    hits: usize,
    misses: usize,
    false_alarms: usize,
    mails: usize,
}

impl Count {
    fn add(&mut self, expected: bool, found: bool) {
        self.mails += 1;
        match (expected, found) {
            (true, true) => self.hits += 1,
            (true, false) => self.misses += 1,
            (false, true) => self.false_alarms += 1,
            (false, false) => {}
        }
    }

    fn figure(&self, part: &str) -> Figure {
        let of = |part: usize, whole: usize| if whole == 0 { 1.0 } else { part as f64 / whole as f64 };
        let rounded = |share: f64| (share * 1000.0).round() / 1000.0;
        let only_recall = part.starts_with("where ") || part.starts_with("category ");
        Figure {
            recall: rounded(of(self.hits, self.hits + self.misses)),
            precision: (!only_recall).then(|| rounded(of(self.hits, self.hits + self.false_alarms))),
            mails: self.mails,
        }
    }
}

fn tests_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
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

/// What one set comes to.
#[derive(Default)]
struct Measured {
    parts: BTreeMap<String, Count>,
    wrong: Vec<String>,
}

impl Measured {
    fn add(&mut self, name: &str, parts: impl IntoIterator<Item = String>, expected: bool, found: bool) {
        for part in parts.into_iter().chain(["all".to_owned()]) {
            self.parts.entry(part).or_default().add(expected, found);
        }
        if found != expected {
            self.wrong.push(format!("{} {name}", if found { "false alarm" } else { "missed" }));
        }
    }

    fn figures(&self) -> BTreeMap<String, Figure> {
        self.parts.iter().map(|(part, count)| (part.clone(), count.figure(part))).collect()
    }
}

/// Better figures are written to `figures.json` by `UPDATE_EXPECTED=1 cargo test --test corpus`.
#[test]
fn mails_are_told_apart_as_well_as_recorded() {
    let sets = [
        ("corpus", labelled_mails("corpus")),
        ("unseen", labelled_mails("corpus/unseen")),
        ("hard", labelled_mails("corpus/hard")),
        ("fresh", labelled_mails("corpus/fresh")),
        ("newest", labelled_mails("corpus/newest")),
        ("rows", rows()),
    ];
    let path = tests_folder().join("corpus/figures.json");
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        let reached = sets.iter().map(|(set, measured)| ((*set).to_owned(), measured.figures())).collect();
        let record = Record { version: env!("CARGO_PKG_VERSION").to_owned(), sets: reached };
        fs::write(&path, format!("{}\n", serde_json::to_string_pretty(&record).unwrap())).unwrap();
    }
    let recorded: Record = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let mut worse = Vec::new();
    for (set, measured) in &sets {
        let (reached, recorded) = (measured.figures(), &recorded.sets[*set]);
        assert_eq!(reached.keys().collect::<Vec<_>>(), recorded.keys().collect::<Vec<_>>(), "{set}: other parts");
        for (part, now) in &reached {
            let then = recorded[part];
            let precision = now.precision.map(|p| format!(", precision {p:.3}")).unwrap_or_default();
            println!("{set}, {part}: {} mails, recall {:.3}{precision}", now.mails, now.recall);
            if now.recall < then.recall || now.precision < then.precision {
                worse
                    .push(format!("{set}, {part}: recorded recall {:.3}, precision {:?}", then.recall, then.precision));
            }
        }
        // Whoever tunes is not to know which of the newest are wrong.
        let wrong = if *set == "newest" { String::new() } else { measured.wrong.join(", ") };
        println!("{set}: {wrong}");
    }
    assert!(worse.is_empty(), "{}", worse.join("\n"));
}

/// The mails of one folder; nothing of them may stay unread.
fn labelled_mails(folder: &str) -> Measured {
    let folder = tests_folder().join(folder);
    let labels = fs::read_to_string(folder.join("labels.jsonl")).unwrap();
    let mut measured = Measured::default();
    for line in labels.lines().filter(|l| !l.trim().is_empty()) {
        let label: Label = serde_json::from_str(line).unwrap();
        let inspection = read(fs::read(folder.join(&label.file)).unwrap());
        let encrypted = |part: &Uninspectable| matches!(part.reason, Reason::Encrypted(_));
        assert!(inspection.uninspectable.iter().all(encrypted), "{}: {:?}", label.file, inspection.uninspectable);
        let mut parts = vec![label.lang, label.difficulty];
        if folder.ends_with("fresh") {
            parts.push(half(&label.file).to_owned());
        }
        parts.extend(label.r#where.map(|place| format!("where {place}")));
        parts.extend(label.categories.iter().map(|category| format!("category {category}")));
        measured.add(&label.file, parts, label.confidential, is_confidential(&inspection));
    }
    assert!(measured.parts["all"].hits > 0);
    measured
}

/// Of which half of the fresh mails a file is: by a bit of its name's hash (FNV-1a, 32 bits).
fn half(file: &str) -> &'static str {
    let name = file.rsplit('/').next().unwrap_or(file);
    let hash = name.bytes().fold(0x811C_9DC5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    if hash >> 8 & 1 == 0 { "half read" } else { "half unread" }
}

/// One-line mails.
fn rows() -> Measured {
    let rows = fs::read_to_string(tests_folder().join("detection/rows.txt")).unwrap();
    let mut measured = Measured::default();
    for (number, line) in (1..).zip(rows.lines()).filter(|(_, l)| !l.trim().is_empty() && !l.starts_with('#')) {
        let fields: Vec<&str> = line.split(" | ").collect();
        let [verdict, language, sender, subject, text] = fields[..] else {
            panic!("line {number}: five fields are expected")
        };
        let mail = format!(
            "From: <{sender}>\r\nTo: <mottak@annan.example>\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n\
             Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{}\r\n",
            text.replace("\\n", "\r\n")
        );
        let expected = verdict.trim_start_matches('?') == "yes";
        let found = is_confidential(&read(mail.into_bytes()));
        measured.add(&format!("line {number}"), [language.to_owned()], expected, found);
    }
    assert!(measured.parts["all"].hits > 0);
    measured
}
