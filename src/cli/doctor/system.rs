//! The machine: its clock, the unit of the service, and what opens attachments and reads pictures.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

use super::finding::Finding;
use crate::cli::assemble::Readers;
use crate::inspect::helper::tesseract::Readiness;

/// For an answer of systemd.
const PATIENCE: Duration = Duration::from_secs(3);
/// There while systemd is the first process (sd_booted(3)).
const BOOTED: &str = "/run/systemd/system";

/// The unit of a role, as systemd knows it.
pub struct Unit {
    pub name: &'static str,
    properties: HashMap<String, String>,
}

impl Unit {
    /// `None` where systemd does not run or does not answer.
    pub async fn ask(name: &'static str) -> Option<Unit> {
        if !Path::new(BOOTED).exists() {
            return None;
        }
        const ASKED: &str = "LoadState,ActiveState,UnitFileState,User,SupplementaryGroups,AmbientCapabilities";
        let text = output("systemctl", &["show", "--property", ASKED, name]).await?;
        Some(Unit { name, properties: properties(&text) })
    }

    fn get(&self, property: &str) -> &str {
        self.properties.get(property).map_or("", String::as_str)
    }

    pub fn is_installed(&self) -> bool {
        self.get("LoadState") == "loaded"
    }

    /// The user it runs as.
    pub fn user(&self) -> Option<&str> {
        Some(self.get("User")).filter(|user| self.is_installed() && !user.is_empty())
    }

    pub fn groups(&self) -> impl Iterator<Item = &str> {
        self.get("SupplementaryGroups").split_ascii_whitespace()
    }

    /// May listen on any port.
    pub fn binds(&self) -> bool {
        self.get("AmbientCapabilities").contains("cap_net_bind_service")
    }

    pub fn finding(&self) -> Finding {
        let name = self.name;
        if !self.is_installed() {
            let what = format!("systemd runs, and has no {name}");
            return Finding::warning(
                "unit",
                what,
                "Install the unit from deploy/systemd, unless it is started otherwise.",
            );
        }
        match (self.get("ActiveState"), self.get("UnitFileState")) {
            ("active", "enabled" | "enabled-runtime" | "static" | "linked" | "alias" | "generated") => {
                Finding::ok("unit", format!("{name} is active, and starts with the machine"))
            }
            ("active", _) => {
                let what = format!("{name} is active, and will not start with the machine");
                Finding::warning("unit", what, format!("Run `systemctl enable {name}`."))
            }
            ("failed", _) => {
                let todo = format!("Read `journalctl -u {name} -e`, mend it, then `systemctl restart {name}`.");
                Finding::fault("unit", format!("{name} has failed"), todo)
            }
            (state, _) => {
                let todo = format!("Run `systemctl enable --now {name}` when the rest is well.");
                Finding::warning("unit", format!("{name} is {state}"), todo)
            }
        }
    }
}

/// `NAME=value` lines.
fn properties(text: &str) -> HashMap<String, String> {
    text.lines().filter_map(|line| line.split_once('=')).map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
}

async fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let run = Command::new(program).args(arguments).stdin(std::process::Stdio::null()).kill_on_drop(true).output();
    let output = timeout(PATIENCE, run).await.ok()?.ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Certificates, evidence and expiries go by the clock.
pub async fn clock() -> Finding {
    const CHECK: &str = "clock";
    let said = output("timedatectl", &["show", "--property", "NTPSynchronized", "--value"]).await;
    match said.as_deref().map(str::trim) {
        Some("yes") => Finding::ok(CHECK, "synchronised, as systemd says"),
        Some("no") => {
            let todo = "Run a time service (systemd-timesyncd, chrony) with a server that this machine reaches.";
            Finding::warning(CHECK, "not synchronised", todo)
        }
        _ => match output("chronyc", &["-c", "tracking"]).await {
            // The last column of the summary is the leap status (chronyc(1)).
            Some(line) if line.trim_end().ends_with("Normal") => Finding::ok(CHECK, "synchronised, as chrony says"),
            Some(_) => Finding::warning(CHECK, "chrony is not synchronised", "Look at `chronyc sources`."),
            None => Finding::warning(
                CHECK,
                "whether it is synchronised cannot be told here",
                "Make sure that the machine, or the host of this container, has a time service.",
            ),
        },
    }
}

/// Starts a process that opens attachments, as the relay does. Blocking.
pub fn attachments(readers: &Readers) -> Finding {
    const CHECK: &str = "attachments";
    match readers.attachments.ready() {
        Ok(()) => Finding::ok(CHECK, "the process that opens them starts, and its sandbox holds"),
        Err(why) => Finding::fault(
            CHECK,
            why,
            r#"Switch on what is missing (landlock, seccomp), or write sandbox = "best-effort" into [inspect]."#,
        ),
    }
}

/// Reads a picture, as the relay does at its start. Blocking.
pub fn pictures(readers: &Readers) -> Finding {
    const CHECK: &str = "pictures";
    let Some(tesseract) = &readers.tesseract else {
        return Finding::ok(CHECK, r#"not read, as [inspect] ocr = "off" says"#);
    };
    const INSTALL: &str = "Install tesseract-ocr with tesseract-ocr-nor and tesseract-ocr-swe.";
    match tesseract.ready() {
        Readiness::Reads(None) => Finding::ok(CHECK, "Tesseract reads them"),
        Readiness::Reads(Some(remark)) => Finding::warning(CHECK, remark, INSTALL),
        Readiness::Absent(why) => Finding::warning(CHECK, why, INSTALL),
        Readiness::Fails(why) => {
            Finding::fault(CHECK, why, "Look at the installation of Tesseract, and at the sandbox.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    #[test]
    fn a_unit_as_systemd_tells_of_it() {
        let unit = |text: &str| Unit { name: "sluss.service", properties: properties(text) };
        for (text, state) in [
            ("LoadState=not-found\nActiveState=inactive\n", State::Warning),
            ("LoadState=loaded\nActiveState=active\nUnitFileState=enabled\nUser=sluss\n", State::Ok),
            ("LoadState=loaded\nActiveState=active\nUnitFileState=disabled\n", State::Warning),
            ("LoadState=loaded\nActiveState=failed\nUnitFileState=enabled\n", State::Fault),
            ("LoadState=loaded\nActiveState=inactive\nUnitFileState=enabled\n", State::Warning),
        ] {
            assert_eq!(unit(text).finding().state, state, "{text}");
        }
        assert_eq!(unit("LoadState=loaded\nUser=sluss\n").user(), Some("sluss"));
        assert_eq!(unit("LoadState=not-found\nUser=sluss\n").user(), None);
        assert!(unit("AmbientCapabilities=cap_net_bind_service\n").binds());
    }
}
