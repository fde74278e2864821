//! Tables of one to five rows, as a report has them, and a reader who does his sums.

use super::*;
use proptest::prelude::*;

/// A table with its margins, the last row and the last column.
struct Margins {
    counts: Suppression,
    cells: Vec<Vec<Cell>>,
}

impl Margins {
    fn of(inner: &[Vec<u64>]) -> Margins {
        let mut rows: Vec<Vec<u64>> = inner.to_vec();
        let columns = rows[0].len();
        rows.push((0..columns).map(|c| inner.iter().map(|row| row[c]).sum()).collect());
        for row in &mut rows {
            row.push(row.iter().sum());
        }
        let mut counts = Suppression::default();
        let cells: Vec<Vec<Cell>> =
            rows.iter().map(|row| row.iter().map(|value| counts.cell(*value)).collect()).collect();
        for row in &cells {
            let (whole, parts) = row.split_last().unwrap();
            counts.adds_up(parts, *whole);
        }
        for column in 0..=columns {
            let parts: Vec<Cell> = cells[..cells.len() - 1].iter().map(|row| row[column]).collect();
            counts.adds_up(&parts, cells[cells.len() - 1][column]);
        }
        counts.suppress();
        Margins { counts, cells }
    }

    fn shown(&self) -> String {
        let word = |cell: &Cell| match self.counts.figure(*cell) {
            Figure::Shown(n) => n.to_string(),
            Figure::Few => "<5".to_owned(),
            Figure::Withheld => "*".to_owned(),
        };
        let line = |row: &Vec<Cell>| row.iter().map(word).collect::<Vec<_>>().join(" ");
        self.cells.iter().map(line).collect::<Vec<_>>().join(" / ")
    }

    /// The figures of every row and every column, each with its sum last.
    fn lines(&self) -> Vec<Vec<Figure>> {
        let figures: Vec<Vec<Figure>> =
            self.cells.iter().map(|row| row.iter().map(|cell| self.counts.figure(*cell)).collect()).collect();
        let columns = (0..figures[0].len()).map(|c| figures.iter().map(|row| row[c]).collect());
        figures.iter().cloned().chain(columns).collect()
    }
}

/// How many values fit one member of a line when a reader knows the marks and the sum, up to two.
fn values_that_fit(line: &[Figure], member: usize) -> usize {
    const MOST: i64 = 1_000_000;
    let range = |figure: &Figure| match figure {
        Figure::Shown(n) => (i64::try_from(*n).unwrap(), i64::try_from(*n).unwrap()),
        Figure::Few => (1, 4),
        Figure::Withheld => (0, MOST),
    };
    let last = line.len() - 1;
    // parts − whole = 0
    let others: Vec<(i64, i64)> = line
        .iter()
        .enumerate()
        .filter(|(n, _)| *n != member)
        .map(|(n, figure)| if n == last { (-range(figure).1, -range(figure).0) } else { range(figure) })
        .collect();
    let (low, high) = others.iter().fold((0, 0), |(low, high), (l, h)| (low + l, high + h));
    let (low, high) = if member == last { (low, high) } else { (-high, -low) };
    let own = range(&line[member]);
    usize::try_from((high.min(own.1) - low.max(own.0) + 1).clamp(0, 2)).unwrap()
}

#[test]
fn what_is_shown_of_a_small_table() {
    for (inner, wanted) in [
        // Nothing is small.
        (vec![vec![10, 0], vec![7, 5]], "10 0 10 / 7 5 12 / 17 5 22"),
        // One small count takes a second one in its row and its column, and those a fourth.
        (vec![vec![10, 3], vec![20, 30]], "* <5 13 / * * 50 / 30 33 63"),
        // Two small ones in a row cover each other, but not in their columns.
        (vec![vec![10, 2, 3], vec![20, 30, 40]], "10 <5 <5 15 / 20 * * 90 / 30 32 43 105"),
        // 1 + 1 = 2 would give both away; so would 4 + 4 = 8.
        (vec![vec![1, 1, 30], vec![20, 30, 40]], "<5 <5 * 32 / * * * 90 / 21 31 70 122"),
        // Everything is small: the sum says no more than that.
        (vec![vec![1, 1, 1, 1]], ""),
    ] {
        let table = Margins::of(&inner);
        for line in table.lines() {
            for (n, figure) in line.iter().enumerate() {
                assert!(matches!(figure, Figure::Shown(_)) || values_that_fit(&line, n) > 1, "{}", table.shown());
            }
        }
        if !wanted.is_empty() {
            assert_eq!(table.shown(), wanted);
        }
    }
}

