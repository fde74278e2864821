//! Reports on sign-in methods, as exported, to records of single mailboxes. Bytes in; records, counts and a report of
//! what was passed over out. No files, no clock.
//!
//! What the rows mean: `capable` and not `registered`; a telephone alone is weak; methods for resetting a password are no
//! factors, and neither is one that nobody here knows; guests are others' mailboxes; disabled accounts open nothing; a
//! shared mailbox is as good as its weakest member, with its own sign-in blocked; a distribution list is unknown. Where
//! two rows speak of one address, the weaker holds. The order of rows and files does not matter.

mod assemble;
mod cell;
pub mod change;
mod decode;
pub mod file;
mod json;
mod refusal;
mod rows;
mod table;
#[cfg(test)]
mod tests;
mod words;

use std::collections::{BTreeMap, HashMap};
use std::fmt;

pub use decode::Encoding;
pub use refusal::{Reason, Refusal, Skipped, Why};

use self::words::Column;
use super::address::Canonical;
use super::mailbox::{MailboxRecord, ReportSource};

/// A file as given.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// For messages.
    pub name: &'a str,
    pub bytes: &'a [u8],
}

/// What a file turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recognised {
    pub kind: FileKind,
    pub shape: Shape,
    pub encoding: Encoding,
    /// Without the headings and empty lines.
    pub rows: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    Report(ReportSource),
    /// Which account has which addresses.
    Users,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Json,
    JsonLines,
    /// With its separator.
    Csv(char),
}

/// Why a row that was understood gives no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LeftOut {
    Guest,
    External,
    Disabled,
    NoMailbox,
    Webmail,
    /// Given lists of users, an account of the report that is in none.
    NotInUsers,
    /// A user of whom the report says nothing.
    NotInReport,
}

impl LeftOut {
    pub fn as_str(self) -> &'static str {
        match self {
            LeftOut::Guest => "guest",
            LeftOut::External => "external",
            LeftOut::Disabled => "disabled",
            LeftOut::NoMailbox => "no-mailbox",
            LeftOut::Webmail => "webmail",
            LeftOut::NotInUsers => "not-in-users",
            LeftOut::NotInReport => "not-in-report",
        }
    }

    pub fn meaning(self) -> &'static str {
        match self {
            LeftOut::Guest => "guests: mailboxes of other organisations",
            LeftOut::External => "contacts and mail users: mailboxes elsewhere",
            LeftOut::Disabled => "disabled accounts",
            LeftOut::NoMailbox => "accounts without an address",
            LeftOut::Webmail => "addresses of consumer webmail",
            LeftOut::NotInUsers => "accounts that are in no list of users",
            LeftOut::NotInReport => "users of whom the report says nothing",
        }
    }
}

/// What the reader should know of the reports as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// Every page names one after it.
    PagesMissing,
    /// Nothing says which addresses an account has.
    NamesAsAddresses,
    /// Nothing says which accounts are disabled.
    DisabledNotTold,
    /// Accounts that are there more than once; the weaker row holds.
    Duplicates(usize),
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Note::PagesMissing => {
                f.write_str("every page names a page after it: the last ones are missing, and their mailboxes unknown")
            }
            Note::NamesAsAddresses => f.write_str(
                "nothing says which addresses an account has: the user principal name is taken as its only address; \
                 give the list of users with --users",
            ),
            Note::DisabledNotTold => f.write_str("nothing says which accounts are disabled (accountEnabled)"),
            Note::Duplicates(n) => write!(f, "{n} accounts are there more than once: the weaker row of each holds"),
        }
    }
}

/// Everything that was read.
#[derive(Clone, Debug)]
pub struct Reading {
    pub source: ReportSource,
    /// By name, in the order given; pages without an entry are not among them.
    pub files: Vec<(String, Recognised)>,
    pub records: HashMap<Canonical, MailboxRecord>,
    /// Rows of the reports.
    pub rows: usize,
    pub left_out: BTreeMap<LeftOut, usize>,
    pub skipped: Vec<Skipped>,
    /// Names of methods that nobody here knows, with how many accounts have them. What looks like no name is
    /// counted under the empty one.
    pub unknown_methods: BTreeMap<String, usize>,
    pub notes: Vec<Note>,
}

