//! `GET /metrics` for Prometheus and `GET /healthz` for whoever restarts things.

use std::{future::Future, io, net::SocketAddr, sync::Arc};

use axum::{Router, http::header, routing::get};
use thiserror::Error;
use tokio::net::TcpListener;

use super::Metrics;

const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Why metrics are not served.
#[derive(Debug, Error)]
pub enum MetricsError {
    #[error("cannot serve metrics on {address}; set `metrics.address` in app.toml to a free one")]
    Bind { address: SocketAddr, source: io::Error },
    #[error("the metrics server failed")]
    Serve(#[source] io::Error),
}

/// Serves until `shutdown` resolves.
pub async fn serve(
    address: SocketAddr,
    metrics: Arc<Metrics>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), MetricsError> {
    let bound = TcpListener::bind(address).await;
    let listener = bound.map_err(|source| MetricsError::Bind { address, source })?;
    let metrics = move || async move { ([(header::CONTENT_TYPE, CONTENT_TYPE)], metrics.encode()) };
    let router = Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(|| async { "ok\n" }));
    axum::serve(listener, router)
        .with_graceful_shutdown(shutdown)
        .await
        .map_err(MetricsError::Serve)
}
