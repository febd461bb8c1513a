//! The beacon: 32 bytes that move with a block's VRF output, so that nobody knows an epoch's seed
//! before its last contribution, and nobody can choose a contribution, only withhold it together
//! with the block.
//!
//! - `vrf`: keys, proofs and outputs
//! - here: how outputs become the beacon and the beacon an epoch's seed, and what a client checks
//!
//! The beacon takes in the *output*, which is unique for a key, a height and a previous beacon, and
//! never the proof, of which its maker has as many as he likes.

mod vrf;

use sha2::{Digest, Sha256};
pub use vrf::{VrfError, VrfOutput, VrfProof, VrfPublicKey, VrfSecretKey};

/// The beacon after a block, or before the first.
pub type Beacon = [u8; 32];

/// The beacon before the first block: SHA-256 of a domain and the chain id.
pub fn genesis(chain_id: &str) -> Beacon {
    hash(b"slsbft/beacon/genesis/1", &[chain_id.as_bytes()])
}

/// The beacon after a block with a contribution: SHA-256 of a domain, the beacon before it and the
/// output. A block without one leaves the beacon as it was.
pub fn next(beacon: &Beacon, output: &VrfOutput) -> Beacon {
    hash(b"slsbft/beacon/next/1", &[beacon, output.as_bytes()])
}

/// The seed of the epoch with this number: SHA-256 of a domain, the beacon after the last block
/// before it and the number, 8 bytes big endian.
pub fn epoch_seed(beacon: &Beacon, epoch: u64) -> [u8; 32] {
    hash(b"slsbft/beacon/seed/1", &[beacon, &epoch.to_be_bytes()])
}

// No domain is the beginning of another, and at most the last part has no fixed length.
fn hash(domain: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let start = Sha256::new_with_prefix(domain);
    parts
        .iter()
        .fold(start, |hash, part| hash.chain_update(part))
        .finalize()
        .into()
}

/// A block's contribution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub height: u64,
    /// The key of the validator that had to contribute; whether it is, the caller knows.
    pub key: VrfPublicKey,
    pub proof: VrfProof,
}

/// Why a history of contributions is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HistoryError {
    #[error("height {height} does not come after height {before}")]
    Order { before: u64, height: u64 },
    #[error("contribution of height {height}: {error}")]
    Proof { height: u64, error: VrfError },
}

/// Follows the beacon of a chain from `start` over contributions of rising heights (blocks without
/// one are left out), and returns where it stands after the last. This is what a client does that
/// trusts a beacon and wants a later one.
pub fn verify_history(chain_id: &str, start: Beacon, steps: &[Step]) -> Result<Beacon, HistoryError> {
    let follow = |(beacon, before): (Beacon, Option<u64>), step: &Step| {
        let height = step.height;
        if let Some(before) = before.filter(|before| *before >= height) {
            return Err(HistoryError::Order { before, height });
        }
        let output = step.key.verify(chain_id, height, &beacon, step.proof.as_bytes());
        let output = output.map_err(|error| HistoryError::Proof { height, error })?;
        Ok((next(&beacon, &output), Some(height)))
    };
    let (beacon, _) = steps.iter().try_fold((start, None), follow)?;
    Ok(beacon)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHAIN: &str = "slsbft-test-1";

    fn history(length: u8) -> (Beacon, Vec<Step>) {
        let mut beacon = genesis(CHAIN);
        let steps = (1..=length).map(|n| {
            let (secret, height) = (VrfSecretKey::from_seed(&[n % 3; 32]).unwrap(), u64::from(n) * 2);
            let proof = secret.prove(CHAIN, height, &beacon);
            let output = secret.public().verify(CHAIN, height, &beacon, proof.as_bytes());
            beacon = next(&beacon, &output.unwrap());
            Step {
                height,
                key: secret.public(),
                proof,
            }
        });
        let steps = steps.collect();
        (beacon, steps)
    }

    #[test]
    fn a_client_follows_the_beacon_from_one_it_trusts() {
        let (end, steps) = history(5);
        assert_eq!(verify_history(CHAIN, genesis(CHAIN), &steps), Ok(end));
        assert_eq!(verify_history(CHAIN, end, &[]), Ok(end));
        let middle = verify_history(CHAIN, genesis(CHAIN), &steps[..2]).unwrap();
        assert_eq!(verify_history(CHAIN, middle, &steps[2..]), Ok(end));
    }

    #[test]
    fn a_history_with_a_block_left_out_exchanged_or_said_twice_is_refused() {
        let (_, steps) = history(4);
        let start = genesis(CHAIN);
        let broken_at = |steps: &[Step]| match verify_history(CHAIN, start, steps) {
            Err(HistoryError::Proof {
                height,
                error: VrfError::Mismatch,
            }) => height,
            other => panic!("{other:?}"),
        };
        assert_eq!(broken_at(&steps[1..]), 4);
        let mut other_key = steps.clone();
        other_key[2].key = steps[0].key;
        assert_eq!(broken_at(&other_key), 6);
        let twice = [steps[0].clone(), steps[0].clone()];
        assert_eq!(
            verify_history(CHAIN, start, &twice),
            Err(HistoryError::Order { before: 2, height: 2 })
        );
        assert!(verify_history("slsbft-test-2", start, &steps).is_err());
    }

    #[test]
    fn a_proof_made_anew_leads_to_the_same_beacon() {
        let (ends, steps): (Vec<_>, Vec<_>) = (0..2).map(|_| history(3)).unzip();
        assert_ne!(steps[0][0].proof, steps[1][0].proof);
        assert_eq!(ends[0], ends[1]);
    }

    #[test]
    fn every_chain_epoch_and_beacon_has_its_own_hash() {
        let beacon = genesis(CHAIN);
        assert_ne!(beacon, genesis("slsbft-test-2"));
        assert_ne!(epoch_seed(&beacon, 1), epoch_seed(&beacon, 2));
        assert_ne!(epoch_seed(&beacon, 1), epoch_seed(&genesis("slsbft-test-2"), 1));
    }

    #[test]
    fn the_bytes_of_the_beacon_are_those_of_the_first_release() {
        let beacon = genesis(CHAIN);
        assert_eq!(
            hex::encode(beacon),
            "6cb21a321c6836f73cb814c64e422a39a308cf8d7ddb0e246ceec09e688ac24c"
        );
        assert_eq!(
            hex::encode(history(3).0),
            "b1f00c07222d1d6e033df05b406b69ecd960bb793359ffb113af07465196beec"
        );
        assert_eq!(
            hex::encode(epoch_seed(&beacon, 7)),
            "53cee77a4d81b6e668bd5b3a7e117aa932db196009c1743065835f6a71b08ee9"
        );
    }
}
