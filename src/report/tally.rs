//! Counts of mails. What goes in here is all that a report is made of: words of the configuration and of the
//! patterns, domains and days; no sender, no address, no content.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::policy::Verdict;

/// What becomes of a mail, in the order of columns.
pub const OUTCOMES: [Verdict; 5] =
    [Verdict::Relay, Verdict::Warn, Verdict::Reroute, Verdict::Quarantine, Verdict::Reject];

/// Rows that one table keeps by name; mails of further ones are counted under [`BEYOND`], so that no
/// mail with a thousand made-up domains fills the memory.
pub const MAX_ROWS: usize = 100_000;
/// The row of what had no place any more.
pub const BEYOND: &str = "";
/// The row of recipients whose address ends in nothing that is a domain: what stands there instead may be a name.
pub const NO_DOMAIN: &str = "-";
/// The row of mails whose `Date` says no day that can be.
pub const NO_DAY: &str = "-";

/// Mails by what becomes of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts(pub [u64; OUTCOMES.len()]);

impl Counts {
    pub fn of(outcome: Verdict, mails: u64) -> Self {
        Counts(OUTCOMES.map(|o| if o == outcome { mails } else { 0 }))
    }

    pub fn sum(&self) -> u64 {
        self.0.iter().fold(0, |sum, n| sum.saturating_add(*n))
    }

    pub fn add(&mut self, other: &Counts) {
        for (here, more) in self.0.iter_mut().zip(&other.0) {
            *here = here.saturating_add(*more);
        }
    }
}

/// What the rows of a table are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dimension {
    Unit,
    Category,
    Severity,
    /// `id/level`; the id is empty where no channel matched.
    Channel,
    /// Evidence level of the weakest recipient.
    Level,
    /// Of a recipient's address.
    Domain,
    Unread,
    /// Kind of the findings that it rests on.
    Kind,
    /// Rule that made them.
    Rule,
    /// Word of the decision: `confidential:health:…`.
    Reason,
    /// What has become of what was held.
    State,
    Day,
}

impl Dimension {
    /// In the order of the report.
    pub const ALL: [Dimension; 12] = [
        Dimension::Unit,
        Dimension::Category,
        Dimension::Severity,
        Dimension::Channel,
        Dimension::Level,
        Dimension::Domain,
        Dimension::Unread,
        Dimension::Kind,
        Dimension::Rule,
        Dimension::Reason,
        Dimension::State,
        Dimension::Day,
    ];

    /// The name of its table in CSV and JSON, and in the file of texts.
    pub fn as_str(self) -> &'static str {
        match self {
            Dimension::Unit => "unit",
            Dimension::Category => "category",
            Dimension::Severity => "severity",
            Dimension::Channel => "channel",
            Dimension::Level => "level",
            Dimension::Domain => "domain",
            Dimension::Unread => "unread",
            Dimension::Kind => "kind",
            Dimension::Rule => "rule",
            Dimension::Reason => "reason",
            Dimension::State => "state",
            Dimension::Day => "day",
        }
    }

    /// Whether each unit has a table of its own.
    pub fn by_unit(self) -> bool {
        use Dimension::{Category, Channel, Level, Severity, State, Unread};
        matches!(self, Category | Severity | Channel | Level | Unread | State)
    }

    /// Whether rows may be anything, so that small ones are counted together under no name; the others are
    /// a closed list of words.
    pub fn is_open(self) -> bool {
        use Dimension::{Channel, Day, Domain, Kind, Reason, Rule, Unit};
        matches!(self, Unit | Channel | Domain | Kind | Rule | Reason | Day)
    }

    /// Whether every mail stands in exactly one row.
    pub fn is_partition(self) -> bool {
        matches!(self, Dimension::Unit | Dimension::Day)
    }
}

/// What the report takes of one mail, or of several that are alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub unit: Arc<str>,
    pub outcome: Verdict,
    /// The content is confidential, or some of it could not be read.
    pub noteworthy: bool,
    /// The rows it stands in; each once, however often a mail gives cause.
    pub rows: BTreeSet<(Dimension, String)>,
}

/// A table and, where it is one unit's, the unit.
pub type Place = (Option<Arc<str>>, Dimension);
pub type Table = HashMap<String, Counts>;

/// Everything counted. The table of units holds what each unit has altogether.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub all: Counts,
    pub tables: BTreeMap<Place, Table>,
    pub noteworthy: u64,
}

