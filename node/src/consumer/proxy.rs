//! What happens to one local request: it gets a session and a voucher, goes to
//! the gateway, and what comes back is counted.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures::stream::try_unfold;
use http::{HeaderValue, Request, Response, StatusCode, Uri, Version, header, request};
use http_body_util::{BodyExt, Empty, Full, Limited, StreamBody};
use hyper::body::{Body as _, Frame, Incoming};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::{
    config::Config,
    wallet::{Lease, Wallet, WalletError},
};
use crate::metering::{
    headers,
    server::{Body, BodyError, Handler},
    units::{Stopwatch, Unit},
    wire::{self, Reason, RefusalBody},
};

/// Bodies up to this size are kept, so that the request can be sent once more
/// with another voucher.
const REPLAYABLE: u64 = 64 * 1024;
const MAX_HEAD: u32 = 64 * 1024;
/// What the gateway may send of an answer before somebody reads it.
const WINDOW: u32 = 256 * 1024;

/// Why a request was not passed on, or its answer not.
#[derive(Debug, thiserror::Error)]
enum ProxyError {
    #[error(transparent)]
    Wallet(#[from] WalletError),
    #[error("the gateway does not answer: {0}; check --gateway")]
    Gateway(String),
    #[error("the gateway did not answer within {0} s")]
    Timeout(u64),
    #[error("the gateway asks for {0:?} more than was received, by meter; nothing is signed for that")]
    Overclaimed(Vec<u64>),
    #[error("the request cannot be sent on: {0}")]
    Request(String),
}

impl ProxyError {
    fn into_response(self) -> Response<Body> {
        let (status, error) = match &self {
            Self::Wallet(WalletError::Busy(_)) => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
            Self::Wallet(WalletError::CapReached | WalletError::Signing(_)) => {
                (StatusCode::PAYMENT_REQUIRED, "cap_reached")
            }
            Self::Wallet(WalletError::Store(_)) => (StatusCode::INTERNAL_SERVER_ERROR, "storage"),
            Self::Gateway(_) => (StatusCode::BAD_GATEWAY, "gateway_failed"),
            Self::Timeout(_) => (StatusCode::GATEWAY_TIMEOUT, "gateway_timeout"),
            Self::Overclaimed(_) => (StatusCode::BAD_GATEWAY, "overclaimed"),
            Self::Request(_) => (StatusCode::BAD_REQUEST, "bad_request"),
        };
        let body = serde_json::json!({ "error": error, "message": self.to_string() }).to_string();
        json(status, body.into())
    }
}

fn json(status: StatusCode, body: Bytes) -> Response<Body> {
    let mut response = Response::new(Full::from(body).map_err(|never| match never {}).boxed_unsync());
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Everything a local request needs.
pub struct Proxy {
    config: Config,
    wallet: Arc<Wallet>,
    gateway: Client<HttpConnector, Body>,
}

/// A request's body: kept, or passed through once.
enum Upload {
    Kept(Bytes),
    Passing(Option<Incoming>),
}

impl Proxy {
    pub fn new(config: Config, wallet: Arc<Wallet>) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(Duration::from_secs(5)));
        connector.set_nodelay(true);
        // HTTP/2, whose windows bound what is under way when a client hangs up.
        let gateway = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .http2_only(true)
            .http2_initial_stream_window_size(WINDOW)
            .http2_max_header_list_size(MAX_HEAD)
            .http2_keep_alive_interval(Duration::from_secs(20))
            .build(connector);
        Self {
            config,
            wallet,
            gateway,
        }
    }

    async fn try_serve(&self, request: Request<Incoming>) -> Result<Response<Body>, ProxyError> {
        let (mut head, body) = request.into_parts();
        headers::strip(&mut head.headers);
        head.headers.remove(header::HOST);
        head.headers
            .insert(header::TE, HeaderValue::from_static("trailers"));
        head.uri = gateway_uri(&self.config.gateway, &head.uri)?;
        head.version = Version::HTTP_2;
        let mut upload = self.upload(body).await?;
        let lease = self.wallet.lease(self.config.queue_timeout).await?;
        let first = self.send(&head, &mut upload, &lease).await?;
        match first {
            Answer::Served(served) => Ok(self.pass_on(served, lease)),
            Answer::Refused(refused) if refused.curable && matches!(upload, Upload::Kept(_)) => {
                // The refusal said where the gateway stands: pay that, once.
                match self.send(&head, &mut upload, &lease).await? {
                    Answer::Served(served) => Ok(self.pass_on(served, lease)),
                    Answer::Refused(refused) => refused.into_response(&lease),
                }
            }
            Answer::Refused(refused) => refused.into_response(&lease),
        }
    }

