//! How a recipient's mailbox is opened: the registry of channels, their evidence, and resolution.
//!
//! No evidence is not secure; expired evidence is `unknown`; a consumer webmail domain is never
//! better than `unknown`. Most specific match wins, a tie goes to the weaker evidence.

pub mod evidence;

pub use evidence::{ChannelClass, Evidence, Level, Why};
