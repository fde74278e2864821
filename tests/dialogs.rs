//! Runs the conversations in `tests/dialogs/` against the real program and a next hop that records
//! what it gets. One behaviour a file; `tests/support/script.rs` says what the lines mean.

#[path = "support/capture.rs"]
mod capture;
#[path = "support/next_hop.rs"]
mod next_hop;
#[path = "support/planted.rs"]
mod planted;
#[path = "support/script.rs"]
mod script;
#[path = "support/sluss.rs"]
mod sluss;
#[path = "support/wire.rs"]
mod wire;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use capture::Capture;
use nix::sys::signal::Signal;
use script::{Overrides, Script, Step, matches, unescape};
use sluss::{Site, Sluss};
use wire::{Certificates, Client, PATIENCE};

#[test]
fn dialogs() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dialogs");
    // DIALOG=starttls runs those with that in their name
    let wanted = std::env::var("DIALOG").unwrap_or_default();
    let mut groups: BTreeMap<_, Vec<Script>> = BTreeMap::new();
    let mut failures = Vec::new();
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).expect("tests/dialogs") {
        let path = entry.expect("entry").path();
        let name = path.file_name().expect("name").to_string_lossy().into_owned();
        if !name.ends_with(".dialog") || !name.contains(&wanted) {
            continue;
        }
        count += 1;
        match Script::read(&path) {
            Ok(script) => {
                // a script that ends its relay has one of its own
                let own = script.steps.iter().any(|(_, step)| *step == Step::Terminate).then(|| name.clone());
                groups.entry((script.overrides.clone(), script.behaviour.clone(), own)).or_default().push(script);
            }
            Err(error) => failures.push(format!("{name}: {error}")),
        }
    }
    assert!(count > 0, "no dialog called {wanted}");

    let certificates = Certificates::new();
    for ((overrides, behaviour, _), scripts) in groups {
        let capture = Capture::start(behaviour);
        let site = site(capture.address(), &overrides, &certificates);
        let mut relay = match site.start_serving() {
            Ok(relay) => relay,
            Err(log) => {
                let names: Vec<_> = scripts.iter().filter_map(|script| script.path.file_name()).collect();
                failures.push(format!("{names:?}: the relay did not come up\n{log}"));
                continue;
            }
        };
        for script in scripts {
            let once = [String::new()];
            let variants = if script.variants.is_empty() { &once[..] } else { &script.variants };
            for variant in variants {
                capture.clear();
                let address = site.address();
                let mut run = Run { relay: &mut relay, address, capture: &capture, certificates: &certificates };
                if let Err(error) = run.script(&script, variant) {
                    let name = script.path.file_name().unwrap_or_default().to_string_lossy();
                    failures.push(format!(
                        "{name}:{error}{}",
                        if variant.is_empty() { String::new() } else { format!(" [{variant}]") }
                    ));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{} of {count} dialogs:\n{}", failures.len(), failures.join("\n"));
}

/// What every relay of a dialog has, with the script's own lines.
fn site(next_hop: SocketAddr, overrides: &Overrides, certificates: &Certificates) -> Site {
    let site = Site::new("", "");
    certificates.write_to(site.path());
    let lines = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
    let address = format!("address = \"{next_hop}\"");
    let recipients = format!("recipients = [\"{}\"]", site.make_key("sluss.key"));
    let (gateway, tables) = overrides.over(&[
        ("gateway", &lines(&["allow_networks = [\"127.0.0.0/8\"]"])),
        ("next_hop.default", &lines(&[&address, "tls = \"none\""])),
        ("store", &lines(&["url = \"sqlite:sluss.db\""])),
        ("secret", &lines(&["file = \"sluss.secret\""])),
        ("seal", &lines(&[&recipients])),
        ("policy", &lines(&["mode = \"observe\""])),
    ]);
    site.write(&gateway, &tables);
    site
}

struct Run<'a> {
    relay: &'a mut Sluss,
    address: SocketAddr,
    capture: &'a Capture,
    certificates: &'a Certificates,
}

impl Run<'_> {
    /// `Err` is `LINE: what was expected and found`.
    fn script(&mut self, script: &Script, variant: &str) -> Result<(), String> {
        let mut clients = BTreeMap::from([("1".to_owned(), Client::connect(self.address))]);
        let mut current = "1".to_owned();
        for (line, step) in &script.steps {
            let client = clients.get_mut(&current).ok_or(format!("{line}: no connection {current}"))?;
            let outcome = match step {
                Step::Connect(name) => {
                    clients.insert(name.clone(), Client::connect(self.address));
                    current.clone_from(name);
                    Ok(())
                }
                Step::Use(name) => {
                    current.clone_from(name);
                    Ok(())
                }
                step => self.step(client, step, variant),
            };
            outcome.map_err(|error| format!("{line}: {error}"))?;
        }
        Ok(())
    }

    fn step(&mut self, client: &mut Client, step: &Step, variant: &str) -> Result<(), String> {
        match step {
            Step::Send { text, raw } => {
                let mut bytes = unescape(&text.replace("{v}", variant));
                if !raw {
                    bytes.extend_from_slice(b"\r\n");
                }
                client.send(&bytes);
                Ok(())
            }
            Step::Expect(glob) => match client.line()? {
                Some(line) if matches(glob, &line) => Ok(()),
                line => Err(format!("expected {glob:?}, got {line:?}")),
            },
            Step::ExpectAll(code) => {
                client.reply.clear();
                loop {
                    let line = client.line()?.ok_or("closed inside a reply")?;
                    let (head, text) = line.split_at_checked(4).ok_or(format!("not a reply: {line:?}"))?;
                    client.reply.push(text.to_owned());
                    match head.strip_prefix(code.as_str()) {
                        Some(" ") => return Ok(()),
                        Some("-") => {}
                        _ => return Err(format!("expected {code}, got {line:?}")),
                    }
                }
            }
            Step::Offers { glob, yes } => {
                let found = client.reply.iter().any(|line| matches(glob, line));
                if found == *yes { Ok(()) } else { Err(format!("offers {:?}", client.reply)) }
            }
            Step::Closed => match client.line()? {
                None => Ok(()),
                Some(line) => Err(format!("expected a closed connection, got {line:?}")),
            },
            Step::HangUp => {
                client.hang_up();
                Ok(())
            }
            Step::StartTls(name) => client.start_tls(self.certificates, name.as_deref()),
            Step::Wait(time) => {
                std::thread::sleep(*time);
                Ok(())
            }
            Step::Terminate => {
                self.relay.signal(Signal::SIGTERM);
                Ok(())
            }
            Step::Exits => match self.relay.ended_within(PATIENCE) {
                Some(status) if status.success() => Ok(()),
                status => Err(format!("ended with {status:?}\n{}", self.relay.log())),
            },
            Step::NextHop { what, value } => self.next_hop(what, value),
            Step::Connect(_) | Step::Use(_) => Ok(()),
        }
    }

    fn next_hop(&self, what: &str, value: &str) -> Result<(), String> {
        if what.is_empty() {
            let wanted = match value.split_once(' ') {
                Some((count, _)) => count.parse().map_err(|_| format!("{value}: no number"))?,
                None => 0,
            };
            return self.eventually(|| {
                let count = self.capture.captured().len();
                if count == wanted { Ok(()) } else { Err(format!("{count} messages at the next hop")) }
            });
        }
        let captured = self.capture.captured();
        let last = captured.last().ok_or("nothing at the next hop")?;
        let found = match what {
            "mail" => matches(value, &last.mail),
            "rcpt" => last.recipients.iter().any(|recipient| matches(value, recipient)),
            "text" => last.text.ends_with(&unescape(value)),
            _ => return Err(format!("next-hop {what}: what is that?")),
        };
        if found {
            return Ok(());
        }
        Err(format!("the next hop has {:?} to {:?}: {}", last.mail, last.recipients, last.text.escape_ascii()))
    }

    /// For what a relay does after the client has gone: true at some time, within patience.
    fn eventually(&self, check: impl Fn() -> Result<(), String>) -> Result<(), String> {
        let until = Instant::now() + PATIENCE;
        loop {
            match check() {
                Err(_) if Instant::now() < until => std::thread::sleep(Duration::from_millis(10)),
                outcome => return outcome,
            }
        }
    }
}
