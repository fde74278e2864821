//! Small counts are not shown, and cannot be worked out from those that are.
//!
//! A count of 1 to 4 is shown as [`Figure::Few`]. Where a row or a column adds up, a single count that is left
//! out is the sum less the rest; so further counts are [`Figure::Withheld`], until no count that is left out
//! has only one value that fits. That is looked for as a reader would: every sum says of each of its parts
//! between which values it lies, given what is known of the others, and what one sum says is used in the next,
//! until nothing new comes out. Nor may all sums together, as a system of equations, isolate one.

use std::collections::VecDeque;

use super::equations::Equations;

/// Suppression below this are not shown, unless they are 0.
pub const SHOWN_FROM: u64 = 5;

/// Larger than any count, and small enough to be added up.
const ANY: i128 = 1 << 80;
/// Times that bounds are carried through all sums before the next count is withheld; few are needed.
const MAX_ROUNDS: usize = 64;

/// A count as a report shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    Shown(u64),
    /// Below [`SHOWN_FROM`].
    Few,
    /// Left out so that another one cannot be worked out; any number.
    Withheld,
}

impl Figure {
    /// A count by itself, that adds up with no other.
    pub fn alone(count: u64) -> Figure {
        if count == 0 || count >= SHOWN_FROM { Figure::Shown(count) } else { Figure::Few }
    }
}

/// A count, by the order in which it was added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cell(usize);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Shown,
    Few,
    Withheld,
    /// Nowhere in the report, but part of a sum that is.
    Hidden,
}

/// Suppression and the sums between them.
#[derive(Debug, Default)]
pub struct Suppression {
    values: Vec<u64>,
    states: Vec<State>,
    sums: Vec<Sum>,
    /// Sums that a count is part of, or the whole of.
    member_of: Vec<Vec<usize>>,
}

#[derive(Debug)]
struct Sum {
    parts: Vec<usize>,
    whole: usize,
    /// Members that are not shown.
    left_out: usize,
}

/// Least and greatest value that a reader holds possible.
type Range = (i128, i128);

impl Suppression {
    /// A count that stands in the report.
    pub fn cell(&mut self, value: u64) -> Cell {
        let state = if value == 0 || value >= SHOWN_FROM { State::Shown } else { State::Few };
        self.push(value, state)
    }

    /// A count below [`SHOWN_FROM`] that stands nowhere, and belongs to a sum that does.
    pub fn hidden(&mut self, value: u64) -> Cell {
        self.push(value, State::Hidden)
    }

    fn push(&mut self, value: u64, state: State) -> Cell {
        self.values.push(value);
        self.states.push(state);
        self.member_of.push(Vec::new());
        Cell(self.values.len() - 1)
    }

    /// What a reader knows adds up, or may guess because it happens to. Ignored where it does not add up.
    pub fn adds_up(&mut self, parts: &[Cell], whole: Cell) {
        let sum: u128 = parts.iter().map(|p| u128::from(self.values[p.0])).sum();
        if parts.is_empty() || sum != u128::from(self.values[whole.0]) {
            return;
        }
        let number = self.sums.len();
        for cell in parts.iter().chain([&whole]) {
            self.member_of[cell.0].push(number);
        }
        let left_out = parts.iter().chain([&whole]).filter(|cell| self.states[cell.0] != State::Shown).count();
        self.sums.push(Sum { parts: parts.iter().map(|p| p.0).collect(), whole: whole.0, left_out });
    }

    /// Withholds counts until none that is left out can be worked out.
    pub fn suppress(&mut self) {
        loop {
            self.cover_lines();
            let ranges = self.ranges();
            let given_away: Vec<usize> =
                (0..self.values.len()).filter(|&cell| self.is_given_away(cell, ranges[cell])).collect();
            let isolated = if given_away.is_empty() { self.isolated() } else { Vec::new() };
            if given_away.is_empty() && isolated.is_empty() {
                return;
            }
            let narrowing = given_away.iter().find_map(|&cell| {
                let sums = self.member_of[cell].iter().filter(|&&sum| self.narrows(sum, cell, &ranges));
                sums.filter_map(|&sum| self.choose(sum, cell, &ranges)).next()
            });
            let joining = || {
                let sums = |&cell: &usize| self.member_of[cell].iter().find_map(|&sum| self.choose(sum, cell, &ranges));
                isolated.iter().find_map(sums)
            };
            match narrowing.or_else(joining) {
                Some(cell) => self.withhold(cell),
                // Nothing is left to cover it with but everything.
                None => {
                    self.states.iter_mut().filter(|s| **s != State::Hidden).for_each(|s| *s = State::Withheld);
                    return;
                }
            }
        }
    }

    /// Counts that the sums together leave one value for.
    fn isolated(&self) -> Vec<usize> {
        let unknown = |cell: &usize| self.states[*cell] != State::Shown;
        let mut equations = Equations::default();
        for sum in self.sums.iter().filter(|sum| sum.left_out > 0) {
            let whole = Some(sum.whole).filter(unknown);
            equations.add(sum.parts.iter().copied().filter(unknown), whole);
        }
        equations.isolated().filter(|&cell| !self.is_open(cell)).collect()
    }

    fn withhold(&mut self, cell: usize) {
        if self.states[cell] == State::Shown {
            for &sum in &self.member_of[cell] {
                self.sums[sum].left_out += 1;
            }
        }
        self.states[cell] = State::Withheld;
    }

