//! Accepts connections, bounds their number, and stops them all.

use std::{
    any::Any,
    io,
    panic::{self, AssertUnwindSafe},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex};
use slsbft_app::abci::{Consensus, Fault, Mempool, Query, Snapshots};
use thiserror::Error;

use super::{
    CONNECTIONS,
    connection::{self, ConnectionError, Handlers},
    consensus::Owner,
    endpoint::{Endpoint, Listener, Stream},
    pool::Pool,
};
use crate::metrics::Metrics;

/// How long a connection too many may wait for one of the others to go: a
/// restarted CometBFT comes back before the end of its old ones is noticed.
const GRACE: Duration = Duration::from_secs(2);

/// What the server serves. It is the only owner of `consensus`.
pub struct Application<C, M, Q, S> {
    pub consensus: C,
    pub mempool: Arc<M>,
    pub query: Arc<Q>,
    pub snapshots: Arc<S>,
}

/// The server's bounds.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Longest request accepted, in bytes.
    pub max_frame_bytes: usize,
    /// Most requests taken from one connection before the first is answered.
    pub read_ahead: usize,
    /// Threads that verify transactions; 0 for one per core.
    pub check_tx_threads: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            max_frame_bytes: 128 * 1024 * 1024,
            read_ahead: 1024,
            check_tx_threads: 0,
        }
    }
}

/// Why the application answers no more.
#[derive(Debug, Error)]
pub enum Stop {
    #[error(transparent)]
    Fault(#[from] Fault),
    #[error("the application panicked: {0}. Keep the log and report it")]
    Panic(String),
    #[error("the application has stopped")]
    Ended,
}

/// Why the server cannot start.
#[derive(Debug, Error)]
pub enum ServerError {
    #[error("cannot start a thread of the ABCI server")]
    Thread(#[from] io::Error),
}

/// A running server.
pub struct Server {
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
    owner: Option<JoinHandle<()>>,
}

struct Shared {
    listener: Listener,
    stopping: AtomicBool,
    open: Mutex<Vec<Arc<Stream>>>,
    changed: Condvar,
    on_stop: Box<dyn Fn(Stop) + Send + Sync>,
}

impl Server {
    /// Serves `application` on `listener`. `on_stop` is called, possibly more
    /// than once and from any thread, when the application cannot go on.
    pub fn start<C, M, Q, S>(
        listener: Listener,
        application: Application<C, M, Q, S>,
        options: Options,
        metrics: Arc<Metrics>,
        on_stop: impl Fn(Stop) + Send + Sync + 'static,
    ) -> Result<Self, ServerError>
    where
        C: Consensus + 'static,
        M: Mempool + 'static,
        Q: Query + 'static,
        S: Snapshots + 'static,
    {
        let Application {
            consensus,
            mempool,
            query,
            snapshots,
        } = application;
        let pool = Pool::start(options.check_tx_threads)?;
        let (consensus, owner) = Owner::start(consensus, Arc::clone(&metrics))?;
        let handlers = Arc::new(Handlers {
            mempool,
            query,
            snapshots,
            consensus,
            pool,
            metrics,
            options,
        });
        let shared = Arc::new(Shared {
            listener,
            stopping: AtomicBool::new(false),
            open: Mutex::new(Vec::new()),
            changed: Condvar::new(),
            on_stop: Box::new(on_stop),
        });
        let acceptor = thread::Builder::new().name("abci-accept".into()).spawn({
            let shared = Arc::clone(&shared);
            move || accept(&shared, &handlers)
        })?;
        Ok(Self {
            shared,
            acceptor: Some(acceptor),
            owner: Some(owner),
        })
    }

    /// Where the server listens.
    pub fn endpoint(&self) -> &Endpoint {
        self.shared.listener.endpoint()
    }

    /// Waits until no connection is open; false when `timeout` passed first.
    pub fn wait_idle(&self, timeout: Duration) -> bool {
        self.shared.wait_until(timeout, Vec::is_empty)
    }

    /// Answers what is being answered, closes every connection and drops the
    /// application.
    pub fn stop(mut self) {
        self.shutdown();
    }

    fn shutdown(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        self.shared.listener.close();
        // The acceptor closes and joins the connections, then lets go of the handlers.
        for thread in [self.acceptor.take(), self.owner.take()].into_iter().flatten() {
            let _ = thread.join();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shutdown();
    }
}

impl Shared {
    fn wait_until(&self, timeout: Duration, done: impl Fn(&Vec<Arc<Stream>>) -> bool) -> bool {
        let deadline = Instant::now() + timeout;
        let mut open = self.open.lock();
        while !done(&open) {
            if self.changed.wait_until(&mut open, deadline).timed_out() {
                return done(&open);
            }
        }
        true
    }

    fn forget(&self, stream: &Arc<Stream>) {
        self.open.lock().retain(|other| !Arc::ptr_eq(other, stream));
        self.changed.notify_all();
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }
}

fn accept<M, Q, S>(shared: &Arc<Shared>, handlers: &Arc<Handlers<M, Q, S>>)
where
    M: Mempool + 'static,
    Q: Query + 'static,
    S: Snapshots + 'static,
{
    let mut threads: Vec<JoinHandle<()>> = Vec::new();
    while !shared.is_stopping() {
        let stream = match shared.listener.accept() {
            Ok(stream) => Arc::new(stream),
            Err(_) if shared.is_stopping() => break,
            Err(error) => {
                tracing::warn!(%error, "cannot accept an ABCI connection");
                // Out of descriptors, most likely: trying at once would only burn a core.
                thread::sleep(Duration::from_millis(100));
                continue;
            }
        };
        if !shared.wait_until(GRACE, |open| open.len() < CONNECTIONS) {
            tracing::warn!(
                "an ABCI connection was refused: CometBFT holds its {CONNECTIONS} already. \
                 Does another program use this address?"
            );
            continue;
        }
        threads.retain(|thread| !thread.is_finished());
        shared.open.lock().push(Arc::clone(&stream));
        let spawned = thread::Builder::new().name("abci".into()).spawn({
            let (shared, handlers, stream) = (Arc::clone(shared), Arc::clone(handlers), Arc::clone(&stream));
            move || run(&shared, &handlers, &stream)
        });
        match spawned {
            Ok(thread) => threads.push(thread),
            Err(error) => {
                tracing::error!(%error, "cannot start a thread for an ABCI connection");
                shared.forget(&stream);
            }
        }
    }
    for stream in shared.open.lock().iter() {
        stream.close();
    }
    for thread in threads {
        let _ = thread.join();
    }
}

/// One connection's life, from its thread's start to its end.
fn run<M: Mempool + 'static, Q: Query, S: Snapshots>(
    shared: &Shared,
    handlers: &Handlers<M, Q, S>,
    stream: &Arc<Stream>,
) {
    tracing::debug!("an ABCI connection opened");
    let served = AssertUnwindSafe(|| connection::serve(stream, handlers));
    let ended =
        panic::catch_unwind(served).unwrap_or_else(|panic| Err(Stop::Panic(panic_message(&*panic)).into()));
    stream.close();
    shared.forget(stream);
    match ended {
        Ok(()) => tracing::debug!("an ABCI connection was closed"),
        Err(_) if shared.is_stopping() => {}
        Err(ConnectionError::Stop(stop)) => (shared.on_stop)(stop),
        Err(error) => tracing::error!(
            error = &error as &dyn std::error::Error,
            "an ABCI connection was closed"
        ),
    }
}

/// What a panic said.
pub(super) fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
        .to_owned()
}
