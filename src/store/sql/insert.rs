//! Holding: several that wait at the same moment share one commit.
//!
//! What costs a hold its time is the sync of the commit. While one is on its way the next holds gather, and all of
//! them go into one transaction, each behind a savepoint: one that fails leaves nothing and takes nobody with it. The
//! receipts are made when the commit has returned. Where the whole transaction fails before its commit each is tried
//! again on its own; where the outcome of the commit is not known each is read by its id before anything is said.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::statement::sql;
use super::{Core, Database, Writing};
use crate::message::{MessageId, Reference};
use crate::store::{Entry, NewHeld, RecipientState, State, StoreError, StoreReceipt};
use crate::telemetry::failpoint;

/// At most so many holds, and no further one after so many bytes, share a commit.
const HOLDS_TOGETHER: usize = 64;
const BYTES_TOGETHER: usize = 4 * 1024 * 1024;

type Answer = Result<StoreReceipt, StoreError>;

/// A hold, and who waits for its receipt.
pub(super) struct Waiting {
    new: NewHeld,
    tell: oneshot::Sender<Answer>,
}

impl Database {
    pub(super) async fn wait_for_hold(&self, new: NewHeld) -> Answer {
        let gone = || StoreError::Unavailable("it is closed".into());
        let (tell, told) = oneshot::channel();
        self.holds.send(Waiting { new, tell }).map_err(|_| gone())?;
        told.await.map_err(|_| gone())?
    }
}

/// Stores what comes in until the other end is gone.
pub(super) async fn commit_together(core: Arc<Core>, mut waiting: mpsc::UnboundedReceiver<Waiting>) {
    while let Some(first) = waiting.recv().await {
        let mut bytes = first.new.content.len();
        let mut together = vec![first];
        while together.len() < HOLDS_TOGETHER && bytes < BYTES_TOGETHER {
            let Ok(next) = waiting.try_recv() else { break };
            bytes += next.new.content.len();
            together.push(next);
        }
        // Nobody is left to hear of it: the mail is coming again.
        together.retain(|waiting| !waiting.tell.is_closed());
        let (holds, tells): (Vec<NewHeld>, Vec<_>) = together.into_iter().map(|w| (w.new, w.tell)).unzip();
        for (answer, tell) in core.hold_all(&holds).await.into_iter().zip(tells) {
            // Who has gone meanwhile has not been told; his mail is held, and a copy of it will share its reference.
            let _ = tell.send(core.watched(answer));
        }
    }
}

impl Core {
    /// Answers in the same order.
    async fn hold_all(&self, holds: &[NewHeld]) -> Vec<Answer> {
        if let Some(answers) = self.try_together(holds).await {
            return answers;
        }
        let mut answers = Vec::with_capacity(holds.len());
        for new in holds {
            answers.push(self.hold_one(new).await);
        }
        answers
    }

    /// `None`: nothing of it was stored, and each is to be tried on its own.
    async fn try_together(&self, holds: &[NewHeld]) -> Option<Vec<Answer>> {
        if holds.len() < 2 || self.refuse_when_full(holds).is_err() {
            return None;
        }
        let mut tx = match self.begin().await {
            Ok(tx) => tx,
            Err(error) => return Some(holds.iter().map(|_| Err(error.clone())).collect()),
        };
        failpoint::hit("hold:before-insert");
        let Ok(stored) = insert_all(&mut tx, holds).await else {
            tx.rollback().await;
            return None;
        };
        let committed = self.commit(tx).await;
        let mut answers = Vec::with_capacity(holds.len());
        for (new, stored) in holds.iter().zip(stored) {
            answers.push(match stored {
                Ok(reference) => self.receipt_after(committed.clone(), new.id, reference).await,
                Err(error) => Err(error),
            });
        }
        Some(answers)
    }

    async fn hold_one(&self, new: &NewHeld) -> Answer {
        self.refuse_when_full(std::slice::from_ref(new))?;
        let mut tx = self.begin().await?;
        failpoint::hit("hold:before-insert");
        let step = async {
            tx.lock_copies(std::slice::from_ref(new)).await?;
            insert(&mut tx, new).await
        }
        .await;
        match step {
            Ok(reference) => {
                let committed = self.commit(tx).await;
                self.receipt_after(committed, new.id, reference).await
            }
            Err(error) => {
                tx.rollback().await;
                Err(error)
            }
        }
    }

    fn refuse_when_full(&self, holds: &[NewHeld]) -> Result<(), StoreError> {
        self.backend.refuse_when_full(holds.iter().map(|new| new.content.len() + new.evidence.len()).sum())
    }

    async fn commit(&self, tx: Writing<'_>) -> Result<(), StoreError> {
        failpoint::hit("hold:before-commit");
        tx.commit().await?;
        failpoint::hit("hold:after-commit");
        Ok(())
    }