    /// Until no sum gives one of its members away by itself.
    fn cover_lines(&mut self) {
        let mut ranges: Vec<Range> = (0..self.values.len()).map(|cell| self.marked(cell)).collect();
        let mut open: VecDeque<usize> = (0..self.sums.len()).collect();
        while let Some(number) = open.pop_front() {
            let sum = &self.sums[number];
            let total = total(sum, &ranges);
            let given_away = sum.parts.iter().chain([&sum.whole]).copied().find(|&cell| {
                let (low, high) = says(sum, cell, total, &ranges);
                self.is_given_away(cell, (low.max(ranges[cell].0), high.min(ranges[cell].1)))
            });
            if let Some(chosen) = given_away.and_then(|cell| self.choose(number, cell, &ranges)) {
                self.withhold(chosen);
                ranges[chosen] = self.marked(chosen);
                open.extend(&self.member_of[chosen]);
            }
        }
    }

    pub fn figure(&self, cell: Cell) -> Figure {
        match self.states[cell.0] {
            State::Shown => Figure::Shown(self.values[cell.0]),
            State::Few => Figure::Few,
            State::Withheld | State::Hidden => Figure::Withheld,
        }
    }

    /// Only one value is left of a count that is not shown.
    fn is_given_away(&self, cell: usize, range: Range) -> bool {
        !self.is_open(cell) && range.0 == range.1
    }

    /// No secret: shown, or none of something in a row without a name. Where rows have names, zeros are shown.
    fn is_open(&self, cell: usize) -> bool {
        self.states[cell] == State::Shown || (self.states[cell] == State::Hidden && self.values[cell] == 0)
    }

    /// What the marks alone say.
    fn marked(&self, cell: usize) -> Range {
        let value = i128::from(self.values[cell]);
        let few = i128::from(SHOWN_FROM) - 1;
        match self.states[cell] {
            State::Shown => (value, value),
            State::Few => (1, few),
            State::Hidden => (0, few),
            State::Withheld => (0, ANY),
        }
    }

    /// What the marks and all sums say, one sum after the other.
    fn ranges(&self) -> Vec<Range> {
        let mut ranges: Vec<Range> = (0..self.values.len()).map(|cell| self.marked(cell)).collect();
        for _ in 0..MAX_ROUNDS {
            let mut changed = false;
            for sum in &self.sums {
                let total = total(sum, &ranges);
                for cell in sum.parts.iter().copied().chain([sum.whole]) {
                    let (low, high) = says(sum, cell, total, &ranges);
                    let range = &mut ranges[cell];
                    let narrowed = (range.0.max(low), range.1.min(high));
                    changed |= narrowed != *range;
                    *range = narrowed;
                }
            }
            if !changed {
                break;
            }
        }
        ranges
    }

    /// Whether this sum alone leaves no value on one side of the right one, given what is known of the others.
    fn narrows(&self, number: usize, cell: usize, ranges: &[Range]) -> bool {
        let (value, marked, sum) = (i128::from(self.values[cell]), self.marked(cell), &self.sums[number]);
        let (low, high) = says(sum, cell, total(sum, ranges), ranges);
        (low == value && low > marked.0) || (high == value && high < marked.1)
    }

    /// The count whose loss costs the reader least, so that this one cannot be worked out: the one that takes the
    /// fewest others with it; of several a part before the sum, and the smallest.
    fn choose(&self, number: usize, cell: usize, ranges: &[Range]) -> Option<usize> {
        let sum = &self.sums[number];
        let shown = |member: &usize| *member != cell && self.states[*member] == State::Shown;
        let cost = |member: usize| {
            // Alone among shown counts it would need a cover in its turn.
            let alone = self.member_of[member].iter().filter(|&&other| self.sums[other].left_out == 0).count();
            let none = usize::from(self.values[member] == 0);
            (alone + none, member == sum.whole, self.values[member])
        };
        let members = sum.parts.iter().copied().chain([sum.whole]).filter(shown);
        let mut by_cost: Vec<usize> = members.collect();
        by_cost.sort_by_cached_key(|&member| cost(member));
        let chosen =
            by_cost.into_iter().find(|&member| self.values[member] > 0 || self.helps(sum, cell, member, ranges));
        let whole = || (sum.whole != cell && self.states[sum.whole] == State::Few).then_some(sum.whole);
        chosen.or_else(whole)
    }

    /// Whether more than one value fits `cell` once `member`, which is 0, may be anything.
    fn helps(&self, sum: &Sum, cell: usize, member: usize, ranges: &[Range]) -> bool {
        let mut ranges = ranges.to_vec();
        ranges[member] = (0, ANY);
        let (low, high) = says(sum, cell, total(sum, &ranges), &ranges);
        let marked = self.marked(cell);
        low.max(marked.0) < high.min(marked.1)
    }
}

/// Least and greatest value of the parts that have one, together, and how many have no greatest.
#[derive(Clone, Copy)]
struct Total {
    low: i128,
    high: i128,
    unbounded: usize,
}

fn total(sum: &Sum, ranges: &[Range]) -> Total {
    let mut total = Total { low: 0, high: 0, unbounded: 0 };
    for &part in &sum.parts {
        let (low, high) = ranges[part];
        total.low += low;
        if high >= ANY {
            total.unbounded += 1;
        } else {
            total.high += high;
        }
    }
    total
}

/// What one sum says of one of its members, `total` being what is known of its parts together.
fn says(sum: &Sum, cell: usize, total: Total, ranges: &[Range]) -> Range {
    if cell == sum.whole {
        return (total.low, if total.unbounded > 0 { ANY } else { total.high });
    }
    let (low, high) = ranges[cell];
    let others_high = match (total.unbounded, high >= ANY) {
        (0, _) => total.high - high,
        (1, true) => total.high,
        _ => ANY,
    };
    let whole = ranges[sum.whole];
    (whole.0 - others_high, if whole.1 >= ANY { ANY } else { whole.1 - (total.low - low) })
}

#[cfg(test)]
#[path = "suppress_tests.rs"]
mod tests;
