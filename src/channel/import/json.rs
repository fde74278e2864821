//! JSON to rows of cells: pages of Graph (`value`) or of Google's directory (`users`), bare arrays, JSON lines, pages one
//! after the other.

use std::collections::BTreeSet;

use serde_json::Value;

use super::cell::{Cell, Cells};
use super::refusal::{Reason, Why};
use super::table::Rows;
use super::words::{self, Column};

/// The rows, and which columns are there at all.
pub(super) struct Entries {
    pub columns: BTreeSet<Column>,
    pub rows: Rows,
    /// One object a line, rather than pages.
    pub lines: bool,
    /// Pages, and those that name a page after them.
    pub pages: usize,
    pub followed: usize,
}

pub(super) fn read(text: &str) -> Result<Entries, Why> {
    let mut entries = Entries { columns: BTreeSet::new(), rows: Rows::new(), lines: false, pages: 0, followed: 0 };
    for value in serde_json::Deserializer::from_str(text.trim_start_matches('\u{feff}')).into_iter::<Value>() {
        match value.map_err(|error| Why::BrokenJson { line: error.line(), column: error.column() })? {
            Value::Array(rows) => {
                entries.pages = entries.pages.saturating_add(1);
                rows.into_iter().for_each(|row| entries.add(row));
            }
            Value::Object(mut page) => {
                if page.get("error").is_some_and(Value::is_object) {
                    return Err(Why::ErrorAnswer);
                }
                match ["value", "users"].iter().find_map(|key| page.remove(*key)) {
                    Some(Value::Array(rows)) => {
                        entries.pages = entries.pages.saturating_add(1);
                        let next = ["@odata.nextLink", "nextPageToken"];
                        let followed = next.iter().any(|key| page.get(*key).is_some_and(Value::is_string));
                        entries.followed = entries.followed.saturating_add(usize::from(followed));
                        rows.into_iter().for_each(|row| entries.add(row));
                    }
                    // Google's answer without users has no `users`.
                    _ if page.contains_key("@odata.context")
                        || page.contains_key("kind") && !page.contains_key("id") =>
                    {
                        entries.pages = entries.pages.saturating_add(1);
                    }
                    _ => {
                        entries.lines = true;
                        entries.add(Value::Object(page));
                    }
                }
            }
            _ => return Err(Why::Unrecognised),
        }
    }
    Ok(entries)
}

impl Entries {
    fn add(&mut self, row: Value) {
        let number = self.rows.len().saturating_add(1);
        let Value::Object(fields) = row else {
            self.rows.push((number, Err(Reason::NotAnObject)));
            return;
        };
        let mut cells = Cells::default();
        for (key, value) in fields {
            let Some(column) = words::column(&key) else { continue };
            self.columns.insert(column);
            match value {
                Value::Null => {}
                Value::Bool(value) => cells.add(column, Cell::Truth(value)),
                Value::String(text) => cells.add(column, Cell::Text(text)),
                Value::Number(number) => cells.add(column, Cell::Text(number.to_string())),
                Value::Array(list) => cells.add(column, Cell::List(list.iter().map(entry).collect())),
                Value::Object(_) => cells.add(column, Cell::List(vec![entry(&value)])),
            }
        }
        self.rows.push((number, Ok(cells)));
    }
}

/// A member of a list: a text, or an object with an address in it. What is neither is an entry that matches nothing.
fn entry(value: &Value) -> String {
    const NAMES: [&str; 4] = ["userPrincipalName", "mail", "primaryEmail", "address"];
    match value {
        Value::String(text) => text.clone(),
        Value::Object(fields) => {
            NAMES.iter().find_map(|name| fields.get(*name).and_then(Value::as_str)).unwrap_or("(object)").to_owned()
        }
        _ => "(value)".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes() {
        let row = r#"{"userPrincipalName":"a@x.example","isMfaCapable":true}"#;
        let lines = format!("{row}\n{row}\n");
        let page = format!(r#"{{"@odata.context":"c","@odata.nextLink":"n","value":[{row},{row}]}}"#);
        let last = format!(r#"{{"value":[{row}]}}"#);
        for (text, rows, lines, pages, followed) in [
            (format!("[{row},{row}]"), 2, false, 1, 0),
            (lines, 2, true, 0, 0),
            (page.clone(), 2, false, 1, 1),
            (format!("{page}\n{last}"), 3, false, 2, 1),
            (r#"{"value":[]}"#.to_owned(), 0, false, 1, 0),
            (r#"{"kind":"admin#directory#users","etag":"x"}"#.to_owned(), 0, false, 1, 0),
            ("[7]".to_owned(), 1, false, 1, 0),
        ] {
            let entries = read(&text).unwrap_or_else(|why| panic!("{text}: {why}"));
            let found = (entries.rows.len(), entries.lines, entries.pages, entries.followed);
            assert_eq!(found, (rows, lines, pages, followed), "{text}");
        }
    }

    #[test]
    fn what_is_no_report_is_refused() {
        assert!(matches!(read(r#"{"value":[{"a":1},"#), Err(Why::BrokenJson { line: 1, .. })));
        assert!(matches!(read(r#"{"error":{"code":"Forbidden"}}"#), Err(Why::ErrorAnswer)));
        assert!(matches!(read("7"), Err(Why::Unrecognised)));
        assert!(matches!(read(&"[".repeat(100_000)), Err(Why::BrokenJson { .. })), "a limit of depth");
    }
}
