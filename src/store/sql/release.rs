//! Release: claims, recipients, ends.
//!
//! A claim is a lease with an epoch. Taking it is one compare-and-set by the database's clock; every
//! later step names the epoch, so that a holder who was overtaken changes nothing. A holder whose lease ran
//! out, but whom nobody overtook, may go on: what he did must not be forgotten.

use std::time::Duration;

use jiff::Timestamp;

use super::statement::{Row, sql};
use super::{Core, Writing};
use crate::message::MessageId;
use crate::store::{
    Claim, Conflict, Entry, LIST_PAGE, NewNotice, NewRelease, RecipientRow, RecipientState, SealedAddress, State,
    StoreError,
};

impl Core {
    pub(super) async fn claim_held(
        &self,
        id: MessageId,
        owner: &str,
        lease: Duration,
        new: &NewRelease,
        entry: &Entry,
    ) -> Result<Claim, StoreError> {
        let mut tx = self.begin().await?;
        let step = start(&mut tx, id, (owner, lease), new, entry).await;
        tx.end(step).await
    }

    pub(super) async fn claim_releasing(
        &self,
        id: MessageId,
        owner: &str,
        lease: Duration,
    ) -> Result<Claim, StoreError> {
        let mut tx = self.begin().await?;
        let step = tx.take_lease(id, owner, lease).await;
        tx.end(step).await
    }

    pub(super) async fn read_due_releases(&self, now: Timestamp) -> Result<Vec<MessageId>, StoreError> {
        let mut conn = self.read().await?;
        let clock = conn.clock().await?;
        sql("SELECT id FROM held WHERE state IN ('releasing', 'returned') AND next_attempt <= $1
               AND (lease_until IS NULL OR lease_until <= $2) ORDER BY next_attempt, id LIMIT $3")
        .bind(now)
        .bind(clock)
        .bind(LIST_PAGE)
        .all(&mut conn)
        .await?
        .iter()
        .map(|row| row.message("id"))
        .collect()
    }

    pub(super) async fn renew_lease(&self, claim: &Claim, lease: Duration) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = renew(&mut tx, claim, lease).await;
        tx.end(step).await
    }

    pub(super) async fn write_recipient(
        &self,
        claim: &Claim,
        recipient: &RecipientRow,
        entry: Option<&Entry>,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = record(&mut tx, claim, recipient, entry).await.map(|_| ());
        tx.end(step).await
    }

    pub(super) async fn write_accepted(
        &self,
        claim: &Claim,
        recipient: &RecipientRow,
        disclosed: &SealedAddress,
        entry: &Entry,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = accept(&mut tx, claim, recipient, disclosed, entry).await;
        tx.end(step).await
    }

    pub(super) async fn write_postponed(&self, claim: &Claim, next: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = postpone(&mut tx, claim, next).await;
        tx.end(step).await
    }

    pub(super) async fn write_released(
        &self,
        claim: &Claim,
        answer: Option<&NewNotice>,
        entry: &Entry,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = finish(&mut tx, claim, answer, entry).await;
        tx.end(step).await
    }

    pub(super) async fn write_failed(
        &self,
        claim: &Claim,
        keep_until: Timestamp,
        notices: &[NewNotice],
        entry: &Entry,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = fail(&mut tx, claim, keep_until, notices, entry).await;
        tx.end(step).await
    }

    pub(super) async fn write_ended_in_part(
        &self,
        claim: &Claim,
        keep_until: Timestamp,
        notices: &[NewNotice],
        entry: &Entry,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = end_in_part(&mut tx, claim, keep_until, notices, entry).await;
        tx.end(step).await
    }
}

