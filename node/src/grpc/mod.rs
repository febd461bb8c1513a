//! The gRPC server: what wallets, tools and SDKs of Cosmos chains ask of a node,
//! and the chain's own queries, over HTTP/2 and, for browsers, as gRPC-web.
//!
//! Queries go to the state machine as bytes, by their path, so a method that it
//! learns is served here without a change; `tx`, `tendermint` and `node` are what
//! needs consensus or the node itself. Nothing here can hold up consensus: work on
//! the state runs on threads of its own, a bounded number at a time.

#![allow(
    clippy::result_large_err,
    reason = "tonic's Status is the error of every gRPC method"
)]

mod abci;
mod codec;
mod config;
mod limits;
mod node;
mod page;
mod query;
mod reflection;
mod state;
mod status;
mod tendermint;
mod tx;
mod tx_response;

use std::{io, net::SocketAddr, sync::Arc};

use axum::{Router, extract::Request, middleware};
use cosmos_sdk_proto::cosmos::{
    base::{
        node::v1beta1::service_server::ServiceServer as NodeServer,
        tendermint::v1beta1::service_server::ServiceServer as TendermintServer,
    },
    tx::v1beta1::service_server::ServiceServer as TxServer,
};
use http::{HeaderName, HeaderValue, Method, Uri};
use slsbft_app::abci::Query;
use tokio::{net::TcpListener, runtime::Handle};
use tonic_health::{
    ServingStatus,
    pb::health_server::{Health, HealthServer},
    server::HealthReporter,
};
use tonic_reflection::server::v1::ServerReflectionServer;
use tonic_web::GrpcWebLayer;
use tower::util::MapRequest;
use tower_http::cors::{AllowOrigin, Any, CorsLayer};

use crate::{comet_rpc::CometRpc, metrics::Metrics, serving};
use limits::Limits;
use query::QueryService;
use reflection::{Index, Reflection};
use state::Queries;

pub use abci::AbciQueries;
pub use config::GrpcConfig;
pub use reflection::services;
pub use state::{Answer, Latest, State};

/// What the server needs of the node.
pub struct NodeHandles {
    pub state: Arc<dyn State>,
    pub consensus: Arc<CometRpc>,
    pub metrics: Arc<Metrics>,
    pub facts: NodeFacts,
}

/// What the node says about itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NodeFacts {
    /// Heights that can be queried besides the latest.
    pub keep_heights: u64,
    /// 0 is never.
    pub halt_height: u64,
}

/// Why the server could not start.
#[derive(Debug, thiserror::Error)]
pub enum GrpcError {
    #[error(
        "cannot listen for gRPC on {address}: {source}; stop what uses that port, or change grpc.address in app.toml"
    )]
    Bind { address: SocketAddr, source: io::Error },
    #[error("grpc.web_origins in app.toml: '{0}' is no web origin; write https://example.org, or * for any")]
    Origin(String),
    #[error("this binary's descriptors are broken ({0}); build it again")]
    Descriptors(#[from] prost::DecodeError),
}

/// Every service of the node, whether or not somebody listens for requests.
pub struct Services {
    config: GrpcConfig,
    router: Router,
    health: HealthReporter,
}

impl Services {
    pub fn new(config: GrpcConfig, handles: NodeHandles) -> Result<Self, GrpcError> {
        let (health, health_service) = tonic_health::server::health_reporter();
        let router = router(&config, handles, health_service)?;
        Ok(Self {
            config,
            router,
            health,
        })
    }

    /// What CometBFT's query connection asks: `state`, and these services.
    pub fn over_abci<Q: Query>(&self, state: Arc<Q>, runtime: Handle) -> AbciQueries<Q> {
        AbciQueries {
            state,
            services: self.router.clone(),
            runtime,
            max_answer: self.config.max_answer_bytes,
        }
    }

    /// Binds and serves until `shutdown`.
    pub async fn serve(self, shutdown: impl Future<Output = ()> + Send) -> Result<(), GrpcError> {
        self.bind().await?.run(shutdown).await;
        Ok(())
    }

    pub async fn bind(self) -> Result<Server, GrpcError> {
        let Self {
            config,
            router,
            health,
        } = self;
        let bind = |source| GrpcError::Bind {
            address: config.address,
            source,
        };
        let listener = TcpListener::bind(config.address).await.map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;
        let router = if config.web {
            web(router, &config.web_origins)?
        } else {
            router
        };
        Ok(Server {
            listener,
            address,
            config,
            router,
            health,
        })
    }
}

