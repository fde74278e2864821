//! One row, whatever it was written in: cells by column, and what they mean.

use std::collections::BTreeMap;

use super::refusal::{Field, Reason};
use super::words::{self, Column};

/// A value as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    Text(String),
    Truth(bool),
    List(Vec<String>),
}

/// The recognised cells of one row. Columns of the same meaning are put together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Cells(BTreeMap<Column, Vec<Cell>>);

impl Cells {
    pub fn add(&mut self, column: Column, cell: Cell) {
        self.0.entry(column).or_default().push(cell);
    }

    pub fn has(&self, column: Column) -> bool {
        self.0.contains_key(&column)
    }

    fn all(&self, column: Column) -> &[Cell] {
        self.0.get(&column).map_or(&[], Vec::as_slice)
    }

    /// The first text that is not empty.
    pub fn text(&self, column: Column) -> Option<&str> {
        self.all(column).iter().find_map(|cell| match cell {
            Cell::Text(text) => Some(text.trim()).filter(|t| !t.is_empty()),
            Cell::List(list) => list.iter().map(|t| t.trim()).find(|t| !t.is_empty()),
            Cell::Truth(_) => None,
        })
    }

    /// `None` when nothing stands there.
    pub fn truth(&self, column: Column) -> Result<Option<bool>, Reason> {
        let mut found = None;
        for cell in self.all(column) {
            let value = match cell {
                Cell::Truth(value) => *value,
                Cell::Text(text) if text.trim().is_empty() => continue,
                Cell::Text(text) => words::truth(text).ok_or(Reason::NotTrueOrFalse(Field(column)))?,
                Cell::List(_) => return Err(Reason::NotTrueOrFalse(Field(column))),
            };
            // Of two columns with one meaning (suspended, archived) one yes is enough.
            found = Some(found.unwrap_or(false) || value);
        }
        Ok(found)
    }

    /// The same, where something has to stand.
    pub fn needed_truth(&self, column: Column) -> Result<bool, Reason> {
        self.truth(column)?.ok_or(Reason::NotTrueOrFalse(Field(column)))
    }

    /// The entries of a list, whether written as one or joined in one cell.
    pub fn list(&self, column: Column) -> Vec<String> {
        let mut entries = Vec::new();
        for cell in self.all(column) {
            match cell {
                Cell::Text(text) => entries.extend(split(text)),
                Cell::List(list) => entries.extend(list.iter().flat_map(|entry| split(entry))),
                Cell::Truth(_) => {}
            }
        }
        entries
    }

    /// True where PowerShell wrote the name of a type instead of the values.
    pub fn is_type_name(&self, column: Column) -> bool {
        self.all(column).iter().any(|cell| match cell {
            Cell::Text(text) => text.trim_start_matches(['{', '"', ' ']).starts_with("System."),
            _ => false,
        })
    }
}

/// `a;b`, `a, b`, `a|b`, `{a, b}`, `["a","b"]`, and addresses joined with `+` before their prefix.
fn split(text: &str) -> Vec<String> {
    let text = text.trim().trim_matches(['{', '}', '[', ']']);
    let mut entries = Vec::new();
    for part in text.split([';', ',', '|', '\n', '\r']) {
        let mut rest = part;
        while let Some(at) = joint(rest) {
            let (entry, after) = rest.split_at(at);
            entries.push(entry);
            rest = after.get(1..).unwrap_or_default();
        }
        entries.push(rest);
    }
    let entries = entries.into_iter().map(|entry| entry.trim().trim_matches(['"', '\'']).trim());
    entries.filter(|entry| !words::is_nothing(entry)).map(str::to_owned).collect()
}

/// Where a `+` stands directly before a prefix (`a@x.example+smtp:b@x.example`), not before a tag.
fn joint(text: &str) -> Option<usize> {
    text.match_indices('+').map(|(at, _)| at).find(|at| {
        let after = text.get(at.saturating_add(1)..).unwrap_or_default();
        let prefix = after.split_once(':').map(|(prefix, _)| prefix);
        prefix.is_some_and(|p| !p.is_empty() && p.len() <= 5 && p.bytes().all(|b| b.is_ascii_alphanumeric()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_in_one_cell() {
        for (text, expected) in [
            ("email;mobilePhone", &["email", "mobilePhone"][..]),
            ("email, mobilePhone", &["email", "mobilePhone"]),
            ("email|mobilePhone", &["email", "mobilePhone"]),
            ("{email, mobilePhone}", &["email", "mobilePhone"]),
            (r#"["email","mobilePhone"]"#, &["email", "mobilePhone"]),
            ("email\r\nmobilePhone", &["email", "mobilePhone"]),
            ("Microsoft Authenticator app", &["Microsoft Authenticator app"]),
            ("SMTP:a+b@x.example+smtp:c@x.example+SPO:d", &["SMTP:a+b@x.example", "smtp:c@x.example", "SPO:d"]),
            (" ; ", &[]),
            ("None", &[]),
            ("[]", &[]),
        ] {
            assert_eq!(split(text), expected, "{text}");
        }
    }

    #[test]
    fn truth_is_asked_for() {
        let mut cells = Cells::default();
        cells.add(Column::Blocked, Cell::Truth(false));
        assert_eq!(cells.truth(Column::Blocked), Ok(Some(false)));
        cells.add(Column::Blocked, Cell::Text("Ja".into()));
        assert_eq!(cells.truth(Column::Blocked), Ok(Some(true)));
        cells.add(Column::Capable, Cell::Text(" ".into()));
        assert_eq!(cells.truth(Column::Capable), Ok(None));
        assert_eq!(cells.needed_truth(Column::Capable), Err(Reason::NotTrueOrFalse(Field(Column::Capable))));
        cells.add(Column::Enabled, Cell::Text("kanskje".into()));
        assert!(cells.truth(Column::Enabled).is_err());
        assert_eq!(cells.truth(Column::Enforced), Ok(None));
    }
}