    /// The receipt, if the message is durable. Where the commit failed that is not known yet, and the
    /// store is read by id before anything is said.
    pub(in crate::store) async fn receipt_after(
        &self,
        committed: Result<(), StoreError>,
        id: MessageId,
        reference: Reference,
    ) -> Answer {
        match committed {
            Ok(()) => Ok(StoreReceipt::committed(id, reference)),
            // After a failed sync even a row that can be read may not be on the disk.
            Err(error @ StoreError::Broken(_)) => Err(error),
            // Otherwise a row that another connection sees is in the synced log: both databases publish a
            // commit to readers only after that.
            Err(error) => match self.read_message(id).await {
                Ok(Some(stored)) => Ok(StoreReceipt::committed(stored.id, stored.reference)),
                Ok(None) => Err(error),
                // The outcome stays unknown; a store that has just broken must be remembered as such.
                Err(broken @ StoreError::Broken(_)) => Err(broken),
                Err(_) => Err(error),
            },
        }
    }
}

/// Each behind a savepoint. `Err`: the transaction as a whole cannot go on.
async fn insert_all(tx: &mut Writing<'_>, holds: &[NewHeld]) -> Result<Vec<Result<Reference, StoreError>>, StoreError> {
    tx.lock_copies(holds).await?;
    let mut stored = Vec::with_capacity(holds.len());
    for new in holds {
        let appended = tx.appended.len();
        tx.batch("SAVEPOINT hold").await?;
        let reference = insert(tx, new).await;
        if reference.is_err() {
            tx.batch("ROLLBACK TO SAVEPOINT hold").await?;
            tx.appended.truncate(appended);
        }
        tx.batch("RELEASE SAVEPOINT hold").await?;
        stored.push(reference);
    }
    Ok(stored)
}

/// Writes all records of a hold; the reference is that of the first copy, if there is one.
async fn insert(tx: &mut Writing<'_>, new: &NewHeld) -> Result<Reference, StoreError> {
    let earlier = earlier_copy(tx, new).await?;
    let is_copy = earlier.is_some();
    let reference = match earlier {
        Some(reference) => reference,
        None => unused_reference(tx, &new.reference).await?,
    };
    let record = &new.record;
    sql("INSERT INTO held (id, reference, unit, categories, severity, channels, mode, urgent, copy_digest, state,
                           held_at, expires_at, private, four_eyes, keep_decision, duplicate_digest)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)")
    .bind(new.id)
    .bind(&reference)
    .bind(&record.unit)
    .bind(record.categories.join(" "))
    .bind(&record.severity)
    .bind(record.channels.join(" "))
    .bind(&record.mode)
    .bind(record.urgent)
    .bind(new.copy_digests.first())
    .bind(State::Held)
    .bind(record.held_at)
    .bind(record.expires_at)
    .bind(record.private)
    .bind(record.four_eyes)
    .bind(record.keep_decision.as_ref())
    .bind(new.duplicate_digest.as_ref())
    .run(tx)
    .await?;
    for position in 0..new.recipients {
        sql("INSERT INTO recipient (message, position, state) VALUES ($1, $2, $3)")
            .bind(new.id)
            .bind(position)
            .bind(RecipientState::Pending)
            .run(tx)
            .await?;
    }
    for digest in &new.value_digests {
        sql("INSERT INTO value_digest (message, digest) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(new.id)
            .bind(digest)
            .run(tx)
            .await?;
    }
    tx.add_mailboxes(new.id, &new.mailbox_digests).await?;
    sql("INSERT INTO evidence (message, sealed, sealed_to) VALUES ($1, $2, $3)")
        .bind(new.id)
        .bind(&new.evidence)
        .bind(new.sealed_to.join(" "))
        .run(tx)
        .await?;
    tx.insert_content(new.id, &new.content).await?;
    failpoint::hit("hold:after-insert");
    for notice in new.notices.iter().filter(|_| !is_copy) {
        tx.add_notice(notice, Some(reference.as_str())).await?;
    }
    tx.append(&Entry { reference: Some(reference.clone()), ..new.entry.clone() }).await?;
    Ok(reference)
}

impl Writing<'_> {
    /// Keeps other nodes from holding copies of the same mail until the commit: they will find these. In one order,
    /// so that two nodes never wait for each other.
    async fn lock_copies(&mut self, holds: &[NewHeld]) -> Result<(), StoreError> {
        let mut digests: Vec<&str> = holds.iter().flat_map(|new| &new.copy_digests).map(String::as_str).collect();
        digests.sort_unstable();
        digests.dedup();
        for digest in digests {
            self.lock("copy", digest).await?;
        }
        Ok(())
    }
}

async fn earlier_copy(tx: &mut Writing<'_>, new: &NewHeld) -> Result<Option<Reference>, StoreError> {
    for digest in &new.copy_digests {
        let row = sql("SELECT reference FROM held WHERE copy_digest = $1 AND held_at >= $2
                       ORDER BY held_at, id LIMIT 1")
        .bind(digest)
        .bind(new.copies_since)
        .first(tx)
        .await?;
        if let Some(row) = row {
            return row.reference("reference").map(Some);
        }
    }
    Ok(None)
}

/// `wanted`, or another one should a different mail have drawn the same.
async fn unused_reference(tx: &mut Writing<'_>, wanted: &Reference) -> Result<Reference, StoreError> {
    let mut reference = wanted.clone();
    while sql("SELECT id FROM held WHERE reference = $1 LIMIT 1").bind(&reference).first(tx).await?.is_some() {
        reference = Reference::random();
    }
    Ok(reference)
}
