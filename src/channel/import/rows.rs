//! What one row says: of an account, how it signs in; of a user, which addresses he has.

use super::cell::Cells;
use super::refusal::{Field, Reason};
use super::words::{self, Column, MailboxKind, Method};
use crate::channel::mailbox::{Factor, Factors, ReportSource, Standing};

/// Mark of a guest's name in the tenant that invited him.
const GUEST_MARK: &str = "#ext#";

/// Characters of the name of a method that is shown.
const MAX_METHOD: usize = 40;

/// How an account signs in.
pub(super) struct SignIn {
    pub standing: Standing,
    pub factors: Factors,
    /// Names that are not known; empty where it looks like no name.
    pub unknown: Vec<String>,
}

/// Whose mailbox, and where mail reaches it.
pub(super) struct Person {
    /// Name of the account in lower case; empty when the row has none.
    pub key: String,
    pub guest: bool,
    /// `None`: not told.
    pub enabled: Option<bool>,
    pub kind: MailboxKind,
    /// The primary one first.
    pub addresses: Vec<String>,
    pub members: Vec<String>,
}

pub(super) fn sign_in(source: ReportSource, cells: &Cells) -> Result<SignIn, Reason> {
    match source {
        ReportSource::Entra => entra(cells),
        ReportSource::Google => google(cells),
    }
}

fn entra(cells: &Cells) -> Result<SignIn, Reason> {
    let capable = cells.needed_truth(Column::Capable)?;
    if cells.is_type_name(Column::Methods) {
        return Err(Reason::MethodsNotWritten);
    }
    let (mut factors, mut unknown) = (Factors::default(), Vec::new());
    for entry in cells.list(Column::Methods) {
        add_method(&entry, &mut factors, &mut unknown);
    }
    let standing = match (capable, factors.strong(), factors.is_empty()) {
        (false, _, _) => Standing::NotCapable,
        (true, true, _) => Standing::Capable,
        (true, false, false) => Standing::PhoneOnly,
        (true, false, true) => Standing::NoFactor,
    };
    Ok(SignIn { standing, factors, unknown })
}

fn add_method(entry: &str, factors: &mut Factors, unknown: &mut Vec<String>) {
    match words::method(entry) {
        Method::Factor(factor) => factors.insert(factor),
        Method::NoFactor => {}
        Method::Unknown => {
            // Joined with spaces; a name of several words would have been known.
            let parts: Vec<Method> = entry.split_whitespace().map(words::method).collect();
            if parts.len() > 1 && !parts.contains(&Method::Unknown) {
                for part in parts {
                    if let Method::Factor(factor) = part {
                        factors.insert(factor);
                    }
                }
                return;
            }
            let name = entry.len() <= MAX_METHOD
                && entry.starts_with(|c: char| c.is_ascii_alphabetic())
                && entry.chars().all(|c| c.is_ascii_alphanumeric());
            unknown.push(if name { entry.to_owned() } else { String::new() });
        }
    }
}

fn google(cells: &Cells) -> Result<SignIn, Reason> {
    let (enrolled, enforced) = (cells.needed_truth(Column::Enrolled)?, cells.needed_truth(Column::Enforced)?);
    let standing = match (enrolled, enforced) {
        (false, _) => Standing::NotEnrolled,
        (true, false) => Standing::NotEnforced,
        (true, true) => Standing::Enforced,
    };
    let factors = enrolled.then_some(Factor::TwoStep).into_iter().collect();
    Ok(SignIn { standing, factors, unknown: Vec::new() })
}

/// `by_name`: the account's name is an address, because nothing says which it has.
pub(super) fn person(cells: &Cells, by_name: bool) -> Result<Person, Reason> {
    let name = cells.text(Column::User);
    let mail = cells.text(Column::Mail);
    let proxies = addresses(&cells.list(Column::Proxies));
    // A proxy address in capitals (`SMTP:`) is the primary one.
    let primary = mail.map(str::to_owned).or_else(|| proxies.iter().find(|(p, _)| *p).map(|(_, a)| a.clone()));
    let primary = primary.or_else(|| name.filter(|_| by_name).map(str::to_owned));
    if name.is_none() && primary.is_none() && proxies.is_empty() {
        return Err(Reason::NoUser);
    }
    let key = name.or(mail).unwrap_or_default().to_lowercase();
    let mut addresses: Vec<String> = primary.into_iter().collect();
    addresses.extend(proxies.into_iter().map(|(_, address)| address));
    Ok(Person {
        guest: cells.text(Column::UserType).is_some_and(words::is_guest) || key.contains(GUEST_MARK),
        key,
        enabled: enabled(cells)?,
        kind: words::mailbox_kind(cells.text(Column::MailboxKind).unwrap_or_default()),
        addresses,
        members: cells.list(Column::Members).into_iter().filter(|m| !words::is_no_member(m)).collect(),
    })
}

/// One no is enough.
fn enabled(cells: &Cells) -> Result<Option<bool>, Reason> {
    let enabled = cells.truth(Column::Enabled)?;
    let open = cells.truth(Column::Blocked)?.map(|blocked| !blocked);
    let active = match cells.text(Column::Status) {
        Some(text) => Some(words::is_active(text)),
        None if cells.has(Column::Status) => return Err(Reason::NotTrueOrFalse(Field(Column::Status))),
        None => None,
    };
    Ok([enabled, open, active].into_iter().flatten().reduce(|a, b| a && b))
}

/// The mail addresses of a list, each with whether it is the primary one; other kinds of addresses are left out.
fn addresses(entries: &[String]) -> Vec<(bool, String)> {
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.trim();
        match entry.split_once(':') {
            Some((prefix, address)) if prefix.eq_ignore_ascii_case("smtp") => {
                found.push((prefix == "SMTP", address.trim().to_owned()));
            }
            Some(_) => {}
            None if entry.contains('@') => found.push((false, entry.to_owned())),
            None => {}
        }
    }
    found
}
