//! The command line: a file a command. This room alone knows `config` and builds the others.
//!
//! Exit status: 2 for wrong use, a bad configuration, or a store or file that cannot be opened;
//! 1 where a command's own answer is "no" (see each command); 0 otherwise.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

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
enum Command {}

/// Reads the arguments of this process and runs the command.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match arguments.command {}
}
