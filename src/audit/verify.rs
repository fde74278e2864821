//! Walks every chain and names the first fault of each; counts what is held against what was recorded.

use std::collections::BTreeMap;
use std::fmt;

use super::anchor::{Anchor, Anchors, Witness};
use super::checkpoint::{proven, proven_removed};
use crate::message::Keys;
use crate::store::chain::GENESIS;
use crate::store::{Cut, Head, Link, Reconciliation, Removed, Store, StoreError};

/// The first thing wrong with a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub writer: String,
    /// Sequence number at which it shows.
    pub sequence: i64,
    pub kind: FaultKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The entry is not what was written.
    Changed,
    /// One or more entries are missing before this one, or its number is none a chain has.
    Missing,
    /// The chain begins here, and no checkpoint with our seal says that it may.
    CutWithoutCheckpoint,
    /// The entry does not follow the one before it: swapped, inserted, or the one before was replaced.
    OutOfPlace,
    /// The chain ends before its head, or before an entry that was seen.
    CutShort,
    /// There are entries after the head, or no head at all.
    BeyondHead,
    /// The log has another hash for this entry: the chain was written anew.
    NotAsLogged,
    /// Another writer's chain has another hash for this entry.
    NotAsAnchored,
}

impl FaultKind {
    /// The word in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            FaultKind::Changed => "changed",
            FaultKind::Missing => "missing",
            FaultKind::CutWithoutCheckpoint => "cut-without-checkpoint",
            FaultKind::OutOfPlace => "out-of-place",
            FaultKind::CutShort => "cut-short",
            FaultKind::BeyondHead => "beyond-head",
            FaultKind::NotAsLogged => "not-as-logged",
            FaultKind::NotAsAnchored => "not-as-anchored",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            FaultKind::Changed => "the entry was changed",
            FaultKind::Missing => "entries before this one are missing",
            FaultKind::CutWithoutCheckpoint => "the chain begins here, and no sealed checkpoint says that it may",
            FaultKind::OutOfPlace => "the entry does not follow the one before it",
            FaultKind::CutShort => "the chain ends before this entry",
            FaultKind::BeyondHead => "the entry is not covered by the chain's head",
            FaultKind::NotAsLogged => "the log has another hash for this entry",
            FaultKind::NotAsAnchored => "another writer's chain has another hash for this entry",
        };
        write!(f, "{} {}: {what}", self.writer, self.sequence)
    }
}

/// What a walk over all chains found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Last link of every chain as walked.
    pub heads: Vec<Head>,
    /// At most one a chain, in order of the writers' names; then anchors that no chain has.
    pub faults: Vec<Fault>,
    /// Messages against the chains' `held` events: a message taken out of the queue shows here.
    pub figures: Reconciliation,
    /// What the chains prove to have been deleted by decision, where that is not what the store says.
    pub removed_otherwise: Option<Removed>,
}

impl Report {
    /// No chain has a fault, and every message that was ever held is accounted for.
    pub fn is_good(&self) -> bool {
        self.faults.is_empty() && self.figures.holds() && self.removed_otherwise.is_none()
    }
}

/// Walks all chains, and holds them against `anchors` from the log. Without `keys` no checkpoint counts: a chain
/// that has been pruned has a fault.
///
/// What is appended meanwhile is no fault: writers are read before heads, so that a chain begun in between is not one
/// without a head, and heads before links. What is pruned meanwhile may be one; it is gone when asked again.
pub async fn verify(store: &dyn Store, keys: Option<&Keys>, anchors: &[Anchor]) -> Result<Report, StoreError> {
    let writers = store.audit_writers().await?;
    let heads = store.audit_heads().await?;
    let mut report = Report { figures: store.reconcile().await?, ..Report::default() };
    let seen = Seen::in_chains(store, keys, &writers, anchors).await?;
    for writer in &writers {
        let head = heads.iter().find(|h| h.writer == *writer);
        let (last, fault) = walk(store, writer, head, &seen).await?;
        report.heads.push(last);
        report.faults.extend(fault);
    }
    for writer in seen.anchors.writers().filter(|writer| !writers.iter().any(|known| known == writer)) {
        if let Some(sequence) = seen.anchors.last(writer) {
            report.faults.push(Fault { writer: writer.to_owned(), sequence, kind: FaultKind::CutShort });
        }
    }
    report.removed_otherwise = (seen.removed != report.figures.removed).then_some(seen.removed);
    Ok(report)
}

