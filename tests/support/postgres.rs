//! PostgreSQL as Debian has it: a real cluster of its own in a temporary folder, reached by a socket there.
//!
//! The server does not run as root, so root makes and runs the cluster as the package's user. A shell that waits for
//! the end of the test process stops the server by its own id and removes the folder, however the process ended.

#![allow(dead_code)] // Not every test uses every part.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Settings of the cluster: small, and as safe as a real one.
const SETTINGS: &str = "listen_addresses = ''\nmax_connections = 300\nshared_buffers = 32MB\n";

/// Removes the cluster `$1` when nobody writes to its input any more.
const AFTERWARDS: &str = r#"
cat >/dev/null
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null) && kill -QUIT "$pid" 2>/dev/null
while [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
rm -rf "$1"
"#;

/// A cluster, running or not.
pub struct Cluster {
    folder: PathBuf,
    /// Its input is open as long as the cluster is needed.
    afterwards: Child,
}

impl Cluster {
    /// The one that all tests of this process share.
    pub fn shared() -> &'static Cluster {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        SHARED.get_or_init(|| {
            let cluster = Cluster::new();
            cluster.start();
            cluster
        })
    }

    /// A new one, not started.
    pub fn new() -> Cluster {
        let folder = tempfile::Builder::new().prefix("sluss-pg").tempdir_in("/tmp").unwrap().keep();
        if let Some((uid, gid)) = packaged_user() {
            std::os::unix::fs::chown(&folder, Some(uid), Some(gid)).unwrap();
        }
        let afterwards = Command::new("sh")
            .args(["-c", AFTERWARDS, "sh"])
            .arg(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let cluster = Cluster { folder, afterwards };
        cluster.run("initdb", &["-N", "-A", "trust", "-U", "sluss", "-E", "UTF8", "--locale=C.UTF-8", "-D"], true);
        let config = cluster.folder.join("data/postgresql.conf");
        let mut file = std::fs::OpenOptions::new().append(true).open(config).unwrap();
        writeln!(file, "{SETTINGS}unix_socket_directories = '{}'", cluster.folder.display()).unwrap();
        cluster
    }

    /// Starts it and waits until it answers.
    pub fn start(&self) {
        // What a killed server has left may be in use for a moment.
        for _ in 0..100 {
            let log = self.folder.join("log");
            if self.run("pg_ctl", &["-s", "-w", "-l", &log.display().to_string(), "start", "-D"], false) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        panic!("PostgreSQL does not start");
    }

    /// As `kill -9` of the server: its processes go without a word, and recover from the log at the next start.
    pub fn kill(&self) {
        let pid = std::fs::read_to_string(self.folder.join("data/postmaster.pid")).unwrap();
        let pid = pid.lines().next().unwrap();
        assert!(Command::new("kill").args(["-KILL", pid]).status().unwrap().success());
    }

    /// Stops it at once, without writing back what the log has.
    pub fn stop_at_once(&self) {
        assert!(self.run("pg_ctl", &["-s", "-w", "-m", "immediate", "stop", "-D"], false));
    }

    /// With everything that the server has written, its log too.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Address of a database.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://sluss@localhost/{database}?host={}", self.folder.display())
    }

    /// Runs a program of the server's package, `pg_dump` or `pg_restore`, as the administrator; gives what it writes.
    pub fn tool(&self, name: &str, arguments: &[&str]) -> Vec<u8> {
        let done =
            Command::new(program(name)).args(["-U", "sluss", "-h"]).arg(&self.folder).args(arguments).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        done.stdout
    }

    /// Runs statements as the administrator.
    pub fn sql(&self, database: &str, text: &str) -> String {
        let done = Command::new(program("psql"))
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "sluss", "-d", database, "-c", text, "-h"])
            .arg(&self.folder)
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap().trim().to_owned()
    }

    /// A new, empty database of the running cluster: its name.
    pub fn database(&self) -> String {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("store{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
        name
    }

    fn run(&self, name: &str, arguments: &[&str], must: bool) -> bool {
        let mut command = match packaged_user() {
            Some((uid, gid)) => {
                let mut command = Command::new("setpriv");
                command.arg(format!("--reuid={uid}")).arg(format!("--regid={gid}")).arg("--clear-groups");
                command.arg(program(name));
                command
            }
            None => Command::new(program(name)),
        };
        // The server keeps what it inherits: its output must not be anybody's pipe.
        let status = command
            .args(arguments)
            .arg(self.folder.join("data"))
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert!(status.success() || !must, "{name}: {status}");
        status.success()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.afterwards.stdin.take());
        let _ = self.afterwards.wait();
    }
}

/// Whom root becomes; `None`: not root.
fn packaged_user() -> Option<(u32, u32)> {
    let id = |of: &str, user: &[&str]| -> u32 {
        let done = Command::new("id").arg(of).args(user).output().unwrap();
        String::from_utf8(done.stdout).unwrap().trim().parse().expect("the user postgres of Debian's package")
    };
    (id("-u", &[]) == 0).then(|| (id("-u", &["postgres"]), id("-g", &["postgres"])))
}

/// Of the newest version installed.
fn program(name: &str) -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").expect("Debian's package postgresql");
    let mut versions: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| entry.ok())
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path())))
        .filter(|(_, path)| path.join("bin/initdb").exists())
        .collect();
    versions.sort();
    let (_, newest) = versions.pop().expect("a version of PostgreSQL");
    Path::new(&newest).join("bin").join(name)
}
