//! What the state machine offers to a consensus engine: ABCI 2.0 as four
//! traits, one for each of the connections CometBFT opens.
//!
//! Only consensus may change state, so only [`Consensus`] takes `&mut self`; the
//! others read snapshots and are shared. Every method answers or reports a
//! [`Fault`], which stops the node; what a peer sends is never a fault.

use tendermint_proto::v0_38::abci::{
    RequestApplySnapshotChunk, RequestCheckTx, RequestExtendVote, RequestFinalizeBlock, RequestInfo,
    RequestInitChain, RequestLoadSnapshotChunk, RequestOfferSnapshot, RequestPrepareProposal,
    RequestProcessProposal, RequestQuery, RequestVerifyVoteExtension, ResponseApplySnapshotChunk,
    ResponseCheckTx, ResponseCommit, ResponseExtendVote, ResponseFinalizeBlock, ResponseInfo,
    ResponseInitChain, ResponseListSnapshots, ResponseLoadSnapshotChunk, ResponseOfferSnapshot,
    ResponsePrepareProposal, ResponseProcessProposal, ResponseQuery, ResponseVerifyVoteExtension,
    response_apply_snapshot_chunk, response_offer_snapshot, response_verify_vote_extension,
};

pub use crate::errors::Fault;

/// The consensus connection: blocks, in the order of ABCI's grammar.
pub trait Consensus: Send {
    fn init_chain(&mut self, request: RequestInitChain) -> Result<ResponseInitChain, Fault>;
    fn prepare_proposal(&mut self, request: RequestPrepareProposal)
    -> Result<ResponsePrepareProposal, Fault>;
    fn process_proposal(&mut self, request: RequestProcessProposal)
    -> Result<ResponseProcessProposal, Fault>;
    fn finalize_block(&mut self, request: RequestFinalizeBlock) -> Result<ResponseFinalizeBlock, Fault>;
    fn commit(&mut self) -> Result<ResponseCommit, Fault>;

    /// Vote extensions are not used: an empty one is made …
    fn extend_vote(&mut self, _: RequestExtendVote) -> Result<ResponseExtendVote, Fault> {
        Ok(ResponseExtendVote::default())
    }

    /// … and no other is taken.
    fn verify_vote_extension(
        &mut self,
        request: RequestVerifyVoteExtension,
    ) -> Result<ResponseVerifyVoteExtension, Fault> {
        use response_verify_vote_extension::VerifyStatus;
        let status = if request.vote_extension.is_empty() {
            VerifyStatus::Accept
        } else {
            VerifyStatus::Reject
        };
        Ok(ResponseVerifyVoteExtension {
            status: status.into(),
        })
    }
}

/// The mempool connection. A check has a stateless part, which a server may run
/// ahead and in parallel, and a stateful one, which it runs in order.
pub trait Mempool: Send + Sync {
    /// A transaction whose stateless checks are done, well or badly.
    type Verified: Send + 'static;

    /// CometBFT has opened its connections: its mempool is empty, whatever was
    /// pending before.
    fn connected(&self) {}

    fn verify(&self, request: RequestCheckTx) -> Self::Verified;
    fn apply(&self, verified: Self::Verified) -> Result<ResponseCheckTx, Fault>;
}

/// The query connection.
pub trait Query: Send + Sync {
    fn info(&self, request: RequestInfo) -> Result<ResponseInfo, Fault>;
    fn query(&self, request: RequestQuery) -> Result<ResponseQuery, Fault>;
}

/// The snapshot connection. The defaults offer none and take none.
pub trait Snapshots: Send + Sync {
    fn list_snapshots(&self) -> Result<ResponseListSnapshots, Fault> {
        Ok(ResponseListSnapshots::default())
    }

    fn offer_snapshot(&self, _: RequestOfferSnapshot) -> Result<ResponseOfferSnapshot, Fault> {
        let result = response_offer_snapshot::Result::Reject.into();
        Ok(ResponseOfferSnapshot { result })
    }

    fn load_snapshot_chunk(&self, _: RequestLoadSnapshotChunk) -> Result<ResponseLoadSnapshotChunk, Fault> {
        Ok(ResponseLoadSnapshotChunk::default())
    }

    fn apply_snapshot_chunk(
        &self,
        _: RequestApplySnapshotChunk,
    ) -> Result<ResponseApplySnapshotChunk, Fault> {
        let result = response_apply_snapshot_chunk::Result::Abort.into();
        Ok(ResponseApplySnapshotChunk {
            result,
            ..Default::default()
        })
    }
}
