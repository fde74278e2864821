//! The store: where it lies, whose it is, whether it is whole.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::unistd::{Uid, seteuid};

use super::account::{Account, READ, WRITE, name_of};
use super::finding::Finding;
use crate::config::show_size;
use crate::store::sqlite::look::{Look, look};
use crate::store::sqlite::space;
use crate::store::{OpenError, postgres};

const CHECK: &str = "store";
/// For the search for damage; a store with much held mail takes longer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Less than this is worth a word.
const LITTLE: u64 = 1 << 30;

/// The findings, and the fingerprint of the secret that the store was made with.
pub async fn check(path: &Path, service: &Account, me: &Account) -> (Vec<Finding>, Option<String>) {
    let mut findings = vec![free(path)];
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if let Err(denied) = service.may(folder, WRITE) {
        let what = format!("{} may not write to {} ({})", service.name, folder.display(), denied.display());
        findings.push(Finding::fault(
            CHECK,
            what,
            format!("Give the folder to {} or one of its groups.", service.name),
        ));
    }
    if !path.exists() {
        findings.push(if me.may(folder, READ).is_ok() {
            Finding::ok(CHECK, format!("{}: not there yet; the first start makes it", path.display()))
        } else {
            let what = format!("{}: cannot be seen by {}", path.display(), me.name);
            Finding::warning(CHECK, what, "Run the doctor as root.")
        });
        return (findings, None);
    }
    let wrong = ownership(path, service);
    let ours = wrong.is_empty();
    findings.extend(wrong);
    if !ours {
        // To look inside would make or change the log beside the file, which is not ours to mend.
        return (findings, None);
    }
    let what = format!("{}: {} may write to it, others have no access", path.display(), service.name);
    findings.push(Finding::ok(CHECK, what));
    if beside(path, "-wal").exists() && !beside(path, "-shm").exists() {
        let what = format!("{}: was not closed, or is being put back; the next start recovers it", path.display());
        findings.push(Finding::warning(CHECK, what, "Start sluss, then run the doctor again to look inside."));
        return (findings, None);
    }
    let looked = {
        let _owner = AsOwner::of(path, me);
        look(path, PATIENCE).await
    };
    let fingerprint = match looked {
        Ok(look) => {
            findings.extend(inside(path, &look));
            look.fingerprint
        }
        Err(OpenError::Io { source, .. }) if source.kind() == std::io::ErrorKind::PermissionDenied => {
            let what = format!("{}: cannot be read by {}", path.display(), me.name);
            findings.push(Finding::warning(CHECK, what, "Run the doctor as root or as the store's owner."));
            None
        }
        Err(error @ OpenError::NetworkFileSystem { .. }) => {
            findings.push(Finding::fault(CHECK, error.to_string(), "Move the store to a local disk ([store] url)."));
            None
        }
        Err(error) => {
            let todo = "Put the newest backup back, and keep the damaged file for whoever looks at it.";
            findings.push(Finding::fault(CHECK, error.to_string(), todo));
            None
        }
    };
    (findings, fingerprint)
}

/// The same of a store at a server, reached as the service reaches it.
pub async fn check_server(url: &str, service: &Account) -> (Vec<Finding>, Option<String>) {
    match postgres::look::look(url).await {
        Ok(look) => {
            let place = &look.place;
            let mut findings = vec![Finding::ok(CHECK, format!("{place}: answers, and keeps what it commits"))];
            findings.extend(schema(place, look.schema, look.known));
            findings.extend(bypass(look.bypass_until));
            (findings, look.fingerprint)
        }
        Err(error @ OpenError::Unsafe { setting, .. }) => {
            let todo = format!("Set `{setting} = on` at the server, and start it again.");
            (vec![Finding::fault(CHECK, error.to_string(), todo)], None)
        }
        Err(error) => {
            let todo = format!(
                "Look at [store] url, the server's log and pg_hba.conf; run the doctor as {}, with its PGPASSFILE.",
                service.name
            );
            (vec![Finding::fault(CHECK, error.to_string(), todo)], None)
        }
    }
}

