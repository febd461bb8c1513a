//! One request over a connection of its own, HTTP/1.1 or HTTP/2: until the head of its answer.

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use http_body_util::Full;
use hyper::{
    body::Incoming,
    client::conn::{http1, http2},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    task::JoinHandle,
    time::{Duration, Instant, timeout},
};

use super::{
    Failure,
    connect::Connection,
    endpoint::{Endpoint, Protocol},
};

/// Largest head of an answer.
const MAX_HEAD: usize = 64 * 1024;
const MAX_HEADERS: usize = 128;
/// Bytes that a peer may send before they are read: what a sample of throughput takes, so that it
/// is the line that is measured.
const WINDOW: u32 = 1 << 20;

/// An answer's head; its body can be read as long as this is kept.
pub struct Answer {
    pub response: Response<Incoming>,
    /// From the request to the head, less the round trip of the connection.
    pub latency: Duration,
    _driver: Driver,
}

/// The task that moves a connection's bytes; ends with whoever holds it.
struct Driver(JoinHandle<()>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// GET as any client sends it.
pub fn get(endpoint: &Endpoint, path: &str) -> Result<Request<Full<Bytes>>, Failure> {
    let request = match endpoint.protocol {
        Protocol::Grpc => Request::get(endpoint.uri(path)),
        Protocol::Http | Protocol::Tcp => {
            Request::get(path).header(header::HOST, endpoint.authority.as_str())
        }
    };
    request
        .header(header::ACCEPT, HeaderValue::from_static("*/*"))
        .body(Full::default())
        .map_err(|error| Failure::Answer(error.to_string()))
}

/// Sends a request: of HTTP/2 to a gRPC server, else of HTTP/1.1. The answer's head may take
/// `patience`, and the way.
pub async fn ask(
    connection: Connection,
    protocol: Protocol,
    request: Request<Full<Bytes>>,
    patience: Duration,
) -> Result<Answer, Failure> {
    let Connection {
        stream, round_trip, ..
    } = connection;
    let io = TokioIo::new(stream);
    let patience = patience + round_trip;
    let (begun, response, driver) = match protocol {
        Protocol::Grpc => {
            let builder = http2();
            let (mut sender, connected) = builder.handshake(io).await.map_err(broken)?;
            let driver = drive(connected);
            let begun = Instant::now();
            (begun, head(sender.send_request(request), patience).await?, driver)
        }
        Protocol::Http | Protocol::Tcp => {
            let mut builder = http1::Builder::new();
            builder.max_buf_size(MAX_HEAD).max_headers(MAX_HEADERS);
            let (mut sender, connected) = builder.handshake(io).await.map_err(broken)?;
            let driver = drive(connected);
            let begun = Instant::now();
            (begun, head(sender.send_request(request), patience).await?, driver)
        }
    };
    Ok(Answer {
        response,
        latency: begun.elapsed().saturating_sub(round_trip),
        _driver: driver,
    })
}

fn http2() -> http2::Builder<TokioExecutor> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .max_header_list_size(MAX_HEAD as u32)
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(WINDOW);
    builder
}

fn drive(connection: impl Future<Output = hyper::Result<()>> + Send + 'static) -> Driver {
    Driver(tokio::spawn(async move {
        // Whoever waits for the answer hears of it.
        let _ = connection.await;
    }))
}

async fn head(
    answer: impl Future<Output = hyper::Result<Response<Incoming>>>,
    patience: Duration,
) -> Result<Response<Incoming>, Failure> {
    let answer = timeout(patience, answer).await;
    answer.map_err(|_| Failure::Timeout("answer"))?.map_err(broken)
}

fn broken(error: hyper::Error) -> Failure {
    Failure::Answer(error.to_string())
}
