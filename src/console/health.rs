//! `/healthz`, `/readyz` and `/metrics` on `[console] listen`.
//!
//! `/healthz` answers as long as the process lives. `/readyz` names every check; 200 when all are
//! well, else 503 with the reason of each that is not. Neither needs a sign-in, so neither says
//! anything that an outsider may not know: check names, bland reasons, times.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::{Map, Value, json};

use crate::telemetry::Health;

/// How often samples of histograms are folded into buckets when nobody scrapes.
const UPKEEP: Duration = Duration::from_secs(30);

#[derive(Clone)]
struct Probes {
    health: Health,
    metrics: PrometheusHandle,
}

/// The three routes.
pub fn router(health: Health, metrics: PrometheusHandle) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(readyz))
        .route("/metrics", get(scrape))
        .with_state(Probes { health, metrics })
}

/// Folds samples into buckets for good.
pub async fn upkeep(metrics: PrometheusHandle) {
    loop {
        tokio::time::sleep(UPKEEP).await;
        metrics.run_upkeep();
    }
}

async fn readyz(State(probes): State<Probes>) -> Response {
    let ready = probes.health.ready();
    let checks: Map<String, Value> = probes
        .health
        .checks()
        .into_iter()
        .map(|(name, check)| {
            let since = check.since.to_string();
            let value = match check.state {
                Ok(()) => match check.remark {
                    Some(remark) => json!({ "ok": true, "since": since, "remark": remark }),
                    None => json!({ "ok": true, "since": since }),
                },
                Err(reason) => json!({ "ok": false, "since": since, "reason": reason }),
            };
            (name, value)
        })
        .collect();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = format!("{}\n", json!({ "ready": ready, "checks": checks }));
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (status, headers, body).into_response()
}

async fn scrape(State(probes): State<Probes>) -> Response {
    probes.metrics.run_upkeep();
    let headers = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (headers, probes.metrics.render()).into_response()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use metrics_exporter_prometheus::PrometheusBuilder;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::sync::watch;

    use super::*;

    /// Serves `health` on loopback, asks for `path`, gives status and body.
    async fn get(health: &Health, path: &str) -> (u16, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, shutdown) = watch::channel(false);
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        metrics::with_local_recorder(&recorder, || metrics::counter!("sluss_dots_total").increment(3));
        let server = tokio::spawn(crate::console::serve(listener, health.clone(), handle, Arc::new(|| None), shutdown));
        let mut client = TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        client.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        stop.send(true).unwrap();
        server.await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head[9..12].parse().unwrap(), body.to_owned())
    }

    #[tokio::test]
    async fn alive_whatever_the_checks_say() {
        let health = Health::new();
        health.set("store", Err("broken"));
        assert_eq!(get(&health, "/healthz").await, (200, "ok\n".to_owned()));
    }

    #[tokio::test]
    async fn readiness_names_what_is_wrong() {
        let health = Health::new();
        health.expect("listener");
        health.set("store", Ok::<(), &str>(()));
        health.set("next-hop:default", Err("connection refused"));
        let (status, body) = get(&health, "/readyz").await;
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(status, 503);
        assert_eq!(body["ready"], false);
        assert_eq!(body["checks"]["store"]["ok"], true);
        assert_eq!(body["checks"]["listener"]["reason"], "starting");
        assert_eq!(body["checks"]["next-hop:default"]["reason"], "connection refused");

        health.set("listener", Ok::<(), &str>(()));
        health.set("next-hop:default", Ok::<(), &str>(()));
        let (status, body) = get(&health, "/readyz").await;
        assert_eq!((status, body.contains(r#""ready":true"#)), (200, true));
    }

    #[tokio::test]
    async fn metrics_and_nothing_else() {
        let (status, body) = get(&Health::new(), "/metrics").await;
        assert_eq!((status, body.contains("sluss_dots_total 3")), (200, true));
        assert_eq!(get(&Health::new(), "/").await.0, 404);
    }
}
