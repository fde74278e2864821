//! Where a released message may go: what the quarantine asks of the configuration of today.

use std::sync::Arc;

use crate::message::{Envelope, RawMessage, Recipient};
use crate::relay::{ConnectionSecurity, Hop};
use crate::store::Route;

/// What of a held message decides where it may go. Words are those of the queue record.
#[derive(Clone, Copy, Debug)]
pub struct Leaving<'a> {
    pub route: &'a Route,
    pub unit: &'a str,
    pub categories: &'a [String],
    /// Bytes of the message.
    pub bytes: usize,
}

/// Why a message does not go by the route that was asked for. The person at the keyboard chooses another one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    #[error("there is no way {0:?}: it is a [[channel]] with reroute or trigger")]
    NoSuchWay(String),
    /// What would make it safe stands in the mail itself, and it is too late for that.
    #[error("the way {0:?} has no next hop of its own")]
    NoHop(String),
    #[error("the way {0:?} is not for the sender's unit")]
    Unit(String),
    #[error("the way {0:?} does not speak of every recipient, or not of so many")]
    Recipients(String),
    #[error("the message is too large for the way {0:?}")]
    Size(String),
    #[error("the evidence of the way {0:?} has ended, or is less than the message needs")]
    Evidence(String),
    #[error("no recipient is one of the lawful disclosure {0:?}, or it is not open to the mail")]
    NoDisclosure(String),
    #[error("no recipient's mailbox has the evidence that the message needs")]
    NobodyMeets,
}

/// Where a released message goes, by today's configuration.
pub trait Routes: Send + Sync {
    /// Which of the recipients it may reach by its route now, in their order.
    ///
    /// # Errors
    /// The route is not open to it.
    fn reach(&self, leaving: &Leaving<'_>, recipients: &[&Recipient]) -> Result<Vec<bool>, RouteError>;

    /// The hop for this recipient; `None` when there is none now, or the route is no longer open.
    fn hop(&self, leaving: &Leaving<'_>, recipient: &Recipient) -> Option<Arc<Hop>>;

    /// Header lines to put on top (`Received`, stamp, the hop's own), CRLF ended, and what follows of the
    /// message. The envelope is that of this one transaction.
    fn dress<'m>(&self, hop: &Hop, envelope: &Envelope, message: &'m RawMessage) -> (Vec<u8>, Vec<&'m [u8]>);

    /// Whether a connection that is protected like this may carry mail to the recipient.
    fn admits(&self, leaving: &Leaving<'_>, recipient: &Recipient, security: ConnectionSecurity) -> bool;
}
