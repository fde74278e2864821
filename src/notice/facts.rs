//! What a notice may know. Everything that is not here cannot leak through one.

use serde::{Deserialize, Serialize};

/// Which text is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoticeKind {
    /// Held: the sender is told where it is and what to do.
    Held,
    /// Refused: nothing was kept.
    Rejected,
    /// Relayed, with a word on the better way.
    Warned,
    /// Sent through a secure channel instead.
    Rerouted,
    /// Held because it could not be read.
    HeldUnreadable,
    /// Held because the connection to the recipients' server is less protected than is demanded.
    HeldUnprotected,
    /// Released; some recipients refused, or 24 h are over.
    ReleaseFailed,
    /// Released to those with two-factor login; still held for the others.
    ReleasedInPart,
    /// Given back, with advice.
    Returned,
    /// Its sender asked for a review, and it was released.
    Released,
    /// Its sender asked for a review, and it was deleted.
    Discarded,
    /// Deleted in some days, unless somebody decides before.
    Expiring,
    /// Deleted after `keep_days`.
    Expired,
    /// To the unit's reviewers: mail is held; at once when it is urgent or its sender cannot be told.
    ReviewerHeld,
    /// To the unit's reviewers: what is still held will be deleted soon.
    ReviewerExpiring,
    /// To the unit's reviewers: a release failed.
    ReviewerReleaseFailed,
    /// To the unit's reviewers: what they were told of by `ReviewerHeld` has been deleted.
    ReviewerExpired,
    /// To the unit's reviewers: the sender of a held mail asks them to look at it.
    ReviewerAsked,
    /// To the unit's reviewers: a sender has used the urgent path, and somebody has to look at it.
    ReviewerReviewDue,
    /// To the unit's reviewers: nobody has looked in time at what went out; each day again.
    ReviewerReviewOverdue,
    /// To the unit's reviewers: a release waits for a second person.
    ReviewerSecond,
    /// To the unit's reviewers: mail is relayed for a while, whatever is judged.
    BypassOn,
    /// To the unit's reviewers: that is over; how much went through.
    BypassOff,
    /// To a channel's owner: its evidence ends soon, or has ended.
    ChannelEnds,
    /// To a unit's `service_owner`, once a day: what became of the mail of a sender that is a machine.
    ServiceDigest,
}

impl NoticeKind {
    pub const ALL: [NoticeKind; 25] = [
        NoticeKind::Held,
        NoticeKind::Rejected,
        NoticeKind::Warned,
        NoticeKind::Rerouted,
        NoticeKind::HeldUnreadable,
        NoticeKind::HeldUnprotected,
        NoticeKind::ReleaseFailed,
        NoticeKind::Expired,
        NoticeKind::ReviewerHeld,
        NoticeKind::ReviewerExpiring,
        NoticeKind::ReviewerReleaseFailed,
        NoticeKind::ReviewerExpired,
        NoticeKind::ReviewerAsked,
        NoticeKind::ReviewerReviewDue,
        NoticeKind::ReviewerReviewOverdue,
        NoticeKind::ReviewerSecond,
        NoticeKind::BypassOn,
        NoticeKind::BypassOff,
        NoticeKind::ChannelEnds,
        NoticeKind::ServiceDigest,
        NoticeKind::ReleasedInPart,
        NoticeKind::Returned,
        NoticeKind::Released,
        NoticeKind::Discarded,
        NoticeKind::Expiring,
    ];

