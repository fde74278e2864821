//! Accepts connections, counts them, and ends them at the shutdown.
//!
//! A connection holds a permit for its whole life, one of all and of its source. When the process shuts down no connection is accepted any more, those before the dot end at once, and
//! [`Gateway::run`] returns when the last permit is back.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::connection::{Connection, Deadlines};
use super::limits::{Limits, Over, Permit};
use super::{Rules, SetupError, session};
use crate::pipeline::Pipeline;
use crate::smtp::{EnhancedCode, Reply};

/// After a failed accept (no descriptors left) the next try waits.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What all connections share.
pub(super) struct Shared {
    rules: ArcSwap<Rules>,
    pub pipeline: Arc<Pipeline>,
}

impl Shared {
    /// What a transaction that begins now goes by.
    pub(super) fn rules(&self) -> Arc<Rules> {
        self.rules.load_full()
    }
}

/// Replaces the rules of a gateway that runs.
#[derive(Clone)]
pub struct Control {
    shared: Arc<Shared>,
}

impl Control {
    /// For every connection and every transaction that begins from now on. No connection ends by it.
    pub fn replace(&self, rules: Rules) {
        self.shared.rules.store(Arc::new(rules));
    }
}

/// Bound sockets, ready to run.
pub struct Gateway {
    listeners: Vec<TcpListener>,
    limits: Limits,
    shared: Arc<Shared>,
}

impl Gateway {
    /// Binds every address; all or none.
    pub async fn bind(listen: &[SocketAddr], rules: Rules, pipeline: Arc<Pipeline>) -> Result<Self, SetupError> {
        let shared = Shared { rules: ArcSwap::from_pointee(rules), pipeline };
        let mut listeners = Vec::new();
        for &address in listen {
            let bound = TcpListener::bind(address).await;
            listeners.push(bound.map_err(|source| SetupError::Listen { address, source })?);
        }
        Ok(Gateway { listeners, limits: Limits::new(), shared: Arc::new(shared) })
    }

    /// The addresses bound, with the ports the system chose where 0 was asked for.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.listeners.iter().filter_map(|listener| listener.local_addr().ok()).collect()
    }

    /// To replace the rules while it runs.
    pub fn control(&self) -> Control {
        Control { shared: self.shared.clone() }
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
                let rules = shared.rules();
                match limits.take(peer, rules.max_connections, rules.max_connections_per_source) {
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
