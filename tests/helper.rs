//! The process that opens attachments, as a part of the real program: whatever a file makes it do costs that
//! file and nothing else.
//!
//! The files that make it misbehave are orders that a debug build obeys; to everybody else they are broken
//! gzip.

#[path = "support/attached.rs"]
mod attached;
#[path = "support/capture.rs"]
mod capture;
#[allow(dead_code)]
#[path = "e2e/mail.rs"]
mod mail;
#[path = "support/next_hop.rs"]
mod next_hop;
#[path = "support/planted.rs"]
mod planted;
#[path = "support/sluss.rs"]
mod sluss;

use std::fs::{self, File};
use std::io::Write;
use std::thread;
use std::time::{Duration, Instant};

use ::sluss::inspect::attachments::{Attachments, Opened};
use ::sluss::inspect::documents::{Extract, Inner, Limits, Piece};
use ::sluss::inspect::helper::{ARGUMENT, Pool, Sandbox};
use ::sluss::inspect::{Reason, inspect_with};
use ::sluss::message::RawMessage;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::attached::{FROM, PATIENCE, TO, alone, check, checked, children_of, is_dead, soon};
use crate::capture::{Behaviour, Capture};
use crate::mail::{clean, holding, send};
use crate::sluss::{PROGRAM, Site, get};

/// A published test number of the Swedish tax agency.
const NUMBER: &str = "19941227-2396";

/// With one process, started. Without landlock the other walls must do.
fn pool() -> Pool {
    let pool = Pool::of(File::open(PROGRAM), Sandbox::BestEffort, 1);
    pool.ready().expect("a process starts");
    pool
}

fn limits(time: Duration) -> Limits {
    Limits { bytes: 1 << 20, entries: 100, until: Instant::now().checked_add(time) }
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    writer.write_all(text).expect("memory");
    writer.finish().expect("memory")
}

/// A file that makes the process do something else than reading it.
fn order(what: &str) -> Vec<u8> {
    [b"\x1F\x8Border: ", what.as_bytes()].concat()
}

fn opens_well(pool: &Pool) {
    let inner = Inner { name: String::new(), bytes: b"Kari Nordmann".to_vec(), ..Inner::default() };
    let expected = Extract { files: vec![inner], ..Extract::default() };
    assert_eq!(pool.open(&gzip(b"Kari Nordmann"), limits(PATIENCE)), Opened::Read(expected));
}

/// Number and state of the processes that a process has started to open attachments.
fn processes_of(parent: u32) -> Vec<(i32, char)> {
    // The arguments of a zombie are gone; nothing else that this process starts is one.
    let arguments = |id: i32| fs::read_to_string(format!("/proc/{id}/cmdline")).unwrap_or_default();
    let mut found = children_of(parent);
    found.retain(|child| child.state == 'Z' || arguments(child.id).contains(ARGUMENT));
    found.into_iter().map(|child| (child.id, child.state)).collect()
}

fn own_processes() -> Vec<(i32, char)> {
    processes_of(std::process::id())
}

fn signal(id: i32, signal: Signal) {
    kill(Pid::from_raw(id), signal).expect("it is there");
}

/// Number of the process of `parent` that computes; not of one that has only just been started or asked.
fn computing(parent: u32) -> i32 {
    let mut busy = None;
    soon("one computes", || {
        let seen: Vec<Option<i32>> = (0..5)
            .map(|_| {
                thread::sleep(Duration::from_millis(20));
                processes_of(parent).into_iter().find(|(_, state)| *state == 'R').map(|(id, _)| id)
            })
            .collect();
        busy = seen[0].filter(|_| seen.iter().all(|id| *id == seen[0]));
        busy.is_some()
    });
    busy.expect("found")
}

