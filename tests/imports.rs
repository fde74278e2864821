//! What each kind of report gives, a folder a case: files of `tests/imports/CASE`, of which those that begin with
//! `users` are lists of users, and beside them `expected`: what was recognised, every record, what was left out.
//!
//! `UPDATE_EXPECTED=1` writes the files anew; read the difference before you keep it.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use sluss::channel::import::{self, Input, Reading};
use sluss::channel::mailbox::{AddressKind, ImportRun, Mailboxes, PhoneFactor, ReportSource};

fn described(reading: &Reading) -> String {
    let mut text = String::new();
    let line = &mut text;
    for (name, file) in &reading.files {
        writeln!(line, "{name}: {file}").unwrap();
    }
    for note in &reading.notes {
        writeln!(line, "note: {note}").unwrap();
    }
    let mut records: Vec<_> = reading.records.iter().collect();
    records.sort_by_key(|(address, _)| *address);
    let verified = records.iter().filter(|(_, r)| r.standing.proves(PhoneFactor::Refuse)).count();
    writeln!(line, "{} rows, {} addresses, {verified} verified", reading.rows, records.len()).unwrap();
    for (address, record) in records {
        let kind = match record.kind {
            AddressKind::Account => String::new(),
            kind => format!(" ({})", kind.as_str()),
        };
        writeln!(line, "  {address}{kind}: {}; {}", record.standing.as_str(), record.factors).unwrap();
    }
    for (why, count) in &reading.left_out {
        writeln!(line, "left out: {count} {}", why.as_str()).unwrap();
    }
    for row in &reading.skipped {
        writeln!(line, "skipped: {}, row {}: {}", reading.files[row.file].0, row.row, row.reason).unwrap();
    }
    for (name, count) in &reading.unknown_methods {
        writeln!(line, "not known: {name:?} {count}").unwrap();
    }
    text
}

#[test]
fn every_report_gives_what_is_written() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/imports");
    let mut cases: Vec<PathBuf> = fs::read_dir(&root).unwrap().map(|e| e.unwrap().path()).collect();
    cases.sort();
    let mut wrong = Vec::new();
    for case in &cases {
        let mut paths: Vec<PathBuf> = fs::read_dir(case).unwrap().map(|e| e.unwrap().path()).collect();
        paths.sort();
        let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
        let files: Vec<(String, Vec<u8>)> =
            paths.iter().filter(|p| name(p) != "expected").map(|path| (name(path), fs::read(path).unwrap())).collect();
        let of = |users: bool| -> Vec<Input<'_>> {
            let wanted = files.iter().filter(|(name, _)| name.starts_with("users") == users);
            wanted.map(|(name, bytes)| Input { name, bytes }).collect()
        };
        let found = match import::read(&of(false), &of(true)) {
            Ok(reading) => described(&reading),
            Err(refusal) => format!("refused: {refusal}\n"),
        };
        let expected_file = case.join("expected");
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            fs::write(&expected_file, &found).unwrap();
        }
        let expected = fs::read_to_string(&expected_file).unwrap_or_default();
        if found != expected {
            wrong.push(format!("--- {}: expected\n{expected}--- found\n{found}", name(case)));
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases differ\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    assert!(cases.len() >= 40);
}

/// The size of a large region: read, written, read back. Prints how long it took; asserts what came out.
#[test]
fn fifty_thousand_mailboxes() {
    let mut report = String::from("userPrincipalName;isMfaCapable;methodsRegistered\n");
    for n in 0..50_000 {
        let methods = ["microsoftAuthenticatorPush,mobilePhone", "mobilePhone"][usize::from(n % 10 == 0)];
        writeln!(report, "u{n:05}@region.example;Sann;{methods}").unwrap();
    }
    let started = std::time::Instant::now();
    let reading = import::read(&[Input { name: "report", bytes: report.as_bytes() }], &[]).unwrap();
    let read = started.elapsed();
    let run = ImportRun {
        channel: "region".into(),
        source: ReportSource::Entra,
        inputs: Vec::new(),
        imported_at: "2026-11-20T08:00:00Z".parse().unwrap(),
        imported_by: "kari".into(),
        as_of: jiff::civil::date(2026, 11, 20),
        rows: reading.rows,
        skipped: 0,
        left_out: 0,
    };
    let mailboxes = Mailboxes { run, records: reading.records };
    let started = std::time::Instant::now();
    let text = import::file::write(&mailboxes).unwrap();
    let written = started.elapsed();
    let started = std::time::Instant::now();
    let loaded = import::file::read(&text).unwrap();
    println!("read {read:?}, written {written:?}, loaded {:?}", started.elapsed());
    assert_eq!(loaded, mailboxes);
    assert_eq!((loaded.records.len(), loaded.verified(PhoneFactor::Refuse)), (50_000, 45_000));
    assert_eq!(loaded.verified(PhoneFactor::Accept), 50_000);
}
