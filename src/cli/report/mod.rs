//! `sluss report`: what would have been held, of mail in files or of what the relay has counted.
//!
//! ```text
//! gather   files -> judgements, on several threads
//! seen     a judgement -> the rows it counts in, content-free
//! text, html, flat (CSV, JSON)   the tables that may be shown, in the words of a language
//! ```
//!
//! Counts, and what of them may be shown, are the room [`crate::report`]. Nobody is named: there is no sender, no
//! address, and no count of fewer than five mails but 0.

mod about;
mod file;
mod flat;
mod gather;
mod html;
mod progress;
mod seen;
mod text;

use std::collections::HashSet;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use self::about::{About, Modes, Source};
use self::gather::Gathered;
use super::assemble::Unusable;
use super::{EXIT_UNUSABLE, files, owner};
use crate::audit::{Actor, Event};
use crate::notice::facts::Language;
use crate::pipeline::Knowledge;
use crate::report::sheet::Sheets;
use crate::report::stored::Stored;
use crate::report::tally::Tally;
use crate::report::words::Words;
use crate::store::{self, Database, Filter, LIST_PAGE, Store, StoreError};

/// Something was confidential, or could not be read.
const NOTEWORTHY: u8 = 1;
/// Stopped by a signal, as shells count it.
const INTERRUPTED: u8 = 130;
/// Name for standard output.
const STDOUT: &str = "-";

/// Count what would have been held, by unit, category and channel; nothing is sent and nothing kept.
///
/// Mail is read from files, or with --store the figures and the queue that the relay has kept. What would
/// have happened is told as in enforce mode, also where the configuration says observe. Counts of 1 to 4
/// mails are shown as <5, and further ones as * where they would give a small one away. No person is named.
///
/// Exit status: 1 when anything was confidential or could not be inspected, 2 when a file or the store could
/// not be read, 130 when it was interrupted, 0 otherwise.
#[derive(clap::Args)]
pub struct Args {
    /// Write the report as a page to FILE; - is standard output
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write every figure to FILE, for a spreadsheet; - is standard output
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Print one JSON object instead of tables
    #[arg(long)]
    json: bool,
    /// Language of page and tables
    #[arg(long, value_parser = language(), default_value = "en", value_name = "LANGUAGE")]
    language: Language,
    /// Report on what passed the relay: its daily figures, and the records of what was held
    #[arg(long, conflicts_with = "paths")]
    store: bool,
    /// With --store: first day, YYYY-MM-DD
    #[arg(long, value_name = "DAY")]
    from: Option<Date>,
    /// With --store: last day, YYYY-MM-DD
    #[arg(long, value_name = "DAY")]
    to: Option<Date>,
    /// Mail files, folders (every *.eml below them), or - for standard input
    #[arg(required_unless_present = "store", value_name = "PATH")]
    paths: Vec<PathBuf>,
}

impl Args {
    /// Whether the report is on the store, for which there must be a configuration.
    pub fn of_store(&self) -> bool {
        self.store
    }

    /// What the places for the report forbid; better told before a long run than after it.
    fn refuse(&self) -> Result<(), Unusable> {
        let to_stdout = [&self.html, &self.csv].into_iter().flatten().filter(|path| is_stdout(path)).count();
        if to_stdout + usize::from(self.json) > 1 {
            return Err(Unusable::because("only one of --json, --html - and --csv - can be printed"));
        }
        if !self.store && (self.from.is_some() || self.to.is_some()) {
            return Err(Unusable::because("--from and --to choose days of --store; files are counted whole"));
        }
        if let (Some(from), Some(to)) = (self.from, self.to)
            && from > to
        {
            return Err(Unusable(format!("--from {from} is after --to {to}")));
        }
        for path in [&self.html, &self.csv].into_iter().flatten().filter(|path| !is_stdout(path)) {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            if path.is_dir() {
                return Err(Unusable(format!("{}: is a folder", path.display())));
            }
            if !folder.is_dir() {
                return Err(Unusable(format!("{}: there is no folder {}", path.display(), folder.display())));
            }
        }
        Ok(())
    }

