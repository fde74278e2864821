//! `sluss channel`: what is known about how mailboxes are opened, and why.

mod import;
mod place;
mod preview;
#[cfg(test)]
mod tests;

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use clap::Subcommand;
use jiff::Zoned;
use jiff::civil::Date;
use serde::Serialize;

use crate::channel::evidence::{REMINDERS, days_left};
use crate::channel::{Channel, Level, Registry};
use crate::cli::assemble;
use crate::config::Checked;

/// Columns of the list before the patterns.
const ID_WIDTH: usize = 20;

/// Days before the end of a report on mailboxes at which the next one is asked for.
const REPORT_REMINDER: i32 = 7;

/// List the channels, explain what an address resolves to, import evidence of single mailboxes.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Print every channel with its evidence, and what ends soon
    List {
        /// Print one JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Say why a mailbox counts as two-factor, or why not
    Explain {
        #[arg(value_name = "ADDRESS")]
        address: String,
    },
    /// Import a report on sign-in methods as evidence of a channel's single mailboxes
    ///
    /// Shows what it would do before it does it. Exit status: 0 when it is done, 2 when nothing was written: a file
    /// was not understood, or more than 10 % of the verified mailboxes would be lost, or more than 25 % of all would
    /// change, and --yes was not given.
    Import(import::Args),
}

pub fn run(args: &Args, checked: &Checked) -> ExitCode {
    if let Command::Import(args) = &args.command {
        return import::run(args, checked);
    }
    let registry = match assemble::registry(checked) {
        Ok(registry) => &{ registry },
        Err(error) => return super::unusable(&error),
    };
    let today = Zoned::now().date();
    let mut out = BufWriter::new(io::stdout().lock());
    let written = match &args.command {
        Command::List { json: true } => list_json(registry, today, &mut out),
        Command::List { json: false } => list(registry, today, &mut out),
        Command::Explain { address } => write!(out, "{}", registry.explain(address, today)),
        Command::Import(_) => Ok(()),
    };
    match written.and_then(|()| out.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sluss: cannot write the result: {error}");
            ExitCode::from(super::EXIT_UNUSABLE)
        }
    }
}

/// One channel as `--json` prints it. The shape may grow, never change.
#[derive(Serialize)]
struct Listed<'a> {
    id: &'a str,
    /// As configured.
    level: &'static str,
    /// What counts today.
    today: &'static str,
    two_factor: bool,
    verified_until: String,
    days_left: i32,
    /// The reminder that is due: 30, 14 or 3 days; 0 when it is over.
    reminder: Option<i32>,
    decided_by: &'a str,
    reference: &'a str,
    #[serde(rename = "match")]
    patterns: Vec<String>,
    listed: usize,
    not: Vec<String>,
    per_mailbox: bool,
    phone_factor: &'static str,
    mailbox_days: u16,
    /// What was imported; null when nothing was, or the channel does not ask for it.
    mailboxes: Option<ListedMailboxes>,
    next_hop: Option<&'a str>,
}

#[derive(Serialize)]
struct ListedMailboxes {
    source: &'static str,
    report_of: String,
    age_days: i32,
    stale: bool,
    known: usize,
    verified: usize,
    imported_at: String,
    imported_by: String,
    sha256: Vec<String>,
}

impl ListedMailboxes {
    fn of(channel: &Channel, today: Date) -> Option<Self> {
        let rule = &channel.mailbox;
        let imported = rule.imported.as_ref().filter(|_| channel.per_mailbox)?;
        let run = &imported.run;
        Some(ListedMailboxes {
            source: run.source.as_str(),
            report_of: run.as_of.to_string(),
            age_days: run.age(today),
            stale: rule.is_stale(run, today),
            known: imported.records.len(),
            verified: imported.verified(rule.phone_factor),
            imported_at: run.imported_at.to_string(),
            imported_by: run.imported_by.clone(),
            sha256: run.inputs.iter().map(|i| i.sha256.clone()).collect(),
        })
    }
}

