//! `cosmos.base.tendermint.v1beta1.Service`: the node, its blocks and the
//! validators, from consensus; ABCI queries, with proofs, from the state machine.

use std::sync::Arc;

use cosmos_sdk_proto::{
    Any,
    cosmos::{
        base::{
            query::v1beta1::{PageRequest, PageResponse},
            tendermint::v1beta1::{
                AbciQueryRequest, AbciQueryResponse, Block, GetBlockByHeightRequest,
                GetBlockByHeightResponse, GetLatestBlockRequest, GetLatestBlockResponse,
                GetLatestValidatorSetRequest, GetLatestValidatorSetResponse, GetNodeInfoRequest,
                GetNodeInfoResponse, GetSyncingRequest, GetSyncingResponse, GetValidatorSetByHeightRequest,
                GetValidatorSetByHeightResponse, Header, ProofOp, ProofOps, Validator, VersionInfo,
                service_server::Service,
            },
        },
        crypto::{ed25519, secp256k1},
    },
};
use prost::Message;
use slsbft_types::Address;
use tendermint_proto::v0_38::{
    abci::{RequestQuery, ResponseQuery},
    p2p::{DefaultNodeInfo, DefaultNodeInfoOther, ProtocolVersion},
    types,
};
use tonic::{Request, Response, Status, async_trait};

use super::{
    page::Page,
    state::Queries,
    status::{from_rpc, positive_height},
};
use crate::comet_rpc::{CometRpc, MAX_PER_PAGE, NodeInfo, PublicKey, ValidatorInfo};

/// The release whose API this is; clients choose their dialect by it.
const COSMOS_API: &str = "v0.53.0";

pub(super) struct TendermintService {
    pub(super) queries: Queries,
    pub(super) consensus: Arc<CometRpc>,
}

#[async_trait]
impl Service for TendermintService {
    async fn get_node_info(
        &self,
        _: Request<GetNodeInfoRequest>,
    ) -> Result<Response<GetNodeInfoResponse>, Status> {
        let node = self.consensus.status().await.map_err(from_rpc)?.node_info;
        let version = VersionInfo {
            name: "slsbft".to_owned(),
            app_name: "slsbftd".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            cosmos_sdk_version: COSMOS_API.to_owned(),
            ..Default::default()
        };
        Ok(Response::new(GetNodeInfoResponse {
            default_node_info: Some(node_info(node)),
            application_version: Some(version),
        }))
    }

    async fn get_syncing(
        &self,
        _: Request<GetSyncingRequest>,
    ) -> Result<Response<GetSyncingResponse>, Status> {
        let syncing = self
            .consensus
            .status()
            .await
            .map_err(from_rpc)?
            .sync_info
            .catching_up;
        Ok(Response::new(GetSyncingResponse { syncing }))
    }

    async fn get_latest_block(
        &self,
        _: Request<GetLatestBlockRequest>,
    ) -> Result<Response<GetLatestBlockResponse>, Status> {
        let answer = self.consensus.block(None).await.map_err(from_rpc)?;
        let sdk_block = Some(with_text_proposer(answer.block.clone()));
        let (block_id, block) = (Some(answer.block_id), Some(answer.block));
        Ok(Response::new(GetLatestBlockResponse {
            block_id,
            block,
            sdk_block,
        }))
    }

    async fn get_block_by_height(
        &self,
        request: Request<GetBlockByHeightRequest>,
    ) -> Result<Response<GetBlockByHeightResponse>, Status> {
        let height = positive_height(request.into_inner().height)?;
        let answer = self.consensus.block(Some(height)).await.map_err(from_rpc)?;
        let sdk_block = Some(with_text_proposer(answer.block.clone()));
        let (block_id, block) = (Some(answer.block_id), Some(answer.block));
        Ok(Response::new(GetBlockByHeightResponse {
            block_id,
            block,
            sdk_block,
        }))
    }

    async fn get_latest_validator_set(
        &self,
        request: Request<GetLatestValidatorSetRequest>,
    ) -> Result<Response<GetLatestValidatorSetResponse>, Status> {
        let set = self.validators(None, request.into_inner().pagination).await?;
        Ok(Response::new(GetLatestValidatorSetResponse {
            block_height: set.height,
            validators: set.validators,
            pagination: Some(set.page),
        }))
    }

    async fn get_validator_set_by_height(
        &self,
        request: Request<GetValidatorSetByHeightRequest>,
    ) -> Result<Response<GetValidatorSetByHeightResponse>, Status> {
        let GetValidatorSetByHeightRequest { height, pagination } = request.into_inner();
        let set = self
            .validators(Some(positive_height(height)?), pagination)
            .await?;
        Ok(Response::new(GetValidatorSetByHeightResponse {
            block_height: set.height,
            validators: set.validators,
            pagination: Some(set.page),
        }))
    }

    async fn abci_query(
        &self,
        request: Request<AbciQueryRequest>,
    ) -> Result<Response<AbciQueryResponse>, Status> {
        let AbciQueryRequest {
            data,
            path,
            height,
            prove,
        } = request.into_inner();
        if !path.starts_with('/') {
            return Err(Status::invalid_argument(
                "path starts with '/'; for example /store/bank/key",
            ));
        }
        let request = RequestQuery {
            data: data.into(),
            path,
            height,
            prove,
        };
        let answer = self
            .queries
            .run(move |state, interrupt| state.abci_query(request, interrupt))
            .await?;
        let answer = answer.map_err(|fault| {
            tracing::error!(error = %fault, "an ABCI query failed inside the node");
            Status::internal(fault.to_string())
        })?;
        Ok(Response::new(abci_answer(answer)))
    }
}

