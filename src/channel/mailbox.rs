//! What an import knows of single mailboxes, and what it is worth beside the channel's own evidence.
//!
//! The channel's evidence is the attested enforcement; the record shows the factor. Together they give the
//! channel's level, never more. Without a record, with a stale one, or with one that lacks the factor, the mailbox
//! is unknown.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;

use super::address::Canonical;
use super::evidence::{Level, Why};

/// Days after which a record is stale, unless the channel says otherwise: a report a month, and some delay.
pub const DEFAULT_MAILBOX_DAYS: u16 = 40;

/// What a report shows about one mailbox, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Standing {
    /// A distribution list: whoever stands on it reads it.
    List,
    /// No kind of mailbox that the import knows.
    OtherKind,
    /// A shared mailbox whose own sign-in is not known to be blocked.
    OwnSignIn,
    /// A shared mailbox of which a member has no evidence, or whose members are not given.
    Members,
    /// Entra: no method is registered and allowed.
    NotCapable,
    /// Entra: none of the registered methods is a second factor.
    NoFactor,
    /// Google: 2-Step Verification is not set up.
    NotEnrolled,
    /// The only second factor is a telephone.
    PhoneOnly,
    /// Google: 2-Step Verification is set up, but not demanded.
    NotEnforced,
    /// A second factor is registered and allowed; nothing shows here that sign-in demands it.
    Capable,
    /// A second factor is set up and demanded.
    Enforced,
}

impl Standing {
    pub const ALL: [Standing; 11] = [
        Standing::List,
        Standing::OtherKind,
        Standing::OwnSignIn,
        Standing::Members,
        Standing::NotCapable,
        Standing::NoFactor,
        Standing::NotEnrolled,
        Standing::PhoneOnly,
        Standing::NotEnforced,
        Standing::Capable,
        Standing::Enforced,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Standing::List => "list",
            Standing::OtherKind => "other-kind",
            Standing::OwnSignIn => "own-sign-in",
            Standing::Members => "members",
            Standing::NotCapable => "not-capable",
            Standing::NoFactor => "no-factor",
            Standing::NotEnrolled => "not-enrolled",
            Standing::PhoneOnly => "phone-only",
            Standing::NotEnforced => "not-enforced",
            Standing::Capable => "capable",
            Standing::Enforced => "enforced",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Standing::ALL.into_iter().find(|s| s.as_str() == word)
    }

    /// For a reader who does not know the words.
    pub fn meaning(self) -> &'static str {
        match self {
            Standing::List => "a distribution list: whoever stands on it reads it",
            Standing::OtherKind => "no kind of mailbox whose sign-in is known",
            Standing::OwnSignIn => "a shared mailbox whose own sign-in is not known to be blocked",
            Standing::Members => "a shared mailbox of which a member has no evidence, or no member is given",
            Standing::NotCapable => "no second factor is registered and allowed",
            Standing::NoFactor => "none of the registered methods is a second factor",
            Standing::NotEnrolled => "2-Step Verification is not set up",
            Standing::PhoneOnly => "the only second factor is a telephone",
            Standing::NotEnforced => "2-Step Verification is set up, but not demanded",
            Standing::Capable => "a second factor is registered and allowed",
            Standing::Enforced => "a second factor is set up and demanded",
        }
    }

    /// True when it makes the mailbox the channel's level.
    pub fn proves(self, phone: PhoneFactor) -> bool {
        self >= Standing::Capable || self == Standing::PhoneOnly && phone == PhoneFactor::Accept
    }

    /// What the report alone shows.
    pub fn level(self, phone: PhoneFactor) -> Level {
        match self {
            Standing::Enforced => Level::Enforced,
            Standing::Capable | Standing::NotEnforced => Level::Capable,
            Standing::PhoneOnly if phone == PhoneFactor::Accept => Level::Capable,
            _ => Level::Unknown,
        }
    }
}

