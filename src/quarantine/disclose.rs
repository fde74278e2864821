//! To whom confidential mail went: kept, sealed, as long as the audit chain, for the person it is about, who may ask.
//!
//! Of a held mail each recipient is sealed in the transaction that records that its next hop has accepted it; of a
//! mail that an exception let go at once, all of them before it leaves. The person is known by keyed digests of the
//! identifiers found; nothing else of the mail is kept.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::hold::mailbox_digests;
use super::{HoldError, Identities, Quarantine, QuarantineError, SealError};
use crate::audit::{Actor, Event};
use crate::message::MessageId;
use crate::store::{NewDisclosure, NewReview, SealedAddress, Store};
use crate::telemetry::Sensitive;

/// A confidential mail that goes on because an exception lets it.
pub struct Disclosure {
    pub at: Timestamp,
    pub unit: String,
    /// Empty for the null reverse path.
    pub sender: String,
    pub recipients: Vec<String>,
    /// Normalised values of the identifiers found; stored as keyed digests only.
    pub values: Vec<Sensitive<String>>,
    /// What opened it, where somebody has to look at that, and by when.
    pub review: Option<(String, Timestamp)>,
}

/// What is sealed of one recipient.
#[derive(Serialize, Deserialize)]
struct Recipient {
    recipient: String,
}

/// Positions and addresses of those who got this mail, in order.
pub async fn recipients(
    store: &dyn Store,
    identities: &Identities,
    id: MessageId,
) -> Result<Vec<(usize, String)>, QuarantineError> {
    let mut recipients = Vec::new();
    for row in store.disclosed(id).await? {
        let plain = identities.open(&row.address.sealed)?;
        let Recipient { recipient } = serde_json::from_slice(&plain).map_err(|_| QuarantineError::Damaged)?;
        recipients.push((row.position, recipient));
    }
    Ok(recipients)
}

impl Quarantine {
    /// Seals to whom the mail goes and appends the event, in one transaction. `event` is told the id that names the
    /// disclosure in it.
    pub async fn disclose(
        &self,
        disclosure: Disclosure,
        event: impl FnOnce(MessageId) -> Event,
    ) -> Result<(), HoldError> {
        let id = MessageId::random();
        let sealed = disclosure.recipients.iter().map(|recipient| self.seal_recipient(&disclosure.unit, recipient));
        let review = disclosure.review.map(|(what, due)| NewReview {
            id,
            reference: None,
            unit: disclosure.unit.clone(),
            actor: Actor::System.text(),
            what,
            at: disclosure.at,
            due,
        });
        let new = NewDisclosure {
            id,
            unit: disclosure.unit.clone(),
            review,
            at: disclosure.at,
            value_digests: disclosure.values.iter().map(|v| self.keys.value_digest(v.expose())).collect(),
            mailbox_digests: mailbox_digests(&self.keys, &disclosure.sender, &disclosure.recipients),
            recipients: sealed.collect::<Result<_, _>>()?,
        };
        let entry = event(id).entry(&Actor::System, disclosure.at);
        Ok(self.store.disclose(&new, &entry).await?)
    }

    pub(super) fn seal_recipient(&self, unit: &str, recipient: &str) -> Result<SealedAddress, SealError> {
        let json = serde_json::to_vec(&Recipient { recipient: recipient.to_owned() }).map_err(|_| SealError::Failed)?;
        let sealer = self.sealer.load();
        Ok(SealedAddress { sealed: sealer.seal(unit, &[&json])?, sealed_to: sealer.keys(unit) })
    }
}
