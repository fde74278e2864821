//! `sluss config diff OLD NEW PATH…`: what another configuration would have done with mail that is at hand.
//!
//! Every mail is judged under both, as `sluss check` does it. Printed are counts, units, categories and the names
//! of the administrator's own files; nothing of what stands in them. In observe mode a mail counts by what it
//! was judged to deserve, and the last line says how many of those would only be recorded.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use jiff::Zoned;

use super::assemble::{self, Unusable};
use super::files;
use crate::config::Checked;
use crate::pipeline::{DEFAULT_HOP, Judgement, Knowledge};
use crate::policy::{Mode, Verdict};

/// What happens to a mail, worst first, and how the output calls it. Relaying is what is left.
const ACTIONS: [(Verdict, &str); 4] = [
    (Verdict::Quarantine, "held"),
    (Verdict::Reject, "rejected"),
    (Verdict::Reroute, "rerouted"),
    (Verdict::Warn, "warned"),
];

/// Two configurations, ready to judge.
pub struct Comparison {
    first: Knowledge,
    second: Knowledge,
}

/// As much of a judgement as is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Fate {
    judged: Verdict,
    /// It is relayed all the same.
    observed: bool,
    unit: String,
    /// What decided; `unreadable` when that was no category.
    categories: Vec<&'static str>,
}

/// All mails that one line of the result is about, by unit and categories.
type Group<'r> = BTreeMap<(&'r str, String), Vec<&'r str>>;

/// One mail under both.
struct Row {
    name: String,
    first: Fate,
    second: Fate,
}

impl Comparison {
    pub fn new(first: &Checked, second: &Checked) -> Result<Self, Unusable> {
        let readers = assemble::readers(Some(first));
        let same = first.inspect.ocr == second.inspect.ocr && first.inspect.sandbox == second.inspect.sandbox;
        let others = if same { readers.clone() } else { assemble::readers(Some(second)) };
        Ok(Comparison { first: assemble::knowledge(first, &readers)?, second: assemble::knowledge(second, &others)? })
    }

    /// Judges every mail and prints what changes. False when one could not be judged; `err` says which.
    pub fn run(&self, paths: &[PathBuf], out: &mut dyn Write, err: &mut dyn Write) -> io::Result<bool> {
        let now = Zoned::now();
        let (mut rows, mut whole) = (Vec::new(), true);
        for path in paths {
            match files::below(path) {
                Ok(mails) => {
                    for file in mails {
                        match self.judge(&file, &now) {
                            Ok(row) => rows.push(row),
                            Err(error) => {
                                whole = false;
                                writeln!(err, "sluss: {}: {error}", file.display())?;
                            }
                        }
                    }
                }
                Err(error) => {
                    whole = false;
                    writeln!(err, "sluss: {}: {error}", path.display())?;
                }
            }
        }
        print(&rows, out)?;
        Ok(whole)
    }

    fn judge(&self, file: &Path, now: &Zoned) -> io::Result<Row> {
        let message = files::read(file)?;
        let fate = |knowledge: &Knowledge| {
            let judgement = knowledge.judge(&message, None, DEFAULT_HOP, now);
            let judgement = judgement.map_err(|_| io::Error::other("inspection failed through a fault of the program"));
            judgement.as_ref().map(Fate::of).map_err(|error| io::Error::other(error.to_string()))
        };
        Ok(Row { name: file.display().to_string(), first: fate(&self.first)?, second: fate(&self.second)? })
    }
}

impl Fate {
    fn of(judgement: &Judgement) -> Fate {
        let outcome = &judgement.outcome;
        let counted = if outcome.confidential { &outcome.categories } else { &outcome.warned };
        let mut categories: Vec<_> = counted.iter().map(|category| category.as_str()).collect();
        if categories.is_empty() {
            categories.push("unreadable");
        }
        Fate {
            judged: outcome.judged,
            observed: judgement.unit.rules.mode == Mode::Observe && outcome.judged != Verdict::Relay,
            unit: judgement.unit.id.clone(),
            categories,
        }
    }
}

fn print(rows: &[Row], out: &mut dyn Write) -> io::Result<()> {
    for (newly, word) in [(true, "newly"), (false, "no longer")] {
        for (action, name) in ACTIONS {
            let mut group = Group::new();
            for row in rows {
                let (before, after) = if newly { (&row.first, &row.second) } else { (&row.second, &row.first) };
                if after.judged == action && before.judged != action {
                    group.entry((&after.unit, after.categories.join(", "))).or_default().push(&row.name);
                }
            }
            write_group(&format!("{word} {name}"), &group, out)?;
        }
    }
    let held = |fate: &Fate| fate.judged == Verdict::Quarantine;
    let newly: Vec<&Row> = rows.iter().filter(|row| held(&row.second) && !held(&row.first)).collect();
    let changed = rows.iter().filter(|row| row.first.judged != row.second.judged).count();
    writeln!(out, "would newly hold {} of {}; {changed} would go another way than before", newly.len(), rows.len())?;
    let observed = newly.iter().filter(|row| row.second.observed).count();
    if observed > 0 {
        writeln!(out, "of those, {observed} in observe mode: recorded, and sent on")?;
    }
    Ok(())
}

fn write_group(heading: &str, group: &Group<'_>, out: &mut dyn Write) -> io::Result<()> {
    if group.is_empty() {
        return Ok(());
    }
    writeln!(out, "{heading}: {}", group.values().map(Vec::len).sum::<usize>())?;
    for ((unit, categories), files) in group {
        writeln!(out, "  unit {unit}, {categories}: {}", files.len())?;
        for file in files {
            writeln!(out, "    {file}")?;
        }
    }
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fate(judged: Verdict, observed: bool, unit: &str, categories: &[&'static str]) -> Fate {
        Fate { judged, observed, unit: unit.to_owned(), categories: categories.to_vec() }
    }

    #[test]
    fn what_changes_is_counted_by_unit_and_category() {
        use Verdict::{Quarantine, Reject, Relay, Warn};
        let row = |name: &str, first: Fate, second: Fate| Row { name: name.to_owned(), first, second };
        let rows = [
            row("a.eml", fate(Relay, false, "social", &["health"]), fate(Quarantine, false, "social", &["health"])),
            row("b.eml", fate(Warn, false, "social", &["health"]), fate(Quarantine, true, "social", &["health"])),
            row("c.eml", fate(Quarantine, false, "skole", &["birth"]), fate(Relay, false, "skole", &["birth"])),
            row("d.eml", fate(Quarantine, false, "skole", &["birth"]), fate(Reject, false, "skole", &["birth"])),
            row("e.eml", fate(Quarantine, false, "x", &["health"]), fate(Quarantine, false, "y", &["health"])),
            row("f.eml", fate(Relay, false, "x", &["unreadable"]), fate(Relay, false, "x", &["unreadable"])),
        ];
        let mut out = Vec::new();
        print(&rows, &mut out).unwrap();
        let expected = "newly held: 2\n  unit social, health: 2\n    a.eml\n    b.eml\n\n\
             newly rejected: 1\n  unit skole, birth: 1\n    d.eml\n\n\
             no longer held: 2\n  unit skole, birth: 2\n    c.eml\n    d.eml\n\n\
             no longer warned: 1\n  unit social, health: 1\n    b.eml\n\n\
             would newly hold 2 of 6; 4 would go another way than before\n\
             of those, 1 in observe mode: recorded, and sent on\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn nothing_changes() {
        let mut out = Vec::new();
        print(&[], &mut out).unwrap();
        assert_eq!(out, b"would newly hold 0 of 0; 0 would go another way than before\n");
    }
}
