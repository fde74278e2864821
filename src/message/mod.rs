//! A message as it passes: envelope, raw bytes, header facts, the header lines we add and strip.

pub mod envelope;
pub mod field;
pub mod header;
pub mod id;
pub mod keys;
pub mod link;
pub mod raw;
pub mod stamp;
pub mod trace;

pub use envelope::{Envelope, Recipient};
pub use field::{Field, Header, HeaderLimits};
pub use header::{HeaderFacts, ShortFields};
pub use id::{MessageId, Reference};
pub use keys::{KeyFileError, Keys, SecretName, Secrets};
pub use link::{LinkDigest, LinkToken};
pub use raw::{MemoryCap, RawMessage, Reservation};

#[cfg(test)]
mod header_tests;
