//! `sluss config`: is this file right, what does it mean, what would change.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use jiff::Zoned;
use jiff::civil::Date;

use super::{EXIT_UNUSABLE, assemble};
use crate::config::show::Shown;
use crate::config::{self, Checked, LoadError};

/// `config check` has found a fault.
const EXIT_FAULTY: u8 = 1;

/// Check a configuration, show what it means, compare two.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Name every fault with its line; nothing is started or changed
    ///
    /// Exit status: 0 when the configuration can be used, 1 when it has a fault, 2 when the file
    /// could not be read.
    Check,
    /// Print the configuration in effect, defaults included; secrets as the paths of their files
    Show,
    /// Print what would change from one configuration to another
    Diff {
        #[arg(value_name = "FILE")]
        first: PathBuf,
        #[arg(value_name = "FILE")]
        second: PathBuf,
    },
}

/// `path` is the configuration of `check` and `show`.
pub fn run(args: &Args, path: &Path) -> ExitCode {
    let today = Zoned::now().date();
    let (out, err) = (&mut io::stdout().lock(), &mut io::stderr().lock());
    let code = match &args.command {
        Command::Check => check(path, today, out),
        Command::Show => show(path, today, out, err),
        Command::Diff { first, second } => diff(first, second, today, out, err),
    };
    match code {
        Ok(code) => ExitCode::from(code),
        // The reader has closed the pipe (`| head`); it has seen what it wanted.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sluss: cannot write the result: {error}");
            ExitCode::from(EXIT_UNUSABLE)
        }
    }
}

/// Prints warnings and `ok`, or every fault; gives the exit status.
pub fn check(path: &Path, today: Date, out: &mut dyn Write) -> io::Result<u8> {
    match config::load(path, today) {
        Ok((checked, report)) => {
            for warning in report.warnings() {
                writeln!(out, "{warning}\n")?;
            }
            let notes = match assemble::try_patterns(&checked) {
                Ok(notes) => notes,
                Err(faults) => {
                    for fault in &faults {
                        writeln!(out, "{fault}\n")?;
                    }
                    writeln!(out, "{}", counted(faults.len(), "fault"))?;
                    return Ok(EXIT_FAULTY);
                }
            };
            for note in &notes {
                writeln!(out, "note: {note}\n")?;
            }
            let said = [(report.warnings().count(), "warning"), (notes.len(), "note")];
            let said = said.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!(", {}", counted(*n, word)));
            writeln!(out, "ok{}", said.collect::<String>())?;
            Ok(0)
        }
        Err(LoadError::Refused(report)) => {
            for issue in &report.issues {
                writeln!(out, "{issue}\n")?;
            }
            write!(out, "{}", counted(report.faults().count(), "fault"))?;
            match report.warnings().count() {
                0 => writeln!(out)?,
                n => writeln!(out, ", {}", counted(n, "warning"))?,
            }
            Ok(EXIT_FAULTY)
        }
        Err(error @ LoadError::Unreadable { .. }) => {
            writeln!(out, "{error}")?;
            Ok(EXIT_UNUSABLE)
        }
    }
}

fn show(path: &Path, today: Date, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let Some(checked) = usable(path, today, err)? else { return Ok(EXIT_UNUSABLE) };
    write!(out, "{}", Shown::of(&checked))?;
    Ok(0)
}

fn diff(first: &Path, second: &Path, today: Date, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let (first, second) = (usable(first, today, err)?, usable(second, today, err)?);
    let (Some(first), Some(second)) = (first, second) else { return Ok(EXIT_UNUSABLE) };
    for difference in Shown::of(&first).differences(&Shown::of(&second)) {
        writeln!(out, "{difference}")?;
    }
    Ok(0)
}

/// The configuration, or `None` when why it cannot be used has been said.
fn usable(path: &Path, today: Date, err: &mut dyn Write) -> io::Result<Option<Checked>> {
    match config::load(path, today) {
        Ok((checked, _)) => Ok(Some(checked)),
        Err(error) => {
            writeln!(err, "{error}")?;
            Ok(None)
        }
    }
}

fn counted(number: usize, word: &str) -> String {
    if number == 1 { format!("1 {word}") } else { format!("{number} {word}s") }
}
