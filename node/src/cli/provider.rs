//! `slsbftd provider`

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use http::Uri;

use super::{
    Global, Outcome,
    daemon::{self, LogOptions},
    options::{KeyringOptions, NodeOptions},
};
use crate::{
    metering::units::Credit,
    provider::{
        Provider,
        compute::{Proofs, Prover},
        config::{Claims, Config, Limits},
        remote::{self, RemoteChain},
    },
};

const EXAMPLES: &str = "\
Examples:
  slsbftd provider --offer 3 --upstream http://127.0.0.1:8080 --from carol
  slsbftd provider --offer 3 --upstream http://127.0.0.1:50051 --upstream-h2 --from carol
  slsbftd provider --offer 3 --upstream http://127.0.0.1:8080 --from carol \\
      --listen 0.0.0.0:8000 --vouchers-listen 0.0.0.0:8001 --credit-requests 16

The offer's meters may be requests, bytes, ms and cpu-ms. Put TLS before both
ports when they are reached over a network. docs/protocol/gateway.md is the
contract with clients.";

/// Between looks at what there is to compute.
const COMPUTE_POLL: Duration = Duration::from_secs(1);

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Number of the offer that is served
    #[arg(long, value_name = "ID")]
    offer: u64,
    /// The service that is sold: http://host:port, with an optional path
    #[arg(long, value_name = "URL")]
    upstream: Uri,
    /// Speak HTTP/2 to the upstream (gRPC services)
    #[arg(long)]
    upstream_h2: bool,
    /// Where consumers send their requests
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8000")]
    listen: SocketAddr,
    /// Where consumers leave vouchers (gRPC)
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8001")]
    vouchers_listen: SocketAddr,
    /// Key of the offer's provider: signs the claims
    #[arg(long, value_name = "NAME")]
    from: String,
    /// Folder of the vouchers [default: provider/offer-ID in the home]
    #[arg(long, value_name = "DIR")]
    store: Option<PathBuf>,
    /// Requests of a session that may be unpaid
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    credit_requests: u64,
    /// Bytes of a session that may be unpaid
    #[arg(long, value_name = "N", default_value_t = 1 << 20, value_parser = clap::value_parser!(u64).range(1..))]
    credit_bytes: u64,
    /// Milliseconds of a session that may be unpaid
    #[arg(long, value_name = "N", default_value_t = 30_000, value_parser = clap::value_parser!(u64).range(1..))]
    credit_ms: u64,
    /// Requests at a time over all sessions
    #[arg(long, value_name = "N", default_value_t = 512)]
    in_flight: usize,
    /// Connections at a time
    #[arg(long, value_name = "N", default_value_t = 1_024)]
    connections: usize,
    /// Longest request body in bytes
    #[arg(long, value_name = "N", default_value_t = 64 << 20)]
    max_request_body: u64,
    /// Longest answer in bytes
    #[arg(long, value_name = "N", default_value_t = 4 << 30)]
    max_response_body: u64,
    /// Seconds until the upstream has to answer, or to go on
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..))]
    upstream_timeout: u64,
    /// Bytes a minute for each address that measures throughput, as auditors do; 0 serves none
    #[arg(long, value_name = "BYTES", default_value_t = 16 << 20)]
    throughput_per_minute: u64,
    /// Threads that compute what the chain asks of a provider that registered cores; 0 computes nothing
    /// [default: as many as there are cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(..=1024))]
    compute_threads: Option<u32>,
    /// Seconds between claims; a deal that ends is claimed at once, if that is worth a claim
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..))]
    claim_interval: u64,
    /// Least sum in uankr that is worth a claim
    #[arg(long, value_name = "UANKR", default_value_t = 5_000_000)]
    claim_least: u128,
    /// Least sum in uankr that a deal must bring for each of its vouchers
    #[arg(long, value_name = "UANKR", default_value_t = 350_000)]
    claim_least_each: u128,
    /// Vouchers in one transaction
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    claim_batch: usize,
    /// Seconds between looks at the deals
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    refresh: u64,
    /// Seconds before its expiry that a deal is claimed and no longer served
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    expiry_margin: u64,
    #[command(flatten)]
    node: NodeOptions,
    #[command(flatten)]
    keyring: KeyringOptions,
    #[command(flatten)]
    log: LogOptions,
}

impl Args {
    /// None: nothing is computed.
    fn threads(&self) -> u32 {
        let cores = || std::thread::available_parallelism().map_or(1, |cores| cores.get() as u32);
        self.compute_threads.unwrap_or_else(cores)
    }

    fn config(&self, global: &Global, proofs: Option<Arc<Proofs>>) -> Config {
        let home = || {
            global
                .home()
                .join("provider")
                .join(format!("offer-{}", self.offer))
        };
        Config {
            offer_id: self.offer,
            upstream: self.upstream.clone(),
            upstream_h2: self.upstream_h2,
            listen: self.listen,
            vouchers_listen: self.vouchers_listen,
            home: self.store.clone().unwrap_or_else(home),
            credit: Credit {
                requests: self.credit_requests,
                bytes: self.credit_bytes,
                millis: self.credit_ms,
            },
            limits: Limits {
                connections: self.connections,
                in_flight: self.in_flight,
                request_body: self.max_request_body,
                response_body: self.max_response_body,
                upstream_timeout: Duration::from_secs(self.upstream_timeout),
                throughput_per_minute: self.throughput_per_minute,
                ..Limits::default()
            },
            claims: Claims {
                interval: Duration::from_secs(self.claim_interval),
                batch: self.claim_batch,
                least: self.claim_least,
                least_each: self.claim_least_each,
            },
            proofs,
            refresh: Duration::from_secs(self.refresh),
            expiry_margin: Duration::from_secs(self.expiry_margin),
            keep_ended: Duration::from_secs(3_600),
        }
    }
}

pub fn run(args: &Args, global: &Global) -> Outcome {
    args.log.init()?;
    daemon::run(async {
        let client = args.node.connect_lazy(global)?;
        daemon::until_ready(&client).await?;
        let chain_id = daemon::until_answered(|| client.chain_id()).await?;
        let key = args
            .keyring
            .unlock(&args.keyring.open(global), &args.from, &chain_id)?;
        let connect = async || RemoteChain::new(client.clone(), key.clone(), remote::INCLUSION).await;
        let chain = Arc::new(daemon::until_answered(connect).await?);
        let threads = args.threads();
        let proofs = (threads > 0).then(Arc::<Proofs>::default);
        let start = async || Provider::start(args.config(global, proofs.clone()), chain.clone()).await;
        let provider = daemon::until_answered(start).await?;
        daemon::tell(format_args!(
            "offer {} is served on http://{}",
            args.offer, provider.http
        ));
        daemon::tell(format_args!(
            "vouchers are taken on http://{} (gRPC)",
            provider.vouchers
        ));
        let computing = async {
            match proofs {
                Some(proofs) => Prover::new(chain, threads, COMPUTE_POLL, proofs).run().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            error = provider.failed() => Err(error.into()),
            never = computing => match never {},
            () = daemon::asked_to_stop() => {
                provider.stop().await;
                Ok(())
            }
        }
    })
}
