//! The consumer daemon: a local HTTP proxy that buys from a provider's gateway.
//! It counts what it receives itself, signs vouchers for that and for no more,
//! and keeps the last voucher of each session on disk before it leaves, so that
//! no restart makes it sign less or more than before.

mod clock;
pub mod config;
mod flush;
pub mod guard;
mod proxy;
mod wallet;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use http::Uri;
use slsbft_client::{SigningKey, VoucherError};
use slsbft_proto::metering::v1::{Deal, vouchers_client::VouchersClient};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle as Task};
use tonic::transport::Endpoint;

use self::{config::Config, proxy::Proxy, wallet::Wallet};
use crate::metering::{
    server::{self, Bounds},
    store::{Store, StoreError, Survives, Writer, Writing},
    units::MetersError,
};

const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);
const RPC_TIMEOUT: Duration = Duration::from_secs(10);

/// Why the daemon does not start, or has stopped.
#[derive(Debug, thiserror::Error)]
pub enum ConsumerError {
    #[error("'{0}' is not http://host:port")]
    Address(Uri),
    #[error("cannot listen on {address}: {source}; choose another address")]
    Listen { address: SocketAddr, source: io::Error },
    #[error("give at least one --session-key-file")]
    NoKeys,
    #[error("deal {deal} does not name the session key {key}; add it to the deal")]
    NotASession { key: String, deal: u64 },
    #[error("the stored voucher of session {0} cannot be read; restore the folder from a backup")]
    Record(String),
    #[error(transparent)]
    Meters(#[from] MetersError),
    #[error(transparent)]
    Voucher(#[from] VoucherError),
    #[error(transparent)]
    Store(#[from] Arc<StoreError>),
    #[error("the part that is for {0} has stopped by itself; report it, and start again")]
    Part(&'static str),
}

impl From<StoreError> for ConsumerError {
    fn from(error: StoreError) -> Self {
        Arc::new(error).into()
    }
}

/// A consumer that listens.
pub struct Consumer {
    pub listen: SocketAddr,
    stop: watch::Sender<bool>,
    serving: Task<()>,
    paying: Vec<Task<()>>,
    stop_paying: watch::Sender<bool>,
    writer: Writer,
    writing: Writing,
}

impl Consumer {
    /// Resumes the sessions of `deal`, as the chain `chain_id` has it, and begins to serve.
    pub async fn start(
        config: Config,
        chain_id: &str,
        deal: &Deal,
        keys: Vec<SigningKey>,
    ) -> Result<Self, ConsumerError> {
        if keys.is_empty() {
            return Err(ConsumerError::NoKeys);
        }
        for address in [&config.gateway, &config.vouchers] {
            if address.scheme_str() != Some("http") || address.authority().is_none() || address.path() != "/"
            {
                return Err(ConsumerError::Address(address.clone()));
            }
        }
        let vouchers = Endpoint::from(config.vouchers.clone())
            .timeout(RPC_TIMEOUT)
            .connect_timeout(RPC_TIMEOUT);
        let vouchers = VouchersClient::new(vouchers.connect_lazy());
        // After a power cut the gateway gives back the last voucher, and its
        // signature proves it ours: no request waits for the disk.
        let store = Store::open(&config.home, "consumer", Survives::Kill)?;
        let listen = |source| ConsumerError::Listen {
            address: config.listen,
            source,
        };
        let listener = TcpListener::bind(config.listen).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;

        let records = store.records()?;
        store.bind(chain_id, records.iter().any(|(key, _)| wallet::names(deal, key)))?;
        let (writer, writing) = Writer::spawn(store)?;
        let wallet = Arc::new(Wallet::open(&config, deal, keys, &records, &writer)?);
        let (stop, stopping) = watch::channel(false);
        let (stop_paying, stopping_paying) = watch::channel(false);
        let pay = |slot: &Arc<wallet::Slot>| {
            let stop = stopping_paying.clone();
            tokio::spawn(flush::keep_paid(
                slot.clone(),
                vouchers.clone(),
                config.flush_after,
                stop,
            ))
        };
        let paying = wallet.slots().iter().map(pay).collect();
        let bounds = Bounds {
            connections: config.connections,
            head: HEAD_TIMEOUT,
            idle: IDLE_TIMEOUT,
        };
        let proxy = Arc::new(Proxy::new(config, wallet, vouchers));
        let serving = tokio::spawn(server::serve(listener, proxy, bounds, stopping));
        Ok(Self {
            listen: address,
            stop,
            serving,
            paying,
            stop_paying,
            writer,
            writing,
        })
    }

    /// Resolves when the daemon cannot go on.
    pub async fn failed(&self) -> ConsumerError {
        let paying = self.paying.iter().map(|task| ("payments", task.abort_handle()));
        let serving = [("requests", self.serving.abort_handle())];
        let parts: Vec<_> = paying.chain(serving).collect();
        tokio::select! {
            fault = self.writer.fault() => fault.into(),
            part = server::first_ended(&parts) => ConsumerError::Part(part),
        }
    }

    /// Stops taking requests, lets those in flight finish and pays for them.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        // A task that has failed has nothing left to finish.
        let _ = self.serving.await;
        self.stop_paying.send_replace(true);
        for task in self.paying {
            let _ = task.await;
        }
        drop(self.writer);
        let writing = self.writing;
        let _ = tokio::task::spawn_blocking(|| writing.join()).await;
    }
}
