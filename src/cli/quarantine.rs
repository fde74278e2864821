//! `sluss quarantine list | show | release | return | discard | keep | unkeep | reviews | review`.
//!
//! The commands work on the store itself, beside a running `serve` or without one: a message is
//! claimed by compare-and-set, so two who reach for it at once do not both get it.

use std::collections::HashMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::owner;
use crate::audit::{Actor, Event};
use crate::message::{Keys, MessageId, Reference};
use crate::notice::Texts;
use crate::quarantine::{Identities, Quarantine, Routes, Sealer, Settings as QuarantineSettings, Times, secret};
use crate::store::{self, Database, Filter, HeldMessage, LIST_PAGE, Outcome, Route, State, Store, StoreError};

mod decide;
mod review;
mod show;
#[cfg(test)]
pub(super) mod tests;

/// Characters of an advice; a notice is one screen.
const ADVICE_LIMIT: usize = 500;
/// One of the named messages did not reach its end state.
const NOT_ALL: u8 = 1;
/// Wrong use, bad configuration, a store or file that cannot be opened.
const UNUSABLE: u8 = 2;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List messages: those held or being released now, or all in one state
    List {
        /// Only this state, also an ended one
        #[arg(long, value_parser = state())]
        state: Option<State>,
        /// One object a line
        #[arg(long)]
        json: bool,
    },
    /// Print the content-free record of a message, or open it
    Show {
        /// Id or reference
        message: Named,
        /// Decrypt the message to standard output; goes on the record
        #[arg(long, requires = "purpose")]
        open: bool,
        /// Why it is opened
        #[arg(long, value_name = "TEXT", requires = "open", value_parser = text)]
        purpose: Option<String>,
        /// One object; with --open the evidence and the envelope instead of the message
        #[arg(long)]
        json: bool,
    },
    /// Send held messages to their recipients
    Release {
        #[command(flatten)]
        which: Which,
        /// By this way: a [[channel]] that lets recipients log in
        #[arg(long, value_name = "WAY", value_parser = text, conflicts_with_all = ["only_two_factor", "approve"])]
        through: Option<String>,
        /// Only to mailboxes that have the evidence the message needs; it is held on for the others
        #[arg(long, conflicts_with = "approve")]
        only_two_factor: bool,
        /// Agree, as a second person, to the release that somebody else has asked for
        #[arg(long)]
        approve: bool,
        /// Go on trying for so many seconds when a next hop does not take it at once; afterwards `serve` goes
        /// on, where it releases, or the same command later
        #[arg(long, value_name = "SECONDS", default_value_t = 0)]
        wait: u64,
    },
    /// Give held messages back to their senders, with advice
    Return {
        #[command(flatten)]
        which: Decided,
        /// What the sender is advised to do: one of secure, remove, recipients, phone, case-system, or a text in the
        /// sender's language that names nobody
        #[arg(long, value_name = "ADVICE", value_parser = advice)]
        advice: Option<String>,
    },
    /// Delete held messages
    Discard {
        #[command(flatten)]
        which: Which,
        /// Their senders have asked for it; a private message is deleted for nobody else
        #[arg(long)]
        withdrawn: bool,
    },
    /// Put messages on legal hold: nothing of them is deleted, by decision or by time
    Keep {
        #[command(flatten)]
        which: Decided,
        /// Reference of what asks for it
        #[arg(long, value_name = "REFERENCE", value_parser = text)]
        decision: String,
    },
    /// List what went out without waiting for a look, with the hours until somebody has to have looked
    Reviews {
        /// Also those that somebody has looked at
        #[arg(long)]
        all: bool,
        /// One object a line
        #[arg(long)]
        json: bool,
    },
    /// Record that you have looked at what went out without waiting for it
    Review {
        /// Id or reference
        message: Named,
        /// It was right
        #[arg(long, conflicts_with = "object", required_unless_present = "object")]
        confirm: bool,
        /// It was not
        #[arg(long)]
        object: bool,
        /// Why; goes on the record
        #[arg(long, value_name = "TEXT", value_parser = text, required_if_eq("object", "true"))]
        reason: Option<String>,
    },
    /// Take messages off legal hold
    Unkeep {
        #[command(flatten)]
        which: Decided,
    },
}

