//! `cosmos.tx.v1beta1.Service`: what becomes of transactions. Simulation is the
//! state machine's, everything else is consensus' mempool, index and blocks.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use cosmos_sdk_proto::cosmos::{
    base::{abci::v1beta1::TxResponse, query::v1beta1::PageResponse},
    tx::v1beta1::{
        BroadcastMode, BroadcastTxRequest, BroadcastTxResponse, GetBlockWithTxsRequest,
        GetBlockWithTxsResponse, GetTxRequest, GetTxResponse, GetTxsEventRequest, GetTxsEventResponse,
        OrderBy, SimulateRequest, SimulateResponse, Tx, TxDecodeAminoRequest, TxDecodeAminoResponse,
        TxDecodeRequest, TxDecodeResponse, TxEncodeAminoRequest, TxEncodeAminoResponse, TxEncodeRequest,
        TxEncodeResponse, service_server::Service,
    },
};
use futures::future::try_join_all;
use prost::Message;
use tonic::{Code, Request, Response, Status, async_trait};

use super::{
    page::Page,
    state::Queries,
    status::{from_query, from_rpc, positive_height, set_height, wanted_height},
    tx_response::{broadcast_response, refusal_response, tx_response},
};
use crate::comet_rpc::{Broadcast, CometRpc, MAX_PER_PAGE, SearchOrder, TxAnswer};

const SIMULATE: &str = "/cosmos.tx.v1beta1.Service/Simulate";
/// Bytes of a search; consensus looks each of its conditions up.
const MAX_SEARCH: usize = 2_048;
/// As in Cosmos SDK.
const DEFAULT_LIMIT: u64 = 100;

pub(super) struct TxService {
    pub(super) queries: Queries,
    pub(super) consensus: Arc<CometRpc>,
}

#[async_trait]
impl Service for TxService {
    async fn simulate(
        &self,
        request: Request<SimulateRequest>,
    ) -> Result<Response<SimulateResponse>, Status> {
        let height = wanted_height(request.metadata().as_ref())?;
        let request = request.into_inner().encode_to_vec();
        let answer = self
            .queries
            .run(move |state, interrupt| state.query(SIMULATE, &request, height, interrupt))
            .await?;
        let answer = answer.map_err(from_query)?;
        let simulated = SimulateResponse::decode(answer.response.as_slice())
            .map_err(|error| Status::internal(format!("the simulation's answer cannot be read: {error}")))?;
        let mut response = Response::new(simulated);
        set_height(response.metadata_mut().as_mut(), answer.height);
        Ok(response)
    }

    async fn broadcast_tx(
        &self,
        request: Request<BroadcastTxRequest>,
    ) -> Result<Response<BroadcastTxResponse>, Status> {
        let BroadcastTxRequest { tx_bytes, mode } = request.into_inner();
        let how = match BroadcastMode::try_from(mode) {
            Ok(BroadcastMode::Sync) => Broadcast::Sync,
            Ok(BroadcastMode::Async) => Broadcast::Async,
            _ => {
                let message =
                    "choose BROADCAST_MODE_SYNC or BROADCAST_MODE_ASYNC, then ask GetTx for the result";
                return Err(Status::invalid_argument(message));
            }
        };
        if tx_bytes.is_empty() {
            return Err(Status::invalid_argument("tx_bytes is empty"));
        }
        let response = match self.consensus.broadcast(&tx_bytes, how).await {
            Ok(answer) => broadcast_response(answer),
            Err(error) => refusal_response(&tx_bytes, &error).ok_or_else(|| from_rpc(error))?,
        };
        Ok(Response::new(BroadcastTxResponse {
            tx_response: Some(response),
        }))
    }

    async fn get_tx(&self, request: Request<GetTxRequest>) -> Result<Response<GetTxResponse>, Status> {
        let hash = tx_hash(&request.into_inner().hash)?;
        let answer = self.consensus.tx(&hash).await.map_err(|error| {
            let status = from_rpc(error);
            match status.code() {
                // Clients match on Cosmos SDK's words, which are not consensus'.
                Code::NotFound => Status::not_found(format!("tx not found: {}", hex::encode_upper(hash))),
                _ => status,
            }
        })?;
        let tx = decode_tx(&answer.tx);
        let tx_response = self.with_times(vec![answer]).await?.pop();
        Ok(Response::new(GetTxResponse { tx, tx_response }))
    }

    async fn get_txs_event(
        &self,
        request: Request<GetTxsEventRequest>,
    ) -> Result<Response<GetTxsEventResponse>, Status> {
        let request = request.into_inner();
        let query = search_query(&request)?;
        let (page, limit) = search_page(&request)?;
        let order = match OrderBy::try_from(request.order_by) {
            Ok(OrderBy::Desc) => SearchOrder::Descending,
            Ok(OrderBy::Asc | OrderBy::Unspecified) => SearchOrder::Ascending,
            Err(_) => {
                return Err(Status::invalid_argument(
                    "order_by is ORDER_BY_ASC or ORDER_BY_DESC",
                ));
            }
        };
        let found = self
            .consensus
            .tx_search(&query, page, limit, order)
            .await
            .map_err(from_rpc)?;
        let txs = found
            .txs
            .iter()
            .map(|answer| decode_tx(&answer.tx).unwrap_or_default())
            .collect();
        let tx_responses = self.with_times(found.txs).await?;
        let total = found.total_count;
        Ok(Response::new(GetTxsEventResponse {
            txs,
            tx_responses,
            total,
            ..Default::default()
        }))
    }

