//! A file in the place of another, whole or not at all; the one before is kept beside it.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

/// The relay reads it, through its own account or its group.
const MODE: u32 = 0o640;

/// Where the one before is kept.
pub fn previous(path: &Path) -> PathBuf {
    beside(path, ".previous")
}

/// Writes `bytes` to `path`. After an error, or a crash at any moment, `path` is what it was before or what it is to
/// be; a temporary file may be left beside it.
///
/// The file gets the group of its folder, and as root the owner of its folder as well: whoever may read the folder is
/// who the evidence is for.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let new = beside(path, &format!(".{}.new", std::process::id()));
    let written = write_new(&new, folder, bytes).and_then(|()| {
        keep_previous(path)?;
        fs::rename(&new, path)
    });
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written?;
    // The renaming is durable only when the folder is.
    File::open(folder)?.sync_all()
}

fn write_new(path: &Path, folder: &Path, bytes: &[u8]) -> io::Result<()> {
    // What a run that was killed left has our process's number by chance only.
    let _ = fs::remove_file(path);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(MODE).open(path)?;
    // Whatever the umask says.
    file.set_permissions(Permissions::from_mode(MODE))?;
    let (own, theirs) = (file.metadata()?, fs::metadata(folder)?);
    if nix::unistd::geteuid().is_root() {
        fchown(&file, Some(theirs.uid()), Some(theirs.gid()))?;
    } else if own.gid() != theirs.gid() {
        fchown(&file, None, Some(theirs.gid()))?;
    }
    file.write_all(bytes)?;
    file.sync_all()
}

/// A second name for the file in place, before the new one takes the first.
fn keep_previous(path: &Path) -> io::Result<()> {
    let second = beside(path, &format!(".{}.old", std::process::id()));
    let _ = fs::remove_file(&second);
    match fs::hard_link(path, &second) {
        Ok(()) => fs::rename(&second, previous(path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_before_is_kept_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("intern.mailboxes");
        for text in ["one", "two", "three"] {
            replace(&path, text.as_bytes()).unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "three");
        assert_eq!(fs::read_to_string(previous(&path)).unwrap(), "two");
        let mut names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["intern.mailboxes", "intern.mailboxes.previous"]);
        let meta = fs::metadata(&path).unwrap();
        assert_eq!(meta.permissions().mode() & 0o777, MODE);
        assert_eq!(meta.gid(), fs::metadata(folder.path()).unwrap().gid());
    }

    #[test]
    fn what_cannot_be_written_leaves_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("intern.mailboxes");
        // A folder in the place of the previous one: it can be kept nowhere.
        fs::write(&path, "old").unwrap();
        fs::create_dir(previous(&path)).unwrap();
        replace(&path, b"new").unwrap_err();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert!(replace(&folder.path().join("none/x"), b"new").is_err());
    }
}