    /// The word in file names, logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            NoticeKind::Held => "held",
            NoticeKind::Rejected => "rejected",
            NoticeKind::Warned => "warned",
            NoticeKind::Rerouted => "rerouted",
            NoticeKind::HeldUnreadable => "held-unreadable",
            NoticeKind::HeldUnprotected => "held-unprotected",
            NoticeKind::ReleaseFailed => "release-failed",
            NoticeKind::Expired => "expired",
            NoticeKind::ReviewerHeld => "reviewer-held",
            NoticeKind::ReviewerExpiring => "reviewer-expiring",
            NoticeKind::ReviewerReleaseFailed => "reviewer-release-failed",
            NoticeKind::ReviewerExpired => "reviewer-expired",
            NoticeKind::ReviewerAsked => "reviewer-asked",
            NoticeKind::ReviewerReviewDue => "reviewer-review-due",
            NoticeKind::ReviewerReviewOverdue => "reviewer-review-overdue",
            NoticeKind::ReviewerSecond => "reviewer-second",
            NoticeKind::BypassOn => "bypass-on",
            NoticeKind::BypassOff => "bypass-off",
            NoticeKind::ChannelEnds => "channel-ends",
            NoticeKind::ServiceDigest => "service-digest",
            NoticeKind::ReleasedInPart => "released-in-part",
            NoticeKind::Returned => "returned",
            NoticeKind::Released => "released",
            NoticeKind::Discarded => "discarded",
            NoticeKind::Expiring => "expiring",
        }
    }

    /// A notice about a mail that we keep or kept; it carries the reference. A digest is also about others.
    pub fn has_reference(self) -> bool {
        !matches!(self, NoticeKind::Rejected | NoticeKind::Warned | NoticeKind::Rerouted | NoticeKind::ServiceDigest)
            && !self.is_of_service()
    }

    /// Not about one mail: about the relay itself, or what it judges by.
    pub fn is_of_service(self) -> bool {
        matches!(self, NoticeKind::BypassOn | NoticeKind::BypassOff | NoticeKind::ChannelEnds)
    }

    /// About a mail, to reviewers: while a bypass is on, it says so.
    pub fn is_to_reviewers(self) -> bool {
        matches!(
            self,
            NoticeKind::ReviewerHeld
                | NoticeKind::ReviewerExpiring
                | NoticeKind::ReviewerReleaseFailed
                | NoticeKind::ReviewerExpired
                | NoticeKind::ReviewerAsked
                | NoticeKind::ReviewerReviewDue
                | NoticeKind::ReviewerReviewOverdue
                | NoticeKind::ReviewerSecond
        )
    }

    /// To the sender of a mail that is held: its links lead to a page of his own.
    pub fn has_link(self) -> bool {
        matches!(
            self,
            NoticeKind::Held
                | NoticeKind::HeldUnreadable
                | NoticeKind::HeldUnprotected
                | NoticeKind::ReleaseFailed
                | NoticeKind::ReleasedInPart
                | NoticeKind::Expiring
        )
    }

    /// Of use only while the mail is held: when somebody has decided before it goes, it does not go.
    pub fn is_of_waiting(self) -> bool {
        matches!(self, NoticeKind::ReviewerHeld | NoticeKind::ReviewerExpiring | NoticeKind::ReviewerSecond)
    }
}

/// The four languages of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    Sv,
    Nb,
    Nn,
    En,
}

impl Language {
    pub const ALL: [Language; 4] = [Language::Sv, Language::Nb, Language::Nn, Language::En];

    /// BCP 47 tag, in configuration, file names, `lang` and `Content-Language`.
    pub fn as_str(self) -> &'static str {
        match self {
            Language::Sv => "sv",
            Language::Nb => "nb",
            Language::Nn => "nn",
            Language::En => "en",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Language::ALL.into_iter().find(|l| l.as_str() == word)
    }
}

/// Where the details stand, in words a sender understands. An attachment is named by kind and
/// number, never by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlaceWord {
    Body,
    Quote,
    Subject,
    /// Kind as a word (`Word`, `PDF`, `text`), and its number among the attachments from 1.
    Attachment {
        kind: String,
        number: usize,
    },
    /// The name of the attachment with this number.
    Filename {
        number: usize,
    },
}

/// What stands between the mail and its recipients. A notice names one, the gravest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Obstacle {
    /// Their login.
    #[default]
    Channel,
    /// It has been decided that nobody may have it.
    SecrecyOrder,
    /// They work in another unit of the organisation.
    OtherUnit,
    /// A domain that is nearly a known one.
    LookAlike,
    WebmailAmongOfficial,
    ReplyToMany,
}

impl Obstacle {
    pub const ALL: [Obstacle; 6] = [
        Obstacle::Channel,
        Obstacle::SecrecyOrder,
        Obstacle::OtherUnit,
        Obstacle::LookAlike,
        Obstacle::WebmailAmongOfficial,
        Obstacle::ReplyToMany,
    ];

