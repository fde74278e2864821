//! Who may know whom. Reads every `crate::…` path in `src/` and holds it against the table below; a
//! breach names file and line. Also: what the pure rooms never touch, and no file over 600 lines.

use std::fs;
use std::path::{Path, PathBuf};

/// A room, and what it may name of other rooms: a whole room, or one module or type of it. Every room
/// may name itself and `telemetry`; only `cli` may name `config`, and nobody may name `cli`.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("smtp", &[]),
    ("text", &[]),
    ("telemetry", &[]),
    ("message", &["smtp"]),
    ("inspect", &["message", "text"]),
    ("detect", &["text"]),
    ("channel", &["smtp::address"]),
    // Findings, channels and reasons as values.
    ("policy", &["detect", "channel", "inspect::Reason"]),
    ("relay", &["smtp", "message"]),
    ("store", &["message"]),
    ("audit", &["store", "message"]),
    ("account", &["store", "message", "audit"]),
    ("quarantine", &["store", "message", "audit", "smtp", "notice::facts", "notice::gather"]),
    // The outbox opens its own payloads, and sends to a next hop's address with its TLS and its login.
    (
        "notice",
        &[
            "store",
            "smtp",
            "message::Keys",
            "message::MessageId",
            "message::Reference",
            "relay::TlsMode",
            "relay::Credentials",
            "relay::Settings",
        ],
    ),
    (
        "pipeline",
        &[
            "message",
            "smtp",
            "inspect",
            "detect",
            "channel",
            "policy",
            "relay",
            "quarantine",
            "audit",
            "notice",
            "store",
        ],
    ),
    ("gateway", &["smtp", "message", "pipeline"]),
    // What a verdict, a state and a level are called.
    (
        "report",
        &[
            "store",
            "notice",
            "message",
            "channel::Level",
            "detect",
            "inspect::Reason",
            "pipeline::totals",
            "policy::Verdict",
        ],
    ),
    // Links and the tags of forms are made and known by `message`.
    (
        "console",
        &[
            "account",
            "store",
            "quarantine",
            "audit",
            "notice",
            "channel",
            "message",
            "pipeline::judge",
            "policy",
            "report",
        ],
    ),
    // The types of other rooms that a configuration speaks of, never what acts.
    (
        "config",
        &[
            "channel",
            "policy",
            "detect::Category",
            "detect::Severity",
            "detect::Pack",
            "inspect::Reason",
            "notice::facts",
            "message::Secrets",
            "message::KeyFileError",
        ],
    ),
    (
        "cli",
        &[
            "account",
            "audit",
            "channel",
            "config",
            "console",
            "detect",
            "gateway",
            "inspect",
            "message",
            "notice",
            "pipeline",
            "policy",
            "quarantine",
            "relay",
            "report",
            "smtp",
            "store",
            "text",
        ],
    ),
];

/// What one file, or folder, of a room may know besides.
const PARTS_MAY_KNOW: &[(&str, &[&str])] = &[
    ("quarantine/release", &["relay"]),
    ("quarantine/tests", &["relay"]),
    ("console/sender/tests", &["smtp"]),
    // A text that is tried is shown as detection saw it.
    ("console/desk/words", &["detect", "inspect::Inspection"]),
    ("console/desk/tests", &["smtp", "detect", "inspect", "pipeline"]),
];

/// Words that the code of a room must not hold: what a pure room has no business with.
const NEVER: &[(&str, &[&str])] = &[
    ("smtp", &["tokio", "std::fs", "std::net::Tcp"]),
    ("text", &["tokio", "std::fs", "std::net"]),
    ("message", &["tokio", "std::net::Tcp"]),
    ("detect", &["tokio", "std::net"]),
    ("channel", &["tokio", "std::fs", "std::net", "::now("]),
    ("policy", &["tokio", "std::fs", "std::net", "::now("]),
];

/// Files that a newcomer has to be able to hold in his head.
const MAX_LINES: usize = 600;

