//! Return to the sender, with advice.
//!
//! The sender is told, in the transaction of the return. The sealed content stays for `return_days`, for the sender
//! alone. Where the sender's own mailbox has the evidence that the message needs, it is mailed back as well: that is
//! tried like a release, for a day; when it does not succeed the sender is told where it is.

use jiff::{SignedDuration, Timestamp};

use super::open::{OpenedContent, QuarantineError, subject};
use super::release::{Answer, LEASE, codes, days_between, hand_over, leaving};
use super::{Quarantine, sealed_notice};
use crate::audit::{Actor, Event};
use crate::message::{Envelope, MessageId, RawMessage, Recipient};
use crate::notice::facts::{NoticeFacts, NoticeKind};
use crate::smtp::{ForwardPath, ReversePath};
use crate::store::{Claim, Conflict, HeldMessage, NewNotice, NewReturn, Route, State};

/// MAIL parameters that say how the content is written.
const OF_CONTENT: [&str; 2] = ["BODY", "SMTPUTF8"];

/// What a person decides.
#[derive(Clone, Debug)]
pub struct Return {
    pub reason: String,
    /// For the sender: a word of `[advice]` in the notice's words, or a text of its own.
    pub advice: Option<String>,
}

impl Quarantine {
    /// held → returned. True when it is being mailed back as well.
    pub async fn return_to_sender(
        &self,
        id: MessageId,
        actor: &Actor,
        decided: Return,
    ) -> Result<bool, QuarantineError> {
        let message = self.message(id).await?;
        if message.record.private {
            return Err(QuarantineError::Private);
        }
        if message.state != State::Held {
            return Err(Conflict::State(message.state).into());
        }
        let mail_back = self.may_mail_back(&message).await?;
        let days = self.times.load().return_days;
        let now = self.now();
        let keep = SignedDuration::from_hours(24 * i64::from(days));
        let content_until = now.saturating_add(keep).unwrap_or(Timestamp::MAX);
        let notice = self.return_notice(&message, decided.advice, days, mail_back).await?;
        let event = Event::Returned { subject: subject(&message), days, mail_back, reason: decided.reason };
        let new = NewReturn { content_until, mail_back, notice };
        self.store.return_to_sender(id, &new, &event.entry(actor, now)).await?;
        metrics::counter!("sluss_quarantine_total", "event" => "returned").increment(1);
        if mail_back && let Err(error) = self.resume_return(id).await {
            // It is returned, and the worker tries again.
            tracing::warn!(%id, %error, "a returned message is not mailed back yet");
        }
        Ok(mail_back)
    }

    /// Takes over a return that is to be mailed back, for one attempt.
    pub(super) async fn resume_return(&self, id: MessageId) -> Result<(), QuarantineError> {
        let claim = self.store.resume_release(id, &self.owner, LEASE).await?;
        self.mail_back(&claim).await
    }

    /// The sender's own mailbox has the evidence now, and this process can do it.
    async fn may_mail_back(&self, message: &HeldMessage) -> Result<bool, QuarantineError> {
        let Some(routes) = self.routes.as_deref() else { return Ok(false) };
        let content = self.unseal_content(message.id).await?;
        let Some(sender) = sender(&content) else { return Ok(false) };
        let leaving = leaving(message, &Route::TwoFactor, &content);
        Ok(routes.reach(&leaving, &[&sender]).is_ok_and(|reached| reached == [true]))
    }

    async fn return_notice(
        &self,
        message: &HeldMessage,
        advice: Option<String>,
        days: u32,
        mail_back: bool,
    ) -> Result<NewNotice, QuarantineError> {
        let evidence = self.unseal_evidence(message.id).await?;
        let to = evidence.sender_to_tell().to_vec();
        if to.is_empty() {
            return Err(QuarantineError::NoSender);
        }
        let (reached, not_reached) = evidence.reached(&self.store.recipients(message.id).await?);
        let facts = NoticeFacts {
            kind: NoticeKind::Returned,
            to,
            recipients: if reached.is_empty() { evidence.notice.recipients } else { not_reached },
            reached,
            reference: Some(message.reference.as_str().to_owned()),
            days,
            advice,
            mailed_back: mail_back,
            ..evidence.notice
        };
        Ok(sealed_notice(&self.keys, &facts, Some(&message.reference), self.now())?)
    }