    /// The word in `words.toml`, which has none for the channel: that is said by the number of recipients.
    pub fn as_str(self) -> &'static str {
        match self {
            Obstacle::Channel => "channel",
            Obstacle::SecrecyOrder => "secrecy-order",
            Obstacle::OtherUnit => "other-unit",
            Obstacle::LookAlike => "look-alike",
            Obstacle::WebmailAmongOfficial => "webmail-among-official",
            Obstacle::ReplyToMany => "reply-to-many",
        }
    }
}

/// Whether a notice may go to the address: its domain is one of `local_domains`.
pub fn is_local_address(address: &str, local_domains: &[String]) -> bool {
    address.rsplit_once('@').is_some_and(|(_, domain)| is_local(&domain.to_ascii_lowercase(), local_domains))
}

/// `domain` in lower case; one of `local_domains` that begins with a dot covers the domains below it.
pub fn is_local(domain: &str, local_domains: &[String]) -> bool {
    local_domains.iter().any(|local| match local.strip_prefix('.') {
        Some(parent) => domain.strip_suffix(parent).is_some_and(|sub| sub.ends_with('.')),
        None => domain == local,
    })
}

/// One notice, as stored (encrypted) in the outbox and as rendered.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeFacts {
    pub kind: NoticeKind,
    pub language: Language,
    /// Whom the notice goes to: addresses in local domains.
    pub to: Vec<String>,
    /// Recipients of this copy that it did not reach (or, for `ReleaseFailed`, still not).
    pub recipients: Vec<String>,
    /// Recipients that a release has reached.
    pub reached: Vec<String>,
    /// Header or an earlier copy shows other recipients.
    pub others: bool,
    /// Category words as in configuration (`health`), sorted.
    pub categories: Vec<String>,
    pub places: Vec<PlaceWord>,
    #[serde(default)]
    pub obstacle: Obstacle,
    /// Reason words of what could not be read (`encrypted`), sorted.
    pub unreadable: Vec<String>,
    /// `ABCD-2345`; absent for a rejection.
    pub reference: Option<String>,
    pub urgent: bool,
    pub unit: String,
    /// When the mail came to us, RFC 3339 UTC.
    pub at: String,
    /// Days until it is deleted.
    pub days: u32,
    /// Words that the sender puts into the subject to send it by a secure channel.
    #[serde(default)]
    pub secure_tag: Option<String>,
    /// Whom to ring when it is urgent, where the route of its recipients says so.
    #[serde(default)]
    pub urgent_phone: Option<String>,
    /// The token in the links to the sender's page. Only in the outbox, encrypted, until the notice is delivered:
    /// what is sealed as evidence has none.
    #[serde(default)]
    pub link_token: Option<String>,
    /// The sender can have it sent by a secure channel from his page.
    #[serde(default)]
    pub secure_way: bool,
    /// What the sender is advised to do: a word of `[advice]`, or a text as somebody has typed it.
    #[serde(default)]
    pub advice: Option<String>,
    /// The mail is sent back to its sender as well.
    #[serde(default)]
    pub mailed_back: bool,
    #[serde(default)]
    pub service: Service,
    /// How the law that covers the details is cited, as `provisions.toml` has it; each once.
    #[serde(default)]
    pub provisions: Vec<String>,
    /// To reviewers: the sender of the mail gets no notice.
    #[serde(default)]
    pub untold: bool,
    /// In a digest: whose mail it was, and what became of it.
    #[serde(default)]
    pub machine: Option<Machine>,
    /// Every mail that the notice is about, oldest first, when several notices have become one.
    #[serde(skip)]
    pub gathered: Vec<Gathered>,
}

/// A sender that is a machine, and its mail.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// Only an address that is known to be a machine's; else the mail was marked as automatic, and its sender
    /// may be a person's mailbox.
    pub sender: Option<String>,
    /// The notice that a person would have got.
    pub outcome: NoticeKind,
}

/// One mail of those that a notice is about.
#[derive(Clone, PartialEq, Eq)]
pub struct Gathered {
    pub reference: Option<String>,
    pub link_token: Option<String>,
    /// The notice that it would have had alone.
    pub outcome: NoticeKind,
}