async fn start(
    tx: &mut Writing<'_>,
    id: MessageId,
    (owner, lease): (&str, Duration),
    new: &NewRelease,
    entry: &Entry,
) -> Result<Claim, StoreError> {
    tx.transition(id, State::Held, State::Releasing, entry).await?;
    match &new.review {
        Some(review) => tx.add_review(review).await?,
        None => tx.check_agreement(id, new.agreement.as_ref(), &entry.actor).await?,
    }
    sql(
        "UPDATE held SET release_failed = 0, release_started = $2, next_attempt = $2, attempts = 0, lease_until = NULL,
                         route = $3, requested_by = NULL, requested_at = NULL, requested_route = NULL
         WHERE id = $1",
    )
    .bind(id)
    .bind(entry.at)
    .bind(new.route.word())
    .run(tx)
    .await?;
    sql("UPDATE recipient SET state = $2, reply = NULL WHERE message = $1 AND state IN ($3, $4)")
        .bind(id)
        .bind(RecipientState::Pending)
        .bind(RecipientState::Refused)
        .bind(RecipientState::Withheld)
        .run(tx)
        .await?;
    for position in &new.withheld {
        sql("UPDATE recipient SET state = $3, reply = NULL WHERE message = $1 AND position = $2 AND state <> $4")
            .bind(id)
            .bind(*position)
            .bind(RecipientState::Withheld)
            .bind(RecipientState::Accepted)
            .run(tx)
            .await?;
    }
    tx.take_lease(id, owner, lease).await
}

async fn renew(tx: &mut Writing<'_>, claim: &Claim, lease: Duration) -> Result<(), StoreError> {
    tx.check(claim).await?;
    let clock = tx.clock().await?;
    sql("UPDATE held SET lease_until = $2 + $3 WHERE id = $1").bind(claim.id).bind(clock).bind(lease).run(tx).await?;
    Ok(())
}

/// Whether it was not recorded before.
async fn record(
    tx: &mut Writing<'_>,
    claim: &Claim,
    recipient: &RecipientRow,
    entry: Option<&Entry>,
) -> Result<bool, StoreError> {
    tx.check(claim).await?;
    // `accepted` is final: no later outcome may make us send again.
    let changed =
        sql("UPDATE recipient SET state = $3, reply = $4 WHERE message = $1 AND position = $2 AND state <> $5")
            .bind(claim.id)
            .bind(recipient.position)
            .bind(recipient.state)
            .bind(recipient.reply.as_ref())
            .bind(RecipientState::Accepted)
            .run(tx)
            .await?;
    match entry {
        // Recorded before, by a commit whose outcome was unknown: not twice.
        Some(entry) if changed == 1 => tx.append(entry).await?,
        _ => {}
    }
    Ok(changed == 1)
}

async fn accept(
    tx: &mut Writing<'_>,
    claim: &Claim,
    recipient: &RecipientRow,
    disclosed: &SealedAddress,
    entry: &Entry,
) -> Result<(), StoreError> {
    if record(tx, claim, recipient, Some(entry)).await? {
        tx.add_recipient((claim.id, recipient.position), &claim.unit, entry.at, disclosed).await?;
    }
    Ok(())
}

