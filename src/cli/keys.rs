//! `sluss keys new FILE`: an identity for opening and releasing held mail.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::quarantine::Identities;

/// Wrong use, or a file that cannot be written.
const UNUSABLE: u8 = 2;

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
}

/// Needs no configuration.
pub fn run(args: Args) -> ExitCode {
    let Command::New { file } = args.command;
    match Identities::create_file(&file, jiff::Timestamp::now()) {
        Ok(recipient) => {
            println!("{recipient}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("sluss: {error}");
            ExitCode::from(UNUSABLE)
        }
    }
}
