//! Running as the owner of the store's file.
//!
//! SQLite makes its log beside the file; made by another user, it would lock the relay out. So a
//! command started as root becomes the owner, and anybody else is told how to.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::unistd::{Gid, Uid, User, geteuid, initgroups, setgid, setgroups, setuid};

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
/// To be read before [`become_owner`].
pub fn operator() -> String {
    let invoked_by = std::env::var("SUDO_USER").ok().filter(|name| geteuid().is_root() && !name.is_empty());
    invoked_by.unwrap_or_else(|| name_of(nix::unistd::getuid()))
}

/// Makes this process run as the owner of `file`, for good. Must be called before any thread is started.
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
    fn the_owner_goes_on_and_a_missing_file_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        become_owner(file.path()).unwrap();
        let missing = become_owner(&file.path().join("none"));
        assert!(matches!(missing, Err(OwnerError::File { .. })));
    }
}
