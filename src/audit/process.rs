//! Processes as the chains know them: which began, which ended in order, and whether their figures come out even.

use std::fmt;
use std::sync::OnceLock;

use jiff::Timestamp;

use super::event::{STARTED, STOPPED};
use super::facts::Facts;
use crate::message::MessageId;
use crate::store::{Link, Store, StoreError};

/// Changes with every start of the machine.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// What one process counted of the dots it answered. Process identity: answered = relayed + warned + rerouted + held
/// + bypassed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Dots answered 250.
    pub answered: u64,
    /// Observed mail, which is relayed, included.
    pub relayed: u64,
    pub warned: u64,
    pub rerouted: u64,
    pub held: u64,
    /// Relayed while the bypass was on, though judged otherwise.
    pub bypassed: u64,
}

impl Figures {
    pub fn accounted(&self) -> u64 {
        [self.relayed, self.warned, self.rerouted, self.held, self.bypassed]
            .iter()
            .fold(0, |sum, n| sum.saturating_add(*n))
    }

    pub fn come_out_even(&self) -> bool {
        self.answered == self.accounted()
    }

    fn read(facts: &Facts<'_>) -> Option<Figures> {
        Some(Figures {
            answered: facts.number("answered")?,
            relayed: facts.number("relayed")?,
            warned: facts.number("warned")?,
            rerouted: facts.number("rerouted")?,
            held: facts.number("held")?,
            bypassed: facts.number("bypassed")?,
        })
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Figures { answered, relayed, warned, rerouted, held, bypassed } = self;
        write!(
            f,
            "answered={answered} relayed={relayed} warned={warned} rerouted={rerouted} held={held} bypassed={bypassed}"
        )
    }
}

/// A process that has begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    pub writer: String,
    pub started: Option<Timestamp>,
    pub pid: u64,
    pub end: End,
}

/// What is known of its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// In order. The figures of what it took, where it took mail and its version counted them.
    Stopped { at: Option<Timestamp>, figures: Option<Figures> },
    /// It runs on this machine.
    Running,
    /// It is gone from this machine and never said so; of what it counted nothing is known, of what it held all.
    Died,
    /// It has not said that it ended, and runs on another machine or nowhere.
    Unknown,
}

/// This process, as its `started` and `stopped` name it.
pub(super) fn here() -> String {
    static PROCESS: OnceLock<MessageId> = OnceLock::new();
    let process = PROCESS.get_or_init(MessageId::random);
    format!("pid={} process={process} boot={}", std::process::id(), boot())
}

fn boot() -> String {
    std::fs::read_to_string(BOOT_ID).map_or_else(|_| "-".to_owned(), |id| id.trim().to_owned())
}

/// All processes of all chains, writer after writer in the order in which they began. `writer` is the name of this
/// machine, on which is looked whether a process is there.
pub async fn processes(store: &dyn Store, writer: &str) -> Result<Vec<Process>, StoreError> {
    let mut all = Vec::new();
    for name in store.audit_writers().await? {
        let mut begun: Vec<(Option<String>, Option<String>, Process)> = Vec::new();
        let mut after = i64::MIN;
        loop {
            let page = store.audit_marks(&name, after).await?;
            let Some(last) = page.last() else { break };
            after = last.sequence;
            page.iter().for_each(|link| follow(&mut begun, link));
        }
        let boot = boot();
        all.extend(begun.into_iter().map(|(_, of_boot, process)| match process.end {
            End::Unknown if name == writer => {
                let there = of_boot.as_deref() == Some(boot.as_str()) && is_ours(process.pid);
                Process { end: if there { End::Running } else { End::Died }, ..process }
            }
            _ => process,
        }));
    }
    Ok(all)
}

/// Adds a beginning, or puts an end to the one it belongs to.
fn follow(begun: &mut Vec<(Option<String>, Option<String>, Process)>, link: &Link) {
    let facts = Facts::of(link.detail.as_deref());
    let at = Timestamp::from_millisecond(link.at_ms).ok();
    let (pid, id) = (facts.number("pid").unwrap_or_default(), facts.word("process").map(str::to_owned));
    match link.event.as_str() {
        STARTED => {
            let process = Process { writer: link.writer.clone(), started: at, pid, end: End::Unknown };
            begun.push((id, facts.word("boot").map(str::to_owned), process));
        }
        STOPPED => {
            // The last one, should an old version's process number have come twice.
            let own = begun.iter_mut().rev().find(|(known, _, process)| *known == id && process.pid == pid);
            if let Some((_, _, process)) = own {
                process.end = End::Stopped { at, figures: Figures::read(&facts) };
            }
        }
        _ => {}
    }
}

/// The process is there, and is this program.
fn is_ours(pid: u64) -> bool {
    let name = |pid: &str| std::fs::read_to_string(format!("/proc/{pid}/comm")).ok();
    let there = name(&pid.to_string());
    there.is_some() && there == name("self")
}
