//! Two nodes on one PostgreSQL: what one holds the other releases, whoever is killed, stopped or starved of its
//! database.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::capture::{Behaviour, Capture};
use crate::mail::{clean, confidential, holding, listed, send, text, wait_for};
use crate::planted;
use crate::postgres::Cluster;
use crate::sluss::Site;

const FROM: &str = "kari@social.kommun.example";
const TO: &str = "ola@firma.example";
/// Until a node must have taken over what another has left: two looks and a hand-off.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct Nodes {
    pub cluster: Cluster,
    pub database: String,
    pub a: Site,
    pub b: Site,
}

/// Searches what the server has written: the database, its log of changes, its log.
impl Drop for Nodes {
    fn drop(&mut self) {
        planted::assert_none(planted::search_folder(self.cluster.folder()));
    }
}

impl Nodes {
    pub fn new(hop: &Capture) -> Nodes {
        Nodes::with(hop, Cluster::database)
    }

    /// The same configuration twice, with one secret and one key; only the addresses differ. `database` makes an empty
    /// one.
    pub fn with(hop: &Capture, database: impl FnOnce(&Cluster) -> String) -> Nodes {
        let cluster = Cluster::new();
        cluster.start();
        let database = database(&cluster);
        let a = holding(hop.address(), "");
        let b = Site::new("allow_networks = [\"127.0.0.0/8\"]", "");
        let own = std::fs::read_to_string(a.config()).expect("the configuration");
        let own = own.replace("sqlite:store/sluss.db", &cluster.url(&database));
        std::fs::write(a.config(), &own).expect("the configuration written");
        let other = own.replace(&format!(":{}\"", a.port), &format!(":{}\"", b.port));
        let other = other.replace(&format!(":{}\"", a.console), &format!(":{}\"", b.console));
        std::fs::write(b.config(), other).expect("the configuration written");
        let secret: Vec<u8> = (0..32).collect();
        for site in [&a, &b] {
            write_private(&site.path().join("sluss.secret"), &secret);
        }
        for key in ["sluss.key", "escrow.key"] {
            let text = std::fs::read(a.path().join(key)).expect("a key");
            write_private(&b.path().join(key), &text);
        }
        Nodes { cluster, database, a, b }
    }

    pub fn sql(&self, text: &str) -> String {
        self.cluster.sql(&self.database, text)
    }

    /// Sends a mail that must be held, to this node; gives its reference.
    pub fn hold(&self, node: &Site, id: &str) -> String {
        let said = send(node.address(), FROM, &[TO], &confidential(id));
        let reference = said.split("held, ref ").nth(1).unwrap_or_else(|| panic!("not held: {said}"));
        reference.trim_end().trim_end_matches(['.', ')']).to_owned()
    }

    /// A release at the command line of this node, not waited for.
    pub fn release(&self, node: &Site, reference: &str) -> Child {
        Command::new(env!("CARGO_BIN_EXE_sluss"))
            .arg("--config")
            .arg(node.config())
            .args(["quarantine", "release", reference, "--reason", "agreed", "--wait", "20"])
            .env_remove("SLUSS_CONFIG")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts")
    }

    pub fn verified(&self) {
        for command in [&["audit", "verify"][..], &["reconcile"]] {
            let done = self.b.run(command);
            assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stdout));
        }
    }
}

fn write_private(path: &std::path::Path, bytes: &[u8]) {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.create(true).truncate(true).write(true).mode(0o600).open(path).expect("a file");
    file.write_all(bytes).expect("written");
}

/// Mails of these ids that the hop has taken to its dot, notices not counted.
pub fn taken(hop: &Capture, subject: &str) -> usize {
    hop.captured().iter().filter(|mail| text(mail).contains(subject)).count()
}

