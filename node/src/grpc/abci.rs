//! The node's own services over ABCI queries, whose path is the method's.
//!
//! The state answers its methods itself. Those that need consensus take the way
//! of a gRPC request, through the same services and bounds; consensus' RPC is
//! asked for them, which is not there while it replays, and refuses at once.
//! CometBFT has one connection for all queries and waits for each answer in
//! turn, so what may take long is not answered here.

use std::{sync::Arc, time::Duration};

use axum::{Router, body::Body};
use bytes::{BufMut, Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Request, header};
use http_body_util::{BodyExt, Limited};
use slsbft_app::abci::{Fault, Query};
use tendermint_proto::v0_38::abci::{RequestInfo, RequestQuery, ResponseInfo, ResponseQuery};
use tokio::runtime::Handle;
use tonic::{Code, Status};
use tower::ServiceExt;

use super::status::HEIGHT;

/// Every other query waits for this one.
const PATIENCE: Duration = Duration::from_secs(2);
/// The length and compression of a message on gRPC's wire.
const FRAME_HEAD: usize = 5;

const SERVICES: [&str; 3] = [
    "/cosmos.base.node.v1beta1.Service/",
    "/cosmos.base.tendermint.v1beta1.Service/",
    "/cosmos.tx.v1beta1.Service/",
];
/// The state's own method of these services.
const SIMULATE: &str = "/cosmos.tx.v1beta1.Service/Simulate";
/// What changes something, or may take long, and where it is answered.
const ELSEWHERE: [(&str, &str); 2] = [
    ("/cosmos.tx.v1beta1.Service/BroadcastTx", "broadcast_tx_sync"),
    ("/cosmos.tx.v1beta1.Service/GetTxsEvent", "tx_search"),
];

/// A state's queries, and the node's services beside them.
pub struct AbciQueries<Q> {
    pub(super) state: Arc<Q>,
    pub(super) services: Router,
    pub(super) runtime: Handle,
    pub(super) max_answer: usize,
}

impl<Q: Query> Query for AbciQueries<Q> {
    fn info(&self, request: RequestInfo) -> Result<ResponseInfo, Fault> {
        self.state.info(request)
    }

    fn query(&self, request: RequestQuery) -> Result<ResponseQuery, Fault> {
        let path = request.path.as_str();
        if path == SIMULATE || !SERVICES.iter().any(|service| path.starts_with(service)) {
            return self.state.query(request);
        }
        let latest = self.state.info(RequestInfo::default())?.last_block_height;
        let answer = match ELSEWHERE.iter().find(|(method, _)| *method == path) {
            Some((_, rpc)) => Err(Status::unimplemented(format!(
                "not answered over ABCI; use gRPC, or {rpc} of CometBFT's RPC"
            ))),
            None => self
                .runtime
                .block_on(call(self.services.clone(), &request, self.max_answer)),
        };
        Ok(answer.unwrap_or_else(|status| failed(&status, latest)))
    }
}

/// Asks a service as a gRPC client would.
async fn call(services: Router, query: &RequestQuery, max_answer: usize) -> Result<ResponseQuery, Status> {
    let request = request(query)?;
    // The bounds on requests answer before this; it bounds what they do not see.
    let answer = tokio::time::timeout(2 * PATIENCE, async {
        let response = match services.oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let (head, body) = response.into_parts();
        let body = Limited::new(body, max_answer.saturating_add(FRAME_HEAD)).collect();
        let body = body.await.map_err(|error| Status::internal(error.to_string()))?;
        let trailers = body.trailers().cloned().unwrap_or_default();
        Ok::<_, Status>((head.headers, trailers, body.to_bytes()))
    });
    let (headers, trailers, body) = answer
        .await
        .map_err(|_| Status::deadline_exceeded("consensus did not answer in time; try again"))??;
    for headers in [&headers, &trailers] {
        if let Some(status) = Status::from_header_map(headers).filter(|status| status.code() != Code::Ok) {
            return Err(status);
        }
    }
    Ok(ResponseQuery {
        value: message(body)?,
        height: height(&headers),
        ..Default::default()
    })
}

fn request(query: &RequestQuery) -> Result<Request<Body>, Status> {
    let mut body = BytesMut::with_capacity(FRAME_HEAD + query.data.len());
    body.put_u8(0);
    body.put_u32(
        u32::try_from(query.data.len()).map_err(|_| Status::out_of_range("the request is too long"))?,
    );
    body.put_slice(&query.data);
    Request::post(query.path.as_str())
        .header(header::CONTENT_TYPE, "application/grpc")
        .header("te", "trailers")
        .header("grpc-timeout", format!("{}m", PATIENCE.as_millis()))
        .header(HEIGHT, HeaderValue::from(query.height))
        .body(Body::from(body.freeze()))
        .map_err(|_| Status::invalid_argument("the path is no method's"))
}

/// The one message of an answer's body.
fn message(body: Bytes) -> Result<Bytes, Status> {
    match body.split_at_checked(FRAME_HEAD) {
        Some(([0, ..], _)) => Ok(body.slice(FRAME_HEAD..)),
        _ => Err(Status::internal("the service gave no answer")),
    }
}

fn height(headers: &HeaderMap) -> i64 {
    let height = headers.get(HEIGHT).and_then(|height| height.to_str().ok());
    height.and_then(|height| height.parse().ok()).unwrap_or(0)
}

/// As the state's own failures read, which is as Cosmos SDK writes them.
fn failed(status: &Status, height: i64) -> ResponseQuery {
    let (code, words) = match status.code() {
        Code::NotFound => (22, "key not found"),
        Code::InvalidArgument => (18, "invalid request"),
        Code::OutOfRange => (26, "invalid height"),
        Code::Unimplemented | Code::Unknown => (6, "unknown request"),
        _ => (35, "internal logic error"),
    };
    ResponseQuery {
        code,
        codespace: "sdk".into(),
        log: format!(
            "rpc error: code = {:?} desc = {}: {words}",
            status.code(),
            status.message()
        ),
        height,
        ..Default::default()
    }
}
