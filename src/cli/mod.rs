//! The command line: a file a command. This room alone knows `config` and builds the others.
//!
//! Exit status: 2 for wrong use, a bad configuration, or a store or file that cannot be opened;
//! 1 where a command's own answer is "no" (see each command); 0 otherwise.

pub mod assemble;
pub mod audit;
pub mod backup;
pub mod bypass;
pub mod channel;
pub mod check;
mod compare;
pub mod config;
pub mod demo;
pub mod doctor;
mod explain;
mod files;
pub mod keys;
mod owner;
pub mod quarantine;
pub mod reconcile;
pub mod register;
pub mod report;
mod secure;
pub mod serve;
mod text;
mod typed;
pub mod user;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Parser, Subcommand};

use assemble::Unusable;

use crate::config::Checked;
use crate::config::checked::UnitSettings;
use crate::inspect::helper::{self, tesseract};
use crate::notice::local_addresses;
use crate::pipeline::Knowledge;
use crate::quarantine::Routes;
use crate::store;

/// Wrong use, bad configuration, store or file not to be opened.
pub const EXIT_UNUSABLE: u8 = 2;

/// Where the configuration is when neither `--config` nor `$SLUSS_CONFIG` says.
pub const DEFAULT_CONFIG: &str = "/etc/sluss/sluss.toml";

/// Outbound SMTP relay that keeps confidential information from leaving to mailboxes without
/// two-factor login.
#[derive(Parser)]
#[command(name = "sluss", version, about, arg_required_else_help = true, max_term_width = 100)]
struct Arguments {
    /// Configuration file [default: /etc/sluss/sluss.toml]
    #[arg(long, global = true, env = "SLUSS_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Serve(serve::Args),
    Demo(demo::Args),
    Check(check::Args),
    Report(report::Args),
    Config(config::Args),
    Doctor(doctor::Args),
    Channel(channel::Args),
    /// List, open, release and discard held mail
    Quarantine(quarantine::Args),
    /// Register who has consented to what, list it, note that it was withdrawn
    Consent(register::consent::Args),
    /// Register orders of secrecy, which no consent opens; list and end them
    Order(register::order::Args),
    /// Register teams that work together for one person; list, change and end them
    Team(register::team::Args),
    Bypass(bypass::Args),
    Backup(backup::Args),
    /// The record of decisions: verify, write out, tell a person, delete what is old
    Audit(audit::Args),
    Reconcile(reconcile::Args),
    /// Make accounts of the console, list, disable, remove and reset them
    User(user::Args),
    /// Make, exchange and count the keys that held mail is sealed to, and the secret of digests
    Keys(keys::Args),
    /// Opens attachments for the process that started it; nothing for people
    #[command(name = helper::ARGUMENT, hide = true)]
    OpenAttachments,
    /// Reads a picture for the process that started it; nothing for people
    #[command(name = tesseract::ARGUMENT, hide = true)]
    ReadPicture {
        arguments: Vec<std::ffi::OsString>,
    },
}

/// Reads the arguments of this process and runs the command.
pub fn main() -> ExitCode {
    let Arguments { config, command } = Arguments::parse();
    let path = config.as_deref().unwrap_or_else(|| Path::new(DEFAULT_CONFIG));
    match command {
        Command::Serve(_) => serve::run(path),
        Command::Demo(args) => demo::run(&args),
        Command::Check(args) => judging(config.as_deref(), |knowledge| check::run(&args, knowledge)),
        Command::Report(args) if args.of_store() => {
            let checked = assemble::load(path).and_then(|checked| Ok((store_settings(&checked)?, checked)));
            match checked {
                Ok((settings, checked)) => report::of_store(&args, settings, || {
                    assemble::knowledge(&checked, &assemble::readers(Some(&checked)))
                }),
                Err(error) => unusable(&error),
            }
        }
        Command::Report(args) => {
            let configured = config.is_some();
            judging(config.as_deref(), |knowledge| report::of_files(&args, knowledge, configured))
        }
        Command::Doctor(args) => doctor::run(&args, path),
        Command::Config(args) => config::run(&args, path),
        Command::Channel(args) => match assemble::load(path) {
            Ok(checked) => channel::run(&args, &checked),
            Err(error) => unusable(&error),
        },
        Command::Quarantine(args) => match assemble::load(path).and_then(quarantine_settings) {
            Ok(settings) => quarantine::run(args, settings),
            Err(error) => unusable(&error),
        },
        Command::Consent(args) => registers(path, register::Command::Consent(args)),
        Command::Order(args) => registers(path, register::Command::Order(args)),
        Command::Team(args) => registers(path, register::Command::Team(args)),
        Command::Bypass(args) => match assemble::load(path).and_then(|checked| bypass_settings(&checked)) {
            Ok(settings) => bypass::run(args, settings),
            Err(error) => unusable(&error),
        },
        Command::Backup(args) => match assemble::load(path).and_then(|checked| store_settings(&checked)) {
            Ok(settings) => backup::run(&args, settings),
            Err(error) => unusable(&error),
        },
        Command::Audit(args) => match assemble::load(path).and_then(|checked| audit_settings(&checked)) {
            Ok(settings) => audit::run(args, settings),
            Err(error) => unusable(&error),
        },
        Command::Reconcile(args) => match assemble::load(path).and_then(|checked| store_settings(&checked)) {
            Ok(settings) => reconcile::run(&args, settings),
            Err(error) => unusable(&error),
        },
        Command::User(args) => match assemble::load(path).and_then(|checked| user_settings(&checked)) {
            Ok(settings) => user::run(args, settings),
            Err(error) => unusable(&error),
        },
        Command::Keys(args) => keys::run(args, || assemble::load(path).and_then(|checked| keys_settings(&checked))),
        Command::OpenAttachments => helper::run(),
        Command::ReadPicture { arguments } => tesseract::run(&arguments),
    }
}

