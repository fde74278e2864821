//! Why a file, or a row, was not read. Nothing here repeats what a row holds.

use std::fmt;

use super::words::Column;

/// What a file must be, said with each refusal of one that is something else.
const LOOKED_FOR: &str = "looked for: Entra's user registration details (userPrincipalName, isMfaCapable, \
    methodsRegistered), Google's users (primaryEmail or Email Address, isEnrolledIn2Sv or 2sv Enrolled, isEnforcedIn2Sv \
    or 2sv Enforced), or a list of users (userPrincipalName with mail or proxyAddresses); as JSON, JSON lines or CSV";

/// A file that cannot be used; the import ends.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {why}")]
pub struct Refusal {
    /// As given.
    pub file: String,
    pub why: Why,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    #[error("empty; export the report again")]
    Empty,
    #[error("a web page, probably the sign-in page; export the report again")]
    WebPage,
    #[error("a workbook or an archive; save it as CSV, or export it as CSV or JSON")]
    Workbook,
    #[error("not text; export the report as CSV or JSON")]
    Binary,
    #[error("no JSON after line {line}, column {column}: broken off or damaged; export the report again")]
    BrokenJson { line: usize, column: usize },
    #[error("an error message of the service instead of a report; export the report again")]
    ErrorAnswer,
    #[error("not recognised; {LOOKED_FOR}")]
    Unrecognised,
    #[error("has isMfaRegistered, but not isMfaCapable: what is registered need not be allowed; export both")]
    OnlyRegistered,
    #[error("has isMfaCapable, but not methodsRegistered: a telephone could not be told from a key; export both")]
    NoMethods,
    #[error("has isEnrolledIn2Sv, but not isEnforcedIn2Sv: nothing shows that sign-in demands it; export both")]
    NoEnforced,
    #[error("a report has no rows; nothing to import")]
    NoRows,
    #[error("a list of users without a report; give the report of their sign-in methods as well")]
    NoReport,
    #[error("a report of another service than the files before it; import one service at a time")]
    OtherService,
    #[error("given with --users, but it is a report; give it without --users")]
    NotUsers,
}

/// A row that was passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Number of the file, from 0: the reports, then the lists of users.
    pub file: usize,
    /// In tables the line, in JSON the number of the entry; from 1.
    pub row: usize,
    pub reason: Reason,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    NoUser,
    Short,
    Long,
    OpenQuote,
    NotTrueOrFalse(Field),
    MethodsNotWritten,
    NotAnObject,
}

/// A column that had to be true or false.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field(pub(super) Column);

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::NoUser => f.write_str("no userPrincipalName or address"),
            Reason::Short => f.write_str("fewer cells than columns"),
            Reason::Long => f.write_str("more cells than columns: a cell with the separator in it is not quoted"),
            Reason::OpenQuote => f.write_str("a quotation mark is not closed: the lines after it belong to this row"),
            Reason::NotTrueOrFalse(Field(column)) => write!(f, "{}: neither true nor false", column.name()),
            Reason::MethodsNotWritten => f.write_str(
                "methodsRegistered: PowerShell wrote the type (System.String[]), not the methods; join them before Export-Csv",
            ),
            Reason::NotAnObject => f.write_str("no JSON object"),
        }
    }
}
