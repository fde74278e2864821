//! The proof that a held message is durable.

use crate::message::{MessageId, Reference};

/// Made only after the commit of the transaction that stored the message.
#[derive(Debug)]
pub struct StoreReceipt {
    id: MessageId,
    reference: Reference,
}

impl StoreReceipt {
    /// To be called only where the commit has returned, or where a read by id has shown the row.
    pub(super) fn committed(id: MessageId, reference: Reference) -> Self {
        StoreReceipt { id, reference }
    }

    pub fn id(&self) -> MessageId {
        self.id
    }

    /// Shared by all copies of the mail; may be that of an earlier copy.
    pub fn reference(&self) -> &Reference {
        &self.reference
    }
}
