//! What gRPC asks of the state machine, and the threads it is asked on. A query
//! runs on a blocking thread, a bounded number at a time, so that a slow one
//! delays other queries at worst and consensus never.

use std::sync::Arc;

use slsbft_app::{abci::Fault, app::QueryService, query::QueryError};
use slsbft_store::BlockMeta;
use slsbft_wasm::Interrupt;
use tendermint_proto::v0_38::abci::{RequestQuery, ResponseQuery};
use tokio::sync::Semaphore;
use tonic::Status;

/// The state machine's read side. Every method may block on disk. Contracts that are asked for an answer
/// end when the interrupt is raised.
pub trait State: Send + Sync {
    /// The latest block that is in the state, with its app hash.
    fn latest(&self) -> Latest;

    /// Answers the method at the gRPC path `path` from the state after `height`, or the latest.
    fn query(
        &self,
        path: &str,
        request: &[u8],
        height: Option<u64>,
        interrupt: &Interrupt,
    ) -> Result<Answer, QueryError>;

    /// Answers an ABCI query, with a proof if it asks for one.
    fn abci_query(&self, request: RequestQuery, interrupt: &Interrupt) -> Result<ResponseQuery, Fault>;
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Latest {
    pub block: BlockMeta,
    pub app_hash: [u8; 32],
}

/// An encoded response and the height it was read at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub height: u64,
    pub response: Vec<u8>,
}

impl State for QueryService {
    fn latest(&self) -> Latest {
        // Only a height that is asked for can be missing.
        self.snapshot(0).map_or_else(
            |_| Latest::default(),
            |state| Latest {
                block: state.block().clone(),
                app_hash: state.app_hash(),
            },
        )
    }

    fn query(
        &self,
        path: &str,
        request: &[u8],
        height: Option<u64>,
        interrupt: &Interrupt,
    ) -> Result<Answer, QueryError> {
        let state = self.snapshot(height.unwrap_or(0))?;
        Ok(Answer {
            height: state.height(),
            response: self.route(&state, path, request, interrupt)?,
        })
    }

    fn abci_query(&self, request: RequestQuery, interrupt: &Interrupt) -> Result<ResponseQuery, Fault> {
        Ok(QueryService::abci_query(self, &request, interrupt))
    }
}

/// Ends what nobody waits for any more.
struct Watchdog(Interrupt);

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.0.raise();
    }
}

/// Runs work on the state away from the async threads.
#[derive(Clone)]
pub(super) struct Queries {
    state: Arc<dyn State>,
    threads: Arc<Semaphore>,
}

impl Queries {
    pub(super) fn new(state: Arc<dyn State>, threads: usize) -> Self {
        Self {
            state,
            threads: Arc::new(Semaphore::new(threads)),
        }
    }

    /// The permit goes with the work: a request that is given up keeps its thread
    /// until the work is over, so that no more than `threads` ever run. What it interrupts is
    /// over soon.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn State, &Interrupt) -> T + Send + 'static,
    ) -> Result<T, Status> {
        let stopping = || Status::unavailable("the node is stopping");
        let permit = self
            .threads
            .clone()
            .acquire_owned()
            .await
            .map_err(|_| stopping())?;
        let state = self.state.clone();
        let interrupt = Interrupt::default();
        let _watchdog = Watchdog(interrupt.clone());
        let task = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work(&*state, &interrupt)
        });
        task.await.map_err(|error| {
            if !error.is_panic() {
                return stopping();
            }
            tracing::error!("a query panicked; please report it with the lines above");
            Status::internal("the query failed inside the node; its log has the reason")
        })
    }
}
