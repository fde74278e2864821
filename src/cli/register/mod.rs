//! `sluss consent | order | team`: the registers of what may be disclosed to whom, and of what may not.
//!
//! A person's number is read from standard input, never from an argument, which every user of the machine could see.
//! It is checked like a number in a mail and kept as a keyed digest only. The commands work beside a running `serve`,
//! which sees a change within half a minute.

use std::io::{BufRead, IsTerminal};
use std::process::ExitCode;

use jiff::civil::Date;
use jiff::{Timestamp, Zoned};
use serde_json::Value;

use super::assemble::Unusable;
use super::typed::{Input, NumberError};
use super::{owner, say};
use crate::audit::{Actor, Event};
use crate::message::Keys;
use crate::quarantine::secret;
use crate::store::{self, Database, Entry, Store};

pub mod consent;
pub mod order;
mod sealed;
mod snapshot;
pub mod team;
#[cfg(test)]
mod tests;

pub use snapshot::{Source, snapshot};

/// What the commands need of the configuration.
pub struct Settings {
    /// Never created here.
    pub store: store::Settings,
    pub secret_file: std::path::PathBuf,
}

/// One of the three registers.
pub enum Command {
    Consent(consent::Args),
    Order(order::Args),
    Team(team::Args),
}

/// Runs the command as the store's owner. Must be called before any thread is started.
pub fn run(command: Command, settings: Settings) -> ExitCode {
    let actor = Actor::Operator(owner::operator());
    let done = owner::become_owner_of(&settings.store).map_err(Unusable::because).and_then(|()| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        runtime.map_err(Unusable::because)?.block_on(answer(command, settings, actor))
    });
    match done {
        Ok(lines) => {
            lines.iter().for_each(|line| say(format_args!("{line}")));
            ExitCode::SUCCESS
        }
        Err(error) => super::unusable(&error),
    }
}

async fn answer(command: Command, settings: Settings, actor: Actor) -> Result<Vec<String>, Unusable> {
    let store = Database::open(settings.store).await.map_err(Unusable::because)?;
    let keys = secret::keys(&store, &settings.secret_file, false, Timestamp::now()).await;
    let mut input = std::io::stdin().lock();
    let terminal = std::io::stdin().is_terminal();
    let done = match keys {
        Ok(keys) => {
            let mut desk = Desk { store: &store, keys, actor, now: Zoned::now(), input: &mut input, terminal };
            desk.answer(command).await
        }
        Err(error) => Err(Unusable(format!("[secret] file: {error}"))),
    };
    store.close().await;
    done
}

/// Where a command is carried out: the store, who asks, when, and what is typed.
struct Desk<'a> {
    store: &'a dyn Store,
    keys: Keys,
    actor: Actor,
    now: Zoned,
    input: &'a mut dyn BufRead,
    /// Somebody sits at the input and is asked.
    terminal: bool,
}

/// Whom an entry is about.
#[derive(Debug, clap::Args)]
struct Whose {
    /// The case it is about, instead of a person; otherwise the person's number is read from standard input
    #[arg(long, value_name = "REF", value_parser = text)]
    case: Option<String>,
}

/// What of a register is listed.
#[derive(Debug, clap::Args)]
struct Listing {
    /// Also those that have ended
    #[arg(long)]
    all: bool,
    /// With purposes, recipients, members and references, which are encrypted in the database
    #[arg(long)]
    open: bool,
    /// Only this person's; the number is read from standard input
    #[arg(long)]
    person: bool,
    /// Only this case's
    #[arg(long, value_name = "REF", conflicts_with = "person", value_parser = text)]
    case: Option<String>,
    /// One object a line
    #[arg(long)]
    json: bool,
}

