//! Why something could not be read. Each has its own rule in `[policy.uninspectable]`.

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub enum Reason {
    /// S/MIME, PGP, password-protected archive or document.
    Encrypted,
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

impl Reason {
    pub const ALL: [Reason; 7] = [
        Reason::Encrypted,
        Reason::Unsupported,
        Reason::ImageOnly,
        Reason::Malformed,
        Reason::OverLimit,
        Reason::TimedOut,
        Reason::Fault,
    ];

    /// The word in configuration, JSON and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::Encrypted => "encrypted",
            Reason::Unsupported => "unsupported",
            Reason::ImageOnly => "image-only",
            Reason::Malformed => "malformed",
            Reason::OverLimit => "over-limit",
            Reason::TimedOut => "timed-out",
            Reason::Fault => "fault",
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