#[test]
fn what_the_units_add_up_to_gives_no_unit_away() {
    // Health: 3 in the first unit, whose table leaves the row out, and 10 in the second; 13 altogether.
    let mut counts = Suppression::default();
    let first = counts.hidden(3);
    let second = counts.cell(10);
    let third = counts.cell(20);
    let all = counts.cell(33);
    counts.adds_up(&[first, second, third], all);
    counts.suppress();
    assert_eq!(counts.figure(second), Figure::Withheld);
    assert_eq!([counts.figure(third), counts.figure(all)], [Figure::Shown(20), Figure::Shown(33)]);
}

#[test]
fn what_is_left_out_takes_as_little_with_it_as_can_be() {
    // A small row covers itself with one other row, and only where it has mails at all.
    let table = Margins::of(&[vec![0, 3, 0], vec![12, 6, 0], vec![20, 9, 0], vec![40, 30, 0]]);
    assert_eq!(table.shown(), "0 <5 0 <5 / 12 * 0 * / 20 9 0 29 / 40 30 0 70 / 72 48 0 120");
}

#[test]
fn a_sum_that_does_not_add_up_says_nothing() {
    let mut counts = Suppression::default();
    let (few, more, all) = (counts.cell(2), counts.cell(10), counts.cell(11));
    counts.adds_up(&[few, more], all);
    counts.suppress();
    assert_eq!([counts.figure(few), counts.figure(more)], [Figure::Few, Figure::Shown(10)]);
}

fn tables() -> impl Strategy<Value = Vec<Vec<u64>>> {
    let value = prop_oneof![4 => 0..8u64, 2 => Just(0), 2 => 5..200u64];
    (1..6usize, 1..6usize).prop_flat_map(move |(rows, columns)| {
        proptest::collection::vec(proptest::collection::vec(value.clone(), columns), rows)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    /// No row and no column gives away what it leaves out, and nothing below five is shown.
    #[test]
    fn no_sum_gives_away_what_is_left_out(inner in tables()) {
        let table = Margins::of(&inner);
        for line in table.lines() {
            for (n, figure) in line.iter().enumerate() {
                match figure {
                    Figure::Shown(value) => prop_assert!(*value == 0 || *value >= SHOWN_FROM),
                    Figure::Few | Figure::Withheld => {
                        prop_assert!(values_that_fit(&line, n) > 1, "{inner:?}: {}", table.shown());
                    }
                }
            }
        }
    }

    /// Nothing is left out without need.
    #[test]
    fn a_table_without_small_counts_is_shown_whole(inner in tables()) {
        let inner: Vec<Vec<u64>> =
            inner.iter().map(|row| row.iter().map(|&n| if n < SHOWN_FROM { 0 } else { n }).collect()).collect();
        let table = Margins::of(&inner);
        prop_assert!(table.lines().iter().flatten().all(|figure| matches!(figure, Figure::Shown(_))));
    }

    /// Two sums one after the other give nothing away either, nor all of them together.
    #[test]
    fn what_one_sum_says_does_not_help_the_next(inner in tables()) {
        let table = Margins::of(&inner);
        let ranges = table.counts.ranges();
        prop_assert!(table.counts.isolated().is_empty(), "{inner:?}: {}", table.shown());
        for row in &table.cells {
            for cell in row {
                prop_assert!(!table.counts.is_given_away(cell.0, ranges[cell.0]), "{inner:?}: {}", table.shown());
            }
        }
    }
}