/// A server that has its port and everything it needs.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    config: GrpcConfig,
    router: Router,
    health: HealthReporter,
}

impl Server {
    /// Where it listens; tells the port if the configuration left it open.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub async fn run(self, shutdown: impl Future<Output = ()> + Send) {
        tracing::info!(address = %self.address, web = self.config.web, "gRPC listens");
        for service in services() {
            self.health
                .set_service_status(service, ServingStatus::Serving)
                .await;
        }
        serving::serve(self.listener, self.config.bounds(), self.router, shutdown).await;
    }
}

fn router(
    config: &GrpcConfig,
    handles: NodeHandles,
    health: HealthServer<impl Health>,
) -> Result<Router, GrpcError> {
    let NodeHandles {
        state,
        consensus,
        metrics,
        facts,
    } = handles;
    let index = Arc::new(Index::new()?);
    let queries = Queries::new(state.clone(), config.query_threads());
    let limits = Limits::new(
        config.max_requests,
        config.request_timeout(),
        state.clone(),
        metrics,
        index.methods().clone(),
    );

    let tx = TxServer::new(tx::TxService {
        queries: queries.clone(),
        consensus: consensus.clone(),
    })
    .max_decoding_message_size(config.max_request_bytes)
    .max_encoding_message_size(config.max_answer_bytes);
    let tendermint = tendermint::TendermintService {
        queries: queries.clone(),
        consensus: consensus.clone(),
    };
    let tendermint = TendermintServer::new(tendermint).max_encoding_message_size(config.max_answer_bytes);
    let node = NodeServer::new(node::NodeService {
        queries: queries.clone(),
        state,
        consensus,
        facts,
    });
    let reflection = ServerReflectionServer::new(Reflection {
        index,
        lifetime: config.request_timeout(),
    });
    let query = QueryService::new(queries, config.max_request_bytes, config.max_answer_bytes);

    Ok(Router::new()
        .route_service("/cosmos.tx.v1beta1.Service/{*method}", tx)
        .route_service("/cosmos.base.tendermint.v1beta1.Service/{*method}", tendermint)
        .route_service("/cosmos.base.node.v1beta1.Service/{*method}", node)
        .route_service("/grpc.health.v1.Health/{*method}", health)
        .route_service(
            "/grpc.reflection.v1.ServerReflection/{*method}",
            reflection.clone(),
        )
        .route_service(
            "/grpc.reflection.v1alpha.ServerReflection/{*method}",
            MapRequest::new(reflection, as_v1),
        )
        .fallback(move |request: Request| query.clone().answer(request))
        .layer(middleware::from_fn_with_state(Arc::new(limits), limits::guard)))
}

/// v1alpha of reflection is v1 under another name.
fn as_v1(mut request: Request) -> Request {
    let path = request.uri().path().replacen("v1alpha", "v1", 1);
    if let Ok(uri) = Uri::try_from(path) {
        *request.uri_mut() = uri;
    }
    request
}

/// gRPC-web, and leave for the browser to use it from `origins`.
fn web(router: Router, origins: &[String]) -> Result<Router, GrpcError> {
    let origin = if origins.iter().any(|origin| origin == "*") {
        AllowOrigin::any()
    } else {
        let parsed = origins
            .iter()
            .map(|origin| HeaderValue::from_str(origin).map_err(|_| GrpcError::Origin(origin.clone())));
        AllowOrigin::list(parsed.collect::<Result<Vec<_>, _>>()?)
    };
    const EXPOSED: [HeaderName; 4] = [
        HeaderName::from_static("grpc-status"),
        HeaderName::from_static("grpc-message"),
        HeaderName::from_static("grpc-status-details-bin"),
        HeaderName::from_static(status::HEIGHT),
    ];
    let cors = CorsLayer::new()
        .allow_origin(origin)
        .allow_methods([Method::POST])
        .allow_headers(Any)
        .expose_headers(EXPOSED)
        .max_age(std::time::Duration::from_secs(86_400));
    Ok(router.layer(GrpcWebLayer::new()).layer(cors))
}
