//! A server over a made-up state and a made-up consensus.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{Router, routing::post};
use bytes::{Buf, BufMut, Bytes};
use cosmos_sdk_proto::cosmos::{
    bank::v1beta1::{QueryBalanceRequest, QueryBalanceResponse},
    base::{abci::v1beta1::GasInfo, v1beta1::Coin},
    tx::v1beta1::{SimulateRequest, SimulateResponse},
};
use prost::Message;
use serde_json::{Value, json};
use slsbft_app::{
    abci::{Fault, Query},
    query::QueryError,
};
use slsbft_node::{
    comet_rpc::CometRpc,
    grpc::{Answer, GrpcConfig, Latest, NodeFacts, NodeHandles, Services, State},
    metrics::Metrics,
};
use slsbft_proto::fees::v1::{Params, QueryParamsResponse};
use slsbft_store::{BlockMeta, StoreError};
use slsbft_wasm::Interrupt;
use tendermint_proto::v0_38::abci::{RequestInfo, RequestQuery, ResponseInfo, ResponseQuery};
use tokio::{net::TcpListener, sync::oneshot};
use tonic::{
    Status,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    transport::Channel,
};

pub const OLDEST: u64 = 5;
pub const LATEST: u64 = 12;
pub const BALANCE: &str = "/cosmos.bank.v1beta1.Query/Balance";
/// Answers only when the gate is open.
pub const SLOW: &str = "/cosmos.bank.v1beta1.Query/TotalSupply";
/// As a contract that is asked: answers when the gate is open or it is interrupted.
pub const CONTRACT: &str = "/cosmwasm.wasm.v1.Query/SmartContractState";
pub const PANICS: &str = "/cosmos.bank.v1beta1.Query/Params";
pub const HEIGHT: &str = "x-cosmos-block-height";

/// Slow queries wait here.
#[derive(Default)]
pub struct Gate {
    open: Mutex<bool>,
    changed: Condvar,
    waiting: AtomicUsize,
}

impl Gate {
    pub fn open(&self) {
        *self.open.lock().unwrap() = true;
        self.changed.notify_all();
    }

