//! How the process that opens attachments locks itself in, and whether what a system has is enough.
//!
//! Three walls, each of which holds alone against most of what a broken parser can be made to do:
//! resource limits (memory, processor, descriptors, files, processes), landlock with no access to any
//! file, port or other process (Linux 5.13), and seccomp with the few system calls that computing needs.

use std::collections::BTreeMap;

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetCreated, RulesetError,
    RulesetStatus, Scope,
};
use nix::sys::prctl;
use nix::sys::resource::{Resource, setrlimit};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

/// Address space: a file, what came of it, and a parser's own structures.
const MAX_MEMORY: u64 = 1 << 30;
/// Processor time of a process's life; see `process::MAX_SPENT`, which retires it before.
const MAX_PROCESSOR: u64 = 90;

/// `[inspect] sandbox`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sandbox {
    /// Without all three walls nothing is opened.
    Required,
    /// What the system has must do.
    BestEffort,
}

/// Which walls stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    pub limits: bool,
    pub landlock: bool,
    pub seccomp: bool,
}

impl Found {
    pub fn bits(self) -> u8 {
        u8::from(self.limits) | u8::from(self.landlock) << 1 | u8::from(self.seccomp) << 2
    }

    pub fn from_bits(bits: u8) -> Option<Self> {
        let has = |bit: u8| bits & bit != 0;
        (bits < 8).then(|| Found { limits: has(1), landlock: has(2), seccomp: has(4) })
    }

    /// The missing walls by name; empty when none is.
    pub fn missing(self) -> String {
        let walls = [(self.limits, "resource limits"), (self.landlock, "landlock"), (self.seccomp, "seccomp")];
        let missing: Vec<&str> = walls.iter().filter(|(stands, _)| !stands).map(|(_, name)| *name).collect();
        missing.join(", ")
    }
}

impl Sandbox {
    /// Whether attachments may be opened behind these walls; `Err` says why not.
    pub fn admits(self, found: Found) -> Result<(), String> {
        match (self, found.missing()) {
            (_, missing) if missing.is_empty() => Ok(()),
            (Sandbox::BestEffort, _) => Ok(()),
            (Sandbox::Required, missing) => {
                Err(format!("attachments are not opened: sandbox = \"required\", and this system lacks {missing}"))
            }
        }
    }
}

/// Locks this process in, for good. To be called with one thread, before the first byte from outside.
pub fn enter() -> Found {
    // Nobody of the same user may look into its memory.
    let hidden = prctl::set_dumpable(false).is_ok() && prctl::set_no_new_privs().is_ok();
    let landlock = landlock().unwrap_or(false);
    // Landlock needs a descriptor; from here on there are no new ones.
    let limits = limits();
    let seccomp = seccomp().is_ok();
    Found { limits: limits && hidden, landlock, seccomp }
}

fn limits() -> bool {
    limit(&[(Resource::RLIMIT_AS, MAX_MEMORY), (Resource::RLIMIT_CPU, MAX_PROCESSOR), (Resource::RLIMIT_NOFILE, 0)])
}

/// Sets these limits, and those that every process has: nothing written, nothing started, nothing left behind.
pub(super) fn limit(own: &[(Resource, u64)]) -> bool {
    let every = [(Resource::RLIMIT_CORE, 0), (Resource::RLIMIT_FSIZE, 0), (Resource::RLIMIT_NPROC, 0)];
    own.iter().chain(&every).fold(true, |all, (resource, most)| setrlimit(*resource, *most, *most).is_ok() && all)
}

fn landlock() -> Result<bool, RulesetError> {
    Ok(no_rights()?.restrict_self()?.ruleset != RulesetStatus::NotEnforced)
}

/// No right to any file, port, abstract socket or foreign process; older kernels know only the first.
pub(super) fn no_rights() -> Result<RulesetCreated, RulesetError> {
    Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(ABI::V5))?
        .handle_access(AccessNet::from_all(ABI::V5))?
        .scope(Scope::from_all(ABI::V6))?
        .create()
}

fn seccomp() -> Result<(), seccompiler::Error> {
    filter(allowed()?, deadly())
}

pub(super) type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// Two filters; the kernel obeys the stricter answer. What computing needs is allowed, what no parser does
/// by mistake kills the process, and everything else fails with EPERM (libraries look for files of the
/// system's that they can do without).
pub(super) fn filter(allowed: Rules, deadly: Rules) -> Result<(), seccompiler::Error> {
    let denied = u32::try_from(libc::EPERM).unwrap_or(1);
    let allowed = program(allowed, SeccompAction::Errno(denied), SeccompAction::Allow)?;
    let deadly = program(deadly, SeccompAction::Allow, SeccompAction::KillProcess)?;
    // In this order: the second ends the right to add a third.
    seccompiler::apply_filter(&deadly)?;
    seccompiler::apply_filter(&allowed)
}

