//! What a report shows of mails that were counted.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::super::tally::Seen;
use super::*;
use crate::policy::Verdict;

fn mail(unit: &str, outcome: Verdict, rows: &[(Dimension, &str)]) -> Seen {
    let rows: BTreeSet<_> = rows.iter().map(|(dimension, row)| (*dimension, (*row).to_owned())).collect();
    Seen { unit: unit.into(), outcome, noteworthy: false, rows }
}

fn sheet(sheets: &Sheets, dimension: Dimension) -> &Sheet {
    sheets.sheets.iter().find(|sheet| sheet.dimension == dimension).unwrap()
}

fn sums(sheet: &Sheet) -> Vec<(Name, Figure)> {
    sheet.rows.iter().map(|row| (row.name.clone(), row.sum())).collect()
}

#[test]
fn small_domains_are_counted_together_and_not_named() {
    let mut tally = Tally::default();
    for (domain, mails) in [("a.example", 40), ("b.example", 4), ("c.example", 3), ("d.example", 9)] {
        tally.add(&mail("social", Verdict::Relay, &[(Dimension::Domain, domain)]), mails);
    }
    let sheets = Sheets::of(&tally);
    assert_eq!(
        sums(sheet(&sheets, Dimension::Domain)),
        [
            (Name::Word("a.example".into()), Figure::Shown(40)),
            (Name::Word("d.example".into()), Figure::Shown(9)),
            (Name::Others(2), Figure::Shown(7)),
        ]
    );
}

#[test]
fn a_small_unit_has_neither_name_nor_tables() {
    let mut tally = Tally::default();
    let health = [(Dimension::Category, "health")];
    tally.add(&mail("large", Verdict::Quarantine, &health), 30);
    tally.add(&mail("middle", Verdict::Quarantine, &health), 12);
    tally.add(&mail("tiny", Verdict::Quarantine, &health), 4);
    let sheets = Sheets::of(&tally);
    assert_eq!(sheets.units.iter().map(|unit| &*unit.unit).collect::<Vec<_>>(), ["large", "middle"]);
    let text = format!("{sheets:?}");
    assert!(!text.contains("tiny"), "{text}");
    // 46 less 30 less 12 would be the tiny unit's.
    let shown = |n: usize| matches!(sheets.units[n].all.sum(), Figure::Shown(_));
    assert!(!(shown(0) && shown(1) && sheets.all.sum() == Figure::Shown(46)), "{text}");
}

#[test]
fn what_is_left_out_of_one_table_stands_in_no_other() {
    let mut tally = Tally::default();
    let high = [(Dimension::Severity, "high")];
    tally.add(&mail("social", Verdict::Quarantine, &high), 12);
    tally.add(&mail("social", Verdict::Reject, &high), 2);
    tally.add(&mail("social", Verdict::Relay, &[(Dimension::Severity, "none")]), 30);
    tally.add(&mail("bygg", Verdict::Relay, &[(Dimension::Severity, "none")]), 50);
    let sheets = Sheets::of(&tally);
    let social = sheets.units.iter().find(|unit| &*unit.unit == "social").unwrap();
    let unit_row = sheet(&sheets, Dimension::Unit).rows.iter().find(|row| row.name == Name::Word("social".into()));
    assert_eq!(unit_row.unwrap().figures, social.all.figures);
    let severity = social.sheets.iter().find(|sheet| sheet.dimension == Dimension::Severity).unwrap();
    let held = |row: &Row| row.figures[3];
    let high = severity.rows.iter().find(|row| row.name == Name::Word("high".into())).unwrap();
    assert_eq!(high.figures[4], Figure::Few);
    assert!([held(high), held(&social.all), held(unit_row.unwrap()), held(&sheets.all)].contains(&Figure::Withheld));
    assert_ne!(held(high), Figure::Shown(12), "14 less 12 is 2");
}

#[test]
fn fewer_than_five_mails_are_no_report() {
    let mut tally = Tally::default();
    tally.add(&mail("social", Verdict::Quarantine, &[(Dimension::Category, "health")]), 4);
    let sheets = Sheets::of(&tally);
    assert_eq!(sheets.all.sum(), Figure::Few);
    assert!(sheets.sheets.is_empty() && sheets.units.is_empty());
}

#[test]
fn days_are_in_order_and_many_of_them_are_months() {
    let mut tally = Tally::default();
    for (day, mails) in [("2026-05-05", 6), ("2026-05-04", 9), (NO_DAY, 5), ("2026-05-06", 2), ("2026-05-07", 4)] {
        tally.add(&mail("social", Verdict::Relay, &[(Dimension::Day, day)]), mails);
    }
    let sheets = Sheets::of(&tally);
    assert_eq!(sheets.period(), Some(("2026-05-04", "2026-05-05")));
    let names: Vec<Name> = sheet(&sheets, Dimension::Day).rows.iter().map(|row| row.name.clone()).collect();
    let word = |word: &str| Name::Word(word.into());
    assert_eq!(names, [word("2026-05-04"), word("2026-05-05"), word(NO_DAY), Name::Others(2)]);
    for n in 0..MAX_DAYS {
        let day = format!("2025-{:02}-{:02}", n / 28 + 1, n % 28 + 1);
        tally.add(&mail("social", Verdict::Relay, &[(Dimension::Day, &day)]), 1);
    }
    let sheets = Sheets::of(&tally);
    assert_eq!(sheets.period(), Some(("2025-01", "2026-05")));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// In every table there is: no number from 1 to 4, and no row, and no column with a total, in which
    /// exactly one figure is left out.
    #[test]
    fn no_table_gives_a_figure_away(mails in proptest::collection::vec((0..4usize, 0..5usize, 0..5usize, 1..7u64), 1..40)) {
        let mut tally = Tally::default();
        for (unit, outcome, category, count) in mails {
            let category = ["health", "family", "work", "crime", "social"][category];
            let level = ["unknown", "contract", "eid"][(outcome + unit) % 3];
            let rows = [(Dimension::Category, category), (Dimension::Level, level), (Dimension::Domain, category)];
            tally.add(&mail(["a", "b", "c", "d"][unit], OUTCOMES[outcome], &rows), count);
        }
        let sheets = Sheets::of(&tally);
        let tables = sheets.sheets.iter().map(|sheet| (&sheets.all, sheet));
        let units = sheets.units.iter().flat_map(|unit| unit.sheets.iter().map(move |sheet| (&unit.all, sheet)));
        for (all, sheet) in tables.chain(units) {
            let rows = sheet.rows.iter().chain([all]);
            let small = |row: &Row| row.figures.iter().all(|figure| *figure == Figure::Few);
            let mut lines: Vec<Vec<Figure>> = rows.clone().filter(|row| !small(row)).map(|row| row.figures.to_vec()).collect();
            // Each mail of this test has one category, one domain and one level: every table adds up.
            lines.extend((0..=OUTCOMES.len()).map(|column| rows.clone().map(|row| row.figures[column]).collect()));
            for line in lines {
                let left_out = line.iter().filter(|figure| !matches!(figure, Figure::Shown(_))).count();
                prop_assert!(left_out != 1 || sheet.rows.len() == 1, "{line:?} in {sheet:?} of {all:?}");
                prop_assert!(line.iter().all(|figure| !matches!(figure, Figure::Shown(1..=4))), "{line:?}");
            }
        }
    }
}