#[derive(Debug, clap::Args)]
struct Which {
    /// Ids or references
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    messages: Vec<Named>,
    /// All messages in state held now
    #[arg(long)]
    all: bool,
    /// Why; goes on the record
    #[arg(long, value_name = "TEXT", value_parser = text)]
    reason: Option<String>,
    /// One object a line
    #[arg(long)]
    json: bool,
}

/// As [`Which`], where neither all at once nor silence will do.
#[derive(Debug, clap::Args)]
struct Decided {
    /// Ids or references
    #[arg(required = true)]
    messages: Vec<Named>,
    /// Why; goes on the record
    #[arg(long, value_name = "TEXT", value_parser = text)]
    reason: String,
    /// One object a line
    #[arg(long)]
    json: bool,
}

/// A message as typed: its id, or the reference that all copies of the mail share.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Named {
    Id(MessageId),
    Reference(Reference),
}

impl std::str::FromStr for Named {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(id) = text.parse() {
            return Ok(Named::Id(id));
        }
        text.parse().map(Named::Reference).map_err(|()| "neither an id (32 hex digits) nor a reference (ABCD-2345)")
    }
}

/// Help and errors name the words there are.
fn state() -> impl TypedValueParser<Value = State> {
    PossibleValuesParser::new(State::ALL.map(State::as_str))
        .try_map(|word| State::from_word(&word).ok_or("there is no such state"))
}

fn text(given: &str) -> Result<String, &'static str> {
    let given = given.trim();
    if given.is_empty() { Err("must not be empty") } else { Ok(given.to_owned()) }
}

/// A word that the notices know, or a text. A single word that they do not know is a slip.
fn advice(given: &str) -> Result<String, String> {
    let given = text(given)?;
    let texts = Texts::builtin().map_err(|error| error.to_string())?;
    let words = texts.advice();
    if given.chars().count() > ADVICE_LIMIT {
        Err(format!("longer than {ADVICE_LIMIT} characters"))
    } else if given.contains(char::is_whitespace) || words.contains(&given.as_str()) {
        Ok(given)
    } else {
        Err(format!("neither one of {} nor a text of some words", words.join(", ")))
    }
}

/// What the commands need of the configuration.
pub struct Settings {
    /// Never created here.
    pub store: store::Settings,
    pub secret_file: std::path::PathBuf,
    pub sealer: Sealer,
    pub times: Times,
    pub identity_file: Option<std::path::PathBuf>,
    pub routes: MakeRoutes,
}

/// Where a release goes; made only for a release, in the runtime. The error is printed.
pub type MakeRoutes = Box<dyn FnOnce(Arc<Keys>) -> Result<Arc<dyn Routes>, String>>;

/// Runs the command as the store's owner. Must be called before any thread is started.
pub fn run(args: Args, settings: Settings) -> ExitCode {
    let actor = Actor::Operator(owner::operator());
    if let Err(error) = owner::become_owner_of(&settings.store) {
        return fail(&error);
    }
    match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime.block_on(command(args.command, settings, actor)),
        Err(error) => fail(&error),
    }
}