/// Whether a telephone alone (text message, call) counts as a second factor. Somebody decides that for a channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PhoneFactor {
    Accept,
    #[default]
    Refuse,
}

impl PhoneFactor {
    pub const ALL: [PhoneFactor; 2] = [PhoneFactor::Accept, PhoneFactor::Refuse];

    pub fn as_str(self) -> &'static str {
        match self {
            PhoneFactor::Accept => "accept",
            PhoneFactor::Refuse => "refuse",
        }
    }
}

/// Class of a second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Factor {
    /// FIDO2 key or passkey.
    Passkey,
    Certificate,
    /// Bound to the machine: Windows Hello for Business, Secure Enclave.
    Hello,
    App,
    /// One-time code from an app or a token.
    Code,
    Phone,
    /// Google's 2-Step Verification; the report does not say with what.
    TwoStep,
}

impl Factor {
    pub const ALL: [Factor; 7] = [
        Factor::Passkey,
        Factor::Certificate,
        Factor::Hello,
        Factor::App,
        Factor::Code,
        Factor::Phone,
        Factor::TwoStep,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Factor::Passkey => "passkey",
            Factor::Certificate => "certificate",
            Factor::Hello => "hello",
            Factor::App => "app",
            Factor::Code => "code",
            Factor::Phone => "phone",
            Factor::TwoStep => "two-step",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Factor::ALL.into_iter().find(|f| f.as_str() == word)
    }

    fn bit(self) -> u8 {
        match self {
            Factor::Passkey => 1,
            Factor::Certificate => 2,
            Factor::Hello => 4,
            Factor::App => 8,
            Factor::Code => 16,
            Factor::Phone => 32,
            Factor::TwoStep => 64,
        }
    }
}

/// A set of classes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Factors(u8);

impl Factors {
    pub fn insert(&mut self, factor: Factor) {
        self.0 |= factor.bit();
    }

    pub fn common(self, other: Factors) -> Factors {
        Factors(self.0 & other.0)
    }

    pub fn iter(self) -> impl Iterator<Item = Factor> {
        Factor::ALL.into_iter().filter(move |f| self.0 & f.bit() != 0)
    }

    /// True with a factor that is more than a telephone.
    pub fn strong(self) -> bool {
        self.iter().any(|f| f != Factor::Phone)
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl FromIterator<Factor> for Factors {
    fn from_iter<I: IntoIterator<Item = Factor>>(factors: I) -> Self {
        let mut set = Factors::default();
        factors.into_iter().for_each(|f| set.insert(f));
        set
    }
}

impl fmt::Display for Factors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<&str> = self.iter().map(Factor::as_str).collect();
        f.write_str(if words.is_empty() { "none" } else { "" })?;
        f.write_str(&words.join(", "))
    }
}

/// What an address is to its mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AddressKind {
    /// The primary address of an account.
    Account,
    /// A further address of one.
    Proxy,
    /// Of a mailbox that several open.
    Shared,
    List,
}

impl AddressKind {
    pub const ALL: [AddressKind; 4] =
        [AddressKind::Account, AddressKind::Proxy, AddressKind::Shared, AddressKind::List];

    pub fn as_str(self) -> &'static str {
        match self {
            AddressKind::Account => "account",
            AddressKind::Proxy => "proxy",
            AddressKind::Shared => "shared",
            AddressKind::List => "list",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        AddressKind::ALL.into_iter().find(|k| k.as_str() == word)
    }
}

/// What is known of one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MailboxRecord {
    pub standing: Standing,
    pub factors: Factors,
    pub kind: AddressKind,
}

impl MailboxRecord {
    /// Two records of one address: the weaker, and only what both show. The order does not matter.
    #[must_use]
    pub fn weaker(self, other: MailboxRecord) -> MailboxRecord {
        match self.standing.cmp(&other.standing) {
            std::cmp::Ordering::Less => self,
            std::cmp::Ordering::Greater => other,
            std::cmp::Ordering::Equal => MailboxRecord {
                standing: self.standing,
                factors: self.factors.common(other.factors),
                kind: self.kind.min(other.kind),
            },
        }
    }
}

