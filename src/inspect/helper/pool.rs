//! Processes that open attachments: started ahead, lent to one file at a time, replaced when they fail.

use std::fs::File;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::super::attachments::{Attachments, Opened};
use super::super::documents::Limits;
use super::super::reason::Reason;
use super::process::{Failure, Process};
use super::protocol::{self, MAX_FILE};
use super::sandbox::Sandbox;

/// Processes for each core: one computes while another is spoken to.
const PER_CORE: usize = 2;
/// Processes a file may find dead on arrival.
const MAX_TRIES: usize = 3;
/// Time for a file whose limits name none.
const DEFAULT_TIME: Duration = Duration::from_secs(8);

/// The processes of one relay; clones share them. Nothing runs before [`Pool::ready`] or a first file.
#[derive(Clone)]
pub struct Pool(Arc<Shared>);

struct Shared {
    /// Our own program as it was started, and what it is.
    program: Result<(File, String), String>,
    sandbox: Sandbox,
    most: usize,
    state: Mutex<State>,
    /// One came back, or there is room for another.
    freed: Condvar,
}

#[derive(Default)]
struct State {
    idle: Vec<Process>,
    /// Idle, lent out and starting.
    all: usize,
    /// A wall is missing that has to be there; that does not change while we live.
    refused: Option<String>,
}

/// Why there is no process.
enum Absent {
    /// Nothing may be opened on this system.
    Refused,
    /// All are busy.
    Late,
    Fault,
}

impl Pool {
    /// Opens our own program; starts nothing yet.
    pub fn new(sandbox: Sandbox) -> Pool {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Pool::of(File::open("/proc/self/exe"), sandbox, cores.saturating_mul(PER_CORE))
    }

    /// At most so many processes of another program file.
    pub fn of(program: std::io::Result<File>, sandbox: Sandbox, most: usize) -> Pool {
        let program = program.and_then(|file| file.metadata().map(|of| (file, protocol::build(&of))));
        let program = program.map_err(|error| format!("attachments are not opened: our own program: {error}"));
        let state = State { refused: program.as_ref().err().cloned(), ..State::default() };
        let (state, freed) = (Mutex::new(state), Condvar::new());
        Pool(Arc::new(Shared { program, sandbox, most: most.max(1), state, freed }))
    }

    /// Whether attachments are opened; starts a process when none is there. `Err` says why not, and
    /// is fit for everyone's eyes. Blocking.
    pub fn ready(&self) -> Result<(), String> {
        {
            let mut state = self.0.lock();
            state.bury();
            if let Some(why) = &state.refused {
                return Err(why.clone());
            }
            if state.all > 0 {
                return Ok(());
            }
            state.all = state.all.saturating_add(1);
        }
        let process = self.0.start()?;
        self.0.give_back(Some(process));
        Ok(())
    }

    /// Why nothing is opened on this system, as far as is known.
    pub fn refused(&self) -> Option<String> {
        self.0.lock().refused.clone()
    }

    /// A new process in place of one that was lost, before somebody has to wait for it.
    fn replace(&self) {
        let pool = self.clone();
        let start = move || drop(pool.ready());
        // Without a thread the next file starts one itself.
        let _ = std::thread::Builder::new().name("attachments".to_owned()).spawn(start);
    }
}

impl Attachments for Pool {
    fn open(&self, bytes: &[u8], limits: Limits) -> Opened {
        let until = limits.until.or_else(|| Instant::now().checked_add(DEFAULT_TIME)).unwrap_or_else(Instant::now);
        let limits = Limits { until: Some(until), ..limits };
        if bytes.len() > MAX_FILE {
            return Opened::Failed(Reason::OverLimit);
        }
        for _ in 0..MAX_TRIES {
            let mut process = match self.0.take(until) {
                Ok(process) => process,
                Err(Absent::Refused) => return Opened::Unknown,
                Err(Absent::Late) => return Opened::Failed(Reason::TimedOut),
                Err(Absent::Fault) => return Opened::Failed(Reason::Fault),
            };
            match process.open(bytes, &limits, until) {
                Ok(opened) => {
                    self.0.give_back(Some(process));
                    return opened;
                }
                Err(Failure::Innocent) => {
                    drop(process);
                    self.0.give_back(None);
                }
                Err(Failure::Guilty(reason)) => {
                    drop(process);
                    self.0.give_back(None);
                    self.replace();
                    return Opened::Failed(reason);
                }
            }
        }
        Opened::Failed(Reason::Fault)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One that is idle, or a new one, or the first that comes back in time.
    fn take(&self, until: Instant) -> Result<Process, Absent> {
        let mut state = self.lock();
        loop {
            if state.refused.is_some() {
                return Err(Absent::Refused);
            }
            state.bury();
            if let Some(process) = state.idle.pop() {
                return Ok(process);
            }
            if state.all < self.most {
                state.all = state.all.saturating_add(1);
                drop(state);
                return self.start().map_err(|_| match self.lock().refused {
                    Some(_) => Absent::Refused,
                    None => Absent::Fault,
                });
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Absent::Late);
            }
            state = self.freed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Starts a process that has been counted already.
    fn start(&self) -> Result<Process, String> {
        let started = match &self.program {
            Err(why) => Err(why.clone()),
            Ok((file, build)) => Process::start(file, build).map_err(|error| {
                tracing::error!(%error, "the process that opens attachments cannot be started");
                format!("the process that opens attachments cannot be started: {error}")
            }),
        };
        let admitted = started.and_then(|process| match self.sandbox.admits(process.found) {
            Ok(()) => Ok(process),
            Err(why) => {
                self.lock().refused = Some(why.clone());
                Err(why)
            }
        });
        match &admitted {
            Ok(process) if !process.found.missing().is_empty() => {
                let missing = process.found.missing();
                tracing::warn!(missing, "attachments are opened behind an incomplete sandbox");
            }
            Ok(_) => {}
            Err(_) => self.give_back(None),
        }
        admitted
    }

    /// Ends a loan; None when the process is lost.
    fn give_back(&self, process: Option<Process>) {
        let process = process.filter(Process::fit);
        let mut state = self.lock();
        match process {
            Some(process) => state.idle.push(process),
            None => state.all = state.all.saturating_sub(1),
        }
        drop(state);
        self.freed.notify_one();
    }
}

impl State {
    /// Forgets those that somebody has ended while they were idle.
    fn bury(&mut self) {
        let before = self.idle.len();
        self.idle.retain(Process::lives);
        self.all = self.all.saturating_sub(before.saturating_sub(self.idle.len()));
    }
}