fn list_json(registry: &Registry, today: Date, out: &mut impl Write) -> io::Result<()> {
    for channel in registry.channels() {
        let (level, _) = channel.today(today);
        let row = Listed {
            id: &channel.id,
            level: channel.evidence.level.as_str(),
            today: level.as_str(),
            two_factor: level.is_two_factor(),
            verified_until: channel.evidence.verified_until.to_string(),
            days_left: days_left(channel.evidence.verified_until, today),
            reminder: reminder(channel, today),
            decided_by: &channel.evidence.decided_by,
            reference: &channel.evidence.reference,
            patterns: channel.patterns.iter().map(|p| p.to_string()).collect(),
            listed: channel.listed.len(),
            not: channel.not.iter().map(|p| p.to_string()).collect(),
            per_mailbox: channel.per_mailbox,
            phone_factor: channel.mailbox.phone_factor.as_str(),
            mailbox_days: channel.mailbox.days,
            mailboxes: ListedMailboxes::of(channel, today),
            next_hop: channel.next_hop.as_deref(),
        };
        serde_json::to_writer(&mut *out, &row)?;
        writeln!(out)?;
    }
    Ok(())
}

fn list(registry: &Registry, today: Date, out: &mut impl Write) -> io::Result<()> {
    if registry.channels().is_empty() {
        return writeln!(out, "No channels: every recipient is unknown.");
    }
    writeln!(out, "{:<ID_WIDTH$}  {:<9}  {:<10}  matches", "channel", "today", "until")?;
    for channel in registry.channels() {
        let until = channel.evidence.verified_until;
        let (level, _) = channel.today(today);
        writeln!(out, "{:<ID_WIDTH$}  {:<9}  {until}  {}", channel.id, level.as_str(), matches(channel))?;
        mailboxes(channel, today, out)?;
    }
    let due: Vec<&Channel> = registry.channels().iter().filter(|c| reminder(c, today).is_some()).collect();
    if !due.is_empty() {
        writeln!(out, "\nTo renew:")?;
    }
    let mut due: Vec<(i32, &Channel)> =
        due.into_iter().map(|c| (days_left(c.evidence.verified_until, today), c)).collect();
    due.sort_by_key(|(days, _)| *days);
    for (days, channel) in due {
        let when = match days {
            ..0 => format!("ended {} days ago, its recipients are unknown", days.unsigned_abs()),
            0 => "ends today".into(),
            _ => format!("ends in {days} days"),
        };
        writeln!(out, "  {:<ID_WIDTH$}  {when}", channel.id)?;
    }
    Ok(())
}

/// A line on the single mailboxes, where the channel asks for evidence of them.
fn mailboxes(channel: &Channel, today: Date, out: &mut impl Write) -> io::Result<()> {
    if !channel.per_mailbox {
        return Ok(());
    }
    let Some(imported) = ListedMailboxes::of(channel, today) else {
        return writeln!(out, "{:<ID_WIDTH$}  no report on its mailboxes is imported", "");
    };
    let ListedMailboxes { known, verified, report_of, age_days, .. } = imported;
    write!(out, "{:<ID_WIDTH$}  {verified} of {known} mailboxes verified; report of {report_of}, ", "")?;
    let left = i32::from(channel.mailbox.days).saturating_sub(age_days);
    match left {
        _ if age_days < 0 => writeln!(out, "a day to come"),
        ..0 => writeln!(out, "{age_days} days old: too old, import a new one"),
        0..=REPORT_REMINDER => writeln!(out, "{age_days} days old; holds {left} more, import a new one"),
        _ => writeln!(out, "{age_days} days old"),
    }
}

/// The smallest reminder that is due; 0 when the evidence is over. Evidence of level unknown needs none.
fn reminder(channel: &Channel, today: Date) -> Option<i32> {
    if channel.evidence.level == Level::Unknown {
        return None;
    }
    match days_left(channel.evidence.verified_until, today) {
        ..0 => Some(0),
        days => REMINDERS.into_iter().filter(|r| days <= *r).min(),
    }
}

fn matches(channel: &Channel) -> String {
    let mut words: Vec<String> = channel.patterns.iter().map(|p| p.to_string()).collect();
    if let Some(file) = &channel.list_file {
        words.push(format!("{} in {}", channel.listed.len(), file.display()));
    }
    words.join(" ")
}
