//! Release: claims, recipients, ends, in SQLite.
//!
//! A claim is a lease with an epoch. Taking it is one compare-and-set by the database's clock; every
//! later step names the epoch, so that a holder who was overtaken changes nothing. A holder whose lease ran
//! out, but whom nobody overtook, may go on: what he did must not be forgotten.

use std::time::Duration;

use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::held::conflict;
use super::{Sqlite, Writing, clock, id, millis, time, unexpected};
use crate::message::MessageId;
use crate::store::{Claim, Conflict, Entry, LIST_PAGE, NewNotice, RecipientRow, RecipientState, State, StoreError};

impl Sqlite {
    pub(super) async fn claim_held(
        &self,
        id: MessageId,
        owner: &str,
        lease: Duration,
        entry: &Entry,
    ) -> Result<Claim, StoreError> {
        let mut tx = self.begin().await?;
        let step = async {
            tx.transition(id, State::Held, State::Releasing, entry).await?;
            sqlx::query(
                "UPDATE held SET release_failed = 0, release_started = ?2, next_attempt = ?2, attempts = 0,
                                 lease_until = NULL
                 WHERE id = ?1",
            )
            .bind(id.0.as_slice())
            .bind(entry.at.as_millisecond())
            .execute(&mut tx.conn)
            .await?;
            sqlx::query("UPDATE recipient SET state = ?2, reply = NULL WHERE message = ?1 AND state = ?3")
                .bind(id.0.as_slice())
                .bind(RecipientState::Pending.as_str())
                .bind(RecipientState::Refused.as_str())
                .execute(&mut tx.conn)
                .await?;
            tx.take_lease(id, owner, lease).await
        }
        .await;
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
        let rows = sqlx::query(concat!(
            "SELECT id FROM held WHERE state = 'releasing' AND next_attempt <= ?1
               AND (lease_until IS NULL OR lease_until <= ",
            clock!(),
            ") ORDER BY next_attempt, id LIMIT ?2"
        ))
        .bind(now.as_millisecond())
        .bind(LIST_PAGE as i64)
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(|row| id(row, "id")).collect()
    }

    pub(super) async fn renew_lease(&self, claim: &Claim, lease: Duration) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = async {
            tx.check(claim).await?;
            sqlx::query(concat!("UPDATE held SET lease_until = ", clock!(), " + ?2 WHERE id = ?1"))
                .bind(claim.id.0.as_slice())
                .bind(millis(lease))
                .execute(&mut tx.conn)
                .await?;
            Ok(())
        }
        .await;
        tx.end(step).await
    }

    pub(super) async fn write_recipient(
        &self,
        claim: &Claim,
        recipient: &RecipientRow,
        entry: Option<&Entry>,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = async {
            tx.check(claim).await?;
            // `accepted` is final: no later outcome may make us send again.
            let changed = sqlx::query(
                "UPDATE recipient SET state = ?3, reply = ?4 WHERE message = ?1 AND position = ?2 AND state <> ?5",
            )
            .bind(claim.id.0.as_slice())
            .bind(i64::try_from(recipient.position).unwrap_or(i64::MAX))
            .bind(recipient.state.as_str())
            .bind(&recipient.reply)
            .bind(RecipientState::Accepted.as_str())
            .execute(&mut tx.conn)
            .await?
            .rows_affected();
            match entry {
                // Recorded before, by a commit whose outcome was unknown: not twice.
                Some(entry) if changed == 1 => tx.append(entry).await,
                _ => Ok(()),
            }
        }
        .await;
        tx.end(step).await
    }

    pub(super) async fn write_postponed(&self, claim: &Claim, next: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = async {
            tx.check(claim).await?;
            sqlx::query(
                "UPDATE held SET next_attempt = ?2, attempts = attempts + 1, lease_owner = NULL, lease_until = NULL
                 WHERE id = ?1",
            )
            .bind(claim.id.0.as_slice())
            .bind(next.as_millisecond())
            .execute(&mut tx.conn)
            .await?;
            Ok(())
        }
        .await;
        tx.end(step).await
    }

    pub(super) async fn write_released(&self, claim: &Claim, entry: &Entry) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = async {
            tx.check(claim).await?;
            let open: i64 = sqlx::query_scalar("SELECT count(*) FROM recipient WHERE message = ?1 AND state <> ?2")
                .bind(claim.id.0.as_slice())
                .bind(RecipientState::Accepted.as_str())
                .fetch_one(&mut tx.conn)
                .await?;
            if open != 0 {
                return Err(Conflict::Unsettled.into());
            }
            tx.transition(claim.id, State::Releasing, State::Released, entry).await?;
            tx.drop_lease(claim.id).await
        }
        .await;
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
        let step = async {
            tx.check(claim).await?;
            tx.transition(claim.id, State::Releasing, State::Held, entry).await?;
            sqlx::query("UPDATE held SET release_failed = 1, expires_at = max(expires_at, ?2) WHERE id = ?1")
                .bind(claim.id.0.as_slice())
                .bind(keep_until.as_millisecond())
                .execute(&mut tx.conn)
                .await?;
            for notice in notices {
                tx.add_notice(notice, notice.reference.as_deref()).await?;
            }
            tx.drop_lease(claim.id).await
        }
        .await;
        tx.end(step).await
    }
}

impl Writing<'_> {
    async fn take_lease(&mut self, id: MessageId, owner: &str, lease: Duration) -> Result<Claim, StoreError> {
        let row = sqlx::query(concat!(
            "UPDATE held SET lease_owner = ?2, lease_epoch = lease_epoch + 1, lease_until = ",
            clock!(),
            " + ?3 WHERE id = ?1 AND state = 'releasing' AND (lease_until IS NULL OR lease_until <= ",
            clock!(),
            ") RETURNING id, reference, unit, lease_epoch, release_started, attempts"
        ))
        .bind(id.0.as_slice())
        .bind(owner)
        .bind(millis(lease))
        .fetch_optional(&mut self.conn)
        .await?;
        match row {
            Some(row) => claim(&row),
            None => match conflict(&mut self.conn, id).await? {
                Conflict::State(State::Releasing) => Err(Conflict::Leased.into()),
                other => Err(other.into()),
            },
        }
    }

    /// The claim still holds: nobody has taken the lease since.
    async fn check(&mut self, claim: &Claim) -> Result<(), StoreError> {
        let epoch: Option<i64> =
            sqlx::query_scalar("SELECT lease_epoch FROM held WHERE id = ?1 AND state = 'releasing'")
                .bind(claim.id.0.as_slice())
                .fetch_optional(&mut self.conn)
                .await?;
        if epoch == Some(claim.epoch) { Ok(()) } else { Err(Conflict::LeaseLost.into()) }
    }

    async fn drop_lease(&mut self, id: MessageId) -> Result<(), StoreError> {
        sqlx::query("UPDATE held SET lease_owner = NULL, lease_until = NULL, next_attempt = NULL WHERE id = ?1")
            .bind(id.0.as_slice())
            .execute(&mut self.conn)
            .await?;
        Ok(())
    }
}

fn claim(row: &SqliteRow) -> Result<Claim, StoreError> {
    let reference: String = row.try_get("reference")?;
    Ok(Claim {
        id: id(row, "id")?,
        reference: reference.parse().map_err(|()| unexpected("reference"))?,
        unit: row.try_get("unit")?,
        epoch: row.try_get("lease_epoch")?,
        started: time(row, "release_started")?,
        attempts: row.try_get("attempts")?,
    })
}
