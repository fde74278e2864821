//! What is told of the end of a release, and the answer to a sender who asked for a review.

use jiff::Timestamp;

use super::days_between;
use crate::notice::facts::{NoticeFacts, NoticeKind};
use crate::quarantine::open::QuarantineError;
use crate::quarantine::{Quarantine, sealed_notice};
use crate::store::{Claim, HeldMessage, NewNotice, RecipientRow};

impl Quarantine {
    /// To the sender, or who answers for it, and to the reviewers.
    pub(super) async fn failure_notices(
        &self,
        claim: &Claim,
        keep_until: Timestamp,
        recipients: &[RecipientRow],
    ) -> Result<Vec<NewNotice>, QuarantineError> {
        let (facts, reviewers) = self.facts_of_end(claim, keep_until, recipients).await?;
        // Where the sender could not be told the reviewers were, and are told once.
        let to_sender = Some(facts.clone()).filter(|facts| !facts.kind.is_to_reviewers());
        let to_reviewers =
            NoticeFacts { kind: NoticeKind::ReviewerReleaseFailed, to: reviewers, machine: None, ..facts };
        let to_sender = to_sender.map(|facts| facts.later(NoticeKind::ReleaseFailed));
        self.sealed(claim, to_sender.into_iter().chain([to_reviewers]))
    }

    /// To the sender, or who answers for it. The reviewers have decided it.
    pub(super) async fn part_notices(
        &self,
        claim: &Claim,
        keep_until: Timestamp,
        recipients: &[RecipientRow],
    ) -> Result<Vec<NewNotice>, QuarantineError> {
        let (facts, _) = self.facts_of_end(claim, keep_until, recipients).await?;
        let told = match facts.kind {
            kind if kind.is_to_reviewers() => None,
            // In a digest it counts as what did not reach everybody.
            NoticeKind::ServiceDigest => Some(facts.later(NoticeKind::ReleaseFailed)),
            _ => Some(facts.later(NoticeKind::ReleasedInPart)),
        };
        self.sealed(claim, told.into_iter())
    }

    /// The answer to a sender who has asked for a review: sent, or deleted. To be made before the end, after which there
    /// may be nothing to make it of; without an identity for the evidence there is none.
    pub(in crate::quarantine) async fn answer(&self, message: &HeldMessage, kind: NoticeKind) -> Option<NewNotice> {
        message.review_asked?;
        let made = async {
            let evidence = self.unseal_evidence(message.id).await?;
            let recipients = self.store.recipients(message.id).await?;
            let (reached, not_reached) = evidence.reached(&recipients);
            let told = NoticeFacts {
                recipients: not_reached,
                reached,
                reference: Some(message.reference.as_str().to_owned()),
                ..evidence.notice.later(kind)
            };
            // A machine asks for nothing; where the sender could not be told, there was no link to ask by.
            let goes = told.kind == kind && !told.to.is_empty();
            let seal = || sealed_notice(&self.keys, &told, Some(&message.reference), self.now());
            Ok::<_, QuarantineError>(goes.then(seal).transpose()?)
        };
        made.await.unwrap_or_else(|error| {
            tracing::warn!(id = %message.id, %error, "who asked for a review gets no answer");
            None
        })
    }

    /// The reviewers hear that one of them has to agree. The request stands without it: whoever lists the queue sees it.
    pub(super) async fn tell_second(&self, message: &HeldMessage) {
        let told = async {
            let evidence = self.unseal_evidence(message.id).await?;
            let copies = std::slice::from_ref(message);
            let (language, kind) = (evidence.notice.language, NoticeKind::ReviewerSecond);
            match self.notice_asked(message, copies, language, &evidence.reviewers, kind)? {
                Some(notice) => Ok(self.store.outbox_add(&notice).await?),
                None => Ok::<(), QuarantineError>(()),
            }
        };
        if let Err(error) = told.await {
            tracing::warn!(id = %message.id, %error, "nobody could be told that a release waits for a second person");
        }
    }

    /// What is known of the end, under the kind that the hold was told by; and who reviews it.
    async fn facts_of_end(
        &self,
        claim: &Claim,
        keep_until: Timestamp,
        recipients: &[RecipientRow],
    ) -> Result<(NoticeFacts, Vec<String>), QuarantineError> {
        let evidence = self.unseal_evidence(claim.id).await?;
        let expires = self.message(claim.id).await?.record.expires_at.max(keep_until);
        let (reached, not_reached) = evidence.reached(recipients);
        let facts = NoticeFacts {
            recipients: not_reached,
            reached,
            reference: Some(claim.reference.as_str().to_owned()),
            days: days_between(self.now(), expires),
            ..evidence.notice
        };
        Ok((facts, evidence.reviewers))
    }

    fn sealed(
        &self,
        claim: &Claim,
        notices: impl Iterator<Item = NoticeFacts>,
    ) -> Result<Vec<NewNotice>, QuarantineError> {
        let told = notices.filter(|facts| !facts.to.is_empty());
        let seal = |facts| sealed_notice(&self.keys, &facts, Some(&claim.reference), self.now());
        Ok(told.map(seal).collect::<Result<_, _>>()?)
    }
}
