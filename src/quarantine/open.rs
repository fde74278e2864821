//! Opening, discarding and withdrawing: what a person does to a held message, each time on the record.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::records::{ContentHeader, Evidence};
use super::{Quarantine, RouteError, SealError};
use crate::audit::{Actor, Event, Subject};
use crate::message::{Envelope, MessageId, RawMessage};
use crate::notice::facts::NoticeKind;
use crate::store::{Conflict, HeldMessage, NewNotice, State, StoreError};

/// Why a step with a held message did not happen, or did not end.
#[derive(Debug, thiserror::Error)]
pub enum QuarantineError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The configuration's fault: `[seal] identity_file` is absent.
    #[error("no identity is configured here")]
    NoIdentity,
    /// The configuration's fault: this role releases nothing.
    #[error("no next hop is configured here")]
    NoRoutes,
    /// Not open to the message, as the configuration is today.
    #[error(transparent)]
    Route(#[from] RouteError),
    #[error(
        "the message is marked private: nobody but its sender opens it; it goes only by a secure way (release --through), \
         is withdrawn by its sender (discard --withdrawn), or expires"
    )]
    Private,
    #[error("there is no sender whom it could be returned to")]
    NoSender,
    #[error("the message has been deleted")]
    Gone,
    /// It opens, but is not what a hold writes.
    #[error("the sealed record is damaged")]
    Damaged,
}

impl From<Conflict> for QuarantineError {
    fn from(conflict: Conflict) -> Self {
        QuarantineError::Store(conflict.into())
    }
}

/// Decrypted content. It names persons, so it has no `Debug`.
pub struct OpenedContent {
    pub envelope: Envelope,
    pub subject: Option<String>,
    /// As it would be sent, without the header lines of the release itself.
    pub message: RawMessage,
}

impl Quarantine {
    /// Decrypts the evidence for a person. The event is durable before anything is returned.
    pub async fn open_evidence(
        &self,
        id: MessageId,
        actor: &Actor,
        purpose: &str,
    ) -> Result<Evidence, QuarantineError> {
        let message = self.may_open(id).await?;
        let evidence = self.unseal_evidence(id).await?;
        self.record_opening(&message, false, actor, purpose).await?;
        Ok(evidence)
    }

    /// Decrypts evidence and content for a person. The event is durable before anything is returned.
    pub async fn open(
        &self,
        id: MessageId,
        actor: &Actor,
        purpose: &str,
    ) -> Result<(Evidence, OpenedContent), QuarantineError> {
        let message = self.may_open(id).await?;
        let evidence = self.unseal_evidence(id).await?;
        let content = self.unseal_content(id).await?;
        self.record_opening(&message, true, actor, purpose).await?;
        Ok((evidence, content))
    }

    /// held → discarded. Evidence and content are deleted.
    pub async fn discard(&self, id: MessageId, actor: &Actor, reason: Option<String>) -> Result<(), QuarantineError> {
        let message = self.message(id).await?;
        if message.record.private {
            return Err(QuarantineError::Private);
        }
        let answer = self.answer(&message, NoticeKind::Discarded).await;
        self.delete(&message, actor, reason, false, answer).await
    }

    /// The same, at the wish of its sender; also of a private message.
    pub async fn withdraw(&self, id: MessageId, actor: &Actor, reason: Option<String>) -> Result<(), QuarantineError> {
        let message = self.message(id).await?;
        self.delete(&message, actor, reason, true, None).await
    }

    async fn delete(
        &self,
        message: &HeldMessage,
        actor: &Actor,
        reason: Option<String>,
        withdrawn: bool,
        answer: Option<NewNotice>,
    ) -> Result<(), QuarantineError> {
        let entry = Event::Discarded { subject: subject(message), withdrawn, reason }.entry(actor, self.now());
        self.store.discard(message.id, answer.as_ref(), &entry).await?;
        metrics::counter!("sluss_quarantine_total", "event" => "discarded").increment(1);
        Ok(())
    }

    /// What is private, or was returned, is its sender's alone; a returned one is opened for what asks for it.
    async fn may_open(&self, id: MessageId) -> Result<HeldMessage, QuarantineError> {
        let message = self.message(id).await?;
        if message.record.private {
            return Err(QuarantineError::Private);
        }
        if message.state == State::Returned && message.kept.is_none() {
            return Err(Conflict::State(message.state).into());
        }
        Ok(message)
    }

    /// Its queue record.
    ///
    /// # Errors
    /// [`Conflict::NotFound`], or the store.
    pub async fn message(&self, id: MessageId) -> Result<HeldMessage, QuarantineError> {
        Ok(self.store.message(id).await?.ok_or(Conflict::NotFound)?)
    }

    pub(super) async fn unseal_evidence(&self, id: MessageId) -> Result<Evidence, QuarantineError> {
        let sealed = self.store.evidence(id).await?.ok_or(QuarantineError::Gone)?;
        let plain = self.unseal(sealed).await?;
        serde_json::from_slice(&plain).map_err(|_| QuarantineError::Damaged)
    }

    pub(super) async fn unseal_content(&self, id: MessageId) -> Result<OpenedContent, QuarantineError> {
        let sealed = self.store.content(id).await?.ok_or(QuarantineError::Gone)?;
        let plain = self.unseal(sealed).await?;
        let (envelope, subject, message) = ContentHeader::split(&plain).map_err(|_| QuarantineError::Damaged)?;
        Ok(OpenedContent { envelope, subject, message: RawMessage::uncounted(message.to_vec()) })
    }

    /// Whether an identity here opens the message; nothing is decrypted. False too when there is nothing to open.
    pub(super) async fn is_ours(&self, id: MessageId) -> Result<bool, StoreError> {
        let Some(identities) = &self.identities else { return Ok(false) };
        Ok(self.store.evidence(id).await?.is_some_and(|sealed| identities.fit(&sealed)))
    }

    async fn unseal(&self, sealed: Vec<u8>) -> Result<Zeroizing<Vec<u8>>, QuarantineError> {
        let identities = Arc::clone(self.identities.as_ref().ok_or(QuarantineError::NoIdentity)?);
        let plain = tokio::task::spawn_blocking(move || identities.open(&sealed));
        Ok(plain.await.map_err(|_| SealError::Failed)??)
    }

    pub(super) async fn record_opening(
        &self,
        message: &HeldMessage,
        content: bool,
        actor: &Actor,
        purpose: &str,
    ) -> Result<(), StoreError> {
        let event = Event::Opened { subject: subject(message), content, purpose: purpose.to_owned() };
        self.store.append(&event.entry(actor, self.now())).await
    }
}

/// The message as an audit event names it.
pub(super) fn subject(message: &HeldMessage) -> Subject {
    Subject { id: message.id, reference: Some(message.reference.clone()), unit: message.record.unit.clone() }
}
