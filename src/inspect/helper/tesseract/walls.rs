//! The walls around Tesseract. They are put up before it is started and hold for its whole life.
//!
//! As [`super::super::sandbox`], but for what a program needs to start and to read its own data: landlock
//! gives it its own program, the loader, the libraries and the languages to read, and the first two to
//! start; seccomp lets it start them, open files for reading, and map their code.

use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreated, RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
};
use nix::sys::prctl;
use nix::sys::resource::{Resource, setrlimit};
use seccompiler::{SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompRule};

use super::super::sandbox::{self, Found, Rules};
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
    let seccomp = seccomp().is_ok();
    Found { limits: limits && humble, landlock, seccomp }
}

fn limits() -> bool {
    let limits = [
        (Resource::RLIMIT_AS, MAX_MEMORY),
        (Resource::RLIMIT_CPU, MAX_PROCESSOR),
        (Resource::RLIMIT_NOFILE, MAX_OPEN),
        (Resource::RLIMIT_CORE, 0),
        (Resource::RLIMIT_FSIZE, 0),
        (Resource::RLIMIT_NPROC, 0),
    ];
    limits.iter().fold(true, |all, (resource, most)| setrlimit(*resource, *most, *most).is_ok() && all)
}

fn landlock(installed: &Installed) -> Result<bool, RulesetError> {
    let read = AccessFs::ReadFile.into();
    let mut ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(ABI::V5))?
        .handle_access(AccessNet::from_all(ABI::V5))?
        .scope(Scope::from_all(ABI::V6))?
        .create()?;
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

/// As the other process's: what is not allowed fails, and what nobody does by mistake kills.
fn seccomp() -> Result<(), seccompiler::Error> {
    let denied = u32::try_from(libc::EPERM).unwrap_or(1);
    let allowed = sandbox::program(allowed()?, SeccompAction::Errno(denied), SeccompAction::Allow)?;
    let deadly = sandbox::program(deadly(), SeccompAction::Allow, SeccompAction::KillProcess)?;
    seccompiler::apply_filter(&deadly)?;
    seccompiler::apply_filter(&allowed)
}

/// Starting a program is landlock's to bound: it knows which.
fn deadly() -> Rules {
    let mut rules = sandbox::deadly();
    rules.remove(&libc::SYS_execve);
    rules
}

/// What `strace` has seen Tesseract do, and what its libraries may do in its place on other systems.
fn allowed() -> Result<Rules, seccompiler::Error> {
    let any = [
        libc::SYS_execve,
        // The picture, the text, its own files.
        libc::SYS_read,
        libc::SYS_readv,
        libc::SYS_pread64,
        libc::SYS_write,
        libc::SYS_writev,
        libc::SYS_lseek,
        libc::SYS_close,
        libc::SYS_fstat,
        libc::SYS_newfstatat,
        libc::SYS_statx,
        libc::SYS_faccessat,
        libc::SYS_faccessat2,
        libc::SYS_fcntl,
        libc::SYS_fadvise64,
        libc::SYS_getcwd,
        // Memory; libraries bring code to be mapped.
        libc::SYS_brk,
        libc::SYS_mmap,
        libc::SYS_munmap,
        libc::SYS_mremap,
        libc::SYS_mprotect,
        libc::SYS_madvise,
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
        // Time, randomness, waiting.
        libc::SYS_clock_gettime,
        libc::SYS_clock_getres,
        libc::SYS_gettimeofday,
        libc::SYS_getrusage,
        libc::SYS_getrandom,
        libc::SYS_futex,
        libc::SYS_sched_yield,
        libc::SYS_restart_syscall,
        // Dying.
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_sigaltstack,
        libc::SYS_getpid,
        libc::SYS_gettid,
        libc::SYS_exit,
        libc::SYS_exit_group,
    ];
    #[cfg(target_arch = "x86_64")]
    let older = [libc::SYS_arch_prctl, libc::SYS_access, libc::SYS_stat, libc::SYS_readlink, libc::SYS_time];
    #[cfg(not(target_arch = "x86_64"))]
    let older = [];
    let mut rules: Rules = any.into_iter().chain(older).map(|call| (call, Vec::new())).collect();
    let condition = |argument, len, compared, value| {
        SeccompCondition::new(argument, len, compared, value).and_then(|one| SeccompRule::new(vec![one]))
    };
    let dword = || SeccompCmpArgLen::Dword;
    // To read, never to write or to make.
    let writing = [libc::O_WRONLY, libc::O_RDWR, libc::O_CREAT, libc::O_TRUNC, libc::O_APPEND];
    let writing = writing.into_iter().fold(0, |all, flag| all | flag);
    let writing = u64::try_from(writing).unwrap_or_default();
    rules.insert(libc::SYS_openat, vec![condition(2, dword(), SeccompCmpOp::MaskedEq(writing), 0)?]);
    #[cfg(target_arch = "x86_64")]
    rules.insert(libc::SYS_open, vec![condition(1, dword(), SeccompCmpOp::MaskedEq(writing), 0)?]);
    // Its own limits, to look at.
    rules.insert(libc::SYS_prlimit64, vec![condition(2, SeccompCmpArgLen::Qword, SeccompCmpOp::Eq, 0)?]);
    // Whether the text goes to a terminal.
    let asks = libc::TCGETS;
    rules.insert(libc::SYS_ioctl, vec![condition(1, dword(), SeccompCmpOp::Eq, asks)?]);
    // A signal to ourselves, not to anyone else.
    let itself = u64::from(std::process::id());
    rules.insert(libc::SYS_tgkill, vec![condition(0, dword(), SeccompCmpOp::Eq, itself)?]);
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
