//! What the organisation has decided: `[policy]`, as meant, with a unit's own words laid over it.

use std::collections::BTreeMap;

use super::recipients::Mistake;
use super::verdict::Verdict;
use super::words::words;
use crate::channel::Level;
use crate::detect::{Category, Severity};
use crate::inspect::Reason;

words! {
    pub enum Mode {
        /// Carry the verdict out.
        Enforce = "enforce",
        /// Record the verdict and relay.
        Observe = "observe",
    }
}

words! {
    /// Towards recipients below the minimum.
    pub enum OnConfidential {
        Quarantine = "quarantine",
        Reject = "reject",
    }
}

words! {
    /// A fault of ours that keeps a mail from being judged.
    pub enum OnFilterError {
        Tempfail = "tempfail",
        Hold = "hold",
        Pass = "pass",
    }
}

words! {
    /// Whose channels count for the verdict.
    pub enum Judge {
        /// Envelope recipients and the addresses in `To` and `Cc`.
        Named = "named",
        Envelope = "envelope",
    }
}

words! {
    /// What a rule does with a mail it applies to.
    pub enum Treatment {
        Relay = "relay",
        Warn = "warn",
        Quarantine = "quarantine",
        Reject = "reject",
    }
}

impl Treatment {
    pub fn verdict(self) -> Verdict {
        match self {
            Treatment::Relay => Verdict::Relay,
            Treatment::Warn => Verdict::Warn,
            Treatment::Quarantine => Verdict::Quarantine,
            Treatment::Reject => Verdict::Reject,
        }
    }
}

/// Evidence a recipient's channel needs, by category.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MinimumEvidence {
    /// For categories without a word of their own, and for mail that cannot be read.
    pub default: Level,
    pub by_category: BTreeMap<Category, Level>,
}

impl MinimumEvidence {
    pub fn of(&self, category: Category) -> Level {
        self.by_category.get(&category).copied().unwrap_or(self.default)
    }

    /// What mail of these categories, as words, asks of a mailbox or a way. Whether something in it could not be read is
    /// not among the words, so it counts as if there were; a category of a newer version asks for most.
    pub fn of_words(&self, categories: &[String]) -> Level {
        let of = |word: &String| Category::from_word(word).map_or(Level::Eid, |category| self.of(category));
        categories.iter().map(of).fold(self.default, Level::max)
    }
}

impl Default for MinimumEvidence {
    fn default() -> Self {
        MinimumEvidence { default: Level::Contract, by_category: BTreeMap::from([(Category::Protected, Level::Eid)]) }
    }
}

/// `[policy.uninspectable]`: every reason has its rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UninspectableRules(BTreeMap<Reason, Treatment>);

impl UninspectableRules {
    pub fn of(&self, reason: Reason) -> Treatment {
        // What has no rule is never let through.
        self.0.get(&reason).copied().unwrap_or(Treatment::Quarantine)
    }

    pub fn set(&mut self, reason: Reason, rule: Treatment) {
        self.0.insert(reason, rule);
    }
}

impl Default for UninspectableRules {
    fn default() -> Self {
        UninspectableRules(BTreeMap::from([(Reason::ImageOnly, Treatment::Warn)]))
    }
}

words! {
    /// Recipients in the domains of the organisation's own units.
    pub enum Internal {
        /// Their mailboxes count like any other.
        Judge = "judge",
        /// What they would have decided is recorded, and the mail goes on.
        Report = "report",
    }
}

/// Fewest recipients of a reply to many, unless the organisation says otherwise.
const MANY: usize = 15;

/// `[policy.recipients]`: mistakes of addressing, in mail whose content is at least worth a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecipientRules {
    /// A domain that looks like one of the registry's and is not.
    pub look_alike: Treatment,
    /// Consumer webmail among official mailboxes.
    pub webmail_among_official: Treatment,
    /// A reply to many.
    pub reply_to_many: Treatment,
    /// Recipients that are many.
    pub many: usize,
}

impl RecipientRules {
    pub fn of(&self, mistake: Mistake) -> Treatment {
        match mistake {
            Mistake::LookAlike => self.look_alike,
            Mistake::WebmailAmongOfficial => self.webmail_among_official,
            Mistake::ReplyToMany => self.reply_to_many,
        }
    }
}

impl Default for RecipientRules {
    fn default() -> Self {
        RecipientRules {
            look_alike: Treatment::Quarantine,
            webmail_among_official: Treatment::Warn,
            reply_to_many: Treatment::Warn,
            many: MANY,
        }
    }
}

/// The rules of one unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    pub mode: Mode,
    pub on_confidential: OnConfidential,
    pub on_filter_error: OnFilterError,
    pub judge: Judge,
    /// Content of at least this severity is confidential.
    pub hold_from: Severity,
    /// Content of at least this severity is worth a word to the sender.
    pub warn_from: Severity,
    /// Held mail of at least this severity is released by two persons; `None`: never.
    pub four_eyes_from: Option<Severity>,
    pub minimum: MinimumEvidence,
    pub uninspectable: UninspectableRules,
    pub recipients: RecipientRules,
    pub internal: Internal,
    /// Confidential content to another unit, by its id: in Sweden another nämnd is another authority
    /// (OSL 8 kap. 1-2 §§), in Norway a colleague without need of it is an outsider (fvl § 13 b no. 3).
    pub towards: BTreeMap<String, Treatment>,
}

impl Rules {
    /// The rules of design and `check` without a configuration, in this mode.
    pub fn new(mode: Mode) -> Self {
        Rules {
            mode,
            on_confidential: OnConfidential::Quarantine,
            on_filter_error: OnFilterError::Tempfail,
            judge: Judge::Named,
            hold_from: Severity::Medium,
            warn_from: Severity::Low,
            four_eyes_from: None,
            minimum: MinimumEvidence::default(),
            uninspectable: UninspectableRules::default(),
            recipients: RecipientRules::default(),
            internal: Internal::Judge,
            towards: BTreeMap::new(),
        }
    }

    /// Whether any rule can put a message into quarantine; in observe mode as well, so that the
    /// switch to enforce is one word.
    pub fn may_hold(&self) -> bool {
        self.on_confidential == OnConfidential::Quarantine
            || self.on_filter_error == OnFilterError::Hold
            || Reason::ALL.into_iter().any(|reason| self.uninspectable.of(reason) == Treatment::Quarantine)
            || Mistake::ALL.iter().any(|&mistake| self.recipients.of(mistake) == Treatment::Quarantine)
            || self.towards.values().any(|&treatment| treatment == Treatment::Quarantine)
    }
}
