//! Accepts connections, counts them, and ends them at the shutdown.
//!
//! A connection holds two permits for its whole life: one of all, one of its source. When the
//! process shuts down no connection is accepted any more, those before the dot end at once, and
//! [`Gateway::run`] returns when the last permit is back.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::access::Access;
use super::connection::{Connection, Deadlines};
use super::tls::ServerTls;
use super::{Settings, SetupError, session};
use crate::pipeline::Pipeline;
use crate::smtp::{EnhancedCode, Reply};

/// After a failed accept (no descriptors left) the next try waits.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What all connections share.
pub(super) struct Shared {
    pub hostname: String,
    pub max_message_size: usize,
    pub access: Access,
    pub tls: Option<Arc<ServerTls>>,
    pub pipeline: Arc<Pipeline>,
}

/// Bound sockets, ready to run.
pub struct Gateway {
    listeners: Vec<TcpListener>,
    limits: Limits,
    shared: Arc<Shared>,
}

impl Gateway {
    /// Binds every address; all or none.
    pub async fn bind(settings: Settings, pipeline: Arc<Pipeline>) -> Result<Self, SetupError> {
        let mut access = settings.access;
        access.certificate_required |= settings.tls.as_ref().is_some_and(|tls| tls.client_ca.is_some());
        let shared = Shared {
            hostname: settings.hostname,
            max_message_size: settings.max_message_size,
            access: Access::new(access)?,
            tls: settings.tls.as_ref().map(ServerTls::new).transpose()?.map(Arc::new),
            pipeline,
        };
        let mut listeners = Vec::new();
        for address in settings.listen {
            let bound = TcpListener::bind(address).await;
            listeners.push(bound.map_err(|source| SetupError::Listen { address, source })?);
        }
        let limits = Limits::new(settings.max_connections, settings.max_connections_per_source);
        Ok(Gateway { listeners, limits, shared: Arc::new(shared) })
    }

    /// The addresses bound, with the ports the system chose where 0 was asked for.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.listeners.iter().filter_map(|listener| listener.local_addr().ok()).collect()
    }

    /// The certificates, to be replaced when they are renewed.
    pub fn tls(&self) -> Option<Arc<ServerTls>> {
        self.shared.tls.clone()
    }

    /// Serves until `shutdown` is true or its sender is gone, and then until the last transaction
    /// past its dot has its reply.
    pub async fn run(self, shutdown: watch::Receiver<bool>) {
        let Gateway { listeners, limits, shared } = self;
        let mut accepting = tokio::task::JoinSet::new();
        for listener in listeners {
            accepting.spawn(accept(listener, limits.clone(), shared.clone(), shutdown.clone()));
        }
        while accepting.join_next().await.is_some() {}
        limits.all_back().await;
    }
}

async fn accept(listener: TcpListener, limits: Limits, shared: Arc<Shared>, mut shutdown: watch::Receiver<bool>) {
    loop {
        let accepted = tokio::select! {
            biased;
            _ = shutdown.wait_for(|down| *down) => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let peer = peer.ip().to_canonical();
                match limits.take(peer) {
                    Ok(permit) => {
                        let connection = serve(stream, peer, permit, shared.clone(), shutdown.clone());
                        tokio::spawn(connection);
                    }
                    Err(over) => turn_away(&stream, peer, over),
                }
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept connections");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// One connection. The permit goes back when this ends, in whatever way.
async fn serve(stream: TcpStream, peer: IpAddr, permit: Permit, shared: Arc<Shared>, shutdown: watch::Receiver<bool>) {
    // Replies are gathered already; waiting for more would only add delay. A socket that refuses
    // this is broken and shows it at the first write.
    let _ = stream.set_nodelay(true);
    session::run(Connection::new(stream, peer, shutdown, Deadlines::STANDARD), shared).await;
    drop(permit);
}

/// Says 421 without waiting for anybody. A fresh socket has room for one line.
fn turn_away(stream: &TcpStream, peer: IpAddr, over: Over) {
    metrics::counter!("sluss_connections_total", "result" => over.word()).increment(1);
    tracing::info!(client = %peer, limit = over.word(), "too many connections");
    let reply = Reply::new(421, Some(EnhancedCode(4, 3, 2)), "too many connections, try again later");
    let _ = socket2::SockRef::from(stream).send(&reply.to_wire());
}

/// Which limit is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Over {
    Total,
    Source,
}

impl Over {
    fn word(self) -> &'static str {
        match self {
            Over::Total => "total",
            Over::Source => "source",
        }
    }
}

/// Connections now, in all and by source.
#[derive(Clone, Debug)]
struct Limits {
    total: Arc<Semaphore>,
    max_total: u32,
    max_per_source: usize,
    sources: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// One connection's share, given back when dropped.
#[derive(Debug)]
struct Permit {
    source: IpAddr,
    sources: Arc<Mutex<HashMap<IpAddr, usize>>>,
    _total: OwnedSemaphorePermit,
}

impl Limits {
    fn new(max_total: usize, max_per_source: usize) -> Self {
        let max_total = u32::try_from(max_total.min(Semaphore::MAX_PERMITS)).unwrap_or(u32::MAX);
        let total = Arc::new(Semaphore::new(usize::try_from(max_total).unwrap_or(Semaphore::MAX_PERMITS)));
        Limits { total, max_total, max_per_source, sources: Arc::default() }
    }

    fn take(&self, source: IpAddr) -> Result<Permit, Over> {
        let total = self.total.clone().try_acquire_owned().map_err(|_| Over::Total)?;
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        let count = sources.entry(source).or_default();
        if *count >= self.max_per_source {
            return Err(Over::Source);
        }
        *count += 1;
        drop(sources);
        metrics::counter!("sluss_connections_total", "result" => "accepted").increment(1);
        metrics::gauge!("sluss_connections").increment(1.0);
        Ok(Permit { source, sources: self.sources.clone(), _total: total })
    }

    /// Waits until no connection is left.
    async fn all_back(&self) {
        // an error means a closed semaphore; nobody closes it
        let _ = self.total.acquire_many(self.max_total).await;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = sources.get_mut(&self.source) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                sources.remove(&self.source);
            }
        }
        metrics::gauge!("sluss_connections").decrement(1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn connections_are_counted_in_all_and_by_source() {
        let limits = Limits::new(3, 2);
        let [a, b, c] = ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map(|address| address.parse::<IpAddr>().unwrap());
        let first = limits.take(a).unwrap();
        let second = limits.take(a).unwrap();
        assert_eq!(limits.take(a).map(|_| ()), Err(Over::Source));
        let third = limits.take(b).unwrap();
        assert_eq!(limits.take(c).map(|_| ()), Err(Over::Total));
        drop(first);
        let fourth = limits.take(a).unwrap();
        assert_eq!(limits.sources.lock().unwrap().len(), 2);
        drop((second, third, fourth));
        assert!(limits.sources.lock().unwrap().is_empty());
        limits.all_back().await;
    }
}
