//! For machines: CSV that a spreadsheet opens, and one JSON object. Words are those of configuration and code,
//! in no language; a figure that is not shown is `<5` or `*`.

use serde_json::{Map, Value, json};

use super::about::{About, Source};
use crate::report::csv::{BYTE_ORDER_MARK, line};
use crate::report::sheet::{Name, Row, Sheet, Sheets};
use crate::report::suppress::Figure;
use crate::report::tally::OUTCOMES;
use crate::report::words::mark;

/// Name of a column or row that holds all.
const TOTAL: &str = "total";
/// Name of the row of what is too small to have one.
const OTHERS: &str = "others";

/// `table;unit;row;column;count`, a line a figure; `unit` is empty for the organisation.
pub fn csv(sheets: &Sheets) -> String {
    let mut out = String::from(BYTE_ORDER_MARK);
    line(&mut out, &["table", "unit", "row", "column", "count"]);
    figures(&mut out, ["all", ""], &sheets.all);
    tables(&mut out, "", &sheets.sheets);
    for unit in &sheets.units {
        figures(&mut out, ["all", &unit.unit], &unit.all);
        tables(&mut out, &unit.unit, &unit.sheets);
    }
    out
}

fn tables(out: &mut String, unit: &str, sheets: &[Sheet]) {
    for sheet in sheets {
        for row in &sheet.rows {
            figures(out, [sheet.dimension.as_str(), unit], row);
        }
    }
}

fn figures(out: &mut String, [table, unit]: [&str; 2], row: &Row) {
    for (column, figure) in columns(row) {
        line(out, &[table, unit, &name(row), column, &mark(figure)]);
    }
}

fn columns(row: &Row) -> impl Iterator<Item = (&'static str, Figure)> {
    OUTCOMES.iter().map(|outcome| outcome.as_str()).chain([TOTAL]).zip(row.figures)
}

fn name(row: &Row) -> String {
    match &row.name {
        Name::Word(word) => word.clone(),
        Name::Others(rows) => format!("{OTHERS} ({rows})"),
        Name::Total => TOTAL.to_owned(),
    }
}

/// Everything as one object; `figures` has a number, or a string where it is not shown.
pub fn json(sheets: &Sheets, about: &About) -> Value {
    let (source, failed, undecided) = match &about.source {
        Source::Files { failed } => ("files", json!(failed), Value::Null),
        Source::Store { undecided, .. } => ("store", Value::Null, shown(Figure::alone(*undecided))),
    };
    let (from, to) = about.period(sheets).unzip();
    let units: Vec<Value> = sheets
        .units
        .iter()
        .map(|unit| json!({ "unit": &*unit.unit, "all": counts(&unit.all), "tables": list(&unit.sheets) }))
        .collect();
    json!({
        "source": source,
        "failed": failed,
        "undecided": undecided,
        "period": { "from": from, "to": to },
        "modes": about.modes.map(|modes| json!({ "observe": modes.observe, "enforce": modes.enforce })),
        "patterns": about.edition,
        "made": about.made.timestamp().to_string(),
        "all": counts(&sheets.all),
        "tables": list(&sheets.sheets),
        "units": units,
    })
}

fn list(sheets: &[Sheet]) -> Vec<Value> {
    sheets
        .iter()
        .map(|sheet| {
            let rows: Vec<Value> =
                sheet.rows.iter().map(|row| json!({ "row": name(row), "figures": counts(row) })).collect();
            json!({ "table": sheet.dimension.as_str(), "rows": rows })
        })
        .collect()
}

fn counts(row: &Row) -> Value {
    Value::Object(columns(row).map(|(column, figure)| (column.to_owned(), shown(figure))).collect::<Map<_, _>>())
}

fn shown(figure: Figure) -> Value {
    match figure {
        Figure::Shown(number) => number.into(),
        Figure::Few | Figure::Withheld => mark(figure).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tally::Dimension;

    #[test]
    fn csv_is_a_line_a_figure() {
        let figures = [10, 0, 0, 7, 0, 17].map(Figure::Shown);
        let row = |name: &str| Row { name: Name::Word(name.into()), figures };
        let few = Row { name: Name::Others(3), figures: [Figure::Few; 6] };
        let sheet = Sheet { dimension: Dimension::Domain, rows: vec![row("blåbær.example"), few], total: None };
        let sheets = Sheets { all: Row { name: Name::Total, figures }, sheets: vec![sheet], units: Vec::new() };
        let csv = csv(&sheets);
        let lines: Vec<&str> = csv.split_terminator("\r\n").collect();
        assert_eq!(lines.len(), 1 + 3 * 6);
        assert_eq!(lines[0], "\u{feff}table;unit;row;column;count");
        assert_eq!(lines[4], "all;;total;quarantine;7");
        assert_eq!(lines[7], "domain;;blåbær.example;relay;10");
        assert_eq!(lines[18], "domain;;others (3);total;<5");
    }
}
