//! The real program as a child process, with a configuration and a folder of its own.
#![allow(dead_code)]

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::planted;

/// The program's temporary folder, in the site's.
const TEMPORARY: &str = "tmp";
/// Starting with all patterns on a busy machine; a test that waits longer has found a fault.
const START: Duration = Duration::from_secs(60);
/// Ending after SIGTERM.
const STOP: Duration = Duration::from_secs(30);

/// Path of the program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_sluss");

/// A port nobody listens on, never given twice in one run. It lies below those that the system hands out to
/// whoever connects somewhere, so that none of them takes it before it is listened on.
pub fn free_port() -> u16 {
    const FIRST: u32 = 20_000;
    const COUNT: u32 = 12_000;
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    let ports = std::iter::repeat_with(|| {
        let number = std::process::id().wrapping_mul(97).wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        u16::try_from(FIRST + number % COUNT).expect("a port")
    });
    ports.take(COUNT as usize).find(is_free).expect("a free port")
}

/// Runs a command of the program to its end.
pub fn run(arguments: &[&str]) -> Output {
    let output = Command::new(PROGRAM).args(arguments).env_remove("SLUSS_CONFIG").output().expect("the program starts");
    planted::assert_output(arguments, &output);
    output
}

/// A folder with `sluss.toml`, and what the program makes beside it.
pub struct Site {
    pub dir: tempfile::TempDir,
    pub port: u16,
    pub console: u16,
    /// Name of the machine that the program believes to run on, where several nodes are to be told apart; to give it
    /// one needs root.
    pub machine: Option<&'static str>,
}

impl Site {
    /// Writes the configuration. `tables` come after `[gateway]` (which names the listener) and
    /// `[console]`; `{dir}` in them becomes the folder.
    pub fn new(gateway: &str, tables: &str) -> Site {
        let dir = tempfile::tempdir().expect("a folder");
        let site = Site { dir, port: free_port(), console: free_port(), machine: None };
        std::fs::create_dir(site.path().join(TEMPORARY)).expect("a folder");
        site.write(gateway, tables);
        site
    }

    pub fn write(&self, gateway: &str, tables: &str) {
        let text = format!(
            "[gateway]\nlisten = [\"127.0.0.1:{}\"]\nhostname = \"sluss.kommun.example\"\n{gateway}\n\
             [console]\nlisten = \"127.0.0.1:{}\"\n{tables}\n",
            self.port, self.console
        );
        let text = text.replace("{dir}", &self.path().display().to_string());
        std::fs::write(self.config(), text).expect("configuration written");
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn config(&self) -> PathBuf {
        self.path().join("sluss.toml")
    }

    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// Makes the identity that held mail is sealed to, and gives its `age1…` recipient.
    pub fn make_key(&self, name: &str) -> String {
        let file = self.path().join(name);
        let made = run(&["keys", "new", file.to_str().expect("a plain path")]);
        assert!(made.status.success(), "keys new: {}", String::from_utf8_lossy(&made.stderr));
        let printed = String::from_utf8(made.stdout).expect("text");
        let recipient = printed.split_whitespace().find(|word| word.starts_with("age1")).expect("a recipient");
        recipient.to_owned()
    }

    /// Runs a command of the program with this site's configuration.
    pub fn run(&self, arguments: &[&str]) -> Output {
        let output = self.command(arguments).output().expect("the program starts");
        planted::assert_output(arguments, &output);
        output
    }

    /// A command of the program with this site's configuration, not started.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = match self.machine {
            None => Command::new(PROGRAM),
            Some(name) => {
                // The program takes the place of the shell: its process id is that of the child.
                let mut command = Command::new("unshare");
                command.args(["--uts", "sh", "-c", "hostname \"$0\" && exec \"$@\"", name, PROGRAM]);
                command
            }
        };
        command.arg("--config").arg(self.config()).args(arguments).env_remove("SLUSS_CONFIG");
        // What it leaves in the temporary folder is searched with the rest.
        command.env("TMPDIR", self.path().join(TEMPORARY));
        command
    }

    /// The same with something on its standard input.
    pub fn run_with(&self, arguments: &[&str], input: &str) -> Output {
        use std::io::Write;
        let mut command = self.command(arguments);
        let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = pipes.spawn().expect("the program starts");
        // One that refuses its arguments ends without reading.
        let _ = child.stdin.take().expect("piped").write_all(input.as_bytes());
        let output = child.wait_with_output().expect("it ends");
        planted::assert_output(arguments, &output);
        output
    }

    /// Starts `sluss serve` and waits until it is ready.
    pub fn start(&self) -> Sluss {
        self.start_with(&[])
    }

    pub fn start_with(&self, environment: &[(&str, &str)]) -> Sluss {
        let mut sluss = self.spawn(environment);
        sluss.wait_until_ready(self.console);
        sluss
    }

    /// Starts `sluss serve` and waits until it takes mail, though its next hop may be away. `Err` is what it
    /// wrote instead.
    pub fn start_serving(&self) -> Result<Sluss, String> {
        let mut sluss = self.spawn(&[]);
        let end = Instant::now() + START;
        // Said once all sockets are bound; a connection made to find out would count against limits.
        while !sluss.log().contains("\"serving\"") {
            if !sluss.is_running() || Instant::now() >= end {
                return Err(sluss.log());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(sluss)
    }

    /// Starts `sluss serve` without waiting for anything.
    pub fn spawn(&self, environment: &[(&str, &str)]) -> Sluss {
        let log = self.path().join("log");
        let file = std::fs::OpenOptions::new().create(true).append(true).open(&log).expect("a log file");
        let child = self
            .command(&["serve"])
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("a second handle"))
            .stderr(file)
            .spawn()
            .expect("the program starts");
        Sluss { child, log, console: self.console }
    }
}

