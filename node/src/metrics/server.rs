//! `GET /metrics` for Prometheus and `GET /healthz` for whoever restarts things.

use std::{future::Future, io, net::SocketAddr, time::Duration};

use axum::{Router, http::header, routing::get};
use thiserror::Error;
use tokio::net::TcpListener;

use crate::serving::{self, Bounds};

const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// A few collectors; nobody else has to come.
const BOUNDS: Bounds = Bounds {
    connections: 32,
    idle: Duration::from_secs(120),
    answer: Duration::from_secs(30),
    waits: "",
    http1: true,
};

/// Why metrics are not served.
#[derive(Debug, Error)]
pub enum MetricsError {
    #[error(
        "cannot serve metrics on {address}: {source}; stop what uses that port, or choose another address: \
         metrics.address in app.toml, or --metrics"
    )]
    Bind { address: SocketAddr, source: io::Error },
}

/// Serves what `encode` gives until `shutdown` resolves.
pub async fn serve(
    address: SocketAddr,
    encode: impl Fn() -> String + Clone + Send + Sync + 'static,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), MetricsError> {
    let bound = TcpListener::bind(address).await;
    let listener = bound.map_err(|source| MetricsError::Bind { address, source })?;
    let metrics = move || async move { ([(header::CONTENT_TYPE, CONTENT_TYPE)], encode()) };
    let router = Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(|| async { "ok\n" }));
    serving::serve(listener, BOUNDS, router, shutdown).await;
    Ok(())
}