struct ValidatorSet {
    height: i64,
    validators: Vec<Validator>,
    page: PageResponse,
}

impl TendermintService {
    /// Consensus gives pages of at most a hundred; the set is collected and then cut.
    async fn validators(
        &self,
        height: Option<u64>,
        page: Option<PageRequest>,
    ) -> Result<ValidatorSet, Status> {
        let mut answer = self
            .consensus
            .validators(height, 1, MAX_PER_PAGE)
            .await
            .map_err(from_rpc)?;
        // The pages that follow must be of the same height as the first.
        let height = u64::try_from(answer.block_height).ok();
        let mut all = std::mem::take(&mut answer.validators);
        let total = usize::try_from(answer.total).unwrap_or(usize::MAX);
        let page = Page::of(page, u64::from(MAX_PER_PAGE), total)?;
        let mut number = 1;
        while all.len() < total.min(page.offset.saturating_add(page.limit)) {
            number += 1;
            let more = self
                .consensus
                .validators(height, number, MAX_PER_PAGE)
                .await
                .map_err(from_rpc)?
                .validators;
            if more.is_empty() {
                break;
            }
            all.extend(more);
        }
        let validators = page.select(&all).map(validator).collect::<Result<_, _>>()?;
        let page = PageResponse {
            next_key: Vec::new(),
            total: answer.total,
        };
        Ok(ValidatorSet {
            height: answer.block_height,
            validators,
            page,
        })
    }
}

/// A consensus address as people read it; empty if it is none.
fn consensus_address(bytes: &[u8]) -> String {
    Address::from_bytes(bytes)
        .map(|address| address.to_consensus_bech32())
        .unwrap_or_default()
}

fn validator(info: &ValidatorInfo) -> Result<Validator, Status> {
    let address = hex::decode(&info.address).map_err(|error| Status::internal(error.to_string()))?;
    Ok(Validator {
        address: consensus_address(&address),
        pub_key: Some(public_key(&info.pub_key)?),
        voting_power: info.voting_power,
        proposer_priority: info.proposer_priority,
    })
}

fn public_key(key: &PublicKey) -> Result<Any, Status> {
    let bytes = key.value.clone();
    let (type_url, value) = match key.r#type.as_str() {
        "tendermint/PubKeyEd25519" => (
            "/cosmos.crypto.ed25519.PubKey",
            ed25519::PubKey { key: bytes }.encode_to_vec(),
        ),
        "tendermint/PubKeySecp256k1" => (
            "/cosmos.crypto.secp256k1.PubKey",
            secp256k1::PubKey { key: bytes }.encode_to_vec(),
        ),
        other => {
            return Err(Status::internal(format!(
                "a validator has a key of unknown type {other}"
            )));
        }
    };
    Ok(Any {
        type_url: type_url.to_owned(),
        value,
    })
}

/// The same block, its proposer's address written as bech32.
fn with_text_proposer(block: types::Block) -> Block {
    let header = block.header.map(|header| Header {
        proposer_address: consensus_address(&header.proposer_address),
        version: header.version,
        chain_id: header.chain_id,
        height: header.height,
        time: header.time,
        last_block_id: header.last_block_id,
        last_commit_hash: header.last_commit_hash,
        data_hash: header.data_hash,
        validators_hash: header.validators_hash,
        next_validators_hash: header.next_validators_hash,
        consensus_hash: header.consensus_hash,
        app_hash: header.app_hash,
        last_results_hash: header.last_results_hash,
        evidence_hash: header.evidence_hash,
    });
    Block {
        header,
        data: block.data,
        evidence: block.evidence,
        last_commit: block.last_commit,
    }
}

fn node_info(node: NodeInfo) -> DefaultNodeInfo {
    let version = node.protocol_version;
    DefaultNodeInfo {
        protocol_version: Some(ProtocolVersion {
            p2p: version.p2p,
            block: version.block,
            app: version.app,
        }),
        default_node_id: node.id,
        listen_addr: node.listen_addr,
        network: node.network,
        version: node.version,
        channels: hex::decode(node.channels).unwrap_or_default(),
        moniker: node.moniker,
        other: Some(DefaultNodeInfoOther {
            tx_index: node.other.tx_index,
            rpc_address: node.other.rpc_address,
        }),
    }
}

fn abci_answer(answer: ResponseQuery) -> AbciQueryResponse {
    let proof_ops = answer.proof_ops.map(|proof| ProofOps {
        ops: proof
            .ops
            .into_iter()
            .map(|op| ProofOp {
                r#type: op.r#type,
                key: op.key,
                data: op.data,
            })
            .collect(),
    });
    AbciQueryResponse {
        code: answer.code,
        log: answer.log,
        info: answer.info,
        index: answer.index,
        key: answer.key.into(),
        value: answer.value.into(),
        proof_ops,
        height: answer.height,
        codespace: answer.codespace,
    }
}
