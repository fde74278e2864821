//! Connections now, in all and by source. How many there may be is said at each one, so that a limit that was
//! lowered turns newcomers away and nobody who is there.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

/// Which limit is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Over {
    Total,
    Source,
}

impl Over {
    pub(super) fn word(self) -> &'static str {
        match self {
            Over::Total => "total",
            Over::Source => "source",
        }
    }
}

/// The counts; clones share them.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    counts: Arc<Counts>,
}

#[derive(Debug)]
struct Counts {
    total: watch::Sender<usize>,
    sources: Mutex<HashMap<IpAddr, usize>>,
}

/// One connection's share, given back when dropped.
#[derive(Debug)]
pub(super) struct Permit {
    source: IpAddr,
    counts: Arc<Counts>,
}

impl Limits {
    pub(super) fn new() -> Self {
        Limits { counts: Arc::new(Counts { total: watch::Sender::new(0), sources: Mutex::default() }) }
    }

    /// A place among at most `max_total` connections, and at most `max_per_source` of this source.
    pub(super) fn take(&self, source: IpAddr, max_total: usize, max_per_source: usize) -> Result<Permit, Over> {
        let mut sources = self.counts.sources.lock().unwrap_or_else(PoisonError::into_inner);
        if *self.counts.total.borrow() >= max_total {
            return Err(Over::Total);
        }
        let count = sources.get(&source).copied().unwrap_or(0);
        if count >= max_per_source {
            return Err(Over::Source);
        }
        sources.insert(source, count.saturating_add(1));
        self.counts.total.send_modify(|total| *total = total.saturating_add(1));
        drop(sources);
        metrics::counter!("sluss_connections_total", "result" => "accepted").increment(1);
        metrics::gauge!("sluss_connections").increment(1.0);
        Ok(Permit { source, counts: self.counts.clone() })
    }

    /// Waits until no connection is left.
    pub(super) async fn all_back(&self) {
        // an error means that the sender is gone; we have it
        let _ = self.counts.total.subscribe().wait_for(|&total| total == 0).await;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut sources = self.counts.sources.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = sources.get_mut(&self.source) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                sources.remove(&self.source);
            }
        }
        self.counts.total.send_modify(|total| *total = total.saturating_sub(1));
        metrics::gauge!("sluss_connections").decrement(1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn connections_are_counted_in_all_and_by_source() {
        let limits = Limits::new();
        let take = |source| limits.take(source, 3, 2);
        let [a, b, c] = ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map(|address| address.parse::<IpAddr>().unwrap());
        let first = take(a).unwrap();
        let second = take(a).unwrap();
        assert_eq!(take(a).map(|_| ()), Err(Over::Source));
        let third = take(b).unwrap();
        assert_eq!(take(c).map(|_| ()), Err(Over::Total));
        drop(first);
        let fourth = take(a).unwrap();
        assert_eq!(limits.counts.sources.lock().unwrap().len(), 2);
        assert_eq!(limits.take(c, 2, 2).map(|_| ()), Err(Over::Total), "a lowered limit holds for newcomers");
        let fifth = limits.take(c, 4, 1).unwrap();
        drop((second, third, fourth, fifth));
        assert!(limits.counts.sources.lock().unwrap().is_empty());
        limits.all_back().await;
    }
}
