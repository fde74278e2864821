//! Heads of chains outside the chains: in the log, and in the chains of other writers. Whoever cuts the end off a
//! chain, or writes it anew, would have to reach all of them.

use std::collections::BTreeMap;
use std::fmt;
use std::io::BufRead;

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use jiff::Timestamp;

use super::event::{ANCHORED, Actor, Event};
use super::facts::Facts;
use crate::store::chain::GENESIS;
use crate::store::{Head, Link, Store, StoreError};

/// Longest line of a log that is read whole; a head stands in far shorter ones.
const MAX_LINE: usize = 1 << 20;

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
        let hash = HEXLOWER_PERMISSIVE.decode(hash.as_bytes()).map_err(|_| SHAPE)?;
        let sequence = sequence.parse().map_err(|_| SHAPE)?;
        if hash.len() != GENESIS.len() || writer.is_empty() || sequence < 1 {
            return Err(SHAPE);
        }
        Ok(Anchor { writer: writer.to_owned(), sequence, hash })
    }
}

/// As an anchor is written.
impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.writer, self.sequence, HEXLOWER.encode(&self.hash))
    }
}

/// Writes the heads of all chains to the log (target `sluss::audit`), and those of the other writers into this
/// writer's own chain. To be called every hour and at every stop, which appends an event of its own afterwards.
pub async fn anchor(store: &dyn Store, now: Timestamp) -> Result<(), StoreError> {
    let heads = store.audit_heads().await?;
    for head in &heads {
        tracing::info!(target: "sluss::audit", head = %head, "head");
    }
    let others: Vec<Head> = heads.into_iter().filter(|head| head.writer != store.writer()).collect();
    if others.is_empty() {
        return Ok(());
    }
    store.append(&Event::Anchored(others).entry(&Actor::System, now)).await
}

/// Every head that a log names, whatever the log's format: JSON lines, text, or what journal and syslog make of
/// them. Lines without a head are passed over.
pub fn in_log(log: impl BufRead) -> std::io::Result<Vec<Anchor>> {
    let mut log = log;
    let (mut anchors, mut line) = (Vec::new(), Vec::new());
    loop {
        line.clear();
        if std::io::Read::take(&mut log, MAX_LINE as u64).read_until(b'\n', &mut line)? == 0 {
            return Ok(anchors);
        }
        let text = String::from_utf8_lossy(&line);
        let words = text.split(|c: char| c.is_whitespace() || c.is_control() || "\"'\\,=;{}[]()".contains(c));
        // A terminal's colours end in an `m` before the word; the `[` before it was split at.
        let words = words.map(|word| word.strip_prefix("0m").unwrap_or(word));
        anchors.extend(words.filter_map(|word| word.parse::<Anchor>().ok()));
    }
}

/// Who saw a chain's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Witness {
    Log,
    OtherChain,
}

/// Anchors by writer and sequence. There may be several of one link: a log in which two lines disagree shows a chain
/// that was written anew.
#[derive(Default)]
pub(super) struct Anchors(BTreeMap<String, BTreeMap<i64, Vec<Seen>>>);

/// A hash, and who has seen it.
type Seen = (Vec<u8>, Witness);

impl Anchors {
    pub fn add(&mut self, anchor: Anchor, witness: Witness) {
        let of_link = self.0.entry(anchor.writer).or_default().entry(anchor.sequence).or_default();
        if !of_link.iter().any(|(hash, by)| *hash == anchor.hash && *by == witness) {
            of_link.push((anchor.hash, witness));
        }
    }

    /// Takes what an `anchored` says; every other event is passed over.
    pub fn read(&mut self, link: &Link) {
        if link.event != ANCHORED {
            return;
        }
        for word in Facts::of(link.detail.as_deref()).words("head") {
            if let Ok(anchor) = word.parse::<Anchor>()
                && anchor.writer != link.writer
            {
                self.add(anchor, Witness::OtherChain);
            }
        }
    }

    pub fn writers(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Who saw another hash for this link.
    pub fn contradicting(&self, link: &Link) -> Option<Witness> {
        let seen = self.0.get(&link.writer)?.get(&link.sequence)?;
        seen.iter().find(|(hash, _)| *hash != link.hash).map(|(_, witness)| *witness)
    }

    /// The last link of the chain that somebody saw.
    pub fn last(&self, writer: &str) -> Option<i64> {
        self.0.get(writer)?.last_key_value().map(|(sequence, _)| *sequence)
    }
}
