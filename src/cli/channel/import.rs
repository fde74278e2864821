//! `sluss channel import`: reports on sign-in methods to evidence of a channel's single mailboxes.
//!
//! Everything is read and shown before anything is written. What would take a tenth of the verified mailboxes away, or
//! change a quarter of them, is written only with `--yes`. Nothing of a row is printed but its number; addresses are
//! printed with `--list`, and to a terminal only.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use aws_lc_rs::digest::{SHA256, digest};
use jiff::civil::Date;
use jiff::{Timestamp, Zoned};

use super::{place, preview};
use crate::channel::import::change::{Change, Doubt};
use crate::channel::import::{self, Input, Reading, file};
use crate::channel::mailbox::{ImportRun, InputFile, Mailboxes};
use crate::channel::{Canonical, Channel};
use crate::cli::assemble::{self, Unusable};
use crate::cli::{EXIT_UNUSABLE, owner};
use crate::config::{Checked, imports};

/// Bytes of one report: some 150,000 accounts as JSON.
const MAX_REPORT: u64 = 128 << 20;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The channel whose mailboxes these are
    #[arg(long, value_name = "ID")]
    channel: String,
    /// Which account has which addresses: Graph's /users or Exchange's recipients; may be given more than once
    #[arg(long, value_name = "FILE")]
    users: Vec<PathBuf>,
    /// The day the report was made, when that was not today: its age counts from there
    #[arg(long, value_name = "YYYY-MM-DD")]
    exported: Option<Date>,
    /// Show what would be imported, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Import even if many verified mailboxes are lost, or many change
    #[arg(long)]
    yes: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Print the addresses that change as well; at a terminal only
    #[arg(long, conflicts_with = "json")]
    list: bool,
    /// Reports: Entra ID's user registration details or Google's users with 2-Step Verification, as JSON or CSV; all
    /// pages of one report together
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
}

/// Who runs it, and when.
pub(super) struct Now {
    pub timestamp: Timestamp,
    pub today: Date,
    pub operator: String,
    /// Whether addresses may be printed.
    pub terminal: bool,
}

/// Everything there is to say before something is written.
pub(super) struct Plan<'a> {
    pub channel: &'a Channel,
    pub reading: Reading,
    pub inputs: Vec<InputFile>,
    pub change: Change,
    pub doubts: Vec<Doubt>,
    /// Addresses that the registry gives to this channel.
    pub decided_here: usize,
    pub target: PathBuf,
}

/// What became of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Done {
    Written,
    /// `--dry-run`.
    Shown,
    /// Somebody has to say that he means it.
    Refused,
}

pub fn run(args: &Args, checked: &Checked) -> ExitCode {
    let now = Zoned::now();
    let now = Now {
        timestamp: now.timestamp(),
        today: now.date(),
        operator: owner::operator(),
        terminal: io::stdout().is_terminal(),
    };
    match import(args, checked, &now, &mut io::stdout().lock()) {
        Ok(Done::Refused) => ExitCode::from(EXIT_UNUSABLE),
        Ok(Done::Written | Done::Shown) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sluss: {error}");
            ExitCode::from(EXIT_UNUSABLE)
        }
    }
}

