//! The accept loop of the console: bounded in connections, header, time.
//!
//! A client has ten seconds for its header (and between two requests), a connection two minutes altogether; a slow
//! one loses its place, and nothing more. TLS and most of the waiting are the reverse proxy's.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

use super::source::Peer;

/// Connections at the same time; the next ones wait in the listener's queue.
const CONNECTIONS: usize = 256;
/// For a request's header, and for the next request.
const HEADER_TIME: Duration = Duration::from_secs(10);
/// For a connection; what is being answered then has [`END_TIME`].
const CONNECTION_TIME: Duration = Duration::from_secs(120);
const END_TIME: Duration = Duration::from_secs(10);
/// Bytes and fields of a header; more is answered with 431.
const HEADER_BYTES: usize = 16 * 1024;
const HEADER_FIELDS: usize = 64;
/// Pause after a failed accept: no file descriptors are left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Serves until `shutdown` turns true or its sender is gone; what is being answered then is finished.
pub async fn serve(listener: TcpListener, router: Router, mut shutdown: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        // The semaphore is never closed.
        let Ok(place) = places.clone().acquire_owned().await else { return };
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "the console cannot take connections");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            },
            () = stopped(&mut shutdown) => return,
        };
        let (router, shutdown) = (router.clone(), shutdown.clone());
        tokio::spawn(async move {
            connection(stream, peer, router, shutdown).await;
            drop(place);
        });
    }
}

async fn connection(stream: TcpStream, peer: SocketAddr, router: Router, mut shutdown: watch::Receiver<bool>) {
    let routes = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        routes.call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .max_buf_size(HEADER_BYTES)
        .max_headers(HEADER_FIELDS)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    tokio::select! {
        // How a client's connection ends is nothing to tell of.
        _ = connection.as_mut() => return,
        () = tokio::time::sleep(CONNECTION_TIME) => {}
        () = stopped(&mut shutdown) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = tokio::time::timeout(END_TIME, connection).await;
}

async fn stopped(shutdown: &mut watch::Receiver<bool>) {
    // Its sender gone is an end as well.
    let _ = shutdown.wait_for(|&stop| stop).await;
}

#[cfg(test)]
mod tests {
    use axum::routing::post;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// Sends the bytes, reads to the end of the connection, gives the status of the first answer; 0 without one.
    async fn status(bytes: &[u8]) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (_stop, shutdown) = watch::channel(false);
        let server = tokio::spawn(serve(listener, Router::new().route("/", post(|| async { "taken" })), shutdown));
        let mut client = TcpStream::connect(address).await.unwrap();
        // The other side may hang up before it has read all of it.
        let _ = client.write_all(bytes).await;
        let mut answer = Vec::new();
        let _ = client.read_to_end(&mut answer).await;
        server.abort();
        String::from_utf8_lossy(&answer).get(9..12).and_then(|status| status.parse().ok()).unwrap_or(0)
    }

    #[tokio::test]
    async fn a_header_has_its_bounds() {
        let end = "Connection: close\r\n\r\n";
        let ordinary = format!("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n{end}");
        assert_eq!(status(ordinary.as_bytes()).await, 200);
        let long = format!("POST /{} HTTP/1.1\r\nHost: x\r\n{end}", "a".repeat(HEADER_BYTES));
        assert!(matches!(status(long.as_bytes()).await, 414 | 431), "a path of 16 KiB");
        let wide = format!("POST / HTTP/1.1\r\nHost: x\r\nX: {}\r\n{end}", "a".repeat(HEADER_BYTES));
        assert_eq!(status(wide.as_bytes()).await, 431);
        let many = format!("POST / HTTP/1.1\r\nHost: x\r\n{}{end}", "X: 1\r\n".repeat(HEADER_FIELDS));
        assert_eq!(status(many.as_bytes()).await, 431);
        for broken in [
            "POST / HTTP/1.1\r\nHost : x\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunkedx\r\n\r\n",
            "\u{16}\u{3}\u{1}\r\n\r\n",
        ] {
            assert_eq!(status(broken.as_bytes()).await, 400, "{broken:?}");
        }
    }
}
