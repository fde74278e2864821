//! `sluss channel`: what is known about how mailboxes are opened, and why.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use clap::Subcommand;
use jiff::Zoned;
use jiff::civil::Date;
use serde::Serialize;

use crate::channel::evidence::{REMINDERS, days_left};
use crate::channel::{Channel, Level, Registry};

/// Columns of the list before the patterns.
const ID_WIDTH: usize = 20;

/// List the channels of the configuration, or explain what one address resolves to.
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
}

pub fn run(args: &Args, registry: &Registry) -> ExitCode {
    let today = Zoned::now().date();
    let mut out = BufWriter::new(io::stdout().lock());
    let written = match &args.command {
        Command::List { json: true } => list_json(registry, today, &mut out),
        Command::List { json: false } => list(registry, today, &mut out),
        Command::Explain { address } => write!(out, "{}", registry.explain(address, today)),
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
    next_hop: Option<&'a str>,
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

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::channel::{Evidence, Pattern};

    const TODAY: Date = date(2026, 11, 21);

    fn registry(ends: &[(&str, Level, Date)]) -> Registry {
        let row = |(id, level, verified_until): &(&str, Level, Date)| Channel {
            id: (*id).into(),
            patterns: vec![Pattern::parse(&format!("@{id}.example")).unwrap()],
            listed: Vec::new(),
            list_file: None,
            not: Vec::new(),
            evidence: Evidence {
                level: *level,
                decided_by: "IT-chef".into(),
                reference: "KS 1".into(),
                verified_until: *verified_until,
            },
            per_mailbox: false,
            next_hop: None,
            owner: None,
        };
        Registry::new(ends.iter().map(row).collect()).unwrap()
    }

    #[test]
    fn reminders_fall_due_at_30_14_and_3_days() {
        for (until, due) in [
            (date(2026, 12, 22), None),
            (date(2026, 12, 21), Some(30)),
            (date(2026, 12, 5), Some(14)),
            (date(2026, 11, 25), Some(14)),
            (date(2026, 11, 24), Some(3)),
            (date(2026, 11, 21), Some(3)),
            (date(2026, 11, 20), Some(0)),
        ] {
            let registry = registry(&[("a", Level::Eid, until)]);
            assert_eq!(reminder(&registry.channels()[0], TODAY), due, "{until}");
        }
    }

    #[test]
    fn the_list_ends_with_what_must_be_renewed() {
        let registry = registry(&[
            ("region", Level::Contract, date(2027, 6, 30)),
            ("grann", Level::Attested, date(2026, 12, 1)),
            ("old", Level::Eid, date(2026, 11, 11)),
        ]);
        let mut out = Vec::new();
        list(&registry, TODAY, &mut out).unwrap();
        let expected = "\
channel               today      until       matches
region                contract   2027-06-30  @region.example
grann                 attested   2026-12-01  @grann.example
old                   unknown    2026-11-11  @old.example

To renew:
  old                   ended 10 days ago, its recipients are unknown
  grann                 ends in 10 days
";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn json_is_one_object_a_line() {
        let registry = registry(&[("a", Level::Eid, date(2026, 12, 1)), ("b", Level::Capable, date(2027, 12, 1))]);
        let mut out = Vec::new();
        list_json(&registry, TODAY, &mut out).unwrap();
        let rows: Vec<serde_json::Value> =
            out.split(|b| *b == b'\n').filter(|l| !l.is_empty()).map(|l| serde_json::from_slice(l).unwrap()).collect();
        assert_eq!(rows.len(), 2);
        assert_eq!((&rows[0]["id"], &rows[0]["today"], &rows[0]["reminder"]), (&"a".into(), &"eid".into(), &14.into()));
        assert_eq!((&rows[1]["two_factor"], &rows[1]["days_left"]), (&false.into(), &375.into()));
    }
}
