//! A real HTTP service to put the gateway before, with well-behaved paths and
//! some that misbehave.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Path, Request, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
    routing::{any, get, post},
};
use futures::{StreamExt, stream};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// A running upstream.
pub struct Upstream {
    pub address: SocketAddr,
    /// Requests that reached it.
    pub hits: Arc<AtomicUsize>,
}

impl Upstream {
    pub async fn start() -> Self {
        let hits = Arc::new(AtomicUsize::new(0));
        let routes = Router::new()
            .route("/hello", get(|| async { "hello" }))
            .route("/echo", post(|body: Bytes| async { body }))
            .route("/sink", post(sink))
            .route("/headers", any(show_headers))
            .route(
                "/bytes/{n}",
                get(|Path(n): Path<usize>| async move { vec![7u8; n] }),
            )
            .route("/stream/{parts}/{size}", get(stream_parts))
            .route("/endless", get(endless))
            .route("/slow/{millis}", any(slow))
            .route("/none", any(|| async { http::StatusCode::NO_CONTENT }))
            .layer(axum::middleware::from_fn_with_state(hits.clone(), count))
            .with_state(());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { address, hits }
    }

    pub fn hits(&self) -> usize {
        self.hits.load(Ordering::SeqCst)
    }
}

async fn count(
    State(hits): State<Arc<AtomicUsize>>,
    request: Request,
    next: axum::middleware::Next,
) -> Response {
    hits.fetch_add(1, Ordering::SeqCst);
    next.run(request).await
}

/// What the upstream saw, one header a line, and a few it should not set.
async fn show_headers(headers: HeaderMap) -> impl IntoResponse {
    let lines: String = headers
        .iter()
        .map(|(name, value)| format!("{name}: {}\n", value.to_str().unwrap()))
        .collect();
    (
        [
            ("x-slsbft-metered", "999,999"),
            ("x-slsbft-credit", "5"),
            ("x-own", "1"),
        ],
        lines,
    )
}

async fn stream_parts(Path((parts, size)): Path<(usize, usize)>) -> Body {
    Body::from_stream(stream::iter(
        (0..parts).map(move |_| Ok::<_, Infallible>(vec![1u8; size])),
    ))
}

/// Reads a body of any length and keeps nothing of it.
async fn sink(request: Request) -> http::StatusCode {
    let mut parts = request.into_body().into_data_stream();
    while let Some(part) = parts.next().await {
        if part.is_err() {
            return http::StatusCode::BAD_REQUEST;
        }
    }
    http::StatusCode::NO_CONTENT
}

async fn endless() -> Body {
    Body::from_stream(stream::repeat_with(|| {
        Ok::<_, Infallible>(Bytes::from_static(&[9; 8_192]))
    }))
}

async fn slow(Path(millis): Path<u64>) -> &'static str {
    tokio::time::sleep(Duration::from_millis(millis)).await;
    "slow"
}

/// An upstream that answers every connection with the same bytes, then waits.
pub async fn raw(answer: Vec<u8>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut request = [0; 4_096];
                let _ = socket.read(&mut request).await;
                let _ = socket.write_all(&answer).await;
                let _ = socket.shutdown().await;
                while socket.read(&mut request).await.is_ok_and(|n| n > 0) {}
            });
        }
    });
    address
}
