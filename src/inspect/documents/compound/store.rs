//! Streams and storages of a compound file, each read at most once, within the limits.

use std::collections::HashMap;
use std::io::{self, Cursor, Read, Write};
use std::time::SystemTime;

use cfb::CompoundFile;

use super::super::{Extract, Limits};
use crate::inspect::Reason;

/// Streams and storages of one file.
const MAX_ENTRIES: usize = 20_000;
/// Storages in each other. A mail in a mail takes two.
const MAX_DEPTH: usize = 64;

struct Entry {
    path: String,
    name: String,
    stream: bool,
    len: u64,
    read: bool,
}

/// An opened compound file.
pub(super) struct Store<'a> {
    file: CompoundFile<Cursor<&'a [u8]>>,
    size: u64,
    entries: Vec<Entry>,
    /// Numbers of entries by the path of the storage they are in.
    children: HashMap<String, Vec<usize>>,
}

impl<'a> Store<'a> {
    pub const ROOT: &'static str = "/";

    /// None when its allocation tables or its directory contradict themselves.
    pub fn open(bytes: &'a [u8], out: &mut Extract) -> Option<Self> {
        let file = CompoundFile::open(Cursor::new(bytes)).ok()?;
        let (mut entries, mut children) = (Vec::new(), HashMap::<String, Vec<usize>>::new());
        for entry in file.walk() {
            if entries.len() >= MAX_ENTRIES || entry.path().components().count() > MAX_DEPTH {
                out.note(Reason::OverLimit);
                break;
            }
            if let Some(parent) = entry.path().parent() {
                children.entry(parent.to_string_lossy().into_owned()).or_default().push(entries.len());
            }
            entries.push(Entry {
                path: entry.path().to_string_lossy().into_owned(),
                name: entry.name().to_owned(),
                stream: entry.is_stream(),
                len: entry.len(),
                read: false,
            });
        }
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        Some(Store { file, size, entries, children })
    }

    fn inside(&self, storage: &str) -> impl Iterator<Item = (usize, &Entry)> {
        let numbers = self.children.get(storage).map(Vec::as_slice).unwrap_or_default();
        numbers.iter().filter_map(|number| self.entries.get(*number).map(|entry| (*number, entry)))
    }

    /// Numbers and names of the streams in a storage.
    pub fn streams(&self, storage: &str) -> Vec<(usize, String)> {
        let streams = self.inside(storage).filter(|(_, entry)| entry.stream);
        streams.map(|(number, entry)| (number, entry.name.clone())).collect()
    }

    /// Paths and names of the storages in a storage.
    pub fn storages_in(&self, storage: &str) -> Vec<(String, String)> {
        let storages = self.inside(storage).filter(|(_, entry)| !entry.stream);
        storages.map(|(_, entry)| (entry.path.clone(), entry.name.clone())).collect()
    }

    /// A stream by its storage and name, whose case tells nothing (MS-CFB section 2.6.4).
    pub fn find(&self, storage: &str, name: &str) -> Option<usize> {
        let mut streams = self.inside(storage).filter(|(_, entry)| entry.stream);
        streams.find(|(_, entry)| entry.name.eq_ignore_ascii_case(name)).map(|(number, _)| number)
    }

    /// The content of a stream by name, if it is there.
    pub fn stream(&mut self, storage: &str, name: &str, limits: &mut Limits, out: &mut Extract) -> Option<Vec<u8>> {
        let number = self.find(storage, name)?;
        self.take(number, limits, out)
    }

    /// The content of a stream that nobody has read yet. One that is shorter than it says is malformed, and
    /// read as far as it goes.
    pub fn take(&mut self, number: usize, limits: &mut Limits, out: &mut Extract) -> Option<Vec<u8>> {
        let entry = self.entries.get_mut(number).filter(|entry| entry.stream && !entry.read)?;
        entry.read = true;
        if !limits.in_time() {
            out.note(Reason::TimedOut);
            return None;
        }
        let len = entry.len.min(self.size);
        let room = usize::try_from(len).unwrap_or(usize::MAX);
        if !limits.take_bytes(room) {
            out.note(Reason::OverLimit);
            return None;
        }
        let mut bytes = Vec::with_capacity(room);
        let read = self.file.open_stream(&entry.path).and_then(|stream| stream.take(len).read_to_end(&mut bytes));
        if read.is_err() || len < entry.len || bytes.len() < room {
            out.note(Reason::Malformed);
        }
        Some(bytes)
    }

    /// Whether a storage has a stream of this name that nobody has read yet.
    pub fn has_unread(&self, storage: &str, name: &str) -> bool {
        self.find(storage, name).and_then(|number| self.entries.get(number)).is_some_and(|entry| !entry.read)
    }

    /// Counts a stream as read.
    pub fn skip(&mut self, number: usize) {
        if let Some(entry) = self.entries.get_mut(number) {
            entry.read = true;
        }
    }

    /// Streams that nobody has read yet, with their paths.
    pub fn unread(&self) -> Vec<(usize, String)> {
        let unread = self.entries.iter().enumerate().filter(|(_, entry)| entry.stream && !entry.read);
        unread.map(|(number, entry)| (number, entry.path.clone())).collect()
    }

    /// All storages but the root.
    pub fn storages(&self) -> Vec<String> {
        let storages = self.entries.iter().filter(|entry| !entry.stream && entry.path != Store::ROOT);
        storages.map(|entry| entry.path.clone()).collect()
    }

    /// Counts everything in a storage as read.
    pub fn finish(&mut self, storage: &str) {
        for entry in &mut self.entries {
            entry.read |= below(&entry.path, storage).is_some();
        }
    }

    /// A storage as a compound file of its own, with `beside` from the root, if it is there, in it.
    pub fn rebuild(
        &mut self,
        storage: &str,
        beside: Option<&str>,
        limits: &mut Limits,
        out: &mut Extract,
    ) -> Option<Vec<u8>> {
        let mut made = CompoundFile::create(Cursor::new(Vec::new())).ok()?;
        for number in 0..self.entries.len() {
            let Some(entry) = self.entries.get_mut(number) else { break };
            let to = match (below(&entry.path, storage), beside) {
                (Some(to), _) => to.to_owned(),
                (None, Some(beside)) if entry.path == beside || below(&entry.path, beside).is_some() => {
                    // Read once for each mail in the mail.
                    entry.read = false;
                    entry.path.clone()
                }
                _ => continue,
            };
            let content = if entry.stream { Some(self.take(number, limits, out)) } else { None };
            let written = match content {
                None => made.create_storage_all(&to).and_then(|()| timeless(&mut made, &to)),
                Some(None) => Ok(()),
                Some(Some(bytes)) => made.create_stream(&to).and_then(|mut stream| {
                    stream.write_all(&bytes)?;
                    stream.flush()
                }),
            };
            if written.is_err() {
                out.note(Reason::Malformed);
            }
        }
        timeless(&mut made, Store::ROOT).ok()?;
        made.flush().ok()?;
        Some(made.into_inner().into_inner())
    }
}

/// Makes a storage the same whenever it is written.
fn timeless(made: &mut CompoundFile<Cursor<Vec<u8>>>, path: &str) -> io::Result<()> {
    made.set_created_time(path, SystemTime::UNIX_EPOCH)?;
    made.set_modified_time(path, SystemTime::UNIX_EPOCH)
}

/// The rest of a path inside a storage.
fn below<'p>(path: &'p str, storage: &str) -> Option<&'p str> {
    path.strip_prefix(storage).filter(|rest| rest.starts_with('/') && rest.len() > 1)
}
