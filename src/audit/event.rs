//! The closed set of events.

use jiff::Timestamp;
use jiff::civil::Date;

use super::process::Figures;
use crate::message::{MessageId, Reference};
use crate::store::{AccountId, Cut, Head, Outcome, RegisterId, Removed, Route};

/// Words of events that are read again: they say where chains begin and end, and what processes there were.
pub const STARTED: &str = "started";
pub const STOPPED: &str = "stopped";
pub const ANCHORED: &str = "anchored";
pub const PRUNED: &str = "pruned";
pub const CHECKPOINT: &str = "checkpoint";

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// This program by itself: a hold, an expiry, a retry.
    System,
    /// A person at the command line, by account name.
    Operator(String),
    /// A person at the console, by account name.
    Reviewer(String),
    /// Whoever has the link of a notice, as a rule the sender. Who that is, nobody has signed in to say.
    Link,
    /// Somebody who has signed in with two factors. Whose account it is, the record does not say.
    Account(AccountId),
}

impl Actor {
    /// The word in the chain: `system`, `operator:NAME`, `reviewer:NAME`, `link`, `account:ID`.
    pub fn text(&self) -> String {
        match self {
            Actor::System => "system".into(),
            Actor::Operator(name) => format!("operator:{name}"),
            Actor::Reviewer(name) => format!("reviewer:{name}"),
            Actor::Link => "link".into(),
            Actor::Account(id) => format!("account:{id}"),
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
    /// A mail of which nothing is kept is rejected, goes another way, or goes with a warning: the verdict, the
    /// transaction's id as in the log, and the short digests that the verdict was made by.
    Decided {
        verdict: &'static str,
        unit: String,
        transaction: String,
        patterns: String,
        config: String,
    },
    /// Records without content were listed for a person: of which list, chosen by what, and how many there were.
    Listed {
        list: &'static str,
        by: String,
        rows: usize,
    },
    /// The content-free record of one message was shown to a person.
    Viewed(Subject),
    /// The evidence, or evidence and content, were decrypted for a person.
    Opened {
        subject: Subject,
        content: bool,
        purpose: String,
    },
    /// Somebody wants it released, and somebody else has to agree.
    ReleaseRequested {
        subject: Subject,
        route: Route,
        reason: Option<String>,
    },
    /// With the person who asked for it, where another one has agreed.
    ReleaseStarted {
        subject: Subject,
        route: Route,
        requested_by: Option<String>,
        reason: Option<String>,
    },
    /// Position in the envelope, and name of the hop.
    RecipientAccepted {
        subject: Subject,
        position: usize,
        hop: String,
    },
    /// A hop accepted after another process had taken the release over: the recipient may get the mail twice.
    PossibleDuplicate {
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
        withheld: usize,
    },
    /// All whom the release was for have it; it is held again for the others.
    ReleasedInPart {
        subject: Subject,
        accepted: usize,
        withheld: usize,
    },
    /// To its sender, for whom the content stays so many days.
    Returned {
        subject: Subject,
        days: u32,
        mail_back: bool,
        reason: String,
    },
    /// It was mailed back as well, through this hop.
    ReturnMailed {
        subject: Subject,
        hop: String,
    },
    /// The hop refused it, or a day was over.
    ReturnNotMailed {
        subject: Subject,
        reply: Option<String>,
    },
    /// By a person's decision, or at the wish of its sender.
    Discarded {
        subject: Subject,
        withdrawn: bool,
        reason: Option<String>,
    },
    /// Its sender asks the reviewers to look at it.
    ReviewAsked(Subject),
    /// From now on nothing of it is deleted, because of what the reference names.
    Kept {
        subject: Subject,
        decision: String,
        reason: String,
    },
    Unkept {
        subject: Subject,
        reason: String,
    },
    ExpiryWarned(Subject),
    /// A look that is due at what went out has not been taken in its time; the unit's reviewers are reminded.
    ReviewOverdue {
        id: MessageId,
        reference: Option<Reference>,
        unit: String,
    },
    /// The time to decide is over; the reason is the deletion decision's reference.
    Expired {
        subject: Subject,
        decision: Option<String>,
    },
    /// A process began; the version it runs.
    Started {
        version: &'static str,
    },
    /// A process ended in order, with what it counted in its life where it took mail.
    Stopped {
        version: &'static str,
        figures: Option<Figures>,
    },
    /// Something opened secrecy or channel for a confidential mail that goes on: what (`consent:…`, `route:…`,
    /// `code:…`), the transaction's id as in the log, the verdict, the sender's reason, and within how many hours
    /// somebody has to look.
    /// `disclosure`: under which id it is kept to whom the mail went; `None` where nothing can be sealed.
    ExceptionUsed {
        disclosure: Option<MessageId>,
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
    /// Evidence of a channel's single mailboxes came into force: who imported it, the day of the report, how many
    /// mailboxes it speaks of, and the SHA-256 of the report, hex.
    MailboxesLoaded {
        channel: String,
        imported_by: String,
        as_of: Date,
        mailboxes: usize,
        sha256: String,
    },
    /// Identities that open held mail were read; their public halves, and what for.
    IdentitiesRead {
        recipients: Vec<String>,
        purpose: &'static str,
    },
    /// The chains, or a choice of them, were written out for a person.
    Exported {
        what: String,
        reason: Option<String>,
    },
    /// A report on the figures and the queue was made for a person.
    ReportMade {
        from: Option<Date>,
        to: Option<Date>,
    },
    /// What was disclosed about one person was written out: for which case, who approved it besides the actor, and
    /// how many messages it speaks of. Whom it is about does not stand here.
    PersonExported {
        case: String,
        approved_by: String,
        messages: usize,
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
    /// The store was bound to another secret, or will do without one from now on.
    SecretExchanged {
        number: u32,
        fingerprint: String,
    },
    SecretForgotten {
        number: u32,
        fingerprint: String,
    },
    /// Evidence and content were opened in memory and sealed anew, to the keys with these names.
    Resealed {
        subject: Subject,
        keys: String,
    },
    /// A rotation of keys ended; so many messages were sealed anew, and so many are still sealed to others.
    KeysRotated {
        resealed: u64,
        left: u64,
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
    /// The heads of the other writers' chains as this writer sees them now.
    Anchored(Vec<Head>),
    /// Old links and ended messages were deleted; the reference of the decision, what is gone in all, and its seal.
    Pruned {
        before: Timestamp,
        decision: String,
        removed: Removed,
        seal: String,
    },
    /// Where a chain begins now: what stood before was deleted by decision. With the seal that proves it.
    Checkpoint {
        cut: Cut,
        seal: String,
    },
    /// An account was made, by somebody at the command line; its roles and units.
    UserAdded {
        account: AccountId,
        roles: Vec<String>,
        units: Vec<String>,
    },
    /// Its roles and units are these from now on.
    UserChanged {
        account: AccountId,
        roles: Vec<String>,
        units: Vec<String>,
    },
    UserDisabled(AccountId),
    UserEnabled(AccountId),
    /// Nothing of it is left but the id.
    UserRemoved(AccountId),
    /// Password and codes are void, and a new link sets them anew.
    UserReset(AccountId),
    /// Its holder has set password and authenticator app.
    UserEnrolled(AccountId),
    /// Too many wrong codes behind the right password.
    UserLocked(AccountId),
    /// With two factors; the second was a recovery code, or that of an app.
    SignedIn {
        account: AccountId,
        recovery: bool,
    },
    /// `None`: there is no account of that name, or none that is open.
    SignInRefused {
        account: Option<AccountId>,
    },
    SignedOut(AccountId),
    /// Somebody who is signed in has shown a second factor once more.
    SignInConfirmed(AccountId),
    /// Every session of an account ended at its holder's wish.
    SessionsEnded(AccountId),
    /// A reviewer has called what was found in a held mail no secret; so many findings are kept, as rules and shapes.
    FalseAlarm {
        subject: Subject,
        findings: usize,
        reason: String,
    },
    /// The sender of a held mail, signed in, asks for an exception by this code; what he has documented is kept,
    /// encrypted, beside the message.
    ExceptionRequested {
        subject: Subject,
        code: String,
    },
    /// Somebody has looked at what went out without waiting for it.
    Reviewed {
        id: MessageId,
        reference: Option<Reference>,
        unit: String,
        outcome: Outcome,
        reason: Option<String>,
    },
    /// The store was copied.
    BackupMade,
}

impl Event {
    /// The word in the chain.
    pub fn as_str(&self) -> &'static str {
        match self {
            Event::Held { .. } => "held",
            Event::Decided { .. } => "decided",
            Event::Listed { .. } => "listed",
            Event::Viewed(_) => "viewed",
            Event::Opened { .. } => "opened",
            Event::ReleaseRequested { .. } => "release-requested",
            Event::ReleaseStarted { .. } => "release-started",
            Event::RecipientAccepted { .. } => "recipient-accepted",
            Event::PossibleDuplicate { .. } => "possible-duplicate",
            Event::RecipientRefused { .. } => "recipient-refused",
            Event::Released(_) => "released",
            Event::ReleaseFailed { .. } => "release-failed",
            Event::ReleasedInPart { .. } => "released-in-part",
            Event::Returned { .. } => "returned",
            Event::ReturnMailed { .. } => "return-mailed",
            Event::ReturnNotMailed { .. } => "return-not-mailed",
            Event::Discarded { .. } => "discarded",
            Event::ReviewAsked(_) => "review-asked",
            Event::Kept { .. } => "kept",
            Event::Unkept { .. } => "unkept",
            Event::ExpiryWarned(_) => "expiry-warned",
            Event::ReviewOverdue { .. } => "review-overdue",
            Event::Expired { .. } => "expired",
            Event::Started { .. } => STARTED,
            Event::Stopped { .. } => STOPPED,
            Event::ExceptionUsed { .. } => "exception-used",
            Event::ConfigLoaded { .. } => "config-loaded",
            Event::ConfigRefused { .. } => "config-refused",
            Event::PatternsLoaded { .. } => "patterns-loaded",
            Event::MailboxesLoaded { .. } => "mailboxes-loaded",
            Event::IdentitiesRead { .. } => "identities-read",
            Event::Exported { .. } => "exported",
            Event::ReportMade { .. } => "report-made",
            Event::PersonExported { .. } => "person-exported",
            Event::ConsentGiven(_) => "consent-given",
            Event::ConsentWithdrawn(_) => "consent-withdrawn",
            Event::OrderMade(_) => "order-made",
            Event::OrderEnded(_) => "order-ended",
            Event::TeamMade(_) => "team-made",
            Event::TeamChanged(_) => "team-changed",
            Event::TeamEnded(_) => "team-ended",
            Event::SecretMade { .. } => "secret-made",
            Event::SecretExchanged { .. } => "secret-exchanged",
            Event::SecretForgotten { .. } => "secret-forgotten",
            Event::Resealed { .. } => "resealed",
            Event::KeysRotated { .. } => "key-rotated",
            Event::BypassOn { .. } => "bypass-on",
            Event::BypassOff { .. } => "bypass-off",
            Event::BypassEnded => "bypass-ended",
            Event::BackupMade => "backup-made",
            Event::UserAdded { .. } => "user-added",
            Event::UserChanged { .. } => "user-changed",
            Event::UserDisabled(_) => "user-disabled",
            Event::UserEnabled(_) => "user-enabled",
            Event::UserRemoved(_) => "user-removed",
            Event::UserReset(_) => "user-reset",
            Event::UserEnrolled(_) => "user-enrolled",
            Event::UserLocked(_) => "user-locked",
            Event::SignedIn { .. } => "signed-in",
            Event::SignInRefused { .. } => "sign-in-refused",
            Event::SignedOut(_) => "signed-out",
            Event::SignInConfirmed(_) => "sign-in-confirmed",
            Event::SessionsEnded(_) => "sessions-ended",
            Event::FalseAlarm { .. } => "false-alarm",
            Event::ExceptionRequested { .. } => "exception-requested",
            Event::Reviewed { .. } => "reviewed",
            Event::Anchored(_) => ANCHORED,
            Event::Pruned { .. } => PRUNED,
            Event::Checkpoint { .. } => CHECKPOINT,
        }
    }
}
