//! One hash chain per writer: what an entry is, and what its hash covers.
//!
//! The hash of a link is SHA-256 over its canonical bytes, which include the hash of the link before
//! it, the writer's name and the sequence number. Changing, removing, inserting or swapping a link
//! breaks every later one; a chain cut short disagrees with its head, and with the heads in the log.

use aws_lc_rs::digest::{Context, SHA256};
use jiff::Timestamp;

use crate::message::{MessageId, Reference};

/// First field of the canonical bytes; a new layout gets a new word.
const LAYOUT: &[u8] = b"sluss audit 1";

pub type Hash = [u8; 32];

/// `previous` of the first link.
pub const GENESIS: Hash = [0; 32];

/// What is recorded; no content, no address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Stored in whole milliseconds.
    pub at: Timestamp,
    /// A word of the closed set in `audit`.
    pub event: &'static str,
    /// `system`, or the person's account name.
    pub actor: String,
    pub message: Option<MessageId>,
    pub reference: Option<Reference>,
    pub unit: Option<String>,
    /// As given by the person.
    pub reason: Option<String>,
    /// Facts of the event as `key=value` words, content-free.
    pub detail: Option<String>,
}

/// A stored entry in its place in the chain, as read: nothing in it is trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub writer: String,
    /// From 1, without gaps.
    pub sequence: i64,
    pub at_ms: i64,
    pub event: String,
    pub actor: String,
    pub message: Option<Vec<u8>>,
    pub reference: Option<String>,
    pub unit: Option<String>,
    pub reason: Option<String>,
    pub detail: Option<String>,
    pub previous: Vec<u8>,
    pub hash: Vec<u8>,
}

/// The last link of one chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub writer: String,
    pub sequence: i64,
    pub hash: Vec<u8>,
}

impl Link {
    /// The link that follows `head` (or starts the chain) in `writer`'s chain.
    pub(super) fn after(head: Option<&Head>, writer: &str, entry: &Entry) -> Self {
        let mut link = Link {
            writer: writer.to_owned(),
            sequence: head.map_or(0, |h| h.sequence) + 1,
            at_ms: entry.at.as_millisecond(),
            event: entry.event.to_owned(),
            actor: entry.actor.clone(),
            message: entry.message.map(|id| id.0.to_vec()),
            reference: entry.reference.as_ref().map(|r| r.as_str().to_owned()),
            unit: entry.unit.clone(),
            reason: entry.reason.clone(),
            detail: entry.detail.clone(),
            previous: head.map_or(GENESIS.to_vec(), |h| h.hash.clone()),
            hash: Vec::new(),
        };
        link.hash = link.computed_hash().to_vec();
        link
    }

    /// SHA-256 over the canonical bytes: the fields in this order, each with its length as eight
    /// big-endian bytes in front, an absent one marked by a length of all ones.
    pub fn computed_hash(&self) -> Hash {
        let sequence = self.sequence.to_be_bytes();
        let at = self.at_ms.to_be_bytes();
        let fields: [Option<&[u8]>; 12] = [
            Some(LAYOUT),
            Some(&self.previous),
            Some(self.writer.as_bytes()),
            Some(&sequence),
            Some(&at),
            Some(self.event.as_bytes()),
            Some(self.actor.as_bytes()),
            self.message.as_deref(),
            self.reference.as_deref().map(str::as_bytes),
            self.unit.as_deref().map(str::as_bytes),
            self.reason.as_deref().map(str::as_bytes),
            self.detail.as_deref().map(str::as_bytes),
        ];
        let mut context = Context::new(&SHA256);
        for field in fields {
            let length = field.map_or(u64::MAX, |bytes| bytes.len() as u64);
            context.update(&length.to_be_bytes());
            context.update(field.unwrap_or_default());
        }
        let mut hash = GENESIS;
        hash.copy_from_slice(context.finish().as_ref());
        hash
    }
}
