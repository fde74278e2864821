//! What was answered, and how it compares with what is there.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::client::Kind;

/// Nothing in a run takes this long; a wait that does has found a fault.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Default)]
pub struct Ledger {
    next: AtomicU64,
    answers: Mutex<BTreeMap<u64, (Kind, u16)>>,
}

/// The comparison.
#[derive(Default)]
pub struct Report {
    /// Answered 250, by kind.
    pub accepted: [usize; 3],
    pub refused: usize,
    pub deferred: usize,
    pub at_next_hop: usize,
    pub in_quarantine: usize,
    /// Answered 250, at neither place.
    pub lost: Vec<u64>,
    /// Answered 5xx, at one of the places.
    pub kept_though_refused: Vec<u64>,
}

impl Ledger {
    /// A number nobody has had.
    pub fn next(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    pub fn answer(&self, number: u64, kind: Kind, code: u16) {
        self.answers.lock().expect("no panic with it").insert(number, (kind, code));
    }

    /// Mails that got any answer to their dot.
    pub fn answered(&self) -> usize {
        self.answers.lock().expect("no panic with it").len()
    }

    /// Waits for so many answers; `check` is called meanwhile.
    pub fn wait_for(&self, answers: usize, mut check: impl FnMut()) {
        let end = Instant::now() + PATIENCE;
        while self.answered() < answers {
            check();
            assert!(Instant::now() < end, "no answers come any more");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    pub fn hold_against(&self, relayed: &BTreeSet<u64>, held: &BTreeSet<u64>) -> Report {
        let mut report = Report { at_next_hop: relayed.len(), in_quarantine: held.len(), ..Report::default() };
        for (&number, &(kind, code)) in self.answers.lock().expect("no panic with it").iter() {
            let there = relayed.contains(&number) || held.contains(&number);
            match code {
                250 => {
                    report.accepted[kind as usize] += 1;
                    if !there {
                        report.lost.push(number);
                    }
                }
                500..600 => {
                    report.refused += 1;
                    if there {
                        report.kept_though_refused.push(number);
                    }
                }
                _ => report.deferred += 1,
            }
        }
        report
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "answered 250: {} clean, {} confidential, {} of a refusing unit; 5xx: {}; 4xx: {}; at the next hop {}, \
             in quarantine {}; lost {:?}; kept though refused {:?}",
            self.accepted[0],
            self.accepted[1],
            self.accepted[2],
            self.refused,
            self.deferred,
            self.at_next_hop,
            self.in_quarantine,
            self.lost,
            self.kept_though_refused
        )
    }
}
