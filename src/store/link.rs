//! Links of senders: a digest of the token, and what the page may show, sealed under the token itself.

use crate::message::{LinkDigest, Reference};

/// Stored in the transaction of the notice that carries the token.
#[derive(Clone, Debug)]
pub struct NewLink {
    pub digest: LinkDigest,
    /// [`crate::message::LinkToken::seal`].
    pub sealed: Vec<u8>,
}

/// A link as read. It leads to every copy with this reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SenderLink {
    pub reference: Reference,
    pub sealed: Vec<u8>,
}
