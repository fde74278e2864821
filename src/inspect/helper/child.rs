//! The process itself: one thread, one file at a time, nothing but computing.
//!
//! It ends when the relay closes the conversation or dies, and at the first thing that goes wrong: a
//! process that has seen a fault is not asked again.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::process::ExitCode;

use nix::sys::prctl;
use nix::sys::signal::Signal;

use super::super::documents;
use super::protocol::{self, Breach};
use super::sandbox;

/// A parser panicked, or the relay broke the rules: to the relay every end that it did not ask for is alike.
const FAILED: u8 = 70;
/// Buffer for answers of many small pieces.
const BUFFER: usize = 64 * 1024;

/// Runs the mode: reads files on standard input and answers on standard output until the input ends.
pub fn run() -> ExitCode {
    // A message of a panic may hold a piece of the file.
    std::panic::set_hook(Box::new(|_| std::process::exit(i32::from(FAILED))));
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(FAILED),
    }
}

fn serve() -> Result<(), Breach> {
    // Against a relay that dies while we compute; one that is dead already has closed the input.
    prctl::set_pdeathsig(Signal::SIGKILL).map_err(io::Error::from)?;
    let build = protocol::build(&std::fs::metadata("/proc/self/exe")?);
    std::env::set_current_dir("/")?;
    // When the system's memory ends it is us that it takes, not the relay. Where we may not say so it decides.
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    let mut pipe = Pipe {
        from: File::from(io::stdin().as_fd().try_clone_to_owned()?),
        to: BufWriter::with_capacity(BUFFER, File::from(io::stdout().as_fd().try_clone_to_owned()?)),
    };
    close_others(&[pipe.from.as_raw_fd(), pipe.to.get_ref().as_raw_fd()])?;
    protocol::answer_greeting(&mut pipe, &build, sandbox::enter)?;
    while let Some((bytes, mut limits)) = protocol::next(&mut pipe.from)? {
        protocol::started(&mut pipe.to)?;
        #[cfg(debug_assertions)]
        if let Some(extract) = super::order::obey(&bytes, &mut pipe.to)? {
            protocol::answer(&mut pipe.to, Some(extract))?;
            continue;
        }
        protocol::answer(&mut pipe.to, documents::read(&bytes, &mut limits))?;
    }
    Ok(())
}

/// Whatever else was left open by whoever started us.
pub(super) fn close_others(ours: &[i32]) -> io::Result<()> {
    let mut open = Vec::new();
    for entry in std::fs::read_dir("/proc/self/fd")? {
        open.extend(entry?.file_name().to_str().and_then(|name| name.parse::<i32>().ok()));
    }
    for descriptor in open.into_iter().filter(|descriptor| *descriptor > 2 && !ours.contains(descriptor)) {
        // The one that was just read through is closed already.
        let _ = nix::unistd::close(descriptor);
    }
    Ok(())
}

struct Pipe {
    from: File,
    to: BufWriter<File>,
}

impl Read for Pipe {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.from.read(bytes)
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.to.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
