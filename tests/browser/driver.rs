//! Chromium, led by Debian's chromedriver: WebDriver is JSON over HTTP on loopback, and `goog/cdp/execute` hands on
//! what only the browser's own protocol has.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::front::{Front, HOST};
use crate::planted;

const DRIVER: &str = "chromedriver";
/// Folder of what is fetched, in the profile's.
const FETCHED: &str = "fetched";
const CHROMIUM: &str = "/usr/bin/chromium";
/// For one answer of the driver: a page that loads, a script that runs.
const ANSWER: Duration = Duration::from_secs(90);
/// For a page that follows a key.
const NEXT_PAGE: Duration = Duration::from_secs(90);

/// Keys as WebDriver names them.
pub const TAB: &str = "\u{e004}";
pub const ENTER: &str = "\u{e007}";
pub const SPACE: &str = " ";
pub const DOWN: &str = "\u{e015}";

/// A browser with a profile of its own; it ends, with all its processes, when dropped.
pub struct Browser {
    driver: Child,
    /// Read no further, kept so that the driver may write.
    _said: BufReader<ChildStdout>,
    port: u16,
    session: String,
    profile: TempDir,
}

impl Browser {
    /// Starts one that reaches nothing but this site.
    pub fn start(front: &Front) -> Browser {
        let profile = tempfile::tempdir().expect("a folder");
        let mut driver = Command::new(DRIVER)
            .arg("--port=0")
            .env("TMPDIR", profile.path())
            .env("HOME", profile.path())
            .env("LC_ALL", "C.UTF-8")
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{DRIVER} of Debian's chromium-driver: {error}"));
        let mut said = BufReader::new(driver.stdout.take().expect("piped"));
        let port = port_said(&mut said);
        let mut browser = Browser { driver, _said: said, port, session: String::new(), profile };
        let session = browser.ask("POST", "/session", &capabilities(front, &browser.profile));
        browser.session = session["sessionId"].as_str().expect("a session").to_owned();
        browser
    }

    /// Opens an address of the site.
    pub fn open(&self, path: &str) {
        self.command("url", &json!({ "url": format!("https://{HOST}{path}") }));
    }

