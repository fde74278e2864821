//! `sluss audit verify | export | person | prune`: the record of decisions, for an auditor and an archivist.

use std::process::ExitCode;

use jiff::civil::Date;
use jiff::{Timestamp, Zoned};

use super::assemble::Unusable;
use super::owner;
use crate::audit::{self, Actor, Anchor, Event};
use crate::message::Keys;
use crate::quarantine::secret;
use crate::store::{self, Database, Store};

mod check;
mod export;
mod person;
mod prune;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Walk all chains, name the first fault of each, and count the messages against their events
    ///
    /// Exit status: 0 when there is no fault, 1 when there is one, 2 when it could not be looked.
    Verify(check::Args),
    /// Write the chains, or a choice of them, to standard output; goes on the record first
    Export(export::Args),
    /// Write what was disclosed about one person: to whom, when, on which ground
    ///
    /// The person's number is read from standard input. A second person has to have approved it; both names and the
    /// case go on the record, whom it is about does not.
    Person(person::Args),
    /// Delete what is older than a day, by a decision that allows it, and leave a sealed checkpoint
    Prune(prune::Args),
}

/// What the commands need of the configuration.
pub struct Settings {
    /// Never created here.
    pub store: store::Settings,
    pub secret_file: std::path::PathBuf,
    pub identity_file: Option<std::path::PathBuf>,
}

/// Where a command is carried out.
struct Desk<'a> {
    store: &'a dyn Store,
    settings: &'a Settings,
    actor: Actor,
    now: Zoned,
}

/// Runs the command as the store's owner. Must be called before any thread is started.
pub fn run(args: Args, settings: Settings) -> ExitCode {
    match answer(args.command, &settings) {
        Ok(code) => code,
        Err(error) => super::unusable(&error),
    }
}

fn answer(command: Command, settings: &Settings) -> Result<ExitCode, Unusable> {
    let actor = Actor::Operator(owner::operator());
    // The store's owner may have no right to read a log.
    let anchors = match &command {
        Command::Verify(args) => args.anchors()?,
        _ => Vec::new(),
    };
    owner::become_owner_of(&settings.store).map_err(Unusable::because)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    runtime.map_err(Unusable::because)?.block_on(async {
        let store = Database::open(settings.store.clone()).await.map_err(Unusable::because)?;
        let desk = Desk { store: &store, settings, actor, now: Zoned::now() };
        let done = match command {
            Command::Verify(args) => check::run(&args, &anchors, &desk).await,
            Command::Export(args) => export::run(&args, &desk).await,
            Command::Person(args) => person::run(&args, &desk).await,
            Command::Prune(args) => prune::run(&args, &desk).await,
        };
        store.close().await;
        done
    })
}

impl Desk<'_> {
    async fn keys(&self) -> Result<Keys, Unusable> {
        let keys = secret::keys(self.store, &self.settings.secret_file, false, self.now.timestamp()).await;
        keys.map_err(|error| Unusable(format!("[secret] file: {error}")))
    }

    /// On the record, before it happens.
    async fn record(&self, event: Event) -> Result<(), Unusable> {
        self.store.append(&event.entry(&self.actor, self.now.timestamp())).await.map_err(Unusable::because)
    }

    /// The beginning of a day here.
    fn beginning(&self, day: Date) -> Result<Timestamp, Unusable> {
        let begins = day.to_zoned(self.now.time_zone().clone()).map_err(Unusable::because)?;
        Ok(begins.timestamp())
    }

    /// The end of a day here, which is the beginning of the next.
    fn end(&self, day: Date) -> Result<Timestamp, Unusable> {
        self.beginning(day.tomorrow().map_err(Unusable::because)?)
    }
}

/// A reference or a purpose: one line, not empty.
fn text(given: &str) -> Result<String, &'static str> {
    let given = given.trim();
    match given {
        "" => Err("must not be empty"),
        _ if given.chars().any(char::is_control) => Err("must be one line of text"),
        _ => Ok(given.to_owned()),
    }
}
