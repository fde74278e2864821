//! To whom confidential mail went, and by which digests a mail is found again.

use std::collections::BTreeSet;

use super::statement::{sql, unexpected};
use super::{Core, Writing};
use crate::message::MessageId;
use crate::store::{DisclosedTo, Entry, MailboxDigest, MailboxRole, NewDisclosure, SealedAddress, StoreError};

impl Core {
    pub(super) async fn write_disclosure(&self, new: &NewDisclosure, entry: &Entry) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = disclose(&mut tx, new, entry).await;
        tx.end(step).await
    }

    pub(super) async fn read_disclosed(&self, id: MessageId) -> Result<Vec<DisclosedTo>, StoreError> {
        let rows = sql("SELECT position, sealed, sealed_to FROM disclosure WHERE message = $1 ORDER BY position")
            .bind(id)
            .all(&mut *self.read().await?)
            .await?;
        rows.iter()
            .map(|row| {
                let position = usize::try_from(row.count("position")?).unwrap_or(usize::MAX);
                let address = SealedAddress { sealed: row.bytes("sealed")?, sealed_to: row.words("sealed_to")? };
                Ok(DisclosedTo { position, address })
            })
            .collect()
    }

    pub(super) async fn find_by_value(&self, digests: &[String]) -> Result<Vec<MessageId>, StoreError> {
        let mut conn = self.read().await?;
        let mut found = BTreeSet::new();
        for digest in digests {
            let rows = sql("SELECT message FROM value_digest WHERE digest = $1
                            UNION SELECT message FROM disclosure_value WHERE digest = $1");
            for row in rows.bind(digest).all(&mut conn).await? {
                found.insert(row.message("message")?);
            }
        }
        Ok(found.into_iter().collect())
    }

    pub(super) async fn find_by_mailbox(
        &self,
        digests: &[String],
    ) -> Result<Vec<(MessageId, MailboxRole)>, StoreError> {
        let mut conn = self.read().await?;
        let mut found = BTreeSet::new();
        for digest in digests {
            let rows = sql("SELECT message, role FROM mailbox_digest WHERE digest = $1").bind(digest);
            for row in rows.all(&mut conn).await? {
                let role = MailboxRole::from_word(&row.text("role")?).ok_or_else(|| unexpected("role"))?;
                found.insert((row.message("message")?, role));
            }
        }
        Ok(found.into_iter().collect())
    }
}

async fn disclose(tx: &mut Writing<'_>, new: &NewDisclosure, entry: &Entry) -> Result<(), StoreError> {
    for (position, address) in new.recipients.iter().enumerate() {
        tx.add_recipient((new.id, position), &new.unit, new.at, address).await?;
    }
    for digest in &new.value_digests {
        sql("INSERT INTO disclosure_value (message, digest) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(new.id)
            .bind(digest)
            .run(tx)
            .await?;
    }
    tx.add_mailboxes(new.id, &new.mailbox_digests).await?;
    if let Some(review) = &new.review {
        tx.add_review(review).await?;
    }
    tx.append(entry).await
}

impl Writing<'_> {
    /// Who has the mail from now on, sealed.
    pub(super) async fn add_recipient(
        &mut self,
        (message, position): (MessageId, usize),
        unit: &str,
        at: jiff::Timestamp,
        address: &SealedAddress,
    ) -> Result<(), StoreError> {
        sql("INSERT INTO disclosure (message, position, at, sealed, unit, sealed_to) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT DO NOTHING")
        .bind(message)
        .bind(position)
        .bind(at)
        .bind(&address.sealed)
        .bind(unit)
        .bind(address.sealed_to.join(" "))
        .run(self)
        .await?;
        Ok(())
    }

    /// By which mailboxes the mail is found again.
    pub(super) async fn add_mailboxes(
        &mut self,
        message: MessageId,
        digests: &[MailboxDigest],
    ) -> Result<(), StoreError> {
        for MailboxDigest { role, digest } in digests {
            sql("INSERT INTO mailbox_digest (message, role, digest) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
                .bind(message)
                .bind(role.as_str())
                .bind(digest)
                .run(self)
                .await?;
        }
        Ok(())
    }
}
