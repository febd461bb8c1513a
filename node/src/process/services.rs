//! What the node serves besides consensus, on tokio's threads.

use std::sync::Arc;

use tokio::{runtime::Runtime, sync::watch};

use super::{
    NodeError,
    supervise::{Event, Inbox},
};
use crate::{
    config, grpc,
    metrics::{self, Metrics},
};

/// Starts services; one that fails is reported to the main thread.
pub(super) struct Services<'a> {
    pub runtime: &'a Runtime,
    pub inbox: &'a Inbox,
    /// Becomes true when they have to stop.
    pub stop: watch::Sender<bool>,
}

impl Services<'_> {
    pub fn metrics(&self, config: &config::Metrics, metrics: &Arc<Metrics>) {
        if config.enabled {
            let metrics = Arc::clone(metrics);
            let encode = move || metrics.encode();
            self.spawn(metrics::serve(config.address, encode, self.stopped()));
        }
    }

    pub fn grpc(&self, services: grpc::Services) {
        self.spawn(services.serve(self.stopped()));
    }

    fn spawn<E: Into<NodeError> + Send + 'static>(
        &self,
        service: impl Future<Output = Result<(), E>> + Send + 'static,
    ) {
        let report = self.inbox.reporter();
        self.runtime.spawn(async move {
            if let Err(error) = service.await {
                report(Event::Service(error.into()));
            }
        });
    }

    fn stopped(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut stop = self.stop.subscribe();
        async move {
            // An error means that the sender is gone, and the node with it.
            let _ = stop.wait_for(|stop| *stop).await;
        }
    }
}
