//! The system transaction: first in every block, made by the proposer, unsigned.
//! It is a `TxRaw`, so foreign decoders can read it, and no mempool takes it. Its
//! proof is the proposer's part of the beacon; its result carries the running
//! hash of the epoch-local space.

use bytes::Bytes;
use cosmos_sdk_proto::{
    Any,
    cosmos::tx::v1beta1::{TxBody, TxRaw},
};
use prost::Message;
use slsbft_mechanism::beacon::{self, VrfOutput, VrfPublicKey};
use slsbft_proto::beacon::v1::{Contribution, MsgBeacon, MsgBeaconResponse};
use slsbft_store::{Overlay, Read, Space};

use super::{BeaconError, keys, proposals, set_value, value};
use crate::{
    context::BlockInfo,
    errors::Fault,
    modules::{
        consensus::{self, Seat},
        record,
    },
};

pub const MSG_TYPE_URL: &str = "/slsbft.beacon.v1.MsgBeacon";

/// Blocks whose contributions can be asked for.
pub const CONTRIBUTIONS_KEPT: u64 = 10_000;

/// Whoever holds a validator's VRF keys.
pub trait Prover: Send + Sync {
    /// The proof with the secret key of `vrf_key`; `None` if it is not held here.
    fn prove(&self, vrf_key: &[u8; 32], chain_id: &str, height: u64, previous: &[u8; 32]) -> Option<Vec<u8>>;
}

/// What a valid system transaction gives.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// The round-0 proposer, and whether the header names it; `None` without validators.
    expected: Option<(Seat, bool)>,
    given: Option<(Bytes, VrfOutput)>,
}

/// The system transaction of a height.
pub fn system_tx(height: u64, proof: Bytes) -> Bytes {
    let message = MsgBeacon { height, proof };
    let body = TxBody {
        messages: vec![Any {
            type_url: MSG_TYPE_URL.to_owned(),
            value: message.encode_to_vec(),
        }],
        ..Default::default()
    };
    TxRaw {
        body_bytes: body.encode_to_vec(),
        ..Default::default()
    }
    .encode_to_vec()
    .into()
}

/// The system transaction that the validator `proposer` owes.
pub fn prepare(
    state: &impl Read,
    block: &BlockInfo,
    proposer: &[u8],
    prover: Option<&dyn Prover>,
) -> Result<Bytes, Fault> {
    let seat = consensus::proposer(state)?.filter(|seat| seat.address == proposer);
    let Some(seat) = seat else {
        return Ok(system_tx(block.height, Bytes::new()));
    };
    let previous = value(state)?;
    let proof =
        prover.and_then(|prover| prover.prove(&seat.vrf_key, &block.chain_id, block.height, &previous));
    if proof.is_none() {
        tracing::error!(
            vrf_key = %hex(&seat.vrf_key),
            "it is this node's turn to propose and it does not hold the VRF key of its seat; \
             put the key into config/vrf_key.json"
        );
    }
    Ok(system_tx(block.height, proof.unwrap_or_default().into()))
}

/// Checks a block's first transaction: it must be exactly that of [`system_tx`],
/// with a good proof if the header names the round-0 proposer, and without one
/// if it names another.
pub fn check(
    state: &impl Read,
    block: &BlockInfo,
    proposer: &[u8],
    tx: &[u8],
) -> Result<Result<Accepted, BeaconError>, Fault> {
    let Some(proof) = proof_in(tx, block.height) else {
        return Ok(Err(BeaconError::NotSystemTx));
    };
    let expected = consensus::proposer(state)?.map(|seat| {
        let named = seat.address == proposer;
        (seat, named)
    });
    let verdict = match &expected {
        Some((_, true)) if proof.is_empty() => Err(BeaconError::ProofMissing),
        Some((seat, true)) => verify(state, block, seat, &proof)?.map(|output| Some((proof, output))),
        _ if proof.is_empty() => Ok(None),
        _ => Err(BeaconError::ProofSuperfluous),
    };
    Ok(verdict.map(|given| Accepted { expected, given }))
}

fn verify(
    state: &impl Read,
    block: &BlockInfo,
    seat: &Seat,
    proof: &[u8],
) -> Result<Result<VrfOutput, BeaconError>, Fault> {
    let previous = value(state)?;
    let verified = VrfPublicKey::from_bytes(&seat.vrf_key)
        .and_then(|key| key.verify(&block.chain_id, block.height, &previous, proof));
    Ok(verified.map_err(|error| BeaconError::ProofWrong(error.to_string())))
}

/// Adds what the system transaction gives, and notes how the block was proposed.
/// A block whose system transaction failed gives nothing, and is held against the
/// round-0 proposer only if the header names another.
pub fn apply(
    state: &mut Overlay,
    block: &BlockInfo,
    proposer: &[u8],
    accepted: Option<&Accepted>,
) -> Result<(), Fault> {
    let expected = match accepted {
        Some(accepted) => accepted.expected.clone(),
        None => consensus::proposer(state)?.map(|seat| {
            let named = seat.address == proposer;
            (seat, named)
        }),
    };
    let given = accepted.and_then(|accepted| accepted.given.as_ref());
    proposals::note(state, expected.as_ref(), given.is_some())?;
    let (Some((seat, _)), Some((proof, output))) = (expected, given) else {
        return Ok(());
    };
    let beacon = beacon::next(&value(state)?, output);
    set_value(state, beacon);
    let contribution = Contribution {
        height: block.height,
        proposer: seat.address.to_vec().into(),
        vrf_key: seat.vrf_key.to_vec().into(),
        proof: proof.clone(),
        beacon: beacon.to_vec().into(),
    };
    let key = keys::contribution(block.height);
    state.set(Space::Epoch, key, contribution.encode_to_vec());
    if let Some(old) = block.height.checked_sub(CONTRIBUTIONS_KEPT) {
        state.delete(Space::Epoch, &keys::contribution(old));
    }
    Ok(())
}

/// The proof in a system transaction of this height, if it is exactly one.
fn proof_in(tx: &[u8], height: u64) -> Option<Bytes> {
    let raw = TxRaw::decode(tx).ok()?;
    let body = TxBody::decode(raw.body_bytes.as_slice()).ok()?;
    let message = MsgBeacon::decode(body.messages.first()?.value.as_slice()).ok()?;
    (system_tx(height, message.proof.clone()) == tx).then_some(message.proof)
}

/// Response of a valid system transaction.
pub fn response(running_hash: [u8; 32]) -> Any {
    record::pack(&MsgBeaconResponse {
        running_hash: running_hash.to_vec().into(),
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
