//! Named points at which a debug build kills itself, so that a test can prove what survives.
//!
//! `SLUSS_FAILPOINT=name` kills the process with SIGKILL at the first passage of the point,
//! `SLUSS_FAILPOINT=name:n` at the n-th. A release build has neither the check nor the names in its
//! code. A name that is not in [`POINTS`] is a mistake of the test and stops the process at its
//! first point.

/// Every point there is, in the order a message passes them.
pub const POINTS: &[&str] = &[
    "relay:before-handoff",
    "relay:after-handoff",
    "hold:before-insert",
    "hold:after-insert",
    "hold:before-commit",
    "hold:after-commit",
    "release:before-handoff",
    "release:before-record",
    "release:after-record",
    "release:before-content-delete",
    "release:after-content-delete",
    "expire:before-commit",
    "expire:after-commit",
    "notice:before-handoff",
    "notice:before-record",
    "notice:after-record",
    "rotate:before-commit",
    "rotate:after-commit",
];

/// Passes the point, or dies here.
#[cfg(debug_assertions)]
pub fn hit(name: &str) {
    armed::hit(name);
}

/// A release build has no points.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub fn hit(_name: &str) {}

#[cfg(debug_assertions)]
mod armed {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// Environment variable that arms one point.
    const VARIABLE: &str = "SLUSS_FAILPOINT";

    struct Armed {
        name: String,
        /// Which passage kills, from 1.
        passage: u64,
        seen: AtomicU64,
    }

    static ARMED: OnceLock<Option<Armed>> = OnceLock::new();

    pub(super) fn hit(name: &str) {
        debug_assert!(super::POINTS.contains(&name), "unlisted failpoint {name}");
        let armed = ARMED.get_or_init(|| std::env::var(VARIABLE).ok().map(|text| parse(&text)));
        if let Some(armed) = armed
            && armed.name == name
            && armed.seen.fetch_add(1, Ordering::SeqCst) + 1 == armed.passage
        {
            die();
        }
    }

    fn parse(text: &str) -> Armed {
        let (name, passage) = match text.rsplit_once(':') {
            Some((name, n)) if n.bytes().all(|b| b.is_ascii_digit()) && !n.is_empty() => (name, n.parse().unwrap_or(1)),
            _ => (text, 1),
        };
        if !super::POINTS.contains(&name) {
            eprintln!("{VARIABLE}: there is no point {name:?}; points: {}", super::POINTS.join(" "));
            std::process::exit(2);
        }
        Armed { name: name.to_owned(), passage, seen: AtomicU64::new(0) }
    }

    /// SIGKILL, as a power cut would be: no destructor runs, no buffer is flushed.
    fn die() -> ! {
        let _ = nix::sys::signal::kill(nix::unistd::Pid::this(), nix::sys::signal::Signal::SIGKILL);
        std::process::abort()
    }
}
