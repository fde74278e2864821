//! The command line: a file a command. This room alone knows `config` and builds the others.

pub mod audit;
pub mod keys;
pub mod owner;
pub mod quarantine;

/// One line to standard output. That nobody reads any more (`| head`) must not stop what is being done.
fn say(line: std::fmt::Arguments<'_>) {
    use std::io::Write;
    let _ = writeln!(std::io::stdout(), "{line}");
}
