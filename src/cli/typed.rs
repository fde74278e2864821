//! What names a person is typed or piped in, never an argument, which every user of the machine could see.

use std::io::{BufRead, IsTerminal, Read};

use jiff::civil::Date;

use crate::detect::identifier;

/// Bytes of the longest line.
const MAX_LINE: u64 = 400;

/// Where it is typed.
pub struct Input<'a> {
    pub lines: &'a mut dyn BufRead,
    /// Somebody sits at it and is asked.
    pub terminal: bool,
}

/// Why there is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    #[error("no number was read from standard input; type it when asked, or pipe it in")]
    Absent,
    #[error(
        "that is no number of a person: its date or its check digits are wrong, or something else stands beside it"
    )]
    Wrong,
}

impl Input<'_> {
    /// One line without the blanks around it; `None` when there is none, or nothing in it.
    pub fn line(&mut self, asked: &str) -> Option<String> {
        if self.terminal {
            eprint!("{asked}: ");
        }
        let mut line = String::new();
        (&mut *self.lines).take(MAX_LINE).read_line(&mut line).ok()?;
        Some(line.trim().to_owned()).filter(|line| !line.is_empty())
    }

    /// A person's number, checked like one in a mail: as detection knows it (`Finding::identity`).
    pub fn number(&mut self, today: Date) -> Result<String, NumberError> {
        let line = self.line("the person's number").ok_or(NumberError::Absent)?;
        let parts = (today.year(), today.month().unsigned_abs(), today.day().unsigned_abs());
        let (kind, identity) = identifier::number(&line, parts).ok_or(NumberError::Wrong)?;
        eprintln!("sluss: read as {}", kind.as_str());
        Ok(identity.0)
    }
}

/// Calls `with` with standard input.
pub fn from_standard_input<T>(with: impl FnOnce(&mut Input<'_>) -> T) -> T {
    let terminal = std::io::stdin().is_terminal();
    with(&mut Input { lines: &mut std::io::stdin().lock(), terminal })
}
