//! Targets on this machine: real servers, and some that misbehave.

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
    extract::Path,
    http::{StatusCode, Uri},
    response::{IntoResponse, Redirect},
    routing::get,
};
use futures::stream;
use hyper::service::service_fn;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivatePkcs8KeyDer},
    },
};
use tonic::codegen::Service;
use tonic_health::{ServingStatus, pb::health_server::HealthServer, server::HealthReporter};

/// A server and how many connections it has taken.
#[derive(Clone)]
pub struct Server {
    pub address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Server {
    /// Gives every connection to a task of its own.
    pub async fn each<F>(serve: impl Fn(TcpStream) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            connections: Arc::default(),
        };
        let connections = server.connections.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream));
            }
        });
        server
    }

    pub fn url(&self, scheme: &str, path: &str) -> String {
        format!("{scheme}://{}{path}", self.address)
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// An address at which nobody listens.
pub fn dead() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

/// An HTTP service; `/redirect/PORT` sends clients to another one on this machine.
pub async fn http() -> Server {
    let routes = routes();
    Server::each(move |stream| serve_http(stream, routes.clone())).await
}

fn routes() -> Router {
    Router::new()
        .route("/", get(|| async { "hello" }))
        .route("/slow/{millis}", get(slow))
        .route("/status/{code}", get(status))
        .route("/redirect/{port}", get(redirect))
        .route("/endless", get(endless))
        .route("/.well-known/slsbft/throughput", get(throughput))
}

async fn serve_http<S>(stream: S, routes: Router)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request| {
        let mut routes = routes.clone();
        async move { Service::call(&mut routes, request).await }
    });
    let builder = Builder::new(TokioExecutor::new());
    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
}

async fn slow(Path(millis): Path<u64>) -> &'static str {
    tokio::time::sleep(Duration::from_millis(millis)).await;
    "slow"
}

async fn status(Path(code): Path<u16>) -> StatusCode {
    StatusCode::from_u16(code).unwrap()
}

async fn redirect(Path(port): Path<u16>) -> impl IntoResponse {
    Redirect::temporary(&format!("http://127.0.0.1:{port}/"))
}

async fn endless() -> Body {
    Body::from_stream(stream::repeat_with(|| {
        Ok::<_, Infallible>(Bytes::from_static(&[9; 8_192]))
    }))
}

async fn throughput(uri: Uri) -> Vec<u8> {
    let bytes = uri.query().unwrap().strip_prefix("bytes=").unwrap();
    vec![7; bytes.parse().unwrap()]
}

/// A service whose throughput sample is made of parts of `size` bytes, each `pause` after the
/// last, without an end.
pub async fn paced(size: usize, pause: Duration) -> Server {
    let sample = move || async move {
        let parts = stream::unfold((), move |()| async move {
            tokio::time::sleep(pause).await;
            Some((Ok::<_, Infallible>(Bytes::from(vec![1; size])), ()))
        });
        Body::from_stream(parts)
    };
    let routes = Router::new()
        .route("/", get(|| async { "hello" }))
        .route("/.well-known/slsbft/throughput", get(sample));
    Server::each(move |stream| serve_http(stream, routes.clone())).await
}

/// A service whose throughput sample is shorter than was asked for.
pub async fn short() -> Server {
    let routes = Router::new()
        .route("/", get(|| async { "hello" }))
        .route("/.well-known/slsbft/throughput", get(|| async { "short" }));
    Server::each(move |stream| serve_http(stream, routes.clone())).await
}

/// Answers with `first`, and then with `more` again and again, `pause` after each other.
pub async fn raw(first: &'static str, more: &'static str, pause: Duration) -> Server {
    Server::each(move |mut stream| async move {
        let mut request = [0; 4_096];
        let _ = stream.read(&mut request).await;
        let mut sent = stream.write_all(first.as_bytes()).await;
        while sent.is_ok() && !more.is_empty() {
            tokio::time::sleep(pause).await;
            sent = stream.write_all(more.as_bytes()).await;
        }
        std::future::pending::<()>().await;
    })
    .await
}

/// A TLS server with a certificate for `localhost` and 127.0.0.1 that it has signed itself.
pub struct Certified {
    pub server: Server,
    pub roots: RootCertStore,
}

/// HTTP/1.1 and HTTP/2 over TLS, with gRPC's health service.
pub async fn tls() -> Certified {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".into(), "127.0.0.1".into()]).unwrap();
    let certificate: CertificateDer<'static> = cert.der().clone();
    let key = PrivatePkcs8KeyDer::from(signing_key.serialize_der());
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key.into())
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let (routes, (_, health)) = (routes(), tonic_health::server::health_reporter());
    let server = Server::each(move |stream| {
        let (acceptor, routes, health) = (acceptor.clone(), routes.clone(), health.clone());
        async move {
            let Ok(stream) = acceptor.accept(stream).await else {
                return;
            };
            match stream.get_ref().1.alpn_protocol() {
                Some(b"h2") => serve_health(stream, health).await,
                _ => serve_http(stream, routes).await,
            }
        }
    })
    .await;
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    Certified { server, roots }
}

/// gRPC's health service, and who says what it answers.
pub async fn grpc() -> (Server, HealthReporter) {
    let (reporter, health) = tonic_health::server::health_reporter();
    let server = Server::each(move |stream| serve_health(stream, health.clone())).await;
    (server, reporter)
}

pub async fn not_serving(reporter: &HealthReporter) {
    reporter.set_service_status("", ServingStatus::NotServing).await;
}

async fn serve_health<S, H>(stream: S, health: HealthServer<H>)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    H: tonic_health::pb::health_server::Health,
{
    let service = service_fn(move |request: http::Request<hyper::body::Incoming>| {
        let mut health = health.clone();
        async move { Service::call(&mut health, request).await }
    });
    let builder = Builder::new(TokioExecutor::new());
    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
}
