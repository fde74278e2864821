//! HTTP on `[console] listen`: health, readiness, metrics, the page behind the links of a sender's notices, and the desk
//! of those who review what was stopped.
//!
//! Pages are HTML rendered here from compiled templates (`templates/`) and texts (`patterns/pages/`). They work
//! without scripts, load nothing from anywhere else, and are kept by nobody: see [`answer`]. TLS is the reverse
//! proxy's.

pub mod answer;
pub mod assets;
mod cookie;
pub mod desk;
mod documented;
mod enrol;
mod form;
pub mod health;
pub mod limits;
pub mod page;
pub mod rights;
pub mod sender;
pub mod server;
mod sign_in;
pub mod source;
pub mod texts;

use std::sync::Arc;

use axum::middleware::from_fn;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::telemetry::Health;

pub use desk::{Desk, InForce};
pub use sender::{Secure, SenderPages, Sent};
pub use source::Proxies;
pub use texts::{PageTexts, PageTextsError};

/// Serves everything there is until `shutdown` turns true or its sender is gone.
pub async fn serve(
    listener: TcpListener,
    health: Health,
    metrics: PrometheusHandle,
    desk: InForce,
    shutdown: watch::Receiver<bool>,
) {
    let shown = desk.clone();
    let pages: sender::InForce = Arc::new(move || shown().map(|desk| desk.pages.clone()));
    let routes = health::router(health, metrics.clone())
        .merge(assets::router())
        .merge(desk::router(desk))
        .merge(sender::router(pages))
        .layer(from_fn(answer::guarded));
    tokio::select! {
        () = server::serve(listener, routes, shutdown) => {}
        () = health::upkeep(metrics) => {}
    }
}