    /// One attempt to mail it back, under a claim that is held.
    async fn mail_back(&self, claim: &Claim) -> Result<(), QuarantineError> {
        let message = self.message(claim.id).await?;
        let result = async {
            let content = self.unseal_content(claim.id).await?;
            self.try_mail_back(claim, &message, &content).await
        };
        let event = match result.await {
            Ok(Some(event)) => event,
            result => match self.retry_at(claim) {
                Some(next) => {
                    self.store.postpone_release(claim, next).await?;
                    return result.map(|_| ());
                }
                None => Event::ReturnNotMailed { subject: subject(&message), reply: None },
            },
        };
        let failed = matches!(event, Event::ReturnNotMailed { .. });
        let notice = match failed.then_some(message.content_until).flatten() {
            Some(until) => match self.return_notice(&message, None, days_between(self.now(), until), false).await {
                Err(QuarantineError::Store(error)) => return Err(error.into()),
                made => made.ok(),
            },
            None => None,
        };
        self.store.end_return(claim, notice.as_ref(), &event.entry(&Actor::System, self.now())).await?;
        Ok(())
    }

    /// What became of it; `None`: to be tried again.
    async fn try_mail_back(
        &self,
        claim: &Claim,
        message: &HeldMessage,
        content: &OpenedContent,
    ) -> Result<Option<Event>, QuarantineError> {
        let routes = self.routes.as_deref().ok_or(QuarantineError::NoRoutes)?;
        let sender = sender(content).ok_or(QuarantineError::NoSender)?;
        let leaving = leaving(message, &Route::TwoFactor, content);
        // Its evidence may have ended since.
        let Some(hop) = routes.hop(&leaving, &sender) else { return Ok(None) };
        let back = resent(content, &sender, self.now());
        let subject = subject(message);
        // As at a release: who was overtaken sends no dot.
        let still = async { self.store.renew(claim, LEASE).await.is_ok() };
        Ok(match hand_over(&hop, routes, &leaving, (&sender, &back), still).await {
            Answer::Accepted(_) => Some(Event::ReturnMailed { subject, hop: hop.name().to_owned() }),
            Answer::Refused(reply) => Some(Event::ReturnNotMailed { subject, reply: Some(codes(&reply)) }),
            Answer::Later(_) | Answer::Unknown | Answer::Down => None,
        })
    }
}

/// The sender as a recipient; `None` for the null path.
fn sender(content: &OpenedContent) -> Option<Recipient> {
    let mailbox = content.envelope.reverse_path.mailbox()?;
    let (path, _) = ForwardPath::parse(&format!("<{}>", mailbox.raw())).ok()?;
    Some(Recipient { path, parameters: Vec::new() })
}

/// The mail as it is, sent again to its sender (RFC 5322 section 3.6.6), from nobody.
fn resent(content: &OpenedContent, to: &Recipient, now: Timestamp) -> OpenedContent {
    let address = to.path.0.raw();
    let date = now.strftime("%a, %d %b %Y %H:%M:%S +0000");
    let fields = format!("Resent-Date: {date}\r\nResent-From: <{address}>\r\nResent-To: <{address}>\r\n");
    let parameters = content.envelope.parameters.iter().filter(|p| OF_CONTENT.contains(&p.keyword.as_str()));
    OpenedContent {
        envelope: Envelope {
            reverse_path: ReversePath::Null,
            parameters: parameters.cloned().collect(),
            recipients: vec![to.clone()],
        },
        subject: None,
        message: RawMessage::uncounted([fields.as_bytes(), content.message.bytes()].concat()),
    }
}
