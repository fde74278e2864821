//! The closed set of events, and how each becomes an entry of the chain.

use jiff::Timestamp;

use crate::message::{MessageId, Reference};
use crate::store::{Entry, RegisterId};

/// Most characters of a reason that are kept.
const REASON_LIMIT: usize = 500;

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// This program by itself: a hold, an expiry, a retry.
    System,
    /// A person at the command line, by account name.
    Operator(String),
    /// A person at the console, by account name.
    Reviewer(String),
}

impl Actor {
    /// The word in the chain: `operator:NAME`.
    pub fn text(&self) -> String {
        match self {
            Actor::System => "system".into(),
            Actor::Operator(name) => format!("operator:{name}"),
            Actor::Reviewer(name) => format!("reviewer:{name}"),
        }
    }
}

/// The message an event is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    pub id: MessageId,
    /// `None` only for a hold: the store settles it in the transaction.
    pub reference: Option<Reference>,
    pub unit: String,
}

/// What happened. No event has room for content, a subject, a name or an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// With the short digests of the patterns and of the configuration that the verdict was made by.
    Held {
        subject: Subject,
        patterns: String,
        config: String,
    },
    /// The evidence, or evidence and content, were decrypted for a person.
    Opened {
        subject: Subject,
        content: bool,
        purpose: String,
    },
    ReleaseStarted {
        subject: Subject,
        reason: Option<String>,
    },
    /// Position in the envelope, and name of the hop.
    RecipientAccepted {
        subject: Subject,
        position: usize,
        hop: String,
    },
    /// Code and enhanced code of the hop's reply.
    RecipientRefused {
        subject: Subject,
        position: usize,
        hop: String,
        reply: String,
    },
    Released(Subject),
    ReleaseFailed {
        subject: Subject,
        accepted: usize,
        refused: usize,
        pending: usize,
    },
    Discarded {
        subject: Subject,
        reason: Option<String>,
    },
    /// The time to decide is over; the reason is the deletion decision's reference.
    Expired {
        subject: Subject,
        decision: Option<String>,
    },
    /// A process began or ended; the version it runs.
    Started {
        version: &'static str,
    },
    Stopped {
        version: &'static str,
    },
    /// Something opened secrecy or channel for a confidential mail that goes on: what (`consent:…`, `route:…`,
    /// `code:…`), the transaction's id as in the log, the verdict, the sender's reason, and within how many hours
    /// somebody has to look.
    ExceptionUsed {
        unit: String,
        transaction: String,
        by: String,
        verdict: &'static str,
        reason: Option<String>,
        review_within_hours: Option<u32>,
    },
    /// A configuration came into force: its SHA-256, hex.
    ConfigLoaded {
        digest: String,
    },
    /// A configuration was refused, for so many reasons, and the one with this SHA-256 stayed in force.
    ConfigRefused {
        digest: String,
        faults: usize,
    },
    /// A set of patterns came into force: its digest, and names with versions of the lists of one's own, of the
    /// compiled-in ones and of the profiles, joined by commas.
    PatternsLoaded {
        sha256: String,
        own: String,
        lists: String,
        profiles: String,
    },
    /// Entries of the registers, by their ids. Whom one is about stands in none of these events.
    ConsentGiven(RegisterId),
    ConsentWithdrawn(RegisterId),
    OrderMade(RegisterId),
    OrderEnded(RegisterId),
    TeamMade(RegisterId),
    TeamChanged(RegisterId),
    TeamEnded(RegisterId),
    /// The secret with this fingerprint was bound to the store.
    SecretMade {
        fingerprint: String,
    },
    /// The bypass was switched on, or changed: mail is relayed until then, whatever is judged.
    BypassOn {
        until: Timestamp,
        reason: String,
    },
    /// Switched off by a person before its time.
    BypassOff {
        reason: Option<String>,
    },
    /// Its time was over.
    BypassEnded,
    /// The store was copied.
    BackupMade,
}

