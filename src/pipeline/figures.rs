//! What a process took in its life. Dots answered 250 are counted where the reply is made, outcomes where the mail was
//! carried out; that both come out even is the proof that no mail was taken and left out of the figures.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::audit;

/// Counts since the process began.
#[derive(Debug, Default)]
pub struct Figures {
    answered: AtomicU64,
    relayed: AtomicU64,
    warned: AtomicU64,
    rerouted: AtomicU64,
    held: AtomicU64,
    bypassed: AtomicU64,
}

impl Figures {
    /// A dot is answered 250.
    pub fn answered(&self) {
        self.answered.fetch_add(1, Relaxed);
    }

    /// A mail was taken, by this outcome.
    pub(super) fn taken(&self, outcome: &str) {
        let count = match outcome {
            "relayed" => &self.relayed,
            "warned" => &self.warned,
            "rerouted" => &self.rerouted,
            "held" => &self.held,
            "bypassed" => &self.bypassed,
            // Then the figures do not come out even, which is what they are for.
            _ => return,
        };
        count.fetch_add(1, Relaxed);
    }

    /// As they are now, for the record.
    pub fn now(&self) -> audit::Figures {
        audit::Figures {
            answered: self.answered.load(Relaxed),
            relayed: self.relayed.load(Relaxed),
            warned: self.warned.load(Relaxed),
            rerouted: self.rerouted.load(Relaxed),
            held: self.held.load(Relaxed),
            bypassed: self.bypassed.load(Relaxed),
        }
    }
}
