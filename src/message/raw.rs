//! The bytes of a message, counted against one cap that all connections share.
//!
//! Nothing unsealed is ever written to disk; what does not fit in memory is deferred with 452.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// `memory_for_messages`: bytes that all messages in flight may hold together.
#[derive(Clone, Debug)]
pub struct MemoryCap {
    limit: Arc<AtomicUsize>,
    used: Arc<AtomicUsize>,
}

impl MemoryCap {
    pub fn new(limit: usize) -> Self {
        MemoryCap { limit: Arc::new(AtomicUsize::new(limit)), used: Arc::new(AtomicUsize::new(0)) }
    }

    /// Another limit from now on. What is reserved stays, even above it.
    pub fn set_limit(&self, limit: usize) {
        self.limit.store(limit, Ordering::Relaxed);
    }

    /// Bytes reserved now.
    pub fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// An empty reservation that can grow.
    pub fn reservation(&self) -> Reservation {
        Reservation { cap: self.clone(), bytes: 0 }
    }
}

/// A share of the cap, given back when dropped.
#[derive(Debug)]
pub struct Reservation {
    cap: MemoryCap,
    bytes: usize,
}

impl Reservation {
    /// Reserves `more` bytes; false when the cap would be passed, and then nothing has changed.
    #[must_use]
    pub fn grow(&mut self, more: usize) -> bool {
        let limit = self.cap.limit.load(Ordering::Relaxed);
        let grown = self.cap.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
            used.checked_add(more).filter(|&sum| sum <= limit)
        });
        if grown.is_ok() {
            self.bytes = self.bytes.saturating_add(more);
        }
        grown.is_ok()
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.cap.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// A message as received after dot-unstuffing: CRLF line ends, no bare CR, LF or NUL.
pub struct RawMessage {
    bytes: Vec<u8>,
    _reservation: Option<Reservation>,
}

impl RawMessage {
    pub fn new(bytes: Vec<u8>, reservation: Reservation) -> Self {
        RawMessage { bytes, _reservation: Some(reservation) }
    }

    /// For messages that did not come over the wire: `sluss check`, a release.
    pub fn uncounted(bytes: Vec<u8>) -> Self {
        RawMessage { bytes, _reservation: None }
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

/// Prints the length, never the content.
impl fmt::Debug for RawMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawMessage({} bytes)", self.bytes.len())
    }
}