async fn command(command: Command, settings: Settings, actor: Actor) -> ExitCode {
    let store = match Database::open(settings.store.clone()).await {
        Ok(store) => Arc::new(store),
        Err(error) => return fail(&error),
    };
    let code = match command {
        Command::Reviews { all, json } => review::list(store.as_ref(), all, &actor, json).await,
        Command::Review { message, confirm, reason, .. } => {
            let outcome = if confirm { Outcome::Confirmed } else { Outcome::Objected };
            match quarantine(&store, settings, None, false).await {
                Ok(quarantine) => review::decide(&quarantine, &message, outcome, reason, &actor).await,
                Err(code) => code,
            }
        }
        Command::List { state, json } => show::list(store.as_ref(), state, &actor, json).await,
        Command::Show { message, open: false, json, .. } => {
            // What a sender has documented for an exception is encrypted.
            match secret::keys(store.as_ref(), &settings.secret_file, false, jiff::Timestamp::now()).await {
                Ok(keys) => show::show(store.as_ref(), &keys, &message, &actor, json).await,
                Err(error) => fail(&error),
            }
        }
        Command::Show { message, open: true, purpose, json } => {
            let purpose = purpose.unwrap_or_default();
            match quarantine(&store, settings, Some(("open", &actor)), false).await {
                Ok(quarantine) => show::open(&quarantine, &message, &actor, &purpose, json).await,
                Err(code) => code,
            }
        }
        Command::Release { which, through, only_two_factor, approve, wait } => {
            let route = match through {
                _ if approve => None,
                Some(way) => Some(Route::Way(way)),
                None if only_two_factor => Some(Route::TwoFactor),
                None => Some(Route::Ordinary),
            };
            match quarantine(&store, settings, Some(("release", &actor)), true).await {
                Ok(quarantine) => decide::release(&quarantine, &which, &actor, route, Duration::from_secs(wait)).await,
                Err(code) => code,
            }
        }
        Command::Return { which, advice } => match quarantine(&store, settings, Some(("return", &actor)), true).await {
            Ok(quarantine) => decide::give_back(&quarantine, &which, &actor, advice).await,
            Err(code) => code,
        },
        Command::Discard { which, withdrawn } => {
            // Who asked for a review is answered, where the address can be opened; it is deleted all the same.
            let answers = !withdrawn && settings.identity_file.is_some();
            match quarantine(&store, settings, answers.then_some(("answer", &actor)), false).await {
                Ok(quarantine) => decide::discard(&quarantine, &which, &actor, withdrawn).await,
                Err(code) => code,
            }
        }
        Command::Keep { which, decision } => match quarantine(&store, settings, None, false).await {
            Ok(quarantine) => decide::keep(&quarantine, &which, &actor, Some(decision)).await,
            Err(code) => code,
        },
        Command::Unkeep { which } => match quarantine(&store, settings, None, false).await {
            Ok(quarantine) => decide::keep(&quarantine, &which, &actor, None).await,
            Err(code) => code,
        },
    };
    store.close().await;
    code
}

/// Reads the files that the command needs, and says which one cannot be used. `identities`: what they are read for,
/// and by whom; that goes on the record.
async fn quarantine(
    store: &Arc<Database>,
    settings: Settings,
    identities: Option<(&'static str, &Actor)>,
    routes: bool,
) -> Result<Quarantine, ExitCode> {
    let now = jiff::Timestamp::now();
    let keys = Arc::new(secret::keys(store.as_ref(), &settings.secret_file, false, now).await.map_err(|e| fail(&e))?);
    let identities = match (identities, settings.identity_file) {
        (None, _) => None,
        (Some((purpose, actor)), Some(file)) => {
            let identities = Identities::from_file(&file).map_err(|e| fail(&e))?;
            let read = Event::IdentitiesRead { recipients: identities.recipients(), purpose };
            store.append(&read.entry(actor, now)).await.map_err(|e| fail(&e))?;
            Some(identities)
        }
        (Some(_), None) => return Err(fail(&"[seal] identity_file is not set: nothing can be opened here")),
    };
    let routes = if routes { Some((settings.routes)(keys.clone()).map_err(|e| fail(&e))?) } else { None };
    let settings = QuarantineSettings {
        sealer: settings.sealer,
        times: settings.times,
        // Who serves reminds.
        desks: HashMap::new(),
        identities,
        routes,
    };
    Ok(Quarantine::new(Arc::clone(store) as Arc<dyn Store>, keys, settings))
}

/// The messages that a name stands for; none when there is no such message.
async fn find(store: &dyn Store, named: &Named) -> Result<Vec<HeldMessage>, StoreError> {
    match named {
        Named::Id(id) => Ok(store.message(*id).await?.into_iter().collect()),
        Named::Reference(reference) => {
            pages(store, Filter { reference: Some(reference.clone()), ..Filter::default() }).await
        }
    }
}

/// All pages of a listing.
async fn pages(store: &dyn Store, mut filter: Filter) -> Result<Vec<HeldMessage>, StoreError> {
    let mut all = Vec::new();
    loop {
        let page = store.list(&filter).await?;
        let more = page.len() == LIST_PAGE;
        filter.after = page.last().map(|m| (m.record.held_at, m.id));
        all.extend(page);
        if !more {
            return Ok(all);
        }
    }
}

fn fail(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("sluss: {error}");
    ExitCode::from(UNUSABLE)
}
