//! Who opens what is not text, as the walk sees it.

use super::documents::{self, Extract, Limits};
use super::reason::Reason;

/// What became of one file.
#[derive(Debug, PartialEq, Eq)]
pub enum Opened {
    /// No reader knows the format, or nobody may open it.
    Unknown,
    Read(Extract),
    /// Nothing is known of its content.
    Failed(Reason),
}

/// Opens binary formats. Blocking, bounded by the limits it is given.
pub trait Attachments: Send + Sync {
    fn open(&self, bytes: &[u8], limits: Limits) -> Opened;
}

/// Opens nothing.
pub struct Closed;

impl Attachments for Closed {
    fn open(&self, _bytes: &[u8], _limits: Limits) -> Opened {
        Opened::Unknown
    }
}

/// Opens in this very process. For tests and measurements: a hostile file can take the process with it.
pub struct InProcess;

impl Attachments for InProcess {
    fn open(&self, bytes: &[u8], mut limits: Limits) -> Opened {
        documents::read(bytes, &mut limits).map_or(Opened::Unknown, Opened::Read)
    }
}