#[test]
fn every_room_knows_only_whom_it_may() {
    let mut breaches = Vec::new();
    for (file, room) in sources() {
        let text = fs::read_to_string(&file).unwrap();
        let Some((_, allowed)) = MAY_KNOW.iter().find(|(name, _)| *name == room) else {
            // `lib.rs` and `main.rs` name the rooms.
            assert!(room.is_empty(), "{}: the room {room:?} is not in the table", file.display());
            continue;
        };
        let parts = PARTS_MAY_KNOW.iter().filter(|(part, _)| file.to_string_lossy().contains(&format!("src/{part}")));
        let allowed: Vec<&str> = parts.flat_map(|(_, a)| a.iter()).chain(allowed.iter()).copied().collect();
        for (line, path) in references(&text) {
            let own = path == room || path.starts_with(&format!("{room}::"));
            let common = path == "telemetry" || path.starts_with("telemetry::");
            let known = allowed.iter().any(|a| path == *a || path.starts_with(&format!("{a}::")));
            if !(own || common || known) {
                breaches.push(format!("{}:{line}: {room} may not know {path}", file.display()));
            }
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

#[test]
fn pure_rooms_stay_pure() {
    let mut breaches = Vec::new();
    for (file, room) in sources() {
        let Some((_, words)) = NEVER.iter().find(|(name, _)| *name == room) else { continue };
        for (number, line) in code(&fs::read_to_string(&file).unwrap()) {
            for word in words.iter().filter(|w| line.contains(**w)) {
                breaches.push(format!("{}:{number}: {room} never uses {word}", file.display()));
            }
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

#[test]
fn no_file_is_longer_than_a_newcomer_can_hold() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for file in ["src", "tests"].iter().flat_map(|folder| rust_files(&root.join(folder))) {
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        assert!(lines <= MAX_LINES, "{}: {lines} lines; allowed: {MAX_LINES}", file.display());
    }
}

#[test]
fn paths_are_found_however_they_are_written() {
    let text = r#"
use crate::smtp::Reply;
use crate::{notice, store::{Store, sqlite::{self, Settings}}};
pub(crate) use crate::policy::words;
// crate::gateway is only talked about
/// [`crate::gateway`]
fn f() -> crate::relay::Hop { crate::detect::Category::Health } // crate::gateway
use crate::message::{
    Keys as Secrets,
    id::Reference,
};
use mycrate::other::Thing;
"#;
    let found: Vec<(usize, String)> = references(text).collect();
    let expected = [
        (2, "smtp::Reply"),
        (3, "notice"),
        (3, "store::Store"),
        (3, "store::sqlite"),
        (3, "store::sqlite::Settings"),
        (4, "policy::words"),
        (7, "relay::Hop"),
        (7, "detect::Category::Health"),
        (8, "message::Keys"),
        (8, "message::id::Reference"),
    ];
    assert_eq!(found, expected.map(|(line, path)| (line, path.to_owned())));
}

/// Every Rust file of `src/` with its room; empty for `lib.rs` and `main.rs`.
fn sources() -> impl Iterator<Item = (PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    rust_files(&root).into_iter().map(move |file| {
        let inside = file.strip_prefix(&root).unwrap();
        let room = if inside.components().count() > 1 { inside.components().next() } else { None };
        let room = room.map(|c| c.as_os_str().to_string_lossy().into_owned()).unwrap_or_default();
        (file, room)
    })
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
        if entry.is_dir() {
            files.extend(rust_files(&entry));
        } else if entry.extension().is_some_and(|e| e == "rs") {
            files.push(entry);
        }
    }
    files.sort();
    files
}

/// The lines of code, numbered from 1, without comments.
fn code(text: &str) -> Vec<(usize, &str)> {
    // `//` inside a literal is an address; what follows it is no path of ours either.
    (1..).zip(text.lines()).map(|(number, line)| (number, line.split("//").next().unwrap_or_default())).collect()
}

/// Every path that begins with `crate::`, without that, and the line it begins on.
fn references(text: &str) -> impl Iterator<Item = (usize, String)> {
    let mut found = Vec::new();
    let mut plain = String::new();
    let mut starts = Vec::new();
    for (number, line) in code(text) {
        starts.push((plain.len(), number));
        plain.push_str(line);
        plain.push('\n');
    }
    for (at, word) in plain.match_indices("crate::") {
        let part_of_a_word = plain[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_');
        if part_of_a_word {
            continue;
        }
        let line = starts.iter().rev().find(|(start, _)| *start <= at).map_or(0, |(_, number)| *number);
        let mut paths = Vec::new();
        expand("", &plain[at + word.len()..], &mut paths);
        found.extend(paths.into_iter().map(|path| (line, path)));
    }
    found.into_iter()
}

/// Writes `a::{b, c::d}` out as `a::b` and `a::c::d`; gives what follows the path.
fn expand<'t>(prefix: &str, text: &'t str, paths: &mut Vec<String>) -> &'t str {
    let text = text.trim_start();
    if let Some(mut rest) = text.strip_prefix('{') {
        loop {
            rest = rest.trim_start();
            if rest.is_empty() {
                return rest;
            }
            if let Some(after) = rest.strip_prefix('}') {
                return after;
            }
            rest = expand(prefix, rest, paths).trim_start();
            if rest.starts_with("as ") {
                rest = rest.find([',', '}']).map_or("", |end| &rest[end..]);
            }
            rest = rest.strip_prefix(',').unwrap_or(rest);
        }
    }
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    if name.is_empty() {
        // A macro's `*` or something that is no path: step over it.
        return rest.get(1..).unwrap_or_default();
    }
    let path = match (prefix, name) {
        (prefix, "self") => prefix.to_owned(),
        ("", name) => name.to_owned(),
        (prefix, name) => format!("{prefix}::{name}"),
    };
    match rest.strip_prefix("::") {
        Some(rest) if rest.starts_with(|c: char| c.is_alphabetic() || c == '{' || c == '_') => {
            expand(&path, rest, paths)
        }
        _ => {
            paths.push(path);
            rest
        }
    }
}
