//! Accepting and ending connections. A connection is closed when it is silent
//! for too long and cut when its client does not take an answer, so none is held
//! for nothing; beyond the limit a new one is closed at once.

use std::{
    collections::BTreeMap,
    convert::Infallible,
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

use super::{body::Guarded, config::GrpcConfig, limits::WATCH};

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

/// Serves `router` until `shutdown`, then lets open requests end for a few seconds.
pub(super) async fn serve(
    listener: TcpListener,
    config: &GrpcConfig,
    router: Router,
    shutdown: impl Future<Output = ()>,
) {
    let bounds = Bounds {
        idle: Duration::from_secs(config.idle_timeout_s),
        answer: config.request_timeout() + Duration::from_secs(config.transfer_timeout_s),
    };
    let builder = Arc::new(builder(config.web));
    let slots = Arc::new(Semaphore::new(config.max_connections));
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
                tracing::warn!(%error, "cannot accept a gRPC connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let Ok(slot) = slots.clone().try_acquire_owned() else {
            tracing::debug!(%peer, limit = config.max_connections, "gRPC connection refused: all are taken");
            continue;
        };
        let (builder, router, stopped) = (builder.clone(), router.clone(), stopped.clone());
        connections.spawn(async move {
            let _slot = slot;
            connection(stream, &builder, router, bounds, stopped).await;
        });
    }
    drop(listener);
    // Fails only if no connection is left to hear it.
    let _ = stop.send(true);
    let all = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(FAREWELL, all).await.is_err() {
        tracing::debug!("gRPC connections cut at shutdown");
    }
}

fn builder(web: bool) -> Builder<TokioExecutor> {
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
    // Only browsers come over HTTP/1.
    if web { builder } else { builder.http2_only() }
}

async fn connection(
    stream: TcpStream,
    builder: &Builder<TokioExecutor>,
    router: Router,
    bounds: Bounds,
    mut stopped: watch::Receiver<bool>,
) {
    // Without it small answers wait for the client's delayed acknowledgement.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "gRPC connection without TCP_NODELAY");
    }
    let activity = Arc::new(Activity::new());
    let service = service_fn(|request: http::Request<Incoming>| {
        let open = activity.begin(request.uri().path());
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
                    tracing::debug!(error = %error, "gRPC connection ended");
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

#[derive(Clone, Copy)]
struct Bounds {
    /// Without a request.
    idle: Duration,
    /// From a request's beginning until its answer is taken.
    answer: Duration,
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

    fn begin(self: &Arc<Self>, path: &str) -> OpenRequest {
        let now = Instant::now();
        let mut open = self.open.lock();
        open.last = now;
        let number = open.next;
        open.next += 1;
        if path != WATCH {
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
    };

    #[test]
    fn a_silent_connection_is_closed_and_one_with_an_open_request_is_not() {
        let activity = Arc::new(Activity::new());
        let later = Instant::now() + Duration::from_secs(10);
        assert_eq!(activity.verdict(BOUNDS, later), Verdict::Close);
        let request = activity.begin("/some.Query/Method");
        assert_eq!(activity.verdict(BOUNDS, later), Verdict::Keep);
        drop(request);
        assert_eq!(activity.verdict(BOUNDS, later), Verdict::Close);
    }

    #[test]
    fn a_client_that_never_takes_its_answer_is_cut_even_if_it_goes_on_asking() {
        let activity = Arc::new(Activity::new());
        let _stuck = activity.begin("/some.Query/Method");
        let later = Instant::now() + Duration::from_secs(61);
        let _fresh = activity.begin("/some.Query/Method");
        assert_eq!(activity.verdict(BOUNDS, later), Verdict::Cut);
    }
}
