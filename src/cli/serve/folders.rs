//! Files and folders that come into force as soon as somebody has changed them.
//!
//! Looked at, never read: names, sizes, times and inodes. A change is told of once, when two looks in a row have
//! seen the same, so that nobody's half-copied folder is taken.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Time between two looks.
pub const LOOK: Duration = Duration::from_secs(5);
/// Folders below a watched one.
const MAX_DEPTH: usize = 8;
/// Entries that are looked at; a folder with more is watched in part.
const MAX_ENTRIES: usize = 20_000;

/// What can be seen of a file from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    inode: (u64, u64),
    size: u64,
    /// Content changed; seconds, nanoseconds.
    modified: (i64, i64),
    /// Anything changed, permissions too.
    changed: (i64, i64),
}

/// A look at everything that is watched. `None`: it is not there, or not to be seen.
pub type Print = BTreeMap<PathBuf, Option<Mark>>;

/// Looks at files, and at folders with all that is in them.
pub fn look(paths: &[PathBuf]) -> Print {
    let mut print = Print::new();
    for path in paths {
        add(path, MAX_DEPTH, &mut print);
    }
    print
}

fn add(path: &Path, depth: usize, print: &mut Print) {
    if print.len() >= MAX_ENTRIES {
        return;
    }
    let metadata = std::fs::metadata(path).ok();
    let folder = metadata.as_ref().is_some_and(Metadata::is_dir);
    // A folder's own times change with the temporary files of editors; what is in it counts.
    let mark = if folder { None } else { metadata.map(|metadata| mark(&metadata)) };
    print.insert(path.to_owned(), mark);
    if folder
        && depth > 0
        && let Ok(entries) = std::fs::read_dir(path)
    {
        for entry in entries.flatten() {
            add(&entry.path(), depth.saturating_sub(1), print);
        }
    }
}

fn mark(metadata: &Metadata) -> Mark {
    Mark {
        inode: (metadata.dev(), metadata.ino()),
        size: metadata.len(),
        modified: (metadata.mtime(), metadata.mtime_nsec()),
        changed: (metadata.ctime(), metadata.ctime_nsec()),
    }
}

/// What was seen when the set in force was read, or last refused, and at the last look.
#[derive(Debug, Default)]
pub struct Watch {
    settled: Print,
    last: Print,
}

impl Watch {
    /// From now on this is known.
    pub fn knows(&mut self, print: Print) {
        self.last.clone_from(&print);
        self.settled = print;
    }

    /// True when something has changed and has come to rest; once for each change.
    pub fn sees(&mut self, print: Print) -> bool {
        let rests = print == self.last;
        self.last = print;
        let news = rests && self.last != self.settled;
        if news {
            self.settled.clone_from(&self.last);
        }
        news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_once_and_only_when_it_rests() {
        let folder = tempfile::tempdir().unwrap();
        let paths = [folder.path().to_owned(), folder.path().join("absent")];
        let file = folder.path().join("lexicon/own.txt");
        let mut watch = Watch::default();
        watch.knows(look(&paths));
        assert!(!watch.sees(look(&paths)) && !watch.sees(look(&paths)));

        std::fs::create_dir(folder.path().join("lexicon")).unwrap();
        std::fs::write(&file, "one").unwrap();
        assert!(!watch.sees(look(&paths)), "it may still be written");
        std::fs::write(&file, "one and two").unwrap();
        assert!(!watch.sees(look(&paths)), "it was");
        assert!(watch.sees(look(&paths)));
        assert!(!watch.sees(look(&paths)), "told once");

        // Put in its place under the same name, with the same size and time.
        let times = std::fs::metadata(&file).unwrap().modified().unwrap();
        let other = folder.path().join("other");
        std::fs::write(&other, "two and one").unwrap();
        std::fs::File::options().write(true).open(&other).unwrap().set_modified(times).unwrap();
        std::fs::rename(&other, &file).unwrap();
        assert!(!watch.sees(look(&paths)));
        assert!(watch.sees(look(&paths)));

        std::fs::remove_file(&file).unwrap();
        assert!(!watch.sees(look(&paths)));
        assert!(watch.sees(look(&paths)), "what is gone is a change too");
        std::fs::write(folder.path().join("absent"), "").unwrap();
        assert!(!watch.sees(look(&paths)));
        assert!(watch.sees(look(&paths)));
    }

    #[test]
    fn what_comes_and_goes_between_two_looks_is_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let paths = [folder.path().to_owned()];
        let mut watch = Watch::default();
        watch.knows(look(&paths));
        let swap = folder.path().join(".own.txt.swp");
        std::fs::write(&swap, "").unwrap();
        assert!(!watch.sees(look(&paths)));
        std::fs::remove_file(&swap).unwrap();
        assert!(!watch.sees(look(&paths)) && !watch.sees(look(&paths)));
    }
}
