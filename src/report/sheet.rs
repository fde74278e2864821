//! From counts to tables that may be shown: small rows counted together, small figures left out.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::suppress::{Cell, Figure, SHOWN_FROM, Suppression};
use super::tally::{BEYOND, Counts, Dimension, NO_DAY, OUTCOMES, Table, Tally};
use crate::channel::Level;
use crate::detect::Severity;
use crate::store::State;

/// Days that a table shows one by one; of more than these it shows the months.
const MAX_DAYS: usize = 92;
/// Bytes of `YYYY-MM`.
const MONTH: usize = 7;

/// A figure for each outcome, then their sum.
pub type Figures = [Figure; OUTCOMES.len() + 1];
type Cells = [Cell; OUTCOMES.len() + 1];

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Name {
    Word(String),
    /// This many rows that are too small to be shown by themselves.
    Others(u64),
    Total,
}

#[derive(Clone, Debug)]
pub struct Row {
    pub name: Name,
    pub figures: Figures,
}

impl Row {
    pub fn sum(&self) -> Figure {
        self.figures[OUTCOMES.len()]
    }
}

#[derive(Clone, Debug)]
pub struct Sheet {
    pub dimension: Dimension,
    pub rows: Vec<Row>,
    /// Where every mail stands in exactly one row.
    pub total: Option<Row>,
}

/// A unit that is large enough to be shown.
#[derive(Clone, Debug)]
pub struct UnitSheets {
    pub unit: Arc<str>,
    pub all: Row,
    pub sheets: Vec<Sheet>,
}

/// All that a report shows.
#[derive(Clone, Debug)]
pub struct Sheets {
    pub all: Row,
    pub sheets: Vec<Sheet>,
    pub units: Vec<UnitSheets>,
}

impl Sheets {
    pub fn of(tally: &Tally) -> Self {
        let days = tally.table(None, Dimension::Day).filter(|days| days.len() > MAX_DAYS).map(by_month);
        if tally.all.sum() < SHOWN_FROM {
            let all = Row { name: Name::Total, figures: [Figure::Few; OUTCOMES.len() + 1] };
            return Sheets { all, sheets: Vec::new(), units: Vec::new() };
        }
        let mut counts = Suppression::default();
        let all = cells(&mut counts, &tally.all);
        let mut tables = Vec::new();
        for dimension in Dimension::ALL {
            let grouped = days.as_ref().filter(|_| dimension == Dimension::Day);
            if let Some(table) = grouped.or_else(|| tally.table(None, dimension)) {
                tables.push(Laid::out(&mut counts, dimension, table, &all));
            }
        }
        let mut units = Vec::new();
        let rows = tables.iter().find(|laid| laid.dimension == Dimension::Unit).map(|laid| laid.rows.clone());
        // The tables of an only unit are those of the organisation.
        for (name, margin) in rows.filter(|rows| rows.len() > 1).unwrap_or_default() {
            let Name::Word(unit) = name else { continue };
            let unit: Arc<str> = unit.into();
            let own = |dimension: &Dimension| Some((*dimension, tally.table(Some(&unit), *dimension)?));
            let laid: Vec<Laid> = Dimension::ALL
                .iter()
                .filter_map(own)
                .map(|(dimension, table)| Laid::out(&mut counts, dimension, table, &margin))
                .collect();
            units.push((unit, margin, laid));
        }
        for laid in tables.iter().filter(|laid| laid.dimension.by_unit() && !units.is_empty()) {
            across_units(&mut counts, laid, &units, tally);
        }
        counts.suppress();
        let row = |name: Name, cells: &Cells| Row { name, figures: cells.map(|cell| counts.figure(cell)) };
        let total = row(Name::Total, &all);
        let units = units
            .iter()
            .map(|(unit, margin, laid)| {
                let all = row(Name::Total, margin);
                let sheets = laid.iter().map(|laid| laid.shown(&counts, &all)).collect();
                UnitSheets { unit: unit.clone(), all, sheets }
            })
            .collect();
        let sheets: Vec<Sheet> = tables.iter().map(|laid| laid.shown(&counts, &total)).collect();
        let mut whole = Sheets { all: total, sheets, units };
        whole.order_units();
        whole
    }

    /// The units' own tables in the order of the table of units.
    fn order_units(&mut self) {
        let Some(table) = self.sheets.iter().find(|sheet| sheet.dimension == Dimension::Unit) else { return };
        let order: HashMap<&str, usize> = table
            .rows
            .iter()
            .enumerate()
            .filter_map(|(n, row)| if let Name::Word(unit) = &row.name { Some((unit.as_str(), n)) } else { None })
            .collect();
        self.units.sort_by_key(|unit| order.get(&*unit.unit).copied());
    }

    /// First and last row of the table of days, where any day is shown.
    pub fn period(&self) -> Option<(&str, &str)> {
        let days = self.sheets.iter().find(|sheet| sheet.dimension == Dimension::Day)?;
        let mut words = days.rows.iter().filter_map(|row| match &row.name {
            Name::Word(day) if day != NO_DAY => Some(day.as_str()),
            _ => None,
        });
        let first = words.next()?;
        Some((first, words.next_back().unwrap_or(first)))
    }
}

/// A table whose counts are known to the suppression.
struct Laid {
    dimension: Dimension,
    rows: Vec<(Name, Cells)>,
}

