//! A real Postfix in a folder of its own, with a configuration of `deploy/postfix` filled for it.

#![allow(dead_code, reason = "each test program uses the part it needs")]

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// Starting and stopping on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Stopped when dropped.
pub struct Postfix {
    folder: tempfile::TempDir,
    pub port: u16,
}

impl Postfix {
    /// Fills the templates of `topology` and starts. `values` are the placeholders beside those that
    /// name the folder, the host and the listener.
    pub fn start(topology: &str, port: u16, values: &[(&str, String)]) -> Postfix {
        Postfix::start_with(topology, port, values, "")
    }

    /// The same with further lines of `main.cf`.
    pub fn start_with(topology: &str, port: u16, values: &[(&str, String)], main: &str) -> Postfix {
        assert!(nix::unistd::geteuid().is_root(), "Postfix is started by root; run this test as root");
        let folder = tempfile::tempdir().expect("a folder");
        // Postfix's own users must reach its queue.
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).expect("our folder");
        let postfix = Postfix { folder, port };
        for made in ["queue", "data"] {
            std::fs::create_dir(postfix.path(made)).expect("our folder");
        }
        let owner = nix::unistd::User::from_name("postfix").expect("the user list").expect("Postfix is installed");
        nix::unistd::chown(&postfix.path("data"), Some(owner.uid), None).expect("we are root");

        let shown = |name: &str| postfix.path(name).display().to_string();
        let mut pairs = vec![
            ("HOSTNAME", "mail.kommun.example".to_owned()),
            ("QUEUE", shown("queue")),
            ("DATA", shown("data")),
            ("LOG", shown("log")),
            ("NETWORKS", "127.0.0.0/8".to_owned()),
            ("LISTEN", format!("127.0.0.1:{port}")),
        ];
        pairs.extend(values.iter().cloned());
        let fill = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/postfix/fill.sh");
        let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
        succeed(Command::new(fill).arg(topology).arg(postfix.path("etc")).args(pairs));
        let file = postfix.path("etc").join("main.cf");
        let filled = std::fs::read_to_string(&file).expect("what was filled");
        std::fs::write(&file, format!("{filled}\n{main}\n")).expect("our folder");
        succeed(&mut postfix.command("postfix", &["start"]));
        let end = Instant::now() + PATIENCE;
        while TcpStream::connect(postfix.address()).is_err() {
            assert!(Instant::now() < end, "Postfix does not listen:\n{}", postfix.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        postfix
    }

    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// Tries everything in the queue now.
    pub fn flush(&self) {
        succeed(&mut self.command("postqueue", &["-f"]));
    }

    /// Messages in the queue.
    pub fn queued(&self) -> usize {
        let listed = succeed(&mut self.command("postqueue", &["-j"]));
        String::from_utf8_lossy(&listed.stdout).lines().count()
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(Path::new("/usr/sbin").join(program));
        command.arg("-c").arg(self.path("etc")).args(arguments);
        command
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        // An error here leaves processes behind; the test has ended, so it can only be said.
        if !self.command("postfix", &["stop"]).output().is_ok_and(|output| output.status.success()) {
            eprintln!("Postfix did not stop: {}", self.path("etc").display());
        }
    }
}

fn succeed(command: &mut Command) -> Output {
    let output = command.output().expect("the program is installed");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}
