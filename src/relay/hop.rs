//! A next hop: its settings, its pool, what it offers, and whether it can be reached.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use super::client::Connection;
use super::deadlines::Deadlines;
use super::error::{Cause, HopError};
use super::health::Health;
use super::pool::{Pool, Slot};
use super::settings::{ConnectionSecurity, Endpoint, Settings, SetupError, TlsMode};
use super::tls::TlsClient;
use crate::smtp::Extensions;

/// One configured next hop, shared by all who relay to it.
pub struct Hop {
    settings: Settings,
    endpoint: Endpoint,
    tls: Option<TlsClient>,
    pub(super) deadlines: Deadlines,
    pool: Arc<Pool>,
    health: Mutex<Health>,
    extensions: Mutex<Option<Extensions>>,
}

/// A connection together with the right to have it. Dropping it closes the connection.
pub(super) struct Taken {
    pub connection: Connection,
    slot: Slot,
    /// It carried a transaction before, and may have died since.
    pub pooled: bool,
}

impl Hop {
    /// Checks the settings and prepares TLS. Connects nowhere.
    pub fn new(settings: Settings) -> Result<Arc<Hop>, SetupError> {
        Hop::with_deadlines(settings, Deadlines::STANDARD)
    }

    /// A hop that wants to hear from us this often: a test of what lies above has no minute.
    #[cfg(test)]
    pub(crate) fn with_keep_alive(settings: Settings, keep_alive: std::time::Duration) -> Result<Arc<Hop>, SetupError> {
        Hop::with_deadlines(settings, Deadlines { keep_alive, ..Deadlines::STANDARD })
    }

    pub(super) fn with_deadlines(settings: Settings, deadlines: Deadlines) -> Result<Arc<Hop>, SetupError> {
        let endpoint = settings.check()?;
        let tls = TlsClient::new(&settings, &endpoint)?;
        let pool = Pool::new(settings.max_connections, deadlines.idle);
        let (health, extensions) = (Mutex::default(), Mutex::default());
        Ok(Arc::new(Hop { settings, endpoint, tls, deadlines, pool, health, extensions }))
    }

    /// As in the configuration.
    pub fn name(&self) -> &str {
        &self.settings.name
    }

    /// Whether it is what these settings describe: a reload keeps such a hop, with its connections.
    pub fn is_as(&self, settings: &Settings) -> bool {
        self.settings == *settings
    }

    /// The header line this hop gets on every message: name and value.
    pub fn added_header(&self) -> Option<&(String, String)> {
        self.settings.add_header.as_ref()
    }

    /// Put in front of each subject.
    pub fn subject_tag(&self) -> Option<&str> {
        self.settings.subject_tag.as_deref()
    }

    /// Put behind each recipient's domain.
    pub(super) fn recipient_suffix(&self) -> Option<&str> {
        self.settings.recipient_suffix.as_deref()
    }

    /// What a connection to it that is encrypted, or is not, amounts to.
    pub(super) fn security(&self, encrypted: bool) -> ConnectionSecurity {
        match (encrypted, self.settings.tls) {
            (false, _) => ConnectionSecurity::Clear,
            (true, TlsMode::Verified) => ConnectionSecurity::Verified,
            (true, _) => ConnectionSecurity::Encrypted,
        }
    }

    /// Connections to it at once.
    pub fn max_connections(&self) -> usize {
        self.settings.max_connections
    }

    /// What it offered on the newest connection; `None` before the first.
    pub fn extensions(&self) -> Option<Extensions> {
        lock(&self.extensions).clone()
    }

    /// Opens a connection to see whether the hop can be reached and what it offers, and keeps it for
    /// the next message.
    ///
    /// # Errors
    /// `NoCapacity` when all connections were busy for 30 s; `Unavailable` with what failed.
    pub async fn probe(self: &Arc<Self>) -> Result<(), HopError> {
        let end = Instant::now() + self.deadlines.start;
        let slot = self.slot(end).await?;
        // The new one takes the place of a waiting one, so that there are never too many.
        if let Some(waiting) = self.pool.pop(&slot) {
            waiting.close();
        }
        let connection = self.open(end).await?;
        self.pool.put(connection, slot);
        Ok(())
    }

    /// A pooled connection, or a new one.
    pub(super) async fn take(&self, end: Instant) -> Result<Taken, HopError> {
        let slot = self.slot(end).await?;
        match self.pool.pop(&slot) {
            Some(connection) => Ok(Taken { connection, slot, pooled: true }),
            None => self.fresh(slot, end).await,
        }
    }

    /// A new connection in place of a pooled one that turned out dead.
    pub(super) async fn replace(&self, dead: Taken, end: Instant) -> Result<Taken, HopError> {
        let Taken { connection, slot, .. } = dead;
        drop(connection);
        metrics::counter!("sluss_hop_replaced_total", "hop" => self.name().to_owned()).increment(1);
        self.fresh(slot, end).await
    }

    /// A connection that had been set up well has failed. What came of it is the caller's to say.
    pub(super) fn note(&self, cause: &Cause) {
        tracing::warn!(hop = self.name(), %cause, "dialog with the next hop failed");
    }

    /// Back into the pool, unless it is out of step or too old.
    pub(super) fn give_back(&self, taken: Taken) {
        let Taken { connection, slot, .. } = taken;
        if connection.is_in_step() && connection.opened().elapsed() < self.deadlines.age {
            self.pool.put(connection, slot);
        } else {
            connection.close();
        }
    }

    async fn slot(&self, end: Instant) -> Result<Slot, HopError> {
        self.pool.slot(end.min(Instant::now() + self.deadlines.wait)).await
    }

    async fn fresh(&self, slot: Slot, end: Instant) -> Result<Taken, HopError> {
        lock(&self.health).admit(Instant::now(), self.deadlines.down)?;
        Ok(Taken { connection: self.open(end).await?, slot, pooled: false })
    }

    async fn open(&self, end: Instant) -> Result<Connection, Cause> {
        let opened = Connection::open(&self.settings, &self.endpoint, self.tls.as_ref(), &self.deadlines, end).await;
        let result = opened.as_ref().map_or_else(Cause::word, |_| "ok");
        metrics::counter!("sluss_hop_connections_total", "hop" => self.name().to_owned(), "result" => result)
            .increment(1);
        match opened {
            Ok(connection) => {
                if lock(&self.health).succeeded() {
                    tracing::info!(hop = self.name(), "next hop available again");
                }
                *lock(&self.extensions) = Some(connection.extensions().clone());
                Ok(connection)
            }
            Err(cause) => {
                if lock(&self.health).failed(cause.clone(), Instant::now(), self.deadlines.down) {
                    tracing::warn!(hop = self.name(), %cause, "next hop not available");
                }
                Err(cause)
            }
        }
    }
}

/// A panic elsewhere leaves these values whole: each is replaced in one piece.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
