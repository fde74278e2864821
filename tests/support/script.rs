//! The script of a dialog: what is particular about relay and next hop, and the steps.
//!
//! One line, one step; [`Step`] says what the lines mean. Empty lines and those with `#` are passed
//! over. Before the steps:
//!
//! ```text
//! config TABLE: KEY = VALUE             a line of the relay's configuration
//! next-hop offers: A, B                 lines of the next hop's EHLO reply
//! next-hop says: START => WORDS         what it does at command lines that begin so; `Behaviour` has the words
//! variant: TEXT                         the script runs once for each, {v} replaced
//! repeat N STEP                         a step N times, {n} replaced by its number
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::capture::Behaviour;

/// Lines for tables of the configuration, beside those every test has.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Overrides {
    /// Table name to its lines; a line replaces the one with the same key.
    pub tables: BTreeMap<String, Vec<String>>,
}

impl Overrides {
    /// The lines of `[gateway]`, and the other tables, where `usual` are those of every test.
    pub fn over(&self, usual: &[(&str, &[String])]) -> (String, String) {
        let mut tables: BTreeMap<&str, Vec<String>> =
            usual.iter().map(|(name, lines)| (*name, lines.to_vec())).collect();
        let key = |line: &str| line.split('=').next().unwrap_or_default().trim().to_owned();
        for (name, lines) in &self.tables {
            let table = tables.entry(name).or_default();
            for line in lines {
                table.retain(|known| key(known) != key(line));
                table.push(line.clone());
            }
        }
        let gateway = tables.remove("gateway").unwrap_or_default().join("\n");
        (gateway, tables.iter().map(|(name, lines)| format!("[{name}]\n{}\n\n", lines.join("\n"))).collect())
    }
}

/// One script: what is particular about relay and next hop, and the steps.
#[derive(Debug)]
pub struct Script {
    pub path: PathBuf,
    pub overrides: Overrides,
    /// Of the next hop.
    pub behaviour: Behaviour,
    /// The script runs once for each, `{v}` replaced; once without any.
    pub variants: Vec<String>,
    pub steps: Vec<(usize, Step)>,
}

/// What a line of a script says. `{n}` in a repeated line is its number.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// `c: text` sends a line; `c= bytes` sends exactly that, escapes undone.
    Send {
        text: String,
        raw: bool,
    },
    /// `s: glob` reads one line.
    Expect(String),
    /// `s...: 250` reads a reply to its last line.
    ExpectAll(String),
    /// `offers: glob`, `offers not: glob` about the last such reply.
    Offers {
        glob: String,
        yes: bool,
    },
    /// `close`: the relay closes the connection.
    Closed,
    /// `hang up`: the client does.
    HangUp,
    /// `starttls`, `starttls as NAME` with a client certificate.
    StartTls(Option<String>),
    /// `connect NAME` opens one more connection; `use NAME` goes back to one (the first is `1`).
    Connect(String),
    Use(String),
    /// `wait 100ms`
    Wait(Duration),
    /// `terminate`: SIGTERM to the relay. `exits`: it has ended, with status 0.
    Terminate,
    Exits,
    /// `next-hop: nothing`, `next-hop: N messages`, `next-hop mail: glob`, `next-hop rcpt: glob`,
    /// `next-hop text: bytes` (the message ends with these), each about the last message.
    NextHop {
        what: String,
        value: String,
    },
}