    async fn get_block_with_txs(
        &self,
        request: Request<GetBlockWithTxsRequest>,
    ) -> Result<Response<GetBlockWithTxsResponse>, Status> {
        let GetBlockWithTxsRequest { height, pagination } = request.into_inner();
        let height = positive_height(height)?;
        let answer = self.consensus.block(Some(height)).await.map_err(from_rpc)?;
        let all = answer.block.data.as_ref().map_or(&[][..], |data| &data.txs);
        let page = Page::of(pagination, DEFAULT_LIMIT, all.len())?;
        // One that cannot be decoded (it failed in the block) keeps its place.
        let txs = page
            .select(all)
            .map(|tx| decode_tx(tx).unwrap_or_default())
            .collect();
        let pagination = Some(PageResponse {
            next_key: Vec::new(),
            total: all.len() as u64,
        });
        let (block_id, block) = (Some(answer.block_id), Some(answer.block));
        Ok(Response::new(GetBlockWithTxsResponse {
            txs,
            block_id,
            block,
            pagination,
        }))
    }

    async fn tx_decode(
        &self,
        request: Request<TxDecodeRequest>,
    ) -> Result<Response<TxDecodeResponse>, Status> {
        let bytes = request.into_inner().tx_bytes;
        if bytes.is_empty() {
            return Err(Status::invalid_argument("tx_bytes is empty"));
        }
        let tx = Tx::decode(bytes.as_slice())
            .map_err(|error| Status::invalid_argument(format!("tx_bytes is no transaction: {error}")))?;
        Ok(Response::new(TxDecodeResponse { tx: Some(tx) }))
    }

    async fn tx_encode(
        &self,
        request: Request<TxEncodeRequest>,
    ) -> Result<Response<TxEncodeResponse>, Status> {
        let tx = request
            .into_inner()
            .tx
            .ok_or_else(|| Status::invalid_argument("tx is missing"))?;
        Ok(Response::new(TxEncodeResponse {
            tx_bytes: tx.encode_to_vec(),
        }))
    }

    async fn tx_encode_amino(
        &self,
        _: Request<TxEncodeAminoRequest>,
    ) -> Result<Response<TxEncodeAminoResponse>, Status> {
        Err(no_amino())
    }

    async fn tx_decode_amino(
        &self,
        _: Request<TxDecodeAminoRequest>,
    ) -> Result<Response<TxDecodeAminoResponse>, Status> {
        Err(no_amino())
    }
}

impl TxService {
    /// Adds the times of the blocks, each asked for once.
    async fn with_times(&self, answers: Vec<TxAnswer>) -> Result<Vec<TxResponse>, Status> {
        let heights: BTreeSet<u64> = answers
            .iter()
            .filter_map(|answer| u64::try_from(answer.height).ok())
            .collect();
        let times = heights.into_iter().map(|height| async move {
            let header = self.consensus.header(height).await?.header;
            Ok((header.height, header.time))
        });
        let times: BTreeMap<_, _> = try_join_all(times).await.map_err(from_rpc)?.into_iter().collect();
        let response = |answer: TxAnswer| {
            let time = times.get(&answer.height).copied().flatten();
            tx_response(answer, time)
        };
        Ok(answers.into_iter().map(response).collect())
    }
}

/// `Tx` and `TxRaw` are the same on the wire.
fn decode_tx(bytes: &[u8]) -> Option<Tx> {
    Tx::decode(bytes).ok()
}

fn tx_hash(text: &str) -> Result<[u8; 32], Status> {
    let mut hash = [0; 32];
    hex::decode_to_slice(text.trim_start_matches("0x"), &mut hash)
        .map_err(|_| Status::invalid_argument("a transaction hash has 64 hexadecimal digits"))?;
    Ok(hash)
}

#[allow(
    deprecated,
    reason = "clients of older Cosmos releases still fill these fields"
)]
fn search_query(request: &GetTxsEventRequest) -> Result<String, Status> {
    let query = if request.query.is_empty() {
        request.events.join(" AND ")
    } else {
        request.query.clone()
    };
    if query.is_empty() {
        return Err(Status::invalid_argument(
            "query is empty; for example: message.sender='ankr1…' AND tx.height>5",
        ));
    }
    if query.len() > MAX_SEARCH {
        return Err(Status::invalid_argument(format!(
            "query is longer than {MAX_SEARCH} bytes; ask in parts"
        )));
    }
    Ok(query)
}

/// Page (from 1) and transactions per page.
#[allow(
    deprecated,
    reason = "clients of older Cosmos releases still fill these fields"
)]
fn search_page(request: &GetTxsEventRequest) -> Result<(u32, u32), Status> {
    let limit = |wanted: u64| match wanted {
        0 => MAX_PER_PAGE,
        wanted => u32::try_from(wanted).unwrap_or(MAX_PER_PAGE).min(MAX_PER_PAGE),
    };
    let (page, limit) = match &request.pagination {
        Some(pagination) if request.page == 0 && request.limit == 0 => {
            let limit = limit(pagination.limit);
            if pagination.offset % u64::from(limit) != 0 {
                return Err(Status::invalid_argument(format!(
                    "pagination.offset must be a multiple of {limit}"
                )));
            }
            (pagination.offset / u64::from(limit) + 1, limit)
        }
        _ => (request.page.max(1), limit(request.limit)),
    };
    let page = u32::try_from(page).map_err(|_| Status::invalid_argument("page is out of range"))?;
    Ok((page, limit))
}

fn no_amino() -> Status {
    Status::unimplemented("amino JSON is not supported; use SIGN_MODE_DIRECT and TxEncode or TxDecode")
}