/// Searches everything that the program has left behind.
impl Drop for Site {
    fn drop(&mut self) {
        planted::assert_none(planted::search_folder(self.path()));
    }
}

/// A running `sluss serve`; killed when dropped.
pub struct Sluss {
    child: Child,
    log: PathBuf,
    console: u16,
}

impl Sluss {
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// All it has written so far.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// The log's line about the newest mail, which is written before its sender hears of it.
    pub fn last_mail(&self) -> serde_json::Value {
        let log = self.log();
        let mut lines = log.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        lines.rfind(|line| line["message"] == "message").unwrap_or_else(|| panic!("no mail in\n{log}"))
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("a child of ours").is_none()
    }

    fn wait_until_ready(&mut self, console: u16) {
        let end = Instant::now() + START;
        while Instant::now() < end {
            if !self.is_running() {
                panic!("it ended before it was ready:\n{}", self.log());
            }
            if get(console, "/readyz").is_some_and(|(status, _)| status == 200) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("it was not ready in time: {:?}\n{}", get(console, "/readyz"), self.log());
    }

    /// SIGKILL, as a power cut would be.
    pub fn kill(&mut self) {
        // An error means that it is dead already, which is what was wanted.
        let _ = self.child.kill();
        self.child.wait().expect("a child of ours");
    }

    pub fn signal(&self, signal: nix::sys::signal::Signal) {
        let pid = nix::unistd::Pid::from_raw(self.child.id().try_into().expect("a process id"));
        nix::sys::signal::kill(pid, signal).expect("it runs");
    }

    /// Searches what its console tells whoever asks.
    fn search_pages(&self) {
        for path in ["/metrics", "/readyz"] {
            let page = get(self.console, path).map(|(_, page)| page).unwrap_or_default();
            planted::assert_none(planted::search(path, page.as_bytes()));
        }
    }

    /// SIGTERM, and waits for its end.
    pub fn stop(mut self) -> ExitStatus {
        self.search_pages();
        self.signal(nix::sys::signal::Signal::SIGTERM);
        self.wait()
    }

    /// Waits for an end that somebody else has caused.
    pub fn wait(&mut self) -> ExitStatus {
        self.ended_within(STOP).unwrap_or_else(|| panic!("it did not end in time:\n{}", self.log()))
    }

    /// The same, for a test that has something to say when it does not end.
    pub fn ended_within(&mut self, patience: Duration) -> Option<ExitStatus> {
        let end = Instant::now() + patience;
        while Instant::now() < end {
            if let Some(status) = self.child.try_wait().expect("a child of ours") {
                return Some(status);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        None
    }
}

impl Drop for Sluss {
    fn drop(&mut self) {
        self.kill();
    }
}

/// `GET path` on a port of loopback: status and body.
pub fn get(port: u16, path: &str) -> Option<(u16, String)> {
    use std::io::{Read, Write};
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    let status = text.split(' ').nth(1)?.parse().ok()?;
    let body = text.split_once("\r\n\r\n")?.1.to_owned();
    Some((status, body))
}
