//! Faults of a shared database, beside those of a file in `faults.rs`: what had to be held is deferred and nothing of it
//! is stored, what is clean passes, and when the fault is over mail is held again without a restart.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr;

use crate::capture::{Behaviour, Capture};
use crate::faulty::Faults;
use crate::mail::{clean, confidential, listed, send};
use crate::nodes::{Nodes, taken, until};
use crate::planted;
use crate::sluss::get;

const FROM: &str = "kari@social.kommun.example";
const TO: &str = "ola@firma.example";

/// A session of its own at the server, in the middle of a transaction.
struct Session(tokio::runtime::Runtime, Option<sqlx::PgConnection>);

impl Session {
    fn with(nodes: &Nodes, statement: &'static str) -> Session {
        use sqlx::{ConnectOptions, Executor};
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let options = sqlx::postgres::PgConnectOptions::from_str(&nodes.cluster.url(&nodes.database));
        let connection = runtime.block_on(async {
            let mut connection = options.expect("an address").connect().await.expect("the server answers");
            connection.execute("BEGIN").await.expect("a transaction");
            connection.execute(statement).await.expect("nobody else has it");
            connection
        });
        Session(runtime, Some(connection))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        use sqlx::Connection;
        // The server may be gone, with its session.
        let _ = self.1.take().map(|connection| self.0.block_on(connection.close()));
    }
}

/// Deferred, and clean mail passes.
fn without_a_store(nodes: &Nodes, id: &str) {
    let said = send(nodes.a.address(), FROM, &[TO], &confidential(id));
    assert!(said.starts_with("452 4.3.1 "), "{said}");
    assert!(send(nodes.a.address(), FROM, &[TO], &clean(&format!("clean-{id}"))).starts_with("250"));
}

fn ready(nodes: &Nodes) -> Option<u16> {
    get(nodes.a.console, "/readyz").map(|(status, _)| status)
}

/// Held once, though it was deferred before.
fn with_its_store(nodes: &Nodes, id: &str) {
    until("mail is held again", || send(nodes.a.address(), FROM, &[TO], &confidential(id)).contains("held, ref "));
    assert_eq!(listed(&nodes.a, "held").len(), 1, "the deferred try left something behind");
    nodes.verified();
}

#[test]
fn a_locked_database_defers_what_must_be_held_and_lets_the_rest_pass() {
    let hop = Capture::start(Behaviour::default());
    let nodes = Nodes::new(&hop);
    let _a = nodes.a.start();
    let lock = Session::with(&nodes, "LOCK TABLE held IN ACCESS EXCLUSIVE MODE");
    without_a_store(&nodes, "1");
    drop(lock);
    with_its_store(&nodes, "1");
}

#[test]
fn a_database_that_dies_in_the_middle_of_a_hold_has_nothing_of_it() {
    let hop = Capture::start(Behaviour::default());
    let nodes = Nodes::new(&hop);
    let _a = nodes.a.start();
    // The last thing that a hold writes is its audit entry: all else is written, and waits for this lock.
    let lock = Session::with(&nodes, "LOCK TABLE audit IN ACCESS EXCLUSIVE MODE");
    let address = nodes.a.address();
    let sender = std::thread::spawn(move || send(address, FROM, &[TO], &confidential("1")));
    let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'audit'::regclass";
    until("the hold waits", || nodes.sql(waiting) != "0");
    nodes.cluster.kill();
    let said = sender.join().expect("an answer");
    assert!(said.starts_with("452 4.3.1 "), "{said}");
    drop(lock);
    without_a_store(&nodes, "1");
    until("it says that it is not well", || ready(&nodes) == Some(503));
    nodes.cluster.start();
    with_its_store(&nodes, "1");
    until("it says that it is well", || ready(&nodes) == Some(200));
}

/// A file system of its own in memory, so small that it can be filled.
struct Small(PathBuf);

impl Small {
    fn mount(folder: &Path) -> Small {
        let small = Small(folder.to_owned());
        small.sized("rw", 24);
        small
    }