/// What a notice knows of the relay itself: of a bypass, of a channel's evidence. Empty in one about a mail.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Service {
    /// Until when a bypass is on, or when it ended, RFC 3339 UTC; the last day of a channel's evidence,
    /// `YYYY-MM-DD`.
    pub until: Option<String>,
    /// Why the bypass was switched on, as it was typed.
    pub reason: Option<String>,
    /// Mails of the unit that went through while a bypass was on.
    pub mails: Option<u64>,
    /// Of these, mails that had been judged otherwise.
    pub bypassed: Option<u64>,
    /// The same two of all units together.
    pub all_mails: Option<u64>,
    pub all_bypassed: Option<u64>,
    /// Id of the channel.
    pub channel: Option<String>,
    /// The channel's last day is past.
    pub ended: bool,
    /// A bypass is on while the notice is sent.
    pub bypass: bool,
}

impl NoticeFacts {
    /// A notice about no mail.
    pub fn of_service(kind: NoticeKind, language: Language, to: Vec<String>, unit: &str, at: jiff::Timestamp) -> Self {
        NoticeFacts {
            kind,
            language,
            to,
            recipients: Vec::new(),
            reached: Vec::new(),
            others: false,
            categories: Vec::new(),
            places: Vec::new(),
            obstacle: Obstacle::Channel,
            unreadable: Vec::new(),
            reference: None,
            urgent: false,
            unit: unit.to_owned(),
            at: at.to_string(),
            days: 0,
            secure_tag: None,
            urgent_phone: None,
            link_token: None,
            secure_way: false,
            advice: None,
            mailed_back: false,
            service: Service::default(),
            provisions: Vec::new(),
            untold: false,
            machine: None,
            gathered: Vec::new(),
        }
    }

    /// What is told later of the mail that this notice was about: to whom this one went, in his words.
    pub fn later(self, kind: NoticeKind) -> Self {
        let (kind, machine) = match (self.kind, kind) {
            (NoticeKind::ServiceDigest, outcome) => {
                (NoticeKind::ServiceDigest, self.machine.map(|machine| Machine { outcome, ..machine }))
            }
            (NoticeKind::ReviewerHeld, NoticeKind::Expired) => (NoticeKind::ReviewerExpired, None),
            (_, kind) => (kind, None),
        };
        NoticeFacts { kind, machine, ..self }
    }
}

/// What the sender's page may show to whoever has the link: words, places and domains, no address. Sealed under the
/// link's token, see `message::link`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageFacts {
    /// The notice that the link was made for.
    pub kind: NoticeKind,
    pub language: Language,
    pub unit: String,
    /// When the mail came to us, RFC 3339 UTC.
    pub at: String,
    /// Domains of recipients that it did not reach, in lower case, each once.
    pub domains: Vec<String>,
    /// Domains of recipients that a release has reached.
    pub reached: Vec<String>,
    /// It was for one recipient, and nobody else is known to have got it.
    pub single: bool,
    pub others: bool,
    pub obstacle: Obstacle,
    pub categories: Vec<String>,
    pub places: Vec<PlaceWord>,
    pub unreadable: Vec<String>,
    pub urgent: bool,
    pub secure_tag: Option<String>,
    pub urgent_phone: Option<String>,
}

impl PageFacts {
    pub fn of(notice: &NoticeFacts) -> Self {
        PageFacts {
            kind: notice.kind,
            language: notice.language,
            unit: notice.unit.clone(),
            at: notice.at.clone(),
            domains: domains(&notice.recipients),
            reached: domains(&notice.reached),
            single: notice.recipients.len() == 1 && notice.reached.is_empty() && !notice.others,
            others: notice.others,
            obstacle: notice.obstacle,
            categories: notice.categories.clone(),
            places: notice.places.clone(),
            unreadable: notice.unreadable.clone(),
            urgent: notice.urgent,
            secure_tag: notice.secure_tag.clone(),
            urgent_phone: notice.urgent_phone.clone(),
        }
    }
}

fn domains(addresses: &[String]) -> Vec<String> {
    let mut domains: Vec<String> = Vec::new();
    for (_, domain) in addresses.iter().filter_map(|address| address.rsplit_once('@')) {
        let domain = domain.to_lowercase();
        if !domains.contains(&domain) {
            domains.push(domain);
        }
    }
    domains
}

/// Prints kind and unit, never an address.
impl std::fmt::Debug for NoticeFacts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NoticeFacts").field("kind", &self.kind).field("unit", &self.unit).finish_non_exhaustive()
    }
}
