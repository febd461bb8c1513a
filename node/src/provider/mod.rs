//! The provider daemon: a metered gateway before a real upstream, the `Vouchers`
//! service beside it, and the claims on the chain.
//!
//! It promises: no voucher it acknowledged is lost, whenever it is killed; at
//! most the credit of a session is ever unpaid; what all sessions of a deal are
//! due together stays within the escrow; nobody without a session's key can run
//! up its meter; memory is bounded by the open deals and the configured limits.

mod body;
pub mod book;
pub mod chain;
mod claims;
pub mod compute;
pub mod config;
mod deal;
mod grpc;
mod intake;
mod proxy;
mod refusal;
pub mod remote;
mod session;
mod throughput;
mod upstream;
mod usage;

use std::{io, net::SocketAddr, sync::Arc, thread::JoinHandle, time::Duration};

use http::{Request, Response, Uri};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use prost::Message;
use slsbft_proto::metering::v1::{SignedVoucher, vouchers_server::VouchersServer};
use tokio::{
    net::TcpListener,
    sync::watch,
    task::JoinHandle as Task,
    time::{MissedTickBehavior, interval},
};
use tonic::codegen::Service;

use self::{
    book::{Book, BookError},
    chain::{Chain, ChainError},
    claims::Claimer,
    config::Config,
    grpc::VouchersService,
    intake::Intake,
    proxy::Proxy,
};
use crate::metering::{
    server::{self, Body, BodyError, Handler, stopped},
    store::{RecordKey, Store, StoreError, Survives, Writer, Writing},
    voucher::ShapedVoucher,
};

/// Largest message of the `Vouchers` service; a voucher is far below it.
const MAX_MESSAGE: usize = 16 * 1024;
const CLAIM_TICK: Duration = Duration::from_secs(1);
/// How long the daemon's end waits for its last claim.
const LAST_CLAIM: Duration = Duration::from_secs(30);

