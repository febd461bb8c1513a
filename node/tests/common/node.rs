//! A node with one account, whose rules are those of the test's own `state`; it makes blocks by itself.
//! What else it serves is in the test's own `service`. For the tests of the daemons and of the client.

#![allow(
    clippy::result_large_err,
    reason = "tonic::Status is what handlers answer with"
)]

use std::{
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use cosmos_sdk_proto::{
    Any, Timestamp,
    cosmos::{
        auth::v1beta1::{query_server::Query as Auth, query_server::QueryServer, *},
        base::{
            abci::v1beta1::TxResponse,
            node::v1beta1::{
                ConfigRequest, ConfigResponse, StatusRequest, StatusResponse,
                service_server::Service as Head, service_server::ServiceServer as HeadServer,
            },
            tendermint::v1beta1::{service_server::Service as Blocks, service_server::ServiceServer, *},
        },
        tx::v1beta1::{service_server::Service as Txs, service_server::ServiceServer as TxServer, *},
    },
};
use prost::{Message, Name};
use slsbft_client::{SigningKey, TxHash};
use slsbft_types::PublicKey;
use tendermint_proto::v0_38::p2p::DefaultNodeInfo;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Status, transport::Server};

use crate::{service, state::State};

pub const CHAIN_ID: &str = "slsbft-test-1";
pub const ACCOUNT_NUMBER: u64 = 11;

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
#[allow(unused_imports, reason = "for tests with services of their own")]
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
    get_node_info(GetNodeInfoRequest) -> GetNodeInfoResponse = node_info;
    get_syncing(GetSyncingRequest) -> GetSyncingResponse = syncing;
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

fn node_info(_: &mut State, _: GetNodeInfoRequest) -> Result<GetNodeInfoResponse, Status> {
    let info = DefaultNodeInfo {
        network: CHAIN_ID.into(),
        ..Default::default()
    };
    Ok(GetNodeInfoResponse {
        default_node_info: Some(info),
        application_version: None,
    })
}

fn syncing(_: &mut State, _: GetSyncingRequest) -> Result<GetSyncingResponse, Status> {
    Ok(GetSyncingResponse { syncing: false })
}

/// The node's only account.
pub fn account(
    key: &PublicKey,
    sequence: u64,
    request: QueryAccountRequest,
) -> Result<QueryAccountResponse, Status> {
    let address = request.address;
    if address != key.address().to_string() {
        return Err(Status::not_found(format!("account {address} not found")));
    }
    let account = BaseAccount {
        address,
        pub_key: Some(key.to_any()),
        account_number: ACCOUNT_NUMBER,
        sequence,
    };
    let any = Any {
        type_url: BaseAccount::type_url(),
        value: account.encode_to_vec(),
    };
    Ok(QueryAccountResponse { account: Some(any) })
}

/// A latest block of that many seconds after 1970.
pub fn status(height: u64, seconds: i64) -> StatusResponse {
    StatusResponse {
        height,
        timestamp: Some(Timestamp { seconds, nanos: 0 }),
        ..Default::default()
    }
}

/// What a mempool says to a transaction.
pub fn verdict(code: u32, log: &str) -> BroadcastTxResponse {
    let codespace = if code == 0 { "" } else { "sdk" };
    let response = TxResponse {
        code,
        codespace: codespace.into(),
        raw_log: log.into(),
        ..Default::default()
    };
    BroadcastTxResponse {
        tx_response: Some(response),
    }
}

/// A transaction in a block, and what came of it.
pub fn included(hash: TxHash, height: u64, code: u32, data: String) -> GetTxResponse {
    let codespace = if code == 0 { "" } else { "sdk" };
    let response = TxResponse {
        code,
        codespace: codespace.into(),
        raw_log: if code == 0 { "" } else { "failed" }.into(),
        height: height as i64,
        txhash: hash.to_string(),
        data,
        ..Default::default()
    };
    GetTxResponse {
        tx: None,
        tx_response: Some(response),
    }
}

/// The message, if it is of that type.
pub fn read<M: Message + Name + Default>(message: &Any) -> Option<M> {
    (message.type_url == M::type_url()).then(|| M::decode(message.value.as_slice()).unwrap())
}

/// The node; stops when dropped.
pub struct Node {
    state: Arc<Mutex<State>>,
    // Kept while the server is away, so that nobody else gets the port.
    listener: TcpListener,
    blocks: JoinHandle<()>,
    serving: JoinHandle<()>,
}

impl Node {
    /// A chain on which the key has an account, with a block every `block`.
    pub async fn start(key: &SigningKey, block: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let state = Arc::new(Mutex::new(State::new(key.public_key())));
        let maker = state.clone();
        let blocks = tokio::spawn(async move {
            loop {
                tokio::time::sleep(block).await;
                maker.lock().unwrap().make_block();
            }
        });
        let serving = serving(&listener, state.clone());
        Self {
            state,
            listener,
            blocks,
            serving,
        }
    }

    /// Drops every connection and takes no more.
    #[allow(dead_code, reason = "for the client's tests")]
    pub fn close(&self) {
        self.serving.abort();
    }

    /// Serves again.
    #[allow(dead_code, reason = "for the client's tests")]
    pub fn reopen(&mut self) {
        self.serving = serving(&self.listener, self.state.clone());
    }

    pub fn endpoint(&self) -> String {
        let address: SocketAddr = self.listener.local_addr().unwrap();
        address.to_string()
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.blocks.abort();
        self.serving.abort();
    }
}

fn serving(listener: &TcpListener, state: Arc<Mutex<State>>) -> JoinHandle<()> {
    let listener = tokio::net::TcpListener::from_std(listener.try_clone().unwrap()).unwrap();
    let services = Services(state);
    tokio::spawn(async move {
        let common = Server::builder()
            .add_service(QueryServer::new(services.clone()))
            .add_service(ServiceServer::new(services.clone()))
            .add_service(HeadServer::new(services.clone()))
            .add_service(TxServer::new(services.clone()));
        let served = service::add(common, services)
            .serve_with_incoming(TcpListenerStream::new(listener))
            .await;
        served.unwrap();
    })
}