pub(super) fn import(args: &Args, checked: &Checked, now: &Now, out: &mut dyn Write) -> Result<Done, Unusable> {
    if args.list && !now.terminal {
        return Err(Unusable::because("--list prints addresses, and does so at a terminal only"));
    }
    let as_of = args.exported.unwrap_or(now.today);
    if as_of > now.today {
        return Err(Unusable(format!("--exported {as_of}: a day to come")));
    }
    let Some(dir) = &checked.imports.dir else {
        return Err(Unusable::because("[imports] dir is missing: there is no folder to import into"));
    };
    let Some(channel) = checked.channels.iter().find(|c| c.id == args.channel) else {
        let known: Vec<&str> = checked.channels.iter().map(|c| c.id.as_str()).collect();
        return Err(Unusable(format!("there is no channel {:?}; there are: {}", args.channel, known.join(", "))));
    };
    let plan = plan(args, checked, channel, dir, now.today)?;
    let done = match plan.doubts.is_empty() || args.yes {
        _ if args.dry_run => Done::Shown,
        true => Done::Written,
        false => Done::Refused,
    };
    // To be seen before it happens. That nobody reads it any more must not stop what is being done.
    let shown = match args.json {
        true => Ok(()),
        false => preview::text(&plan, args.list, now.today, out),
    };
    broken_pipe_or(shown)?;
    if done == Done::Written {
        let run = ImportRun {
            channel: channel.id.clone(),
            source: plan.reading.source,
            inputs: plan.inputs.clone(),
            imported_at: now.timestamp,
            imported_by: now.operator.clone(),
            as_of,
            rows: plan.reading.rows,
            skipped: plan.reading.skipped.len(),
            left_out: plan.reading.left_out.values().sum(),
        };
        let text = file::write(&Mailboxes { run, records: plan.reading.records.clone() }).map_err(Unusable::because)?;
        place::replace(&plan.target, text.as_bytes())
            .map_err(|error| Unusable(format!("{}: {error}; nothing was imported", plan.target.display())))?;
    }
    let said = if args.json { preview::json(&plan, done, out) } else { preview::outcome(&plan, done, out) };
    broken_pipe_or(said)?;
    Ok(done)
}

fn plan<'a>(
    args: &Args,
    checked: &'a Checked,
    channel: &'a Channel,
    dir: &Path,
    today: Date,
) -> Result<Plan<'a>, Unusable> {
    let reports = args.files.iter().map(|path| contents(path)).collect::<Result<Vec<_>, _>>()?;
    let users = args.users.iter().map(|path| contents(path)).collect::<Result<Vec<_>, _>>()?;
    let inputs = reports.iter().chain(&users).map(|(_, bytes)| InputFile {
        sha256: data_encoding::HEXLOWER.encode(digest(&SHA256, bytes).as_ref()),
        bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
    });
    let reading = import::read(&as_inputs(&reports), &as_inputs(&users)).map_err(Unusable::because)?;
    let before = match &channel.mailbox.imported {
        Some(imported) => Some(imported.as_ref().clone()),
        None => imports::load(dir, &channel.id).map_err(Unusable::because)?,
    };
    let before = before.map(|mailboxes| mailboxes.records).unwrap_or_default();
    let change = Change::between(&before, &reading.records, channel.mailbox.phone_factor);
    let registry = assemble::registry(checked)?;
    let here = |address: &Canonical| {
        registry.resolve(&address.to_string(), today).channel.as_deref() == Some(channel.id.as_str())
    };
    let decided_here = reading.records.keys().filter(|address| here(address)).count();
    let inputs = inputs.collect();
    let doubts = change.doubts();
    Ok(Plan { channel, reading, inputs, change, doubts, decided_here, target: imports::path(dir, &channel.id) })
}

fn as_inputs(files: &[(String, Vec<u8>)]) -> Vec<Input<'_>> {
    files.iter().map(|(name, bytes)| Input { name, bytes }).collect()
}

fn contents(path: &Path) -> Result<(String, Vec<u8>), Unusable> {
    let name = path.display().to_string();
    let fault = |error: io::Error| Unusable(format!("{name}: {error}"));
    let meta = fs::metadata(path).map_err(fault)?;
    if meta.len() > MAX_REPORT {
        return Err(Unusable(format!("{name}: larger than {} MiB; export it in pages", MAX_REPORT >> 20)));
    }
    let bytes = fs::read(path).map_err(fault)?;
    Ok((name, bytes))
}

fn broken_pipe_or(written: io::Result<()>) -> Result<(), Unusable> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Unusable(format!("cannot write the result: {error}")))
        }
        _ => Ok(()),
    }
}
