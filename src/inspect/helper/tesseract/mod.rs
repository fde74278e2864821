//! Text in pictures, read by Tesseract: the same program in a third mode, which locks itself in and then
//! becomes Tesseract. One process for each language of a page.
//!
//! ```text
//! installed  in the relay: where Tesseract, its libraries and its languages are
//! process    in the relay: one page, from starting a process to the text or its end by force
//! child      in the process: the walls, a word to the relay, and Tesseract in its own place
//! walls      limits, landlock and seccomp of that process
//! ```
//!
//! Promise: the process can read Tesseract's own program, libraries and languages and nothing else; it can
//! write nothing but the text, reach no network, start no program but Tesseract and no second process or
//! thread; it is dead a moment after the time it was given. No more run at once than [`Tesseract::at_once`].
//! What it says is text, and bounded.

mod child;
mod installed;
mod process;
mod walls;

pub use child::run;

use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::super::pictures::words::Words;
use super::super::pictures::{Pictures, Time, Unread};
use super::sandbox::Sandbox;
use installed::Installed;
use process::Failure;

/// The program's first argument in this mode.
pub const ARGUMENT: &str = "read-picture";

/// A page at once for so many cores: reading a page keeps a core busy for seconds, and mail goes on.
const CORES_A_PAGE: usize = 2;
/// How long the picture that proves the installation may take, on a busy machine.
const MAX_PROOF: Duration = Duration::from_secs(30);

/// The one reader of pictures of a relay; clones share it. Nothing runs before [`Tesseract::ready`] or a
/// first picture.
#[derive(Clone)]
pub struct Tesseract(Arc<Shared>);

struct Shared {
    /// Our own program as it was started.
    program: Result<File, String>,
    sandbox: Sandbox,
    /// Where to look for what is installed; the system's root but in tests.
    root: PathBuf,
    at_once: usize,
    state: Mutex<State>,
    /// A page has been read.
    freed: Condvar,
}

#[derive(Default)]
struct State {
    busy: usize,
    /// What was found, once a picture has been read with it.
    proven: Option<Arc<Installed>>,
    /// A wall is missing that has to be there; that does not change while we live.
    refused: Option<String>,
    /// What a reading had to do without: the program, or a language.
    lacking: Option<String>,
}

/// Whether pictures are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// Yes; what is to be said of it, if anything (`in Norwegian only …`).
    Reads(Option<String>),
    /// Not installed, which is the administrator's choice.
    Absent(String),
    /// Installed, and does not work.
    Fails(String),
}

impl Tesseract {
    /// Opens our own program; starts nothing yet.
    pub fn new(sandbox: Sandbox) -> Tesseract {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let at_once = cores.checked_div(CORES_A_PAGE).unwrap_or(1);
        Tesseract::of(File::open("/proc/self/exe"), sandbox, PathBuf::from("/"), at_once)
    }

    /// With another program file, another root below which Tesseract is looked for, and at most so many pages
    /// at once.
    pub fn of(program: std::io::Result<File>, sandbox: Sandbox, root: PathBuf, at_once: usize) -> Tesseract {
        let program = program.map_err(|error| format!("pictures are not read: our own program: {error}"));
        let (state, freed) = (Mutex::default(), Condvar::new());
        Tesseract(Arc::new(Shared { program, sandbox, root, at_once: at_once.max(1), state, freed }))
    }

    /// Why pictures were not read on this system, or not as well as they might be, as far as reading some has told.
    pub fn lacks(&self) -> Option<String> {
        let state = self.0.lock();
        state.refused.clone().or_else(|| state.lacking.clone())
    }

    /// Whether pictures are read; the first time it is proven with a picture. What it says is fit for
    /// everyone's eyes. Blocking.
    pub fn ready(&self) -> Readiness {
        let installed = match Installed::find(&self.0.root) {
            Ok(installed) => installed,
            Err(missing) => return Readiness::Absent(absent(&missing)),
        };
        let said = installed.lacks();
        match self.0.prove(installed) {
            Ok(_) => Readiness::Reads(said),
            Err(why) => Readiness::Fails(why),
        }
    }
}

impl Pictures for Tesseract {
    fn at_once(&self) -> usize {
        self.0.at_once
    }

    fn read(&self, picture: &[u8], page: usize, time: Time) -> Result<Vec<String>, Unread> {
        let _turn = self.0.turn(time.until).ok_or(Unread::Late)?;
        let known = self.0.lock().proven.clone();
        let installed = match known {
            Some(installed) => installed,
            None => {
                let found = Installed::find(&self.0.root);
                self.0.lock().lacking = found.as_ref().map_or_else(|missing| Some(absent(missing)), Installed::lacks);
                Arc::new(found.map_err(|_| Unread::Nobody)?)
            }
        };
        self.0.read(&installed, picture, page, time).map_err(|failure| match failure {
            Failure::Late => Unread::Late,
            Failure::Refused(_) => Unread::Nobody,
            Failure::Ended(_) => Unread::Failed,
        })
    }
}

