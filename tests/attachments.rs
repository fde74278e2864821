//! Attachments through the real program's own process: every format, every damage, every bomb.
//!
//! `tests/documents/` holds files by real software, each with one synthetic identity number in every place
//! that holds text; `expected.txt` beside them says how often detection finds it there and what could not be read. After a
//! change `UPDATE_EXPECTED=1 cargo test --test attachments` writes the table anew, to be read before it is kept.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use data_encoding::BASE64;
use flate2::Compression;
use flate2::write::GzEncoder;
use sluss::detect::{Category, Context, Detector};
use sluss::inspect::budget::{MAX_EXPANDED, MIN_EXPANDED};
use sluss::inspect::helper::{Pool, Sandbox};
use sluss::inspect::{Inspection, Reason, inspect_with};
use sluss::message::RawMessage;
use sluss::text::Origin;
use zip::write::SimpleFileOptions;

/// The number of the fixtures.
const NUMBER: &str = "01819012365";
/// Damaged copies of all fixtures together, at least.
const COPIES: usize = 2_000;
/// Longer than the inspection of one message may take, on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(60);

static POOL: LazyLock<Pool> =
    LazyLock::new(|| Pool::of(File::open(env!("CARGO_BIN_EXE_sluss")), Sandbox::BestEffort, 2));

static DETECTOR: LazyLock<Arc<Detector>> = LazyLock::new(Detector::builtin);

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/documents")
}

/// Names and contents of the fixtures, sorted.
fn fixtures() -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_file() && !name.ends_with(".py") && !name.ends_with(".txt") {
            found.push((name, fs::read(path).unwrap()));
        }
    }
    found.sort();
    found
}

fn mail_with(name: &str, content: &[u8]) -> Vec<u8> {
    let mut mail =
        b"From: a@a.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nHei\r\n--x\r\n".to_vec();
    let fields = "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64";
    write!(mail, "{fields}\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\r\n").unwrap();
    for line in BASE64.encode(content).as_bytes().chunks(76) {
        mail.extend_from_slice(line);
        mail.extend_from_slice(b"\r\n");
    }
    mail.extend_from_slice(b"--x--\r\n");
    mail
}

fn read(name: &str, content: &[u8]) -> Inspection {
    let started = Instant::now();
    let inspection = inspect_with(&RawMessage::uncounted(mail_with(name, content)), &*POOL);
    assert!(started.elapsed() < PATIENCE, "{name}: no end");
    inspection
}

fn reasons(inspection: &Inspection) -> Vec<&'static str> {
    let reasons: BTreeSet<_> = inspection.uninspectable.iter().map(|of| of.reason.as_str()).collect();
    reasons.into_iter().collect()
}

fn has(inspection: &Inspection, reason: Reason) -> bool {
    inspection.uninspectable.iter().any(|of| of.reason == reason)
}

/// Where something stands, as part and place, to how often.
type Counts = BTreeMap<String, usize>;

fn spot(origin: &Origin) -> String {
    format!("{} {}", origin.part, origin.place.as_deref().unwrap_or("text"))
}

/// Where the number stands; second readings aside.
fn seen(inspection: &Inspection) -> Counts {
    let mut counts = Counts::new();
    for view in inspection.views.iter().filter(|view| !view.alternative) {
        for (at, _) in view.normal().match_indices(NUMBER) {
            *counts.entry(spot(&view.origin_at(view.to_text(at..at + NUMBER.len()).start))).or_default() += 1;
        }
    }
    counts
}

/// Where detection finds the number, and where it finds others.
fn found(inspection: &Inspection) -> (Counts, Counts) {
    let context = Context { today: (2026, 1, 1), count_synthetic: true, ..Context::default() };
    let (mut number, mut others) = (Counts::new(), Counts::new());
    let findings = DETECTOR.assess(&inspection.views, &context).findings;
    for finding in findings.iter().filter(|finding| finding.category == Category::NationalId) {
        let counts = if finding.identity.0.ends_with(NUMBER) { &mut number } else { &mut others };
        *counts.entry(spot(&finding.origin)).or_default() += 1;
    }
    (number, others)
}

