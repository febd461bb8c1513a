//! `cosmos.base.node.v1beta1.Service`: how this node is set up and where it stands.

use std::{sync::Arc, time::Duration};

use cosmos_sdk_proto::{
    Timestamp,
    cosmos::base::node::v1beta1::{
        ConfigRequest, ConfigResponse, StatusRequest, StatusResponse, service_server::Service,
    },
};
use prost::Message;
use slsbft_proto::fees::v1::QueryParamsResponse;
use slsbft_types::BASE_DENOM;
use tonic::{Request, Response, Status, async_trait};

use super::{
    NodeFacts,
    state::{Queries, State},
    status::from_query,
};
use crate::comet_rpc::CometRpc;

const FEE_PARAMS: &str = "/slsbft.fees.v1.Query/Params";
/// Until a status goes without what only consensus knows.
const HEADER: Duration = Duration::from_secs(2);

pub(super) struct NodeService {
    pub(super) queries: Queries,
    pub(super) state: Arc<dyn State>,
    pub(super) consensus: Arc<CometRpc>,
    pub(super) facts: NodeFacts,
}

#[async_trait]
impl Service for NodeService {
    async fn config(&self, _: Request<ConfigRequest>) -> Result<Response<ConfigResponse>, Status> {
        // The price is part of the protocol, so it is the state's and not the node's.
        let answer = self
            .queries
            .run(|state, interrupt| state.query(FEE_PARAMS, &[], None, interrupt))
            .await?
            .map_err(from_query)?;
        let params = QueryParamsResponse::decode(answer.response.as_slice())
            .map_err(|error| Status::internal(format!("the fee parameters cannot be read: {error}")))?
            .params
            .unwrap_or_default();
        Ok(Response::new(ConfigResponse {
            minimum_gas_price: format!("{}{BASE_DENOM}", params.min_gas_price),
            pruning_keep_recent: self.facts.keep_heights.to_string(),
            // Old heights go block by block.
            pruning_interval: "1".to_owned(),
            halt_height: self.facts.halt_height,
        }))
    }

    async fn status(&self, _: Request<StatusRequest>) -> Result<Response<StatusResponse>, Status> {
        let latest = self.state.latest();
        let height = latest.block.height;
        let (seconds, nanos) = latest.block.time;
        // The state is known even while consensus is not there to ask.
        let header = if height > 0 {
            let header = self.consensus.header(height);
            let header = tokio::time::timeout(HEADER, header).await;
            header.ok().and_then(Result::ok)
        } else {
            None
        };
        Ok(Response::new(StatusResponse {
            earliest_store_height: height.saturating_sub(self.facts.keep_heights).max(1).min(height),
            height,
            timestamp: Some(Timestamp { seconds, nanos }),
            app_hash: latest.app_hash.to_vec(),
            validator_hash: header
                .map(|answer| answer.header.validators_hash)
                .unwrap_or_default(),
        }))
    }
}
