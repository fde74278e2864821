//! What an import would do, before it is done: for a person, and as JSON.

use std::collections::BTreeMap;
use std::io::{self, Write};

use jiff::civil::Date;
use serde::Serialize;

use super::import::{Done, Plan};
use crate::channel::Canonical;
use crate::channel::mailbox::Standing;

/// Rows that were passed over and are shown; the rest is counted.
const MAX_SKIPPED: usize = 40;

/// Addresses are printed only with `addresses`.
pub fn text(plan: &Plan<'_>, addresses: bool, today: Date, out: &mut dyn Write) -> io::Result<()> {
    let (reading, channel) = (&plan.reading, plan.channel);
    writeln!(out, "Channel {:?}: {} by {}", channel.id, channel.evidence.level.as_str(), channel.evidence.decided_by)?;
    if !channel.per_mailbox {
        writeln!(out, "  per_mailbox is not set: the channel will not look at what is imported")?;
    }
    writeln!(out, "\nRead")?;
    for (name, file) in &reading.files {
        writeln!(out, "  {name}: {file}")?;
    }
    for note in &reading.notes {
        writeln!(out, "  note: {note}")?;
    }
    writeln!(out, "\nMailboxes, by address")?;
    let phone = channel.mailbox.phone_factor;
    for (standing, count) in by_standing(plan).into_iter().rev() {
        let verified = if standing.proves(phone) { "verified" } else { standing.level(phone).as_str() };
        writeln!(out, "  {count:>6}  {verified:<9} {}", standing.meaning())?;
    }
    writeln!(
        out,
        "  {:>6}  in all; {} of them are this channel's to decide",
        reading.records.len(),
        plan.decided_here
    )?;
    if !reading.left_out.is_empty() {
        writeln!(out, "\nLeft out")?;
    }
    for (why, count) in &reading.left_out {
        writeln!(out, "  {count:>6}  {}", why.meaning())?;
    }
    if !reading.unknown_methods.is_empty() {
        writeln!(out, "\nMethods that are not known, and are no second factor")?;
    }
    for (name, count) in &reading.unknown_methods {
        writeln!(out, "  {count:>6}  {}", if name.is_empty() { "(not a name)" } else { name })?;
    }
    if !reading.skipped.is_empty() {
        writeln!(out, "\nRows that were skipped: {}", reading.skipped.len())?;
    }
    for row in reading.skipped.iter().take(MAX_SKIPPED) {
        writeln!(out, "  {}, row {}: {}", file_name(plan, row.file), row.row, row.reason)?;
    }
    let more = reading.skipped.len().saturating_sub(MAX_SKIPPED);
    if more > 0 {
        writeln!(out, "  and {more} more")?;
    }
    changes(plan, addresses, today, out)
}

fn changes(plan: &Plan<'_>, addresses: bool, today: Date, out: &mut dyn Write) -> io::Result<()> {
    let change = &plan.change;
    match &plan.channel.mailbox.imported {
        Some(imported) => {
            let (run, age) = (&imported.run, imported.run.age(today));
            writeln!(out, "\nAgainst the report of {}, {age} days old, {}", run.as_of, run.short_hash())?;
        }
        None if change.before > 0 => writeln!(out, "\nAgainst the import before")?,
        None => writeln!(out, "\nThe first import")?,
    }
    writeln!(out, "  {:>6}  verified, {} before", change.verified_after, change.verified_before)?;
    let lists: [(&str, &[Canonical]); 4] =
        [("new", &change.new), ("gone", &change.gone), ("better", &change.better), ("worse", &change.worse)];
    for (word, list) in lists {
        writeln!(out, "  {:>6}  {word}", list.len())?;
        for address in list.iter().filter(|_| addresses) {
            writeln!(out, "            {address}")?;
        }
    }
    Ok(())
}

