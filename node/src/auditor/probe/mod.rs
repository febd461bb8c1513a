//! One look at one provider, over connections of its own to the address that it registered, as
//! any client would. Whatever a target does, a probe ends within its bounds and holds little.
//!
//! - `endpoint`: what was registered, taken apart
//! - `resolve`, `address`: to addresses that may be connected to, and none else
//! - `connect`: connections, timed; TLS
//! - `http`, `grpc`: a question and the head of its answer
//! - `fetch`: a whole document, within bounds
//! - `throughput`: how much a target moves
//! - `compute`: what it shows of its computing

mod address;
pub mod compute;
mod connect;
mod endpoint;
mod fetch;
mod grpc;
mod http;
mod resolve;
pub mod throughput;

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use ::http::StatusCode;
use tokio::{sync::Semaphore, time::Duration};

use self::{
    compute::Challenge,
    connect::{Connection, Inside, Tls},
};
pub use self::{
    connect::Trust,
    endpoint::{Endpoint, EndpointError, Protocol},
    resolve::{Resolve, System},
};

/// Until a name has an address.
const RESOLVE: Duration = Duration::from_secs(5);
/// Until a connection is open, with TLS if it is to have that.
const CONNECT: Duration = Duration::from_secs(5);
/// Samples of throughput at a time, so that they share this machine's line with few.
const SAMPLES: usize = 32;

/// Why a target did not answer, or could not be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    #[error("its endpoint cannot be used: {0}")]
    Endpoint(#[from] EndpointError),
    #[error("its name cannot be resolved: {0}")]
    Resolve(String),
    #[error("it resolves to {0}, which is not on the public internet")]
    Private(IpAddr),
    #[error("it takes no connection: {0}")]
    Connect(String),
    #[error("TLS failed: {0}")]
    Tls(String),
    #[error("no {0} in time")]
    Timeout(&'static str),
    #[error("its answer cannot be read: {0}")]
    Answer(String),
    #[error("it answered with status {0}")]
    Status(u16),
    #[error("it says that it is not serving: {0}")]
    NotServing(String),
    /// This machine's fault, which says nothing of the target.
    #[error("this machine could not ask: {0}")]
    Own(String),
}

impl Failure {
    /// For metrics.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Endpoint(_) => "endpoint",
            Self::Resolve(_) => "resolve",
            Self::Private(_) => "private",
            Self::Connect(_) => "connect",
            Self::Tls(_) => "tls",
            Self::Timeout(_) => "timeout",
            Self::Answer(_) => "answer",
            Self::Status(_) => "status",
            Self::NotServing(_) => "not_serving",
            Self::Own(_) => "own",
        }
    }
}

/// What is asked of a prober.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    pub endpoint: String,
    /// How long an answer may take, without the way.
    pub patience: Duration,
    /// To measure throughput, of a target that promises so much, in kilobits per second.
    pub promised_kbps: Option<u64>,
}

/// What one probe found of a target that answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Without the way.
    pub latency: Duration,
    /// If it was measured.
    pub throughput_kbps: Option<u32>,
}

/// Makes probes.
pub struct Prober {
    resolver: Box<dyn Resolve>,
    tls: Tls,
    allow_private: bool,
    places: Semaphore,
}

impl Prober {
    /// Private addresses are for networks that live on one machine.
    pub fn new(
        trust: &Trust,
        allow_private: bool,
        resolver: Box<dyn Resolve>,
    ) -> Result<Self, tokio_rustls::rustls::Error> {
        Ok(Self {
            resolver,
            tls: Tls::new(trust)?,
            allow_private,
            places: Semaphore::new(SAMPLES),
        })
    }