/// Reads reports and lists of users together. A list of users among `reports` counts as one.
pub fn read(reports: &[Input<'_>], users: &[Input<'_>]) -> Result<Reading, Refusal> {
    let mut files = Vec::new();
    let mut empty: Option<&str> = None;
    let mut source = None;
    for (input, asked_for_users) in reports.iter().map(|i| (i, false)).chain(users.iter().map(|i| (i, true))) {
        let refused = |why| Refusal { file: input.name.to_owned(), why };
        let file = match parse(input.name, input.bytes) {
            Ok(file) => file,
            // The last page of many may have nothing on it.
            Err(Why::NoRows) => {
                empty = Some(input.name);
                continue;
            }
            Err(why) => return Err(refused(why)),
        };
        match file.recognised.kind {
            FileKind::Report(_) if asked_for_users => return Err(refused(Why::NotUsers)),
            FileKind::Report(this) if *source.get_or_insert(this) != this => return Err(refused(Why::OtherService)),
            _ => files.push(file),
        }
    }
    let rows = |file: &Parsed| if file.recognised.kind == FileKind::Users { 0 } else { file.rows.len() };
    let about = |name: Option<&str>, why| Refusal { file: name.unwrap_or_default().to_owned(), why };
    let first = files.first().map(|f| f.name.as_str());
    match source {
        None if empty.is_some() => Err(about(empty, Why::NoRows)),
        None => Err(about(first, Why::NoReport)),
        Some(_) if files.iter().map(rows).all(|rows| rows == 0) => Err(about(first, Why::NoRows)),
        Some(source) => Ok(assemble::assemble(source, files, empty.is_some())),
    }
}

/// A file by its rows.
struct Parsed {
    name: String,
    recognised: Recognised,
    columns: Vec<Column>,
    rows: table::Rows,
    pages: usize,
    followed: usize,
}

fn parse(name: &str, bytes: &[u8]) -> Result<Parsed, Why> {
    let (text, encoding) = decode::text(bytes)?;
    let json = text.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '[']);
    let (shape, columns, rows, pages, followed) = if json {
        let entries = json::read(&text)?;
        let shape = if entries.lines { Shape::JsonLines } else { Shape::Json };
        (shape, entries.columns.into_iter().collect(), entries.rows, entries.pages, entries.followed)
    } else {
        let table = table::read(&text)?;
        (Shape::Csv(table.separator), table.columns, table.rows, 0, 0)
    };
    // A page without an entry tells nothing of what it would hold.
    let kind = if json && rows.is_empty() { Err(Why::NoRows) } else { recognise(&columns) }?;
    let recognised = Recognised { kind, shape, encoding, rows: rows.len() };
    Ok(Parsed { name: name.to_owned(), recognised, columns, rows, pages, followed })
}

fn recognise(columns: &[Column]) -> Result<FileKind, Why> {
    let has = |column| columns.contains(&column);
    let named = has(Column::User) || has(Column::Mail);
    if named && (has(Column::Enrolled) || has(Column::Enforced)) {
        let both = has(Column::Enrolled) && has(Column::Enforced);
        return if both { Ok(FileKind::Report(ReportSource::Google)) } else { Err(Why::NoEnforced) };
    }
    if has(Column::User) && has(Column::Capable) {
        return if has(Column::Methods) { Ok(FileKind::Report(ReportSource::Entra)) } else { Err(Why::NoMethods) };
    }
    if has(Column::User) && has(Column::Registered) {
        return Err(Why::OnlyRegistered);
    }
    let addressed = has(Column::Mail) || has(Column::Proxies);
    if addressed && (has(Column::User) || has(Column::MailboxKind)) {
        return Ok(FileKind::Users);
    }
    Err(Why::Unrecognised)
}

impl fmt::Display for Recognised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            FileKind::Report(ReportSource::Entra) => "Entra ID, user registration details",
            FileKind::Report(ReportSource::Google) => "Google Workspace, 2-Step Verification",
            FileKind::Users => "list of users with addresses",
        })?;
        match self.shape {
            Shape::Json => f.write_str("; JSON")?,
            Shape::JsonLines => f.write_str("; JSON lines")?,
            Shape::Csv('\t') => f.write_str("; CSV with tabs")?,
            Shape::Csv(separator) => write!(f, "; CSV with {separator:?}")?,
        }
        let rows = if self.rows == 1 { "row" } else { "rows" };
        write!(f, ", {}; {} {rows}", self.encoding.as_str(), self.rows)
    }
}
