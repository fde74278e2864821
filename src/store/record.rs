//! The audit chains as a person reads them: all writers together, the newest first, a page after the other.

use jiff::Timestamp;

use super::{Answer, Link};

/// Which links are asked for. An empty or absent condition asks for nothing.
#[derive(Clone, Debug, Default)]
pub struct RecordFilter {
    /// One of these words of events.
    pub events: Vec<String>,
    pub unit: Option<String>,
    /// From this moment on.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub to: Option<Timestamp>,
}

/// The last link of a page; the next one begins after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordPlace {
    pub at_ms: i64,
    pub writer: String,
    pub sequence: i64,
}

impl RecordPlace {
    pub fn of(link: &Link) -> Self {
        RecordPlace { at_ms: link.at_ms, writer: link.writer.clone(), sequence: link.sequence }
    }
}

/// The record in a store.
pub trait RecordStore: Send + Sync {
    /// The newest first, at most `rows` and never more than [`super::LIST_PAGE`].
    fn record<'a>(
        &'a self,
        filter: &'a RecordFilter,
        after: Option<&'a RecordPlace>,
        rows: usize,
    ) -> Answer<'a, Vec<Link>>;
}
