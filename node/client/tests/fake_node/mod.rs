//! A node that keeps one account's sequence as strictly as the chain does,
//! checks every signature, makes blocks by itself, and fails on demand.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what fails here fails a test; Clippy knows only `#[test]` functions as such"
)]
#![allow(
    clippy::result_large_err,
    reason = "tonic::Status is what handlers answer with"
)]

mod chain;

use std::{
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use cosmos_sdk_proto::cosmos::{
    auth::v1beta1::{query_server::Query as Auth, query_server::QueryServer, *},
    base::{
        node::v1beta1::{
            ConfigRequest, ConfigResponse, StatusRequest, StatusResponse, service_server::Service as Node,
            service_server::ServiceServer as NodeServer,
        },
        tendermint::v1beta1::{service_server::Service as Blocks, service_server::ServiceServer, *},
    },
    tx::v1beta1::{service_server::Service as Txs, service_server::ServiceServer as TxServer, *},
};
use slsbft_client::SigningKey;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status, transport::Server};

pub use chain::{CHAIN_ID, Chain, Faults};

#[derive(Clone)]
struct Services(Arc<Mutex<Chain>>);

fn none<A, B>(_: &mut Chain, _: A) -> Result<B, Status> {
    Err(Status::unimplemented("not part of the fake node"))
}

macro_rules! serve {
    ($service:ident { $($method:ident($request:ty) -> $response:ty = $handler:expr;)* }) => {
        #[tonic::async_trait]
        impl $service for Services {
            $(async fn $method(&self, request: Request<$request>) -> Result<Response<$response>, Status> {
                let handler: fn(&mut Chain, $request) -> Result<$response, Status> = $handler;
                handler(&mut self.0.lock().unwrap(), request.into_inner()).map(Response::new)
            })*
        }
    };
}

serve!(Auth {
    accounts(QueryAccountsRequest) -> QueryAccountsResponse = none;
    account(QueryAccountRequest) -> QueryAccountResponse = Chain::account;
    account_address_by_id(QueryAccountAddressByIdRequest) -> QueryAccountAddressByIdResponse = none;
    params(QueryParamsRequest) -> QueryParamsResponse = none;
    module_accounts(QueryModuleAccountsRequest) -> QueryModuleAccountsResponse = none;
    module_account_by_name(QueryModuleAccountByNameRequest) -> QueryModuleAccountByNameResponse = none;
    bech32_prefix(Bech32PrefixRequest) -> Bech32PrefixResponse = none;
    address_bytes_to_string(AddressBytesToStringRequest) -> AddressBytesToStringResponse = none;
    address_string_to_bytes(AddressStringToBytesRequest) -> AddressStringToBytesResponse = none;
    account_info(QueryAccountInfoRequest) -> QueryAccountInfoResponse = none;
});

serve!(Blocks {
    get_node_info(GetNodeInfoRequest) -> GetNodeInfoResponse = Chain::node_info;
    get_syncing(GetSyncingRequest) -> GetSyncingResponse = none;
    get_latest_block(GetLatestBlockRequest) -> GetLatestBlockResponse = none;
    get_block_by_height(GetBlockByHeightRequest) -> GetBlockByHeightResponse = none;
    get_latest_validator_set(GetLatestValidatorSetRequest) -> GetLatestValidatorSetResponse = none;
    get_validator_set_by_height(GetValidatorSetByHeightRequest) -> GetValidatorSetByHeightResponse = none;
    abci_query(AbciQueryRequest) -> AbciQueryResponse = none;
});

serve!(Node {
    config(ConfigRequest) -> ConfigResponse = none;
    status(StatusRequest) -> StatusResponse = Chain::status;
});

serve!(Txs {
    simulate(SimulateRequest) -> SimulateResponse = Chain::simulate;
    get_tx(GetTxRequest) -> GetTxResponse = Chain::get_tx;
    broadcast_tx(BroadcastTxRequest) -> BroadcastTxResponse = Chain::broadcast;
    get_txs_event(GetTxsEventRequest) -> GetTxsEventResponse = none;
    get_block_with_txs(GetBlockWithTxsRequest) -> GetBlockWithTxsResponse = none;
    tx_decode(TxDecodeRequest) -> TxDecodeResponse = none;
    tx_encode(TxEncodeRequest) -> TxEncodeResponse = none;
    tx_encode_amino(TxEncodeAminoRequest) -> TxEncodeAminoResponse = none;
    tx_decode_amino(TxDecodeAminoRequest) -> TxDecodeAminoResponse = none;
});

/// The node; stops when dropped.
pub struct FakeNode {
    chain: Arc<Mutex<Chain>>,
    // Kept while the server is away, so that nobody else gets the port.
    listener: TcpListener,
    server: Option<JoinHandle<()>>,
    blocks: JoinHandle<()>,
}

impl FakeNode {
    /// A chain on which the key's account exists, with a block every 30 ms.
    pub fn start(key: &SigningKey, faults: Faults) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let chain = Arc::new(Mutex::new(Chain::new(key.public_key(), faults)));
        let maker = chain.clone();
        let blocks = tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_millis(30)).await;
                maker.lock().unwrap().make_block();
            }
        });
        let mut node = Self {
            chain,
            listener,
            server: None,
            blocks,
        };
        node.up();
        node
    }

    /// Serves, with an empty mempool.
    pub fn up(&mut self) {
        self.chain().forget();
        let listener = tokio::net::TcpListener::from_std(self.listener.try_clone().unwrap()).unwrap();
        let services = Services(self.chain.clone());
        self.server = Some(tokio::spawn(async move {
            let served = Server::builder()
                .add_service(QueryServer::new(services.clone()))
                .add_service(ServiceServer::new(services.clone()))
                .add_service(NodeServer::new(services.clone()))
                .add_service(TxServer::new(services))
                .serve_with_incoming(TcpListenerStream::new(listener))
                .await;
            served.unwrap();
        }));
    }

    /// Drops every connection and answers nothing.
    pub fn down(&mut self) {
        self.server.take().unwrap().abort();
    }

    pub fn endpoint(&self) -> String {
        let address: SocketAddr = self.listener.local_addr().unwrap();
        address.to_string()
    }

    pub fn chain(&self) -> MutexGuard<'_, Chain> {
        self.chain.lock().unwrap()
    }
}

impl Drop for FakeNode {
    fn drop(&mut self) {
        self.blocks.abort();
        if let Some(server) = &self.server {
            server.abort();
        }
    }
}