    fn files(&self) -> impl Iterator<Item = &PathBuf> {
        [&self.html, &self.csv].into_iter().flatten().filter(|path| !is_stdout(path))
    }
}

fn is_stdout(path: &Path) -> bool {
    path == Path::new(STDOUT)
}

/// Help and errors name the languages there are.
fn language() -> impl TypedValueParser<Value = Language> {
    PossibleValuesParser::new(Language::ALL.map(Language::as_str))
        .try_map(|word| Language::from_word(&word).ok_or("there is no such language"))
}

/// Reports on files. `configured`: a configuration was read, so that its modes are worth telling.
pub fn of_files(args: &Args, knowledge: &Knowledge, configured: bool) -> ExitCode {
    ended(count_files(args, knowledge, configured))
}

/// Reports on the store, which is never created here. `knowledge` makes what is told of mode and patterns; it is
/// called as the owner of the store.
pub fn of_store(
    args: &Args,
    settings: store::Settings,
    knowledge: impl FnOnce() -> Result<Knowledge, Unusable>,
) -> ExitCode {
    ended(count_store(args, settings, knowledge))
}

fn ended(result: Result<u8, Unusable>) -> ExitCode {
    match result {
        Ok(code) => ExitCode::from(code),
        Err(error) => super::unusable(&error),
    }
}

fn count_files(args: &Args, knowledge: &Knowledge, configured: bool) -> Result<u8, Unusable> {
    args.refuse()?;
    let words = Words::of(args.language).map_err(Unusable::because)?;
    let now = Zoned::now();
    let (paths, absent) = paths(&args.paths);
    let stop = until_interrupted();
    let Gathered { tally, judged, failed, interrupted } = gather::gather(&paths, knowledge, &now, &stop);
    let failed = failed + absent;
    let about = about(Source::Files { failed }, knowledge, configured, now);
    if interrupted {
        eprintln!("sluss: interrupted after {judged} of {} mails; what follows is of these alone", paths.len());
        for path in args.files() {
            eprintln!("sluss: {} was not written", path.display());
        }
        text::write(&Sheets::of(&tally), &about, &words, &mut io::stdout().lock()).or_else(closed)?;
        return Ok(INTERRUPTED);
    }
    publish(args, &tally, &about, &words)?;
    let noteworthy = if tally.noteworthy > 0 { NOTEWORTHY } else { 0 };
    Ok(if failed > 0 { EXIT_UNUSABLE } else { noteworthy })
}

/// Every mail once, and how many paths could not be walked; each was named.
fn paths(given: &[PathBuf]) -> (Vec<PathBuf>, usize) {
    let (mut paths, mut seen, mut absent) = (Vec::new(), HashSet::new(), 0);
    for path in given {
        match files::below(path) {
            Ok(found) => paths.extend(found.into_iter().filter(|file| seen.insert(file.clone()))),
            Err(error) => {
                eprintln!("sluss: {}: {error}", path.display());
                absent += 1;
            }
        }
    }
    (paths, absent)
}

fn count_store(
    args: &Args,
    settings: store::Settings,
    knowledge: impl FnOnce() -> Result<Knowledge, Unusable>,
) -> Result<u8, Unusable> {
    args.refuse()?;
    let words = Words::of(args.language).map_err(Unusable::because)?;
    let actor = Actor::Operator(owner::operator());
    owner::become_owner_of(&settings).map_err(Unusable::because)?;
    let knowledge = knowledge()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(Unusable::because)?;
    let stored = runtime.block_on(async {
        let store = Database::open(settings).await.map_err(Unusable::because)?;
        let made = Event::ReportMade { from: args.from, to: args.to }.entry(&actor, Timestamp::now());
        let stored = match store.append(&made).await {
            Ok(()) => read_store(&store, args.from, args.to).await,
            Err(error) => Err(error),
        };
        store.close().await;
        stored.map_err(Unusable::because)
    })?;
    let (from, to) = (args.from.map(|day| day.to_string()), args.to.map(|day| day.to_string()));
    let source = Source::Store { undecided: stored.undecided, from, to };
    let about = about(source, &knowledge, true, Zoned::now());
    publish(args, &stored.tally, &about, &words)?;
    Ok(if stored.tally.noteworthy > 0 { NOTEWORTHY } else { 0 })
}

