//! Exchanging the secret: a new one is added, taken into use, and the earlier one is forgotten.

use std::path::Path;
use std::process::ExitCode;

use jiff::Zoned;

use super::status::needed_by;
use super::{NOT_ALL, fail};
use crate::audit::Actor;
use crate::cli::say;
use crate::message::{Keys, Secrets};
use crate::quarantine::secret::{self, Forgetting, SecretError};
use crate::store::Store;

/// Adds a new secret to the file. Nothing is made with it before every process has read it.
pub(super) fn add(keys: &Keys, file: &Path) -> ExitCode {
    if let Some(number) = secret::waiting(keys) {
        return fail(&SecretError::Waiting(number));
    }
    let added = Secrets::read(file).and_then(|mut secrets| {
        let number = secrets.add(file)?;
        secrets.replace_file(file)?;
        Ok(number)
    });
    match added {
        Ok(number) => {
            say(format_args!(
                "secret {number} is in {}; restart every process that reads it, or has a copy of it, then run \
                 `sluss keys use-secret {number}`",
                file.display()
            ));
            ExitCode::SUCCESS
        }
        Err(error) => fail(&error),
    }
}

pub(super) async fn bind(store: &dyn Store, keys: &Keys, number: u32, actor: &Actor) -> ExitCode {
    match secret::bind(store, keys, number, actor, jiff::Timestamp::now()).await {
        Ok(()) => {
            say(format_args!("secret {number} is in use"));
            ExitCode::SUCCESS
        }
        Err(error) => fail(&error),
    }
}

/// On the record first: what happened without a record did not happen.
pub(super) async fn forget(store: &dyn Store, keys: &Keys, file: &Path, number: u32, actor: &Actor) -> ExitCode {
    let now = Zoned::now();
    match secret::forget(store, keys, number, actor, now.timestamp(), now.date()).await {
        Ok(Forgetting::Needed(uses)) => {
            eprintln!("sluss: secret {number} stays: {}", needed_by(&uses));
            ExitCode::from(NOT_ALL)
        }
        Ok(Forgetting::Forgotten) => {
            let taken_out = Secrets::read(file).and_then(|mut secrets| {
                secrets.remove(number);
                secrets.replace_file(file)
            });
            match taken_out {
                Ok(()) => {
                    say(format_args!(
                        "secret {number} is forgotten; restart every process that has a copy of the file"
                    ));
                    ExitCode::SUCCESS
                }
                Err(error) => fail(&error),
            }
        }
        Err(error) => fail(&error),
    }
}
