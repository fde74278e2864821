//! The proof that the next hop has taken responsibility.

use crate::smtp::Reply;

/// Made only where a complete 2xx to the dot was read.
#[derive(Debug)]
pub struct HandoffReceipt {
    reply: Reply,
    hop: String,
}

impl HandoffReceipt {
    /// `None` unless the reply is a 2xx.
    pub(super) fn from_dot_reply(reply: Reply, hop: &str) -> Option<Self> {
        reply.is_positive().then(|| HandoffReceipt { reply, hop: hop.to_owned() })
    }

    /// The next hop's reply, which becomes ours.
    pub fn reply(&self) -> &Reply {
        &self.reply
    }

    /// Name of the hop as in the configuration.
    pub fn hop(&self) -> &str {
        &self.hop
    }
}
