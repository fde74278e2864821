//! What a person decides besides a release: requests for a second person, returns, legal hold; and warnings.

use jiff::{SignedDuration, Timestamp};

use super::held::{RECORD, message};
use super::statement::sql;
use super::{Core, Writing};
use crate::message::MessageId;
use crate::store::{
    Agreement, Claim, Conflict, Entry, HeldMessage, LIST_PAGE, NewNotice, NewRequest, NewReturn, State, StoreError,
};

impl Core {
    pub(super) async fn write_request(
        &self,
        id: MessageId,
        request: &NewRequest,
        entry: &Entry,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = ask(&mut tx, id, request, entry).await;
        tx.end(step).await
    }

    pub(super) async fn write_returned(&self, id: MessageId, new: &NewReturn, entry: &Entry) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = give_back(&mut tx, id, new, entry).await;
        tx.end(step).await
    }

    pub(super) async fn write_return_ended(
        &self,
        claim: &Claim,
        notice: Option<&NewNotice>,
        entry: &Entry,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = end_return(&mut tx, claim, notice, entry).await;
        tx.end(step).await
    }

    pub(super) async fn write_kept(&self, id: MessageId, decision: &str, entry: &Entry) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = keep(&mut tx, id, decision, entry).await;
        tx.end(step).await
    }

    pub(super) async fn write_unkept(
        &self,
        id: MessageId,
        keep_until: Timestamp,
        entry: &Entry,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = unkeep(&mut tx, id, keep_until, entry).await;
        tx.end(step).await
    }

    pub(super) async fn read_duplicates(&self, id: MessageId) -> Result<Vec<HeldMessage>, StoreError> {
        sql(format!(
            "SELECT {RECORD} FROM held WHERE duplicate_digest = (SELECT duplicate_digest FROM held WHERE id = $1)
               AND id <> $1 ORDER BY held_at, id LIMIT $2"
        ))
        .bind(id)
        .bind(LIST_PAGE)
        .all(&mut *self.read().await?)
        .await?
        .iter()
        .map(message)
        .collect()
    }

    pub(super) async fn read_to_warn(
        &self,
        now: Timestamp,
        before: SignedDuration,
    ) -> Result<Vec<HeldMessage>, StoreError> {
        let horizon = now.saturating_add(before).unwrap_or(Timestamp::MAX);
        sql(format!(
            "SELECT {RECORD} FROM held WHERE state = 'held' AND warned_at IS NULL AND kept IS NULL AND expires_at <= $2
               AND expires_at > $1 AND held_at + (expires_at - held_at) / 2 <= $1 ORDER BY expires_at, id LIMIT $3"
        ))
        .bind(now)
        .bind(horizon)
        .bind(LIST_PAGE)
        .all(&mut *self.read().await?)
        .await?
        .iter()
        .map(message)
        .collect()
    }

    pub(super) async fn write_warned(
        &self,
        id: MessageId,
        notice: Option<&NewNotice>,
        entry: &Entry,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = warn(&mut tx, id, notice, entry).await;
        tx.end(step).await
    }
}

