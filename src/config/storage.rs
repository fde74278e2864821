//! `[store]`, `[secret]`, `[seal]`, `[quarantine]`, `[audit]`.

use super::checked::{Audit, Quarantine, Seal, Secret, Store};
use super::error::Weight;
use super::files;
use super::raw::{Item, Source, Table};
use super::value;
use crate::detect::{Category, Severity};
use crate::message::{KeyFileError, Secrets};
use crate::policy::{Keeping, KeptClass};

const MAX_KEEP_DAYS: u64 = 365;
/// Secrecy lasts for up to 70 years (OSL 25 kap. 1 §), and who asks may ask as long.
const MAX_KEEP_YEARS: u64 = 100;

pub fn store<'t>(source: &mut Source<'t>, root: &Table<'t>) -> Option<Store> {
    const ALLOWED: &str = r#"a store, as in "sqlite:sluss.db" or "postgres://sluss@db.kommun.example/sluss""#;
    let table = source.table(root, "store")?;
    let Some(item) = table.get("url") else {
        source.missing(&table, "url", ALLOWED);
        return None;
    };
    if item.is_secret() {
        source.refuse(&item, "found a password in the address; allowed: none, it is read from PGPASSFILE");
        return None;
    }
    let url = source.string(&item)?;
    if let Some(path) = url.strip_prefix("sqlite:") {
        let path = path.strip_prefix("//").unwrap_or(path);
        if path.is_empty() || path.contains('?') || path.starts_with(":memory:") {
            source.fault(&item, r#"a file, as in "sqlite:sluss.db"; nothing may be lost when the process ends"#);
            return None;
        }
        let path = source.resolve(path);
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
        if folder.is_some_and(|f| !f.is_dir()) {
            source.refuse(&item, format!("{}: its folder does not exist", path.display()));
        }
        return Some(Store::Sqlite(path));
    }
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Some(Store::Postgres(url.to_owned()));
    }
    source.fault(&item, ALLOWED);
    None
}

pub fn secret<'t>(source: &mut Source<'t>, root: &Table<'t>) -> Option<Secret> {
    let table = source.table(root, "secret")?;
    let Some(item) = table.get("file") else {
        source.missing(&table, "file", "the path of a file with 32 random bytes; SQLite makes it at the first start");
        return None;
    };
    let file = files::path(source, &item)?;
    match std::fs::metadata(&file) {
        Ok(meta) if meta.is_file() => {
            files::private(source, &item, &file, files::GROUP_AND_OTHERS);
            match Secrets::read(&file) {
                Err(KeyFileError::Size { path, found }) => {
                    source.refuse(&item, format!("{}: {found} bytes; allowed: exactly 32", path.display()));
                }
                Err(error @ (KeyFileError::Line { .. } | KeyFileError::Empty(_) | KeyFileError::TooMany(_))) => {
                    source.refuse(&item, error.to_string());
                }
                // A mode that is too wide has been named; what only the service may read is left to it.
                Ok(_) | Err(_) => {}
            }
        }
        Ok(_) => source.refuse(&item, format!("{}: not a file", file.display())),
        // Made at the first start; whether that is allowed depends on the store.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(_) => source.refuse(&item, format!("{}: {}", file.display(), files::NO_PERMISSION)),
    }
    Some(Secret { file })
}

pub fn seal<'t>(source: &mut Source<'t>, root: &Table<'t>) -> Option<Seal> {
    let table = source.table(root, "seal")?;
    let recipients = match table.get("recipients") {
        Some(item) => seal_recipients(source, &item),
        None => Vec::new(),
    };
    let units = root.all_below("unit");
    let identity_file = table.get("identity_file").and_then(|item| identities(source, &item, &recipients, &units));
    Some(Seal { recipients, identity_file })
}

/// age public keys, each once.
pub fn seal_recipients<'t>(source: &mut Source<'t>, item: &Item<'t>) -> Vec<String> {
    let mut recipients: Vec<String> = Vec::new();
    for member in source.members(item) {
        if member.is_secret() {
            source.refuse(&member, "found a private key; allowed: the public key, which starts with age1");
            continue;
        }
        let Some(recipient) = source.parsed(&member, value::seal_recipient) else { continue };
        if recipients.contains(&recipient) {
            source.warn(&member, "there twice");
        } else {
            recipients.push(recipient);
        }
    }
    recipients
}