#[test]
fn every_place_of_every_format_is_found_once() {
    let (mut table, mut wrong) = (String::new(), Vec::new());
    let times = |n: usize| if n == 1 { String::new() } else { format!(" x{n}") };
    for (name, content) in fixtures() {
        let inspection = read(&name, &content);
        let (seen, (found, others)) = (seen(&inspection), found(&inspection));
        if seen != found {
            wrong.push(format!("{name}: {seen:?} is seen, {found:?} found"));
        }
        table.push_str(&format!("{name}\n"));
        for (place, n) in found {
            table.push_str(&format!("    {place}{}\n", times(n)));
        }
        for (place, n) in others {
            table.push_str(&format!("    another number: {place}{}\n", times(n)));
        }
        for unread in &inspection.uninspectable {
            table.push_str(&format!("    not read: {} {}\n", unread.part, unread.reason.rule()));
        }
    }
    let path = folder().join("expected.txt");
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::write(&path, &table).unwrap();
    }
    assert_eq!(wrong, [""; 0], "found as often as it stands there");
    let expected = fs::read_to_string(&path).unwrap();
    for (found, expected) in table.lines().zip(expected.lines()) {
        assert_eq!(found, expected, "see {}", path.display());
    }
    assert_eq!(table.lines().count(), expected.lines().count());
}

/// Letters and digits that inspection sees in the attachment and in what is inside.
fn letters(inspection: &Inspection) -> usize {
    let of_file = inspection.views.iter().filter(|view| view.origin.part.starts_with('2') && !view.alternative);
    of_file.map(|view| view.normal().chars().filter(|c| c.is_alphanumeric()).count()).sum()
}

/// Copies cut off at many places, and copies with one byte wrong, spread evenly over the file. What is shorter than
/// a mark is no file of its format any more.
fn damaged(content: &[u8], copies: usize) -> Vec<(String, Vec<u8>)> {
    let at = |n: usize| content.len() * n / copies.div_ceil(2) + n % 7;
    let cut = (1..copies / 2)
        .filter(|n| at(*n) >= 16)
        .map(|n| (format!("cut at {}", at(n)), content[..at(n).min(content.len() - 1)].to_vec()));
    let flipped = (0..copies.div_ceil(2)).map(|n| {
        let (at, mut copy) = (at(n).min(content.len() - 1), content.to_vec());
        copy[at] ^= 1 << (n % 8);
        (format!("byte {at} wrong"), copy)
    });
    cut.chain(flipped).collect()
}

#[test]
fn damage_is_never_taken_for_a_clean_file() {
    let fixtures = fixtures();
    let each = COPIES.div_ceil(fixtures.len()) + 8;
    let (mut tried, mut silent) = (0, Vec::new());
    for (name, content) in &fixtures {
        let whole = read(name, content);
        let text = letters(&whole);
        for (damage, copy) in damaged(content, each) {
            let inspection = read(name, &copy);
            tried += 1;
            // A wrong byte in a text changes a letter or two and loses none.
            let lost = letters(&inspection) + text / 50 + 8 < text;
            // Nothing marks the end of a winmail.dat: cut between two attributes it is a shorter one.
            let endless = name == "winmail.dat" && damage.starts_with("cut");
            if lost && !endless && inspection.uninspectable.is_empty() {
                silent.push(format!("{name}: {damage}: {} of {text} letters", letters(&inspection)));
            }
        }
    }
    assert!(tried >= COPIES, "{tried}");
    assert_eq!(silent, [""; 0], "text was lost in silence");
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut writer = GzEncoder::new(Vec::new(), Compression::best());
    writer.write_all(content).unwrap();
    writer.finish().unwrap()
}

