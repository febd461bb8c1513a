//! Accepts HTTP/1.1 and HTTP/2 without TLS on one port, with bounds on
//! connections, heads and idle time.

use std::{
    convert::Infallible,
    error::Error,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Empty, combinators::UnsyncBoxBody};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    task::{AbortHandle, JoinSet},
};

/// What the daemons send, either way.
pub type Body = UnsyncBoxBody<Bytes, BodyError>;
/// Why a body broke off.
pub type BodyError = Box<dyn Error + Send + Sync>;

/// No body.
pub fn empty() -> Body {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

/// Answers requests; a refusal is an answer like any other.
pub trait Handler: Send + Sync + 'static {
    fn handle(
        self: Arc<Self>,
        request: Request<Incoming>,
        peer: SocketAddr,
    ) -> impl Future<Output = Response<Body>> + Send;
}

/// What peers can make the server hold.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    pub connections: usize,
    /// Until a request's head is complete.
    pub head: Duration,
    /// Connections that ask nothing for so long are closed.
    pub idle: Duration,
}

const MAX_HEAD: usize = 64 * 1024;
const MAX_HEADERS: usize = 128;
const MAX_STREAMS: u32 = 256;
/// Bytes of a request's body that may lie unread in one stream, and in all of a connection.
const RECEIVE_WINDOWS: [u32; 2] = [256 * 1024, 1024 * 1024];
/// Bytes of an answer that may lie unsent in one stream.
const SEND_BUFFER: usize = 64 * 1024;
/// How long connections may finish what they do when the daemon stops.
const GRACE: Duration = Duration::from_secs(10);

/// Resolves when the daemon is to stop.
pub async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An error is the end of whoever would have said it.
    drop(stop.wait_for(|stop| *stop).await);
}

/// Resolves with the name of the first of a daemon's tasks that has ended, however
/// it did: none of them ends before it is told to.
pub async fn first_ended(tasks: &[(&'static str, AbortHandle)]) -> &'static str {
    let mut look = tokio::time::interval(Duration::from_secs(1));
    loop {
        look.tick().await;
        if let Some((name, _)) = tasks.iter().find(|(_, task)| task.is_finished()) {
            return name;
        }
    }
}

/// Serves until `stop` turns true; then lets requests in flight finish.
pub async fn serve<H: Handler>(
    listener: TcpListener,
    handler: Arc<H>,
    bounds: Bounds,
    mut stop: watch::Receiver<bool>,
) {
    let slots = Arc::new(Semaphore::new(bounds.connections.min(Semaphore::MAX_PERMITS)));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &slots) => accepted,
            () = stopped(&mut stop) => break,
        };
        let Some((stream, slot)) = accepted else { continue };
        connections.spawn(connection(stream, slot, handler.clone(), bounds, stop.clone()));
        while connections.try_join_next().is_some() {}
    }
    let finished = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, finished).await.is_err() {
        tracing::warn!("some requests did not finish in time and were cut off");
    }
}

async fn accept(listener: &TcpListener, slots: &Arc<Semaphore>) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let slot = slots.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => Some((stream, slot)),
        Err(error) => {
            // Out of file descriptors, most likely: some will be closed soon.
            tracing::warn!(%error, "cannot accept a connection");
            tokio::time::sleep(Duration::from_millis(100)).await;
            None
        }
    }
}

fn builder(bounds: &Bounds) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.head)
        .max_buf_size(MAX_HEAD)
        .max_headers(MAX_HEADERS);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(MAX_HEAD as u32)
        .max_concurrent_streams(MAX_STREAMS)
        .initial_stream_window_size(RECEIVE_WINDOWS[0])
        .initial_connection_window_size(RECEIVE_WINDOWS[1])
        .max_send_buf_size(SEND_BUFFER)
        .keep_alive_interval(bounds.head)
        .keep_alive_timeout(bounds.head);
    builder
}

async fn connection<H: Handler>(
    stream: TcpStream,
    _slot: OwnedSemaphorePermit,
    handler: Arc<H>,
    bounds: Bounds,
    mut stop: watch::Receiver<bool>,
) {
    let Ok(peer) = stream.peer_addr() else { return };
    // Latency only; a socket without it works as well.
    let _ = stream.set_nodelay(true);
    let activity = Arc::new(Activity::default());
    let service = service_fn(|request: Request<Incoming>| {
        let (handler, busy) = (handler.clone(), activity.clone().enter());
        async move {
            let response = handler.handle(request, peer).await;
            drop(busy);
            Ok::<_, Infallible>(response)
        }
    });
    let builder = builder(&bounds);
    let served = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(served);
    let mut stopping = false;
    let mut seen = 0;
    loop {
        tokio::select! {
            ended = served.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%peer, %error, "connection ended");
                }
                return;
            }
            () = stopped(&mut stop), if !stopping => {
                stopping = true;
                served.as_mut().graceful_shutdown();
            }
            () = tokio::time::sleep(bounds.idle), if !stopping => {
                // Whoever asked nothing for so long only occupies a slot.
                if activity.idle_since(&mut seen) {
                    stopping = true;
                    served.as_mut().graceful_shutdown();
                }
            }
        }
    }
}

/// Requests of one connection: how many began and how many are being answered.
#[derive(Default)]
struct Activity {
    begun: AtomicUsize,
    busy: AtomicUsize,
}

struct Busy(Arc<Activity>);

impl Activity {
    fn enter(self: Arc<Self>) -> Busy {
        self.begun.fetch_add(1, Ordering::Relaxed);
        self.busy.fetch_add(1, Ordering::Relaxed);
        Busy(self)
    }

    /// Whether no request began since the last look and none is being answered.
    fn idle_since(&self, seen: &mut usize) -> bool {
        let begun = self.begun.load(Ordering::Relaxed);
        let idle = begun == *seen && self.busy.load(Ordering::Relaxed) == 0;
        *seen = begun;
        idle
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.busy.fetch_sub(1, Ordering::Relaxed);
    }
}
