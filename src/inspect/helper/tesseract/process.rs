//! One page in one language, from the relay's side: a process that lives for it alone.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::process::{Life, Timed, in_its_own_thread};
use super::super::sandbox::{Found, Sandbox};
use super::ARGUMENT;
use super::child::{FAILED, GREETING};
use super::installed::Installed;

/// Bytes of what Tesseract may say of one page: 60 a word, and more words than a page has.
const MAX_ANSWER: u64 = 8 * 1024 * 1024;
/// How long an end that has begun may take.
const MAX_END: Duration = Duration::from_secs(2);

/// Why a page has no text.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("the time is over")]
    Late,
    /// Nothing may be read on this system; why not.
    #[error("{0}")]
    Refused(String),
    /// Tesseract, or the process before it, did not come to its proper end.
    #[error("it ended: {0}")]
    Ended(String),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Failure::Late,
            _ => Failure::Ended(error.to_string()),
        }
    }
}

/// A process that is dead when this goes out of scope.
struct Reading(Arc<Life>);

impl Drop for Reading {
    fn drop(&mut self) {
        self.0.kill();
        self.0.wait(MAX_END);
    }
}

/// Reads one page of a picture in one language; Tesseract's table of words.
pub fn read(
    program: &File,
    sandbox: Sandbox,
    installed: &Installed,
    picture: &[u8],
    (page, language): (usize, &str),
    until: Instant,
) -> Result<String, Failure> {
    if until <= Instant::now() {
        return Err(Failure::Late);
    }
    let (to, their_input) = UnixStream::pair()?;
    let (from, their_output) = UnixStream::pair()?;
    let mut command = Command::new(format!("/proc/self/fd/{}", program.as_raw_fd()));
    command.arg0("sluss").arg(ARGUMENT).args(arguments(&installed.root, page, language)).env_clear().process_group(0);
    command.stdin(OwnedFd::from(their_input)).stdout(OwnedFd::from(their_output)).stderr(Stdio::null());
    let reading = Reading(in_its_own_thread(command)?);
    let answered = converse(sandbox, &to, &from, picture, until);
    match answered {
        Ok(answer) => match reading.0.wait(until.saturating_duration_since(Instant::now()).max(MAX_END)) {
            Some(status) if status.success() => Ok(answer),
            status => Err(ended(status)),
        },
        // It is gone; how it went is the answer.
        Err(Failure::Ended(_)) => Err(ended(reading.0.wait(MAX_END))),
        Err(failure) => Err(failure),
    }
}

fn arguments(root: &Path, page: usize, language: &str) -> [OsString; 3] {
    [root.as_os_str().to_owned(), page.to_string().into(), language.into()]
}

/// Hears which walls stand, gives the picture, takes the text.
fn converse(
    sandbox: Sandbox,
    to: &UnixStream,
    from: &UnixStream,
    picture: &[u8],
    until: Instant,
) -> Result<String, Failure> {
    let mut from = Timed { stream: from, until };
    let mut greeting = [0; 2];
    from.read_exact(&mut greeting)?;
    let found = match greeting {
        [GREETING, bits] => Found::from_bits(bits),
        _ => None,
    };
    let found = found.ok_or_else(|| Failure::Ended("it does not speak as it should".to_owned()))?;
    sandbox
        .admits(found)
        .map_err(|why| Failure::Refused(why.replace("attachments are not opened", "pictures are not read")))?;
    let given = Timed { stream: to, until }.write_all(picture);
    // Nobody there to hear it: then nothing will be read either.
    let _ = to.shutdown(Shutdown::Write);
    match given {
        // It has seen enough; what it says of it counts.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        given => given?,
    }
    let mut answer = Vec::new();
    from.take(MAX_ANSWER.saturating_add(1)).read_to_end(&mut answer)?;
    if u64::try_from(answer.len()).is_ok_and(|len| len > MAX_ANSWER) {
        return Err(Failure::Ended("it says more than a page holds".to_owned()));
    }
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

fn ended(status: Option<ExitStatus>) -> Failure {
    Failure::Ended(match status {
        None => "it hangs".to_owned(),
        Some(status) if status.code() == Some(i32::from(FAILED)) => "it could not be started".to_owned(),
        Some(status) => match status.signal() {
            Some(signal) => format!("signal {signal}"),
            None => format!("status {}", status.code().unwrap_or_default()),
        },
    })
}
