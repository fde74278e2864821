//! The configuration as written: TOML with places, asked key by key.
//!
//! A serde structure would stop at the first fault. Here every key that is asked for and does not fit,
//! and every key that nobody asks for, becomes an [`Issue`] of its own, and reading goes on.

use std::fmt::Display;
use std::ops::{Range, RangeInclusive};
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

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

/// A table that is asked for its keys.
#[derive(Clone, Debug)]
pub struct Table<'t> {
    /// `unit`, `policy.uninspectable`: what [`schema`] calls it.
    name: String,
    /// As the administrator writes it: `[[unit]]`.
    shown: String,
    span: Range<usize>,
    entries: &'t DeTable<'t>,
}

/// A key with its value, or one member of an array.
#[derive(Clone, Debug)]
pub struct Item<'t> {
    /// `[policy] mode`.
    shown: String,
    key_span: Range<usize>,
    span: Range<usize>,
    value: &'t DeValue<'t>,
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

/// Values, each with its fault when it is not what was asked for.
impl<'t> Source<'t> {
    /// A text that is not empty.
    pub fn string(&mut self, item: &Item<'t>) -> Option<&'t str> {
        match item.value.as_str().filter(|s| !s.trim().is_empty()) {
            Some(text) => Some(text),
            None => {
                self.fault(item, "a text in quotes, not empty");
                None
            }
        }
    }

    pub fn boolean(&mut self, item: &Item<'t>) -> Option<bool> {
        let value = item.value.as_bool();
        if value.is_none() {
            self.fault(item, "true or false");
        }
        value
    }

    pub fn integer(&mut self, item: &Item<'t>, allowed: RangeInclusive<u64>) -> Option<u64> {
        let number = item.value.as_integer().and_then(|i| u64::from_str_radix(i.as_str(), i.radix()).ok());
        let number = number.filter(|n| allowed.contains(n));
        if number.is_none() {
            self.fault(item, format!("a whole number from {} to {}", allowed.start(), allowed.end()));
        }
        number
    }

    pub fn date(&mut self, item: &Item<'t>) -> Option<jiff::civil::Date> {
        let date = item.value.as_datetime().filter(|d| d.time.is_none() && d.offset.is_none()).and_then(|d| d.date);
        let date = date.and_then(|d| {
            let (year, month, day) =
                (i16::try_from(d.year).ok()?, i8::try_from(d.month).ok()?, i8::try_from(d.day).ok()?);
            jiff::civil::Date::new(year, month, day).ok()
        });
        if date.is_none() {
            self.fault(item, "a date without quotes, as in 2027-06-30");
        }
        date
    }

    /// A text that `read` understands; its error says what is allowed.
    pub fn parsed<T, E: Display>(&mut self, item: &Item<'t>, read: impl FnOnce(&str) -> Result<T, E>) -> Option<T> {
        let text = self.string(item)?;
        read(text).map_err(|allowed| self.fault(item, allowed)).ok()
    }

    /// One of a few words; with the nearest one when it is another.
    pub fn word<T: Copy>(&mut self, item: &Item<'t>, all: &[T], as_str: fn(T) -> &'static str) -> Option<T> {
        let text = self.string(item)?;
        let word = all.iter().copied().find(|v| as_str(*v) == text);
        if word.is_none() {
            self.no_such_word(item, &all.iter().map(|v| as_str(*v)).collect::<Vec<_>>());
        }
        word
    }

    /// A fault at a word that is none of those; names the one that was probably meant.
    pub fn no_such_word(&mut self, item: &Item<'_>, words: &[&str]) {
        let near = nearest(words, item.text().unwrap_or_default());
        let hint = near.map_or_else(String::new, |near| format!("; did you mean {near:?}?"));
        let allowed = if words.is_empty() { "none is defined".to_owned() } else { words.join(", ") };
        self.fault(item, format!("{allowed}{hint}"));
    }

    /// The members of an array.
    pub fn members(&mut self, item: &Item<'t>) -> Vec<Item<'t>> {
        if item.value.as_array().is_none() {
            self.fault(item, r#"a list in brackets, as in ["…", "…"]"#);
        }
        item.list()
    }

    /// The texts of an array that `read` understands, each with its place.
    pub fn list<T, E: Display>(&mut self, item: &Item<'t>, read: impl Fn(&str) -> Result<T, E>) -> Vec<(Item<'t>, T)> {
        let members = self.members(item);
        members.into_iter().filter_map(|m| self.parsed(&m, &read).map(|value| (m, value))).collect()
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
        let shown = format!("[[{key}]]");
        item.list().iter().filter_map(|item| self.as_table(item, key.to_owned(), shown.clone())).collect()
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

impl<'t> Table<'t> {
    pub fn get(&self, key: &str) -> Option<Item<'t>> {
        let (name, value) = self.entries.iter().find(|(k, _)| k.get_ref() == key)?;
        Some(Item::new(format!("{} {key}", self.shown).trim_start_matches("the file ").to_owned(), name, value))
    }

    /// All keys, for tables whose keys are data.
    pub fn items(&self) -> Vec<(String, Item<'t>)> {
        let item = |key: &Spanned<std::borrow::Cow<'t, str>>, value| {
            Item::new(format!("{} {}", self.shown, key.get_ref()), key, value)
        };
        self.entries.iter().map(|(key, value)| (key.get_ref().to_string(), item(key, value))).collect()
    }

    /// A table inside, without a look at its keys: whoever opened it first has reported them.
    pub fn below(&self, key: &str) -> Option<Table<'t>> {
        let item = self.get(key)?;
        let name = self.child(key);
        item.value.as_table().map(|entries| Table { shown: format!("[{name}]"), name, span: item.span, entries })
    }

    /// The tables of an array inside, likewise.
    pub fn all_below(&self, key: &str) -> Vec<Table<'t>> {
        let Some(item) = self.get(key) else { return Vec::new() };
        let table = |v: Item<'t>| {
            let entries = v.value.as_table()?;
            Some(Table { name: key.to_owned(), shown: format!("[[{key}]]"), span: v.span, entries })
        };
        item.list().into_iter().filter_map(table).collect()
    }