fn zip_of(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in entries {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// What the views of an inspection hold in memory as text.
fn text_bytes(inspection: &Inspection) -> usize {
    inspection.views.iter().map(|view| view.normal().len()).sum()
}

#[test]
fn bombs_end_within_the_budget() {
    // A1: archives in archives, sixteen a level; and one twenty deep.
    let mut nested = zip_of(&[("0", &vec![b'0'; 1_000_000])]);
    for _ in 0..6 {
        let names: Vec<String> = (0..16).map(|n| n.to_string()).collect();
        let entries: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), nested.as_slice())).collect();
        nested = zip_of(&entries);
    }
    let mut deep = b"Kari".to_vec();
    for _ in 0..40 {
        deep = zip_of(&[("a.zip", &deep)]);
    }
    // A4: ten million bytes that are ten thousand million.
    let member = gzip(&vec![0; 100_000_000]);
    let stream = member.repeat(10_000_000 / member.len());
    // A2: many entries that are one.
    let flat = {
        let names: Vec<String> = (0..2_000).map(|n| format!("{n}.txt")).collect();
        let content = vec![b'a'; 200_000];
        let entries: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), content.as_slice())).collect();
        zip_of(&entries)
    };
    // A3: more entries than anybody looks at.
    let many = {
        let names: Vec<String> = (0..12_000).map(|n| format!("{n}")).collect();
        let entries: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b"x"[..])).collect();
        zip_of(&entries)
    };
    for (name, bomb) in
        [("nested.zip", nested), ("deep.zip", deep), ("stream.gz", stream), ("flat.zip", flat), ("many.zip", many)]
    {
        let inspection = read(name, &bomb);
        assert!(has(&inspection, Reason::OverLimit), "{name}: {:?}", reasons(&inspection));
        let most = (bomb.len() * 14).clamp(MIN_EXPANDED, MAX_EXPANDED) * 2;
        assert!(text_bytes(&inspection) <= most, "{name}: {} of {most}", text_bytes(&inspection));
    }
}

#[test]
fn entities_are_never_expanded() {
    let levels: String =
        (1..10).map(|n| format!("<!ENTITY a{n} \"{}\">", format!("&a{};", n - 1).repeat(10))).collect();
    let bomb = format!("<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a0 \"lol\">{levels}]>");
    let types = r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"#;
    let document = format!(
        "{bomb}<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body><w:p><w:r><w:t>{NUMBER} &a9;</w:t></w:r></w:p></w:body></w:document>"
    );
    let docx = zip_of(&[("[Content_Types].xml", types.as_bytes()), ("word/document.xml", document.as_bytes())]);
    let inspection = read("a.docx", &docx);
    assert!(has(&inspection, Reason::Malformed), "{:?}", reasons(&inspection));
    assert!(text_bytes(&inspection) < 100_000);
    let odt = zip_of(&[
        ("mimetype", b"application/vnd.oasis.opendocument.text"),
        ("META-INF/manifest.xml", b"<manifest/>"),
        ("content.xml", format!("{bomb}<office:document-content xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\">&a9;</office:document-content>").as_bytes()),
    ]);
    assert!(has(&read("a.odt", &odt), Reason::Malformed));
    let svg = format!("{bomb}<svg xmlns=\"http://www.w3.org/2000/svg\"><text>{NUMBER} &a9;</text></svg>");
    let inspection = read("a.svg", svg.as_bytes());
    assert_eq!(seen(&inspection).values().sum::<usize>(), 1, "what stands there is read");
    assert!(text_bytes(&inspection) < 100_000);
}

#[test]
fn names_that_lead_out_of_the_archive_are_only_names() {
    let archive = zip_of(&[("../../../../tmp/sluss-was-here", NUMBER.as_bytes()), ("/etc/sluss-was-here", b"x")]);
    let inspection = read("a.zip", &archive);
    assert_eq!(seen(&inspection), Counts::from([("2/1 text".to_owned(), 1)]));
    for path in ["/tmp/sluss-was-here", "/etc/sluss-was-here"] {
        assert!(!Path::new(path).exists());
    }
}
