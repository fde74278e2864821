//! The administrator's folder of patterns, read whole.
//!
//! Nothing in it is passed over in silence: a name that is not known is refused with the nearest known one,
//! and what an editor or a version control leaves behind is noted. Links to files are followed. Limits: 4 MiB a
//! file, 16 MiB and a thousand files together, folders four deep. Fatal: everything that is named a fault.

use std::fs::{self, File, Metadata};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use crate::detect::lexicon::{Fault, Faults, Note, nearest};

/// Bytes of one file.
pub const MAX_FILE: usize = 4 * 1024 * 1024;
/// Bytes of all files.
const MAX_SET: usize = 16 * 1024 * 1024;
/// Files of a folder, sub-folders included.
const MAX_FILES: usize = 1_000;
/// Folders in each other, below the one that is configured.
const MAX_DEPTH: usize = 4;

/// Folders of lists. What a list is for stands in it; the folders are for its author.
const LISTS: [&str; 8] = ["lexicon", "casework", "general", "ambiguous", "labels", "names", "own", "business"];
/// Legal profiles, which the policy reads.
const PROFILES: &str = "profiles";
/// Notice texts, which the notices read.
const NOTICES: &str = "notices";
/// The table of provisions.
pub const PROVISIONS: &str = "provisions.toml";
/// The codes of exceptions, which the policy reads.
const EXCEPTIONS: &str = "exceptions.toml";
/// The words that mark a private mail, which the policy reads.
const PRIVATE: &str = "private.toml";

/// What a folder holds.
#[derive(Debug, Default)]
pub struct Found {
    /// Name for messages, and text; in the order of their names.
    pub lists: Vec<(String, String)>,
    pub provisions: Option<(String, String)>,
    pub exceptions: Option<(String, String)>,
    pub private: Option<(String, String)>,
    pub notes: Vec<Note>,
}

/// Reads the folder.
pub fn read(folder: &Path) -> Result<Found, Faults> {
    let mut walk = Walk { found: Found::default(), faults: Faults::default(), files: 0, bytes: 0 };
    walk.top(folder);
    walk.faults.none_or()?;
    Ok(walk.found)
}

/// What is expected in a folder.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Lists,
    Profiles,
}

impl Kind {
    fn ending(self) -> &'static str {
        match self {
            Kind::Lists => ".txt",
            Kind::Profiles => ".toml",
        }
    }

    fn allowed(self) -> &'static str {
        match self {
            Kind::Lists => "lists, whose names end in .txt",
            Kind::Profiles => "profiles, whose names end in .toml",
        }
    }
}

struct Walk {
    found: Found,
    faults: Faults,
    files: usize,
    bytes: usize,
}

impl Walk {
    fn top(&mut self, folder: &Path) {
        for (name, path) in self.entries(folder) {
            let Some(meta) = self.metadata(&path) else { continue };
            match name.as_str() {
                known if meta.is_dir() && LISTS.contains(&known) => {
                    self.folder(&path, Kind::Lists, &mut vec![id(&meta)])
                }
                PROFILES if meta.is_dir() => self.folder(&path, Kind::Profiles, &mut vec![id(&meta)]),
                NOTICES if meta.is_dir() => {}
                PROVISIONS if meta.is_file() => self.found.provisions = self.text(&path),
                EXCEPTIONS if meta.is_file() => self.found.exceptions = self.text(&path),
                PRIVATE if meta.is_file() => self.found.private = self.text(&path),
                _ if meta.is_dir() => {
                    let near = nearest(&name, LISTS.into_iter().chain([PROFILES, NOTICES])).map(str::to_owned);
                    self.fault(&path, Fault::UnknownFolder { word: name, near });
                }
                _ => {
                    let near = nearest(&name, [PROVISIONS, EXCEPTIONS, PRIVATE]).map(str::to_owned);
                    let allowed = "provisions.toml, exceptions.toml and private.toml here; a list stands in a folder: \
                                   lexicon, casework, general, ambiguous, labels, names, own or business";
                    self.fault(&path, Fault::UnknownFile { word: name, near, allowed });
                }
            }
        }
    }

    /// `above`: the folders on the way here.
    fn folder(&mut self, folder: &Path, kind: Kind, above: &mut Vec<(u64, u64)>) {
        for (name, path) in self.entries(folder) {
            if self.faults.enough() {
                return;
            }
            let Some(meta) = self.metadata(&path) else { continue };
            if meta.is_dir() {
                match () {
                    () if above.contains(&id(&meta)) => self.fault(&path, Fault::Loop),
                    () if above.len() >= MAX_DEPTH => self.fault(&path, Fault::TooDeep { limit: MAX_DEPTH }),
                    () => {
                        above.push(id(&meta));
                        self.folder(&path, kind, above);
                        above.pop();
                    }
                }
            } else if !meta.is_file() {
                self.fault(&path, Fault::NotAFile);
            } else if !name.to_lowercase().ends_with(kind.ending()) {
                self.fault(&path, Fault::UnknownFile { word: name, near: None, allowed: kind.allowed() });
            } else if kind == Kind::Lists {
                let text = self.text(&path);
                self.found.lists.extend(text);
            }
        }
    }