    async fn upload(&self, body: Incoming) -> Result<Upload, ProxyError> {
        match body.size_hint().upper() {
            Some(most) if most <= REPLAYABLE => {
                let collected = tokio::time::timeout(self.config.timeout, body.collect()).await;
                let collected =
                    collected.map_err(|_| ProxyError::Request("its body did not come in time".into()))?;
                let collected = collected.map_err(|error| ProxyError::Request(error.to_string()))?;
                Ok(Upload::Kept(collected.to_bytes()))
            }
            _ => Ok(Upload::Passing(Some(body))),
        }
    }

    /// Sends a request with the session's next voucher.
    async fn send(
        &self,
        head: &request::Parts,
        upload: &mut Upload,
        lease: &Lease,
    ) -> Result<Answer, ProxyError> {
        let signed = lease.slot().sign().await?;
        let sent = Arc::new(AtomicU64::new(0));
        let body = match upload {
            Upload::Kept(bytes) => {
                sent.store(bytes.len() as u64, Ordering::Relaxed);
                Full::from(bytes.clone())
                    .map_err(|never| match never {})
                    .boxed_unsync()
            }
            Upload::Passing(body) => match body.take() {
                Some(body) => counted(body, sent.clone(), self.config.timeout),
                None => Empty::new().map_err(|never| match never {}).boxed_unsync(),
            },
        };
        let mut head = head.clone();
        let voucher = wire::voucher_header(&signed).ok_or_else(|| ProxyError::Request("voucher".into()))?;
        head.headers.insert(wire::VOUCHER, voucher);
        let started = Instant::now();
        let answer = self.gateway.request(Request::from_parts(head, body));
        let answer = tokio::time::timeout(self.config.timeout, answer).await;
        let answer = answer.map_err(|_| ProxyError::Timeout(self.config.timeout.as_secs()))?;
        let answer = answer.map_err(|error| ProxyError::Gateway(error.to_string()))?;
        self.judge(answer, sent, started, lease).await
    }

    /// An answer with counters was served and counts; another is the gateway's own.
    async fn judge(
        &self,
        answer: Response<Incoming>,
        sent: Arc<AtomicU64>,
        started: Instant,
        lease: &Lease,
    ) -> Result<Answer, ProxyError> {
        let slot = lease.slot();
        let meters = slot.meters.len();
        if let Some(metered) = wire::read_counters(answer.headers(), &wire::METERED, meters) {
            lease.answered();
            slot.claimed(&metered);
            if let Some(credit) = wire::read_counters(answer.headers(), &wire::CREDIT, meters) {
                slot.credit(&credit);
            }
            return Ok(Answer::Served(Served {
                answer,
                sent,
                started,
            }));
        }
        let status = answer.status();
        let body = Limited::new(answer.into_body(), wire::MAX_REFUSAL).collect();
        let body = tokio::time::timeout(self.config.timeout, body).await;
        let body = body.map_err(|_| ProxyError::Timeout(self.config.timeout.as_secs()))?;
        let body = body
            .map_err(|error| ProxyError::Gateway(error.to_string()))?
            .to_bytes();
        let refusal = serde_json::from_slice::<RefusalBody>(&body).ok();
        let account = refusal.as_ref().and_then(|refusal| refusal.account.as_ref());
        if let Some(account) = account.filter(|account| account.metered.len() == meters) {
            slot.claimed(&account.metered);
        }
        let reason = refusal.map(|refusal| refusal.error);
        let curable = match reason {
            Some(Reason::Unpaid) => slot.owes(),
            Some(Reason::Replayed) => true,
            _ => false,
        };
        Ok(Answer::Refused(Refused {
            status,
            body,
            curable,
            unpaid: reason == Some(Reason::Unpaid),
        }))
    }

    /// Passes an answer on and counts its body as it comes.
    fn pass_on(&self, served: Served, lease: Lease) -> Response<Body> {
        let (mut head, source) = served.answer.into_parts();
        headers::strip(&mut head.headers);
        head.version = Version::default();
        let (parts, received) = mpsc::channel(1);
        let receiver = Receiver {
            missing: source.size_hint().exact(),
            source,
            sent: served.sent,
            started: served.started,
            lease,
            config: self.config.clone(),
        };
        if receiver.source.is_end_stream() {
            receiver.finish();
            return Response::from_parts(head, Empty::new().map_err(|never| match never {}).boxed_unsync());
        }
        tokio::spawn(receiver.run(parts));
        Response::from_parts(
            head,
            StreamBody::new(ReceiverStream::new(received)).boxed_unsync(),
        )
    }
}

