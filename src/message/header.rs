//! The few header facts that decide a message's way. Nothing else of the header is kept.

/// Addresses are `local@domain`, domain in lower case, display names dropped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderFacts {
    /// Without angle brackets.
    pub message_id: Option<String>,
    /// `Date` verbatim.
    pub date: Option<String>,
    pub from: Vec<String>,
    pub sender: Option<String>,
    pub to: Vec<String>,
    pub cc: Vec<String>,
    /// Display names of From, Sender, Reply-To, To and Cc: colleagues and recipients, not clients.
    pub names: Vec<String>,
    /// `Auto-Submitted` other than `no` (RFC 3834 section 5), or `Precedence: bulk|junk|list`.
    pub auto_submitted: bool,
    /// Number of `Received` lines.
    pub received: usize,
}
