//! Reads and judges many files on several threads, and counts. One mail's failure is that mail's alone.
//!
//! The mails that are in memory at once share [`IN_MEMORY`]; one that is larger than what is left waits.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use jiff::Zoned;

use super::progress::Progress;
use super::seen;
use crate::cli::files;
use crate::pipeline::{DEFAULT_HOP, Knowledge};
use crate::report::tally::{Seen, Tally};

/// Bytes of mail files that are in memory at once, all threads together; the largest mail fits.
const IN_MEMORY: u64 = 256 * 1024 * 1024;
/// How often the number of mails done is looked at.
const TICK: Duration = Duration::from_millis(200);

/// What became of a run.
#[derive(Debug, Default)]
pub struct Gathered {
    pub tally: Tally,
    /// Mails judged.
    pub judged: usize,
    /// Mails that could not be read or judged; each was named on standard error.
    pub failed: usize,
    /// Somebody stopped it before the end.
    pub interrupted: bool,
}

/// Judges `paths`, until `stop` is set.
pub fn gather(paths: &[PathBuf], knowledge: &Knowledge, now: &Zoned, stop: &AtomicBool) -> Gathered {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(paths.len().max(1));
    let run = Run {
        paths,
        knowledge,
        now,
        stop,
        next: AtomicUsize::new(0),
        memory: Turns::of(IN_MEMORY),
        pictures: Turns::of(u64::try_from(knowledge.pictures.at_once()).unwrap_or(1).max(1)),
    };
    let (said, hear) = channel();
    let mut progress = Progress::new(paths.len());
    let mut gathered = Gathered::default();
    let tallies = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                let (said, run) = (said.clone(), &run);
                scope.spawn(move || run.work(&said))
            })
            .collect();
        drop(said);
        loop {
            match hear.recv_timeout(TICK) {
                Ok(None) => gathered.judged += 1,
                Ok(Some(fault)) => {
                    gathered.failed += 1;
                    progress.clear();
                    eprintln!("sluss: {fault}");
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            progress.at(gathered.judged + gathered.failed);
        }
        workers.into_iter().map(std::thread::ScopedJoinHandle::join).collect::<Vec<_>>()
    });
    progress.clear();
    for tally in tallies {
        match tally {
            Ok(tally) => gathered.tally.merge(tally),
            // A report that lacks what a thread has counted would be a wrong one.
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
    gathered.interrupted = stop.load(Ordering::Relaxed) && gathered.judged + gathered.failed < paths.len();
    gathered
}

/// What all threads of a run share.
struct Run<'a> {
    paths: &'a [PathBuf],
    knowledge: &'a Knowledge,
    now: &'a Zoned,
    stop: &'a AtomicBool,
    next: AtomicUsize,
    memory: Turns,
    /// Reading pictures takes seconds, and waiting for it is no part of a mail's time.
    pictures: Turns,
}

impl Run<'_> {
    /// Takes one path after the other; says of each `None`, or the fault.
    fn work(&self, said: &Sender<Option<String>>) -> Tally {
        let mut tally = Tally::default();
        while !self.stop.load(Ordering::Relaxed)
            && let Some(path) = self.paths.get(self.next.fetch_add(1, Ordering::Relaxed))
        {
            let judged = self.judge(path);
            let fault = match judged {
                Ok(seen) => {
                    tally.add(&seen, 1);
                    None
                }
                Err(why) => Some(format!("{}: {why}", path.display())),
            };
            if said.send(fault).is_err() {
                break;
            }
        }
        tally
    }

    fn judge(&self, path: &Path) -> Result<Seen, String> {
        let _memory = self.memory.take(files::size(path).min(IN_MEMORY));
        let message = files::read(path).map_err(|error| error.to_string())?;
        let fault = |_| "inspection failed through a fault of the program".to_owned();
        let mut read = self.knowledge.read(&message, None).map_err(fault)?;
        if read.waits_for_pictures() {
            let _turn = self.pictures.take(1);
            self.knowledge.read_pictures(&mut read).map_err(fault)?;
        }
        let judgement = self.knowledge.conclude(read, None, DEFAULT_HOP, self.now).map_err(fault)?;
        Ok(seen::of(&judgement, self.now))
    }
}