impl Tally {
    pub fn add(&mut self, seen: &Seen, mails: u64) {
        let counts = Counts::of(seen.outcome, mails);
        self.all.add(&counts);
        if seen.noteworthy {
            self.noteworthy = self.noteworthy.saturating_add(mails);
        }
        self.count((None, Dimension::Unit), &seen.unit, &counts);
        for (dimension, row) in &seen.rows {
            self.count((None, *dimension), row, &counts);
            if dimension.by_unit() {
                self.count((Some(seen.unit.clone()), *dimension), row, &counts);
            }
        }
    }

    /// Adds to one row alone, for what is known of a table but not of its mails.
    pub fn count(&mut self, place: Place, row: &str, counts: &Counts) {
        let table = self.tables.entry(place).or_default();
        let row = if table.len() < MAX_ROWS || table.contains_key(row) { row } else { BEYOND };
        table.entry(row.to_owned()).or_default().add(counts);
    }

    /// What another thread has counted.
    pub fn merge(&mut self, other: Tally) {
        self.all.add(&other.all);
        self.noteworthy = self.noteworthy.saturating_add(other.noteworthy);
        for (place, table) in other.tables {
            for (row, counts) in table {
                self.count(place.clone(), &row, &counts);
            }
        }
    }

    pub fn table(&self, unit: Option<&Arc<str>>, dimension: Dimension) -> Option<&Table> {
        self.tables.get(&(unit.cloned(), dimension))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(unit: &str, outcome: Verdict, rows: &[(Dimension, &str)]) -> Seen {
        let rows = rows.iter().map(|(dimension, row)| (*dimension, (*row).to_owned())).collect();
        Seen { unit: unit.into(), outcome, noteworthy: outcome != Verdict::Relay, rows }
    }

    #[test]
    fn a_mail_counts_once_in_each_of_its_rows_and_once_in_its_unit() {
        let mut tally = Tally::default();
        let rows = [(Dimension::Category, "health"), (Dimension::Category, "family"), (Dimension::Domain, "a.example")];
        tally.add(&seen("social", Verdict::Quarantine, &rows), 1);
        tally.add(&seen("social", Verdict::Quarantine, &rows[..1]), 2);
        tally.add(&seen("bygg", Verdict::Relay, &[]), 1);
        assert_eq!(tally.all, Counts([1, 0, 0, 3, 0]));
        assert_eq!(tally.all.sum(), 4);
        assert_eq!(tally.noteworthy, 3);
        let social: Arc<str> = "social".into();
        for (unit, dimension, row, wanted) in [
            (None, Dimension::Category, "health", Counts([0, 0, 0, 3, 0])),
            (Some(&social), Dimension::Category, "health", Counts([0, 0, 0, 3, 0])),
            (Some(&social), Dimension::Category, "family", Counts([0, 0, 0, 1, 0])),
            (None, Dimension::Unit, "bygg", Counts([1, 0, 0, 0, 0])),
            (None, Dimension::Unit, "social", Counts([0, 0, 0, 3, 0])),
        ] {
            assert_eq!(tally.table(unit, dimension).unwrap()[row], wanted, "{row}");
        }
        assert!(tally.table(Some(&social), Dimension::Domain).is_none(), "domains are the organisation's alone");
    }

    #[test]
    fn what_threads_have_counted_adds_up() {
        let mails: Vec<Seen> = (0..40)
            .map(|n| {
                seen(["a", "b"][n % 2], OUTCOMES[n % 5], &[(Dimension::Category, ["health", "work", "crime"][n % 3])])
            })
            .collect();
        let mut whole = Tally::default();
        let mut parts = [Tally::default(), Tally::default(), Tally::default()];
        for (n, mail) in mails.iter().enumerate() {
            whole.add(mail, 1);
            parts[n % 3].add(mail, 1);
        }
        let merged = parts.into_iter().fold(Tally::default(), |mut sum, part| {
            sum.merge(part);
            sum
        });
        assert_eq!(merged.all, whole.all);
        assert_eq!(merged.noteworthy, whole.noteworthy);
        assert_eq!(merged.tables, whole.tables);
    }

    #[test]
    fn a_table_never_grows_beyond_its_limit() {
        let mut tally = Tally::default();
        let one = Counts::of(Verdict::Relay, 1);
        for n in 0..MAX_ROWS + 10 {
            tally.count((None, Dimension::Domain), &format!("{n}.example"), &one);
        }
        let table = tally.table(None, Dimension::Domain).unwrap();
        assert_eq!(table.len(), MAX_ROWS + 1);
        assert_eq!(table[BEYOND].sum(), 10);
    }
}