/// What links and log say of chains.
#[derive(Default)]
struct Seen {
    anchors: Anchors,
    /// Of each chain the cut that was proven last.
    cuts: BTreeMap<String, Cut>,
    removed: Removed,
}

impl Seen {
    async fn in_chains(
        store: &dyn Store,
        keys: Option<&Keys>,
        writers: &[String],
        anchors: &[Anchor],
    ) -> Result<Seen, StoreError> {
        let mut seen = Seen::default();
        anchors.iter().for_each(|anchor| seen.anchors.add(anchor.clone(), Witness::Log));
        for writer in writers {
            let mut after = i64::MIN;
            loop {
                let page = store.audit_marks(writer, after).await?;
                let Some(last) = page.last() else { break };
                after = last.sequence;
                page.iter().for_each(|link| seen.take(link, keys));
            }
        }
        Ok(seen)
    }

    fn take(&mut self, link: &Link, keys: Option<&Keys>) {
        self.anchors.read(link);
        let Some(keys) = keys else { return };
        if let Some(cut) = proven(link, keys)
            && self.cuts.get(&cut.writer).is_none_or(|known| known.sequence < cut.sequence)
        {
            self.cuts.insert(cut.writer.clone(), cut);
        }
        if let Some(removed) = proven_removed(link, keys)
            && self.removed.all() < removed.all()
        {
            self.removed = removed;
        }
    }
}

async fn walk(
    store: &dyn Store,
    writer: &str,
    head: Option<&Head>,
    seen: &Seen,
) -> Result<(Head, Option<Fault>), StoreError> {
    let begins = match seen.cuts.get(writer) {
        Some(cut) => Head { writer: writer.to_owned(), sequence: cut.sequence, hash: cut.hash.clone() },
        None => Head { writer: writer.to_owned(), sequence: 0, hash: GENESIS.to_vec() },
    };
    let first = begins.sequence + 1;
    let mut last = begins;
    let fault = |sequence, kind| Some(Fault { writer: writer.to_owned(), sequence, kind });
    // From the very first row, should somebody have numbered one below 1.
    let mut after = i64::MIN;
    loop {
        let page = store.audit_links(writer, after).await?;
        if page.is_empty() {
            break;
        }
        for link in page {
            let begins = after == i64::MIN;
            after = link.sequence;
            if let Some(kind) = check(&last, &link, &seen.anchors) {
                let cut = begins && kind == FaultKind::Missing && link.sequence > 1;
                return Ok((last, fault(link.sequence, if cut { FaultKind::CutWithoutCheckpoint } else { kind })));
            }
            // The head is older than the walk: later links need no head, but it must be one of them.
            if head.is_some_and(|h| h.sequence == link.sequence && h.hash != link.hash) {
                return Ok((last, fault(link.sequence, FaultKind::BeyondHead)));
            }
            last = Head { writer: link.writer, sequence: link.sequence, hash: link.hash };
        }
    }
    let expected = seen.anchors.last(writer).into_iter().chain(head.map(|h| h.sequence)).max().unwrap_or(0);
    let verdict = if last.sequence < expected || last.sequence < first {
        fault(last.sequence + 1, FaultKind::CutShort)
    } else if head.is_none() {
        fault(first, FaultKind::BeyondHead)
    } else {
        None
    };
    Ok((last, verdict))
}

fn check(last: &Head, link: &Link, anchors: &Anchors) -> Option<FaultKind> {
    if link.computed_hash().as_slice() != link.hash {
        return Some(FaultKind::Changed);
    }
    if link.sequence != last.sequence + 1 {
        return Some(FaultKind::Missing);
    }
    if link.previous != last.hash {
        return Some(FaultKind::OutOfPlace);
    }
    anchors.contradicting(link).map(|witness| match witness {
        Witness::Log => FaultKind::NotAsLogged,
        Witness::OtherChain => FaultKind::NotAsAnchored,
    })
}
