//! Holding: seals evidence and content, and stores the three records in one transaction.

use std::ops::Range;
use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

use super::records::{ContentHeader, Evidence, MaskedFinding, UnreadPart};
use super::{Quarantine, SealError, Sealer};
use crate::audit::{Actor, Event, Subject};
use crate::message::{Envelope, Header, Keys, LinkToken, MessageId, RawMessage, Reference};
use crate::notice::facts::{NoticeFacts, PageFacts};
use crate::notice::gather::Plan;
use crate::store::{
    MailboxDigest, MailboxRole, NewHeld, NewLink, NewNotice, NoticeId, QueueRecord, StoreError, StoreReceipt,
};
use crate::telemetry::Sensitive;

/// Copies held within this time share reference and notice.
pub(super) const COPIES_WITHIN: SignedDuration = SignedDuration::from_hours(24);

/// A message to be held, with all that is known of it. Words are those of configuration and JSON.
pub struct Hold {
    /// When it came.
    pub at: Timestamp,
    pub unit: String,
    pub categories: Vec<String>,
    pub severity: String,
    /// Short digest of the patterns that the verdict was made by.
    pub patterns: String,
    /// Short digest of the configuration that it was made under.
    pub config: String,
    /// Evidence levels of the recipients that do not meet the minimum.
    pub channels: Vec<String>,
    pub mode: String,
    pub urgent: bool,
    /// Days until it expires.
    pub keep_days: u32,
    /// Reference of the decision that its expiry rests on.
    pub keep_decision: Option<String>,
    /// Marked private: nobody but its sender opens it, and it goes only the secure way.
    pub private: bool,
    /// A second person has to agree to its release.
    pub four_eyes: bool,
    pub envelope: Envelope,
    /// `Message-ID` of the header, without angle brackets.
    pub message_id: Option<String>,
    pub subject: Option<String>,
    pub findings: Vec<MaskedFinding>,
    pub uninspectable: Vec<UnreadPart>,
    /// Normalised values of the identifiers found; stored as keyed digests only.
    pub values: Vec<Sensitive<String>>,
    /// Header lines put on top when it came (`Received`), CRLF ended.
    pub trace: Vec<u8>,
    pub message: RawMessage,
    /// Ranges of the message that are kept, in order: all but the header lines that are stripped.
    pub kept: Vec<Range<usize>>,
    /// The notice of this hold; later ones (release failed, expired) are made from it.
    pub notice: NoticeFacts,
    /// Who is told of it now or later, unless an earlier copy told them.
    pub tell: Vec<Tell>,
    /// Whom a failed release is reported to.
    pub reviewers: Vec<String>,
}

/// A notice that is owed, and when it goes.
#[derive(Clone)]
pub struct Tell {
    pub facts: NoticeFacts,
    pub plan: Plan,
}

impl Tell {
    /// For the outbox, owed from `at` or from when it is due.
    pub fn sealed(&self, keys: &Keys, at: Timestamp) -> Result<NewNotice, SealError> {
        seal(keys, &self.facts, None, at.max(self.plan.due), self.plan.clone())
    }
}

