//! Accounts of the reports and users with addresses, put together.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::rows::{self, Person};
use super::words::{Column, MailboxKind};
use super::{FileKind, LeftOut, Note, Parsed, Reading, Skipped};
use crate::channel::address::Canonical;
use crate::channel::mailbox::{AddressKind, Factors, MailboxRecord, ReportSource, Standing};
use crate::channel::webmail::is_webmail;

/// What the reports say of the accounts, by name.
type Accounts = HashMap<String, MailboxRecord>;

/// Everything but the records while it is being put together.
struct Tally {
    left_out: BTreeMap<LeftOut, usize>,
    skipped: Vec<Skipped>,
    unknown_methods: BTreeMap<String, usize>,
}

impl Tally {
    fn leave_out(&mut self, why: LeftOut) {
        add_one(self.left_out.entry(why).or_default());
    }
}

/// `empty_page`: a page without an entry was among the files.
pub(super) fn assemble(source: ReportSource, files: Vec<Parsed>, empty_page: bool) -> Reading {
    let mut tally = Tally { left_out: BTreeMap::new(), skipped: Vec::new(), unknown_methods: BTreeMap::new() };
    let joined = files.iter().any(|f| f.recognised.kind == FileKind::Users);
    let mut notes = notes(source, &files, joined, empty_page);
    let (mut reported, mut listed) = (Vec::new(), Vec::new());
    let (mut accounts, mut duplicates) = (Accounts::new(), HashSet::new());
    let mut recognised = Vec::new();
    let mut total = 0usize;
    for (number, file) in files.into_iter().enumerate() {
        recognised.push((file.name, file.recognised));
        let is_report = file.recognised.kind != FileKind::Users;
        let by_name = is_report && names_are_addresses(source, &file.columns);
        total = total.saturating_add(if is_report { file.rows.len() } else { 0 });
        for (row, cells) in file.rows {
            let person = cells.and_then(|cells| Ok((rows::person(&cells, by_name)?, cells)));
            let read = person.and_then(|(person, cells)| {
                let sign_in = match is_report && !person.guest {
                    true if person.key.is_empty() => return Err(super::Reason::NoUser),
                    true => Some(rows::sign_in(source, &cells)?),
                    false => None,
                };
                Ok((person, sign_in))
            });
            let (person, sign_in) = match read {
                Ok(read) => read,
                Err(reason) => {
                    tally.skipped.push(Skipped { file: number, row, reason });
                    continue;
                }
            };
            if let Some(sign_in) = sign_in {
                sign_in.unknown.into_iter().for_each(|name| add_one(tally.unknown_methods.entry(name).or_default()));
                let (standing, factors) = (sign_in.standing, sign_in.factors);
                let record = MailboxRecord { standing, factors, kind: AddressKind::Account };
                if let Some(earlier) = accounts.get(&person.key) {
                    let both = earlier.weaker(record);
                    duplicates.insert(person.key.clone());
                    accounts.insert(person.key.clone(), both);
                } else {
                    accounts.insert(person.key.clone(), record);
                }
            }
            if is_report { &mut reported } else { &mut listed }.push(person);
        }
    }
    let people = if joined { &listed } else { &reported };
    let told = |enabled| -> HashSet<&str> {
        reported.iter().chain(&listed).filter(|p| p.enabled == Some(enabled)).map(|p| p.key.as_str()).collect()
    };
    let (disabled, enabled) = (told(false), told(true));
    if joined {
        let names: HashSet<&str> = listed.iter().map(|p| p.key.as_str()).collect();
        let missing = accounts.keys().filter(|key| !names.contains(key.as_str())).count();
        if missing > 0 {
            tally.left_out.insert(LeftOut::NotInUsers, missing);
        }
        let guests = reported.iter().filter(|p| p.guest && !names.contains(p.key.as_str())).count();
        (0..guests).for_each(|_| tally.leave_out(LeftOut::Guest));
    }
    let records = records(people, &accounts, &disabled, &enabled, &mut tally);
    if !duplicates.is_empty() {
        notes.push(Note::Duplicates(duplicates.len()));
    }
    Reading {
        source,
        files: recognised,
        records,
        rows: total,
        left_out: tally.left_out,
        skipped: tally.skipped,
        unknown_methods: tally.unknown_methods,
        notes,
    }
}

/// Google's names are addresses; Entra's are so for want of anything better.
fn names_are_addresses(source: ReportSource, columns: &[Column]) -> bool {
    source == ReportSource::Google || !columns.contains(&Column::Mail) && !columns.contains(&Column::Proxies)
}

