//! Accepting and ending connections. A connection is closed when it is silent
//! for too long and cut when its client does not take an answer, so none is held
//! for nothing; beyond the limit a new one is closed at once.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    net::IpAddr,
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{Router, body::Body};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use parking_lot::Mutex;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    task::JoinSet,
    time::MissedTickBehavior,
};
use tower::ServiceExt;

use super::{body::Guarded, shares::Shares};

const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
const PING_EVERY: Duration = Duration::from_secs(30);
const PING_TIMEOUT: Duration = Duration::from_secs(20);
const MAX_HEADER_BYTES: u32 = 16 << 10;
const MAX_STREAMS: u32 = 64;
/// Bytes a client may send ahead of what is read, for a stream and for a connection.
const STREAM_WINDOW: u32 = 256 << 10;
const CONNECTION_WINDOW: u32 = 1 << 20;
/// Pause when the system has no more file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// What open requests have left when the server stops.
const FAREWELL: Duration = Duration::from_secs(5);

/// What clients can make the server hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// At once; one address gets a part of them.
    pub(crate) connections: usize,
    /// How long a connection may be without a request.
    pub(crate) idle: Duration,
    /// From a request's beginning until its answer is taken.
    pub(crate) answer: Duration,
    /// The path of requests that may wait for as long as they like.
    pub(crate) waits: &'static str,
    /// Whether HTTP/1 is served besides HTTP/2.
    pub(crate) http1: bool,
}

/// Where a request comes from, among its extensions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// Serves `router` until `shutdown`, then lets open requests end for a few seconds.
pub(crate) async fn serve(
    listener: TcpListener,
    bounds: Bounds,
    router: Router,
    shutdown: impl Future<Output = ()>,
) {
    let builder = Arc::new(builder(bounds.http1));
    let slots = Arc::new(Semaphore::new(bounds.connections));
    let shares = Shares::of(bounds.connections);
    let (stop, stopped) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => continue,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let peer = peer.ip().to_canonical();
        let (Ok(slot), Some(share)) = (slots.clone().try_acquire_owned(), shares.take(peer)) else {
            tracing::debug!(%peer, limit = bounds.connections, "connection refused: all are taken");
            continue;
        };
        let (builder, router, stopped) = (builder.clone(), router.clone(), stopped.clone());
        connections.spawn(async move {
            let _place = (slot, share);
            connection(stream, Peer(peer), &builder, router, bounds, stopped).await;
        });
    }
    drop(listener);
    // Fails only if no connection is left to hear it.
    let _ = stop.send(true);
    let all = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(FAREWELL, all).await.is_err() {
        tracing::debug!("connections cut at shutdown");
    }
}

fn builder(http1: bool) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PING_TIMEOUT)
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(MAX_HEADER_BYTES)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW);
    if http1 { builder } else { builder.http2_only() }
}

async fn connection(
    stream: TcpStream,
    peer: Peer,
    builder: &Builder<TokioExecutor>,
    router: Router,
    bounds: Bounds,
    mut stopped: watch::Receiver<bool>,
) {
    // Without it small answers wait for the client's delayed acknowledgement.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "connection without TCP_NODELAY");
    }
    let activity = Arc::new(Activity::new());
    let service = service_fn(|mut request: http::Request<Incoming>| {
        let open = activity.begin(request.uri().path() != bounds.waits);
        request.extensions_mut().insert(peer);
        let router = router.clone();
        async move {
            let response = router.oneshot(request.map(Body::new)).await?;
            Ok::<_, Infallible>(Guarded::wrap(response, open))
        }
    });
    let mut served = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let mut check = tokio::time::interval(bounds.check_every());
    check.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut closing = false;
    loop {
        tokio::select! {
            result = served.as_mut() => {
                if let Err(error) = result {
                    tracing::debug!(error = %error, "connection ended");
                }
                return;
            }
            _ = stopped.changed(), if !closing => {
                closing = true;
                served.as_mut().graceful_shutdown();
            }
            _ = check.tick() => match activity.verdict(bounds, Instant::now()) {
                Verdict::Keep => {}
                Verdict::Close if !closing => {
                    closing = true;
                    served.as_mut().graceful_shutdown();
                }
                Verdict::Close | Verdict::Cut => return,
            },
        }
    }
}

impl Bounds {
    fn check_every(self) -> Duration {
        (self.idle.min(self.answer) / 4).clamp(Duration::from_millis(50), Duration::from_secs(15))
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Keep,
    Close,
    Cut,
}

/// The open requests of one connection.
struct Activity {
    open: Mutex<Open>,
}

struct Open {
    /// By number, so the first is the oldest.
    started: BTreeMap<u64, Instant>,
    next: u64,
    last: Instant,
}

impl Activity {
    fn new() -> Self {
        Self {
            open: Mutex::new(Open {
                started: BTreeMap::new(),
                next: 0,
                last: Instant::now(),
            }),
        }
    }

    /// A request began; its end is waited for if it is `bounded` in time.
    fn begin(self: &Arc<Self>, bounded: bool) -> OpenRequest {
        let now = Instant::now();
        let mut open = self.open.lock();
        open.last = now;
        let number = open.next;
        open.next += 1;
        if bounded {
            open.started.insert(number, now);
        }
        OpenRequest {
            activity: self.clone(),
            number,
        }
    }

    fn verdict(&self, bounds: Bounds, now: Instant) -> Verdict {
        let open = self.open.lock();
        match open.started.values().next() {
            Some(oldest) if now.duration_since(*oldest) > bounds.answer => Verdict::Cut,
            None if now.duration_since(open.last) > bounds.idle => Verdict::Close,
            _ => Verdict::Keep,
        }
    }
}

/// Ends the request when its answer is sent or dropped.
struct OpenRequest {
    activity: Arc<Activity>,
    number: u64,
}

impl Drop for OpenRequest {
    fn drop(&mut self) {
        let mut open = self.activity.open.lock();
        open.started.remove(&self.number);
        open.last = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds {
        idle: Duration::from_secs(5),
        answer: Duration::from_secs(60),
        connections: 1,
        waits: "",
        http1: false,
    };

    #[test]
    fn a_silent_connection_is_closed_and_one_with_an_open_request_is_not() {
        let activity = Arc::new(Activity::new());
        let later = Instant::now() + Duration::from_secs(10);
        assert_eq!(activity.verdict(BOUNDS, later), Verdict::Close);
        let request = activity.begin(true);
        assert_eq!(activity.verdict(BOUNDS, later), Verdict::Keep);
        drop(request);
        assert_eq!(activity.verdict(BOUNDS, later), Verdict::Close);
    }

    #[test]
    fn a_client_that_never_takes_its_answer_is_cut_even_if_it_goes_on_asking() {
        let activity = Arc::new(Activity::new());
        let _stuck = activity.begin(true);
        let later = Instant::now() + Duration::from_secs(61);
        let _fresh = activity.begin(true);
        assert_eq!(activity.verdict(BOUNDS, later), Verdict::Cut);
    }
}