    /// Queries that wait.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::SeqCst)
    }

    /// Waits until the gate is open or the interrupt is raised.
    fn pass_or_end(&self, interrupt: &Interrupt) {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        while !interrupt.is_raised() && !*self.open.lock().unwrap() {
            std::thread::sleep(Duration::from_millis(1));
        }
        self.waiting.fetch_sub(1, Ordering::SeqCst);
    }

    fn pass(&self) {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let open = self.open.lock().unwrap();
        drop(self.changed.wait_while(open, |open| !*open).unwrap());
        self.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

#[derive(Default)]
pub struct MadeUpState {
    gate: Arc<Gate>,
}

impl Query for MadeUpState {
    fn info(&self, _: RequestInfo) -> Result<ResponseInfo, Fault> {
        Ok(ResponseInfo {
            last_block_height: LATEST as i64,
            ..Default::default()
        })
    }

    fn query(&self, request: RequestQuery) -> Result<ResponseQuery, Fault> {
        self.abci_query(request, &Interrupt::default())
    }
}

impl State for MadeUpState {
    fn latest(&self) -> Latest {
        let block = BlockMeta {
            height: LATEST,
            time: (1_800_000_000, 7),
            ..Default::default()
        };
        Latest {
            block,
            app_hash: [7; 32],
        }
    }

    fn query(
        &self,
        path: &str,
        request: &[u8],
        height: Option<u64>,
        interrupt: &Interrupt,
    ) -> Result<Answer, QueryError> {
        let height = height.unwrap_or(LATEST);
        if !(OLDEST..=LATEST).contains(&height) {
            return Err(StoreError::NotKept {
                height,
                oldest: OLDEST,
                newest: LATEST,
            }
            .into());
        }
        let response = match path {
            BALANCE => {
                let request = QueryBalanceRequest::decode(request)?;
                let balance = Coin {
                    denom: request.denom,
                    amount: (height * 10).to_string(),
                };
                QueryBalanceResponse {
                    balance: Some(balance),
                }
                .encode_to_vec()
            }
            SLOW => {
                self.gate.pass();
                Vec::new()
            }
            CONTRACT => {
                self.gate.pass_or_end(interrupt);
                Vec::new()
            }
            PANICS => panic!("a query that panics on purpose"),
            "/cosmos.auth.v1beta1.Query/Account" => {
                return Err(QueryError::not_found("account ankr1x not found"));
            }
            "/slsbft.fees.v1.Query/Params" => {
                let params = Params {
                    min_gas_price: 25,
                    ..Default::default()
                };
                QueryParamsResponse { params: Some(params) }.encode_to_vec()
            }
            "/cosmos.tx.v1beta1.Service/Simulate" => {
                let gas_used = SimulateRequest::decode(request)?.tx_bytes.len() as u64;
                let gas_info = Some(GasInfo {
                    gas_wanted: 0,
                    gas_used,
                });
                SimulateResponse {
                    gas_info,
                    result: None,
                }
                .encode_to_vec()
            }
            other => return Err(QueryError::unimplemented(other)),
        };
        Ok(Answer { height, response })
    }

    fn abci_query(&self, request: RequestQuery, _: &Interrupt) -> Result<ResponseQuery, Fault> {
        let value = request.path.into_bytes().into();
        Ok(ResponseQuery {
            key: request.data,
            value,
            height: LATEST as i64,
            ..Default::default()
        })
    }
}

/// A running server; it stops when this is dropped.
pub struct Node {
    pub address: SocketAddr,
    pub gate: Arc<Gate>,
    pub metrics: Arc<Metrics>,
    _stop: oneshot::Sender<()>,
}

impl Drop for Node {
    fn drop(&mut self) {
        // A query that still waits would keep the runtime from ending.
        self.gate.open();
    }
}

impl Node {
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut GrpcConfig)) -> Self {
        // Nobody listens on a port that was just given back.
        let free = TcpListener::bind("127.0.0.1:0")
            .await
            .unwrap()
            .local_addr()
            .unwrap();
        Self::over(&format!("tcp://{free}"), change).await
    }

    pub async fn over(consensus: &str, change: impl FnOnce(&mut GrpcConfig)) -> Self {
        let mut config = GrpcConfig {
            address: ([127, 0, 0, 1], 0).into(),
            ..Default::default()
        };
        change(&mut config);
        let state = MadeUpState::default();
        let gate = state.gate.clone();
        let metrics = Arc::new(Metrics::new());
        let services = Services::new(config, handles(consensus, state, metrics.clone())).unwrap();
        let server = services.bind().await.unwrap();
        let address = server.address();
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(server.run(async {
            let _ = stopped.await;
        }));
        Self {
            address,
            gate,
            metrics,
            _stop: stop,
        }
    }

    pub async fn channel(&self) -> Channel {
        let endpoint = Channel::from_shared(format!("http://{}", self.address)).unwrap();
        endpoint.connect().await.unwrap()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

fn handles(consensus: &str, state: MadeUpState, metrics: Arc<Metrics>) -> NodeHandles {
    NodeHandles {
        state: Arc::new(state),
        consensus: Arc::new(CometRpc::new(consensus).unwrap()),
        metrics,
        facts: NodeFacts {
            keep_heights: 100,
            halt_height: 0,
        },
    }
}

/// The services alone, without a server.
pub fn services(consensus: &str, config: GrpcConfig) -> Services {
    let handles = handles(consensus, MadeUpState::default(), Arc::new(Metrics::new()));
    Services::new(config, handles).unwrap()
}

/// Calls a method by path, bytes in and bytes out.
pub async fn call(
    channel: &Channel,
    path: &str,
    request: impl Into<Bytes>,
) -> Result<tonic::Response<Bytes>, Status> {
    call_with(channel, path, tonic::Request::new(request.into())).await
}

pub async fn call_with(
    channel: &Channel,
    path: &str,
    request: tonic::Request<Bytes>,
) -> Result<tonic::Response<Bytes>, Status> {
    let mut client = tonic::client::Grpc::new(channel.clone());
    client
        .ready()
        .await
        .map_err(|error| Status::unavailable(error.to_string()))?;
    client.unary(request, path.parse().unwrap(), BytesCodec).await
}

/// Polls until `done` is true.
pub async fn eventually<F: Future<Output = bool>>(what: &str, mut done: impl FnMut() -> F) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !done().await {
        assert!(Instant::now() < deadline, "{what} did not happen in time");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[derive(Clone, Copy)]
pub struct BytesCodec;

impl Codec for BytesCodec {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;
    fn encoder(&mut self) -> Self {
        *self
    }
    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for BytesCodec {
    type Item = Bytes;
    type Error = Status;
    fn encode(&mut self, item: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(item);
        Ok(())
    }
}

impl Decoder for BytesCodec {
    type Item = Bytes;
    type Error = Status;
    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}

/// A consensus that answers each RPC method with what `answer` makes of its
/// parameters: a result, or CometBFT's words of refusal.
pub async fn consensus(answer: fn(&str, &Value) -> Result<Value, String>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let rpc = move |request: Bytes| async move {
        let request: Value = serde_json::from_slice(&request).unwrap();
        let method = request["method"].as_str().unwrap();
        let answer = match answer(method, &request["params"]) {
            Ok(result) => json!({ "jsonrpc": "2.0", "id": 1, "result": result }),
            Err(data) => {
                let error = json!({ "code": -32603, "message": "Internal error", "data": data });
                json!({ "jsonrpc": "2.0", "id": 1, "error": error })
            }
        };
        answer.to_string()
    };
    let router = Router::new().route("/", post(rpc));
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("tcp://{address}")
}