#[test]
fn whatever_a_file_does_costs_that_file_alone() {
    let _alone = alone();
    let failed = |reason| Opened::Failed(reason);
    let said = |text: &str| {
        let piece = Piece { place: Some("order".into()), text: text.into() };
        Opened::Read(Extract { pieces: vec![piece], ..Extract::default() })
    };
    let long = PATIENCE;
    let short = Duration::from_millis(400);
    let pool = pool();
    opens_well(&pool);
    for (what, time, expected) in [
        ("be obeyed", long, said("be obeyed")),
        ("abort", long, failed(Reason::Malformed)),
        ("panic", long, failed(Reason::Malformed)),
        ("fill the stack", long, failed(Reason::Malformed)),
        ("fill memory", long, failed(Reason::OverLimit)),
        ("spin", short, failed(Reason::TimedOut)),
        ("say nonsense", long, failed(Reason::Malformed)),
        ("say too much", long, failed(Reason::Malformed)),
        ("open a file", long, said("PermissionDenied")),
        ("read a folder", long, said("PermissionDenied")),
        ("make a file", long, said("PermissionDenied")),
        ("open a socket", long, failed(Reason::Malformed)),
        ("start a program", long, failed(Reason::Malformed)),
        ("start a thread", long, failed(Reason::Malformed)),
    ] {
        let begun = Instant::now();
        let before = own_processes();
        assert_eq!(pool.open(&order(what), limits(time)), expected, "{what}");
        assert!(begun.elapsed() < PATIENCE, "{what}");
        opens_well(&pool);
        soon(what, || own_processes().len() == 1 && own_processes().iter().all(|(_, state)| *state != 'Z'));
        let replaced = own_processes().first().map(|of| of.0) != before.first().map(|of| of.0);
        assert_eq!(replaced, matches!(expected, Opened::Failed(_)), "{what}: {before:?}");
    }
    drop(pool);
    soon("the last one ends", || own_processes().is_empty());
}

#[test]
fn one_that_is_killed_is_replaced() {
    let _alone = alone();
    let pool = pool();
    // While it waits: nobody notices.
    let [(idle, _)] = own_processes()[..] else { panic!("one process: {:?}", own_processes()) };
    signal(idle, Signal::SIGKILL);
    soon("it is buried", || own_processes().is_empty());
    opens_well(&pool);
    // While it waits, and nobody can have noticed yet.
    let [(stopped, _)] = own_processes()[..] else { panic!("one process: {:?}", own_processes()) };
    signal(stopped, Signal::SIGSTOP);
    let opening = {
        let pool = pool.clone();
        thread::spawn(move || opens_well(&pool))
    };
    thread::sleep(Duration::from_millis(100));
    signal(stopped, Signal::SIGKILL);
    opening.join().expect("the file goes to another one");
    // While it computes, as the system does when memory ends.
    let spinning = {
        let pool = pool.clone();
        thread::spawn(move || pool.open(&order("spin"), limits(PATIENCE)))
    };
    signal(computing(std::process::id()), Signal::SIGKILL);
    assert_eq!(spinning.join().expect("no panic"), Opened::Failed(Reason::OverLimit));
    opens_well(&pool);
}

#[test]
fn who_waits_for_a_busy_process_waits_no_longer_than_he_may() {
    let _alone = alone();
    let pool = pool();
    let spinning = {
        let pool = pool.clone();
        thread::spawn(move || pool.open(&order("spin"), limits(Duration::from_secs(3))))
    };
    computing(std::process::id());
    let waited = pool.open(&gzip(b"Kari"), limits(Duration::from_millis(200)));
    assert_eq!(waited, Opened::Failed(Reason::TimedOut));
    // One with more time gets the next process.
    opens_well(&pool);
    assert_eq!(spinning.join().expect("no panic"), Opened::Failed(Reason::TimedOut));
}

