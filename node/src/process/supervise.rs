//! Keeps CometBFT running until the node has a reason to stop.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    time::{Duration, Instant},
};

use slsbft_app::abci::Fault;

use super::{
    NodeError,
    child::{Consensus, check_version},
    ready,
    restart::Restarts,
};
use crate::{
    abci::{Server, Stop},
    config::{CometConfig, Home, LogFormat},
    metrics::Metrics,
};

/// How long a predecessor's CometBFT may take to let go of what it holds.
const PREDECESSOR: Duration = Duration::from_secs(30);
/// How long after consensus' failure the application's, which has caused it, may be reported.
const AFTERMATH: Duration = Duration::from_secs(2);
/// How long CometBFT may take to stop before it is killed.
const STOPPING: Duration = Duration::from_secs(15);

/// What the main thread waits for.
#[derive(Debug)]
pub(super) enum Event {
    /// SIGTERM, SIGINT or SIGHUP.
    Signal,
    /// The application cannot go on.
    Application(Stop),
    /// A service (gRPC, metrics) ended.
    Service(NodeError),
    /// CometBFT ended.
    Consensus,
    /// CometBFT runs, but its consensus has stopped.
    ConsensusFailed(String),
}

/// The main thread's inbox.
pub(super) struct Inbox {
    sender: Sender<Event>,
    events: Receiver<Event>,
    signalled: Arc<AtomicBool>,
}

impl Inbox {
    pub fn new() -> Self {
        let (sender, events) = mpsc::channel();
        Self {
            sender,
            events,
            signalled: Arc::default(),
        }
    }

    /// What reports an event from any thread.
    pub fn reporter(&self) -> impl Fn(Event) + Send + Sync + Clone + 'static {
        let (sender, signalled) = (self.sender.clone(), Arc::clone(&self.signalled));
        move |event| {
            if matches!(event, Event::Signal) {
                signalled.store(true, Ordering::SeqCst);
            }
            // The main thread has left its loop: it is stopping already.
            let _ = sender.send(event);
        }
    }

    /// Waits for a reason to stop. `Ok` for a wanted one.
    pub fn wait(&self) -> Result<(), NodeError> {
        loop {
            if let Some(end) = self.events.recv().ok().and_then(end) {
                return end;
            }
        }
    }

    /// Waits for a reason to stop, at most `pause`.
    fn wait_for(&self, pause: Duration) -> Option<Result<(), NodeError>> {
        match self.events.recv_timeout(pause) {
            Ok(event) => end(event),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => None,
        }
    }
}

/// Whether an event ends the node, and how.
fn end(event: Event) -> Option<Result<(), NodeError>> {
    match event {
        Event::Signal => {
            tracing::info!("stopping");
            Some(Ok(()))
        }
        Event::Application(Stop::Fault(halt @ Fault::HaltHeight(_))) => {
            tracing::info!("{halt}");
            Some(Ok(()))
        }
        // Only a consequence of another stop, which was reported before it.
        Event::Application(Stop::Ended) | Event::Consensus => None,
        Event::Application(stop) => Some(Err(stop.into())),
        Event::Service(error) => Some(Err(error)),
        Event::ConsensusFailed(cause) => Some(Err(NodeError::ConsensusFailed { cause })),
    }
}

/// CometBFT and what it needs to run.
pub(super) struct Supervisor<'a> {
    pub path: PathBuf,
    pub home: &'a Home,
    pub config: &'a CometConfig,
    pub format: LogFormat,
    pub server: &'a Server,
    pub metrics: &'a Metrics,
    pub inbox: &'a Inbox,
}

impl Supervisor<'_> {
    /// Starts CometBFT, and starts it again when it ends, until the node stops.
    /// To be called from the main thread, to which CometBFT's life is tied.
    pub fn run(&self) -> Result<(), NodeError> {
        check_version(&self.path)?;
        let mut restarts = Restarts::default();
        loop {
            let interrupted = || self.inbox.signalled.load(Ordering::SeqCst);
            ready::wait(self.home, self.config, PREDECESSOR, interrupted)?;
            // The last CometBFT's requests are answered before the next one asks.
            self.server.wait_idle(PREDECESSOR);
            if let Some(end) = self.inbox.wait_for(Duration::ZERO) {
                return end;
            }
            let (report, failed) = (self.inbox.reporter(), self.inbox.reporter());
            let mut child = Consensus::spawn(
                &self.path,
                self.home,
                self.server.endpoint(),
                self.format,
                move || report(Event::Consensus),
                move |cause| failed(Event::ConsensusFailed(cause)),
            )?;
            tracing::info!(pid = child.id(), path = %self.path.display(), "CometBFT started");
            if let Some(end) = self.watch(&mut child) {
                tracing::info!("CometBFT stopped: {}", child.stop(STOPPING));
                return end;
            }
            let lived = child.lived();
            let how = child.stop(Duration::ZERO);
            let Some(pause) = restarts.pause(lived) else {
                return Err(NodeError::ConsensusFails { how });
            };
            tracing::warn!(?pause, "CometBFT ended by itself ({how}); it is started again");
            self.metrics.consensus_restarted();
            if let Some(end) = self.inbox.wait_for(pause) {
                return end;
            }
        }
    }

    /// Why consensus has failed: because the application stopped, which may be
    /// reported a moment later, or else for what it said itself.
    fn cause_of(&self, said: String) -> Result<(), NodeError> {
        let deadline = Instant::now() + AFTERMATH;
        loop {
            match self
                .inbox
                .events
                .recv_timeout(deadline.saturating_duration_since(Instant::now()))
            {
                Ok(Event::ConsensusFailed(_)) => {}
                Ok(event) => {
                    if let Some(end) = end(event) {
                        return end;
                    }
                }
                Err(_) => return Err(NodeError::ConsensusFailed { cause: said }),
            }
        }
    }

    /// Waits until the node has to stop, or (`None`) CometBFT has ended.
    fn watch(&self, child: &mut Consensus) -> Option<Result<(), NodeError>> {
        loop {
            match self.inbox.events.recv() {
                Ok(Event::Consensus) if child.ended() => return None,
                Ok(Event::ConsensusFailed(cause)) => return Some(self.cause_of(cause)),
                Ok(event) => {
                    if let Some(end) = end(event) {
                        return Some(end);
                    }
                }
                // The inbox holds a sender of its own.
                Err(_) => return Some(Ok(())),
            }
        }
    }
}