/// So many of something, shared.
struct Turns {
    left: Mutex<u64>,
    freed: Condvar,
}

impl Turns {
    fn of(all: u64) -> Self {
        Turns { left: Mutex::new(all), freed: Condvar::new() }
    }

    /// Waits until as many are left. To take more than there ever were waits for ever.
    fn take(&self, wanted: u64) -> Turn<'_> {
        let left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let mut left = self.freed.wait_while(left, |left| *left < wanted).unwrap_or_else(PoisonError::into_inner);
        *left = left.saturating_sub(wanted);
        Turn { of: self, taken: wanted }
    }
}

struct Turn<'a> {
    of: &'a Turns,
    taken: u64,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut left = self.of.left.lock().unwrap_or_else(PoisonError::into_inner);
        *left = left.saturating_add(self.taken);
        self.of.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::cli::assemble;

    const HELD: &str = "From: a@kommun.example\nTo: b@firma.example\nDate: Mon, 4 May 2026 08:00:00 +0200\nSubject: x\n\nKarin Dahlqvist, personnummer 19941227-2396, är sjukskriven för en depression.\n";
    const CLEAN: &str = "From: a@kommun.example\nTo: b@firma.example\nSubject: lunch\n\nKl. 12?\n";

    fn knowledge() -> Knowledge {
        assemble::builtin_knowledge(&assemble::readers(None)).unwrap()
    }

    #[test]
    fn every_mail_is_counted_and_a_bad_one_only_fails_itself() {
        let folder = tempfile::tempdir().unwrap();
        for n in 0..6 {
            std::fs::write(folder.path().join(format!("held{n}.eml")), HELD).unwrap();
            std::fs::write(folder.path().join(format!("clean{n}.eml")), CLEAN).unwrap();
        }
        let mut paths = files::below(folder.path()).unwrap();
        paths.insert(3, folder.path().join("absent.eml"));
        let now: Zoned = "2026-05-05T12:00[Europe/Stockholm]".parse().unwrap();
        let done = gather(&paths, &knowledge(), &now, &AtomicBool::new(false));
        assert_eq!((done.judged, done.failed, done.interrupted), (12, 1, false));
        assert_eq!(done.tally.all.0, [6, 0, 0, 6, 0]);
        assert_eq!(done.tally.noteworthy, 6);
        use crate::report::tally::Dimension;
        for (dimension, row, mails) in [
            (Dimension::Category, "health", 6),
            (Dimension::Category, "national-id", 6),
            (Dimension::Domain, "firma.example", 12),
            (Dimension::Channel, "/unknown", 12),
            (Dimension::Day, "2026-05-04", 6),
            (Dimension::Day, crate::report::tally::NO_DAY, 6),
            (Dimension::Kind, "personnummer", 6),
            (Dimension::Reason, "channel-below-minimum:contract", 6),
            (Dimension::Severity, "none", 6),
        ] {
            let table = done.tally.table(None, dimension).unwrap();
            assert_eq!(table.get(row).map(|counts| counts.sum()), Some(mails), "{row} in {table:?}");
        }
        let text = format!("{:?}", done.tally);
        for word in ["Karin", "Dahlqvist", "2396", "a@", "b@", "lunch", "sjukskriven", "depression"] {
            assert!(!text.contains(word), "{word}");
        }
    }

    #[test]
    fn one_who_stops_it_is_obeyed() {
        let stop = AtomicBool::new(true);
        let done = gather(&["a.eml".into(), "b.eml".into()], &knowledge(), &Zoned::now(), &stop);
        assert_eq!((done.judged, done.failed, done.interrupted), (0, 0, true));
    }

    #[test]
    fn turns_are_given_back() {
        let turns = Arc::new(Turns::of(10));
        let first = turns.take(7);
        let other = turns.clone();
        let waiting = std::thread::spawn(move || drop(other.take(10)));
        drop(first);
        waiting.join().unwrap();
        assert_eq!(*turns.left.lock().unwrap(), 10);
    }
}