/// A filter with what is answered to calls that fit its rules, and to all others.
fn program(rules: Rules, otherwise: SeccompAction, matching: SeccompAction) -> Result<BpfProgram, seccompiler::Error> {
    let target = std::env::consts::ARCH.try_into()?;
    Ok(SeccompFilter::new(rules, otherwise, matching, target)?.try_into()?)
}

/// What every process needs, whatever it computes.
const EVERY: [i64; 22] = [
    // Descriptors that are open already.
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_close,
    // Memory.
    libc::SYS_brk,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    // Time, randomness for hash tables, waiting for a lock.
    libc::SYS_clock_gettime,
    libc::SYS_gettimeofday,
    libc::SYS_getrandom,
    libc::SYS_futex,
    libc::SYS_sched_yield,
    libc::SYS_restart_syscall,
    // Dying: the signal of an abort, the report of a stack that is full.
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_exit,
    libc::SYS_exit_group,
];

/// Allows these calls, those that every process needs, and a signal to ourselves, not to anyone else.
pub(super) fn allowing(calls: &[i64]) -> Result<Rules, seccompiler::Error> {
    let mut rules: Rules = EVERY.iter().chain(calls).map(|call| (*call, Vec::new())).collect();
    let itself = u64::from(std::process::id());
    rules.insert(libc::SYS_tgkill, when(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, itself)?);
    Ok(rules)
}

/// The rule of a call that is allowed when one of its arguments is so.
pub(super) fn when(
    argument: u8,
    length: SeccompCmpArgLen,
    compared: SeccompCmpOp,
    value: u64,
) -> Result<Vec<SeccompRule>, seccompiler::Error> {
    let condition = SeccompCondition::new(argument, length, compared, value)?;
    Ok(vec![SeccompRule::new(vec![condition])?])
}

fn allowed() -> Result<Rules, seccompiler::Error> {
    let mut rules = allowing(&[])?;
    // Memory that can be executed is what an exploit needs next.
    let executable = u64::try_from(libc::PROT_EXEC).unwrap_or_default();
    for call in [libc::SYS_mmap, libc::SYS_mprotect] {
        rules.insert(call, when(2, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(executable), 0)?);
    }
    // Whether a descriptor is open, which debug builds ask before they close one.
    let asks = u64::try_from(libc::F_GETFD).unwrap_or_default();
    rules.insert(libc::SYS_fcntl, when(1, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, asks)?);
    Ok(rules)
}

pub(super) fn deadly() -> Rules {
    let calls = [
        libc::SYS_execve,
        libc::SYS_execveat,
        libc::SYS_clone,
        libc::SYS_clone3,
        libc::SYS_socket,
        libc::SYS_socketpair,
        libc::SYS_connect,
        libc::SYS_bind,
        libc::SYS_listen,
        libc::SYS_accept,
        libc::SYS_accept4,
        libc::SYS_sendto,
        libc::SYS_sendmsg,
        libc::SYS_recvmsg,
        libc::SYS_ptrace,
        libc::SYS_process_vm_readv,
        libc::SYS_process_vm_writev,
        libc::SYS_kill,
        libc::SYS_tkill,
        libc::SYS_pidfd_open,
        libc::SYS_pidfd_getfd,
        libc::SYS_io_uring_setup,
        libc::SYS_bpf,
        libc::SYS_userfaultfd,
        libc::SYS_perf_event_open,
        libc::SYS_keyctl,
        libc::SYS_add_key,
        libc::SYS_request_key,
        libc::SYS_unshare,
        libc::SYS_setns,
        libc::SYS_mount,
        libc::SYS_chroot,
        libc::SYS_pivot_root,
    ];
    #[cfg(target_arch = "x86_64")]
    let older = [libc::SYS_fork, libc::SYS_vfork];
    #[cfg(not(target_arch = "x86_64"))]
    let older = [];
    calls.into_iter().chain(older).map(|call| (call, Vec::new())).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_decides_by_the_setting() {
        for bits in 0..8 {
            let found = Found::from_bits(bits).unwrap();
            assert_eq!(found.bits(), bits);
            assert_eq!(Sandbox::BestEffort.admits(found), Ok(()), "{found:?}");
            assert_eq!(Sandbox::Required.admits(found).is_ok(), bits == 7, "{found:?}");
        }
        assert_eq!(Found::from_bits(8), None);
        let why =
            |limits, landlock, seccomp| Sandbox::Required.admits(Found { limits, landlock, seccomp }).unwrap_err();
        assert!(why(true, false, true).ends_with("lacks landlock"));
        assert!(why(true, true, false).ends_with("lacks seccomp"));
        assert!(why(false, false, false).ends_with("lacks resource limits, landlock, seccomp"));
    }

    #[test]
    fn no_call_is_both_allowed_and_deadly() {
        let deadly = deadly();
        assert!(allowed().unwrap().keys().all(|call| !deadly.contains_key(call)));
    }
}
