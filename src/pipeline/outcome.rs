//! The reply to the dot, built here and nowhere else.
//!
//! 250 to the dot is a promise: the message is at the next hop, or sealed and durable in the store.
//! [`Accepted`] has no constructor but from the two receipts that prove it.

use crate::relay::HandoffReceipt;
use crate::smtp::{EnhancedCode, Reply};
use crate::store::StoreReceipt;

/// The message is safe somewhere else than with the client.
#[derive(Debug)]
pub enum Accepted {
    /// The next hop has it; its reply is ours.
    Relayed(HandoffReceipt),
    /// It is sealed and durable with us.
    Held(StoreReceipt),
}

impl From<HandoffReceipt> for Accepted {
    fn from(receipt: HandoffReceipt) -> Self {
        Accepted::Relayed(receipt)
    }
}

impl From<StoreReceipt> for Accepted {
    fn from(receipt: StoreReceipt) -> Self {
        Accepted::Held(receipt)
    }
}

impl Accepted {
    pub fn reply(&self) -> Reply {
        match self {
            Accepted::Relayed(receipt) => receipt.reply().clone(),
            Accepted::Held(receipt) => {
                Reply::new(250, Some(EnhancedCode(2, 0, 0)), format!("held, ref {}", receipt.reference()))
            }
        }
    }
}

/// Why a command or a message was not taken. Bland outside: the reply names no detail.
///
/// Temporary unless proven permanent; whose fault it is decides the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The next hop said so; its own reply goes on to the client.
    NextHop(Reply),
    /// The next hop could not be reached, was slow, or its answer made no sense.
    NextHopUnavailable,
    /// The connection to it has less protection than it or the recipient's channel demands.
    NextHopUnprotected,
    /// No connection to the next hop became free within 30 s.
    NoCapacity,
    /// After the dot: nobody knows whether the next hop has it.
    UnknownOutcome,
    /// The chosen hop lacks a parameter that EHLO had promised.
    LacksSmtputf8,
    LacksEightBit,
    LacksDsn,
    /// Recipients bound to different next hops, `mixed_next_hops = "defer"`.
    MixedNextHops,
    /// The shared memory cap is used up.
    MemoryFull,
    /// The store could not take a message that had to be held.
    StoreUnavailable,
    /// Policy says no: nothing was kept.
    Confidential,
    /// It could not be read, and the rule says reject.
    Unreadable,
    /// `message/partial` and the like: inspection would be defeated.
    Fragmented,
    /// Over a limit on the header, or no header at all.
    BadHeader,
    /// Our own stamp came back, or too many `Received` lines.
    Loop,
    /// The header that the tenant's servers set is missing.
    NotAllowed,
    /// Inspection took longer than it may, or failed through our fault.
    Fault,
}

impl Refusal {
    /// A fixed word for the log, where the reply's code leaves open what happened.
    pub fn word(&self) -> &'static str {
        match self {
            Refusal::NextHop(_) => "next-hop-refused",
            Refusal::NextHopUnavailable => "next-hop-unavailable",
            Refusal::NextHopUnprotected => "next-hop-unprotected",
            Refusal::NoCapacity => "no-capacity",
            Refusal::UnknownOutcome => "unknown-outcome",
            Refusal::LacksSmtputf8 => "next-hop-lacks-smtputf8",
            Refusal::LacksEightBit => "next-hop-lacks-8bitmime",
            Refusal::LacksDsn => "next-hop-lacks-dsn",
            Refusal::MixedNextHops => "mixed-next-hops",
            Refusal::MemoryFull => "memory-full",
            Refusal::StoreUnavailable => "store-unavailable",
            Refusal::Confidential => "confidential",
            Refusal::Unreadable => "unreadable",
            Refusal::Fragmented => "fragmented",
            Refusal::BadHeader => "bad-header",
            Refusal::Loop => "loop",
            Refusal::NotAllowed => "not-allowed",
            Refusal::Fault => "fault",
        }
    }

    pub fn reply(&self) -> Reply {
        let (code, enhanced, text) = match self {
            Refusal::NextHop(reply) => return reply.clone(),
            Refusal::NextHopUnavailable | Refusal::NextHopUnprotected => {
                (451, EnhancedCode(4, 4, 1), "next hop not available, try again later")
            }
            Refusal::NoCapacity => (451, EnhancedCode(4, 3, 2), "busy, try again later"),
            Refusal::UnknownOutcome => {
                (451, EnhancedCode(4, 4, 2), "connection to the next hop was lost, try again later")
            }
            Refusal::LacksSmtputf8 => (553, EnhancedCode(5, 6, 7), "the next hop does not take SMTPUTF8"),
            Refusal::LacksEightBit => (554, EnhancedCode(5, 6, 3), "the next hop does not take 8-bit content"),
            Refusal::LacksDsn => (451, EnhancedCode(4, 5, 4), "the next hop does not take DSN parameters now"),
            Refusal::MixedNextHops => (452, EnhancedCode(4, 5, 3), "send to this recipient in a separate transaction"),
            Refusal::MemoryFull => (452, EnhancedCode(4, 3, 1), "out of memory for messages, try again later"),
            Refusal::StoreUnavailable => (452, EnhancedCode(4, 3, 1), "cannot hold the message now, try again later"),
            Refusal::Confidential => {
                (550, EnhancedCode(5, 7, 1), "confidential content may not be sent to this recipient by e-mail")
            }
            Refusal::Unreadable => {
                (550, EnhancedCode(5, 7, 1), "content that cannot be read may not be sent to this recipient by e-mail")
            }
            Refusal::Fragmented => (554, EnhancedCode(5, 6, 1), "fragmented messages are not accepted"),
            Refusal::BadHeader => (554, EnhancedCode(5, 6, 0), "the header of the message is not acceptable"),
            Refusal::Loop => (554, EnhancedCode(5, 4, 6), "mail loop"),
            Refusal::NotAllowed => (550, EnhancedCode(5, 7, 1), "not allowed to relay"),
            Refusal::Fault => (451, EnhancedCode(4, 3, 0), "local error, try again later"),
        };
        Reply::new(code, Some(enhanced), text)
    }
}
