//! The walls around Tesseract. They are put up before it is started and hold for its whole life.
//!
//! As [`super::super::sandbox`], but for what a program needs to start and to read its own data: landlock
//! gives it its own program, the loader, the libraries and the languages to read, and the first two to
//! start; seccomp lets it start them, open files for reading, and map their code.

use std::path::Path;

use landlock::{
    AccessFs, BitFlags, PathBeneath, PathFd, RulesetCreated, RulesetCreatedAttr, RulesetError, RulesetStatus,
};
use nix::sys::prctl;
use nix::sys::resource::Resource;
use seccompiler::{SeccompCmpArgLen, SeccompCmpOp};

use super::super::sandbox::{self, Found, Rules, when};
use super::installed::Installed;

/// Address space. Measured: a page of A4 at 200 dpi takes 0.13 GiB, one at 600 dpi in colour 0.7 GiB.
const MAX_MEMORY: u64 = 1 << 30;
/// Processor time; its wall time ends before.
const MAX_PROCESSOR: u64 = 60;
/// Descriptors: the three it has, and one file at a time.
const MAX_OPEN: u64 = 16;

/// Locks this process in, for good. To be called with one thread, before the first byte from outside.
pub fn enter(installed: &Installed) -> Found {
    // Starting a program makes it visible to its own user again; the kernel's rules for others' memory
    // (landlock's, Yama's) hold on.
    let humble = prctl::set_no_new_privs().is_ok();
    let landlock = landlock(installed).unwrap_or(false);
    let limits = limits();
    let seccomp = allowed().and_then(|allowed| sandbox::filter(allowed, deadly())).is_ok();
    Found { limits: limits && humble, landlock, seccomp }
}

fn limits() -> bool {
    let own =
        [(Resource::RLIMIT_AS, MAX_MEMORY), (Resource::RLIMIT_CPU, MAX_PROCESSOR), (Resource::RLIMIT_NOFILE, MAX_OPEN)];
    sandbox::limit(&own)
}

fn landlock(installed: &Installed) -> Result<bool, RulesetError> {
    let read = AccessFs::ReadFile.into();
    let mut ruleset = sandbox::no_rights()?;
    for path in [&installed.program, &installed.loader] {
        ruleset = allow(ruleset, path, AccessFs::Execute | AccessFs::ReadFile)?;
    }
    for path in installed.libraries.iter().chain([&installed.data]) {
        ruleset = allow(ruleset, path, read)?;
    }
    Ok(ruleset.restrict_self()?.ruleset != RulesetStatus::NotEnforced)
}

/// What is not there cannot be given.
fn allow(to: RulesetCreated, path: &Path, rights: BitFlags<AccessFs>) -> Result<RulesetCreated, RulesetError> {
    match PathFd::new(path) {
        Ok(descriptor) => to.add_rule(PathBeneath::new(descriptor, rights)),
        Err(_) => Ok(to),
    }
}

/// Starting a program is landlock's to bound: it knows which.
fn deadly() -> Rules {
    let mut rules = sandbox::deadly();
    rules.remove(&libc::SYS_execve);
    rules
}

/// Beside what every process needs: what `strace` has seen Tesseract do, and what its libraries may do in its
/// place on other systems.
fn allowed() -> Result<Rules, seccompiler::Error> {
    let calls = [
        libc::SYS_execve,
        // Its own files, the picture among them.
        libc::SYS_readv,
        libc::SYS_pread64,
        libc::SYS_lseek,
        libc::SYS_fstat,
        libc::SYS_newfstatat,
        libc::SYS_statx,
        libc::SYS_faccessat,
        libc::SYS_faccessat2,
        libc::SYS_fcntl,
        libc::SYS_fadvise64,
        libc::SYS_getcwd,
        // Memory; libraries bring code to be mapped.
        libc::SYS_mmap,
        libc::SYS_mprotect,
        // A program's start.
        libc::SYS_set_tid_address,
        libc::SYS_set_robust_list,
        libc::SYS_rseq,
        libc::SYS_sched_getaffinity,
        libc::SYS_sysinfo,
        libc::SYS_uname,
        libc::SYS_getuid,
        libc::SYS_geteuid,
        libc::SYS_getgid,
        libc::SYS_getegid,
        // How long it has taken.
        libc::SYS_clock_getres,
        libc::SYS_getrusage,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_arch_prctl,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_access,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_stat,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_readlink,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_time,
    ];
    let mut rules = sandbox::allowing(&calls)?;
    let dword = || SeccompCmpArgLen::Dword;
    // To read, never to write or to make.
    let writing = [libc::O_WRONLY, libc::O_RDWR, libc::O_CREAT, libc::O_TRUNC, libc::O_APPEND];
    let writing = writing.into_iter().fold(0, |all, flag| all | flag);
    let writing = u64::try_from(writing).unwrap_or_default();
    rules.insert(libc::SYS_openat, when(2, dword(), SeccompCmpOp::MaskedEq(writing), 0)?);
    #[cfg(target_arch = "x86_64")]
    rules.insert(libc::SYS_open, when(1, dword(), SeccompCmpOp::MaskedEq(writing), 0)?);
    // Its own limits, to look at.
    rules.insert(libc::SYS_prlimit64, when(2, SeccompCmpArgLen::Qword, SeccompCmpOp::Eq, 0)?);
    // Whether the text goes to a terminal.
    rules.insert(libc::SYS_ioctl, when(1, dword(), SeccompCmpOp::Eq, libc::TCGETS)?);
    Ok(rules)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn no_call_is_both_allowed_and_deadly() {
        let deadly = deadly();
        assert!(allowed().unwrap().keys().all(|call| !deadly.contains_key(call)));
        assert!(deadly.contains_key(&libc::SYS_socket) && deadly.contains_key(&libc::SYS_clone));
    }
}