/// Whose report it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReportSource {
    Entra,
    Google,
}

impl ReportSource {
    pub const ALL: [ReportSource; 2] = [ReportSource::Entra, ReportSource::Google];

    pub fn as_str(self) -> &'static str {
        match self {
            ReportSource::Entra => "entra",
            ReportSource::Google => "google",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        ReportSource::ALL.into_iter().find(|s| s.as_str() == word)
    }
}

/// A file that went into an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputFile {
    /// Hexadecimal digits.
    pub sha256: String,
    pub bytes: u64,
}

/// One import: what, when, by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportRun {
    pub channel: String,
    pub source: ReportSource,
    pub inputs: Vec<InputFile>,
    pub imported_at: Timestamp,
    /// Account of whoever ran it.
    pub imported_by: String,
    /// Local day on which the report was made; the age counts from here.
    pub as_of: Date,
    /// Rows of the reports, those that could not be read, and those that are of no mailbox of ours.
    pub rows: usize,
    pub skipped: usize,
    pub left_out: usize,
}

impl ImportRun {
    /// Days since the report was made; negative when it claims to come from the future.
    pub fn age(&self, today: Date) -> i32 {
        super::evidence::days_left(today, self.as_of)
    }

    /// The first digits of the first report's hash, to name an import by.
    pub fn short_hash(&self) -> &str {
        self.inputs.first().and_then(|i| i.sha256.get(..12)).unwrap_or_default()
    }
}

/// All mailboxes of one channel, as imported.
#[derive(Clone, PartialEq, Eq)]
pub struct Mailboxes {
    pub run: ImportRun,
    pub records: HashMap<Canonical, MailboxRecord>,
}

/// Prints how many there are: a configuration may hold tens of thousands.
impl fmt::Debug for Mailboxes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mailboxes({} of {})", self.records.len(), self.run.as_of)
    }
}

impl Mailboxes {
    /// How many make their mailbox the channel's level.
    pub fn verified(&self, phone: PhoneFactor) -> usize {
        self.records.values().filter(|r| r.standing.proves(phone)).count()
    }
}

/// What a channel says of single mailboxes, and what was imported for it.
#[derive(Clone, Debug)]
pub struct MailboxRule {
    pub phone_factor: PhoneFactor,
    /// Days that an import holds.
    pub days: u16,
    pub imported: Option<Arc<Mailboxes>>,
}

impl Default for MailboxRule {
    fn default() -> Self {
        MailboxRule { phone_factor: PhoneFactor::default(), days: DEFAULT_MAILBOX_DAYS, imported: None }
    }
}

impl MailboxRule {
    pub fn record(&self, address: &Canonical) -> Option<&MailboxRecord> {
        self.imported.as_ref()?.records.get(address)
    }

    pub fn is_stale(&self, run: &ImportRun, today: Date) -> bool {
        !(0..=i32::from(self.days)).contains(&run.age(today))
    }

    /// What a mailbox can be at best whose channel is worth `channel`.
    pub(super) fn best(&self, channel: Level, today: Date) -> (Level, Why) {
        match &self.imported {
            None => (Level::Unknown, Why::NoMailboxEvidence),
            Some(imported) if self.is_stale(&imported.run, today) => {
                (Level::Unknown, Why::MailboxStale(imported.run.as_of))
            }
            Some(_) => (channel, Why::MailboxEvidence),
        }
    }

    /// What one mailbox is, when none can be better than `best`.
    pub(super) fn level(&self, best: Level, address: &Canonical) -> (Level, Why) {
        match self.record(address) {
            None => (Level::Unknown, Why::NoMailboxEvidence),
            Some(record) if record.standing.proves(self.phone_factor) => (best, Why::MailboxEvidence),
            Some(record) => (record.standing.level(self.phone_factor).min(best), Why::MailboxLacks(record.standing)),
        }
    }
}
