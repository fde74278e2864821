//! The configuration as written: TOML with places, asked key by key.
//!
//! A serde structure would stop at the first fault. Here every key that is asked for and does not fit,
//! and every key that nobody asks for, becomes an [`Issue`] of its own, and reading goes on.

mod item;
mod values;

use std::fmt::Display;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::de::DeTable;

pub use item::{Item, Table};

use super::error::{Issue, Place, Report, Weight, quoted};
use super::schema;

/// Similarity below which no other key is proposed.
const NEAR: f64 = 0.7;

/// More tables than this that have a key: naming them all helps nobody.
const MAX_HOMES: usize = 2;

/// Parts of a key's name that make its value unfit to be repeated, should it stand here by mistake.
const SECRET_WORDS: [&str; 5] = ["pass", "secret", "token", "key", "credential"];

/// The file being read, and everything there is to say about it so far.
#[derive(Debug)]
pub struct Source<'t> {
    path: &'t Path,
    text: &'t str,
    report: Report,
}

impl<'t> Source<'t> {
    pub fn new(path: &'t Path, text: &'t str) -> Self {
        Source { path, text, report: Report::default() }
    }

    /// Parses the file. Every syntax fault is reported; `None` when there was one.
    pub fn parse(&mut self) -> Option<DeTable<'t>> {
        let (table, errors) = DeTable::parse_recoverable(self.text);
        let clean = errors.is_empty();
        for error in errors {
            let text = format!("not TOML: {}", error.message().lines().collect::<Vec<_>>().join("; "));
            self.say(Weight::Fault, error.span().unwrap_or(0..0), "", text, false);
        }
        clean.then(|| table.into_inner())
    }

    /// The report, in the order of the file.
    pub fn into_report(mut self) -> Report {
        self.report.sort();
        self.report
    }

    pub fn path(&self) -> &'t Path {
        self.path
    }

    pub fn text(&self) -> &'t str {
        self.text
    }

    /// A path of the file, relative to the file itself.
    pub fn resolve(&self, path: &str) -> PathBuf {
        self.path.parent().unwrap_or(Path::new("")).join(path)
    }

    /// A fault at a value: what was found, what is allowed.
    pub fn fault(&mut self, item: &Item<'_>, allowed: impl Display) {
        let text = format!("found {}; allowed: {allowed}", item.found());
        self.at(Weight::Fault, item, text);
    }

    /// A fault at a value that says itself what is the matter.
    pub fn refuse(&mut self, item: &Item<'_>, text: impl Into<String>) {
        self.at(Weight::Fault, item, text.into());
    }

    pub fn warn(&mut self, item: &Item<'_>, text: impl Into<String>) {
        self.at(Weight::Warning, item, text.into());
    }

    /// A key that must be there and is not.
    pub fn missing(&mut self, table: &Table<'_>, key: &str, allowed: impl Display) {
        let shown = format!("{} {key}", table.shown);
        self.say(Weight::Fault, table.span.clone(), &shown, format!("missing; allowed: {allowed}"), false);
    }

    /// A table that must be there and is not.
    pub fn missing_table(&mut self, shown: &str, why: impl Display) {
        self.say_without_place(Weight::Fault, shown, format!("missing; {why}"));
    }

    /// An issue about a table as a whole.
    pub fn about(&mut self, weight: Weight, table: &Table<'_>, text: impl Into<String>) {
        self.say(weight, table.span.clone(), &table.shown, text.into(), false);
    }

    /// A warning that belongs to no line.
    pub fn remark(&mut self, shown: &str, text: impl Into<String>) {
        self.say_without_place(Weight::Warning, shown, text.into());
    }

    fn at(&mut self, weight: Weight, item: &Item<'_>, text: String) {
        let hidden = item.is_secret();
        let span = if hidden { &item.key_span } else { &item.span };
        self.say(weight, span.clone(), &item.shown, text, hidden);
    }

    fn say(&mut self, weight: Weight, span: Range<usize>, key: &str, text: String, hidden: bool) {
        let place = Some(Place::new(self.text, span, hidden));
        self.report.issues.push(Issue { weight, file: self.path.to_owned(), place, key: key.to_owned(), text });
    }

    fn say_without_place(&mut self, weight: Weight, key: &str, text: String) {
        self.report.issues.push(Issue { weight, file: self.path.to_owned(), place: None, key: key.to_owned(), text });
    }
}

