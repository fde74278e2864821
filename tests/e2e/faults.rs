//! Things that break: what had to be held is deferred, what is clean still passes, nothing is lost.

use std::process::Command;

use crate::capture::{Behaviour, Capture};
use crate::faulty::Faults;
use crate::mail::{ask, clean, confidential, connect, holding, listed, send, wait_for};
use crate::sluss::PROGRAM;

const FROM: &str = "kari@social.kommun.example";
const TO: &str = "ola@firma.example";

#[test]
fn a_locked_store_defers_what_must_be_held_and_lets_the_rest_pass() {
    let capture = Capture::start(Behaviour::default());
    let site = holding(capture.address(), "");
    let sluss = site.start();
    let lock = Lock::take(&site.path().join("store/sluss.db"));
    let said = send(site.address(), FROM, &[TO], &confidential("1"));
    assert!(said.starts_with("452 4.3.1 "), "{said}");
    assert!(send(site.address(), FROM, &[TO], &clean("2")).starts_with("250"));
    drop(lock);
    assert!(send(site.address(), FROM, &[TO], &confidential("1")).contains("held"), "the store is free again");
    assert_eq!(listed(&site, "held").len(), 1, "the deferred try left something behind");
    assert!(sluss.stop().success());
}

/// A disk that failed once is not trusted before a restart: nobody knows which pages it has.
#[test]
fn a_disk_that_fails_or_becomes_read_only_defers_what_must_be_held_until_a_restart() {
    for fault in ["sync", "read-only"] {
        let capture = Capture::start(Behaviour::default());
        let site = holding(capture.address(), "");
        let faults = Faults::new(site.path());
        let mut sluss = site.start_with(&faults.environment());
        assert!(send(site.address(), FROM, &[TO], &confidential("1")).contains("held"));
        faults.set(fault, "");
        for _ in 0..2 {
            let said = send(site.address(), FROM, &[TO], &confidential("2"));
            assert!(said.starts_with("452 4.3.1 "), "{fault}: {said}");
        }
        assert!(send(site.address(), FROM, &[TO], &clean("3")).starts_with("250"), "{fault}");
        let told = || crate::sluss::get(site.console, "/readyz").is_some_and(|(status, _)| status == 503);
        crate::nodes::until("it says that it is not well", told);
        // The disk is well again, and this process does not know what it has.
        faults.clear(fault);
        let said = send(site.address(), FROM, &[TO], &confidential("2"));
        assert!(said.starts_with("452 4.3.1 "), "{fault}: {said}");
        sluss.kill();
        let sluss = site.start();
        assert!(send(site.address(), FROM, &[TO], &confidential("2")).contains("held"), "{fault}");
        // What was deferred may have been stored all the same; then it is a copy, and has the reference.
        let held = listed(&site, "held");
        let references: std::collections::BTreeSet<_> = held.iter().map(|row| row["ref"].to_string()).collect();
        assert!(references.len() == 2 && held.len() <= 3, "{fault}: {held:?}");
        for command in [&["audit", "verify"][..], &["reconcile"]] {
            assert!(site.run(command).status.success(), "{fault}: {command:?}");
        }
        assert!(sluss.stop().success());
    }
}

/// Another connection that writes to the database and does not end.
struct Lock(tokio::runtime::Runtime, Option<sqlx::SqliteConnection>);

impl Lock {
    fn take(path: &std::path::Path) -> Lock {
        use sqlx::{ConnectOptions, Executor};
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let connection = runtime.block_on(async {
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
            let mut connection = options.connect().await.expect("the store is there");
            connection.execute("BEGIN EXCLUSIVE").await.expect("nobody else holds it");
            connection
        });
        Lock(runtime, Some(connection))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        use sqlx::Connection;
        if let Some(connection) = self.1.take() {
            self.0.block_on(connection.close()).expect("the lock is given back");
        }
    }
}

