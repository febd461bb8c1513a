//! `GET /metrics` for Prometheus and `GET /healthz` for whoever restarts things.

use std::{future::Future, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, http::header, routing::get};
use thiserror::Error;
use tokio::net::TcpListener;

use super::Metrics;
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
        "cannot serve metrics on {address}: {source}; stop what uses that port, or change metrics.address in \
         app.toml"
    )]
    Bind { address: SocketAddr, source: io::Error },
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
    serving::serve(listener, BOUNDS, router, shutdown).await;
    Ok(())
}