    fn sized(&self, how: &str, megabytes: usize) {
        let options = format!("{how},size={megabytes}m");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(&self.0).status();
        assert!(mounted.expect("mount is there").success(), "a tmpfs needs root");
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[test]
fn a_database_whose_disk_is_full_defers_what_must_be_held_and_lets_the_rest_pass() {
    let hop = Capture::start(Behaviour::default());
    let mut small = None;
    let nodes = Nodes::with(&hop, |cluster| {
        let folder = cluster.folder().join("small");
        std::fs::create_dir(&folder).expect("a folder");
        let mounted = small.insert(Small::mount(&folder));
        let owner = std::fs::metadata(cluster.folder()).expect("its folder");
        use std::os::unix::fs::MetadataExt;
        std::os::unix::fs::chown(&mounted.0, Some(owner.uid()), Some(owner.gid())).expect("our folder");
        cluster.sql("postgres", &format!("CREATE TABLESPACE small LOCATION '{}'", folder.display()));
        cluster.sql("postgres", "CREATE DATABASE small TABLESPACE small");
        "small".to_owned()
    });
    let small = small.expect("mounted");
    let _a = nodes.a.start();
    let large = |id: usize| confidential(&id.to_string()) + &"Mer text utan innehåll.\r\n".repeat(40_000);
    let mut held = 0;
    let said = (0..40).map(|id| send(nodes.a.address(), FROM, &[TO], &large(id))).find(|said| {
        held += usize::from(said.contains("held"));
        !said.contains("held")
    });
    assert!(held > 0 && said.as_ref().is_some_and(|said| said.starts_with("452 4.3.1 ")), "{held} {said:?}");
    assert!(send(nodes.a.address(), FROM, &[TO], &clean("x")).starts_with("250"));
    assert_eq!(listed(&nodes.a, "held").len(), held, "the deferred one left something behind");
    small.sized("remount,rw", 96);
    assert!(send(nodes.a.address(), FROM, &[TO], &large(99)).contains("held, ref "));
    assert_eq!(listed(&nodes.a, "held").len(), held + 1);
    nodes.verified();
    // Before it is unmounted, which has to be before the cluster goes.
    planted::assert_none(planted::search_folder(nodes.cluster.folder()));
    drop(small);
}

#[test]
fn a_database_that_has_become_read_only_defers_what_must_be_held_and_lets_the_rest_pass() {
    let hop = Capture::start(Behaviour::default());
    let nodes = Nodes::new(&hop);
    let _a = nodes.a.start();
    // As a standby is, or a server that its administrator keeps from writing; the node stays connected.
    let read_only = |value: &str| {
        nodes.cluster.sql("postgres", &format!("ALTER SYSTEM SET default_transaction_read_only = {value}"));
        nodes.cluster.sql("postgres", "SELECT pg_reload_conf()");
        until("every session knows", || nodes.sql("SHOW default_transaction_read_only") == value);
        // The sessions of the node read it before their next statement; a clean mail's time is enough.
        std::thread::sleep(std::time::Duration::from_millis(500));
    };
    read_only("on");
    without_a_store(&nodes, "1");
    read_only("off");
    with_its_store(&nodes, "1");
}

#[test]
fn a_node_whose_clock_has_jumped_takes_no_lease_and_lets_nothing_expire() {
    let slow =
        Behaviour { replies: vec![("DATA".to_owned(), "after 3000ms 354 go on".to_owned())], ..Default::default() };
    let hop = Capture::start(slow);
    let nodes = Nodes::new(&hop);
    let faults = Faults::new(nodes.a.path());
    let mut a = nodes.a.start_with(&faults.environment());
    let _b = nodes.b.start();
    let (stays, goes) = (nodes.hold(&nodes.b, "1"), nodes.hold(&nodes.b, "2"));
    // Twenty days: longer than mail is kept, and than any lease.
    faults.set("clock", "1728000");
    a.kill();
    let a = nodes.a.start_with(&faults.environment());
    until("it says so", || a.log().contains("the clock of this machine is not that of the database"));
    // By its own clock the release of the other node is long overdue; by the database's the lease is good.
    let mut release = nodes.release(&nodes.b, &goes);
    assert!(release.wait().expect("it ends").success());
    assert_eq!(taken(&hop, "depression"), 1, "it went once");
    let held = listed(&nodes.b, "held");
    assert!(held.len() == 1 && held[0]["ref"] == stays.as_str(), "{held:?}");
    // What it holds itself is held, and another node releases it.
    let third = nodes.hold(&nodes.a, "3");
    assert!(nodes.release(&nodes.b, &third).wait().expect("it ends").success());
    assert_eq!(taken(&hop, "depression"), 2);
    assert!(a.stop().success());
    nodes.verified();
}
