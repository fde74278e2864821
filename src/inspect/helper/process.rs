//! One process that opens attachments, from the relay's side.
//!
//! A thread of its own starts it, waits for its end and takes the end away, so that there is never a
//! zombie. It must be that thread's own: the system kills such a process when the thread that started it
//! ends, which is how none outlives the relay.

use std::fs::File;
use std::io::{self, BufReader, PipeReader, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;

use super::super::attachments::Opened;
use super::super::documents::Limits;
use super::super::reason::Reason;
use super::ARGUMENT;
use super::protocol::{self, Breach};
use super::sandbox::Found;

/// From starting a process to its first words, on a busy machine.
const MAX_START: Duration = Duration::from_secs(20);
/// What a process may take beyond the time it was given, to say what it has.
const GRACE: Duration = Duration::from_millis(300);
/// How long an end that has begun may take.
const MAX_END: Duration = Duration::from_secs(2);
/// Files after which a process is replaced.
const MAX_FILES: usize = 200;
/// Time spent on files after which a process is replaced, well below its limit of processor time.
const MAX_SPENT: Duration = Duration::from_secs(60);
/// Stack of the thread that waits.
const STACK: usize = 128 * 1024;
/// Buffer for answers of many small pieces.
const BUFFER: usize = 64 * 1024;
/// What the language's library writes when memory has run out (library/std/src/alloc.rs).
const OUT_OF_MEMORY: &[u8] = b"memory allocation of";
/// The allocator's one setting: it reserves no gibibyte at the start, which would be all that the process may have.
const ALLOCATOR: (&str, &str) = ("MIMALLOC_ARENA_RESERVE", "0");
/// Bytes of a dying process's words that are looked at. They are never logged.
const MAX_LAST_WORDS: u64 = 4096;

/// Why a file has no answer.
#[derive(Debug)]
pub enum Failure {
    /// The process ended before it had the file: another one may try.
    Innocent,
    /// The file made it end, or had to be taken from it.
    Guilty(Reason),
}

pub struct Process {
    stream: UnixStream,
    errors: PipeReader,
    life: Arc<Life>,
    pub found: Found,
    files: usize,
    spent: Duration,
}

/// A process's life, shared with the thread that waits for its end.
pub(super) struct Life {
    pid: Pid,
    end: Mutex<Option<ExitStatus>>,
    ended: Condvar,
}

impl Process {
    /// Starts the program in its other mode and hears what it says of itself.
    pub fn start(program: &File, build: &str) -> io::Result<Process> {
        let (stream, theirs) = UnixStream::pair()?;
        let (errors, their_errors) = io::pipe()?;
        // Read only after the end; whoever may still hold the other end must not make us wait.
        fcntl(&errors, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        // By the descriptor: the path may lead to a newer program by now.
        let mut command = Command::new(format!("/proc/self/fd/{}", program.as_raw_fd()));
        command.arg0("sluss").arg(ARGUMENT).env_clear().env(ALLOCATOR.0, ALLOCATOR.1).process_group(0);
        command.stdin(OwnedFd::from(theirs.try_clone()?)).stdout(OwnedFd::from(theirs)).stderr(their_errors);
        let life = in_its_own_thread(command)?;
        let nobody = Found { limits: false, landlock: false, seccomp: false };
        let mut process = Process { stream, errors, life, found: nobody, files: 0, spent: Duration::ZERO };
        let until = Instant::now().checked_add(MAX_START).unwrap_or_else(Instant::now);
        match protocol::greet(&mut Timed { stream: &process.stream, until }, build) {
            Ok(found) => process.found = found,
            Err(breach) => {
                let end = match process.life.wait(MAX_END) {
                    Some(status) => status.to_string(),
                    None => "it hangs".to_owned(),
                };
                return Err(io::Error::other(format!("{breach}; {end}")));
            }
        }
        Ok(process)
    }

    /// Opens one file. After a failure the process is dead.
    pub fn open(&mut self, bytes: &[u8], limits: &Limits, until: Instant) -> Result<Opened, Failure> {
        let begun = Instant::now();
        let until = until.checked_add(GRACE).unwrap_or(until);
        let mut timed = Timed { stream: &self.stream, until };
        // A process that dies while it is spoken to may still have had its say.
        let asked = protocol::ask(&mut timed, bytes, limits);
        let mut from = BufReader::with_capacity(BUFFER, timed);
        let started = asked.map_err(Breach::from).and_then(|()| protocol::await_start(&mut from));
        let heard = match started {
            Ok(()) => protocol::hear(&mut from, limits),
            Err(Breach::Gone(_)) => {
                self.end();
                return Err(Failure::Innocent);
            }
            Err(breach) => Err(breach),
        };
        let heard = match heard {
            Ok(_) if !from.buffer().is_empty() => Err(Breach::Rules("something after the end")),
            heard => heard,
        };
        drop(from);
        self.files = self.files.saturating_add(1);
        self.spent = self.spent.saturating_add(begun.elapsed());
        heard.map_err(|breach| Failure::Guilty(self.judge(breach)))
    }

    /// What went wrong with the file, in one word; the process is dead afterwards.
    fn judge(&mut self, breach: Breach) -> Reason {
        let why = breach.to_string();
        let reason = match breach {
            Breach::TimedOut => Reason::TimedOut,
            Breach::Rules(_) => Reason::Malformed,
            Breach::Gone(_) => {
                // It is ending by itself; how it does is the answer.
                let status = self.life.wait(MAX_END);
                status.map_or(Reason::TimedOut, |status| reason_of(status, &self.last_words()))
            }
        };
        let status = self.end();
        tracing::warn!(
            %why,
            reason = reason.as_str(),
            signal = status.and_then(|status| status.signal()),
            code = status.and_then(|status| status.code()),
            "the process that opened an attachment was ended and is replaced"
        );
        reason
    }

    fn last_words(&mut self) -> Vec<u8> {
        let mut words = Vec::new();
        // What cannot be read now will not come any more.
        let _ = (&mut self.errors).take(MAX_LAST_WORDS).read_to_end(&mut words);
        words
    }

    /// Whether it lives, and is not to be replaced for its age.
    pub fn fit(&self) -> bool {
        self.lives() && self.files < MAX_FILES && self.spent < MAX_SPENT
    }

    pub fn lives(&self) -> bool {
        self.life.lock().is_none()
    }

    fn end(&self) -> Option<ExitStatus> {
        self.life.kill();
        self.life.wait(MAX_END)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

impl Life {
    fn lock(&self) -> MutexGuard<'_, Option<ExitStatus>> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its number is not given to another before its end is taken away, which happens under this lock.
    pub(super) fn kill(&self) {
        let end = self.lock();
        if end.is_none() {
            // It may just have ended by itself. Its group first, which holds whatever it may have started.
            let _ = killpg(self.pid, Signal::SIGKILL);
            let _ = kill(self.pid, Signal::SIGKILL);
        }
    }

    pub(super) fn wait(&self, patience: Duration) -> Option<ExitStatus> {
        let waited = self.ended.wait_timeout_while(self.lock(), patience, |end| end.is_none());
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// Starts the command in a thread that stays until its end.
pub(super) fn in_its_own_thread(mut command: Command) -> io::Result<Arc<Life>> {
    let (tell, told) = mpsc::sync_channel(1);
    std::thread::Builder::new().name("attachments".to_owned()).stack_size(STACK).spawn(move || {
        let spawned = command.spawn();
        // It holds the other end of the conversation, which must be the process's alone.
        drop(command);
        match spawned.and_then(|child| Ok((Pid::from_raw(pid_of(&child)?), child))) {
            Ok((pid, child)) => {
                let life = Arc::new(Life { pid, end: Mutex::new(None), ended: Condvar::new() });
                // Nobody to hear it: the process will find its input closed.
                let _ = tell.send(Ok(life.clone()));
                see_to_its_end(child, &life);
            }
            Err(error) => drop(tell.send(Err(error))),
        }
    })?;
    told.recv().map_err(|_| io::Error::other("the thread that starts processes ended"))?
}

fn pid_of(child: &Child) -> io::Result<i32> {
    i32::try_from(child.id()).map_err(io::Error::other)
}

fn see_to_its_end(mut child: Child, life: &Life) {
    // First without taking the end away, so that its number stays its own until nobody will use it.
    while waitid(Id::Pid(life.pid), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT) == Err(Errno::EINTR) {}
    let mut end = life.lock();
    // A child whose end somebody else has taken has ended all the same.
    *end = Some(child.wait().unwrap_or_else(|_| ExitStatus::from_raw(0)));
    drop(end);
    life.ended.notify_all();
}

/// What the end of a process says about the file it was reading.
fn reason_of(status: ExitStatus, last_words: &[u8]) -> Reason {
    const KILLED: i32 = Signal::SIGKILL as i32;
    const PROCESSOR: i32 = Signal::SIGXCPU as i32;
    match status.signal() {
        Some(PROCESSOR) => Reason::TimedOut,
        // Not by us: by the system when its own memory ends, or by an administrator who has seen why.
        Some(KILLED) => Reason::OverLimit,
        _ if memchr::memmem::find(last_words, OUT_OF_MEMORY).is_some() => Reason::OverLimit,
        _ => Reason::Malformed,
    }
}

/// A stream with one moment by which everything must be over.
pub(super) struct Timed<'a> {
    pub stream: &'a UnixStream,
    pub until: Instant,
}

impl Timed<'_> {
    fn left(&self) -> io::Result<Duration> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
    }
}

impl Read for Timed<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(self.left()?))?;
        let mut stream = self.stream;
        stream.read(bytes)
    }
}

impl Write for Timed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(self.left()?))?;
        let mut stream = self.stream;
        stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
mod tests {
    use super::*;

    #[test]
    fn an_end_has_one_reason() {
        let by = |signal: Signal| ExitStatus::from_raw(signal as i32);
        let words = b"memory allocation of 1048576 bytes failed\n";
        for (status, words, reason) in [
            (by(Signal::SIGXCPU), &b""[..], Reason::TimedOut),
            (by(Signal::SIGKILL), b"", Reason::OverLimit),
            (by(Signal::SIGABRT), words, Reason::OverLimit),
            (by(Signal::SIGABRT), b"", Reason::Malformed),
            (by(Signal::SIGABRT), b"thread main has overflowed its stack", Reason::Malformed),
            (by(Signal::SIGSEGV), b"", Reason::Malformed),
            (by(Signal::SIGSYS), b"", Reason::Malformed),
            (ExitStatus::from_raw(70 << 8), b"", Reason::Malformed),
            (ExitStatus::from_raw(0), b"", Reason::Malformed),
        ] {
            assert_eq!(reason_of(status, words), reason, "{status}");
        }
    }
}
