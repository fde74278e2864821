//! The file of secrets: who may read it, how it looks, how it is replaced.
//!
//! As it is first made it is 32 random bytes: the secret with the number 1. With a second secret it becomes text, one
//! secret a line, number and 64 hex digits; `#` starts a comment. Mode 0600, and never in the database or its backup.
//! A change replaces the whole file or nothing.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use zeroize::Zeroizing;

use crate::message::MessageId;

/// Bytes of one secret.
pub const SECRET_LEN: usize = 32;
/// Number of an installation's first secret.
pub const FIRST: u32 = 1;
/// Most secrets in a file: each is tried for what the others do not open.
const MAX_SECRETS: usize = 16;
/// Most bytes of a file that is read.
const FILE_LIMIT: u64 = 4096;
/// Its first line, once it is text.
const COMMENT: &str = "# Secrets of Sluss: number, 64 hex digits. Never in the same backup as the store.\n";

/// Why the secret's file cannot be used. All are the administrator's to mend.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    #[error("{0}: there is no such file; it must be the one this store was made with")]
    Missing(PathBuf),
    #[error("{path}: mode is {mode:04o}, others than the owner have access; it must be 0600")]
    Permissions { path: PathBuf, mode: u32 },
    #[error("{path}: {found} bytes, a secret has {SECRET_LEN}")]
    Size { path: PathBuf, found: u64 },
    #[error("{path}, line {line}: neither a comment nor a new number with 64 hex digits")]
    Line { path: PathBuf, line: usize },
    #[error("{0}: holds no secret")]
    Empty(PathBuf),
    #[error("{0}: holds {MAX_SECRETS} secrets, no more are allowed")]
    TooMany(PathBuf),
    #[error("{0}: exists already")]
    Exists(PathBuf),
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: std::io::Error },
}

/// The secrets of a file, the highest number first; at least one. Has no `Debug`.
pub struct Secrets(Vec<(u32, Zeroizing<[u8; SECRET_LEN]>)>);

impl Secrets {
    /// One secret, the first of an installation.
    pub fn first(secret: &[u8; SECRET_LEN]) -> Self {
        Secrets(vec![(FIRST, Zeroizing::new(*secret))])
    }

    /// Reads the file. Refuses one that group or others can reach.
    pub fn read(path: &Path) -> Result<Self, KeyFileError> {
        let file = File::open(path).map_err(|source| match source.kind() {
            ErrorKind::NotFound => KeyFileError::Missing(path.to_owned()),
            _ => KeyFileError::Io { path: path.to_owned(), source },
        })?;
        let io = |source| KeyFileError::Io { path: path.to_owned(), source };
        let metadata = file.metadata().map_err(io)?;
        refuse_wide_mode(path, metadata.mode())?;
        let mut bytes = Zeroizing::new(Vec::with_capacity(SECRET_LEN + 1));
        file.take(FILE_LIMIT + 1).read_to_end(&mut bytes).map_err(io)?;
        match <&[u8; SECRET_LEN]>::try_from(bytes.as_slice()) {
            Ok(secret) => Ok(Secrets::first(secret)),
            Err(_) if bytes.len() as u64 > FILE_LIMIT || !looks_like_text(&bytes) => {
                Err(KeyFileError::Size { path: path.to_owned(), found: metadata.len().max(bytes.len() as u64) })
            }
            Err(_) => Secrets::parse(path, &bytes),
        }
    }

    /// Makes a new secret in a new file. Either the whole file is there afterwards, durably, or none.
    pub fn create_file(path: &Path) -> Result<Self, KeyFileError> {
        let secret = random();
        write_new_private(path, &*secret)?;
        Ok(Secrets(vec![(FIRST, secret)]))
    }

    /// Adds a new secret; its number.
    pub fn add(&mut self, path: &Path) -> Result<u32, KeyFileError> {
        if self.0.len() >= MAX_SECRETS {
            return Err(KeyFileError::TooMany(path.to_owned()));
        }
        let number = self.0.iter().map(|(number, _)| *number).max().unwrap_or_default().saturating_add(1);
        self.0.insert(0, (number, random()));
        Ok(number)
    }

    /// Leaves one out; false when there is none with this number, or no other.
    pub fn remove(&mut self, number: u32) -> bool {
        let before = self.0.len();
        if before > 1 {
            self.0.retain(|(own, _)| *own != number);
        }
        self.0.len() < before
    }