/// Why a message could not be held; the client is told to try again (452).
#[derive(Debug, thiserror::Error)]
pub enum HoldError {
    #[error(transparent)]
    Seal(#[from] SealError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Quarantine {
    /// Seals and stores. The receipt means that the message is durable; after an error nothing of it is
    /// in the store, but after [`StoreError::Broken`] or when the store cannot be asked after a commit that
    /// failed, where nobody knows.
    pub async fn hold(&self, hold: Hold) -> Result<StoreReceipt, HoldError> {
        // Behind a locked store they would stand in line until no client is left to hear the answer, and
        // then hold mail that has long been sent again.
        let kib = u32::try_from(hold.message.bytes().len() / 1024).unwrap_or(u32::MAX).saturating_add(16);
        let turn = self.holds.acquire_many(kib.min(super::KIB_HELD_AT_ONCE));
        let turn = tokio::time::timeout(self.longest_wait, turn);
        // The semaphore is closed only with the quarantine itself.
        let _permit = turn.await.map_err(|_| StoreError::Busy)?.map_err(|_| SealError::Failed)?;
        let (sealer, keys) = (self.sealer.load_full(), Arc::clone(&self.keys));
        let new = tokio::task::spawn_blocking(move || records(hold, &sealer, &keys))
            .await
            .map_err(|_| SealError::Failed)??;
        let unit = new.record.unit.clone();
        let receipt = self.store.hold(new).await?;
        metrics::counter!("sluss_quarantine_total", "event" => "held").increment(1);
        tracing::info!(id = %receipt.id(), reference = %receipt.reference(), unit, "held");
        Ok(receipt)
    }
}

fn records(hold: Hold, sealer: &Sealer, keys: &Keys) -> Result<NewHeld, SealError> {
    let id = MessageId::random();
    let keep = SignedDuration::from_hours(24 * i64::from(hold.keep_days));
    let sender = hold.envelope.reverse_path.mailbox().map_or("", |m| m.raw());
    let copies = hold.message_id.as_deref().map(|message_id| keys.copy_digests(sender, message_id));
    let evidence = Evidence {
        sender: sender.to_owned(),
        recipients: hold.envelope.recipients.iter().map(|r| r.path.0.raw().to_owned()).collect(),
        findings: hold.findings,
        uninspectable: hold.uninspectable,
        notice: hold.notice,
        reviewers: hold.reviewers,
        patterns: hold.patterns.clone(),
        config: hold.config.clone(),
    };
    let evidence_json = serde_json::to_vec(&evidence).map_err(|_| SealError::Failed)?;
    let header = ContentHeader::new(&hold.envelope, hold.subject).to_line().map_err(|_| SealError::Failed)?;
    // What could not be read again would be lost behind our 250.
    if ContentHeader::split(&header).ok().is_none_or(|(envelope, ..)| envelope != hold.envelope) {
        return Err(SealError::Failed);
    }
    let mut parts: Vec<&[u8]> = vec![&header, &hold.trace];
    for range in hold.kept {
        parts.push(hold.message.bytes().get(range).ok_or(SealError::Failed)?);
    }
    let notices = hold.tell.iter().map(|tell| tell.sealed(keys, hold.at)).collect::<Result<_, _>>()?;
    let mut categories = hold.categories;
    categories.sort_unstable();
    categories.dedup();
    let mut channels = hold.channels;
    channels.sort_unstable();
    channels.dedup();
    let subject = Subject { id, reference: None, unit: hold.unit.clone() };
    let duplicate_digests = duplicate_digests(keys, &evidence, Header::of(hold.message.bytes()).body());
    Ok(NewHeld {
        id,
        reference: Reference::random(),
        copy_digests: copies.unwrap_or_default(),
        duplicate_digests,
        copies_since: hold.at.saturating_sub(COPIES_WITHIN).unwrap_or(Timestamp::MIN),
        value_digests: hold.values.iter().map(|v| keys.value_digest(v.expose())).collect(),
        mailbox_digests: mailbox_digests(keys, sender, &evidence.recipients),
        recipients: hold.envelope.recipients.len(),
        sealed_to: sealer.keys(&hold.unit),
        evidence: sealer.seal(&hold.unit, &[&evidence_json])?,
        content: sealer.seal(&hold.unit, &parts)?,
        notices,
        entry: Event::Held { subject, patterns: hold.patterns, config: hold.config }.entry(&Actor::System, hold.at),
        record: QueueRecord {
            unit: hold.unit,
            categories,
            severity: hold.severity,
            channels,
            mode: hold.mode,
            urgent: hold.urgent,
            private: hold.private,
            four_eyes: hold.four_eyes,
            keep_decision: hold.keep_decision,
            held_at: hold.at,
            expires_at: hold.at.saturating_add(keep).unwrap_or(Timestamp::MAX),
        },
    })
}

/// Keyed digests, one for each secret, that messages share which one sender has sent to the same recipients with the same
/// body, byte for byte.
fn duplicate_digests(keys: &Keys, evidence: &Evidence, body: &[u8]) -> Vec<String> {
    let mut recipients: Vec<String> = evidence.recipients.iter().map(|recipient| recipient.to_lowercase()).collect();
    recipients.sort_unstable();
    let addresses = [evidence.sender.to_lowercase()].into_iter().chain(recipients);
    // An address has no line feed, so that none runs into the next one, nor the last one into the body.
    let mut same: Vec<u8> = addresses.flat_map(|address| [address.into_bytes(), vec![b'\n']]).flatten().collect();
    same.push(b'\n');
    same.extend_from_slice(body);
    keys.digests("duplicate", &same)
}

/// By which the mail is found again when somebody asks what was held of a mailbox: the sender's and each recipient's.
/// The null reverse path is nobody's.
pub(super) fn mailbox_digests(keys: &Keys, sender: &str, recipients: &[String]) -> Vec<MailboxDigest> {
    let digest = |role, address: &str| MailboxDigest { role, digest: keys.mailbox_digest(address) };
    let sender = Some(sender).filter(|sender| !sender.is_empty()).map(|sender| digest(MailboxRole::Sender, sender));
    let recipients = recipients.iter().map(|recipient| digest(MailboxRole::Recipient, recipient));
    let mut digests: Vec<_> = sender.into_iter().chain(recipients).collect();
    digests.sort_unstable();
    digests.dedup();
    digests
}

/// A notice for the outbox that waits for no other of its kind, or for those that have a time of their own.
pub fn sealed_notice(
    keys: &Keys,
    facts: &NoticeFacts,
    reference: Option<&Reference>,
    at: Timestamp,
) -> Result<NewNotice, SealError> {
    let plan = Plan::of(facts, keys, at, &TimeZone::system());
    seal(keys, facts, reference, at.max(plan.due), plan)
}

/// Its facts as JSON, encrypted and bound to the row. One that has a link gets its token here, and nowhere else: what
/// the page may show is sealed under it.
fn seal(
    keys: &Keys,
    facts: &NoticeFacts,
    reference: Option<&Reference>,
    owed_since: Timestamp,
    plan: Plan,
) -> Result<NewNotice, SealError> {
    let id = NoticeId::random();
    let (token, link) = match facts.kind.has_link() {
        true => {
            let token = LinkToken::random();
            let page = serde_json::to_vec(&PageFacts::of(facts)).map_err(|_| SealError::Failed)?;
            (Some(token.text()), Some(NewLink { digest: token.digest(), sealed: token.seal(&page) }))
        }
        false => (None, None),
    };
    let json = Zeroizing::new(
        serde_json::to_vec(&NoticeFacts { link_token: token, ..facts.clone() }).map_err(|_| SealError::Failed)?,
    );
    Ok(NewNotice {
        id,
        reference: reference.map(|r| r.as_str().to_owned()),
        payload: keys.seal_outbox(&id.0, &json),
        topics: plan.topics,
        created_at: owed_since,
        due: plan.due,
        link,
    })
}
