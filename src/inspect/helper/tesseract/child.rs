//! The process itself, until it is Tesseract.

use std::ffi::{CString, OsString};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use nix::sys::prctl;
use nix::sys::signal::Signal;
use nix::unistd::execve;

use super::super::child::close_others;
use super::installed::Installed;
use super::walls;

/// The walls could not be asked for, or Tesseract not be started.
pub const FAILED: u8 = 71;
/// First byte of what it says; the second is which walls stand.
pub const GREETING: u8 = b'S';
/// With orientation found out, and without.
const SEGMENTATION: (&str, &str) = ("1", "3");

/// Runs the mode: `ROOT PAGE LANGUAGE`. Says which walls stand, then becomes Tesseract, which reads a picture on
/// standard input and writes its words on standard output.
pub fn run(arguments: &[OsString]) -> ExitCode {
    std::panic::set_hook(Box::new(|_| std::process::exit(i32::from(FAILED))));
    // It comes back only with an error; there is nobody to tell it to but by the status.
    let _ = become_tesseract(arguments);
    ExitCode::from(FAILED)
}

fn become_tesseract(arguments: &[OsString]) -> io::Result<()> {
    let [root, page, language] = arguments else { return Err(io::ErrorKind::InvalidInput.into()) };
    prctl::set_pdeathsig(Signal::SIGKILL)?;
    std::env::set_current_dir("/")?;
    // When the system's memory ends it is us that it takes. Where we may not say so it decides.
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    close_others(&[])?;
    let installed = Installed::find(&PathBuf::from(root)).map_err(io::Error::other)?;
    let page = page.to_str().and_then(|page| page.parse::<usize>().ok()).ok_or(io::ErrorKind::InvalidInput)?;
    let language = installed.languages.iter().find(|of| **of == *language).ok_or(io::ErrorKind::InvalidInput)?;
    let program = path(&installed.program)?;
    let arguments = arguments_of(&installed, page, language)?;
    // One thread: a second one costs more than it brings, and the walls allow none.
    let environment = [CString::new("OMP_THREAD_LIMIT=1")?, CString::new("LC_ALL=C.UTF-8")?];
    let found = walls::enter(&installed);
    let mut out = io::stdout().lock();
    out.write_all(&[GREETING, found.bits()])?;
    out.flush()?;
    execve(&program, &arguments, &environment)?;
    Ok(())
}

/// `tesseract stdin stdout` with words and how sure it is of each, for one page of the picture in one
/// language.
fn arguments_of(installed: &Installed, page: usize, language: &str) -> io::Result<Vec<CString>> {
    let segmentation = if installed.turns { SEGMENTATION.0 } else { SEGMENTATION.1 };
    let page = format!("tessedit_page_number={page}");
    let mut arguments = Vec::new();
    for argument in ["tesseract", "stdin", "stdout", "--tessdata-dir"] {
        arguments.push(CString::new(argument)?);
    }
    arguments.push(path(&installed.data)?);
    for argument in ["-l", language, "--psm", segmentation, "-c", &page] {
        arguments.push(CString::new(argument)?);
    }
    for argument in ["-c", "tessedit_create_tsv=1"] {
        arguments.push(CString::new(argument)?);
    }
    Ok(arguments)
}

fn path(path: &Path) -> io::Result<CString> {
    Ok(CString::new(path.as_os_str().as_bytes())?)
}
