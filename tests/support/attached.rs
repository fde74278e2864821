//! Mail with a file attached, what `sluss check` says of it, and the processes that read it.

#![allow(dead_code, reason = "each test program uses the part it needs")]

use std::fs;
use std::io::Write;
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::sluss::PROGRAM;

/// Longer than anything takes on a loaded machine.
pub const PATIENCE: Duration = Duration::from_secs(120);
pub const FROM: &str = "kari@social.kommun.example";
pub const TO: &str = "ola@firma.example";

/// Processes are counted, and keep a core busy: one test of a program at a time starts them.
pub fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits for what comes soon.
pub fn soon(what: &str, mut is: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is() {
        assert!(Instant::now() < end, "{what}: not in time");
        thread::sleep(Duration::from_millis(5));
    }
}

/// A mail of `from` with a file.
pub fn with(id: &str, from: &str, name: &str, file: &[u8]) -> String {
    let mut encoded = data_encoding::BASE64.encode(file);
    for at in (1..=encoded.len() / 76).rev() {
        encoded.insert_str(at * 76, "\r\n");
    }
    format!(
        "From: {from}\r\nTo: {TO}\r\nMessage-ID: <{id}@kommun.example>\r\nDate: Wed, 03 Mar 2027 13:05:00 +0100\r\n\
         Subject: Fika\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nVi ses.\r\n\
         --x\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{encoded}\r\n--x--\r\n"
    )
}

/// `sluss check` with a mail on its standard input.
pub fn check(arguments: &[&str], mail: &str) -> Output {
    let mut command = Command::new(PROGRAM);
    command.args(["check"]).args(arguments).arg("-").env_remove("SLUSS_CONFIG");
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    child.stdin.take().expect("piped").write_all(mail.as_bytes()).expect("it reads");
    child.wait_with_output().expect("it ends")
}

/// The same, as a program reads it.
pub fn checked(mail: &str) -> serde_json::Value {
    serde_json::from_slice(&check(&["--json"], mail).stdout).expect("JSON")
}

/// A process as `/proc/ID/stat` has it.
pub struct Running {
    pub id: i32,
    pub name: String,
    /// `R`, `S`, `Z` …
    pub state: char,
}

/// The processes that a process has started.
pub fn children_of(parent: u32) -> Vec<Running> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").expect("a system with /proc").flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else { continue };
        let Some((name, state, of)) = stat(id) else { continue };
        if of == parent {
            found.push(Running { id, name, state });
        }
    }
    found
}

pub fn is_dead(id: i32) -> bool {
    // Whoever inherits it may take its time to bury it.
    stat(id).is_none_or(|(_, state, _)| state == 'Z')
}

/// Name, state and parent. `12 (name) S 1 …`; the name may hold anything.
fn stat(id: i32) -> Option<(String, char, u32)> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (name, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace();
    let state = fields.next()?.chars().next()?;
    Some((name.split_once('(')?.1.to_owned(), state, fields.next()?.parse().ok()?))
}