/// A page's turn; the next one begins when it is dropped.
struct Turn<'a>(&'a Shared);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.busy = state.busy.saturating_sub(1);
        drop(state);
        self.0.freed.notify_one();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turn(&self, until: Instant) -> Option<Turn<'_>> {
        let mut state = self.lock();
        while state.busy >= self.at_once {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            state = self.freed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        state.busy = state.busy.saturating_add(1);
        Some(Turn(self))
    }

    /// Reads a page in every language that is installed, as long as its share of the time lasts. A missing wall that has to
    /// be there is remembered.
    fn read(&self, installed: &Installed, picture: &[u8], page: usize, time: Time) -> Result<Vec<String>, Failure> {
        if let Some(why) = &self.lock().refused {
            return Err(Failure::Refused(why.clone()));
        }
        let program = self.program.as_ref().map_err(|why| Failure::Refused(why.clone()))?;
        let mut tables = Vec::new();
        for language in &installed.languages {
            let until = if tables.is_empty() { time.until } else { time.share.min(time.until) };
            let read = process::read(program, self.sandbox, installed, picture, (page, language), until);
            match read {
                Ok(table) => tables.push(table),
                // In one language it was read, and was given all the time there was.
                Err(Failure::Late) if !tables.is_empty() => break,
                Err(failure) => {
                    if let Failure::Refused(why) = &failure {
                        self.lock().refused = Some(why.clone());
                    } else {
                        // How it ended, never what it said: that may be the picture's.
                        tracing::warn!(%failure, "a picture was not read");
                    }
                    return Err(failure);
                }
            }
            // A picture without letters has none in the other language either.
            if Words::of(&tables).is_empty() {
                break;
            }
        }
        Ok(tables)
    }

    /// Reads a small picture with what was found, unless that has been done.
    fn prove(&self, found: Installed) -> Result<(), String> {
        let proven = self.lock().proven.clone();
        if proven.is_some_and(|proven| *proven == found) {
            return Ok(());
        }
        let until = Instant::now().checked_add(MAX_PROOF).unwrap_or_else(Instant::now);
        let Some(_turn) = self.turn(until) else { return Err("all readers of pictures are busy".to_owned()) };
        match self.read(&found, &blank(), 0, Time { until, share: until }) {
            Ok(_) => {
                self.lock().proven = Some(Arc::new(found));
                Ok(())
            }
            Err(Failure::Refused(why)) => Err(why),
            Err(failure) => Err(format!("pictures are not read: Tesseract does not work: {failure}")),
        }
    }
}

fn absent(missing: &str) -> String {
    format!("pictures are not read: {missing}")
}

/// A white picture (PGM, netpbm.sourceforge.net/doc/pgm.html).
fn blank() -> Vec<u8> {
    const SIDE: usize = 64;
    let mut picture = format!("P5 {SIDE} {SIDE} 255\n").into_bytes();
    picture.resize(picture.len().saturating_add(SIDE * SIDE), 255);
    picture
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_installed_is_absent_and_says_which_package_it_is_in() {
        let nowhere = tempfile::tempdir().unwrap();
        let reader = Tesseract::of(File::open("/bin/true"), Sandbox::BestEffort, nowhere.path().to_owned(), 1);
        let Readiness::Absent(why) = reader.ready() else { panic!("{:?}", reader.ready()) };
        assert!(why.contains("tesseract-ocr"), "{why}");
        assert_eq!(reader.lacks(), None, "nobody has asked for a picture");
        let until = Instant::now() + Duration::from_secs(1);
        assert_eq!(reader.read(&blank(), 0, Time { until, share: until }), Err(Unread::Nobody));
        assert_eq!(reader.lacks(), Some(why));
    }

    #[test]
    fn who_waits_for_a_turn_waits_no_longer_than_he_may() {
        let nowhere = tempfile::tempdir().unwrap();
        let reader = Tesseract::of(File::open("/bin/true"), Sandbox::BestEffort, nowhere.path().to_owned(), 1);
        let soon = || Instant::now() + Duration::from_millis(20);
        let time = || Time { until: soon(), share: soon() };
        let turn = reader.0.turn(soon()).unwrap();
        assert_eq!(reader.read(&blank(), 0, time()), Err(Unread::Late));
        drop(turn);
        assert_eq!(reader.read(&blank(), 0, time()), Err(Unread::Nobody));
    }
}
