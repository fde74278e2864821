//! Senders' links, and what senders ask for.

use jiff::Timestamp;

use super::statement::{Row, Statement, Value, sql};
use super::sweep::SWEPT_AT_ONCE;
use super::{Core, Writing};
use crate::message::{LinkDigest, MessageId};
use crate::store::{Entry, NewLink, NewNotice, SenderLink, StoreError};

impl Writing<'_> {
    /// The statements that add these links, each with the reference of its mail.
    pub(super) fn links<'v>(&self, links: impl Iterator<Item = (&'v NewLink, &'v str)>) -> Vec<Statement<'v>> {
        let rows = links.map(|(link, reference)| [link.digest.into(), reference.into(), Value::from(&link.sealed)]);
        self.inserts("link (digest, reference, sealed)", rows.collect())
    }
}

impl Core {
    pub(super) async fn read_link(&self, digest: LinkDigest) -> Result<Option<SenderLink>, StoreError> {
        let row = sql("SELECT reference, sealed FROM link WHERE digest = $1")
            .bind(digest)
            .first(&mut *self.read().await?)
            .await?;
        row.map(|row| Ok(SenderLink { reference: row.reference("reference")?, sealed: row.bytes("sealed")? }))
            .transpose()
    }

    pub(super) async fn write_review_asked(
        &self,
        asked: &[(MessageId, Entry)],
        notice: Option<&NewNotice>,
    ) -> Result<usize, StoreError> {
        let mut tx = self.begin().await?;
        let step = ask_review(&mut tx, asked, notice).await;
        tx.end(step).await
    }

    /// Links of mails of which no copy is left to act on, or to fetch.
    pub(super) async fn delete_void_links(&self, now: Timestamp) -> Result<(), StoreError> {
        let void = "SELECT digest FROM link
                    WHERE reference NOT IN (SELECT reference FROM held WHERE state IN ('held', 'releasing')
                                                OR (state = 'returned' AND content_until > $1))";
        let void = sql(void).bind(now).all(&mut *self.read().await?).await?;
        for rows in void.chunks(SWEPT_AT_ONCE) {
            let mut tx = self.begin().await?;
            let step = delete(&mut tx, rows).await;
            tx.end(step).await?;
        }
        Ok(())
    }
}

async fn delete(tx: &mut Writing<'_>, links: &[Row]) -> Result<(), StoreError> {
    for link in links {
        sql("DELETE FROM link WHERE digest = $1").bind(&link.bytes("digest")?).run(tx).await?;
    }
    Ok(())
}

async fn ask_review(
    tx: &mut Writing<'_>,
    asked: &[(MessageId, Entry)],
    notice: Option<&NewNotice>,
) -> Result<usize, StoreError> {
    let mut noted = 0;
    for (id, entry) in asked {
        let changed =
            sql("UPDATE held SET review_asked = $2 WHERE id = $1 AND state = 'held' AND review_asked IS NULL")
                .bind(*id)
                .bind(entry.at)
                .run(tx)
                .await?;
        if changed == 1 {
            noted += 1;
            tx.append(entry).await?;
        }
    }
    if let Some(notice) = notice.filter(|_| noted > 0) {
        tx.add_notice(notice).await?;
    }
    Ok(noted)
}
