//! Why something could not be read. Each has its own rule in `[policy.uninspectable]`.

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub enum Reason {
    /// Locked with a password or a key.
    Encrypted(Lock),
    /// A format we have no reader for.
    Unsupported,
    /// Pictures of text.
    ImageOnly,
    /// Broken, ambiguous or contradictory structure.
    Malformed,
    /// A limit on bytes, parts, depth or entries was reached.
    OverLimit,
    /// The time for inspection ran out.
    TimedOut,
    /// Our own failure.
    Fault,
}

/// What is locked: a mail that only its recipient opens may be welcome where an archive with a password is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub enum Lock {
    /// A zip or 7z archive, or some of it.
    Archive,
    /// A document of an office program, by password or by rights management.
    Office,
    Pdf,
    /// RFC 8551.
    Smime,
    /// OpenPGP (RFC 9580, RFC 3156), and age.
    Pgp,
}

impl Reason {
    pub const ALL: [Reason; 11] = [
        Reason::Encrypted(Lock::Archive),
        Reason::Encrypted(Lock::Office),
        Reason::Encrypted(Lock::Pdf),
        Reason::Encrypted(Lock::Smime),
        Reason::Encrypted(Lock::Pgp),
        Reason::Unsupported,
        Reason::ImageOnly,
        Reason::Malformed,
        Reason::OverLimit,
        Reason::TimedOut,
        Reason::Fault,
    ];
    /// The word of all that is locked.
    pub const ENCRYPTED: &str = "encrypted";

    /// The word in JSON, records and notices.
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::Encrypted(_) => Reason::ENCRYPTED,
            Reason::Unsupported => "unsupported",
            Reason::ImageOnly => "image-only",
            Reason::Malformed => "malformed",
            Reason::OverLimit => "over-limit",
            Reason::TimedOut => "timed-out",
            Reason::Fault => "fault",
        }
    }

    /// The name of its rule in the configuration; what is locked has one for each [`Lock`].
    pub fn rule(self) -> &'static str {
        match self {
            Reason::Encrypted(Lock::Archive) => "encrypted-archive",
            Reason::Encrypted(Lock::Office) => "encrypted-office",
            Reason::Encrypted(Lock::Pdf) => "encrypted-pdf",
            Reason::Encrypted(Lock::Smime) => "encrypted-smime",
            Reason::Encrypted(Lock::Pgp) => "encrypted-pgp",
            other => other.as_str(),
        }
    }
}

/// A part that could not be read, or not wholly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uninspectable {
    /// MIME path as in IMAP; empty for the message as a whole.
    pub part: String,
    pub reason: Reason,
}
