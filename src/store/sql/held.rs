//! Reading held messages, and the one place where a state changes.

use jiff::Timestamp;

use super::statement::{Row, sql, unexpected};
use super::{Core, Writing};
use crate::message::MessageId;
use crate::store::{
    Conflict, Entry, Filter, HeldMessage, LIST_PAGE, NewNotice, QueueRecord, RecipientRow, RecipientState, Request,
    Route, State, StoreError,
};

/// Columns of a queue record, as [`message`] reads them.
pub(super) const RECORD: &str = "id, reference, unit, categories, severity, channels, mode, urgent, state, \
                                 release_failed, held_at, expires_at, ended_at, next_attempt, private, four_eyes, \
                                 keep_decision, route, requested_by, requested_at, requested_route, kept, content_until, \
                                 review_asked, \
                                 (SELECT code FROM exception_request WHERE message = held.id) AS exception";

impl Core {
    /// Whether mail could be held now.
    pub(super) async fn check(&self) -> Result<(), StoreError> {
        self.backend.refuse_when_full(0)?;
        sql("SELECT key FROM meta LIMIT 1").first(&mut *self.read().await?).await?;
        // Reading goes on while another process holds the lock; holding mail does not.
        self.begin().await?.rollback().await;
        Ok(())
    }

    pub(super) async fn read_clock(&self) -> Result<Timestamp, StoreError> {
        let clock = self.read().await?.clock().await?;
        Timestamp::from_millisecond(clock).map_err(|_| unexpected("clock"))
    }

    pub(super) async fn read_message(&self, id: MessageId) -> Result<Option<HeldMessage>, StoreError> {
        let row =
            sql(format!("SELECT {RECORD} FROM held WHERE id = $1")).bind(id).first(&mut *self.read().await?).await?;
        row.map(|row| message(&row)).transpose()
    }

    pub(super) async fn read_list(&self, filter: &Filter) -> Result<Vec<HeldMessage>, StoreError> {
        // A condition that is not asked for is left out, so that the others find their index.
        let (at, id) = filter.after.map_or((i64::MIN, Vec::new()), |(at, id)| (at.as_millisecond(), id.0.to_vec()));
        let mut conditions = "(held_at, id) > ($1, $2)".to_owned();
        if filter.state.is_some() {
            conditions.push_str(" AND state = $4");
        }
        if filter.reference.is_some() {
            conditions.push_str(if filter.state.is_some() { " AND reference = $5" } else { " AND reference = $4" });
        }
        let mut list = sql(format!("SELECT {RECORD} FROM held WHERE {conditions} ORDER BY held_at, id LIMIT $3"))
            .bind(at)
            .bind(&id)
            .bind(LIST_PAGE);
        if let Some(state) = filter.state {
            list = list.bind(state);
        }
        if let Some(reference) = &filter.reference {
            list = list.bind(reference);
        }
        list.all(&mut *self.read().await?).await?.iter().map(message).collect()
    }

    pub(super) async fn read_recipients(&self, id: MessageId) -> Result<Vec<RecipientRow>, StoreError> {
        let rows = sql("SELECT position, state, reply FROM recipient WHERE message = $1 ORDER BY position")
            .bind(id)
            .all(&mut *self.read().await?)
            .await?;
        rows.iter()
            .map(|row| {
                Ok(RecipientRow {
                    position: usize::try_from(row.count("position")?).map_err(|_| unexpected("position"))?,
                    state: RecipientState::from_word(&row.text("state")?).ok_or_else(|| unexpected("state"))?,
                    reply: row.optional_text("reply")?,
                })
            })
            .collect()
    }

    pub(super) async fn read_evidence(&self, id: MessageId) -> Result<Option<Vec<u8>>, StoreError> {
        let row =
            sql("SELECT sealed FROM evidence WHERE message = $1").bind(id).first(&mut *self.read().await?).await?;
        row.map(|row| row.bytes("sealed")).transpose()
    }

