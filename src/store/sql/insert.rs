//! Holding: several that wait at the same moment share one commit.
//!
//! What costs a hold its time is the sync of the commit, and after that every question to the database. While one
//! commit is on its way the next holds gather; then all of them are written in one transaction, each table's rows in
//! one statement, and all of one hold at once. The receipts are made when the commit has returned. Where the transaction fails before its commit
//! nothing of it is left and each hold is tried on its own, so that one that cannot be stored takes nobody with it.
//! Where the outcome of the commit is not known each is read by its id before anything is said.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};

use super::statement::{Value, sql};
use super::{Core, Database, Writing};
use crate::message::{MessageId, Reference};
use crate::store::held::CHUNK;
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
        let mut came = true;
        while came {
            came = false;
            // Who has just been answered is about to ask again: each gets a turn.
            tokio::task::yield_now().await;
            while together.len() < HOLDS_TOGETHER
                && bytes < BYTES_TOGETHER
                && let Ok(next) = waiting.try_recv()
            {
                came = true;
                bytes += next.new.content.len();
                together.push(next);
            }
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
        let Ok(stored) = insert(&mut tx, holds).await else {
            tx.rollback().await;
            return None;
        };
        let committed = self.commit(tx).await;
        let mut answers = Vec::with_capacity(holds.len());
        for (new, reference) in holds.iter().zip(stored) {
            answers.push(self.receipt_after(committed.clone(), new.id, reference).await);
        }
        Some(answers)
    }

    async fn hold_one(&self, new: &NewHeld) -> Answer {
        self.refuse_when_full(std::slice::from_ref(new))?;
        let mut tx = self.begin().await?;
        let stored = insert(&mut tx, std::slice::from_ref(new)).await;
        match stored {
            Ok(stored) => {
                let committed = self.commit(tx).await;
                let reference = stored.into_iter().next().unwrap_or_else(|| new.reference.clone());
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

/// Writes all records of the holds; the reference of each is that of the first copy, if there is one.
async fn insert(tx: &mut Writing<'_>, holds: &[NewHeld]) -> Result<Vec<Reference>, StoreError> {
    failpoint::hit("hold:before-insert");
    tx.lock_copies(holds).await?;
    let settled = references(tx, holds).await?;
    let all = || holds.iter().zip(&settled);
    let duplicates: Vec<&[String]> = holds.iter().map(|new| new.duplicate_digests.as_slice()).collect();
    let known = "SELECT duplicate_digest AS digest FROM held WHERE duplicate_digest IN";
    let duplicates = tx.known_digests(known, &duplicates).await?;
    let held = all().zip(&duplicates).map(|((new, Settled { reference, .. }), duplicate)| {
        let record = &new.record;
        [
            new.id.into(),
            reference.into(),
            Value::from(&record.unit),
            record.categories.join(" ").into(),
            Value::from(&record.severity),
            record.channels.join(" ").into(),
            Value::from(&record.mode),
            record.urgent.into(),
            new.copy_digests.first().into(),
            State::Held.into(),
            record.held_at.into(),
            record.expires_at.into(),
            record.private.into(),
            record.four_eyes.into(),
            record.keep_decision.as_ref().into(),
            duplicate.as_ref().into(),
        ]
    });
    let into = "held (id, reference, unit, categories, severity, channels, mode, urgent, copy_digest, state, held_at, \
                expires_at, private, four_eyes, keep_decision, duplicate_digest)";
    let mut rows = tx.inserts(into, held.collect());
    let recipients = holds.iter().flat_map(|new| (0..new.recipients).map(|position| (new.id, position)));
    let recipients = recipients.map(|(id, position)| [id.into(), position.into(), RecipientState::Pending.into()]);
    rows.extend(tx.inserts("recipient (message, position, state)", recipients.collect()));
    let digests = holds.iter().flat_map(|new| new.value_digests.iter().map(|digest| (new.id, digest)));
    let digests: BTreeSet<(MessageId, &String)> = digests.collect();
    let digests = digests.into_iter().map(|(id, digest)| [id.into(), digest.into()]);
    rows.extend(tx.inserts("value_digest (message, digest)", digests.collect()));
    let mailboxes = holds.iter().flat_map(|new| new.mailbox_digests.iter().map(|mailbox| (new.id, mailbox)));
    let mailboxes = mailboxes.map(|(id, mailbox)| [id.into(), mailbox.role.as_str().into(), (&mailbox.digest).into()]);
    rows.extend(tx.inserts("mailbox_digest (message, role, digest)", mailboxes.collect()));
    let evidences = holds.iter().map(|new| [new.id.into(), Value::from(&new.evidence), new.sealed_to.join(" ").into()]);
    rows.extend(tx.inserts("evidence (message, sealed, sealed_to)", evidences.collect()));
    let chunks = holds.iter().flat_map(|new| new.content.chunks(CHUNK).enumerate().map(|chunk| (new.id, chunk)));
    let chunks = chunks.map(|(id, (number, chunk))| [id.into(), number.into(), chunk.into()]);
    rows.extend(tx.inserts("content (message, chunk, sealed)", chunks.collect()));
    let first = all().filter(|(_, settled)| !settled.is_copy);
    let notices = first.flat_map(|(new, settled)| new.notices.iter().map(|n| (n, Some(settled.reference.as_str()))));
    rows.extend(tx.notices(&notices.collect::<Vec<_>>()).await?);
    let entries = all().map(|(new, settled)| Entry { reference: Some(settled.reference.clone()), ..new.entry.clone() });
    rows.extend(tx.appends(&entries.collect::<Vec<_>>()).await?);
    tx.run_all(rows, holds.len() == 1).await?;
    failpoint::hit("hold:after-insert");
    Ok(settled.into_iter().map(|settled| settled.reference).collect())
}

impl Writing<'_> {
    /// Of each list, the digests of one thing under every secret, the one that is in the store or earlier in the lists
    /// already, so that what belongs together stands under one; else the first. `select` ends before the list of digests
    /// and gives them as `digest`. Two nodes that are at it in the same moment under different secrets do not see each
    /// other: what they write is not linked, and nothing else hangs on it.
    pub(super) async fn known_digests(
        &mut self,
        select: &str,
        lists: &[&[String]],
    ) -> Result<Vec<Option<String>>, StoreError> {
        let mut known = HashSet::new();
        // With one secret there is nothing to choose.
        if lists.iter().any(|list| list.len() > 1) {
            let all: BTreeSet<&String> = lists.iter().copied().flatten().collect();
            for row in self.select_among(select, all.into_iter().map(Value::from).collect()).await? {
                known.insert(row.text("digest")?);
            }
        }
        let mut chosen = Vec::with_capacity(lists.len());
        for list in lists {
            let digest = list.iter().find(|digest| known.contains(*digest)).or(list.first()).cloned();
            known.extend(digest.clone());
            chosen.push(digest);
        }
        Ok(chosen)
    }

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

/// What a hold is known by, and whether an earlier copy is too.
struct Settled {
    reference: Reference,
    is_copy: bool,
}

/// A mail with this digest that is held.
struct Copy {
    digest: String,
    held_at: Timestamp,
    reference: Reference,
}

/// Of each its reference: that of the earliest copy in its time, else the drawn one, else another should a different
/// mail have drawn the same.
async fn references(tx: &mut Writing<'_>, holds: &[NewHeld]) -> Result<Vec<Settled>, StoreError> {
    let mut copies = earlier_copies(tx, holds).await?;
    let drawn = holds.iter().map(|new| (&new.reference).into());
    let taken = tx.select_among("SELECT reference FROM held WHERE reference IN", drawn.collect()).await?;
    let mut taken = taken.iter().map(|row| row.text("reference")).collect::<Result<HashSet<String>, _>>()?;
    let mut settled = Vec::with_capacity(holds.len());
    for new in holds {
        let of = |digest: &String| {
            let of_this = |copy: &&Copy| copy.digest == *digest && copy.held_at >= new.copies_since;
            copies.iter().filter(of_this).min_by_key(|copy| copy.held_at)
        };
        let earliest = new.copy_digests.iter().find_map(of);
        let is_copy = earliest.is_some();
        let reference = match earliest {
            Some(copy) => copy.reference.clone(),
            None if !taken.contains(new.reference.as_str()) => new.reference.clone(),
            None => unused(tx, &taken).await?,
        };
        taken.insert(reference.as_str().to_owned());
        if let Some(digest) = new.copy_digests.first().cloned() {
            copies.push(Copy { digest, held_at: new.record.held_at, reference: reference.clone() });
        }
        settled.push(Settled { reference, is_copy });
    }
    Ok(settled)
}

/// In the order in which they came.
async fn earlier_copies(tx: &mut Writing<'_>, holds: &[NewHeld]) -> Result<Vec<Copy>, StoreError> {
    let digests: BTreeSet<&String> = holds.iter().flat_map(|new| &new.copy_digests).collect();
    let since = holds.iter().map(|new| new.copies_since.as_millisecond()).min().unwrap_or_default();
    let select =
        format!("SELECT copy_digest, held_at, reference FROM held WHERE held_at >= {since} AND copy_digest IN");
    let mut copies = Vec::new();
    for row in tx.select_among(&select, digests.into_iter().map(Value::from).collect()).await? {
        copies.push(Copy {
            digest: row.text("copy_digest")?,
            held_at: row.time("held_at")?,
            reference: row.reference("reference")?,
        });
    }
    Ok(copies)
}

async fn unused(tx: &mut Writing<'_>, taken: &HashSet<String>) -> Result<Reference, StoreError> {
    loop {
        let reference = Reference::random();
        let held = sql("SELECT id FROM held WHERE reference = $1 LIMIT 1").bind(&reference).first(tx).await?;
        if held.is_none() && !taken.contains(reference.as_str()) {
            return Ok(reference);
        }
    }
}