impl Desk<'_> {
    /// The lines to print.
    async fn answer(&mut self, command: Command) -> Result<Vec<String>, Unusable> {
        match command {
            Command::Consent(args) => consent::answer(args, self).await,
            Command::Order(args) => order::answer(args, self).await,
            Command::Team(args) => team::answer(args, self).await,
        }
    }

    fn today(&self) -> Date {
        self.now.date()
    }

    fn entry(&self, event: Event) -> Entry {
        event.entry(&self.actor, self.now.timestamp())
    }

    /// Whole milliseconds, as the store keeps it.
    fn timestamp(&self) -> Timestamp {
        let now = self.now.timestamp();
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }

    /// The digests of the case, or of the person whose number is typed, one for each secret: a new entry stands under
    /// the first, an earlier one may stand under another.
    fn whose(&mut self, whose: &Whose) -> Result<Vec<String>, Unusable> {
        match &whose.case {
            Some(reference) => Ok(self.keys.case_digests(reference)),
            None => self.person(),
        }
    }

    fn person(&mut self) -> Result<Vec<String>, Unusable> {
        let mut input = Input { lines: &mut *self.input, terminal: self.terminal };
        match input.number(self.now.date()) {
            Ok(identity) => Ok(self.keys.person_digests(&identity)),
            Err(error @ NumberError::Absent) => Err(Unusable(format!("{error}, or name the case with --case REF"))),
            Err(error @ NumberError::Wrong) => {
                Err(Unusable(format!("{error}; without a right number name the case with --case REF")))
            }
        }
    }

    /// Records that the register is listed; to be called before anything is shown.
    async fn listed(&self, list: &'static str, listing: &Listing, rows: usize) -> Result<(), Unusable> {
        let chosen = [
            (listing.all, "all"),
            (listing.open, "open"),
            (listing.person, "person"),
            (listing.case.is_some(), "case"),
        ];
        let by: Vec<_> = chosen.iter().filter(|(chosen, _)| *chosen).map(|(_, word)| *word).collect();
        let by = if by.is_empty() { "-".to_owned() } else { by.join(",") };
        self.store.append(&self.entry(Event::Listed { list, by, rows })).await.map_err(Unusable::because)
    }

    /// Whom a listing is limited to.
    fn only(&mut self, listing: &Listing) -> Result<Option<Vec<String>>, Unusable> {
        match &listing.case {
            Some(reference) => Ok(Some(self.keys.case_digests(reference))),
            None if listing.person => self.person().map(Some),
            None => Ok(None),
        }
    }
}

/// Under the present secret, which comes first.
fn present(digests: Vec<String>) -> String {
    digests.into_iter().next().unwrap_or_default()
}

/// Fields of one entry, in the order they are printed.
type Fields = Vec<(&'static str, Value)>;

/// One line of JSON an entry, or columns for a person. `columns` are those of the keys that a person reads.
fn lines(entries: &[Fields], columns: &[&str], listing: &Listing) -> Vec<String> {
    if listing.json {
        return entries.iter().map(object).collect();
    }
    if entries.is_empty() {
        return Vec::new();
    }
    let shown = |key: &str| columns.contains(&key) || listing.open;
    let head: Vec<String> =
        entries.iter().take(1).flatten().map(|(key, _)| *key).filter(|key| shown(key)).map(name).collect();
    let row = |fields: &Fields| fields.iter().filter(|(key, _)| shown(key)).map(|(_, value)| words(value)).collect();
    let rows: Vec<Vec<String>> = std::iter::once(head).chain(entries.iter().map(row)).collect();
    let width = |column: usize| rows.iter().filter_map(|r| r.get(column)).map(|c| c.chars().count()).max().unwrap_or(0);
    let line = |row: &Vec<String>| {
        let cells: Vec<_> =
            row.iter().enumerate().map(|(n, cell)| format!("{cell:<width$}", width = width(n))).collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

fn name(key: &str) -> String {
    key.replace('_', " ").to_uppercase()
}

fn object(fields: &Fields) -> String {
    let members: Vec<String> = fields.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
    format!("{{{}}}", members.join(","))
}

/// A value without the marks of JSON.
fn words(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "-".to_owned(),
        Value::Array(items) => items.iter().map(words).collect::<Vec<_>>().join(", "),
        Value::Object(members) => members.values().map(words).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

/// Letters of one text.
const MAX_TEXT: usize = 500;

fn text(given: &str) -> Result<String, String> {
    let given = given.trim();
    match given.chars().count() {
        0 => Err("must not be empty".into()),
        n if n > MAX_TEXT => Err(format!("must not be longer than {MAX_TEXT} letters")),
        _ if given.chars().any(char::is_control) => Err("must be one line of text".into()),
        _ => Ok(given.to_owned()),
    }
}

fn day(given: &str) -> Result<Date, &'static str> {
    given.parse().map_err(|_| "a day as in 2027-06-30")
}
