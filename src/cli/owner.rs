//! Running as the owner of the store's file.
//!
//! SQLite makes its log beside the file; made by another user, it would lock the relay out. So a
//! command started as root becomes the owner, and anybody else is told how to.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::unistd::{Gid, Uid, User, geteuid, getgroups, initgroups, setgid, setgroups, setuid};

use crate::store::Settings;

/// Why the command cannot go on; printed, with exit status 2.
#[derive(Debug, thiserror::Error)]
pub enum OwnerError {
    #[error("{path}: {source}")]
    File { path: String, source: std::io::Error },
    #[error("{path} belongs to {owner}; run\n  sudo -u {owner} {command}")]
    NotOwner { path: String, owner: String, command: String },
    #[error("cannot become {owner}, the owner of {path}: {source}")]
    Drop { path: String, owner: String, source: nix::Error },
}

/// Name of the person at the keyboard, for the audit: whom sudo names, else the account.
///
/// Under `sudo -u` the account is the store's owner, which is no person. Whoever is that user without sudo
/// could set the variable to any name, and could as well write to the store himself.
///
/// To be read before [`become_owner_of`].
pub fn operator() -> String {
    person(std::env::var("SUDO_USER").ok(), || name_of(nix::unistd::getuid()))
}

fn person(invoked_by: Option<String>, account: impl FnOnce() -> String) -> String {
    invoked_by.filter(|name| !name.is_empty()).unwrap_or_else(account)
}

/// Makes this process run as the owner of the store's file, for good. Must be called before any thread is started. A
/// store at a server has none.
pub fn become_owner_of(store: &Settings) -> Result<(), OwnerError> {
    match store {
        Settings::Sqlite(settings) => become_owner(&settings.path),
        Settings::Postgres(_) => Ok(()),
    }
}

/// Makes this process run as the owner of the file, for good. Must be called before any thread is started.
pub fn become_owner(file: &Path) -> Result<(), OwnerError> {
    let path = || file.display().to_string();
    let metadata = std::fs::metadata(file).map_err(|source| OwnerError::File { path: path(), source })?;
    let owner = Uid::from_raw(metadata.uid());
    let me = geteuid();
    if me == owner {
        return Ok(());
    }
    if !me.is_root() {
        let command = command_line(std::env::args());
        return Err(OwnerError::NotOwner { path: path(), owner: name_of(owner), command });
    }
    drop_to(owner, Gid::from_raw(metadata.gid())).map_err(|source| OwnerError::Drop {
        path: path(),
        owner: name_of(owner),
        source,
    })
}

/// Groups first: afterwards there is no right to change them.
fn drop_to(owner: Uid, file_group: Gid) -> nix::Result<()> {
    match User::from_uid(owner)? {
        Some(user) => {
            let name = std::ffi::CString::new(user.name).map_err(|_| nix::Error::EINVAL)?;
            initgroups(&name, user.gid)?;
            // Where two roles share the store, the relay may have made the log beside it: it is reached through
            // the file's group, which the owner's account need not be in. Root's group is nobody's to share.
            if file_group.as_raw() != 0 {
                let mut groups = getgroups()?;
                groups.push(file_group);
                setgroups(&groups)?;
            }
            setgid(user.gid)?;
        }
        None => {
            setgroups(&[file_group])?;
            setgid(file_group)?;
        }
    }
    setuid(owner)
}

fn name_of(uid: Uid) -> String {
    match User::from_uid(uid) {
        Ok(Some(user)) => user.name,
        _ => format!("#{uid}"),
    }
}

/// The command as it can be pasted into a shell.
fn command_line(args: impl Iterator<Item = String>) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+".contains(c);
    let quoted = args.map(|arg| match !arg.is_empty() && arg.chars().all(plain) {
        true => arg,
        false => format!("'{}'", arg.replace('\'', r"'\''")),
    });
    quoted.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_to_paste_is_the_line_that_was_typed() {
        for (args, line) in [
            (&["sluss", "quarantine", "list"][..], "sluss quarantine list"),
            (&["sluss", "discard", "--reason", "it's gone", ""][..], r"sluss discard --reason 'it'\''s gone' ''"),
        ] {
            assert_eq!(command_line(args.iter().map(|a| a.to_string())), line);
        }
    }

    #[test]
    fn the_audit_names_a_person_where_sudo_knows_one() {
        for (invoked_by, expected) in [(Some("kari"), "kari"), (Some(""), "sluss-console"), (None, "sluss-console")] {
            assert_eq!(person(invoked_by.map(str::to_owned), || "sluss-console".to_owned()), expected);
        }
    }

    #[test]
    fn the_owner_goes_on_and_a_missing_file_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        become_owner(file.path()).unwrap();
        let missing = become_owner(&file.path().join("none"));
        assert!(matches!(missing, Err(OwnerError::File { .. })));
    }

    /// Set for the process that becomes somebody else, which cannot be undone: the file.
    const FILE: &str = "SLUSS_TEST_OWNED_FILE";
    const NOBODY: u32 = 65534;
    /// A group that user is not in.
    const SHARED: u32 = 54321;

    #[test]
    fn becoming_the_owner() {
        let Some(file) = std::env::var_os(FILE) else { return };
        become_owner(Path::new(&file)).unwrap();
        assert_eq!((geteuid().as_raw(), nix::unistd::getuid().as_raw()), (NOBODY, NOBODY));
        let groups = getgroups().unwrap();
        assert!(groups.contains(&Gid::from_raw(SHARED)) && !groups.contains(&Gid::from_raw(0)), "{groups:?}");
        assert!(setuid(Uid::from_raw(0)).is_err(), "for good");
    }

    #[test]
    fn root_becomes_the_owner_and_others_are_told_what_to_run() {
        if !geteuid().is_root() {
            let error = become_owner(Path::new("/etc/passwd")).unwrap_err();
            assert!(error.to_string().contains("belongs to root; run\n  sudo -u root "), "{error}");
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("sluss.db");
        std::fs::write(&file, "").unwrap();
        std::os::unix::fs::chown(&file, Some(NOBODY), Some(SHARED)).unwrap();
        // Reached by the other user too.
        std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let done = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "cli::owner::tests::becoming_the_owner", "--test-threads", "1"])
            .env(FILE, &file)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&done.stdout);
        assert!(done.status.success() && text.contains("1 passed"), "{text}");
    }
}