    /// Names and paths, sorted; without what is no pattern and was never meant as one.
    fn entries(&mut self, folder: &Path) -> Vec<(String, PathBuf)> {
        let listed = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let mut entries: Vec<(String, PathBuf)> = match listed {
            Ok(entries) => entries.iter().map(|e| (e.file_name().to_string_lossy().into_owned(), e.path())).collect(),
            Err(error) => {
                self.fault(folder, Fault::Unreadable(plain(&error)));
                return Vec::new();
            }
        };
        entries.sort();
        entries.retain(|(name, path)| {
            let passed_over = is_left_behind(name);
            if passed_over {
                let text = "is not read: a hidden file, a copy that an editor left, or a readme".to_owned();
                self.found.notes.push(Note { file: path.display().to_string(), line: 0, text });
            }
            !passed_over
        });
        entries
    }

    fn metadata(&mut self, path: &Path) -> Option<Metadata> {
        fs::metadata(path).map_err(|error| self.fault(path, Fault::Unreadable(plain(&error)))).ok()
    }

    /// The file's name and text.
    fn text(&mut self, path: &Path) -> Option<(String, String)> {
        self.files = self.files.saturating_add(1);
        if self.files > MAX_FILES {
            if self.files == MAX_FILES.saturating_add(1) {
                self.fault(path, Fault::TooManyFiles { limit: MAX_FILES });
            }
            return None;
        }
        let mut bytes = Vec::new();
        let limit = u64::try_from(MAX_FILE).unwrap_or(u64::MAX).saturating_add(1);
        if let Err(error) = File::open(path).and_then(|f| f.take(limit).read_to_end(&mut bytes)) {
            self.fault(path, Fault::Unreadable(plain(&error)));
            return None;
        }
        if bytes.len() > MAX_FILE {
            self.fault(path, Fault::FileTooLarge { limit: MAX_FILE });
            return None;
        }
        let before = self.bytes;
        self.bytes = self.bytes.saturating_add(bytes.len());
        if self.bytes > MAX_SET {
            if before <= MAX_SET {
                self.fault(path, Fault::SetTooLarge { limit: MAX_SET });
            }
            return None;
        }
        match decode(bytes) {
            Ok(text) => Some((path.display().to_string(), text)),
            Err((line, fault)) => {
                self.faults.add(&path.display().to_string(), line, fault);
                None
            }
        }
    }

    fn fault(&mut self, path: &Path, fault: Fault) {
        self.faults.add(&path.display().to_string(), 0, fault);
    }
}

/// Bytes to text: a mark at the start is dropped, every line end becomes one, letters with their accents apart
/// (as some systems store them) become single letters. `Err`: the line, and why it is no UTF-8.
fn decode(bytes: Vec<u8>) -> Result<String, (usize, Fault)> {
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err((0, Fault::Utf16));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let bytes = error.as_bytes();
        let lines = bytes.iter().take(valid).filter(|b| **b == b'\n').count();
        (lines.saturating_add(1), Fault::NotUtf8 { byte: bytes.get(valid).copied().unwrap_or_default() })
    })?;
    let text = text.strip_prefix('\u{FEFF}').map(str::to_owned).unwrap_or(text);
    let text = if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text };
    Ok(if is_nfc_quick(text.chars()) == IsNormalized::Yes { text } else { text.nfc().collect() })
}

fn id(meta: &Metadata) -> (u64, u64) {
    (meta.dev(), meta.ino())
}

/// What editors, packages and version controls leave beside a file, and a readme.
fn is_left_behind(name: &str) -> bool {
    let lower = name.to_lowercase();
    let ending = lower.rsplit('.').next().unwrap_or_default();
    lower.starts_with(['.', '#'])
        || lower.ends_with('~')
        || lower.starts_with("readme")
        || matches!(
            ending,
            "bak" | "swp" | "orig" | "rej" | "old" | "dpkg-old" | "dpkg-new" | "dpkg-dist" | "rpmnew" | "rpmsave"
        )
}

/// An I/O error without its number.
fn plain(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "no such file, or a link that leads nowhere".to_owned(),
        ErrorKind::PermissionDenied => "no permission to read it".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_as_editors_write_it() {
        for (bytes, text) in [
            (&b"\xEF\xBB\xBFsv: a\r\nsv: b\r\n"[..], "sv: a\nsv: b\n"),
            (b"sv: a\rsv: b", "sv: a\nsv: b"),
            ("sv: a\u{30A}ngest".as_bytes(), "sv: ångest"),
        ] {
            assert_eq!(decode(bytes.to_vec()).unwrap(), text);
        }
        assert_eq!(decode(b"sv: a\nsv: \xE5ngest".to_vec()), Err((2, Fault::NotUtf8 { byte: 0xE5 })));
        assert_eq!(decode(b"\xFF\xFEs\0v\0".to_vec()), Err((0, Fault::Utf16)));
    }

    #[test]
    fn what_is_left_behind_is_told_from_lists() {
        for name in [".own.txt.swp", "own.txt~", "#own.txt#", "README.md", "own.bak", ".git", "own.txt.dpkg-old"] {
            assert!(is_left_behind(name), "{name}");
        }
        for name in ["own.txt", "OWN.TXT", "read.txt", "old.txt"] {
            assert!(!is_left_behind(name), "{name}");
        }
    }
}