/// Why the daemon does not start, or has stopped.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    #[error("the upstream must be http://host:port with an optional path, found '{0}'")]
    Upstream(Uri),
    #[error("cannot listen on {address}: {source}; choose another address")]
    Listen { address: SocketAddr, source: io::Error },
    #[error(transparent)]
    Chain(#[from] ChainError),
    #[error(transparent)]
    Book(#[from] BookError),
    #[error(transparent)]
    Store(#[from] Arc<StoreError>),
    #[error("the part that is for {0} has stopped by itself; report it, and start again")]
    Part(&'static str),
}

impl From<StoreError> for ProviderError {
    fn from(error: StoreError) -> Self {
        Arc::new(error).into()
    }
}

/// A provider that listens.
pub struct Provider {
    /// Where requests are served.
    pub http: SocketAddr,
    /// Where vouchers are taken.
    pub vouchers: SocketAddr,
    stop: watch::Sender<bool>,
    serving: Task<()>,
    taking: Task<()>,
    refreshing: Task<()>,
    claiming: Task<Claimer>,
    writer: Writer,
    intake: JoinHandle<()>,
    writing: Writing,
}

impl Provider {
    /// Opens the store, reads the deals and begins to serve.
    pub async fn start(config: Config, chain: Arc<dyn Chain>) -> Result<Self, ProviderError> {
        let upstream = &config.upstream;
        if upstream.scheme_str() != Some("http")
            || upstream.authority().is_none()
            || upstream.query().is_some()
        {
            return Err(ProviderError::Upstream(upstream.clone()));
        }
        let chain_id = chain.chain_id().await?;
        let role = format!("offer {}", config.offer_id);
        let store = Store::open(&config.home, &role, Survives::PowerCut)?;
        let held = read_records(&store)?;
        let keys: Vec<RecordKey> = held.iter().map(ShapedVoucher::key).collect();
        let book = Arc::new(Book::open(chain, chain_id, config.offer_id, held).await?);
        store.bind(book.chain_id(), keys.iter().any(|key| book.has(key)))?;
        let (http, vouchers) = (
            listen(config.listen).await?,
            listen(config.vouchers_listen).await?,
        );
        let (http_address, vouchers_address) = (
            address(&http, config.listen)?,
            address(&vouchers, config.vouchers_listen)?,
        );

        let (writer, writing) = Writer::spawn(store)?;
        let (intake, taking) = Intake::spawn(writer.clone(), config.limits.voucher_queue)?;
        let (stop, stopping) = watch::channel(false);
        let service = VouchersService::new(book.clone(), intake.clone(), config.credit, stopping.clone());
        let service = VouchersServer::new(service).max_decoding_message_size(MAX_MESSAGE);
        let handler = Arc::new(VouchersHandler(service));
        let taking_vouchers = server::serve(vouchers, handler, config.limits.server(), stopping.clone());
        let proxy = Arc::new(Proxy::new(config.clone(), book.clone(), intake));
        let serving = server::serve(http, proxy, config.limits.server(), stopping.clone());
        let claimer = Claimer::new(book.clone(), config.claims.clone(), config.expiry_margin);
        Ok(Self {
            http: http_address,
            vouchers: vouchers_address,
            stop,
            serving: tokio::spawn(serving),
            taking: tokio::spawn(taking_vouchers),
            refreshing: tokio::spawn(keep_current(
                book,
                writer.clone(),
                config.clone(),
                stopping.clone(),
            )),
            claiming: tokio::spawn(keep_claiming(claimer, CLAIM_TICK.min(config.refresh), stopping)),
            writer,
            intake: taking,
            writing,
        })
    }

    /// Resolves when the daemon cannot go on.
    pub async fn failed(&self) -> ProviderError {
        let parts = [
            ("requests", self.serving.abort_handle()),
            ("vouchers", self.taking.abort_handle()),
            ("the look at the deals", self.refreshing.abort_handle()),
            ("claims", self.claiming.abort_handle()),
        ];
        tokio::select! {
            fault = self.writer.fault() => fault.into(),
            part = server::first_ended(&parts) => ProviderError::Part(part),
        }
    }

    /// Stops taking requests, lets those in flight finish, claims what is there.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        // A task that has failed has nothing left to finish.
        let _ = self.serving.await;
        let _ = self.taking.await;
        let _ = self.refreshing.await;
        let claiming = self.claiming;
        let last = async {
            if let Ok(mut claimer) = claiming.await {
                claimer.finish().await;
            }
        };
        if tokio::time::timeout(LAST_CLAIM, last).await.is_err() {
            tracing::warn!(
                "the last claim is not in a block yet; what it lacks is claimed after the next start"
            );
        }
        drop(self.writer);
        let (intake, writing) = (self.intake, self.writing);
        let threads = move || {
            let _ = intake.join();
            writing.join();
        };
        let _ = tokio::task::spawn_blocking(threads).await;
    }
}

fn read_records(store: &Store) -> Result<Vec<ShapedVoucher>, ProviderError> {
    let records = store.records()?;
    let count = records.len();
    let read = |(_, bytes): (RecordKey, Vec<u8>)| {
        let signed = SignedVoucher::decode(bytes.as_slice()).ok()?;
        ShapedVoucher::new(signed).ok()
    };
    let held: Vec<ShapedVoucher> = records.into_iter().filter_map(read).collect();
    if held.len() < count {
        return Err(BookError::Record(count - held.len()).into());
    }
    Ok(held)
}

async fn listen(address: SocketAddr) -> Result<TcpListener, ProviderError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| ProviderError::Listen { address, source })
}

fn address(listener: &TcpListener, asked: SocketAddr) -> Result<SocketAddr, ProviderError> {
    listener.local_addr().map_err(|source| ProviderError::Listen {
        address: asked,
        source,
    })
}

/// The `Vouchers` service behind the bounds that every port has.
struct VouchersHandler(VouchersServer<VouchersService>);

impl Handler for VouchersHandler {
    async fn handle(self: Arc<Self>, request: Request<Incoming>, _peer: SocketAddr) -> Response<Body> {
        let Ok(response) = self.0.clone().call(request).await;
        response.map(|body| body.map_err(BodyError::from).boxed_unsync())
    }
}

/// Keeps the deals current until the daemon stops.
async fn keep_current(book: Arc<Book>, writer: Writer, config: Config, mut stop: watch::Receiver<bool>) {
    let mut refresh = interval(config.refresh);
    refresh.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stopped(&mut stop) => return,
            _ = refresh.tick() => {}
        }
        if let Err(error) = book.reload().await {
            tracing::warn!(%error, "deals not refreshed; serving on what was known");
        }
        book.look_out();
        if let Err(error) = book.sweep(&writer, config.keep_ended).await {
            tracing::warn!(%error, "ended deals not swept");
        }
    }
}

/// Claims on time until the daemon stops. A claim waits for its block, which
/// must not hold up the look at the deals.
async fn keep_claiming(mut claimer: Claimer, every: Duration, mut stop: watch::Receiver<bool>) -> Claimer {
    let mut claim = interval(every);
    claim.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stopped(&mut stop) => return claimer,
            _ = claim.tick() => claimer.tick().await,
        }
    }
}