#[test]
fn a_full_disk_defers_what_must_be_held_and_lets_the_rest_pass() {
    let capture = Capture::start(Behaviour::default());
    let site = holding(capture.address(), "");
    // A disk of 1.5 MB for the store, in a mount namespace that ends with the program.
    let script = format!(
        "mount -t tmpfs -o size=1536k tmpfs {store} && exec {PROGRAM} --config {config} serve",
        store = site.path().join("store").display(),
        config = site.config().display(),
    );
    let mut child = Command::new("unshare")
        .args(["--mount", "sh", "-c", &script])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("unshare is there");
    let end = std::time::Instant::now() + crate::mail::PATIENCE;
    while crate::sluss::get(site.console, "/readyz").is_none_or(|(status, _)| status != 200) {
        assert!(std::time::Instant::now() < end && child.try_wait().expect("our child").is_none(), "it is not ready");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    // Large enough that a few of them fill the disk.
    let large = |id: usize| confidential(&id.to_string()) + &"Mer text utan innehåll.\r\n".repeat(10_000);
    let answers: Vec<String> = (0..12).map(|id| send(site.address(), FROM, &[TO], &large(id))).collect();
    let held = answers.iter().filter(|a| a.contains("held")).count();
    let deferred = answers.iter().filter(|a| a.starts_with("452 4.3.1 ")).count();
    assert!(held > 0 && deferred > 0 && held + deferred == answers.len(), "{answers:?}");
    assert!(send(site.address(), FROM, &[TO], &clean("x")).starts_with("250"), "clean mail needs no disk");
    wait_for(&capture, 1);
    child.kill().expect("our child");
    child.wait().expect("our child");
}

#[test]
fn a_dead_next_hop_is_no_place_for_mail() {
    let dead = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound");
    let site = holding(dead, "");
    let mut sluss = site.spawn(&[]);
    let end = std::time::Instant::now() + crate::mail::PATIENCE;
    while std::net::TcpStream::connect(site.address()).is_err() {
        assert!(std::time::Instant::now() < end && sluss.is_running(), "it does not listen:\n{}", sluss.log());
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let said = send(site.address(), FROM, &[TO], &clean("1"));
    assert!(said.starts_with("451 4.4.1 "), "{said}");
    let (status, body) = crate::sluss::get(site.console, "/readyz").expect("the console answers");
    assert_eq!(status, 503);
    assert!(body.contains("next-hop:default"), "{body}");
    assert!(sluss.stop().success());
}

#[test]
fn forty_thousand_nested_messages_and_an_oversized_one_cost_one_reply_each() {
    let capture = Capture::start(Behaviour::default());
    let site = holding(capture.address(), "");
    let sluss = site.start();
    let nest = "Content-Type: message/rfc822\r\n\r\n".repeat(40_000);
    let said = send(site.address(), FROM, &[TO], &(clean("1").replace("Subject", "X-Was") + &nest));
    assert!(said.starts_with("250 2.0.0 "), "as text it is harmless: {said}");
    let nested = format!("From: <{FROM}>\r\nTo: <{TO}>\r\n{nest}text\r\n");
    let said = send(site.address(), FROM, &[TO], &nested);
    assert!(said.contains("held") || said.starts_with("554 5.6.0 "), "{said}");
    let (mut declaring, _) = connect(site.address());
    let said = ask(&mut declaring, &format!("MAIL FROM:<{FROM}> SIZE=99999999999"));
    assert!(said.starts_with("552 5.3.4 "), "{said}");
    let huge = clean("2") + &"0123456789012345678901234567890123456789012345678901234567890123\r\n".repeat(900_000);
    let said = send(site.address(), FROM, &[TO], &huge);
    assert!(said.starts_with("552 5.3.4 "), "{said}");
    assert!(send(site.address(), FROM, &[TO], &clean("3")).starts_with("250"), "it lives on");
    assert!(sluss.stop().success());
}
