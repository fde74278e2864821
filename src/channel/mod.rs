//! How a recipient's mailbox is opened: the registry of channels, their evidence, and resolution.
//!
//! No evidence is not secure; expired evidence is `unknown`; a consumer webmail domain is never
//! better than `unknown`. Most specific match wins (address, then list, domain, suffix), a tie goes
//! to the weaker evidence. Where a channel asks for evidence of the single mailbox, what was imported of it and the
//! channel's own evidence decide together. The registry does no I/O and has no clock: list files are read by who
//! builds it, and today is an argument.

pub mod address;
pub mod evidence;
pub mod explain;
pub mod import;
pub mod mailbox;
pub mod pattern;
pub mod registry;
pub mod resemblance;
pub mod way;
pub mod webmail;

pub use address::Canonical;
pub use evidence::{ChannelClass, Demand, Evidence, Level, Protection, Why};
pub use explain::{Candidate, Explanation};
pub use mailbox::{MailboxRule, Mailboxes, PhoneFactor};
pub use pattern::{Pattern, PatternError, Specificity};
pub use registry::{Channel, Registry, RegistryError};
pub use resemblance::Resemblance;
pub use way::{Closed, Message, Open, Trigger, WaySettings};