async fn postpone(tx: &mut Writing<'_>, claim: &Claim, next: Timestamp) -> Result<(), StoreError> {
    tx.check(claim).await?;
    sql("UPDATE held SET next_attempt = $2, attempts = attempts + 1, lease_owner = NULL, lease_until = NULL
         WHERE id = $1")
    .bind(claim.id)
    .bind(next)
    .run(tx)
    .await?;
    Ok(())
}

async fn finish(
    tx: &mut Writing<'_>,
    claim: &Claim,
    answer: Option<&NewNotice>,
    entry: &Entry,
) -> Result<(), StoreError> {
    tx.check(claim).await?;
    let open = sql("SELECT position FROM recipient WHERE message = $1 AND state <> $2 LIMIT 1")
        .bind(claim.id)
        .bind(RecipientState::Accepted)
        .first(tx)
        .await?;
    if open.is_some() {
        return Err(Conflict::Unsettled.into());
    }
    tx.transition(claim.id, State::Releasing, State::Released, entry).await?;
    if let Some(answer) = answer {
        tx.add_notice(answer).await?;
    }
    tx.drop_lease(claim.id).await
}

async fn fail(
    tx: &mut Writing<'_>,
    claim: &Claim,
    keep_until: Timestamp,
    notices: &[NewNotice],
    entry: &Entry,
) -> Result<(), StoreError> {
    tx.check(claim).await?;
    sql("UPDATE held SET release_failed = 1 WHERE id = $1").bind(claim.id).run(tx).await?;
    hold_again(tx, claim, keep_until, notices, entry).await
}

async fn end_in_part(
    tx: &mut Writing<'_>,
    claim: &Claim,
    keep_until: Timestamp,
    notices: &[NewNotice],
    entry: &Entry,
) -> Result<(), StoreError> {
    tx.check(claim).await?;
    let open = sql("SELECT position FROM recipient WHERE message = $1 AND state NOT IN ($2, $3) LIMIT 1")
        .bind(claim.id)
        .bind(RecipientState::Accepted)
        .bind(RecipientState::Withheld)
        .first(tx)
        .await?;
    if open.is_some() {
        return Err(Conflict::Unsettled.into());
    }
    hold_again(tx, claim, keep_until, notices, entry).await
}

async fn hold_again(
    tx: &mut Writing<'_>,
    claim: &Claim,
    keep_until: Timestamp,
    notices: &[NewNotice],
    entry: &Entry,
) -> Result<(), StoreError> {
    tx.transition(claim.id, State::Releasing, State::Held, entry).await?;
    sql("UPDATE held SET expires_at = CASE WHEN expires_at < $2 THEN $2 ELSE expires_at END WHERE id = $1")
        .bind(claim.id)
        .bind(keep_until)
        .run(tx)
        .await?;
    for notice in notices {
        tx.add_notice(notice).await?;
    }
    tx.drop_lease(claim.id).await
}

impl Writing<'_> {
    async fn take_lease(&mut self, id: MessageId, owner: &str, lease: Duration) -> Result<Claim, StoreError> {
        let clock = self.clock().await?;
        let row = sql("UPDATE held SET lease_owner = $2, lease_epoch = lease_epoch + 1, lease_until = $3 + $4
                       WHERE id = $1 AND (lease_until IS NULL OR lease_until <= $3)
                         AND (state = 'releasing' OR state = 'returned' AND next_attempt IS NOT NULL)
                       RETURNING id, reference, unit, lease_epoch, release_started, attempts")
        .bind(id)
        .bind(owner)
        .bind(clock)
        .bind(lease)
        .first(self)
        .await?;
        match row {
            Some(row) => claim(&row),
            None => match self.conflict(id).await? {
                Conflict::State(State::Releasing | State::Returned) => Err(Conflict::Leased.into()),
                other => Err(other.into()),
            },
        }
    }

    /// The claim still holds: nobody has taken the lease since, nor will before the commit. Nothing is changed here;
    /// writing the row keeps it from others.
    pub(super) async fn check(&mut self, claim: &Claim) -> Result<(), StoreError> {
        let held = sql("UPDATE held SET lease_epoch = $2
                        WHERE id = $1 AND state IN ('releasing', 'returned') AND lease_epoch = $2")
        .bind(claim.id)
        .bind(claim.epoch)
        .run(self)
        .await?;
        if held == 1 { Ok(()) } else { Err(Conflict::LeaseLost.into()) }
    }

    pub(super) async fn drop_lease(&mut self, id: MessageId) -> Result<(), StoreError> {
        sql("UPDATE held SET lease_owner = NULL, lease_until = NULL, next_attempt = NULL WHERE id = $1")
            .bind(id)
            .run(self)
            .await?;
        Ok(())
    }
}

fn claim(row: &Row) -> Result<Claim, StoreError> {
    Ok(Claim {
        id: row.message("id")?,
        reference: row.reference("reference")?,
        unit: row.text("unit")?,
        epoch: row.number("lease_epoch")?,
        started: row.time("release_started")?,
        attempts: u32::try_from(row.count("attempts")?).unwrap_or(u32::MAX),
    })
}