    /// Asks a target once.
    pub async fn probe(self: Arc<Self>, question: Question) -> Result<Sample, Failure> {
        let endpoint: Endpoint = question.endpoint.parse()?;
        let addresses = self.addresses(&endpoint).await?;
        let latency = self.latency(&endpoint, &addresses, question.patience).await?;
        let throughput_kbps = match question.promised_kbps {
            Some(promised) => {
                self.throughput(&endpoint, &addresses, promised, question.patience)
                    .await
            }
            None => None,
        };
        Ok(Sample {
            latency,
            throughput_kbps,
        })
    }

    async fn addresses(&self, endpoint: &Endpoint) -> Result<Vec<SocketAddr>, Failure> {
        let (host, port) = (endpoint.host.as_str(), endpoint.port);
        resolve::addresses(&*self.resolver, host, port, self.allow_private, RESOLVE).await
    }

    async fn latency(
        &self,
        endpoint: &Endpoint,
        addresses: &[SocketAddr],
        patience: Duration,
    ) -> Result<Duration, Failure> {
        let connection = self.connect(endpoint, addresses).await?;
        match endpoint.protocol {
            Protocol::Tcp => Ok(connection.handshake),
            Protocol::Grpc => grpc::check(connection, endpoint, patience).await,
            Protocol::Http => {
                let request = http::get(endpoint, &endpoint.path)?;
                let answer = http::ask(connection, endpoint.protocol, request, patience).await?;
                // Redirects are answers. They are never followed: where to is not what was registered.
                match answer.response.status() {
                    status if status.is_server_error() => Err(Failure::Status(status.as_u16())),
                    _ => Ok(answer.latency),
                }
            }
        }
    }

    /// Kilobits per second; 0 if the target serves no sample, `None` if this machine could not ask.
    async fn throughput(
        &self,
        endpoint: &Endpoint,
        addresses: &[SocketAddr],
        promised: u64,
        patience: Duration,
    ) -> Option<u32> {
        let _place = self.places.acquire().await.ok()?;
        let asked = throughput::sample(promised);
        let sampled = async {
            if endpoint.protocol == Protocol::Tcp {
                return Ok(0);
            }
            let request = http::get(endpoint, &format!("{}?bytes={asked}", throughput::PATH))?;
            let connection = self.connect(endpoint, addresses).await?;
            let answer = http::ask(connection, endpoint.protocol, request, patience).await?;
            match answer.response.status() {
                StatusCode::OK => Ok(throughput::measure(answer, asked).await),
                other => Err(Failure::Status(other.as_u16())),
            }
        };
        match sampled.await {
            Ok(kbps) => Some(kbps),
            Err(Failure::Own(_)) => None,
            Err(failure) => {
                tracing::debug!(endpoint = endpoint.authority, %failure, "no sample of throughput");
                Some(0)
            }
        }
    }

    /// The digests that a target shows of what it committed to, by segment.
    pub async fn prove(
        &self,
        endpoint: &str,
        challenge: &Challenge,
        patience: Duration,
    ) -> Result<BTreeMap<u32, [u8; 32]>, Failure> {
        let endpoint: Endpoint = endpoint.parse()?;
        if endpoint.protocol == Protocol::Tcp {
            return Ok(BTreeMap::new());
        }
        let addresses = self.addresses(&endpoint).await?;
        let request = http::get(&endpoint, &challenge.path())?;
        let connection = self.connect(&endpoint, &addresses).await?;
        let answer = http::ask(connection, endpoint.protocol, request, patience).await?;
        match answer.response.status() {
            StatusCode::OK => Ok(challenge.read(answer).await),
            other => Err(Failure::Status(other.as_u16())),
        }
    }

    async fn connect(&self, endpoint: &Endpoint, addresses: &[SocketAddr]) -> Result<Connection, Failure> {
        let inside = match endpoint.protocol {
            Protocol::Tcp => Inside::Anything,
            Protocol::Http => Inside::Http1,
            Protocol::Grpc => Inside::Http2,
        };
        let tls = endpoint.tls.then_some((&self.tls, inside));
        connect::connect(addresses, &endpoint.host, tls, CONNECT).await
    }
}