    pub(super) async fn read_content(&self, id: MessageId) -> Result<Option<Vec<u8>>, StoreError> {
        let rows = sql("SELECT sealed FROM content WHERE message = $1 ORDER BY chunk")
            .bind(id)
            .all(&mut *self.read().await?)
            .await?;
        let chunks = rows.iter().map(|row| row.bytes("sealed")).collect::<Result<Vec<_>, _>>()?;
        Ok((!chunks.is_empty()).then(|| chunks.concat()))
    }

    pub(super) async fn write_discarded(
        &self,
        id: MessageId,
        answer: Option<&NewNotice>,
        entry: &Entry,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let step = discard(&mut tx, id, answer, entry).await;
        tx.end(step).await
    }
}

async fn discard(
    tx: &mut Writing<'_>,
    id: MessageId,
    answer: Option<&NewNotice>,
    entry: &Entry,
) -> Result<(), StoreError> {
    tx.check_not_kept(id).await?;
    tx.transition(id, State::Held, State::Discarded, entry).await?;
    if let Some(answer) = answer {
        tx.add_notice(answer).await?;
    }
    tx.erase(id).await
}

impl Writing<'_> {
    /// The one place where a state changes: compare-and-set, with its audit entry.
    pub(super) async fn transition(
        &mut self,
        id: MessageId,
        from: State,
        to: State,
        entry: &Entry,
    ) -> Result<(), StoreError> {
        let changed = if from.may_become(to) {
            sql("UPDATE held SET state = $3, ended_at = $4 WHERE id = $1 AND state = $2")
                .bind(id)
                .bind(from)
                .bind(to)
                .bind(to.is_final().then_some(entry.at))
                .run(self)
                .await?
        } else {
            0
        };
        if changed == 1 { self.append(entry).await } else { Err(self.conflict(id).await?.into()) }
    }

    /// Deletes evidence and content.
    pub(super) async fn erase(&mut self, id: MessageId) -> Result<(), StoreError> {
        for statement in ["DELETE FROM content WHERE message = $1", "DELETE FROM evidence WHERE message = $1"] {
            sql(statement).bind(id).run(self).await?;
        }
        Ok(())
    }

    /// Why a compare-and-set on `id` changed nothing.
    pub(super) async fn conflict(&mut self, id: MessageId) -> Result<Conflict, StoreError> {
        match sql("SELECT state FROM held WHERE id = $1").bind(id).first(self).await? {
            None => Ok(Conflict::NotFound),
            Some(row) => Ok(Conflict::State(row.state("state")?)),
        }
    }
}

/// Reads the columns of [`RECORD`].
pub(super) fn message(row: &Row) -> Result<HeldMessage, StoreError> {
    Ok(HeldMessage {
        id: row.message("id")?,
        reference: row.reference("reference")?,
        record: QueueRecord {
            unit: row.text("unit")?,
            categories: row.words("categories")?,
            severity: row.text("severity")?,
            channels: row.words("channels")?,
            mode: row.text("mode")?,
            urgent: row.flag("urgent")?,
            private: row.flag("private")?,
            four_eyes: row.flag("four_eyes")?,
            keep_decision: row.optional_text("keep_decision")?,
            held_at: row.time("held_at")?,
            expires_at: row.time("expires_at")?,
        },
        state: row.state("state")?,
        release_failed: row.flag("release_failed")?,
        ended_at: row.optional_time("ended_at")?,
        next_attempt: row.optional_time("next_attempt")?,
        review_asked: row.optional_time("review_asked")?,
        exception: row.optional_text("exception")?,
        route: route(&row.text("route")?)?,
        request: request(row)?,
        kept: row.optional_text("kept")?,
        content_until: row.optional_time("content_until")?,
    })
}

fn request(row: &Row) -> Result<Option<Request>, StoreError> {
    let (by, at) = (row.optional_text("requested_by")?, row.optional_time("requested_at")?);
    let word = row.optional_text("requested_route")?;
    let (Some(by), Some(at), Some(word)) = (by, at, word) else { return Ok(None) };
    Ok(Some(Request { by, at, route: route(&word)? }))
}

fn route(word: &str) -> Result<Route, StoreError> {
    Route::from_word(word).ok_or_else(|| unexpected("route"))
}