    /// Puts these in the place of what the file holds, durably: whoever reads it sees all of the one or all of the
    /// other. To be called as the file's owner.
    pub fn replace_file(&self, path: &Path) -> Result<(), KeyFileError> {
        let mut text = Zeroizing::new(COMMENT.to_owned());
        for (number, secret) in self.iter() {
            let line = Zeroizing::new(format!("{number} {}\n", HEXLOWER.encode(secret)));
            text.push_str(&line);
        }
        replace_private(path, text.as_bytes())
    }

    /// Numbers and secrets, the highest number first.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &[u8; SECRET_LEN])> {
        self.0.iter().map(|(number, secret)| (*number, &**secret))
    }

    fn parse(path: &Path, bytes: &[u8]) -> Result<Self, KeyFileError> {
        let mut secrets: Vec<(u32, Zeroizing<[u8; SECRET_LEN]>)> = Vec::new();
        for (line, text) in (1..).zip(bytes.split(|&byte| byte == b'\n')) {
            let text = text.trim_ascii();
            if text.is_empty() || text.starts_with(b"#") {
                continue;
            }
            let secret = one(text).filter(|(number, _)| secrets.iter().all(|(other, _)| other != number));
            secrets.push(secret.ok_or_else(|| KeyFileError::Line { path: path.to_owned(), line })?);
        }
        match secrets.len() {
            0 => return Err(KeyFileError::Empty(path.to_owned())),
            n if n > MAX_SECRETS => return Err(KeyFileError::TooMany(path.to_owned())),
            _ => {}
        }
        secrets.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
        Ok(Secrets(secrets))
    }
}

/// A text file of secrets begins with a comment or a number, and is longer than one secret.
fn looks_like_text(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|&first| first == b'#' || first.is_ascii_digit()) && bytes.is_ascii()
}

/// `2 00ff…`
fn one(line: &[u8]) -> Option<(u32, Zeroizing<[u8; SECRET_LEN]>)> {
    let (number, hex) = std::str::from_utf8(line).ok()?.split_once(' ')?;
    let number = number.parse().ok().filter(|&number| number >= FIRST)?;
    let bytes = Zeroizing::new(HEXLOWER_PERMISSIVE.decode(hex.trim().as_bytes()).ok()?);
    Some((number, Zeroizing::new(bytes.as_slice().try_into().ok()?)))
}

fn random() -> Zeroizing<[u8; SECRET_LEN]> {
    let mut secret = Zeroizing::new([0; SECRET_LEN]);
    // The operating system's generator does not fail once seeded; without it there is no secret.
    aws_lc_rs::rand::fill(&mut *secret).expect("random bytes");
    secret
}

/// Refuses a file that anyone but its owner may read or write.
pub fn refuse_wide_mode(path: &Path, mode: u32) -> Result<(), KeyFileError> {
    let mode = mode & 0o7777;
    if mode & 0o077 == 0 { Ok(()) } else { Err(KeyFileError::Permissions { path: path.to_owned(), mode }) }
}

/// Writes a new file of mode 0600 that appears whole or not at all, and never replaces one.
///
/// The bytes go to a second name first; the hard link to the final name fails if that exists, and is
/// made only after the bytes are durable. A crash between leaves the second name behind, nothing else.
pub fn write_new_private(path: &Path, bytes: &[u8]) -> Result<(), KeyFileError> {
    through_draft(path, bytes, |draft| {
        let linked = std::fs::hard_link(draft, path);
        let removed = std::fs::remove_file(draft);
        linked.and(removed)
    })
}

/// Replaces a file by one of mode 0600: whoever opens it finds all of the old or all of the new.
pub fn replace_private(path: &Path, bytes: &[u8]) -> Result<(), KeyFileError> {
    through_draft(path, bytes, |draft| std::fs::rename(draft, path))
}

/// Writes the bytes durably under a second name, and lets `put` bring them to the first.
fn through_draft(
    path: &Path,
    bytes: &[u8],
    put: impl FnOnce(&Path) -> std::io::Result<()>,
) -> Result<(), KeyFileError> {
    let io = |source: std::io::Error| match source.kind() {
        ErrorKind::AlreadyExists => KeyFileError::Exists(path.to_owned()),
        _ => KeyFileError::Io { path: path.to_owned(), source },
    };
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}", MessageId::random()));
    let draft = PathBuf::from(name);
    let written = (|| {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        put(&draft)
    })();
    if written.is_err() {
        // Where `put` has not taken it away itself.
        let _ = std::fs::remove_file(&draft);
    }
    written.map_err(io)?;
    sync_directory_of(path).map_err(io)
}

/// Makes the names in the file's directory durable.
pub fn sync_directory_of(path: &Path) -> std::io::Result<()> {
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    File::open(parent)?.sync_all()
}
