//! Walks every chain and names the first fault of each; counts what is held against what was recorded.

use std::fmt;

use crate::store::chain::GENESIS;
use crate::store::{Head, Link, Reconciliation, Store, StoreError};

/// A chain's state at one moment, from the log: `WRITER:SEQUENCE:HASH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    pub writer: String,
    pub sequence: i64,
    pub hash: Vec<u8>,
}

impl std::str::FromStr for Anchor {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const SHAPE: &str = "an anchor is WRITER:SEQUENCE:HASH, with a hash of 64 hex digits";
        let (rest, hash) = text.rsplit_once(':').ok_or(SHAPE)?;
        let (writer, sequence) = rest.rsplit_once(':').ok_or(SHAPE)?;
        let hash = data_encoding::HEXLOWER_PERMISSIVE.decode(hash.as_bytes()).map_err(|_| SHAPE)?;
        let sequence = sequence.parse().map_err(|_| SHAPE)?;
        if hash.len() != GENESIS.len() || writer.is_empty() || sequence < 1 {
            return Err(SHAPE);
        }
        Ok(Anchor { writer: writer.to_owned(), sequence, hash })
    }
}

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
    /// The entry does not follow the one before it: swapped, inserted, or the one before was replaced.
    OutOfPlace,
    /// The chain ends before its head.
    CutShort,
    /// There are entries after the head, or no head at all.
    BeyondHead,
    /// The log has another hash for this entry: the chain was written anew.
    NotAsLogged,
}

impl FaultKind {
    /// The word in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            FaultKind::Changed => "changed",
            FaultKind::Missing => "missing",
            FaultKind::OutOfPlace => "out-of-place",
            FaultKind::CutShort => "cut-short",
            FaultKind::BeyondHead => "beyond-head",
            FaultKind::NotAsLogged => "not-as-logged",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            FaultKind::Changed => "the entry was changed",
            FaultKind::Missing => "entries before this one are missing",
            FaultKind::OutOfPlace => "the entry does not follow the one before it",
            FaultKind::CutShort => "the chain ends before this entry",
            FaultKind::BeyondHead => "the entry is not covered by the chain's head",
            FaultKind::NotAsLogged => "the log has another hash for this entry",
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
}

impl Report {
    /// No chain has a fault, and every message that was ever held is accounted for.
    pub fn is_good(&self) -> bool {
        self.faults.is_empty() && self.figures.holds()
    }
}

/// Walks all chains. What is appended meanwhile is no fault: writers are read before heads, so that a chain
/// begun in between is not one without a head, and heads before links.
pub async fn verify(store: &dyn Store, anchors: &[Anchor]) -> Result<Report, StoreError> {
    let writers = store.audit_writers().await?;
    let heads = store.audit_heads().await?;
    let mut report = Report { figures: store.reconcile().await?, ..Report::default() };
    for writer in &writers {
        let head = heads.iter().find(|h| h.writer == *writer);
        let anchors: Vec<&Anchor> = anchors.iter().filter(|a| a.writer == *writer).collect();
        let (last, fault) = walk(store, writer, head, &anchors).await?;
        report.heads.push(last);
        report.faults.extend(fault);
    }
    for anchor in anchors.iter().filter(|a| !writers.contains(&a.writer)) {
        let (writer, sequence) = (anchor.writer.clone(), anchor.sequence);
        report.faults.push(Fault { writer, sequence, kind: FaultKind::CutShort });
    }
    Ok(report)
}

async fn walk(
    store: &dyn Store,
    writer: &str,
    head: Option<&Head>,
    anchors: &[&Anchor],
) -> Result<(Head, Option<Fault>), StoreError> {
    let mut last = Head { writer: writer.to_owned(), sequence: 0, hash: GENESIS.to_vec() };
    let fault = |sequence, kind| Some(Fault { writer: writer.to_owned(), sequence, kind });
    // From the very first row, should somebody have numbered one below 1.
    let mut after = i64::MIN;
    loop {
        let page = store.audit_links(writer, after).await?;
        if page.is_empty() {
            break;
        }
        for link in page {
            after = link.sequence;
            if let Some(kind) = check(&last, &link, anchors) {
                return Ok((last, fault(link.sequence, kind)));
            }
            // The head is older than the walk: later links need no head, but it must be one of them.
            if head.is_some_and(|h| h.sequence == link.sequence && h.hash != link.hash) {
                return Ok((last, fault(link.sequence, FaultKind::BeyondHead)));
            }
            last = Head { writer: link.writer, sequence: link.sequence, hash: link.hash };
        }
    }
    let expected = anchors.iter().map(|a| a.sequence).chain(head.map(|h| h.sequence)).max().unwrap_or(0);
    let verdict = if last.sequence < expected {
        fault(last.sequence + 1, FaultKind::CutShort)
    } else if head.is_none() {
        fault(1, FaultKind::BeyondHead)
    } else {
        None
    };
    Ok((last, verdict))
}

fn check(last: &Head, link: &Link, anchors: &[&Anchor]) -> Option<FaultKind> {
    if link.computed_hash().as_slice() != link.hash {
        return Some(FaultKind::Changed);
    }
    if link.sequence != last.sequence + 1 {
        return Some(FaultKind::Missing);
    }
    if link.previous != last.hash {
        return Some(FaultKind::OutOfPlace);
    }
    // Each of them: a log in which two lines disagree shows a chain that was written anew.
    let otherwise = |anchor: &&Anchor| anchor.sequence == link.sequence && anchor.hash != link.hash;
    anchors.iter().any(otherwise).then_some(FaultKind::NotAsLogged)
}