#[test]
fn it_is_locked_in_and_holds_nothing() {
    let _alone = alone();
    let pool = pool();
    let [(id, _)] = own_processes()[..] else { panic!("one process: {:?}", own_processes()) };
    let read = |name: &str| fs::read_to_string(format!("/proc/{id}/{name}"));
    let status = read("status").expect("readable by all");
    let row = |name: &str| status.lines().find(|line| line.starts_with(name)).unwrap_or_default().to_owned();
    assert_eq!((row("Seccomp:"), row("NoNewPrivs:")), ("Seccomp:\t2".to_owned(), "NoNewPrivs:\t1".to_owned()));
    assert_eq!(row("Threads:"), "Threads:\t1");
    let limits = read("limits").expect("readable by all");
    for (name, most) in [
        ("Max address space", "1073741824"),
        ("Max cpu time", "90"),
        ("Max open files", "0"),
        ("Max core file size", "0"),
        ("Max file size", "0"),
        ("Max processes", "0"),
    ] {
        let line = limits.lines().find(|line| line.starts_with(name)).expect("the kernel's own words");
        let mut words = line.strip_prefix(name).unwrap_or_default().split_whitespace();
        assert_eq!((words.next(), words.next()), (Some(most), Some(most)), "{line}");
    }
    // Only root may look further.
    if let Ok(descriptors) = fs::read_dir(format!("/proc/{id}/fd")) {
        let open: Vec<String> = descriptors
            .flatten()
            .map(|entry| fs::read_link(entry.path()).unwrap_or_default().display().to_string())
            .collect();
        assert_eq!(open.len(), 5, "the conversation, twice, and where it may complain: {open:?}");
        assert!(open.iter().all(|to| to.starts_with("socket:") || to.starts_with("pipe:")), "{open:?}");
        assert_eq!(read("environ").expect("as root"), "MIMALLOC_ARENA_RESERVE=0\0");
    }
    opens_well(&pool);
}

#[test]
fn an_upgrade_under_way_does_not_matter() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("sluss");
    fs::copy(PROGRAM, &path).expect("a copy");
    let pool = Pool::of(File::open(&path), Sandbox::BestEffort, 1);
    fs::remove_file(&path).expect("a package does so");
    fs::write(&path, "#!/bin/false\n").expect("and puts another in its place");
    opens_well(&pool);
    // What is no program of ours does not start, and costs the file only.
    let other = Pool::of(File::open("/bin/true"), Sandbox::BestEffort, 1);
    assert!(other.ready().expect_err("it does not speak").contains("cannot be started"));
    assert_eq!(other.open(&gzip(b"Kari"), limits(PATIENCE)), Opened::Failed(Reason::Fault));
    assert_eq!(own_processes().len(), 1);
}

#[test]
fn text_needs_no_process() {
    let _alone = alone();
    let pool = Pool::of(File::open(PROGRAM), Sandbox::Required, 2);
    let inspection = inspect_with(&RawMessage::uncounted(clean("1").into_bytes()), &pool);
    assert!(inspection.uninspectable.is_empty());
    assert_eq!(own_processes(), []);
}

/// A mail of `FROM` with one attachment.
fn with(id: &str, name: &str, file: &[u8]) -> String {
    attached::with(id, &format!("Kari <{FROM}>"), name, file)
}

#[test]
fn check_reads_what_is_inside_and_says_what_it_could_not_read() {
    let _alone = alone();
    let text = format!("Karin Dahlqvist, personnummer {NUMBER}");
    let row = checked(&with("1", "liste.txt.gz.gz", &gzip(&gzip(text.as_bytes()))));
    assert_eq!((row["confidential"].as_bool(), row["uninspectable"].as_array().map(Vec::len)), (Some(true), Some(0)));
    let found = row["findings"].as_array().expect("a list").iter().find(|f| f["category"] == "national-id");
    let found = found.unwrap_or_else(|| panic!("{row}"));
    assert_eq!((found["part"].as_str(), found["where"].as_str()), (Some("2/1/1"), Some("attachment")));

    for (file, reason) in [
        (order("abort"), "malformed"),
        (order("fill memory"), "over-limit"),
        (order("spin"), "timed-out"),
        (gzip(text.as_bytes())[..20].to_vec(), "malformed"),
        (b"Rar!\x1A\x07\x01\0 of a kind that nobody reads".to_vec(), "unsupported"),
    ] {
        let row = checked(&with("2", "a.gz", &file));
        assert_eq!(
            row["uninspectable"],
            serde_json::json!([{ "part": "2", "name": "a.gz", "reason": reason, "rule": reason }]),
            "{row}"
        );
    }
}