impl Event {
    /// The word in the chain.
    pub fn as_str(&self) -> &'static str {
        match self {
            Event::Held { .. } => "held",
            Event::Opened { .. } => "opened",
            Event::ReleaseStarted { .. } => "release-started",
            Event::RecipientAccepted { .. } => "recipient-accepted",
            Event::RecipientRefused { .. } => "recipient-refused",
            Event::Released(_) => "released",
            Event::ReleaseFailed { .. } => "release-failed",
            Event::Discarded { .. } => "discarded",
            Event::Expired { .. } => "expired",
            Event::Started { .. } => "started",
            Event::Stopped { .. } => "stopped",
            Event::ExceptionUsed { .. } => "exception-used",
            Event::ConfigLoaded { .. } => "config-loaded",
            Event::ConfigRefused { .. } => "config-refused",
            Event::PatternsLoaded { .. } => "patterns-loaded",
            Event::ConsentGiven(_) => "consent-given",
            Event::ConsentWithdrawn(_) => "consent-withdrawn",
            Event::OrderMade(_) => "order-made",
            Event::OrderEnded(_) => "order-ended",
            Event::TeamMade(_) => "team-made",
            Event::TeamChanged(_) => "team-changed",
            Event::TeamEnded(_) => "team-ended",
            Event::SecretMade { .. } => "secret-made",
            Event::BypassOn { .. } => "bypass-on",
            Event::BypassOff { .. } => "bypass-off",
            Event::BypassEnded => "bypass-ended",
            Event::BackupMade => "backup-made",
        }
    }

    /// The entry for the chain.
    pub fn entry(self, actor: &Actor, at: Timestamp) -> Entry {
        let event = self.as_str();
        let (subject, reason, detail) = match self {
            Event::Held { subject, patterns, config } => {
                (Some(subject), None, Some(format!("patterns={patterns} config={config}")))
            }
            Event::Released(subject) => (Some(subject), None, None),
            Event::Expired { subject, decision } => (Some(subject), decision, None),
            Event::Opened { subject, content, purpose } => {
                let what = if content { "evidence+content" } else { "evidence" };
                (Some(subject), Some(purpose), Some(format!("opened={what}")))
            }
            Event::ReleaseStarted { subject, reason } | Event::Discarded { subject, reason } => {
                (Some(subject), reason, None)
            }
            Event::RecipientAccepted { subject, position, hop } => {
                (Some(subject), None, Some(format!("recipient={position} hop={hop}")))
            }
            Event::RecipientRefused { subject, position, hop, reply } => {
                (Some(subject), None, Some(format!("recipient={position} hop={hop} reply={reply}")))
            }
            Event::ReleaseFailed { subject, accepted, refused, pending } => {
                (Some(subject), None, Some(format!("accepted={accepted} refused={refused} pending={pending}")))
            }
            Event::Started { version } | Event::Stopped { version } => {
                (None, None, Some(format!("version={version} pid={}", std::process::id())))
            }
            Event::ExceptionUsed { unit, transaction, by, verdict, reason, review_within_hours } => {
                let review = review_within_hours.map_or_else(String::new, |hours| format!(" review={hours}h"));
                let detail = format!("unit={unit} transaction={transaction} by={by} verdict={verdict}{review}");
                (None, reason, Some(detail))
            }
            Event::ConfigLoaded { digest } => (None, None, Some(format!("sha256={digest}"))),
            Event::ConfigRefused { digest, faults } => (None, None, Some(format!("faults={faults} stays={digest}"))),
            Event::PatternsLoaded { sha256, own, lists, profiles } => {
                (None, None, Some(format!("sha256={sha256} own={own} lists={lists} profiles={profiles}")))
            }
            Event::ConsentGiven(id) | Event::ConsentWithdrawn(id) => (None, None, Some(format!("consent={id}"))),
            Event::OrderMade(id) | Event::OrderEnded(id) => (None, None, Some(format!("order={id}"))),
            Event::TeamMade(id) | Event::TeamChanged(id) | Event::TeamEnded(id) => {
                (None, None, Some(format!("team={id}")))
            }
            Event::SecretMade { fingerprint } => (None, None, Some(format!("fingerprint={fingerprint}"))),
            Event::BypassOn { until, reason } => (None, Some(reason), Some(format!("until={until:.0}"))),
            Event::BypassOff { reason } => (None, reason, None),
            Event::BypassEnded | Event::BackupMade => (None, None, None),
        };
        let (message, reference, unit) = match subject {
            Some(subject) => (Some(subject.id), subject.reference, Some(subject.unit)),
            None => (None, None, None),
        };
        let reason = reason.map(|text| text.chars().take(REASON_LIMIT).collect());
        Entry { at, event, actor: actor.text(), message, reference, unit, reason, detail }
    }
}
