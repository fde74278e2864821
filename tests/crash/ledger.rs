//! What was answered, and how it compares with what is there.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::client::Kind;

/// Nothing in a run takes this long; a wait that does has found a fault.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Default)]
pub struct Ledger {
    next: AtomicU64,
    answered: AtomicUsize,
    mails: Mutex<BTreeMap<u64, Mail>>,
}

/// What the client knows of one mail.
#[derive(Clone, Debug)]
pub struct Mail {
    pub kind: Kind,
    /// How often it went to its dot. Each time it was taken, unless a refusal came; where no answer came, or one that
    /// leaves it with the client, it goes once more.
    pub sent: usize,
    /// The last answer to its dot.
    pub code: Option<u16>,
    /// What it is held by, when an answer said so.
    pub reference: Option<String>,
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

    /// The mail is about to go to its dot.
    pub fn sends(&self, number: u64, kind: Kind) {
        let mut mails = self.mails.lock().expect("no panic with it");
        mails.entry(number).or_insert(Mail { kind, sent: 0, code: None, reference: None }).sent += 1;
    }

    pub fn answer(&self, number: u64, code: u16, reference: Option<&str>) {
        let mut mails = self.mails.lock().expect("no panic with it");
        let mail = mails.get_mut(&number).expect("it was sent");
        mail.code = Some(code);
        mail.reference = reference.map(str::to_owned);
        if code / 100 != 4 {
            self.answered.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Mails that were accepted or refused.
    pub fn answered(&self) -> usize {
        self.answered.load(Ordering::Relaxed)
    }

    /// All mails that went to their dot, by number.
    pub fn mails(&self) -> BTreeMap<u64, Mail> {
        self.mails.lock().expect("no panic with it").clone()
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
        for (number, Mail { kind, code, .. }) in self.mails() {
            let there = relayed.contains(&number) || held.contains(&number);
            match code.unwrap_or_default() {
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