    fn child(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }
}

impl<'t> Item<'t> {
    fn new(shown: String, key: &Spanned<std::borrow::Cow<'t, str>>, value: &'t Spanned<DeValue<'t>>) -> Self {
        Item { shown, key_span: key.span(), span: value.span(), value: value.get_ref() }
    }

    pub fn text(&self) -> Option<&'t str> {
        self.value.as_str()
    }

    /// The members of an array; none when it is something else.
    pub fn list(&self) -> Vec<Item<'t>> {
        let member = |v: &'t Spanned<DeValue<'t>>| Item {
            shown: self.shown.clone(),
            key_span: self.key_span.clone(),
            span: v.span(),
            value: v.get_ref(),
        };
        self.value.as_array().map_or_else(Vec::new, |array| array.iter().map(member).collect())
    }

    pub fn is_empty_list(&self) -> bool {
        self.value.as_array().is_some_and(|array| array.is_empty())
    }

    /// The keys of a table; none when it is something else.
    pub fn keys(&self) -> Vec<String> {
        let keys = self.value.as_table().map(|t| t.keys().map(|k| k.get_ref().to_string()).collect());
        keys.unwrap_or_default()
    }

    /// The value as a message repeats it.
    fn found(&self) -> String {
        if self.is_secret() {
            return "a secret (not shown)".into();
        }
        match self.value {
            DeValue::String(text) => quoted(text),
            DeValue::Integer(number) => number.to_string(),
            DeValue::Float(number) => number.to_string(),
            DeValue::Boolean(value) => value.to_string(),
            DeValue::Datetime(value) => value.to_string(),
            DeValue::Array(_) => "a list".into(),
            DeValue::Table(_) => "a table".into(),
        }
    }

    /// Key material and passwords that stand here by mistake must not reach a log as well.
    pub fn is_secret(&self) -> bool {
        self.value.as_str().is_some_and(|text| {
            let password_in_url = text.split_once("://").is_some_and(|(_, rest)| {
                rest.split_once('@').is_some_and(|(user, _)| user.contains(':') && !user.contains('/'))
            });
            text.trim_start().starts_with("AGE-SECRET-KEY-") || text.contains("-----BEGIN") || password_in_url
        })
    }
}

/// The known word that is most like this one, when one is like it.
fn nearest<'w>(known: &[&'w str], word: &str) -> Option<&'w str> {
    let likeness = known.iter().map(|k| (strsim::jaro_winkler(k, word), *k));
    likeness.filter(|(likeness, _)| *likeness >= NEAR).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, near)| near)
}
