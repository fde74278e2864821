//! Configuration as written and as meant. Every fault names file, line, key, what was found and what
//! is allowed, and all of them are reported at once.
//!
//! ```text
//! raw      the file as written: TOML with places, unknown keys refused
//! checked  what was meant: parsed values, paths resolved, files read     [`Checked`]
//! cross    rules between tables
//! restart  what of a new configuration a running process cannot take
//! digest   which configuration a verdict was made under
//! error    how a fault is said
//! ```
//!
//! Only `cli` knows this room; it maps [`Checked`] to the settings of each other room.

mod channel;
pub mod checked;
mod cross;
mod digest;
mod disclosure;
pub mod error;
mod files;
mod gateway;
pub mod imports;
mod list;
mod next_hop;
mod notice;
mod policy;
mod raw;
mod restart;
mod rooms;
pub mod schema;
pub mod show;
mod storage;
mod unit;
mod value;
mod way;

use std::path::Path;

use jiff::civil::Date;

pub use checked::Checked;
pub use digest::Digest;
pub use error::{Issue, LoadError, Report, Weight};
pub use files::NO_PERMISSION;
pub use restart::held_back;
pub use value::show_size;

use raw::Source;

/// Reads and checks one configuration file. `today` is the local day, for what expires.
///
/// Gives the configuration with its warnings, or why there is none.
pub fn load(path: &Path, today: Date) -> Result<(Checked, Report), LoadError> {
    check(path, &read(path)?, today).map_err(LoadError::Refused)
}

/// What a file means as far as it can be understood, though it may be refused: what is faulty has its
/// default. For looking at a site, never for starting anything. `None`: it is no TOML.
pub fn understand(path: &Path, today: Date) -> Result<(Option<Checked>, Report), LoadError> {
    let text = read(path)?;
    let mut source = Source::new(path, &text);
    let Some(entries) = source.parse() else { return Ok((None, source.into_report())) };
    let root = source.root(&entries);
    let checked = checked::build(&mut source, &root, today);
    Ok((Some(checked), source.into_report()))
}

fn read(path: &Path) -> Result<String, LoadError> {
    let text = std::fs::read(path).map_err(|source| LoadError::Unreadable { path: path.to_owned(), source })?;
    String::from_utf8(text).map_err(|_| LoadError::Unreadable {
        path: path.to_owned(),
        source: std::io::Error::new(std::io::ErrorKind::InvalidData, "not UTF-8"),
    })
}

/// The same for a text that was read before, whatever the file says by now. The files that it names are read
/// as they are.
pub fn load_text(path: &Path, text: &str, today: Date) -> Result<(Checked, Report), LoadError> {
    check(path, text, today).map_err(LoadError::Refused)
}

/// The same for a text; `path` names it and is where its relative paths start.
pub fn check(path: &Path, text: &str, today: Date) -> Result<(Checked, Report), Report> {
    let mut source = Source::new(path, text);
    let Some(entries) = source.parse() else { return Err(source.into_report()) };
    let root = source.root(&entries);
    let checked = checked::build(&mut source, &root, today);
    let report = source.into_report();
    if report.faults().next().is_none() { Ok((checked, report)) } else { Err(report) }
}

#[cfg(test)]
mod tests;
