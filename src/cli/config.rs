//! `sluss config`: is this file right, what does it mean, what would change, and for which mail.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use jiff::Zoned;
use jiff::civil::Date;

use super::compare::Comparison;
use super::{EXIT_UNUSABLE, assemble, serve};
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
    ///
    /// The last line is its digest. Every verdict's record has the first 16 digits of the digest that was
    /// in force: `config` in the log, `config=` in the audit events.
    Show,
    /// Print what would change from one configuration to another, in the file or for mail
    ///
    /// With mail: judges each one under both, and prints which would newly be held, rejected, rerouted or
    /// warned about and which no longer, by unit and category. Nothing is sent or kept, and nothing of the
    /// mail is printed but the name of its file. Exit status: 2 when a file could not be read, else 0.
    Diff {
        #[arg(value_name = "OLD")]
        first: PathBuf,
        #[arg(value_name = "NEW")]
        second: PathBuf,
        /// Mail files, or folders (every *.eml below them)
        #[arg(value_name = "PATH")]
        mail: Vec<PathBuf>,
    },
}

/// `path` is the configuration of `check` and `show`.
pub fn run(args: &Args, path: &Path) -> ExitCode {
    let today = Zoned::now().date();
    let (out, err) = (&mut io::stdout().lock(), &mut io::stderr().lock());
    let code = match &args.command {
        Command::Check => check(path, today, out),
        Command::Show => show(path, today, out, err),
        Command::Diff { first, second, mail } => diff(first, second, mail, today, out, err),
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
    let edition = assemble::edition(&checked);
    match edition.and_then(|edition| serve::set::digest(&checked, &edition)) {
        Ok(digest) => writeln!(out, "\n# sha256 {}", digest.sha256())?,
        // What is shown is right as it stands; `config check` names every fault of the patterns.
        Err(_) => writeln!(out, "\n# no sha256: the patterns have a fault, see sluss config check")?,
    }
    Ok(0)
}

fn diff(
    first: &Path,
    second: &Path,
    mail: &[PathBuf],
    today: Date,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<u8> {
    let (first, second) = (usable(first, today, err)?, usable(second, today, err)?);
    let (Some(first), Some(second)) = (first, second) else { return Ok(EXIT_UNUSABLE) };
    if !mail.is_empty() {
        return match Comparison::new(&first, &second) {
            Ok(comparison) => Ok(if comparison.run(mail, out, err)? { 0 } else { EXIT_UNUSABLE }),
            Err(error) => {
                writeln!(err, "sluss: {error}")?;
                Ok(EXIT_UNUSABLE)
            }
        };
    }
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