/// Judges mail by the configuration that was named, else by the built-in profile; then says why some of it may
/// have stayed unread.
fn judging(config: Option<&Path>, run: impl FnOnce(&Knowledge) -> ExitCode) -> ExitCode {
    let checked = config.map(assemble::load).transpose();
    let knowledge = checked.and_then(|checked| {
        let readers = assemble::readers(checked.as_ref());
        let knowledge = match &checked {
            Some(checked) => assemble::knowledge(checked, &readers)?,
            None => assemble::builtin_knowledge(&readers)?,
        };
        Ok((knowledge, readers))
    });
    match knowledge {
        Ok((knowledge, readers)) => {
            let code = run(&knowledge);
            let pictures = readers.tesseract.and_then(|tesseract| tesseract.lacks());
            for why in readers.attachments.refused().into_iter().chain(pictures) {
                eprintln!("sluss: {why}");
            }
            code
        }
        Err(error) => unusable(&error),
    }
}

/// What the quarantine's commands work on; the store must be there.
fn quarantine_settings(checked: Checked) -> Result<quarantine::Settings, Unusable> {
    let sealer = assemble::sealer(&checked)?.ok_or_else(|| Unusable::because("[seal] is missing"))?;
    Ok(quarantine::Settings {
        store: store_settings(&checked)?,
        secret_file: assemble::secret_file(&checked)?.to_owned(),
        sealer,
        times: assemble::times(&checked),
        identity_file: checked.seal.as_ref().and_then(|seal| seal.identity_file.clone()),
        routes: Box::new(move |keys| {
            let made = assemble::hops(&checked, &assemble::Hops::new())
                .and_then(|hops| assemble::routes(&checked, hops, keys));
            made.map(|routes| Arc::new(routes) as Arc<dyn Routes>).map_err(|error| error.to_string())
        }),
    })
}

/// What the commands about keys work on; the store must be there.
fn keys_settings(checked: &Checked) -> Result<keys::Settings, Unusable> {
    Ok(keys::Settings {
        store: store_settings(checked)?,
        secret_file: assemble::secret_file(checked)?.to_owned(),
        sealer: assemble::sealer(checked)?,
        identity_file: checked.seal.as_ref().and_then(|seal| seal.identity_file.clone()),
    })
}

/// What the record's commands work on; the store must be there.
fn audit_settings(checked: &Checked) -> Result<audit::Settings, Unusable> {
    Ok(audit::Settings {
        store: store_settings(checked)?,
        secret_file: assemble::secret_file(checked)?.to_owned(),
        identity_file: checked.seal.as_ref().and_then(|seal| seal.identity_file.clone()),
    })
}

/// What the commands about accounts work on; the store must be there.
fn user_settings(checked: &Checked) -> Result<user::Settings, Unusable> {
    Ok(user::Settings {
        store: store_settings(checked)?,
        secret_file: assemble::secret_file(checked)?.to_owned(),
        url: checked
            .console
            .as_ref()
            .and_then(|console| console.url.as_deref())
            .map(|url| url.trim_end_matches('/').to_owned()),
        units: checked.units.iter().map(|unit| unit.unit.id.clone()).collect(),
    })
}

/// Runs a command of the registers.
fn registers(path: &Path, command: register::Command) -> ExitCode {
    let settings = assemble::load(path).and_then(|checked| {
        let secret_file = assemble::secret_file(&checked)?.to_owned();
        Ok(register::Settings { store: store_settings(&checked)?, secret_file })
    });
    match settings {
        Ok(settings) => register::run(command, settings),
        Err(error) => unusable(&error),
    }
}

/// What the bypass needs; the store must be there.
fn bypass_settings(checked: &Checked) -> Result<bypass::Settings, Unusable> {
    let told = |unit: &&UnitSettings| !local_addresses(&unit.reviewers, &checked.notice.local_domains).is_empty();
    Ok(bypass::Settings {
        store: store_settings(checked)?,
        // The relay tells them, by its own configuration.
        told: checked
            .gateway
            .as_ref()
            .map(|_| checked.units.iter().filter(told).map(|unit| unit.unit.id.clone()).collect()),
    })
}

/// How long a command waits for a database that a busy relay keeps locking. SQLite gives the lock to
/// whoever asks at the right moment, and a person would rather wait than ask again.
const COMMAND_PATIENCE: Duration = Duration::from_secs(60);

fn store_settings(checked: &Checked) -> Result<store::Settings, Unusable> {
    let mut settings = assemble::store_settings(checked, false)
        .ok_or_else(|| Unusable::because("[store] is missing: nothing is held here"))?;
    if let store::Settings::Sqlite(file) = &mut settings {
        file.busy_timeout = COMMAND_PATIENCE;
    }
    Ok(settings)
}

/// One line to standard output. That nobody reads any more (`| head`) must not stop what is being done.
fn say(line: std::fmt::Arguments<'_>) {
    use std::io::Write;
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn unusable(error: &Unusable) -> ExitCode {
    eprintln!("sluss: {error}");
    ExitCode::from(EXIT_UNUSABLE)
}
