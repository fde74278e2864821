//! Who may read or write a file, told from owner, group and mode: the doctor runs as root or as somebody
//! else, and the service as its own user. Access lists beyond the mode are not looked at.

use std::ffi::CString;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::unistd::{Gid, Uid, User, getegid, geteuid, getgrouplist, getgroups};

/// Permission bits, as for one of the three kinds of people.
pub const READ: u32 = 4;
pub const WRITE: u32 = 2;
const SEARCH: u32 = 1;

/// A user with his groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub name: String,
    pub uid: u32,
    groups: Vec<u32>,
}

impl Account {
    /// Of this process.
    pub fn me() -> Account {
        let mut groups: Vec<u32> = getgroups().unwrap_or_default().into_iter().map(Gid::as_raw).collect();
        groups.push(getegid().as_raw());
        Account { name: name_of(geteuid().as_raw()), uid: geteuid().as_raw(), groups }
    }

    pub fn named(name: &str) -> Option<Account> {
        let user = User::from_name(name).ok()??;
        Some(Account::of_user(&user))
    }

    pub fn of(uid: u32) -> Account {
        match User::from_uid(Uid::from_raw(uid)) {
            Ok(Some(user)) => Account::of_user(&user),
            _ => Account { name: name_of(uid), uid, groups: Vec::new() },
        }
    }

    fn of_user(user: &User) -> Account {
        let groups = CString::new(user.name.as_str()).ok().and_then(|name| getgrouplist(&name, user.gid).ok());
        let groups = groups.unwrap_or_else(|| vec![user.gid]).into_iter().map(Gid::as_raw).collect();
        Account { name: user.name.clone(), uid: user.uid.as_raw(), groups }
    }

    /// With a further group, as a unit's `SupplementaryGroups` give one.
    pub fn with_group(mut self, name: &str) -> Account {
        if let Ok(Some(group)) = nix::unistd::Group::from_name(name) {
            self.groups.push(group.gid.as_raw());
        }
        self
    }

    pub fn is_root(&self) -> bool {
        self.uid == 0
    }

    /// Whether the mode of the file and of every folder above it allows it. `Err` names what does not, or
    /// what could not be looked at.
    pub fn may(&self, path: &Path, wanted: u32) -> Result<(), PathBuf> {
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        for above in absolute.ancestors().skip(1) {
            self.allowed(above, SEARCH)?;
        }
        self.allowed(&absolute, wanted)
    }

    fn allowed(&self, path: &Path, wanted: u32) -> Result<(), PathBuf> {
        let meta = std::fs::metadata(path).map_err(|_| path.to_owned())?;
        let allowed = allows(self, meta.uid(), meta.gid(), meta.mode(), wanted);
        if allowed { Ok(()) } else { Err(path.to_owned()) }
    }
}

/// As the kernel decides: the first of owner, group and others that fits counts alone.
fn allows(account: &Account, owner: u32, group: u32, mode: u32, wanted: u32) -> bool {
    let shift = if account.uid == owner {
        6
    } else if account.groups.contains(&group) {
        3
    } else {
        0
    };
    account.is_root() || (mode >> shift) & wanted == wanted
}

pub fn name_of(uid: u32) -> String {
    match User::from_uid(Uid::from_raw(uid)) {
        Ok(Some(user)) => user.name,
        _ => format!("#{uid}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_kind_of_people_that_fits_counts_alone() {
        let kari = Account { name: "kari".to_owned(), uid: 1000, groups: vec![1000, 50] };
        let root = Account { name: "root".to_owned(), uid: 0, groups: vec![0] };
        for (owner, group, mode, wanted, allowed) in [
            (1000, 1, 0o600, READ | WRITE, true),
            (1000, 50, 0o060, READ, false),
            (1, 50, 0o640, READ, true),
            (1, 50, 0o640, WRITE, false),
            (1, 50, 0o604, READ, false),
            (1, 1, 0o604, READ, true),
            (1, 1, 0o660, READ, false),
        ] {
            assert_eq!(allows(&kari, owner, group, mode, wanted), allowed, "{owner} {group} {mode:o} {wanted}");
            assert!(allows(&root, owner, group, mode, wanted));
        }
    }

    #[test]
    fn a_folder_above_can_shut_a_file_off() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("open");
        std::fs::write(&file, "").unwrap();
        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).unwrap();
        let nobody = Account { name: "nobody".to_owned(), uid: 65_534, groups: vec![65_534] };
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o700)).unwrap();
        assert_eq!(nobody.may(&file, READ), Err(folder.path().to_owned()));
        assert_eq!(Account::me().may(&file, READ), Ok(()));
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
        assert_eq!(nobody.may(&file, READ), Ok(()));
        assert_eq!(nobody.may(&file, WRITE), Err(file));
    }
}