impl Laid {
    fn out(counts: &mut Suppression, dimension: Dimension, table: &Table, margin: &Cells) -> Self {
        let mut rows = Vec::new();
        let (mut others, mut folded) = (Counts::default(), 0_u64);
        // In an order that does not depend on the run.
        for (name, row) in table.iter().collect::<BTreeMap<_, _>>() {
            if is_folded(dimension, name, row) {
                others.add(row);
                folded = folded.saturating_add(1);
            } else {
                rows.push((Name::Word(name.clone()), cells(counts, row)));
            }
        }
        if folded > 0 {
            rows.push((Name::Others(folded), cells(counts, &others)));
        }
        // Where a table adds up, or happens to, a reader can subtract.
        for (column, whole) in margin.iter().enumerate() {
            let parts: Vec<Cell> = rows.iter().map(|(_, cells)| cells[column]).collect();
            counts.adds_up(&parts, *whole);
        }
        Laid { dimension, rows }
    }

    fn row(&self, name: &str) -> Option<&Cells> {
        self.rows.iter().find(|(row, _)| matches!(row, Name::Word(word) if word == name)).map(|(_, cells)| cells)
    }

    fn shown(&self, counts: &Suppression, total: &Row) -> Sheet {
        let mut rows: Vec<Row> = self
            .rows
            .iter()
            .map(|(name, cells)| Row { name: name.clone(), figures: cells.map(|cell| counts.figure(cell)) })
            .collect();
        rows.sort_by_cached_key(|row| rank(self.dimension, row));
        Sheet { dimension: self.dimension, rows, total: self.dimension.is_partition().then(|| total.clone()) }
    }
}

/// Every row of the organisation is the sum of the same row in all units, whether they show it or not.
fn across_units(counts: &mut Suppression, laid: &Laid, units: &[(Arc<str>, Cells, Vec<Laid>)], tally: &Tally) {
    let named: HashMap<&str, &Laid> = units
        .iter()
        .filter_map(|(unit, _, tables)| Some((&**unit, tables.iter().find(|t| t.dimension == laid.dimension)?)))
        .collect();
    let tables: Vec<(&str, &Table)> = tally
        .tables
        .iter()
        .filter(|((_, dimension), _)| *dimension == laid.dimension)
        .filter_map(|((unit, _), table)| Some((&**unit.as_ref()?, table)))
        .collect();
    for (name, whole) in &laid.rows {
        let Name::Word(word) = name else { continue };
        let mut parts: Vec<Cells> = Vec::new();
        for (unit, table) in &tables {
            let Some(row) = table.get(word) else { continue };
            let shown = named.get(unit).and_then(|laid| laid.row(word));
            parts.push(shown.copied().unwrap_or_else(|| hidden(counts, row)));
        }
        for (column, whole) in whole.iter().enumerate() {
            let parts: Vec<Cell> = parts.iter().map(|cells| cells[column]).collect();
            counts.adds_up(&parts, *whole);
        }
    }
}

fn values(row: &Counts) -> [u64; OUTCOMES.len() + 1] {
    let mut values = [row.sum(); OUTCOMES.len() + 1];
    values[..OUTCOMES.len()].copy_from_slice(&row.0);
    values
}

fn cells(counts: &mut Suppression, row: &Counts) -> Cells {
    let cells = values(row).map(|value| counts.cell(value));
    if let Some((whole, parts)) = cells.split_last() {
        counts.adds_up(parts, *whole);
    }
    cells
}

fn hidden(counts: &mut Suppression, row: &Counts) -> Cells {
    let cells = values(row).map(|value| counts.hidden(value));
    if let Some((whole, parts)) = cells.split_last() {
        counts.adds_up(parts, *whole);
    }
    cells
}

fn is_folded(dimension: Dimension, name: &str, row: &Counts) -> bool {
    dimension.is_open() && (name == BEYOND || row.sum() < SHOWN_FROM)
}

/// The order of rows: days by the calendar, words with an order by it, the rest by what is shown of them; an
/// order by the true counts would tell of those that are not.
fn rank(dimension: Dimension, row: &Row) -> (usize, u64, Name) {
    let Name::Word(word) = &row.name else { return (usize::MAX, 0, row.name.clone()) };
    let place = |words: &[&str]| words.iter().position(|known| known == word).unwrap_or(words.len());
    let shown = match row.sum() {
        Figure::Shown(n) => u64::MAX - n,
        Figure::Withheld => u64::MAX - SHOWN_FROM,
        Figure::Few => u64::MAX,
    };
    match dimension {
        Dimension::Day if word == NO_DAY => (1, 0, row.name.clone()),
        Dimension::Day => (0, 0, row.name.clone()),
        Dimension::Severity => (Severity::ALL.len() - place(&Severity::ALL.map(Severity::as_str)), 0, row.name.clone()),
        Dimension::Level => (place(&Level::ALL.map(Level::as_str)), 0, row.name.clone()),
        Dimension::State => (place(&State::ALL.map(State::as_str)), 0, row.name.clone()),
        _ => (0, shown, row.name.clone()),
    }
}

fn by_month(days: &Table) -> Table {
    let mut months = Table::new();
    for (day, counts) in days {
        months.entry(day.get(..MONTH).unwrap_or(day).to_owned()).or_default().add(counts);
    }
    months
}

#[cfg(test)]
#[path = "sheet_tests.rs"]
mod tests;