/// Tables.
impl<'t> Source<'t> {
    /// The file itself.
    pub fn root(&mut self, entries: &'t DeTable<'t>) -> Table<'t> {
        self.open(String::new(), "the file".into(), 0..0, entries)
    }

    /// A table inside a table; `None` when it is not there, or is something else.
    pub fn table(&mut self, parent: &Table<'t>, key: &str) -> Option<Table<'t>> {
        let item = parent.get(key)?;
        let name = parent.child(key);
        self.as_table(&item, name.clone(), format!("[{name}]"))
    }

    /// A table of tables, as `[next_hop.default]`: `(name, table)`, in the order of the file.
    pub fn named_tables(&mut self, parent: &Table<'t>, key: &str) -> Vec<(String, Table<'t>)> {
        let Some(item) = parent.get(key) else { return Vec::new() };
        let Some(entries) = item.value.as_table() else {
            self.fault(&item, format!("tables with a name, as in [{key}.default]"));
            return Vec::new();
        };
        let items: Vec<(String, Item<'t>)> = entries
            .iter()
            .map(|(name, value)| {
                (name.get_ref().to_string(), Item::new(format!("[{key}.{}]", name.get_ref()), name, value))
            })
            .collect();
        items
            .into_iter()
            .filter_map(|(name, item)| {
                let shown = item.shown.clone();
                self.as_table(&item, format!("{key}.{name}"), shown).map(|t| (name, t))
            })
            .collect()
    }

    /// An array of tables, as `[[unit]]`.
    pub fn tables(&mut self, parent: &Table<'t>, key: &str) -> Vec<Table<'t>> {
        let Some(item) = parent.get(key) else { return Vec::new() };
        if item.value.as_array().is_none() {
            self.fault(&item, format!("tables in double brackets, as in [[{key}]]"));
        }
        let name = parent.child(key);
        let shown = format!("[[{name}]]");
        item.list().iter().filter_map(|item| self.as_table(item, name.clone(), shown.clone())).collect()
    }

    fn as_table(&mut self, item: &Item<'t>, name: String, shown: String) -> Option<Table<'t>> {
        match item.value.as_table() {
            Some(entries) => Some(self.open(name, shown, item.span.clone(), entries)),
            None => {
                self.fault(item, format!("a table: {shown} on a line of its own, or {{ … }}"));
                None
            }
        }
    }

    /// Opens a table and reports the keys it may not have and those that nothing acts on yet.
    fn open(&mut self, name: String, shown: String, span: Range<usize>, entries: &'t DeTable<'t>) -> Table<'t> {
        let table = Table { name, shown, span, entries };
        let known = schema::keys_of(&table.name);
        for (key, value) in entries {
            let shown = format!("{} {}", table.shown, key.get_ref());
            let item = Item::new(shown, key, value);
            if !known.is_empty() && !known.contains(&key.get_ref().as_ref()) {
                self.unknown_key(&table, key.get_ref(), &item, known);
            }
            if let Some(why) = schema::not_built(&table.name, key.get_ref()) {
                self.warn(&item, format!("accepted, but {why}"));
            }
        }
        table
    }

    /// A key that the table may not have: where it belongs, or which one was probably meant.
    pub fn unknown_key(&mut self, table: &Table<'_>, name: &str, item: &Item<'_>, known: &[&str]) {
        let homes: Vec<String> = schema::homes_of(name).map(schema::shown).collect();
        let advice = match (homes.is_empty() || homes.len() > MAX_HOMES, nearest(known, name)) {
            (false, _) => format!("it belongs in {}", homes.join(" or ")),
            (true, Some(near)) => format!("did you mean {near}?"),
            (true, None) => format!("allowed: {}", known.join(", ")),
        };
        let secret = SECRET_WORDS.iter().any(|w| name.contains(w));
        let shown = if table.name.is_empty() { String::new() } else { table.shown.clone() };
        self.say(
            Weight::Fault,
            item.key_span.clone(),
            &shown,
            format!("unknown key {}; {advice}", quoted(name)),
            secret,
        );
    }
}

/// The known word that is most like this one, when one is like it.
fn nearest<'w>(known: &[&'w str], word: &str) -> Option<&'w str> {
    let likeness = known.iter().map(|k| (strsim::jaro_winkler(k, word), *k));
    likeness.filter(|(likeness, _)| *likeness >= NEAR).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, near)| near)
}
