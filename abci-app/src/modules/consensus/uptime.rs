//! Who signed: counted in every block, epoch-locally, from the commit that the
//! block carries for the one before it.

use prost::Message;
use slsbft_store::{Order, Overlay, Read, Space};
use tendermint_proto::v0_38::{abci::CommitInfo, types::BlockIdFlag};

use crate::{errors::Fault, modules::record};

/// `consensus/uptime/` ‖ consensus address → counts; of the running epoch in
/// [`Space::Epoch`], of the last finished one in [`Space::Main`].
const UPTIME: &[u8] = b"consensus/uptime/";
/// A CometBFT address.
const ADDRESS_LEN: usize = 20;

/// Blocks of an epoch in which a validator was in the set, and those it signed.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct Uptime {
    #[prost(uint64, tag = "1")]
    pub present: u64,
    #[prost(uint64, tag = "2")]
    pub signed: u64,
}

/// Counts the votes of a block's last commit.
pub fn record_commit(state: &mut Overlay, commit: Option<&CommitInfo>) -> Result<(), Fault> {
    for vote in commit.into_iter().flat_map(|commit| &commit.votes) {
        let Some(validator) = vote.validator.as_ref().filter(|v| v.address.len() == ADDRESS_LEN) else {
            continue;
        };
        let key = [UPTIME, &validator.address].concat();
        let mut uptime: Uptime = record::load(state, Space::Epoch, &key)?.unwrap_or_default();
        uptime.present += 1;
        if vote.block_id_flag == i32::from(BlockIdFlag::Commit) {
            uptime.signed += 1;
        }
        state.set(Space::Epoch, key, uptime.encode_to_vec());
    }
    Ok(())
}

/// At an epoch's end: its counts replace the last epoch's in the tree.
pub fn fold_uptime(state: &mut Overlay) -> Result<(), Fault> {
    let keys = |state: &Overlay, space| -> Result<Vec<_>, Fault> {
        Ok(state
            .prefix(space, UPTIME, Order::Ascending)
            .collect::<Result<Vec<_>, _>>()?)
    };
    let (old, new) = (keys(state, Space::Main)?, keys(state, Space::Epoch)?);
    for (key, _) in old {
        state.delete(Space::Main, &key);
    }
    for (key, counts) in new {
        state.delete(Space::Epoch, &key);
        state.set(Space::Main, key, counts);
    }
    Ok(())
}