fn notes(source: ReportSource, files: &[Parsed], joined: bool, empty_page: bool) -> Vec<Note> {
    let mut notes = Vec::new();
    let (pages, followed) = files.iter().fold((0usize, 0usize), |(pages, followed), file| {
        (pages.saturating_add(file.pages), followed.saturating_add(file.followed))
    });
    // The pages of one report and those of a list of users each have a last one.
    let ends = pages.saturating_sub(followed).saturating_add(usize::from(empty_page));
    let kinds: HashSet<bool> =
        files.iter().filter(|f| f.pages > 0).map(|f| f.recognised.kind == FileKind::Users).collect();
    if followed > 0 && ends < kinds.len() {
        notes.push(Note::PagesMissing);
    }
    let entra = source == ReportSource::Entra;
    if entra && !joined && files.iter().any(|f| names_are_addresses(source, &f.columns)) {
        notes.push(Note::NamesAsAddresses);
    }
    let told = |f: &Parsed| [Column::Enabled, Column::Blocked, Column::Status].iter().any(|c| f.columns.contains(c));
    if !files.iter().any(told) {
        notes.push(Note::DisabledNotTold);
    }
    notes
}

fn records(
    people: &[Person],
    accounts: &Accounts,
    disabled: &HashSet<&str>,
    enabled: &HashSet<&str>,
    tally: &mut Tally,
) -> HashMap<Canonical, MailboxRecord> {
    let mut records: HashMap<Canonical, MailboxRecord> = HashMap::new();
    // Users first: shared mailboxes are as good as their members, who are users known to be enabled.
    let mut users: HashMap<&str, MailboxRecord> = HashMap::new();
    for person in people.iter().filter(|p| p.kind == MailboxKind::User) {
        if person.guest {
            tally.leave_out(LeftOut::Guest);
        } else if disabled.contains(person.key.as_str()) {
            tally.leave_out(LeftOut::Disabled);
        } else if let Some(account) = accounts.get(&person.key) {
            users.insert(&person.key, *account);
            add(&mut records, person, *account, tally);
        } else {
            tally.leave_out(LeftOut::NotInReport);
        }
    }
    let addresses = records.clone();
    let record = |standing, factors, kind| MailboxRecord { standing, factors, kind };
    for person in people {
        let made = match person.kind {
            MailboxKind::User => continue,
            MailboxKind::External => {
                tally.leave_out(LeftOut::External);
                continue;
            }
            // One row that says that its own sign-in is open is enough.
            MailboxKind::Shared if person.enabled != Some(false) || enabled.contains(person.key.as_str()) => {
                record(Standing::OwnSignIn, Factors::default(), AddressKind::Shared)
            }
            MailboxKind::Shared => {
                let (standing, factors) = shared(person, &users, &addresses);
                record(standing, factors, AddressKind::Shared)
            }
            MailboxKind::List => record(Standing::List, Factors::default(), AddressKind::List),
            MailboxKind::Other => record(Standing::OtherKind, Factors::default(), AddressKind::Account),
        };
        add(&mut records, person, made, tally);
    }
    records
}

/// As good as the weakest member of those that open it; members are given by account or by address.
fn shared(
    mailbox: &Person,
    users: &HashMap<&str, MailboxRecord>,
    addresses: &HashMap<Canonical, MailboxRecord>,
) -> (Standing, Factors) {
    let member = |name: &String| match users.get(name.to_lowercase().as_str()) {
        Some(account) => Some(*account),
        None => addresses.get(&Canonical::of(name)?).copied(),
    };
    let members: Option<Vec<MailboxRecord>> = mailbox.members.iter().map(member).collect();
    let weakest = members.unwrap_or_default().into_iter().reduce(|a, b| MailboxRecord {
        standing: a.standing.min(b.standing),
        factors: a.factors.common(b.factors),
        kind: a.kind,
    });
    match weakest {
        Some(weakest) if weakest.standing >= Standing::PhoneOnly => (weakest.standing, weakest.factors),
        _ => (Standing::Members, Factors::default()),
    }
}

/// The record under each address of the mailbox; a counted reason when it has none.
fn add(records: &mut HashMap<Canonical, MailboxRecord>, person: &Person, record: MailboxRecord, tally: &mut Tally) {
    let mut seen = HashSet::new();
    let mut webmail = false;
    for (number, address) in person.addresses.iter().enumerate() {
        let Some(address) = Canonical::of(address) else { continue };
        if is_webmail(address.domain()) {
            webmail = true;
            continue;
        }
        if !seen.insert(address.clone()) {
            continue;
        }
        let kind = match record.kind {
            AddressKind::Account if number > 0 => AddressKind::Proxy,
            kind => kind,
        };
        let record = MailboxRecord { kind, ..record };
        records.entry(address).and_modify(|known| *known = known.weaker(record)).or_insert(record);
    }
    if seen.is_empty() {
        tally.leave_out(if webmail { LeftOut::Webmail } else { LeftOut::NoMailbox });
    }
}

fn add_one(number: &mut usize) {
    *number = number.saturating_add(1);
}
