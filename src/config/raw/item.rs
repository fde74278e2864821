//! A table that is asked for its keys, and a key with its value; each knows its place.

use std::borrow::Cow;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::quoted;

/// A table that is asked for its keys.
#[derive(Clone, Debug)]
pub struct Table<'t> {
    /// `unit`, `policy.uninspectable`: what the schema calls it.
    pub(super) name: String,
    /// As the administrator writes it: `[[unit]]`.
    pub(super) shown: String,
    pub(super) span: Range<usize>,
    pub(super) entries: &'t DeTable<'t>,
}

/// A key with its value, or one member of an array.
#[derive(Clone, Debug)]
pub struct Item<'t> {
    /// `[policy] mode`.
    pub(super) shown: String,
    pub(super) key_span: Range<usize>,
    pub(super) span: Range<usize>,
    pub(super) value: &'t DeValue<'t>,
}

impl<'t> Table<'t> {
    pub fn get(&self, key: &str) -> Option<Item<'t>> {
        let (name, value) = self.entries.iter().find(|(k, _)| k.get_ref() == key)?;
        Some(Item::new(format!("{} {key}", self.shown).trim_start_matches("the file ").to_owned(), name, value))
    }

    /// All keys, for tables whose keys are data.
    pub fn items(&self) -> Vec<(String, Item<'t>)> {
        let item =
            |key: &Spanned<Cow<'t, str>>, value| Item::new(format!("{} {}", self.shown, key.get_ref()), key, value);
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
        let name = self.child(key);
        let table = |v: Item<'t>| {
            let entries = v.value.as_table()?;
            Some(Table { name: name.clone(), shown: format!("[[{name}]]"), span: v.span, entries })
        };
        item.list().into_iter().filter_map(table).collect()
    }

    pub(super) fn child(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }
}

impl<'t> Item<'t> {
    pub(super) fn new(shown: String, key: &Spanned<Cow<'t, str>>, value: &'t Spanned<DeValue<'t>>) -> Self {
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
    pub(super) fn found(&self) -> String {
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
