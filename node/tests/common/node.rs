//! A node with one account, whose rules are those of the test's own `state`; it makes blocks by itself.
//! What else it serves is in the test's own `service`.

#![allow(
    clippy::result_large_err,
    reason = "tonic::Status is what handlers answer with"
)]

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use cosmos_sdk_proto::cosmos::{
    auth::v1beta1::{query_server::Query as Auth, query_server::QueryServer, *},
    base::{
        node::v1beta1::{
            ConfigRequest, ConfigResponse, StatusRequest, StatusResponse, service_server::Service as Head,
            service_server::ServiceServer as HeadServer,
        },
        tendermint::v1beta1::{service_server::Service as Blocks, service_server::ServiceServer, *},
    },
    tx::v1beta1::{service_server::Service as Txs, service_server::ServiceServer as TxServer, *},
};
use slsbft_client::SigningKey;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Status, transport::Server};

use crate::{service, state::State};

/// All services of the node.
#[derive(Clone)]
pub struct Services(pub Arc<Mutex<State>>);

/// The handler of what no test asks for.
pub fn none<A, B>(_: &mut State, _: A) -> Result<B, Status> {
    Err(Status::unimplemented("not part of the fake node"))
}

/// Writes a service: for each method, the handler on the state.
macro_rules! serve {
    ($service:ident { $($method:ident($request:ty) -> $response:ty = $handler:expr;)* }) => {
        #[tonic::async_trait]
        impl $service for $crate::node::Services {
            $(async fn $method(
                &self,
                request: tonic::Request<$request>,
            ) -> Result<tonic::Response<$response>, tonic::Status> {
                let handler: fn(&mut $crate::state::State, $request) -> Result<$response, tonic::Status> = $handler;
                let mut state = self.0.lock().unwrap();
                if state.away {
                    return Err(tonic::Status::unavailable("the fake node is away"));
                }
                handler(&mut state, request.into_inner()).map(tonic::Response::new)
            })*
        }
    };
}
pub(crate) use serve;

serve!(Auth {
    accounts(QueryAccountsRequest) -> QueryAccountsResponse = none;
    account(QueryAccountRequest) -> QueryAccountResponse = State::account;
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
    get_node_info(GetNodeInfoRequest) -> GetNodeInfoResponse = State::node_info;
    get_syncing(GetSyncingRequest) -> GetSyncingResponse = State::syncing;
    get_latest_block(GetLatestBlockRequest) -> GetLatestBlockResponse = none;
    get_block_by_height(GetBlockByHeightRequest) -> GetBlockByHeightResponse = none;
    get_latest_validator_set(GetLatestValidatorSetRequest) -> GetLatestValidatorSetResponse = none;
    get_validator_set_by_height(GetValidatorSetByHeightRequest) -> GetValidatorSetByHeightResponse = none;
    abci_query(AbciQueryRequest) -> AbciQueryResponse = none;
});

serve!(Head {
    config(ConfigRequest) -> ConfigResponse = none;
    status(StatusRequest) -> StatusResponse = State::status;
});

serve!(Txs {
    simulate(SimulateRequest) -> SimulateResponse = State::simulate;
    get_tx(GetTxRequest) -> GetTxResponse = State::get_tx;
    broadcast_tx(BroadcastTxRequest) -> BroadcastTxResponse = State::broadcast;
    get_txs_event(GetTxsEventRequest) -> GetTxsEventResponse = none;
    get_block_with_txs(GetBlockWithTxsRequest) -> GetBlockWithTxsResponse = none;
    tx_decode(TxDecodeRequest) -> TxDecodeResponse = none;
    tx_encode(TxEncodeRequest) -> TxEncodeResponse = none;
    tx_encode_amino(TxEncodeAminoRequest) -> TxEncodeAminoResponse = none;
    tx_decode_amino(TxDecodeAminoRequest) -> TxDecodeAminoResponse = none;
});

/// The node; stops when dropped.
pub struct Node {
    state: Arc<Mutex<State>>,
    address: SocketAddr,
    tasks: [JoinHandle<()>; 2],
}

impl Node {
    /// A chain on which the key has an account, with a block every `block`.
    pub async fn start(key: &SigningKey, block: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State::new(key.public_key())));
        let maker = state.clone();
        let blocks = tokio::spawn(async move {
            loop {
                tokio::time::sleep(block).await;
                maker.lock().unwrap().make_block();
            }
        });
        let services = Services(state.clone());
        let serving = tokio::spawn(async move {
            let common = Server::builder()
                .add_service(QueryServer::new(services.clone()))
                .add_service(ServiceServer::new(services.clone()))
                .add_service(HeadServer::new(services.clone()))
                .add_service(TxServer::new(services.clone()));
            let served = service::add(common, services)
                .serve_with_incoming(TcpListenerStream::new(listener))
                .await;
            served.unwrap();
        });
        Self {
            state,
            address,
            tasks: [blocks, serving],
        }
    }

    pub fn endpoint(&self) -> String {
        self.address.to_string()
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}