    /// What the function body gives back.
    pub fn run(&self, script: &str) -> Value {
        self.command("execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// The same for one that calls its last argument.
    pub fn run_until_called(&self, script: &str) -> Value {
        self.command("execute/async", &json!({ "script": script, "args": [] }))
    }

    /// Presses and releases each of these keys.
    pub fn press(&self, keys: &str) {
        let key = |key: char| [json!({ "type": "keyDown", "value": key }), json!({ "type": "keyUp", "value": key })];
        let actions: Vec<Value> = keys.chars().flat_map(key).collect();
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": actions });
        self.command("actions", &json!({ "actions": [keyboard] }));
    }

    /// Presses a key that leads to another page, and waits for that.
    pub fn press_and_follow(&self, key: &str) {
        self.run("document.left = true");
        self.press(key);
        let end = Instant::now() + NEXT_PAGE;
        // Between two pages there is nothing to ask.
        let arrived = "return document.left !== true && document.readyState === 'complete'";
        let body = json!({ "script": arrived, "args": [] });
        while self.try_ask("POST", &self.path("execute/sync"), &body) != Ok(Value::Bool(true)) {
            assert!(Instant::now() < end, "no page came");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The file that was fetched, once it is there; it is taken away.
    pub fn fetched(&self, extension: &str) -> Vec<u8> {
        let end = Instant::now() + NEXT_PAGE;
        let folder = self.profile.path().join(FETCHED);
        loop {
            let files = std::fs::read_dir(&folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
            let mut whole = files.filter(|file| file.extension().is_some_and(|of| of == extension));
            if let Some(file) = whole.next() {
                let bytes = std::fs::read(&file).expect("a file of ours");
                std::fs::remove_file(&file).expect("a file of ours");
                return bytes;
            }
            assert!(Instant::now() < end, "nothing was fetched");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// What the browser has written since it was asked last: `browser` or `performance`.
    pub fn log(&self, kind: &str) -> Vec<Value> {
        self.command("se/log", &json!({ "type": kind })).as_array().cloned().unwrap_or_default()
    }

    /// A command of the browser's own protocol.
    pub fn cdp(&self, command: &str, parameters: &Value) -> Value {
        self.command("goog/cdp/execute", &json!({ "cmd": command, "params": parameters }))
    }

    fn path(&self, command: &str) -> String {
        format!("/session/{}/{command}", self.session)
    }

    fn command(&self, command: &str, body: &Value) -> Value {
        self.ask("POST", &self.path(command), body)
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        self.try_ask(method, path, body).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    fn try_ask(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let (status, mut answer) =
            exchange(self.port, method, path, &body.to_string()).map_err(|error| error.to_string())?;
        let value = answer["value"].take();
        if status == 200 { Ok(value) } else { Err(format!("{}: {}", value["error"], value["message"])) }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // In good order first; whatever is left then is killed, and what is not ours is not touched.
        let _ = self.try_ask("DELETE", &format!("/session/{}", self.session), &json!({}));
        let group = Pid::from_raw(self.driver.id().try_into().expect("a process id"));
        let _ = killpg(group, Signal::SIGKILL);
        let _ = self.driver.wait();
        for process in with_argument(&self.profile.path().display().to_string()) {
            let _ = kill(process, Signal::SIGKILL);
        }
        // Pages are kept by nobody: not by the browser either.
        planted::assert_none(planted::search_folder(self.profile.path()));
    }
}

fn capabilities(front: &Front, profile: &TempDir) -> Value {
    let arguments = [
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-crash-reporter",
        "--lang=en-US",
        "--window-size=1280,1024",
        &format!("--user-data-dir={}", profile.path().join("profile").display()),
        // No name leads anywhere but to the site, and no certificate is taken but its own.
        &format!("--host-resolver-rules=MAP {HOST} 127.0.0.1:{},MAP * ~NOTFOUND", front.port),
        &format!("--ignore-certificate-errors-spki-list={}", front.pin),
    ];
    json!({ "capabilities": { "alwaysMatch": {
        "browserName": "chrome",
        "timeouts": { "script": 60_000, "pageLoad": 60_000 },
        "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        "goog:chromeOptions": {
            "binary": CHROMIUM,
            "args": arguments,
            "prefs": { "download.default_directory": profile.path().join(FETCHED) },
        },
    } } })
}

/// The port on which the driver says that it listens.
fn port_said(said: &mut BufReader<ChildStdout>) -> u16 {
    let mut line = String::new();
    loop {
        line.clear();
        assert_ne!(said.read_line(&mut line).expect("text"), 0, "{DRIVER} ended before it listened");
        if let Some(port) = line.split("started successfully on port ").nth(1) {
            return port.trim().trim_end_matches('.').parse().expect("a port");
        }
    }
}

fn exchange(port: u16, method: &str, path: &str, body: &str) -> std::io::Result<(u16, Value)> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(ANSWER))?;
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\
         Content-Type: application/json; charset=utf-8\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut stream = BufReader::new(stream);
    let (mut line, mut status, mut length) = (String::new(), None, 0);
    while stream.read_line(&mut line)? > 2 {
        let lower = line.to_ascii_lowercase();
        match lower.split_once(':') {
            Some(("content-length", value)) => length = value.trim().parse().unwrap_or(0),
            Some(_) => {}
            None => status = line.split(' ').nth(1).and_then(|word| word.parse().ok()),
        }
        line.clear();
    }
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes)?;
    Ok((status.unwrap_or(0), serde_json::from_slice(&bytes)?))
}

/// Processes that were started with this in an argument: our own, since the folder's name is used once.
fn with_argument(text: &str) -> Vec<Pid> {
    let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
    let ids = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok());
    let ours = |id: &i32| {
        let line = std::fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(text)
    };
    ids.filter(ours).map(Pid::from_raw).collect()
}
