//! Retention: where a chain begins after old links were deleted, and the proof that it was by decision.
//!
//! A prune deletes the oldest links of every chain, at most [`crate::store::PRUNE_LINKS`] of each at a time, and the
//! records of messages that ended before. In the same transaction it appends one `pruned`, with the reference of the
//! decision, and a `checkpoint` for every chain that does not begin with its first link: sequence and hash of the
//! last link deleted, how many messages those links had held, and a seal. The seal is a keyed digest under the
//! installation's secret, which is not in the database: whoever can change the database can delete, but not seal.

use std::fmt;

use jiff::Timestamp;

use super::event::{Actor, CHECKPOINT, Event, PRUNED};
use super::facts::Facts;
use crate::message::Keys;
use crate::store::{Conflict, Cut, Link, Pruning, Removed, Store, StoreError};

/// Uses of the keyed digest.
const CHAIN: &str = "checkpoint";
const MESSAGES: &str = "pruned";
/// How often another prune that came first is followed by a new try.
const TRIES: u32 = 5;

/// What a prune deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    pub links: u64,
    /// Ended messages.
    pub messages: u64,
}

/// Deletes links and ended messages of the time before `before`; `decision` is the reference that allows it. Holds
/// and releases go on between the steps. Each step is whole: one that breaks off leaves chains that verify.
pub async fn prune(
    store: &dyn Store,
    keys: &Keys,
    before: Timestamp,
    decision: &str,
    (actor, now): (&Actor, Timestamp),
) -> Result<Pruned, StoreError> {
    let mut done = Pruned::default();
    let mut tries = 0;
    loop {
        let step = store.prune_plan(before).await?;
        if step.links == 0 && step.messages == 0 && step.disclosures == 0 {
            return Ok(done);
        }
        let removed = step.removed;
        let seal = keys.digest(MESSAGES, removed.to_string().as_bytes());
        let event = Event::Pruned { before, decision: decision.to_owned(), removed, seal };
        let mut entries = vec![event.entry(actor, now)];
        entries.extend(step.cuts.iter().map(|cut| {
            let seal = keys.digest(CHAIN, facts(cut).as_bytes());
            Event::Checkpoint { cut: cut.clone(), seal }.entry(actor, now)
        }));
        match store.prune(&step, &entries).await {
            Ok(()) => {
                tries = 0;
                add(&mut done, &step);
            }
            // Somebody else was at it.
            Err(StoreError::Conflict(Conflict::Outdated)) if tries < TRIES => tries += 1,
            Err(error) => return Err(error),
        }
    }
}

fn add(done: &mut Pruned, step: &Pruning) {
    done.links = done.links.saturating_add(step.links);
    done.messages = done.messages.saturating_add(step.messages);
}

/// What a checkpoint says, and what its seal covers.
pub(super) fn facts(cut: &Cut) -> String {
    let hash = data_encoding::HEXLOWER.encode(&cut.hash);
    format!("chain={} through={} hash={hash} held={}", cut.writer, cut.sequence, cut.held)
}

/// The cut that a `checkpoint` proves; `None` for another event, or where the seal is not ours.
pub(super) fn proven(link: &Link, keys: &Keys) -> Option<Cut> {
    if link.event != CHECKPOINT {
        return None;
    }
    let read = Facts::of(link.detail.as_deref());
    let cut = Cut {
        writer: read.word("chain")?.to_owned(),
        sequence: read.number("through")?,
        hash: data_encoding::HEXLOWER.decode(read.word("hash")?.as_bytes()).ok()?,
        held: read.number("held")?,
    };
    let seal = read.word("seal")?;
    keys.digests(CHAIN, facts(&cut).as_bytes()).iter().any(|ours| ours == seal).then_some(cut)
}

/// What is gone in all, as a `pruned` proves it.
pub(super) fn proven_removed(link: &Link, keys: &Keys) -> Option<Removed> {
    if link.event != PRUNED {
        return None;
    }
    let read = Facts::of(link.detail.as_deref());
    let removed = Removed {
        released: read.number("released")?,
        returned: read.number("returned")?,
        discarded: read.number("discarded")?,
        expired: read.number("expired")?,
    };
    let seal = read.word("seal")?;
    keys.digests(MESSAGES, removed.to_string().as_bytes()).iter().any(|ours| ours == seal).then_some(removed)
}

impl fmt::Display for Removed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Removed { released, returned, discarded, expired } = self;
        write!(f, "released={released} returned={returned} discarded={discarded} expired={expired}")
    }
}