pub fn until(what: &str, mut done: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < end, "{what}: not in time");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn what_one_node_holds_the_other_releases_and_a_dead_database_loses_nothing() {
    let hop = Capture::start(Behaviour::default());
    let nodes = Nodes::new(&hop);
    let (mut a, _b) = (nodes.a.start(), nodes.b.start());
    let first = nodes.hold(&nodes.a, "n1");
    // The node that held it dies without a word.
    a.kill();
    assert_eq!(listed(&nodes.b, "held").len(), 1);
    assert!(nodes.release(&nodes.b, &first).wait().expect("it ends").success());
    assert_eq!(taken(&hop, "depression"), 1);

    // Without its database a node lets clean mail go, and leaves with the sender what it would have to hold.
    nodes.cluster.kill();
    assert!(send(nodes.b.address(), FROM, &[TO], &clean("n2")).starts_with("250"));
    let said = send(nodes.b.address(), FROM, &[TO], &confidential("n3"));
    assert!(said.starts_with("45"), "{said}");
    nodes.cluster.start();
    until("the mail is held once its database is back", || {
        send(nodes.b.address(), FROM, &[TO], &confidential("n3")).contains("held, ref ")
    });
    // Copies of it may be held: a duplicate is better than a loss, and both have one reference.
    let held = listed(&nodes.b, "held");
    assert!(held.iter().all(|row| row["ref"] == held[0]["ref"]), "{held:?}");
    nodes.verified();
}

#[test]
fn a_node_that_is_stopped_in_the_middle_of_a_release_sends_nothing_when_it_wakes() {
    let slow =
        Behaviour { replies: vec![("DATA".to_owned(), "after 3000ms 354 go on".to_owned())], ..Default::default() };
    let hop = Capture::start(slow);
    let nodes = Nodes::new(&hop);
    let _b = nodes.b.start();
    let reference = nodes.hold(&nodes.b, "n4");
    wait_for(&hop, 1);
    let mut stopped = nodes.release(&nodes.a, &reference);
    let pid = Pid::from_raw(i32::try_from(stopped.id()).expect("a process id"));
    until("the release begins", || nodes.sql("SELECT state FROM held") == "releasing");
    // It waits for the answer to DATA by then, or is about to ask.
    std::thread::sleep(Duration::from_millis(1_000));
    kill(pid, Signal::SIGSTOP).expect("stopped");
    assert_eq!(taken(&hop, "depression"), 0);
    // Two minutes of the database's clock, and the other node's look.
    nodes.sql("UPDATE held SET lease_until = 0, next_attempt = 0");
    until("the other node takes over", || nodes.sql("SELECT state FROM held") == "released");
    assert_eq!(taken(&hop, "depression"), 1);
    kill(pid, Signal::SIGCONT).expect("woken");
    // It finds that it was overtaken before its dot, and its command does not claim the release.
    let ended = stopped.wait().expect("it ends");
    assert_eq!(taken(&hop, "depression"), 1, "the dot went twice");
    assert!(ended.code().is_some_and(|code| code <= 1), "{ended}");
    nodes.verified();
}

#[test]
fn a_dump_tells_nothing_and_is_restored_verified_and_released_from() {
    let hop = Capture::start(Behaviour::default());
    let nodes = Nodes::new(&hop);
    let a = nodes.a.start();
    let reference = nodes.hold(&nodes.a, "n5");
    // While the node serves.
    let dump = nodes.cluster.tool("pg_dump", &["--format=custom", &nodes.database]);
    let told = String::from_utf8_lossy(&nodes.cluster.tool("pg_dump", &[&nodes.database])).into_owned();
    for secret in ["19941227", "Karin", "Dahlqvist", "depression", "Underlag", "kari@", "ola@", "firma.example"] {
        assert!(!planted::forms(secret).iter().any(|(_, form)| told.contains(form)), "the dump has a planted word");
    }
    drop(a);
    let file = nodes.b.path().join("sluss.dump");
    std::fs::write(&file, dump).expect("written");
    let restored = nodes.cluster.database();
    nodes.cluster.tool("pg_restore", &["--dbname", &restored, file.to_str().expect("a plain path")]);
    let config = std::fs::read_to_string(nodes.b.config()).expect("the configuration");
    let config = config.replace(&format!("/{}?", nodes.database), &format!("/{restored}?"));
    std::fs::write(nodes.b.config(), config).expect("the configuration written");
    let _b = nodes.b.start();
    assert_eq!(listed(&nodes.b, "held").len(), 1);
    nodes.verified();
    assert!(nodes.release(&nodes.b, &reference).wait().expect("it ends").success());
    assert_eq!(taken(&hop, "depression"), 1);
    nodes.verified();
}
