//! What the tests plant in mail, and the search for it in everything that the program leaves behind: its folder with
//! database, write-ahead log, temporary files and log; what it says on standard output and error; its replies, metrics
//! and notices. A test gets this for nothing: the house searches itself when it is dropped.
//!
//! Looked for is every word in clear, in hex, in quoted-printable, and in base64 wherever in a text it stands. All
//! persons are invented; the personnummer are published test numbers of the Swedish tax agency, or no day.

#![allow(dead_code, reason = "each test program uses the part it needs")]

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use aho_corasick::AhoCorasick;

/// Numbers, names, what is said of persons, subjects.
pub const PLANTED: [&str; 9] = [
    "19941227-2396",
    "199412272396",
    "941227-2396",
    "Dahlqvist",
    "Ekström",
    "Solbakken",
    "är sjukskriven",
    "Underlag inför",
    "en depression",
];

/// The only files of a house that may hold content: mail that a test wrote there for the program to read.
const CONTENT: [&str; 1] = ["eml"];

/// Arguments of commands that are there to show content.
const SHOWS_CONTENT: [&str; 2] = ["--open", "--text"];

/// What was found: never the word itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub place: String,
    /// Position in [`PLANTED`].
    pub word: usize,
    pub form: &'static str,
}

/// The first planted word in these bytes, in whichever form.
pub fn search(place: &str, bytes: &[u8]) -> Option<Found> {
    static FORMS: OnceLock<(AhoCorasick, Vec<(usize, &'static str)>)> = OnceLock::new();
    let (automaton, meaning) = FORMS.get_or_init(|| {
        let all = PLANTED
            .iter()
            .enumerate()
            .flat_map(|(word, text)| forms(text).into_iter().map(move |(form, text)| (text, (word, form))));
        let (texts, meaning): (Vec<String>, Vec<_>) = all.unzip();
        (AhoCorasick::new(texts).expect("plain patterns"), meaning)
    });
    let found = automaton.find(bytes)?;
    let (word, form) = meaning[found.pattern().as_usize()];
    Some(Found { place: place.to_owned(), word, form })
}

/// Everything in the folder, at any depth.
pub fn search_folder(folder: &Path) -> Vec<Found> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&next) else { continue };
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            let Ok(kind) = path.symlink_metadata().map(|data| data.file_type()) else { continue };
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() && !is_content(&path) {
                found.extend(search_file(folder, &path));
            }
        }
    }
    found
}

fn search_file(folder: &Path, path: &PathBuf) -> Option<Found> {
    let place = path.strip_prefix(folder).unwrap_or(path).display().to_string();
    // Gone meanwhile: the program may still run.
    let bytes = std::fs::read(path).ok()?;
    search(&place, place.as_bytes()).or_else(|| search(&place, &bytes))
}

fn is_content(path: &Path) -> bool {
    path.extension().is_some_and(|extension| CONTENT.iter().any(|content| extension == *content))
}

/// What a command has said, unless it is there to show content.
pub fn assert_output<S: AsRef<str>>(arguments: &[S], output: &std::process::Output) {
    if arguments.iter().any(|argument| SHOWS_CONTENT.contains(&argument.as_ref())) {
        return;
    }
    for (name, bytes) in [("standard output", &output.stdout), ("standard error", &output.stderr)] {
        assert_none(search(name, bytes));
    }
}

/// A notice as it came and as a mail program shows it. Any other mail is the next hop's to have.
pub fn assert_notice(mail: &[u8]) {
    let head = mail.windows(4).position(|end| end == b"\r\n\r\n").map_or(mail, |end| &mail[..end]);
    if !String::from_utf8_lossy(head).contains("\r\nAuto-Submitted: auto-replied\r\n") {
        return;
    }
    assert_none(search("a notice", mail));
    let parsed = mail_parser::MessageParser::default().parse(mail).expect("a mail");
    assert_none(search("the subject of a notice", parsed.subject().unwrap_or_default().as_bytes()));
    for part in [parsed.body_text(0), parsed.body_html(0)].into_iter().flatten() {
        assert_none(search("the text of a notice", part.as_bytes()));
    }
}

/// Panics with places and forms, never with words. Says nothing while another fault is on its way.
pub fn assert_none(found: impl IntoIterator<Item = Found>) {
    let found: Vec<Found> = found.into_iter().collect();
    if !std::thread::panicking() {
        assert!(found.is_empty(), "planted words were left behind: {found:?}");
    }
}

/// A word in clear, in hex and in quoted-printable, and what is the same of its base64 wherever in a text it stands.
pub fn forms(word: &str) -> Vec<(&'static str, String)> {
    let quoted: String =
        word.bytes().map(|byte| if byte.is_ascii() { (byte as char).into() } else { format!("={byte:02X}") }).collect();
    let mut forms = vec![
        ("clear", word.to_owned()),
        ("hex", data_encoding::HEXLOWER.encode(word.as_bytes())),
        ("hex", data_encoding::HEXUPPER.encode(word.as_bytes())),
        ("quoted-printable", quoted),
    ];
    for (shift, changed) in [(0, 0), (1, 2), (2, 3)] {
        let bytes = [&[0_u8; 2][..shift], word.as_bytes()].concat();
        let encoded = data_encoding::BASE64.encode(&bytes);
        let certain = &encoded[changed..bytes.len() / 3 * 4];
        // A shorter one may stand anywhere by chance.
        if certain.len() >= 6 {
            forms.push(("base64", certain.to_owned()));
        }
    }
    forms
}