/// What became of it.
pub fn outcome(plan: &Plan<'_>, done: Done, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out)?;
    for doubt in &plan.doubts {
        writeln!(out, "Attention: {doubt}")?;
    }
    match done {
        Done::Written => {
            writeln!(out, "Imported: {}", plan.target.display())?;
            writeln!(out, "The relay uses it from its next reload on: systemctl reload sluss")
        }
        Done::Shown if plan.doubts.is_empty() => writeln!(out, "Nothing was written."),
        Done::Shown => writeln!(out, "Nothing was written. The import would need --yes."),
        Done::Refused => writeln!(out, "Nothing was written. If this is meant, say --yes."),
    }
}

/// The shape may grow, never change. No addresses.
#[derive(Serialize)]
struct Object<'a> {
    channel: &'a str,
    /// `written`, `shown` or `refused`.
    outcome: &'static str,
    file: Option<String>,
    /// Why `--yes` is needed.
    attention: Vec<String>,
    source: &'static str,
    inputs: Vec<InputObject<'a>>,
    rows: usize,
    mailboxes: usize,
    verified: usize,
    decided_here: usize,
    standing: BTreeMap<&'static str, usize>,
    left_out: BTreeMap<&'static str, usize>,
    skipped: Vec<SkippedObject<'a>>,
    unknown_methods: &'a BTreeMap<String, usize>,
    notes: Vec<String>,
    change: ChangeObject,
}

#[derive(Serialize)]
struct InputObject<'a> {
    sha256: &'a str,
    bytes: u64,
}

#[derive(Serialize)]
struct SkippedObject<'a> {
    file: &'a str,
    row: usize,
    reason: String,
}

#[derive(Serialize)]
struct ChangeObject {
    before: usize,
    verified_before: usize,
    lost: usize,
    new: usize,
    gone: usize,
    better: usize,
    worse: usize,
}

pub fn json(plan: &Plan<'_>, done: Done, out: &mut dyn Write) -> io::Result<()> {
    let (reading, change) = (&plan.reading, &plan.change);
    let object = Object {
        channel: &plan.channel.id,
        outcome: match done {
            Done::Written => "written",
            Done::Shown => "shown",
            Done::Refused => "refused",
        },
        file: (done == Done::Written).then(|| plan.target.display().to_string()),
        attention: plan.doubts.iter().map(ToString::to_string).collect(),
        source: reading.source.as_str(),
        inputs: plan.inputs.iter().map(|i| InputObject { sha256: &i.sha256, bytes: i.bytes }).collect(),
        rows: reading.rows,
        mailboxes: change.after,
        verified: change.verified_after,
        decided_here: plan.decided_here,
        standing: by_standing(plan).into_iter().map(|(standing, count)| (standing.as_str(), count)).collect(),
        left_out: reading.left_out.iter().map(|(why, count)| (why.as_str(), *count)).collect(),
        skipped: reading
            .skipped
            .iter()
            .map(|s| SkippedObject { file: file_name(plan, s.file), row: s.row, reason: s.reason.to_string() })
            .collect(),
        unknown_methods: &reading.unknown_methods,
        notes: reading.notes.iter().map(ToString::to_string).collect(),
        change: ChangeObject {
            before: change.before,
            verified_before: change.verified_before,
            lost: change.lost,
            new: change.new.len(),
            gone: change.gone.len(),
            better: change.better.len(),
            worse: change.worse.len(),
        },
    };
    serde_json::to_writer(&mut *out, &object)?;
    writeln!(out)
}

/// Weakest first.
fn by_standing(plan: &Plan<'_>) -> BTreeMap<Standing, usize> {
    let mut counts: BTreeMap<Standing, usize> = BTreeMap::new();
    for record in plan.reading.records.values() {
        let count = counts.entry(record.standing).or_default();
        *count = count.saturating_add(1);
    }
    counts
}

fn file_name<'a>(plan: &'a Plan<'_>, number: usize) -> &'a str {
    plan.reading.files.get(number).map_or("", |(name, _)| name)
}