/// The figures of the days, first and last included, and what was held on them.
async fn read_store(store: &dyn Store, from: Option<Date>, to: Option<Date>) -> Result<Stored, StoreError> {
    let (from, to) = (from.unwrap_or(Date::ZERO), to.unwrap_or(Date::MAX));
    let mut stored = Stored::default();
    for total in store.totals(&from.to_string(), &to.to_string()).await? {
        stored.total(&total);
    }
    let zone = TimeZone::system();
    let mut filter = Filter::default();
    loop {
        let page = store.list(&filter).await?;
        for message in &page {
            let day = message.record.held_at.to_zoned(zone.clone()).date();
            if from <= day && day <= to {
                stored.held(message, &zone);
            }
        }
        match page.last() {
            Some(last) if page.len() == LIST_PAGE => filter.after = Some((last.record.held_at, last.id)),
            _ => return Ok(stored),
        }
    }
}

fn about(source: Source, knowledge: &Knowledge, configured: bool, made: Zoned) -> About {
    About {
        source,
        modes: configured.then(|| Modes::of(&knowledge.units)),
        edition: knowledge.edition.short().to_string(),
        own: !knowledge.edition.own().is_empty(),
        made,
    }
}

/// Writes what was asked for; the tables go to standard output where nothing else does.
fn publish(args: &Args, tally: &Tally, about: &About, words: &Words) -> Result<(), Unusable> {
    let sheets = Sheets::of(tally);
    let mut printed = false;
    let mut place = |path: &Path, bytes: String| -> Result<(), Unusable> {
        if is_stdout(path) {
            printed = true;
            return io::stdout().lock().write_all(bytes.as_bytes()).or_else(closed);
        }
        let unwritten = |error| Unusable(format!("{}: {error}{}", path.display(), hint(args)));
        file::write(path, bytes.as_bytes()).map_err(unwritten)?;
        eprintln!("sluss: wrote {}", path.display());
        Ok(())
    };
    if let Some(path) = &args.html {
        place(path, html::page(&sheets, about, words))?;
    }
    if let Some(path) = &args.csv {
        place(path, flat::csv(&sheets))?;
    }
    let mut out = BufWriter::new(io::stdout().lock());
    let written = if args.json {
        writeln!(out, "{}", flat::json(&sheets, about))
    } else if printed {
        Ok(())
    } else {
        text::write(&sheets, about, words, &mut out)
    };
    written.and_then(|()| out.flush()).or_else(closed)
}

/// With --store the file is written by the owner of the store, who may have no right to where it goes.
fn hint(args: &Args) -> &'static str {
    if args.store { "; the owner of the store writes it, so let the shell do it: --html - > FILE" } else { "" }
}

/// Whoever reads the output has closed it (`| head`), and seen what he wanted.
fn closed(error: io::Error) -> Result<(), Unusable> {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return Ok(());
    }
    Err(Unusable(format!("cannot write the report: {error}")))
}

/// Set at the first interrupt or request to end; a second one ends the process at once.
fn until_interrupted() -> Arc<AtomicBool> {
    use tokio::signal::unix::{SignalKind, signal};
    let stop = Arc::new(AtomicBool::new(false));
    let set = stop.clone();
    let (ready, caught) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async {
            // Where they cannot be caught they end the process, as ever.
            let signals = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
            let (Ok(mut interrupt), Ok(mut terminate)) = signals else { return };
            // Nobody may have waited.
            let _ = ready.send(());
            loop {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
                if set.swap(true, Ordering::Relaxed) {
                    std::process::exit(INTERRUPTED.into());
                }
                eprintln!("\nsluss: finishing the mails at hand; once more stops at once");
            }
        });
    });
    // An error is a thread that has ended: nothing is caught then.
    let _ = caught.recv();
    stop
}
