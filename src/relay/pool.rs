//! Connections that wait for their next message, and the slots that bound how many there are.
//!
//! A slot is held by whoever has a connection or opens one. A new connection is opened only by a slot
//! holder who found none waiting, and a connection joins the waiting before its slot is free, so
//! taken and idle together never pass `max_connections`.
//!
//! Nothing is said on a connection to find out whether it lives: a look at the socket shows a peer
//! that closed it or spoke unasked (421 before closing), and such a connection is thrown away.
//!
//! A pool that nobody has any more says QUIT on what waits in it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, timeout_at};

use super::client::Connection;
use super::error::HopError;

/// Sweeps in the time that a connection may stay idle.
const SWEEPS: u32 = 4;

/// Somebody's right to have one connection.
pub(super) type Slot = OwnedSemaphorePermit;

pub(super) struct Pool {
    slots: Arc<Semaphore>,
    waiting: Mutex<Waiting>,
    idle_limit: Duration,
}

#[derive(Default)]
struct Waiting {
    /// The last one in is the first one out: under little load the others grow old and are closed.
    connections: Vec<Idle>,
    /// A task closes what has waited too long; it ends when nothing waits.
    swept: bool,
}

struct Idle {
    connection: Connection,
    since: Instant,
}

impl Pool {
    pub fn new(max_connections: usize, idle_limit: Duration) -> Arc<Pool> {
        let slots = Arc::new(Semaphore::new(max_connections.min(Semaphore::MAX_PERMITS)));
        Arc::new(Pool { slots, waiting: Mutex::default(), idle_limit })
    }

    /// Waits its turn for a slot.
    pub async fn slot(&self, by: Instant) -> Result<Slot, HopError> {
        match timeout_at(by, self.slots.clone().acquire_owned()).await {
            Ok(Ok(slot)) => Ok(slot),
            Ok(Err(_)) | Err(_) => Err(HopError::NoCapacity),
        }
    }

    /// A waiting connection that seems alive, for the holder of a slot.
    pub fn pop(&self, _holder: &Slot) -> Option<Connection> {
        loop {
            let Idle { mut connection, since } = self.waiting().connections.pop()?;
            if connection.is_quiet() && since.elapsed() < self.idle_limit {
                return Some(connection);
            }
            connection.close();
        }
    }

    /// Takes a connection back and frees its slot.
    pub fn put(self: &Arc<Self>, connection: Connection, slot: Slot) {
        let mut waiting = self.waiting();
        waiting.connections.push(Idle { connection, since: Instant::now() });
        if !waiting.swept {
            waiting.swept = true;
            tokio::spawn(sweep(Arc::downgrade(self), self.idle_limit / SWEEPS));
        }
        drop(waiting);
        drop(slot);
    }

    /// Closes what has waited too long or was closed by the peer. False when nothing waits any more.
    fn close_stale(&self) -> bool {
        let mut waiting = self.waiting();
        let (keep, stale): (Vec<_>, Vec<_>) = std::mem::take(&mut waiting.connections)
            .into_iter()
            .map(|mut idle| (idle.since.elapsed() < self.idle_limit && idle.connection.is_quiet(), idle))
            .partition(|(fresh, _)| *fresh);
        waiting.connections = keep.into_iter().map(|(_, idle)| idle).collect();
        waiting.swept = !waiting.connections.is_empty();
        let more = waiting.swept;
        drop(waiting);
        stale.into_iter().for_each(|(_, idle)| idle.connection.close());
        more
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        let waiting = self.waiting.get_mut().unwrap_or_else(PoisonError::into_inner);
        waiting.connections.drain(..).for_each(|idle| idle.connection.close());
    }
}

async fn sweep(pool: Weak<Pool>, interval: Duration) {
    loop {
        sleep(interval).await;
        match pool.upgrade() {
            Some(pool) if pool.close_stale() => {}
            _ => return,
        }
    }
}
