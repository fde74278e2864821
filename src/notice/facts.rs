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
    /// Released; some recipients refused, or 24 h are over.
    ReleaseFailed,
    /// Deleted after `keep_days`.
    Expired,
    /// To the unit's reviewers: a held mail whose sender cannot be told (null reverse path).
    ReviewerHeld,
    /// To the unit's reviewers: a release failed.
    ReviewerReleaseFailed,
    /// To the unit's reviewers: what they were told of by `ReviewerHeld` has been deleted.
    ReviewerExpired,
}

impl NoticeKind {
    pub const ALL: [NoticeKind; 10] = [
        NoticeKind::Held,
        NoticeKind::Rejected,
        NoticeKind::Warned,
        NoticeKind::Rerouted,
        NoticeKind::HeldUnreadable,
        NoticeKind::ReleaseFailed,
        NoticeKind::Expired,
        NoticeKind::ReviewerHeld,
        NoticeKind::ReviewerReleaseFailed,
        NoticeKind::ReviewerExpired,
    ];

    /// The word in file names, logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            NoticeKind::Held => "held",
            NoticeKind::Rejected => "rejected",
            NoticeKind::Warned => "warned",
            NoticeKind::Rerouted => "rerouted",
            NoticeKind::HeldUnreadable => "held-unreadable",
            NoticeKind::ReleaseFailed => "release-failed",
            NoticeKind::Expired => "expired",
            NoticeKind::ReviewerHeld => "reviewer-held",
            NoticeKind::ReviewerReleaseFailed => "reviewer-release-failed",
            NoticeKind::ReviewerExpired => "reviewer-expired",
        }
    }

    /// The notice of the deletion, to those who got this one when the mail was held.
    pub fn at_expiry(self) -> Self {
        match self {
            NoticeKind::ReviewerHeld => NoticeKind::ReviewerExpired,
            _ => NoticeKind::Expired,
        }
    }

    /// A notice about a mail that we keep or kept; it carries the reference.
    pub fn has_reference(self) -> bool {
        !matches!(self, NoticeKind::Rejected | NoticeKind::Warned | NoticeKind::Rerouted)
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
    /// What the console's links carry to show that the sender got this notice.
    #[serde(default)]
    pub link_token: Option<String>,
}

/// Prints kind and unit, never an address.
impl std::fmt::Debug for NoticeFacts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NoticeFacts").field("kind", &self.kind).field("unit", &self.unit).finish_non_exhaustive()
    }
}