impl Handler for Proxy {
    async fn handle(&self, request: Request<Incoming>, _peer: SocketAddr) -> Response<Body> {
        self.try_serve(request)
            .await
            .unwrap_or_else(ProxyError::into_response)
    }
}

enum Answer {
    Served(Served),
    Refused(Refused),
}

struct Served {
    answer: Response<Incoming>,
    /// Bytes of the request's body so far.
    sent: Arc<AtomicU64>,
    started: Instant,
}

struct Refused {
    status: StatusCode,
    body: Bytes,
    /// Another voucher may help.
    curable: bool,
    unpaid: bool,
}

impl Refused {
    fn into_response(self, lease: &Lease) -> Result<Response<Body>, ProxyError> {
        let over = lease.slot().overclaimed();
        if self.unpaid && over.iter().any(|n| *n > 0) {
            return Err(ProxyError::Overclaimed(over));
        }
        Ok(json(self.status, self.body))
    }
}

/// An answer's body on its way to the local client.
struct Receiver {
    source: Incoming,
    /// Bytes still to come, if the length was announced.
    missing: Option<u64>,
    sent: Arc<AtomicU64>,
    started: Instant,
    lease: Lease,
    config: Config,
}

impl Receiver {
    async fn run(mut self, parts: mpsc::Sender<Result<Frame<Bytes>, BodyError>>) {
        loop {
            let next = tokio::select! {
                next = tokio::time::timeout(self.config.timeout, self.source.frame()) => next,
                () = parts.closed() => return self.hang_up(),
            };
            let frame = match next {
                Ok(Some(Ok(frame))) => self.count(frame),
                Ok(None) => return self.finish(),
                Ok(Some(Err(error))) => {
                    self.finish();
                    return drop(parts.send(Err(error.into())).await);
                }
                Err(_) => {
                    self.finish();
                    return drop(parts.send(Err("the gateway stalled".into())).await);
                }
            };
            let sent = tokio::time::timeout(self.config.timeout, parts.send(Ok(frame))).await;
            if !matches!(sent, Ok(Ok(()))) {
                return self.hang_up();
            }
        }
    }

    /// Counts a part; trailers say what the gateway has metered.
    fn count(&mut self, mut frame: Frame<Bytes>) -> Frame<Bytes> {
        let slot = self.lease.slot();
        if let Some(data) = frame.data_ref() {
            let length = data.len() as u64;
            slot.served(Unit::Bytes, length);
            self.missing = self.missing.map(|missing| missing.saturating_sub(length));
        }
        if let Some(trailers) = frame.trailers_mut() {
            if let Some(metered) = wire::read_counters(trailers, &wire::METERED, slot.meters.len()) {
                slot.claimed(&metered);
            }
            headers::strip(trailers);
        }
        frame
    }

    /// The local client is gone. If it had not all it was to get, what the
    /// gateway sent meanwhile is not ours to know.
    fn hang_up(self) {
        if self.missing != Some(0) {
            self.lease.cut_short(&self.config.tolerance);
        }
        self.finish();
    }

    fn finish(self) {
        let slot = self.lease.slot();
        slot.served(Unit::Bytes, self.sent.load(Ordering::Relaxed));
        // The gateway rounds over many requests; one more never matters.
        slot.served(Unit::Millis, Stopwatch::default().add(self.started.elapsed()) + 1);
    }
}

/// A body that counts what is sent of it.
fn counted(body: Incoming, sent: Arc<AtomicU64>, patience: Duration) -> Body {
    let parts = try_unfold((body, sent), move |(mut body, sent)| async move {
        let next = tokio::time::timeout(patience, body.frame()).await;
        let Some(frame) = next
            .map_err(|_| BodyError::from("the body stalled"))?
            .transpose()?
        else {
            return Ok(None);
        };
        if let Some(data) = frame.data_ref() {
            sent.fetch_add(data.len() as u64, Ordering::Relaxed);
        }
        Ok(Some((frame, (body, sent))))
    });
    StreamBody::new(parts).boxed_unsync()
}

/// The gateway's address with the request's path and query.
fn gateway_uri(gateway: &Uri, asked: &Uri) -> Result<Uri, ProxyError> {
    let mut parts = gateway.clone().into_parts();
    parts.path_and_query = asked.path_and_query().cloned();
    Uri::from_parts(parts).map_err(|error| ProxyError::Request(error.to_string()))
}