/// The identities of `[seal]` recipients open every unit's mail, those of a unit's own recipients its own.
fn identities<'t>(
    source: &mut Source<'t>,
    item: &Item<'t>,
    recipients: &[String],
    units: &[Table<'t>],
) -> Option<std::path::PathBuf> {
    let path = files::path(source, item)?;
    let bytes = files::read(source, item, &path, 1 << 20)?;
    files::private(source, item, &path, files::GROUP_AND_OTHERS);
    let text = String::from_utf8(bytes).unwrap_or_default();
    let lines = text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#'));
    let keys: Result<Vec<age::x25519::Identity>, _> = lines.map(str::parse).collect();
    match keys {
        Ok(keys) if !keys.is_empty() => {
            let ours: Vec<String> = keys.iter().map(|key| key.to_public().to_string()).collect();
            let opens_all = recipients.iter().any(|recipient| ours.contains(recipient));
            // Units with recipients of their own, and whether one of them is here.
            let own = units.iter().filter_map(|unit| {
                let own = unit.get("seal_recipients")?.list();
                let here = own.iter().any(|r| r.text().is_some_and(|text| ours.iter().any(|our| our == text.trim())));
                (!own.is_empty()).then(|| (unit.get("id").and_then(|id| id.text()).unwrap_or_default(), here))
            });
            let own: Vec<(&str, bool)> = own.collect();
            if !opens_all && !recipients.is_empty() && !own.iter().any(|(_, here)| *here) {
                source.warn(item, "none of its keys belongs to a recipient above: it may open no held mail");
            }
            let others: Vec<&str> = own.iter().filter(|(_, here)| !here).map(|(unit, _)| *unit).collect();
            if opens_all && !others.is_empty() {
                let text = format!(
                    "opens every unit's held mail, also that of units with keys of their own ({}); where reviewers must \
                     not read each other's mail, keep the escrow alone in [seal] recipients",
                    others.join(", ")
                );
                source.warn(item, text);
            }
            Some(path)
        }
        _ => {
            let text = format!("{}: allowed: one private key a line, as `sluss keys new` writes them", path.display());
            source.refuse(item, text);
            None
        }
    }
}

pub fn quarantine<'t>(source: &mut Source<'t>, root: &Table<'t>) -> Quarantine {
    let mut quarantine =
        Quarantine { keeping: Keeping { days: 14, decision: None, classes: Vec::new() }, warn_days: 3, return_days: 7 };
    let Some(table) = source.table(root, "quarantine") else { return quarantine };
    let mut days = |key: &str, least: u64, absent: u32| {
        let item = table.get(key);
        let days = item.and_then(|item| source.integer(&item, least..=MAX_KEEP_DAYS));
        days.and_then(|d| u32::try_from(d).ok()).unwrap_or(absent)
    };
    quarantine.keeping.days = days("keep_days", 1, quarantine.keeping.days);
    quarantine.warn_days = days("warn_days", 0, quarantine.warn_days);
    quarantine.return_days = days("return_days", 1, quarantine.return_days);
    quarantine.keeping.decision = table.get("keep_decision").and_then(|item| source.parsed(&item, value::text));
    for class in source.tables(&table, "keep") {
        quarantine.keeping.classes.extend(kept_class(source, &class));
    }
    quarantine
}

fn kept_class<'t>(source: &mut Source<'t>, table: &Table<'t>) -> Option<KeptClass> {
    let units = table.get("units");
    let units =
        units.map_or_else(Vec::new, |item| source.list(&item, value::id).into_iter().map(|(_, id)| id).collect());
    let mut categories = Vec::new();
    if let Some(item) = table.get("categories") {
        let members = source.members(&item);
        categories.extend(members.iter().filter_map(|item| source.word(item, &Category::ALL, Category::as_str)));
    }
    // Everything is at least `none`.
    let steps = &Severity::ALL[1..];
    let severity_from = table.get("severity_from").and_then(|item| source.word(&item, steps, Severity::as_str));
    let decision = table.get("decision").and_then(|item| source.parsed(&item, value::text));
    if ["units", "categories", "severity_from"].iter().all(|key| table.get(key).is_none()) {
        let text =
            "allowed: with units, categories or severity_from; what holds for all mail is [quarantine] keep_days";
        source.about(Weight::Fault, table, text);
    }
    let Some(item) = table.get("days") else {
        source.missing(table, "days", format!("days until mail of this class expires, 1 to {MAX_KEEP_DAYS}"));
        return None;
    };
    let days = u32::try_from(source.integer(&item, 1..=MAX_KEEP_DAYS)?).ok()?;
    Some(KeptClass { units, categories, severity_from, days, decision })
}

pub fn audit<'t>(source: &mut Source<'t>, root: &Table<'t>) -> Option<Audit> {
    let table = source.table(root, "audit")?;
    let years = table.get("keep_years").map(|item| source.integer(&item, 1..=MAX_KEEP_YEARS));
    let decision = table.get("keep_decision").map(|item| source.parsed(&item, value::text));
    if years.is_none() {
        source.missing(&table, "keep_years", "whole years, as in 10; without the table nothing is deleted by itself");
    }
    if decision.is_none() {
        source.missing(&table, "keep_decision", "the reference of the decision that allows the deletion");
    }
    Some(Audit { keep_years: u32::try_from(years??).ok()?, keep_decision: decision?? })
}