async fn ask(tx: &mut Writing<'_>, id: MessageId, request: &NewRequest, entry: &Entry) -> Result<(), StoreError> {
    // Nothing is changed yet: the row is only kept from others until the commit.
    let held = sql("UPDATE held SET state = state WHERE id = $1 AND state = 'held'").bind(id).run(tx).await?;
    if held != 1 {
        return Err(tx.conflict(id).await?.into());
    }
    if let Some((by, at)) = tx.request(id).await?
        && person(&by) != person(&entry.actor)
        && at >= request.not_before
    {
        return Err(Conflict::Requested.into());
    }
    sql("UPDATE held SET requested_by = $2, requested_at = $3, requested_route = $4,
                         expires_at = CASE WHEN expires_at < $5 THEN $5 ELSE expires_at END WHERE id = $1")
    .bind(id)
    .bind(&entry.actor)
    .bind(entry.at)
    .bind(request.route.word())
    .bind(request.keep_until)
    .run(tx)
    .await?;
    tx.append(entry).await
}

async fn give_back(tx: &mut Writing<'_>, id: MessageId, new: &NewReturn, entry: &Entry) -> Result<(), StoreError> {
    tx.transition(id, State::Held, State::Returned, entry).await?;
    sql(
        "UPDATE held SET content_until = $2, release_started = $3, next_attempt = $4, attempts = 0, lease_owner = NULL,
                         lease_until = NULL, requested_by = NULL, requested_at = NULL, requested_route = NULL
         WHERE id = $1",
    )
    .bind(id)
    .bind(new.content_until)
    .bind(entry.at)
    .bind(new.mail_back.then_some(entry.at))
    .run(tx)
    .await?;
    tx.add_notice(&new.notice).await
}

async fn end_return(
    tx: &mut Writing<'_>,
    claim: &Claim,
    notice: Option<&NewNotice>,
    entry: &Entry,
) -> Result<(), StoreError> {
    tx.check(claim).await?;
    if let Some(notice) = notice {
        tx.add_notice(notice).await?;
    }
    tx.append(entry).await?;
    tx.drop_lease(claim.id).await
}

async fn keep(tx: &mut Writing<'_>, id: MessageId, decision: &str, entry: &Entry) -> Result<(), StoreError> {
    let kept = sql("UPDATE held SET kept = $2 WHERE id = $1 AND kept IS NULL").bind(id).bind(decision).run(tx).await?;
    if kept != 1 {
        return Err(match tx.conflict(id).await? {
            Conflict::NotFound => Conflict::NotFound.into(),
            _ => Conflict::Kept.into(),
        });
    }
    // Looked for under the row's lock: whoever deletes takes it first.
    let left = sql("SELECT message FROM evidence WHERE message = $1").bind(id).first(tx).await?;
    if left.is_none() {
        return Err(tx.conflict(id).await?.into());
    }
    tx.append(entry).await
}

async fn unkeep(tx: &mut Writing<'_>, id: MessageId, keep_until: Timestamp, entry: &Entry) -> Result<(), StoreError> {
    let changed = sql("UPDATE held SET kept = NULL, warned_at = NULL,
                                       expires_at = CASE WHEN expires_at < $2 THEN $2 ELSE expires_at END
                       WHERE id = $1 AND kept IS NOT NULL")
    .bind(id)
    .bind(keep_until)
    .run(tx)
    .await?;
    if changed != 1 {
        return Err(match tx.conflict(id).await? {
            Conflict::NotFound => Conflict::NotFound.into(),
            _ => Conflict::NotKept.into(),
        });
    }
    tx.append(entry).await
}

async fn warn(
    tx: &mut Writing<'_>,
    id: MessageId,
    notice: Option<&NewNotice>,
    entry: &Entry,
) -> Result<(), StoreError> {
    let changed = sql("UPDATE held SET warned_at = $2
                       WHERE id = $1 AND state = 'held' AND warned_at IS NULL AND kept IS NULL")
    .bind(id)
    .bind(entry.at)
    .run(tx)
    .await?;
    if changed != 1 {
        return Err(match tx.conflict(id).await? {
            Conflict::State(State::Held) => Conflict::Warned.into(),
            other => other.into(),
        });
    }
    if let Some(notice) = notice {
        tx.add_notice(notice).await?;
    }
    tx.append(entry).await
}

impl Writing<'_> {
    /// Of a message whose row is locked: refused without a second person, where the message asks for one.
    pub(super) async fn check_agreement(
        &mut self,
        id: MessageId,
        agreement: Option<&Agreement>,
        actor: &str,
    ) -> Result<(), StoreError> {
        let row = sql("SELECT four_eyes FROM held WHERE id = $1").bind(id).first(self).await?;
        if !row.ok_or(Conflict::NotFound)?.flag("four_eyes")? {
            return Ok(());
        }
        let agreement = agreement.ok_or(Conflict::SecondPerson)?;
        match self.request(id).await? {
            Some((by, _)) if person(&by) == person(actor) => Err(Conflict::SamePerson.into()),
            // As stored, in whole milliseconds.
            Some((_, at)) if at == agreement.requested_at && at >= agreement.not_before => Ok(()),
            _ => Err(Conflict::NoRequest.into()),
        }
    }

    /// Who has asked for a release, and when.
    async fn request(&mut self, id: MessageId) -> Result<Option<(String, Timestamp)>, StoreError> {
        let row = sql("SELECT requested_by, requested_at FROM held WHERE id = $1").bind(id).first(self).await?;
        let row = row.ok_or(Conflict::NotFound)?;
        Ok(row.optional_text("requested_by")?.zip(row.optional_time("requested_at")?))
    }

    /// Of a message that is to be deleted: takes the row's lock, and refuses while it is on legal hold.
    pub(super) async fn check_not_kept(&mut self, id: MessageId) -> Result<(), StoreError> {
        let free = sql("UPDATE held SET state = state WHERE id = $1 AND kept IS NULL").bind(id).run(self).await?;
        if free == 1 {
            return Ok(());
        }
        Err(match self.conflict(id).await? {
            Conflict::State(State::Held) => Conflict::Kept.into(),
            other => other.into(),
        })
    }
}

/// The name in `operator:NAME`: the same person has it at the console.
fn person(actor: &str) -> &str {
    actor.split_once(':').map_or(actor, |(_, name)| name)
}