fn free(path: &Path) -> Finding {
    let Some((free, kept)) = space(path) else {
        let what = format!("{}: how much space is free cannot be told", path.display());
        return Finding::warning("disk", what, "Look at the file system with `df`.");
    };
    let said = show_size(free >> 20 << 20);
    if free < kept {
        Finding::fault("disk", format!("{said} free: nothing more can be held"), "Make room on the store's disk.")
    } else if free < LITTLE {
        Finding::warning("disk", format!("{said} free for the store"), "Make room on the store's disk soon.")
    } else {
        Finding::ok("disk", format!("{said} free for the store"))
    }
}

/// What is wrong with whose the file is, and the log beside it, which another user may have made.
fn ownership(path: &Path, service: &Account) -> Vec<Finding> {
    let mut findings = Vec::new();
    for ending in ["", "-wal", "-shm"] {
        let file = beside(path, ending);
        let Ok(meta) = std::fs::metadata(&file) else { continue };
        let (shown, owner) = (file.display(), name_of(meta.uid()));
        if meta.mode() & 0o007 != 0 {
            let what = format!("{shown}: mode {:04o}, everybody has access", meta.mode() & 0o7777);
            findings.push(Finding::fault(CHECK, what, format!("Run `chmod o= {shown}`.")));
        }
        if service.may(&file, READ | WRITE).is_err() {
            let what = format!("{shown}: belongs to {owner}, and {} may not write to it", service.name);
            let todo = format!("Run `chown {} {shown}`; a command run as another user may have made it.", service.name);
            findings.push(Finding::fault(CHECK, what, todo));
        }
    }
    findings
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut file = path.to_owned();
    file.as_mut_os_string().push(ending);
    file
}

/// While it lives, this process reads files as the store's owner: SQLite, opened by root, would hand the log
/// beside the file to somebody. Of all threads, so nothing else may be done meanwhile.
struct AsOwner(bool);

impl AsOwner {
    fn of(path: &Path, me: &Account) -> AsOwner {
        let owner = std::fs::metadata(path).map(|meta| meta.uid()).unwrap_or(0);
        AsOwner(me.is_root() && owner != 0 && seteuid(Uid::from_raw(owner)).is_ok())
    }
}

impl Drop for AsOwner {
    fn drop(&mut self) {
        // The real user is root still, so there is nothing that could say no.
        if self.0
            && let Err(error) = seteuid(Uid::from_raw(0))
        {
            tracing::error!(%error, "cannot be root again");
        }
    }
}

fn inside(path: &Path, look: &Look) -> Vec<Finding> {
    let (shown, Look { schema, known, .. }) = (path.display(), look);
    let mut findings = Vec::from_iter(self::schema(&shown, *schema, *known));
    if *schema > 0 && !look.wal {
        let what = format!("{shown}: its journal is no write-ahead log");
        findings.push(Finding::warning(
            CHECK,
            what,
            "Let nothing but sluss and its backup open the file; the next start sets it.",
        ));
    }
    findings.extend(bypass(look.bypass_until));
    findings.push(match &look.damage {
        Ok(None) => Finding::ok(CHECK, format!("{shown}: schema {schema}, no damage found")),
        Ok(Some(_)) => Finding::fault(
            CHECK,
            format!("{shown}: the file is damaged"),
            "Stop sluss, keep the file, and put the newest backup in its place.",
        ),
        Err(_) => {
            Finding::ok(CHECK, format!("{shown}: schema {schema}; no damage seen within {} s", PATIENCE.as_secs()))
        }
    });
    findings
}

/// Where this version and the schema are not of the same age.
fn schema(shown: &dyn std::fmt::Display, schema: i64, known: i64) -> Option<Finding> {
    if schema > known {
        let what = format!("{shown}: made by a newer version (schema {schema}, this version knows {known})");
        return Some(Finding::fault(CHECK, what, "Install the newer version again."));
    }
    (schema < known).then(|| {
        let what = format!("{shown}: schema {schema}; the next start brings it to {known}");
        Finding::warning(CHECK, what, "Back it up before that start: there is no way back.")
    })
}

fn bypass(until: Option<jiff::Timestamp>) -> Option<Finding> {
    let until = until.filter(|until| jiff::Timestamp::now() < *until)?;
    let what = format!("on until {until:.0}: every mail is relayed, whatever is judged");
    Some(Finding::warning("bypass", what, "Run `sluss bypass off` when it is not needed any more."))
}
