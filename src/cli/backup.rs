//! `sluss backup FILE`: a copy of the embedded store, while it is in use.
//!
//! The copy holds the record that it was made. What opens it, secret and identities, is never in it: those are
//! kept elsewhere, or a stolen backup would be readable.

use std::path::PathBuf;
use std::process::ExitCode;

use jiff::Timestamp;

use super::{EXIT_UNUSABLE, owner, say};
use crate::audit::{Actor, Event};
use crate::store::sqlite::backup;
use crate::store::{Database, Settings, Store, sqlite};

/// Copy the store to a new file, while it is in use; the copy is checked
///
/// The file is made with mode 0600 by the store's owner, who must be allowed to write to its folder. It opens only
/// with the secret and an identity, which belong in another place. A store in PostgreSQL is copied with pg_dump.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The copy; must not exist yet
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Runs the command as the store's owner. Must be called before any thread is started.
pub fn run(args: &Args, settings: Settings) -> ExitCode {
    let actor = Actor::Operator(owner::operator());
    if let Err(error) = owner::become_owner_of(&settings) {
        return fail(&error);
    }
    let Settings::Sqlite(settings) = settings else {
        return fail(&"a store in PostgreSQL is copied with pg_dump, while it is in use: docs/backup.md");
    };
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => match runtime.block_on(copy(args, settings, &actor)) {
            Ok(line) => {
                say(format_args!("{line}"));
                ExitCode::SUCCESS
            }
            Err(error) => fail(&*error),
        },
        Err(error) => fail(&error),
    }
}

async fn copy(args: &Args, settings: sqlite::Settings, actor: &Actor) -> Result<String, Box<dyn std::error::Error>> {
    if args.file.exists() {
        return Err(backup::BackupError::Exists(args.file.clone()).into());
    }
    let store = Database::open(settings.clone()).await?;
    let noted = store.append(&Event::BackupMade.entry(actor, Timestamp::now())).await;
    store.close().await;
    noted?;
    let copied = backup::copy(&settings, &args.file).await?;
    Ok(format!("{}: {} bytes, {} held, checked", args.file.display(), copied.bytes, copied.held))
}

fn fail(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("sluss: {error}");
    ExitCode::from(EXIT_UNUSABLE)
}
