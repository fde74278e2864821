//! The command line: a file a command. This room alone knows `config` and builds the others.
//!
//! Exit status: 2 for wrong use, a bad configuration, or a store or file that cannot be opened;
//! 1 where a command's own answer is "no" (see each command); 0 otherwise.

pub mod assemble;
pub mod channel;
pub mod check;
pub mod config;
mod explain;
pub mod serve;
mod text;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use assemble::Unusable;

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
    Check(check::Args),
    Config(config::Args),
    Channel(channel::Args),
}

/// Reads the arguments of this process and runs the command.
pub fn main() -> ExitCode {
    let Arguments { config, command } = Arguments::parse();
    let path = config.as_deref().unwrap_or_else(|| Path::new(DEFAULT_CONFIG));
    match command {
        Command::Serve(_) => serve::run(path),
        Command::Check(args) => {
            let knowledge = match &config {
                Some(path) => assemble::load(path).and_then(|checked| assemble::knowledge(&checked)),
                None => assemble::builtin_knowledge(),
            };
            knowledge.map_or_else(|error| unusable(&error), |knowledge| check::run(&args, &knowledge))
        }
        Command::Config(args) => config::run(&args, path),
        Command::Channel(args) => {
            let registry = assemble::load(path).and_then(|checked| assemble::registry(&checked));
            registry.map_or_else(|error| unusable(&error), |registry| channel::run(&args, &registry))
        }
    }
}

fn unusable(error: &Unusable) -> ExitCode {
    eprintln!("sluss: {error}");
    ExitCode::from(EXIT_UNUSABLE)
}
