//! `sluss keys new | status | rotate | use-secret | forget-secret`: the keys that held mail is sealed to, and the
//! secret of digests and waiting notices.
//!
//! Rotating works beside a running `serve` or without one, and can be broken off and begun again at any time. Exit
//! status: `rotate` 1 when something is still sealed to other keys, `forget-secret` 1 when something still needs the
//! secret.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use super::{EXIT_UNUSABLE, owner};
use crate::audit::Actor;
use crate::message::Keys;
use crate::quarantine::{Identities, Sealer, secret};
use crate::store::{self, Database, Store};

mod exchange;
mod rotate;
mod status;
#[cfg(test)]
mod tests;

/// Something was left.
const NOT_ALL: u8 = 1;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make a new identity, and print its recipient for `[seal] recipients`
    New {
        /// Where the identity is written (mode 0600); an existing file is never overwritten
        file: PathBuf,
    },
    /// Show which keys and secrets are in use, and by how much of what is stored
    Status {
        /// One object a line
        #[arg(long)]
        json: bool,
    },
    /// Seal what is held anew, to the keys of the configuration; or add a new secret to `[secret] file`
    Rotate(Rotate),
    /// Use this secret of the file from now on; an earlier one goes on finding and opening what it has made
    UseSecret {
        /// As `keys status` shows it
        number: u32,
    },
    /// Take a secret that nothing needs any more out of the file
    ForgetSecret {
        /// As `keys status` shows it
        number: u32,
    },
}

#[derive(Debug, clap::Args)]
struct Rotate {
    /// Only this unit's mail; may be given several times
    #[arg(long, value_name = "ID")]
    unit: Vec<String>,
    /// Show what would be sealed anew, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Also where no identity here opens it afterwards, because others are to read it
    #[arg(long)]
    hand_over: bool,
    /// Add a new secret to the file instead; nothing is made with it before `keys use-secret`
    #[arg(long, conflicts_with_all = ["unit", "dry_run", "hand_over", "json"])]
    secret: bool,
    /// One object a message, then one for the whole
    #[arg(long)]
    json: bool,
}

/// What the commands need of the configuration.
pub struct Settings {
    /// Never created here.
    pub store: store::Settings,
    pub secret_file: PathBuf,
    /// `None` without `[seal]`.
    pub sealer: Option<Sealer>,
    pub identity_file: Option<PathBuf>,
}

/// Runs the command. `settings` reads the configuration, which `new` does not need. Must be called before any thread is
/// started.
pub fn run<E: std::fmt::Display>(args: Args, settings: impl FnOnce() -> Result<Settings, E>) -> ExitCode {
    if let Command::New { file } = args.command {
        return match Identities::create_file(&file, jiff::Timestamp::now()) {
            Ok(recipient) => {
                println!("{recipient}");
                ExitCode::SUCCESS
            }
            Err(error) => fail(&error),
        };
    }
    let settings = match settings() {
        Ok(settings) => settings,
        Err(error) => return fail(&error),
    };
    let actor = Actor::Operator(owner::operator());
    // The secret's file is replaced by its owner, who reaches the store as the relay does.
    let owned = match args.command.is_about_the_secret() {
        true => owner::become_owner(&settings.secret_file),
        false => owner::become_owner_of(&settings.store),
    };
    if let Err(error) = owned {
        return fail(&error);
    }
    match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime.block_on(command(args.command, settings, actor)),
        Err(error) => fail(&error),
    }
}

impl Command {
    fn is_about_the_secret(&self) -> bool {
        match self {
            Command::Rotate(rotate) => rotate.secret,
            Command::UseSecret { .. } | Command::ForgetSecret { .. } => true,
            Command::New { .. } | Command::Status { .. } => false,
        }
    }
}

async fn command(command: Command, settings: Settings, actor: Actor) -> ExitCode {
    let store = match Database::open(settings.store.clone()).await {
        Ok(store) => Arc::new(store),
        Err(error) => return fail(&error),
    };
    let code = match secret::keys(store.as_ref(), &settings.secret_file, false, jiff::Timestamp::now()).await {
        Ok(keys) => answer(command, settings, store.clone(), Arc::new(keys), actor).await,
        Err(error) => fail(&error),
    };
    store.close().await;
    code
}

/// What the command does, once everything is open.
async fn answer(
    command: Command,
    settings: Settings,
    store: Arc<dyn Store>,
    keys: Arc<Keys>,
    actor: Actor,
) -> ExitCode {
    match command {
        // Done without any of this.
        Command::New { .. } => ExitCode::SUCCESS,
        Command::Status { json } => status::show(store.as_ref(), &keys, &settings, json).await,
        Command::Rotate(Rotate { secret: true, .. }) => exchange::add(&keys, &settings.secret_file),
        Command::Rotate(wanted) => rotate::rotate(store, keys, settings, &wanted, &actor).await,
        Command::UseSecret { number } => exchange::bind(store.as_ref(), &keys, number, &actor).await,
        Command::ForgetSecret { number } => {
            exchange::forget(store.as_ref(), &keys, &settings.secret_file, number, &actor).await
        }
    }
}

/// Says why it cannot be done, or not here.
fn fail(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("sluss: {error}");
    ExitCode::from(EXIT_UNUSABLE)
}