#[test]
fn the_relay_lives_and_its_processes_die_with_it() {
    let _alone = alone();
    let capture = Capture::start(Behaviour::default());
    let site = holding(capture.address(), "");
    let mut relay = site.start();
    soon("one is started ahead", || processes_of(relay.id()).len() == 1);
    for (number, what) in ["abort", "fill memory", "say nonsense", "open a socket"].into_iter().enumerate() {
        let reply = send(site.address(), FROM, &[TO], &with(&format!("bad{number}"), "a.gz", &order(what)));
        assert!(reply.starts_with("250") && reply.contains("held"), "{what}: {reply}");
        let good = with(&format!("good{number}"), "a.gz", &gzip(b"Vi ses klockan tre."));
        let reply = send(site.address(), FROM, &[TO], &good);
        assert!(reply.starts_with("250") && !reply.contains("held"), "after {what}: {reply}");
    }
    assert_eq!(get(site.console, "/readyz").map(|(status, _)| status), Some(200));
    assert!(processes_of(relay.id()).iter().all(|(_, state)| *state != 'Z'), "{:?}", processes_of(relay.id()));

    let address = site.address();
    // The reply never comes: the relay is killed.
    let sending = thread::spawn(move || send(address, FROM, &[TO], &with("last", "a.gz", &order("spin"))));
    computing(relay.id());
    let orphans = processes_of(relay.id());
    relay.kill();
    soon("none outlives the relay", || orphans.iter().all(|(id, _)| is_dead(*id)));
    assert!(sending.join().is_err(), "there was nobody to answer");
}

/// Runs `what` as on a system, or in a container, without landlock: its calls are not there.
fn without_landlock<T: Send>(what: impl FnOnce() -> T + Send) -> T {
    use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};
    let calls = [libc::SYS_landlock_create_ruleset, libc::SYS_landlock_restrict_self].map(|call| (call, Vec::new()));
    let missing = SeccompAction::Errno(u32::try_from(libc::ENOSYS).expect("a small number"));
    let target = std::env::consts::ARCH.try_into().expect("an architecture with seccomp");
    let filter = SeccompFilter::new(calls.into_iter().collect(), SeccompAction::Allow, missing, target);
    let filter: BpfProgram = filter.and_then(TryInto::try_into).expect("a filter");
    // A filter holds for its thread, and for what that starts.
    thread::scope(|scope| {
        let restricted = scope.spawn(|| {
            seccompiler::apply_filter(&filter).expect("a system with seccomp");
            what()
        });
        restricted.join().expect("no panic")
    })
}

#[test]
fn without_a_wall_that_is_required_nothing_is_opened_and_everybody_is_told() {
    let _alone = alone();
    let mail = with("1", "a.gz", &gzip(b"Vi ses klockan tre."));
    let output = without_landlock(|| check(&["--json"], &mail));
    let row: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(
        row["uninspectable"],
        serde_json::json!([{ "part": "2", "name": "a.gz", "reason": "unsupported", "rule": "unsupported" }])
    );
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(complaint.contains("this system lacks landlock"), "{complaint}");

    let capture = Capture::start(Behaviour::default());
    let started = |site: &Site| {
        let relay = without_landlock(|| site.start_serving()).expect("it takes mail all the same");
        soon("all checks are made", || get(site.console, "/readyz").is_some_and(|(_, of)| !of.contains("starting")));
        relay
    };
    let site = holding(capture.address(), "");
    let relay = started(&site);
    let (status, checks) = get(site.console, "/readyz").expect("it answers");
    assert!(status == 503 && checks.contains("this system lacks landlock"), "{status} {checks}");
    let reply = send(site.address(), FROM, &[TO], &mail);
    assert!(reply.starts_with("250") && reply.contains("held"), "{reply}");
    assert_eq!(processes_of(relay.id()), []);
    drop(relay);

    let site = holding(capture.address(), "[inspect]\nsandbox = \"best-effort\"");
    let _relay = started(&site);
    assert_eq!(get(site.console, "/readyz").map(|(status, _)| status), Some(200));
    let reply = send(site.address(), FROM, &[TO], &mail);
    assert!(reply.starts_with("250") && !reply.contains("held"), "{reply}");
}
