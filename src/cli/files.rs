//! Mail files as the commands take them: a file, a folder with every `*.eml` below it, or `-`.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::message::RawMessage;

/// Largest file that is read, in bytes; the relay itself takes no more.
pub const MAX_FILE: u64 = 150 * 1024 * 1024;
/// Name for standard input.
const STDIN: &str = "-";

/// The file itself, or every `*.eml` below a folder, sorted.
///
/// # Errors
/// The path, or a folder below it, cannot be read.
pub fn below(path: &Path) -> io::Result<Vec<PathBuf>> {
    if is_stdin(path) || !std::fs::metadata(path)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            let path = entry.path();
            // A link to a folder is passed over: it may lead round in a circle.
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("eml")) && path.is_file() {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Bytes that reading this file takes at most, as far as anybody can tell beforehand.
pub fn size(file: &Path) -> u64 {
    let regular = std::fs::metadata(file).ok().filter(|about| !is_stdin(file) && about.is_file());
    regular.map_or(MAX_FILE, |about| about.len().min(MAX_FILE))
}

/// One mail, with the line ends of the wire.
///
/// # Errors
/// The file cannot be read, or is larger than [`MAX_FILE`].
pub fn read(file: &Path) -> io::Result<RawMessage> {
    let mut bytes = Vec::new();
    let read = if is_stdin(file) {
        io::stdin().lock().take(MAX_FILE + 1).read_to_end(&mut bytes)?
    } else {
        std::fs::File::open(file)?.take(MAX_FILE + 1).read_to_end(&mut bytes)?
    };
    if u64::try_from(read).is_ok_and(|n| n > MAX_FILE) {
        return Err(io::Error::other("larger than 150 MiB, the relay would not take it"));
    }
    Ok(RawMessage::uncounted(with_crlf(bytes)))
}

fn is_stdin(path: &Path) -> bool {
    path == Path::new(STDIN)
}

/// Saved mail often has bare LF; on the wire every line ends with CRLF.
pub fn with_crlf(bytes: Vec<u8>) -> Vec<u8> {
    let bare = memchr::memchr_iter(b'\n', &bytes).any(|i| i == 0 || bytes.get(i - 1) != Some(&b'\r'));
    if !bare {
        return bytes;
    }
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 32);
    for line in bytes.split_inclusive(|&b| b == b'\n') {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        out.extend_from_slice(text);
        if line.ends_with(b"\n") {
            out.extend_from_slice(b"\r\n");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_become_crlf_and_nothing_else_changes() {
        for (given, wanted) in [
            (&b"a\nb\n"[..], &b"a\r\nb\r\n"[..]),
            (b"a\r\nb\r\n", b"a\r\nb\r\n"),
            (b"a\r\nb\nc", b"a\r\nb\r\nc"),
            (b"\n\n", b"\r\n\r\n"),
            (b"", b""),
        ] {
            assert_eq!(with_crlf(given.to_vec()), wanted);
        }
    }

    #[test]
    fn a_folder_is_every_mail_below_it_in_order() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("b")).unwrap();
        for name in ["c.eml", "b/a.EML", "b/notes.txt", "a.eml"] {
            std::fs::write(folder.path().join(name), "Subject: x\n\nx\n").unwrap();
        }
        let found = below(folder.path()).unwrap();
        let names: Vec<_> = found.iter().map(|f| f.strip_prefix(folder.path()).unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["a.eml", "b/a.EML", "c.eml"]);
        assert_eq!(read(&found[0]).unwrap().bytes(), b"Subject: x\r\n\r\nx\r\n");
        assert_eq!(size(&found[0]), 14);
        assert!(below(&folder.path().join("absent")).is_err());
    }
}
