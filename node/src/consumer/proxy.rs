//! What happens to one local request: it gets a session and a voucher, goes to
//! the gateway, and what comes back is counted.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use futures::stream::try_unfold;
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri, Version, header, request};
use http_body_util::{BodyExt, Full, Limited, StreamBody};
use hyper::body::{Body as _, Frame, Incoming};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use slsbft_proto::metering::v1::vouchers_client::VouchersClient;
use tokio::{
    sync::{mpsc, watch},
    time::timeout,
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Channel;

use super::{
    clock::Clock,
    config::Config,
    flush,
    guard::Foreign,
    wallet::{Lease, Slot, Wallet, WalletError},
};
use crate::metering::{
    headers,
    server::{Body, BodyError, Handler, empty},
    units::Unit,
    upload::{self, Stalled},
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
    Foreign(#[from] Foreign),
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
    #[error("CONNECT and protocol upgrades such as WebSocket are not served")]
    Unsupported,
    #[error("the proxy failed; see its log")]
    Failed,
}

impl From<Stalled> for ProxyError {
    fn from(stalled: Stalled) -> Self {
        Self::Timeout(stalled.0.as_secs())
    }
}

impl ProxyError {
    fn into_response(self) -> Response<Body> {
        let (status, error) = match &self {
            Self::Foreign(_) => (StatusCode::FORBIDDEN, "foreign"),
            Self::Wallet(WalletError::Busy(_)) => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
            Self::Wallet(WalletError::CapReached | WalletError::Signing(_)) => {
                (StatusCode::PAYMENT_REQUIRED, "cap_reached")
            }
            Self::Wallet(WalletError::Store(_)) => (StatusCode::INTERNAL_SERVER_ERROR, "storage"),
            Self::Gateway(_) => (StatusCode::BAD_GATEWAY, "gateway_failed"),
            Self::Timeout(_) => (StatusCode::GATEWAY_TIMEOUT, "gateway_timeout"),
            Self::Overclaimed(_) => (StatusCode::BAD_GATEWAY, "overclaimed"),
            Self::Request(_) => (StatusCode::BAD_REQUEST, "bad_request"),
            Self::Unsupported => (StatusCode::METHOD_NOT_ALLOWED, "unsupported"),
            Self::Failed => (StatusCode::INTERNAL_SERVER_ERROR, "failed"),
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
    vouchers: VouchersClient<Channel>,
}

/// A request's body: kept, or passed through once.
enum Upload {
    Kept(Bytes),
    Passing(Option<Incoming>),
}

impl Proxy {
    pub fn new(config: Config, wallet: Arc<Wallet>, vouchers: VouchersClient<Channel>) -> Self {
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
            vouchers,
        }
    }

    async fn try_serve(self: Arc<Self>, request: Request<Incoming>) -> Result<Response<Body>, ProxyError> {
        let (mut head, body) = request.into_parts();
        self.config.allowed.check(&head)?;
        if head.method == Method::CONNECT || headers::asks_upgrade(&head.headers) {
            return Err(ProxyError::Unsupported);
        }
        headers::strip(&mut head.headers);
        head.headers.remove(header::HOST);
        head.headers
            .insert(header::TE, HeaderValue::from_static("trailers"));
        head.uri = gateway_uri(&self.config.gateway, &head.uri)?;
        head.version = Version::HTTP_2;
        let upload = self.upload(body).await?;
        let lease = self.wallet.lease(self.config.queue_timeout).await?;
        // A task of its own: what the gateway has been asked is charged when it is
        // served, and has to be counted, also if the local client has hung up.
        let exchange = tokio::spawn(self.exchange(head, upload, lease));
        exchange.await.unwrap_or(Err(ProxyError::Failed))
    }

    async fn exchange(
        self: Arc<Self>,
        head: request::Parts,
        mut upload: Upload,
        lease: Lease,
    ) -> Result<Response<Body>, ProxyError> {
        match self.send(&head, &mut upload, &lease).await? {
            Answer::Served(served) => Ok(self.pass_on(served, lease)),
            Answer::Refused(refused) if refused.curable && matches!(upload, Upload::Kept(_)) => {
                if refused.forgotten {
                    self.recover(lease.slot()).await;
                }
                // The refusal said where the gateway stands: pay that, once.
                match self.send(&head, &mut upload, &lease).await? {
                    Answer::Served(served) => Ok(self.pass_on(served, lease)),
                    Answer::Refused(refused) => refused.into_response(&lease),
                }
            }
            Answer::Refused(refused) => refused.into_response(&lease),
        }
    }

    /// The gateway holds a voucher beyond ours: a power cut, or another disk, has
    /// made us forget it.
    async fn recover(&self, slot: &Slot) {
        match flush::session(slot, &mut self.vouchers.clone()).await {
            Ok(session) => {
                if session.signed.is_some_and(|signed| slot.recover(&signed)) {
                    tracing::info!(session = %hex::encode(slot.key.session), "went on from the voucher that the gateway holds");
                }
            }
            Err(error) => tracing::warn!(%error, "the gateway does not say what it holds"),
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
        let slot = lease.slot();
        let signed = slot.sign().await?;
        let (progress, parts) = watch::channel(());
        let body = match upload {
            Upload::Kept(bytes) => {
                drop(progress);
                slot.served(Unit::Bytes, bytes.len() as u64);
                let body = Full::from(bytes.clone()).map_err(|never| match never {});
                body.boxed_unsync()
            }
            Upload::Passing(body) => match body.take() {
                Some(body) => counted(body, slot.clone(), self.config.timeout, progress),
                None => empty(),
            },
        };
        let mut head = head.clone();
        let voucher = wire::voucher_header(&signed).ok_or_else(|| ProxyError::Request("voucher".into()))?;
        head.headers.insert(wire::VOUCHER, voucher);
        let mut clock = Clock::default();
        let sent = self.gateway.request(Request::from_parts(head, body));
        let answer = clock.run(slot, answer(sent, parts, self.config.timeout)).await;
        let answer = match answer {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) if error.is_connect() => return Err(ProxyError::Gateway(error.to_string())),
            // It may have been served all the same.
            Ok(Err(error)) => {
                lease.broken(&self.config.tolerance);
                return Err(ProxyError::Gateway(error.to_string()));
            }
            Err(stalled) => {
                lease.broken(&self.config.tolerance);
                return Err(stalled.into());
            }
        };
        self.judge(answer, clock, lease).await
    }

    /// An answer with counters was served and counts; another is the gateway's own.
    async fn judge(
        &self,
        answer: Response<Incoming>,
        clock: Clock,
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
            return Ok(Answer::Served(Served { answer, clock }));
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
            Some(Reason::Replayed | Reason::CounterFell) => true,
            _ => false,
        };
        let forgotten = matches!(reason, Some(Reason::Replayed | Reason::CounterFell));
        Ok(Answer::Refused(Refused {
            status,
            body,
            curable,
            forgotten,
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
            clock: served.clock,
            lease,
            config: self.config.clone(),
        };
        if receiver.source.is_end_stream() {
            receiver.finish();
            return Response::from_parts(head, empty());
        }
        tokio::spawn(receiver.run(parts));
        Response::from_parts(
            head,
            StreamBody::new(ReceiverStream::new(received)).boxed_unsync(),
        )
    }
}

impl Handler for Proxy {
    async fn handle(self: Arc<Self>, request: Request<Incoming>, _peer: SocketAddr) -> Response<Body> {
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
    clock: Clock,
}

struct Refused {
    status: StatusCode,
    body: Bytes,
    /// Another voucher may help.
    curable: bool,
    /// The gateway holds a later voucher than we know of.
    forgotten: bool,
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
    clock: Clock,
    lease: Lease,
    config: Config,
}

impl Receiver {
    async fn run(mut self, parts: mpsc::Sender<Result<Frame<Bytes>, BodyError>>) {
        loop {
            let next = timeout(self.config.timeout, self.source.frame());
            let next = tokio::select! {
                next = self.clock.run(self.lease.slot(), next) => next,
                () = parts.closed() => return self.hang_up(),
            };
            let frame = match next {
                Ok(Some(Ok(frame))) => self.count(frame),
                Ok(None) => return self.finish(),
                Ok(Some(Err(error))) => {
                    self.break_off();
                    return drop(parts.send(Err(error.into())).await);
                }
                Err(_) => {
                    self.break_off();
                    return drop(parts.send(Err("the gateway stalled".into())).await);
                }
            };
            let sent = timeout(self.config.timeout, parts.send(Ok(frame)));
            let sent = self.clock.run(self.lease.slot(), sent).await;
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

    /// The gateway broke off. What of it was lost on the way was metered, too.
    fn break_off(self) {
        self.lease.broken(&self.config.tolerance);
    }

    fn finish(mut self) {
        self.clock.finish(self.lease.slot());
        self.lease.whole();
    }
}

/// Waits for an answer, with patience as long as parts of the request pass.
async fn answer<T>(
    sent: impl Future<Output = T>,
    parts: watch::Receiver<()>,
    patience: Duration,
) -> Result<T, Stalled> {
    tokio::pin!(sent);
    tokio::select! {
        biased;
        answer = &mut sent => return Ok(answer),
        passed = upload::passed(parts, patience) => passed?,
    }
    timeout(patience, sent).await.map_err(|_| Stalled(patience))
}

/// A body of which each part counts as it is sent, so that it is paid for on the way.
fn counted(body: Incoming, slot: Arc<Slot>, patience: Duration, progress: watch::Sender<()>) -> Body {
    let parts = try_unfold((body, slot), move |(mut body, slot)| {
        progress.send_replace(());
        async move {
            let next = timeout(patience, body.frame()).await;
            let Some(frame) = next
                .map_err(|_| BodyError::from("the body stalled"))?
                .transpose()?
            else {
                return Ok(None);
            };
            if let Some(data) = frame.data_ref() {
                slot.served(Unit::Bytes, data.len() as u64);
            }
            Ok(Some((frame, (body, slot))))
        }
    });
    StreamBody::new(parts).boxed_unsync()
}

/// The gateway's address with the request's path and query.
fn gateway_uri(gateway: &Uri, asked: &Uri) -> Result<Uri, ProxyError> {
    let mut parts = gateway.clone().into_parts();
    parts.path_and_query = asked.path_and_query().cloned();
    Uri::from_parts(parts).map_err(|error| ProxyError::Request(error.to_string()))
}