impl Script {
    pub fn read(path: &Path) -> Result<Script, String> {
        let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
        let mut script = Script {
            path: path.to_owned(),
            overrides: Overrides::default(),
            behaviour: Behaviour::default(),
            variants: Vec::new(),
            steps: Vec::new(),
        };
        for (at, line) in text.lines().enumerate().map(|(at, line)| (at + 1, line.trim_end())) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let value = |prefix: &str| line.strip_prefix(prefix).map(|v| v.strip_prefix(' ').unwrap_or(v).to_owned());
            if let Some(line) = value("config ") {
                let (table, line) = line.split_once(": ").ok_or(format!("line {at}: config TABLE: KEY = VALUE"))?;
                script.overrides.tables.entry(table.to_owned()).or_default().push(line.to_owned());
            } else if let Some(offers) = value("next-hop offers:") {
                script.behaviour.offers = offers.split(", ").filter(|o| !o.is_empty()).map(str::to_owned).collect();
            } else if let Some(says) = value("next-hop says:") {
                let (start, words) =
                    says.split_once(" => ").ok_or(format!("line {at}: next-hop says: START => WORDS"))?;
                script.behaviour.replies.push((start.to_owned(), words.to_owned()));
            } else if let Some(variant) = value("variant:") {
                script.variants.push(variant);
            } else {
                let (times, line) = match line.strip_prefix("repeat ").and_then(|rest| rest.split_once(' ')) {
                    Some((times, rest)) => (times.parse().map_err(|_| format!("line {at}: repeat N STEP"))?, rest),
                    None => (1usize, line),
                };
                for n in 1..=times {
                    let step =
                        step(&line.replace("{n}", &n.to_string())).ok_or(format!("line {at}: {line}: no step"))?;
                    script.steps.push((at, step));
                }
            }
        }
        Ok(script)
    }
}

fn step(line: &str) -> Option<Step> {
    let value = |prefix: &str| line.strip_prefix(prefix).map(|v| v.strip_prefix(' ').unwrap_or(v).to_owned());
    Some(match line {
        "close" => Step::Closed,
        "hang up" => Step::HangUp,
        "starttls" => Step::StartTls(None),
        "terminate" => Step::Terminate,
        "exits" => Step::Exits,
        _ => {
            if let Some(text) = value("c:") {
                Step::Send { text, raw: false }
            } else if let Some(text) = value("c=") {
                Step::Send { text, raw: true }
            } else if let Some(glob) = value("s...:") {
                Step::ExpectAll(glob)
            } else if let Some(glob) = value("s:") {
                Step::Expect(glob)
            } else if let Some(glob) = value("offers not:") {
                Step::Offers { glob, yes: false }
            } else if let Some(glob) = value("offers:") {
                Step::Offers { glob, yes: true }
            } else if let Some(name) = value("starttls as ") {
                Step::StartTls(Some(name))
            } else if let Some(name) = value("connect ") {
                Step::Connect(name)
            } else if let Some(name) = value("use ") {
                Step::Use(name)
            } else if let Some(milliseconds) = line.strip_prefix("wait ").and_then(|rest| rest.strip_suffix("ms")) {
                Step::Wait(Duration::from_millis(milliseconds.parse().ok()?))
            } else {
                let (what, value) = line.strip_prefix("next-hop")?.split_once(':')?;
                Step::NextHop {
                    what: what.trim().to_owned(),
                    value: value.strip_prefix(' ').unwrap_or(value).to_owned(),
                }
            }
        }
    })
}

/// `*` stands for any text.
pub fn matches(glob: &str, text: &str) -> bool {
    match glob.split_once('*') {
        None => glob == text,
        Some((head, tail)) => text
            .strip_prefix(head)
            .is_some_and(|rest| (0..=rest.len()).any(|at| rest.is_char_boundary(at) && matches(tail, &rest[at..]))),
    }
}

/// Undoes `\r \n \t \0 \\ \xNN`.
pub fn unescape(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'\\' => match bytes.next() {
                Some(b'r') => b'\r',
                Some(b'n') => b'\n',
                Some(b't') => b'\t',
                Some(b'0') => 0,
                Some(b'x') => {
                    let digits = [bytes.next(), bytes.next()].map(|digit| digit.map_or('?', char::from));
                    let hex: String = digits.iter().collect();
                    u8::from_str_radix(&hex, 16).expect("two hex digits after \\x")
                }
                Some(other) => other,
                None => b'\\',
            },
            byte => byte,
        });
    }
    out
}
